"""Reading one goal, or one step, with everything around it: a fixed number of statements, however much there is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from lti_plp.errors import NotFound
from lti_plp.plp.goals import GoalFacts, Progress, advice, progress
from lti_plp.plp.levels import is_level
from lti_plp.plp.models import (
    Achievement,
    ActionStep,
    Evidence,
    EvidenceLink,
    Goal,
    GoalProficiency,
    GoalProfileLink,
    GoalReview,
    GoalStep,
    HelpRequest,
    Plan,
    ProfileEntry,
)
from lti_plp.plp.reading import EvidenceCard, GoalCard, StepCard, newest_evidence, read_goals

MOST_EVIDENCE = 12
"""Pieces on the page of a goal or a step; the others are a link away."""
MOST_SAID = 5
"""Words of the student, and as many levels."""


class Named(NamedTuple):
    """Something in the plan that can be chosen, in the student's own words."""

    id: int
    text: str


@dataclass(frozen=True)
class Said:
    """How far a goal or a step was, as somebody or something said at a time."""

    kind: str
    source: str
    progress: str
    claim: str
    evidence: Named | None
    raw_score: Decimal | None
    raw_maximum: Decimal | None
    occurred_at: datetime
    recorded_by: int
    is_level: bool
    """An adult of the school said it, of the evidence."""


@dataclass(frozen=True)
class Call:
    """The student is stuck, or ready to show something."""

    kind: str
    message: str
    opened_at: datetime


@dataclass(frozen=True)
class Looked:
    """One look at a goal."""

    outcome: str
    reason_category: str
    reason: str
    next_step: str
    created_at: datetime


@dataclass(frozen=True)
class GoalPage:
    """One goal with what leads to it, what it leads to, and what shows it."""

    goal: Goal
    card: GoalCard | None
    """As lists show it; ``None`` once it was removed."""
    entry_ids: frozenset[int]
    entries: tuple[Named, ...]
    """Of the profile: what it may build on."""
    proficiency_ids: frozenset[int]
    steps: tuple[StepCard, ...]
    """In the student's own order."""
    others: tuple[GoalCard, ...]
    """The plan's other goals."""
    evidence: tuple[EvidenceCard, ...]
    """The newest pieces about it or its steps."""
    has_more_evidence: bool
    said: tuple[Said, ...]
    """The newest first."""
    reviews: tuple[Looked, ...]
    """The newest first."""
    calls: tuple[Call, ...]

    @property
    def progress(self) -> Progress:
        """How far it is."""
        if self.card is not None:
            return self.card.progress
        return progress(self.goal.state, self.own_word.progress if self.own_word else "", ())

    @property
    def own_word(self) -> Said | None:
        """The newest word on how far it is, levels aside."""
        return next((one for one in self.said if one.progress and not one.is_level), None)

    def people(self) -> set[int]:
        """Return the ids of those who said how far it, or a goal that leads to it, is."""
        cards = [self.card, *self.others] if self.card else self.others
        return {one.recorded_by for one in self.said} | {one.level.said_by for one in cards if one.level}

    @property
    def parent(self) -> GoalCard | None:
        """The long-term goal that it leads to."""
        return next((one for one in self.others if one.id == self.goal.parent_id), None)

    @property
    def parts(self) -> tuple[GoalCard, ...]:
        """The goals that lead to it."""
        return tuple(one for one in self.others if one.parent_id == self.goal.id)

    @property
    def possible_parents(self) -> tuple[GoalCard, ...]:
        """Long-term goals that it may lead to: open ones, and the one that it does; never one that leads to it."""
        below = descendants(self.others, self.goal.id)
        return tuple(
            one
            for one in self.others
            if one.horizon == "long"
            and one.id not in below
            and (one.is_open or one.id == self.goal.parent_id)
        )

    def advice(self, today: date) -> list[str]:
        """Return what would make it better, most useful first."""
        goal = self.goal
        return advice(
            GoalFacts(
                kind=goal.kind,
                horizon=goal.horizon,
                statement=goal.statement,
                why=goal.why,
                measure=goal.measure,
                target_on=goal.target_on,
                challenge=goal.challenge,
                commitment=goal.commitment,
                preparation=goal.preparation,
                supporters=goal.supporters,
                entries=len(self.entry_ids),
                steps=len(self.steps),
            ),
            today,
        )


