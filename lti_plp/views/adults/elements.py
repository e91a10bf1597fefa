"""The checklist of a plan's critical elements."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import BadInput
from lti_plp.lms.naming import names_of_people
from lti_plp.plp.elements import elements_of, mark_element
from lti_plp.plp.policy import Action, may
from lti_plp.views.adults.desk import begun_plan, bp, looked_at, page
from lti_plp.views.visit import toolbox, visit


@bp.get("/students/<int:student_id>/elements")
def elements(student_id: int) -> ResponseReturnValue:
    """Show what is there, what in part, and what is missing, of what the plan shares with the school."""
    return _page(student_id)


def _page(student_id: int, problem: str = "") -> str:
    here = visit()
    plan, tie = begun_plan(student_id)
    looked_at(plan, "elements")
    found = elements_of(here.db, plan, toolbox().clock(), "team")
    people = {student_id, *(one.mark.marked_by for one in found if one.mark)}
    names = names_of_people(here.db, here.tenant_id, people)
    can_mark = may(here.actor, Action.MARK_ELEMENTS, tie.work(here.tenant_id))
    typed = request.form if problem else {}
    shown = {"elements": found, "names": names, "can_mark": can_mark, "typed": typed, "problem": problem}
    return page("elements", section="students", student_id=student_id, **shown)


@bp.post("/students/<int:student_id>/elements/<element>")
def mark(student_id: int, element: str) -> ResponseReturnValue:
    """Say of one what the visitor judges."""
    here, form = visit(), request.form
    plan, tie = begun_plan(student_id, Action.MARK_ELEMENTS)
    work, said = tie.work(here.tenant_id), (form.get("mark", ""), form.get("note", ""))
    try:
        mark_element(here.db, here.actor, plan, work, element, *said, toolbox().clock())
    except BadInput as problem:
        here.db.rollback()
        return _page(student_id, element), problem.status
    here.db.commit()
    return redirect(url_for("adults.elements", student_id=student_id, _anchor=element), 303)
