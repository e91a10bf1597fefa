"""A student's transition for the adults who help with it: the list, words to propose, agreements, handing over."""

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import NotFound, PlpError
from lti_plp.lms.naming import names_of_people
from lti_plp.lms.students import student_facts
from lti_plp.lms.ties import Tie
from lti_plp.plp.conversation import suggest
from lti_plp.plp.models import Plan, TransitionPlan
from lti_plp.plp.package import package_of
from lti_plp.plp.plan_templates import form_of
from lti_plp.plp.policy import TEAM_SEES, Action
from lti_plp.plp.transition import (
    family_agrees,
    family_takes_back,
    hand_over,
    read_transition,
    read_transitions,
    tick,
)
from lti_plp.views.adults.desk import begun_plan, bp, kinds, looked_at, page, tie
from lti_plp.views.links import number_in
from lti_plp.views.plan.goal_form import problems_of
from lti_plp.views.visit import toolbox, visit

PROPOSED = ("needs", "helps")
"""Fields for which an adult can propose words."""


@bp.get("/students/<int:student_id>/transition")
def transition(student_id: int) -> ResponseReturnValue:
    """Show the newest transition plan that is for teachers and advisors."""
    plan, _ = begun_plan(student_id, Action.HAND_OVER)
    looked_at(plan, "transition")
    return _transition_page(student_id, {}, {})


def _transition_page(student_id: int, sent: dict[str, Any], problems: dict[str, str]) -> str:
    here = visit()
    plan, _ = begun_plan(student_id, Action.HAND_OVER)
    found = read_transitions(here.db, plan.id, TEAM_SEES)
    item = found[0] if found else None
    return page(
        "transition",
        section="students",
        student_id=student_id,
        student_name=names_of_people(here.db, here.tenant_id, [student_id]).get(student_id, ""),
        item=item,
        shown=read_transition(here.db, item) if item else None,
        sent=sent,
        problems=problems,
        proposed=request.args.get("proposed", ""),
    )


def _item(student_id: int, transition_id: int) -> tuple[Plan, Tie, TransitionPlan]:
    """Return a transition plan that the visitor may help with.

    :raise NotFound: when there is none.
    """
    plan, found = begun_plan(student_id, Action.HAND_OVER)
    items = {one.id: one for one in read_transitions(visit().db, plan.id, TEAM_SEES)}
    if transition_id not in items:
        raise NotFound("The plan holds no such thing.", code="item_not_here")
    return plan, found, items[transition_id]


def _back(student_id: int, **more: Any) -> ResponseReturnValue:
    visit().db.commit()
    return redirect(url_for("adults.transition", student_id=student_id, **more), 303)


@bp.post("/students/<int:student_id>/transition/<int:transition_id>/tick")
def tick_transition(student_id: int, transition_id: int) -> ResponseReturnValue:
    """Mark something of the list as done, or not."""
    here, form = visit(), request.form
    work = tie(student_id).work(here.tenant_id)
    text, is_done = form.get("text", ""), form.get("done") == "1"
    tick(here.db, here.actor, work, transition_id, text, is_done, toolbox().clock())
    return _back(student_id, _anchor="checklist")


@bp.post("/students/<int:student_id>/transition/<int:transition_id>/propose")
def propose_words(student_id: int, transition_id: int) -> ResponseReturnValue:
    """Propose words; the student decides."""
    here, form = visit(), request.form
    plan, found, item = _item(student_id, transition_id)
    work = found.work(here.tenant_id, item.audience)
    fields = {name: form[name] for name in PROPOSED if form.get(name, "").strip()}
    message, now = form.get("message", ""), toolbox().clock()
    try:
        suggest(here.db, plan, here.actor, work, ("transition", item.id), fields, message, kinds().of, now)
    except PlpError as problem:
        here.db.rollback()
        return _transition_page(student_id, dict(form), problems_of(problem)), problem.status
    return _back(student_id, proposed=1)


@bp.post("/students/<int:student_id>/transition/<int:transition_id>/family")
def family_agreement(student_id: int, transition_id: int) -> ResponseReturnValue:
    """Record the family's agreement, that the student decides alone, or that the family does not agree any more."""
    here, form = visit(), request.form
    work, now = tie(student_id).work(here.tenant_id), toolbox().clock()
    try:
        if form.get("way") == "take_back":
            family_takes_back(here.db, here.actor, work, transition_id, now)
        else:
            agreement, alone = number_in(form.get("agreement", "")), form.get("way") == "alone"
            family_agrees(
                here.db,
                here.actor,
                work,
                transition_id,
                agreement,
                form.get("name", ""),
                decides_alone=alone,
                now=now,
            )
    except PlpError as problem:
        here.db.rollback()
        return _transition_page(student_id, dict(form), problems_of(problem)), problem.status
    return _back(student_id, _anchor="agreement")


@bp.post("/students/<int:student_id>/transition/<int:transition_id>/hand-over")
def hand_over_package(student_id: int, transition_id: int) -> ResponseReturnValue:
    """Say that the receiving adult has the package."""
    here = visit()
    work, agreement = tie(student_id).work(here.tenant_id), number_in(request.form.get("agreement", ""))
    try:
        hand_over(here.db, here.actor, work, transition_id, agreement, toolbox().clock())
    except PlpError as problem:
        here.db.rollback()
        return _transition_page(student_id, {}, problems_of(problem)), problem.status
    return _back(student_id, _anchor="agreement")


@bp.get("/students/<int:student_id>/transition/<int:transition_id>/package")
def package(student_id: int, transition_id: int) -> ResponseReturnValue:
    """Show the package as the student agreed to it, to be printed.

    :raise NotFound: ``item_not_here`` before she has agreed: until then it is hers alone to look at.
    """
    here = visit()
    plan, _, item = _item(student_id, transition_id)
    shown = read_transition(here.db, item)
    if shown.student is None:
        raise NotFound("The student has not agreed yet.", code="item_not_here")
    looked_at(plan, "package")
    parts = list(shown.student.parts)
    found = package_of(here.db, plan, item, shown, parts)
    return page(
        "package",
        section="students",
        student_id=student_id,
        item=item,
        shown=shown,
        parts=parts,
        package=found,
        names=names_of_people(here.db, here.tenant_id, found.plan.people() | {plan.person_id}),
        facts=student_facts(here.db, plan.tenant_id, plan.person_id),
        form=form_of(here.db, plan, toolbox().settings.config_folder),
    )
