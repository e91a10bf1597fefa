"""The students with whom somebody has to do."""

from flask.typing import ResponseReturnValue

from lti_plp.lms.naming import names_of_people
from lti_plp.views.adults.desk import bp, page, ties
from lti_plp.views.visit import visit


@bp.get("/students")
def students() -> ResponseReturnValue:
    """List them by name."""
    here = visit()
    names = names_of_people(here.db, here.tenant_id, ties().keys())
    rows = sorted(ties().values(), key=lambda tie: names.get(tie.student_id, "").casefold())
    return page("students", section="students", rows=rows, names=names)
