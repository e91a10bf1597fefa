"""Pages of evidence over HTTP: adding it, all of it, one piece; what is refused, and that nothing typed is lost."""

import re
import threading
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lti_plp.files.models import StoredFile
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.models import Course
from lti_plp.plp.actor import Role
from lti_plp.plp.evidence_lists import LinkIds, find_evidence
from lti_plp.plp.models import Evidence, Goal, Plan, PlanChange
from lti_plp.views.plan.evidence_form import web_address
from tests.factories import counted
from tests.files.samples import HOSTILE, encoded, pdf, picture, wav
from tests.views.conftest import FAMILY, LEO, MAYA, RIVERA, TEST_STUDENT, School
from tests.views.plans import Planner, fill, plan_of

NEW, ALL = "plan/evidence/new", "plan/evidence"
WORDS = "I planned the talk on <b>paper</b> first"


@pytest.fixture
def planner(app: Flask, school: School) -> Planner:
    return plan_of(app, school)


def send(planner: Planner, *fields: tuple[str, str], **form: str) -> TestResponse:
    """Send the form."""
    return planner.visitor.post(NEW, *fields, **form)


def added(answer: TestResponse) -> int:
    """The id of the piece to whose page an answer leads."""
    assert answer.status_code == 303, answer.get_data(as_text=True)
    found = re.search(r"/plan/evidence/(\d+)\?added=1$", answer.headers["Location"])
    assert found, answer.headers["Location"]
    return int(found[1])


def piece(planner: Planner, evidence_id: int) -> tuple[Evidence, LinkIds]:
    with planner.reading() as (session, plan):
        return find_evidence(session, plan.id, evidence_id)


def goal(planner: Planner, statement: str = "Speak up", **more: Any) -> int:
    with planner.editor() as editor:
        return int(editor.add("goal", {"statement": statement, "state": "active", **more}).id)


def pieces(toolbox: Toolbox) -> int:
    with toolbox.sessions() as session:
        return session.scalar(select(func.count()).select_from(Evidence)) or 0


def upload(planner: Planner, name: str, content: bytes) -> TestResponse:
    """Hand a file in as the page does, with the tus protocol; the answer to its last request."""
    import base64

    client, headers = (
        planner.visitor.client,
        {"X-CSRF-Token": planner.visitor.token(), "Tus-Resumable": "1.0.0"},
    )
    named = {"Upload-Metadata": "filename " + base64.b64encode(name.encode()).decode()}
    asked = {"Upload-Length": str(len(content)), "Accept": "application/json"}
    begun = client.post(planner.visitor.address("files"), headers={**headers, **named, **asked})
    if begun.status_code != 201:
        return begun
    address = begun.headers["Location"]
    kind = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    assert client.patch(address, data=content, headers={**headers, **kind}).status_code == 204
    return client.post(f"{address}/finish", json={}, headers={**headers, "Accept": "application/json"})


def uploaded(planner: Planner, name: str = "robot.jpg", content: bytes | None = None) -> str:
    answer = upload(planner, name, content or encoded("JPEG", picture(60, 40)))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return str(answer.get_json()["id"])


def is_ticked(page: str, name: str, key: int) -> bool:
    box = re.search(rf'<input type="checkbox" data-numbers name="{name}" value="{key}"( checked)?>', page)
    assert box, f"no box {name} {key}"
    return box[1] is not None


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


