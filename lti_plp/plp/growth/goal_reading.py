"""What pictures of goals are made of: words that were said and kept, read for one plan and one reader."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from lti_plp.plp.growth.growth_reading import LONGEST, sees
from lti_plp.plp.growth.pictures import LEVEL, Picture, Progress, Tick, goal_picture
from lti_plp.plp.kinds import Kinds
from lti_plp.plp.levels import is_level
from lti_plp.plp.models import (
    Achievement,
    ActionStep,
    Evidence,
    Goal,
    GoalReview,
    GoalStep,
    Meeting,
    PlanChange,
    Reflection,
    ReflectionAbout,
    ReflectionTemplate,
)

REACHED = "reached"
"""The word for a goal that is met, of the vocabulary's ``progress``."""
OPEN = frozenset({"draft", "active"})

Words = Sequence[tuple[str, str]]
"""(id, title) of each word for progress, from the least on."""


@dataclass(frozen=True)
class GoalGrowth:
    """A goal with the picture of how far it has come."""

    goal_id: int
    statement: str
    is_open: bool
    picture: Picture


def progress_words(kinds: Kinds, locale: str) -> Words:
    """Return the school's words for progress in a language."""
    found = kinds.of("progress")
    return [
        (one, kinds.title("progress", one, locale))
        for one in sorted(found, key=lambda one: int(found[one].extra["share"]))
    ]


def goal_growth(
    session: Session,
    plan_id: int,
    words: Words,
    audiences: Collection[str] | None = None,
    goal_id: int | None = None,
) -> list[GoalGrowth]:
    """Return a plan's goals of which something was said, as somebody sees them who sees what is for ``audiences``.

    ``None`` is the student herself. Open goals come first. Six statements, or one when there is no goal.
    """
    goals = _goals(session, plan_id, audiences, goal_id)
    if not goals:
        return []
    ids = [one.id for one in goals]
    said = _said(session, plan_id, audiences)
    looks = _looks(session, ids)
    steps = _steps(session, plan_id, ids, audiences)
    reflections = _reflections(session, ids, audiences)
    meetings = session.execute(
        select(Meeting.id, Meeting.held_at).where(Meeting.plan_id == plan_id, Meeting.state == "held")
    ).all()
    found = []
    for goal in goals:
        reviews = looks.get(goal.id, [])
        words_of_it = said.get(goal.id, []) + _met(goal, reviews)
        if words_of_it:
            beside = steps.get(goal.id, []) + reflections.get(goal.id, [])
            picture = goal_picture(words, words_of_it, beside + _around(goal, reviews, meetings))
            found.append(GoalGrowth(goal.id, goal.statement, goal.state in OPEN, picture))
    return [one for one in found if one.picture.dots]


def _goals(
    session: Session, plan_id: int, audiences: Collection[str] | None, goal_id: int | None
) -> Sequence[Goal]:
    wanted = select(Goal).where(
        Goal.plan_id == plan_id, Goal.removed_at.is_(None), sees(Goal.audience, audiences)
    )
    if goal_id is not None:
        wanted = wanted.where(Goal.id == goal_id)
    rows = session.scalars(wanted.order_by(Goal.position, Goal.id)).all()
    return sorted(rows, key=lambda one: (one.state not in OPEN, one.horizon == "long"))


def _said(session: Session, plan_id: int, audiences: Collection[str] | None) -> dict[int, list[Progress]]:
    """Return goal id -> what was said of it; a level of a step's evidence is one of each goal that the step serves."""
    goal_id = func.coalesce(Achievement.goal_id, GoalStep.goal_id).label("goal_id")
    rows = session.execute(
        select(
            goal_id,
            Achievement.progress,
            Achievement.source,
            Achievement.occurred_at,
            Evidence.id.label("evidence_id"),
            func.coalesce(
                func.nullif(Evidence.title, ""), func.nullif(Evidence.text, ""), Evidence.url
            ).label("words"),
            Evidence.removed_at,
            sees(Evidence.audience, audiences).label("is_seen"),
            is_level().label("is_level"),
        )
        .outerjoin(GoalStep, GoalStep.step_id == Achievement.step_id)
        .outerjoin(Evidence, Evidence.id == Achievement.evidence_id)
        .where(
            Achievement.plan_id == plan_id,
            Achievement.progress != "",
            or_(Achievement.goal_id.is_not(None), is_level()),
        )
        .order_by(Achievement.occurred_at, Achievement.id)
    )
    found: dict[int, list[Progress]] = {}
    for row in rows:
        # A level is said of its evidence: who does not see that does not see the level.
        if row.goal_id is not None and (row.is_seen or not row.is_level):
            found.setdefault(row.goal_id, []).append(_progress(row))
    return found


