"""Reads settings from the environment, or from the file that NAME_FILE names.

Every reader raises `SettingError`, one line that names the setting, what is wrong with it and
what to write instead. Values never appear in the message: they may be secrets.
"""

import json
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import SplitResult, quote, urlsplit
from zoneinfo import ZoneInfo

import environ
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")
_env = environ.FileAwareEnv()
_MISSING: Any = object()


class SettingError(ImproperlyConfigured):
    """A setting that is missing or malformed; stops the start."""


def _refuse(name: str, wanted: str) -> NoReturn:
    raise SettingError(f"{name} (or {name}_FILE) {wanted}")


def _read(name: str, default: T, parse: Callable[[str], T], wanted: str) -> T:
    try:
        raw = str(_env.str(name, default="")).strip()
    except OSError as error:
        raise SettingError(f"{name}_FILE cannot be read: {error.strerror}") from error
    if not raw:
        if default is _MISSING:
            _refuse(name, f"is missing; it must be {wanted}.")
        return default
    try:
        return parse(raw)
    except (ValueError, KeyError, OSError, ImproperlyConfigured):
        _refuse(name, f"is malformed; it must be {wanted}.")


def text(name: str, default: str = "") -> str:
    return _read(name, default, str, "a text")


def required(name: str, wanted: str) -> str:
    value: str = _read(name, _MISSING, str, wanted)
    return value


def flag(name: str, *, default: bool) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"0": False, "false": False, "no": False, "off": False}
    return _read(name, default, lambda raw: words[raw.lower()], "1 or 0")


def number(name: str, default: int, *, low: int, high: int) -> int:
    def parse(raw: str) -> int:
        value = int(raw)
        if not low <= value <= high:
            raise ValueError(value)
        return value

    return _read(name, default, parse, f"a whole number from {low} to {high}")


def choice(name: str, default: str, options: tuple[str, ...]) -> str:
    """One of these words in capitals, however it was written."""

    def parse(raw: str) -> str:
        if raw.upper() not in options:
            raise ValueError(raw)
        return raw.upper()

    return _read(name, default, parse, f"{', '.join(options[:-1])} or {options[-1]}")


def time_zone(name: str, default: str) -> str:
    return _read(
        name, default, lambda raw: ZoneInfo(raw).key, "a time zone such as Europe/Amsterdam"
    )


def names(name: str, default: list[str]) -> list[str]:
    """A list separated by commas; blanks are dropped."""
    return _read(
        name,
        default,
        lambda raw: [part.strip() for part in raw.split(",") if part.strip()],
        "a list separated by commas",
    )


def networks(name: str) -> list[str]:
    """Internet networks separated by commas: `192.0.2.0/24, 2001:db8::/32`."""

    def parse(raw: str) -> list[str]:
        return [str(ip_network(part.strip())) for part in raw.split(",") if part.strip()]

    return _read(name, [], parse, "networks separated by commas, such as 192.0.2.0/24")


def rate(name: str, default: str) -> str:
    """A number of calls and a period: `600/m`; periods s, m, h, d."""

    def parse(raw: str) -> str:
        count, period = raw.split("/")
        if int(count) < 1 or period not in {"s", "m", "h", "d"}:
            raise ValueError(raw)
        return raw

    return _read(name, default, parse, "a number and a period, such as 600/m")


def web_address(name: str, default: str) -> str:
    """An http(s) address without a path's last slash, query or fragment."""

    def parse(raw: str) -> str:
        parts: SplitResult = urlsplit(raw)
        _ = parts.port
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(raw)
        if parts.query or parts.fragment:
            raise ValueError(raw)
        return raw.rstrip("/")

    return _read(name, default, parse, "an address such as https://help.example.org")


def secure_address(name: str, default: str) -> str:
    """A `web_address` over https, because secrets go there; http only on this machine."""
    address = web_address(name, default)
    parts = urlsplit(address)
    if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        _refuse(name, "must begin with https://, because secrets are sent there.")
    return address


# What firebase-admin signs with and sends to.
_SERVICE_ACCOUNT_KEYS = ("project_id", "client_email", "private_key", "token_uri")


def service_account(name: str) -> Path | None:
    """The path of a Google service account's JSON; None where the setting is empty.

    GOOGLE_APPLICATION_CREDENTIALS is itself the name of a file, and so is read as it is.
    """

    def parse(raw: str) -> Path | None:
        path = Path(raw)
        account = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(account, dict) or account.get("type") != "service_account":
            raise ValueError(raw)
        if not all(account.get(key) for key in _SERVICE_ACCOUNT_KEYS):
            raise ValueError(raw)
        return path

    keys = ", ".join(_SERVICE_ACCOUNT_KEYS)
    return _read(name, None, parse, f"the path of a service account: JSON with its type, {keys}")


