"""The LMS's own pages."""

import re
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from lti_plp.sandbox import times
from lti_plp.sandbox.claims import LaunchSubject, Link
from lti_plp.sandbox.launching import begin_launch, storage_is_on
from lti_plp.sandbox.lms import SCHOOL, database, lms
from lti_plp.sandbox.notices import tell_of_copy
from lti_plp.sandbox.placements import ACCOUNT_NAVIGATION, COURSE_NAVIGATION, HOMEWORK
from lti_plp.sandbox.placing import copy_course
from lti_plp.sandbox.school import (
    STAFF,
    Assignment,
    Course,
    Person,
    assignment_by_id,
    assignments,
    course_by_id,
    courses,
    observed,
    people,
    person_by,
    role_in,
    students,
)
from lti_plp.sandbox.store import set_setting, setting, writing
from lti_plp.sandbox.tools import Tool, active_tools, all_tools, tool_by_id

bp = Blueprint("pages", __name__)

_PLAIN_TAG = re.compile(r"&lt;(/?(?:h3|p|br|ul|ol|li|b|strong|em))&gt;")

View = Callable[..., ResponseReturnValue]


def _me() -> Person | None:
    """Return who is signed in; in Student View the Test Student."""
    row = database().execute("SELECT * FROM lms_session WHERE id = ?", (session.get("id"),)).fetchone()
    if row is None:
        return None
    return person_by(database(), "id", row["viewing_as"] or row["person_id"])


@bp.before_request
def load_visitor() -> None:
    """Find out who is signed in, for all pages of this part and of others that ask for it."""
    g.me = _me()


@bp.context_processor
def for_templates() -> dict[str, Any]:
    """Return what every page's frame needs."""
    viewing = (
        database().execute("SELECT viewing_as FROM lms_session WHERE id = ?", (session.get("id"),)).fetchone()
    )
    return {
        "me": g.get("me"),
        "school": SCHOOL,
        "storage_on": storage_is_on(database()),
        "student_view": bool(viewing and viewing["viewing_as"]),
        "for_people": times.for_people,
    }


def signed_in(view: View) -> View:
    """Send strangers to the first page."""

    @wraps(view)
    def wrapped(*arguments: Any, **values: Any) -> ResponseReturnValue:
        if g.me is None:
            return redirect(url_for("pages.home"))
        return view(*arguments, **values)

    return wrapped


def entered_course(course_id: int) -> Course:
    """Return a course that whoever is signed in may enter; else there is none."""
    course = course_by_id(database(), course_id)
    if course is None or role_in(database(), g.me, course.id) is None:
        abort(404)
    return course


def staff_course(course_id: int) -> Course:
    """Return a course of one's own as staff."""
    course = entered_course(course_id)
    if role_in(database(), g.me, course.id) not in STAFF:
        abort(403)
    return course


def origins() -> list[str]:
    """Return where tools' pages come from."""
    return sorted({origin for tool in all_tools(database()) for origin in tool.origins})


@bp.get("/")
def home() -> ResponseReturnValue:
    """Say what this is and let one choose a person."""
    everybody = [person for person in people(database()) if person.kind != "test"][:12]
    mine = courses(database(), g.me) if g.me else []
    return render_template("home.html", everybody=everybody, courses=mine)


@bp.post("/sign_in")
def sign_in() -> ResponseReturnValue:
    """Be somebody."""
    person = person_by(database(), "key", request.form.get("person", ""))
    if person is None:
        abort(404)
    session["id"] = secrets.token_urlsafe(16)
    database().execute("INSERT INTO lms_session (id, person_id) VALUES (?, ?)", (session["id"], person.id))
    first = courses(database(), person)
    return redirect(url_for(".course", course_id=first[0].id) if first else url_for(".home"), 303)


@bp.post("/sign_out")
def sign_out() -> ResponseReturnValue:
    """Be nobody again."""
    session.clear()
    return redirect(url_for(".home"), 303)


@bp.get("/courses/<int:course_id>")
@signed_in
def course(course_id: int) -> ResponseReturnValue:
    """Show a course with its assignments."""
    found = entered_course(course_id)
    is_staff = role_in(database(), g.me, found.id) in STAFF
    return render_template(
        "course.html",
        course=found,
        role=role_in(database(), g.me, found.id),
        assignments=[one for one in assignments(database(), found.id) if one.published or is_staff],
        tools=active_tools(database(), COURSE_NAVIGATION),
        pickers=active_tools(database(), "assignment_selection"),
    )


