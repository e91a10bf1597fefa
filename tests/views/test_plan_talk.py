"""What others say about the plan, and the student's calls for help, over HTTP."""

import re
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from lti_plp.plp.actor import Role
from lti_plp.plp.conversation import comment
from lti_plp.plp.history import read
from lti_plp.plp.models import Comment, Goal, HelpRequest, Plan, PlanTemplateFeedback, Suggestion
from lti_plp.plp.policy import PlanWork
from lti_plp.plp.standing import Standing
from tests.views.conftest import FAMILY, LEO, RIVERA, TEST_STUDENT, Human, School
from tests.views.plans import Planner, fill, plan_of

TALK = "plan/talk"


@pytest.fixture
def maya(app: Flask, school: School) -> Planner:
    return plan_of(app, school)


@pytest.fixture
def ids(maya: Planner) -> dict[str, int]:
    return fill(maya)


def text_of(maya: Planner, path: str = TALK) -> str:
    """A page's text without its markup."""
    page = maya.get(path)
    body = page[page.index("<main") : page.index('<template id="other-version">')]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def goes_to(answer: TestResponse, maya: Planner, path: str) -> None:
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert answer.headers["Location"] == maya.visitor.address(path)


def said_by_teacher(maya: Planner, item: tuple[str, int], text: str) -> int:
    teacher = maya.actor(RIVERA, Role.INSTRUCTOR)
    with maya.editor() as editor:
        plan = editor.plan
        work = PlanWork(plan.tenant_id, plan.person_id, "team", standing=frozenset({Standing.TEACHER}))
        return comment(editor.session, plan, teacher, work, item, text, editor.now).id


def plan_id(maya: Planner) -> int:
    with maya.reading() as (_, plan):
        return plan.id


class TestEmpty:
    def test_no_plan_yet(self, maya: Planner) -> None:
        assert "You have no plan yet" in text_of(maya)
        with maya.toolbox.sessions() as session:
            assert session.scalars(select(Plan)).all() == []

    def test_nothing_said(self, maya: Planner) -> None:
        with maya.editor():
            pass
        page = text_of(maya)
        assert "No idea waits for you" in page
        assert "Nothing to read" in page

    @pytest.mark.parametrize(
        "path",
        [
            "plan/suggestions/1/accept",
            "plan/suggestions/1/decline",
            "plan/say/goal/1",
            "plan/comments/1/settle",
            "plan/calls/stuck/goal/1",
            "plan/calls/1/close",
        ],
    )
    def test_nothing_begins_a_plan_by_answering(self, maya: Planner, path: str) -> None:
        assert maya.visitor.post(path, text="Hello").status_code == 404
        with maya.toolbox.sessions() as session:
            assert session.scalars(select(Plan)).all() == []


