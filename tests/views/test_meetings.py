"""Meetings about a plan over HTTP: held and finished by adults, read by the student, shut to everybody else."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select
from werkzeug.test import TestResponse

from lti_plp.lms.models import Enrolment
from lti_plp.plp.conversation import ask_for_help
from lti_plp.plp.history import verify
from lti_plp.plp.models import Goal, HelpRequest, Meeting, MeetingNote, MeetingParticipant, Plan, PlanLook
from tests.views.conftest import FAMILY, LEO, MAYA, RIVERA, School, Visitor
from tests.views.plans import Planner, fill, plan_of


@dataclass
class Table:
    """Maya's plan, and her teacher who holds meetings about it."""

    maya: Planner
    teacher: Visitor
    ids: dict[str, int]

    @property
    def student(self) -> str:
        """The beginning of addresses about Maya."""
        return f"students/{self.maya.actor().person_id}"

    @property
    def later(self) -> datetime:
        """In nine days."""
        return self.maya.toolbox.clock() + timedelta(days=9)

    def plan(self, *invited: str, **form: str) -> str:
        """Plan a meeting; the beginning of its addresses."""
        values = {
            "kind": "annual",
            "day": self.later.strftime("%Y-%m-%dT15:00"),
            "time_zone": "America/New_York",
            "minutes": "45",
            "place": "Room 12",
            "url": "",
            "agenda": "1. Her film",
        }
        boxes = [("invite", key) for key in invited]
        answer = self.teacher.post(f"{self.student}/meetings/new", *boxes, **(values | form))
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return answer.headers["Location"].split("/", 3)[3]

    def read(self, work: Callable[[Any], Any]) -> Any:
        """Ask the database."""
        with self.maya.toolbox.sessions() as session:
            return work(session)

    def came(self, meeting: str, *people: tuple[str, str]) -> None:
        """Add people by name, and note that everybody invited is there."""
        for name, role in people:
            self.teacher.post(f"{meeting}/people", name=name, role=role)
        for one in self.read(lambda session: session.scalars(select(MeetingParticipant.id)).all()):
            answer = self.teacher.post(f"{meeting}/people/{one}", here="attended:video")
            assert answer.status_code == 303, answer.get_data(as_text=True)

    def goal_address(self, meeting: str, goal: str = "goal") -> str:
        """Where a note on a goal is saved, with the goal as it is now in sight."""
        version = self.read(lambda session: session.get_one(Goal, self.ids[goal]).version)
        return f"{meeting}/goals/{self.ids[goal]}?seen={version}"

    def put(self, path: str, base: int, **fields: Any) -> TestResponse:
        """Save fields as the page does while somebody types."""
        return self.teacher.client.put(
            self.teacher.address(path),
            json={"base_version": base, "fields": fields},
            headers={"X-CSRF-Token": self.teacher.token(), "Accept": "application/json"},
        )


ALL = (("Maya", "student"), ("Elena", "teacher"), ("Rosa", "family"))


@pytest.fixture
def table(app: Flask, school: School) -> Table:
    maya = plan_of(app, school)
    ids = fill(maya)
    school.enter(FAMILY)
    return Table(maya, school.enter(RIVERA), ids)


def text_of(answer: TestResponse | str) -> str:
    page = answer if isinstance(answer, str) else answer.get_data(as_text=True)
    body = re.sub(
        r"<script.*?</script>|<template.*?</template>", " ", page[page.index("<main") :], flags=re.S
    )
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


