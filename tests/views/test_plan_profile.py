"""The profile's page: what the school knows, what the student says, and where growth is measured from."""

import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from lti_plp.lms.models import Person
from lti_plp.plp.models import BaselineAssessment, Plan, PlanTemplate, PlanTemplateVersion, ProfileEntry
from lti_plp.plp.plan_forms import CRITICAL
from tests.files.samples import encoded
from tests.views.conftest import FAMILY, LEO, RIVERA, TEST_STUDENT, Human, School
from tests.views.plans import Planner, fill, plan_of
from tests.views.test_files import sender

PAGE = "plan/profile"


@pytest.fixture
def maya(app: Flask, school: School) -> Planner:
    return plan_of(app, school)


def text_of(planner: Planner, path: str = PAGE) -> str:
    return unescape(planner.get(path))


def tell(planner: Planner, text: str = "I keep going", kind: str = "strength", **form: str) -> TestResponse:
    return planner.visitor.post(f"{PAGE}/entry", kind=kind, text=text, **form)


def result(planner: Planner, **form: str) -> TestResponse:
    told = {
        "kind": "academic",
        "instrument": "Writing sample",
        "taken_on": "2026-09-10",
        "result": "Developing",
        "scale": "Beginning, Developing, Proficient, Expert",
        "audience": "team",
    }
    return planner.visitor.post(f"{PAGE}/baseline", **{**told, **form})


def entries(planner: Planner) -> list[ProfileEntry]:
    with planner.toolbox.sessions() as session:
        return list(session.scalars(select(ProfileEntry).order_by(ProfileEntry.id)))


def path_in(answer: TestResponse) -> str:
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.headers["Location"]).split("/", 3)[-1]


class TestBeforeThereIsAPlan:
    def test_questions_are_there_and_nothing_is_written(self, maya: Planner) -> None:
        page = text_of(maya)
        assert 'data-page="profile"' in page
        assert "What is something good about you that other people count on?" in page
        assert "Maya Torres" in page
        with maya.toolbox.sessions() as session:
            assert session.scalars(select(Plan)).all() == []

    def test_the_first_words_begin_the_plan(self, maya: Planner) -> None:
        answer = tell(maya, audience="family")
        assert path_in(answer) == f"{PAGE}?added=entry-1#entry-1"
        (entry,) = entries(maya)
        assert (entry.text, entry.audience) == ("I keep going", "family")
        assert re.search(
            r'<li class="entry" id="entry-1" tabindex="-1" data-added>',
            text_of(maya, f"{PAGE}?added=entry-1"),
        )

    def test_a_third_grader_chooses_the_grade_first_and_is_asked_other_questions(self, maya: Planner) -> None:
        assert maya.visitor.post(f"{PAGE}/grade", grade="3").status_code == 303
        page = text_of(maya)
        assert "<h1>All about me</h1>" in page
        assert "What matters so much to you" in page
        assert "What comes easily to you?" not in page
        assert re.search(r'<option value="3" selected>Grade 3</option>', page)

    @pytest.mark.parametrize("grade", ["13", "-1", "nine", "3.5"])
    def test_grades_that_there_are_not(self, maya: Planner, grade: str) -> None:
        assert maya.visitor.post(f"{PAGE}/grade", grade=grade).status_code == 400


