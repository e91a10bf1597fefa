"""How long acts really take, told by what is stored anyway."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, Select, select
from sqlalchemy.orm import Session

from lti_plp.lms.models import Person
from lti_plp.plp.actor import Actor
from lti_plp.plp.models import (
    Comment,
    KeptAnswer,
    Meeting,
    Reflection,
    ReflectionAnswer,
    ReflectionRating,
    ReflectionSubmission,
)
from lti_plp.plp.plans import PlanEditor, open_plan
from lti_plp.plp.revisions import ReviewDraft, finish_revision, review_goal
from lti_plp.plp.time_spent import (
    PAUSE,
    Measured,
    feedback_lengths,
    length_of_sittings,
    measure,
    percentile,
)
from tests.factories import NOON, School, counted, make_school, minutes
from tests.plp.planning import vocabulary

BEFORE = NOON - timedelta(days=1)


class TestPercentile:
    @pytest.mark.parametrize(
        ("values", "percent", "expected"),
        [
            ([7.0], 50, 7),
            ([7.0], 90, 7),
            ([1.0, 2.0], 50, 1),
            ([4.0, 1.0, 3.0, 2.0], 50, 2),
            ([1.0, 2.0, 3.0], 50, 2),
            ([float(n) for n in range(10, 0, -1)], 90, 9),
            ([float(n) for n in range(1, 12)], 90, 10),
            ([15.0, 20.0, 35.0, 40.0, 50.0], 30, 20),
            ([15.0, 20.0, 35.0, 40.0, 50.0], 100, 50),
            ([5.0, 1.0], 0, 1),
        ],
    )
    def test_nearest_rank(self, values: list[float], percent: int, expected: float) -> None:
        assert percentile(values, percent) == expected

    @given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.integers(1, 100))
    def test_so_many_do_not_exceed_it(self, values: list[float], percent: int) -> None:
        found = percentile(values, percent)
        assert found in values
        assert sum(one <= found for one in values) * 100 >= percent * len(values)
        assert sum(one < found for one in values) * 100 < percent * len(values)

    def test_of_nothing(self) -> None:
        with pytest.raises(ValueError, match="no percentile"):
            percentile([], 50)


@pytest.mark.parametrize(
    ("times", "length"),
    [([], 0), ([3], 0), ([0, 2, 3], 3), ([0, 4.99], 4.99), ([0, 5], 0), ([10, 0, 2, 11], 3)],
)
def test_sittings(times: Sequence[float], length: float) -> None:
    assert length_of_sittings(minutes(one) for one in times) == timedelta(minutes=length)


@pytest.mark.parametrize(
    ("acts", "lengths"),
    [
        ([(0, 1)], [0]),
        ([(0, 1), (1, 2), (3, 3)], [0, 1, 2]),
        # Two words to one student are one feedback.
        ([(0, 1), (1, 2), (2.5, 2), (3, 3)], [0, 2.5, 0.5]),
        # Where the beginning is not known, a second word does not tell it.
        ([(0, 1), (1, 1), (2, 2)], [0, 1]),
        # After a pause the next one is a first one.
        ([(0, 1), (5, 2), (6, 3)], [0, 0, 1]),
        ([(0, 1), (1, 2), (9, 2)], [0, 1, 0]),
    ],
)
def test_feedback(acts: list[tuple[float, int]], lengths: list[float]) -> None:
    given = [(minutes(at), student) for at, student in acts]
    assert [length for _, length in feedback_lengths(reversed(given))] == [
        timedelta(minutes=one) for one in lengths
    ]


class TestFigures:
    def measured(self, *people: int) -> Measured:
        found = Measured()
        for number, person in enumerate(people):
            found.add(
                "reflection", person, NOON + timedelta(days=number % 2 * 7), timedelta(seconds=number + 1)
            )
        return found

    def test_fewer_than_five_people_are_nobodys_business(self) -> None:
        assert self.measured(1, 2, 3, 4, 1, 2, 3, 4).figures() == {}
        shown = self.measured(1, 2, 3, 4, 5).figures()["reflection"]
        assert (shown.times, shown.people, shown.p50, shown.p90) == (5, 5, 3, 5)

    def test_by_week(self) -> None:
        weeks = self.measured(*(n // 2 for n in range(11))).weeks()["reflection"]
        monday = NOON.date() - timedelta(days=NOON.weekday())
        # In the second week there were five people, in the first six.
        assert {day: one.people for day, one in weeks.items()} == {monday: 6, monday + timedelta(days=7): 5}
        assert self.measured(*range(9)).weeks()["reflection"].keys() == {monday}

    def test_what_has_no_length_is_unknown(self) -> None:
        found = self.measured(1)
        found.add("evidence", 1, NOON, timedelta())
        assert (len(found.spent), found.unknown["evidence"]) == (1, 1)


class Class:
    """A class whose work is measured."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.school: School = make_school(session)
        self.teacher = self.school.teacher()
        self.link = self.school.link(self.school.template(self.teacher))

    @property
    def people(self) -> Select[Any]:
        return select(Person.id).where(Person.tenant_id == self.school.tenant_id)

    def measured(self, since: datetime = BEFORE) -> Measured:
        return measure(self.session, self.people, since)

    def lengths(self, act: str) -> list[float]:
        """Minutes of each."""
        return sorted(one.seconds / 60 for one in self.measured().spent if one.act == act)

    def editor(self, student: Actor, at: float) -> PlanEditor:
        plan = open_plan(self.session, student, minutes(at))
        return PlanEditor(self.session, plan, student, vocabulary, minutes(at))

    def first_plan(self, student: Actor, *extra: float) -> int:
        """Begun at 0, a goal at 2 and a step at 4 minutes; its goal."""
        self.editor(student, 0).add("entry", {"kind": "interest", "text": "Robots"})
        for at in extra:
            self.editor(student, at).add("entry", {"kind": "interest", "text": "More"})
        goal = self.editor(student, 2).add("goal", {"statement": "Run 5 km"})
        self.editor(student, 4).add("step", {"text": "Run on Tuesdays", "goal_ids": [goal.id]})
        return int(goal.id)

    def reflection(self, student: Actor, sent: float, *saves: float, **facts: Any) -> Reflection:
        row = Reflection(
            tenant_id=self.school.tenant_id,
            person_id=student.person_id,
            template_id=self.link.template_id,
            resource_link_id=self.link.resource_link_id,
            state="submitted",
            started_at=minutes(0),
            saved_at=minutes(sent),
            submitted_at=minutes(sent),
            **facts,
        )
        self.session.add(row)
        self.session.flush()
        self.session.add(
            ReflectionSubmission(reflection_id=row.id, number=1, answers={}, submitted_at=minutes(sent))
        )
        for number, at in enumerate(saves):
            self.session.add(
                ReflectionAnswer(
                    reflection_id=row.id,
                    question_key=f"q{number}",
                    text="-",
                    revision=1,
                    saved_at=minutes(at),
                )
            )
        self.session.flush()
        return row


