"""An administrator's report of placed links that point to nothing, and how each is mended."""

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_plp.lms.dead_links import DeadLink
from lti_plp.lms.dead_links import dead_links as found_links
from lti_plp.plp.policy import Action, SchoolWide, require
from lti_plp.views.adults.desk import bp, page
from lti_plp.views.csv_files import csv_answer
from lti_plp.views.visit import visit

SHOWN = 200
"""So many stand on the page; the file has all."""


def _found() -> list[DeadLink]:
    here = visit()
    require(here.actor, Action.MANAGE_SCHOOL, SchoolWide(here.tenant_id))
    return found_links(here.db, here.tenant_id)


@bp.get("/students/school/links")
def dead_links() -> ResponseReturnValue:
    """List them, with what to do."""
    found, states = _found(), state_words()
    return page(
        "dead_links",
        section="school",
        groups=[(state, [one for one in found[:SHOWN] if one.state == state]) for state in states],
        count=len(found),
        shown=min(len(found), SHOWN),
        states=states,
        mending=mending_words(),
    )


@bp.get("/students/school/links.csv")
def dead_links_file() -> ResponseReturnValue:
    """Hand all of them out for a spreadsheet."""
    states, mending = state_words(), mending_words()
    head = [_("Course"), _("Title"), _("Teachers"), _("First opened on"), _("What is wrong"), _("What to do")]
    rows = (
        (
            one.course_title,
            one.title,
            "; ".join(one.teachers),
            one.first_opened_at.date(),
            states[one.state],
            mending[one.state],
        )
        for one in _found()
    )
    return csv_answer("links-to-nothing", head, rows)


def state_words() -> dict[str, str]:
    """Return state -> what is wrong."""
    return {
        "elsewhere": _("It was placed in another school, and its questions stay there."),
        "unknown": _("What it stood for is not here, or no longer."),
        "course_gone": _("The LMS no longer has this course."),
    }


def mending_words() -> dict[str, str]:
    """Return state -> what to do."""
    again = _(
        "A teacher opens the assignment's settings in the course, chooses this tool again, and picks what students do."
    )
    return {"elsewhere": again, "unknown": again, "course_gone": _("Nothing: nobody can open it any more.")}
