"""Pathways over HTTP: one list for everybody, taking and designing, the school's word, the catalogue, the counts."""

import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from lti_plp.plp.actor import Role
from lti_plp.plp.catalogue import add_pathway
from lti_plp.plp.history import verify
from lti_plp.plp.kinds import load_kinds
from lti_plp.plp.models import ActionStep, Goal, Pathway, PathwayParticipation, Plan, PlanLook
from lti_plp.plp.participation import Decision, decide_pathway, move_pathway
from lti_plp.plp.policy import PlanWork
from lti_plp.plp.standing import Standing
from tests.plp.pathways import COLLEGE
from tests.views.conftest import FAMILY, LEO, MAYA, RIVERA, TEST_STUDENT, Human, School, Visitor
from tests.views.plans import Planner, plan_of
from tests.views.test_plan_history import words

ADA = Human("admin-1", "Ada", "Lind", ("Administrator",))
AIDE = Human(
    "aide-1",
    "Noor",
    "Ahmadi",
    ("Instructor", "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"),
)


@pytest.fixture
def maya(app: Flask, school: School) -> Planner:
    return plan_of(app, school)


def entry_in(maya: Planner, **changes: Any) -> int:
    """An entry of the catalogue; its id."""
    box, keeper = maya.toolbox, replace(maya.actor(), roles=frozenset({Role.ADMINISTRATOR}))
    with box.sessions() as session, session.begin():
        vocabulary = load_kinds(box.settings.config_folder).of
        return add_pathway(session, keeper, {**COLLEGE, **changes}, vocabulary, box.clock()).id


def propose(maya: Planner, **values: Any) -> int:
    """A proposal of the student's own design; its id."""
    with maya.editor() as editor:
        said = {"title": "Build a boat", "learn": "How a hull is made", **values}
        item = editor.add("pathway", said)
        move_pathway(editor, item.id, "proposed")
        return int(item.id)


def state_of(maya: Planner, item_id: int) -> str:
    with maya.reading() as (session, _):
        return session.get_one(PathwayParticipation, item_id).state


def page(visitor: Visitor, path: str, status: int = 200) -> str:
    answer = visitor.get(path)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def catalogue(visitor: Visitor, path: str) -> str:
    found = re.search(r'<section class="part catalogue".*?</section>', page(visitor, path), re.DOTALL)
    assert found
    return found.group(0).replace(visitor.handle, "HANDLE")


class TestCatalogue:
    def test_every_student_sees_the_same(self, app: Flask, school: School, maya: Planner) -> None:
        """Requirements L3 and S2: nothing about the student changes list or order."""
        entry_in(maya)
        entry_in(maya, title="Boatyard", kind="work_based_learning", first_grade=7)
        entry_in(maya, title="Later", valid_from="2050-01-01")
        entry_in(maya, title="Over", valid_from="2020-01-01", valid_to="2020-06-30")
        leo = plan_of(app, school, LEO)
        with leo.editor() as editor:
            editor.edit("plan", editor.plan.id, 1, {"grade": 12})
            editor.add("entry", {"kind": "interest", "text": "Boats"})
        for query in ("", "?kind=work_based_learning", "?grade=7", "?words=evening"):
            mine = catalogue(maya.visitor, f"plan/pathways{query}")
            assert mine == catalogue(leo.visitor, f"plan/pathways{query}")
        everything = catalogue(maya.visitor, "plan/pathways")
        assert everything.index(COLLEGE["title"]) < everything.index("Boatyard")
        assert "Later" not in everything
        assert "Over" not in everything
        assert "Boatyard" not in catalogue(maya.visitor, "plan/pathways?kind=dual_enrollment")
        assert "Nothing fits." in catalogue(maya.visitor, "plan/pathways?words=submarine")

    def test_an_entry_says_who_it_is_for(self, maya: Planner) -> None:
        read = words(maya.get(f"plan/pathways/{entry_in(maya)}"))
        for said in (
            "You like to write.",
            "English 9 and 10",
            "You can plan your own week.",
            "grades 11 to 12",
        ):
            assert said in read
        assert "Clear and effective communication" in read

    def test_before_anything_is_listed(self, maya: Planner) -> None:
        assert "Your school has not listed any yet" in words(maya.get("plan/pathways"))

    @pytest.mark.parametrize("path", ["plan/pathways", "plan/pathways/1", "plan/pathways/new"])
    @pytest.mark.parametrize("human", [RIVERA, FAMILY, TEST_STUDENT], ids=lambda one: one.given)
    def test_the_student_s_pages_are_for_students(self, school: School, human: Human, path: str) -> None:
        assert school.enter(human).get(path).status_code == 403

    def test_no_such_entry(self, maya: Planner) -> None:
        assert maya.visitor.get("plan/pathways/77").status_code == 404
        assert maya.visitor.post("plan/pathways/77/take").status_code == 404


