"""The student's own reflections: the list, beginning one, writing it, finishing it."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.models import Person
from lti_plp.plp.actor import Actor
from lti_plp.plp.models import Goal, Reflection, ReflectionTemplate
from lti_plp.plp.prompts import load_bank
from lti_plp.settings import Settings
from tests.launching import CLAIM
from tests.plp.plans import PlanRows
from tests.views.conftest import FAMILY, LEO, MAYA, RIVERA, TEST_STUDENT, School, Visitor, questions

LIST, NEW = "plan/reflections", "plan/reflections/new"
OTHER_COURSE = {CLAIM + "context": {"id": "course-2", "title": "History 9", "label": "HIS9"}}


@pytest.fixture
def template(school: School) -> str:
    return school.place(*questions(1))


@pytest.fixture
def maya(school: School, template: str) -> Visitor:
    return school.enter(MAYA, template)


@pytest.fixture
def rows(app: Flask) -> Iterator[Session]:
    box: Toolbox = app.extensions["lti_plp"]
    with box.sessions() as session:
        yield session


def plan_of(rows: Session, given: str = "Maya") -> PlanRows:
    person = rows.scalars(select(Person).where(Person.given_name == given)).one()
    return PlanRows(rows, Actor(person.id, person.tenant_id, None, frozenset()))


def text_of(visitor: Visitor, path: str) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return unescape(answer.get_data(as_text=True))


def begin(visitor: Visitor, *fields: tuple[str, str], **form: str) -> str:
    """Begin one; its path within the session."""
    answer = visitor.post(NEW, *fields, **{"key": "form-1", "start": "words", **form})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return path_in(answer)


def path_in(answer: TestResponse) -> str:
    return str(answer.headers["Location"]).split("/", 3)[-1]


def finish(visitor: Visitor, path: str, text: str = "I asked early.", **form: str) -> TestResponse:
    return visitor.post(f"{path}/submit", answer_q1=text, revision_q1="0", **form)


def test_empty_list_teaches(maya: Visitor) -> None:
    page = text_of(maya, LIST)
    assert 'data-page="reflections"' in page
    assert "For example:" in page
    assert f'href="{maya.address(NEW)}"' in page


def test_a_few_words_from_tap_to_finish(maya: Visitor) -> None:
    path = begin(maya)
    page = text_of(maya, path)
    assert "What do you want to remember?" in page
    assert re.search(r"<button[^>]*>Finish</button>", page)
    assert "Send to" not in page
    assert "Nobody else can read it." in page
    assert finish(maya, path, audience="team").status_code == 303
    page = text_of(maya, path)
    assert ">I asked early.</p>" in page
    assert "Finished." in page
    assert "Your teachers and advisors can read it." in page
    listed = text_of(maya, LIST)
    assert "I asked early." in listed
    assert "Finished" in listed


def test_saving_while_typing(maya: Visitor) -> None:
    path = begin(maya)
    save = {"json": {"text": "One.", "base_revision": 0}, "headers": {"X-CSRF-Token": maya.token()}}
    saved = maya.client.put(maya.address(f"{path}/answers/q1"), **save)
    assert (saved.status_code, saved.get_json()["revision"]) == (200, 1)
    other = {**save, "json": {"text": "Two.", "base_revision": 0}}
    assert maya.client.put(maya.address(f"{path}/answers/q1"), **other).status_code == 409
    answer = finish(maya, path, "Two.")
    assert answer.status_code == 409
    assert "Choose what to keep, then finish." in answer.get_data(as_text=True)
    assert 'value="1"' in text_of(maya, path)
    assert maya.client.put(maya.address(f"{path}/answers/q9"), **other).status_code == 404


def test_nothing_written_is_said_beside_the_question(maya: Visitor) -> None:
    answer = finish(maya, begin(maya), "  ")
    assert answer.status_code == 400
    assert 'href="#answer-q1"' in answer.get_data(as_text=True)


def test_finished_one_is_changed_and_finished_again(maya: Visitor) -> None:
    path = begin(maya)
    finish(maya, path)
    page = text_of(maya, f"{path}?edit=1")
    assert "I asked early.</textarea>" in page
    assert "That version stays as it was" in page
    maya.post(f"{path}/submit", answer_q1="I asked twice.", revision_q1="1")
    assert ">I asked twice.</p>" in text_of(maya, path)


def test_sent_twice_begins_one(maya: Visitor, rows: Session) -> None:
    assert begin(maya) == begin(maya)
    assert len(rows.scalars(select(Reflection)).all()) == 1


def test_each_form_has_a_key_of_its_own(maya: Visitor) -> None:
    keys = {re.search(r'name="key" value="([^"]+)"', text_of(maya, NEW))[1] for _ in range(2)}  # type: ignore[index]
    assert len(keys) == 2


def test_every_set_and_every_question_can_be_chosen(maya: Visitor) -> None:
    bank, page = load_bank(Settings().config_folder), text_of(maya, NEW)
    assert {one.id for one in bank.sets} <= set(re.findall(r'<option value="([\w-]+)"', page))
    offered = re.findall(r'name="question" value="([A-Z]+-\d+)"', page)
    assert sorted(offered) == sorted(key for key, prompt in bank.by_id.items() if prompt.kind != "tip")
    assert {"SE-1", "SE-2"} <= set(offered)


def test_ready_set(maya: Visitor, rows: Session) -> None:
    page = text_of(maya, begin(maya, start="set", set_id="goal-review"))
    assert "<h1>How is my goal going?</h1>" in page
    assert "Choose one of your goals" in page
    begun = rows.scalars(select(ReflectionTemplate).where(ReflectionTemplate.grading == "none")).one()
    assert (begun.kind, [one["source"] for one in begun.questions]) == (
        "assess",
        ["ASS-2", "ASS-4", "SE-2", "ASS-3"],
    )


def test_single_questions_in_the_page_s_language(school: School, template: str) -> None:
    maya = school.enter(MAYA, template, locale="es")
    path = begin(maya, ("question", "SE-1"), ("question", "REF-3"), start="questions")
    page = text_of(maya, path)
    assert page.index("¿Qué salió bien, y cómo lo sé?") < page.index(
        load_bank(Settings().config_folder).by_id["SE-1"].text("student", "es")
    )


def test_questions_must_be_chosen(maya: Visitor) -> None:
    answer = maya.post(NEW, key="form-1", start="questions", title="My own title")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "Choose what to answer." in page
    assert 'value="My own title"' in page
    assert 'value="form-1"' in page


def test_somebody_else_s_words_need_a_name_and_get_questions_for_them(maya: Visitor) -> None:
    interview = {"start": "set", "set_id": "project", "voice": "family", "form": "interview"}
    answer = maya.post(NEW, key="form-1", **interview)
    assert answer.status_code == 400
    assert 'id="voice_name-problem"' in answer.get_data(as_text=True)
    path = begin(maya, voice_name="my grandmother", **interview)
    page = text_of(maya, path)
    assert "In the words of my grandmother · Interview" in page
    assert "What went well, and what makes us think so?" in page
    assert "Think of the project" not in page
    assert "What did they say?" in text_of(maya, begin(maya, voice="peer", voice_name="Noor"))
    assert "In the words of my grandmother" in text_of(maya, LIST)


def test_title_of_one_s_own(maya: Visitor) -> None:
    assert "<h1>My <first> debate</h1>" in text_of(maya, begin(maya, title="My <first> debate"))
    answer = maya.post(NEW, key="k", start="words", title="x" * 300)
    assert "The title is too long." in answer.get_data(as_text=True)


def test_it_is_about_a_goal_from_the_beginning(maya: Visitor, rows: Session) -> None:
    plan = plan_of(rows)
    goal, other = plan.goal("Speak in front of people"), plan.goal("Run 5 km")
    theirs = plan_of_somebody_else(rows)
    rows.commit()
    page = text_of(maya, f"{NEW}?goal={goal}&goal={theirs}&goal=x&step=99999999999999999999")
    assert re.search(rf'name="goal" value="{goal}" checked', page)
    assert not re.search(rf'name="goal" value="{other}" checked', page)
    assert f'name="goal" value="{theirs}"' not in page
    path = begin(maya, goal=str(goal))
    assert "Speak in front of people" in text_of(maya, LIST)
    refused = maya.post(NEW, key="form-2", start="words", goal=str(theirs))
    assert refused.status_code == 400
    assert "not in your plan any more" in refused.get_data(as_text=True)
    changed = maya.post(f"{path}/settings", goal=str(other), voice="student", form="journal")
    assert changed.status_code == 303
    assert "Run 5 km" in text_of(maya, LIST)


def plan_of_somebody_else(rows: Session) -> int:
    mine = rows.scalars(select(Person).where(Person.given_name == "Maya")).one()
    other = Person(
        tenant_id=mine.tenant_id, name="Eli", given_name="Eli", family_name="", created_at=mine.created_at
    )
    rows.add(other)
    rows.flush()
    return PlanRows(rows, Actor(other.id, other.tenant_id, None, frozenset())).goal("Theirs")


def test_settings_until_finished(maya: Visitor, rows: Session) -> None:
    path = begin(maya)
    assert maya.post(f"{path}/settings", voice="peer", voice_name="").status_code == 400
    assert maya.post(f"{path}/settings", voice="peer", voice_name="Noor", form="dialogue").status_code == 303
    assert "In the words of Noor · Conversation" in text_of(maya, path)
    finish(maya, path)
    assert maya.post(f"{path}/settings", voice="student").status_code == 409
    row = rows.scalars(select(Reflection)).one()
    assert (row.voice, row.voice_name, row.form, row.mode, row.audience) == (
        "peer",
        "Noor",
        "dialogue",
        "written",
        "me",
    )


def test_who_sees_it_is_changed_in_place(maya: Visitor, rows: Session) -> None:
    path = begin(maya)

    def put(audience: str) -> TestResponse:
        headers = {"X-CSRF-Token": maya.token(), "HX-Request": "true"}
        return maya.client.put(maya.address(f"{path}/audience"), data={"audience": audience}, headers=headers)

    assert put("team").get_data(as_text=True).strip() == (
        "Your teachers and advisors can read it after you finish."
    )
    assert rows.scalars(select(Reflection.audience)).one() == "team"
    rows.rollback()
    assert put("everybody").status_code == 400
    finish(maya, path)
    assert put("family").get_data(as_text=True).strip() == (
        "Your teachers, your advisors and your family can read it."
    )
    # Without any script.
    maya.post(f"{path}/about", audience="me")
    assert "Nobody else can read it." in text_of(maya, path)


def test_a_placed_one_is_connected_to_the_plan_on_the_page_after_sending(
    maya: Visitor, rows: Session
) -> None:
    goal = plan_of(rows).goal("Speak in front of people")
    rows.commit()
    maya.post("reflection/submit", answer_q1="Done.", revision_q1="0")
    assert "Connect it to your plan" in text_of(maya, "reflection")
    assert maya.post("reflection/about", goal=str(goal)).status_code == 303
    page = text_of(maya, "reflection")
    assert "What it is about" in page
    assert "<li>Speak in front of people</li>" in page
    assert maya.post("reflection/about", goal=str(goal + 1)).status_code == 400


def test_a_student_without_a_plan_is_offered_nothing_to_connect(maya: Visitor) -> None:
    maya.post("reflection/submit", answer_q1="Done.", revision_q1="0")
    assert "Connect it to your plan" not in text_of(maya, "reflection")


def test_what_it_led_to_is_said(maya: Visitor, rows: Session) -> None:
    path = begin(maya)
    finish(maya, path)
    plan_of(rows).revision(3, rows.scalars(select(Reflection.id)).one())
    rows.commit()
    assert "This leads to version 3 of your plan" in text_of(maya, path)


def test_everything_is_found_again_from_another_course(
    school: School, template: str, maya: Visitor, rows: Session
) -> None:
    maya.save("q1", "In English.")
    own = begin(maya, title="My own")
    elsewhere = school.enter(MAYA, school.place(*questions(1)), link="link-2", **OTHER_COURSE)
    listed = text_of(elsewhere, LIST)
    assert "In English." in listed
    assert "<h1>My own</h1>" in text_of(elsewhere, own)
    past = re.search(r"(plan/reflections/placed/\d+)", listed)
    assert past
    page = text_of(elsewhere, past[1])
    assert "To change it, open it from that course." in page
    assert ">In English.</p>" in page
    assert "<form" not in page.split("<main")[1].split("</main>")[0]
    # In its own course it opens where it can be written on.
    link = re.search(r'href="[^"]+/links/\d+/reflection"', text_of(maya, LIST))
    assert link


def test_older_ones_are_a_page_away(maya: Visitor) -> None:
    for number in range(21):
        begin(maya, key=f"form-{number}", title=f"Day {number}.")
    page = text_of(maya, LIST)
    assert "Day 20." in page
    assert "Day 0." not in page
    older = re.search(r"plan/reflections\?before=\d+", page)
    assert older
    assert "Day 0." in text_of(maya, older[0])


def test_nobody_else_opens_it(school: School, template: str, maya: Visitor) -> None:
    path = begin(maya)
    finish(maya, path, audience="public")
    assert school.enter(LEO, template).get(path).status_code == 404
    for human in (RIVERA, FAMILY, TEST_STUDENT):
        visitor = school.enter(human, template)
        for page in (path, NEW):
            assert visitor.get(page).status_code == 403
    for human in (RIVERA, FAMILY):
        answer = school.enter(human, template).get(LIST)
        assert answer.status_code == 403
        assert "This page is for students" in answer.get_data(as_text=True)


def test_a_test_student_sees_an_empty_list_and_begins_nothing(school: School, template: str) -> None:
    visitor = school.enter(TEST_STUDENT, template)
    assert "For example:" in text_of(visitor, LIST)
    assert visitor.post(NEW, key="k", start="words").status_code == 403


def test_goals_without_words_still_have_a_name(maya: Visitor, rows: Session) -> None:
    plan_of(rows).goal("")
    rows.commit()
    assert rows.scalars(select(Goal)).one().statement == ""
    assert "A goal without words" in text_of(maya, NEW)
