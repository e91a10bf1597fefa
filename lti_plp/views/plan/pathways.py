"""Pathways: the catalogue, and what of it, or of the student's own design, stands in the plan."""

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import PlpError
from lti_plp.lms.naming import names_of_people
from lti_plp.lms.students import supporters
from lti_plp.plp.catalogue import find_pathway, is_offered, list_pathways
from lti_plp.plp.items import PATHWAY
from lti_plp.plp.participation import (
    STUDENT,
    Taking,
    design_pathway,
    move_pathway,
    moves_of,
    read_pathway,
    read_pathways,
    take_pathway,
    taken,
)
from lti_plp.plp.policy import Action, SchoolWide, require
from lti_plp.plp.reading import GoalCard, read_goals
from lti_plp.views.catalogue_form import GRADES, wanted_in
from lti_plp.views.links import number_in
from lti_plp.views.plan.desk import bp, kinds, own_plan, page, pen, plan_or_none, thread_on, today
from lti_plp.views.plan.goal_form import problems_of
from lti_plp.views.plan.incoming import fields_in_form
from lti_plp.views.visit import toolbox, visit


@bp.get("/plan/pathways")
def pathways() -> ResponseReturnValue:
    """Show the student's own pathways, and the catalogue, which is the same for everybody."""
    here, plan, wanted = visit(), plan_or_none(), wanted_in(request.args)
    require(here.actor, Action.SEE_CATALOGUE, SchoolWide(here.tenant_id))
    return page(
        "pathways",
        section="pathways",
        mine=read_pathways(here.db, plan.id) if plan else [],
        entries=list_pathways(here.db, here.tenant_id, kinds(), today(), wanted),
        wanted=wanted,
        grades=GRADES,
    )


@bp.get("/plan/pathways/<int:pathway_id>")
def pathway_entry(pathway_id: int) -> ResponseReturnValue:
    """Show one entry of the catalogue, and how to take it into the plan."""
    return _entry_page(pathway_id, Taking(), {})


def _entry_page(pathway_id: int, sent: Taking, problems: dict[str, str]) -> str:
    here, plan = visit(), plan_or_none()
    require(here.actor, Action.SEE_CATALOGUE, SchoolWide(here.tenant_id))
    entry = find_pathway(here.db, here.tenant_id, pathway_id)
    return page(
        "pathway_entry",
        section="pathways",
        entry=entry,
        is_offered=is_offered(entry, today()),
        taken=taken(here.db, plan.id, entry.id) if plan else None,
        goals=_open_goals(),
        sent=sent,
        problems=problems,
    )


def _open_goals() -> list[GoalCard]:
    plan = plan_or_none()
    return [one for one in read_goals(visit().db, plan.id) if one.is_open] if plan else []


@bp.post("/plan/pathways/<int:pathway_id>/take")
def take_entry(pathway_id: int) -> ResponseReturnValue:
    """Take an entry into the plan, with what it needs first; a plan begins with it when there is none."""
    here, form = visit(), request.form
    steps = tuple(number_in(one) for one in form.getlist("step"))
    taking = Taking(number_in(form.get("goal_id", "")) or None, form.get("new_goal", ""), steps)
    try:
        item = take_pathway(pen(), pathway_id, taking)
    except PlpError as problem:
        here.db.rollback()
        return _entry_page(pathway_id, taking, problems_of(problem)), problem.status
    here.db.commit()
    return redirect(url_for("plan.pathway", participation_id=item.id), 303)


@bp.get("/plan/pathways/new")
def new_pathway() -> ResponseReturnValue:
    """Ask for a pathway of the student's own design."""
    return _new_page({}, {})


def _new_page(sent: dict[str, Any], problems: dict[str, str]) -> str:
    return page("new_pathway", section="pathways", sent=sent, problems=problems)


@bp.post("/plan/pathways/new")
def create_pathway() -> ResponseReturnValue:
    """Add it, and go on to its page."""
    here, sent = visit(), fields_in_form(PATHWAY, request.form)
    try:
        item = design_pathway(pen(), sent)
    except PlpError as problem:
        here.db.rollback()
        return _new_page(sent, problems_of(problem)), problem.status
    here.db.commit()
    return redirect(url_for("plan.pathway", participation_id=item.id), 303)


@bp.get("/plan/pathways/mine/<int:participation_id>")
def pathway(participation_id: int) -> ResponseReturnValue:
    """Show a pathway of the plan: where it stands, what is next, and everything that is said of it."""
    return _pathway_page(participation_id, {})


def _pathway_page(participation_id: int, problems: dict[str, str]) -> str:
    here, plan = visit(), own_plan()
    shown = read_pathway(here.db, plan.id, participation_id, toolbox().clock())
    decided_by = [shown.item.decided_by] if shown.item.decided_by else []
    return page(
        "pathway",
        section="pathways",
        shown=shown,
        item=shown.item,
        moves=moves_of(shown.item.state, STUDENT),
        goals=_open_goals(),
        known=supporters(here.db, here.tenant_id, here.actor.person_id),
        decided_by=names_of_people(here.db, here.tenant_id, decided_by),
        problems=problems,
        **thread_on(plan, "pathway", participation_id),
    )


@bp.post("/plan/pathways/mine/<int:participation_id>/move")
def go_on(participation_id: int) -> ResponseReturnValue:
    """Go on with a pathway: propose it, begin, finish, give it up, think it over."""
    here, _ = visit(), own_plan()
    try:
        move_pathway(pen(), participation_id, request.form.get("to", ""))
    except PlpError as problem:
        here.db.rollback()
        return _pathway_page(participation_id, problems_of(problem)), problem.status
    here.db.commit()
    return redirect(url_for("plan.pathway", participation_id=participation_id), 303)
