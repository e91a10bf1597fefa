"""Commands for a district's calendar."""

from datetime import date
from typing import Any

import click

from lti_plp.cli.common import fail, show, tool
from lti_plp.launch.registrations import known_tenant
from lti_plp.lms.calendar import Year, YearDraft, YearProblems, keep_year, years_of

_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON value.")
_tenant = click.option("--tenant", required=True, help="The district whose calendar it is.")

_WORDS = {
    "no_date": "is no day between 2000 and 2099",
    "before_first": "must be after the first day",
    "too_long": "is more than 400 days after the first",
    "overlaps": "lies in another year of this district; `lti-plp school-year list` shows them",
    "outside": "lies outside the year",
    "not_after": "must end after the one before it",
    "no_name": "needs a name of at most 60 characters",
    "too_many": "are more than 12",
}


@click.group(name="school-year")
def school_year() -> None:
    """Look after the calendar: first and last day, marking periods, by when plans are to be updated."""


@school_year.command(name="list")
@_tenant
@_json
def list_(tenant: str, as_json: bool) -> None:
    """Show the years that are written down, newest first."""
    with tool() as box, box.sessions() as session:
        years = [_row(one) for one in years_of(session, known_tenant(session, tenant).id).values()]
    show(years, as_json=as_json, lines=[_line(one) for one in years] or ["No year is written down."])


@school_year.command(name="set")
@_tenant
@click.option("--first-day", required=True, help="As YYYY-MM-DD; a year that begins on this day is changed.")
@click.option("--last-day", required=True)
@click.option("--period", "periods", multiple=True, help="NAME=YYYY-MM-DD, its last day; one for each.")
@click.option("--plans-due-on", help="By when every plan is to be formally updated in this year.")
@_json
def set_(
    tenant: str,
    first_day: str,
    last_day: str,
    periods: tuple[str, ...],
    plans_due_on: str | None,
    as_json: bool,
) -> None:
    """Write a year down, or change it."""
    draft = YearDraft(
        _day(first_day),
        _day(last_day),
        [(name, _day(ends_on)) for name, _, ends_on in (one.rpartition("=") for one in periods)],
        _day(plans_due_on) if plans_due_on else None,
    )
    with tool() as box, box.sessions.begin() as session:
        tenant_id = known_tenant(session, tenant).id
        same = [key for key, one in years_of(session, tenant_id).items() if one.first_day == draft.first_day]
        try:
            keep_year(session, tenant_id, draft, same[0] if same else None)
        except YearProblems as found:
            fail("; ".join(f"{name} {_WORDS[word]}" for name, word in found.problems.items()) + ".")
        kept = next(one for one in years_of(session, tenant_id).values() if one.first_day == draft.first_day)
    show(_row(kept), as_json=as_json, lines=[_line(_row(kept))])


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"{text} is no day. Write it as YYYY-MM-DD.")


def _row(year: Year) -> dict[str, Any]:
    return {
        "first_day": year.first_day.isoformat(),
        "last_day": year.last_day.isoformat(),
        "periods": [{"name": one.name, "ends_on": one.ends_on.isoformat()} for one in year.periods],
        "plans_due_on": year.plans_due_on.isoformat() if year.plans_due_on else None,
    }


def _line(row: dict[str, Any]) -> str:
    periods = ", ".join(f"{one['name']} to {one['ends_on']}" for one in row["periods"])
    due = f"plans due on {row['plans_due_on']}" if row["plans_due_on"] else "plans due twelve months on"
    return f"{row['first_day']} to {row['last_day']}: {due}" + (f"; {periods}" if periods else "")
