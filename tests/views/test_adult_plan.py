"""A plan as its student's teachers see it: what is for them, what they say and propose, and triage."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select
from werkzeug.test import TestResponse

from lti_plp.launch.toolbox import Toolbox
from lti_plp.plp.conversation import ask_for_help
from lti_plp.plp.for_adults import LATELY, read_for_team
from lti_plp.plp.history import verify
from lti_plp.plp.models import (
    Achievement,
    ActionStep,
    Comment,
    Evidence,
    Plan,
    PlanLook,
    StarterComment,
    Suggestion,
)
from tests.factories import counted
from tests.views.conftest import LEO, RIVERA, Human, Open, School, Visitor
from tests.views.plans import Planner, fill, plan_of

OKAFOR = Human("teacher-2", "Noor", "Okafor", ("Instructor",))
OTHER = {"https://purl.imsglobal.org/spec/lti/claim/context": {"id": "course-2", "title": "History 9"}}


class Around:
    """Maya's plan and her teacher."""

    def __init__(self, app: Flask, school: School) -> None:
        self.school = school
        self.maya: Planner = plan_of(app, school)
        self.ids = fill(self.maya)
        self.student_id = self.maya.actor().person_id
        self.rivera: Visitor = school.enter(RIVERA)
        self.toolbox: Toolbox = app.extensions["lti_plp"]

    @property
    def path(self) -> str:
        return f"students/{self.student_id}"

    def get(self, path: str) -> str:
        answer = self.rivera.get(path)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_data(as_text=True)

    def rows(self, model: Any) -> list[Any]:
        with self.toolbox.sessions() as session:
            return list(session.scalars(select(model)))

    def is_whole(self) -> bool:
        with self.toolbox.sessions() as session:
            plan = session.scalars(select(Plan).where(Plan.person_id == self.student_id)).one()
            return not verify(session, plan.id)


@pytest.fixture
def around(app: Flask, school: School) -> Around:
    return Around(app, school)


class TestThePlan:
    def test_what_is_for_the_team(self, around: Around) -> None:
        page = around.get(around.path)
        assert "Explain my robot to thirty people" in page
        assert "Robots, and machines that help people hear" in page
        assert "What I learned from three talks" in page
        assert "Talking in front of people" not in page

    def test_a_private_goal_and_what_is_said_about_it_stay_hers(self, around: Around) -> None:
        around.maya.visitor.post(f"plan/items/goal/{around.ids['goal']}", version="1", audience="me")
        around.maya.visitor.post(f"plan/say/goal/{around.ids['goal']}", text="My secret doubt")
        around.maya.visitor.post(f"plan/calls/stuck/goal/{around.ids['goal']}", message="Do not tell")
        page = around.get(around.path)
        for secret in ("thirty people", "My secret doubt", "Do not tell"):
            assert secret not in page
        assert "About something that Maya Torres does not share with you." in page
        assert "Stuck, about something not shared" in around.get("students")
        answer = around.rivera.post(f"{around.path}/say/goal/{around.ids['goal']}", text="I see you")
        assert answer.status_code == 403
        assert len(around.rows(Comment)) == 1

    def test_a_private_call_is_answered_where_the_plan_is_spoken_of(self, around: Around) -> None:
        around.maya.visitor.post(f"plan/items/goal/{around.ids['goal']}", version="1", audience="me")
        around.maya.visitor.post(f"plan/calls/stuck/goal/{around.ids['goal']}")
        path = f"{around.path}/calls/1"
        page = around.get(around.path)
        calls = page[page.index('id="calls"') : page.index('id="goals"')]
        assert path in calls
        assert around.rivera.post(path, text="Come by after class").status_code == 303
        assert "Come by after class" in around.maya.get("plan/talk")
        names = re.findall(r' id="([^"]+)"', around.get(around.path))
        assert len(names) == len(set(names))

    def test_a_wish_to_meet_about_something_private(self, around: Around) -> None:
        around.maya.visitor.post(f"plan/items/goal/{around.ids['goal']}", version="1", audience="me")
        around.maya.visitor.post(f"plan/calls/meeting/goal/{around.ids['goal']}", message="Do not tell")
        page = around.get("students/meetings")
        assert "About something that they do not share with you." in page
        assert "Do not tell" not in page
        assert "Wants to meet about something not shared" in around.get("students")

    def test_a_look_is_noted_once(self, around: Around) -> None:
        around.get(around.path)
        around.get(around.path)
        (look,) = around.rows(PlanLook)
        assert (look.section, look.acting_role) == ("plan", "teacher")
        assert "Elena Rivera" in around.maya.get("plan/talk")

    def test_somebody_elses_student_does_not_exist(self, around: Around) -> None:
        okafor = around.school.enter(OKAFOR, link="link-9", **OTHER)
        evidence = f"{around.path}/evidence/{around.ids['evidence']}"
        for path in (around.path, evidence, "students/999999"):
            assert okafor.get(path).status_code == 404
        for path in (f"{around.path}/say/plan/1", f"{around.path}/propose/goal", evidence):
            assert okafor.post(path, text="Hello", statement="x").status_code == 404
        assert around.rows(Comment) == []

    def test_a_student_without_a_plan(self, around: Around) -> None:
        leo = plan_of(around.maya.school.app, around.school, LEO)
        page = around.get(f"students/{leo.actor().person_id}")
        assert "There is no plan yet" in page


