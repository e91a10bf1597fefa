"""The demo's school around its plans: a catalogue, a school year, who advises whom, and a view that a teacher keeps."""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from lti_plp.cli.demo_player import TEACHER, People
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.calendar import YearDraft, keep_year
from lti_plp.lms.people import name_stand_in, relate
from lti_plp.lms.saved_views import keep_view
from lti_plp.plp.catalogue import entries_in, import_pathways, list_pathways
from lti_plp.plp.kinds import load_kinds

ADMINISTRATOR, ADVISOR = "osei", "lavoie"
ADVISEES = ("asmita", "leo", "maya")
BEGAN, ENDS, DUE = timedelta(days=92), timedelta(days=200), timedelta(days=45)
"""So long before and after the demo's first day the year begins and ends, and plans are due.

The students' stories are told in days before that day as well, so that a year fits them on any day on which one tries.
"""
QUARTERS = 4
AWAY_IN, AWAY_FOR = timedelta(days=14), timedelta(days=4)


def make_school(box: Toolbox, people: People, now: datetime) -> None:
    """Give the school all this once; afterwards it is the school's own, and stays as whoever tries it leaves it."""
    kinds, tenant_id = load_kinds(box.settings.config_folder), people[TEACHER].actor.tenant_id
    with box.sessions.begin() as session:
        if list_pathways(session, tenant_id, kinds):
            return
        _make_catalogue(box, session, tenant_id, now)
        keep_year(session, tenant_id, _year(now.date()))
        _name_advisor(session, people, now)
        _name_substitute(session, people, now)
        teacher = people[TEACHER].actor.person_id
        keep_view(session, teacher, "What I read on Mondays", {"mark": "to_read", "sort": "name"}, now)


def _make_catalogue(box: Toolbox, session: Session, tenant_id: int, now: datetime) -> None:
    """Import the catalogue that comes with the product, as if it had been there for years."""
    folder, kinds = box.settings.config_folder, load_kinds(box.settings.config_folder)
    entries = entries_in(tomllib.loads((folder / "pathways" / "starter.toml").read_text(encoding="utf-8")))
    moved = [_as_of(one, now.date()) for one in entries]
    import_pathways(session, tenant_id, moved, kinds.of, now)


def _as_of(entry: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Return an entry that was offered when the stories begin, and whose deadline lies ahead."""
    moved = dict(entry, valid_from=(today - timedelta(days=4 * 365)).isoformat())
    deadline = entry.get("deadline_on")
    if deadline and date.fromisoformat(deadline) <= today:
        moved["deadline_on"] = (today + timedelta(days=60)).isoformat()
    return moved


def _year(today: date) -> YearDraft:
    first, last = today - BEGAN, today + ENDS
    quarter = (last - first) / QUARTERS
    ends = [*(first + quarter * number for number in range(1, QUARTERS)), last]
    periods = [(f"Quarter {number}", day) for number, day in enumerate(ends, 1)]
    return YearDraft(first, last, periods, today + DUE)


def _name_advisor(session: Session, people: People, now: datetime) -> None:
    administrator, advisor = people[ADMINISTRATOR].actor, people[ADVISOR].actor
    students = [people[one].actor.person_id for one in ADVISEES]
    relate(session, administrator, advisor.person_id, students, "advisor", now.date() - BEGAN, None, now)


def _name_substitute(session: Session, people: People, now: datetime) -> None:
    """Let the teacher be away for some days, so that one sees what a colleague sees and for how long."""
    teacher, colleague = people[TEACHER].actor, people[ADVISOR].actor
    first = now.date() + AWAY_IN
    last = first + AWAY_FOR
    name_stand_in(session, teacher, colleague.person_id, "substitute", teacher.course_id, first, last, now)