class TestTaking:
    def test_with_a_goal_that_is_made_for_it_a_plan_begins(self, maya: Planner) -> None:
        """Requirements L4 and E8."""
        entry = entry_in(maya)
        answer = maya.visitor.post(
            f"plan/pathways/{entry}/take", ("step", "0"), ("step", "1"), new_goal="Study writing"
        )
        assert answer.status_code == 303
        with maya.reading() as (session, plan):
            assert [one.text for one in session.scalars(select(ActionStep))] == [
                "Finish English 10",
                "Talk to the counselor before March",
            ]
            assert session.scalars(select(Goal.statement)).all() == ["Study writing"]
            item = session.scalars(select(PathwayParticipation)).one()
            assert verify(session, plan.id) == []
        read = words(maya.get(f"plan/pathways/mine/{item.id}"))
        assert "Finish English 10" in read
        assert "You are thinking about it." in read
        assert "This is in your plan." in words(maya.get(f"plan/pathways/{entry}"))
        assert "because a pathway needs it first" in words(maya.get("plan/history"))

    def test_steps_without_a_goal_come_back_as_they_were_chosen(self, maya: Planner) -> None:
        entry = entry_in(maya)
        answer = maya.visitor.post(f"plan/pathways/{entry}/take", ("step", "1"))
        text = answer.get_data(as_text=True)
        assert answer.status_code == 400
        assert "Please say this first." in text
        assert re.findall(r'name="step" value="(\d)"( checked)?', text) == [("0", ""), ("1", " checked")]
        with maya.toolbox.sessions() as session:
            assert session.scalar(select(func.count()).select_from(PathwayParticipation)) == 0
            assert session.scalar(select(func.count()).select_from(Plan)) == 0

    def test_it_keeps_what_it_was_taken_with(self, maya: Planner, school: School) -> None:
        entry = entry_in(maya)
        maya.visitor.post(f"plan/pathways/{entry}/take")
        ada = school.enter(ADA)
        form = {**COLLEGE, "version": "1", "readiness": "Two A's", "last_grade": "12"}
        sent = {name: str(value) for name, value in form.items() if isinstance(value, str | int)}
        assert ada.post(f"students/pathways/{entry}/edit", **sent).status_code == 303
        item = self.item(maya)
        read = words(maya.get(f"plan/pathways/mine/{item}"))
        assert "has changed since you took it" in read
        assert "You can plan your own week." in read
        assert "Two A's" in words(maya.get(f"plan/pathways/{entry}")).replace("’", "'")

    def item(self, maya: Planner) -> int:
        with maya.reading() as (session, _):
            return session.scalars(select(PathwayParticipation.id)).one()

    def test_one_s_own_design(self, maya: Planner) -> None:
        """Requirements L5, L6 and L7."""
        answer = maya.visitor.post(
            "plan/pathways/new",
            ("partners.0.name", "Oskar Lund"),
            ("partners.0.role", "mentor"),
            ("partners.0.how", "shows me"),
            kind="own_design",
            title="Build a boat",
            learn="How a hull is made",
            show="It floats",
            audience="team",
        )
        assert answer.status_code == 303
        item = self.item(maya)
        saved = maya.visitor.client.put(
            maya.visitor.address(f"plan/items/pathway/{item}"),
            json={
                "base_version": 1,
                "fields": {"expectation": "Problem solving: I plan it, try it and mend it."},
            },
            headers={"X-CSRF-Token": maya.visitor.token()},
        )
        assert saved.json == {"version": 2}
        read = maya.get(f"plan/pathways/mine/{item}")
        for said in ("Oskar Lund", "It floats", "Problem solving: I plan it"):
            assert said in read
        assert "Build a boat" in words(maya.get("plan/pathways"))
        assert "Problem solving: I plan it" in words(maya.get("plan/print"))

    def test_without_a_name_it_comes_back_as_typed(self, maya: Planner) -> None:
        answer = maya.visitor.post("plan/pathways/new", title=" ", learn="How a hull is made")
        assert answer.status_code == 400
        assert "How a hull is made" in answer.get_data(as_text=True)

    @pytest.mark.parametrize("to", ["approved", "validated", "completed", "", "dragon"])
    def test_a_move_that_is_none_of_hers_changes_nothing(self, maya: Planner, to: str) -> None:
        item = propose(maya)
        answer = maya.visitor.post(f"plan/pathways/mine/{item}/move", to=to)
        assert answer.status_code == 409
        assert "This was moved on meanwhile." in words(answer.get_data(as_text=True))
        assert state_of(maya, item) == "proposed"

    def test_another_student_s_is_not_there(self, app: Flask, school: School, maya: Planner) -> None:
        item = propose(maya)
        leo = plan_of(app, school, LEO)
        with leo.editor() as editor:
            editor.add("goal", {"statement": "Mine"})
        assert leo.visitor.get(f"plan/pathways/mine/{item}").status_code == 404
        assert leo.visitor.post(f"plan/pathways/mine/{item}/move", to="withdrawn").status_code == 404
        assert state_of(maya, item) == "proposed"

    def test_what_she_takes_part_in_cannot_be_taken_out(self, maya: Planner, school: School) -> None:
        """Requirement L1."""
        item = propose(maya)
        decided(maya, school, item)
        answer = maya.visitor.post(f"plan/items/pathway/{item}/remove")
        assert answer.status_code == 409
        assert "This pathway stays in your plan" in words(answer.get_data(as_text=True))
        assert "so it stays in your plan" in words(maya.get(f"plan/pathways/mine/{item}"))

    def test_taken_out_and_brought_back(self, maya: Planner) -> None:
        item = propose(maya)
        gone = maya.visitor.post(f"plan/items/pathway/{item}/remove")
        assert "Bring it back" in words(maya.visitor.client.get(gone.location).get_data(as_text=True))
        assert "You took this out of your plan." in words(maya.get(f"plan/pathways/mine/{item}"))
        assert maya.visitor.post(f"plan/items/pathway/{item}/restore").status_code == 303
        assert "Build a boat" in words(maya.get("plan/pathways"))


