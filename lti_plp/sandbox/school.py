"""The school: people, courses, who is in them, and what is assigned there."""

import json
import secrets
import sqlite3
import uuid
from dataclasses import dataclass, fields, replace
from typing import Any

STAFF = frozenset({"teacher", "assistant", "administrator"})


@dataclass(frozen=True)
class Person:
    """Somebody with an account at the school."""

    id: int
    key: str
    """Short name for addresses and test control."""
    sub: str
    """What tools know the person by."""
    kind: str
    """``administrator``, ``principal``, ``teacher``, ``assistant``, ``student``, ``observer`` or ``test``."""
    name: str
    given_name: str
    family_name: str
    email: str
    sis_id: str | None = None
    """Number in the school's records, when it is not the invented one; empty for none."""


@dataclass(frozen=True)
class Course:
    """A course; tools know it by ``context_id``."""

    id: int
    context_id: str
    title: str
    label: str
    copied_from: int | None
    deleted: int = 0
    sis_id: str | None = None
    state: str = "available"
    """``available``, ``unpublished`` or ``completed``."""
    time_zone: str = "America/New_York"


@dataclass(frozen=True)
class Assignment:
    """A placed link of a tool, graded when it has a line item."""

    id: int
    course_id: int
    tool_id: int | None
    resource_link_id: str
    title: str
    text: str
    url: str | None
    """Launch address; ``None`` is the tool's own."""
    custom: dict[str, str]
    new_tab: bool
    unlock_at: str | None
    lock_at: str | None
    due_at: str | None
    points: float | None
    launchable: bool
    """False for a column that a tool made without a link to open."""
    published: bool


PEOPLE = (
    ("alex", "administrator", "Alex Kim", "Alex", "Kim"),
    ("rivera", "teacher", "Ms. Rivera", "Elena", "Rivera"),
    ("maya", "student", "Maya Torres", "Maya", "Torres"),
    ("leo", "student", "Leo Bouchard", "Leo", "Bouchard"),
    ("sam", "student", "Sam Nguyen", "Sam", "Nguyen"),
    ("ana", "observer", "Ana Torres", "Ana", "Torres"),
    ("test-student", "test", "Test Student", "Test", "Student"),
)
MORE_STUDENTS = (
    ("asmita", "student", "Asmita Gurung", "Asmita", "Gurung"),
    ("diego", "student", "Diego Fuentes", "Diego", "Fuentes"),
    ("hodan", "student", "Hodan Abdi", "Hodan", "Abdi"),
)
"""Only there when more than three students are asked for."""
ADVISORY = (
    ("lavoie", "teacher", "Mr. Lavoie", "André", "Lavoie"),
    ("osei", "principal", "Dr. Osei", "Abena", "Osei"),
)
"""Come with them, into a course of their own, so that English 9 keeps its one teacher."""
FEWEST_STUDENTS = 3
MOST_STUDENTS = FEWEST_STUDENTS + len(MORE_STUDENTS)


def seed(db: sqlite3.Connection, student_count: int = FEWEST_STUDENTS) -> None:
    """Put the invented people and their course into an empty database; into one that has them, students it lacks."""
    if not db.execute("SELECT 1 FROM person").fetchone():
        _seed_school(db)
    for person in MORE_STUDENTS[: student_count - FEWEST_STUDENTS]:
        if person_by(db, "key", person[0]) is None:
            person_id = add_person(db, *person)
            db.execute(
                "INSERT INTO enrollment (course_id, person_id, role)"
                " SELECT min(id), ?, 'student' FROM course",
                (person_id,),
            )
    if student_count > FEWEST_STUDENTS and person_by(db, "key", ADVISORY[0][0]) is None:
        _seed_advisory(db)


def _seed_advisory(db: sqlite3.Connection) -> None:
    course_id = add_course(db, "Advisory", "ADV", None)
    for person in ADVISORY:
        db.execute(
            "INSERT INTO enrollment (course_id, person_id, role) VALUES (?, ?, ?)",
            (course_id, add_person(db, *person), person[1]),
        )


def _seed_school(db: sqlite3.Connection) -> None:
    for key, kind, name, given, family in PEOPLE:
        add_person(db, key, kind, name, given, family)
    course_id = add_course(db, "English 9", "ENG-9", None)
    for key, kind, *_ in PEOPLE:
        # An administrator sees every course and is enrolled in none, as in Canvas.
        if kind != "administrator":
            db.execute(
                "INSERT INTO enrollment (course_id, person_id, role) SELECT ?, id, kind FROM person WHERE key = ?",
                (course_id, key),
            )
    db.execute(
        "INSERT INTO observing SELECT ana.id, maya.id FROM person ana, person maya"
        " WHERE ana.key = 'ana' AND maya.key = 'maya'"
    )