@pytest.fixture
def group(session: Session) -> Class:
    return Class(session)


def test_a_first_plan_ends_with_the_first_step(group: Class) -> None:
    maya = group.school.student()
    goal = group.first_plan(maya)
    group.editor(maya, 5).add("step", {"text": "Rest on Mondays", "goal_ids": [goal]})
    assert group.lengths("first_plan") == [4]


def test_a_plan_without_a_step_is_not_finished(group: Class) -> None:
    group.editor(group.school.student(), 0).add("goal", {"statement": "Run"})
    assert group.lengths("first_plan") == []
    assert group.measured().unknown["first_plan"] == 0


def test_a_plan_that_was_begun_before_is_not_a_first_one(group: Class) -> None:
    group.first_plan(group.school.student())
    assert group.measured(minutes(1)).spent == []


def test_evidence_since_what_was_saved_before(group: Class) -> None:
    maya, leo = group.school.student(), group.school.student()
    goal = group.first_plan(maya)
    evidence = {"medium": "text", "text": "I ran", "goal_ids": [goal]}
    group.editor(maya, 4.5).add("evidence", evidence)
    group.editor(maya, 20).add("evidence", evidence)
    other = group.first_plan(leo)
    group.editor(leo, 6).add("evidence", evidence | {"goal_ids": [other]})
    found = group.measured()
    assert group.lengths("evidence") == [0.5, 2]
    assert found.unknown["evidence"] == 1


