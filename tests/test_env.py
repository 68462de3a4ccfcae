"""Settings: what is missing or malformed stops the start with one line that names it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.checks import run_checks
from pytest_django.fixtures import Settings

from server import env
from tests.installs import ROOT

Read = Callable[[str], object]
READERS: dict[str, Read] = {
    "flag": lambda name: env.flag(name, default=False),
    "number": lambda name: env.number(name, 8000, low=1, high=65535),
    "rate": lambda name: env.rate(name, "600/m"),
    "networks": env.networks,
    "web_address": lambda name: env.web_address(name, ""),
    "choice": lambda name: env.choice(name, "INFO", ("DEBUG", "INFO")),
    "time_zone": lambda name: env.time_zone(name, "Europe/Amsterdam"),
    "service_account": env.service_account,
    "webhook_secret": env.webhook_secret,
    "database": lambda name: env.database(name, "sqlite:///:memory:"),
    "redis": env.redis,
    "mail": env.mail,
    "sms": env.sms,
    "rgb": lambda name: env.rgb(name, "#000000"),
}
MALFORMED = [
    ("flag", "maybe"),
    ("flag", "2"),
    ("number", "0"),
    ("number", "65536"),
    ("number", "eighty"),
    ("number", "80.5"),
    ("rate", "600"),
    ("rate", "0/m"),
    ("rate", "600/week"),
    ("rate", "many/m"),
    ("networks", "the office"),
    ("networks", "192.0.2.7/24"),
    ("web_address", "help.example.org"),
    ("web_address", "ftp://help.example.org"),
    ("web_address", "https://"),
    ("web_address", "https://help.example.org:many"),
    ("web_address", "https://help.example.org/?a=1"),
    ("web_address", "https://help.example.org/#top"),
    ("choice", "LOUD"),
    ("choice", "DEBUG, INFO"),
    ("time_zone", "Mars/Olympus"),
    ("time_zone", "Europe"),
    ("time_zone", "/etc/localtime"),
    ("time_zone", "../localtime"),
    ("service_account", "/no/such/file.json"),
    ("service_account", "/"),
    ("webhook_secret", "word"),
    ("webhook_secret", ":word"),
    ("webhook_secret", "name:"),
    ("database", "mysql://user@host/name"),
    ("database", "postgres://user@host"),
    ("database", "host:5432"),
    ("redis", "http://127.0.0.1:6379"),
    ("redis", "redis://127.0.0.1:many"),
    ("mail", "mail.example.org"),
    ("mail", "smtp://"),
    ("mail", "pigeon://roof"),
    ("sms", "twilio://SID:TOKEN@FROM"),
    ("sms", "{to}"),
    ("sms", "twilio://SID:TOKEN@FROM/{to}"),
    ("sms", "pigeon://roof/{to}"),
    ("rgb", "green"),
    ("rgb", "#12345"),
    ("rgb", "#12345g"),
    ("rgb", "0b5d51f"),
]
TWILIO = f"twilio://AC{32 * '0'}:{32 * '1'}@+31612345670/{{to}}"
WELL_FORMED = [
    ("flag", "Yes", True),
    ("flag", "off", False),
    ("number", " 8001 ", 8001),
    ("rate", "5/s", "5/s"),
    ("web_address", "https://help.example.org/base/", "https://help.example.org/base"),
    ("redis", "rediss://:word@host:6380/2", "rediss://:word@host:6380/2"),
    ("choice", "debug", "DEBUG"),
    ("time_zone", "Europe/Brussels", "Europe/Brussels"),
    ("webhook_secret", "name:wo:rd", "name:wo:rd"),
    ("sms", TWILIO, TWILIO),
    ("rgb", "#0B5D51", "#0b5d51"),
]


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SETTING", raising=False)
    monkeypatch.delenv("SETTING_FILE", raising=False)


@pytest.mark.parametrize(("reader", "value"), MALFORMED)
def test_a_malformed_value_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, reader: str, value: str
) -> None:
    monkeypatch.setenv("SETTING", value)
    with pytest.raises(env.SettingError) as refused:
        READERS[reader]("SETTING")
    said = str(refused.value)
    assert said.startswith("SETTING (or SETTING_FILE) is malformed; it must be ")
    assert "\n" not in said


@pytest.mark.parametrize("reader", list(READERS))
def test_a_malformed_value_is_never_repeated_since_it_may_be_a_secret(
    monkeypatch: pytest.MonkeyPatch, reader: str
) -> None:
    monkeypatch.setenv("SETTING", "geheim geheim")
    with pytest.raises(env.SettingError) as refused:
        READERS[reader]("SETTING")
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize(("reader", "value", "meant"), WELL_FORMED)
def test_a_well_formed_value_is_read(
    monkeypatch: pytest.MonkeyPatch, reader: str, value: str, meant: object
) -> None:
    monkeypatch.setenv("SETTING", value)
    assert READERS[reader]("SETTING") == meant


@pytest.mark.parametrize("reader", READERS)
def test_an_empty_value_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch, reader: str) -> None:
    absent = READERS[reader]("SETTING")
    monkeypatch.setenv("SETTING", "  ")
    assert READERS[reader]("SETTING") == absent


def test_a_value_can_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from a file\n")
    # A name of its own: what came from a file is remembered for as long as the process lives.
    monkeypatch.setenv("SETTING_OF_A_FILE_FILE", str(secret))
    assert env.text("SETTING_OF_A_FILE") == "from a file"


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SETTING_FILE", str(tmp_path / "gone"))
    with pytest.raises(env.SettingError, match=r"^SETTING_FILE cannot be read: No such file"):
        env.text("SETTING")


ACCOUNT = {
    "type": "service_account",
    "project_id": "p",
    "client_email": "push@p.example",
    "private_key": "a key",
    "token_uri": "https://oauth2.example/token",
}


def test_a_service_account_is_known_by_its_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "account.json"
    path.write_text(json.dumps(ACCOUNT))
    monkeypatch.setenv("SETTING", str(path))
    assert env.service_account("SETTING") == path


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not JSON",
        b"\xff\xfe",
        b"[]",
        b"{}",
        json.dumps({**ACCOUNT, "type": "authorized_user"}).encode(),
        json.dumps({**ACCOUNT, "project_id": ""}).encode(),
        json.dumps({key: word for key, word in ACCOUNT.items() if key != "private_key"}).encode(),
    ],
)
def test_a_file_that_is_no_service_account_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "account.json"
    path.write_bytes(content)
    monkeypatch.setenv("SETTING", str(path))
    with pytest.raises(env.SettingError, match=r"^SETTING .* the path of a service account: JSON"):
        env.service_account("SETTING")


def test_a_required_value_that_is_missing_is_named() -> None:
    with pytest.raises(env.SettingError, match=r"^SETTING .* is missing; it must be a secret"):
        env.required("SETTING", "a secret")


def test_mail_services_and_mail_servers_become_django_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SETTING", "smtp+tls://user:word@mail.example.org")
    server = env.mail("SETTING")
    assert (server["EMAIL_HOST"], server["EMAIL_PORT"]) == ("mail.example.org", 587)
    assert server["EMAIL_USE_TLS"]
    monkeypatch.setenv("SETTING", "mailgun://KEY@mail.example.org")
    service = env.mail("SETTING")
    assert service["EMAIL_BACKEND"] == "anymail.backends.mailgun.EmailBackend"
    assert service["ANYMAIL"]["MAILGUN_API_KEY"] == "KEY"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("DATABASE_URL", "mysql://user:geheim@host/name"),
        ("SECRET_KEY", ""),
        ("TIME_ZONE", "Mars/Olympus"),
        ("LOG_LEVEL", "geheim"),
        ("SMS_URL", "twilio://geheim/{to}"),
        ("EMAIL_WEBHOOK_SECRET", "geheim"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "pyproject.toml"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(
    tmp_path: Path, name: str, value: str
) -> None:
    surroundings = {
        **os.environ,
        "VAR_DIR": str(tmp_path),
        "SECRET_KEY": "of-no-use-outside-this-test",
        # Nothing connects: the settings are read before anything else.
        "DATABASE_URL": "postgres://user@127.0.0.1:1/name",
        name: value,
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=surroundings,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"Setting: {name} (or {name}_FILE) is ")
    assert "geheim" not in line


@pytest.mark.parametrize(
    ("embedded", "configured", "said"),
    [(False, False, ["server.W001"]), (False, True, []), (True, False, [])],
)
def test_a_company_that_could_not_send_mail_is_told_before_its_customers_notice(
    settings: Settings, embedded: bool, configured: bool, said: list[str]
) -> None:
    settings.EMBEDDED, settings.EMAIL_CONFIGURED = embedded, configured
    found = run_checks(tags=["channels"], include_deployment_checks=True)
    assert [message.id for message in found] == said
    assert run_checks(tags=["channels"]) == []
