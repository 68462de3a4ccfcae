"""The project's addresses, and two behind the same middleware to compare with.

One answers a constant; the other is the short link as it would be if it counted before it answers,
which docs/decisions/0020 chose against.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from ambassadors.models import Click, ClickDay, Share
from ambassadors.robots import Visit
from ambassadors.short_links import tagged
from server.urls import urlpatterns as product


@csrf_exempt
def constant(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok", "bytes": len(request.body)})


def counted_first(request: HttpRequest, code: str) -> HttpResponse:
    share = Share.behind(code)
    now = timezone.now()
    target = tagged(share.post.link_now(), share)
    ClickDay.count([Click.of(share, Visit.of(request, now - share.opened_at), now)])
    return HttpResponseRedirect(target)


urlpatterns = [
    path("bench/constant", constant),
    path("bench/counted-first/<str:code>", counted_first),
    *product,
]
