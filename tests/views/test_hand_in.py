"""Handing in something of one's plan from an assignment's dialog, and what the course's teachers then see."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from lti_plp.lms.models import ResourceLink
from lti_plp.plp.models import Evidence, HandIn, PlanLook
from tests.fixtures_browser import BrowserContextFactory, run_axe
from tests.launching import CLAIM, TARGET_LINK_URI, Browser, page_of
from tests.views import conftest as pages
from tests.views.conftest import (
    FAMILY,
    LEO,
    MAYA,
    RIVERA,
    TEST_STUDENT,
    Human,
    School,
    Visitor,
    content_items,
    field_of,
)
from tests.views.evidence_steps import uploaded
from tests.views.plans import Planner, fill, plan_of
from tests.views.test_as_meant import MENU
from tests.views.test_no_course import DINA, ODA, PLACEMENT, page_name, text_of

school, address = pages.school, pages.address

HOMEWORK: dict[str, Any] = {
    "accept_types": ["file", "ltiResourceLink"],
    "accept_presentation_document_targets": ["iframe"],
    "accept_multiple": False,
    "accept_lineitem": False,
}
"""What Canvas asks for from an assignment to which a student hands in something."""


def dialog(school: School, human: Human = MAYA, **settings: Any) -> Visitor:
    """A student opens the tool from an assignment's dialog."""
    return school.pick(human, **{**HOMEWORK, **settings})


def opened(school: School, human: Human, item: dict[str, Any], **claims: Any) -> Any:
    """Somebody opens what was handed in, as the platform keeps it: by its address alone."""
    browser = Browser(school.app, school.platform)
    login = browser.login(target_link_uri=item["url"])
    said = {**human.claims, **MENU, TARGET_LINK_URI: item["url"], **claims}
    return browser, browser.post(login, browser.platform.sign(browser.claims(login, **said)))


def text_for(school: School, human: Human, item: dict[str, Any], **claims: Any) -> str:
    """The page on which that opens, which must be there."""
    browser, answer = opened(school, human, item, **claims)
    assert answer.status_code == 200, text_of(answer)
    assert page_of(answer).split("/", 3)[3].startswith("handed-in/")
    again = browser.client.get(page_of(answer))
    assert again.status_code == 200
    return text_of(again)


@pytest.fixture
def planner(app: Flask, school: School) -> Planner:
    """Maya with a plan."""
    return plan_of(app, school)


@pytest.fixture
def ids(planner: Planner) -> dict[str, int]:
    return fill(planner)


@pytest.fixture
def reflection(school: School, planner: Planner) -> int:
    """Maya's own, finished, for herself alone."""
    begun = planner.visitor.post("plan/reflections/new", key="form-1", start="words", audience="me")
    path = begun.location.split("/", 3)[3]
    page = planner.get(path)
    name = re.search(r'name="(answer_[^"]+)"', page)
    assert name
    key = name[1].removeprefix("answer_")
    sent = planner.visitor.post(
        f"{path}/submit", **{name[1]: "I speak louder now", f"revision_{key}": "0", "audience": "me"}
    )
    assert sent.status_code == 303, text_of(sent)
    page = text_of(dialog(school).get("plan/hand-in"))
    found = re.search(r'value="reflection-(\d+)"', page)
    assert found, page
    return int(found[1])


def hand_in(school: School, chosen: str, human: Human = MAYA) -> dict[str, Any]:
    """Hand in a thing; the content item that the platform gets."""
    answer = dialog(school, human).post("plan/hand-in", chosen=chosen)
    assert answer.status_code == 200, text_of(answer)
    (item,) = content_items(answer)
    return item


def count(planner: Planner) -> int:
    with planner.reading() as (session, _):
        return session.scalar(select(func.count()).select_from(HandIn)) or 0


