"""People and how they are organised."""

from server.accounts.models.audit import AuditEvent
from server.accounts.models.people import Department, Role, RoleName, User
from server.accounts.models.teams import ClosingDay, Team, TeamMember, TeamRole, WorkingPeriod

__all__ = [
    "AuditEvent",
    "ClosingDay",
    "Department",
    "Role",
    "RoleName",
    "Team",
    "TeamMember",
    "TeamRole",
    "User",
    "WorkingPeriod",
]
