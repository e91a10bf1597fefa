"""The students with whom somebody has to do: the list, views of it that are kept, and something for many at once."""

from datetime import date
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import BadInput
from lti_plp.lms.class_list import MARKS, SORTS, ClassList, Wish, class_list
from lti_plp.lms.gone_courses import GoneCourse, gone_among
from lti_plp.lms.naming import titles_of_courses
from lti_plp.lms.people import StandInLine, standing_in
from lti_plp.lms.saved_views import keep_view, remove_view, views_of
from lti_plp.plp.conversation import remind
from lti_plp.plp.policy import Action, SchoolWide, may
from lti_plp.plp.standing import Standing
from lti_plp.views.adults.desk import bp, page, ties
from lti_plp.views.links import number_in
from lti_plp.views.visit import toolbox, visit

NAMES = ("course", "section", "mark", "sort", "q")
"""Of what stands in the list's address."""


def _query() -> dict[str, str]:
    """Return what the address says of the list."""
    return {name: request.args[name][:100] for name in NAMES if request.args.get(name)}


def _address(query: dict[str, Any]) -> str:
    return url_for("adults.students", **query)


def _wish(query: dict[str, str]) -> Wish:
    """Read how the list is to be shown; what is none of its choices counts as not said."""
    course, mark, sort = query.get("course", ""), query.get("mark", ""), query.get("sort", "")
    return Wish(
        course=number_in(course) or None,
        advisees=course == "advisees",
        mark=mark if mark in MARKS else "",
        sort=sort if sort in SORTS else SORTS[0],
        words=query.get("q", ""),
        section=query.get("section", ""),
    )


def listed(query: dict[str, str]) -> ClassList:
    """Return the list that an address asks for."""
    here = visit()
    return class_list(here.db, here.tenant_id, ties(), _wish(query), toolbox().clock())


@bp.get("/students")
def students() -> ResponseReturnValue:
    """Show them."""
    return _list_page(_query())


def _list_page(query: dict[str, str], **values: Any) -> str:
    here, box, found = visit(), toolbox(), listed(query)
    now, grace = box.clock(), box.settings.grace_days
    return page(
        "students",
        section="students",
        found=found,
        wish=_wish(query),
        query=query,
        courses=_titles(found),
        gone=_gone(found),
        grace_days=grace,
        views=views_of(here.db, here.actor.person_id),
        marks=MARKS,
        now=now,
        standing_in=_standing_in(found, now.date(), grace),
        **values,
    )


def _standing_in(found: ClassList, today: date, grace: int) -> list[StandInLine]:
    """Return where the visitor stands in; asked for only where it shows: in the students, or in that there are none."""
    here, stands_in = visit(), {Standing.SUBSTITUTE, Standing.CO_TEACHER, Standing.CO_ADVISOR}
    if found.lines and not any(one.tie.standing & stands_in for one in found.lines):
        return []
    return standing_in(here.db, here.tenant_id, here.actor.person_id, today, grace)


def _titles(found: ClassList) -> dict[int, str]:
    """Return the titles of the courses between which there is something to choose."""
    here = visit()
    has_choice = len(found.courses) + found.has_advisees > 1
    return titles_of_courses(here.db, here.tenant_id, found.courses if has_choice else ())


def _gone(found: ClassList) -> list[GoneCourse]:
    """Return the courses that the LMS no longer has and that still give the visitor students."""
    ending = [one.tie.courses for one in found.lines if one.tie.is_ending]
    return gone_among(visit().db, visit().tenant_id, frozenset().union(*ending))


@bp.post("/students/views")
def keep() -> ResponseReturnValue:
    """Keep how the list is shown now, under a name."""
    here, query = visit(), _query()
    keep_view(here.db, here.actor.person_id, request.form.get("name", ""), query, toolbox().clock())
    here.db.commit()
    return redirect(_address(query), 303)


@bp.post("/students/views/<int:view_id>/remove")
def forget(view_id: int) -> ResponseReturnValue:
    """Remove a kept view."""
    here = visit()
    remove_view(here.db, here.actor.person_id, view_id)
    here.db.commit()
    return redirect(_address(_query()), 303)


@bp.post("/students/remind")
def ask_to_remind() -> ResponseReturnValue:
    """Show whom a reminder would reach, with words to be changed; nothing is sent yet."""
    chosen = _chosen()
    if not chosen:
        return _list_page(_query(), problem="nobody_chosen"), 400
    return _remind_page(chosen, "")


def _remind_page(chosen: list[int], text: str, problem: str = "") -> str:
    here, lines = visit(), {one.student_id: one for one in listed({}).lines}
    return page(
        "remind",
        section="students",
        manages=may(here.actor, Action.MANAGE_SCHOOL, SchoolWide(here.tenant_id)),
        lines=[lines[one] for one in chosen if one in lines],
        text=text,
        problem=problem,
        query=_query(),
    )


def _chosen() -> list[int]:
    """Return those of the visitor's students whom the form names."""
    return [one for one in _named() if one in ties()]


def _named() -> list[int]:
    return [number_in(text) for text in request.form.getlist("student")]


@bp.post("/students/remind/send")
def send_reminder() -> ResponseReturnValue:
    """Say it to all of them, or to none."""
    here, text = visit(), request.form.get("text", "").replace("\r\n", "\n")
    chosen = _chosen()
    if len(chosen) < len(_named()):
        # Somebody left while the words were written. Who gets them is to be seen before they go.
        return _remind_page(chosen, text, "students_left"), 409
    works = [ties()[one].work(here.tenant_id) for one in chosen]
    try:
        said = remind(here.db, here.actor, works, text, toolbox().clock())
    except BadInput as problem:
        here.db.rollback()
        return _remind_page(chosen, text, problem.code), problem.status
    here.db.commit()
    return redirect(_address({**_query(), "said": str(said)}), 303)
