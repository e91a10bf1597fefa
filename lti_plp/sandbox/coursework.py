"""What students hand in, and what becomes of it: attempts, grades, comments, hiding and posting.

Pages, the services for tools and test control all write through here, so that each of them sees what the others did.
"""

import json
import secrets
import sqlite3
import uuid
from collections.abc import Iterable
from typing import Any

from lti_plp.sandbox import times

_FIELDS = {
    "text": "text",
    "points_possible": "points_possible",
    "grading_type": "grading_type",
    "due_at": "due_at",
    "unlock_at": "unlock_at",
    "lock_at": "lock_at",
    "published": "published",
    "allowed_attempts": "allowed_attempts",
    "assignment_group_id": "group_id",
    "rubric_id": "rubric_id",
    "group_category_id": "category_id",
    "grade_group_students_individually": "graded_one_by_one",
    "post_manually": "posted_by_hand",
    "only_visible_to_overrides": "only_some",
    "omit_from_final_grade": "omitted",
}
"""Parameters of an assignment and the columns that keep them."""


def make_assignment(db: sqlite3.Connection, course_id: int, title: str, **values: Any) -> int:
    """Make an assignment of the LMS's own, without a tool; return its id.

    ``values`` are those of the REST interface; what no column keeps is shown as it was given.
    """
    now = times.stored(times.now())
    cursor = db.execute(
        "INSERT INTO assignment (course_id, resource_link_id, title, created_at, updated_at, group_id)"
        " VALUES (?, ?, ?, ?, ?, (SELECT min(id) FROM assignment_group WHERE course_id = ?))",
        (course_id, str(uuid.uuid4()), title, now, now, course_id),
    )
    assignment_id = int(cursor.lastrowid or 0)
    values.setdefault("submission_types", ["online_upload", "online_text_entry"])
    change_assignment(db, assignment_id, **values)
    return assignment_id


def change_assignment(db: sqlite3.Connection, assignment_id: int, **values: Any) -> None:
    """Change an assignment; see :func:`make_assignment`."""
    students = values.pop("visible_to", None)
    columns: dict[str, Any] = {"updated_at": times.stored(times.now())}
    if "name" in values:
        columns["title"] = values.pop("name")
    if "submission_types" in values:
        columns["submission_types"] = json.dumps(values.pop("submission_types"))
    for name in [name for name in values if name in _FIELDS]:
        value = values.pop(name)
        columns[_FIELDS[name]] = kept(value) if name.endswith("_at") else value
    if values:
        row = db.execute("SELECT more FROM assignment WHERE id = ?", (assignment_id,)).fetchone()
        columns["more"] = json.dumps({**json.loads(row["more"]), **values})
    if students is not None:
        columns["only_some"] = 1
        rows = [(assignment_id, student) for student in students]
        db.executemany("INSERT OR IGNORE INTO visible_to (assignment_id, person_id) VALUES (?, ?)", rows)
    marks = ", ".join(f"{name} = ?" for name in columns)
    # The names are those of our own columns.
    db.execute(f"UPDATE assignment SET {marks} WHERE id = ?", (*columns.values(), assignment_id))  # noqa: S608


def delete_assignment(db: sqlite3.Connection, assignment_id: int, *, undo: bool = False) -> None:
    """Take an assignment out of everybody's sight, as Canvas does: nothing lists it or its submissions any more."""
    db.execute(
        "UPDATE assignment SET deleted = ?, updated_at = ? WHERE id = ?",
        (not undo, times.stored(times.now()), assignment_id),
    )


def kept(value: Any) -> str | None:
    """Return a moment of ISO 8601 as it is kept; ``None`` for what is none."""
    moment = times.parse(value)
    return times.stored(moment) if moment else None


def add_file(
    db: sqlite3.Connection,
    person_id: int,
    course_id: int | None,
    name: str,
    content: bytes,
    content_type: str,
) -> int:
    """Keep a file of somebody; return its id."""
    cursor = db.execute(
        "INSERT INTO file (uuid, person_id, course_id, name, content_type, content, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            secrets.token_urlsafe(24),
            person_id,
            course_id,
            name,
            content_type,
            content,
            times.stored(times.now()),
        ),
    )
    return int(cursor.lastrowid or 0)


