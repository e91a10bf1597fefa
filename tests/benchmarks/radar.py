"""What the radar of a whole district costs beside the least that lists the same students: raw rows, joined strings."""

from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from html import escape

from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from lti_plp.clock import utc_now
from lti_plp.database import table
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.models import Course, Deployment, Enrolment, Person, Relationship
from lti_plp.plp.models import Meeting, MeetingParticipant, Plan
from tests.benchmarks.databases import fresh_databases
from tests.benchmarks.plan_page import Visit, _rows, _times, _visit
from tests.factories import counted

STUDENTS = 5000
FEW = 50
COURSES = 200
PAGES = {
    "radar": "students/due",
    "radar, in groups by class": "students/due?by=course",
    "radar as CSV": "students/due.csv",
    "the school in numbers": "students/school",
}


def radar_pages(rounds: int) -> dict[str, dict[str, dict[str, float]]]:
    """Database -> page -> figures."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    with fresh_databases(2) as databases:
        for name, (first, second) in databases.items():
            with _district(first, FEW) as small, _district(second, STUDENTS) as large:
                found[name] = {page: _measure(small, large, path, rounds) for page, path in PAGES.items()}
    return found


def _measure(small: Visit, large: Visit, path: str, rounds: int) -> dict[str, float]:
    page, of_few = large.request(path), small.request(path)
    ours, floor = _times(rounds, page, partial(_raw, large.engine))
    with counted(small.engine) as few:
        of_few()
    with counted(large.engine) as many:
        size = len(page())
    return {
        "ms": ours * 1000,
        "floor_ms": floor * 1000,
        "ratio": ours / floor,
        "kilobytes": size / 1000,
        "statements_few": len(few),
        "statements_many": len(many),
    }


def _raw(engine: Engine) -> str:
    """The least: every student with the dates of the plan, as the driver gives them, joined as strings."""
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        rows = _rows(
            cursor,
            "SELECT person.name, person.student_number, plan.formally_updated_at, plan.grade FROM person"
            " LEFT JOIN plan ON plan.person_id = person.id ORDER BY plan.formally_updated_at",
        )
        cursor.close()
        return "".join(f"<li>{' '.join(escape(str(value)) for value in row)}</li>" for row in rows)
    finally:
        connection.commit()
        connection.close()


def _district(url: str, students: int) -> AbstractContextManager[Visit]:
    """A district as its administrator sees it."""
    return _visit(url, students, "administrator", _fill_district)


def _fill_district(box: Toolbox, students: int) -> int:
    with box.sessions() as session, session.begin():
        _fill(session, students)
    return 0


def _fill(session: Session, students: int) -> None:
    """So many students in five courses each, four of five with a plan, all with an advisor, some with a meeting."""
    now = utc_now()
    door = session.scalars(select(Deployment)).first()
    assert door
    tenant = {"tenant_id": door.tenant_id}
    courses = _inserted(
        session,
        Course,
        [
            tenant
            | {
                "deployment_id": door.id,
                "lti_context_id": f"course {n}",
                "title": f"Class {n}",
                "created_at": now,
            }
            for n in range(COURSES)
        ],
    )
    names = [(f"Wren {n % 100}", f"Lund {n}") for n in range(students)]
    people = _inserted(
        session,
        Person,
        [
            tenant
            | {"name": f"{given} {family}", "given_name": given, "family_name": family}
            | {"student_number": str(number), "created_at": now}
            for number, (given, family) in enumerate(names)
        ],
    )
    session.execute(
        insert(table(Enrolment)),
        [
            {"course_id": courses[(place + n * 37) % COURSES], "person_id": one, "roles": "learner"}
            | {"mentor_of": [], "status": "active"}
            for place, one in enumerate(people)
            for n in range(5)
        ],
    )
    planners = [one for place, one in enumerate(people) if place % 5]
    plans = _inserted(
        session,
        Plan,
        [
            tenant
            | {"person_id": one, "first_developed_at": now - timedelta(days=500), "grade": 7 + one % 6}
            | {"formally_updated_at": now - timedelta(days=one % 420)}
            for one in planners
        ],
    )
    adult = people[0]
    advised = {"adult_id": adult, "kind": "advisor", "valid_from": now.date(), "made_at": now}
    session.execute(
        insert(table(Relationship)), [tenant | advised | {"student_id": one} for one in people[1:]]
    )
    planned = {"kind": "annual", "minutes": 20, "made_by": adult, "made_at": now}
    meetings = _inserted(
        session,
        Meeting,
        [planned | {"plan_id": one, "starts_at": now + timedelta(days=one % 60)} for one in plans[::3]],
    )
    session.execute(
        insert(table(MeetingParticipant)),
        [
            {"meeting_id": one, "role": role, "name": role}
            for one in meetings
            for role in ("student", "teacher")
        ],
    )


def _inserted(session: Session, model: type, rows: list[dict[str, object]]) -> list[int]:
    """The ids of new rows."""
    made = table(model)
    return list(session.scalars(insert(made).returning(made.c.id), rows))


def lines(figures: dict[str, dict[str, dict[str, float]]]) -> list[str]:
    """The figures as Markdown."""
    text = [
        "",
        f"| page of a district of {STUDENTS:,} students | ms | floor, ms | x floor | kB"
        f" | statements for {FEW}, {STUDENTS:,} |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for database, pages in figures.items():
        for page, one in pages.items():
            text.append(
                f"| {page}, {database} | {one['ms']:.0f} | {one['floor_ms']:.1f} | {one['ratio']:.1f}"
                f" | {one['kilobytes']:.0f} | {one['statements_few']:.0f}, {one['statements_many']:.0f} |"
            )
    return text


if __name__ == "__main__":
    print("\n".join(lines(radar_pages(10))))
