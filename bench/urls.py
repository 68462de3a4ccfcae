"""The project's addresses, and one that answers a constant behind the same middleware."""

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from server.urls import urlpatterns as product


@csrf_exempt
def constant(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok", "bytes": len(request.body)})


urlpatterns = [path("bench/constant", constant), *product]
