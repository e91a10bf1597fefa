"""A class as a list: who needs somebody, and that a large class costs no more statements; on both databases."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from lti_plp.lms.class_list import MARKS, ClassList, StudentLine, Wish, class_list
from lti_plp.lms.models import SchoolYear
from lti_plp.lms.ties import ties_of
from lti_plp.plp.actor import Actor
from lti_plp.plp.conversation import ask_for_help, comment
from lti_plp.plp.evidence import validate_evidence
from lti_plp.plp.kinds import load_kinds
from lti_plp.plp.models import Plan
from lti_plp.plp.plans import PlanEditor, open_plan
from lti_plp.plp.policy import PlanWork
from lti_plp.plp.reflections import save_answer, submit
from lti_plp.plp.standing import Standing
from lti_plp.settings import Settings
from tests.factories import NOON, School, counted, make_school, minutes
from tests.plp.planning import vocabulary


class Klass:
    """A teacher with a class."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.school: School = make_school(session)
        self.teacher = self.school.teacher()

    def student(self, at: datetime = NOON, **facts: Any) -> tuple[Actor, PlanEditor]:
        actor = self.school.student(**facts)
        plan = open_plan(self.session, actor, at)
        return actor, PlanEditor(self.session, plan, actor, vocabulary, at)

    def work(self, actor: Actor, audience: str = "team") -> PlanWork:
        return PlanWork(self.school.tenant_id, actor.person_id, audience, frozenset({Standing.TEACHER}))

    def found(self, now: datetime = NOON, **wish: Any) -> ClassList:
        self.session.flush()
        ties = ties_of(self.session, self.school.tenant_id, self.teacher.person_id, now, 14, follows=False)
        return class_list(self.session, self.school.tenant_id, ties, Wish(**wish), now)

    def line(self, actor: Actor, now: datetime = NOON) -> StudentLine:
        (line,) = (one for one in self.found(now).lines if one.student_id == actor.person_id)
        return line


@pytest.fixture
def klass(session: Session) -> Klass:
    return Klass(session)


def test_a_student_without_a_plan(klass: Klass) -> None:
    maya = klass.school.student()
    line = klass.line(maya)
    assert (line.name, line.goal, line.seen_at, line.plan_id) == ("Maya Torres", "", None, None)
    assert line.marks == ("no_plan",)


def test_what_the_team_may_see_of_the_goals(klass: Klass) -> None:
    maya, editor = klass.student()
    editor.add("goal", {"statement": "A secret", "audience": "me", "state": "active"})
    editor.add("goal", {"statement": "In ten years", "horizon": "long", "state": "active"})
    draft = editor.add("goal", {"statement": "A draft"})
    assert klass.line(maya).goal == "A draft"
    editor.add("goal", {"statement": "Run 5 km", "state": "active"})
    assert klass.line(maya).goal == "Run 5 km"
    editor.remove("goal", draft.id)
    assert klass.line(maya).seen_at == NOON


def test_who_names_nobody_has_no_trusted_adult(klass: Klass) -> None:
    maya, editor = klass.student()
    assert "no_adult" in klass.line(maya).marks
    goal = editor.add(
        "goal", {"statement": "Swim", "supporters": [{"name": "Ana", "role": "family", "how": ""}]}
    )
    assert "no_adult" not in klass.line(maya).marks
    editor.edit("goal", goal.id, 1, {"supporters": []})
    assert "no_adult" in klass.line(maya).marks
    helped = [{"name": "Ana", "role": "family", "how": ""}]
    step = editor.add("step", {"text": "Go", "goal_ids": [goal.id], "supports": helped})
    assert "no_adult" not in klass.line(maya).marks
    # What is done needs nobody any more.
    editor.edit("step", step.id, 1, {"state": "done"})
    assert "no_adult" in klass.line(maya).marks


def test_a_friend_is_no_adult_and_a_secret_none_that_is_told(klass: Klass) -> None:
    maya, editor = klass.student()
    friend, mother = (
        {"name": 'Ana "role": "family"', "role": "friend", "how": ""},
        {"name": "Rosa", "role": "family", "how": ""},
    )
    goal = editor.add("goal", {"statement": "Swim", "supporters": [friend]})
    assert "no_adult" in klass.line(maya).marks
    editor.edit("goal", goal.id, 1, {"supporters": [friend, mother], "audience": "me"})
    assert "no_adult" in klass.line(maya).marks
    editor.edit("goal", goal.id, 2, {"audience": "team"})
    assert "no_adult" not in klass.line(maya).marks


