"""The champions programme: what ambassadors learn, may say, and did."""

from ambassadors.models.certificate import Certificate, IssuerKey
from ambassadors.models.course import Course, CourseVersion, WithdrawnQuestion
from ambassadors.models.course_progress import Attempt, LessonDone
from ambassadors.models.enrolment import Enrolment, EnrolmentReason, EnrolmentRule

__all__ = [
    "Attempt",
    "Certificate",
    "Course",
    "CourseVersion",
    "Enrolment",
    "EnrolmentReason",
    "EnrolmentRule",
    "IssuerKey",
    "LessonDone",
    "WithdrawnQuestion",
]