class TestChoosing:
    def test_the_dialog_opens_there(self, school: School, ids: dict[str, int], reflection: int) -> None:
        maya = dialog(school)
        assert page_name(maya) == "plan/hand-in"
        page = text_of(maya.get("plan/hand-in"))
        for value in (f"evidence-{ids['evidence']}", f"goal-{ids['goal']}", f"reflection-{reflection}"):
            assert f'value="{value}"' in page
        assert "Whoever teaches in English 9 can see what you hand in" in page
        assert "Only you see this now" in page

    def test_a_link_goes_back_and_nothing_else(self, school: School, ids: dict[str, int]) -> None:
        answer = dialog(school).post("plan/hand-in", chosen=f"evidence-{ids['evidence']}")
        assert "Your work goes back to your course" in text_of(answer)
        (item,) = content_items(answer)
        assert item["type"] == "ltiResourceLink"
        assert item["title"] == "What I learned from three talks"
        assert item["url"] == f"http://127.0.0.1:8000/lti/launch?plp_hand_in={item['custom']['plp_hand_in']}"
        assert set(item) == {"type", "title", "url", "custom"}
        assert field_of(answer, "JWT")

    def test_twice_is_once(self, school: School, planner: Planner, ids: dict[str, int]) -> None:
        first, second = (hand_in(school, f"goal-{ids['goal']}") for _ in range(2))
        assert first == second
        assert count(planner) == 1

    @pytest.mark.parametrize(
        "chosen", ["", "goal-", "goal-x", "goal-0", "goal-99999", "step-1", "evidence--1", "goal-" + "9" * 30]
    )
    def test_what_is_none(self, school: School, planner: Planner, ids: dict[str, int], chosen: str) -> None:
        answer = dialog(school).post("plan/hand-in", chosen=chosen)
        assert answer.status_code in {400, 404}
        assert count(planner) == 0

    def test_not_somebody_elses(self, school: School, planner: Planner, ids: dict[str, int]) -> None:
        answer = dialog(school, LEO).post("plan/hand-in", chosen=f"goal-{ids['goal']}")
        assert answer.status_code == 404
        assert count(planner) == 0

    def test_a_draft_is_hers_alone(self, school: School, planner: Planner) -> None:
        planner.visitor.post("plan/reflections/new", key="form-1", start="words")
        page = text_of(dialog(school).get("plan/hand-in"))
        assert "There is nothing in your plan yet" in page
        assert dialog(school).post("plan/hand-in", chosen="reflection-1").status_code == 404

    def test_where_files_alone_are_taken(self, school: School, ids: dict[str, int]) -> None:
        maya = dialog(school, accept_types=["file"])
        assert "takes no work from your plan" in text_of(maya.get("plan/hand-in"))
        answer = maya.post("plan/hand-in", chosen=f"goal-{ids['goal']}")
        assert answer.status_code == 400

    def test_nothing_at_all(self, school: School, planner: Planner, ids: dict[str, int]) -> None:
        answer = dialog(school).post("plan/hand-in/cancel")
        assert content_items(answer) == []
        assert count(planner) == 0

    def test_from_elsewhere(self, planner: Planner, ids: dict[str, int]) -> None:
        for answer in (
            planner.visitor.get("plan/hand-in"),
            planner.visitor.post("plan/hand-in", chosen=f"goal-{ids['goal']}"),
            planner.visitor.post("plan/hand-in/cancel"),
        ):
            assert answer.status_code == 400
            assert "from an assignment" in text_of(answer)
        assert count(planner) == 0

    @pytest.mark.parametrize(
        ("placement", "types", "status"),
        [
            ("homework_submission", ["ltiResourceLink"], 200),
            ("editor_button", ["link", "file", "html", "ltiResourceLink", "image"], 403),
            ("assignment_selection", ["ltiResourceLink"], 403),
        ],
    )
    def test_where_canvas_says_what_the_dialog_is_for(
        self, school: School, placement: str, types: list[str], status: int
    ) -> None:
        browser = Browser(school.app, school.platform)
        login = browser.login()
        claims = school.platform.deep_linking_claims(login.nonce, **{**HOMEWORK, "accept_types": types})
        claims |= {**MAYA.claims, PLACEMENT: placement, TARGET_LINK_URI: login.target_link_uri}
        assert browser.post(login, school.platform.sign(claims)).status_code == status

    def test_others_get_the_picker(self, school: School) -> None:
        assert page_name(dialog(school, RIVERA)) == "picker"
        browser = Browser(school.app, school.platform)
        login = browser.login()
        claims = school.platform.deep_linking_claims(login.nonce, **HOMEWORK)
        claims |= {**TEST_STUDENT.claims, TARGET_LINK_URI: login.target_link_uri}
        assert browser.post(login, school.platform.sign(claims)).status_code == 403

    @pytest.mark.parametrize("locale", ["en", "es"])
    def test_in_both_languages(self, school: School, ids: dict[str, int], locale: str) -> None:
        page = text_of(school.pick(MAYA, locale=locale, **HOMEWORK).get("plan/hand-in"))
        assert ("Entregar" in page) is (locale == "es")


