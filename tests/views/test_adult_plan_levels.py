"""What stands behind steps and goals on a student's plan, for those who teach or advise her, and on paper."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from lti_plp.lms.coursework import take
from lti_plp.lms.models import Course, Relationship
from lti_plp.lms.work import Work, WorkResult
from lti_plp.plp.actor import Role
from lti_plp.plp.growth.frameworks import read_one
from lti_plp.plp.growth.ratings import RatingDraft, rate
from lti_plp.plp.items import item_kind
from lti_plp.plp.policy import PlanWork
from lti_plp.plp.standing import Standing
from tests.factories import counted
from tests.views import conftest as pages
from tests.views.conftest import RIVERA, School
from tests.views.test_adult_plan import OKAFOR, OTHER
from tests.views.test_mapping import Class, bands, send, tie
from tests.views.test_plan_history import words

school = pages.school


@pytest.fixture
def there(app: Flask, school: School) -> Class:
    return Class(app, school)


def student(there: Class) -> str:
    return f"students/{there.maya.actor().person_id}"


def essay(there: Class) -> str:
    """The essay is graded and shows a proficiency, and a step is done from Proficient on; the proficiency's id."""
    there.gradebook.tell("14")
    proficiency = there.proficiency()
    send(there, "save", *bands("0", "35", "70", "85"))
    assert tie(there, when=f"level:{proficiency}:P") == 303
    return proficiency


def related(there: Class, kind: str) -> None:
    """The school said what Okafor has to do with Maya."""
    maya, now = there.maya.actor(), there.maya.toolbox.clock()
    with there.maya.toolbox.sessions.begin() as session:
        session.add(
            Relationship(
                tenant_id=maya.tenant_id,
                adult_id=there.maya.actor(OKAFOR).person_id,
                student_id=maya.person_id,
                kind=kind,
                valid_from=now.date(),
                made_at=now,
            )
        )


def change(there: Class, kind: str, item_id: int, **fields: object) -> None:
    with there.maya.editor() as editor:
        item: Any = editor.item(item_kind(kind), item_id)
        editor.edit(kind, item_id, item.version, fields)


class TestWhereAGradeComesFrom:
    def test_the_teacher_reads_what_the_student_reads(self, there: Class) -> None:
        essay(there)
        page = there.page(there.rivera, student(there))
        for said in (
            "14 of 20 · Proficient · Reached",
            "English 9, Canvas",
            "by the teacher’s rule, version 1",
            "Done from this level on: Proficient: I make myself understood.",
            "Graded",
        ):
            assert said in page
        assert "your teacher’s rule" not in page
        there.gradebook.tell("2")
        page = there.page(there.rivera, student(there))
        assert "2 of 20 · Beginning · Not yet" in page
        assert "Before: 14 of 20" in page

    def test_it_opens_under_the_pointer_and_by_focus(self, there: Class) -> None:
        essay(there)
        assert "data-from-where" in there.rivera.get(student(there))

    @pytest.mark.parametrize("hidden", ["step", "goal"])
    def test_a_step_of_her_own_stays_hers(self, there: Class, hidden: str) -> None:
        essay(there)
        change(there, hidden, there.ids["soon" if hidden == "step" else "goal"], audience="me")
        page = there.page(there.rivera, student(there))
        assert "14 of 20" not in page
        assert "14 of 20" in there.page(there.maya, f"plan/steps/{there.ids['soon']}")

    @pytest.mark.parametrize(
        ("kind", "status"), [("advisor", 200), ("mentor", 403), ("advocate", 403), (None, 404)]
    )
    def test_who_is_no_teacher_of_hers(
        self, there: Class, school: School, kind: str | None, status: int
    ) -> None:
        essay(there)
        visitor = school.enter(OKAFOR, link="link-9", **OTHER)
        if kind:
            related(there, kind)
        answer = visitor.get(student(there))
        assert answer.status_code == status
        assert ("14 of 20" in words(answer.get_data(as_text=True))) is (status == 200)

    def test_as_many_statements_whatever_there_is(self, there: Class) -> None:
        proficiency = essay(there)
        there.rivera.get(student(there))
        with counted(there.maya.toolbox.engine) as few:
            there.rivera.get(student(there))
        told(
            there, [("essay", "points", "14", ""), ("talk", "points", "9", ""), ("poem", "letter", None, "B")]
        )
        for number, name in enumerate(("late", "soon", "done"), 1):
            for when in ("submitted", f"level:{proficiency}:P"):
                there.maya.visitor.post(
                    f"plan/steps/{there.ids[name]}/coursework", work=str(number), when=when
                )
                there.maya.visitor.post(f"plan/steps/{there.ids[name]}/coursework", work="1", when=when)
        with counted(there.maya.toolbox.engine) as many:
            page = there.page(there.rivera, student(there))
        assert page.count("Where this comes from") == 5
        assert len(many) == len(few)


