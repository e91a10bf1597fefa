"""Transitions: what changes, what is still to be done, and what the receiving adult gets."""

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import PlpError
from lti_plp.files.showing import own_cards
from lti_plp.lms.naming import names_of_people
from lti_plp.lms.students import student_facts, supporters
from lti_plp.plp.package import package_of
from lti_plp.plp.transition import (
    PARTS,
    Agreeing,
    TransitionPage,
    agree,
    begin_transition,
    read_transition,
    read_transitions,
    take_back,
    transition_of,
)
from lti_plp.views.language import choose_locale
from lti_plp.views.links import number_in
from lti_plp.views.plan.desk import bp, own_plan, page, pen, plan_or_none, thread_on
from lti_plp.views.plan.goal_form import problems_of
from lti_plp.views.visit import toolbox, visit


@bp.get("/plan/transition")
def transition() -> ResponseReturnValue:
    """Show the newest transition plan, or the one that is asked for; or how to begin one."""
    here, plan = visit(), plan_or_none()
    found = read_transitions(here.db, plan.id) if plan else []
    asked = number_in(request.args.get("id", ""))
    item = next((one for one in found if one.id == asked or not asked), None)
    if plan is None or item is None or request.args.get("new"):
        return page("transition_begin", section="transition", others=found)
    return page(
        "transition",
        section="transition",
        item=item,
        shown=read_transition(here.db, item),
        others=[one for one in found if one.id != item.id],
        files=own_cards(here.db, here.actor, [item.file_id] if item.file_id else []),
        known=supporters(here.db, here.tenant_id, here.actor.person_id),
        **thread_on(plan, "transition", item.id),
    )


@bp.post("/plan/transition/begin")
def start_transition() -> ResponseReturnValue:
    """Begin one, with what could be seen to."""
    folder = toolbox().settings.config_folder
    item = begin_transition(pen(), request.form.get("kind", ""), folder, choose_locale())
    visit().db.commit()
    return redirect(url_for("plan.transition", id=item.id), 303)


@bp.get("/plan/transition/<int:transition_id>/package")
def package(transition_id: int) -> ResponseReturnValue:
    """Show what the receiving adult would get: of the parts that are asked for, or that were agreed to."""
    return _package_page(transition_id, {}, {})


def _package_page(transition_id: int, sent: dict[str, Any], problems: dict[str, str]) -> str:
    here, plan = visit(), own_plan()
    item = transition_of(here.db, plan.id, transition_id)
    shown = read_transition(here.db, item)
    parts = _parts(shown)
    found = package_of(here.db, plan, item, shown, parts)
    return page(
        "transition_package",
        section="transition",
        item=item,
        shown=shown,
        parts=parts,
        package=found,
        student_id=plan.person_id,
        names=names_of_people(here.db, here.tenant_id, found.plan.people() | {plan.person_id}),
        facts=student_facts(here.db, plan.tenant_id, plan.person_id),
        row=plan,
        every_part=PARTS,
        sent=sent,
        problems=problems,
    )


def _parts(shown: TransitionPage) -> list[str]:
    asked = request.values.getlist("part")
    if "chosen" in request.values:
        return [part for part in PARTS if part in asked]
    return list(shown.student.parts) if shown.student else ["profile", "goals", "evidence"]


@bp.post("/plan/transition/<int:transition_id>/agree")
def agree_to_hand_over(transition_id: int) -> ResponseReturnValue:
    """Record that the student agrees that these parts go to this receiver."""
    here, form = visit(), request.form
    own_plan()
    agreeing = Agreeing(
        number_in(form.get("version", "")),
        here.person_name,
        tuple(form.getlist("part")),
        form.get("receiver", ""),
    )
    try:
        agree(pen(), transition_id, agreeing)
    except PlpError as problem:
        here.db.rollback()
        return _package_page(
            transition_id, {"receiver": agreeing.receiver}, problems_of(problem)
        ), problem.status
    here.db.commit()
    return redirect(url_for("plan.package", transition_id=transition_id, _anchor="agreement"), 303)


@bp.post("/plan/transition/<int:transition_id>/take-back")
def take_agreement_back(transition_id: int) -> ResponseReturnValue:
    """Record that the student does not agree any more."""
    own_plan()
    take_back(pen(), transition_id)
    visit().db.commit()
    return redirect(url_for("plan.package", transition_id=transition_id, _anchor="agreement"), 303)
