"""A teacher's own look at a unit: where does it make room for the plan? Nothing of it is sent or kept."""

from flask.typing import ResponseReturnValue

from lti_plp.plp.explainers import load_planning
from lti_plp.views.adults.desk import bp, page
from lti_plp.views.visit import toolbox


@bp.get("/students/planning")
def planning() -> ResponseReturnValue:
    """Show four questions with room for answers, to be printed."""
    return page("planning", section="planning", questions=load_planning(toolbox().settings.config_folder))