class TestSuggestions:
    def test_in_words_of_the_vocabulary(self, maya: Planner, ids: dict[str, int]) -> None:
        maya.suggest(
            ("goal", ids["goal"]),
            {
                "area": "academic",
                "target_on": "2027-03-01",
                "supporters": [{"name": "Leo Abara", "role": "friend", "how": "listens"}],
                "entry_ids": [ids["interest"]],
                "audience": "family",
            },
            "You could do it for class, too.",
        )
        page = text_of(maya)
        assert "Elena Rivera" in page
        assert "You could do it for class, too." in page
        assert "Area Now: Personal The idea: School" in page
        assert "Leo Abara" in page
        assert "Robots, and machines that help people hear" in page
        assert "2027-03-01" in page
        assert not re.search(r"entry_ids|target_on|academic|team", page)

    def test_something_new(self, maya: Planner, ids: dict[str, int]) -> None:
        idea = maya.suggest(("goal", None), {"statement": "Teach two classmates to solder"}, "")
        page = text_of(maya)
        assert "Something new: Goal" in page
        goes_to(maya.visitor.post(f"plan/suggestions/{idea}/accept"), maya, "plan/talk?done=accepted")
        with maya.reading() as (session, plan):
            goal = session.scalars(select(Goal).where(Goal.statement.startswith("Teach"))).one()
            assert goal.plan_id == plan.id
        assert "The idea stands in your plan now." in text_of(maya, "plan/talk?done=accepted")

    def test_accept_is_her_own_edit_that_names_it(self, maya: Planner, ids: dict[str, int]) -> None:
        maya.visitor.post(f"plan/suggestions/{ids['idea']}/accept", answer="Thanks!")
        with maya.reading() as (session, plan):
            entry = read(session, plan.id, item=("goal", ids["goal"])).entries[0]
            assert (entry.actor_id, entry.cause) == (plan.person_id, f"suggestion:{ids['idea']}")
            goal = session.get_one(Goal, ids["goal"])
            assert goal.measure == "Thirty people hear me, and I breathe before I begin"
        page = text_of(maya)
        assert "1 idea that I answered" in page
        assert "My answer: Thanks!" in page

    def test_decline_changes_nothing(self, maya: Planner, ids: dict[str, int]) -> None:
        answer = maya.visitor.post(f"plan/suggestions/{ids['idea']}/decline", answer="I breathe anyway.")
        goes_to(answer, maya, "plan/talk?done=declined")
        with maya.reading() as (session, _):
            assert session.get_one(Goal, ids["goal"]).measure.endswith("three ask something")
            assert session.get_one(Suggestion, ids["idea"]).state == "declined"
        assert "I breathe anyway." in text_of(maya)

    def test_answered_twice(self, maya: Planner, ids: dict[str, int]) -> None:
        maya.visitor.post(f"plan/suggestions/{ids['idea']}/decline")
        again = maya.visitor.post(f"plan/suggestions/{ids['idea']}/accept")
        assert again.status_code == 409
        assert "You have answered this already" in again.get_data(as_text=True)

    def test_item_that_was_removed(self, maya: Planner, ids: dict[str, int]) -> None:
        with maya.editor() as editor:
            editor.remove("goal", ids["goal"])
        page = maya.get(TALK)
        assert "This is not in your plan any more" in page
        assert f"suggestions/{ids['idea']}/accept" not in page
        assert maya.visitor.post(f"plan/suggestions/{ids['idea']}/accept").status_code == 409
        assert maya.visitor.post(f"plan/suggestions/{ids['idea']}/decline").status_code == 303

    def test_hostile_words_are_shown_as_words(self, maya: Planner, ids: dict[str, int]) -> None:
        hostile = "<script>alert(1)</script>"
        maya.suggest(("goal", ids["goal"]), {"why": hostile}, hostile)
        said_by_teacher(maya, ("goal", ids["goal"]), hostile)
        page = maya.get(TALK)
        assert hostile not in page
        assert page.count("&lt;script&gt;alert(1)") == 3


class TestComments:
    def test_reply_and_done(self, maya: Planner, ids: dict[str, int]) -> None:
        said = said_by_teacher(maya, ("goal", ids["goal"]), "What makes it easier?")
        assert "What makes it easier?" in text_of(maya)
        answer = maya.visitor.post(f"plan/say/goal/{ids['goal']}", text="A smaller room")
        goes_to(answer, maya, f"plan/talk#about-goal-{ids['goal']}")
        page = text_of(maya)
        assert page.index("What makes it easier?") < page.index("A smaller room")
        goes_to(
            maya.visitor.post(f"plan/comments/{said}/settle", back="item"),
            maya,
            f"plan/goals/{ids['goal']}#talk",
        )
        assert "1 talk that is done" in text_of(maya)

    @pytest.mark.parametrize(("text", "status"), [("", 400), ("  \n", 400), ("x" * 5001, 400)])
    def test_nothing_or_too_much(self, maya: Planner, ids: dict[str, int], text: str, status: int) -> None:
        assert maya.visitor.post(f"plan/say/goal/{ids['goal']}", text=text).status_code == status
        with maya.reading() as (session, _):
            assert session.scalars(select(Comment)).all() == []

    @pytest.mark.parametrize(
        "path", ["plan/say/goal/999999", "plan/say/secret/1", "plan/comments/999/settle"]
    )
    def test_unknown(self, maya: Planner, ids: dict[str, int], path: str) -> None:
        assert maya.visitor.post(path, text="Hello").status_code == 404


