"""The demo's assignments: their teacher's rules, the students' grades, and steps that follow them.

The data are in ``config/demo/growth/coursework.toml``; what is made of them goes through the functions of the product.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.cli.demo_player import TEACHER, People
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.coursework import take
from lti_plp.lms.coursework_models import Coursework
from lti_plp.lms.mapping_rules import Wanted, find_target, save_rule, usual_rule
from lti_plp.lms.models import Course
from lti_plp.lms.step_works import hold_results, tie_step
from lti_plp.lms.work import Work, WorkResult
from lti_plp.plp.growth.frameworks import Tree
from lti_plp.plp.growth.mapping import VERSION
from lti_plp.plp.kinds import load_kinds
from lti_plp.plp.models import ActionStep
from lti_plp.plp.plans import PlanEditor, open_plan
from lti_plp.plp.policy import Place

SOURCE = "gradebook"
"""No adapter reads it: an answer of a real one would be the whole of its source, and these works gone."""
GIVEN, GRADED, TIED = timedelta(days=30), timedelta(days=5), timedelta(hours=2)
"""So long ago the works were given, the first grades were there, and students said which step is which work."""


def make_coursework(box: Toolbox, session: Session, tree: Tree, people: People, now: datetime) -> None:
    """Let the works be given, graded and graded again, with steps that follow.

    :raise ValueError: when a plan has no such step.
    """
    file = box.settings.config_folder / "demo" / "growth" / "coursework.toml"
    told: list[dict[str, Any]] = tomllib.loads(file.read_text(encoding="utf-8"))["work"]
    actor = people[TEACHER].actor
    course = session.get_one(Course, actor.course_id)
    works = [_work(one, now) for one in told]
    take(session, course, works, [], SOURCE, now - GIVEN)
    ids = _ids(session, course.id)
    for one in told:
        _rule(session, tree, people, one, ids[one["key"]], now - GIVEN)
    take(session, course, works, _results(told, people, _first, now - GRADED), SOURCE, now - GRADED)
    for one in told:
        if one["step"]["student"] in people:
            _tie(box, session, tree, people, one, ids[one["key"]], now - TIED)
    take(session, course, works, _results(told, people, _last, now - GRADED), SOURCE, now)


def _work(told: Mapping[str, Any], now: datetime) -> Work:
    points = Decimal(told["points"]) if "points" in told else None
    due_at = now - timedelta(days=told["due_days_ago"])
    return Work(told["key"], told["title"], told["grading"], points, due_at)


def _ids(session: Session, course_id: int) -> dict[str, int]:
    rows = session.execute(
        select(Coursework.source_id, Coursework.id).where(
            Coursework.course_id == course_id, Coursework.source == SOURCE
        )
    )
    return {row.source_id: row.id for row in rows}


def _rule(
    session: Session, tree: Tree, people: People, told: Mapping[str, Any], work_id: int, at: datetime
) -> None:
    """Let the teacher say that a work shows a proficiency, by the usual rule of its scale."""
    actor = people[TEACHER].actor
    place = Place(actor.tenant_id, actor.course_id or 0)
    target = find_target(session, actor, place, work_id, "")
    proficiency_id = _proficiency(tree, told)
    definition = usual_rule(session, target, actor.tenant_id, proficiency_id)
    save_rule(session, actor, place, Wanted(work_id, "", proficiency_id, definition), at)


def _proficiency(tree: Tree, told: Mapping[str, Any]) -> int:
    return next(one.id for one in tree.rated if one.code == told["shows"])


def _first(grades: Sequence[str]) -> tuple[str, timedelta]:
    return grades[0], timedelta(0)


def _last(grades: Sequence[str]) -> tuple[str, timedelta]:
    """Return the grade that counts, and how much later than the first it was given."""
    return grades[-1], timedelta(days=4) if len(grades) > 1 else timedelta(0)


def _results(
    told: Sequence[Mapping[str, Any]],
    people: People,
    pick: Callable[[Sequence[str]], tuple[str, timedelta]],
    at: datetime,
) -> list[WorkResult]:
    return [
        _result(one, people[student].actor.person_id, *pick(grades), at)
        for one in told
        for student, grades in one["got"].items()
        if student in people
    ]


def _result(
    told: Mapping[str, Any], person_id: int, grade: str, later: timedelta, at: datetime
) -> WorkResult:
    is_points = told["grading"] == "points"
    return WorkResult(
        told["key"],
        person_id,
        "graded" if grade else "submitted",
        score=Decimal(grade) if grade and is_points else None,
        grade="" if is_points else grade,
        submitted_at=at - timedelta(days=1),
        graded_at=at + later if grade else None,
    )


def _tie(
    box: Toolbox,
    session: Session,
    tree: Tree,
    people: People,
    told: Mapping[str, Any],
    work_id: int,
    at: datetime,
) -> None:
    """Let a student say that a step is the work, and from which level on it is done."""
    actor, wanted = people[told["step"]["student"]].actor, told["step"]
    hold_results(session, actor.person_id)
    plan = open_plan(session, actor, at)
    step_id = session.scalars(
        select(ActionStep.id).where(ActionStep.plan_id == plan.id, ActionStep.text == wanted["text"])
    ).one_or_none()
    if step_id is None:
        raise ValueError(f"coursework.toml, {wanted['student']}: no such step: {wanted['text']}")
    editor = PlanEditor(session, plan, actor, load_kinds(box.settings.config_folder).of, at)
    condition = {
        "version": VERSION,
        "when": "level",
        "proficiency_id": _proficiency(tree, told),
        "level": wanted["from"],
    }
    tie_step(editor, step_id, work_id, condition)
