"""What editors do with a post besides writing: one address per verb, one form each."""

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ambassadors.console.access import ConsoleRequest, post_page
from ambassadors.console.fields import refuse
from ambassadors.console.post_forms import ImageForm, OwnerForm, PlanForm, SayForm
from ambassadors.console.views.posts import found, show, to_post
from ambassadors.console.views.reviewing import acted, seen, still_holds
from ambassadors.console.views.sure import sure
from ambassadors.models import ExamplePost, Shown
from server import uploads
from server.problems import Invalid
from server.uploads import FileRefused


@require_POST
@post_page
def act(http: ConsoleRequest, id: UUID, verb: str) -> HttpResponse:
    """Do it, and go back to the post; what was refused stands at its place there."""
    if verb not in VERBS:
        raise Http404
    stale = _("A colleague changed this post. Look at it again, and decide then.")
    return acted(http, VERBS[verb], lambda: found(id), show, to_post(id), stale=stale)


@require_http_methods(["GET", "HEAD", "POST"])
@post_page
def retire(http: ConsoleRequest, id: UUID) -> HttpResponse:
    """Say what retiring does, then do it."""
    if http.method == "POST":
        return act(http, id, "retire")
    post = found(id)
    if post.shown == Shown.RETIRED:
        return to_post(id)
    first = {
        Shown.PUBLISHED: _("Employees do not see it any more at once."),
        Shown.PLANNED: _("It does not come out at its moment."),
    }
    shared = _("What colleagues shared stays where it is, and its short links go on working.")
    does = [
        first.get(post.shown, _("It will not come out, and stands among what was retired.")),
        *([shared] if post.shown == Shown.PUBLISHED else []),
        _("Want it back? Write it anew: a colleague approves it again, and you plan it."),
    ]
    return sure(
        http,
        _("Retire “%(title)s”?") % {"title": post.title_in(http.user.language)},
        does,
        yes=_("Yes, retire it"),
        back=(reverse("champions-post", args=[id]), _("Back to the post")),
        here="posts",
        seen={"version": post.version},
    )


def _ask_review(http: ConsoleRequest, post: ExamplePost) -> str:
    post.ask_review(by=http.user, seen=seen(http))
    return _("The other editors were asked to look at it.")


def _approve(http: ConsoleRequest, post: ExamplePost) -> str:
    post.approve(by=http.user, seen=seen(http))
    if post.publish_at is None:
        return _("Approved. Now say when it comes out.")
    return _("Approved. It comes out at its moment.")


def _changes(http: ConsoleRequest, post: ExamplePost) -> str | HttpResponse:
    form = SayForm(post, http.POST, auto_id="judge_%s")
    if not form.is_valid():
        return show(http, post, status=HTTPStatus.UNPROCESSABLE_ENTITY, judge=form)
    post.ask_changes(by=http.user, seen=seen(http), text=form.cleaned_data["text"])
    return _("Given back. The writer hears what has to be otherwise.")


def _comment(http: ConsoleRequest, post: ExamplePost) -> str | HttpResponse:
    form = SayForm(post, http.POST, auto_id="say_%s")
    if not form.is_valid():
        return show(http, post, status=HTTPStatus.UNPROCESSABLE_ENTITY, say=form)
    id = form.cleaned_data["id"] or uuid.uuid4()
    post.comment(by=http.user, id=id, text=form.cleaned_data["text"])
    return _("Your comment stands with the post.")


def _plan(http: ConsoleRequest, post: ExamplePost) -> str | HttpResponse:
    form = PlanForm(post, http.POST)
    if form.is_valid():
        try:
            post.plan(
                by=http.user,
                seen=seen(http),
                publish_at=form.cleaned_data["publish_at"],
                valid_until=form.cleaned_data["valid_until"],
            )
        except Invalid as problem:
            refuse(form, problem.facts["errors"])
    if form.errors:
        return show(http, found(post.pk), status=HTTPStatus.UNPROCESSABLE_ENTITY, plan=form)
    return _("Planned.")


def _hand_over(http: ConsoleRequest, post: ExamplePost) -> str | HttpResponse:
    form = OwnerForm(post, http.POST)
    if not form.is_valid():
        return show(http, post, status=HTTPStatus.UNPROCESSABLE_ENTITY, hand_over=form)
    to = form.cleaned_data["owner"]
    post.hand_over(by=http.user, to=to, seen=seen(http))
    return _("From now on %(name)s looks after it.") % {"name": to.name}


def _add_image(http: ConsoleRequest, post: ExamplePost) -> str | HttpResponse:
    form = ImageForm(http.POST, http.FILES, auto_id="image_%s")
    if form.is_valid():
        clean = form.cleaned_data
        file = clean["file"]
        try:
            upload = uploads.clean(file.name or "", file, file.size, photos_only=True)
            post.add_image(
                upload,
                by=http.user,
                id=clean["id"],
                alt_nl=clean["alt_nl"],
                alt_en=clean["alt_en"],
            )
        except (FileRefused, Invalid) as problem:
            for error in problem.facts["errors"]:
                form.add_error("file", error["message"])
    if form.errors:
        return show(http, found(post.pk), status=HTTPStatus.UNPROCESSABLE_ENTITY, image=form)
    return _("The picture is there.")


def _remove_image(http: ConsoleRequest, post: ExamplePost) -> str:
    try:
        id = UUID(http.POST.get("image", ""))
    except ValueError as error:
        raise Http404 from error
    post.take_image_away(id, by=http.user)
    return _("The picture is gone.")


def _retire(http: ConsoleRequest, post: ExamplePost) -> str:
    was_out = post.shown == Shown.PUBLISHED
    post.retire(by=http.user, seen=seen(http))
    return _("Retired. Employees do not see it any more.") if was_out else _("Retired.")


VERBS: Mapping[str, Any] = {
    "review": _ask_review,
    "approve": _approve,
    "changes": _changes,
    "comment": _comment,
    "plan": _plan,
    "owner": _hand_over,
    "image": _add_image,
    "image-remove": _remove_image,
    "retire": _retire,
    "still-holds": still_holds,
}
