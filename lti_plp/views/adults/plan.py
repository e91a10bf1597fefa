"""A student's plan as an adult of the school sees it."""

from flask.typing import ResponseReturnValue

from lti_plp.lms.naming import names_of_people
from lti_plp.plp.items import plan_state
from lti_plp.plp.plan_templates import form_of
from lti_plp.plp.telling import told
from lti_plp.views.adults.desk import bp, looked_at, page, plan_with
from lti_plp.views.visit import toolbox, visit


@bp.get("/students/<int:student_id>")
def student(student_id: int) -> ResponseReturnValue:
    """Show what is for teachers and advisors of it."""
    here = visit()
    plan, tie = plan_with(student_id)
    looked_at(plan, "plan")
    return page(
        "plan",
        section="students",
        plan=told(plan_state(here.db, plan.id), "team") if plan else None,
        form=form_of(here.db, plan, toolbox().settings.config_folder) if plan else None,
        tie=tie,
        name=names_of_people(here.db, here.tenant_id, [student_id]).get(student_id, ""),
    )
