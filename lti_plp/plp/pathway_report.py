"""How many students take part in pathways: counts for leaders, never names, and small groups are not broken down.

Everybody counts once per pathway and once per type. Participation stands in plans only, so that nobody can take part
without one; the report counts that as well, instead of only promising it (requirement L1).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_plp.plp.actor import Actor
from lti_plp.plp.coherence import TAKES_PART
from lti_plp.plp.kinds import Kinds
from lti_plp.plp.models import Pathway, PathwayParticipation, Plan
from lti_plp.plp.policy import Action, SchoolWide, require

LEAST = 10
"""Of a group that a count may tell of on its own."""


@dataclass(frozen=True)
class TypeCount:
    """One type of pathway."""

    kind: str
    students: int
    grades: Mapping[int | None, int] | None
    """Grade -> students; ``None`` when one of these groups is smaller than ten.

    All of them are left out then: one alone could be worked out from the others and the whole.
    """


@dataclass(frozen=True)
class EntryCount:
    """One entry of the catalogue, or what students designed themselves."""

    title: str
    """Empty for those of students' own design: titles are their words."""
    kind: str
    students: int


@dataclass(frozen=True)
class PathwayReport:
    """The counts of one district."""

    students: int
    """Who take part in any pathway."""
    without_plan: int
    types: tuple[TypeCount, ...]
    entries: tuple[EntryCount, ...]
    waiting: int
    """Proposals that nobody has answered."""


def pathway_report(session: Session, actor: Actor, kinds: Kinds) -> PathwayReport:
    """Return the counts of the actor's district; a fixed number of statements.

    :raise NotAllowed: when the actor may not see the school as a whole.
    """
    require(actor, Action.SEE_SCHOOL, SchoolWide(actor.tenant_id))
    tenant_id = actor.tenant_id
    everybody = func.count(PathwayParticipation.plan_id.distinct())
    return PathwayReport(
        students=session.scalar(_taking_part(tenant_id, everybody)) or 0,
        without_plan=_without_plan(session),
        types=_types(session, tenant_id, kinds),
        entries=_entries(session, tenant_id, kinds),
        waiting=_waiting(session, tenant_id),
    )


def _taking_part(tenant_id: int, *columns: Any) -> Any:
    return (
        select(*columns)
        .select_from(PathwayParticipation)
        .join(Plan, Plan.id == PathwayParticipation.plan_id)
        .where(
            Plan.tenant_id == tenant_id,
            PathwayParticipation.state.in_(TAKES_PART),
            PathwayParticipation.removed_at.is_(None),
        )
    )


def _without_plan(session: Session) -> int:
    """Return how many pathways somebody takes part in without a plan, of all districts: such a one has no district."""
    found = (
        select(func.count())
        .select_from(PathwayParticipation)
        .outerjoin(Plan, Plan.id == PathwayParticipation.plan_id)
        .where(PathwayParticipation.state.in_(TAKES_PART), Plan.id.is_(None))
    )
    return session.scalar(found) or 0


def _types(session: Session, tenant_id: int, kinds: Kinds) -> tuple[TypeCount, ...]:
    students = func.count(PathwayParticipation.plan_id.distinct())
    rows = session.execute(
        _taking_part(tenant_id, PathwayParticipation.kind, Plan.grade, students).group_by(
            PathwayParticipation.kind, Plan.grade
        )
    )
    found: dict[str, dict[int | None, int]] = {}
    for kind, grade, count in rows:
        found.setdefault(kind, {})[grade] = count
    order = list(kinds.of("pathway_type"))
    return tuple(
        TypeCount(kind, sum(grades.values()), _told(grades))
        for kind, grades in sorted(found.items(), key=lambda one: _place(order, one[0]))
    )


def _told(grades: Mapping[int | None, int]) -> Mapping[int | None, int] | None:
    if any(count < LEAST for count in grades.values()):
        return None
    return dict(sorted(grades.items(), key=lambda one: (one[0] is None, one[0])))


def _place(order: list[str], kind: str) -> int:
    return order.index(kind) if kind in order else len(order)


def _entries(session: Session, tenant_id: int, kinds: Kinds) -> tuple[EntryCount, ...]:
    students = func.count(PathwayParticipation.plan_id.distinct())
    rows = session.execute(
        _taking_part(tenant_id, Pathway.title, Pathway.kind, students)
        .outerjoin(Pathway, Pathway.id == PathwayParticipation.pathway_id)
        .group_by(Pathway.id, Pathway.title, Pathway.kind)
    )
    order = list(kinds.of("pathway_type"))
    counts = [EntryCount(title or "", kind or "own_design", count) for title, kind, count in rows]
    return tuple(sorted(counts, key=lambda one: (_place(order, one.kind), one.title.casefold())))


def _waiting(session: Session, tenant_id: int) -> int:
    found = (
        select(func.count())
        .select_from(PathwayParticipation)
        .join(Plan, Plan.id == PathwayParticipation.plan_id)
        .where(
            Plan.tenant_id == tenant_id,
            PathwayParticipation.state == "proposed",
            PathwayParticipation.removed_at.is_(None),
        )
    )
    return session.scalar(found) or 0