def descendants(goals: Iterable[GoalCard], goal_id: int) -> frozenset[int]:
    """Return the ids of the goals that lead to a goal, over any number of others."""
    below: dict[int, list[int]] = {}
    for one in goals:
        if one.parent_id is not None:
            below.setdefault(one.parent_id, []).append(one.id)
    found: set[int] = set()
    waiting = [goal_id]
    while waiting:
        new = set(below.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return frozenset(found)


@dataclass(frozen=True)
class StepPage:
    """One step with the goals that it serves and what shows it."""

    step: ActionStep
    goal_ids: frozenset[int]
    goals: tuple[GoalCard, ...]
    """Those that it serves, and those that it could."""
    evidence: tuple[EvidenceCard, ...]
    has_more_evidence: bool
    calls: tuple[Call, ...]

    @property
    def served(self) -> tuple[GoalCard, ...]:
        """The goals that it serves."""
        return tuple(one for one in self.goals if one.id in self.goal_ids)

    def is_late(self, today: date) -> bool:
        """Say whether its day has passed while it is not done."""
        return (
            self.step.removed_at is None
            and self.step.state in {"planned", "in_progress"}
            and self.step.due_on is not None
            and self.step.due_on < today
        )


def read_goal(session: Session, plan: Plan, goal_id: int) -> GoalPage:
    """Return one goal of a plan, also a removed one, in ten statements.

    :raise NotFound: when the plan has no such goal.
    """
    goal = _item(session, Goal, plan, goal_id)
    cards = read_goals(session, plan.id)
    card = next((one for one in cards if one.id == goal_id), None)
    links = select(GoalProfileLink.entry_id).where(GoalProfileLink.goal_id == goal_id)
    entry_ids = frozenset(session.scalars(links))
    about = select(GoalProficiency.proficiency_id).where(GoalProficiency.goal_id == goal_id)
    steps = select(GoalStep.step_id).where(GoalStep.goal_id == goal_id)
    evidence = _evidence(
        session, plan.id, or_(EvidenceLink.goal_id == goal_id, EvidenceLink.step_id.in_(steps))
    )
    return GoalPage(
        goal=goal,
        card=card,
        entry_ids=entry_ids,
        entries=_entries(session, plan.id, entry_ids),
        proficiency_ids=frozenset(session.scalars(about)),
        steps=in_order(card.steps if card else ()),
        others=tuple(one for one in cards if one.id != goal_id),
        evidence=evidence[:MOST_EVIDENCE],
        has_more_evidence=len(evidence) > MOST_EVIDENCE,
        said=_said(session, plan.id, goal_id, steps),
        reviews=_reviews(session, goal_id),
        calls=_calls(session, plan.id, "goal", goal_id),
    )


def read_step(session: Session, plan: Plan, step_id: int) -> StepPage:
    """Return one step of a plan, also a removed one, in six statements.

    :raise NotFound: when the plan has no such step.
    """
    step = _item(session, ActionStep, plan, step_id)
    goal_ids = frozenset(session.scalars(select(GoalStep.goal_id).where(GoalStep.step_id == step_id)))
    evidence = _evidence(session, plan.id, EvidenceLink.step_id == step_id)
    return StepPage(
        step=step,
        goal_ids=goal_ids,
        goals=tuple(one for one in read_goals(session, plan.id) if one.is_open or one.id in goal_ids),
        evidence=evidence[:MOST_EVIDENCE],
        has_more_evidence=len(evidence) > MOST_EVIDENCE,
        calls=_calls(session, plan.id, "step", step_id),
    )


def in_order(steps: Iterable[StepCard]) -> tuple[StepCard, ...]:
    """Return steps in the order that the student gave them; new ones come last."""
    return tuple(sorted(steps, key=lambda one: (one.position, one.id)))


def _item(session: Session, model: type[Any], plan: Plan, item_id: int) -> Any:
    found = session.scalars(select(model).where(model.id == item_id, model.plan_id == plan.id)).one_or_none()
    if found is None:
        raise NotFound("The plan holds no such thing.", code="item_not_here")
    return found


def _entries(session: Session, plan_id: int, chosen: frozenset[int]) -> tuple[Named, ...]:
    rows = session.execute(
        select(ProfileEntry.id, ProfileEntry.text)
        .where(
            ProfileEntry.plan_id == plan_id,
            ProfileEntry.text != "",
            or_(ProfileEntry.removed_at.is_(None), ProfileEntry.id.in_(chosen)),
        )
        .order_by(ProfileEntry.id)
    )
    return tuple(Named(*row) for row in rows)


def _evidence(session: Session, plan_id: int, condition: Any) -> tuple[EvidenceCard, ...]:
    about = select(EvidenceLink.evidence_id).where(condition)
    found = newest_evidence(plan_id).where(Evidence.id.in_(about)).limit(MOST_EVIDENCE + 1)
    return tuple(EvidenceCard(*row) for row in session.execute(found))


def _said(session: Session, plan_id: int, goal_id: int, steps: Select[Any]) -> tuple[Said, ...]:
    """Return the newest words on a goal; many levels push no word of the student out, and the other way round."""
    found = (
        select(
            Achievement.id,
            is_level().label("is_level"),
            func.row_number().over(partition_by=is_level(), order_by=Achievement.id.desc()).label("place"),
        )
        .where(
            Achievement.plan_id == plan_id,
            or_(Achievement.goal_id == goal_id, and_(Achievement.step_id.in_(steps), is_level())),
        )
        .subquery()
    )
    rows = session.execute(
        select(
            Achievement.kind,
            Achievement.source,
            Achievement.progress,
            Achievement.claim,
            Achievement.evidence_id,
            Evidence.title,
            Achievement.raw_score,
            Achievement.raw_maximum,
            Achievement.occurred_at,
            Achievement.recorded_by,
            found.c.is_level,
        )
        .join(found, found.c.id == Achievement.id)
        .outerjoin(Evidence, Evidence.id == Achievement.evidence_id)
        .where(found.c.place <= MOST_SAID)
        # As the newest word counts: by when it was noted.
        .order_by(Achievement.id.desc())
    )
    return tuple(
        Said(
            row.kind,
            row.source,
            row.progress,
            row.claim,
            None if row.evidence_id is None else Named(row.evidence_id, row.title),
            row.raw_score,
            row.raw_maximum,
            row.occurred_at,
            row.recorded_by,
            bool(row.is_level),
        )
        for row in rows
    )


def _reviews(session: Session, goal_id: int) -> tuple[Looked, ...]:
    rows: Sequence[Any] = session.execute(
        select(
            GoalReview.outcome,
            GoalReview.reason_category,
            GoalReview.reason,
            GoalReview.next_step,
            GoalReview.created_at,
        )
        .where(GoalReview.goal_id == goal_id)
        .order_by(GoalReview.id.desc())
    ).all()
    return tuple(Looked(*row) for row in rows)


def _calls(session: Session, plan_id: int, item_kind: str, item_id: int) -> tuple[Call, ...]:
    rows = session.execute(
        select(HelpRequest.kind, HelpRequest.message, HelpRequest.opened_at)
        .where(
            HelpRequest.plan_id == plan_id,
            HelpRequest.item_kind == item_kind,
            HelpRequest.item_id == item_id,
            HelpRequest.closed_at.is_(None),
        )
        .order_by(HelpRequest.id)
    )
    return tuple(Call(*row) for row in rows)
