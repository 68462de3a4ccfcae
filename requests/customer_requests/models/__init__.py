"""The customer request and all that hangs on it; one file per concern."""

from customer_requests.models.attachment import Attachment
from customer_requests.models.bulk import BulkAction, BulkItem, BulkState, Outcome
from customer_requests.models.canned import CannedText
from customer_requests.models.counted_by import CountedBy
from customer_requests.models.customer_request import CustomerRequest
from customer_requests.models.draft import Draft, DraftKind
from customer_requests.models.entry import ActorRole, Entry, EntryKind
from customer_requests.models.figure_day import FigureDay
from customer_requests.models.figures import DayFigures
from customer_requests.models.known_problem import (
    Announced,
    Announcement,
    KnownProblem,
    ProblemLink,
    ProblemState,
)
from customer_requests.models.life import ClosedAs, EmployeeSees, Relation, Status, WaitingOn
from customer_requests.models.linking import Linked, LinkKind, RequestLink
from customer_requests.models.macros import Macro
from customer_requests.models.rating import Rating
from customer_requests.models.search_text import SearchText
from customer_requests.models.step import Step, StepState
from customer_requests.models.topic import Priority, Topic, TopicTarget
from customer_requests.models.tracking import TrackingLink
from customer_requests.models.watching import Departure, Presence

__all__ = [
    "ActorRole",
    "Announced",
    "Announcement",
    "Attachment",
    "BulkAction",
    "BulkItem",
    "BulkState",
    "CannedText",
    "ClosedAs",
    "CountedBy",
    "CustomerRequest",
    "DayFigures",
    "Departure",
    "Draft",
    "DraftKind",
    "EmployeeSees",
    "Entry",
    "EntryKind",
    "FigureDay",
    "KnownProblem",
    "LinkKind",
    "Linked",
    "Macro",
    "Outcome",
    "Presence",
    "Priority",
    "ProblemLink",
    "ProblemState",
    "Rating",
    "Relation",
    "RequestLink",
    "SearchText",
    "Status",
    "Step",
    "StepState",
    "Topic",
    "TopicTarget",
    "TrackingLink",
    "WaitingOn",
]
