"""`/s/<code>`: from a share's short link to what its example post points at.

The redirect asks the database for one row and waits for nothing else: the click is counted later
(`models/click.py`). Where it leads is only ever the post's own link. What it adds for the
company's web statistics names the network and the campaign, and nobody.
"""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from ambassadors.models import Click, Share, clicks
from ambassadors.robots import Visit


@csrf_exempt
@never_cache
@require_safe
def follow(request: HttpRequest, code: str) -> HttpResponse:
    """302 to the page that the post is about; 404 where there is none, or not yet."""
    share = Share.behind(code)
    now = timezone.now()
    target = share.post.link_now()
    response = HttpResponseRedirect(tagged(target, share))
    response["X-Robots-Tag"] = "noindex"
    clicks.note(Click.of(share, Visit.of(request, now - share.opened_at), now))
    return response


def tagged(link: str, share: Share) -> str:
    """The link with utm_source, utm_medium and utm_campaign, where it does not say them itself."""
    parts = urlsplit(link)
    query = parse_qsl(parts.query, keep_blank_values=True)
    said = {name for name, _value in query}
    ours = {
        "utm_source": share.network,
        "utm_medium": "social",
        "utm_campaign": share.post.slug,
    }
    query += [(name, value) for name, value in ours.items() if name not in said]
    return urlunsplit(parts._replace(query=urlencode(query)))


urlpatterns = [path("s/<str:code>", follow, name="short-link")]
