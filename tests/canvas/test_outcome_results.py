"""Results of outcomes become ratings by the mapping that Canvas itself says, once each, and nothing that is hidden."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import aliased

from lti_plp.canvas.scopes import ASSIGNMENTS, SUBMISSIONS
from lti_plp.lms.coursework_models import MappingRule, MappingRuleVersion
from lti_plp.lms.gateway import TryLater
from lti_plp.lms.mapping_rules import Wanted, choosable, end_rule, save_rule, suggestions, targets_of
from lti_plp.lms.own_coursework import own_coursework
from lti_plp.lms.stored_outcomes import courses_about_outcomes, follow_stored
from lti_plp.plp.models import Framework, Rating
from lti_plp.plp.policy import Place
from tests.canvas.conftest import Classroom
from tests.canvas.test_faults import refused
from tests.canvas.test_outcomes import RATINGS, outcome, publish_it

LEVELS = [{"id": f"r{one['points']}", **one} for one in RATINGS]
QUIZ = {"id": "quiz_12", "name": "Practice quiz"}


def rubric(number: int, **facts: Any) -> dict[str, Any]:
    """A rubric with one criterion, which stands for an outcome."""
    one = {"id": "_1", "points": 4, "description": "Argue", "outcome_id": number, "ratings": LEVELS, **facts}
    return {"criteria": [one]}


def assess(classroom: Classroom, assignment: int, points: float, person: str = "maya") -> None:
    said = {"_1": {"points": points, "rating_id": f"r{points}"}}
    classroom.grade(assignment, 18, person, rubric=said)


def result(classroom: Classroom, number: int, assignment: int, score: Any, **facts: Any) -> None:
    told = {"outcome": number, "assignment": assignment, "person": "maya", "score": score, **facts}
    classroom.canvas.control("outcome_results", told)


def ratings(classroom: Classroom, person: str = "maya") -> list[Rating]:
    """Those that count, and that say something."""
    later = aliased(Rating)
    with classroom.sessions() as session:
        rows = session.scalars(
            select(Rating)
            .where(
                Rating.person_id == classroom.students[person].person_id,
                Rating.value.is_not(None),
                ~select(later.id).where(later.replaces_id == Rating.id).exists(),
            )
            .order_by(Rating.id)
        )
        return list(rows)


def values(classroom: Classroom, person: str = "maya") -> list[Decimal | None]:
    return [one.value for one in ratings(classroom, person)]


def rules(classroom: Classroom) -> list[MappingRule]:
    with classroom.sessions() as session:
        return list(session.scalars(select(MappingRule).order_by(MappingRule.id)))


def place(classroom: Classroom) -> Place:
    return Place(classroom.school.tenant_id, classroom.school.course_id)


@pytest.fixture
def argue(classroom: Classroom) -> int:
    """An outcome that was brought in."""
    made = outcome(classroom)
    publish_it(classroom)
    return made


@pytest.fixture
def lab(classroom: Classroom, argue: int) -> int:
    """An assignment whose rubric is about it; Maya's was rated, and read."""
    made = classroom.assignment("Lab report", points_possible=20, rubric=rubric(argue))
    classroom.submit(made)
    assess(classroom, made, 3)
    classroom.read()
    return made


