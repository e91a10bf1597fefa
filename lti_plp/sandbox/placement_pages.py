"""Pages from which a person opens a tool elsewhere than in an assignment or in a course's menu, or picks from one."""

import json
import sqlite3
import uuid
from collections.abc import Callable
from typing import Any

import requests
from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.sandbox import coursework, times
from lti_plp.sandbox.claims import DEEP_LINKING, Link
from lti_plp.sandbox.lms import database
from lti_plp.sandbox.pages import (
    entered_course,
    for_templates,
    framed,
    load_visitor,
    origins,
    signed_in,
    staff_course,
)
from lti_plp.sandbox.picking import RefusedAnswer, checked_answer, new_assignment
from lti_plp.sandbox.placements import (
    ACCOUNT_NAVIGATION,
    ASSIGNMENT_SELECTION,
    ASSIGNMENTS_MENU,
    CONTEXT_CARD,
    EDITOR,
    HOMEWORK,
    LINK_SELECTION,
    PICKING,
    SUBMISSION_TYPE,
    USER_NAVIGATION,
    deep_linking_settings,
    makes_assignments,
)
from lti_plp.sandbox.placing import NewAssignment, NewLineItem, add_assignment
from lti_plp.sandbox.school import (
    STAFF,
    Assignment,
    Course,
    assignment_by_id,
    assignments,
    people,
    person_by,
    role_in,
)
from lti_plp.sandbox.store import setting, writing
from lti_plp.sandbox.tools import Tool, active_tools, all_tools, on_domain, tool_by_id

bp = Blueprint("placement_pages", __name__)
bp.before_request(load_visitor)
bp.context_processor(for_templates)


def _tool(tool_id: int, placement: str) -> Tool:
    tool = tool_by_id(database(), tool_id)
    if tool is None or not tool.active or placement not in tool.placements:
        abort(404)
    return tool


def _opened(tool: Tool, course: Course | None, frame: str) -> str:
    role = role_in(database(), g.me, course.id) if course else None
    return render_template(
        "assignment.html",
        course=course,
        role=role,
        assignment=None,
        tool=tool,
        frame=frame,
        origins=origins(),
    )


@bp.get("/profile")
@signed_in
def profile() -> ResponseReturnValue:
    """Show one's account, with the tools that are there for a person, in no course."""
    return render_template("profile.html", tools=active_tools(database(), USER_NAVIGATION))


@bp.get("/users/self/external_tools/<int:tool_id>")
@signed_in
def user_tool(tool_id: int) -> ResponseReturnValue:
    """Open a tool from one's account."""
    tool = _tool(tool_id, USER_NAVIGATION)
    return _opened(tool, None, framed(tool, None, None, USER_NAVIGATION))


@bp.get("/accounts/1/external_tools/<int:tool_id>")
@signed_in
def account_tool(tool_id: int) -> ResponseReturnValue:
    """Open a tool from the school's account; only administrators come here."""
    if g.me.kind != "administrator":
        abort(403)
    tool = _tool(tool_id, ACCOUNT_NAVIGATION)
    return _opened(tool, None, framed(tool, None, None, ACCOUNT_NAVIGATION))


@bp.get("/courses/<int:course_id>/people")
@signed_in
def course_people(course_id: int) -> ResponseReturnValue:
    """List a course's people; staff can open a student's card."""
    found = entered_course(course_id)
    listed = [(person, role_in(database(), person, found.id)) for person in people(database())]
    members = [one for one in listed if one[1] not in {None, "administrator", "test"}]
    role = role_in(database(), g.me, found.id)
    return render_template("people.html", course=found, role=role, members=members, is_staff=role in STAFF)


@bp.get("/courses/<int:course_id>/users/<int:person_id>")
@signed_in
def card(course_id: int, person_id: int) -> ResponseReturnValue:
    """Show a student's card, with the tools that speak of that student."""
    found, student = staff_course(course_id), person_by(database(), "id", person_id)
    if student is None or role_in(database(), student, found.id) != "student":
        abort(404)
    role = role_in(database(), g.me, found.id)
    tools = active_tools(database(), CONTEXT_CARD)
    return render_template("card.html", course=found, role=role, student=student, tools=tools)


@bp.get("/courses/<int:course_id>/users/<int:person_id>/external_tools/<int:tool_id>")
@signed_in
def card_tool(course_id: int, person_id: int, tool_id: int) -> ResponseReturnValue:
    """Open a tool from a student's card."""
    found, student = staff_course(course_id), person_by(database(), "id", person_id)
    tool = _tool(tool_id, CONTEXT_CARD)
    if student is None or role_in(database(), student, found.id) != "student":
        abort(404)
    return _opened(tool, found, framed(tool, found, None, CONTEXT_CARD, student=student))


