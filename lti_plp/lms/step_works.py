"""A student's step is an assignment of a course: which one, when it is done by it, and what came of it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotFound
from lti_plp.lms.applying import do_steps, occurred_at, rules_of
from lti_plp.lms.coursework_models import (
    AchievementSource,
    Coursework,
    CourseworkResult,
    EvidenceSource,
    MappingRule,
    StepWork,
)
from lti_plp.lms.mapping_rules import find_proficiency
from lti_plp.lms.models import Course, Enrolment
from lti_plp.lms.reflection_work import SOURCE
from lti_plp.plp.actor import Role
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
    is_graded: bool
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
        .where(Coursework.course_id.in_(_learns_in(person_id)), Coursework.gone_at.is_(None), _is_out())
    ).all()
    ranked = [
        (_likelihood(step, work), Choice(work.id, work.title, title, work.due_at, work.grading != "none"))
        for work, title in rows
        if work.id not in tied
    ]
    ranked.sort(
        key=lambda one: (-one[0], one[1].due_at is None, one[1].due_at or step.created_at, one[1].work_id)
    )
    found = [one for _, one in ranked]
    if ranked and ranked[0][0] > 0:
        first = found[0]
        found[0] = Choice(
            first.work_id, first.title, first.course, first.due_at, first.is_graded, is_suggested=True
        )
    return found


def _learns_in(person_id: int) -> Any:
    return select(Enrolment.course_id).where(
        Enrolment.person_id == person_id,
        Enrolment.status == "active",
        Enrolment.roles.contains(Role.LEARNER.value),
        Enrolment.roles.not_like(f"%{Role.MENTOR.value}%"),
    )


def _is_out() -> ColumnElement[bool]:
    """Ask whether students may know of a piece of work: a reflection that nobody sent may not be published yet."""
    sent = exists().where(CourseworkResult.coursework_id == Coursework.id)
    return or_(Coursework.source != SOURCE, sent)


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
    work = session.scalars(select(Coursework).where(Coursework.id == work_id, _is_out())).one_or_none()
    if work is None or work.course_id not in set(session.scalars(_learns_in(person_id))):
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
    is_here = tied.work.course_id == editor.actor.course_id
    made: Evidence = editor.add(
        "evidence",
        {
            "medium": "lms",
            "title": tied.work.title[:255],
            "text": text,
            "reason": reason,
            "url": tied.work.url,
            "captured_on": occurred_at(tied.newest).date().isoformat(),
            "course_id": tied.work.course_id if is_here else None,
            "step_ids": [step_id],
        },
    )
    editor.session.add(EvidenceSource(evidence_id=made.id, result_id=tied.newest.id))
    editor.session.flush()
    return made


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
    if checked["when"] == "share" and not work.points and work.grading != "percent":
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


def levels_to_reach(session: Session, work_ids: Collection[int]) -> list[Reachable]:
    """Return the levels that a step may ask for: of what teachers say that the work shows."""
    found: dict[tuple[int, str], Reachable] = {}
    for rules in rules_of(session, work_ids).values():
        for rule in rules:
            for level in rule.scale.levels[1:]:
                one = Reachable(rule.proficiency.id, rule.proficiency.words, level)
                found.setdefault((rule.proficiency.id, level.code), one)
    return list(found.values())


def ties_of_step(session: Session, plan: Plan, step_id: int) -> list[Tied]:
    """Return what a step is in its student's courses, with what came of it."""
    rows = session.execute(
        select(StepWork, Coursework, Course.title)
        .join(Coursework, Coursework.id == StepWork.coursework_id)
        .join(Course, Course.id == Coursework.course_id)
        .where(StepWork.step_id == step_id, StepWork.ended_at.is_(None))
        .order_by(StepWork.id)
    ).all()
    found = []
    for tied, work, title in rows:
        newest = session.scalars(
            select(CourseworkResult)
            .where(
                CourseworkResult.coursework_id == work.id,
                CourseworkResult.person_id == plan.person_id,
                CourseworkResult.part == "",
            )
            .order_by(CourseworkResult.number.desc())
            .limit(1)
        ).one_or_none()
        levels = _levels(session, plan, work)
        found.append(
            Tied(tied, work, title, _wanted(session, plan, tied), newest, _came(session, tied.id), levels)
        )
    return found


def _wanted(session: Session, plan: Plan, tied: StepWork) -> str:
    if tied.condition["when"] != "level":
        return ""
    try:
        _, proficiency, scale = find_proficiency(session, plan.tenant_id, tied.condition["proficiency_id"])
        return f"{scale.level(tied.condition['level']).label}: {proficiency.words}"
    except (NotFound, KeyError):
        # The framework has another scale by now.
        return str(tied.condition["level"])


def _came(session: Session, tie_id: int) -> tuple[Came, ...]:
    rows = session.execute(
        select(Achievement, CourseworkResult)
        .join(AchievementSource, AchievementSource.achievement_id == Achievement.id)
        .join(CourseworkResult, CourseworkResult.id == AchievementSource.result_id)
        .where(AchievementSource.step_work_id == tie_id)
        .order_by(Achievement.id.desc())
    )
    return tuple(Came(achievement.progress, result, achievement) for achievement, result in rows)


def _levels(session: Session, plan: Plan, work: Coursework) -> tuple[FromRule, ...]:
    """Return the levels that stand now which rules made of a piece of coursework."""
    rules = select(MappingRule.id, MappingRule.proficiency_id).where(
        MappingRule.coursework_id == work.id, MappingRule.ended_at.is_(None)
    )
    wanted = {row.id: row.proficiency_id for row in session.execute(rules)}
    if not wanted:
        return ()
    rows = session.execute(
        select(Rating, ProficiencyVersion, ScaleRow)
        .join(ProficiencyVersion, ProficiencyVersion.id == Rating.version_id)
        .join(ScaleRow, ScaleRow.id == ProficiencyVersion.scale_id)
        .where(
            Rating.person_id == plan.person_id,
            Rating.role == "lms",
            Rating.proficiency_id.in_(wanted.values()),
        )
        .order_by(Rating.id)
    ).all()
    newest = {
        rating.provenance["rule_id"]: FromRule(
            said.student_text or said.statement,
            None if rating.value is None else read_scale(scale).level_at(rating.value),
            read_scale(scale),
            rating.provenance["rule_version"],
        )
        for rating, said, scale in rows
        if rating.provenance.get("rule_id") in wanted
    }
    return tuple(newest.values())


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
