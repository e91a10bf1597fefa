"""The district's school years: first and last day, marking periods, by when plans are to be updated."""

from collections.abc import Mapping
from datetime import date, timedelta

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_plp.errors import NotFound
from lti_plp.lms.calendar import QUARTERS, YearProblems, keep_year, usual_year, years_of
from lti_plp.plp.policy import Action, SchoolWide, require
from lti_plp.views.adults.desk import bp, page
from lti_plp.views.calendar_form import TypedYear, form_of_year, typed_year
from lti_plp.views.links import number_in
from lti_plp.views.visit import toolbox, visit


def _require() -> None:
    here = visit()
    require(here.actor, Action.MANAGE_SCHOOL, SchoolWide(here.tenant_id))


@bp.get("/students/calendar")
def calendar() -> ResponseReturnValue:
    """Show all years, and the form of one of them or of a new one."""
    _require()
    here = visit()
    years, year_id = years_of(here.db, here.tenant_id), number_in(request.args.get("year", ""))
    if year_id and year_id not in years:
        raise NotFound("There is no such school year.", code="year_unknown")
    return _page(_form(year_id), year_id)


def _form(year_id: int) -> TypedYear:
    here = visit()
    years = years_of(here.db, here.tenant_id)
    names = {number: _("Quarter %(number)s", number=number) for number in range(1, QUARTERS + 1)}
    # A new one begins as a usual one after all that are there, so that only what differs is typed.
    after = max((one.last_day + timedelta(days=1) for one in years.values()), default=date.min)
    return form_of_year(years.get(year_id) or usual_year(max(after, toolbox().clock().date())), names)


def _page(typed: TypedYear, year_id: int, problems: Mapping[str, str] | None = None) -> str:
    here = visit()
    return page(
        "calendar",
        section="calendar",
        years=years_of(here.db, here.tenant_id),
        typed=typed,
        year_id=year_id,
        problems=problems or {},
    )


@bp.post("/students/calendar")
def keep_calendar() -> ResponseReturnValue:
    """Write a year down or change it; what does not fit comes back as it was typed."""
    _require()
    here, typed, year_id = visit(), typed_year(request.form), number_in(request.form.get("year", ""))
    draft, problems = typed.draft()
    try:
        if problems:
            raise YearProblems(problems)
        keep_year(here.db, here.tenant_id, draft, year_id or None)
    except YearProblems as found:
        here.db.rollback()
        return _page(typed, year_id, found.problems), found.status
    here.db.commit()
    return redirect(url_for("adults.calendar", kept="1"), 303)
