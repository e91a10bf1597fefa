"""A course of N assignments and M students with everybody's work, made in one go: what is measured is the client."""

import json
import secrets
import sqlite3
import uuid
from datetime import timedelta
from typing import Any

from lti_plp.sandbox import times
from lti_plp.sandbox.coursework import add_file
from lti_plp.sandbox.school import add_course, person_by

_GIVEN = ("Ada", "Ben", "Chloe", "Dev", "Ella", "Femi", "Gus", "Hana", "Ivo", "June", "Kai", "Lena")
_FAMILY = ("Abbott", "Brook", "Castillo", "Dunn", "Ekholm", "Ferris", "Gray", "Hollis", "Ito", "Jansen")


def make_many(
    db: sqlite3.Connection, *, students: int, assignments: int, title: str, teacher: str
) -> dict[str, Any]:
    """Make the course; every work is handed in but each tenth, and graded but each seventh, from a week apart on.

    Of three works two are files.

    :raise LookupError: when there is no such teacher.
    """
    course_id = add_course(db, title, title[:20].upper().replace(" ", "-"), None)
    someone = person_by(db, "key", teacher)
    if someone is None:
        raise LookupError(f"There is nobody called {teacher}.")
    people = _people(db, students)
    rows = [(course_id, person, "student") for person in people] + [(course_id, someone.id, "teacher")]
    db.executemany("INSERT INTO enrollment (course_id, person_id, role) VALUES (?, ?, ?)", rows)
    tasks = _assignments(db, course_id, assignments)
    db.executemany(
        "UPDATE work SET attempt = 1, submission_type = 'online_text_entry', body = ?, submitted_at = ?,"
        " workflow_state = ?, score = ?, grade = ?, graded_at = ?, posted_at = ?, grader_id = ?, graded_attempt = ?"
        " WHERE assignment_id = ? AND person_id = ?",
        (
            _work(index, number, task, due, person, someone.id)
            for index, (task, due) in enumerate(tasks)
            for number, person in enumerate(people)
            if (index + number) % 10
        ),
    )
    _files(db, course_id, people)
    subjects = db.execute(
        "SELECT person.id, sub FROM person JOIN enrollment ON person_id = person.id"
        " WHERE course_id = ? AND role = 'student' ORDER BY person.id",
        (course_id,),
    )
    context = db.execute("SELECT context_id FROM course WHERE id = ?", (course_id,)).fetchone()["context_id"]
    return {
        "course": course_id,
        "context_id": context,
        "assignments": [task for task, _ in tasks],
        "students": [{"id": row["id"], "sub": row["sub"]} for row in subjects],
    }


def _people(db: sqlite3.Connection, count: int) -> list[int]:
    first = db.execute("SELECT max(id) FROM person").fetchone()[0] + 1
    rows = []
    for number in range(first, first + count):
        given = _GIVEN[number % len(_GIVEN)]
        family = _FAMILY[number // len(_GIVEN) % len(_FAMILY)]
        key = f"student-{number}"
        mail = f"{key}@maple-hollow.example"
        rows.append((number, key, str(uuid.uuid4()), "student", f"{given} {family}", given, family, mail))
    db.executemany(
        "INSERT INTO person (id, key, sub, kind, name, given_name, family_name, email)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    return [row[0] for row in rows]


def _assignments(db: sqlite3.Connection, course_id: int, count: int) -> list[tuple[int, str]]:
    first = db.execute("SELECT coalesce(max(id), 0) + 1 FROM assignment").fetchone()[0]
    group = db.execute("SELECT id FROM assignment_group WHERE course_id = ?", (course_id,)).fetchone()["id"]
    now = times.now()
    tasks = [
        (first + number, times.stored(now - timedelta(weeks=count - number, minutes=1)))
        for number in range(count)
    ]
    types = json.dumps(["online_upload", "online_text_entry"])
    db.executemany(
        "INSERT INTO assignment (id, course_id, resource_link_id, title, text, due_at, points_possible, group_id,"
        " submission_types) VALUES (?, ?, ?, ?, ?, ?, 20, ?, ?)",
        (
            (task, course_id, str(uuid.uuid4()), f"Task {task}", "<p>Write.</p>", due, group, types)
            for task, due in tasks
        ),
    )
    return tasks


def _files(db: sqlite3.Connection, course_id: int, people: list[int]) -> None:
    for person in people:
        file = add_file(db, person, course_id, f"report of {person}.txt", b"Written.", "text/plain")
        db.execute(
            "UPDATE work SET submission_type = 'online_upload', body = NULL, files = ?"
            " WHERE course_id = ? AND person_id = ? AND attempt IS NOT NULL AND assignment_id % 3",
            (json.dumps([file]), course_id, person),
        )


def _work(index: int, number: int, task: int, due: str, person: int, teacher: int) -> tuple[Any, ...]:
    graded = (index + number) % 7 != 0
    score = float((index * 7 + number * 3) % 21) if graded else None
    body = f"<p>{secrets.token_hex(20)}</p>"
    given = (score, f"{score:g}", due, due, teacher, 1) if graded else (None, None, None, None, None, None)
    return (body, due, "graded" if graded else "submitted", *given, task, person)