class TestReading:
    def test_her_evidence(self, school: School, planner: Planner, ids: dict[str, int]) -> None:
        item = hand_in(school, f"evidence-{ids['evidence']}")
        page = text_for(school, RIVERA, item)
        assert "What I learned from three talks" in page
        assert "I will begin with one as well" in page
        assert "Maya Torres handed this in" in page

    def test_her_reflection(self, school: School, reflection: int) -> None:
        page = text_for(school, RIVERA, hand_in(school, f"reflection-{reflection}"))
        assert "I speak louder now" in page

    def test_her_goal_with_what_teachers_see_of_it(
        self, school: School, planner: Planner, ids: dict[str, int]
    ) -> None:
        with planner.editor() as editor:
            step = {"text": "Cry a little first", "goal_ids": [ids["goal"]], "audience": "me"}
            editor.add("step", step)
        page = text_for(school, RIVERA, hand_in(school, f"goal-{ids['goal']}"))
        assert "Explain my robot" in page
        assert "Practice with Leo" in page
        assert "Cry a little" not in page

    def test_what_only_she_saw(self, school: School, planner: Planner, ids: dict[str, int]) -> None:
        with planner.editor() as editor:
            piece = editor.session.get_one(Evidence, ids["evidence"])
            editor.edit("evidence", piece.id, piece.version, {"audience": "me"})
        item = hand_in(school, f"evidence-{ids['evidence']}")
        assert "What I learned from three talks" in text_for(school, RIVERA, item)
        # In the plan it stays hers.
        rivera = school.enter(RIVERA, **MENU)
        assert "What I learned from three talks" not in text_of(
            rivera.get(f"students/{planner.actor().person_id}")
        )

    def test_its_file(self, school: School, planner: Planner, ids: dict[str, int]) -> None:
        piece = {"medium": "file", "title": "Drawing", "file_id": uploaded(planner), "audience": "me"}
        with planner.editor() as editor:
            made = editor.add("evidence", {**piece, "goal_ids": [ids["goal"]], "captured_on": "2026-01-05"})
            file_id, number = piece["file_id"], made.id
        rivera = school.enter(RIVERA, **MENU)
        assert rivera.get(f"files/{file_id}").status_code == 404
        hand_in(school, f"evidence-{number}")
        assert rivera.get(f"files/{file_id}").status_code == 200
        elsewhere = {CLAIM + "context": {"id": "course-2", "title": "Art"}}
        other = school.enter(RIVERA, link="art", **elsewhere)
        assert other.get(f"files/{file_id}").status_code == 404

    def test_a_teacher_of_another_course(self, school: School, ids: dict[str, int]) -> None:
        item = hand_in(school, f"goal-{ids['goal']}")
        elsewhere = {
            CLAIM + "context": {"id": "course-2", "title": "Art"},
            CLAIM + "resource_link": {"id": "course-2"},
        }
        _, answer = opened(school, RIVERA, item, **elsewhere)
        assert answer.status_code == 403
        assert "Explain my robot" not in text_of(answer)

    @pytest.mark.parametrize("human", [LEO, FAMILY, DINA, ODA, TEST_STUDENT])
    def test_nobody_else(self, school: School, ids: dict[str, int], human: Human) -> None:
        item = hand_in(school, f"goal-{ids['goal']}")
        _, answer = opened(school, human, item)
        assert "Explain my robot" not in text_of(answer)
        visitor = school.enter(human, **MENU)
        assert visitor.get(f"handed-in/{item['custom']['plp_hand_in']}").status_code == 403

    def test_her_own_pages_say_so(
        self, school: School, planner: Planner, ids: dict[str, int], reflection: int
    ) -> None:
        note = "You handed this in to English 9. Whoever teaches there can see it."
        template = planner.get("plan/reflections")
        found = re.search(r"plan/reflections/([0-9a-f-]{36})", template)
        assert found
        for chosen, path in (
            (f"evidence-{ids['evidence']}", f"plan/evidence/{ids['evidence']}"),
            (f"goal-{ids['goal']}", f"plan/goals/{ids['goal']}"),
            (f"reflection-{reflection}", f"plan/reflections/{found[1]}"),
        ):
            assert note not in planner.get(path)
            hand_in(school, chosen)
            assert note in planner.get(path)

    def test_she_herself(self, school: School, ids: dict[str, int]) -> None:
        page = text_for(school, MAYA, hand_in(school, f"goal-{ids['goal']}"))
        assert "You handed this in to English 9" in page

    def test_taken_away_since(self, school: School, planner: Planner, ids: dict[str, int]) -> None:
        item = hand_in(school, f"goal-{ids['goal']}")
        with planner.editor() as editor:
            editor.remove("goal", ids["goal"])
        _, answer = opened(school, RIVERA, item)
        assert answer.status_code == 404
        assert "not there any more" in text_of(answer)

    @pytest.mark.parametrize("named", ["x", "", "00000000-0000-4000-8000-000000000000"])
    def test_what_was_never_handed_in(self, school: School, ids: dict[str, int], named: str) -> None:
        _, answer = opened(school, RIVERA, {"url": f"http://127.0.0.1:8000/lti/launch?plp_hand_in={named}"})
        if len(named) == 36:
            assert answer.status_code == 404
        else:
            assert page_of(answer).endswith("/course")

    def test_the_look_is_told_to_her(self, school: School, planner: Planner, ids: dict[str, int]) -> None:
        text_for(school, RIVERA, hand_in(school, f"goal-{ids['goal']}"))
        text_for(school, MAYA, hand_in(school, f"goal-{ids['goal']}"))
        with planner.reading() as (session, _):
            assert [one.section for one in session.scalars(select(PlanLook))] == ["hand_in"]

    def test_no_reflection_is_placed_by_it(
        self, school: School, planner: Planner, ids: dict[str, int]
    ) -> None:
        text_for(school, RIVERA, hand_in(school, f"goal-{ids['goal']}"))
        with planner.reading() as (session, _):
            assert not session.scalars(
                select(ResourceLink).where(ResourceLink.template_id.is_not(None))
            ).all()


@pytest.mark.journey
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("locale", ["en", "es"])
def test_pages_are_readable(
    school: School,
    planner: Planner,
    ids: dict[str, int],
    reflection: int,
    address: str,
    browser_context_factory: BrowserContextFactory,
    width: int,
    locale: str,
) -> None:
    made = [hand_in(school, f"{kind}-{ids[kind]}") for kind in ("evidence", "goal")]
    made.append(hand_in(school, f"reflection-{reflection}"))
    rivera = school.enter(RIVERA, locale=locale, **MENU)
    visited = [(rivera, rivera.address(f"handed-in/{one['custom']['plp_hand_in']}")) for one in made]
    maya = school.pick(MAYA, locale=locale, **HOMEWORK)
    visited.append((maya, maya.page))
    for visitor, path in visited:
        context = browser_context_factory(width=width, height=700)
        visitor.move_to(context, address)
        page = context.new_page()
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        report = run_axe(page)
        assert not report.serious, str(report)