@bp.post("/courses/<int:course_id>/copy")
@signed_in
def copy(course_id: int) -> ResponseReturnValue:
    """Copy a course."""
    found = staff_course(course_id)
    with writing(database()):
        copied = copy_course(database(), found)
    tell_of_copy(database(), lms(), found.id, copied)
    return redirect(url_for(".course", course_id=copied), 303)


@bp.post("/courses/<int:course_id>/student_view")
@signed_in
def student_view(course_id: int) -> ResponseReturnValue:
    """Enter or leave Student View."""
    found = entered_course(course_id)
    test = person_by(database(), "key", "test-student")
    entering = request.form.get("enter") == "1"
    if entering and role_in(database(), g.me, found.id) not in STAFF:
        abort(403)
    database().execute(
        "UPDATE lms_session SET viewing_as = ? WHERE id = ?",
        (test.id if entering and test else None, session["id"]),
    )
    return redirect(url_for(".course", course_id=found.id), 303)


def framed(
    tool: Tool,
    found: Course | None,
    assignment: Assignment | None,
    placement: str | None,
    settings: dict[str, Any] | None = None,
    student: Person | None = None,
    link: Link | None = None,
) -> str:
    """Return the address that a frame begins with."""
    subject = LaunchSubject(tool, g.me, found, assignment, placement, settings, student, link=link)
    login = begin_launch(database(), lms(), subject, session["id"])
    return f"{login.url}?{urlencode(login.parameters)}"


@bp.get("/courses/<int:course_id>/assignments/<int:assignment_id>")
@signed_in
def assignment(course_id: int, assignment_id: int) -> ResponseReturnValue:
    """Show an assignment with the tool in a frame."""
    found, item = entered_course(course_id), assignment_by_id(database(), assignment_id)
    if item is None or item.course_id != found.id:
        abort(404)
    role = role_in(database(), g.me, found.id)
    if not item.published and role not in STAFF:
        abort(404)
    tool = tool_by_id(database(), item.tool_id) if item.tool_id and item.launchable else None
    frame = framed(tool, found, item, "assignment_view") if tool and tool.active else None
    return render_template(
        "assignment.html",
        course=found,
        role=role,
        assignment=item,
        tool=tool,
        frame=frame,
        helpers=active_tools(database(), HOMEWORK) if role == "student" and item.tool_id is None else [],
        origins=origins(),
    )


@bp.post("/courses/<int:course_id>/assignments/<int:assignment_id>/launch")
@signed_in
def launch_in_tab(course_id: int, assignment_id: int) -> ResponseReturnValue:
    """Open an assignment's tool in a tab of its own."""
    found, item = entered_course(course_id), assignment_by_id(database(), assignment_id)
    tool = tool_by_id(database(), item.tool_id) if item and item.tool_id else None
    if item is None or tool is None or not tool.active or item.course_id != found.id:
        abort(404)
    return redirect(framed(tool, found, item, "assignment_view"), 303)


@bp.get("/courses/<int:course_id>/external_tools/<int:tool_id>")
@signed_in
def course_tool(course_id: int, tool_id: int) -> ResponseReturnValue:
    """Show a tool from the course's menu."""
    found, tool = entered_course(course_id), tool_by_id(database(), tool_id)
    if tool is None or not tool.active:
        abort(404)
    return render_template(
        "assignment.html",
        course=found,
        role=role_in(database(), g.me, found.id),
        assignment=None,
        tool=tool,
        frame=framed(tool, found, None, COURSE_NAVIGATION),
        origins=origins(),
    )


@bp.get("/courses/<int:course_id>/grades")
@signed_in
def grades(course_id: int) -> ResponseReturnValue:
    """Show the gradebook: to staff everybody's, to others their own or that of whom they observe."""
    found = entered_course(course_id)
    role = role_in(database(), g.me, found.id)
    if role in STAFF:
        shown = students(database(), found.id)
    elif role == "observer":
        shown = observed(database(), g.me, found.id)
    else:
        shown = [g.me] if role == "student" else []
    columns = [one for one in assignments(database(), found.id) if one.points is not None]
    return render_template(
        "grades.html", course=found, role=role, columns=columns, shown=shown, cells=_cells(found.id)
    )