@bp.get("/courses/<int:course_id>/modules")
@signed_in
def modules(course_id: int) -> ResponseReturnValue:
    """List what stands in a course without being graded."""
    found = entered_course(course_id)
    links = [one for one in assignments(database(), found.id) if one.points is None]
    role = role_in(database(), g.me, found.id)
    tools = active_tools(database(), LINK_SELECTION) if role in STAFF else []
    return render_template("modules.html", course=found, role=role, links=links, tools=tools)


@bp.get("/courses/<int:course_id>/pages")
@signed_in
def wiki(course_id: int) -> ResponseReturnValue:
    """Show a course's page, into which staff can put things from tools."""
    found = entered_course(course_id)
    rows = database().execute("SELECT item FROM page_content WHERE course_id = ? ORDER BY id", (found.id,))
    role = role_in(database(), g.me, found.id)
    tools = active_tools(database(), EDITOR) if role in STAFF else []
    items = [json.loads(row["item"]) for row in rows]
    return render_template("wiki.html", course=found, role=role, items=items, tools=tools)


@bp.get("/courses/<int:course_id>/external_tools/retrieve")
@signed_in
def retrieve(course_id: int) -> ResponseReturnValue:
    """Open an address of a tool, as Canvas does for links in pages and for what was handed in."""
    found, lookup = entered_course(course_id), request.args.get("resource_link_lookup_uuid")
    link = _in_page_of(found, lookup) if lookup else None
    link = link or Link(found.context_id, found.title, request.args.get("url", ""))
    tool = next(
        (one for one in all_tools(database()) if one.active and on_domain(link.url, one.domain)), None
    )
    if tool is None:
        abort(404)
    return _opened(tool, found, framed(tool, found, None, None, link=link))


def _in_page_of(found: Course, lookup: str) -> Link:
    rows = database().execute("SELECT item FROM page_content WHERE course_id = ?", (found.id,))
    items = (json.loads(row["item"]) for row in rows)
    item = next((one for one in items if one.get("lookup") == lookup), None) or abort(404)
    return Link(lookup, item.get("title") or found.title, item["url"], item.get("custom") or {})


@bp.get("/courses/<int:course_id>/assignments/new")
@signed_in
def new_assignment_page(course_id: int) -> ResponseReturnValue:
    """Let staff choose what kind of assignment it is to be."""
    found = staff_course(course_id)
    role = role_in(database(), g.me, found.id)
    kinds = [
        (placement, tool)
        for placement in (SUBMISSION_TYPE, ASSIGNMENT_SELECTION)
        for tool in active_tools(database(), placement)
    ]
    return render_template("new_assignment.html", course=found, role=role, kinds=kinds)


@bp.get("/courses/<int:course_id>/add_assignment/<int:tool_id>")
@signed_in
def add(course_id: int, tool_id: int) -> ResponseReturnValue:
    """Let a teacher pick assignments from a tool."""
    return _pick(staff_course(course_id), tool_id, ASSIGNMENTS_MENU, None)


@bp.get("/courses/<int:course_id>/pick/<placement>/<int:tool_id>")
@signed_in
def pick(course_id: int, placement: str, tool_id: int) -> ResponseReturnValue:
    """Let somebody pick from a tool: staff wherever it is, a student what is to be handed in."""
    if placement not in PICKING:
        abort(404)
    if placement != HOMEWORK:
        return _pick(staff_course(course_id), tool_id, placement, None)
    found = entered_course(course_id)
    item = assignment_by_id(database(), request.args.get("assignment", 0, int))
    is_student = role_in(database(), g.me, found.id) == "student"
    if item is None or item.course_id != found.id or not is_student:
        abort(404)
    return _pick(found, tool_id, placement, item)


def _pick(found: Course, tool_id: int, placement: str, item: Assignment | None) -> ResponseReturnValue:
    tool = _tool(tool_id, placement)
    # The settings of this very request carry the address that the answer goes to.
    frame = framed(tool, found, item, placement, deep_linking_settings(placement))
    return render_template("picking.html", course=found, tool=tool, frame=frame, origins=origins())


@bp.post("/courses/<int:course_id>/deep_linking_response")
def deep_linking_response(course_id: int) -> ResponseReturnValue:
    """Take a tool's answer; it arrives in the frame, without the LMS's cookie."""
    db = database()
    row = db.execute(
        "SELECT * FROM deep_link WHERE handle = ? AND course_id = ? AND state = 'open' AND expires_at > ?",
        (request.args.get("data", ""), course_id, times.stored(times.now())),
    ).fetchone()
    tool = tool_by_id(db, row["tool_id"]) if row else None
    if row is None or tool is None:
        return _refused(["This answer was not asked for, or was given before."])
    try:
        claims = checked_answer(db, tool, row, request.form.get("JWT", ""))
    except RefusedAnswer as problem:
        return _refused(problem.reasons)
    items = claims.get(DEEP_LINKING + "content_items", [])
    db.execute(
        "UPDATE deep_link SET state = 'answered', answer = ? WHERE handle = ?",
        (json.dumps(items), row["handle"]),
    )
    return render_template(
        "picked.html",
        course_id=course_id,
        items=items,
        handle=row["handle"],
        message=claims.get(DEEP_LINKING + "msg"),
        error=claims.get(DEEP_LINKING + "errormsg"),
        for_people=times.for_people,
    )


