"""Example plans, to look at together with students."""

from flask.typing import ResponseReturnValue

from lti_plp.views.adults.desk import bp, page
from lti_plp.views.plan.examples import shown_examples


@bp.get("/students/examples")
def examples() -> ResponseReturnValue:
    """Show short plans of invented students."""
    return page("examples", section="students", **shown_examples())
