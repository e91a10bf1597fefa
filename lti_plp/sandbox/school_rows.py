"""Sections, and enrolments as Canvas counts them: one for each section, and for each student whom somebody observes."""

import sqlite3
from dataclasses import dataclass

TYPES = {
    "student": "StudentEnrollment",
    "teacher": "TeacherEnrollment",
    "observer": "ObserverEnrollment",
    "test": "StudentViewEnrollment",
    "principal": "TeacherEnrollment",
    "assistant": "TaEnrollment",
}
_STATES = {"Active": "active", "Inactive": "inactive", "Completed": "completed", "Deleted": "deleted"}


@dataclass(frozen=True)
class Enrolled:
    """One enrolment."""

    id: int
    person_id: int
    type: str
    state: str
    section_id: int
    associated_user_id: int | None


def sections_of(db: sqlite3.Connection, course_id: int) -> list[sqlite3.Row]:
    """Return a course's sections; the first one is everybody's who is in no other."""
    return db.execute("SELECT * FROM section WHERE course_id = ? ORDER BY id", (course_id,)).fetchall()


def sections_by_person(db: sqlite3.Connection, course_id: int) -> dict[int, list[int]]:
    """Return the sections of those who are in one by name."""
    found: dict[int, list[int]] = {}
    for row in db.execute(
        "SELECT person_id, section_id FROM section_member JOIN section ON section.id = section_id"
        " WHERE course_id = ? ORDER BY section_id",
        (course_id,),
    ):
        found.setdefault(row["person_id"], []).append(row["section_id"])
    return found


def enrolled(db: sqlite3.Connection, course_id: int) -> list[Enrolled]:
    """Return every enrolment of a course, whatever its state."""
    first = sections_of(db, course_id)[0]["id"]
    sections = sections_by_person(db, course_id)
    watched: dict[int, list[int]] = {}
    for row in db.execute(
        "SELECT observer_id, student_id FROM observing JOIN enrollment ON person_id = student_id"
        " WHERE course_id = ? AND role = 'student' AND status = 'Active' ORDER BY student_id",
        (course_id,),
    ):
        watched.setdefault(row["observer_id"], []).append(row["student_id"])
    found = []
    rows = db.execute(
        "SELECT rowid AS number, * FROM enrollment WHERE course_id = ? ORDER BY rowid", (course_id,)
    )
    for row in rows:
        state = _STATES.get(row["status"], row["status"].lower())
        observees: list[int | None] = [None]
        if row["role"] == "observer":
            observees = [*watched.get(row["person_id"], ())] or [None]
        places = [(s, o) for s in sections.get(row["person_id"], [first]) for o in observees]
        for number, (section, observee) in enumerate(places):
            found.append(
                Enrolled(
                    row["number"] * 100 + number,
                    row["person_id"],
                    TYPES[row["role"]],
                    state,
                    section,
                    observee,
                )
            )
    return found