class TestInformation:
    def test_the_student_types_none_of_it(self, maya: Planner) -> None:
        fill(maya)
        with maya.toolbox.sessions.begin() as session:
            session.scalars(
                select(Person).where(Person.given_name == "Maya")
            ).one().student_number = "S-204001"
        page = text_of(maya)
        for fact in ("Maya Torres", "S-204001", "English 9", "Elena Rivera"):
            assert fact in page
        with maya.reading() as (_, plan):
            assert f'datetime="{plan.first_developed_at.isoformat()}"' in page
            assert (
                f'datetime="{plan.formally_updated_at.isoformat()}"' in page
                if plan.formally_updated_at
                else False
            )
        information = page.split('class="information"')[1].split("</dl>")[0]
        assert re.findall(r'name="(\w+)"', information) == ["csrf_token", "version", "grade"]
        assert "Ask Elena Rivera or the school office" in page

    def test_grade_is_saved_in_place_and_without_a_script(self, maya: Planner) -> None:
        tell(maya)
        with maya.reading() as (_, plan):
            address = f"plan/items/plan/{plan.id}"
            version, begun = plan.version, plan.first_developed_at
        saved = maya.visitor.client.put(
            maya.visitor.address(address),
            json={"base_version": version, "fields": {"grade": "9"}},
            headers={"X-CSRF-Token": maya.visitor.token()},
        )
        assert saved.get_json() == {"version": version + 1}
        assert path_in(maya.visitor.post(address, version=str(version + 1), grade="10")).startswith(PAGE)
        with maya.reading() as (_, plan):
            assert (plan.grade, plan.first_developed_at) == (10, begun)


class TestEntries:
    def test_words_can_be_changed_and_taken_away_and_brought_back(self, maya: Planner) -> None:
        tell(maya)
        page = text_of(maya)
        assert "\nI keep going</textarea>" in page
        assert "How this changed" not in page
        maya.visitor.post("plan/items/entry/1", version="1", text="I keep going <script>", audience="me")
        page = maya.get(PAGE)
        assert "I keep going &lt;script&gt;</textarea>" in page
        assert f'href="{maya.visitor.address("plan/history?item=entry-1")}"' in page
        removed = maya.visitor.post("plan/items/entry/1/remove")
        page = text_of(maya, path_in(removed).split("#")[0])
        assert "I keep going" not in page
        assert "Removed. Your plan remembers it." in page
        maya.visitor.post("plan/items/entry/1/restore")
        assert "I keep going" in text_of(maya)

    def test_why_is_asked_where_it_belongs(self, maya: Planner) -> None:
        tell(maya, "My aunt", "influence", why="She began anew")
        assert entries(maya)[0].why == "She began anew"
        assert re.search(r'<textarea id="why-1"[^>]*>She began anew</textarea>', text_of(maya))
        assert 'id="why-strength"' not in text_of(maya)

    def test_what_is_hard_is_for_oneself_until_the_student_decides(self, maya: Planner) -> None:
        page = text_of(maya)
        for kind, audience in (("barrier", "me"), ("need", "me"), ("strength", "team")):
            field = page.split(f'id="audience-{kind}"')[1].split("</div>")[0]
            assert re.search(rf'<option value="{audience}" selected', field)
        assert "Nobody else sees this.</p>" in page.split('id="audience-barrier"')[1].split("</div>")[0]
        assert "talk to an adult you trust" in page
        assert "You never have to tell about religion" in page

    def test_the_examples_and_questions_of_the_cycle_help(self, maya: Planner) -> None:
        page = text_of(maya)
        assert "I stay calm when others are upset." in page
        assert "How would I describe myself" in page

    def test_an_old_profile_is_looked_at_anew(self, maya: Planner) -> None:
        with maya.editor(maya.toolbox.clock() - timedelta(days=200)) as editor:
            editor.add("entry", {"kind": "interest", "text": "Robots"})
        assert "Is it still you?" in text_of(maya)
        tell(maya)
        assert "Is it still you?" not in text_of(maya)

    def test_a_schools_own_element_and_what_no_form_asks_any_more(self, maya: Planner) -> None:
        tell(maya, "The trumpet", "own:music")
        tell(maya, "Chess", "own:clubs")
        words = {name: {"en": f"Our {name}", "es": f"Nuestro {name}"} for name in (*CRITICAL, "own:music")}
        with maya.toolbox.sessions.begin() as session:
            plan = session.scalars(select(Plan)).one()
            now = maya.toolbox.clock()
            template = PlanTemplate(
                tenant_id=plan.tenant_id, name="Ours", first_grade=0, last_grade=12, created_at=now
            )
            session.add(template)
            session.flush()
            elements = [{"id": key, "title": title} for key, title in words.items()]
            version = PlanTemplateVersion(
                template_id=template.id, number=1, elements=elements, published_at=now
            )
            session.add(version)
        page = text_of(maya)
        own = page.split('id="section-own-music"')[1]
        assert own.startswith(">Our own:music</h2>")
        assert "The trumpet" in own
        assert "Chess" in page.split("What I wrote before")[1]

    @pytest.mark.parametrize(
        ("form", "words"),
        [
            ({"text": "  "}, "Something is still missing"),
            ({"text": "x" * 5001}, "This is too long"),
            ({"audience": "everybody"}, "This cannot be chosen"),
            ({"kind": "hobby"}, "This cannot be chosen"),
        ],
    )
    def test_what_cannot_be_kept_comes_back(self, maya: Planner, form: dict[str, str], words: str) -> None:
        answer = tell(maya, **{"text": "Kept words", **form})
        page = answer.get_data(as_text=True)
        assert answer.status_code == 400
        assert entries(maya) == []
        if form.get("kind") != "hobby":
            assert words in page
            assert f"\n{form.get('text', 'Kept words')}</textarea>" in page
            assert page.count('id="problems"') == 1

    def test_fields_that_are_none_and_kinds_that_are_none(self, maya: Planner) -> None:
        assert maya.visitor.post(f"{PAGE}/goal", statement="x").status_code == 404
        assert tell(maya, version="9", removed_at="now").status_code == 303
        assert entries(maya)[0].version == 1


