"""Making assignments and line items, and copying whole courses."""

import json
import sqlite3
import uuid
from dataclasses import dataclass, field
from typing import Any

from lti_plp.sandbox.school import Course, add_course


@dataclass(frozen=True)
class NewLineItem:
    """A grade column that is to be made."""

    label: str
    score_maximum: float
    resource_id: str | None = None
    tag: str | None = None
    start_at: str | None = None
    end_at: str | None = None
    grades_released: bool | None = None
    submission_type: dict[str, Any] | None = None
    coupled: bool = True
    """Made by the LMS with its assignment; a tool may not delete it (Canvas)."""


@dataclass(frozen=True)
class NewAssignment:
    """A link of a tool that is to be placed."""

    title: str
    text: str = ""
    url: str | None = None
    custom: dict[str, str] = field(default_factory=dict)
    new_tab: bool = False
    unlock_at: str | None = None
    lock_at: str | None = None
    due_at: str | None = None
    line_item: NewLineItem | None = None


def add_assignment(db: sqlite3.Connection, course_id: int, tool_id: int, new: NewAssignment) -> int:
    """Place a link with a fresh resource link id, and its line item when it is graded; return its id."""
    cursor = db.execute(
        "INSERT INTO assignment (course_id, tool_id, resource_link_id, title, text, url, custom, new_tab, unlock_at,"
        " lock_at, due_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            course_id,
            tool_id,
            str(uuid.uuid4()),
            new.title,
            new.text,
            new.url,
            json.dumps(new.custom),
            new.new_tab,
            new.unlock_at,
            new.lock_at,
            new.due_at,
        ),
    )
    assignment_id = int(cursor.lastrowid or 0)
    if new.line_item:
        add_line_item(db, course_id, tool_id, assignment_id, new.line_item)
    return assignment_id


def add_line_item(
    db: sqlite3.Connection, course_id: int, tool_id: int, assignment_id: int, new: NewLineItem
) -> int:
    """Add a line item to an assignment; return its id."""
    cursor = db.execute(
        "INSERT INTO line_item (course_id, tool_id, assignment_id, coupled, label, score_maximum, resource_id, tag,"
        " start_at, end_at, grades_released, submission_type) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            course_id,
            tool_id,
            assignment_id,
            new.coupled,
            new.label,
            new.score_maximum,
            new.resource_id,
            new.tag,
            new.start_at,
            new.end_at,
            new.grades_released,
            json.dumps(new.submission_type) if new.submission_type else None,
        ),
    )
    return int(cursor.lastrowid or 0)


def copy_course(db: sqlite3.Connection, course: Course) -> int:
    """Copy a course; return the new one's id.

    Links keep their address and custom parameters and get new resource link ids and line items, as Canvas's import
    does; assignments of the LMS's own keep what they ask for, under a new id. Nobody's work comes along. The people do,
    unlike in Canvas, so that one can go on at once.
    """
    copies = db.execute("SELECT count(*) FROM course WHERE copied_from = ?", (course.id,)).fetchone()[0]
    number = f" {copies + 1}" if copies else ""
    copied_id = add_course(
        db, f"{course.title} (copy{number})", f"{course.label}-COPY{number.strip()}", course.id
    )
    db.execute(
        "INSERT INTO enrollment (course_id, person_id, role, status)"
        " SELECT ?, person_id, role, status FROM enrollment WHERE course_id = ?",
        (copied_id, course.id),
    )
    for row in db.execute(
        "SELECT * FROM assignment WHERE course_id = ? AND NOT deleted ORDER BY id", (course.id,)
    ).fetchall():
        _copy_assignment(db, row, copied_id)
    return copied_id


def _copy_assignment(db: sqlite3.Connection, row: sqlite3.Row, course_id: int) -> None:
    column = db.execute(
        "SELECT * FROM line_item WHERE assignment_id = ? ORDER BY id LIMIT 1", (row["id"],)
    ).fetchone()
    line_item = None
    if column:
        released = column["grades_released"]
        line_item = NewLineItem(
            label=column["label"],
            score_maximum=column["score_maximum"],
            resource_id=column["resource_id"],
            tag=column["tag"],
            start_at=column["start_at"],
            end_at=column["end_at"],
            grades_released=None if released is None else bool(released),
            submission_type=json.loads(column["submission_type"]) if column["submission_type"] else None,
            coupled=bool(column["coupled"]),
        )
    new = NewAssignment(
        title=row["title"],
        text=row["text"],
        url=row["url"],
        custom=json.loads(row["custom"]),
        new_tab=bool(row["new_tab"]),
        unlock_at=row["unlock_at"],
        lock_at=row["lock_at"],
        due_at=row["due_at"],
        line_item=line_item,
    )
    copied = add_assignment(db, course_id, row["tool_id"], new)
    rubric = _copy_rubric(db, row["rubric_id"], course_id)
    db.execute(
        "UPDATE assignment SET rubric_id = ?, (points_possible, grading_type, submission_types, published,"
        " allowed_attempts, posted_by_hand, omitted) = (SELECT points_possible, grading_type, submission_types,"
        " published, allowed_attempts, posted_by_hand, omitted FROM assignment WHERE id = ?) WHERE id = ?",
        (rubric, row["id"], copied),
    )


def _copy_rubric(db: sqlite3.Connection, rubric_id: int | None, course_id: int) -> int | None:
    """Copy a rubric, with the ids of its criteria and ratings; whether Canvas keeps those nobody here knows."""
    if rubric_id is None:
        return None
    cursor = db.execute(
        "INSERT INTO rubric (course_id, title, criteria) SELECT ?, title, criteria FROM rubric WHERE id = ?",
        (course_id, rubric_id),
    )
    return cursor.lastrowid
