"""What pictures of growth are made of, read for one student and one reader."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.orm import Session

from lti_plp.errors import NotFound
from lti_plp.plp import models
from lti_plp.plp.growth.frameworks import Proficiency, Tree, read_tree
from lti_plp.plp.growth.kept_levels import calculation_of, ratings_read, value_kept
from lti_plp.plp.growth.pictures import Heard, Judged, Picture, Tick, growth_picture
from lti_plp.plp.growth.scales import Level, Scale
from lti_plp.plp.models import (
    Evidence,
    Framework,
    Goal,
    GoalProficiency,
    Judgement,
    KeptLevel,
    Meeting,
    Plan,
    Rating,
    Reflection,
    ReflectionTemplate,
)

LONGEST = 120
"""Characters of the words of a piece of evidence or a goal in a picture."""
TRANSFERABLE = "transferable_skill"


@dataclass(frozen=True)
class Shown:
    """A proficiency with its picture."""

    tree: Tree
    proficiency: Proficiency
    scale: Scale
    picture: Picture


@dataclass(frozen=True)
class Cell:
    """Where a student stands with one proficiency, in short."""

    proficiency: Proficiency
    scale: Scale
    level: Level | None
    is_judged: bool
    ratings: int
    last_at: datetime | None


@dataclass(frozen=True)
class Group:
    """What stands below one heading."""

    title: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class FrameworkCells:
    """All proficiencies of a framework for one student; what transfers is reported apart from subjects."""

    tree: Tree
    academic: tuple[Group, ...]
    transferable: tuple[Group, ...]

    @property
    def assessed(self) -> int:
        """How many have a level."""
        return sum(
            cell.level is not None for group in self.academic + self.transferable for cell in group.cells
        )


def growth_of(
    session: Session,
    tree: Tree,
    person_id: int,
    proficiency_id: int,
    audiences: Collection[str] | None = None,
) -> Shown:
    """Return the picture of a student's proficiency, as somebody sees it who sees what is meant for ``audiences``.

    ``None`` is the student herself. Six statements.

    :raise NotFound: ``proficiency_unknown``.
    """
    # What is no longer in the framework stays readable.
    proficiency = tree.by_id.get(proficiency_id)
    if proficiency is None or proficiency.scale is None:
        raise NotFound("There is no such proficiency.", code="proficiency_unknown")
    picture = growth_picture(
        proficiency.scale,
        calculation_of(tree.framework),
        _heard(session, tree, person_id, proficiency, audiences),
        _judged(session, person_id, proficiency),
        _ticks(session, person_id, proficiency_id, audiences),
    )
    return Shown(tree, proficiency, proficiency.scale, picture)


def tree_with(session: Session, tenant_id: int, proficiency_id: int) -> Tree:
    """Return the framework that a proficiency stands in.

    :raise NotFound: ``proficiency_unknown`` when the district has none with this id.
    """
    framework = session.scalars(
        select(Framework)
        .join(models.Proficiency, models.Proficiency.framework_id == Framework.id)
        .where(models.Proficiency.id == proficiency_id, Framework.tenant_id == tenant_id)
    ).one_or_none()
    if framework is None:
        raise NotFound("There is no such proficiency.", code="proficiency_unknown")
    return read_tree(session, framework)


def cells_of(session: Session, tree: Tree, person_id: int) -> FrameworkCells:
    """Return where a student stands with all of a framework; one statement."""
    rows = session.execute(
        select(KeptLevel)
        .join(models.Proficiency, models.Proficiency.id == KeptLevel.proficiency_id)
        .where(KeptLevel.person_id == person_id, models.Proficiency.framework_id == tree.framework.id)
    ).scalars()
    kept = {row.proficiency_id: row for row in rows}
    parts: dict[bool, dict[str, list[Cell]]] = {True: {}, False: {}}
    for one in tree.items:
        if one.scale is not None:
            groups = parts[one.kind == TRANSFERABLE]
            groups.setdefault(_heading(tree, one), []).append(_cell(one, one.scale, kept.get(one.id)))
    academic, transferable = (
        tuple(Group(title, tuple(cells)) for title, cells in parts[is_transferable].items())
        for is_transferable in (False, True)
    )
    return FrameworkCells(tree, academic, transferable)


def _heading(tree: Tree, one: Proficiency) -> str:
    """Return the words of what stands above all; empty for what stands there itself."""
    top = one
    while top.parent_id is not None:
        top = tree.by_id[top.parent_id]
    return "" if top is one else top.words


def _cell(one: Proficiency, scale: Scale, row: KeptLevel | None) -> Cell:
    value = value_kept(row)
    return Cell(
        one,
        scale,
        level=None if value is None else scale.level_at(value),
        is_judged=row is not None and row.judged is not None,
        ratings=row.ratings if row else 0,
        last_at=row.last_at if row else None,
    )


def sees(column: Any, audiences: Collection[str] | None) -> ColumnElement[bool]:
    """Return whether something is for one of these audiences; ``None`` is the student, who sees all."""
    return true() if audiences is None else column.in_(audiences)


def _heard(
    session: Session, tree: Tree, person_id: int, proficiency: Proficiency, audiences: Collection[str] | None
) -> list[Heard]:
    said = ratings_read(session, tree, person_id, proficiency.id)
    rows = session.execute(
        select(Rating.id, Evidence.id.label("evidence_id"), Evidence.title, Evidence.text, Evidence.url)
        .join(
            Evidence,
            and_(
                Evidence.id == Rating.evidence_id,
                Evidence.removed_at.is_(None),
                sees(Evidence.audience, audiences),
            ),
        )
        .where(Rating.person_id == person_id, Rating.proficiency_id == proficiency.id)
    )
    shown = {row.id: row for row in rows}
    return [
        Heard(one, shown[one.rating_id].evidence_id, _words(shown[one.rating_id]))
        if one.rating_id in shown
        else Heard(one)
        for one in said
    ]


def _words(row: Any) -> str:
    return str(row.title or row.text or row.url)[:LONGEST]


def _judged(session: Session, person_id: int, proficiency: Proficiency) -> list[Judged]:
    rows = session.execute(
        select(Judgement.judged_at, Judgement.value)
        .where(Judgement.person_id == person_id, Judgement.proficiency_id == proficiency.id)
        .order_by(Judgement.id)
    )
    scale = proficiency.scale
    return [
        Judged(row.judged_at, scale.level_at(row.value) if scale and row.value is not None else None)
        for row in rows
    ]


def _ticks(
    session: Session, person_id: int, proficiency_id: int, audiences: Collection[str] | None
) -> list[Tick]:
    goals = session.execute(
        select(Goal.id, Goal.created_at, Goal.statement)
        .join(GoalProficiency, GoalProficiency.goal_id == Goal.id)
        .join(Plan, Plan.id == Goal.plan_id)
        .where(
            GoalProficiency.proficiency_id == proficiency_id,
            Plan.person_id == person_id,
            Goal.removed_at.is_(None),
            sees(Goal.audience, audiences),
        )
    )
    reflections = session.execute(
        select(Reflection.id, Reflection.submitted_at, ReflectionTemplate.title)
        .join(ReflectionTemplate, ReflectionTemplate.id == Reflection.template_id)
        .where(
            Reflection.person_id == person_id,
            Reflection.submitted_at.is_not(None),
            Reflection.state == "submitted",
            sees(Reflection.audience, audiences),
        )
    )
    meetings = session.execute(
        select(Meeting.id, Meeting.held_at)
        .join(Plan, Plan.id == Meeting.plan_id)
        .where(Plan.person_id == person_id, Meeting.state == "held")
    )
    return [
        *(Tick("goal", row.created_at, row.id, row.statement[:LONGEST]) for row in goals),
        *(Tick("reflection", row.submitted_at, row.id, row.title[:LONGEST]) for row in reflections),
        *(Tick("meeting", row.held_at, row.id) for row in meetings),
    ]
