"""The customer request: how it begins and who may find it."""

import uuid
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any, ClassVar, Self

from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from customer_requests import references
from customer_requests.models.conversing import own_words
from customer_requests.models.draft import Draft
from customer_requests.models.entry import Entry, EntryKind
from customer_requests.models.finding import Place, Sought, alike
from customer_requests.models.known_problem import KnownProblem, ProblemState
from customer_requests.models.life import (
    ENDED,
    OPEN,
    Actor,
    ClosedAs,
    EmployeeSees,
    Status,
    fingerprint,
)
from customer_requests.models.linking import RequestLink
from customer_requests.models.topic import Priority, Topic
from customer_requests.models.undoing import Undoing
from server.accounts.models import Team, TeamMember, User
from server.problems import IdReused, Invalid

# Beyond this a count says "more": what a page costs must not grow with the queue.
COUNT_MOST = 999


class _Counted(models.Subquery):
    """How many rows a query gives, as one value of another query."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = models.IntegerField()


class CustomerRequestQuerySet(models.QuerySet["CustomerRequest"]):
    """The ways to find requests; who may see which is decided here and nowhere else."""

    def visible_to(self, user: User) -> Self:
        """An employee's own requests."""
        return self.filter(employee=user)

    def on_desk_of(self, agent: User, teams: Collection[uuid.UUID] | None = None) -> Self:
        """What an agent may work on: the requests of their teams, or of these among them."""
        return self.filter(
            team__in=agent.team_ids.intersection(agent.team_ids if teams is None else teams)
        )

    def open(self) -> Self:
        return self.filter(status__in=OPEN)

    def following(self) -> Self:
        """What a follower still waits for: everything that is not closed or withdrawn."""
        return self.exclude(status__in=ENDED)

    def ended(self) -> Self:
        return self.filter(status__in=ENDED)

    @staticmethod
    def counted(
        queries: "Mapping[str, models.QuerySet[CustomerRequest]]",
    ) -> dict[str, int]:
        """How many rows each query gives, by name, in one query; COUNT_MOST + 1 means "more"."""
        counts = {
            name: _Counted(query.order_by().values("pk")[: COUNT_MOST + 1])
            for name, query in queries.items()
        }
        values = Team.objects.values_list(*counts.values())[0]
        return dict(zip(queries, values, strict=True))

    def to_show(self) -> Self:
        """With all that one request's answer needs, in a fixed number of queries."""
        related = self.select_related(
            "topic", "team", "agent", "employee", "merged_into", "problem_link__problem"
        )
        colleagues = self.model.objects.filter(post_url=OuterRef("post_url"))
        others = colleagues.exclude(employee=OuterRef("employee"))
        return related.annotate(shares_post=Exists(others)).prefetch_related(
            "steps", "merged_into__steps", "attachments__entry"
        )

    def for_team(self) -> Self:
        """With all that a page of the desk asks of one request, in one query.

        What hangs on it is told of (`has_...`), and so read only where there is some; its steps
        and files are found by its timeline.
        """
        mine = {"request": OuterRef("pk")}
        rows = self.model.objects.all()
        at_work = TeamMember.objects.at_work(timezone.now())
        problems = KnownProblem.objects.filter(team=OuterRef("team"), state=ProblemState.OPEN)
        related = self.select_related(
            "topic", "team", "agent", "employee", "merged_into", "problem_link__problem"
        )
        return related.annotate(
            holder_at_work=Exists(at_work.filter(team=OuterRef("team"), user=OuterRef("agent"))),
            has_drafts=Exists(Draft.objects.filter(**mine)),
            has_problems=Exists(problems),
            has_needs=Exists(Topic.skills.through.objects.filter(topic=OuterRef("topic"))),
            has_family=Exists(RequestLink.objects.filter(**mine))
            | Exists(RequestLink.objects.filter(other=OuterRef("pk")))
            | Exists(rows.filter(follow_up_of=OuterRef("pk")))
            | Exists(rows.filter(merged_into=OuterRef("pk")))
            | Q(follow_up_of__isnull=False)
            | Q(merged_into__isnull=False)
            | Q(post_url__isnull=False),
        )

    def search(self, sought: Sought, most: int) -> tuple[Self, Place | None]:
        """The first of what is sought, at most so many: all of one page, and nothing to count.

        With it where it was not looked any more, if anything may be found there. A reference,
        however it was typed, finds that one request; the address of a post all from there.
        """
        named = self._named(sought)
        if named is not None:
            return named, None
        found = sought.first(most)
        return self.filter(pk__in=found.ids), found.further

    def with_words(self, sought: Sought, ids: Collection[uuid.UUID]) -> Self:
        """Which of these requests have the words that are sought, on whatever page of a search."""
        named = self._named(sought)
        return self.filter(pk__in=sought.among(ids)) if named is None else named.filter(pk__in=ids)

    def _named(self, sought: Sought) -> Self | None:
        """What a reference or the address of a post names; None where the text is words."""
        if reference := references.parse(sought.text):
            return self.filter(reference=reference, team__in=sought.teams)
        if sought.text.strip().startswith("https://"):
            with suppress(Invalid):
                post = self.model.post_facts(sought.text.strip())["post_url"]
                return self.filter(post_url=post, team__in=sought.teams)
        return None

    def like(
        self, text: str, teams: Collection[uuid.UUID], most: int = 20
    ) -> "list[tuple[CustomerRequest, float]]":
        """The open requests of these teams that say much the same as a text, most alike first.

        With each the share of the text that it has too, from 0 to 1; only the newest are compared.
        """
        scores = dict(alike(text, teams, most))
        found = self.open().filter(team__in=teams).in_bulk(list(scores))
        return [(found[id], score) for id, score in scores.items() if id in found]


