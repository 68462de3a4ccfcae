"""The champions programme: what ambassadors learn, may say, and did."""

from ambassadors.models.ambassador import BoardOptIn, OptIn
from ambassadors.models.answer_use import AnswerUse
from ambassadors.models.approved_answer import AnswerReview, AnswerVersion, ApprovedAnswer
from ambassadors.models.campaign import Campaign, CampaignKind
from ambassadors.models.certificate import Certificate, IssuerKey
from ambassadors.models.click import Click, ClickDay, ClickMark, clicks
from ambassadors.models.course import Course, CourseVersion, WithdrawnQuestion
from ambassadors.models.course_image import CourseImage
from ambassadors.models.course_numbers import CourseCount
from ambassadors.models.course_progress import Attempt, LessonDone
from ambassadors.models.enrolment import Enrolment, EnrolmentReason, EnrolmentRule
from ambassadors.models.example_post import ExamplePost
from ambassadors.models.example_post_base import Shown
from ambassadors.models.example_post_content import (
    AdviceKind,
    PostAdvice,
    PostImage,
    PostText,
    PostVersion,
    Risk,
)
from ambassadors.models.example_post_review import PostComment, PostReview
from ambassadors.models.example_post_suggestion import PostSuggestion, SuggestionState
from ambassadors.models.headcount import CountedMonth, DepartmentMonth
from ambassadors.models.likeness import Likeness
from ambassadors.models.milestone import Milestone
from ambassadors.models.own_post import OwnPost, OwnPostKind
from ambassadors.models.phrase import Phrase, PhraseRisk
from ambassadors.models.policy import Acceptance, PolicyVersion
from ambassadors.models.post_tally import PostCount
from ambassadors.models.privacy import Consent, Programme
from ambassadors.models.review_history import Verdict
from ambassadors.models.reviewed import PostState, Reviewed
from ambassadors.models.share import Share

__all__ = [
    "Acceptance",
    "AdviceKind",
    "AnswerReview",
    "AnswerUse",
    "AnswerVersion",
    "ApprovedAnswer",
    "Attempt",
    "BoardOptIn",
    "Campaign",
    "CampaignKind",
    "Certificate",
    "Click",
    "ClickDay",
    "ClickMark",
    "Consent",
    "CountedMonth",
    "Course",
    "CourseCount",
    "CourseImage",
    "CourseVersion",
    "DepartmentMonth",
    "Enrolment",
    "EnrolmentReason",
    "EnrolmentRule",
    "ExamplePost",
    "IssuerKey",
    "LessonDone",
    "Likeness",
    "Milestone",
    "OptIn",
    "OwnPost",
    "OwnPostKind",
    "Phrase",
    "PhraseRisk",
    "PolicyVersion",
    "PostAdvice",
    "PostComment",
    "PostCount",
    "PostImage",
    "PostReview",
    "PostState",
    "PostSuggestion",
    "PostText",
    "PostVersion",
    "Programme",
    "Reviewed",
    "Risk",
    "Share",
    "Shown",
    "SuggestionState",
    "Verdict",
    "WithdrawnQuestion",
    "clicks",
]
