"""A student's step is an assignment of a course: which one, when it is done by it, and what came of it."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotFound
from lti_plp.lms.applying import do_steps, rules_of
from lti_plp.lms.coursework_models import (
    AchievementSource,
    Coursework,
    CourseworkResult,
    MappingRule,
    StepWork,
)
from lti_plp.lms.mapping_rules import find_proficiency
from lti_plp.lms.models import Course
from lti_plp.lms.own_coursework import is_out, keep_as_evidence, learns_in
from lti_plp.plp.growth.frameworks import Proficiency, read_some
from lti_plp.plp.growth.mapping import ALIKE_ENOUGH, MappingProblem, alike, checked_condition
from lti_plp.plp.growth.ratings import lock_levels
from lti_plp.plp.growth.scales import Level, Scale, read_scale
from lti_plp.plp.items import STEP
from lti_plp.plp.models import Achievement, ActionStep, Evidence, GoalStep, Plan, ProficiencyVersion, Rating
from lti_plp.plp.models import Scale as ScaleRow
from lti_plp.plp.plans import PlanEditor

NEAR = timedelta(days=3)
"""Due dates no further apart are worth a suggestion."""
MOST_TIES = 5


@dataclass(frozen=True)
class Choice:
    """Coursework that a step may be."""

    work_id: int
    title: str
    course: str
    due_at: datetime | None
    gives_share: bool
    """Whether there are points or percent to be had a share of."""
    is_suggested: bool = False


@dataclass(frozen=True)
class Reachable:
    """A level that a step may ask for."""

    proficiency_id: int
    proficiency: str
    level: Level


@dataclass(frozen=True)
class FromRule:
    """A level that a teacher's rule made of a result."""

    proficiency: str
    level: Level | None
    scale: Scale
    version: int
    """Of the rule."""
    is_by_itself: bool = False
    """Whether the LMS itself said what the work is about, and no teacher."""


@dataclass(frozen=True)
class Came:
    """What came of a step in an LMS at a time."""

    progress: str
    result: CourseworkResult
    achievement: Achievement


@dataclass(frozen=True)
class Tied:
    """Coursework that a step is, with what came of it."""

    row: StepWork
    work: Coursework
    course: str
    wanted: str
    """The level that is asked for, where the condition names one."""
    newest: CourseworkResult | None
    came: tuple[Came, ...]
    """The newest first."""
    levels: tuple[FromRule, ...]


def choices_for(session: Session, person_id: int, step: ActionStep) -> list[Choice]:
    """Return the work of a student's courses that a step may be, the likeliest first."""
    tied = set(
        session.scalars(
            select(StepWork.coursework_id).where(StepWork.step_id == step.id, StepWork.ended_at.is_(None))
        )
    )
    rows = session.execute(
        select(Coursework, Course.title)
        .join(Course, Course.id == Coursework.course_id)
        .where(Coursework.course_id.in_(learns_in(person_id)), Coursework.gone_at.is_(None), is_out())
    ).all()
    ranked = [
        (_likelihood(step, work), Choice(work.id, work.title, title, work.due_at, _gives_share(work)))
        for work, title in rows
        if work.id not in tied
    ]
    ranked.sort(
        key=lambda one: (-one[0], one[1].due_at is None, one[1].due_at or step.created_at, one[1].work_id)
    )
    found = [one for _, one in ranked]
    if ranked and ranked[0][0] > 0:
        found[0] = replace(found[0], is_suggested=True)
    return found


def _gives_share(work: Coursework) -> bool:
    return bool(work.points) or work.grading == "percent"


def _likelihood(step: ActionStep, work: Coursework) -> Decimal:
    """Return how likely a step is a piece of coursework; 0 where nothing speaks for it."""
    named = alike(step.text, work.title)
    near = work.due_at is not None and step.due_on is not None and _near(step.due_on, work.due_at.date())
    return named + (Decimal("0.5") if near else 0) if named >= ALIKE_ENOUGH or near else Decimal(0)


def _near(one: date, other: date) -> bool:
    return abs(one - other) <= NEAR


def tie_step(editor: PlanEditor, step_id: int, work_id: int, condition: Mapping[str, Any]) -> StepWork:
    """Say that a step is a piece of coursework, and when it is done by it; what came of it counts at once.

    Saying it again with another condition takes the place of the former.

    :raise NotFound: ``item_not_here``, or ``coursework_unknown`` for work of a course in which the student is not.
    :raise BadInput: ``item_removed``, or ``too_many_ties``.
    :raise MappingProblem: when the condition does not fit.
    """
    session, person_id = editor.session, editor.plan.person_id
    if editor.item(STEP, step_id).removed_at is not None:
        raise BadInput("The step was removed.", code="item_removed")
    work = session.scalars(select(Coursework).where(Coursework.id == work_id, is_out())).one_or_none()
    if work is None or work.course_id not in set(session.scalars(learns_in(person_id))):
        raise NotFound("There is no such work.", code="coursework_unknown")
    checked = _checked(session, editor.plan.tenant_id, condition, work)
    before = _open(session, step_id)
    if len(before) >= MOST_TIES and work_id not in {one.coursework_id for one in before}:
        raise BadInput("The step is so many things already.", code="too_many_ties")
    for one in before:
        if one.coursework_id == work_id:
            if one.condition == checked:
                return one
            one.ended_at = editor.now
    session.flush()
    made = StepWork(
        step_id=step_id,
        coursework_id=work_id,
        condition=checked,
        made_by=editor.actor.person_id,
        made_at=editor.now,
    )
    session.add(made)
    session.flush()
    do_steps(session, person_id, [work_id], rules_of(session, [work_id]), editor.now)
    return made


