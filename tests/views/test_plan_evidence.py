"""Pages of evidence over HTTP: all of it, one piece, and the way to it from a reflection."""

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from lti_plp.launch.toolbox import Toolbox
from lti_plp.plp.actor import Role
from lti_plp.plp.evidence_lists import LinkIds
from lti_plp.plp.models import Evidence
from lti_plp.views.plan.evidence_form import web_address
from tests.factories import counted
from tests.files.samples import encoded, pdf, picture, wav
from tests.views.conftest import LEO, MAYA, RIVERA, School
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
    uploaded,
)
from tests.views.plans import Planner, fill, plan_of


@pytest.fixture
def planner(app: Flask, school: School) -> Planner:
    return plan_of(app, school)


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