class TestCalls:
    def test_stuck_at_a_step(self, maya: Planner, ids: dict[str, int]) -> None:
        answer = maya.visitor.post(f"plan/calls/stuck/step/{ids['late']}", message="I find no beginning.")
        with maya.reading() as (session, _):
            call = session.scalars(select(HelpRequest)).one()
        assert (call.kind, call.item_id, call.message) == ("stuck", ids["late"], "I find no beginning.")
        goes_to(answer, maya, f"plan/steps/{ids['late']}?called={call.id}")
        # The pages of steps are others' work; every page of the plan shows this note.
        note = text_of(maya, f"plan?called={call.id}")
        assert "You asked for help." in note
        assert "Tell them yourself, too: Elena Rivera." in note
        assert "If you get stuck, tell someone" in note
        page = text_of(maya)
        assert "I find no beginning." in page
        assert "Write the talk in ten sentences" in page
        goes_to(maya.visitor.post(f"plan/calls/{call.id}/close"), maya, "plan/talk?done=solved")
        assert "I find no beginning." not in text_of(maya)
        assert "You asked for help." not in text_of(maya, f"plan?called={call.id}")

    @pytest.mark.parametrize(("kind", "name"), [("goal", "goal"), ("step", "late")])
    def test_about_something_private_it_is_said_before_who_sees_what(
        self, maya: Planner, ids: dict[str, int], kind: str, name: str
    ) -> None:
        path, item = f"plan/{kind}s/{ids[name]}", f"plan/items/{kind}/{ids[name]}"
        assert f"Only you see this {kind}." not in text_of(maya, path)
        assert maya.visitor.post(item, version="1", audience="me").status_code == 303
        page = text_of(maya, path)
        assert f"Only you see this {kind}. Your teachers and advisors will see that you are stuck" in page
        assert f"They will not see the {kind}." in page
        assert f"Let my teachers and advisors see the {kind}" in page
        answer = maya.visitor.post(f"plan/calls/stuck/{kind}/{ids[name]}")
        told = f"They see that you are stuck, not the {kind}."
        for place in (answer.headers["Location"].split("/", 3)[3], path, TALK):
            assert told in text_of(maya, place)
        assert maya.visitor.post(item, version="2", audience="team").status_code == 303
        for place in (path, TALK):
            assert told not in text_of(maya, place)

    def test_calling_and_sharing_in_one(self, maya: Planner, ids: dict[str, int]) -> None:
        maya.visitor.post(f"plan/items/goal/{ids['goal']}", version="1", audience="me")
        answer = maya.visitor.post(f"plan/calls/ready/goal/{ids['goal']}", share="1")
        note = text_of(maya, answer.headers["Location"].split("/", 3)[3])
        assert "It stands in your plan for the people who help you." in note
        with maya.reading() as (session, _):
            assert session.get_one(Goal, ids["goal"]).audience == "team"

    def test_ready_asks_whom_she_names(self, maya: Planner, ids: dict[str, int]) -> None:
        asked = (("asked_of", "Rosa Torres"), ("asked_of", "Elena Rivera"))
        answer = maya.visitor.post(f"plan/calls/ready/goal/{ids['goal']}", *asked)
        assert answer.headers["Location"].startswith(
            maya.visitor.address(f"plan/goals/{ids['goal']}?called=")
        )
        assert "asked: Elena Rivera, Rosa Torres" in text_of(maya)

    def test_meeting_from_the_first_page(self, maya: Planner, ids: dict[str, int]) -> None:
        path = f"plan/calls/meeting/plan/{plan_id(maya)}"
        assert maya.visitor.address(path) in maya.get("plan")
        answer = maya.visitor.post(path, message="My spring courses")
        assert answer.headers["Location"].startswith(maya.visitor.address("plan?called="))
        maya.visitor.post(path)
        with maya.reading() as (session, _):
            (call,) = session.scalars(select(HelpRequest)).all()
            assert call.message == "My spring courses"
        assert maya.visitor.address(path) not in maya.get("plan")
        assert "Meeting asked for" in text_of(maya, "plan")
        assert maya.visitor.address(path) not in maya.get(TALK)

    def test_teachers_are_offered_for_a_meeting(self, maya: Planner, ids: dict[str, int]) -> None:
        assert 'name="asked_of" value="Elena Rivera"' in maya.get(TALK)

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("plan/calls/pizza/goal/{goal}", 400),
            ("plan/calls/stuck/evidence/{evidence}", 400),
            ("plan/calls/stuck/goal/999999", 404),
            ("plan/calls/meeting/plan/999999", 404),
            ("plan/calls/999999/close", 404),
        ],
    )
    def test_unknown(self, maya: Planner, ids: dict[str, int], path: str, status: int) -> None:
        assert maya.visitor.post(path.format(**ids)).status_code == status

    @pytest.mark.parametrize("called", ["1", "999999", "x", "9" * 30, "-1"])
    def test_note_of_nothing(self, maya: Planner, ids: dict[str, int], called: str) -> None:
        assert "You asked for" not in text_of(maya, f"plan?called={called}")

    def test_goes_only_to_our_own_pages(self, maya: Planner, ids: dict[str, int]) -> None:
        answer = maya.visitor.post(f"plan/calls/stuck/goal/{ids['goal']}", back="https://example.org")
        assert answer.headers["Location"].startswith(maya.visitor.address("plan/goals/"))


