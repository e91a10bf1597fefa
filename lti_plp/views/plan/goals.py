"""Goals and their steps."""

from collections.abc import Callable
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import PlpError
from lti_plp.lms.links import courses_shown
from lti_plp.lms.step_works import steps_by_grades
from lti_plp.lms.students import supporters
from lti_plp.plp.goal_page import read_goal, read_step
from lti_plp.plp.goal_work import add_goal, add_step, finish_step, move_step, say_how_far
from lti_plp.plp.growth.goal_reading import goal_growth, progress_words
from lti_plp.plp.plans import PlanEditor
from lti_plp.plp.reading import GoalCard, read_goals
from lti_plp.plp.reflection_lists import reflections_of_goal, reflections_of_step
from lti_plp.views.language import choose_locale
from lti_plp.views.plan.coursework import coursework_on
from lti_plp.views.plan.desk import bp, kinds, own_plan, page, pen, plan_form, plan_or_none, thread_on, today
from lti_plp.views.plan.evidence import files_of
from lti_plp.views.plan.goal_form import (
    NewGoal,
    Typed,
    new_goal_sent,
    problems_of,
    said_sent,
    step_sent,
    wanted_goal,
)
from lti_plp.views.plan.proficiencies import offered
from lti_plp.views.visit import visit


@bp.get("/plan/goals/new")
def new_goal() -> ResponseReturnValue:
    """Ask what the student wants to reach; the address may say how far ahead, and what it leads to."""
    return _new_page(wanted_goal(request.args), {})


def _new_page(typed: NewGoal, problems: dict[str, str]) -> str:
    plan = plan_or_none()
    goals = read_goals(visit().db, plan.id) if plan else ()
    return page(
        "new_goal",
        section="plan",
        typed=typed,
        problems=problems,
        parents=_open_long(goals),
        offer=offered(plan, typed.proficiency_ids),
        goal_kinds=plan_form().goal_kinds(kinds()),
    )


def _open_long(goals: tuple[GoalCard, ...]) -> list[GoalCard]:
    return [one for one in goals if one.horizon == "long" and one.is_open]


@bp.post("/plan/goals/new")
def create_goal() -> ResponseReturnValue:
    """Add a goal, and go on to its page; a plan begins with it when there is none."""
    here, typed = visit(), new_goal_sent(request.form)
    values = typed.values(plan_form().goal_kinds(kinds()))
    try:
        goal = add_goal(pen(), values)
    except PlpError as problem:
        here.db.rollback()
        return _new_page(typed, problems_of(problem)), problem.status
    here.db.commit()
    return redirect(url_for("plan.goal", goal_id=goal.id), 303)


@bp.get("/plan/goals/<int:goal_id>")
def goal(goal_id: int) -> ResponseReturnValue:
    """Show a goal with its steps, what shows it, and how far it is."""
    return _goal_page(goal_id, Typed())


def _goal_page(goal_id: int, typed: Typed) -> str:
    here, plan = visit(), own_plan()
    shown = read_goal(here.db, plan, goal_id)
    return page(
        "goal",
        section="plan",
        shown=shown,
        files=files_of(shown.evidence),
        goal=shown.goal,
        proficiency_ids=shown.proficiency_ids,
        offer=offered(plan, shown.proficiency_ids),
        person_id=here.actor.person_id,
        advice=shown.advice(today())[:2] if shown.card and shown.card.is_open else [],
        reflections=reflections_of_goal(here.db, here.actor, plan.id, goal_id).lines,
        known=supporters(here.db, here.tenant_id, here.actor.person_id),
        goal_kinds=plan_form().goal_kinds(kinds()),
        by_grades=steps_by_grades(here.db, plan.id, goal_id),
        growth=goal_growth(here.db, plan.id, progress_words(kinds(), choose_locale()), goal_id=goal_id),
        typed=typed,
        done=request.args.get("done", ""),
        shown_in=courses_shown(here.db, here.actor.person_id, "goal", goal_id),
        **thread_on(plan, "goal", goal_id, shown.people()),
    )


@bp.post("/plan/goals/<int:goal_id>/steps")
def create_step(goal_id: int) -> ResponseReturnValue:
    """Add a step to a goal."""
    sent = step_sent(request.form)
    return _work(goal_id, "steps", lambda editor: add_step(editor, goal_id, sent), step=sent)


@bp.post("/plan/goals/<int:goal_id>/progress")
def say_progress(goal_id: int) -> ResponseReturnValue:
    """Note how far the student says that a goal is."""
    sent = said_sent(request.form)
    return _work(goal_id, "progress", lambda editor: say_how_far(editor, goal_id, sent), said=sent)


@bp.post("/plan/goals/<int:goal_id>/steps/<int:step_id>/move")
def reorder_step(goal_id: int, step_id: int) -> ResponseReturnValue:
    """Let a step change places with its neighbor."""
    way = request.form.get("way", "")
    return _work(goal_id, "steps", lambda editor: move_step(editor, goal_id, step_id, way))


@bp.post("/plan/goals/<int:goal_id>/steps/<int:step_id>/done")
def step_done(goal_id: int, step_id: int) -> ResponseReturnValue:
    """Mark a step as done, and offer to show what came of it."""
    return _work(goal_id, "steps", lambda editor: finish_step(editor, step_id), done=step_id)


def _work(
    goal_id: int,
    anchor: str,
    act: Callable[[PlanEditor], Any],
    done: int | None = None,
    **typed: dict[str, Any],
) -> ResponseReturnValue:
    """Do something to a goal and return to its page; what was refused is shown there, with what was typed."""
    here, _ = visit(), own_plan()
    try:
        act(pen())
    except PlpError as problem:
        here.db.rollback()
        return _goal_page(goal_id, Typed(problems=problems_of(problem), **typed)), problem.status
    here.db.commit()
    return redirect(url_for("plan.goal", goal_id=goal_id, done=done, _anchor=anchor), 303)


@bp.get("/plan/steps/<int:step_id>")
def step(step_id: int) -> ResponseReturnValue:
    """Show a step with everything that can be said about it."""
    here, plan = visit(), own_plan()
    shown = read_step(here.db, plan, step_id)
    return page(
        "step",
        section="plan",
        shown=shown,
        files=files_of(shown.evidence),
        step=shown.step,
        is_late=shown.is_late(today()),
        **coursework_on(shown.step),
        reflections=reflections_of_step(here.db, here.actor, plan.id, step_id).lines,
        known=supporters(here.db, here.tenant_id, here.actor.person_id),
        **thread_on(plan, "step", step_id),
    )
