"""All settings, from the environment; .env.example lists every name with its meaning.

Two shapes, one code base. Embedded: no DATABASE_URL, SQLite under VAR_DIR, a mailbox in the
browser, demo people. At scale: DATABASE_URL and REDIS_URL, Celery, a cache that is shared.
"""

import contextlib
import os
import secrets
import sqlite3
import tempfile
from datetime import timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from server import env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var"))).resolve()

DEBUG = env.flag("DEBUG", default=False)
EMBEDDED = not env.text("DATABASE_URL")
PORT = env.number("PORT", 8000, low=1, high=65535)
BASE_URL = env.web_address("BASE_URL", f"http://localhost:{PORT}")


def _own_secret() -> str:
    """The secret of an embedded install: made once, kept in VAR_DIR, readable by its owner.

    Written aside and linked into place, so that two processes that start together agree.
    """
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    path = VAR_DIR / "secret_key"
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=VAR_DIR) as file:
            file.write(secrets.token_urlsafe(50))
            file.flush()
            with contextlib.suppress(FileExistsError):
                os.link(file.name, path)
    return path.read_text().strip()


SECRET_KEY = env.text("SECRET_KEY") or (
    _own_secret()
    if EMBEDDED
    else env.required("SECRET_KEY", "at least 50 random characters, the same on every machine")
)
ALLOWED_HOSTS = env.names(
    "ALLOWED_HOSTS", [str(urlsplit(BASE_URL).hostname), "localhost", "127.0.0.1", "[::1]"]
)
CSRF_TRUSTED_ORIGINS = [BASE_URL]

INSTALLED_APPS = [
    "server",
    "server.accounts",
    "notifications",
    "customer_requests",
    "ambassadors",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.headless",
    "allauth.mfa",
    "allauth.usersessions",
    "anymail",
    "django_htmx",
    "ninja",
    "unfold",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "server.middleware.RequestId",
    "server.middleware.SecurityHeaders",
    "server.middleware.DatabaseAway",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "server.middleware.EntityTags",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "server.middleware.ReaderLanguage",
    "server.middleware.BodyLimit",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "server.urls"
WSGI_APPLICATION = "server.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "server" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "server.look.look",
            ]
        },
    }
]

# --- Data ---------------------------------------------------------------------------------------