def details(page: str, name: str) -> str:
    """A folded part of the page."""
    found = re.search(rf'<details class="fold" id="{name}">(.*?)\n</div></details>', page, re.DOTALL)
    assert found, name
    return found[1]


class TestAtAGlance:
    def glance(self, page: str) -> str:
        return page.split('id="glance"')[1].split("</section>", maxsplit=1)[0]

    def test_what_a_teacher_needs_in_a_minute(self, around: Around) -> None:
        glance = self.glance(around.get(around.path))
        assert "I stay calm when things break" in glance
        assert f'<a href="#goal-{around.ids["goal"]}">Explain my robot to thirty people' in glance
        assert "2 pieces of evidence to read" in glance
        assert "Build machines" not in glance

    def test_the_newest_word_of_anybody(self, around: Around) -> None:
        path = f"{around.path}/say/goal/{around.ids['goal']}"
        around.rivera.post(path, text="What worries you about it?")
        assert "What worries you about it?" in self.glance(around.get(around.path))
        assert "An answer to read" not in self.glance(around.get(around.path))
        around.maya.visitor.post(f"plan/say/goal/{around.ids['goal']}", text="That nobody laughs")
        glance = self.glance(around.get(around.path))
        assert "What worries you about it?" not in glance
        assert "An answer to read: That nobody laughs" in glance

    def test_an_answer_to_somebody_else_or_of_long_ago_does_not_wait(self, around: Around) -> None:
        okafor = around.school.enter(OKAFOR)
        okafor.post(f"{around.path}/say/goal/{around.ids['goal']}", text="Who comes?")
        around.maya.visitor.post(f"plan/say/goal/{around.ids['goal']}", text="My uncle")
        assert "An answer to read: My uncle" not in around.get(around.path)
        assert "An answer to read: My uncle" in okafor.get(around.path).get_data(as_text=True)
        with around.toolbox.sessions() as session:
            shown = read_for_team(session, session.scalars(select(Plan)).one())
        (thread,) = [one for one in shown.talk.threads if one.comments[-1].text == "My uncle"]
        said = thread.comments[-1].said_at
        adult = thread.comments[0].author_id
        assert shown.answers_to(adult, said + LATELY - timedelta(seconds=1)) == [thread]
        assert shown.answers_to(adult, said + LATELY) == []

    def test_what_is_read_waits_no_more(self, around: Around) -> None:
        evidence = f"{around.path}/evidence/{around.ids['evidence']}"
        around.rivera.post(evidence, level="reached", confirm="1")
        assert "1 piece of evidence to read" in self.glance(around.get(around.path))

    def test_as_many_statements_whatever_there_is(self, around: Around) -> None:
        around.get(around.path)
        with counted(around.toolbox.engine) as few:
            around.get(around.path)
        with around.maya.editor() as editor:
            for number in range(12):
                goal = editor.add("goal", {"statement": f"Goal {number}"})
                editor.add("step", {"text": "Step", "goal_ids": [goal.id]})
                editor.add("evidence", {"text": "Done", "goal_ids": [goal.id]})
                editor.add("entry", {"kind": "strength", "text": str(number)})
        with counted(around.toolbox.engine) as many:
            around.get(around.path)
        assert len(many) == len(few)

    def test_everything_else_is_folded_and_counted(self, around: Around) -> None:
        page = around.get(around.path)
        assert '<details class="fold" open' not in page
        assert "thirty people" in details(page, "goals")
        assert 'fold-count">2<' in details(page, "evidence")
        assert f'id="evidence-{around.ids["evidence"]}"' in details(page, "evidence")
        assert f'id="entry-{around.ids["interest"]}"' in details(page, "me")

    def test_words_on_a_step_stand_with_its_goal(self, around: Around) -> None:
        step = around.rows(ActionStep)[0]
        path = f"{around.path}/say/step/{step.id}"
        answer = around.rivera.post(path, text="Which one first?")
        assert answer.location.endswith(f"#step-{step.id}")
        page = around.get(around.path)
        assert f'id="step-{step.id}"' in page
        assert page.count("Which one first?") == 2

    def test_no_name_stands_twice_on_the_page(self, around: Around) -> None:
        around.maya.visitor.post(f"plan/calls/stuck/goal/{around.ids['goal']}", message="No idea")
        names = re.findall(r'\bid="([^"]+)"', around.get(around.path))
        assert sorted(names) == sorted(set(names))

    def test_a_link_opens_what_it_leads_into(self, around: Around, open_page: Open) -> None:
        around.rivera.page = around.rivera.address(f"{around.path}#evidence-{around.ids['evidence']}")
        page = open_page(around.rivera)
        page.locator(f"#evidence-{around.ids['evidence']}").wait_for()
        opened = page.locator("details.fold[open]")
        assert [one.get_attribute("id") for one in opened.all()] == ["evidence"]
        page.get_by_role("link", name="Explain my robot to thirty people").click()
        page.locator(f"#goal-{around.ids['goal']}").wait_for()

    def test_a_script_opens_it_where_the_browser_does_not(self, around: Around, open_page: Open) -> None:
        around.rivera.page = around.rivera.address(around.path)
        page = open_page(around.rivera)
        page.get_by_role("button", name="Print").wait_for()
        # A new address without a jump: nothing but the script can open the fold.
        jump = f"history.replaceState(null, '', '#evidence-{around.ids['evidence']}')"
        page.evaluate(jump)
        page.wait_for_function(
            "() => { dispatchEvent(new Event('hashchange'));"
            " return document.querySelector('details.fold[open]')?.id === 'evidence'; }"
        )

    def test_paper_has_all_of_it(self, around: Around, open_page: Open) -> None:
        around.rivera.page = around.rivera.address(around.path)
        page = open_page(around.rivera)
        piece = page.locator(f"#evidence-{around.ids['evidence']}")
        piece.wait_for(state="attached")
        assert not piece.is_visible()
        page.emulate_media(media="print")
        assert piece.is_visible()
        page.emulate_media(media="screen")
        page.wait_for_function(
            "() => { dispatchEvent(new Event('beforeprint'));"
            " return !document.querySelector('details.fold:not([open])'); }"
        )
        assert piece.is_visible()
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert not piece.is_visible()


