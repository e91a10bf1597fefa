"""How a meeting becomes a revision: the rules as a table, and two who finish at once; on both databases."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.errors import NotAllowed, NotFound, PlpError
from lti_plp.plp.finishing import OF_AGE, REVISES, WithoutThem, finish_meeting, obstacles
from lti_plp.plp.history import Why, verify
from lti_plp.plp.items import GOAL, PLAN
from lti_plp.plp.meeting_notes import save_note
from lti_plp.plp.meetings import cancel_meeting
from lti_plp.plp.models import (
    Goal,
    GoalReview,
    Meeting,
    PlanChange,
    PlanRevision,
    Reflection,
    RevisionReflection,
)
from lti_plp.plp.reflections import save_answer, submit
from lti_plp.plp.revisions import ReviewDraft, begin_revision, finish_revision, review_goal
from tests.factories import minutes
from tests.plp.meeting import Conference
from tests.plp.planning import Planning

ALL = ("student", "teacher", "family")


@pytest.fixture
def here(session: Session) -> Planning:
    return Planning(session)


@pytest.fixture
def conference(here: Planning) -> Conference:
    return Conference(here)


def refused(conference: Conference, without: WithoutThem | None = None, at: float = 90) -> PlpError:
    """Finish it, which must fail and leave everything as it was."""
    session = conference.here.session
    changes = session.scalar(select(func.count()).select_from(PlanChange))
    with pytest.raises(PlpError) as problem:
        finish_meeting(conference.pen(at=at), without)
    session.rollback()
    assert session.scalar(select(func.count()).select_from(PlanChange)) == changes
    assert session.scalar(select(func.count()).where(PlanRevision.finished_at.is_not(None))) == 0
    assert conference.row.state == "planned"
    return problem.value


SAID = WithoutThem("Three calls and a letter", "The family is travelling")


@pytest.mark.parametrize(
    ("came", "without", "ends_in"),
    [
        (ALL, None, ""),
        (("student", "teacher", "advocate"), None, ""),
        (("student", "teacher"), None, "meeting_lacks_people"),
        (("teacher", "family"), None, "meeting_lacks_people"),
        (("student", "family", "friend"), None, "meeting_lacks_people"),
        (("student", "teacher"), SAID, ""),
        (("teacher",), SAID, ""),
        (("student", "teacher"), WithoutThem("Three calls", " "), "field_missing"),
        (("student", "teacher"), WithoutThem("", "They are travelling"), "field_missing"),
        (("student", "teacher"), WithoutThem(is_of_age=True), ""),
        (("teacher",), WithoutThem(is_of_age=True), "meeting_lacks_people"),
        ((), SAID, "meeting_nobody_there"),
    ],
)
def test_who_must_be_at_a_yearly_one(
    here: Planning, conference: Conference, came: tuple[str, ...], without: WithoutThem | None, ends_in: str
) -> None:
    here.goal()
    conference.came(*came)
    if ends_in:
        assert refused(conference, without).code == ends_in
        return
    meeting = finish_meeting(conference.pen(), without)
    here.session.commit()
    assert (meeting.state, meeting.held_at) == ("held", minutes(60))
    kept = here.session.get_one(PlanRevision, meeting.revision_id)
    assert (kept.kind, kept.finished_by) == ("annual", here.teacher.person_id)
    if without is SAID:
        assert meeting.exception_attempts == "Three calls and a letter"
    assert (meeting.exception_reason == OF_AGE) is bool(without and without.is_of_age)
    assert verify(here.session, here.plan.id) == []


@pytest.mark.parametrize("kind", REVISES)
@pytest.mark.parametrize("decides", [True, False])
def test_other_kinds_need_somebody_and_keep_what_was_decided(
    here: Planning, kind: str, decides: bool
) -> None:
    goal = here.goal()
    conference = Conference(here, kind)
    assert refused(conference).code == "meeting_nobody_there"
    conference.came(*(ALL if kind == "annual" else ("teacher",)))
    if decides:
        conference.note(goal, "continue")
    meeting = finish_meeting(conference.pen())
    kept = here.session.get(PlanRevision, meeting.revision_id) if meeting.revision_id else None
    assert (kept is not None) is (decides or kind in {"annual", "initial", "transition"})
    assert kept is None or kept.kind == REVISES[kind]


def test_each_outcome_becomes_the_plan_with_its_reason(here: Planning, conference: Conference) -> None:
    names = ("met", "continue", "extend", "revise", "remove", "not_met")
    goals = {name: here.goal(statement=f"A goal to be {name}", state="active") for name in names}
    step = here.step(goals["remove"], text="Only for this")
    for name, goal in goals.items():
        changes = {
            "extend": {"target_on": "2027-03-01", "statement": "is no part of it"},
            "revise": {"statement": "Run 10 km", "measure": "By my watch"},
        }.get(name, {})
        conference.note(goal, name, next_step="Go on", text=f"Because {name}", **changes)
    conference.came(*ALL)
    assert obstacles(here.session, here.plan, conference.row) == ()
    meeting = finish_meeting(conference.pen())
    here.session.commit()
    state = {
        name: here.session.get_one(Goal, goal.id, populate_existing=True) for name, goal in goals.items()
    }
    assert {name: goal.state for name, goal in state.items()} == {
        "met": "met",
        "continue": "active",
        "extend": "active",
        "revise": "active",
        "remove": "removed",
        "not_met": "not_met",
    }
    assert str(state["extend"].target_on) == "2027-03-01"
    assert state["extend"].statement == "A goal to be extend"
    assert (state["revise"].statement, state["revise"].measure) == ("Run 10 km", "By my watch")
    here.session.refresh(step)
    assert step.removed_at == minutes(90)
    reviews = here.session.scalars(
        select(GoalReview).where(GoalReview.revision_id == meeting.revision_id)
    ).all()
    assert {one.reason for one in reviews} == {f"Because {name}" for name in names}
    assert {one.next_step for one in reviews} == {"Go on"}
    causes = here.session.scalars(
        select(PlanChange.cause).where(PlanChange.revision_id == meeting.revision_id)
    ).all()
    assert set(causes) == {f"meeting:{meeting.id}", f"goal:{goals['remove'].id}"}
    assert verify(here.session, here.plan.id) == []
    assert here.plan.formally_updated_at == minutes(90)


def test_it_goes_on_with_what_the_student_began(here: Planning, conference: Conference) -> None:
    goal, other = here.goal(), here.goal()
    review_goal(here.editor(3), goal.id, 1, ReviewDraft("continue", "reflection", "I looked at it myself"))
    here.editor(4).edit("goal", other.id, 1, {"statement": "Swim"}, Why())
    conference.came(*ALL)
    (left,) = obstacles(here.session, here.plan, conference.row)
    assert (left.code, left.goal_id) == ("revision_open", other.id)
    assert refused(conference).code == "revision_open"
    conference.note(other, "revise")
    meeting = finish_meeting(conference.pen())
    kept = here.session.get_one(PlanRevision, meeting.revision_id)
    assert (kept.number, kept.kind, kept.opened_by) == (1, "annual", here.student.person_id)
    assert verify(here.session, here.plan.id) == []


@pytest.mark.parametrize(
    ("outcome", "values", "field"),
    [
        ("met", {"text": "  "}, "text"),
        ("continue", {"reason_category": ""}, "reason_category"),
        ("extend", {}, "target_on"),
    ],
)
def test_a_decision_without_its_words(
    here: Planning, conference: Conference, outcome: str, values: dict[str, Any], field: str
) -> None:
    first, goal = here.goal(), here.goal()
    conference.came(*ALL)
    conference.note(first, "met")
    conference.note(goal, outcome, **values)
    (left,) = obstacles(here.session, here.plan, conference.row)
    assert (left.goal_id, left.field) == (goal.id, field)
    problem = refused(conference)
    assert (problem.code, problem.details) == ("field_missing", {"goal": goal.id, "field": field})


def test_a_goal_that_was_changed_meanwhile(here: Planning, conference: Conference) -> None:
    first, goal = here.goal(), here.goal()
    conference.came(*ALL)
    conference.note(first, "met")
    conference.note(goal, "continue")
    here.editor(80).edit("goal", goal.id, 1, {"statement": "Run a marathon"})
    here.session.commit()
    assert [one.code for one in obstacles(here.session, here.plan, conference.row)] == [
        "meeting_goal_changed"
    ]
    problem = refused(conference)
    assert (problem.code, problem.status, problem.details["goal"]) == ("meeting_goal_changed", 409, goal.id)
    # They look at its new words together, and leave their note as it is.
    save_note(conference.convener(), conference.id, goal.id, 2, 1, {})
    assert finish_meeting(conference.pen()).state == "held"


def test_what_keeps_a_goal_from_going_is_said_of_that_goal(here: Planning, conference: Conference) -> None:
    first = here.goal()
    far = here.goal(horizon="long")
    here.goal(parent_id=far.id)
    conference.came(*ALL)
    conference.note(first, "met")
    conference.note(far, "remove")
    problem = refused(conference)
    assert (problem.code, problem.details["goal"]) == ("goal_has_parts", far.id)


def test_steps_are_answered_for(here: Planning, conference: Conference) -> None:
    goal = here.goal()
    here.step(goal)
    conference.came(*ALL)
    conference.note(goal, "revise", statement="Run 10 km")
    assert refused(conference).code == "revision_open"
    save_note(conference.convener(), conference.id, goal.id, 1, 1, {"steps_stay": True})
    assert finish_meeting(conference.pen()).state == "held"


def test_a_goal_that_the_student_took_back_for_herself_is_left_alone(
    here: Planning, conference: Conference
) -> None:
    goal = here.goal()
    conference.came(*ALL)
    conference.note(goal, "met")
    here.editor(80).edit("goal", goal.id, 1, {"audience": "me"})
    assert obstacles(here.session, here.plan, conference.row) == ()
    finish_meeting(conference.pen())
    assert here.session.get_one(Goal, goal.id, populate_existing=True).state == "draft"
    assert here.session.scalars(select(GoalReview)).all() == []


def test_reflections_of_the_time_since_the_last_version(here: Planning, conference: Conference) -> None:
    template = here.school.template(here.teacher)
    sent: list[int] = []
    for at, audience in ((5, "team"), (20, "family"), (30, "me"), (40, "")):
        link = here.school.link(template)
        save_answer(here.session, here.student, link, "q1", "I learned", 0, minutes(at))
        row = here.session.scalars(select(Reflection).order_by(Reflection.id.desc()).limit(1)).one()
        if audience:
            submit(here.session, here.student, link, minutes(at))
            row.audience = audience
        sent.append(row.id)
    begin_revision(here.editor(10))
    finish_revision(here.editor(10))
    conference.came(*ALL)
    meeting = finish_meeting(conference.pen())
    linked = select(RevisionReflection.reflection_id).where(
        RevisionReflection.revision_id == meeting.revision_id
    )
    assert here.session.scalars(linked).all() == [sent[1]]


def test_it_takes_what_the_policy_asks_and_a_meeting_of_this_plan(
    here: Planning, conference: Conference
) -> None:
    with pytest.raises(NotAllowed) as problem:
        conference.pen(taught=False)
    assert problem.value.code == "may_not_finish_revision"
    other = Conference(here, "interim")
    cancel_meeting(other.convener(), other.id)
    with pytest.raises(PlpError) as over:
        finish_meeting(other.pen())
    assert over.value.code == "meeting_over"
    conference.id += 1000
    with pytest.raises(NotFound):
        finish_meeting(conference.pen())


def test_who_left_the_course_in_the_middle_is_no_longer_theirs(
    here: Planning, conference: Conference
) -> None:
    conference.came(*ALL)
    conference.note(here.goal(), "met")
    with pytest.raises(NotAllowed):
        finish_meeting(conference.pen(taught=False))
    here.session.rollback()
    assert conference.row.state == "planned"
    assert here.session.scalars(select(GoalReview)).all() == []


def test_the_meetings_pen_writes_nothing_else(here: Planning, conference: Conference) -> None:
    goal = here.goal()
    step = here.step(goal)
    pen = conference.pen()
    for act in (
        lambda: pen.add("goal", {"statement": "An adult's goal"}),
        lambda: pen.add("entry", {"kind": "strength", "text": "Strong"}),
        lambda: pen.edit("goal", goal.id, 1, {"why": "Because I say so"}),
        lambda: pen.edit("goal", goal.id, 1, {"audience": "public"}),
        lambda: pen.edit("step", step.id, 1, {"text": "Run more"}),
        lambda: pen.remove("step", step.id),
        lambda: pen.restore("goal", goal.id),
        lambda: pen.settle(PLAN, here.plan, {"revision": 9}),
        lambda: pen.settle(GOAL, goal, {"state": "met", "position": 3}),
    ):
        with pytest.raises(NotAllowed):
            act()


@pytest.mark.parametrize("rivals", [2, 5])
def test_several_finish_at_once_and_one_of_them_does(
    sessions: sessionmaker[Session], here: Planning, conference: Conference, rivals: int
) -> None:
    goal = here.goal()
    conference.came(*ALL)
    conference.note(goal, "met")
    here.session.commit()
    gate = Barrier(rivals)

    def finish(_: int) -> str:
        with sessions() as session:
            # Each has the meeting in sight before anybody finishes, as on a page.
            seen = session.get_one(Meeting, conference.id)
            session.commit()
            gate.wait()
            try:
                with session.begin():
                    assert seen.state == "planned"
                    finish_meeting(conference.pen(session))
                return "done"
            except PlpError as problem:
                return f"{problem.code} {problem.status}"

    with ThreadPoolExecutor(rivals) as pool:
        ends = list(pool.map(finish, range(rivals)))
    assert sorted(ends) == ["done", *["meeting_held 409"] * (rivals - 1)]
    assert here.session.scalar(select(func.count()).select_from(PlanRevision)) == 1
    assert here.session.scalar(select(func.count()).select_from(GoalReview)) == 1
    assert verify(here.session, here.plan.id) == []