class TestPlanning:
    def test_everyone_around_the_plan_is_proposed(self, table: Table) -> None:
        page = text_of(table.teacher.get(f"{table.student}/meetings/new"))
        assert "Maya Torres Student · the plan is theirs" in page
        assert "Rosa Torres Family · family, as the platform knows" in page
        assert "Elena Rivera Teacher · teaches a course" in page
        assert "1. What the student would like to show" in page

    def test_planned_and_seen_by_the_student(self, table: Table) -> None:
        student = f"person:{table.maya.actor().person_id}"
        meeting = table.plan(student, "person:999999")
        page = text_of(table.teacher.get(meeting))
        assert "Yearly conference: Maya Torres" in page
        assert "This tool sends no mail" in page
        row = table.read(lambda session: session.scalars(select(Meeting)).one())
        # Three in the afternoon by the teacher's clock, at the coast.
        assert row.starts_at.hour in {19, 20}
        people = table.read(lambda session: session.scalars(select(MeetingParticipant)).all())
        assert [(one.role, one.proposed_by) for one in people] == [("student", "student")]
        assert "Room 12" in text_of(table.maya.get("plan/meetings"))
        own = text_of(table.maya.get(f"plan/meetings/{row.id}"))
        assert "Who is invited Maya Torres Student" in own
        assert "1. Her film" in own

    def test_what_does_not_fit_comes_back_as_typed(self, table: Table) -> None:
        form = {"kind": "annual", "day": "soon", "minutes": "2", "place": "Hall", "agenda": "My words"}
        answer = table.teacher.post(
            f"{table.student}/meetings/new", ("invite", "name:nobody"), url="", **form
        )
        assert answer.status_code == 400
        assert "Hall" in answer.get_data(as_text=True)
        assert "My words" in answer.get_data(as_text=True)
        assert table.read(lambda session: session.scalars(select(Meeting)).all()) == []

    def test_a_wish_becomes_a_meeting_with_one_click(self, table: Table) -> None:
        with table.maya.editor() as editor:
            call = ask_for_help(editor, "meeting", ("plan", editor.plan.id), "My spring courses").id
        assert "My spring courses" in text_of(table.teacher.get("students/meetings"))
        day = table.later.strftime("%Y-%m-%dT10:00")
        answer = table.teacher.post(f"{table.student}/wishes/{call}/meeting", day=day, time_zone="UTC")
        assert answer.status_code == 303
        assert "My spring courses" not in text_of(table.teacher.get("students/meetings"))
        assert table.read(lambda session: session.get_one(HelpRequest, call).closed_at) is not None
        again = table.teacher.post(f"{table.student}/wishes/{call}/meeting", day=day, time_zone="UTC")
        assert again.status_code == 409

    def test_called_off(self, table: Table) -> None:
        meeting = table.plan()
        assert table.teacher.post(f"{meeting}/cancel").status_code == 303
        assert "was called off" in text_of(table.teacher.get(meeting))
        assert "CANCELLED" in table.teacher.get(f"{meeting}.ics").get_data(as_text=True)

    def test_choosing_a_student(self, table: Table) -> None:
        assert "Maya Torres" in text_of(table.teacher.get("students/meetings/new"))
        number = table.student.split("/")[1]
        answer = table.teacher.get(f"students/meetings/new?student_id={number}")
        assert answer.headers["Location"].endswith(f"{table.student}/meetings/new")


class TestInvitation:
    def test_a_calendar_reads_it(self, table: Table) -> None:
        meeting = table.plan(
            place='Room 12, left; "north" wing, ' + "x" * 120, url="https://meet.example.org/7"
        )
        answer = table.teacher.get(f"{meeting}.ics")
        assert answer.mimetype == "text/calendar"
        assert max(len(line) for line in answer.data.split(b"\r\n")) <= 75
        (event,) = Calendar.from_ical(answer.data).walk("VEVENT")
        row = table.read(lambda session: session.scalars(select(Meeting)).one())
        assert event.decoded("dtstart") == row.starts_at
        assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(minutes=45)
        assert str(event["location"]).startswith('Room 12, left; "north" wing, xx')
        assert str(event["url"]) == "https://meet.example.org/7"
        assert "Her film" not in answer.get_data(as_text=True)
        assert "Torres" not in answer.get_data(as_text=True)
        own = table.maya.visitor.get(f"plan/meetings/{row.id}.ics")
        (same,) = Calendar.from_ical(own.data).walk("VEVENT")
        assert same["uid"] == event["uid"]

    def test_two_change_it(self, table: Table) -> None:
        meeting = table.plan()
        first = table.teacher.post(meeting, version="1", agenda="Begin with her film")
        assert first.status_code == 303
        second = table.teacher.post(meeting, version="1", agenda="Begin with grades")
        assert second.status_code == 409
        page = text_of(second)
        assert "Begin with her film" in page
        assert "Begin with grades" in page
        form = {"version": "1", "was_place": "Room 12", "place": "Library"}
        assert table.teacher.post(meeting, **form).status_code == 303
        assert table.read(lambda session: session.scalars(select(Meeting.place)).one()) == "Library"


