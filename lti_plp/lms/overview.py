"""How a school as a whole is doing: counts, never names, and none so small that it speaks of somebody.

A group of fewer than ten is "fewer than ten", none included. Where what is hidden would follow from the total, the next
smallest group is hidden as well.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from lti_plp.lms.calendar import Year
from lti_plp.lms.learners import LEARNS, Learners
from lti_plp.lms.models import Course, Deployment, Enrolment
from lti_plp.plp.models import (
    Meeting,
    PathwayParticipation,
    Plan,
    Reflection,
    ReflectionRating,
)
from lti_plp.plp.trusted import names_trusted_adult
from lti_plp.plp.words import plain

FEWEST = 10
"""A smaller number is not shown."""
COUNTED = (
    "students",
    "with_plan",
    "updated",
    "with_adult",
    "with_feedback",
    "meeting_planned",
    "meeting_held",
    "pathway",
)
"""What is counted, in the order in which pages show it."""

UNDER_WAY = ("approved", "under_way")
"""States of a pathway that a student is on."""
UNKNOWN = ""
"""The group of those of whom nobody has told it."""

LEFT_OUT = "left_out"
"""Stands for a number that is not shown because a smaller one would follow from it."""
Count = int | str | None
"""``None`` stands for fewer than ten."""


@dataclass(frozen=True)
class Row:
    """One group, or everybody."""

    name: str
    """A grade as a number, or the name of a school; :data:`UNKNOWN` for those without."""
    counts: Mapping[str, Count]


@dataclass(frozen=True)
class Overview:
    """A school in numbers."""

    total: Row
    rows: tuple[Row, ...]


def overview(session: Session, tenant_id: int, year: Year, now: datetime, by: str = "grade") -> Overview:
    """Return the counts of a district, in all and by ``grade`` or ``school``; nine statements at the most."""
    people = Learners(tenant_id).ids(now.date())
    plans = {
        row.id: row
        for row in session.execute(
            select(Plan.id, Plan.person_id, Plan.grade, Plan.formally_updated_at).where(
                Plan.person_id.in_(people)
            )
        )
    }
    students = set(session.scalars(people))
    counted = _counted(session, people, plans, year, now) | {"students": students}
    if by == "school":
        members = _by_school(session, people)
    else:
        members = {row.person_id: {str(row.grade)} for row in plans.values() if row.grade is not None}
    groups: dict[str, Counter[str]] = {}
    for what, ids in counted.items():
        for person_id in ids & students:
            for name in members.get(person_id, {UNKNOWN}):
                groups.setdefault(name, Counter())[what] += 1
    total = {what: len(counted[what] & students) for what in COUNTED}
    return _hidden(total, {name: groups[name] for name in sorted(groups, key=_place)})


def _place(name: str) -> tuple[bool, int, str]:
    return name == UNKNOWN, int(name) if name.isdecimal() else 0, plain(name)


def _hidden(total: Mapping[str, int], groups: Mapping[str, Counter[str]]) -> Overview:
    columns = {what: hide_small([one[what] for one in groups.values()]) for what in COUNTED}
    rows = tuple(
        Row(name, {what: columns[what][place] for what in COUNTED}) for place, name in enumerate(groups)
    )
    return Overview(Row("", {what: _shown(number) for what, number in total.items()}), rows)


def _shown(number: int) -> Count:
    return number if number >= FEWEST else None


def hide_small(numbers: Sequence[int]) -> list[Count]:
    """Return the numbers of several groups beside their total, without those that speak of somebody."""
    found: list[Count] = [_shown(number) for number in numbers]
    hidden = [number for number in numbers if number < FEWEST]
    if hidden and sum(hidden) < FEWEST and len(hidden) < len(numbers):
        # What is hidden could be told from the total: the next smallest goes along.
        place = min((place for place, one in enumerate(found) if one is not None), key=lambda p: numbers[p])
        found[place] = LEFT_OUT
    return found


def _counted(
    session: Session, people: Select[Any], plans: Mapping[int, Any], year: Year, now: datetime
) -> dict[str, set[int]]:
    """Return what is counted -> ids of the students who count."""
    a_year_ago = now - timedelta(days=365)
    since = datetime.combine(year.first_day, time(), UTC) if year.first_day <= now.date() else a_year_ago
    owners = {plan_id: row.person_id for plan_id, row in plans.items()}
    states: dict[str, set[int]] = {"planned": set(), "held": set()}
    for state, plan_id in session.execute(
        select(Meeting.state, Meeting.plan_id)
        .join(Plan, Plan.id == Meeting.plan_id)
        .where(Plan.person_id.in_(people), Meeting.state.in_(states), Meeting.starts_at >= since)
    ):
        states[state].add(owners[plan_id])
    on_pathway = session.scalars(
        select(Plan.person_id)
        .join(PathwayParticipation, PathwayParticipation.plan_id == Plan.id)
        .where(
            Plan.person_id.in_(people),
            PathwayParticipation.state.in_(UNDER_WAY),
            PathwayParticipation.removed_at.is_(None),
        )
    )
    with_feedback = session.scalars(
        select(Reflection.person_id)
        .join(ReflectionRating, ReflectionRating.reflection_id == Reflection.id)
        .where(Reflection.person_id.in_(people), ReflectionRating.rated_at >= a_year_ago)
        .distinct()
    )
    return {
        "with_plan": set(owners.values()),
        "updated": {row.person_id for row in plans.values() if _is_since(row, a_year_ago)},
        "with_adult": _with_trusted_adult(session, people),
        "with_feedback": set(with_feedback),
        "meeting_planned": states["planned"],
        "meeting_held": states["held"],
        "pathway": set(on_pathway),
    }


def _is_since(plan: Any, moment: datetime) -> bool:
    return plan.formally_updated_at is not None and plan.formally_updated_at >= moment


def _with_trusted_adult(session: Session, people: Select[Any]) -> set[int]:
    named = select(Plan.person_id).where(Plan.person_id.in_(people), names_trusted_adult())
    return set(session.scalars(named))


def _by_school(session: Session, people: Select[Any]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for person_id, name in session.execute(
        select(Enrolment.person_id, Deployment.platform_name)
        .join(Course, Course.id == Enrolment.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .where(Enrolment.person_id.in_(people), LEARNS)
        .distinct()
    ):
        found.setdefault(person_id, set()).add(name)
    return found
