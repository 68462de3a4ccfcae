"""Every address. What a library offers and we do not want is closed before it is included."""

from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.urls.resolvers import RegexPattern
from django.views.decorators.csrf import csrf_exempt

from ambassadors import certificate_page
from notifications import views as mailbox
from server import health, look, middleware, office, pages
from server.accounts import audit_views
from server.accounts import views as sign_in
from server.api import api


class _WithCompanySignIn(RegexPattern):
    """Matches only where people sign in through their company."""

    def match(self, path: str) -> tuple[str, tuple[Any, ...], dict[str, Any]] | None:
        return super().match(path) if settings.OIDC_ISSUER else None


office.discover()
# Not there, with a form's token or without.
_closed = csrf_exempt(pages.closed)
urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.front, name="front"),
    path("look.css", look.look_css, name="look-css"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("problems", pages.problems, name="problems"),
    path("problems/<slug:slug>", pages.problem, name="problem"),
    path("api/v1/", api.urls),
    path("", include("customer_requests.track.urls")),
    path("", include("ambassadors.short_links")),
    path("desk/", include("customer_requests.desk.urls")),
    path(
        "champions/certificates/<uuid:certificate_id>",
        certificate_page.certificate,
        name="certificate",
    ),
    path("champions/", include("ambassadors.console.urls")),
    path("office/", office.office.urls),
    path("audit", audit_views.audit, name="audit"),
    path("dev/mailbox", mailbox.mailbox, name="mailbox"),
    path("dev/mailbox.json", mailbox.mailbox_json, name="mailbox-json"),
    path("dev/mailbox/<uuid:copy_id>", mailbox.mailbox_html, name="mailbox-html"),
    # A work address is the company's to give: nobody adds or changes one here.
    re_path(r"^accounts/(?:email|confirm-email|signup|3rdparty/signup)/", _closed),
    re_path(r"^_allauth/app/v1/account/(?:email|phone|providers)$", _closed),
    # Whoever could choose a password here would pass by the provider's second factor.
    URLPattern(
        _WithCompanySignIn(
            r"^(?:accounts/password/|_allauth/app/v1/(?:auth/password/|account/password/change$))"
        ),
        _closed,
    ),
    # allauth's page ends all other sessions or none.
    path("accounts/sessions/", sign_in.sessions, name="usersessions_list"),
    path("accounts/", include("allauth.urls")),
    path("_allauth/", include("allauth.headless.urls")),
]
handler400 = middleware.unreadable
# Without a secret anybody could report bounces.
if settings.ANYMAIL_ESP and settings.ANYMAIL["WEBHOOK_SECRET"]:
    urlpatterns.append(path("anymail/", include("anymail.urls")))
