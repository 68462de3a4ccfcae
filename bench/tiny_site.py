"""A Django site of three views for `bench/servers.py`: as little as possible around the server."""

import os
import tempfile

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

settings.configure(
    SECRET_KEY="of-no-use-outside-this-benchmark",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ.get("TINY_SITE_DB", f"{tempfile.gettempdir()}/tiny-site.sqlite3"),
        }
    },
)


def constant(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


def one_read(request: HttpRequest) -> HttpResponse:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM page WHERE id = %s", [1])
        (body,) = cursor.fetchone()
    return JsonResponse({"body": body})


def upload(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"bytes": len(request.body)})


urlpatterns = [path("constant", constant), path("read", one_read), path("upload", upload)]
wsgi = get_wsgi_application()
asgi = get_asgi_application()