class TestSaying:
    def test_a_comment_reaches_the_student(self, around: Around) -> None:
        path = f"{around.path}/say/goal/{around.ids['goal']}"
        assert around.rivera.post(path, text="What worries you about it?").status_code == 303
        assert "What worries you about it?" in around.maya.get("plan/talk")
        assert "What worries you about it?" in around.get(around.path)

    def test_nothing_and_nonsense(self, around: Around) -> None:
        assert around.rivera.post(f"{around.path}/say/goal/{around.ids['goal']}", text=" ").status_code == 400
        assert around.rivera.post(f"{around.path}/say/review/1", text="x").status_code == 404
        assert around.rivera.post(f"{around.path}/say/goal/999999", text="x").status_code == 403
        assert around.rows(Comment) == []

    def test_a_proposal_is_the_students_to_decide(self, around: Around) -> None:
        path = f"{around.path}/propose/goal/{around.ids['goal']}"
        answer = around.rivera.post(path, statement="Explain my robot twice", message="Once more, calmer")
        assert answer.status_code == 303
        assert (
            around.rivera.post(f"{around.path}/propose/goal", statement="Join the debate club").status_code
            == 303
        )
        step = {"text": "Ask Leo to listen", "goal_ids": str(around.ids["goal"])}
        assert around.rivera.post(f"{around.path}/propose/step", **step).status_code == 303
        made = [one for one in around.rows(Suggestion) if one.state == "open"]
        assert [one.item_kind for one in made][-3:] == ["goal", "goal", "step"]
        page = around.maya.get("plan/talk")
        assert "Once more, calmer" in page
        assert around.maya.visitor.post(f"plan/suggestions/{made[-1].id}/accept").status_code == 303
        assert "Ask Leo to listen" in around.get(around.path)

    def test_what_cannot_be_proposed_comes_back(self, around: Around) -> None:
        answer = around.rivera.post(f"{around.path}/propose/goal", statement=" ", message="My reason")
        assert answer.status_code == 400
        assert "My reason" in answer.get_data(as_text=True)
        assert around.rivera.post(f"{around.path}/propose/review", reason="x").status_code == 404