def test_calls_stand_first(klass: Klass) -> None:
    quiet, _ = klass.student()
    maya, editor = klass.student()
    goal = editor.add("goal", {"statement": "Swim", "state": "active"})
    call = ask_for_help(editor, "stuck", ("goal", goal.id))
    found = klass.found()
    assert found.lines[0].marks[0] == "stuck"
    assert [one.student_id for one in klass.found(mark="stuck").lines] == [maya.person_id]
    assert (found.counts["stuck"], found.counts["ready"], found.total) == (1, 0, 2)
    call.closed_at = NOON
    assert "stuck" not in klass.line(maya).marks
    assert {one.student_id for one in klass.found(sort="name").lines} == {quiet.person_id, maya.person_id}


def test_a_call_about_something_private_says_so(klass: Klass) -> None:
    maya, editor = klass.student()
    goal = editor.add("goal", {"statement": "Swim", "audience": "me"})
    step = editor.add("step", {"text": "Buy a cap", "goal_ids": [goal.id], "audience": "family"})
    ask_for_help(editor, "stuck", ("goal", goal.id), "My secret")
    ask_for_help(editor, "ready", ("step", step.id))
    line = klass.line(maya)
    assert line.marks[:2] == ("stuck", "ready")
    assert line.unshared == {"stuck"}
    assert "stuck" in line.marks
    ask_for_help(editor, "stuck", ("step", step.id))
    assert klass.line(maya).unshared == frozenset(), "one of the two is about something that is seen"
    editor.edit("step", step.id, 1, {"audience": "me"})
    assert klass.line(maya).unshared == {"stuck", "ready"}
    editor.edit("goal", goal.id, 1, {"audience": "team"})
    assert klass.line(maya).unshared == {"ready"}
    editor.remove("goal", goal.id)
    assert klass.line(maya).unshared == {"stuck", "ready"}


def test_an_answered_call_waits_for_the_student(klass: Klass) -> None:
    maya, editor = klass.student()
    goal = editor.add("goal", {"statement": "Swim", "state": "active"})
    plan, about = klass.session.get_one(Plan, editor.plan.id), ("goal", goal.id)
    comment(
        klass.session, plan, klass.teacher, klass.work(maya), about, "Before it", NOON - timedelta(days=1)
    )
    ask_for_help(editor, "stuck", about)
    assert "stuck" in klass.line(maya).marks
    comment(klass.session, plan, klass.teacher, klass.work(maya), about, "Try this", minutes(1))
    assert set(klass.line(maya).marks) & {"stuck", "answered"} == {"answered"}
    # An answer that does not help is no answer.
    comment(klass.session, plan, maya, klass.work(maya), about, "I did, and it sinks", minutes(2))
    assert set(klass.line(maya).marks) & {"stuck", "answered"} == {"stuck"}


def test_a_meeting_is_answered_by_a_meeting(klass: Klass) -> None:
    maya, editor = klass.student()
    plan = klass.session.get_one(Plan, editor.plan.id)
    ask_for_help(editor, "meeting", ("plan", plan.id))
    comment(klass.session, plan, klass.teacher, klass.work(maya), ("plan", plan.id), "On Friday", minutes(1))
    assert set(klass.line(maya).marks) & {"meeting", "answered"} == {"meeting"}


def test_a_call_about_a_secret_is_answered_with_the_plan(klass: Klass) -> None:
    maya, editor = klass.student()
    goal = editor.add("goal", {"statement": "Swim", "state": "active", "audience": "me"})
    plan = klass.session.get_one(Plan, editor.plan.id)
    ask_for_help(editor, "stuck", ("goal", goal.id))
    assert "stuck" in klass.line(maya).marks
    comment(klass.session, plan, klass.teacher, klass.work(maya), ("plan", plan.id), "Come by", minutes(1))
    assert set(klass.line(maya).marks) & {"stuck", "answered"} == {"answered"}


