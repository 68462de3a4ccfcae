"""Certificates as others' programs read them: Open Badges 3.0, on W3C Verifiable Credentials 2.0.

Whether one was revoked is in a Bitstring Status List: a bit per certificate among many, so that
asking does not tell which one is looked at, and the list tells nobody which certificates there are.
"""

import base64
import gzip
import hashlib
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from server.look import look_facts

if TYPE_CHECKING:
    from ambassadors.course_document import CourseDocument, Said
    from ambassadors.models import CourseVersion
    from server.accounts.models import User

CONTEXT = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
]
ISSUER_CONTEXT = [
    "https://www.w3.org/ns/cid/v1",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
]
# The least that the list may hold, so that one certificate hides among many.
LIST_LENGTH = 131_072
ROOT = "/api/v1/certificates"


def address(path: object) -> str:
    return f"{settings.BASE_URL}{ROOT}/{path}"


def page_address(certificate: uuid.UUID) -> str:
    """The page of a certificate for people."""
    return f"{settings.BASE_URL}/champions/certificates/{certificate}"


def issuer_address() -> str:
    return address("issuer")


def method_of(public: str) -> str:
    """The address of a public key."""
    return f"{issuer_address()}#{public}"


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC, in whole seconds: the credential says the same to every reader."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def issuer() -> dict[str, Any]:
    return {
        "id": issuer_address(),
        "type": ["Profile"],
        "name": look_facts()["name"],
        "url": settings.BASE_URL,
    }


def issuer_profile(publics: Iterable[str]) -> dict[str, Any]:
    """Who issues, with every key that certificates were ever signed with."""
    methods = [
        {
            "id": method_of(public),
            "type": "Multikey",
            "controller": issuer_address(),
            "publicKeyMultibase": public,
        }
        for public in publics
    ]
    return {
        "@context": ISSUER_CONTEXT,
        **issuer(),
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }


def credential(
    *,
    id: uuid.UUID,
    number: int,
    holder: "User",
    version: "CourseVersion",
    begins: datetime,
    ends: datetime | None,
) -> dict[str, Any]:
    """What is signed. The e-mail address is in it as a salted hash only: who knows it can check
    it, and nobody can read it.
    """
    document = version.document
    title = document.say(document.title, holder.language)
    salt = hashlib.sha256(f"salt {id}".encode()).hexdigest()[:32]
    hashed = hashlib.sha256(f"{holder.email}{salt}".encode()).hexdigest()
    made: dict[str, Any] = {
        "@context": CONTEXT,
        "id": address(id),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": title.text,
        "issuer": issuer(),
        "validFrom": stamp(begins),
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "identityType": "name",
                    "hashed": False,
                    "identityHash": holder.name,
                },
                {
                    "type": "IdentityObject",
                    "identityType": "emailAddress",
                    "hashed": True,
                    "identityHash": f"sha256${hashed}",
                    "salt": salt,
                },
            ],
            "achievement": {
                "id": f"urn:uuid:{version.pk}",
                "type": ["Achievement"],
                "achievementType": "Certificate",
                "name": title.text,
                "description": shown_by(version, title.language),
                "criteria": {"narrative": _criteria(version)},
                "inLanguage": title.language,
                "version": str(version.number),
            },
        },
        "credentialStatus": {
            "id": f"{address(f'status/{number // LIST_LENGTH}')}#{number % LIST_LENGTH}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(number % LIST_LENGTH),
            "statusListCredential": address(f"status/{number // LIST_LENGTH}"),
        },
    }
    if ends is not None:
        made["validUntil"] = stamp(ends)
    return made


def asked_about(document: "CourseDocument", language: str) -> "list[Said]":
    """The titles of the lessons that the quiz asks about; of all, where it does not say."""
    named = {question.lesson for question in document.quiz.questions if question.lesson}
    lessons = [each for each in document.lessons if each.slug in named] or document.lessons
    return [document.say(lesson.title, language) for lesson in lessons]


def shown_by(version: "CourseVersion", language: str) -> str:
    """What whoever holds a certificate of this version has shown, in their language where we have
    words for it. The summary of a course invites people in, and says nothing of who did it.
    """
    document = version.document
    quiz = document.quiz
    titles = "; ".join(said.text for said in asked_about(document, language))
    with translation.override(language if language in dict(settings.LANGUAGES) else "en"):
        return _(
            "Has answered at least %(percent)s%% of %(ask)s questions right, drawn from a quiz "
            "about: %(lessons)s."
        ) % {"percent": quiz.pass_percent, "ask": quiz.ask, "lessons": titles}


def _criteria(version: "CourseVersion") -> str:
    """In English, whatever the holder reads: it is for whoever checks."""
    quiz = version.document.quiz
    return f"At least {quiz.pass_percent}% of {quiz.ask} questions answered right."


def status_list(number: int, revoked: Iterable[int], since: datetime) -> dict[str, Any]:
    """The list with this number, in which these places are revoked; to be signed."""
    bits = bytearray(LIST_LENGTH // 8)
    for place in revoked:
        # The first place is the leftmost bit.
        bits[place // 8] |= 128 >> place % 8
    packed = gzip.compress(bytes(bits), mtime=0)
    return {
        "@context": CONTEXT[:1],
        "id": address(f"status/{number}"),
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer_address(),
        "validFrom": stamp(since),
        "credentialSubject": {
            "id": f"{address(f'status/{number}')}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": "u" + base64.urlsafe_b64encode(packed).decode().rstrip("="),
        },
    }


def revoked_in(signed: Mapping[str, Any], place: int) -> bool:
    """Whether a status list says that this place is revoked: what others' programs do."""
    text = signed["credentialSubject"]["encodedList"].removeprefix("u")
    bits = gzip.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return bool(bits[place // 8] & 128 >> place % 8)
