"""Training: what an employee learns, how far they are, and the quiz."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router, Status

from ambassadors.course_schemas import (
    AttemptIn,
    AttemptOut,
    CourseFullOut,
    CourseOut,
    ProgressOut,
    attempt_out,
    course_full_out,
    course_out,
)
from ambassadors.models import Course, CourseImage, learning
from ambassadors.models.learning import Standing
from ambassadors.posts_api import image_file
from server.auth import Authed
from server.paging import Page, PageParams, page_of
from server.problems import NotFound

router = Router(tags=["Champions"])


@router.get(
    "/courses",
    response=Page[CourseOut],
    operation_id="list_courses",
    summary="Courses that I can do, with how far I am",
)
def list_courses(request: Authed, params: PageParams) -> dict[str, Any]:
    """A retired course is there for a month for who had begun it."""
    page = page_of(Course.objects.visible_to(request.auth), "created_at", params, lambda row: row)
    standings = Standing.of(request.auth, page["items"])
    return {**page, "items": [course_out(standing) for standing in standings]}


def _standing(request: Authed, slug: str) -> Standing:
    course = get_object_or_404(Course.objects.visible_to(request.auth), slug=slug)
    return Standing.of(request.auth, [course])[0]


@router.get(
    "/courses/{slug:slug}",
    response=CourseFullOut,
    operation_id="get_course",
    summary="A course: its lessons, my progress, and the questions of my next attempt",
)
def get_course(request: Authed, slug: str) -> dict[str, Any]:
    """Which choices of the quiz are right never leaves the server before I have passed."""
    return course_full_out(_standing(request, slug))


@router.get(
    "/courses/{slug:slug}/images/{uuid:image_id}",
    operation_id="get_course_image",
    summary="A picture of a lesson",
)
def get_course_image(request: Authed, slug: str, image_id: UUID) -> HttpResponse:
    """As an attachment. 404 where no lesson of what is published shows it."""
    course = get_object_or_404(Course.objects.visible_to(request.auth), slug=slug)
    version = course.current
    if version is None or str(image_id) not in version.document.images:
        raise NotFound
    return image_file(get_object_or_404(CourseImage, pk=image_id, course=course))


@router.post(
    "/courses/{slug:slug}/lessons/{slug:lesson}/done",
    response=ProgressOut,
    operation_id="finish_lesson",
    summary="I finished a lesson",
)
def finish_lesson(request: Authed, slug: str, lesson: str) -> dict[str, Any]:
    """May be repeated as often as the connection asks for; the first time counts."""
    course = get_object_or_404(Course.objects.visible_to(request.auth), slug=slug)
    learning.finish_lesson(request.auth, course, lesson)
    progress: dict[str, Any] = course_out(_standing(request, slug))["progress"]
    return progress


@router.post(
    "/courses/{slug:slug}/attempts",
    response={200: AttemptOut, 201: AttemptOut},
    operation_id="attempt_quiz",
    summary="Answer the quiz",
)
def attempt_quiz(request: Authed, slug: str, data: AttemptIn) -> Status[dict[str, Any]]:
    """To the questions of `quiz.questions`. Who passes gets a certificate at once. Without
    attempts left: 409 `/problems/no-attempts-left`, with `when` there are some again. The same id
    and answers again answer 200, also when the course is gone by then.
    """
    known = Course.objects.attempted_by(request.auth, data.id).filter(slug=slug).first()
    there = Course.objects.visible_to(request.auth)
    course = known or get_object_or_404(there, slug=slug)
    made, new = learning.attempt(request.auth, course, id=data.id, answers=data.answers)
    (standing,) = Standing.of(request.auth, [course])
    return Status(201 if new else 200, attempt_out(made, standing))