class TestCriteria:
    @pytest.mark.usefixtures("lab")
    def test_one_is_rated_by_itself_and_says_so(self, classroom: Classroom, argue: int) -> None:
        (rating,) = ratings(classroom)
        assert rating.value == Decimal(3)
        (rule,) = rules(classroom)
        assert rule.outcome.endswith(f":outcome:{argue}")
        assert rating.provenance["outcome"] == rule.outcome
        with classroom.sessions() as session:
            (version,) = session.scalars(select(MappingRuleVersion))
            assert version.made_by is None

    def test_it_counts_once_though_canvas_tells_it_twice(self, classroom: Classroom, lab: int) -> None:
        told = classroom.canvas.api(classroom.teacher_key).read(f"courses/{classroom.number}/outcome_results")
        assert len(told["outcome_results"]) == 1
        assert len(ratings(classroom)) == 1
        assert [one["id"] for one in classroom.works()["Lab report"].parts] == ["_1"]

    def test_the_same_again_changes_nothing(self, classroom: Classroom, lab: int) -> None:
        before = classroom.results(), [one.id for one in ratings(classroom)]
        classroom.read(whole=True)
        classroom.read()
        assert (classroom.results(), [one.id for one in ratings(classroom)]) == before
        assert [one.version for one in rules(classroom)] == [1]

    def test_what_a_teacher_keeps_from_counting_does_not_count(
        self, classroom: Classroom, lab: int, argue: int
    ) -> None:
        result(classroom, argue, lab, 3, hidden=True)
        classroom.read()
        assert values(classroom) == []
        assert [one.ended_at is None for one in rules(classroom)] == [False]
        classroom.read(whole=True)
        assert values(classroom) == []
        # One of them that counts is enough: the teacher has changed her mind.
        assess(classroom, lab, 4, "leo")
        classroom.read()
        assert (values(classroom), values(classroom, "leo")) == ([Decimal(3)], [Decimal(4)])

    def test_a_changed_assessment_follows(self, classroom: Classroom, lab: int) -> None:
        assess(classroom, lab, 4)
        classroom.read()
        assert values(classroom) == [Decimal(4)]

    def test_what_came_before_the_framework_follows_at_the_next_reading(self, classroom: Classroom) -> None:
        number = outcome(classroom)
        made = classroom.assignment("Lab report", rubric=rubric(number))
        assess(classroom, made, 2)
        classroom.read()
        assert rules(classroom) == []
        publish_it(classroom)
        classroom.read()
        assert values(classroom) == [Decimal(2)]

    def test_what_came_before_the_framework_counts_without_another_reading(
        self, classroom: Classroom
    ) -> None:
        number = outcome(classroom)
        made = classroom.assignment("Lab report", rubric=rubric(number))
        assess(classroom, made, 2)
        quiz = classroom.assignment("Quiz", points_possible=10)
        classroom.submit(quiz)
        classroom.grade(quiz, 8, "leo")
        result(classroom, number, quiz, 4, person="leo")
        classroom.read()
        publish_it(classroom)
        with classroom.sessions.begin() as session:
            assert courses_about_outcomes(session, classroom.school.tenant_id) == [classroom.school.course_id]
            assert follow_stored(session, classroom.school.course_id, classroom.clock()) == 2
        assert (values(classroom), values(classroom, "leo")) == ([Decimal(2)], [Decimal(4)])
        before = [one.id for one in ratings(classroom)]
        # Neither a second signal nor the next reading makes anything anew.
        with classroom.sessions.begin() as session:
            assert follow_stored(session, classroom.school.course_id, classroom.clock()) == 0
        classroom.read(whole=True)
        assert [one.id for one in ratings(classroom)] == before
        assert [one.version for one in rules(classroom)] == [1, 1]

    def test_a_vendors_name_is_enough(self, classroom: Classroom) -> None:
        number = outcome(classroom, vendor_guid="VT.1")
        publish_it(classroom)
        made = classroom.assignment("Lab report", rubric=rubric(number, vendor_guid="VT.1"))
        assess(classroom, made, 2)
        classroom.read()
        assert values(classroom) == [Decimal(2)]

    def test_of_a_framework_from_elsewhere_it_is_a_suggestion_only(self, classroom: Classroom) -> None:
        number = outcome(classroom, vendor_guid="VT.1")
        publish_it(classroom)
        with classroom.sessions.begin() as session:
            session.scalars(select(Framework)).one().guid = "canvas:other.example:course:1"
        classroom.assignment(
            "Lab report", rubric=rubric(number, vendor_guid="VT.1", description="Other words")
        )
        classroom.read()
        assert rules(classroom) == []
        with classroom.sessions() as session:
            rated = choosable(session, classroom.school.tenant_id)
            found = suggestions(targets_of(session, classroom.teacher, place(classroom)), rated)
        assert [(part, one.guid) for (_, part), one in found.items()] == [("_1", "VT.1")]


