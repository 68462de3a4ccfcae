"""What the employee may read: as far as the customer allows, here and where it was said."""

from customer_requests.models.entry import ActorRole, Entry, EntryKind
from customer_requests.models.life import EmployeeSees

# Beyond the status and the steps.
_BEYOND = frozenset({EntryKind.UPDATE, EntryKind.MESSAGE, EntryKind.FILE})
# What is said in these is about what the employee has to know, whatever else they may see.
_OPEN_TO_ALL = frozenset(
    {
        EntryKind.STEP,
        EntryKind.WAITING,
        EntryKind.UNREACHABLE,
        EntryKind.MERGED,
        EntryKind.UNMERGED,
        EntryKind.SPLIT,
    }
)


class Reading:
    """The rules; `employee_sees` is the customer's choice for the employee of this request."""

    employee_sees: str

    def employee_may_read(self, entry: Entry) -> bool:
        """Whether this entry is on the employee's timeline, given what the customer allows."""
        sees = self._lets_see(entry)
        if sees == EmployeeSees.CONVERSATION and entry.to_customer:
            return True
        if not entry.to_employee:
            return False
        own = entry.actor_role == ActorRole.EMPLOYEE or entry.actor_role == ActorRole.CLOCK
        asked = entry.kind == EntryKind.WAITING
        return own or asked or sees != EmployeeSees.STEPS or entry.kind not in _BEYOND

    def employee_reads(self, entry: Entry) -> str:
        """The text of an entry as the employee may read it; empty where only the fact is theirs."""
        sees = self._lets_see(entry)
        if sees == EmployeeSees.CONVERSATION and entry.to_customer:
            return entry.text_employee or entry.text_customer
        if (
            sees == EmployeeSees.STEPS
            and entry.actor_role != ActorRole.EMPLOYEE
            and entry.kind not in _OPEN_TO_ALL
        ):
            return ""
        return entry.text_employee

    def _lets_see(self, entry: Entry) -> str:
        """The customer's choice; of what was copied from another request, the stricter of both.

        They may have chosen for each employee by each link, and either of them later.
        """
        there = entry.chosen_where_said
        if there is None:
            return self.employee_sees
        return EmployeeSees.stricter(self.employee_sees, there)
