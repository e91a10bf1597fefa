"""Adding evidence over HTTP: the form, what is kept, what is refused, and that nothing typed is lost."""

import threading
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lti_plp.files.models import StoredFile
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.models import Course
from lti_plp.plp.evidence_lists import LinkIds
from lti_plp.plp.models import Goal, Plan, PlanChange
from tests.files.samples import HOSTILE
from tests.views.conftest import FAMILY, LEO, RIVERA, TEST_STUDENT, School
from tests.views.evidence_steps import (
    ALL,
    NEW,
    WORDS,
    added,
    goal,
    is_ticked,
    piece,
    pieces,
    send,
    upload,
    uploaded,
)
from tests.views.plans import Planner, fill, plan_of


@pytest.fixture
def planner(app: Flask, school: School) -> Planner:
    return plan_of(app, school)


class TestForm:
    def test_the_only_goal_is_ticked(self, planner: Planner) -> None:
        only = goal(planner)
        assert is_ticked(planner.get(NEW), "goal_ids", only)

    def test_of_two_goals_none_is_ticked_unless_the_address_says_so(self, planner: Planner) -> None:
        first, second = goal(planner), goal(planner, "Swim")
        page = planner.get(NEW)
        assert not is_ticked(page, "goal_ids", first)
        assert not is_ticked(page, "goal_ids", second)
        page = planner.get(f"{NEW}?goal={second}")
        assert (is_ticked(page, "goal_ids", first), is_ticked(page, "goal_ids", second)) == (False, True)

    def test_a_step_or_an_entry_from_the_address(self, planner: Planner) -> None:
        ids = fill(planner)
        page = planner.get(f"{NEW}?step={ids['soon']}")
        assert is_ticked(page, "step_ids", ids["soon"])
        assert not is_ticked(page, "goal_ids", ids["goal"])
        assert is_ticked(planner.get(f"{NEW}?entry={ids['strength']}"), "entry_ids", ids["strength"])

    @pytest.mark.parametrize(
        "query", ["goal=999999", "goal=x", f"goal={'9' * 40}", "step=-1", "reflection=1"]
    )
    def test_what_is_not_hers_is_left_out(self, planner: Planner, query: str) -> None:
        goal(planner), goal(planner, "Swim")
        page = planner.get(f"{NEW}?{query}")
        assert " checked>" not in page
        assert "999999" not in page

    def test_a_goal_that_was_removed_is_not_offered(self, planner: Planner) -> None:
        gone = goal(planner, "Dance")
        goal(planner)
        with planner.editor() as editor:
            editor.remove("goal", gone)
        assert "Dance" not in planner.get(f"{NEW}?goal={gone}")

    def test_looking_writes_nothing(self, planner: Planner, toolbox: Toolbox) -> None:
        assert "You have no goal yet." in planner.get(NEW)
        assert "Add your first piece" in planner.get(ALL)
        with toolbox.sessions() as session:
            assert session.scalar(select(func.count()).select_from(Plan)) == 0