def decided(maya: Planner, school: School, item_id: int, to: str = "approved") -> None:
    school.enter(RIVERA)
    teacher = maya.actor(RIVERA, Role.INSTRUCTOR)
    with maya.toolbox.sessions() as session, session.begin():
        plan = session.scalars(select(Plan).where(Plan.person_id == maya.actor().person_id)).one()
        item = session.get_one(PathwayParticipation, item_id)
        work = PlanWork(plan.tenant_id, plan.person_id, "team", frozenset({Standing.TEACHER}))
        decision = Decision(to, item.version, "Yes", "A credit")
        decide_pathway(session, teacher, work, item_id, decision, maya.toolbox.clock())


class TestTheSchoolsWord:
    def test_from_proposal_to_confirmed(self, maya: Planner, school: School) -> None:
        item, student = propose(maya), maya.actor().person_id
        rivera = school.enter(RIVERA)
        assert "Maya Torres: Build a boat" in words(page(rivera, "students/pathways"))
        path = f"students/{student}/pathways/{item}"
        assert "How a hull is made" in words(page(rivera, path))
        with maya.reading() as (session, _):
            version = str(session.get_one(PathwayParticipation, item).version)
            assert session.scalars(select(PlanLook.section)).all() == ["pathways"]
        assert rivera.post(path, to="approved", version=version, answer="With Mr. Lund").status_code == 303
        assert "No proposal waits" in words(page(rivera, "students/pathways"))
        read = words(maya.get(f"plan/pathways/mine/{item}"))
        assert "“With Mr. Lund” Elena Rivera" in read
        maya.visitor.post(f"plan/pathways/mine/{item}/move", to="under_way")
        maya.visitor.post(f"plan/pathways/mine/{item}/move", to="completed")
        assert "Look back on it" in words(maya.get(f"plan/pathways/mine/{item}"))
        assert "Maya Torres: Build a boat" in words(page(rivera, "students/pathways"))
        with maya.reading() as (session, _):
            version = str(session.get_one(PathwayParticipation, item).version)
        confirmed = rivera.post(path, to="validated", version=version, credit="Half a credit")
        assert confirmed.status_code == 303
        assert "What it counts for: Half a credit" in words(maya.get(f"plan/pathways/mine/{item}"))
        assert "Elena Rivera" in words(maya.get(f"plan/history?item=pathway-{item}"))

    def test_what_was_refused_comes_back_as_typed(self, maya: Planner, school: School) -> None:
        item, student = propose(maya), maya.actor().person_id
        rivera = school.enter(RIVERA)
        path = f"students/{student}/pathways/{item}"
        bare = rivera.post(path, to="declined", version="2")
        assert (bare.status_code, "Please say this first." in bare.get_data(as_text=True)) == (400, True)
        late = rivera.post(path, to="approved", version="1", answer="Take a life vest along")
        assert late.status_code == 409
        assert "Take a life vest along" in late.get_data(as_text=True)
        assert state_of(maya, item) == "proposed"

    @pytest.mark.parametrize("human", [FAMILY, TEST_STUDENT, LEO], ids=lambda one: one.given)
    def test_who_gets_in_nowhere(self, maya: Planner, school: School, human: Human) -> None:
        item, student = propose(maya), maya.actor().person_id
        visitor = school.enter(human)
        for path in ("students/pathways", "students/pathways/report", f"students/{student}/pathways/{item}"):
            assert visitor.get(path).status_code == 403
        if human is not FAMILY:
            # A family has no page here of which it could have a form's token.
            answer = visitor.post(f"students/{student}/pathways/{item}", to="approved", version="2")
            assert answer.status_code == 403
        assert state_of(maya, item) == "proposed"

    def test_an_administrator_without_a_tie_decides_nothing(self, maya: Planner, school: School) -> None:
        item, student = propose(maya), maya.actor().person_id
        ada = school.enter(ADA)
        assert "No proposal waits" in words(page(ada, "students/pathways"))
        assert ada.get(f"students/{student}/pathways/{item}").status_code == 404
        assert ada.post(f"students/{student}/pathways/{item}", to="approved", version="2").status_code == 404

    def test_what_is_for_herself_is_not_there(self, maya: Planner, school: School) -> None:
        item, student = propose(maya), maya.actor().person_id
        with maya.editor() as editor:
            editor.edit("pathway", item, 2, {"audience": "me"})
        rivera = school.enter(RIVERA)
        assert "Build a boat" not in page(rivera, "students/pathways")
        assert rivera.get(f"students/{student}/pathways/{item}").status_code == 404

    def test_the_reflection_afterwards_begins_with_its_questions(self, maya: Planner, school: School) -> None:
        """Requirement L8."""
        with maya.editor() as editor:
            goal = editor.add(
                "goal", {"statement": "Build boats", "kind": "postsecondary", "horizon": "long"}
            )
        item = propose(maya, goal_id=goal.id)
        decided(maya, school, item)
        with maya.editor() as editor:
            move_pathway(editor, item, "under_way")
            move_pathway(editor, item, "completed")
        found = re.search(
            r'href="[^"]*/(plan/reflections/new\?[^"]*)"', maya.get(f"plan/pathways/mine/{item}")
        )
        assert found
        form = maya.get(found.group(1).replace("&amp;", "&"))
        assert '<option value="pathway" selected>' in form
        assert '<span class="thing">Build boats</span>' in form