class TestATeachersWord:
    def test_ended_is_ended_for_good(self, classroom: Classroom, lab: int) -> None:
        (rule,) = rules(classroom)
        with classroom.sessions.begin() as session:
            end_rule(session, classroom.teacher, place(classroom), rule.id, classroom.clock())
        assert values(classroom) == []
        assess(classroom, lab, 4)
        classroom.read(whole=True)
        publish_it(classroom, 1)
        classroom.read(whole=True)
        assert len(rules(classroom)) == 1
        assert values(classroom) == []

    def test_what_she_changed_is_hers(self, classroom: Classroom, argue: int, lab: int) -> None:
        (rule,) = rules(classroom)
        definition = {"version": 1, "by": "levels", "levels": {"r3": "E"}}
        wanted = Wanted(rule.coursework_id, "_1", rule.proficiency_id, definition)
        with classroom.sessions.begin() as session:
            save_rule(session, classroom.teacher, place(classroom), wanted, classroom.clock())
        assert values(classroom) == [Decimal(4)]
        assert "outcome" not in ratings(classroom)[0].provenance
        levels = [*LEVELS, {"id": "r0", "points": 0, "description": "Nothing"}]
        classroom.canvas.control(f"assignments/{lab}", {"rubric": rubric(argue, ratings=levels)})
        classroom.read(whole=True)
        (kept,) = rules(classroom)
        assert (kept.definition, kept.outcome, kept.version) == (definition, "", 2)

    def test_her_own_rule_goes_first(self, classroom: Classroom) -> None:
        number = outcome(classroom)
        outcome(classroom, "Listen")
        made = classroom.assignment("Lab report", rubric=rubric(number))
        assess(classroom, made, 2)
        classroom.read()
        publish_it(classroom)
        work = classroom.works()["Lab report"]
        with classroom.sessions.begin() as session:
            listen = next(
                one for one in choosable(session, classroom.school.tenant_id) if one.statement == "Listen"
            )
            wanted = Wanted(work.id, "_1", listen.id, {"version": 1, "by": "levels", "levels": {"r2": "E"}})
            save_rule(session, classroom.teacher, place(classroom), wanted, classroom.clock())
        classroom.read(whole=True)
        assert [one.outcome for one in rules(classroom)] == [""]
        assert values(classroom) == [Decimal(4)]


class TestWhatCanvasSaysLater:
    def test_another_outcome(self, classroom: Classroom, lab: int, argue: int) -> None:
        other = outcome(classroom, "Listen")
        publish_it(classroom, 1)
        classroom.canvas.control(f"assignments/{lab}", {"rubric": rubric(other)})
        # The stand-in keeps results of alignments that are no longer there.
        result(classroom, argue, lab, None)
        classroom.read(whole=True)
        first, second = (one for one in rules(classroom) if one.part == "_1")
        assert first.ended_at is not None
        assert (second.ended_at, second.outcome.endswith(f":outcome:{other}")) == (None, True)
        (rating,) = ratings(classroom)
        assert (rating.value, rating.proficiency_id) == (Decimal(3), second.proficiency_id)

    def test_no_outcome_any_more(self, classroom: Classroom, lab: int, argue: int) -> None:
        classroom.canvas.control(f"assignments/{lab}", {"rubric": rubric(argue, outcome_id=None)})
        result(classroom, argue, lab, None)
        classroom.read(whole=True)
        assert values(classroom) == []
        classroom.canvas.control(f"assignments/{lab}", {"rubric": rubric(argue)})
        classroom.read(whole=True)
        assert values(classroom) == [Decimal(3)]

    def test_other_levels(self, classroom: Classroom, lab: int, argue: int) -> None:
        levels = [*LEVELS, {"id": "r0", "points": 0, "description": "Below"}]
        classroom.canvas.control(f"assignments/{lab}", {"rubric": rubric(argue, ratings=levels)})
        classroom.read(whole=True)
        (rule,) = rules(classroom)
        assert (rule.version, rule.definition["levels"]["r0"]) == (2, "B")
        with classroom.sessions() as session:
            assert len(session.scalars(select(MappingRuleVersion)).all()) == 2

    def test_a_framework_that_is_withdrawn_rests(self, classroom: Classroom, lab: int) -> None:
        with classroom.sessions.begin() as session:
            framework = session.scalars(select(Framework)).one()
            framework.withdrawn_at = classroom.clock()
        assess(classroom, lab, 4)
        classroom.read(whole=True)
        assert values(classroom) == [Decimal(3)]
        assert [one.ended_at for one in rules(classroom)] == [None]


