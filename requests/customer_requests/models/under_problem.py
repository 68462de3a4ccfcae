"""A request under a known problem: put there, told with the others, brought back with them."""

import uuid
from functools import lru_cache
from typing import Any

from django.db import transaction
from django.utils import timezone

from customer_requests.models.entry import Entry, EntryKind
from customer_requests.models.known_problem import (
    Announced,
    Announcement,
    KnownProblem,
    Outcome,
    ProblemLink,
    ProblemState,
)
from customer_requests.models.life import OPEN, Actor, Status
from customer_requests.models.linking import Linking
from customer_requests.problems import ChangedSince, NotNow, ProblemIsSolved, UnderAnotherProblem
from customer_requests.stems import stem, tokens
from server.accounts.models import User
from server.problems import Invalid, NotFound

# What makes a question look like a problem: this share of its title, and so many words in all.
ALIKE, FEWEST_SHARED = 0.5, 2
NEWEST = 50


class UnderProblem(Linking):
    class Meta:
        abstract = True

    @transaction.atomic(durable=True)
    def put_under(self, problem: KnownProblem, *, by: User) -> bool:
        """Count this request among the problem's; returns whether that is new.

        The last update to all of them, if there was one, comes to its followers too.
        """
        self._lock_row(desk=by)
        earlier = self._problem_link()
        if earlier is not None and earlier.problem_id == problem.pk:
            return False
        self._check("put_under", desk=by)
        if earlier is not None:
            raise UnderAnotherProblem(title=earlier.problem.title)
        problem.lock()
        if problem.state == ProblemState.SOLVED:
            raise ProblemIsSolved
        ProblemLink.objects.create(request_id=self.pk, problem=problem, by=by)
        if last := problem.last_update():
            Announcement.objects.filter(pk=last.pk).update(finished_at=None)
        entry = self._add(EntryKind.LINKED, Actor.agent(by), text_team=problem.title)
        self._save()
        self._tell(entry)
        return True

    @transaction.atomic(durable=True)
    def take_from_under(self, *, by: User) -> None:
        """It turned out to be something else; what was said stays said."""
        self._lock("link", desk=by)
        link = self._problem_link()
        if link is None:
            raise NotFound
        self._take_from(link, by)

    @transaction.atomic(durable=True)
    def undo_put_under(self, done: uuid.UUID, *, by: User) -> bool:
        """Take back the putting under a problem that `by` did with the entry `done`; what was said
        meanwhile stays said. Raises ChangedSince where it was linked or taken away since. Doing it
        twice does it once. Returns whether something was said meanwhile.
        """
        self._lock_row(desk=by)
        id = uuid.uuid5(done, "taken back")
        mine = Entry.objects.filter(request_id=self.pk)
        if earlier := mine.filter(pk=id).first():
            return self._heard_of_all(done, earlier.number)
        number = mine.values_list("number", flat=True).get(pk=done, actor=by)
        kinds = [EntryKind.LINKED, EntryKind.UNLINKED]
        link = self._problem_link()
        if link is None or mine.filter(number__gt=number, kind__in=kinds).exists():
            raise ChangedSince
        heard = self._heard_of_all(done, self.entry_count + 1)
        self.under(id)
        self._take_from(link, by)
        return heard

    def _heard_of_all(self, since: uuid.UUID, until: int) -> bool:
        """Whether a word to all came here between the entry `since` and the number `until`."""
        mine = Entry.objects.filter(request_id=self.pk)
        after = mine.values_list("number", flat=True).get(pk=since)
        told = Announced.objects.filter(request_id=self.pk, before__isnull=False)
        said = [uuid.uuid5(id, str(self.pk)) for id in told.values_list("announcement", flat=True)]
        return mine.filter(pk__in=said, number__gt=after, number__lt=until).exists()

    def _take_from(self, link: ProblemLink, by: User) -> None:
        link.delete()
        entry = self._add(EntryKind.UNLINKED, Actor.agent(by), text_team=link.problem.title)
        self._save()
        self._tell(entry)

    def _problem_link(self) -> ProblemLink | None:
        return ProblemLink.objects.filter(request_id=self.pk).select_related("problem").first()

    @transaction.atomic(durable=True)
    def hear(self, announcement: Announcement) -> None:
        """The clock: pass on what an agent said to all, once; solve where it says so.

        What is over by now stays as it is, and where it is tried again it does not come after what
        was said later. Whoever writes it is the agent of the announcement,
        whoever has the request.
        """
        self._lock_row()
        rows = Announced.objects.filter(request_id=self.pk)
        link = self._problem_link()
        # Whoever takes it back meanwhile waits, and then finds this one among those that heard.
        announcement.problem.lock()
        gone = link is None or link.problem_id != announcement.problem_id
        undone = Announcement.objects.filter(pk=announcement.pk, undone_at__isnull=False)
        tried = rows.filter(announcement=announcement).first()
        if gone or undone.exists() or (tried and tried.outcome != Outcome.AGAIN):
            return
        outcome = tried or Announced(announcement=announcement, request_id=self.pk)
        outcome.outcome, outcome.at = Outcome.OVER, timezone.now()
        heard = rows.filter(announcement__problem=announcement.problem_id, before__isnull=False)
        try:
            self._check_status("hear")
        except NotNow:
            outcome.save()
            return
        if tried and heard.filter(announcement__at__gt=announcement.at).exists():
            outcome.save()  # they have heard better since
            return
        words = {
            "text_customer": announcement.said_to("customer", self.customer_language),
            "text_employee": announcement.said_to("employee", self.employee.language),
        }
        try:
            self.check_fits(words["text_customer"])
        except Invalid:  # put under it since, from a network that takes less
            outcome.outcome = Outcome.FAILED
            outcome.save()
            return
        outcome.outcome, outcome.before = Outcome.TOLD, self._to_put_back()
        self.under(uuid.uuid5(announcement.pk, str(self.pk)))
        if announcement.solves:
            entry = self._say_solved(announcement.by, **words)
            outcome.before["solution"] = self.solutions
        else:
            audience = {f"to_{name[5:]}": bool(text) for name, text in words.items()}
            entry = self._say_update(announcement.by, **words, **audience)
        outcome.save()
        self._tell(entry)

    @transaction.atomic(durable=True)
    def unhear(self, announced: Announced, *, by: User) -> None:
        """The clock: it was not solved after all, so this request is what it was.

        Not where the customer confirmed it, or where it was opened or solved again since.
        """
        self._lock_row()
        announced.refresh_from_db()
        if announced.taken_back_at is not None:
            return
        announced.taken_back_at = timezone.now()
        was: dict[str, Any] = announced.before or {}
        if self.status != Status.SOLVED or self.solutions != was.get("solution"):
            announced.outcome = Outcome.STAYS
            announced.save()
            return
        announced.outcome = Outcome.TAKEN_BACK
        announced.save()
        self.under(uuid.uuid5(announced.announcement_id, f"undo {self.pk}"))
        entry = self._add(EntryKind.UNSOLVED, Actor.agent(by), to_customer=True, to_employee=True)
        if self.first_solved_at == self.solved_at:  # the first solution was none
            self.first_solved_at = self.solve_worked = self.solve_waited = None
        self._save(**self._put_back(was), solved_at=None, **self._clock_columns())
        self._tell(entry)

    def looks_like(self) -> KnownProblem | None:
        """The open problem of its team that its question resembles most, for a request under none.

        Looks at the newest of them only; one query.
        """
        if self.status not in OPEN or getattr(self, "problem_link", None) is not None:
            return None
        if not self.__dict__.get("has_problems", True):  # read along by `for_team`
            return None
        asked = stems(self.question)
        newest = KnownProblem.objects.filter(team_id=self.team_id, state=ProblemState.OPEN)
        scores = [
            (len(asked & _stems(problem.title)) / len(_stems(problem.title) or {""}), problem)
            for problem in newest.order_by("-updated_at", "-pk")[:NEWEST]
            if len(asked & _stems(f"{problem.title} {problem.words}")) >= FEWEST_SHARED
        ]
        best = max(scores, key=lambda score: score[0], default=(0.0, None))
        return best[1] if best[0] >= ALIKE else None


def stems(text: str) -> frozenset[str]:
    """The stems of the words that say something: longer than "het" and "van"."""
    return frozenset(stem(token.word) for token in tokens(text) if len(token.word) > 3)


# Every page of a request compares it with the same few problems.
_stems = lru_cache(maxsize=4 * NEWEST)(stems)