def told(there: Class, works: Sequence[tuple[str, str, str | None, str]]) -> None:
    """An LMS that tells of some works, each with what Maya got."""
    now = there.maya.toolbox.clock()
    person_id, points = there.maya.actor().person_id, Decimal(20)
    listed = [
        Work(name, name.title(), grading, points if grading == "points" else None)
        for name, grading, *_ in works
    ]
    results = [
        WorkResult(
            name,
            person_id,
            "graded",
            score=None if score is None else Decimal(score),
            grade=grade,
            graded_at=now - timedelta(hours=1),
        )
        for name, _, score, grade in works
    ]
    with there.maya.toolbox.sessions.begin() as session:
        take(session, session.get_one(Course, there.gradebook.course_id), listed, results, "canvas", now)


class TestWhatWorkCanBeAsked:
    """A condition offers what the chosen work itself gives."""

    def test_each_its_own(self, there: Class) -> None:
        told(there, [("essay", "points", "14", ""), ("poem", "letter", None, "B")])
        send(there, "save", *bands("0", "35", "70", "85"))
        step = f"plan/steps/{there.ids['soon']}"
        first = there.page(there.maya, f"{step}?work=1")
        assert "“Essay” is done …" in first
        assert "from Proficient on: I make myself understood." in first
        assert "at least this much of the points" in first
        second = there.page(there.maya, f"{step}?work=2")
        assert "“Poem” is done …" in second
        assert "from Proficient on" not in second
        assert "at least this much of the points" not in second

    def test_work_that_she_does_not_have_is_not_chosen(self, there: Class) -> None:
        told(there, [("essay", "points", "14", "")])
        assert "“Essay” is done …" in there.page(there.maya, f"plan/steps/{there.ids['soon']}?work=99")

    def test_what_was_refused_stays_chosen(self, there: Class) -> None:
        told(there, [("essay", "points", "14", ""), ("poem", "letter", None, "B")])
        answer = there.maya.visitor.post(
            f"plan/steps/{there.ids['soon']}/coursework", work="2", when="share", share="70"
        )
        assert answer.status_code == 303
        assert "work=2" in answer.location


class TestProficienciesOfAGoal:
    @pytest.fixture
    def about(self, there: Class) -> int:
        """The goal is about a proficiency, which the teacher rated."""
        there.gradebook.tell("14")
        proficiency = int(there.proficiency())
        change(there, "goal", there.ids["goal"], proficiency_ids=[proficiency])
        teacher, box, maya = there.maya.actor(RIVERA, Role.INSTRUCTOR), there.maya.toolbox, there.maya.actor()
        work = PlanWork(maya.tenant_id, maya.person_id, "team", frozenset({Standing.TEACHER}))
        with box.sessions.begin() as session:
            tree = read_one(session, maya.tenant_id, proficiency)
            rate(session, teacher, work, tree, RatingDraft(proficiency, "D", box.clock()), box.clock())
        return proficiency

    SAID = "Proficiencies I make myself understood. ▲ Developing"

    def test_on_the_page_of_those_who_teach_her(self, there: Class, about: int) -> None:
        assert self.SAID in there.page(there.rivera, student(there))
        assert f'{student(there)}/proficiencies/{about}"' in there.rivera.get(student(there))

    @pytest.mark.parametrize(
        ("reader", "audience", "shown"),
        [
            ("team", "team", True),
            ("team", "me", False),
            ("family", "team", False),
            ("family", "family", True),
            ("me", "me", True),
        ],
    )
    @pytest.mark.usefixtures("about")
    def test_on_paper_for_whom_the_goal_is(
        self, there: Class, reader: str, audience: str, shown: bool
    ) -> None:
        change(there, "goal", there.ids["goal"], audience=audience)
        assert (self.SAID in there.page(there.maya, f"plan/print?reader={reader}")) is shown

    @pytest.mark.usefixtures("about")
    def test_paper_without_goals_asks_for_no_levels(self, there: Class) -> None:
        assert "Developing" not in there.page(there.maya, "plan/print?part=information")

    def test_before_anybody_rated(self, there: Class) -> None:
        there.gradebook.tell("14")
        change(there, "goal", there.ids["goal"], proficiency_ids=[int(there.proficiency())])
        assert "I make myself understood. No level yet" in there.page(there.maya, "plan/print")