def hand_in(
    db: sqlite3.Connection,
    assignment_id: int,
    person_id: int,
    kind: str,
    *,
    data: str | None = None,
    files: list[int] | None = None,
    at: str | None = None,
) -> int:
    """Take in one more attempt, in group work for every member of the group; return its number."""
    at = at or times.stored(times.now())
    attempt = 0
    for member in (person_id, *fellows(db, assignment_id, person_id)):
        attempt = _hand_in_alone(db, assignment_id, member, kind, data, files, at)
    return attempt


def _hand_in_alone(
    db: sqlite3.Connection,
    assignment_id: int,
    person_id: int,
    kind: str,
    data: str | None,
    files: list[int] | None,
    at: str,
) -> int:
    attempt: int = db.execute(
        "SELECT coalesce(max(attempt), 0) + 1 FROM submission WHERE assignment_id = ? AND person_id = ?",
        (assignment_id, person_id),
    ).fetchone()[0]
    kept_files = json.dumps(files) if files else None
    db.execute(
        "INSERT INTO submission (assignment_id, person_id, attempt, type, data, submitted_at, files)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (assignment_id, person_id, attempt, kind, data, at, kept_files),
    )
    is_text = kind == "online_text_entry"
    db.execute(
        "UPDATE work SET attempt = ?, submission_type = ?, body = ?, url = ?, files = ?, submitted_at = ?,"
        " redo_request = 0, workflow_state = CASE WHEN graded_at IS NULL THEN 'submitted' ELSE workflow_state END"
        " WHERE assignment_id = ? AND person_id = ?",
        (
            attempt,
            kind,
            data if is_text else None,
            None if is_text else data,
            kept_files,
            at,
            assignment_id,
            person_id,
        ),
    )
    return attempt


def attach(db: sqlite3.Connection, assignment_id: int, person_id: int, file_id: int) -> None:
    """Put a file to somebody's newest attempt."""
    row = db.execute(
        "SELECT files, attempt FROM work WHERE assignment_id = ? AND person_id = ?",
        (assignment_id, person_id),
    ).fetchone()
    files = json.dumps([*json.loads(row["files"] or "[]"), file_id])
    db.execute(
        "UPDATE work SET files = ? WHERE assignment_id = ? AND person_id = ?",
        (files, assignment_id, person_id),
    )
    db.execute(
        "UPDATE submission SET files = ? WHERE assignment_id = ? AND person_id = ? AND attempt = ?",
        (files, assignment_id, person_id, row["attempt"]),
    )


def fellows(db: sqlite3.Connection, assignment_id: int, person_id: int) -> list[int]:
    """Return who else is in somebody's group for an assignment of group work."""
    rows = db.execute(
        "SELECT other.person_id FROM assignment JOIN work_group ON work_group.category_id = assignment.category_id"
        " JOIN work_group_member AS mine ON mine.group_id = work_group.id AND mine.person_id = ?"
        " JOIN work_group_member AS other ON other.group_id = work_group.id AND other.person_id <> ?"
        " WHERE assignment.id = ? ORDER BY other.person_id",
        (person_id, person_id, assignment_id),
    )
    return [row["person_id"] for row in rows]


def grade(
    db: sqlite3.Connection,
    assignment_id: int,
    person_id: int,
    score: float | None,
    *,
    grader_id: int,
    at: str | None = None,
    shown: str | None = None,
    with_fellows: bool = True,
) -> None:
    """Give a score, or take the one that stands away with ``None``; in group work to the whole group."""
    row = db.execute("SELECT * FROM assignment WHERE id = ?", (assignment_id,)).fetchone()
    at = at or times.stored(times.now())
    everybody = [person_id]
    if with_fellows and not row["graded_one_by_one"]:
        everybody += fellows(db, assignment_id, person_id)
    state = (
        "graded"
        if score is not None
        else "CASE WHEN submitted_at IS NULL THEN 'unsubmitted' ELSE 'submitted' END"
    )
    state = f"'{state}'" if score is not None else state
    text = shown if shown is not None else grade_text(row["grading_type"], score, row["points_possible"])
    posted = None if row["posted_by_hand"] else at
    for member in everybody:
        # A grade that is taken away keeps its time and its posting, as in Canvas; it is a change like any other.
        db.execute(
            f"UPDATE work SET score = ?, grade = ?, graded_at = ?, grader_id = ?, graded_attempt = attempt,"  # noqa: S608
            f" posted_at = coalesce(posted_at, ?), excused = NULL, workflow_state = {state}"
            " WHERE assignment_id = ? AND person_id = ?",
            (score, text, at, grader_id, posted, assignment_id, member),
        )
        db.execute(
            "UPDATE submission SET score = ?, grade = ? WHERE assignment_id = ? AND person_id = ? AND attempt ="
            " (SELECT attempt FROM work WHERE assignment_id = ? AND person_id = ?)",
            (score, text, assignment_id, member, assignment_id, member),
        )


