"""Known problems: many requests, one cause, one word to all of them.

An agent writes an announcement once. The clock (`clock.tell_of_problems`) passes it on, request by
request, each in a transaction of its own that also writes that it was done: whatever is cut off in
the middle goes on where it was, and nobody hears it twice.
"""

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customer_requests.models.life import OPEN, fingerprint
from customer_requests.models.to_all import TEXTS, ToAll, said_to
from customer_requests.models.topic import Topic
from customer_requests.problems import NotTheLastWord, ProblemIsSolved
from server.accounts.models import AuditEvent, Team, TeamMember, User
from server.problems import Forbidden, IdReused, Invalid

if TYPE_CHECKING:
    from customer_requests.models.customer_request import CustomerRequest


class ProblemState(models.TextChoices):
    OPEN = "open", gettext_lazy("Open")
    SOLVED = "solved", gettext_lazy("Solved")


class KnownProblem(models.Model):
    """One cause behind many questions. `words` are for the teams, never for a follower.

    Every agent may read it; its own team writes to all.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=120)
    words = models.TextField()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="known_problems")
    topic = models.ForeignKey(Topic, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=ProblemState.choices, default=ProblemState.OPEN)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    solved_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "-updated_at", "-id"], name="problem_by_state"),
            models.Index(fields=["team", "state", "-updated_at"], name="problem_by_team"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state="solved", solved_at__isnull=False)
                | Q(state="open", solved_at=None),
                name="problem_solved_at",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def note_down(
        cls, *, by: User, id: uuid.UUID, title: str, words: str, team: Team, topic: Topic | None
    ) -> tuple[Self, bool]:
        """A new known problem of one of the agent's teams; returns it and whether it is new."""
        if team.pk not in by.team_ids:
            raise Forbidden
        facts = {"title": title, "words": words, "team": team.pk, "topic": topic and topic.pk}
        print_ = fingerprint(facts)
        try:
            with transaction.atomic():
                made = cls(id=id, by=by, title=title, words=words, fingerprint=print_)
                made.team, made.topic = team, topic
                made.save(force_insert=True)
                made._record(by, "made")
        except IntegrityError as error:
            existing = cls.objects.filter(pk=id).select_related("team", "topic").first()
            if existing is None or existing.fingerprint != print_:
                raise IdReused from error
            return existing, False
        return made, True

    @transaction.atomic
    def describe(
        self, *, by: User, title: str, words: str, topic: Topic | None, seen: str | None = None
    ) -> None:
        """Say better what it is; for its own team. With `seen`, the `wording` that they changed,
        only while it still stands.
        """
        self._check_team(by)
        self.lock()
        if seen is not None and seen != self.wording:
            now = _("A colleague changed this meanwhile. What stands there now is above your text.")
            raise Invalid({"words": now})
        self.title, self.words, self.topic = title, words, topic
        self.updated_at = timezone.now()
        self.save(update_fields=["title", "words", "topic", "updated_at"])
        self._record(by, "changed")

    @property
    def wording(self) -> str:
        """What tells this description from another."""
        facts = {"title": self.title, "words": self.words, "topic": self.topic_id}
        return fingerprint(facts)

    def _record(self, by: User, did: str, **detail: Any) -> None:
        AuditEvent.record(by, f"problem-{did}", "known-problem", self.pk, **detail)

    def _check_team(self, by: User) -> None:
        """Asked anew: whoever came as an agent of the team may have left it since."""
        if not TeamMember.objects.employed().filter(team=self.team_id, user=by).exists():
            raise Forbidden

    def lock(self) -> None:
        """Re-read it and keep others from announcing or linking; after a request's own lock."""
        fresh = KnownProblem.objects.select_for_update().get(pk=self.pk)
        for name in ("title", "words", "topic_id", "state", "solved_at", "updated_at"):
            setattr(self, name, getattr(fresh, name))

    @transaction.atomic(durable=True)
    def announce(
        self,
        *,
        by: User,
        id: uuid.UUID,
        solves: bool,
        texts: Mapping[str, str],
        names_nobody: bool = False,
    ) -> tuple["Announcement", bool]:
        """One word to all their customers and employees, each in their own wording and language;
        with `solves` it also solves what is open. Returns it and whether it is new.

        The clock passes it on; whoever is linked later gets the last update too. `names_nobody`
        says that a word that is also somebody's name is no name in these texts.
        """
        self._check_team(by)
        self.lock()
        words = {name: texts.get(name, "") for name in TEXTS}
        print_ = fingerprint({"solves": solves, **words})
        if existing := Announcement.objects.filter(pk=id).first():
            if existing.problem_id != self.pk or existing.fingerprint != print_:
                raise IdReused
            return existing, False
        if self.state == ProblemState.SOLVED:
            raise ProblemIsSolved
        waved = self.to_all().check(words, solves=solves, names_nobody=names_nobody)
        now = timezone.now()
        said = Announcement(
            id=id, problem=self, by=by, solves=solves, at=now, fingerprint=print_, **words
        )
        said.save(force_insert=True)
        judged = {"names_nobody": True} if waved else {}  # by whom is known; the name is not told
        self._record(by, "announced", announcement=str(id), solves=solves, **judged)
        if solves:
            self.state, self.solved_at = ProblemState.SOLVED, now
        self.updated_at = now
        self.save(update_fields=["state", "solved_at", "updated_at"])
        return said, True

    def rehearse(
        self, *, by: User, solves: bool, texts: Mapping[str, str], names_nobody: bool = False
    ) -> None:
        """Refuse what `announce` would refuse, and say nothing to anybody."""
        self._check_team(by)
        if self.state == ProblemState.SOLVED:
            raise ProblemIsSolved
        words = {name: texts.get(name, "") for name in TEXTS}
        self.to_all().check(words, solves=solves, names_nobody=names_nobody)

    @transaction.atomic(durable=True)
    def undo_solved(self, *, by: User) -> "Announcement":
        """It was not solved after all: what nobody confirmed yet becomes what it was.

        Raises NotTheLastWord where it was not said to be solved, or was taken back already.
        """
        self._check_team(by)
        self.lock()
        last = self.last_solved()
        last.undone_at, last.undone_by, last.finished_at = timezone.now(), by, None
        last.save(update_fields=["undone_at", "undone_by", "finished_at"])
        self._record(by, "undone", announcement=str(last.pk))
        self.state, self.solved_at, self.updated_at = ProblemState.OPEN, None, timezone.now()
        self.save(update_fields=["state", "solved_at", "updated_at"])
        return last

    def last_solved(self) -> "Announcement":
        """What said that it is solved, as long as it is. Raises NotTheLastWord."""
        last = self.announcements.order_by("-at").first()
        if self.state != ProblemState.SOLVED or last is None or not last.solves:
            raise NotTheLastWord
        return last

    def last_update(self) -> "Announcement | None":
        return self.announcements.filter(solves=False).order_by("-at").first()

    def to_all(self) -> ToAll:
        """Who is under it, of whom those whose request is open hear what is said."""
        from customer_requests.models.customer_request import CustomerRequest

        under = CustomerRequest.objects.filter(problem_link__problem=self)
        return ToAll(under, Q(status__in=OPEN))

    def look_alikes(self, agent: User) -> "list[tuple[CustomerRequest, float]]":
        """Open requests on this agent's desk that resemble it and are under no problem yet."""
        from customer_requests.models.customer_request import CustomerRequest

        # By its title: what the teams know of it is long, and in words that customers don't use.
        found = CustomerRequest.objects.like(self.title, agent.team_ids, 60)
        linked = set(
            ProblemLink.objects.filter(request__in=[row.pk for row, _score in found]).values_list(
                "request_id", flat=True
            )
        )
        return [(row, score) for row, score in found if row.pk not in linked]


