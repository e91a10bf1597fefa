"""How long what is done with a plan really takes, from what is stored anyway: nothing is recorded for it.

Times are told by saves. What somebody reads or thinks before the first save of a sitting is not seen, so every figure
is a lower bound; what has only one save has no length at all and is counted as unknown, never as nothing.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import ceil
from typing import Any, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from lti_plp.plp.models import (
    Comment,
    GoalReview,
    KeptAnswer,
    Meeting,
    Plan,
    PlanChange,
    PlanRevision,
    Reflection,
    ReflectionAnswer,
    ReflectionRating,
    ReflectionSubmission,
)

PAUSE = timedelta(minutes=5)
"""Whoever saves nothing for so long has got up in between."""
MEASURED = ("first_plan", "reflection", "evidence", "revision", "feedback", "meeting")
"""What can be measured today."""
FEWEST_PEOPLE = 5
"""Figures of fewer people are not shown, so that nobody is watched."""
STAFF_ACTS_AS = ("teacher", "administrator", "other")
"""Whose comments are feedback, as :func:`lti_plp.plp.history.acting_role` calls them."""

Key = TypeVar("Key")
People = Select[Any]
"""A statement that finds the students in question."""


@dataclass(frozen=True)
class Spent:
    """One act of one person."""

    act: str
    person_id: int
    at: datetime
    """When it was done."""
    seconds: float


@dataclass(frozen=True)
class Figures:
    """What several people needed."""

    times: int
    people: int
    p50: float
    """Seconds within which half of the acts were done."""
    p90: float
    """Seconds within which nine of ten were done."""


@dataclass
class Measured:
    """Acts with their lengths, and how many of each have none."""

    spent: list[Spent] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)

    def add(self, act: str, person_id: int, at: datetime, length: timedelta) -> None:
        """Take an act; one without a length is unknown."""
        if length > timedelta():
            self.spent.append(Spent(act, person_id, at, length.total_seconds()))
        else:
            self.unknown[act] += 1

    def figures(self) -> dict[str, Figures]:
        """Return act -> what it takes, for acts of enough people."""
        return _figures((one.act, one) for one in self.spent)

    def weeks(self) -> dict[str, dict[date, Figures]]:
        """Return act -> Monday -> what it took in that week, for weeks of enough people, in order."""
        found: dict[str, dict[date, Figures]] = {}
        by_week = _figures(((one.act, _monday(one.at)), one) for one in self.spent)
        for (act, monday), figures in sorted(by_week.items()):
            found.setdefault(act, {})[monday] = figures
        return found


def _figures(keyed: Iterable[tuple[Key, Spent]]) -> dict[Key, Figures]:
    gathered: dict[Key, list[Spent]] = {}
    for key, one in keyed:
        gathered.setdefault(key, []).append(one)
    found: dict[Key, Figures] = {}
    for key, acts in gathered.items():
        people = len({one.person_id for one in acts})
        if people >= FEWEST_PEOPLE:
            seconds = [one.seconds for one in acts]
            found[key] = Figures(len(acts), people, percentile(seconds, 50), percentile(seconds, 90))
    return found


def _monday(moment: datetime) -> date:
    return moment.date() - timedelta(days=moment.weekday())


def percentile(values: Sequence[float], percent: int) -> float:
    """Return a percentile by the nearest-rank method: the smallest value that at least so many percent do not exceed.

    It is always one of the values. Of four values the 50th percentile is the second, of ten the 90th is the ninth.

    :raise ValueError: when there are no values.
    """
    if not values:
        raise ValueError("No values have no percentile.")
    return sorted(values)[max(1, ceil(len(values) * percent / 100)) - 1]


def length_of_sittings(times: Iterable[datetime]) -> timedelta:
    """Return how long somebody sat: the time between saves, without pauses of five minutes and more."""
    gaps = (after - before for before, after in pairwise(sorted(times)))
    return sum((gap for gap in gaps if gap < PAUSE), timedelta())


def measure(session: Session, people: People, since: datetime) -> Measured:
    """Return what was done with the plans of these students since a moment; ten statements."""
    found = Measured()
    plans = {row.id: row for row in session.execute(_plans(people))}
    changes = _changes(session, people, since)
    for plan_id, rows in changes.items():
        _add_first_plan(found, plans[plan_id], rows, since)
        _add_evidence(found, plans[plan_id].person_id, rows)
    _add_revisions(found, session, people, changes, since)
    _add_reflections(found, session, people, since)
    _add_feedback(found, session, people, since)
    _add_meetings(found, session, people, since)
    return found


def _plans(people: People) -> Select[int, int, datetime]:
    return select(Plan.id, Plan.person_id, Plan.first_developed_at).where(Plan.person_id.in_(people))


def _changes(session: Session, people: People, since: datetime) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in session.execute(
        select(
            PlanChange.plan_id, PlanChange.at, PlanChange.actor_id, PlanChange.item_kind, PlanChange.action
        )
        .join(Plan, Plan.id == PlanChange.plan_id)
        .where(Plan.person_id.in_(people), PlanChange.at >= since)
        .order_by(PlanChange.plan_id, PlanChange.number)
    ):
        found.setdefault(row.plan_id, []).append(row)
    return found


def _add_first_plan(found: Measured, plan: Any, changes: Sequence[Any], since: datetime) -> None:
    """Add the sittings up to the first step, which belongs to the first goal that has one."""
    if plan.first_developed_at < since:
        return
    own = [row for row in changes if row.actor_id == plan.person_id]
    step = next((place for place, row in enumerate(own) if _is_new(row, "step")), None)
    if step is not None:
        length = length_of_sittings(row.at for row in own[: step + 1])
        found.add("first_plan", plan.person_id, own[step].at, length)


def _is_new(row: Any, kind: str) -> bool:
    return bool(row.item_kind == kind and row.action == "add")


def _add_evidence(found: Measured, person_id: int, changes: Sequence[Any]) -> None:
    """Add each new piece with the time since the save before it; what came in one request counts once."""
    own = [row for row in changes if row.actor_id == person_id]
    moments = sorted({row.at for row in own})
    for at in sorted({row.at for row in own if _is_new(row, "evidence")}):
        place = bisect_left(moments, at)
        gap = at - moments[place - 1] if place else PAUSE
        found.add("evidence", person_id, at, gap if gap < PAUSE else timedelta())


def _add_revisions(
    found: Measured, session: Session, people: People, changes: Mapping[int, Sequence[Any]], since: datetime
) -> None:
    finished = session.execute(
        select(
            PlanRevision.id,
            PlanRevision.plan_id,
            PlanRevision.opened_at,
            PlanRevision.opened_by,
            PlanRevision.finished_at,
        )
        .join(Plan, Plan.id == PlanRevision.plan_id)
        .where(Plan.person_id.in_(people), PlanRevision.finished_at >= since)
    ).all()
    reviews = _moments(
        session.execute(
            select(GoalReview.revision_id, GoalReview.created_at)
            .join(PlanRevision, PlanRevision.id == GoalReview.revision_id)
            .join(Plan, Plan.id == PlanRevision.plan_id)
            .where(Plan.person_id.in_(people), PlanRevision.finished_at >= since)
        )
    )
    for row in finished:
        times = [row.opened_at, row.finished_at, *reviews.get(row.id, [])]
        times += [
            change.at
            for change in changes.get(row.plan_id, ())
            if change.actor_id == row.opened_by and row.opened_at <= change.at <= row.finished_at
        ]
        found.add("revision", row.opened_by, row.finished_at, length_of_sittings(times))


def _moments(rows: Iterable[Any]) -> dict[int, list[datetime]]:
    found: dict[int, list[datetime]] = {}
    for key, moment in rows:
        found.setdefault(key, []).append(moment)
    return found


def _add_reflections(found: Measured, session: Session, people: People, since: datetime) -> None:
    """Add what students wrote themselves, up to the first time that they sent it."""
    sent = (
        select(Reflection.id, Reflection.person_id, Reflection.started_at, ReflectionSubmission.submitted_at)
        .join(ReflectionSubmission, ReflectionSubmission.reflection_id == Reflection.id)
        .where(
            Reflection.person_id.in_(people),
            Reflection.voice == "student",
            Reflection.author_id.is_(None),
            ReflectionSubmission.number == 1,
            ReflectionSubmission.submitted_at >= since,
        )
    )
    rows, ids = session.execute(sent).all(), sent.with_only_columns(Reflection.id)
    saves = _moments(
        session.execute(
            select(ReflectionAnswer.reflection_id, ReflectionAnswer.saved_at).where(
                ReflectionAnswer.reflection_id.in_(ids)
            )
        )
    )
    kept = _moments(
        session.execute(
            select(KeptAnswer.reflection_id, KeptAnswer.kept_at).where(KeptAnswer.reflection_id.in_(ids))
        )
    )
    for row in rows:
        times = [row.started_at, row.submitted_at, *saves.get(row.id, []), *kept.get(row.id, [])]
        length = length_of_sittings(time for time in times if time <= row.submitted_at)
        found.add("reflection", row.person_id, row.submitted_at, length)


def _add_feedback(found: Measured, session: Session, people: People, since: datetime) -> None:
    ratings = session.execute(
        select(ReflectionRating.rater_id, Reflection.person_id, ReflectionRating.rated_at)
        .join(Reflection, Reflection.id == ReflectionRating.reflection_id)
        .where(Reflection.person_id.in_(people), ReflectionRating.rated_at >= since)
    )
    comments = session.execute(
        select(Comment.author_id, Plan.person_id, Comment.said_at)
        .join(Plan, Plan.id == Comment.plan_id)
        .where(Plan.person_id.in_(people), Comment.author_role.in_(STAFF_ACTS_AS), Comment.said_at >= since)
    )
    given: dict[int, list[tuple[datetime, int]]] = {}
    for adult_id, student_id, at in (*ratings, *comments):
        given.setdefault(adult_id, []).append((at, student_id))
    for adult_id, acts in given.items():
        for at, length in feedback_lengths(acts):
            found.add("feedback", adult_id, at, length)


def feedback_lengths(acts: Iterable[tuple[datetime, int]]) -> list[tuple[datetime, timedelta]]:
    """Return (time, length) of what one adult gave to one student after the other.

    A student's feedback lasts from the last word to the student before to the last word to this one, however many
    words that are; the first student of a sitting has no length.
    """
    found: list[tuple[datetime, timedelta]] = []
    before: tuple[datetime, int] | None = None
    for at, student_id in sorted(acts):
        gap = at - before[0] if before else PAUSE
        length = gap if gap < PAUSE else timedelta()
        if before and before[1] == student_id and gap < PAUSE:
            so_far = found.pop()[1]
            # One whose beginning is unknown stays so.
            length = so_far + gap if so_far else timedelta()
        found.append((at, length))
        before = (at, student_id)
    return found


def _add_meetings(found: Measured, session: Session, people: People, since: datetime) -> None:
    for row in session.execute(
        select(Plan.person_id, Meeting.minutes, Meeting.held_at)
        .join(Plan, Plan.id == Meeting.plan_id)
        .where(Plan.person_id.in_(people), Meeting.state == "held", Meeting.held_at >= since)
    ):
        found.add("meeting", row.person_id, row.held_at, timedelta(minutes=row.minutes))