class TestCalls:
    def call(self, planner: Planner, kind: str = "stuck") -> int:
        """A call about the plan as a whole; its id."""
        with planner.editor() as editor:
            return ask_for_help(editor, kind, ("plan", editor.plan.id), "I do not know how to begin").id

    def answer(self, around: Around, planner: Planner, call: int, text: str) -> TestResponse:
        return around.rivera.post(f"students/{planner.actor().person_id}/calls/{call}", text=text)

    def test_an_answer_leads_to_the_next_who_waits(self, around: Around, app: Flask) -> None:
        leo = plan_of(app, around.school, LEO)
        first, second = self.call(around.maya), self.call(leo)
        page = around.get(around.path)
        assert "I do not know how to begin" in page
        assert "Answer and next" in page
        sent = self.answer(around, around.maya, first, "With one sentence")
        assert sent.location.endswith(f"students/{leo.actor().person_id}?answered=1")
        assert "Answered. Leo Abara waits for an answer, too." in around.get(sent.location.split("/", 3)[3])
        last = self.answer(around, leo, second, "With me, at noon")
        assert last.location.endswith("students?answered=1")
        page = around.get("students?answered=1")
        assert "Nobody else waits for an answer." in page
        assert "Answered 2" in page
        assert not re.search(r"Stuck \d", page)
        page = around.get(around.path)
        assert "Answer and next" not in page
        assert "With one sentence" in page

    def test_nothing_written_stays_here(self, around: Around) -> None:
        call = self.call(around.maya, "ready")
        assert self.answer(around, around.maya, call, " ").status_code == 400
        assert "Answer and next" in around.get(around.path)

    def test_a_wish_for_a_meeting_needs_a_meeting(self, around: Around) -> None:
        call = self.call(around.maya, "meeting")
        assert self.answer(around, around.maya, call, "On Friday").location.endswith("students?answered=1")
        assert "Wants a meeting 1" in around.get("students")
        assert "Answer and next" not in around.get(around.path)