class TestKeepingTheCatalogue:
    def test_added_changed_and_ended(self, maya: Planner, school: School) -> None:
        ada = school.enter(ADA)
        form = {
            "kind": "service_learning",
            "title": "Trail crew",
            "about": "Mend a trail",
            "first_grade": "7",
            "last_grade": "12",
            "valid_from": "2026-01-01",
            "proficiencies": "Citizenship\n\nSelf-direction\r\n",
        }
        more = (("prerequisite", "Buy boots"), ("prerequisite_kind", "prerequisite"), ("prerequisite", ""))
        answer = ada.post("students/pathways/add", *more, **form)
        assert answer.status_code == 303
        with maya.toolbox.sessions() as session:
            entry = session.scalars(select(Pathway)).one()
        assert (entry.prerequisites, entry.proficiencies) == (
            [{"text": "Buy boots", "kind": "prerequisite"}],
            ["Citizenship", "Self-direction"],
        )
        path = f"students/pathways/{entry.id}"
        assert 'value="Buy boots"' in page(ada, f"{path}/edit")
        changed = ada.post(f"{path}/edit", *more, **form | {"version": "1", "about": "Mend two trails"})
        assert changed.status_code == 303
        assert "2 versions" in words(page(ada, path))
        late = ada.post(f"{path}/edit", **form | {"version": "1", "about": "Mend three trails"})
        assert late.status_code == 409
        assert "Mend three trails" in late.get_data(as_text=True)
        assert ada.post(f"{path}/withdraw").status_code == 303
        assert "last day:" in words(page(ada, path))

    def test_what_was_refused_comes_back_as_typed(self, school: School) -> None:
        ada = school.enter(ADA)
        sent = {"kind": "service_learning", "title": " ", "about": "Mend a trail", "valid_from": "2026-01-01"}
        answer = ada.post("students/pathways/add", ("prerequisite", "Buy boots"), **sent)
        assert answer.status_code == 400
        assert "Mend a trail" in answer.get_data(as_text=True)
        assert "Buy boots" in answer.get_data(as_text=True)

    @pytest.mark.parametrize("human", [RIVERA, AIDE, MAYA], ids=lambda one: one.given)
    def test_nobody_else(self, maya: Planner, school: School, human: Human) -> None:
        entry = entry_in(maya)
        visitor = school.enter(human)
        for path in ("add", f"{entry}/edit", "report"):
            assert visitor.get(f"students/pathways/{path}").status_code == 403
        for path in ("add", f"{entry}/edit", f"{entry}/withdraw"):
            assert visitor.post(f"students/pathways/{path}", title="Mine", version="1").status_code == 403
        with maya.toolbox.sessions() as session:
            assert session.scalars(select(Pathway)).one().version == 1


class TestReport:
    def test_counts_without_names(self, maya: Planner, school: School) -> None:
        item = propose(maya)
        decided(maya, school, item)
        read = words(page(school.enter(ADA), "students/pathways/report"))
        assert "1 student takes part in a pathway. 0 proposals wait" in read
        assert "Students who take part without a plan: 0." in read
        assert "a group has fewer than 10" in read
        assert "Maya" not in read
        assert "boat" not in read
