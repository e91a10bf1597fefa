"""How the plan became what it is: every change in words, and the versions that were kept."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import NotFound
from lti_plp.lms.naming import names_of_people, titles_of_courses
from lti_plp.plp.history import verify
from lti_plp.plp.history_reading import item_in, read_history
from lti_plp.plp.items import item_kind
from lti_plp.plp.kept_revisions import pieces_named, read_revision
from lti_plp.plp.kept_words import take_kept
from lti_plp.plp.meeting_lists import meeting_of_revision, people_named
from lti_plp.plp.reflection_lists import reflections_of_revision
from lti_plp.views.links import number_in
from lti_plp.views.plan.desk import bp, own_plan, page, pen, plan_or_none
from lti_plp.views.plan.items import place_of
from lti_plp.views.visit import visit

log = logging.getLogger(__name__)

HIGHEST = 2**31 - 1
"""Of the numbers that changes can have in a database."""


@dataclass(frozen=True)
class Known:
    """What ids in values stand for."""

    titles: Mapping[str, str]
    names: Mapping[int, str]
    courses: Mapping[int, str]


def known_of(titles: Mapping[str, str], people: Collection[int], courses: Collection[int]) -> Known:
    """Return names of people and courses together with ``titles``: item -> its words."""
    here = visit()
    return Known(
        titles,
        names_of_people(here.db, here.tenant_id, people),
        titles_of_courses(here.db, here.tenant_id, courses),
    )


@bp.get("/plan/history")
def history() -> ResponseReturnValue:
    """Show what changed, newest first: of the whole plan, or of one item."""
    plan, named = plan_or_none(), request.args.get("item", "")
    item = item_in(named) if named else None
    if plan is None:
        return page("history", section="history", shown=None)
    before = min(number_in(request.args.get("before", "")), HIGHEST) or None
    shown = read_history(visit().db, plan.id, before=before, item=item)
    known = known_of(shown.titles, shown.person_ids, shown.course_ids)
    return page(
        "history",
        section="history",
        shown=shown,
        item=f"{item[0]}:{item[1]}" if item else None,
        known=known,
        names=known.names,
        checked=_checked(plan.id),
    )


def _checked(plan_id: int) -> str:
    """Return ``complete`` or ``altered`` when the page was asked to check the record; it reads all of it."""
    if request.args.get("check") != "1":
        return ""
    problems = verify(visit().db, plan_id)
    for problem in problems:
        log.error("the history of plan %s: %s", plan_id, problem)
    return "altered" if problems else "complete"


@bp.post("/plan/history/<int:number>/take")
def take(number: int) -> ResponseReturnValue:
    """Put words that were kept aside into the plan."""
    own_plan()
    if number > HIGHEST:
        raise NotFound("There is no such change.", code="item_not_here")
    editor = pen()
    kind, edited = take_kept(editor, number)
    visit().db.commit()
    return redirect(place_of(kind, editor.item(item_kind(kind), edited.item_id)), 303)


@bp.get("/plan/revisions/<int:number>")
def revision_kept(number: int) -> ResponseReturnValue:
    """Show one kept version: the plan as it was, what had changed, and why."""
    plan, here = own_plan(), visit()
    kept = read_revision(here.db, plan.id, number)
    meeting = meeting_of_revision(here.db, plan.id, number)
    people = {
        plan.person_id,
        *kept.plan.people(),
        *pieces_named(kept.changes, "person"),
        *people_named([meeting] if meeting else ()),
    }
    known = known_of(kept.titles, people, pieces_named(kept.changes, "course"))
    return page(
        "revision_kept",
        section="history",
        kept=kept,
        student_id=plan.person_id,
        known=known,
        names=known.names,
        meeting=meeting,
        reflections=reflections_of_revision(here.db, here.actor, plan.id, kept.head.id),
        checked=_checked(plan.id),
        back=url_for("plan.history"),
    )
