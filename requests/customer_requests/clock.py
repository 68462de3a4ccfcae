"""What happens because time passes: the jobs of this app for `notifications.periodic`.

Each looks for its own work in small helpings and uses the verbs, which look again under the lock;
so a job that runs twice, or is cut off, does nothing wrong.
"""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from customer_requests.models import (
    Announced,
    Announcement,
    BulkAction,
    CountedBy,
    CustomerRequest,
    Presence,
    ProblemLink,
    Status,
    Topic,
)
from customer_requests.models.crew import Crew
from customer_requests.models.figures import DayFigures
from customer_requests.models.known_problem import Outcome
from customer_requests.models.life import ENDED, HELD, Actor, WaitingOn
from customer_requests.models.solving import CLOSE_AFTER, REOPEN_WITHIN
from customer_requests.problems import NotNow
from notifications import periodic
from server.accounts.models import Absence, HandOut, Team, TeamMember

HELPING = 200
# Twice the time in which it can be reopened.
SOCIAL_KEPT = 2 * REOPEN_WITHIN
MOST_PER_RUN = 5000
# Seconds of one run that announcements may take, and counting anew.
PASSING_ON = 5.0
RECOUNTING = 5.0

logger = logging.getLogger(__name__)


def register() -> None:
    minute = timedelta(minutes=1)
    periodic.register("close-solved", every=minute, run=close_solved)
    periodic.register("end-waits", every=minute, run=end_waits)
    periodic.register("forget-presence", every=timedelta(hours=1), run=Presence.forget_old)
    periodic.register("hand-out", every=minute / 2, run=hand_out)
    periodic.register("release-absent", every=minute, run=release_absent)
    periodic.register("alert", every=minute, run=alert)
    periodic.register("bulk", every=None, run=BulkAction.run_due)
    periodic.register("forget-bulk", every=timedelta(hours=1), run=BulkAction.forget_old)
    periodic.register("count-figures", every=5 * minute, run=DayFigures.count_due)
    periodic.register("erase-old", every=timedelta(hours=1), run=erase_old)
    periodic.register("recount", every=timedelta(seconds=10), run=recount)
    periodic.register("tell-of-problems", every=timedelta(seconds=10), run=tell_of_problems)


def close_solved() -> int:
    """Close what has been solved for a week without a word; returns how many."""
    before = timezone.now() - CLOSE_AFTER
    # Whoever's question went on as a solved one heard the solution then.
    heard_later = CustomerRequest.objects.filter(merged_into=OuterRef("pk"), closed_at__gt=before)
    late = CustomerRequest.objects.filter(
        ~Exists(heard_later), status=Status.SOLVED, solved_at__lte=before
    )
    return _each(late.order_by("solved_at"), lambda request: request.close_unanswered())


def end_waits() -> int:
    """Set going again what waited until a date that has passed; returns how many."""
    over = CustomerRequest.objects.filter(status=Status.WAITING, waiting_until__lte=timezone.now())
    return _each(over.order_by("waiting_until"), lambda request: request.end_wait())


def alert() -> int:
    """Warn of what is due soon or overdue; returns how many requests were looked at."""
    now = timezone.now()
    look = CustomerRequest.objects.filter(alert_at__lte=now)
    return _each(look.order_by("alert_at"), lambda request: request.alert())


def erase_old() -> int:
    """Forget the customers of requests that ended longer ago than they may be kept. A stranger who
    asked under a post agreed to nothing, so what they said goes as soon as nobody reopens it.
    """
    kept, now = timedelta(days=settings.RETENTION_DAYS), timezone.now()
    ended = CustomerRequest.objects.filter(status__in=ENDED, erased_at=None).order_by("closed_at")
    old = ended.filter(closed_at__lte=now - kept)
    social = ended.filter(closed_at__lte=now - min(kept, SOCIAL_KEPT), post_url__isnull=False)
    return sum(
        _each(requests, lambda request: request.erase(by=Actor.clock()))
        for requests in (old, social)
    )


def release_absent() -> int:
    """Put back in the queue what is with people who left, or who are away and nothing else would
    set it going again.
    """
    now = timezone.now()
    held = CustomerRequest.objects.filter(status__in=HELD)
    endless = Q(waiting_on=WaitingOn.THIRD_PARTY, waiting_until=None)
    going_on = held.filter(Q(status=Status.IN_PROGRESS) | endless)
    away = list(Absence.objects.at(now).values_list("person", flat=True))
    employed = TeamMember.objects.employed().filter(team=OuterRef("team"), user=OuterRef("agent"))
    # By team, because that is how the index has what is in progress.
    teams = list(Team.objects.values_list("pk", flat=True))
    left = held.filter(~Exists(employed), team__in=teams)
    return sum(
        _each(requests.order_by("queue_due"), lambda request: request.send_back())
        for requests in (going_on.filter(agent__in=away), left)
    )


def hand_out() -> int:
    """Hand out what lies in the queues of teams where that is done in turn, and that are open."""
    in_turn = Team.objects.filter(hand_out=HandOut.ROUND_ROBIN, is_active=True).order_by("pk")
    done = 0
    for team in in_turn:
        queue = CustomerRequest.objects.filter(team=team, status=Status.RECEIVED)
        if queue.exists() and team.calendar().is_open(timezone.now()):
            done += _hand_out_of(team, queue)
    return done