def hold_results(session: Session, person_id: int) -> None:
    """Let no result of a student come in between; to be done before her plan is taken for editing.

    Whoever takes an answer of an LMS takes the student first and then the plan, too.
    """
    lock_levels(session, person_id)


def show_result(
    editor: PlanEditor, step_id: int, tie_id: int, words: Callable[["Tied"], tuple[str, str]]
) -> Evidence:
    """Keep what an LMS says now of a step as evidence; it stays as it is when the grade changes.

    ``words`` gives what the LMS shows, in words, and the student's own reason.

    :raise NotFound: ``item_not_here``; or ``coursework_unknown`` before the LMS says anything.
    :raise BadInput: when a value is wrong.
    """
    editor.item(STEP, step_id)
    tied = next(
        (one for one in ties_of_step(editor.session, editor.plan, step_id) if one.row.id == tie_id), None
    )
    if tied is None:
        raise NotFound("The plan holds no such thing.", code="item_not_here")
    if tied.newest is None or tied.newest.state not in {"graded", "submitted"}:
        raise NotFound("The LMS says nothing of it yet.", code="coursework_unknown")
    text, reason = words(tied)
    fields = {"text": text, "reason": reason, "step_ids": [step_id]}
    return keep_as_evidence(editor, tied.work, tied.newest, fields)


def untie_step(editor: PlanEditor, step_id: int, tie_id: int) -> None:
    """Let a step no longer be a piece of coursework; what came of it stays.

    :raise NotFound: ``item_not_here`` when the plan has no such step, or the step is no such work.
    """
    editor.item(STEP, step_id)
    found = editor.session.get(StepWork, tie_id)
    if found is None or found.step_id != step_id:
        raise NotFound("The plan holds no such thing.", code="item_not_here")
    if found.ended_at is None:
        found.ended_at = editor.now
        editor.session.flush()


def _checked(
    session: Session, tenant_id: int, condition: Mapping[str, Any], work: Coursework
) -> dict[str, Any]:
    checked = checked_condition(condition)
    if checked["when"] == "level":
        _, _, scale = find_proficiency(session, tenant_id, checked["proficiency_id"])
        if checked["level"] not in {one.code for one in scale.levels}:
            raise MappingProblem("level_unknown", checked["level"])
    if checked["when"] == "share" and not _gives_share(work):
        raise MappingProblem("way_does_not_fit")
    return checked


def _open(session: Session, step_id: int) -> list[StepWork]:
    return list(
        session.scalars(
            select(StepWork)
            .where(StepWork.step_id == step_id, StepWork.ended_at.is_(None))
            .order_by(StepWork.id)
        )
    )


def levels_to_reach(session: Session, work_id: int) -> list[Reachable]:
    """Return the levels that a step may ask for: of what teachers say that this work shows, on its own scales."""
    found: dict[tuple[int, str], Reachable] = {}
    for rules in rules_of(session, [work_id]).values():
        for rule in rules:
            for level in rule.scale.levels[1:]:
                one = Reachable(rule.proficiency.id, rule.proficiency.words, level)
                found.setdefault((rule.proficiency.id, level.code), one)
    return list(found.values())


def ties_of_step(session: Session, plan: Plan, step_id: int) -> tuple[Tied, ...]:
    """Return what a step is in its student's courses, with what came of it."""
    return ties_of_steps(session, plan, [step_id]).get(step_id, ())


def ties_of_steps(session: Session, plan: Plan, step_ids: Collection[int]) -> dict[int, tuple[Tied, ...]]:
    """Return step's id -> what it is in its student's courses; so many statements, however many steps there are."""
    rows = session.execute(
        select(StepWork, Coursework, Course.title)
        .join(Coursework, Coursework.id == StepWork.coursework_id)
        .join(Course, Course.id == Coursework.course_id)
        .where(StepWork.step_id.in_(step_ids), StepWork.ended_at.is_(None))
        .order_by(StepWork.id)
    ).all()
    if not rows:
        return {}
    works = {work.id for _, work, _ in rows}
    newest = _newest(session, plan, works)
    came = _came(session, [tied.id for tied, _, _ in rows])
    wanted = _wanted(session, plan, [tied for tied, _, _ in rows])
    levels = _levels(session, plan, works)
    found: dict[int, list[Tied]] = defaultdict(list)
    for tied, work, title in rows:
        one = Tied(
            tied,
            work,
            title,
            wanted.get(tied.id, ""),
            newest.get(work.id),
            tuple(came[tied.id]),
            tuple(levels[work.id]),
        )
        found[tied.step_id].append(one)
    return {step_id: tuple(some) for step_id, some in found.items()}