def test_evidence_is_to_read_until_somebody_else_has_said_something(klass: Klass) -> None:
    maya, editor = klass.student()
    goal = editor.add("goal", {"statement": "Swim", "state": "active"})
    pieces = [
        editor.add("evidence", {"text": f"Piece {number}", "goal_ids": [goal.id]}) for number in range(3)
    ]
    editor.add("evidence", {"text": "Mine alone", "goal_ids": [goal.id], "audience": "me"})
    assert klass.line(maya).to_read == 3
    plan = klass.session.get_one(Plan, editor.plan.id)
    comment(klass.session, plan, maya, klass.work(maya), ("evidence", pieces[0].id), "Look", minutes(1))
    assert klass.line(maya).to_read == 3
    comment(klass.session, plan, klass.teacher, klass.work(maya), ("evidence", pieces[0].id), "I see", NOON)
    validate_evidence(klass.session, klass.teacher, klass.work(maya), pieces[1].id, minutes(2))
    assert klass.line(maya).to_read == 1
    editor.remove("evidence", pieces[2].id)
    line = klass.line(maya)
    assert (line.to_read, "to_read" in line.marks) == (0, False)


def test_a_reflection_that_was_sent_is_to_read(klass: Klass, session: Session) -> None:
    maya, _ = klass.student()
    link = klass.school.link(klass.school.template(klass.teacher))
    save_answer(session, maya, link, "q1", "It went well", 0, minutes(1))
    assert klass.line(maya).to_read == 0
    submit(session, maya, link, minutes(2))
    line = klass.line(maya)
    assert (line.to_read, line.seen_at) == (1, minutes(2))


def test_three_weeks_of_silence(klass: Klass) -> None:
    maya, _ = klass.student()
    assert "silent" not in klass.line(maya, NOON + timedelta(days=21)).marks
    assert "silent" in klass.line(maya, NOON + timedelta(days=22)).marks


def test_due_and_overdue(klass: Klass) -> None:
    maya, _ = klass.student()
    assert not {"due", "overdue"} & set(klass.line(maya).marks)
    assert "due" in klass.line(maya, NOON + timedelta(days=320)).marks
    line = klass.line(maya, NOON + timedelta(days=366))
    assert "overdue" in line.marks
    assert line.due.on == date(2027, 9, 14)


def test_words_without_accents_and_case(klass: Klass) -> None:
    klass.student(given="Lucía", family="Álvarez")
    _, editor = klass.student(given="Leo", family="Abara")
    editor.add("goal", {"statement": "Tocar el ACORDEÓN", "state": "active"})
    assert [one.name for one in klass.found(words="alvarez").lines] == ["Lucía Álvarez"]
    assert [one.name for one in klass.found(words="acordeon").lines] == ["Leo Abara"]
    assert [one.name for one in klass.found(sort="name").lines] == ["Leo Abara", "Lucía Álvarez"]


def test_a_class_of_many_costs_no_more_statements(klass: Klass, engine: Engine) -> None:
    def statements() -> int:
        klass.session.commit()
        with counted(engine) as seen:
            found = klass.found()
        assert all(set(one.marks) <= set(MARKS) for one in found.lines)
        return len(seen)

    klass.student()
    few = statements()
    for _ in range(30):
        _, editor = klass.student()
        goal = editor.add("goal", {"statement": "Swim", "state": "active"})
        editor.add("evidence", {"text": "I swam", "goal_ids": [goal.id]})
    assert statements() == few
    # Two to know whose students they are, one for the list itself.
    assert few == 3


def test_the_schools_date(klass: Klass, session: Session) -> None:
    maya, _ = klass.student()
    years = {"periods": [], "tenant_id": klass.school.tenant_id}
    session.add(
        SchoolYear(
            **years, first_day=date(2026, 8, 26), last_day=date(2027, 6, 15), plans_due_on=date(2026, 10, 30)
        )
    )
    session.add(
        SchoolYear(**years, first_day=date(2027, 8, 26), last_day=date(2028, 6, 15), plans_due_on=None)
    )
    line = klass.line(maya)
    assert (line.due.on, "due" in line.marks) == (date(2026, 10, 30), True)


@pytest.mark.parametrize(
    ("role", "is_adult"),
    [
        *((role, False) for role in ("", "friend", "other", "school_support")),
        *((role, True) for role in ("family", "teacher", "advisor", "counselor", "mentor")),
    ],
)
def test_whose_help_is_an_adults(klass: Klass, role: str, is_adult: bool) -> None:
    maya, editor = klass.student()
    editor.vocabulary = load_kinds(Settings().config_folder).of
    # A name may hold whatever somebody types.
    people = [{"name": 'Ana "role": "teacher"', "role": role, "how": ""}]
    editor.add("goal", {"statement": "Swim", "supporters": people})
    assert ("no_adult" not in klass.line(maya).marks) is is_adult