def add_person(
    db: sqlite3.Connection, key: str, kind: str, name: str, given_name: str, family_name: str
) -> int:
    """Add a person with a new opaque ``sub``; return the row's id."""
    cursor = db.execute(
        "INSERT INTO person (key, sub, kind, name, given_name, family_name, email) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (key, str(uuid.uuid4()), kind, name, given_name, family_name, f"{key}@maple-hollow.example"),
    )
    return int(cursor.lastrowid or 0)


def add_course(db: sqlite3.Connection, title: str, label: str, copied_from: int | None) -> int:
    """Add an empty course with a new opaque context id; return the row's id."""
    cursor = db.execute(
        "INSERT INTO course (context_id, title, label, copied_from) VALUES (?, ?, ?, ?)",
        (secrets.token_hex(20), title, label, copied_from),
    )
    return int(cursor.lastrowid or 0)


def enroll(db: sqlite3.Connection, course_id: int, person_id: int, role: str) -> None:
    """Let somebody into a course."""
    db.execute(
        "INSERT INTO enrollment (course_id, person_id, role) VALUES (?, ?, ?)", (course_id, person_id, role)
    )


_INVENTED_GIVEN = ("Ada", "Ben", "Chloe", "Dev", "Ella", "Femi", "Gus", "Hana", "Ivo", "June", "Kai", "Lena")
_INVENTED_FAMILY = (
    "Abbott",
    "Brook",
    "Castillo",
    "Dunn",
    "Ekholm",
    "Ferris",
    "Gray",
    "Hollis",
    "Ito",
    "Jansen",
)


