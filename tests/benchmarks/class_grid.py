"""What the grid of 150 students and 40 proficiencies costs beside the least that shows the same."""

from datetime import timedelta
from decimal import Decimal
from html import escape

from sqlalchemy import insert, select

from lti_plp.clock import utc_now
from lti_plp.database import table
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.models import Course, Person
from lti_plp.plp.growth.drafts import FrameworkDraft, ItemDraft
from lti_plp.plp.growth.frameworks import publish, read_tree
from lti_plp.plp.growth.scales import make_scale
from lti_plp.plp.models import KeptLevel
from tests.benchmarks.class_page import add_learner, beside_floor
from tests.benchmarks.plan_page import Visit, _rows

STUDENTS, PROFICIENCIES = 150, 40
CODES = "BDPE"


def class_grid(rounds: int) -> dict[str, dict[str, float]]:
    """Database -> figures."""
    return beside_floor(rounds, "students/grid", _fill, raw_grid, _compare)


def _compare(ours: str, floor: str) -> None:
    """A floor that shows less would be none."""
    for sign in ("<tr>", "<td", "<a ", "<u>", ">–<", *(f">{code}<" for code in CODES)):
        assert ours.count(sign) == floor.count(sign), (sign, ours.count(sign), floor.count(sign))


def raw_grid(visit: Visit) -> str:
    """The least that shows the same: kept levels as rows, joined as strings."""
    connection = visit.engine.raw_connection()
    try:
        cursor = connection.cursor()
        columns = [
            key for (key,) in _rows(cursor, "SELECT proficiency_id FROM framework_entry ORDER BY position")
        ]
        rows = _rows(
            cursor,
            "SELECT person.id, person.name, kept_level.proficiency_id, suggested, judged"
            " FROM enrolment learning JOIN enrolment teaching ON teaching.course_id = learning.course_id"
            " JOIN person ON person.id = learning.person_id"
            " LEFT JOIN kept_level ON kept_level.person_id = person.id"
            f" WHERE teaching.person_id = {visit.person_id} AND learning.roles = 'learner'"
            " AND learning.status = 'active' AND teaching.status = 'active' ORDER BY person.family_name, person.id",
        )
        cursor.close()
    finally:
        connection.commit()
        connection.close()
    people: dict[tuple[int, str], dict[int, tuple[float, bool]]] = {}
    for key, name, column, suggested, judged in rows:
        people.setdefault((key, name), {})[column] = (
            judged if judged is not None else suggested,
            judged is not None,
        )
    return "".join(_row(key, name, columns, levels) for (key, name), levels in people.items())


def _row(key: int, name: str, columns: list[int], levels: dict[int, tuple[float, bool]]) -> str:
    parts = [f'<tr><th scope="row"><a href="/s/handle/students/{key}">{escape(name)}</a></th>']
    for column in columns:
        there = levels.get(column)
        if there is None or there[0] is None:
            parts.append("<td>–</td>")
            continue
        place = min(int(there[0]), 4) - 1
        letter = f"<u>{CODES[place]}</u>" if there[1] else CODES[place]
        parts.append(
            f'<td class="met l{place}"><a href="/s/handle/students/{key}/proficiencies/{column}">{letter}</a></td>'
        )
    return "".join([*parts, "</tr>"])


def _fill(box: Toolbox, _items: int) -> int:
    """A class with a level of every student in nine of ten proficiencies; every twentieth was said by a person."""
    now = utc_now()
    scale = make_scale(
        "Four",
        [{"code": code, "label": code, "value": n, "meets": n == 3} for n, code in enumerate(CODES, 1)],
    )
    items = tuple(
        ItemDraft(f"p{n}", f"Can do number {n}", "indicator", f"P.{n}", scale=scale)
        for n in range(PROFICIENCIES)
    )
    with box.sessions() as session, session.begin():
        teacher = session.scalars(select(Person).order_by(Person.id.desc()).limit(1)).one()
        course = session.scalars(select(Course).order_by(Course.id.desc()).limit(1)).one()
        draft = FrameworkDraft("bench", "Bench", items, "csv")
        tree = read_tree(session, publish(session, None, teacher.tenant_id, draft, 0, now))
        for number in range(STUDENTS):
            person = add_learner(session, teacher.tenant_id, course.id, number, now)
            session.execute(
                insert(table(KeptLevel)),
                [
                    {
                        "person_id": person.id,
                        "proficiency_id": one.id,
                        "suggested": Decimal(100 + (number * 37 + place * 61) % 300) / 100,
                        "judged": Decimal(4) if (number + place) % 20 == 0 else None,
                        "ratings": 5,
                        "first_at": now - timedelta(days=90),
                        "last_at": now,
                    }
                    for place, one in enumerate(tree.items)
                    if (number + place) % 10
                ],
            )
        return teacher.id


def lines(figures: dict[str, dict[str, float]]) -> list[str]:
    """The figures as Markdown."""
    text = [
        "",
        f"| grid of {STUDENTS} students, {PROFICIENCIES} proficiencies | ms | floor, ms | x floor | target | kB"
        " | statements (target 5) |",
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
