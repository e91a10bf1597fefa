"""What a reflection is about: goals, steps and evidence of the student's own plan."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from lti_plp.errors import BadInput, NotFound
from lti_plp.plp.actor import Actor
from lti_plp.plp.models import ActionStep, Evidence, Goal, Plan, ReflectionAbout
from lti_plp.plp.policy import Action, require
from lti_plp.plp.reflections import Asked, locked

MAX_ABOUT = 50
"""How many things one reflection may be about."""

RECENT_EVIDENCE = 8
"""How much evidence is offered to choose from; older pieces are reached from their own pages."""


@dataclass(frozen=True)
class About:
    """Ids of what a reflection is about."""

    goals: frozenset[int] = frozenset()
    steps: frozenset[int] = frozenset()
    evidence: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self.goals) + len(self.steps) + len(self.evidence)


@dataclass(frozen=True)
class Thing:
    """One goal, step or piece of evidence; ``text`` is in the student's own words and may be empty."""

    id: int
    text: str


@dataclass(frozen=True)
class Things:
    """Goals, steps and evidence, to be shown or chosen from."""

    goals: tuple[Thing, ...] = ()
    steps: tuple[Thing, ...] = ()
    evidence: tuple[Thing, ...] = ()

    def __len__(self) -> int:
        return len(self.goals) + len(self.steps) + len(self.evidence)


@dataclass(frozen=True)
class _Part:
    """One of the three kinds of things: its table, what it is called, and the column that refers to it."""

    name: str
    model: Any
    text: InstrumentedAttribute[str]
    column: InstrumentedAttribute[int | None]


_PARTS = (
    _Part("goals", Goal, Goal.statement, ReflectionAbout.goal_id),
    _Part("steps", ActionStep, ActionStep.text, ReflectionAbout.step_id),
    _Part("evidence", Evidence, Evidence.title, ReflectionAbout.evidence_id),
)


def about_of(session: Session, reflection_ids: Collection[int]) -> dict[int, About]:
    """Return reflection id -> what it is about, for each of the given ones; one statement."""
    found: dict[int, dict[str, set[int]]] = {key: {} for key in reflection_ids}
    rows = session.scalars(select(ReflectionAbout).where(ReflectionAbout.reflection_id.in_(reflection_ids)))
    for row in rows if reflection_ids else ():
        for part in _PARTS:
            thing = getattr(row, part.column.key)
            if thing is not None:
                found[row.reflection_id].setdefault(part.name, set()).add(thing)
    return {
        key: About(**{name: frozenset(ids) for name, ids in parts.items()}) for key, parts in found.items()
    }


def choices(session: Session, person_id: int, chosen: About) -> Things:
    """Return what a student can choose from: what is in the plan now, and everything chosen already that still is."""
    return Things(
        **{part.name: _choices(session, person_id, part, getattr(chosen, part.name)) for part in _PARTS}
    )


def _choices(session: Session, person_id: int, part: _Part, chosen: frozenset[int]) -> tuple[Thing, ...]:
    mine = (
        select(part.model.id, part.text)
        .join(Plan, Plan.id == part.model.plan_id)
        .where(Plan.person_id == person_id, part.model.removed_at.is_(None))
    )
    if part.model is not Evidence:
        return tuple(
            Thing(*row) for row in session.execute(mine.order_by(part.model.position, part.model.id))
        )
    newest = mine.order_by(Evidence.captured_on.desc(), Evidence.id.desc())
    recent = [Thing(*row) for row in session.execute(newest.limit(RECENT_EVIDENCE))]
    others = chosen - {thing.id for thing in recent}
    if others:
        recent += [Thing(*row) for row in session.execute(newest.where(Evidence.id.in_(others)))]
    return tuple(recent)


def names_of(session: Session, person_id: int, abouts: Iterable[About]) -> Things:
    """Return what the things are called that some reflections of a student are about, removed ones as well."""
    wanted = list(abouts)
    found: dict[str, tuple[Thing, ...]] = {}
    for part in _PARTS:
        ids = frozenset[int]().union(*(getattr(about, part.name) for about in wanted))
        if ids:
            mine = (
                select(part.model.id, part.text)
                .join(Plan, Plan.id == part.model.plan_id)
                .where(Plan.person_id == person_id, part.model.id.in_(ids))
            )
            found[part.name] = tuple(Thing(*row) for row in session.execute(mine))
    return Things(**found)


def check_about(session: Session, person_id: int, about: About) -> None:
    """Do nothing when everything stands in the student's own plan.

    :raise BadInput: when something does not, was removed, or when it is too much.
    """
    if len(about) > MAX_ABOUT:
        raise BadInput("That is too much for one reflection.", code="about_too_much")
    for part in _PARTS:
        ids = getattr(about, part.name)
        mine = (
            select(func.count())
            .select_from(part.model)
            .join(Plan, Plan.id == part.model.plan_id)
            .where(Plan.person_id == person_id, part.model.id.in_(ids), part.model.removed_at.is_(None))
        )
        if ids and session.scalar(mine) != len(ids):
            raise BadInput("Something of that is not in this plan.", code="about_unknown")


def add_about(session: Session, reflection_id: int, about: About) -> None:
    """Note what a reflection is about; everything was checked, and none of it stands there yet."""
    session.add_all(
        ReflectionAbout(reflection_id=reflection_id, **{part.column.key: thing})
        for part in _PARTS
        for thing in sorted(getattr(about, part.name))
    )
    session.flush()


def change_about(session: Session, actor: Actor, asked: Asked, about: About) -> None:
    """Say anew what a reflection is about, be it a placed one or one's own, finished or not.

    What was removed from the plan meanwhile stays: the page does not offer it, and it is part of the past.

    :raise NotAllowed: when the actor is not the student whose reflection it is.
    :raise NotFound: when nothing is written yet.
    :raise BadInput: when something does not stand in the student's plan.
    """
    require(actor, Action.WRITE_REFLECTION, asked.work_of(actor.person_id))
    reflection = locked(session, actor.person_id, asked)
    if reflection is None:
        raise NotFound("Nothing is written here yet.", code="not_begun")
    before = about_of(session, [reflection.id])[reflection.id]
    added = About(*(getattr(about, part.name) - getattr(before, part.name) for part in _PARTS))
    if len(before) + len(added) > MAX_ABOUT:
        raise BadInput("That is too much for one reflection.", code="about_too_much")
    check_about(session, actor.person_id, added)
    for part in _PARTS:
        dropped = getattr(before, part.name) - getattr(about, part.name)
        in_plan = select(part.model.id).where(part.model.id.in_(dropped), part.model.removed_at.is_(None))
        if dropped:
            session.execute(
                delete(ReflectionAbout).where(
                    ReflectionAbout.reflection_id == reflection.id, part.column.in_(in_plan)
                )
            )
    add_about(session, reflection.id, added)
