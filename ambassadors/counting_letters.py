"""The words of a new policy and of a height that the company reached; *je* in Dutch."""

import uuid
from collections.abc import Sequence

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ambassadors.counting_clock import MILESTONE, POLICY, milestone_id
from ambassadors.models import Acceptance, PolicyVersion
from ambassadors.models.milestone import Milestone
from ambassadors.models.refresher import asked_by_policy
from notifications import kinds
from notifications.kinds import Kind, Letter
from notifications.models import Notification


def register() -> None:
    read, reached = (
        gettext_lazy("New policy for ambassadors"),
        gettext_lazy("Milestones of the ambassadors"),
    )
    kinds.register(Kind(POLICY, read, policy, about="policy"))
    kinds.register(Kind(MILESTONE, reached, milestones, push=False, about="milestone"))


def policy(notifications: Sequence[Notification], to_send: bool) -> dict[uuid.UUID, Letter]:
    """Nothing for who need not read it any more: there is a newer one, or none, or they are to be
    reminded and have said yes.
    """
    versions = PolicyVersion.objects.filter(published_at__isnull=False).in_bulk(
        {each.subject_id for each in notifications}
    )
    current = PolicyVersion.in_force()
    people = {each.user_id for each in notifications}
    mine = Acceptance.objects.filter(version=current, user__in=people)
    said_yes = set(mine.values_list("user_id", flat=True))
    quiz = set(asked_by_policy().filter(user__in=people).values_list("user_id", flat=True))
    letters = {}
    for each in notifications:
        version = versions.get(each.subject_id)
        if each.user is None or version is None or (to_send and version != current):
            continue
        reminder = each.entry_id != each.subject_id
        if to_send and reminder and each.user_id in said_yes:
            continue
        with translation.override(each.user.language):
            lines = [_("Read what we agreed and say yes; then you are an ambassador (again).")]
            # What was asked with a version of before is not said again.
            if each.user_id in quiz and version == current and not reminder:
                lines.append(
                    _("Then do the quiz of the training again: you are asked to this time.")
                )
            title = _policy_title(version, reminder)
            letters[each.pk] = _letter(each, title, lines, quote=version.changed)
    return letters


def _policy_title(version: PolicyVersion, reminder: bool) -> str:
    if reminder:
        return _("You have not said yes to the rules for ambassadors yet")
    if version.changed:
        return _("There are new rules for ambassadors")
    return _("Read the rules for ambassadors")


def milestones(notifications: Sequence[Notification], to_send: bool) -> dict[uuid.UUID, Letter]:
    reached = {milestone_id(row): row for row in Milestone.objects.all()}
    letters = {}
    for each in notifications:
        row = reached.get(each.subject_id)
        if each.user is None or row is None:
            continue
        with translation.override(each.user.language):
            title = _("%(percent)s%% of us are active ambassadors") % {"percent": row.percent}
            text = _("For the first time, this month. Thank you to everybody who takes part.")
            quiet = _("A milestone of the ambassadors")  # no figure on a lock screen
            letters[each.pk] = _letter(each, title, [text], push=quiet)
    return letters


def _letter(
    each: Notification, title: str, lines: list[str], quote: str = "", push: str = ""
) -> Letter:
    user = each.user
    assert user is not None  # noqa: S101 - only ever put for employees
    return Letter(
        language=user.language,
        name=user.name,
        title=title,
        text=" ".join(lines),
        push_title=push or title,
        push_body=_("Open the app to read more."),
        subject=title,
        greeting=_("Hi %(name)s,") % {"name": user.first_name},
        paragraphs=lines,
        quote=quote,
        footer=[_("You chose e-mail for this in the app, under notifications.")],
        email=user.email,
        data={"kind": each.kind},
    )
