"""Example posts for employees, and what they suggest themselves. Nothing here is under embargo."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from ambassadors.models import Campaign, ExamplePost, PostImage, PostSuggestion
from ambassadors.models.stored_image import StoredImage
from ambassadors.post_schemas import (
    ExamplePostOut,
    PostsQuery,
    PostTopicOut,
    SuggestionIn,
    SuggestionOut,
    post_out,
    suggestion_out,
)
from server.auth import Authed
from server.downloads import attachment
from server.paging import Page, PageParams, page_of
from server.problems import NotFound

router = Router(tags=["Champions"])


@router.get(
    "/example-posts",
    response=Page[ExamplePostOut],
    operation_id="list_example_posts",
    summary="Example posts that are valid now, newest first",
)
def list_example_posts(request: Authed, params: Query[PostsQuery]) -> dict[str, Any]:
    """Per network the one variant that is my turn, in my language where there is one. What is
    planned or under embargo is not there, whoever asks.
    """
    reader = request.auth
    return page_of(params.rows(), "-publish_at", params, lambda post: post_out(post, reader))


@router.get(
    "/example-posts/topics",
    response=list[PostTopicOut],
    operation_id="list_post_topics",
    summary="The topics and campaigns that have a post now",
)
def list_post_topics(request: Authed) -> list[dict[str, Any]]:
    """A campaign appears with its first post, so its name tells nothing too early; a retired one
    is not among them.
    """
    return [each.facts() for each in Campaign.objects.with_visible_posts().filter(retired_at=None)]


@router.get(
    "/example-posts/suggestions",
    response=Page[SuggestionOut],
    operation_id="list_suggestions",
    summary="What I suggested, newest first",
)
def list_suggestions(request: Authed, params: PageParams) -> dict[str, Any]:
    """With what came of each, and why not where an editor declined it."""
    rows = PostSuggestion.objects.visible_to(request.auth)
    page = page_of(rows, "-created_at", params, lambda row: row)
    return {"items": _suggestions(page["items"]), "next": page["next"]}


@router.post(
    "/example-posts/suggestions",
    response={200: SuggestionOut, 201: SuggestionOut},
    operation_id="suggest_post",
    summary="Suggest an example post",
)
def suggest(request: Authed, data: SuggestionIn) -> Status[dict[str, Any]]:
    """Editors take it over, in their own words, or decline it with a reason; I hear which. The
    same id and content again answers 200.
    """
    made, new = PostSuggestion.suggest(
        by=request.auth,
        id=data.id,
        network=data.network,
        language=data.language or request.auth.language,
        text=data.text,
        why=data.why or "",
        credit=data.credit,
    )
    return Status(201 if new else 200, _suggestions([made])[0])


@router.get(
    "/example-posts/{uuid:post_id}",
    response=ExamplePostOut,
    operation_id="get_example_post",
    summary="One example post",
)
def get_example_post(request: Authed, post_id: UUID) -> dict[str, Any]:
    """404 where it is not there, not yet, or not any more: these answer the same."""
    post = get_object_or_404(ExamplePost.objects.visible().to_show(), pk=post_id)
    return post_out(post, request.auth)


@router.get(
    "/example-posts/{uuid:post_id}/images/{uuid:image_id}",
    operation_id="get_post_image",
    summary="A picture of an example post",
)
def get_post_image(request: Authed, post_id: UUID, image_id: UUID) -> HttpResponse:
    """As an attachment. 404 where the post may not be seen."""
    posts = ExamplePost.objects.visible()
    image = get_object_or_404(PostImage, pk=image_id, post=post_id, post__in=posts)
    return image_file(image)


def image_file(image: StoredImage) -> HttpResponse:
    """The picture going out; NotFound where the file is gone."""
    try:
        content = image.open()
    except FileNotFoundError as error:
        raise NotFound from error
    return attachment(content, id=image.pk, name=image.name, content_type=image.content_type)


def _suggestions(rows: list[PostSuggestion]) -> list[dict[str, Any]]:
    posts = [row.post_id for row in rows if row.post_id]
    visible = ExamplePost.objects.visible().in_bulk(posts) if posts else {}
    return [suggestion_out(row, visible) for row in rows]