class TestAdding:
    def test_words(self, planner: Planner, toolbox: Toolbox) -> None:
        about = goal(planner)
        made, links = piece(
            planner, added(send(planner, text=WORDS, reason="It helped", goal_ids=str(about)))
        )
        assert (made.medium, made.text, made.reason) == ("text", WORDS, "It helped")
        assert (made.origin, made.audience, made.captured_on) == ("in_school", "team", toolbox.clock().date())
        assert links == LinkIds(goal_ids=frozenset({about}))
        with toolbox.sessions() as session:
            assert made.course_id == session.scalars(select(Course.id)).one()

    def test_a_link_as_people_type_it(self, planner: Planner) -> None:
        about = str(goal(planner))
        made, _ = piece(planner, added(send(planner, url=" example.org/robot ", goal_ids=about)))
        assert (made.medium, made.url) == ("link", "https://example.org/robot")

    def test_a_file_with_words_beside_it(self, planner: Planner) -> None:
        about, file_id = str(goal(planner)), uploaded(planner)
        made, _ = piece(planner, added(send(planner, file_id=file_id, text=WORDS, goal_ids=about)))
        assert (made.medium, made.file_id, made.text) == ("file", file_id, WORDS)

    def test_everything_else_is_there_for_who_wants_it(self, planner: Planner) -> None:
        ids = fill(planner)
        more = {
            "title": "Talk",
            "captured_on": "2026-02-03",
            "origin": "out_of_school",
            "kind": "performance",
        }
        links = (("step_ids", str(ids["soon"])), ("entry_ids", str(ids["strength"])))
        answer = send(planner, *links, text=WORDS, alternative="Me, talking", audience="family", **more)
        made, found = piece(planner, added(answer))
        assert (made.title, made.captured_on.isoformat(), made.origin, made.kind) == tuple(more.values())
        assert (made.alternative, made.audience) == ("Me, talking", "family")
        assert found == LinkIds(step_ids=frozenset({ids["soon"]}), entry_ids=frozenset({ids["strength"]}))

    def test_with_it_begins_a_plan_and_a_goal(self, planner: Planner) -> None:
        made, links = piece(planner, added(send(planner, text=WORDS, new_goal="Speak up in class")))
        with planner.reading() as (session, plan):
            (goal_id,) = links.goal_ids
            found = session.get_one(Goal, goal_id)
            assert (found.plan_id, found.statement, found.state) == (plan.id, "Speak up in class", "draft")
        assert made.medium == "text"

    def test_sent_twice_it_is_there_once(self, planner: Planner, toolbox: Toolbox) -> None:
        about = str(goal(planner))
        first = added(send(planner, text=WORDS, goal_ids=about))
        assert added(send(planner, text=WORDS, goal_ids=about)) == first
        assert pieces(toolbox) == 1

    def test_two_submits_at_once(self, planner: Planner, toolbox: Toolbox, app: Flask) -> None:
        data = {"csrf_token": planner.visitor.token(), "text": WORDS, "new_goal": "Speak up"}
        cookie = planner.visitor.client.get_cookie("__Host-lti_plp")
        assert cookie
        start, places = threading.Barrier(2), []

        def submit() -> None:
            client = app.test_client(use_cookies=False)
            headers = {"Cookie": f"__Host-lti_plp={cookie.value}"}
            start.wait()
            answer = client.post(planner.visitor.address(NEW), data=data, headers=headers)
            places.append((answer.status_code, answer.headers.get("Location")))

        threads = [threading.Thread(target=submit) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert places[0] == places[1]
        assert places[0][0] == 303
        assert pieces(toolbox) == 1
        with toolbox.sessions() as session:
            assert session.scalar(select(func.count()).select_from(Goal)) == 1


class TestRefused:
    def kept(self, answer: TestResponse) -> str:
        assert answer.status_code == 400
        page = unescape(answer.get_data(as_text=True))
        assert "Nearly there. Nothing you typed is lost." in page
        return page

    def test_nothing_and_about_nothing(self, planner: Planner, toolbox: Toolbox) -> None:
        goal(planner), goal(planner, "Swim")
        page = self.kept(send(planner, reason="It helped"))
        assert '<a href="#thing">Add a file, a link, or a few words.</a>' in page
        assert '<a href="#about">Choose what it is about. One thing is enough.</a>' in page
        assert "It helped</textarea>" in page
        assert pieces(toolbox) == 0

    def test_everything_typed_stays_and_the_file_too(self, planner: Planner) -> None:
        goal(planner), goal(planner, "Swim")
        file_id = uploaded(planner, "robot.jpg")
        answer = send(planner, file_id=file_id, url="example.org", text=WORDS, reason="Why", title="Robot")
        raw, page = answer.get_data(as_text=True), self.kept(answer)
        assert f'name="file_id" value="{file_id}"' in page
        assert "robot.jpg" in page
        assert '<div class="for-media">' in page
        assert "&lt;b&gt;paper&lt;/b&gt;" in raw
        assert 'value="https://example.org"' in page
        assert ">Why</textarea>" in page
        assert 'value="Robot"' in page

    @pytest.mark.parametrize(
        "url",
        [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)//a.b",
            "data:text/html,<script>",
            "ftp://example.org/a",
            "file:///etc/passwd",
            "https://",
            "https://[::1",
            "my own homepage",
            "https://a b.example",
        ],
    )
    def test_a_link_that_is_none(self, planner: Planner, toolbox: Toolbox, url: str) -> None:
        about = str(goal(planner))
        page = self.kept(send(planner, url=url, reason="Why", goal_ids=about))
        assert '<a href="#url">This is no web address.' in page
        assert f'value="{url}"' in page
        assert f'href="{url}' not in page
        assert is_ticked(page, "goal_ids", int(about))
        assert pieces(toolbox) == 0

    @pytest.mark.parametrize(
        ("field", "value", "place"),
        [
            ("captured_on", "yesterday", "captured_on"),
            ("reason", "x" * 5001, "reason"),
            ("text", "x" * 20_001, "text"),
            ("origin", "on the moon", "origin"),
            ("audience", "world", "audience"),
            ("kind", "nonsense", "kind"),
            ("goal_ids", "999999", "about"),
            ("reflection_ids", "999999", "about"),
        ],
    )
    def test_at_the_field(
        self, planner: Planner, toolbox: Toolbox, field: str, value: str, place: str
    ) -> None:
        form = {"text": WORDS, "captured_on": "2026-02-03", field: value}
        about = (("goal_ids", str(goal(planner))),)
        page = self.kept(send(planner, *about, **form))
        assert f'<a href="#{place}">' in page
        assert f'id="{place}' in page
        assert pieces(toolbox) == 0

    def test_a_file_of_somebody_else_or_none(self, planner: Planner, app: Flask, school: School) -> None:
        leo = plan_of(app, school, LEO)
        theirs, about = uploaded(leo, "secret plan.jpg"), str(goal(planner))
        for file_id in (theirs, "no such file", "x" * 400):
            page = self.kept(send(planner, file_id=file_id, text=WORDS, goal_ids=about))
            assert 'name="file_id" value=""' in page
            assert "secret plan" not in page
            assert "paper" in page

    def test_a_goal_is_not_begun_when_the_evidence_is_refused(
        self, planner: Planner, toolbox: Toolbox
    ) -> None:
        page = self.kept(send(planner, url="ftp://a.example", new_goal="Speak up"))
        assert 'value="Speak up"' in page
        with toolbox.sessions() as session:
            assert session.scalar(select(func.count()).select_from(Goal)) == 0
            assert session.scalar(select(func.count()).select_from(PlanChange)) == 0

    def test_without_the_form_token(self, planner: Planner, toolbox: Toolbox) -> None:
        answer = planner.visitor.client.post(planner.visitor.address(NEW), data={"text": WORDS})
        assert answer.status_code == 403
        assert pieces(toolbox) == 0

    @pytest.mark.parametrize(
        "what", ["SVG with script", "GIF with a ZIP behind", "nothing in it", "chance", "docm"]
    )
    def test_a_file_that_is_not_taken_cannot_be_attached(
        self, planner: Planner, toolbox: Toolbox, what: str
    ) -> None:
        code, content = HOSTILE[what]
        answer = upload(planner, "homework.jpg", content)
        assert answer.get_json()["code"] == code
        with toolbox.sessions() as session:
            ids = list(session.scalars(select(StoredFile.id)))
        for file_id in ids:
            self.kept(send(planner, file_id=file_id, new_goal="Speak up"))
        assert pieces(toolbox) == 0

    def test_five_gigabytes_are_refused_before_a_byte_is_sent(self, planner: Planner) -> None:
        headers = {"X-CSRF-Token": planner.visitor.token(), "Tus-Resumable": "1.0.0"}
        more = {"Upload-Length": str(5 * 1024**3), "Accept": "application/json"}
        address = planner.visitor.address("files")
        answer = planner.visitor.client.post(address, headers={**headers, **more})
        assert answer.get_json()["code"] == "file_too_large"
        assert upload(planner, "../../etc/passwd.txt", b"words").get_json()["code"] == "file_name"


@pytest.mark.parametrize("human", [RIVERA, FAMILY, TEST_STUDENT])
@pytest.mark.parametrize("path", [NEW, ALL, f"{ALL}/1"])
def test_only_for_the_student(app: Flask, school: School, human: Any, path: str) -> None:
    fill(plan_of(app, school))
    other = school.enter(human)
    assert other.get(path).status_code == 403


def test_adding_is_only_for_students(school: School, toolbox: Toolbox) -> None:
    assert school.enter(RIVERA).post(NEW, text=WORDS, new_goal="A goal").status_code == 403
    assert pieces(toolbox) == 0
