"""The champions programme: what ambassadors learn, may say, and did."""

from ambassadors.models.ambassador import BoardOptIn, OptIn
from ambassadors.models.certificate import Certificate, IssuerKey
from ambassadors.models.course import Course, CourseVersion, WithdrawnQuestion
from ambassadors.models.course_progress import Attempt, LessonDone
from ambassadors.models.enrolment import Enrolment, EnrolmentReason, EnrolmentRule
from ambassadors.models.headcount import CountedMonth, DepartmentMonth
from ambassadors.models.policy import Acceptance, PolicyVersion
from ambassadors.models.privacy import Consent, Programme

__all__ = [
    "Acceptance",
    "Attempt",
    "BoardOptIn",
    "Certificate",
    "Consent",
    "CountedMonth",
    "Course",
    "CourseVersion",
    "DepartmentMonth",
    "Enrolment",
    "EnrolmentReason",
    "EnrolmentRule",
    "IssuerKey",
    "LessonDone",
    "OptIn",
    "PolicyVersion",
    "Programme",
    "WithdrawnQuestion",
]