class ProblemLink(models.Model):
    """That a request is one of a known problem's; at most one problem per request."""

    request = models.OneToOneField(
        "customer_requests.CustomerRequest", on_delete=models.CASCADE, related_name="problem_link"
    )
    problem = models.ForeignKey(KnownProblem, on_delete=models.CASCADE, related_name="links")
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["problem", "-at", "-id"], name="problem_link_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.problem_id} {self.request_id}"

    @classmethod
    def to_hear(cls, said: "Announcement | None" = None) -> "models.QuerySet[ProblemLink]":
        """Whose requests still have to hear this announcement, or without one that of the query
        around it. It is no news for who was linked after it where there is a later update.
        """

        def its(name: str) -> Any:
            return getattr(said, name) if said else OuterRef(name)

        def of_it(name: str) -> Any:
            return getattr(said, name) if said else OuterRef(OuterRef(name))

        rows = Announced.objects.filter(announcement=of_it("pk"), request=OuterRef("request"))
        later = Announcement.objects.filter(
            problem=of_it("problem_id"), at__gt=of_it("at"), solves=False
        )
        links = cls.objects.filter(
            ~Exists(rows.exclude(outcome=Outcome.AGAIN)), problem=its("problem_id")
        )
        return links.filter(Q(at__lte=its("at")) | Exists(rows) | ~Exists(later))

    @classmethod
    def carry(cls, request: uuid.UUID, into: uuid.UUID, *, by: User) -> "ProblemLink | None":
        """Put the request that another goes on as under that one's open problem, unless it is under
        one itself; returns the new link. Within the transaction that merges.

        What was said to all of them so far counts as heard there: the customer is the same.
        """
        own = cls.objects.filter(request=request, problem__state=ProblemState.OPEN)
        link = own.select_related("problem").first()
        if link is None or cls.objects.filter(request=into).exists():
            return None
        link.problem.lock()
        if link.problem.state != ProblemState.OPEN:
            return None
        carried = cls.objects.create(request_id=into, problem=link.problem, by=by)
        heard = Announced.objects.filter(request=request, announcement__problem=link.problem)
        over = [
            Announced(announcement_id=said, request_id=into, outcome=Outcome.OVER, at=carried.at)
            for said in heard.values_list("announcement_id", flat=True)
        ]
        Announced.objects.bulk_create(over, ignore_conflicts=True)
        return carried

    @classmethod
    def bring_back(cls, carried: int | None, into: uuid.UUID) -> "ProblemLink | None":
        """Take from `into` the link that `carry` made, where it is still that one; returns it."""
        link = cls.objects.filter(pk=carried, request=into).select_related("problem").first()
        if link is not None:
            counted = Announced.objects.filter(request=into, announcement__problem=link.problem)
            counted.filter(outcome=Outcome.OVER, at=link.at).delete()
            link.delete()
        return link


