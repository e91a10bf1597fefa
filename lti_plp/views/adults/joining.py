"""Students who may be here twice, by what LMSs tell of them: an administrator says whether they are one."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_plp.errors import BadInput
from lti_plp.lms.joining import join, say_two
from lti_plp.lms.joining_offers import pairs
from lti_plp.plp.policy import Action, SchoolWide, require
from lti_plp.views.adults.desk import bp, page
from lti_plp.views.links import number_in
from lti_plp.views.visit import toolbox, visit


@bp.get("/students/school/twice")
def joining() -> ResponseReturnValue:
    """List them."""
    return _joining_page()


def _joining_page(problem: str = "") -> str:
    here = visit()
    require(here.actor, Action.MANAGE_SCHOOL, SchoolWide(here.tenant_id))
    return page(
        "joining",
        section="school",
        pairs=pairs(here.db, here.tenant_id),
        problem=_problem_words().get(problem, ""),
        done=request.args.get("done", ""),
    )


@bp.post("/students/school/twice")
def judge_twice() -> ResponseReturnValue:
    """Take an administrator's word on two of them."""
    here, form, now = visit(), request.form, toolbox().clock()
    first, second, said = (
        number_in(form.get("first", "")),
        number_in(form.get("second", "")),
        form.get("said"),
    )
    try:
        if said == "same":
            join(here.db, here.actor, first, second, now)
        elif said == "two":
            say_two(here.db, here.actor, first, second, now)
        else:
            require(here.actor, Action.MANAGE_SCHOOL, SchoolWide(here.tenant_id))
            raise BadInput("Neither the one nor the other was said.", code="joining_unsaid")
    except BadInput as problem:
        here.db.rollback()
        return _joining_page(problem.code), problem.status
    here.db.commit()
    return redirect(url_for("adults.joining", done=said), 303)


def _problem_words() -> dict[str, str]:
    """Return code -> what is wrong, and what to do."""
    apart = _("Both stay as they are, and nothing is lost.")
    return {
        "joining_both_plans": _("Both have begun a plan, and two plans cannot be made one here.")
        + f" {apart} "
        + _("Let the student say which plan goes on, and copy from the other what is worth keeping."),
        "joining_both_reflections": _("Both have answered the same reflection.")
        + f" {apart} "
        + _("Let the student look at both with the teacher, and go on with one."),
        "joining_rated": _("A teacher has said levels of the one who would be joined to the other.")
        + f" {apart} "
        + _("Let the teacher say these levels of the other one, and go on with that one."),
        "joining_over": _(
            "Somebody has judged these two meanwhile, or nothing says any more that they may be one."
        ),
        "joining_unsaid": _("Choose one of the two buttons."),
    }