def _refused(reasons: list[str]) -> ResponseReturnValue:
    return render_template("refusal.html", title="The tool's answer is refused", reasons=reasons), 400


@bp.post("/courses/<int:course_id>/add_picked")
@signed_in
def add_picked(course_id: int) -> ResponseReturnValue:
    """Make of what was picked what its place is for."""
    found, db = entered_course(course_id), database()
    row = db.execute(
        "SELECT * FROM deep_link WHERE handle = ? AND course_id = ? AND state = 'answered' AND person_id = ?",
        (request.form.get("handle", ""), found.id, g.me.id),
    ).fetchone()
    if row is None:
        abort(404)
    is_staff = role_in(db, g.me, found.id) in STAFF
    if row["placement"] != HOMEWORK and not is_staff:
        abort(403)
    keep = _KEEPERS.get(row["placement"], _as_assignments)
    items = json.loads(row["answer"])
    # What a student hands in is fetched first: no transaction is open while another server is asked.
    fetched = [_fetched(item) for item in items] if keep is _as_homework else []
    with writing(db):
        used = db.execute(
            "UPDATE deep_link SET state = 'added' WHERE handle = ? AND state = 'answered'", (row["handle"],)
        )
        if used.rowcount:
            keep(db, found, row, items, fetched)
    return redirect(_back_to(row, found), 303)


def _back_to(row: sqlite3.Row, found: Course) -> str:
    pages = {LINK_SELECTION: ".modules", EDITOR: ".wiki"}
    if row["placement"] == HOMEWORK:
        return url_for("pages.assignment", course_id=found.id, assignment_id=row["assignment_id"])
    return url_for(pages.get(row["placement"], "pages.course"), course_id=found.id)


def _fetched(item: dict[str, Any]) -> bytes:
    if item["type"] != "file":
        return b""
    with requests.Session() as http:
        http.trust_env = False
        answer = http.get(item["url"], timeout=10)
    if not answer.ok:
        abort(502, "The file of the tool cannot be fetched.")
    return answer.content


def _as_assignments(
    db: sqlite3.Connection,
    found: Course,
    row: sqlite3.Row,
    items: list[dict[str, Any]],
    _fetched: list[bytes],
) -> None:
    is_graded = makes_assignments(db, row["placement"])
    for item in items:
        # Where the flag is off, a `lineItem` is left unread, and nobody is told.
        known = item if is_graded else {name: value for name, value in item.items() if name != "lineItem"}
        made = add_assignment(db, found.id, row["tool_id"], new_assignment(known))
        if setting(db, "publish_picked", "on") == "off":
            db.execute("UPDATE assignment SET published = 0 WHERE id = ?", (made,))


def _as_type(
    db: sqlite3.Connection,
    found: Course,
    row: sqlite3.Row,
    items: list[dict[str, Any]],
    _fetched: list[bytes],
) -> None:
    """An assignment of a tool's type has points of the teacher's form, whatever the tool says."""
    for item in items:
        made = new_assignment({name: value for name, value in item.items() if name != "lineItem"})
        points = NewLineItem(label=made.title, score_maximum=10.0)
        graded = NewAssignment(
            title=made.title, text=made.text, url=made.url, custom=made.custom, line_item=points
        )
        add_assignment(db, found.id, row["tool_id"], graded)


def _in_page(
    db: sqlite3.Connection,
    found: Course,
    _row: sqlite3.Row,
    items: list[dict[str, Any]],
    _fetched: list[bytes],
) -> None:
    # A tool's link in a page is a resource link of its own.
    rows = [(found.id, json.dumps({**item, "lookup": str(uuid.uuid4())})) for item in items]
    db.executemany("INSERT INTO page_content (course_id, item) VALUES (?, ?)", rows)


def _as_homework(
    db: sqlite3.Connection, found: Course, row: sqlite3.Row, items: list[dict[str, Any]], fetched: list[bytes]
) -> None:
    for item, content in zip(items, fetched, strict=True):
        if item["type"] == "file":
            kind = item.get("mediaType") or "application/octet-stream"
            name = str(item.get("title") or "file")
            file_id = coursework.add_file(db, row["person_id"], found.id, name, content, kind)
            coursework.hand_in(db, row["assignment_id"], row["person_id"], "online_upload", files=[file_id])
        else:
            coursework.hand_in(
                db, row["assignment_id"], row["person_id"], "basic_lti_launch", data=item.get("url")
            )


Keeper = Callable[[sqlite3.Connection, Course, sqlite3.Row, list[dict[str, Any]], list[bytes]], None]
_KEEPERS: dict[str, Keeper] = {
    SUBMISSION_TYPE: _as_type,
    EDITOR: _in_page,
    HOMEWORK: _as_homework,
}
