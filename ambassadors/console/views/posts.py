"""Example posts for editors: the list, one post as it will look, and writing it."""

import uuid
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ambassadors.console.access import ConsoleRequest, post_page
from ambassadors.console.post_forms import ImageForm, OwnerForm, PlanForm, PostForm, SayForm
from ambassadors.console.previews import previews
from ambassadors.console.views.reviewing import differing, listed
from ambassadors.models import (
    Campaign,
    ExamplePost,
    PostComment,
    PostImage,
    PostReview,
    PostState,
    PostSuggestion,
    PostVersion,
    Shown,
    SuggestionState,
)
from ambassadors.posts_api import image_file
from server import disclosure
from server.problems import Invalid, StaleVersion


@require_safe
@post_page
def lists(http: ConsoleRequest) -> HttpResponse:
    """Every post by where it stands, last changed first."""
    page = listed(http, ExamplePost.objects.all(), Shown)
    context = {"here": "posts", **page, "topics": Campaign.objects.all(), **waiting()}
    return render(http, "champions/posts/list.html", context)


def waiting() -> dict[str, int]:
    """What waits for an editor, for the tabs."""
    suggested = PostSuggestion.objects.filter(state=SuggestionState.WAITING)
    return {
        "in_review": ExamplePost.objects.filter(state=PostState.REVIEW).count(),
        "suggested": suggested.count(),
    }


def found(id: UUID) -> ExamplePost:
    post: ExamplePost = get_object_or_404(ExamplePost.objects.to_show(), pk=id)
    return post


@require_safe
@post_page
def page(http: ConsoleRequest, id: UUID) -> HttpResponse:
    """A post as it will look on each network, with what editors do and said."""
    return show(http, found(id))


def show(
    http: ConsoleRequest, post: ExamplePost, *, status: int = HTTPStatus.OK, **refused: Any
) -> HttpResponse:
    """The post's page; `refused` are the forms that were, by their place on it."""
    writers = post.written_by()
    said: list[PostReview | PostComment] = [
        *post.reviews.select_related("by"),
        *post.comments.select_related("by"),
    ]
    shown = previews(post)
    context = {
        "here": "posts",
        "post": post,
        "previews": shown,
        "advised": sum(bool(each["found"]) for each in shown),
        "said": sorted(said, key=lambda each: each.at),
        "versions": post.versions.select_related("by").defer("content"),
        "may_approve": post.state == PostState.REVIEW and http.user.pk not in writers,
        "plan": PlanForm(post),
        "say": SayForm(post, auto_id="say_%s"),
        "judge": SayForm(post, auto_id="judge_%s"),
        "image": ImageForm(auto_id="image_%s"),
        "hand_over": OwnerForm(post),
        **refused,
    }
    return render(http, "champions/posts/page.html", context, status=status)


@require_safe
@post_page
def new(http: ConsoleRequest) -> HttpResponse:
    """An empty form. Its id is chosen here, so that it is made once however often it is sent."""
    if not Campaign.objects.taking_posts().exists():
        messages.info(http, _("First make a topic or a campaign to put posts under."))
        return HttpResponseRedirect(reverse("champions-topics"), status=HTTPStatus.SEE_OTHER)
    post = ExamplePost(pk=uuid.uuid4())
    return _asked(http, post, PostForm.of(post))


@require_http_methods(["GET", "HEAD", "POST"])
@post_page
def write(http: ConsoleRequest, id: UUID) -> HttpResponse:
    """Change what a post says, or make what is not there yet."""
    if http.method != "POST":
        post = found(id)
        return _asked(http, post, PostForm.of(post))
    rows = ExamplePost.objects.to_show()
    post = rows.filter(pk=id).first() or ExamplePost(pk=id)
    form = PostForm.sent(http.POST, post)
    if not form.is_valid():
        return _asked(http, post, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        if post._state.adding:
            ExamplePost.begin(by=http.user, id=id, **form.facts())
        else:
            # A form of before there was a post has no version, and is stale here.
            post.write(by=http.user, seen=form.cleaned_data["version"] or 0, **form.facts())
    except Invalid as problem:
        form.refuse(problem.facts["errors"])
        return _asked(http, rows.filter(pk=id).first() or post, form, status=422)
    except StaleVersion:
        return _both(http, found(id))
    messages.success(http, _("Saved. This is how it will look."))
    return to_post(id)


def to_post(id: UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("champions-post", args=[id]), status=HTTPStatus.SEE_OTHER)


def _both(http: ConsoleRequest, now: ExamplePost) -> HttpResponse:
    """Somebody else was faster: my words in the form, theirs above it. Sent again mine stay."""
    given = http.POST.copy()
    given["version"] = str(now.version)
    form, theirs = PostForm.sent(given, now), PostForm.of(now)
    form.is_valid()
    others = differing(theirs, form)
    status = HTTPStatus.PRECONDITION_FAILED
    return _asked(http, now, form, status=status, theirs=others, stale=True)


def _asked(
    http: ConsoleRequest,
    post: ExamplePost,
    form: PostForm,
    *,
    status: int = HTTPStatus.OK,
    **more: Any,
) -> HttpResponse:
    context = {
        "here": "posts",
        "post": post,
        "form": form,
        "new": post._state.adding,
        "public": not post._state.adding and post.shown == Shown.PUBLISHED,
        "openings": form.openings(),
        "short_link": disclosure.link_of_that_length(),
        **more,
    }
    return render(http, "champions/posts/write.html", context, status=status)


@require_safe
@post_page
def version(http: ConsoleRequest, id: UUID, number: int) -> HttpResponse:
    """What a post said once, and who wrote that."""
    rows = PostVersion.objects.select_related("by", "post__campaign")
    row = get_object_or_404(rows, post=id, number=number)
    before = rows.filter(post=id, number__lt=number).first()
    content, language = row.content, http.user.language
    title = (content.get("title_en") if language == "en" else "") or content["title_nl"]
    context = {"here": "posts", "row": row, "post": row.post, "before": before, "title": title}
    return render(http, "champions/posts/version.html", context)


@require_safe
@post_page
def image(http: ConsoleRequest, id: UUID, image_id: UUID) -> HttpResponse:
    """A picture, also of what employees may not see yet."""
    return image_file(get_object_or_404(PostImage, pk=image_id, post=id))