DATABASES: dict[str, dict[str, Any]] = {
    "default": env.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'doe-het-gewoon.sqlite3'}")
}
SQLITE = DATABASES["default"]["ENGINE"].endswith("sqlite3")
if SQLITE:
    Path(DATABASES["default"]["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    # SQLite 3.7.0 to 3.51.2 can corrupt a database when its WAL is reset; 3.44.6 and 3.50.7 can't.
    _wal_is_safe = sqlite3.sqlite_version_info >= (3, 51, 3) or sqlite3.sqlite_version_info in {
        (3, 44, 6),
        (3, 50, 7),
    }
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA synchronous=FULL; PRAGMA journal_mode="
        + ("WAL;" if _wal_is_safe else "DELETE;"),
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"].setdefault("OPTIONS", {})["connect_timeout"] = 5
# Opening one costs as much as two queries, on SQLite too.
DATABASES["default"]["CONN_MAX_AGE"] = 600
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.redis("REDIS_URL")
CACHES: dict[str, dict[str, Any]] = {
    "default": (
        {
            "BACKEND": "server.caching.ForgivingRedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "dhg",
            "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
        }
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}
MEDIA_ROOT = VAR_DIR / "files"
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# A form sends every field of every row: a team of 60 some 500, the longest lesson about 1,400. What
# a body can cost is bounded by its size.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
DATA_UPLOAD_MAX_NUMBER_FILES = 5
UPLOAD_MAX_BYTES = env.number("UPLOAD_MAX_MB", 10, low=1, high=100) * 1024 * 1024
# A file with others in it: a course with its pictures, a cartridge.
PACKAGE_MAX_BYTES = 5 * UPLOAD_MAX_BYTES

# --- Celery: measured settings, see docs/decisions/0004-outbox.md -------------------------------

CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_ON_FAILURE = True
CELERY_TASK_ACKS_ON_TIMEOUT = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = env.text("CELERY_QUEUE", "doe-het-gewoon")
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "socket_timeout": 10,
    "socket_connect_timeout": 5,
    "health_check_interval": 10,
    "socket_keepalive": True,
}

# --- People and sign-in -------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["server.accounts.backend.WithTeams"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ACCOUNT_ADAPTER = "server.accounts.adapters.AccountAdapter"
ACCOUNT_FORMS = {"login": "server.accounts.adapters.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_USER_DISPLAY = attrgetter("name")
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(BASE_URL).scheme
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# A whole office signs in from one address in the morning; a guesser is held by the e-mail key.
ACCOUNT_RATE_LIMITS = {"login": "300/m/ip", "login_failed": "60/m/ip,5/5m/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 0, low=0, high=10)
# OFFERED: whoever wants one. REQUIRED: who works at the desk or in the back office with a password.
SECOND_FACTOR = env.choice(
    "SECOND_FACTOR", "OFFERED" if EMBEDDED else "REQUIRED", ("OFFERED", "REQUIRED")
)
MFA_ADAPTER = "server.accounts.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
# A code of the half minute before or after also counts: nobody types in no time.
MFA_TOTP_TOLERANCE = 1
HEADLESS_CLIENTS = ("app",)
HEADLESS_ONLY = False
USERSESSIONS_TRACK_ACTIVITY = False
SOCIALACCOUNT_ADAPTER = "server.accounts.adapters.CompanyAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_STORE_TOKENS = False
OIDC_ISSUER = env.secure_address("OIDC_ISSUER", "")
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
if OIDC_ISSUER:
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "company",
                "name": env.text("COMPANY_NAME", "Doe-het-gewoon"),
                "client_id": env.required("OIDC_CLIENT_ID", "the client id at OIDC_ISSUER"),
                "secret": env.required("OIDC_CLIENT_SECRET", "the client secret at OIDC_ISSUER"),
                "settings": {"server_url": OIDC_ISSUER},
            }
        ],
    }
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
SESSION_COOKIE_AGE = int(timedelta(days=30).total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "server.pages.form_refused"

# --- Rates: calls per person, or per address for who has no account -----------------------------

RATE_LIMIT_PERSON = env.rate("RATE_LIMIT_PERSON", "1200/m")
RATE_LIMIT_LINK = env.rate("RATE_LIMIT_LINK", "300/m")
RATE_LIMIT_WRONG_LINK = env.rate("RATE_LIMIT_WRONG_LINK", "30/m")
# From here programs look at links, besides those networks that ambassadors.robots knows.
ROBOT_NETWORKS = env.networks("ROBOT_NETWORKS")
NINJA_NUM_PROXIES = ALLAUTH_TRUSTED_PROXY_COUNT

# --- Safety of pages ----------------------------------------------------------------------------

SECURE = urlsplit(BASE_URL).scheme == "https"
SECURE_SSL_REDIRECT = SECURE and env.flag("SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if ALLAUTH_TRUSTED_PROXY_COUNT else None
)
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SESSION_COOKIE_SECURE = SECURE
CSRF_COOKIE_SECURE = SECURE
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS: list[str] = []

# --- Language and time --------------------------------------------------------------------------

LANGUAGE_CODE = "nl"
LANGUAGES = [("nl", _("Dutch")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.time_zone("TIME_ZONE", "Europe/Amsterdam")

# --- The back office ----------------------------------------------------------------------------

UNFOLD: dict[str, Any] = {
    "SITE_SYMBOL": "tune",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "SIDEBAR": {"navigation": "server.office.navigation"},
    "ACCOUNT": {"navigation": "server.office.account_links"},
    "COLORS": {"primary": "server.office.company_colours"},
    "STYLES": ["server.office.stylesheet"],
    "SCRIPTS": ["server.office.script"],
}

# --- Channels -----------------------------------------------------------------------------------

_mail = env.mail("EMAIL_URL")
EMAIL_CONFIGURED = bool(_mail)
EMAIL_BACKEND = _mail.get("EMAIL_BACKEND", "notifications.channels.kept.EmailBackend")
EMAIL_HOST = _mail.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20
ANYMAIL = {
    **_mail.get("ANYMAIL", {}),
    "WEBHOOK_SECRET": env.webhook_secret("EMAIL_WEBHOOK_SECRET") or None,
}
ANYMAIL_ESP = EMAIL_BACKEND.split(".")[2] if EMAIL_BACKEND.startswith("anymail.") else ""
COMPANY_NAME = env.text("COMPANY_NAME", "Doe-het-gewoon")
COMPANY_LOGO = env.text("COMPANY_LOGO")
COMPANY_COLOUR = env.rgb("COMPANY_COLOUR", "#0b5d51")
DEFAULT_FROM_EMAIL = env.text(
    "EMAIL_FROM", f"{COMPANY_NAME} <no-reply@{urlsplit(BASE_URL).hostname}>"
)
SMS_URL = env.sms("SMS_URL")
SMS_COUNTRIES = env.names("SMS_COUNTRIES", ["NL", "BE", "DE"])
SMS_PER_NUMBER_PER_DAY = env.number("SMS_PER_NUMBER_PER_DAY", 10, low=1, high=1000)
GOOGLE_APPLICATION_CREDENTIALS = env.service_account("GOOGLE_APPLICATION_CREDENTIALS")
FCM_BASE_URL = env.secure_address("FCM_BASE_URL", "https://fcm.googleapis.com")
RETENTION_DAYS = env.number("RETENTION_DAYS", 730, low=30, high=3650)

# --- Logs ---------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "server.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {
        "handlers": ["stderr"],
        "level": env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")),
    },
    "loggers": {
        # These name addresses, paths with tokens, or device tokens when they are talkative.
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "ERROR"},
        "urllib3": {"level": "WARNING"},
        "apprise": {"level": "CRITICAL"},
        "aiohttp": {"level": "WARNING"},
        "asyncio": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
    },
}
