"""Putting in place what ships, the same from the console and from the command."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from ambassadors import shipped
from ambassadors.importing import course_file
from ambassadors.models import Course, EnrolmentRule, Phrase
from ambassadors.months import company_zone
from server.accounts.models import User

# For who begins: so long for the course.
DAYS = 30


@dataclass(frozen=True, slots=True)
class Begun:
    """The course, whether it is new, and how many phrases were put on the list."""

    course: Course
    new: bool
    phrases: int


@transaction.atomic
def install_starter(*, by: User | None, publish: bool, rule: bool = True) -> Begun:
    """Put in place the starter course and the list of phrases; what is there is left alone.

    With `rule` whoever joins from today on is asked to do the course, from the moment that it is
    published. Editors see the rule with the course, and end it or add others.
    """
    document = course_file.read(shipped.course())
    course = Course.named(document.slug)
    new = not course.versions.exists()
    if new:
        draft = course.write_draft(document.model_dump(), by=by)
        if rule:
            EnrolmentRule.add(
                course,
                by=by,
                department=None,
                role="",
                joined_since=timezone.now().astimezone(company_zone()).date(),
                due_days=DAYS,
            )
        if publish:
            draft.publish(by=by)
    return Begun(course, new, Phrase.install(shipped.phrases()))