def test_a_revision_in_sittings(group: Class) -> None:
    maya = group.school.student()
    goal = group.first_plan(maya)
    review_goal(group.editor(maya, 30), goal, 1, ReviewDraft("continue", "reflection", "It goes well"))
    group.editor(maya, 31).add("step", {"text": "Rest", "goal_ids": [goal]})
    group.editor(maya, 33).add("step", {"text": "Stretch", "goal_ids": [goal]})
    group.editor(maya, 60).add("step", {"text": "Sleep", "goal_ids": [goal]})
    finish_revision(group.editor(maya, 62), "Mine")
    assert group.lengths("revision") == [5]


def test_a_reflection_without_its_pauses(group: Class) -> None:
    maya, leo, eli, noor = (group.school.student() for _ in range(4))
    group.reflection(maya, 4, 1, 3)
    row = group.reflection(leo, 30, 27)
    group.session.add(
        KeptAnswer(reflection_id=row.id, question_key="q0", text="-", reason="replaced", kept_at=minutes(2))
    )
    group.session.flush()
    group.reflection(eli, 8)
    # What a family says, and what somebody else wrote, is not a student's own time.
    group.reflection(noor, 3, voice="family")
    assert group.lengths("reflection") == [4, 5]
    assert group.measured().unknown["reflection"] == 1
    assert {one.person_id for one in group.measured().spent} == {maya.person_id, leo.person_id}


def test_what_came_after_sending_is_not_part_of_it(group: Class) -> None:
    group.reflection(group.school.student(), 4, 2, 6)
    assert group.lengths("reflection") == [4]


def test_feedback_of_ratings_and_comments(group: Class) -> None:
    maya, leo, eli = (group.school.student() for _ in range(3))
    for at, student in ((100.0, maya), (101.0, leo)):
        row = group.reflection(student, 3)
        sent = group.session.scalars(
            select(ReflectionSubmission.id).where(ReflectionSubmission.reflection_id == row.id)
        ).one()
        group.session.add(
            ReflectionRating(
                reflection_id=row.id,
                submission_id=sent,
                rater_id=group.teacher.person_id,
                rated_at=minutes(at),
            )
        )
    plan = open_plan(group.session, eli, minutes(0))
    said = {"plan_id": plan.id, "item_kind": "plan", "item_id": plan.id, "text": "-"}
    for at, author, role in (
        (101.5, group.teacher, "teacher"),
        (101.6, eli, "student"),
        (101.7, maya, "family"),
    ):
        group.session.add(Comment(**said, author_id=author.person_id, author_role=role, said_at=minutes(at)))
    group.session.flush()
    assert group.lengths("feedback") == [0.5, 1]
    assert {one.person_id for one in group.measured().spent if one.act == "feedback"} == {
        group.teacher.person_id
    }


def test_meetings_that_were_held(group: Class) -> None:
    maya = group.school.student()
    plan = open_plan(group.session, maya, minutes(0))
    for state, length in (("held", 25), ("planned", 40), ("cancelled", 50)):
        group.session.add(
            Meeting(
                plan_id=plan.id,
                kind="annual",
                state=state,
                starts_at=minutes(0),
                minutes=length,
                held_at=minutes(0) if state == "held" else None,
                made_by=group.teacher.person_id,
                made_at=minutes(0),
            )
        )
    group.session.flush()
    assert group.lengths("meeting") == [25]


def test_only_of_these_students(group: Class, session: Session) -> None:
    other = make_school(session, "Birch Falls", "https://lms.birchfalls.example")
    group.first_plan(other.student())
    assert group.measured().spent == []


def test_a_large_class_costs_no_more_statements(group: Class, engine: Engine) -> None:
    group.first_plan(group.school.student())
    with counted(engine) as few:
        group.measured()
    for _ in range(30):
        student = group.school.student()
        group.first_plan(student)
        group.reflection(student, 3)
    with counted(engine) as many:
        found = group.measured()
    assert len(found.spent) == 61
    assert len(many) == len(few) <= 10


def test_a_pause_is_five_minutes() -> None:
    assert timedelta(minutes=5) == PAUSE
