"""Evidence on its own pages: all of it, one piece, what it can be about, and adding a piece once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, null, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from lti_plp.errors import NotFound
from lti_plp.plp.items import EVIDENCE
from lti_plp.plp.models import (
    ActionStep,
    Evidence,
    EvidenceLink,
    EvidenceProficiency,
    Goal,
    GoalStep,
    PlanChange,
    ProfileEntry,
    Reflection,
    ReflectionAbout,
    ReflectionTemplate,
)
from lti_plp.plp.plans import PlanEditor
from lti_plp.plp.reading import WORKING, EvidenceCard, newest_evidence
from lti_plp.plp.texts import storable

PAGE = 24
"""Pieces on one page of the list."""

SENT_AGAIN = timedelta(hours=1)
"""Within this time the very same piece is one that a page sent twice, such as after a lost answer."""

MEDIA = ("file", "link", "text", "lms")


@dataclass(frozen=True)
class LinkIds:
    """Ids of what a piece of evidence is about."""

    goal_ids: frozenset[int] = frozenset()
    step_ids: frozenset[int] = frozenset()
    entry_ids: frozenset[int] = frozenset()
    reflection_ids: frozenset[int] = frozenset()
    proficiency_ids: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return any(vars(self).values())


@dataclass(frozen=True)
class Subject:
    """Something that evidence can be about; ``text`` is in the student's own words and may be empty."""

    id: int
    text: str
    is_removed: bool = False


@dataclass(frozen=True)
class Subjects:
    """Everything that evidence can be about."""

    goals: tuple[Subject, ...] = ()
    steps: tuple[Subject, ...] = ()
    entries: tuple[Subject, ...] = ()
    reflections: tuple[Subject, ...] = ()

    def among(self, chosen: LinkIds) -> LinkIds:
        """Return those of the chosen ids that stand here and were not removed; proficiencies stand elsewhere."""
        there = (
            (self.goals, chosen.goal_ids),
            (self.steps, chosen.step_ids),
            (self.entries, chosen.entry_ids),
            (self.reflections, chosen.reflection_ids),
        )
        goals, steps, entries, reflections = (
            frozenset(one.id for one in mine if not one.is_removed) & ids for mine, ids in there
        )
        return LinkIds(goals, steps, entries, reflections, chosen.proficiency_ids)


def subjects(session: Session, plan_id: int | None, person_id: int, chosen: LinkIds) -> Subjects:
    """Return what a student can choose from: what she works on now, and all that is chosen; four statements.

    Without a plan there are her reflections only.
    """
    reflections = _reflections(session, person_id, chosen.reflection_ids)
    if plan_id is None:
        return Subjects(reflections=reflections)
    serves_open = exists().where(
        GoalStep.step_id == ActionStep.id, GoalStep.goal_id == Goal.id, Goal.state.in_(WORKING)
    )
    return Subjects(
        goals=goals_offered(session, plan_id, chosen.goal_ids),
        steps=_offered(session, plan_id, ActionStep.text, chosen.step_ids, serves_open),
        entries=_offered(session, plan_id, ProfileEntry.text, chosen.entry_ids),
        reflections=reflections,
    )


def goals_offered(session: Session, plan_id: int, chosen: Collection[int]) -> tuple[Subject, ...]:
    """Return the goals that are worked on, short-term ones first, and those that are chosen; one statement."""
    is_open = Goal.state.in_(WORKING)
    return _offered(session, plan_id, Goal.statement, chosen, is_open, Goal.horizon.desc())


def _offered(
    session: Session,
    plan_id: int,
    text: InstrumentedAttribute[str],
    chosen: Collection[int],
    condition: ColumnElement[bool] | None = None,
    *first: Any,
) -> tuple[Subject, ...]:
    model: Any = text.class_
    there = model.removed_at.is_(None)
    wanted = there if condition is None else and_(there, condition)
    position = (model.position,) if hasattr(model, "position") else ()
    rows = session.execute(
        select(model.id, text, model.removed_at)
        .where(model.plan_id == plan_id, or_(wanted, model.id.in_(chosen)))
        .order_by(*first, *position, model.id)
    )
    return tuple(Subject(key, words, removed_at is not None) for key, words, removed_at in rows)


def _reflections(session: Session, person_id: int, chosen: Collection[int]) -> tuple[Subject, ...]:
    if not chosen:
        return ()
    rows = session.execute(
        select(Reflection.id, ReflectionTemplate.title)
        .join(ReflectionTemplate, ReflectionTemplate.id == Reflection.template_id)
        .where(Reflection.id.in_(chosen), Reflection.person_id == person_id)
        .order_by(Reflection.id)
    )
    return tuple(Subject(key, title) for key, title in rows)


@dataclass(frozen=True)
class Wish:
    """Which evidence somebody wants to see; what is empty does not matter."""

    goal_id: int | None = None
    medium: str = ""
    origin: str = ""

    def __bool__(self) -> bool:
        return bool(self.goal_id or self.medium or self.origin)


@dataclass(frozen=True)
class EvidenceList:
    """One page of evidence, newest first."""

    cards: tuple[EvidenceCard, ...]
    older: str
    """Names the place from which the next page goes on; empty at the end."""


def list_evidence(session: Session, plan_id: int, wish: Wish, before: str = "") -> EvidenceList:
    """Return the newest pieces that are wished for, or those older than a place; one statement.

    A place that makes no sense, as somebody may type it, is the beginning.
    """
    wanted = newest_evidence(plan_id).where(*_conditions(wish))
    place = _place(before)
    if place is not None:
        day, last = place
        older = and_(Evidence.captured_on == day, Evidence.id < last)
        wanted = wanted.where(Evidence.captured_on <= day, or_(Evidence.captured_on < day, older))
    rows = session.execute(wanted.limit(PAGE + 1)).all()
    cards = tuple(EvidenceCard(*row) for row in rows[:PAGE])
    more = len(rows) > PAGE
    return EvidenceList(cards, f"{cards[-1].captured_on.isoformat()}.{cards[-1].id}" if more else "")