class TestOthers:
    def test_another_student(self, app: Flask, school: School, maya: Planner, ids: dict[str, int]) -> None:
        said = said_by_teacher(maya, ("goal", ids["goal"]), "Between us")
        maya.visitor.post(f"plan/calls/stuck/goal/{ids['goal']}")
        with maya.reading() as (session, _):
            call = session.scalars(select(HelpRequest)).one().id
        leo = plan_of(app, school, LEO)
        with leo.editor():
            pass
        assert "Between us" not in leo.get(TALK)
        assert "You asked for help" not in leo.get(f"plan?called={call}")
        for path in (
            f"plan/suggestions/{ids['idea']}/accept",
            f"plan/suggestions/{ids['idea']}/decline",
            f"plan/say/goal/{ids['goal']}",
            f"plan/comments/{said}/settle",
            f"plan/calls/stuck/goal/{ids['goal']}",
            f"plan/calls/meeting/plan/{plan_id(maya)}",
            f"plan/calls/{call}/close",
        ):
            assert leo.visitor.post(path, text="Mine now").status_code == 404, path

    @pytest.mark.parametrize("human", [RIVERA, FAMILY, TEST_STUDENT], ids=["teacher", "family", "test"])
    def test_page_is_the_students(
        self, school: School, maya: Planner, ids: dict[str, int], human: Human
    ) -> None:
        assert school.enter(human).get(TALK).status_code == 403

    @pytest.mark.parametrize("human", [RIVERA, TEST_STUDENT], ids=["teacher", "test"])
    def test_answers_are_the_students(
        self, school: School, maya: Planner, ids: dict[str, int], human: Human
    ) -> None:
        other = school.enter(human)
        assert other.post("plan/form/feedback", text="Hello").status_code == 403
        assert other.post(f"plan/suggestions/{ids['idea']}/accept").status_code == 403
        assert other.post(f"plan/calls/stuck/goal/{ids['goal']}").status_code == 403

    def test_form_token(self, maya: Planner, ids: dict[str, int]) -> None:
        for path in (f"plan/suggestions/{ids['idea']}/accept", f"plan/calls/stuck/goal/{ids['goal']}"):
            assert maya.visitor.client.post(maya.visitor.address(path)).status_code == 403


class TestFeedback:
    def test_kept_and_thanked_for(self, maya: Planner, ids: dict[str, int]) -> None:
        answer = maya.visitor.post("plan/form/feedback", text="Shorter, please.")
        goes_to(answer, maya, "plan/talk?done=thanks#form")
        assert "Thank you." in text_of(maya, "plan/talk?done=thanks")
        with maya.reading() as (session, _):
            said = session.scalars(select(PlanTemplateFeedback)).one()
        assert (said.text, said.author_role, said.template_version_id) == (
            "Shorter, please.",
            "student",
            None,
        )

    def test_before_there_is_a_plan(self, maya: Planner) -> None:
        assert maya.visitor.post("plan/form/feedback", text="What is it for?").status_code == 303
        with maya.toolbox.sessions() as session:
            assert session.scalars(select(Plan)).all() == []

    @pytest.mark.parametrize("text", ["", "   ", "x" * 5001])
    def test_nothing_or_too_much(self, maya: Planner, text: str) -> None:
        assert maya.visitor.post("plan/form/feedback", text=text).status_code == 400