class TestFiles:
    def test_a_picture_says_it_instead(self, maya: Planner) -> None:
        file = sender(maya.visitor).keep(encoded("JPEG"), "robot.jpg")
        tell(maya, "", file_id=file["id"], alternative="A robot that I drew")
        (entry,) = entries(maya)
        assert (entry.text, entry.file_id) == ("", file["id"])
        page = text_of(maya)
        assert re.search(r'<img class="shown-file" src="[^"]+" alt="A robot that I drew"', page)
        assert "Take the file away" in page
        maya.visitor.post("plan/items/entry/1", version="1", file_id="")
        page = text_of(maya)
        assert 'class="shown-file"' not in page
        assert "Add a picture or recording" in page

    def test_a_file_is_added_to_what_is_there(self, maya: Planner) -> None:
        tell(maya)
        file = sender(maya.visitor).keep(encoded("JPEG"), "robot.jpg")
        page = text_of(maya, f"{PAGE}?attach=1")
        assert page.count('<form class="attach"') == 1
        maya.visitor.post("plan/items/entry/1", version="1", file_id=file["id"], alternative="A robot")
        assert 'alt="A robot"' in text_of(maya)

    def test_a_form_that_came_back_still_has_its_file(self, maya: Planner) -> None:
        file = sender(maya.visitor).keep(encoded("JPEG"), "robot.jpg")
        page = tell(maya, "x" * 5001, file_id=file["id"]).get_data(as_text=True)
        assert re.search(rf'name="file_id" value="{file["id"]}" checked', page)

    def test_another_students_file(self, app: Flask, school: School, maya: Planner) -> None:
        file = sender(plan_of(app, school, LEO).visitor).keep(encoded("JPEG"), "robot.jpg")
        assert tell(maya, file_id=file["id"]).status_code == 404
        assert entries(maya) == []


