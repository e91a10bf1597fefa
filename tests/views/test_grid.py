"""The grid of levels as a teacher sees it."""

import re
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select, update

from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.models import Enrolment, Identity, Tenant
from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.growth.frameworks import publish, read_tree
from lti_plp.plp.growth.ratings import RatingDraft, judge, rate
from lti_plp.plp.policy import PlanWork
from lti_plp.plp.standing import Standing
from tests.plp.growth.growing import draft
from tests.views.conftest import LEO, MAYA, RIVERA, Human, School, Visitor


class Class:
    """A teacher with two students, one of whom was rated."""

    def __init__(self, app: Flask, school: School) -> None:
        self.box: Toolbox = app.extensions["lti_plp"]
        for human in (MAYA, LEO):
            school.enter(human)
        self.rivera: Visitor = school.enter(RIVERA)

    def actor(self, human: Human, role: Role) -> Actor:
        with self.box.sessions() as session:
            identity = session.scalars(select(Identity).where(Identity.subject == human.subject)).one()
            return Actor(identity.person_id, identity.tenant_id, None, frozenset({role}))

    def bring_in(self) -> None:
        teacher, maya = self.actor(RIVERA, Role.INSTRUCTOR), self.actor(MAYA, Role.LEARNER)
        work = PlanWork(maya.tenant_id, maya.person_id, "team", frozenset({Standing.TEACHER}))
        now = self.box.clock()
        with self.box.sessions.begin() as session:
            tenant_id = session.scalars(select(Tenant.id)).one()
            tree = read_tree(session, publish(session, None, tenant_id, draft(), 0, now))
            talk, solve = tree.rated
            rate(session, teacher, work, tree, RatingDraft(talk.id, "P", now), now)
            judge(session, teacher, work, tree, solve.id, "D", "", now)

    def get(self, query: str = "") -> str:
        answer = self.rivera.get(f"students/grid{query}")
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return unescape(answer.get_data(as_text=True))


@pytest.fixture
def klass(app: Flask, school: School) -> Class:
    return Class(app, school)


def cells(page: str) -> dict[str, list[str]]:
    """Name -> what stands in the cells."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    found = {}
    for row in body.split("</tr>")[:-1]:
        name, *rest = (re.sub(r"<(?!/?u>)[^>]*>", "", one).strip() for one in re.split(r"</t[hd]>", row)[:-1])
        found[name] = rest
    return found


def test_before_there_is_a_framework(klass: Class) -> None:
    assert "no framework of proficiencies yet" in klass.get()


def test_letters_dashes_and_what_a_person_said(klass: Class) -> None:
    klass.bring_in()
    page = klass.get()
    assert cells(page) == {"Leo Abara": ["–", "–"], "Maya Torres": ["P", "<u>D</u>"]}
    assert re.search(r'<td class="met l2"><a tabindex="-1" href="\d+/proficiencies/\d+">P</a>', page)
    assert re.search(r'<td class="below l1"><a tabindex="-1" href="\d+/proficiencies/\d+"><u>D</u></a>', page)
    assert "Proficient" in page
    assert "met from here on" in page


def test_order_part_and_level_stand_in_the_address(klass: Class) -> None:
    klass.bring_in()
    sort = re.search(r'href="([^"]*sort=\d+[^"]*)" title="I make myself understood."', klass.get())
    assert sort
    assert list(cells(klass.get("?" + sort[1].partition("?")[2]))) == ["Leo Abara", "Maya Torres"]
    assert list(cells(klass.get("?level=P"))) == ["Maya Torres"]
    assert cells(klass.get("?level=X&sort=9&under=99999999999999999999&framework=x&course=x")) == {}


def test_a_section_stands_in_the_address_and_goes_along_to_the_list(klass: Class) -> None:
    klass.bring_in()
    assert 'name="section"' not in klass.get()
    sections = {
        klass.actor(one, Role.LEARNER).person_id: name
        for one, name in ((MAYA, "Period 1"), (LEO, "Period 2"))
    }
    with klass.box.sessions.begin() as session:
        for person_id, name in sections.items():
            session.execute(update(Enrolment).where(Enrolment.person_id == person_id).values(sections=name))
    page = klass.get("?section=Period+1")
    assert list(cells(page)) == ["Maya Torres"]
    assert '<option value="Period 1" selected>' in page
    assert re.search(r'href="[^"]*sort=\d+[^"]*"', page)
    assert all("section=Period+1" in one for one in re.findall(r'href="[^"]*sort=\d+[^"]*"', page))
    assert "students?section=Period+1" in page
    assert "students/grid?section=Period+1" in unescape(
        klass.rivera.get("students?section=Period+1").get_data(as_text=True)
    )
    assert list(cells(klass.get("?section=Another+one"))) == ["Leo Abara", "Maya Torres"]


def test_a_whole_framework_is_no_grid(klass: Class) -> None:
    with klass.box.sessions.begin() as session:
        tenant_id = session.scalars(select(Tenant.id)).one()
        area, talk, _ = draft().items
        many = [
            type(talk)(f"x{n}", f"Can do {n}", "indicator", f"X{n}", parent="skills", scale=talk.scale)
            for n in range(70)
        ]
        publish(session, None, tenant_id, draft(area, *many), 0, klass.box.clock())
    page = klass.get()
    assert "10 more do not fit into a grid" in page
    assert page.count('scope="col"') == 61