def _hand_out_of(team: Team, queue: "QuerySet[CustomerRequest]") -> int:
    """Hand out one team's queue, most urgent first, until nobody can take more of it.

    Who gets what is decided under the locks, by the verb. The crew that is read here only spares
    it what nobody can take now, so that a queue that is stuck is not tried request by request.
    """
    needed = Topic.skills_needed()
    crew, done, seen = Crew.read([team.pk]), 0, set[UUID]()
    while len(seen) < MOST_PER_RUN and crew.next_for(()):
        beyond = [topic for topic, skills in needed.items() if not crew.next_for(skills)]
        rows = queue.exclude(topic__in=beyond).exclude(pk__in=seen).order_by("queue_due", "id")
        helping = list(rows[:HELPING])
        for request in helping:
            if not crew.next_for(needed.get(request.topic_id, {})):
                continue
            seen.add(request.pk)
            if _attempt(request, lambda request: request.hand_out()):
                done += 1
            crew = Crew.read([team.pk])
        if not helping:
            break
    return done


def _each(requests: "QuerySet[CustomerRequest]", do: Callable[[CustomerRequest], object]) -> int:
    """Do it to each, once per run; one that fails is logged and does not hold up the others."""
    done, seen = 0, set[UUID]()
    while helping := list(requests.exclude(pk__in=seen)[:HELPING]):
        for request in helping:
            seen.add(request.pk)
            done += _attempt(request, do)
        if len(helping) < HELPING or len(seen) >= MOST_PER_RUN:
            break
    return done


def _attempt(request: CustomerRequest, do: Callable[[CustomerRequest], object]) -> bool:
    """Do it; returns whether it went through. A failure of one is logged and stops no other."""
    try:
        do(request)
    except NotNow:
        return False  # someone was just before the clock; it no longer matches
    except (OperationalError, InterfaceError):
        raise  # away or full: nothing else would go better
    except Exception:
        logger.exception("the clock failed on a request", extra={"id": str(request.pk)})
        return False
    return True


def recount() -> int:
    """Count the due times anew where a team's hours or a topic's targets changed; returns how many
    requests were looked at.

    Stops after RECOUNTING and goes on in the next period, where it was.
    """
    until, done = time.monotonic() + RECOUNTING, 0
    for counted in CountedBy.to_go_on():
        if counted.has_settled:
            done += _recount_team(counted, until)
    return done


def _recount_team(counted: CountedBy, until: float) -> int:
    """Go on with one team's open requests; returns how many were looked at."""
    old, new = counted.calendars()
    since, done = counted.since or timezone.now(), 0
    # Their order is that of no index, so they are put in it once and not per helping.
    ids = list(counted.left().values_list("pk", flat=True)[:MOST_PER_RUN])
    for begin in range(0, len(ids), HELPING):
        if time.monotonic() >= until:
            return done
        some = ids[begin : begin + HELPING]
        for request in counted.left().filter(pk__in=some):
            _attempt(
                request,
                lambda request: (
                    request.would_move(old, new, since) and request.recount(old, new, since)
                ),
            )
        if not counted.looked_at(some[-1]):
            return done  # it changed again, and somebody else has begun anew
        done += len(some)
    if len(ids) < MOST_PER_RUN:
        counted.finish()
    return done


def tell_of_problems() -> int:
    """Pass on what was said to everybody under a known problem; returns to how many.

    Stops after PASSING_ON so that what else the worker has to do is not held up, and goes on in
    the next period.
    """
    until, done, stuck = time.monotonic() + PASSING_ON, 0, set[UUID]()
    waiting = Announcement.objects.filter(finished_at=None).order_by("at")
    for announcement in waiting.select_related("problem", "by", "undone_by"):
        if announcement.problem_id in stuck:
            continue  # what was said later must not be heard earlier
        left = True
        while left and time.monotonic() < until:
            passed = _pass_on(announcement, until)
            done, left = done + passed, passed == HELPING
        if left or not announcement.finish():
            stuck.add(announcement.problem_id)
    return done


def _pass_on(announcement: Announcement, until: float) -> int:
    """One helping; returns how many requests it dealt with."""
    by = announcement.undone_by
    rows: Sequence[Announced | ProblemLink]
    if announcement.undone_at is not None:
        rows = list(announcement.to_take_back().select_related("request")[:HELPING])
    else:
        undone = Announcement.objects.filter(pk=announcement.pk, undone_at__isnull=False)
        helping = announcement.left().select_related("request")[:HELPING]
        rows = [] if undone.exists() else list(helping)
    for place, row in enumerate(rows):
        if time.monotonic() >= until:
            return place
        try:
            if isinstance(row, Announced):
                row.request.unhear(row, by=by or announcement.by)
            else:
                row.request.hear(announcement)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("telling of a problem failed", extra={"id": str(row.request_id)})
            Announced.objects.update_or_create(
                announcement=announcement,
                request_id=row.request_id,
                defaults={"outcome": Outcome.FAILED},
            )
    return len(rows)