class TestInTheMeeting:
    def test_saved_while_typing(self, table: Table) -> None:
        meeting = table.plan()
        address = table.goal_address(meeting)
        first = table.put(address, 0, text="She wants a smaller room", outcome="continue")
        assert (first.status_code, first.get_json()) == (200, {"version": 1})
        clash = table.put(address, 0, text="He would like")
        assert clash.status_code == 409
        assert clash.get_json()["current"] == {"text": "She wants a smaller room"}
        form = table.teacher.post(address, version="0", text="He would like")
        assert form.status_code == 409
        assert "She wants a smaller room" in text_of(form)
        assert "He would like" in form.get_data(as_text=True)
        whole = table.put(meeting, 1, decisions="We meet again in May")
        assert whole.get_json() == {"version": 2}
        assert "She wants a smaller room" in text_of(table.teacher.get(meeting))

    @pytest.mark.parametrize(
        ("fields", "status"), [({"outcome": "won"}, 400), ({"why": "x"}, 404), ({"text": 7}, 400)]
    )
    def test_hostile_notes(self, table: Table, fields: dict[str, Any], status: int) -> None:
        answer = table.put(table.goal_address(table.plan()), 0, **fields)
        assert answer.status_code == status
        assert table.read(lambda session: session.scalars(select(MeetingNote)).all()) == []

    def test_who_is_there(self, table: Table) -> None:
        meeting = table.plan(f"person:{table.maya.actor().person_id}")
        one = table.read(lambda session: session.scalars(select(MeetingParticipant.id)).one())
        assert table.put(f"{meeting}/people/{one}", 0, here="attended:phone").status_code == 200
        assert table.put(f"{meeting}/people/{one}", 0, here="late").status_code == 400
        row = table.read(lambda session: session.get_one(MeetingParticipant, one))
        assert (row.state, row.way) == ("attended", "phone")
        assert table.teacher.post(f"{meeting}/people/{one}/remove").status_code == 409
        added = table.teacher.post(
            f"{meeting}/people", name="Ines", role="advocate", email="ines@example.org"
        )
        assert added.status_code == 303
        assert "ines@example.org" in table.teacher.get(meeting).get_data(as_text=True)
        new = table.read(
            lambda session: session.scalars(
                select(MeetingParticipant.id).where(MeetingParticipant.id != one)
            ).one()
        )
        assert table.teacher.post(f"{meeting}/people/{new}/remove").status_code == 303
        assert "ines@example.org" not in table.teacher.get(meeting).get_data(as_text=True)
        assert table.teacher.post(f"{meeting}/people", name="Ines", role="queen").status_code == 400

    def test_the_student_never_sees_addresses_nor_notes_under_way(self, table: Table) -> None:
        meeting = table.plan()
        table.teacher.post(f"{meeting}/people", name="Ines", role="advocate", email="ines@example.org")
        table.put(meeting, 1, notes="Words under way")
        number = meeting.rsplit("/", 1)[1]
        for path in ("plan/meetings", f"plan/meetings/{number}", f"plan/meetings/{number}/pack"):
            page = table.maya.get(path)
            assert "ines@example.org" not in page
            assert "Words under way" not in page


class TestPack:
    def test_everything_at_once_for_both(self, table: Table) -> None:
        meeting = table.plan()
        page = text_of(table.teacher.get(f"{meeting}/pack"))
        assert "This is early" in page
        assert "Explain my robot to thirty people" in page
        assert "It shows that I looked for what works" in page
        assert "What changed since version 1" in page
        assert "Thirty people hear me, and I breathe before I begin" in page
        assert "Talking in front of people" not in page
        number = meeting.rsplit("/", 1)[1]
        own = text_of(table.maya.get(f"plan/meetings/{number}/pack"))
        assert "Explain my robot to thirty people" in own
        assert "Talking in front of people" not in own
        family = text_of(table.teacher.get(f"{meeting}/pack?reader=family"))
        assert "Explain my robot" not in family
        sections = table.read(lambda session: session.scalars(select(PlanLook.section)).all())
        assert sections == ["conference"]