def grade_text(grading_type: str, score: float | None, points: float | None) -> str | None:
    """Return the grade that goes with a score, as text."""
    if score is None or grading_type == "not_graded":
        return None
    share = score / points if points else 0.0
    if grading_type == "pass_fail":
        return "complete" if score > 0 else "incomplete"
    if grading_type == "percent":
        return f"{100 * share:g}%"
    if grading_type in {"letter_grade", "gpa_scale"}:
        steps = ((0.94, "A"), (0.9, "A-"), (0.87, "B+"), (0.84, "B"), (0.8, "B-"), (0.7, "C"), (0.6, "D"))
        return next((letter for least, letter in steps if share >= least), "F")
    return f"{score:g}"


def excuse(
    db: sqlite3.Connection, assignment_id: int, person_id: int, *, grader_id: int, undo: bool = False
) -> None:
    """Say that somebody need not hand this in; a score goes away with it (Canvas)."""
    now = times.stored(times.now())
    db.execute(
        "UPDATE work SET excused = ?, score = NULL, grade = ?, graded_at = ?, grader_id = ?, posted_at ="
        " coalesce(posted_at, ?), workflow_state = ? WHERE assignment_id = ? AND person_id = ?",
        (
            not undo,
            None if undo else "EX",
            now,
            grader_id,
            now,
            "unsubmitted" if undo else "graded",
            assignment_id,
            person_id,
        ),
    )


def post_grades(
    db: sqlite3.Connection, assignment_id: int, students: Iterable[int] | None, *, hide: bool
) -> None:
    """Let students see what they were given, or hide it from them again; of all, when none are named."""
    now = None if hide else times.stored(times.now())
    if students is None:
        rule = "graded_at IS NOT NULL AND " if not hide else ""
        # The rule is one of two texts of our own.
        db.execute(f"UPDATE work SET posted_at = ? WHERE {rule} assignment_id = ?", (now, assignment_id))  # noqa: S608
        return
    db.executemany(
        "UPDATE work SET posted_at = ? WHERE assignment_id = ? AND person_id = ?",
        [(now, assignment_id, student) for student in students],
    )


def comment(
    db: sqlite3.Connection, assignment_id: int, person_id: int, author_id: int | None, text: str
) -> None:
    """Add a comment to somebody's work; one of a tool has no author."""
    row = db.execute(
        "SELECT comments FROM work WHERE assignment_id = ? AND person_id = ?", (assignment_id, person_id)
    ).fetchone()
    if row is None:
        return
    said = json.loads(row["comments"] or "[]")
    said.append(
        {
            "id": secrets.randbelow(10**9),
            "author_id": author_id,
            "comment": text,
            "created_at": times.stored(times.now()),
        }
    )
    db.execute(
        "UPDATE work SET comments = ? WHERE assignment_id = ? AND person_id = ?",
        (json.dumps(said), assignment_id, person_id),
    )


def assess(db: sqlite3.Connection, assignment_id: int, person_id: int, assessment: dict[str, Any]) -> None:
    """Keep what a rubric says of somebody's work: for each criterion points, a rating and comments."""
    db.execute(
        "UPDATE work SET rubric = ? WHERE assignment_id = ? AND person_id = ?",
        (json.dumps(assessment), assignment_id, person_id),
    )


def override_dates(
    db: sqlite3.Connection, assignment_id: int, students: list[int], due_at: str | None, **more: str | None
) -> int:
    """Give some students dates of their own; return the override's id."""
    cursor = db.execute(
        "INSERT INTO date_override (assignment_id, title, student_ids, due_at, unlock_at, lock_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            assignment_id,
            f"{len(students)} students",
            json.dumps(students),
            due_at,
            more.get("unlock_at"),
            more.get("lock_at"),
        ),
    )
    db.executemany(
        "UPDATE work SET due_at = ? WHERE assignment_id = ? AND person_id = ?",
        [(due_at, assignment_id, student) for student in students],
    )
    return int(cursor.lastrowid or 0)
