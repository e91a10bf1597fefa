"""The form of a school year as it was typed, so that it can be shown again as it was."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from werkzeug.datastructures import MultiDict

from lti_plp.lms.calendar import MOST_PERIODS, Year, YearDraft

SPARE = 2
"""Empty rows for marking periods beyond those that are there."""


@dataclass(frozen=True)
class TypedYear:
    """What the form holds."""

    first_day: str = ""
    last_day: str = ""
    plans_due_on: str = ""
    periods: tuple[tuple[str, str], ...] = ()
    """Name and last day; rows without either are left out."""

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """The rows that the page shows."""
        spare = min(SPARE if self.periods else 4, max(0, MOST_PERIODS - len(self.periods)))
        return (*self.periods, *[("", "")] * spare)

    def draft(self) -> tuple[YearDraft, dict[str, str]]:
        """Return the year, and what of it is no date at all: field -> stable word."""
        problems: dict[str, str] = {}
        due = _day(self.plans_due_on)
        if self.plans_due_on and due is None:
            problems["plans_due_on"] = "no_date"
        periods = [(name, _day(ends_on)) for name, ends_on in self.periods]
        return YearDraft(_day(self.first_day), _day(self.last_day), periods, due), problems


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def typed_year(form: MultiDict[str, str]) -> TypedYear:
    """Read what was sent."""
    pairs = zip(form.getlist("period_name"), form.getlist("period_ends_on"), strict=False)
    periods = tuple((name.strip(), ends_on.strip()) for name, ends_on in pairs)
    return TypedYear(
        form.get("first_day", "").strip(),
        form.get("last_day", "").strip(),
        form.get("plans_due_on", "").strip(),
        tuple(pair for pair in periods if any(pair)),
    )


def form_of_year(year: Year, names: Mapping[int, str]) -> TypedYear:
    """Return the form of a year; ``names`` are for periods of a usual year, which have none of their own."""
    return TypedYear(
        year.first_day.isoformat(),
        year.last_day.isoformat(),
        year.plans_due_on.isoformat() if year.plans_due_on else "",
        tuple(
            (one.name or names.get(number, ""), one.ends_on.isoformat())
            for number, one in enumerate(year.periods, start=1)
        ),
    )
