"""The pictures of a course's lessons: kept for as long as a version says that they are in it."""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from ambassadors.course_document import CourseDocument
from ambassadors.models.course import Course, CourseVersion
from ambassadors.models.stored_image import StoredImage
from server.problems import Invalid
from server.uploads import Upload

# Of one course, old versions counted in.
MOST = 200
# A picture that was put up and is in no version goes after so long.
UNUSED = timedelta(days=1)


class CourseImage(StoredImage):
    """One picture. `sha256` (hex) is of the file as it is kept: one that was exported and comes
    back is known by it, and is not made anew and a little worse every time.

    Which lesson shows it, and its words, are in the document of a version.
    """

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="images")
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "id"]

    @classmethod
    def put(cls, course: Course, id: uuid.UUID, upload: Upload) -> uuid.UUID:
        """Keep a picture with the course; returns its id, another one where this one is taken.

        In the transaction that writes the draft. Raises Invalid where there are too many.
        """
        known = cls.objects.filter(course=course, sha256=upload.sha256).first()
        if known is not None:
            return known.pk
        if course.images.count() >= MOST:
            raise Invalid({"file": _("A course has at most %(most)s pictures.") % {"most": MOST}})
        if cls.objects.filter(pk=id).exists():
            id = uuid.uuid4()
        digest = hashlib.sha256(upload.content).hexdigest()
        return cls(pk=id, course=course, sha256=digest).keep(upload).pk

    @classmethod
    def check_shown(cls, course: Course, content: Mapping[str, Any]) -> None:
        """Raises Invalid, by place, where a document shows a picture that is not there."""
        places = CourseDocument.model_validate(content).images
        there = {str(pk) for pk in cls.objects.filter(course=course).values_list("pk", flat=True)}
        gone = _("This picture is not with the course. Put it up again.")
        if errors := {place: gone for id, place in places.items() if id not in there}:
            raise Invalid(errors)

    @classmethod
    def forget_unused(cls) -> int:
        """Delete those that no version shows; returns how many."""
        old = cls.objects.filter(created_at__lt=timezone.now() - UNUSED)
        count = 0
        for course in Course.objects.filter(pk__in=old.values("course")):
            shown: set[str] = set()
            for version in CourseVersion.objects.filter(course=course):
                shown |= set(version.document.images)
            for image in old.filter(course=course).exclude(pk__in=shown):
                image.forget()
                count += 1
        return count