class TestResultsWithoutARubric:
    @pytest.fixture
    def quiz(self, classroom: Classroom, argue: int) -> int:
        """A graded quiz with questions about the outcome, read."""
        made = classroom.assignment("Quiz", points_possible=10)
        classroom.submit(made)
        classroom.grade(made, 8)
        result(classroom, argue, made, 3)
        classroom.read()
        return made

    def test_they_are_parts_of_their_assignment(self, classroom: Classroom, quiz: int, argue: int) -> None:
        work = classroom.works()["Quiz"]
        (part,) = work.parts
        assert (part["id"], part["title"], part["points"]) == (f"outcome:{argue}", "Argue", "4")
        assert [one["id"] for one in part["levels"]] == ["1", "2", "3", "4"]
        found = classroom.result("Quiz", part=f"outcome:{argue}")
        assert found is not None
        assert (found.state, found.score) == ("graded", Decimal(3))
        (rating,) = ratings(classroom)
        assert (rating.value, rating.provenance["part"]) == (Decimal(3), "Argue")

    def test_a_score_between_two_levels_is_the_lower(
        self, classroom: Classroom, quiz: int, argue: int
    ) -> None:
        result(classroom, argue, quiz, 3.9)
        classroom.grade(quiz, 9)
        classroom.read()
        assert values(classroom) == [Decimal(3)]

    def test_the_same_again_changes_nothing(self, classroom: Classroom, quiz: int) -> None:
        before = classroom.results(), [one.id for one in ratings(classroom)]
        classroom.read(whole=True)
        classroom.read()
        assert (classroom.results(), [one.id for one in ratings(classroom)]) == before

    def test_hidden_ones_stay_hidden(self, classroom: Classroom, quiz: int, argue: int) -> None:
        result(classroom, argue, quiz, 4, hidden=True)
        classroom.read(whole=True)
        assert values(classroom) == []

    @pytest.mark.parametrize(
        ("changes", "found"),
        [
            ({}, [Decimal(4)]),
            # A question bank of ten points: the share counts, on the outcome's own scale.
            ({"score": 5, "possible": 10}, [Decimal(2)]),
            ({"score": 5, "possible": 10, "percent": 0.7499999}, [Decimal(3)]),
            ({"hidden": True}, []),
            ({"hidden": None}, []),
            ({"score": "4"}, []),
            ({"score": -1}, []),
            ({"links": {}}, []),
            ({"links": {"user": "1", "learning_outcome": "x", "alignment": "quiz_1"}}, []),
        ],
    )
    def test_what_a_row_says(
        self, classroom: Classroom, quiz: int, argue: int, changes: dict[str, Any], found: list[Decimal]
    ) -> None:
        links = {
            "user": str(classroom.canvas.person_id("maya")),
            "learning_outcome": str(argue),
            "alignment": f"assignment_{quiz}",
        }
        row = {"id": 1, "score": 4, "possible": 4, "hidden": False, "links": links, **changes}
        about = {"id": argue, "title": "Argue", "points_possible": 4, "ratings": RATINGS}
        body = {"outcome_results": [row], "linked": {"outcomes": [about, {"id": "x"}]}}
        classroom.fault("status", "/api/v1/courses/*/outcome_results*", status=200, body=body)
        classroom.read(whole=True)
        assert values(classroom) == found

    def test_of_a_question_bank_the_assignment_counts(self, classroom: Classroom, quiz: int) -> None:
        told = classroom.canvas.api(classroom.teacher_key).read(
            f"courses/{classroom.number}/outcome_results", {"include[]": ["outcomes", "alignments"]}
        )
        told["outcome_results"][0]["links"]["alignment"] = "assessment_question_bank_5"
        before = [one.id for one in ratings(classroom)]
        classroom.fault("status", "/api/v1/courses/*/outcome_results*", status=200, body=told)
        classroom.read(whole=True)
        assert [one.id for one in ratings(classroom)] == before
        assert set(classroom.works()) == {"Quiz"}

    def test_of_no_alignment_nothing_is_made(self, classroom: Classroom, quiz: int) -> None:
        told = classroom.canvas.api(classroom.teacher_key).read(
            f"courses/{classroom.number}/outcome_results", {"include[]": ["outcomes", "alignments"]}
        )
        told["outcome_results"][0]["links"] |= {"alignment": None, "assignment": None}
        classroom.fault("status", "/api/v1/courses/*/outcome_results*", status=200, body=told)
        classroom.read(whole=True)
        assert set(classroom.works()) == {"Quiz"}

    def test_without_what_they_are_about_none_is_taken(self, classroom: Classroom, quiz: int) -> None:
        told = classroom.canvas.api(classroom.teacher_key).read(f"courses/{classroom.number}/outcome_results")
        classroom.fault("status", "/api/v1/courses/*/outcome_results*", status=200, body=told)
        classroom.read(whole=True)
        assert values(classroom) == []
        assert classroom.works()["Quiz"].parts == []

    def test_of_two_the_newest_counts(self, classroom: Classroom, quiz: int, argue: int) -> None:
        told = classroom.canvas.api(classroom.teacher_key).read(
            f"courses/{classroom.number}/outcome_results", {"include[]": ["outcomes", "alignments"]}
        )
        (row,) = told["outcome_results"]
        told["outcome_results"] = [
            {**row, "score": 4, "submitted_or_assessed_at": "2026-03-04T10:00:00Z"},
            {**row, "score": 1, "submitted_or_assessed_at": "2026-03-02T10:00:00Z"},
        ]
        classroom.fault("status", "/api/v1/courses/*/outcome_results*", status=200, body=told)
        classroom.read(whole=True)
        assert values(classroom) == [Decimal(4)]

    def test_of_work_whose_grade_is_not_posted_as_well(
        self, classroom: Classroom, quiz: int, argue: int
    ) -> None:
        classroom.canvas.control(f"assignments/{quiz}/hide")
        for whole in (True, False):
            classroom.read(whole=whole)
            assert values(classroom) == []
        # Somebody who handed nothing in, and was graded all the same.
        classroom.grade(quiz, 8, "leo")
        classroom.canvas.control(f"assignments/{quiz}/hide")
        result(classroom, argue, quiz, 4, person="leo")
        for whole in (False, True, False):
            classroom.read(whole=whole)
            assert values(classroom, "leo") == []
        classroom.canvas.control(f"assignments/{quiz}/post")
        classroom.read(whole=True)
        assert (values(classroom), values(classroom, "leo")) == ([Decimal(3)], [Decimal(4)])

    def test_excused_is_no_rating(self, classroom: Classroom, quiz: int) -> None:
        classroom.canvas.control(f"assignments/{quiz}/excuse", {"person": "maya"})
        classroom.read(whole=True)
        assert values(classroom) == []

    def test_none_is_no_rating(self, classroom: Classroom, quiz: int, argue: int) -> None:
        result(classroom, argue, quiz, None)
        classroom.read(whole=True)
        assert values(classroom) == []

    def test_a_students_page_shows_them(self, classroom: Classroom, quiz: int) -> None:
        with classroom.sessions() as session:
            (work,) = own_coursework(session, classroom.students["maya"].person_id)
        assert [(one.title, one.score) for one in work.parts] == [("Argue", Decimal(3))]

    def test_what_is_no_assignment_is_work_of_its_own(self, classroom: Classroom, argue: int) -> None:
        stub = classroom.assignment("Not told", published=False)
        result(classroom, argue, stub, 2, alignment=QUIZ)
        classroom.read()
        work = classroom.works()["Practice quiz"]
        assert (work.source_id, work.grading) == ("outcome:quiz_12", "none")
        assert work.url.endswith(f"/courses/{classroom.number}")
        assert values(classroom) == [Decimal(2)]
        classroom.read(whole=True)
        assert values(classroom) == [Decimal(2)]
        assert len(classroom.works()) == 1

    def test_of_work_that_nobody_sees_none_is_taken(self, classroom: Classroom, argue: int) -> None:
        result(classroom, argue, classroom.assignment("Not yet", published=False), 2)
        classroom.read()
        assert classroom.works() == {}
        assert ratings(classroom) == []