class Announcement(models.Model):
    """What was said to everybody under a problem; a text per audience and language.

    `finished_at` is empty while the clock is passing it on, or taking it back.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    problem = models.ForeignKey(
        KnownProblem, on_delete=models.CASCADE, related_name="announcements"
    )
    solves = models.BooleanField()
    customer_nl = models.TextField(blank=True)
    customer_en = models.TextField(blank=True)
    employee_nl = models.TextField(blank=True)
    employee_en = models.TextField(blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    fingerprint = models.CharField(max_length=64)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["problem", "-at"], name="announcement_newest"),
            models.Index(
                fields=["at"], name="announcement_to_pass_on", condition=Q(finished_at=None)
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def texts(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in TEXTS}

    def said_to(self, audience: str, language: str) -> str:
        """The words for this reader: in their language, or else in the other; empty for none."""
        return said_to(self.texts, audience, language)

    def left(self) -> "models.QuerySet[ProblemLink]":
        """The requests that still have to hear it, first linked first."""
        return ProblemLink.to_hear(self).order_by("at", "pk")

    def to_take_back(self) -> "models.QuerySet[Announced]":
        rows = self.announced.filter(outcome=Outcome.TOLD, taken_back_at=None)
        return rows.order_by("pk")

    def to_unsay(self) -> ToAll:
        """Who heard that it is solved; of them those hear it taken back whose request is still as
        this one left it, as `unhear` has it.
        """
        from customer_requests.models.customer_request import CustomerRequest

        heard = self.to_take_back()
        left_it = Cast(KeyTextTransform("solution", "before"), models.IntegerField())
        still = heard.filter(request__status="solved", request__solutions=left_it)
        rows = CustomerRequest.objects.filter(pk__in=heard.order_by().values("request"))
        return ToAll(rows, Q(pk__in=still.order_by().values("request")))

    def failed(self) -> "models.QuerySet[Announced]":
        """Where something went wrong that nobody foresaw: it is not tried again by itself."""
        return self.announced.filter(outcome=Outcome.FAILED)

    @transaction.atomic(durable=True)
    def try_again(self, *, by: User) -> int:
        """Pass it on, or take it back, where that failed and nowhere else; returns how many are
        tried again.
        """
        self.problem._check_team(by)
        self.problem.lock()
        self.refresh_from_db(fields=["undone_at"])
        # What was told before taking it back failed has something to go back to.
        if self.undone_at:
            again = self.failed().filter(before__isnull=False).update(outcome=Outcome.TOLD)
        else:
            again = self.failed().filter(before__isnull=True).update(outcome=Outcome.AGAIN)
        if again:
            self.finished_at = None
            self.save(update_fields=["finished_at"])
            self.problem._record(by, "tried-again", announcement=str(self.pk))
        return again

    @transaction.atomic
    def finish(self) -> bool:
        """Note that nobody is left to hear it, unless somebody was linked just now."""
        self.problem.lock()
        still = self.to_take_back() if self.undone_at else self.left()
        if still.exists():
            return False
        rows = Announcement.objects.filter(pk=self.pk, undone_at=self.undone_at)
        return bool(rows.update(finished_at=timezone.now()))


class Outcome(models.TextChoices):
    TOLD = "told", gettext_lazy("Told")
    OVER = "over", gettext_lazy("Was over already")
    FAILED = "failed", gettext_lazy("Failed")
    AGAIN = "again", gettext_lazy("To try again")
    TAKEN_BACK = "taken_back", gettext_lazy("Taken back")
    STAYS = "stays", gettext_lazy("Stays as it is by now")


class Announced(models.Model):
    """What came of an announcement on one request. `before` is what undoing puts back."""

    announcement = models.ForeignKey(
        Announcement, on_delete=models.CASCADE, related_name="announced"
    )
    request = models.ForeignKey(
        "customer_requests.CustomerRequest", on_delete=models.CASCADE, related_name="+"
    )
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    before = models.JSONField(null=True)
    at = models.DateTimeField(default=timezone.now)
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["announcement", "request"], name="announced_once"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.request_id}"
