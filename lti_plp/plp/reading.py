"""Reading a plan for its first page: a fixed number of statements, however much the plan holds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, case, exists, func, or_, select
from sqlalchemy.orm import Session

from lti_plp.plp.cycle import GoalAt, PlanFacts, StepAt
from lti_plp.plp.goals import Progress, progress
from lti_plp.plp.models import (
    Achievement,
    ActionStep,
    Comment,
    Evidence,
    EvidenceLink,
    Goal,
    GoalReview,
    GoalStep,
    HelpRequest,
    Plan,
    PlanRevision,
    PlanTemplate,
    ProfileEntry,
    Reflection,
    Suggestion,
)

RECENT = 6
"""Pieces of evidence on the first page."""
WORKING = frozenset({"draft", "active"})


@dataclass(frozen=True)
class PlanCard:
    """The plan itself and what is counted of it."""

    id: int
    person_id: int
    first_developed_at: datetime
    formally_updated_at: datetime | None
    revision: int
    grade: int | None
    version: int
    evidence: int
    without_reason: int | None
    """Id of the newest piece of evidence that lacks its “why”."""
    suggestions: int
    comments: int
    """Not dealt with yet."""
    open_revision: int | None
    """Id of the revision that is being worked on."""
    reflected_at: datetime | None
    is_meeting_asked: bool
    """Whether the student waits for a meeting about the plan as a whole."""
    has_school_forms: bool
    """Whether the district has forms of its own."""


@dataclass(frozen=True)
class EntryCard:
    """One entry of the profile."""

    id: int
    kind: str
    text: str
    why: str
    file_id: str | None
    audience: str
    version: int
    changed_at: datetime


@dataclass(frozen=True)
class StepCard:
    """One step, with the goals that it serves."""

    id: int
    kind: str
    text: str
    starts_on: date | None
    due_on: date | None
    state: str
    obstacle: str
    then_plan: str
    planned_evidence: str
    audience: str
    version: int
    position: int
    """In the order that the student gave a goal's steps; a list of many goals' steps goes by dates."""
    goal_ids: tuple[int, ...]
    calls: frozenset[str]
    """Kinds of the student's open calls for help about it."""


@dataclass(frozen=True)
class GoalCard:
    """One goal with its steps and how far it is."""

    id: int
    parent_id: int | None
    kind: str
    area: str
    horizon: str
    years_ahead: int | None
    statement: str
    why: str
    target_on: date | None
    state: str
    audience: str
    version: int
    reviewed_at: datetime | None
    evidence: int
    steps: tuple[StepCard, ...]
    progress: Progress
    calls: frozenset[str]

    @property
    def is_open(self) -> bool:
        """Whether it is still being worked on."""
        return self.state in WORKING


@dataclass(frozen=True)
class EvidenceCard:
    """One piece of evidence, as a list shows it."""

    id: int
    medium: str
    title: str
    file_id: str | None
    url: str
    text: str
    reason: str
    alternative: str
    kind: str
    captured_on: date
    origin: str
    audience: str
    version: int
    validated_at: datetime | None


@dataclass(frozen=True)
class PlanPage:
    """Everything that a plan's first page shows of the plan."""

    plan: PlanCard
    entries: tuple[EntryCard, ...]
    goals: tuple[GoalCard, ...]
    """Not removed ones, long-term goals first, in the student's order."""
    steps: tuple[StepCard, ...]
    evidence: tuple[EvidenceCard, ...]
    """The newest ones."""

    def short_goals(self) -> list[GoalCard]:
        """Return the goals that are being worked on now."""
        return [one for one in self.goals if one.is_open and one.horizon == "short"]

    def long_goals(self) -> list[GoalCard]:
        """Return the goals that look ahead, the farthest first."""
        return [one for one in self.goals if one.is_open and one.horizon == "long"]

    def facts(self, today: date) -> PlanFacts:
        """Return where the plan is, for the cycle."""
        plan = self.plan
        open_goals = {one.id for one in self.goals if one.is_open}
        return PlanFacts(
            today=today,
            entries=len(self.entries),
            profile_changed_on=max((one.changed_at.date() for one in self.entries), default=None),
            long_goals=len(self.long_goals()),
            goals=tuple(
                GoalAt(
                    id=one.id,
                    steps=tuple(step.state for step in one.steps),
                    target_on=one.target_on,
                    reviewed_on=one.reviewed_at.date() if one.reviewed_at else None,
                    has_evidence=one.evidence > 0,
                )
                for one in self.short_goals()
            ),
            open_steps=tuple(
                StepAt(one.id, one.due_on, "stuck" in one.calls)
                for one in self.steps
                # What led to a goal that is closed is nothing to do any more.
                if one.state in {"planned", "in_progress"} and not open_goals.isdisjoint(one.goal_ids)
            ),
            evidence=plan.evidence,
            evidence_without_reason=plan.without_reason,
            suggestions=plan.suggestions,
            is_revising=plan.open_revision is not None,
            reflected_on=plan.reflected_at.date() if plan.reflected_at else None,
            revision=plan.revision,
        )