class TestATeacherOfOneSection:
    def test_who_sees_a_part_of_the_class_takes_nothing_away(self, classroom: Classroom, argue: int) -> None:
        quiz = classroom.assignment("Quiz", points_possible=10)
        stub = classroom.assignment("Not told", published=False)
        classroom.grade(quiz, 8)
        result(classroom, argue, quiz, 3)
        result(classroom, argue, stub, 2, alignment=QUIZ)
        classroom.read()
        before = [one.id for one in ratings(classroom)]
        assert len(before) == 2
        told: dict[str, Any] = {"outcome_results": [], "linked": {}}
        classroom.fault("status", "/api/v1/courses/*/outcome_results*", status=200, body=told)
        classroom.grade(quiz, 9)
        classroom.read()
        assert [one.id for one in ratings(classroom)] == before
        assert set(classroom.works()) == {"Quiz", "Practice quiz"}

    def test_what_a_rubric_tells_by_now_is_told_by_it_alone(self, classroom: Classroom, argue: int) -> None:
        lab = classroom.assignment("Lab report", points_possible=20)
        classroom.grade(lab, 8)
        result(classroom, argue, lab, 3)
        classroom.read()
        classroom.canvas.control(f"assignments/{lab}", {"rubric": rubric(argue)})
        assess(classroom, lab, 2)
        classroom.read()
        assert values(classroom) == [Decimal(2)]
        assert [one["id"] for one in classroom.works()["Lab report"].parts] == ["_1"]