def database(name: str, default: str) -> dict[str, Any]:
    """A database address for Django's DATABASES: postgres://... or sqlite:///..."""

    def parse(raw: str) -> dict[str, Any]:
        parts = urlsplit(raw)
        if parts.scheme not in {"postgres", "postgresql", "sqlite"}:
            raise ValueError(raw)
        if parts.scheme != "sqlite" and not parts.path.strip("/"):
            raise ValueError(raw)
        return dict(environ.Env.db_url_config(raw))

    wanted = "postgres://user:password@host:5432/name or sqlite:////path/to/file.sqlite3"
    return _read(name, parse(default), parse, wanted)


def redis(name: str) -> str:
    def parse(raw: str) -> str:
        parts = urlsplit(raw)
        _ = parts.port
        if parts.scheme not in {"redis", "rediss", "unix"}:
            raise ValueError(raw)
        return raw

    return _read(name, "", parse, "an address such as redis://127.0.0.1:6379/0")


_ANYMAIL_SCHEMES = {
    "amazon-ses": "amazon_ses",
    "brevo": "brevo",
    "mailgun": "mailgun",
    "mailjet": "mailjet",
    "postmark": "postmark",
    "resend": "resend",
    "sendgrid": "sendgrid",
    "sparkpost": "sparkpost",
}


def mail(name: str) -> dict[str, Any]:
    """Django's mail settings from one address; empty where there is none.

    `smtp://`, `smtp+tls://` and `smtp+ssl://` are a mail server. `mailgun://KEY@DOMAIN`,
    `postmark://KEY` and the others in `_ANYMAIL_SCHEMES` go through django-anymail.
    """

    def parse(raw: str) -> dict[str, Any]:
        parts = urlsplit(raw)
        if parts.scheme in _ANYMAIL_SCHEMES:
            esp = _ANYMAIL_SCHEMES[parts.scheme]
            prefix = esp.upper()
            anymail: dict[str, Any] = {}
            if parts.username:
                anymail[f"{prefix}_API_KEY"] = anymail[f"{prefix}_SERVER_TOKEN"] = parts.username
                if parts.hostname:
                    anymail[f"{prefix}_SENDER_DOMAIN"] = parts.hostname
            elif parts.hostname:
                anymail[f"{prefix}_API_KEY"] = anymail[f"{prefix}_SERVER_TOKEN"] = parts.netloc
            return {"EMAIL_BACKEND": f"anymail.backends.{esp}.EmailBackend", "ANYMAIL": anymail}
        if parts.scheme not in {"smtp", "smtp+tls", "smtp+ssl"} or not parts.hostname:
            raise ValueError(raw)
        config = environ.Env.email_url_config(raw)
        config.pop("EMAIL_FILE_PATH", None)
        config["EMAIL_PORT"] = (
            parts.port or {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}[parts.scheme]
        )
        return dict(config)

    wanted = "smtp+tls://user:password@host:587, or a mail service such as mailgun://KEY@DOMAIN"
    return _read(name, {}, parse, wanted)


def webhook_secret(name: str) -> str:
    """What a mail service signs in with: name:password. Empty where there is none."""

    def parse(raw: str) -> str:
        user, _colon, password = raw.partition(":")
        if not user or not password:
            raise ValueError(raw)
        return raw

    return _read(name, "", parse, "a name and a password with a colon between: name:password")


def sms(name: str) -> str:
    """An apprise address with {to} where the number goes, of a service that apprise knows."""

    def parse(raw: str) -> str:
        if "{to}" not in raw or "://" not in raw:
            raise ValueError(raw)
        # Half a second to import, so only where there is an address to try.
        import apprise

        if apprise.Apprise.instantiate(raw.replace("{to}", quote("+31612345678", safe=""))) is None:
            raise ValueError(raw)
        return raw

    return _read(
        name,
        "",
        parse,
        "a complete apprise address with {to} in it: twilio://SID:TOKEN@FROM/{to}",
    )


def rgb(name: str, default: str) -> str:
    """A colour as #rrggbb."""

    def parse(raw: str) -> str:
        if len(raw) != 7 or raw[0] != "#":
            raise ValueError(raw)
        int(raw[1:], 16)
        return raw.lower()

    return _read(name, default, parse, "a colour such as #0b5cad")
