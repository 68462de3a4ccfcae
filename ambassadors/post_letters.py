"""The words with which example posts and approved answers are told of; *je* in Dutch.

A push says that there is something and never what: it lies on lock screens and passes through
others' servers. The title of a post is in the inbox alone, and only while employees may see it.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ambassadors import answer_news, post_news
from ambassadors.models import ApprovedAnswer, ExamplePost, PostSuggestion
from notifications import kinds
from notifications.kinds import Kind, Letter
from notifications.models import Notification

Words = str | Promise


_OPEN_POST = gettext_lazy("Open the post")
_OPEN_ANSWER = gettext_lazy("Open the answer")


@dataclass(frozen=True, slots=True)
class _Said:
    """A headline, a sentence, and the page of the console where an editor goes on."""

    headline: Words
    line: Words
    path: str = ""
    label: Words = ""
    action: Words = _OPEN_POST


_AT_DESK = "/champions/posts/{subject}"
_AT_ANSWER = "/champions/answers/{subject}"
_SAID: Mapping[str, _Said] = {
    post_news.PUBLISHED: _Said(
        gettext_lazy("There is a new example post"),
        gettext_lazy("Make it your own and share it, if you like. You decide."),
        label=gettext_lazy("New example posts"),
    ),
    post_news.REVIEW_ASKED: _Said(
        gettext_lazy("An example post waits for your eyes"),
        gettext_lazy("A colleague asks you to review it."),
        _AT_DESK,
    ),
    post_news.APPROVED: _Said(
        gettext_lazy("An example post was approved"),
        gettext_lazy("It comes out at the moment that is planned for it."),
        _AT_DESK,
    ),
    post_news.CHANGES: _Said(
        gettext_lazy("A colleague asks for changes in an example post"),
        gettext_lazy("What has to be otherwise stands with the post."),
        _AT_DESK,
    ),
    post_news.COMMENTED: _Said(
        gettext_lazy("There is a comment on an example post"),
        gettext_lazy("A colleague wrote something with it."),
        _AT_DESK,
    ),
    post_news.GOES_SOON: _Said(
        gettext_lazy("An example post of yours is about to retire"),
        gettext_lazy(
            "Does it still hold? Say so with the post, or plan a later end, and it stays."
        ),
        _AT_DESK,
    ),
    post_news.GONE: _Said(
        gettext_lazy("An example post of yours has retired"),
        gettext_lazy("Employees do not see it any more. You can write it anew."),
        _AT_DESK,
    ),
    answer_news.REVIEW_ASKED: _Said(
        gettext_lazy("An answer waits for your eyes"),
        gettext_lazy("A colleague wants every ambassador to be able to use it."),
        _AT_ANSWER,
        action=_OPEN_ANSWER,
    ),
    answer_news.APPROVED: _Said(
        gettext_lazy("An answer that you wrote was approved"),
        gettext_lazy("From now on every ambassador can use it."),
        _AT_ANSWER,
        action=_OPEN_ANSWER,
    ),
    answer_news.CHANGES: _Said(
        gettext_lazy("A colleague asks for changes in an answer"),
        gettext_lazy("What has to be otherwise stands with the answer."),
        _AT_ANSWER,
        action=_OPEN_ANSWER,
    ),
    answer_news.GOES_SOON: _Said(
        gettext_lazy("An approved answer of yours is about to retire"),
        gettext_lazy(
            "Does it still hold? Say so with the answer, or give it a later end, and it stays."
        ),
        _AT_ANSWER,
        action=_OPEN_ANSWER,
    ),
    answer_news.GONE: _Said(
        gettext_lazy("An approved answer of yours has retired"),
        gettext_lazy("Ambassadors do not see it any more. You can write it anew."),
        _AT_ANSWER,
        action=_OPEN_ANSWER,
    ),
    post_news.SUGGESTION_TAKEN: _Said(
        gettext_lazy("Your suggestion was taken over"),
        gettext_lazy("An editor makes an example post of it. Thank you!"),
        label=gettext_lazy("Your suggestions"),
    ),
    post_news.SUGGESTION_OUT: _Said(
        gettext_lazy("Your suggestion is with your colleagues"),
        gettext_lazy("It is an example post now, and everybody can make it their own. Thank you!"),
        label=gettext_lazy("Your suggestion comes out"),
    ),
    post_news.SUGGESTION_DECLINED: _Said(
        gettext_lazy("An editor answered your suggestion"),
        gettext_lazy("It will not be an example post."),
    ),
}


def register() -> None:
    out = {post_news.PUBLISHED: _published, post_news.SUGGESTION_OUT: _out}
    for name, said in _SAID.items():
        compose = out.get(name) or (_at_work if said.path else _suggested)
        about = "suggestion" if compose is _suggested else "example-post"
        about = "approved-answer" if said.path == _AT_ANSWER else about
        # Nobody asked for new posts who did not switch them on.
        push = name != post_news.PUBLISHED
        kinds.register(Kind(name, said.label, compose, push=push, about=about))


def _published(notifications: Sequence[Notification], to_send: bool) -> dict[uuid.UUID, Letter]:
    """Only of what may be seen at this very moment."""
    rows = ExamplePost.objects.visible().in_bulk({row.subject_id for row in notifications})
    letters = {}
    for row in notifications:
        if row.user is None or row.subject_id not in rows:
            continue
        post = rows[row.subject_id]
        with translation.override(row.user.language):
            letters[row.pk] = _letter(row, quote=post.title_in(row.user.language))
    return letters


def _out(notifications: Sequence[Notification], to_send: bool) -> dict[uuid.UUID, Letter]:
    """To whose idea it was: only of what may be seen at this very moment, and with whose name."""
    posts = ExamplePost.objects.visible().in_bulk({row.subject_id for row in notifications})
    letters = {}
    for row in notifications:
        post = posts.get(row.subject_id)
        if row.user is None or post is None:
            continue
        with translation.override(row.user.language):
            named = (
                _("Your first name stands with it.")
                if post.credit_id == row.user_id
                else _("It is there without your name, as you asked.")
            )
            title = post.title_in(row.user.language)
            letters[row.pk] = _letter(row, quote=title, more=named)
    return letters


def _at_work(notifications: Sequence[Notification], to_send: bool) -> dict[uuid.UUID, Letter]:
    """To editors: which post it is, they read in the console."""
    ids = {row.subject_id for row in notifications}
    answers = {row.kind.startswith("answer.") for row in notifications}
    there: set[uuid.UUID] = set()
    for model, among in ((ExamplePost, False), (ApprovedAnswer, True)):
        if among in answers:
            there |= set(model._base_manager.filter(pk__in=ids).values_list("pk", flat=True))
    letters = {}
    for row in notifications:
        if row.user is not None and row.subject_id in there:
            with translation.override(row.user.language):
                letters[row.pk] = _letter(row)
    return letters


def _suggested(notifications: Sequence[Notification], to_send: bool) -> dict[uuid.UUID, Letter]:
    rows = PostSuggestion.objects.in_bulk({row.subject_id for row in notifications})
    letters = {}
    for row in notifications:
        if row.user is not None and row.subject_id in rows:
            with translation.override(row.user.language):
                letters[row.pk] = _letter(row, quote=rows[row.subject_id].reason)
    return letters


def _letter(row: Notification, *, quote: str = "", more: str = "") -> Letter:
    said, user = _SAID[row.kind], row.user
    if user is None:
        raise ValueError("posts are told to employees only")
    headline = str(said.headline)
    return Letter(
        language=user.language,
        name=user.name,
        title=headline,
        text="\n".join(filter(None, [str(said.line), more, quote])),
        push_title=headline,
        push_body=_("Open the app to read it.") if not said.path else str(said.line),
        subject=headline,
        greeting=_("Hi %(name)s,") % {"name": user.first_name},
        paragraphs=list(filter(None, [str(said.line), more])),
        quote=quote,
        action_label=str(said.action) if said.path else "",
        action_url=settings.BASE_URL + said.path.format(subject=row.subject_id)
        if said.path
        else "",
        footer=[_("You chose e-mail for this in the app, under notifications.")],
        email=user.email,
        data={"kind": row.kind, "subject_id": str(row.subject_id)},
    )
