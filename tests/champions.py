"""Ambassadors for tests: somebody who has done all of it, and what they did."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from ambassadors.models import (
    Acceptance,
    Campaign,
    Certificate,
    Course,
    CourseVersion,
    ExamplePost,
    OptIn,
    PolicyVersion,
    Share,
)
from server.accounts.models import User
from tests.courses import small_document
from tests.factories import make_person

POLICY = {"text_nl": "## Zeg wie je bent\nBegin daarmee.", "text_en": "## Say who you are\nFirst."}
CHANGED = {"changed_nl": "Nieuw: een voorbeeld.", "changed_en": "New: an example."}


def make_policy(by: User | None = None) -> PolicyVersion:
    """The next version, written and published by an editor."""
    editor = by or make_person("Noor Mulder", roles=["editor"])
    draft = PolicyVersion.write(by=editor, revision=0, **POLICY, **CHANGED)
    draft.publish(by=editor, revision=draft.revision)
    return draft


def teaching(slug: str) -> dict[str, Any]:
    """A small course that teaches the policy, so that passing it certifies."""
    return {**small_document(slug), "teaches_policy": True}


def certify(user: User, *, days: int = 365, at: datetime | None = None) -> Certificate:
    """A certificate as the course gives it, for so many days."""
    course, _new = Course.objects.get_or_create(slug="mag-ik-dit-posten")
    version, _new = CourseVersion.objects.get_or_create(
        course=course,
        number=1,
        defaults={"content": teaching(course.slug), "published_at": timezone.now()},
    )
    issued = at or timezone.now()
    return Certificate.objects.create(
        user=user,
        course=course,
        version=version,
        number=Certificate.objects.count() + 1,
        issued_at=issued,
        expires_at=issued + timedelta(days=days),
        credential={},
    )


def make_ambassador(name: str = "Sanne de Vries", **fields: Any) -> User:
    """Somebody certified: opted in, said yes to the policy in force, passed the course."""
    user = make_person(name, **fields)
    current = PolicyVersion.in_force() or make_policy()
    OptIn.enter(user)
    Acceptance.give(current.number, by=user)
    certify(user)
    return user


def confirm_share(user: User, network: str = "linkedin") -> Share:
    """A share of an example post that its person says they did."""
    campaign, _new = Campaign.objects.get_or_create(
        slug="werk", defaults={"name_nl": "Werk", "name_en": "Work"}
    )
    owner = User.objects.order_by("joined_at", "pk")[0]
    post, _new = ExamplePost.objects.get_or_create(
        campaign=campaign, defaults={"title_nl": "Ons werk", "owner": owner}
    )
    return Share.objects.create(user=user, post=post, network=network, confirmed_at=timezone.now())
