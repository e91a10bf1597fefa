"""Reading a plan for its first page: a fixed number of statements, however much the plan holds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, case, exists, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from lti_plp.plp.cycle import GoalAt, PlanFacts, StepAt
from lti_plp.plp.goals import Progress, progress
from lti_plp.plp.levels import Level, is_level
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
from lti_plp.prepared import Prepared, Question, ask

RECENT = 6
"""Pieces of evidence on the first page."""
WORKING = frozenset({"draft", "active"})
_GOAL_COLUMNS = 14
"""Of a row that stand in a goal's card as they are."""

_Rows = list[Any]
_Called = dict[tuple[str, int], frozenset[str]]
"""(kind, id) of an item -> kinds of the student's open calls for help about it."""
_NO_CALLS: frozenset[str] = frozenset()


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
    has_school_forms: bool
    """Whether the district has forms of its own."""
    template_version_id: int | None
    """The school's form that the plan was given; none for the shipped one."""
    calls: frozenset[str]
    """Kinds of the student's open calls for help about the plan as a whole."""


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
    has_evidence: bool
    """Whether something shows the goal or one of its steps."""
    steps: tuple[StepCard, ...]
    progress: Progress
    level: Level | None
    """The newest one of evidence of the goal or of its steps."""
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
                    has_evidence=one.has_evidence,
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
    exists().where(PlanTemplate.tenant_id == Plan.tenant_id).label("has_school_forms"),
    Plan.template_version_id,
)
_OWN = and_(Plan.person_id == bindparam("person"), Plan.tenant_id == bindparam("tenant"))
_OWN_PLAN = Prepared(_PLAN.where(_OWN))
_OWN_PLAN_ID = select(Plan.id).where(_OWN).scalar_subquery()
_OWN_ENTRIES = Prepared(
    select(
        ProfileEntry.id,
        ProfileEntry.kind,
        ProfileEntry.text,
        ProfileEntry.why,
        ProfileEntry.file_id,
        ProfileEntry.audience,
        ProfileEntry.version,
        ProfileEntry.changed_at,
    )
    .where(ProfileEntry.plan_id == _OWN_PLAN_ID, ProfileEntry.removed_at.is_(None))
    .order_by(ProfileEntry.id)
)
_SAID = (
    select(Achievement.progress)
    .where(Achievement.goal_id == Goal.id, Achievement.progress != "", not_(is_level()))
    .order_by(Achievement.id.desc())
    .limit(1)
    .correlate(Goal)
    .scalar_subquery()
)
_NEWEST_LEVEL = (
    select(func.max(Achievement.id))
    .where(
        Achievement.plan_id == Goal.plan_id,
        or_(
            Achievement.goal_id == Goal.id,
            Achievement.step_id.in_(
                select(GoalStep.step_id).where(GoalStep.goal_id == Goal.id).correlate(Goal)
            ),
        ),
        is_level(),
    )
    .correlate(Goal)
    .scalar_subquery()
)
LEVEL = aliased(Achievement)
"""In statements that list goals: the achievement that is a goal's newest level."""
_REVIEWED = select(func.max(GoalReview.created_at)).where(GoalReview.goal_id == Goal.id).scalar_subquery()
_SHOWING = exists().where(Evidence.id == EvidenceLink.evidence_id, Evidence.removed_at.is_(None))
_IS_SHOWN = or_(
    _SHOWING.where(EvidenceLink.goal_id == Goal.id).correlate(Goal),
    _SHOWING.where(EvidenceLink.step_id == GoalStep.step_id, GoalStep.goal_id == Goal.id).correlate(Goal),
)


def _goals_of(plan_id: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(
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
            _IS_SHOWN.label("has_evidence"),
            func.coalesce(_SAID, "").label("said"),
            LEVEL.progress.label("level"),
            LEVEL.recorded_by.label("level_by"),
            LEVEL.occurred_at.label("level_at"),
        )
        .select_from(Goal)
        .outerjoin(LEVEL, LEVEL.id == _NEWEST_LEVEL)
        .where(Goal.plan_id == plan_id, Goal.removed_at.is_(None))
        .order_by(
            case((Goal.horizon == "long", 0), else_=1),
            func.coalesce(Goal.years_ahead, 0).desc(),
            Goal.position,
            Goal.id,
        )
    )


def _steps_of(plan_id: Any) -> Prepared:
    return Prepared(
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
        )
        .join(GoalStep, GoalStep.step_id == ActionStep.id)
        .join(Goal, Goal.id == GoalStep.goal_id)
        .where(ActionStep.plan_id == plan_id, ActionStep.removed_at.is_(None), Goal.removed_at.is_(None))
        .order_by(
            case((ActionStep.due_on.is_(None), 1), else_=0),
            ActionStep.due_on,
            ActionStep.position,
            ActionStep.id,
            GoalStep.goal_id,
        )
    )


