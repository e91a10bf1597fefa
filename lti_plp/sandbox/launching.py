"""Beginning a launch: the login initiation and the hints in it (Security Framework 1.0, section 5.1.1.1)."""

import json
import secrets
import sqlite3
from dataclasses import asdict, dataclass
from typing import Any

from lti_plp.sandbox import times
from lti_plp.sandbox.claims import LaunchSubject, Link, target_of
from lti_plp.sandbox.lms import Lms
from lti_plp.sandbox.school import assignment_by_id, course_by_id, person_by
from lti_plp.sandbox.store import setting
from lti_plp.sandbox.tools import Tool, tool_by_id

HINT_MINUTES = 15
"""How long the tool may take to ask who is there."""

STORAGE_TARGET = "_parent"


@dataclass(frozen=True)
class LoginInitiation:
    """What the browser has to send to the tool."""

    url: str
    parameters: dict[str, str]


def storage_is_on(db: sqlite3.Connection) -> bool:
    """Tell whether the LMS's pages keep data for tools (LTI Client Side postMessages)."""
    return setting(db, "platform_storage", "on") == "on"


def begin_launch(
    db: sqlite3.Connection,
    lms: Lms,
    subject: LaunchSubject,
    session_id: str | None,
    overrides: dict[str, Any] | None = None,
) -> LoginInitiation:
    """Store what is to be launched under two opaque hints, and return the login initiation.

    ``session_id`` is the browser's session in the LMS; without one the hint alone says who it is (test control).
    ``overrides`` replace claims of the token; a ``None`` takes one away.
    """
    message_hint, login_hint = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    handle = None
    if subject.deep_linking_settings is not None and subject.course is not None:
        handle = _store_deep_link(db, lms, subject, subject.course.id)
    db.execute(
        "INSERT INTO launch (message_hint, login_hint, tool_id, person_id, session_id, course_id, assignment_id,"
        " placement, deep_link, overrides, expires_at, student_id, nobody, link)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            message_hint,
            login_hint,
            subject.tool.id,
            subject.person.id,
            session_id,
            subject.course.id if subject.course else None,
            subject.assignment.id if subject.assignment else None,
            subject.placement,
            handle,
            json.dumps(overrides or {}),
            times.stored_later(minutes=HINT_MINUTES),
            subject.student.id if subject.student else None,
            subject.is_nobody,
            json.dumps(asdict(subject.link)) if subject.link else None,
        ),
    )
    parameters = {
        "iss": lms.issuer,
        "login_hint": login_hint,
        "client_id": subject.tool.client_id,
        # The specification's name, and the one that Canvas's documentation has.
        "lti_deployment_id": subject.tool.deployment_id or "",
        "deployment_id": subject.tool.deployment_id or "",
        "target_link_uri": target_of(subject),
        "lti_message_hint": message_hint,
        "canvas_environment": "production",
        "canvas_region": "sandbox",
    }
    if storage_is_on(db):
        parameters["lti_storage_target"] = STORAGE_TARGET
    return LoginInitiation(subject.tool.login_url, parameters)


def _store_deep_link(db: sqlite3.Connection, lms: Lms, subject: LaunchSubject, course_id: int) -> str:
    handle = secrets.token_urlsafe(24)
    settings = {
        "deep_link_return_url": f"{lms.base_url}/courses/{course_id}/deep_linking_response?data={handle}",
        **(subject.deep_linking_settings or {}),
    }
    db.execute(
        "INSERT INTO deep_link (handle, tool_id, course_id, person_id, settings, expires_at, placement, assignment_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            handle,
            subject.tool.id,
            course_id,
            subject.person.id,
            json.dumps(settings),
            times.stored_later(hours=2),
            subject.placement,
            subject.assignment.id if subject.assignment else None,
        ),
    )
    return handle


def stored_subject(db: sqlite3.Connection, row: sqlite3.Row) -> LaunchSubject:
    """Return what a stored launch is about.

    :raise LookupError: when a part of it is gone since.
    """
    tool, person = tool_by_id(db, row["tool_id"]), person_by(db, "id", row["person_id"])
    course = course_by_id(db, row["course_id"]) if row["course_id"] else None
    student = person_by(db, "id", row["student_id"]) if row["student_id"] else None
    assignment = assignment_by_id(db, row["assignment_id"]) if row["assignment_id"] else None
    is_gone = (row["course_id"] and not course) or (row["assignment_id"] and not assignment)
    if not tool or not person or is_gone:
        raise LookupError("A part of this launch is gone.")
    settings = None
    if row["deep_link"]:
        stored = db.execute("SELECT settings FROM deep_link WHERE handle = ?", (row["deep_link"],)).fetchone()
        settings = json.loads(stored["settings"])
    link = Link(**json.loads(row["link"])) if row["link"] else None
    return LaunchSubject(
        tool, person, course, assignment, row["placement"], settings, student, bool(row["nobody"]), link
    )


def usable(tool: Tool) -> bool:
    """Tell whether a tool may be launched."""
    return tool.active and bool(tool.deployment_id)