class TestTriage:
    def read(self, around: Around) -> str:
        return f"{around.path}/evidence/{around.ids['evidence']}"

    def test_from_the_queue_to_an_answer(self, around: Around) -> None:
        answer = around.rivera.get("students/triage")
        assert answer.status_code == 303
        assert answer.location.endswith(self.read(around))
        page = around.get(self.read(around))
        assert "1 of 2" in page
        assert "I will begin with one as well" in page
        form = {"level": "reached", "confirm": "1", "text": "Which talk was it?"}
        sent = around.rivera.post(self.read(around), **form)
        assert sent.status_code == 303
        assert sent.location.endswith(str(around.ids["link"]))
        (level,) = [one for one in around.rows(Achievement) if one.evidence_id]
        assert (level.progress, level.kind, level.source) == ("reached", "formative", "manual")
        (piece,) = [one for one in around.rows(Evidence) if one.id == around.ids["evidence"]]
        assert piece.validated_by
        assert around.is_whole()
        assert "Which talk was it?" in around.maya.get(f"plan/evidence/{around.ids['evidence']}")
        last = around.rivera.post(f"{around.path}/evidence/{around.ids['link']}", text="I like the drawing")
        assert last.location.endswith("triage?done=1")
        assert "Nothing waits for you" in around.get("students/triage?done=1")

    def test_the_end_says_what_remains_besides_reading(self, around: Around) -> None:
        with around.maya.editor() as editor:
            ask_for_help(editor, "stuck", ("goal", around.ids["goal"]))
        page = around.get("students/triage?done=1")
        assert "Besides reading" in page
        assert re.search(r'href="[^"]*/students\?mark=stuck">Stuck 1<', page)
        assert "mark=to_read" not in page

    def test_nothing_given_and_what_there_is_not(self, around: Around) -> None:
        assert around.rivera.post(self.read(around)).status_code == 400
        assert around.rivera.post(self.read(around), level="splendid", text="Kept").status_code == 400
        assert around.rivera.get(f"{around.path}/evidence/999999").status_code == 404
        around.maya.visitor.post(f"plan/items/evidence/{around.ids['evidence']}", version="1", audience="me")
        assert around.rivera.get(self.read(around)).status_code == 404
        assert around.rivera.post(self.read(around), level="reached").status_code == 403
        assert around.rows(Comment) == []
        assert [one for one in around.rows(Achievement) if one.evidence_id] == []

    def test_ones_own_beginnings(self, around: Around) -> None:
        assert around.rivera.post("students/starters", text="Show me where …").status_code == 303
        assert around.rivera.post("students/starters", text=" ").status_code == 400
        assert "Show me where …" in around.get(self.read(around))
        okafor = around.school.enter(OKAFOR)
        (mine,) = around.rows(StarterComment)
        assert okafor.post(f"students/starters/{mine.id}/remove").status_code == 404
        assert around.rivera.post(f"students/starters/{mine.id}/remove").status_code == 303
        assert around.rows(StarterComment) == []

    def test_three_keys_for_a_level_and_the_next_one(self, around: Around, open_page: Open) -> None:
        around.rivera.page = around.rivera.address(self.read(around))
        page = open_page(around.rivera)
        page.locator("form.triage[data-keys]").wait_for()
        page.keyboard.press("3")
        page.keyboard.press("v")
        with page.expect_navigation():
            page.keyboard.press("Control+Enter")
        assert page.url.endswith(str(around.ids["link"]))
        (level,) = [one for one in around.rows(Achievement) if one.evidence_id]
        assert level.progress
        page.locator("form.triage[data-keys]").wait_for()
        page.keyboard.press("b")
        starter = page.locator("[data-starter]").first
        expect(starter).to_be_focused()
        words = starter.inner_text()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Send and next").click()
        page.get_by_text("Make it yours first").wait_for()
        page.keyboard.press("End")
        page.keyboard.type(" I ask because of the last part.")
        with page.expect_navigation():
            page.keyboard.press("Control+Enter")
        assert [one.text for one in around.rows(Comment)] == [f"{words} I ask because of the last part."]

    def test_a_beginning_with_a_gap_is_edited_there(self, around: Around, open_page: Open) -> None:
        around.rivera.post("students/starters", text="You wrote “…”. And then?")
        around.rivera.page = around.rivera.address(self.read(around))
        page = open_page(around.rivera)
        page.locator("form.triage[data-keys]").wait_for()
        page.keyboard.press("b")
        page.keyboard.press("Enter")
        page.keyboard.type("a question")
        expect(page.get_by_label("Your words")).to_have_value("You wrote “a question”. And then?")

    def test_single_keys_are_switched_off_for_good(self, around: Around, open_page: Open) -> None:
        around.rivera.page = around.rivera.address(self.read(around))
        page = open_page(around.rivera)
        switch, level = page.get_by_label("Answer with single keys"), page.locator("[data-key='3']")
        switch.uncheck()
        page.keyboard.press("3")
        expect(level).not_to_be_checked()
        page.reload()
        expect(switch).not_to_be_checked()
        page.keyboard.press("3")
        expect(level).not_to_be_checked()
        switch.check()
        page.keyboard.press("3")
        expect(level).to_be_checked()