def _progress(row: Any) -> Progress:
    role = LEVEL if row.is_level else "self" if row.source == "manual" else "lms"
    is_shown = row.evidence_id is not None and row.is_seen and row.removed_at is None
    evidence_id = row.evidence_id if is_shown else None
    return Progress(row.occurred_at, row.progress, role, evidence_id, row.words[:LONGEST] if is_shown else "")


def _looks(session: Session, goal_ids: Iterable[int]) -> dict[int, list[Any]]:
    rows = session.execute(
        select(GoalReview.goal_id, GoalReview.outcome, GoalReview.created_at)
        .where(GoalReview.goal_id.in_(goal_ids))
        .order_by(GoalReview.id)
    )
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.goal_id, []).append(row)
    return found


def _met(goal: Goal, reviews: Sequence[Any]) -> list[Progress]:
    """Return the look by which a goal was met, which is a word on how far it is, too."""
    if goal.state != "met":
        return []
    return [Progress(one.created_at, REACHED) for one in reviews if one.outcome == "met"][-1:]


def _around(goal: Goal, reviews: Sequence[Any], meetings: Iterable[Any]) -> list[Tick]:
    """Return when the goal began, and the conferences until it ended."""
    ended: datetime | None = reviews[-1].created_at if reviews and goal.state not in OPEN else None
    return [
        Tick("goal", goal.created_at, goal.id),
        *(
            Tick("meeting", one.held_at, one.id)
            for one in meetings
            if goal.created_at <= one.held_at and (ended is None or one.held_at <= ended)
        ),
    ]


def _steps(
    session: Session, plan_id: int, goal_ids: Iterable[int], audiences: Collection[str] | None
) -> Mapping[int, list[Tick]]:
    """Return goal id -> when its steps were done, as the history of the plan has it."""
    rows = session.execute(
        select(GoalStep.goal_id, ActionStep.id, ActionStep.text, PlanChange.at, PlanChange.fields)
        .join(ActionStep, ActionStep.id == GoalStep.step_id)
        .join(PlanChange, PlanChange.item_id == ActionStep.id)
        .where(
            PlanChange.plan_id == plan_id,
            PlanChange.item_kind == "step",
            PlanChange.action != "kept",
            GoalStep.goal_id.in_(goal_ids),
            ActionStep.state == "done",
            ActionStep.removed_at.is_(None),
            sees(ActionStep.audience, audiences),
        )
        .order_by(PlanChange.number)
    )
    # Done, taken up again and done: the last time counts.
    last = {
        (row.goal_id, row.id): Tick("step", row.at, row.id, row.text[:LONGEST])
        for row in rows
        if row.fields.get("state", ("", ""))[1] == "done"
    }
    found: dict[int, list[Tick]] = {}
    for (goal_id, _), tick in last.items():
        found.setdefault(goal_id, []).append(tick)
    return found


def _reflections(
    session: Session, goal_ids: Iterable[int], audiences: Collection[str] | None
) -> Mapping[int, list[Tick]]:
    rows = session.execute(
        select(ReflectionAbout.goal_id, Reflection.id, Reflection.submitted_at, ReflectionTemplate.title)
        .join(Reflection, Reflection.id == ReflectionAbout.reflection_id)
        .join(ReflectionTemplate, ReflectionTemplate.id == Reflection.template_id)
        .where(
            ReflectionAbout.goal_id.in_(goal_ids),
            Reflection.submitted_at.is_not(None),
            Reflection.state == "submitted",
            sees(Reflection.audience, audiences),
        )
    )
    found: dict[int, list[Tick]] = {}
    for row in rows:
        found.setdefault(row.goal_id, []).append(
            Tick("reflection", row.submitted_at, row.id, row.title[:LONGEST])
        )
    return found