def _newest(session: Session, plan: Plan, work_ids: Collection[int]) -> dict[int, CourseworkResult]:
    """Return coursework -> what its LMS says now of the student."""
    rows = session.scalars(
        select(CourseworkResult)
        .where(
            CourseworkResult.coursework_id.in_(work_ids),
            CourseworkResult.person_id == plan.person_id,
            CourseworkResult.part == "",
        )
        .order_by(CourseworkResult.number)
    )
    return {row.coursework_id: row for row in rows}


def _wanted(session: Session, plan: Plan, ties: Collection[StepWork]) -> dict[int, str]:
    """Return tie -> the level that is asked for, in words."""
    asked = {one.id: one.condition for one in ties if one.condition["when"] == "level"}
    about = {condition["proficiency_id"] for condition in asked.values()}
    known = {one.id: one for one in read_some(session, plan.tenant_id, about)}
    return {
        tie_id: _level_words(known.get(condition["proficiency_id"]), condition["level"])
        for tie_id, condition in asked.items()
    }


def _level_words(proficiency: Proficiency | None, code: str) -> str:
    try:
        if proficiency is not None and proficiency.scale is not None:
            return f"{proficiency.scale.level(code).label}: {proficiency.words}"
    except KeyError:
        # The framework has another scale by now.
        pass
    return code


def _came(session: Session, tie_ids: Collection[int]) -> dict[int, list[Came]]:
    rows = session.execute(
        select(AchievementSource.step_work_id, Achievement, CourseworkResult)
        .join(AchievementSource, AchievementSource.achievement_id == Achievement.id)
        .join(CourseworkResult, CourseworkResult.id == AchievementSource.result_id)
        .where(AchievementSource.step_work_id.in_(tie_ids))
        .order_by(Achievement.id.desc())
    )
    found: dict[int, list[Came]] = defaultdict(list)
    for tie_id, achievement, result in rows:
        found[tie_id].append(Came(achievement.progress, result, achievement))
    return found


def _levels(session: Session, plan: Plan, work_ids: Collection[int]) -> dict[int, list[FromRule]]:
    """Return coursework -> the levels that stand now which rules made of it."""
    rules = session.execute(
        select(MappingRule.id, MappingRule.coursework_id, MappingRule.proficiency_id).where(
            MappingRule.coursework_id.in_(work_ids), MappingRule.ended_at.is_(None)
        )
    ).all()
    work_of = {row.id: row.coursework_id for row in rules}
    found: dict[int, list[FromRule]] = defaultdict(list)
    if not rules:
        return found
    rows = session.execute(
        select(Rating, ProficiencyVersion, ScaleRow)
        .join(ProficiencyVersion, ProficiencyVersion.id == Rating.version_id)
        .join(ScaleRow, ScaleRow.id == ProficiencyVersion.scale_id)
        .where(
            Rating.person_id == plan.person_id,
            Rating.role == "lms",
            Rating.proficiency_id.in_({row.proficiency_id for row in rules}),
        )
        .order_by(Rating.id)
    ).all()
    # Of each rule the newest rating stands; it replaced those before.
    newest = {rating.provenance.get("rule_id"): (rating, said, scale) for rating, said, scale in rows}
    for rule_id, made in newest.items():
        if rule_id in work_of:
            found[work_of[rule_id]].append(_from_rule(*made))
    return found


def _from_rule(rating: Rating, said: ProficiencyVersion, row: ScaleRow) -> FromRule:
    scale = read_scale(row)
    level = None if rating.value is None else scale.level_at(rating.value)
    words, told = said.student_text or said.statement, rating.provenance
    return FromRule(words, level, scale, told["rule_version"], is_by_itself=bool(told.get("outcome")))


def steps_by_grades(session: Session, plan_id: int, goal_id: int) -> int:
    """Return how many steps of a goal are done because of what an LMS said last."""
    steps = session.scalars(
        select(ActionStep.id)
        .join(GoalStep, GoalStep.step_id == ActionStep.id)
        .where(
            GoalStep.goal_id == goal_id,
            ActionStep.plan_id == plan_id,
            ActionStep.state == "done",
            ActionStep.removed_at.is_(None),
            ActionStep.id.in_(
                select(Achievement.step_id).where(
                    Achievement.plan_id == plan_id,
                    Achievement.source == "lms",
                    Achievement.progress == "reached",
                )
            ),
        )
    )
    return len(set(steps))
