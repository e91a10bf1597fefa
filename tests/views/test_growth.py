"""Growth on pages: a student's proficiencies and their pictures, a class as a grid, what graduation asks for."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select

from lti_plp.lms.models import Relationship
from lti_plp.plp.actor import Role
from lti_plp.plp.growth.frameworks import publish, read_tree
from lti_plp.plp.growth.ratings import RatingDraft, judge, rate
from lti_plp.plp.models import Evidence, Framework, GraduationRequirement, Proficiency
from lti_plp.plp.policy import PlanWork
from lti_plp.plp.standing import Standing
from tests.plp.growth.growing import draft
from tests.views.conftest import LEO, MAYA, RIVERA, School
from tests.views.plans import Planner, fill, plan_of
from tests.views.test_adult_plan import OKAFOR, OTHER


@dataclass
class There:
    """Maya and Leo, their teacher, and a framework of two skills."""

    maya: Planner
    leo: Planner
    rivera: Planner
    ids: dict[str, int]

    def write(self, guid: str, level: str | None, student: Planner | None = None, **facts: object) -> None:
        """The teacher rates, or with ``judged`` says what the level is."""
        box = self.maya.toolbox
        who, teacher = (student or self.maya).actor(), self.maya.actor(RIVERA, Role.INSTRUCTOR)
        if student is self.leo:
            who = self.leo.actor(LEO)
        work = PlanWork(who.tenant_id, who.person_id, "team", frozenset({Standing.TEACHER}))
        now = box.clock()
        with box.sessions() as session, session.begin():
            tree = read_tree(session, session.scalars(select(Framework)).one())
            if facts.pop("judged", False):
                judge(session, teacher, work, tree, self.ids[guid], level, "I saw it", now)
            else:
                rate(session, teacher, work, tree, RatingDraft(self.ids[guid], level, now, **facts), now)


@pytest.fixture
def there(app: Flask, school: School) -> There:
    maya, leo, rivera = (plan_of(app, school, one) for one in (MAYA, LEO, RIVERA))
    box = maya.toolbox
    with box.sessions() as session, session.begin():
        made = publish(session, None, maya.actor().tenant_id, draft(), 0, box.clock())
        rows = session.execute(select(Proficiency.guid, Proficiency.id))
        ids = {row.guid: row.id for row in rows}
        session.add(GraduationRequirement(framework_id=made.id, proficiency_id=ids["skills"], at_least=1))
    return There(maya, leo, rivera, ids)


def body(planner: Planner, path: str) -> str:
    answer = planner.visitor.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def test_a_student_reads_own_growth(there: There) -> None:
    assert "Not rated yet" in body(there.maya, "plan/growth")
    assert "No level yet." in body(there.maya, f"plan/growth/{there.ids['talk']}")
    piece = fill(there.maya)["evidence"]
    there.write("talk", "P", evidence_id=piece)
    page = body(there.maya, "plan/growth")
    assert "1 proficiency has a level, of 2." in page
    assert f'plan/growth/{there.ids["talk"]}"' in page
    picture = body(there.maya, f"plan/growth/{there.ids['talk']}")
    assert re.search(r"Proficient since \w+ \d{4}, 1 piece\.", picture)
    # The mark and the table's row both lead to the evidence.
    assert picture.count(f'plan/evidence/{piece}"') == 2
    assert picture.count('class="dot by-teacher"') == 2
    assert "style=" not in picture


def test_a_heading_or_nothing_has_no_picture(there: There) -> None:
    assert there.maya.visitor.get(f"plan/growth/{there.ids['skills']}").status_code == 404
    assert there.maya.visitor.get("plan/growth/99999").status_code == 404


def test_from_a_cell_to_the_evidence(there: There) -> None:
    piece = fill(there.maya)["evidence"]
    there.write("talk", "P", evidence_id=piece)
    grid = body(there.rivera, "students/grid")
    found = re.search(r'<td class="met l2"><a tabindex="-1" href="([^"]+)">P</a>', grid)
    assert found
    picture = body(there.rivera, f"students/{found[1]}")
    assert re.search(r"Proficient since \w+ \d{4}, 1 piece\.", picture)
    evidence = re.search(r'href="/s/[^/]+/(students/\d+/evidence/\d+)"', picture)
    assert evidence
    assert there.rivera.visitor.get(evidence[1]).status_code == 200
    # By keyboard the name leads there as well.
    of_one = found[1].rpartition("/")[0]
    assert f'<th scope="row"><a href="{of_one}">' in grid
    assert f"students/{found[1]}" in body(there.rivera, f"students/{of_one}")


@pytest.mark.parametrize("path", ["plan/graduation", "students/{}/graduation"])
def test_what_graduation_asks_for(there: There, path: str) -> None:
    reader = there.maya if path.startswith("plan") else there.rivera
    address = path.format(there.maya.actor().person_id)
    states: Callable[[], list[str]] = lambda: re.findall(r"requirement is-(\w+)", body(reader, address))  # noqa: E731
    assert states() == ["not_begun"]
    there.write("talk", "D")
    assert states() == ["under_way"]
    piece = fill(there.maya)["evidence"]
    there.write("talk", "E", evidence_id=piece)
    there.write("talk", "E", judged=True)
    assert states() == ["met"]
    assert f'evidence/{piece}"' in body(reader, address)


@pytest.mark.parametrize(("kind", "sees"), [("advisor", True), ("mentor", False)])
@pytest.mark.parametrize("page", ["growth/{talk}", "graduation"])
def test_what_lies_behind_a_level_is_for_whom_it_is_meant(
    there: There, page: str, kind: str, sees: bool
) -> None:
    """Whoever accompanies a student sees the level, and of the evidence what the family sees."""
    school, student = there.maya.school, there.maya.actor()
    piece = fill(there.maya)["evidence"]
    there.write("talk", "P", evidence_id=piece)
    visitor = school.enter(OKAFOR, link="link-9", **OTHER)
    adult_id = there.maya.actor(OKAFOR).person_id
    now = there.maya.toolbox.clock()
    with there.maya.toolbox.sessions() as session, session.begin():
        session.get_one(Evidence, piece).audience = "team"
        session.add(
            Relationship(
                tenant_id=student.tenant_id,
                adult_id=adult_id,
                student_id=student.person_id,
                kind=kind,
                valid_from=now.date(),
                made_at=now,
            )
        )
    answer = visitor.get(f"students/{student.person_id}/{page.format(**there.ids)}")
    shown = answer.get_data(as_text=True)
    assert answer.status_code == 200, shown
    assert "Proficient" in shown
    assert (f'evidence/{piece}"' in shown) is sees