class TestStartingPoints:
    def test_one_is_added(self, maya: Planner) -> None:
        assert "This page has no test of its own" in text_of(maya)
        file = sender(maya.visitor).keep(encoded("JPEG"), "sample.jpg")
        answer = result(maya, url="https://example.org/sample", file_id=file["id"])
        assert path_in(answer) == f"{PAGE}?added=baseline-1#baseline-1"
        page = text_of(maya).split('id="baseline-1"')[1]
        assert "<h3>Writing sample</h3>" in page
        assert ">Developing</p>" in page
        assert 'href="https://example.org/sample"' in page
        assert 'class="shown-file"' in page

    def test_a_correction_leaves_the_old_one_in_sight(self, maya: Planner) -> None:
        result(maya)
        page = text_of(maya).split('id="baseline-1"')[1]
        assert 'name="replaces_id" value="1"' in page
        result(maya, result="Proficient", replaces_id="1")
        page = text_of(maya)
        assert 'id="baseline-1"' not in page
        point = page.split('id="baseline-2"')[1]
        assert (
            point.index("Proficient</p>") < point.index("1 earlier version") < point.index("Developing</p>")
        )
        assert "replaced" in point

    def test_two_tabs_correct_the_same_one(self, maya: Planner) -> None:
        result(maya)
        result(maya, replaces_id="1")
        answer = result(maya, result="Expert", replaces_id="1")
        assert answer.status_code == 400
        assert "What you typed is still here" in answer.get_data(as_text=True)
        assert "Expert" in answer.get_data(as_text=True)

    def test_it_is_never_changed_or_removed(self, maya: Planner) -> None:
        result(maya)
        assert maya.visitor.post("plan/items/baseline/1", version="1", result="Expert").status_code == 409
        assert maya.visitor.post("plan/items/baseline/1/remove").status_code == 409
        with maya.toolbox.sessions() as session:
            assert session.scalars(select(BaselineAssessment.result)).all() == ["Developing"]

    @pytest.mark.parametrize(
        ("form", "words"),
        [
            ({"url": "javascript:alert(1)"}, "This is not a link"),
            ({"taken_on": "yesterday"}, "This is not a date yet"),
            ({"taken_on": "0001-01-01"}, "This is not a date yet"),
            ({"result": ""}, "Something is still missing"),
        ],
    )
    def test_what_cannot_be_kept_comes_back(self, maya: Planner, form: dict[str, str], words: str) -> None:
        answer = result(maya, scale="My own scale", **form)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 400
        assert words in page
        assert 'value="My own scale"' in page
        with maya.toolbox.sessions() as session:
            assert session.scalars(select(BaselineAssessment)).all() == []


class TestOthers:
    @pytest.mark.parametrize("human", [RIVERA, FAMILY, TEST_STUDENT], ids=lambda human: human.given)
    def test_is_for_students(self, school: School, maya: Planner, human: Human) -> None:
        visitor = school.enter(human)
        answer = visitor.get(PAGE)
        assert answer.status_code == 403
        assert "This page is for students" in answer.get_data(as_text=True)

    def test_another_student_sees_and_changes_nothing_of_it(
        self, app: Flask, school: School, maya: Planner
    ) -> None:
        tell(maya)
        result(maya)
        leo = plan_of(app, school, LEO)
        page = text_of(leo, f"{PAGE}?attach=1&added=entry-1")
        assert "I keep going</textarea>" not in page
        assert "Writing sample" not in page
        assert tell(leo, "Mine").status_code == 303
        assert leo.visitor.post("plan/items/entry/1", version="1", text="Leo was here").status_code == 404
        assert leo.visitor.post("plan/items/entry/1/remove").status_code == 404
        assert result(leo, replaces_id="1").status_code == 400
        assert entries(maya)[0].text == "I keep going"

    def test_a_form_without_our_token(self, maya: Planner) -> None:
        address = maya.visitor.address(f"{PAGE}/entry")
        assert maya.visitor.client.post(address, data={"kind": "strength", "text": "x"}).status_code == 403
        assert entries(maya) == []

    @pytest.mark.parametrize(
        "query", ["attach=-1", "attach=abc", "added=<b>", "removed=entry-x", "attach=" + "9" * 40]
    )
    def test_odd_addresses(self, maya: Planner, query: str) -> None:
        tell(maya)
        page = maya.get(f"{PAGE}?{query}")
        assert "<b>" not in page
        assert 'class="attach"' not in page
