"""Whose plan is due when: for one's own students, and for administrators the whole district."""

from dataclasses import dataclass
from datetime import date

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_plp.lms.calendar import Year, year_at
from lti_plp.lms.learners import Learners
from lti_plp.lms.radar import (
    GROUPINGS,
    NO_GRADE,
    Radar,
    around,
    choices,
    courses_of,
    groups,
    radar,
)
from lti_plp.plp.due_dates import STATES
from lti_plp.plp.policy import Action, may
from lti_plp.views.adults.desk import bp, page, ties
from lti_plp.views.csv_files import csv_answer
from lti_plp.views.links import number_in
from lti_plp.views.visit import toolbox, visit


@dataclass(frozen=True)
class Wish:
    """What of the list somebody wants to see, as the page's address says it."""

    mine: bool
    state: str | None
    course: int | None
    advisor: int | None
    grade: int | None
    school: str | None
    by: str | None

    @property
    def address(self) -> dict[str, str]:
        """The parts of the address that say so."""
        parts = {
            "whose": "mine" if self.mine else None,
            "state": self.state,
            "course": self.course,
            "advisor": self.advisor,
            "grade": self.grade,
            "school": self.school,
            "by": self.by,
        }
        return {name: str(value) for name, value in parts.items() if value is not None}

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the state is chosen."""
        return any(one is not None for one in (self.course, self.advisor, self.grade, self.school, self.by))

    def without(self, name: str) -> dict[str, str]:
        """Return the address of the same list with one thing less."""
        return {key: value for key, value in self.address.items() if key != name}

    def with_state(self, state: str) -> dict[str, str]:
        """Return the address of the same list in one state."""
        return self.address | {"state": state}

    def at(self, number: int) -> dict[str, str]:
        """Return the address of a page of the list."""
        return self.address | {"page": str(number)}

    def only(self, key: int | str) -> dict[str, str]:
        """Return the address of the list of one of its groups."""
        return self.without("by") | {self.by or "": str(key)}


def own_students() -> list[int]:
    """Return the ids of those students whom the visitor teaches or advises."""
    here = visit()
    return [
        one.student_id
        for one in ties().values()
        if may(here.actor, Action.SEE_PLAN, one.work(here.tenant_id, "team"))
    ]


def _wish() -> Wish:
    wanted = request.args
    state, by = wanted.get("state"), wanted.get("by")
    return Wish(
        mine=not visit().leads or wanted.get("whose") == "mine",
        state=state if state in STATES else None,
        course=number_in(wanted.get("course", "")) or None,
        advisor=number_in(wanted.get("advisor", "")) or None,
        grade=_grade(wanted.get("grade", "")),
        # No database knows such a letter.
        school=wanted.get("school", "").replace("\0", "") or None,
        by=by if by in GROUPINGS else None,
    )


def _grade(text: str) -> int | None:
    if text == str(NO_GRADE):
        return NO_GRADE
    return number_in(text) if text.isdecimal() and len(text) < 3 else None


def _everybody(wish: Wish) -> Learners:
    return Learners(visit().tenant_id, own_students() if wish.mine else None)


def _found(wish: Wish, year: Year, today: date) -> tuple[Learners, Radar]:
    here, everybody = visit(), _everybody(wish)
    narrowed = Learners(everybody.tenant_id, everybody.people, wish.course, wish.advisor, wish.school)
    return narrowed, radar(here.db, narrowed, year, today, wish.state, wish.grade)


@bp.get("/students/due", endpoint="radar")
def radar_page() -> ResponseReturnValue:
    """List the students by urgency, with counts on top, narrowed and grouped as the address says."""
    here, today, wish = visit(), toolbox().clock().date(), _wish()
    year = year_at(here.db, here.tenant_id, today)
    narrowed, found = _found(wish, year, today)
    number = min(max(1, number_in(request.args.get("page", ""), 1)), found.pages)
    blips = found.page(number)
    return page(
        "radar",
        section="radar",
        wish=wish,
        year=year,
        found=found,
        blips=blips,
        number=number,
        around=around(here.db, here.tenant_id, blips, today),
        choices=choices(here.db, _everybody(wish), today),
        groups=groups(here.db, narrowed, found, wish.by, today) if wish.by else (),
        mine=frozenset(own_students()),
    )


@bp.get("/students/due.csv")
def radar_file() -> ResponseReturnValue:
    """Hand out the same list for a spreadsheet: names and dates, nothing of any plan."""
    here, today, wish = visit(), toolbox().clock().date(), _wish()
    narrowed, found = _found(wish, year_at(here.db, here.tenant_id, today), today)
    courses, words = courses_of(here.db, narrowed, today), state_words()
    head = [_("Name"), _("Student number"), _("Course"), _("Last formal update"), _("Due on"), _("State")]
    rows = (
        (
            one.name,
            one.student_number,
            "; ".join(courses.get(one.person_id, ())),
            one.last,
            one.due.on,
            words[one.due.state],
        )
        for one in found.blips
    )
    return csv_answer("plans-due", head, rows)


def state_words() -> dict[str, str]:
    """Return state -> its word."""
    return {
        "overdue": _("Overdue"),
        "soon": _("Due within 60 days"),
        "later": _("Later"),
        "no_plan": _("No plan yet"),
    }
