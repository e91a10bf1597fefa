"""Where a student is in the cycle, and the single next useful thing (requirements M9, M10). Nothing is locked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

CYCLE = ("profile", "goals", "action", "work", "assess", "reflect", "revise")
FEW_ENTRIES = 3
SOON = timedelta(days=7)
REFLECT_AFTER = timedelta(days=60)
REVISIT_AFTER = timedelta(days=180)


@dataclass(frozen=True)
class GoalAt:
    """A goal that is being worked on."""

    id: int
    steps: tuple[str, ...] = ()
    """States of its steps."""
    target_on: date | None = None
    reviewed_on: date | None = None
    has_evidence: bool = False


@dataclass(frozen=True)
class StepAt:
    """A step that is not done yet."""

    id: int
    due_on: date | None
    is_stuck: bool = False


@dataclass(frozen=True)
class PlanFacts:
    """A plan, as far as its place in the cycle is concerned. Long-term goals are not among ``goals``."""

    today: date
    entries: int = 0
    profile_changed_on: date | None = None
    long_goals: int = 0
    goals: tuple[GoalAt, ...] = ()
    open_steps: tuple[StepAt, ...] = ()
    evidence: int = 0
    evidence_without_reason: int | None = None
    """Id of one that lacks its “why”."""
    suggestions: int = 0
    is_revising: bool = False
    reflected_on: date | None = None
    revision: int = 0


@dataclass(frozen=True)
class NextThing:
    """What would help most now; ``item_id`` is the goal, step or piece of evidence that it is about."""

    code: str
    step: str
    """Of the cycle."""
    item_id: int | None = None


def next_thing(plan: PlanFacts) -> NextThing:
    """Return the single next useful thing."""
    return next(_useful(plan))


def where(plan: PlanFacts) -> str:
    """Return the step of the cycle in which the student is: the one that the next useful thing belongs to."""
    return next_thing(plan).step


def _useful(plan: PlanFacts) -> Iterator[NextThing]:
    yield from _planning(plan)
    yield from _working(plan)
    yield from _assessing(plan)
    yield from _looking_back(plan)
    yield NextThing("add_evidence", "work")


def _planning(plan: PlanFacts) -> Iterator[NextThing]:
    if plan.entries == 0:
        yield NextThing("begin_profile", "profile")
    if plan.suggestions:
        yield NextThing("answer_suggestion", "work")
    if not plan.goals:
        yield NextThing("first_goal", "goals")
    for goal in plan.goals:
        if not goal.steps:
            yield NextThing("first_step", "action", goal.id)
    if plan.entries < FEW_ENTRIES:
        yield NextThing("more_profile", "profile")


def _looking_back(plan: PlanFacts) -> Iterator[NextThing]:
    if plan.reflected_on is None or plan.today - plan.reflected_on > REFLECT_AFTER:
        yield NextThing("reflect", "reflect")
    if plan.revision == 0 or plan.is_revising:
        yield NextThing("finish_revision", "revise")
    if plan.profile_changed_on and plan.today - plan.profile_changed_on > REVISIT_AFTER:
        yield NextThing("revisit_profile", "profile")
    if not plan.long_goals:
        yield NextThing("look_ahead", "goals")


def _working(plan: PlanFacts) -> Iterator[NextThing]:
    dated = sorted((one for one in plan.open_steps if one.due_on and not one.is_stuck), key=_due)
    for step in dated:
        if _due(step) < plan.today:
            yield NextThing("late_step", "work", step.id)
    if plan.evidence_without_reason is not None:
        yield NextThing("say_why", "work", plan.evidence_without_reason)
    for step in dated:
        if _due(step) - plan.today <= SOON:
            yield NextThing("do_step", "work", step.id)


def _due(step: StepAt) -> date:
    return step.due_on or date.max


def _assessing(plan: PlanFacts) -> Iterator[NextThing]:
    for goal in plan.goals:
        counted = [one for one in goal.steps if one not in {"dropped", "changed"}]
        all_done = bool(counted) and all(one == "done" for one in counted)
        is_due = goal.target_on is not None and goal.target_on <= plan.today
        recently = goal.reviewed_on is not None and plan.today - goal.reviewed_on < REFLECT_AFTER
        if (all_done or is_due) and not recently:
            yield NextThing("review_goal", "assess", goal.id)
        elif "done" in counted and not goal.has_evidence:
            yield NextThing("show_goal", "assess", goal.id)
