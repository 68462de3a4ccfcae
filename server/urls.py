"""Every address. What a library offers and we do not want is closed before it is included."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path, re_path

from notifications import views as mailbox
from server import health, look, pages
from server.api import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.front, name="front"),
    path("look.css", look.look_css, name="look-css"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("problems", pages.problems, name="problems"),
    path("problems/<slug:slug>", pages.problem, name="problem"),
    path("api/v1/", api.urls),
    path("", include("customer_requests.track.urls")),
    path("dev/mailbox", mailbox.mailbox, name="mailbox"),
    path("dev/mailbox.json", mailbox.mailbox_json, name="mailbox-json"),
    path("dev/mailbox/<uuid:copy_id>", mailbox.mailbox_html, name="mailbox-html"),
    # A work address is the company's to give: nobody adds or changes one here.
    re_path(r"^accounts/(email|confirm-email|signup|3rdparty/signup)/", pages.closed),
    re_path(r"^_allauth/app/v1/account/(email|phone|providers)$", pages.closed),
    path("accounts/", include("allauth.urls")),
    path("_allauth/", include("allauth.headless.urls")),
]
# Without a secret anybody could report bounces.
if settings.ANYMAIL_ESP and settings.ANYMAIL["WEBHOOK_SECRET"]:
    urlpatterns.append(path("anymail/", include("anymail.urls")))
