"""The student's own look at which elements her plan has."""

from flask.typing import ResponseReturnValue

from lti_plp.lms.naming import names_of_people
from lti_plp.plp.elements import elements_of
from lti_plp.views.plan.desk import bp, own_plan, page
from lti_plp.views.visit import toolbox, visit


@bp.get("/plan/elements")
def elements() -> ResponseReturnValue:
    """Show them with reasons, and what adults say."""
    here = visit()
    found = elements_of(here.db, own_plan(), toolbox().clock())
    names = names_of_people(here.db, here.tenant_id, {one.mark.marked_by for one in found if one.mark})
    return page("elements", section="talk", elements=found, names=names)
