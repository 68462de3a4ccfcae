"""Certificates as others meet them: signed, checked without an account, honest about their end."""

import json
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ambassadors import credentials, signing
from ambassadors.models import Certificate, IssuerKey
from ambassadors.months import last_day, months_after, through
from server.accounts.models import User
from tests.clients import Api
from tests.courses import make_course
from tests.factories import make_person

# Of the W3C's own example of eddsa-jcs-2022 (Data Integrity EdDSA Cryptosuites, appendix B).
PUBLIC = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
CONTEXT = [
    "https://www.w3.org/ns/credentials/v2",
    "https://www.w3.org/ns/credentials/examples/v2",
]
EXAMPLE: dict[str, Any] = {
    "@context": CONTEXT,
    "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
    "type": ["VerifiableCredential", "AlumniCredential"],
    "name": "Alumni Credential",
    "description": "A minimum viable example of an Alumni Credential.",
    "issuer": "https://vc.example/issuers/5678",
    "validFrom": "2023-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
    "proof": {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": "2023-02-24T23:36:38Z",
        "verificationMethod": f"did:key:{PUBLIC}#{PUBLIC}",
        "proofPurpose": "assertionMethod",
        "@context": CONTEXT,
        "proofValue": (
            "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX"
        ),
    },
}


def issued(user: User | None = None, **quiz: Any) -> Certificate:
    version = make_course(f"proef-{uuid.uuid4().hex[:8]}", **quiz).current
    assert version is not None
    return Certificate.issue(user or make_person(), version)


def test_a_signature_of_the_standards_own_example_is_right_until_a_letter_changes() -> None:
    assert signing.is_signed_by(EXAMPLE, PUBLIC)
    assert not signing.is_signed_by({**EXAMPLE, "name": "Alumni Credentials"}, PUBLIC)
    assert not signing.is_signed_by(EXAMPLE, signing.public_multibase(signing.new_key()))


@pytest.mark.django_db
def test_anybody_can_check_a_certificate_from_its_address_alone() -> None:
    held = issued(make_person("Sanne de Vries", email="sanne@example.org"))
    anybody = Api()
    answer = anybody.get(f"/certificates/{held.pk}")
    assert answer["Content-Type"] == "application/ld+json"
    shown = answer.json()
    assert shown["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert "sanne@example.org" not in json.dumps(shown)
    issuer = anybody.get("/certificates/issuer").json()
    assert shown["issuer"]["id"] == issuer["id"]
    methods = {row["id"]: row["publicKeyMultibase"] for row in issuer["verificationMethod"]}
    assert shown["proof"]["verificationMethod"] in issuer["assertionMethod"]
    assert signing.is_signed_by(shown, methods[shown["proof"]["verificationMethod"]])
    assert not signing.is_signed_by(
        {**shown, "validUntil": "2099-01-01T00:00:00Z"}, *methods.values()
    )
    assert anybody.get(f"/certificates/{uuid.uuid4()}").status_code == 404


@pytest.mark.django_db
def test_a_program_of_another_site_reads_what_it_needs_to_check_one_and_nothing_else() -> None:
    held, api = issued(), Api()
    for address in (str(held.pk), "issuer", "status/0"):
        answer = api.get(f"/certificates/{address}")
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer
    for address in (f"/certificates/{held.pk}/status", "/policy"):
        assert "Access-Control-Allow-Origin" not in api.get(address)


@pytest.mark.django_db
def test_what_is_signed_says_what_its_holder_has_shown_and_invites_nobody() -> None:
    held = issued()
    achievement = held.credential["credentialSubject"]["achievement"]
    assert "Een kleine training" not in json.dumps(held.credential)
    assert achievement["description"] == (
        "Heeft minstens 67% van 3 vragen goed beantwoord, uit een toets over: Les een."
    )
    page = Client().get(f"/champions/certificates/{held.pk}").content.decode()
    assert "Les een" in page
    assert "Een kleine training" not in page


@pytest.mark.django_db
def test_a_revoked_certificate_says_so_to_people_and_to_programs() -> None:
    kept, taken = issued(), issued()
    assert taken.revoke(by=None, because="Bij vergissing gegeven.")
    assert not taken.revoke(by=None, because="Nog eens.")
    api, page = Api(), Client()
    for held, revoked in ((kept, False), (taken, True)):
        place = int(held.credential["credentialStatus"]["statusListIndex"])
        listed = api.get("/certificates/status/0").json()
        assert credentials.revoked_in(listed, place) is revoked
        assert signing.is_signed_by(listed, IssuerKey.current().pk)
        state = "revoked" if revoked else "valid"
        assert api.get(f"/certificates/{held.pk}/status").json()["state"] == state
        text = page.get(f"/champions/certificates/{held.pk}").content.decode()
        assert ("Ingetrokken" in text) is revoked
        assert "Bij vergissing" not in text
    assert api.get("/certificates/status/1").status_code == 404


@pytest.mark.django_db
def test_a_certificate_that_ran_out_says_so_and_stays_checkable() -> None:
    held = issued()
    now = timezone.now()
    Certificate.objects.update(
        issued_at=now - timedelta(400), expires_at=now - timedelta(seconds=1)
    )
    assert Api().get(f"/certificates/{held.pk}/status").json()["state"] == "expired"
    assert "Verlopen" in Client().get(f"/champions/certificates/{held.pk}").content.decode()
    assert list(Certificate.objects.valid_at(now - timedelta(1))) == [held]
    assert not Certificate.objects.valid_at(now).exists()


@pytest.mark.django_db
def test_another_secret_key_makes_another_signing_key_and_leaves_old_certificates_checkable(
    settings: Any,
) -> None:
    old = issued()
    settings.SECRET_KEY = "another-one-0123456789-0123456789-0123456789-0123456789"
    new = issued()
    methods = [held.credential["proof"]["verificationMethod"] for held in (old, new)]
    assert methods[0] != methods[1]
    issuer = Api().get("/certificates/issuer").json()
    assert set(methods) == set(issuer["assertionMethod"])


@pytest.mark.parametrize(
    ("day", "months", "last"),
    [
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 11, 30), 12, date(2027, 11, 30)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_months_last(
    day: date, months: int, last: date
) -> None:
    assert months_after(day, months) == last


def test_it_holds_through_the_last_day_as_the_company_counts_days() -> None:
    # Half past eleven in the evening of 31 March in UTC is the first of April in Amsterdam.
    ends = through(datetime(2026, 3, 31, 23, 30, tzinfo=UTC), 1)
    assert ends.astimezone(UTC) == datetime(2026, 5, 1, 22, 0, tzinfo=UTC)
    assert last_day(ends) == date(2026, 5, 1)
    # The last day is the one on which the clock goes back, and has 25 hours.
    ends = through(datetime(2025, 10, 26, 12, 0, tzinfo=UTC), 12)
    assert ends.astimezone(UTC) == datetime(2026, 10, 26, 23, 0, tzinfo=UTC)