class TestFaults:
    @pytest.mark.parametrize(
        ("kind", "facts", "code"),
        [
            ("drop", {}, "no_answer"),
            ("status", {"status": 500}, "fault_there"),
            ("html", {}, "bad_answer"),
            ("status", {"status": 200, "body": []}, "bad_answer"),
            ("status", {"status": 200, "body": {"outcome_results": [1]}}, "bad_answer"),
            ("status", {"status": 200, "body": {"outcome_results": [{"id": 1}]}}, "bad_answer"),
        ],
    )
    def test_a_page_that_fails_changes_nothing(
        self, classroom: Classroom, lab: int, kind: str, facts: dict[str, Any], code: str
    ) -> None:
        assess(classroom, lab, 4)
        classroom.fault(kind, "/api/v1/courses/*/outcome_results*", times=50, **facts)
        refused(classroom, code, TryLater)
        assert values(classroom) == [Decimal(3)]

    def test_who_may_not_read_them_reads_the_rest(self, classroom: Classroom, argue: int) -> None:
        quiz = classroom.assignment("Quiz", points_possible=10)
        classroom.grade(quiz, 8)
        result(classroom, argue, quiz, 3)
        stub = classroom.assignment("Not told", published=False)
        result(classroom, argue, stub, 2, alignment=QUIZ)
        classroom.read()
        assert classroom.state().tells_outcomes
        before = [one.id for one in ratings(classroom)]
        assert len(before) == 2
        classroom.fault("status", "/api/v1/courses/*/outcome_results*", times=50, status=403)
        classroom.grade(quiz, 9)
        classroom.read(whole=True)
        assert not classroom.state().tells_outcomes
        found = classroom.result("Quiz")
        assert found is not None
        assert found.score == Decimal(9)
        # What was known of outcomes stands until they can be read again.
        assert [one.id for one in ratings(classroom)] == before
        assert set(classroom.works()) == {"Quiz", "Practice quiz"}

    def test_a_permission_of_before_reads_the_rest(self, classroom: Classroom, argue: int) -> None:
        classroom.key = classroom.canvas.key(scopes=[ASSIGNMENTS, SUBMISSIONS], enforces_scopes=True)
        classroom.allow(classroom.teacher_key, classroom.teacher)
        classroom.assignment("Quiz", points_possible=10)
        classroom.read()
        assert set(classroom.works()) == {"Quiz"}
        assert not classroom.state().tells_outcomes
