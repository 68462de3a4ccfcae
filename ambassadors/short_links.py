"""`/s/<code>`: from a share's short link to what its example post points at.

The redirect asks the database for one row and waits for nothing else: the click is counted later
(`models/click.py`). Where it leads is only ever the post's own link. What it adds for the
company's web statistics names the network and the campaign, and nobody.
"""

from urllib.parse import unquote_plus, urlencode

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
    """The link with utm_source, utm_medium and utm_campaign, where it does not say them itself.

    All else stays letter for letter as the editor wrote it: a page may read its query in its own
    way, and what is read and written anew is not always the same.
    """
    address, hash_, fragment = link.partition("#")
    _page, _mark, query = address.partition("?")
    said = {unquote_plus(part.partition("=")[0]) for part in query.split("&")}
    ours = {
        "utm_source": share.network,
        "utm_medium": "social",
        "utm_campaign": share.post.slug,
    }
    added = urlencode({name: value for name, value in ours.items() if name not in said})
    if not added:
        return link
    between = "?" if "?" not in address else "" if address[-1] in "?&" else "&"
    return f"{address}{between}{added}{hash_}{fragment}"


urlpatterns = [path("s/<str:code>", follow, name="short-link")]