def _conditions(wish: Wish) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wish.goal_id:
        steps = select(GoalStep.step_id).where(GoalStep.goal_id == wish.goal_id)
        found.append(
            Evidence.id.in_(
                select(EvidenceLink.evidence_id).where(
                    or_(EvidenceLink.goal_id == wish.goal_id, EvidenceLink.step_id.in_(steps))
                )
            )
        )
    if wish.medium:
        found.append(Evidence.medium == wish.medium)
    if wish.origin:
        found.append(Evidence.origin == wish.origin)
    return found


def _place(text: str) -> tuple[date, int] | None:
    day, _, number = text.partition(".")
    try:
        found = date.fromisoformat(day)
    except ValueError:
        return None
    # No row has a longer number.
    return (found, int(number)) if number.isascii() and number.isdigit() and len(number) <= 18 else None


def school_year(day: date) -> int:
    """Return the year in which the school year of a day began; it begins on the first of July."""
    return day.year if day.month >= 7 else day.year - 1


def find_evidence(session: Session, plan_id: int, evidence_id: int) -> tuple[Evidence, LinkIds]:
    """Return a piece of evidence, removed or not, and what it is about; two statements.

    :raise NotFound: when the plan has no such piece.
    """
    found = session.scalar(select(Evidence).where(Evidence.id == evidence_id, Evidence.plan_id == plan_id))
    if found is None:
        raise NotFound("The plan holds no such thing.", code="item_not_here")
    columns = (
        EvidenceLink.goal_id,
        EvidenceLink.step_id,
        EvidenceLink.entry_id,
        EvidenceLink.reflection_id,
    )
    nothing = [null().label(one.key) for one in columns]
    rows = session.execute(
        select(*columns, null().label("proficiency_id"))
        .where(EvidenceLink.evidence_id == evidence_id)
        .union_all(
            select(*nothing, EvidenceProficiency.proficiency_id).where(
                EvidenceProficiency.evidence_id == evidence_id
            )
        )
    ).all()
    ids = (frozenset(key for key in column if key is not None) for column in zip(*rows, strict=True))
    return found, LinkIds(*ids)


@dataclass(frozen=True)
class ReflectionLine:
    """A reflection that has to do with a piece of evidence."""

    id: int
    template_id: str
    link_id: int | None
    title: str
    at: datetime
    """When it was sent, else begun."""


def reflections_about(
    session: Session, person_id: int, evidence_id: int, linked: Collection[int]
) -> tuple[ReflectionLine, ...]:
    """Return the student's reflections about a piece, and those that it was added to, newest first; one statement."""
    about: Select[Any] = select(ReflectionAbout.reflection_id).where(
        ReflectionAbout.evidence_id == evidence_id
    )
    rows = session.execute(
        select(
            Reflection.id,
            Reflection.template_id,
            Reflection.resource_link_id,
            ReflectionTemplate.title,
            func.coalesce(Reflection.submitted_at, Reflection.started_at),
        )
        .join(ReflectionTemplate, ReflectionTemplate.id == Reflection.template_id)
        .where(Reflection.person_id == person_id, or_(Reflection.id.in_(about), Reflection.id.in_(linked)))
        .order_by(Reflection.id.desc())
    )
    return tuple(ReflectionLine(*row) for row in rows)


def add_evidence(editor: PlanEditor, values: Mapping[str, Any], new_goal: str = "") -> Evidence:
    """Add a piece of evidence, once, however often a page sends it; ``new_goal`` names a goal that it is for.

    A goal that is worked on and has the same words is that goal.

    :raise BadInput: when a value is wrong, or the piece is about nothing; the caller rolls back.
    """
    statement = storable(new_goal).strip()
    if statement:
        goals = [*values.get("goal_ids", []), _goal_named(editor, statement)]
        values = {**values, "goal_ids": goals}
    found: Evidence = _sent_before(editor, values) or editor.add("evidence", values)
    return found


def _goal_named(editor: PlanEditor, statement: str) -> int:
    there = editor.session.scalar(
        select(Goal.id)
        .where(Goal.plan_id == editor.plan.id, Goal.statement == statement, Goal.state.in_(WORKING))
        .order_by(Goal.id)
        .limit(1)
    )
    return there if there is not None else int(editor.add("goal", {"statement": statement}).id)


def _sent_before(editor: PlanEditor, values: Mapping[str, Any]) -> Evidence | None:
    """Return the piece that was added with exactly these values a short while ago, and is still there.

    The plan is locked, so of two pages that send the same at once, the second finds what the first has added.
    """
    sent = EVIDENCE.clean(values, editor.vocabulary)
    rows = editor.session.execute(
        select(Evidence, PlanChange.fields)
        .join(PlanChange, and_(PlanChange.plan_id == Evidence.plan_id, PlanChange.item_id == Evidence.id))
        .where(
            Evidence.plan_id == editor.plan.id,
            Evidence.created_at >= editor.now - SENT_AGAIN,
            Evidence.removed_at.is_(None),
            PlanChange.item_kind == EVIDENCE.name,
            PlanChange.action == "add",
        )
        .order_by(Evidence.id.desc())
    )
    for there, fields in rows:
        if all(fields.get(name, [None, []])[1] == value for name, value in sent.items()):
            found: Evidence = there
            return found
    return None
