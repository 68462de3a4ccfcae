"""How administrators read in the audit trail what editors did with example posts."""

from collections.abc import Collection
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from ambassadors.models import ApprovedAnswer, Campaign, ExamplePost, Phrase, PostSuggestion
from ambassadors.similarity import folded
from server.accounts.models.audit import Subject, subjects


def register() -> None:
    subjects["example-post"] = Subject(
        _("Example post"),
        _nothing,
        _posts,
        {
            "post-begun": _("Begun"),
            "post-written": _("Written"),
            "post-image-added": _("Picture added"),
            "post-image-removed": _("Picture taken away"),
            "post-review-asked": _("Asked for review"),
            "post-review-approved": _("Approved"),
            "post-review-changes": _("Asked for changes"),
            "post-commented": _("Comment"),
            "post-planned": _("Planned"),
            "post-handed-over": _("Handed over to a colleague"),
            "post-retired": _("Retired"),
            "post-still-holds": _("Still holds"),
        },
        nameless=_("not public"),
    )
    subjects["approved-answer"] = Subject(
        _("Approved answer"),
        _nothing,
        _answers,
        {
            "answer-begun": _("Begun"),
            "answer-written": _("Written"),
            "answer-review-asked": _("Asked for review"),
            "answer-review-approved": _("Approved"),
            "answer-review-changes": _("Asked for changes"),
            "answer-retired": _("Retired"),
            "answer-still-holds": _("Still holds"),
        },
        nameless=_("not public"),
    )
    subjects["post-suggestion"] = Subject(
        _("Suggestion"),
        _nothing,
        _suggestions,
        {"suggestion-taken": _("Taken over"), "suggestion-declined": _("Declined")},
    )
    subjects["phrase"] = Subject(
        _("Words to leave out"),
        _phrase_called,
        lambda ids: dict(Phrase.objects.filter(pk__in=ids).values_list("pk", "text")),
        {"phrase-written": _("Written"), "phrase-removed": _("Taken off the list")},
    )
    subjects["campaign"] = Subject(
        _("Topic or campaign"),
        _nothing,
        _campaigns,
        {
            "campaign-made": _("Noted down"),
            "campaign-written": _("Written"),
            "campaign-retired": _("Retired"),
            "campaign-brought-back": _("Brought back"),
        },
        nameless=_("not public"),
    )


def _phrase_called(text: str) -> UUID | None:
    return Phrase.objects.filter(folded=folded(text.strip())).values_list("pk", flat=True).first()


def _nothing(text: str) -> None:
    """They are not looked for by what somebody types."""


def _posts(ids: Collection[UUID]) -> dict[UUID, str]:
    """By title only where employees may read it too: the trail is no way around an embargo."""
    return dict(ExamplePost.objects.visible().filter(pk__in=ids).values_list("pk", "title_nl"))


def _answers(ids: Collection[UUID]) -> dict[UUID, str]:
    """By the question, only where employees may read it too."""
    rows = ApprovedAnswer.objects.visible().filter(pk__in=ids)
    return {row.pk: row.question_in("nl") for row in rows}


def _suggestions(ids: Collection[UUID]) -> dict[UUID, str]:
    rows = PostSuggestion.objects.filter(pk__in=ids)
    return {row.pk: row.get_network_display() for row in rows}


def _campaigns(ids: Collection[UUID]) -> dict[UUID, str]:
    rows = Campaign.objects.with_visible_posts().filter(pk__in=ids)
    return dict(rows.values_list("pk", "name_nl"))