def add_students(db: sqlite3.Connection, course_id: int, count: int) -> list[Person]:
    """Enroll ``count`` more invented students."""
    added = []
    first = db.execute("SELECT max(id) FROM person").fetchone()[0] + 1
    for number in range(first, first + count):
        given = _INVENTED_GIVEN[number % len(_INVENTED_GIVEN)]
        family = _INVENTED_FAMILY[number // len(_INVENTED_GIVEN) % len(_INVENTED_FAMILY)]
        person_id = add_person(db, f"student-{number}", "student", f"{given} {family}", given, family)
        enroll(db, course_id, person_id, "student")
        added.append(Person(**dict(db.execute("SELECT * FROM person WHERE id = ?", (person_id,)).fetchone())))
    return added


def number_of(person: Person) -> str | None:
    """Return the (invented) number that the school's records have for its students and staff; nobody else has one."""
    if person.sis_id is not None:
        return person.sis_id or None
    letter = {"student": "S", **dict.fromkeys(("principal", *STAFF), "T")}.get(person.kind)
    return f"{letter}-{204_000 + person.id}" if letter else None


def course_number(course: Course) -> str | None:
    """Return the (invented) number that the school's records have for a course, unless it was said to be another."""
    return course.sis_id or None if course.sis_id is not None else f"{course.label}-{course.id}"


def people(db: sqlite3.Connection) -> list[Person]:
    """Return everybody."""
    return [Person(**dict(row)) for row in db.execute("SELECT * FROM person ORDER BY id")]


def person_by(db: sqlite3.Connection, column: str, value: str | int) -> Person | None:
    """Return the person whose ``id``, ``key`` or ``sub`` this is."""
    statement = {
        "id": "SELECT * FROM person WHERE id = ?",
        "key": "SELECT * FROM person WHERE key = ?",
        "sub": "SELECT * FROM person WHERE sub = ?",
    }[column]
    row = db.execute(statement, (value,)).fetchone()
    return Person(**dict(row)) if row else None


def courses(db: sqlite3.Connection, person: Person) -> list[Course]:
    """Return the courses that a person may enter."""
    found = [Course(**dict(row)) for row in db.execute("SELECT * FROM course WHERE NOT deleted ORDER BY id")]
    return [course for course in found if role_in(db, person, course.id)]


def course_by_id(db: sqlite3.Connection, course_id: int) -> Course | None:
    """Return a course that is there."""
    row = db.execute("SELECT * FROM course WHERE id = ? AND NOT deleted", (course_id,)).fetchone()
    return Course(**dict(row)) if row else None


def ancestors(db: sqlite3.Connection, course: Course) -> list[Course]:
    """Return the courses that this one was copied from, newest first."""
    found: list[Course] = []
    origin = course.copied_from
    while origin is not None:
        parent = course_by_id(db, origin)
        if parent is None:
            break
        found.append(parent)
        origin = parent.copied_from
    return found


def role_in(db: sqlite3.Connection, person: Person, course_id: int) -> str | None:
    """Return a person's role in a course; ``None`` is no admittance."""
    if person.kind == "administrator":
        return "administrator"
    row = db.execute(
        "SELECT role FROM enrollment WHERE course_id = ? AND person_id = ? AND status = 'Active'",
        (course_id, person.id),
    ).fetchone()
    return row["role"] if row else None


def students(db: sqlite3.Connection, course_id: int) -> list[Person]:
    """Return the active students of a course, without the Test Student."""
    rows = db.execute(
        "SELECT person.* FROM person JOIN enrollment ON person_id = person.id"
        " WHERE course_id = ? AND role = 'student' AND status = 'Active' ORDER BY person.id",
        (course_id,),
    )
    return [Person(**dict(row)) for row in rows]


def observed(db: sqlite3.Connection, observer: Person, course_id: int) -> list[Person]:
    """Return the active students of this course whom a person observes."""
    watched = {
        row["student_id"]
        for row in db.execute("SELECT student_id FROM observing WHERE observer_id = ?", (observer.id,))
    }
    # A page of a roster asks for each of its people, of whom hardly anybody watches anybody.
    if not watched:
        return []
    return [called_in(db, student, course_id) for student in students(db, course_id) if student.id in watched]


def called_in(db: sqlite3.Connection, person: Person, course_id: int) -> Person:
    """Return somebody as tools know them in a course: of a merged account, an old course keeps the old ``sub``."""
    row = db.execute(
        "SELECT sub FROM past_sub WHERE course_id = ? AND person_id = ?", (course_id, person.id)
    ).fetchone()
    return replace(person, sub=row["sub"]) if row else person


def person_called(db: sqlite3.Connection, sub: str, course_id: int) -> Person | None:
    """Return the person whom tools know by this ``sub`` in a course; today's holds everywhere (Canvas)."""
    row = db.execute(
        "SELECT person_id FROM past_sub WHERE course_id = ? AND sub = ?", (course_id, sub)
    ).fetchone()
    return person_by(db, "id", row["person_id"]) if row else person_by(db, "sub", sub)


# The first line item of an assignment is the one that the gradebook shows (Canvas).
_ASSIGNMENTS = (
    "SELECT assignment.*, coalesce(line_item.score_maximum, points_possible) AS points, line_item.submission_type"
    " FROM assignment"
    " LEFT JOIN line_item ON line_item.id ="
    " (SELECT min(id) FROM line_item WHERE line_item.assignment_id = assignment.id)"
)


def _assignment(row: sqlite3.Row) -> Assignment:
    values: dict[str, Any] = dict(row)
    submission_type = values.pop("submission_type")
    values["custom"] = json.loads(values["custom"])
    values["new_tab"], values["published"] = bool(values["new_tab"]), bool(values["published"])
    values["launchable"] = not submission_type or json.loads(submission_type).get("type") == "external_tool"
    return Assignment(**{one.name: values[one.name] for one in fields(Assignment)})


def assignments(db: sqlite3.Connection, course_id: int) -> list[Assignment]:
    """Return a course's assignments, oldest first."""
    rows = db.execute(
        f"{_ASSIGNMENTS} WHERE assignment.course_id = ? AND NOT assignment.deleted ORDER BY assignment.id",
        (course_id,),
    )
    return [_assignment(row) for row in rows]


def assignment_by_id(db: sqlite3.Connection, assignment_id: int) -> Assignment | None:
    """Return an assignment."""
    row = db.execute(
        f"{_ASSIGNMENTS} WHERE assignment.id = ? AND NOT assignment.deleted", (assignment_id,)
    ).fetchone()
    return _assignment(row) if row else None


def assignment_by_link(db: sqlite3.Connection, course_id: int, resource_link_id: str) -> Assignment | None:
    """Return the assignment of a course that has this resource link id."""
    row = db.execute(
        f"{_ASSIGNMENTS} WHERE assignment.course_id = ? AND resource_link_id = ? AND NOT assignment.deleted",
        (course_id, resource_link_id),
    ).fetchone()
    return _assignment(row) if row else None
