"""What every page of the adults needs: who they are to a student, and the plan that they look at."""

from typing import Any

from flask import g

from lti_plp.errors import NotFound
from lti_plp.lms.ties import Tie, tie_with, ties_of
from lti_plp.plp.kinds import Kinds, load_kinds
from lti_plp.plp.looks import note_look
from lti_plp.plp.models import Plan
from lti_plp.plp.plans import find_plan
from lti_plp.plp.policy import Action, SchoolWide, require
from lti_plp.views.rendering import render_template
from lti_plp.views.visit import only_looks, page_blueprint, toolbox, visit

bp = page_blueprint("adults", __name__)
RATE_KEYS = "qwertyui"
"""Keys for levels, from the lowest on: no scale has more. None of them does anything else on pages that have them."""


@bp.before_request
def only_for_adults() -> None:
    """Let nobody but the school's own adults at any of these pages.

    :raise NotAllowed: for everybody else.
    """
    here = visit()
    require(here.actor, Action.SEE_STUDENTS, SchoolWide(here.tenant_id))


def kinds() -> Kinds:
    """Return the vocabulary."""
    return load_kinds(toolbox().settings.config_folder)


def ties() -> dict[int, Tie]:
    """Return student's id -> tie, of everybody with whom the visitor has to do; looked up once for a request."""
    here, box = visit(), toolbox()
    if "ties" not in g:
        grace = box.settings.grace_days
        g.ties = ties_of(here.db, here.tenant_id, here.actor.person_id, box.clock(), grace, follows=False)
    found: dict[int, Tie] = g.ties
    return found


def tie(student_id: int) -> Tie:
    """Return what the visitor has to do with a student.

    :raise NotFound: ``student_not_here`` when that is nothing: nobody learns who else there is.
    """
    here, box = visit(), toolbox()
    grace = box.settings.grace_days
    found = tie_with(here.db, here.tenant_id, here.actor.person_id, student_id, box.clock(), grace)
    if not found.standing:
        raise NotFound("There is no such student.", code="student_not_here")
    return found


def plan_with(student_id: int, action: Action = Action.SEE_PLAN) -> tuple[Plan | None, Tie]:
    """Return a student's plan, if it was begun, for an action that the visitor may do with it.

    :raise NotFound: ``student_not_here``.
    :raise NotAllowed: when the visitor may not do it.
    """
    here, found = visit(), tie(student_id)
    require(here.actor, action, found.work(here.tenant_id))
    return find_plan(here.db, here.tenant_id, student_id), found


def begun_plan(student_id: int, action: Action = Action.SEE_PLAN) -> tuple[Plan, Tie]:
    """Return a student's plan for an action that the visitor may do with it.

    :raise NotFound: ``student_not_here``, or ``students_plan_not_begun`` before the first word of it.
    :raise NotAllowed: when the visitor may not do it.
    """
    plan, found = plan_with(student_id, action)
    if plan is None:
        raise NotFound("There is no plan yet.", code="students_plan_not_begun")
    return plan, found


def looked_at(plan: Plan | None, section: str) -> None:
    """Write down that the visitor looks at a section of a plan; the student sees who looked last.

    A page that comes back with a problem is no new look.
    """
    if plan is not None and only_looks():
        box = toolbox()
        with box.engine.begin() as connection:
            note_look(connection, plan.id, visit().looker, section, box.clock())


def page(template: str, /, **values: Any) -> str:
    """Return a page of the adults."""
    around = {"kinds": kinds(), "today": toolbox().clock().date()}
    return render_template(f"adults/{template}.html", **around | values)