CALLS = ("stuck", "ready", "meeting")
"""Kinds of calls for help, in the order of the columns below."""


def _open_calls(item_kind: str, item_id: Any, plan_id: Any) -> tuple[Any, ...]:
    """Return a column for each kind of call: whether one is open about an item."""
    return tuple(
        exists()
        .where(
            HelpRequest.plan_id == plan_id,
            HelpRequest.kind == kind,
            HelpRequest.item_kind == item_kind,
            HelpRequest.item_id == item_id,
            HelpRequest.closed_at.is_(None),
        )
        .label(kind)
        for kind in CALLS
    )


def _named(calls: Iterable[bool]) -> frozenset[str]:
    return frozenset(kind for kind, is_open in zip(CALLS, calls, strict=True) if is_open)


def _count(model: type[Any], *conditions: Any) -> Any:
    return (
        select(func.count()).select_from(model).where(model.plan_id == Plan.id, *conditions).scalar_subquery()
    )


_WITHOUT_REASON = (
    select(func.max(Evidence.id))
    .where(Evidence.plan_id == Plan.id, Evidence.removed_at.is_(None), Evidence.reason == "")
    .scalar_subquery()
)
_OPEN_REVISION = (
    select(PlanRevision.id)
    .where(PlanRevision.plan_id == Plan.id, PlanRevision.finished_at.is_(None))
    .scalar_subquery()
)
_REFLECTED = (
    select(func.max(Reflection.submitted_at)).where(Reflection.person_id == Plan.person_id).scalar_subquery()
)
_PLAN = select(
    Plan.id,
    Plan.person_id,
    Plan.first_developed_at,
    Plan.formally_updated_at,
    Plan.revision,
    Plan.grade,
    Plan.version,
    _count(Evidence, Evidence.removed_at.is_(None)),
    _WITHOUT_REASON,
    _count(Suggestion, Suggestion.state == "open"),
    _count(Comment, Comment.settled_at.is_(None), Comment.author_id != Plan.person_id),
    _OPEN_REVISION,
    _REFLECTED,
    _open_calls("plan", Plan.id, Plan.id)[2],
    exists().where(PlanTemplate.tenant_id == Plan.tenant_id).label("has_school_forms"),
)
_ENTRY_COLUMNS = (
    ProfileEntry.id,
    ProfileEntry.kind,
    ProfileEntry.text,
    ProfileEntry.why,
    ProfileEntry.file_id,
    ProfileEntry.audience,
    ProfileEntry.version,
    ProfileEntry.changed_at,
)
_SAID = (
    select(Achievement.progress)
    .where(Achievement.goal_id == Goal.id, Achievement.progress != "")
    .order_by(Achievement.id.desc())
    .limit(1)
    .correlate(Goal)
    .scalar_subquery()
)
_REVIEWED = select(func.max(GoalReview.created_at)).where(GoalReview.goal_id == Goal.id).scalar_subquery()
_SHOWN = (
    select(func.count(EvidenceLink.evidence_id.distinct()))
    .join(Evidence, Evidence.id == EvidenceLink.evidence_id)
    .where(
        or_(
            EvidenceLink.goal_id == Goal.id,
            EvidenceLink.step_id.in_(
                select(GoalStep.step_id).where(GoalStep.goal_id == Goal.id).correlate(Goal)
            ),
        ),
        Evidence.removed_at.is_(None),
    )
    .correlate(Goal)
    .scalar_subquery()
)
_GOALS = select(
    Goal.id,
    Goal.parent_id,
    Goal.kind,
    Goal.area,
    Goal.horizon,
    Goal.years_ahead,
    Goal.statement,
    Goal.why,
    Goal.target_on,
    Goal.state,
    Goal.audience,
    Goal.version,
    _REVIEWED.label("reviewed_at"),
    _SHOWN.label("evidence"),
    func.coalesce(_SAID, "").label("said"),
    *_open_calls("goal", Goal.id, Goal.plan_id),
)
_STEPS = (
    select(
        ActionStep.id,
        ActionStep.kind,
        ActionStep.text,
        ActionStep.starts_on,
        ActionStep.due_on,
        ActionStep.state,
        ActionStep.obstacle,
        ActionStep.then_plan,
        ActionStep.planned_evidence,
        ActionStep.audience,
        ActionStep.version,
        ActionStep.position,
        GoalStep.goal_id,
        *_open_calls("step", ActionStep.id, ActionStep.plan_id),
    )
    .join(GoalStep, GoalStep.step_id == ActionStep.id)
    .join(Goal, Goal.id == GoalStep.goal_id)
    .where(ActionStep.removed_at.is_(None), Goal.removed_at.is_(None))
)
_EVIDENCE_COLUMNS = (
    Evidence.id,
    Evidence.medium,
    Evidence.title,
    Evidence.file_id,
    Evidence.url,
    # A list shows the beginning.
    func.substr(Evidence.text, 1, 400).label("text"),
    Evidence.reason,
    Evidence.alternative,
    Evidence.kind,
    Evidence.captured_on,
    Evidence.origin,
    Evidence.audience,
    Evidence.version,
    Evidence.validated_at,
)


