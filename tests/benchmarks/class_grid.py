"""What the grid of 150 students and 40 proficiencies costs beside the least that shows the same cells."""

import re
import tempfile
from datetime import timedelta
from decimal import Decimal
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from lti_plp.clock import utc_now
from lti_plp.database import table
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.directory import role_text
from lti_plp.lms.models import Course, Enrolment, Person
from lti_plp.plp.actor import Role
from lti_plp.plp.growth.drafts import FrameworkDraft, ItemDraft
from lti_plp.plp.growth.frameworks import publish, read_tree
from lti_plp.plp.growth.scales import make_scale
from lti_plp.plp.models import KeptLevel
from tests.benchmarks.plan_page import Visit, _rows, _times, _visit
from tests.factories import counted
from tests.fixtures_postgres import private_cluster

STUDENTS, PROFICIENCIES = 150, 40
PATH = "students/grid"
SCALE = make_scale(
    "Four levels",
    [
        {"code": code, "label": code, "value": value, "meets": value == 3}
        for value, code in enumerate("BDPE", 1)
    ],
)


def class_grid(rounds: int) -> dict[str, dict[str, float]]:
    """Database -> figures."""
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder, private_cluster() as cluster:
        urls = {
            "SQLite": f"sqlite:///{Path(folder) / 'tool.sqlite3'}",
            "PostgreSQL": cluster.url(cluster.create()),
        }
        for name, url in urls.items():
            with _visit(url, 1, "teacher", _fill) as visit:
                page = visit.request(PATH)
                _compare(page().decode().partition("<tbody>")[2], raw_page(visit))
                ours, floor = _times(rounds, page, partial(raw_page, visit))
                with counted(visit.engine) as statements:
                    page()
                found[name] = {
                    "ms": ours * 1000,
                    "floor_ms": floor * 1000,
                    "ratio": ours / floor,
                    "kilobytes": len(page()) / 1000,
                    "statements": len(statements),
                }
    return found


def _compare(ours: str, floor: str) -> None:
    """A floor that shows less would be none."""
    for sign in ('<th scope="row">', "<td>—</td>", ">B</a>", ">D</a>", ">P</a>", ">E</a>"):
        assert ours.count(sign) == floor.count(sign) > 0, (sign, ours.count(sign), floor.count(sign))
    cells = len(re.findall("<td", floor))
    assert cells == STUDENTS * PROFICIENCIES, cells


def raw_page(visit: Visit) -> str:
    """The least that shows the same: who learns there, and a letter for each level that is kept."""
    connection = visit.engine.raw_connection()
    try:
        cursor = connection.cursor()
        columns = [row[0] for row in _rows(cursor, "SELECT id FROM proficiency ORDER BY id")]
        people = _rows(
            cursor,
            "SELECT person.id, person.name FROM enrolment learning"
            " JOIN enrolment teaching ON teaching.course_id = learning.course_id"
            " JOIN person ON person.id = learning.person_id"
            f" WHERE teaching.person_id = {visit.person_id} AND learning.roles = 'learner'"
            " AND learning.status = 'active' AND teaching.status = 'active' ORDER BY person.family_name",
        )
        kept = _rows(cursor, "SELECT person_id, proficiency_id, coalesce(judged, suggested) FROM kept_level")
        cursor.close()
        values = {(person, proficiency): value for person, proficiency, value in kept}
        rows = "".join(_row(one, columns, values) for one in people)
        return f"<!doctype html><title>Grid</title><table>{rows}</table>"
    finally:
        connection.commit()
        connection.close()


def _row(one: Any, columns: list[int], values: dict[tuple[int, int], Any]) -> str:
    key, name = one
    cells = "".join(_cell(key, column, values.get((key, column))) for column in columns)
    return (
        f'<tr><th scope="row"><a href="/s/handle/students/{key}/growth">{escape(name)}</a></th>{cells}</tr>'
    )


def _cell(student: int, column: int, value: Any) -> str:
    if value is None:
        return "<td>—</td>"
    letter = "BDPE"[int(value) - 1]
    return (
        f'<td class="heat{int(value)}"><a tabindex="-1" href="/s/handle/students/{student}/growth/{column}">'
        f"{letter}</a></td>"
    )


def _fill(box: Toolbox, _items: int) -> int:
    """A class whose students have a level in nine of ten proficiencies."""
    now = utc_now()
    with box.sessions() as session, session.begin():
        teacher = session.scalars(select(Person).order_by(Person.id.desc()).limit(1)).one()
        course = session.scalars(select(Course).order_by(Course.id.desc()).limit(1)).one()
        items = tuple(
            ItemDraft(f"p{number}", f"Can do number {number}", "standard", f"C.{number}", scale=SCALE)
            for number in range(PROFICIENCIES)
        )
        framework = FrameworkDraft("https://example.org/grid", "What all can do", items, "csv")
        made = publish(session, None, teacher.tenant_id, framework, 0, now)
        ids = [one.id for one in read_tree(session, made).items]
        people = _students(session, teacher.tenant_id, course.id, now)
        session.execute(
            insert(table(KeptLevel)),
            [
                {
                    "person_id": person,
                    "proficiency_id": one,
                    "suggested": Decimal(1 + (person * 7 + one * 3) % 13 % 4),
                    "judged": None,
                    "ratings": 3,
                    "first_at": now - timedelta(days=90),
                    "last_at": now,
                }
                for person in people
                for one in ids
                if (person + one) % 10
            ],
        )
        return teacher.id


def _students(session: Session, tenant_id: int, course_id: int, now: Any) -> list[int]:
    people = [
        Person(
            tenant_id=tenant_id,
            name=f"Student Number{number}",
            given_name="Student",
            family_name=f"Number{number}",
            created_at=now,
        )
        for number in range(STUDENTS)
    ]
    session.add_all(people)
    session.flush()
    learner = role_text(frozenset({Role.LEARNER}))
    session.add_all(
        Enrolment(course_id=course_id, person_id=one.id, roles=learner, mentor_of=[], status="active")
        for one in people
    )
    return [one.id for one in people]


def lines(figures: dict[str, dict[str, float]]) -> list[str]:
    """The figures as Markdown."""
    text = [
        "",
        f"| grid of {STUDENTS} students x {PROFICIENCIES} proficiencies | ms | floor, ms | x floor | target | kB"
        " | statements |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for database, one in figures.items():
        text.append(
            f"| {database} | {one['ms']:.2f} | {one['floor_ms']:.2f} | {one['ratio']:.1f} | <= 5"
            f" | {one['kilobytes']:.0f} | {one['statements']:.0f} |"
        )
    return text


if __name__ == "__main__":
    print("\n".join(lines(class_grid(20))))