class TestFinishing:
    def test_what_was_decided_is_the_plan(self, table: Table) -> None:
        meeting = table.plan()
        table.came(meeting, *ALL)
        saved = table.put(
            table.goal_address(meeting),
            0,
            outcome="extend",
            target_on="2030-05-01",
            text="The fair was moved",
            reason_category="changed_circumstance",
            next_step="Practice with Leo",
            steps_stay=True,
        )
        assert saved.status_code == 200
        table.put(meeting, 1, decisions="We meet again in May")
        answer = table.teacher.post(f"{meeting}/finish")
        assert answer.status_code == 303, text_of(answer)
        page = text_of(table.teacher.get(meeting))
        assert "The fair was moved" in page
        assert "We meet again in May" in page
        with table.maya.reading() as (session, plan):
            assert (plan.revision, verify(session, plan.id)) == (2, [])
            assert str(session.get_one(Goal, table.ids["goal"]).target_on) == "2030-05-01"
        number = meeting.rsplit("/", 1)[1]
        assert "It became version 2 of your plan" in text_of(table.maya.get(f"plan/meetings/{number}"))
        there = "There: Maya (Student, By video), Elena (Teacher, By video), Rosa (Family, By video)"
        history = text_of(table.maya.get("plan/history"))
        assert f"Yearly conference {there}" in history
        assert "Version 2 of your plan was kept" in history
        assert "decided in a meeting" in history
        kept = text_of(table.maya.get("plan/revisions/2"))
        assert f"Who took part {there}" in kept
        assert "The fair was moved" in kept
        paper = text_of(table.maya.get("plan/print"))
        assert "Yearly conference. Maya (Student, By video), Elena (Teacher, By video)" in paper
        assert table.put(meeting, 9, notes="Too late").status_code == 409

    def test_not_without_the_family_unless_it_is_said_why(self, table: Table) -> None:
        meeting = table.plan()
        nobody = table.teacher.post(f"{meeting}/finish")
        assert nobody.status_code == 400
        assert "A meeting without people is none" in text_of(nobody)
        table.came(meeting, *ALL[:2])
        table.put(table.goal_address(meeting), 0, text="A note that must stay")
        answer = table.teacher.post(f"{meeting}/finish", attempts="Three calls", reason=" ")
        assert answer.status_code == 400
        assert "Say both" in text_of(answer)
        assert "Three calls" in answer.get_data(as_text=True)
        answer = table.teacher.post(f"{meeting}/finish")
        assert answer.status_code == 400
        page = text_of(answer)
        assert "Not noted as there: family or an advocate" in page
        assert "A note that must stay" in page
        answer = table.teacher.post(f"{meeting}/finish", attempts="Three calls", reason="They are travelling")
        assert answer.status_code == 303
        assert "They are travelling" in text_of(table.teacher.get(meeting))

    def test_a_goal_changed_meanwhile_is_shown(self, table: Table) -> None:
        meeting = table.plan(kind="interim")
        table.came(meeting, *ALL[:2])
        table.put(
            table.goal_address(meeting), 0, outcome="continue", text="Go on", reason_category="reflection"
        )
        with table.maya.editor() as editor:
            goal = editor.session.get_one(Goal, table.ids["goal"])
            editor.edit("goal", goal.id, goal.version, {"statement": "Explain it to ten people"})
        answer = table.teacher.post(f"{meeting}/finish")
        assert answer.status_code == 409
        page = text_of(answer)
        assert "A goal was changed since you talked about it" in page
        assert "Explain it to ten people" in page
        assert "Go on" in page
        seen = table.teacher.post(table.goal_address(meeting), version="1")
        assert seen.status_code == 303
        assert table.teacher.post(f"{meeting}/finish").status_code == 303

    def test_the_second_one_sees_the_result(self, table: Table) -> None:
        meeting = table.plan(kind="interim")
        table.came(meeting, *ALL[:2])
        assert table.teacher.post(f"{meeting}/finish").status_code == 303
        answer = table.teacher.post(f"{meeting}/finish")
        assert answer.status_code == 409
        page = text_of(answer)
        assert "Somebody else has just finished this meeting" in page
        assert "Who took part" in page

    def test_a_student_who_left_in_the_middle(self, table: Table) -> None:
        meeting = table.plan(kind="interim")
        table.came(meeting, *ALL[:2])
        with table.maya.toolbox.sessions.begin() as session:
            row = session.scalars(
                select(Enrolment).where(Enrolment.person_id == table.maya.actor().person_id)
            ).one()
            row.status = "inactive"
        answer = table.teacher.post(f"{meeting}/finish")
        assert answer.status_code == 404
        assert "This student is not among yours" in text_of(answer)
        assert table.read(lambda session: session.scalars(select(Meeting.state)).one()) == "planned"


class TestWhoMay:
    def test_nobody_else(self, table: Table, app: Flask, school: School) -> None:
        meeting = table.plan()
        number = meeting.rsplit("/", 1)[1]
        leo = plan_of(app, school, LEO)
        with leo.editor():
            pass
        for path in (
            meeting,
            f"{meeting}/pack",
            f"{meeting}.ics",
            "students/meetings",
            f"{table.student}/meetings/new",
        ):
            for human in (MAYA, FAMILY):
                assert school.enter(human).get(path).status_code in {403, 404}, path
        for path in (
            f"plan/meetings/{number}",
            f"plan/meetings/{number}/pack",
            f"plan/meetings/{number}.ics",
        ):
            assert leo.visitor.get(path).status_code == 404
            assert table.teacher.get(path).status_code == 403
        for path in (f"{meeting}/finish", f"{meeting}/cancel", f"{meeting}/people"):
            assert table.maya.visitor.post(path).status_code in {403, 404}
        elsewhere = meeting.replace(table.student, f"students/{leo.actor().person_id}")
        assert table.teacher.get(elsewhere).status_code == 404
        assert table.teacher.get(f"{table.student}/meetings/999999").status_code == 404

    def test_no_plan_yet(self, table: Table, app: Flask, school: School) -> None:
        sam = plan_of(app, school, LEO)
        assert "Meetings about your plan will stand here" in text_of(sam.get("plan/meetings"))
        answer = table.teacher.get(f"students/{sam.actor().person_id}/meetings/new")
        assert answer.status_code == 404
        with table.maya.toolbox.sessions() as session:
            assert len(session.scalars(select(Plan)).all()) == 1
