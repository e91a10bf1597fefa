"""Pathways for the school's adults: what waits for a word of theirs, the catalogue, and how many take part."""

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import NotFound, PlpError
from lti_plp.lms.naming import names_of_people
from lti_plp.plp.catalogue import find_pathway, is_offered, list_pathways, versions_of
from lti_plp.plp.participation import (
    SCHOOL,
    Decision,
    PathwayPage,
    decide_pathway,
    moves_of,
    read_pathway,
    waiting,
)
from lti_plp.plp.pathway_report import pathway_report
from lti_plp.plp.policy import Action, SchoolWide, may, require
from lti_plp.views.adults.desk import begun_plan, bp, kinds, looked_at, page, tie, ties
from lti_plp.views.catalogue_form import GRADES, wanted_in
from lti_plp.views.links import number_in
from lti_plp.views.plan.goal_form import problems_of
from lti_plp.views.visit import toolbox, visit


@bp.get("/students/pathways")
def pathways() -> ResponseReturnValue:
    """Show what waits for the visitor, then the catalogue as every student sees it."""
    here, box, wanted = visit(), toolbox(), wanted_in(request.args)
    school = SchoolWide(here.tenant_id)
    require(here.actor, Action.SEE_CATALOGUE, school)
    may_manage = may(here.actor, Action.MANAGE_SCHOOL, school)
    proposals = waiting(here.db, here.tenant_id, _those_to_decide())
    return page(
        "pathways",
        section="pathways",
        proposals=proposals,
        names=names_of_people(here.db, here.tenant_id, {one.student_id for one in proposals}),
        # Who keeps the catalogue sees what begins later, and what is over, as well.
        entries=list_pathways(
            here.db, here.tenant_id, kinds(), None if may_manage else box.clock().date(), wanted
        ),
        wanted=wanted,
        grades=GRADES,
        may_manage=may_manage,
        may_see_school=may(here.actor, Action.SEE_SCHOOL, school),
    )


def _those_to_decide() -> list[int]:
    here = visit()
    return [
        student_id
        for student_id, one in ties().items()
        if may(here.actor, Action.DECIDE_PATHWAY, one.work(here.tenant_id))
    ]


@bp.get("/students/pathways/<int:pathway_id>")
def pathway_entry(pathway_id: int) -> ResponseReturnValue:
    """Show one entry, and to whoever keeps the catalogue how it was before."""
    here, school = visit(), SchoolWide(visit().tenant_id)
    require(here.actor, Action.SEE_CATALOGUE, school)
    entry = find_pathway(here.db, here.tenant_id, pathway_id)
    may_manage = may(here.actor, Action.MANAGE_SCHOOL, school)
    return page(
        "pathway_entry",
        section="pathways",
        entry=entry,
        is_offered=is_offered(entry, toolbox().clock().date()),
        versions=versions_of(here.db, entry) if may_manage else [],
        may_manage=may_manage,
    )


@bp.get("/students/pathways/report")
def pathways_report() -> ResponseReturnValue:
    """Show how many take part: counts, and never a name."""
    here = visit()
    report = pathway_report(here.db, here.actor, kinds())
    return page("pathway_report", section="pathways", report=report)


@bp.get("/students/<int:student_id>/pathways/<int:participation_id>")
def pathway(student_id: int, participation_id: int) -> ResponseReturnValue:
    """Show a student's pathway, and what the visitor can say to it."""
    plan, _ = begun_plan(student_id)
    looked_at(plan, "pathways")
    return _pathway_page(student_id, participation_id, {}, {})


def _pathway_page(
    student_id: int, participation_id: int, sent: dict[str, Any], problems: dict[str, str]
) -> str:
    here = visit()
    shown, may_decide = _shown(student_id, participation_id)
    decided_by = [shown.item.decided_by] if shown.item.decided_by else []
    return page(
        "pathway",
        section="pathways",
        shown=shown,
        item=shown.item,
        moves=moves_of(shown.item.state, SCHOOL) if may_decide else (),
        student_id=student_id,
        names=names_of_people(here.db, here.tenant_id, {student_id, *decided_by}),
        sent=sent,
        problems=problems,
    )


def _shown(student_id: int, participation_id: int) -> tuple[PathwayPage, bool]:
    """Return a pathway, and whether the visitor may decide it.

    :raise NotFound: when there is none that the visitor may see.
    """
    here = visit()
    plan, found = begun_plan(student_id)
    shown = read_pathway(here.db, plan.id, participation_id, toolbox().clock())
    work = found.work(here.tenant_id, shown.item.audience)
    if shown.item.removed_at is not None or not may(here.actor, Action.SEE_PLAN, work):
        raise NotFound("The plan holds no such thing.", code="item_not_here")
    return shown, may(here.actor, Action.DECIDE_PATHWAY, work)


@bp.post("/students/<int:student_id>/pathways/<int:participation_id>")
def decide(student_id: int, participation_id: int) -> ResponseReturnValue:
    """Agree to a proposal or not, or confirm what was done; what was refused comes back as it was typed."""
    here, form = visit(), request.form
    decision = Decision(
        form.get("to", ""), number_in(form.get("version", "")), form.get("answer", ""), form.get("credit", "")
    )
    work = tie(student_id).work(here.tenant_id)
    try:
        decide_pathway(here.db, here.actor, work, participation_id, decision, toolbox().clock())
    except PlpError as problem:
        here.db.rollback()
        sent = {"answer": decision.answer, "credit": decision.credit}
        return _pathway_page(student_id, participation_id, sent, problems_of(problem)), problem.status
    here.db.commit()
    return redirect(url_for("adults.pathway", student_id=student_id, participation_id=participation_id), 303)
