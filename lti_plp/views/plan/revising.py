"""Looking at goals one by one, and keeping a version of the plan."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import PlpError
from lti_plp.lms.naming import names_of_people
from lti_plp.plp.goal_page import read_goal
from lti_plp.plp.revision_page import read_revision
from lti_plp.plp.revisions import begin_revision, keep_version, review_goal
from lti_plp.views.links import number_in
from lti_plp.views.picker_form import bank
from lti_plp.views.plan.desk import bp, own_plan, page, pen, plan_or_none
from lti_plp.views.plan.goal_form import ReviewForm, problems_of, review_of, review_sent
from lti_plp.views.visit import visit


@bp.get("/plan/goals/<int:goal_id>/review")
def review(goal_id: int) -> ResponseReturnValue:
    """Ask how a goal went, with what shows it beside."""
    return _review_page(goal_id, None, {})


def _review_page(goal_id: int, typed: ReviewForm | None, problems: dict[str, str]) -> ResponseReturnValue:
    here = visit()
    shown = read_goal(here.db, own_plan(), goal_id)
    if shown.card is None:
        return redirect(url_for("plan.goal", goal_id=goal_id), 303)
    prompts = next(one.prompts for one in bank().steps if one.id == "assess")
    return page(
        "review",
        section="plan",
        shown=shown,
        goal=shown.goal,
        names=names_of_people(here.db, here.tenant_id, shown.people()),
        typed=typed or review_of(shown.goal),
        problems=problems,
        prompts=[one for one in prompts if one.kind == "question"],
    )


@bp.post("/plan/goals/<int:goal_id>/review")
def save_review(goal_id: int) -> ResponseReturnValue:
    """Note what the look came to, and change the goal accordingly."""
    here, typed = visit(), review_sent(request.form)
    own_plan()
    if missing := typed.missing():
        return _refused(goal_id, typed, missing, 400)
    try:
        review_goal(pen(), goal_id, typed.version, typed.draft())
    except PlpError as problem:
        here.db.rollback()
        return _refused(goal_id, typed, problems_of(problem), problem.status)
    here.db.commit()
    return redirect(url_for("plan.revision", looked=goal_id), 303)


def _refused(goal_id: int, typed: ReviewForm, problems: dict[str, str], status: int) -> ResponseReturnValue:
    shown = _review_page(goal_id, typed, problems)
    return (shown, status) if isinstance(shown, str) else shown


@bp.get("/plan/revision")
def revision() -> ResponseReturnValue:
    """Show the plan to be looked over: its goals, what changed, what is still open."""
    return _revision_page("", frozenset(), {})


def _revision_page(note: str, chosen: frozenset[int], problems: dict[str, str]) -> str:
    here, plan = visit(), plan_or_none()
    if plan is None:
        return page("revision_begin", section="plan")
    return page(
        "revision",
        section="plan",
        shown=read_revision(here.db, here.actor, plan),
        note=note,
        chosen=chosen,
        problems=problems,
        looked=number_in(request.args.get("looked", "")),
    )


@bp.post("/plan/revision/begin")
def start_revision() -> ResponseReturnValue:
    """Begin to look the plan over: from now on a changed goal needs its reason before the version is kept."""
    own_plan()
    begin_revision(pen())
    visit().db.commit()
    return redirect(url_for("plan.revision"), 303)


@bp.post("/plan/revision")
def keep() -> ResponseReturnValue:
    """Keep the plan as it stands."""
    here, note = visit(), request.form.get("note", "")
    chosen = frozenset(number_in(text) for text in request.form.getlist("reflection")) - {0}
    own_plan()
    try:
        keep_version(pen(), note, chosen)
    except PlpError as problem:
        here.db.rollback()
        return _revision_page(note, chosen, problems_of(problem)), problem.status
    here.db.commit()
    return redirect(url_for("plan.history"), 303)