def read_card(session: Session, tenant_id: int, person_id: int) -> tuple[Plan, PlanCard] | None:
    """Return a person's plan and what is counted of it, in one statement; nothing before it was begun."""
    row = session.execute(
        _PLAN.add_columns(Plan).where(Plan.person_id == person_id, Plan.tenant_id == tenant_id)
    ).one_or_none()
    return (row[-1], PlanCard(*row[:-1])) if row else None


def read_page(session: Session, plan_id: int, card: PlanCard | None = None, recent: int = RECENT) -> PlanPage:
    """Return a plan's first page in five statements, four where the card is known; removed things are not on it."""
    steps = _steps(session, plan_id)
    entries = session.execute(
        select(*_ENTRY_COLUMNS)
        .where(ProfileEntry.plan_id == plan_id, ProfileEntry.removed_at.is_(None))
        .order_by(ProfileEntry.id)
    )
    evidence = session.execute(newest_evidence(plan_id).limit(recent))
    return PlanPage(
        plan=card or PlanCard(*session.execute(_PLAN.where(Plan.id == plan_id)).one()),
        entries=tuple(EntryCard(*row) for row in entries),
        goals=_goals(session, plan_id, steps),
        steps=steps,
        evidence=tuple(EvidenceCard(*row) for row in evidence),
    )


def read_goals(session: Session, plan_id: int) -> tuple[GoalCard, ...]:
    """Return a plan's goals that were not removed, each with its steps, in two statements."""
    return _goals(session, plan_id, _steps(session, plan_id))


def newest_evidence(plan_id: int) -> Select[*tuple[Any, ...]]:
    """Return the statement that lists a plan's evidence, newest first; its rows fit an :class:`EvidenceCard`."""
    return (
        select(*_EVIDENCE_COLUMNS)
        .where(Evidence.plan_id == plan_id, Evidence.removed_at.is_(None))
        .order_by(Evidence.captured_on.desc(), Evidence.id.desc())
    )


def _steps(session: Session, plan_id: int) -> tuple[StepCard, ...]:
    rows = session.execute(
        _STEPS.where(ActionStep.plan_id == plan_id).order_by(
            case((ActionStep.due_on.is_(None), 1), else_=0),
            ActionStep.due_on,
            ActionStep.position,
            ActionStep.id,
            GoalStep.goal_id,
        )
    )
    facts: dict[int, tuple[Any, ...]] = {}
    goals: dict[int, list[int]] = {}
    calls: dict[int, frozenset[str]] = {}
    for *step, goal_id, stuck, ready, meeting in rows:
        facts[step[0]] = tuple(step)
        goals.setdefault(step[0], []).append(goal_id)
        calls[step[0]] = _named((stuck, ready, meeting))
    return tuple(StepCard(*(*step, tuple(goals[key]), calls[key])) for key, step in facts.items())


def _goals(session: Session, plan_id: int, steps: Sequence[StepCard]) -> tuple[GoalCard, ...]:
    rows = session.execute(
        _GOALS.where(Goal.plan_id == plan_id, Goal.removed_at.is_(None)).order_by(
            case((Goal.horizon == "long", 0), else_=1),
            func.coalesce(Goal.years_ahead, 0).desc(),
            Goal.position,
            Goal.id,
        )
    )
    by_goal: dict[int, list[StepCard]] = {}
    for step in steps:
        for goal_id in step.goal_ids:
            by_goal.setdefault(goal_id, []).append(step)
    cards: list[GoalCard] = []
    for *goal, said, stuck, ready, meeting in rows:
        mine = tuple(by_goal.get(goal[0], ()))
        cards.append(
            GoalCard(
                *(
                    *goal,
                    mine,
                    progress(goal[9], said, (one.state for one in mine)),
                    _named((stuck, ready, meeting)),
                )
            )
        )
    return tuple(cards)
