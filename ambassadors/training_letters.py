"""What somebody is told about their training; *je* in Dutch."""

import uuid
from collections.abc import Sequence
from dataclasses import replace

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ambassadors.models import Certificate, Course, Enrolment, EnrolmentReason
from ambassadors.models.certificate import REISSUED, REVOKED
from ambassadors.models.enrolment import ENROLLED, REMINDED
from ambassadors.models.learning import RESCORED
from ambassadors.months import company_zone
from notifications import kinds
from notifications.kinds import Kind, Letter
from notifications.models import Notification
from server.accounts.models import User
from server.look import look_facts


def register() -> None:
    labels = {
        ENROLLED: gettext_lazy("A training for you"),
        REMINDED: gettext_lazy("Reminder of a training"),
        RESCORED: gettext_lazy("Passed after all"),
        REVOKED: gettext_lazy("Certificate taken back"),
        REISSUED: gettext_lazy("Certificate issued anew"),
    }
    for name, label in labels.items():
        certified = name in {RESCORED, REVOKED, REISSUED}
        composing = _of_certificates if certified else _of_enrolments
        about = "certificate" if certified else "enrolment"
        kinds.register(Kind(name=name, label=label, compose=composing, about=about))


def _of_enrolments(notifications: Sequence[Notification], to_send: bool) -> dict[uuid.UUID, Letter]:
    """What was finished or ended by the time it would be sent is not sent any more."""
    rows = Enrolment.objects.filter(pk__in={each.subject_id for each in notifications})
    asked = {row.pk: row for row in rows.select_related("course")}
    titles = _titles({row.course for row in asked.values()})
    letters = {}
    for each in notifications:
        enrolment = asked.get(each.subject_id)
        if enrolment is None or each.user is None:
            continue
        if to_send and (enrolment.finished_at or enrolment.ended_at):
            continue
        with translation.override(each.user.language):
            title = titles[enrolment.course_id].get(each.user.language, "")
            if each.kind == REMINDED:
                headline, lines = _reminded(enrolment)
            else:
                headline, lines = _asked(enrolment)
            letters[each.pk] = _letter(each, each.user, headline, title, lines, enrolment.course)
    return letters


def _asked(enrolment: Enrolment) -> tuple[str, list[str]]:
    by = {"day": _day(enrolment)}
    match enrolment.reason:
        case EnrolmentReason.VERSION:
            return _("A training was renewed"), [
                _("Do it again by %(day)s. Only what changed is open again.") % by
            ]
        case EnrolmentReason.POLICY:
            return _("The rules about posting have changed"), [
                _("Read the new rules and do the quiz again by %(day)s.") % by
            ]
        case EnrolmentReason.EXPIRY:
            return _("Your certificate is running out"), [
                _("Do the quiz again by %(day)s, and it is renewed.") % by
            ]
    return _("There is a training for you"), [_("Please do it by %(day)s.") % by]


def _reminded(enrolment: Enrolment) -> tuple[str, list[str]]:
    by = {"day": _day(enrolment)}
    if enrolment.due_at > timezone.now():
        return _("You still have a training to do"), [_("You have until %(day)s.") % by]
    return _("You still have a training to do"), [
        _("It was for %(day)s. You can still do it; it takes less time than you think.") % by
    ]


def _day(enrolment: Enrolment) -> str:
    return date_format(enrolment.due_at.astimezone(company_zone()), "j F")


def _of_certificates(
    notifications: Sequence[Notification], to_send: bool
) -> dict[uuid.UUID, Letter]:
    held = Certificate.objects.filter(pk__in={each.subject_id for each in notifications})
    rows = {row.pk: row for row in held.select_related("course").defer("credential")}
    titles = _titles({row.course for row in rows.values()})
    letters = {}
    for each in notifications:
        certificate = rows.get(each.subject_id)
        if certificate is None or each.user is None:
            continue
        with translation.override(each.user.language):
            title = titles[certificate.course_id].get(each.user.language, "")
            if each.kind == REVOKED:
                letters[each.pk] = _revoked(each, each.user, title, certificate)
                continue
            if each.kind == REISSUED:
                letters[each.pk] = _reissued(each, each.user, title, certificate)
                continue
            lines = [
                _("A question of the quiz was wrong and does not count any more."),
                _("Without it you have passed. Your certificate is in the app."),
            ]
            headline = _("You have passed after all")
            letters[each.pk] = _letter(each, each.user, headline, title, lines, certificate.course)
    return letters


def _revoked(
    notification: Notification, user: User, title: str, certificate: Certificate
) -> Letter:
    """With the reason in the inbox and the mail, and not a word of it on a lock screen."""
    lines = [
        certificate.revoked_because,
        _("It does not hold any more, also for who has its address."),
        _("Do you think that this is wrong? Tell the editors. You can do the quiz again any time."),
    ]
    headline = _("Your certificate was taken back")
    letter = _letter(notification, user, headline, title, lines, certificate.course)
    return replace(letter, push_body=_("There is news about your training"))


def _reissued(
    notification: Notification, user: User, title: str, certificate: Certificate
) -> Letter:
    lines = [
        _("It has your name as it is now, and holds as long as the old one would have."),
        _("Did you put the old address anywhere? Put the new one there; it is in the app."),
    ]
    headline = _("You have a new certificate")
    return _letter(notification, user, headline, title, lines, certificate.course)


def _titles(courses: set[Course]) -> dict[uuid.UUID, dict[str, str]]:
    """The title of each course by language."""
    found: dict[uuid.UUID, dict[str, str]] = {}
    for course in courses:
        version = course.current
        found[course.pk] = {}
        if version is not None:
            document = version.document
            for language in ("nl", "en"):
                found[course.pk][language] = document.say(document.title, language).text
    return found


def _letter(
    notification: Notification,
    user: User,
    headline: str,
    title: str,
    lines: Sequence[str],
    course: Course,
) -> Letter:
    return Letter(
        language=user.language,
        name=user.name,
        title=headline,
        text="\n".join([title, *lines]).strip(),
        push_title=look_facts()["name"],
        push_body=headline,
        subject=headline,
        greeting=_("Hi %(name)s,") % {"name": user.first_name},
        paragraphs=[title, *lines],
        footer=[_("You chose e-mail for this in the app, under notifications.")],
        email=user.email,
        data={"kind": notification.kind, "course": course.slug},
    )
