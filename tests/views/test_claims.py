"""A student is ready to show something: who teaches her finds it where she looks, and says the level in two clicks."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select
from werkzeug.test import TestResponse

from lti_plp.plp.history import verify
from lti_plp.plp.models import Achievement, Comment, Evidence, HelpRequest, Plan, Rating
from tests.fixtures_browser import BrowserContextFactory, run_axe
from tests.views import conftest as pages
from tests.views.conftest import LEO, School
from tests.views.growing import Growing, growing
from tests.views.plans import fill, plan_of

school, address = pages.school, pages.address


class Claims:
    """Maya with a plan and proficiencies, and her teacher."""

    def __init__(self, app: Flask, school: School) -> None:
        self.there: Growing = growing(app, school)
        self.ids = fill(self.there.maya)
        self.path = f"students/{self.there.maya_id}"

    def ready(self, what: str = "talk") -> None:
        """She asks to be seen with a proficiency."""
        path = f"plan/proficiencies/{self.there.ids[what]}/show"
        assert self.there.maya.visitor.post(path).status_code == 303

    def ready_with(self, kind: str, name: str) -> None:
        """She is ready to show a goal or a step."""
        path = f"plan/calls/ready/{kind}/{self.ids[name]}"
        assert self.there.maya.visitor.post(path).status_code == 303

    def answer(self, call: int = 1, **form: str) -> TestResponse:
        return self.there.rivera.visitor.post(f"{self.path}/calls/{call}", **form)

    def page(self, path: str = "") -> str:
        return self.there.rivera.get(path or self.path)

    def rows(self, model: type) -> list:
        with self.there.maya.reading() as (session, _):
            return list(session.scalars(select(model)))

    def waits(self) -> bool:
        """Whether she still waits, as the list, the triage and her page say it."""
        found = {
            bool(re.search(r">Ready to show \d", self.page("students"))),
            "Waits for your answer" in self.page("students/triage?done=1"),
            "Answer and next" in self.page(),
        }
        assert len(found) == 1
        return found.pop()


@pytest.fixture
def claims(app: Flask, school: School) -> Claims:
    return Claims(app, school)


class TestAProficiency:
    def test_it_reaches_the_teacher_and_a_level_answers(self, claims: Claims) -> None:
        claims.ready()
        assert claims.waits()
        assert f"{claims.path}#call-1" in claims.page("students/triage?done=1")
        assert "I make myself understood." in claims.page()
        sent = claims.answer(level="P", text="In your talk on Monday")
        assert sent.location.endswith("students?answered=1")
        (rating,) = claims.rows(Rating)
        assert (int(rating.value), rating.role, rating.note) == (3, "teacher", "In your talk on Monday")
        assert not claims.waits()
        page = claims.there.maya.get(f"plan/proficiencies/{claims.there.ids['talk']}")
        assert "In your talk on Monday" in page

    def test_each_waits_for_itself(self, claims: Claims) -> None:
        claims.ready("talk")
        claims.ready("solve")
        claims.ready("solve")
        assert [one.item_id for one in claims.rows(HelpRequest)] == [
            claims.there.ids["talk"],
            claims.there.ids["solve"],
        ]
        assert claims.answer(1, level="P").location.endswith(f"{claims.path}?answered=1")
        assert claims.waits()
        claims.answer(2, level="none")
        assert not claims.waits()

    def test_a_rating_elsewhere_answers_too_and_her_own_does_not(self, claims: Claims) -> None:
        claims.ready()
        path = f"plan/proficiencies/{claims.there.ids['talk']}"
        assert claims.there.maya.visitor.post(path, level="P").status_code == 303
        assert claims.waits()
        claims.there.rate("D")
        assert not claims.waits()

    def test_words_answer_and_hers_after_them_wait_again(self, claims: Claims) -> None:
        claims.ready()
        claims.answer(text="Show me on Tuesday")
        (said,) = claims.rows(Comment)
        assert (said.item_kind, said.text) == ("plan", "Show me on Tuesday")
        assert not claims.waits()
        assert (
            claims.there.maya.visitor.post(f"plan/say/plan/{said.item_id}", text="I did").status_code == 303
        )
        assert claims.waits()
        claims.there.rate("P")
        assert not claims.waits()

    @pytest.mark.parametrize(
        ("form", "status"),
        [
            ({}, 400),
            ({"text": " "}, 400),
            ({"level": "Z"}, 400),
            ({"level": "P", "text": "x" * 2001}, 400),
        ],
    )
    def test_what_is_refused_changes_nothing(self, claims: Claims, form: dict[str, str], status: int) -> None:
        claims.ready()
        answer = claims.answer(**form)
        assert answer.status_code == status
        assert claims.rows(Rating) == claims.rows(Comment) == []
        assert claims.waits()
        assert form.get("text", "") in answer.get_data(as_text=True)

    def test_what_is_no_call(self, claims: Claims, app: Flask, school: School) -> None:
        leo = plan_of(app, school, LEO)
        claims.ready()
        assert claims.answer(99, text="Hello").status_code == 404
        with leo.editor() as editor:
            editor.add("goal", {"statement": "Mine"})
        leo_id = leo.actor().person_id
        answer = claims.there.rivera.visitor.post(f"students/{leo_id}/calls/1", text="Hello")
        assert answer.status_code == 404
        claims.there.maya.visitor.post("plan/calls/1/close")
        assert claims.answer(text="Hello").status_code == 404
        assert claims.rows(Comment) == []

    @pytest.mark.parametrize(
        ("kind", "number", "status"), [("stuck", "", 400), ("meeting", "", 400), ("ready", "9", 404)]
    )
    def test_she_can_only_be_ready_for_one_that_there_is(
        self, claims: Claims, kind: str, number: str, status: int
    ) -> None:
        path = f"plan/calls/{kind}/proficiency/{claims.there.ids['talk']}{number}{number}"
        assert claims.there.maya.visitor.post(path).status_code == status
        assert claims.rows(HelpRequest) == []

    def test_she_sees_what_she_asked_for(self, claims: Claims) -> None:
        claims.ready()
        page = claims.there.maya.get("plan/talk")
        assert "I make myself understood." in page
        assert f'plan/proficiencies/{claims.there.ids["talk"]}"' in page


class TestAGoalOrAStep:
    def test_a_level_of_the_step_with_its_evidence(self, claims: Claims) -> None:
        claims.there.maya.visitor.post(
            f"plan/items/step/{claims.ids['done']}", version="1", state="in_progress"
        )
        claims.ready_with("step", "done")
        page = claims.page()
        assert "How far does “What I learned from three talks” show it?" in page
        sent = claims.answer(level="reached", evidence=str(claims.ids["evidence"]))
        assert sent.status_code == 303
        (level,) = [one for one in claims.rows(Achievement) if one.evidence_id]
        assert (level.step_id, level.goal_id, level.progress) == (claims.ids["done"], None, "reached")
        assert not claims.waits()
        with claims.there.maya.reading() as (session, plan):
            assert not verify(session, plan.id)

    def test_words_come_along(self, claims: Claims) -> None:
        claims.ready_with("goal", "goal")
        claims.answer(level="reached", text="All thirty heard you", evidence=str(claims.ids["evidence"]))
        (said,) = claims.rows(Comment)
        assert (said.item_kind, said.item_id) == ("goal", claims.ids["goal"])

    @pytest.mark.parametrize("form", [{"confirm": "1"}, {"level": "reached"}])
    def test_reading_the_evidence_answers(self, claims: Claims, form: dict[str, str]) -> None:
        claims.ready_with("goal", "goal")
        assert claims.waits()
        claims.there.rivera.visitor.post(f"{claims.path}/evidence/{claims.ids['evidence']}", **form)
        assert not claims.waits()

    def test_evidence_of_something_else_is_no_answer(self, claims: Claims) -> None:
        claims.ready_with("step", "soon")
        assert claims.answer(level="reached", evidence=str(claims.ids["link"])).status_code == 400
        assert claims.answer(level="reached", evidence="999").status_code == 404
        assert not [one for one in claims.rows(Achievement) if one.evidence_id]
        assert claims.waits()

    def test_evidence_of_her_own_is_not_judged(self, claims: Claims) -> None:
        claims.ready_with("goal", "goal")
        with claims.there.maya.editor() as editor:
            for name in ("evidence", "link"):
                piece = editor.session.get_one(Evidence, claims.ids[name])
                editor.edit("evidence", piece.id, piece.version, {"audience": "me"})
        assert "show it?" not in claims.page()
        assert claims.answer(level="reached", evidence=str(claims.ids["evidence"])).status_code == 403

    def test_of_something_private_only_that_she_calls(self, claims: Claims) -> None:
        claims.ready_with("goal", "goal")
        claims.there.maya.visitor.post(f"plan/items/goal/{claims.ids['goal']}", version="1", audience="me")
        assert "show it?" not in claims.page()
        assert claims.answer(level="reached", evidence=str(claims.ids["evidence"])).status_code == 404
        assert claims.answer(text="Come by").status_code == 303
        (said,) = claims.rows(Comment)
        with claims.there.maya.reading() as (session, plan):
            assert (said.item_kind, said.item_id) == ("plan", session.get_one(Plan, plan.id).id)


@pytest.mark.journey
@pytest.mark.timeout(300)
class TestInBrowser:
    def check(self, page: Page) -> None:
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        report = run_axe(page)
        assert not report.serious, str(report)

    @pytest.mark.parametrize("width", [320, 1280])
    def test_two_clicks_from_the_list_of_what_waits(
        self, claims: Claims, address: str, browser_context_factory: BrowserContextFactory, width: int
    ) -> None:
        claims.ready("talk")
        claims.ready_with("goal", "goal")
        rivera = claims.there.rivera
        page = rivera.open(
            browser_context_factory, address, "students/triage?done=1", width=width, height=640
        )
        self.check(page)
        page.get_by_role("region", name="Waits for your answer").get_by_role("link").first.click()
        call = page.locator("#call-1")
        expect(call).to_be_in_viewport()
        self.check(page)
        call.get_by_text("Proficient").click()
        call.get_by_role("button", name="Answer and next").click()
        expect(page.get_by_text("waits for an answer, too.")).to_be_visible()
        assert [int(one.value) for one in claims.rows(Rating)] == [3]
        # The next one by keys alone.
        page.keyboard.press("5")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_text("Nobody else waits for an answer.")).to_be_visible()
        assert [one.progress for one in claims.rows(Achievement) if one.evidence_id] == ["reached"]