def _cells(course_id: int) -> dict[tuple[int, int], dict[str, Any]]:
    rows = database().execute(
        "SELECT assignment_id, person_id, score, NULL AS comment,"
        " CASE WHEN submitted_at IS NOT NULL THEN 'Submitted' END AS activity_progress FROM work"
        " WHERE course_id = ? AND (submitted_at IS NOT NULL OR score IS NOT NULL)",
        (course_id,),
    )
    cells = {(row["assignment_id"], row["person_id"]): dict(row) for row in rows}
    rows = database().execute(
        "SELECT line_item.assignment_id, line_item.score_maximum, result.* FROM result"
        " JOIN line_item ON line_item.id = line_item_id WHERE line_item.course_id = ?",
        (course_id,),
    )
    return cells | {(row["assignment_id"], row["person_id"]): dict(row) for row in rows}


@bp.get("/courses/<int:course_id>/gradebook/speed_grader")
@signed_in
def speed_grader(course_id: int) -> ResponseReturnValue:
    """Show a teacher what one student handed in, the newest attempt."""
    found = entered_course(course_id)
    if role_in(database(), g.me, found.id) not in STAFF:
        abort(403)
    row = (
        database()
        .execute(
            "SELECT person.name, assignment.title, work.submission_type, work.body, work.url, work.attempt,"
            " work.submitted_at FROM work JOIN person ON person.id = person_id"
            " JOIN assignment ON assignment.id = assignment_id"
            " WHERE work.course_id = ? AND assignment_id = ? AND person_id = ?",
            (course_id, request.args.get("assignment_id", ""), request.args.get("student_id", "")),
        )
        .fetchone()
    )
    return render_template(
        "speed_grader.html", course=found, work=row or abort(404), shown=_cleaned(row["body"])
    )


def _cleaned(html: str | None) -> Markup:
    """Return HTML that somebody handed in, with nothing left but a few plain tags."""
    escaped = str(escape(html or ""))
    return Markup(_PLAIN_TAG.sub(r"<\1>", escaped))  # noqa: S704  escaped but for these tags


@bp.get("/admin")
@signed_in
def admin() -> ResponseReturnValue:
    """Let the administrator look after tools and settings."""
    _require_administrator()
    menu = active_tools(database(), ACCOUNT_NAVIGATION)
    return render_template("admin.html", tools=all_tools(database()), menu=menu)


def _require_administrator() -> None:
    if g.me.kind != "administrator":
        abort(403)


@bp.post("/admin/install")
@signed_in
def install() -> ResponseReturnValue:
    """Open a tool's registration link in a frame, with a one-time token."""
    _require_administrator()
    url, token = request.form.get("url", "").strip(), secrets.token_urlsafe(24)
    database().execute(
        "INSERT INTO registration_token (token, expires_at, url) VALUES (?, ?, ?)",
        (token, times.stored_later(hours=1), url),
    )
    configuration = f"{lms().base_url}/.well-known/openid-configuration"
    query = urlencode({"openid_configuration": configuration, "registration_token": token})
    frame = f"{url}{'&' if '?' in url else '?'}{query}"
    return render_template("install.html", frame=frame, origins=[])


@bp.post("/admin/tools/<int:tool_id>/switch")
@signed_in
def switch(tool_id: int) -> ResponseReturnValue:
    """Switch a tool on or off; the first time it gets its deployment id."""
    _require_administrator()
    tool = tool_by_id(database(), tool_id)
    if tool is None:
        abort(404)
    deployment_id = tool.deployment_id or f"{tool.id}:{secrets.token_hex(20)}"
    database().execute(
        "UPDATE tool SET active = ?, deployment_id = ? WHERE id = ?",
        (not tool.active, deployment_id, tool.id),
    )
    return redirect(url_for(".admin"), 303)


@bp.post("/admin/storage")
@signed_in
def switch_storage() -> ResponseReturnValue:
    """Switch platform storage on or off."""
    _require_administrator()
    now_on = setting(database(), "platform_storage", "on") == "on"
    set_setting(database(), "platform_storage", "off" if now_on else "on")
    return redirect(url_for(".admin"), 303)