class CustomerRequest(Undoing):
    """One question of one customer, passed on by one employee, solved by one team."""

    objects = CustomerRequestQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            # Not partial: SQLite can't see from bound parameters that such a one would do.
            models.Index(fields=["team", "status", "queue_due", "id"], name="request_queue"),
            # With the team, so that what somebody has of a team is counted in the index alone.
            models.Index(
                fields=["agent", "status", "queue_due", "id", "team"], name="request_held"
            ),
            models.Index(
                fields=["team", "topic", "status", "queue_due", "id"], name="request_topic"
            ),
            models.Index(fields=["team", "status", "-created_at", "-id"], name="request_newest"),
            models.Index(fields=["team", "-updated_at"], name="request_news"),
            models.Index(fields=["employee", "-updated_at", "-id"], name="request_employee"),
            models.Index(
                fields=["solved_at"], name="request_to_close", condition=Q(status="solved")
            ),
            models.Index(
                fields=["waiting_until"], name="request_to_resume", condition=Q(status="waiting")
            ),
            models.Index(
                fields=["closed_at"], name="request_to_erase", condition=Q(erased_at=None)
            ),
            models.Index(
                fields=["alert_at"], name="request_to_alert", condition=Q(alert_at__isnull=False)
            ),
            # What came in, was answered, was solved or ended on a day.
            models.Index(fields=["created_at"], name="request_received_on"),
            models.Index(
                fields=["first_response_at"],
                name="request_answered_on",
                condition=Q(first_response_at__isnull=False),
            ),
            models.Index(
                fields=["first_solved_at"],
                name="request_solved_on",
                condition=Q(first_solved_at__isnull=False),
            ),
            models.Index(
                fields=["closed_at"],
                name="request_ended_on",
                condition=Q(closed_at__isnull=False),
            ),
            models.Index(fields=["customer_email"], name="request_by_email"),
            models.Index(fields=["customer_phone"], name="request_by_phone"),
            models.Index(
                fields=["merged_into"],
                name="request_merged_into",
                condition=Q(merged_into__isnull=False),
            ),
            # Few come by a social network, and these hold no other: cheap to write and to read.
            models.Index(
                fields=["post_url"], name="request_by_post", condition=Q(post_url__isnull=False)
            ),
            models.Index(
                fields=["team", "status", "queue_due", "id"],
                name="request_social_queue",
                condition=Q(post_url__isnull=False),
            ),
            models.Index(
                fields=["team", "status", "-created_at", "-id"],
                name="request_social_newest",
                condition=Q(post_url__isnull=False),
            ),
            models.Index(
                fields=["closed_at"],
                name="request_social_to_erase",
                condition=Q(post_url__isnull=False),
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="request_status_known"
            ),
            models.CheckConstraint(
                condition=Q(priority__in=Priority.values), name="request_priority_known"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["in_progress", "waiting"]) | Q(agent__isnull=False),
                name="request_held",
            ),
            models.CheckConstraint(
                condition=~Q(status="received") | Q(agent__isnull=True), name="request_unheld"
            ),
            models.CheckConstraint(
                condition=Q(status="waiting", waiting_on__gt="")
                | (~Q(status="waiting") & Q(waiting_on="", waiting_until=None)),
                name="request_waits_on_someone",
            ),
            models.CheckConstraint(
                condition=Q(status="closed", closed_as__gt="", closed_at__isnull=False)
                | (~Q(status="closed") & Q(closed_as="")),
                name="request_closed_as",
            ),
            models.CheckConstraint(
                condition=Q(closed_as="merged", merged_into__isnull=False)
                | (~Q(closed_as="merged") & Q(merged_into=None)),
                name="request_merged_into_one",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["closed", "withdrawn"], closed_at__isnull=False)
                | (~Q(status__in=["closed", "withdrawn"]) & Q(closed_at=None)),
                name="request_closed_at",
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=False)
                | Q(customer_channel="email", customer_email__gt="")
                | Q(customer_channel="sms", customer_phone__gt="")
                | Q(customer_channel="social", post_url__isnull=False, post_network__gt=""),
                name="request_customer_reachable",
            ),
            models.CheckConstraint(
                condition=Q(customer_channel="social", customer_email="", customer_phone="")
                | (~Q(customer_channel="social") & Q(post_url=None, post_network="")),
                name="request_post_of_social",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @classmethod
    def submit(
        cls,
        *,
        by: User,
        id: uuid.UUID,
        topic: Topic,
        question: str,
        customer_name: str,
        customer_channel: str,
        customer_email: str = "",
        customer_phone: str = "",
        customer_language: str = "nl",
        relation: str = "",
        solved_by_me: str = "",
        first_words: str = "",
        employee_sees: str = EmployeeSees.UPDATES,
        follow_up_of: "CustomerRequest | None" = None,
        actor: Actor | None = None,
        post_network: str = "",
        post_url: str | None = None,
        customer_agrees: bool = True,
    ) -> tuple["CustomerRequest", bool]:
        """Pass a customer's question on. Returns the request and whether it is new.

        The same id with the same content gives what exists, also when both come at once; with
        other content, or from someone else, it raises IdReused. A follow-up repeats the question
        of `follow_up_of`; what is said of it now are the `first_words` of `actor`. Of a stranger
        under a post (`post_url`) the employee sees all: it is for them to place.
        """
        facts: dict[str, Any] = {
            "question": question,
            "customer_name": customer_name,
            "customer_channel": customer_channel,
            "customer_email": customer_email,
            "customer_phone": customer_phone,
            "customer_language": customer_language,
            "relation": relation,
        }
        if post_url:
            facts |= {"post_network": post_network, "post_url": post_url}
            employee_sees = EmployeeSees.CONVERSATION
        print_ = fingerprint(
            {**facts, "by": by.pk, "topic": topic.slug, "solved_by_me": solved_by_me}
        )
        if existing := cls._submitted(id, print_, by):
            return existing, False
        # What goes on from an earlier request does so on its topic, retired or not.
        if not (topic.is_active and topic.team.is_active) and follow_up_of is None:
            raise Invalid({"topic": _("This topic is no longer in use. Choose another.")})
        clash: IntegrityError | None = None
        for _attempt in range(5):
            try:
                made = cls._submit_new(
                    by=by,
                    actor=actor or Actor.employee(by),
                    solved_by_me=solved_by_me,
                    first_words=first_words,
                    id=id,
                    topic=topic,
                    employee_sees=employee_sees,
                    follow_up_of=follow_up_of,
                    fingerprint=print_,
                    customer_agreed_at=timezone.now() if customer_agrees else None,
                    **facts,
                )
            except IntegrityError as error:
                # Either the same submission was faster, or the random reference was taken.
                if existing := cls._submitted(id, print_, by):
                    return existing, False
                clash = error
            else:
                return made, True
        raise RuntimeError("no free reference in five draws") from clash

    @classmethod
    def _submitted(cls, id: uuid.UUID, print_: str, by: User) -> "CustomerRequest | None":
        existing = cls.objects.filter(pk=id).first()
        if existing is not None and existing.erased_at and existing.employee_id == by.pk:
            return existing  # what it said is gone, so a late repeat can't be compared any more
        if existing is not None and existing.fingerprint != print_:
            raise IdReused
        return existing

    @classmethod
    @transaction.atomic(durable=True)
    def _submit_new(cls, **facts: Any) -> "CustomerRequest":
        made, entries = cls._begin(**facts)
        made._tell(*entries)
        return made

    @classmethod
    def _begin(
        cls,
        *,
        by: User,
        actor: Actor,
        solved_by_me: str = "",
        first_words: str = "",
        **facts: Any,
    ) -> tuple["CustomerRequest", list[Entry]]:
        """Write a new request; its first entries are for `_tell`."""
        made = cls(employee=by, team=facts["topic"].team, reference=references.new(), **facts)
        entries = [
            made._add(
                EntryKind.SUBMITTED,
                actor,
                to_customer=True,
                to_employee=True,
                text_customer=made.question,
                text_employee=made.question,
            )
        ]
        if first_words:
            entries.append(made._add(EntryKind.MESSAGE, actor, **own_words(actor, first_words)))
        if solved_by_me:
            # No first solution: that is the team's, who may be asked still.
            made.status, made.closed_as = Status.CLOSED, ClosedAs.ANSWERED_BY_EMPLOYEE
            made.closed_at = made.solved_at = timezone.now()
            made.solutions = 1
            entries.append(
                made._add(
                    EntryKind.CLOSED,
                    actor,
                    to_customer=True,
                    to_employee=True,
                    text_customer=solved_by_me,
                    text_employee=solved_by_me,
                )
            )
        else:
            made._start_clocks(made.team.calendar())
            made.queue_due = made._queue_due()
        made.save(force_insert=True)
        return made, entries
