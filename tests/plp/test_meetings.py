"""Planning meetings, who comes to them, and notes that two write at once; on both databases."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotAllowed, NotFound, PlpError
from lti_plp.plp.conversation import ask_for_help, close_help
from lti_plp.plp.invitees import (
    Invitee,
    invite,
    missing_sides,
    note_attendance,
    participants,
    proposals,
    take_off,
)
from lti_plp.plp.meeting_lists import held_meetings, read_agenda
from lti_plp.plp.meeting_notes import notes_of, read_note, save_note
from lti_plp.plp.meetings import Convener, cancel_meeting, change_meeting, find_meeting, plan_meeting
from lti_plp.plp.models import HelpRequest, MeetingParticipant
from lti_plp.plp.policy import PlanWork
from lti_plp.plp.standing import Standing
from tests.factories import minutes
from tests.plp.meeting import PEOPLE, Conference
from tests.plp.planning import Planning, vocabulary

SOON = {"starts_at": minutes(60).isoformat()}


@pytest.fixture
def here(session: Session) -> Planning:
    return Planning(session)


@pytest.fixture
def conference(here: Planning) -> Conference:
    return Conference(here)


def code_of(problem: pytest.ExceptionInfo[PlpError]) -> tuple[str, int]:
    return problem.value.code, problem.value.status


class TestPlanning:
    def test_everything_of_it(self, here: Planning, conference: Conference) -> None:
        values = {"kind": "interim", "minutes": "45", "place": "Room 12", "url": "https://meet.example.org/7"}
        made = plan_meeting(conference.convener(), SOON | values | {"agenda": "1. What went well"})
        assert (made.kind, made.minutes, made.place) == ("interim", 45, "Room 12")
        assert (made.starts_at, made.state, made.version) == (minutes(60), "planned", 1)
        assert (made.made_by, made.held_at) == (here.teacher.person_id, None)

    @pytest.mark.parametrize(
        ("values", "code"),
        [
            ({"kind": "party"}, "field_unknown_choice"),
            ({"minutes": 0}, "field_no_number"),
            ({"minutes": 9000}, "field_no_number"),
            ({"url": "javascript:alert(1)"}, "field_no_address"),
            ({"place": "x" * 300}, "field_too_long"),
            ({"agenda": ["a"]}, "field_wrong_type"),
            ({"starts_at": "tomorrow"}, "field_no_date"),
            ({"starts_at": "2026-09-14T12:00"}, "field_no_date"),
            ({"starts_at": None}, "field_no_date"),
            ({"state": "held"}, "field_unknown"),
        ],
    )
    def test_what_is_refused(self, conference: Conference, values: dict[str, Any], code: str) -> None:
        with pytest.raises(PlpError) as problem:
            plan_meeting(conference.convener(), SOON | values)
        assert problem.value.code == code

    @pytest.mark.parametrize(
        ("standing", "may"),
        [
            ({Standing.TEACHER}, True),
            ({Standing.SUBSTITUTE}, True),
            ({Standing.ADVISOR}, True),
            ({Standing.MENTOR}, False),
            (set(), False),
        ],
    )
    def test_who_may(self, here: Planning, standing: set[Standing], may: bool) -> None:
        work = PlanWork(here.plan.tenant_id, here.plan.person_id, "team", frozenset(standing))
        arguments = (here.session, here.plan, here.teacher, work, vocabulary, minutes(1))
        if may:
            assert Convener(*arguments).plan.id == here.plan.id
        else:
            with pytest.raises(NotAllowed):
                Convener(*arguments)

    def test_a_standing_with_the_student_and_no_more(self, here: Planning) -> None:
        with pytest.raises(NotAllowed):
            Convener(here.session, here.plan, here.student, here.work(), vocabulary, minutes(1))


class TestWishes:
    def test_it_is_answered_by_the_meeting(self, here: Planning, conference: Conference) -> None:
        call = ask_for_help(here.editor(), "meeting", ("plan", here.plan.id), "My spring courses")
        here.session.commit()
        made = plan_meeting(conference.convener(), SOON | {"kind": "student_requested"}, call.id)
        assert made.help_request_id == call.id
        assert call.closed_at == minutes(2)
        with pytest.raises(PlpError) as problem:
            plan_meeting(conference.convener(), SOON, call.id)
        assert code_of(problem) == ("call_answered", 409)

    @pytest.mark.parametrize("kind", ["stuck", "ready"])
    def test_another_call_is_none(self, here: Planning, conference: Conference, kind: str) -> None:
        call = ask_for_help(here.editor(), kind, ("plan", here.plan.id))
        with pytest.raises(PlpError) as problem:
            plan_meeting(conference.convener(), SOON, call.id)
        assert code_of(problem) == ("call_answered", 409)
        assert call.closed_at is None

    def test_nor_is_one_of_another_plan_or_one_taken_back(
        self, here: Planning, conference: Conference
    ) -> None:
        call = ask_for_help(here.editor(), "meeting", ("plan", here.plan.id))
        close_help(here.editor(), call.id)
        for call_id in (call.id, call.id + 1000):
            with pytest.raises(PlpError) as problem:
                plan_meeting(conference.convener(), SOON, call_id)
            assert code_of(problem) == ("call_answered", 409)

    @pytest.mark.parametrize("asks_again", [False, True])
    def test_called_off_it_is_open_again_unless_asked_anew(
        self, here: Planning, conference: Conference, asks_again: bool
    ) -> None:
        call = ask_for_help(here.editor(), "meeting", ("plan", here.plan.id))
        made = plan_meeting(conference.convener(), SOON, call.id)
        if asks_again:
            ask_for_help(here.editor(), "meeting", ("plan", here.plan.id))
        cancel_meeting(conference.convener(), made.id)
        open_ones = here.session.scalars(select(HelpRequest.id).where(HelpRequest.closed_at.is_(None))).all()
        assert len(open_ones) == 1
        assert (call.id in open_ones) is not asks_again


class TestChanging:
    def test_over_the_newest_version(self, conference: Conference) -> None:
        edited = change_meeting(conference.convener(), conference.id, 1, {"place": "Library", "minutes": 60})
        assert (edited.version, edited.conflicts) == (2, {})
        assert (conference.row.place, conference.row.minutes) == ("Library", 60)
        # What changes nothing counts as nothing.
        assert change_meeting(conference.convener(), conference.id, 2, {"place": "Library"}).version == 2

    def test_two_write_the_same_field(self, conference: Conference) -> None:
        change_meeting(conference.convener(), conference.id, 1, {"agenda": "Begin with her film"})
        edited = change_meeting(conference.convener(), conference.id, 1, {"agenda": "Begin with grades"})
        assert edited.conflicts == {"agenda": "Begin with her film"}
        assert conference.row.agenda == "Begin with her film"

    @pytest.mark.parametrize(
        ("second", "typed_over"),
        [
            ({"place": "Room 2"}, {}),
            ({"agenda": "First, and more"}, {}),
            ({"minutes": 60}, {"minutes": 30}),
        ],
    )
    def test_where_no_word_is_lost_both_stand(
        self, conference: Conference, second: dict[str, Any], typed_over: dict[str, Any]
    ) -> None:
        change_meeting(conference.convener(), conference.id, 1, {"agenda": "First"})
        edited = change_meeting(conference.convener(), conference.id, 1, second, typed_over)
        assert edited.conflicts == {}
        for name, value in second.items():
            assert getattr(conference.row, name) == value

    def test_not_after_the_end(self, conference: Conference) -> None:
        cancel_meeting(conference.convener(), conference.id)
        for act in (
            lambda: change_meeting(conference.convener(), conference.id, 2, {"place": "Hall"}),
            lambda: cancel_meeting(conference.convener(), conference.id),
            lambda: invite(conference.convener(), conference.id, [PEOPLE["teacher"]]),
        ):
            with pytest.raises(PlpError) as problem:
                act()
            assert code_of(problem) == ("meeting_over", 409)

    def test_of_another_plan_there_is_none(self, here: Planning, conference: Conference) -> None:
        with pytest.raises(NotFound):
            find_meeting(here.session, here.plan.id + 1, conference.id)


class TestInvitees:
    def test_everyone_who_had_to_do_with_it_once(self, here: Planning, conference: Conference) -> None:
        goal = here.goal(
            supporters=[
                {"name": "elena rivera", "role": "teacher", "how": "reads my draft"},
                {"name": "Grandma Ines", "role": "family", "how": ""},
            ]
        )
        here.step(goal, supports=[{"name": "The library", "role": "", "how": "has the books"}])
        here.goal(audience="me", supporters=[{"name": "Secret Friend", "role": "", "how": ""}])
        gone = here.goal(supporters=[{"name": "Gone Helper", "role": "", "how": ""}])
        here.editor().remove("goal", gone.id)
        conference.came("advocate")
        conference.hold(60)
        around = [
            Invitee("family", person_id=901, why="family"),
            Invitee("teacher", person_id=here.teacher.person_id, why="course"),
            Invitee("teacher", person_id=here.teacher.person_id, why="course"),
        ]
        names = {
            here.teacher.person_id: "Elena Rivera",
            901: "Rosa Torres",
            here.plan.person_id: "Maya Torres",
        }
        found = proposals(here.session, here.plan, around, lambda ids: {one: names[one] for one in ids})
        assert [(one.name, one.role, one.why) for one in found] == [
            ("Maya Torres", "student", "student"),
            ("Rosa Torres", "family", "family"),
            ("Elena Rivera", "teacher", "course"),
            ("Grandma Ines", "family", "supporter"),
            ("The library", "other", "supporter"),
            ("Ines Calder", "advocate", "before"),
        ]

    def test_invited_once_and_taken_off(self, here: Planning, conference: Conference) -> None:
        added = Invitee("advocate", "Ines Calder", email="ines@example.org")
        assert invite(conference.convener(), conference.id, [added, added]) == 1
        assert invite(conference.convener(), conference.id, [Invitee("other", "INES calder")]) == 0
        (row,) = participants(here.session, conference.id)
        assert (row.role, row.email, row.state, row.proposed_by) == (
            "advocate",
            "ines@example.org",
            "invited",
            "",
        )
        take_off(conference.convener(), conference.id, row.id)
        assert participants(here.session, conference.id) == []

    @pytest.mark.parametrize(
        ("person", "code"),
        [
            (Invitee("family", "  "), "field_missing"),
            (Invitee("queen", "Ines"), "field_unknown_choice"),
            (Invitee("family", "Ines", email="ines"), "field_no_email"),
            (Invitee("family", "Ines", email="a@b.example, c@d.example"), "field_no_email"),
            (Invitee("family", "x" * 300), "field_too_long"),
        ],
    )
    def test_who_is_refused(self, conference: Conference, person: Invitee, code: str) -> None:
        with pytest.raises(BadInput) as problem:
            invite(conference.convener(), conference.id, [person])
        assert problem.value.code == code

    def test_too_many(self, conference: Conference) -> None:
        with pytest.raises(BadInput) as problem:
            invite(
                conference.convener(), conference.id, [Invitee("friend", f"Friend {n}") for n in range(61)]
            )
        assert problem.value.code == "field_too_many"

    def test_attendance(self, here: Planning, conference: Conference) -> None:
        conference.came("teacher")
        (row,) = participants(here.session, conference.id)
        assert (row.state, row.way) == ("attended", "in_person")
        with pytest.raises(PlpError) as problem:
            take_off(conference.convener(), conference.id, row.id)
        assert code_of(problem) == ("attendance_noted", 409)
        note_attendance(conference.convener(), conference.id, row.id, "excused", "phone")
        assert (row.state, row.way) == ("excused", "")
        for state, way in (("late", ""), ("attended", "by pigeon")):
            with pytest.raises(BadInput):
                note_attendance(conference.convener(), conference.id, row.id, state, way)

    def test_of_another_meeting_nobody(self, here: Planning, conference: Conference) -> None:
        conference.came("teacher")
        (row,) = participants(here.session, conference.id)
        other = Conference(here, "interim")
        with pytest.raises(NotFound):
            note_attendance(other.convener(), other.id, row.id, "absent")

    @pytest.mark.parametrize(
        ("came", "missing"),
        [
            ("", ("student", "school", "family")),
            ("student teacher family", ()),
            ("student teacher advocate", ()),
            ("student counselor", ("family",)),
            ("student family friend", ("school",)),
            ("teacher family", ("student",)),
        ],
    )
    def test_sides(self, came: str, missing: tuple[str, ...]) -> None:
        there = [MeetingParticipant(role=role, state="attended") for role in came.split()]
        away = [MeetingParticipant(role=role, state="absent") for role in ("student", "advisor", "family")]
        assert missing_sides(there + away) == missing


class TestNotes:
    def test_saved_while_talking(self, here: Planning, conference: Conference) -> None:
        goal = here.goal()
        first = save_note(conference.convener(), conference.id, goal.id, 1, 0, {"text": "She likes it"})
        second = save_note(
            conference.convener(),
            conference.id,
            goal.id,
            1,
            first.version,
            {"outcome": "extend", "target_on": "2027-01-31"},
        )
        assert (first.version, second.version) == (1, 2)
        note = notes_of(here.session, conference.id)[goal.id]
        assert read_note(note)["target_on"] == "2027-01-31"
        assert (note.text, note.outcome, note.goal_version) == ("She likes it", "extend", 1)
        # The plan itself is as it was.
        assert (goal.version, goal.target_on) == (1, None)

    def test_two_at_the_table(self, here: Planning, conference: Conference) -> None:
        goal = here.goal()
        save_note(conference.convener(), conference.id, goal.id, 1, 0, {"text": "She found a club"})
        other = save_note(
            conference.convener(),
            conference.id,
            goal.id,
            1,
            0,
            {"text": "He is shy", "next_step": "Ask the coach"},
        )
        assert other.conflicts == {"text": "She found a club"}
        note = notes_of(here.session, conference.id)[goal.id]
        assert (note.text, note.next_step) == ("She found a club", "Ask the coach")
        both = save_note(
            conference.convener(),
            conference.id,
            goal.id,
            1,
            other.version,
            {"text": "He is shy\n\nShe found a club"},
        )
        assert both.conflicts == {}

    def test_the_words_that_stand_are_no_change(self, here: Planning, conference: Conference) -> None:
        goal = here.goal()
        values = {"statement": goal.statement, "measure": "", "target_on": "", "steps_stay": False}
        saved = save_note(conference.convener(), conference.id, goal.id, 1, 0, values)
        assert saved.version == 0
        assert notes_of(here.session, conference.id)[goal.id].changes == {}

    @pytest.mark.parametrize(
        ("values", "code"),
        [
            ({"outcome": "won"}, "field_unknown_choice"),
            ({"target_on": "soon"}, "field_no_date"),
            ({"why": "x"}, "field_unknown"),
            ({"text": "x" * 6000}, "field_too_long"),
        ],
    )
    def test_what_is_refused(
        self, here: Planning, conference: Conference, values: dict[str, Any], code: str
    ) -> None:
        with pytest.raises(PlpError) as problem:
            save_note(conference.convener(), conference.id, here.goal().id, 1, 0, values)
        assert problem.value.code == code

    def test_nothing_on_what_only_the_student_sees(self, here: Planning, conference: Conference) -> None:
        with pytest.raises(NotFound):
            save_note(conference.convener(), conference.id, here.goal(audience="me").id, 1, 0, {"text": "x"})


def test_lists(here: Planning, conference: Conference) -> None:
    plan_meeting(conference.convener(), {"kind": "interim", "starts_at": minutes(2000).isoformat()})
    held = Conference(here, "interim")
    held.came("teacher")
    held.hold(61)
    gone = Conference(here, "interim")
    cancel_meeting(gone.convener(), gone.id)
    ask_for_help(here.editor(), "meeting", ("plan", here.plan.id), "My courses")
    here.session.commit()
    agenda = read_agenda(here.session, here.plan.tenant_id, [here.plan.person_id], minutes(100))
    assert [one.kind for one in agenda.coming] == ["interim"]
    assert [one.id for one in agenda.unfinished] == [conference.id]
    assert [one.id for one in agenda.held] == [held.id]
    assert [one.message for one in agenda.wishes] == ["My courses"]
    assert [one.role for one in agenda.held[0].who("attended")] == ["teacher"]
    assert [one.id for one in held_meetings(here.session, here.plan.id)] == [held.id]
    assert held_meetings(here.session, here.plan.id, since=minutes(61)) == ()
    assert held_meetings(here.session, here.plan.id, until=minutes(60)) == ()
    other = read_agenda(here.session, here.plan.tenant_id + 1, [here.plan.person_id], minutes(100))
    assert (other.coming, other.unfinished, other.held, other.wishes) == ((), (), (), ())