class TestOnePiece:
    def test_another_students(self, app: Flask, school: School) -> None:
        ids = fill(plan_of(app, school))
        leo = plan_of(app, school, LEO)
        assert leo.visitor.get(f"{ALL}/{ids['evidence']}").status_code == 404
        goal(leo)
        assert leo.visitor.get(f"{ALL}/{ids['evidence']}").status_code == 404
        assert leo.visitor.get(f"{ALL}/{'9' * 18}").status_code == 404

    def test_words_and_what_they_are_about(self, planner: Planner) -> None:
        ids = fill(planner)
        page = unescape(planner.get(f"{ALL}/{ids['evidence']}"))
        assert "The best one began with a question." in page
        assert f"/plan/goals/{ids['goal']}" in page
        assert f"/plan/steps/{ids['done']}" in page
        assert f"/plan/history?item=evidence-{ids['evidence']}" in page
        assert "My own word" in page
        assert "Nobody has confirmed this yet." in page
        assert is_ticked(page, "goal_ids", ids["goal"])
        assert not is_ticked(page, "goal_ids", ids["near"])

    @pytest.mark.parametrize(
        ("url", "host"),
        [
            ("https://example.org/robot", "example.org"),
            ("https://school.example@evil.example:8443/x", "evil.example"),
        ],
    )
    def test_a_link_says_where_it_leads_and_is_never_fetched(
        self, planner: Planner, url: str, host: str
    ) -> None:
        key = added(send(planner, url=url, new_goal="Speak up"))
        page = planner.get(f"{ALL}/{key}")
        link = f'<a href="{url}" target="_blank" rel="noopener noreferrer">'
        assert link in page
        assert f"<strong>{host}</strong>" in page
        assert not re.search(rf'(src|data|poster)="{re.escape(url)}', page)
        assert "<iframe" not in page

    @pytest.mark.parametrize(
        ("name", "content", "shown"),
        [
            ("robot.jpg", encoded("JPEG", picture(60, 40)), '<img class="shown-file"'),
            ("talk.wav", wav(), '<audio class="shown-file"'),
            ("paper.pdf", pdf(), '<a class="shown-file"'),
            ("notes.txt", b"my notes", '<a class="shown-file"'),
        ],
    )
    def test_a_file_is_shown_as_its_kind_is(
        self, planner: Planner, name: str, content: bytes, shown: str
    ) -> None:
        file_id = uploaded(planner, name, content)
        alternative = "A robot & me"
        key = added(send(planner, file_id=file_id, alternative=alternative, new_goal="Speak up"))
        page = planner.get(f"{ALL}/{key}")
        assert shown in page
        assert f"/files/{file_id}" in page
        assert alternative in unescape(page)
        part = planner.visitor.client.get(
            planner.visitor.address(f"files/{file_id}"), headers={"Range": "bytes=0-3"}
        )
        assert (part.status_code, len(part.data)) == (206, 4)
        assert f"/plan/evidence/{key}" in planner.get(ALL)

    def test_what_somebody_confirmed(self, planner: Planner, school: School) -> None:
        ids = fill(planner)
        teacher = planner.actor(RIVERA, Role.INSTRUCTOR)
        with planner.toolbox.sessions.begin() as session:
            item = session.get_one(Evidence, ids["evidence"])
            item.validated_by, item.validated_at = teacher.person_id, planner.toolbox.clock()
        page = planner.get(f"{ALL}/{ids['evidence']}")
        assert '<span class="tag good">Confirmed</span> by Elena Rivera' in page
        assert "My own word" not in page
        assert "confirmed" in planner.get(ALL)

    def test_removed_and_brought_back(self, planner: Planner) -> None:
        ids = fill(planner)
        key = ids["evidence"]
        answer = planner.visitor.post(f"plan/items/evidence/{key}/remove")
        assert answer.headers["Location"].endswith(f"/plan/evidence?removed=evidence-{key}")
        page = planner.get(f"{ALL}?removed=evidence-{key}")
        assert "Bring it back" in page
        assert f'href="{planner.visitor.address(f"{ALL}/{key}")}"' not in page
        page = planner.get(f"{ALL}/{key}")
        assert "You removed this" in page
        assert 'class="in-place' not in page
        back = planner.visitor.post(f"plan/items/evidence/{key}/restore")
        assert back.status_code == 303
        assert "My own word" in planner.get(f"{ALL}/{key}")

    def test_what_it_is_about_can_change_but_not_to_nothing(self, planner: Planner) -> None:
        ids = fill(planner)
        address = planner.visitor.address(f"plan/items/evidence/{ids['link']}")

        def put(**fields: Any) -> TestResponse:
            return planner.visitor.client.put(
                address,
                json={"base_version": piece(planner, ids["link"])[0].version, "fields": fields},
                headers={"X-CSRF-Token": planner.visitor.token()},
            )

        assert put(goal_ids=[ids["near"]]).status_code == 200
        assert piece(planner, ids["link"])[1] == LinkIds(goal_ids=frozenset({ids["near"]}))
        refused = put(goal_ids=[])
        assert (refused.status_code, refused.get_json()["code"]) == (400, "field_missing")
        assert put(validated_by=1).status_code == 404


