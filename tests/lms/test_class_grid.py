"""A class as a grid of levels: right after every write, in one statement, in the order that is asked for."""

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from lti_plp.lms.class_grid import ClassGrid, GridWish, class_grid
from lti_plp.lms.ties import Tie
from lti_plp.plp.actor import Actor
from lti_plp.plp.growth.frameworks import publish
from lti_plp.plp.growth.outlines import outline_of
from lti_plp.plp.growth.ratings import judge
from lti_plp.plp.standing import Standing
from tests.factories import NOON, counted, minutes
from tests.plp.growth.growing import GrowingSchool, draft, growing_school

COURSE = 7


@pytest.fixture
def there(session: Session) -> GrowingSchool:
    return growing_school(session)


def ties(*students: Actor, courses: frozenset[int] = frozenset({COURSE})) -> dict[int, Tie]:
    standing = frozenset({Standing.TEACHER})
    return {one.person_id: Tie(one.person_id, standing, courses) for one in students}


def grid(there: GrowingSchool, *students: Actor, wish: GridWish | None = None) -> ClassGrid:
    columns = outline_of(there.session, there.tree.framework).rated
    return class_grid(there.session, there.school.tenant_id, ties(*students), columns, wish or GridWish())


def letters(found: ClassGrid) -> dict[str, str]:
    return {row.name: "".join(cell.level.code if cell else "-" for cell in row.cells) for row in found.rows}


def test_right_after_every_write(there: GrowingSchool) -> None:
    maya = there.student
    assert letters(grid(there, maya)) == {"Maya Torres": "--"}
    there.rate("P")
    assert letters(grid(there, maya)) == {"Maya Torres": "P-"}
    there.rate("B", minutes(1))
    there.rate("E", guid="solve")
    assert letters(grid(there, maya)) == {"Maya Torres": "BE"}
    judge(there.session, there.teacher, there.work(), there.tree, there.id_of("talk"), "D", "", minutes(2))
    found = grid(there, maya)
    (row,) = found.rows
    assert [(cell.level.code, cell.is_judged, cell.meets, cell.place) for cell in row.cells if cell] == [
        ("D", True, False, 1),
        ("E", False, True, 3),
    ]
    assert (found.met, found.total) == ((0, 1), 1)
    judge(there.session, there.teacher, there.work(), there.tree, there.id_of("talk"), None, "", minutes(3))
    assert letters(grid(there, maya)) == {"Maya Torres": "BE"}


def test_not_enough_evidence_is_a_dash(there: GrowingSchool) -> None:
    there.rate(None)
    assert letters(grid(there, there.student)) == {"Maya Torres": "--"}


def test_order_and_choice(there: GrowingSchool) -> None:
    maya, eli, amara = there.student, there.school.student(), there.school.student()
    there.rate("P")
    there.rate("D", work=there.work(eli))
    assert list(letters(grid(there, maya, eli, amara))) == ["Eli Álvarez", "Amara Brandt", "Maya Torres"]
    by_level = GridWish(sort=there.id_of("talk"))
    assert list(letters(grid(there, maya, eli, amara, wish=by_level))) == [
        "Amara Brandt",
        "Eli Álvarez",
        "Maya Torres",
    ]
    found = grid(there, maya, eli, amara, wish=GridWish(level="P"))
    assert (list(letters(found)), found.total, found.met) == (["Maya Torres"], 3, (1, 0))
    assert letters(grid(there, maya, wish=GridWish(course=COURSE + 1))) == {}
    assert letters(grid(there)) == {}


def test_one_section_of_a_course(there: GrowingSchool, engine: Engine) -> None:
    maya, eli = there.student, there.school.student()
    standing, courses = frozenset({Standing.TEACHER}), frozenset({COURSE})
    both = {
        one.person_id: Tie(one.person_id, standing, courses, sections=frozenset({(COURSE, name)}))
        for one, name in ((maya, "Period 2"), (eli, "Period 1"))
    }
    columns = outline_of(there.session, there.tree.framework).rated

    def found(section: str = "", course: int | None = None) -> ClassGrid:
        wish = GridWish(section=section, course=course)
        with counted(engine) as statements:
            made = class_grid(there.session, there.school.tenant_id, both, columns, wish)
        assert len(statements) <= 1
        return made

    assert (found().sections, found().courses) == (("Period 1", "Period 2"), courses)
    assert list(letters(found("Period 2"))) == ["Maya Torres"]
    assert (found("Period 1").total, found("Period 1", COURSE).total) == (1, 1)
    # One that the course does not have counts as not said, and those of another course are no choice.
    assert found("Period 9").total == 2
    assert found("Period 1", COURSE + 1).sections == ()
    assert found("Period 1", COURSE + 1).total == 0


def test_many_take_no_more_statements(there: GrowingSchool, engine: Engine) -> None:
    students = [there.student, *(there.school.student() for _ in range(20))]
    for one in students:
        there.rate("P", work=there.work(one))
    grid(there, there.student)
    for some in (students[:1], students):
        with counted(engine) as statements:
            assert len(grid(there, *some).rows) == len(some)
        assert len(statements) == 1


def test_an_outline_is_read_once_for_each_version(there: GrowingSchool, engine: Engine) -> None:
    framework = there.tree.framework
    outline_of(there.session, framework)
    with counted(engine) as statements:
        outline = outline_of(there.session, framework)
    assert len(statements) == 0
    (heading,) = outline.headings
    assert [one.guid for one in outline.under(heading.id)] == ["talk", "solve"]
    assert [one.guid for one in outline.under(there.id_of("solve"))] == ["solve"]
    assert len(outline.under(-1)) == 2
    publish(there.session, None, there.school.tenant_id, draft(*draft().items[:2]), 1, NOON)
    assert [one.guid for one in outline_of(there.session, framework).items] == ["skills", "talk"]