def _calls_of(plan_id: Any) -> Prepared:
    return Prepared(
        select(HelpRequest.item_kind, HelpRequest.item_id, HelpRequest.kind).where(
            HelpRequest.plan_id == plan_id, HelpRequest.closed_at.is_(None)
        )
    )


OWN_GOALS = _goals_of(_OWN_PLAN_ID)
"""The goals of a person's own plan. Whoever knows names adds columns with those of who said the levels."""
_GOALS, _OWN_GOALS = Prepared(_goals_of(bindparam("plan"))), Prepared(OWN_GOALS)
_STEPS, _OWN_STEPS = _steps_of(bindparam("plan")), _steps_of(_OWN_PLAN_ID)
_CALLS, _OWN_CALLS = _calls_of(bindparam("plan")), _calls_of(_OWN_PLAN_ID)
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


def page_of(tenant_id: int, person_id: int, goals: Prepared = _OWN_GOALS) -> Question[PlanPage | None]:
    """Ask for the first page of a person's plan, in six statements; there is none before the plan was begun.

    Removed things are not on it. ``goals`` is ``OWN_GOALS``, with more columns or without.
    """
    here = {"tenant": tenant_id, "person": person_id}
    wanted = (_OWN_PLAN, _OWN_CALLS, _OWN_STEPS, goals, _OWN_ENTRIES, _OWN_RECENT_EVIDENCE)
    return Question([(one, here) for one in wanted], _page)


def _page(
    plan: _Rows, calls: _Rows, steps_read: _Rows, goals: _Rows, entries: _Rows, evidence: _Rows
) -> PlanPage | None:
    if not plan:
        return None
    called = _called(calls)
    steps = _steps(steps_read, called)
    return PlanPage(
        plan=PlanCard(*(*plan[0], called.get(("plan", plan[0].id), _NO_CALLS))),
        entries=tuple(EntryCard(*row) for row in entries),
        goals=_goals(goals, steps, called),
        steps=steps,
        evidence=tuple(EvidenceCard(*row) for row in evidence),
    )


def read_goals(session: Session, plan_id: int) -> tuple[GoalCard, ...]:
    """Return a plan's goals that were not removed, each with its steps, in three statements."""
    here = {"plan": plan_id}
    return ask(session, Question([(_CALLS, here), (_STEPS, here), (_GOALS, here)], _goals_alone))


def _goals_alone(calls: _Rows, steps: _Rows, goals: _Rows) -> tuple[GoalCard, ...]:
    called = _called(calls)
    return _goals(goals, _steps(steps, called), called)


def newest_evidence(plan_id: Any) -> Select[*tuple[Any, ...]]:
    """Return the statement that lists a plan's evidence, newest first; its rows fit an :class:`EvidenceCard`."""
    return (
        select(*_EVIDENCE_COLUMNS)
        .where(Evidence.plan_id == plan_id, Evidence.removed_at.is_(None))
        .order_by(Evidence.captured_on.desc(), Evidence.id.desc())
    )


_OWN_RECENT_EVIDENCE = Prepared(newest_evidence(_OWN_PLAN_ID).limit(RECENT))


def _called(rows: Iterable[Any]) -> _Called:
    found: dict[tuple[str, int], set[str]] = {}
    for item_kind, item_id, kind in rows:
        found.setdefault((item_kind, item_id), set()).add(kind)
    return {item: frozenset(kinds) for item, kinds in found.items()}


def _steps(rows: Iterable[Any], called: _Called) -> tuple[StepCard, ...]:
    facts: dict[int, tuple[Any, ...]] = {}
    goals: dict[int, list[int]] = {}
    for *step, goal_id in rows:
        facts[step[0]] = tuple(step)
        goals.setdefault(step[0], []).append(goal_id)
    return tuple(
        StepCard(*(*step, tuple(goals[key]), called.get(("step", key), _NO_CALLS)))
        for key, step in facts.items()
    )


def _goals(rows: Iterable[Any], steps: Sequence[StepCard], called: _Called) -> tuple[GoalCard, ...]:
    by_goal: dict[int, list[StepCard]] = {}
    for step in steps:
        for goal_id in step.goal_ids:
            by_goal.setdefault(goal_id, []).append(step)
    cards: list[GoalCard] = []
    for row in rows:
        mine = tuple(by_goal.get(row.id, ()))
        reached = progress(row.state, row.said, (one.state for one in mine))
        level = Level(row.level, row.level_by, row.level_at) if row.level else None
        calls = called.get(("goal", row.id), _NO_CALLS)
        cards.append(GoalCard(*(*row[:_GOAL_COLUMNS], mine, reached, level, calls)))
    return tuple(cards)