class TestAll:
    def test_grouped_and_newest_first(self, planner: Planner) -> None:
        about = goal(planner)
        days = ("2026-06-30", "2026-07-01", "2025-09-09")
        with planner.editor() as editor:
            for day in days:
                fields = {"text": f"Of {day}", "captured_on": day, "goal_ids": [about]}
                editor.add("evidence", fields)
        page = planner.get(ALL)
        order = [
            "School year 2026–27",
            "Of 2026-07-01",
            "School year 2025–26",
            "Of 2026-06-30",
            "2025-09",
            "Of 2025-09-09",
        ]
        places = [page.index(one) for one in order]
        assert places == sorted(places)

    def test_a_file_without_a_picture_says_what_it_is(self, planner: Planner) -> None:
        about = goal(planner)
        file_id = uploaded(planner, "talk.wav", wav())
        added(send(planner, file_id=file_id, goal_ids=str(about)))
        for path in (ALL, "plan", f"plan/goals/{about}"):
            page = planner.get(path)
            assert "<span>Recording</span>" in page
            assert "talk.wav" in page
            assert f"{file_id}/thumbnail" not in page

    def test_filters_can_be_put_together_and_taken_off(self, planner: Planner) -> None:
        ids = fill(planner)
        page = unescape(planner.get(f"{ALL}?medium=link&goal={ids['goal']}"))
        assert "My robot's drawing" in page
        assert "What I learned from three talks" not in page
        assert f'plan/evidence?goal={ids["goal"]}" aria-current' in page
        assert f'plan/evidence/new?goal={ids["goal"]}"' in page
        assert "Nothing here fits" in planner.get(f"{ALL}?medium=lms")
        page = planner.get(f"{ALL}?medium=<script>&origin=moon&goal=x&before=zzz")
        assert "What I learned" in page
        assert "<script>&" not in page

    def test_a_goal_of_somebody_else_shows_nothing(self, app: Flask, school: School) -> None:
        ids = fill(plan_of(app, school))
        leo = plan_of(app, school, LEO)
        with leo.editor() as editor:
            mine = editor.add("goal", {"statement": "Sing"})
            editor.add("evidence", {"text": "A song", "goal_ids": [mine.id]})
        page = leo.get(f"{ALL}?goal={ids['goal']}")
        assert "Nothing here fits" in page
        assert "thirty people" not in page

    def test_as_many_statements_for_ten_as_for_a_hundred(self, planner: Planner, toolbox: Toolbox) -> None:
        about = goal(planner)

        def add(count: int) -> int:
            with planner.editor() as editor:
                day = editor.now.date()
                for number in range(count):
                    on = (day - timedelta(days=number)).isoformat()
                    fields = {"text": f"Piece {number}", "captured_on": on, "goal_ids": [about]}
                    editor.add("evidence", fields)
            planner.get(ALL)
            with counted(toolbox.engine) as seen:
                page = planner.get(ALL)
            assert page.count('class="evidence-card"') == min(24, pieces(toolbox))
            return len(seen)

        assert add(10) == add(90)

    def test_from_page_to_page(self, planner: Planner) -> None:
        about = goal(planner)
        with planner.editor() as editor:
            for number in range(30):
                fields = {
                    "text": f"Piece number {number}.",
                    "captured_on": (date(2026, 1, 1) + timedelta(days=number)).isoformat(),
                    "goal_ids": [about],
                    "origin": "out_of_school",
                }
                editor.add("evidence", fields)
        page = unescape(planner.get(f"{ALL}?origin=out_of_school"))
        older = re.search(r'href="[^"]*/(plan/evidence\?[^"]*before=[^"]+)"', page)
        assert older
        assert "origin=out_of_school" in older[1]
        second = planner.get(older[1])
        assert second.count('class="evidence-card"') == 6
        assert "Piece number 0." in second
        assert "Older ones" not in second
        assert "Back to the newest" in second


class TestFromAReflection:
    @pytest.fixture
    def writer(self, app: Flask, school: School) -> Planner:
        template = school.place()
        return Planner(school, app.extensions["lti_plp"], MAYA, school.enter(MAYA, template))

    def test_a_quiet_link_as_soon_as_there_is_a_word(self, writer: Planner) -> None:
        assert "Add evidence to my plan" not in writer.get("reflection")
        assert writer.visitor.save("q1", "It went well").status_code == 200
        page = writer.get("reflection")
        link = re.search(r'href="[^"]*/(plan/evidence/new\?reflection=(\d+))">Add evidence to my plan<', page)
        assert link
        form = writer.get(link[1])
        assert is_ticked(form, "reflection_ids", int(link[2]))
        assert "Quick check-in" in form
        key = added(send(writer, text=WORDS, reflection_ids=link[2]))
        assert piece(writer, key)[1] == LinkIds(reflection_ids=frozenset({int(link[2])}))
        page = writer.get(f"{ALL}/{key}")
        assert re.search(r'href="[^"]*/links/\d+/reflection">Quick check-in</a>', page)
        writer.visitor.post("reflection/submit", answer_q1="Well", revision_q1="1")
        assert f"/plan/evidence/new?reflection={link[2]}" in writer.get("reflection")

    def test_a_reflection_about_it(self, planner: Planner) -> None:
        ids = fill(planner)
        form = {"key": "k1", "start": "words", "title": "Thinking back", "evidence": str(ids["evidence"])}
        assert planner.visitor.post("plan/reflections/new", **form).status_code == 303
        page = planner.get(f"{ALL}/{ids['evidence']}")
        assert re.search(r'href="[^"]*/plan/reflections/[0-9a-f-]{36}">Thinking back</a>', page)

    def test_somebody_elses_reflection(self, writer: Planner, app: Flask, school: School) -> None:
        writer.visitor.save("q1", "It went well")
        found = re.search(r"reflection=(\d+)", writer.get("reflection"))
        assert found
        leo = plan_of(app, school, LEO)
        assert "Quick check-in" not in leo.get(f"{NEW}?reflection={found[1]}")
        answer = send(leo, text=WORDS, reflection_ids=found[1])
        assert answer.status_code == 400
        assert "Choose again." in answer.get_data(as_text=True)

    def test_not_in_a_preview(self, school: School) -> None:
        teacher = school.enter(RIVERA, school.place())
        assert "Add evidence" not in teacher.get("reflection").get_data(as_text=True)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("example.org", "https://example.org"),
        ("example.org:8080/a", "https://example.org:8080/a"),
        (" https://example.org ", "https://example.org"),
        ("http://example.org", "http://example.org"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("javascript:a.b", "javascript:a.b"),
        ("words", "words"),
        ("", ""),
    ],
)
def test_web_address(typed: str, address: str) -> None:
    assert web_address(typed) == address
