"""People and how they are organised."""

from server.accounts.models.audit import AuditEvent
from server.accounts.models.availability import Absence, Away, Skill
from server.accounts.models.company import CompanyLook
from server.accounts.models.people import Department, Role, RoleName, User
from server.accounts.models.placement import Placement
from server.accounts.models.seals import AuditSeal
from server.accounts.models.teams import (
    ClosingDay,
    HandOut,
    Team,
    TeamMember,
    TeamRole,
    WorkingPeriod,
)

__all__ = [
    "Absence",
    "AuditEvent",
    "AuditSeal",
    "Away",
    "ClosingDay",
    "CompanyLook",
    "Department",
    "HandOut",
    "Placement",
    "Role",
    "RoleName",
    "Skill",
    "Team",
    "TeamMember",
    "TeamRole",
    "User",
    "WorkingPeriod",
]
