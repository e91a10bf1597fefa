"""Levels and steps follow what an LMS says; nothing is overwritten, and each tells what it was made of."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.errors import BadInput, NotAllowed, NotFound
from lti_plp.lms.coursework import take
from lti_plp.lms.coursework_models import AchievementSource, EvidenceSource, StepWork
from lti_plp.lms.mapping_rules import (
    Wanted,
    choosable,
    end_rule,
    find_target,
    save_rule,
    suggestions,
    targets_of,
    try_rule,
    usual_rule,
)
from lti_plp.lms.models import Course
from lti_plp.lms.step_works import (
    Tied,
    choices_for,
    hold_results,
    show_result,
    steps_by_grades,
    tie_step,
    ties_of_step,
    untie_step,
)
from lti_plp.lms.work import WorkResult
from lti_plp.plp.growth.mapping import MappingProblem
from lti_plp.plp.history import verify
from lti_plp.plp.models import ActionStep, Evidence, Plan
from lti_plp.plp.plans import PlanEditor, open_plan
from lti_plp.plp.reading import read_goals
from tests.factories import NOON, make_school, minutes
from tests.lms.coursework import ESSAY, RUBRIC, Courseworking
from tests.plp.planning import vocabulary

SUBMITTED = {"when": "submitted"}
SHARE = {"when": "share", "share": "80"}


@pytest.fixture
def lms(session: Session) -> Courseworking:
    made = Courseworking(session)
    made.take()
    return made


def values(lms: Courseworking) -> list[Any]:
    return [one.value for one in lms.ratings()]


def state_of(lms: Courseworking, step: ActionStep) -> str:
    lms.session.expire_all()
    return lms.session.get_one(ActionStep, step.id).state


# ---- Ratings


def test_a_grade_becomes_a_level_that_tells_where_it_came_from(lms: Courseworking) -> None:
    rule = lms.map()
    lms.take(lms.result(14, graded_at=minutes(3)), at=5)
    (rating,) = lms.ratings()
    assert (rating.value, rating.role, rating.rater_id, rating.occurred_at) == (3, "lms", None, NOON)
    assert rating.due_on == minutes(500).date()
    said = rating.provenance
    assert (said["title"], said["score"], said["points"], said["source"]) == (
        ESSAY.title,
        "14",
        "20",
        "canvas",
    )
    assert (said["rule_id"], said["rule_version"], said["level"], said["url"]) == (rule.id, 1, "P", ESSAY.url)
    assert (said["at"], said["read_at"]) == (minutes(3).isoformat(), minutes(5).isoformat())
    assert lms.level() == 3


def test_a_changed_grade_replaces_and_both_stay(lms: Courseworking) -> None:
    lms.map()
    lms.take(lms.result(14), at=5)
    lms.take(lms.result(14), at=6)
    lms.take(lms.result(20), at=7)
    assert values(lms) == [3, 4]
    assert [one.value for one in lms.counted()] == [4]
    assert lms.level() == 4


@pytest.mark.parametrize("state", ["missing", "submitted", "excused"])
def test_a_grade_taken_away_is_no_zero(lms: Courseworking, state: str) -> None:
    lms.map()
    lms.take(lms.result(state=state), at=4)
    assert values(lms) == []
    lms.take(lms.result(14), at=5)
    lms.take(lms.result(state=state), at=6)
    assert values(lms) == [3, None]
    assert lms.level() is None
    lms.take(lms.result(7), at=7)
    assert values(lms) == [3, None, 2]
    assert lms.level() == 2


def test_another_rule_is_applied_to_all_that_there_is(lms: Courseworking) -> None:
    lms.take(lms.result(14), at=1)
    lms.map(2)
    assert lms.level() == 3
    lms.map(3, B="0", P="90")
    assert [(one.value, one.provenance["rule_version"]) for one in lms.ratings()] == [(3, 1), (1, 2)]
    assert lms.level() == 1
    # The same level by another version of the rule says so.
    lms.map(4, B="0", P="95")
    assert [one.provenance["rule_version"] for one in lms.ratings()] == [1, 2, 3]
    lms.map(5, B="0", P="95")
    assert len(lms.ratings()) == 3


def test_fewer_points_to_be_had_are_another_level(lms: Courseworking) -> None:
    lms.map()
    lms.take(lms.result(10), at=5)
    lms.take(lms.result(10), at=6, works=(replace(ESSAY, points=Decimal(10)),))
    assert values(lms) == [2, 4]


def test_an_ended_rule_takes_back_what_it_said(lms: Courseworking) -> None:
    lms.take(lms.result(14), at=1)
    rule = lms.map(2)
    end_rule(lms.session, lms.teacher, lms.place, rule.id, minutes(3))
    end_rule(lms.session, lms.teacher, lms.place, rule.id, minutes(4))
    assert values(lms) == [3, None]
    assert lms.level() is None
    lms.take(lms.result(20), at=5)
    assert values(lms) == [3, None]
    again = lms.map(6)
    assert again.id != rule.id
    assert lms.level() == 4


def test_what_a_teacher_says_stands_beside_it(lms: Courseworking) -> None:
    lms.map()
    lms.there.rate("B", minutes(1))
    lms.take(lms.result(20), at=5)
    assert [one.role for one in lms.counted()] == ["teacher", "lms"]


def test_parts_have_rules_of_their_own(lms: Courseworking) -> None:
    lms.take(works=(RUBRIC,), at=2)
    lms.map(3, guid="solve", part="c1", source_id="talk")
    strong = lms.result(work="talk", state="graded", part="c1", level="l1")
    lms.take(lms.result(3, work="talk"), strong, at=4, works=(RUBRIC,))
    (rating,) = lms.ratings()
    assert (rating.value, rating.provenance["part"], rating.proficiency_id) == (
        4,
        "Solves problems",
        lms.there.id_of("solve"),
    )
    # The LMS no longer has the criterion, so it says nothing of it.
    lms.take(lms.result(3, work="talk"), at=5, works=(replace(RUBRIC, parts=()),))
    assert values(lms) == [4, None]


def test_tried_before_it_is_kept(lms: Courseworking) -> None:
    other = lms.there.school.student()
    lms.take(lms.result(14), lms.result(state="excused", person=other), at=2)
    target = find_target(lms.session, lms.teacher, lms.place, lms.work().id, "")
    talk = lms.there.id_of("talk")
    usual = usual_rule(lms.session, target, lms.place.tenant_id, talk)
    tried = try_rule(lms.session, lms.teacher, lms.place, Wanted(target.work.id, "", talk, usual))
    assert [(one.name, one.level and one.level.code) for one in tried] == [
        ("Eli Álvarez", None),
        ("Maya Torres", "P"),
    ]
    assert lms.ratings() == []


def test_suggested_by_identifier_then_by_name(lms: Courseworking) -> None:
    lms.take(works=(ESSAY, RUBRIC, replace(ESSAY, source_id="quiz", title="Quiz 3")), at=2)
    targets = targets_of(lms.session, lms.teacher, lms.place)
    rated = choosable(lms.session, lms.place.tenant_id)
    found = suggestions(targets, rated)
    guids = {
        (one.title, one.part): found[one.work.id, one.part].guid
        for one in targets
        if (one.work.id, one.part) in found
    }
    assert guids == {(ESSAY.title, ""): "talk", ("Solves problems", "c1"): "solve"}


def test_only_who_teaches_there_maps(lms: Courseworking) -> None:
    talk, work = lms.there.id_of("talk"), lms.work().id
    wanted = Wanted(work, "", talk, {"version": 1, "by": "share", "starts": {"B": "0", "P": "50"}})
    with pytest.raises(NotAllowed):
        save_rule(lms.session, lms.student, lms.place, wanted, minutes(2))
    elsewhere = make_school(lms.session, "Birch Lake", "https://lms.birchlake.example")
    stranger = elsewhere.teacher()
    with pytest.raises(NotAllowed):
        save_rule(lms.session, stranger, lms.place, wanted, minutes(2))
    with pytest.raises(NotFound) as caught:
        save_rule(lms.session, stranger, elsewhere.place, wanted, minutes(2))
    assert caught.value.code == "coursework_unknown"
    rule = lms.map()
    with pytest.raises(NotFound) as caught:
        end_rule(lms.session, stranger, elsewhere.place, rule.id, minutes(3))
    assert caught.value.code == "mapping_unknown"
    for changed, code in (
        (replace(wanted, part="c9"), "coursework_unknown"),
        (replace(wanted, proficiency_id=lms.there.id_of("skills")), "proficiency_unknown"),
        (replace(wanted, definition={}), "mapping_problem"),
    ):
        with pytest.raises((NotFound, MappingProblem)) as problem:
            save_rule(lms.session, lms.teacher, lms.place, changed, minutes(2))
        assert problem.value.code == code


# ---- Steps


def test_done_when_it_is_handed_in(lms: Courseworking) -> None:
    step = lms.step(SUBMITTED)
    assert (lms.achievements(), state_of(lms, step)) == ([], "planned")
    lms.take(lms.result(), at=5)
    assert lms.achievements() == [("reached", None, None)]
    assert state_of(lms, step) == "done"
    lms.take(lms.result(3), at=6)
    assert lms.achievements()[-1] == ("reached", 3, 20)
    assert (state_of(lms, step), len(lms.achievements())) == ("done", 2)


def test_a_step_and_its_goal_follow_the_grade(lms: Courseworking) -> None:
    step = lms.step(SHARE)
    plan = lms.session.scalars(select(Plan)).one()

    def share() -> int:
        lms.session.expire_all()
        return read_goals(lms.session, plan.id)[0].progress.share

    lms.take(lms.result(), at=4)
    assert (lms.achievements(), share()) == ([], 0)
    lms.take(lms.result(10), at=5)
    assert (state_of(lms, step), share()) == ("planned", 0)
    lms.take(lms.result(17), at=6)
    assert (state_of(lms, step), share()) == ("done", 100)
    goal_id = read_goals(lms.session, plan.id)[0].id
    assert steps_by_grades(lms.session, plan.id, goal_id) == 1
    lms.take(lms.result(11), at=7)
    assert (state_of(lms, step), share()) == ("in_progress", 0)
    assert steps_by_grades(lms.session, plan.id, goal_id) == 0
    lms.take(lms.result(state="missing"), at=8)
    assert lms.achievements() == [
        ("on_the_way", 10, 20),
        ("reached", 17, 20),
        ("on_the_way", 11, 20),
        ("", None, None),
    ]
    sources = lms.session.scalars(
        select(AchievementSource.result_id).order_by(AchievementSource.achievement_id)
    )
    assert len(set(sources)) == 4
    assert verify(lms.session, plan.id) == []


def test_done_at_a_level_by_the_teachers_rule(lms: Courseworking) -> None:
    talk = lms.there.id_of("talk")
    step = lms.step({"when": "level", "proficiency_id": talk, "level": "P"})
    # Without a rule the usual one of the scale counts.
    lms.take(lms.result(14), at=3)
    assert state_of(lms, step) == "done"
    lms.map(4, B="0", P="90")
    assert state_of(lms, step) == "in_progress"
    lms.map(5, B="0", P="50")
    assert state_of(lms, step) == "done"


def test_what_the_student_says_stands(lms: Courseworking) -> None:
    step = lms.step(SHARE)
    lms.take(lms.result(20), at=3)
    row = lms.session.get_one(ActionStep, step.id)
    lms.editor(4).edit("step", step.id, row.version, {"state": "in_progress"})
    lms.session.commit()
    lms.take(lms.result(19), at=5)
    assert (state_of(lms, step), len(lms.achievements())) == ("in_progress", 2)
    dropped = lms.step(SUBMITTED, at=6)
    lms.editor(7).edit("step", dropped.id, 2, {"state": "dropped"})
    lms.session.commit()
    lms.take(lms.result(18), at=8)
    # It was done by the result that was there already, and dropped after that.
    assert state_of(lms, dropped) == "dropped"


def test_done_by_hand_is_not_undone(lms: Courseworking) -> None:
    step = lms.step(SHARE)
    lms.editor(2).edit("step", step.id, 1, {"state": "done"})
    lms.session.commit()
    lms.take(lms.result(1), at=5)
    assert (lms.achievements(), state_of(lms, step)) == ([("not_yet", 1, 20)], "done")


def test_a_grade_is_no_sign_of_its_student(lms: Courseworking) -> None:
    lms.step(SUBMITTED, at=2)
    lms.take(lms.result(20), at=50)
    assert lms.session.scalars(select(Plan.active_at)).one() == minutes(2)


def test_tied_later_counts_at_once_and_untied_no_longer(lms: Courseworking) -> None:
    lms.take(lms.result(17), at=1)
    step = lms.step(SHARE, at=2)
    assert state_of(lms, step) == "done"
    (tied,) = ties_of_step(lms.session, lms.session.scalars(select(Plan)).one(), step.id)
    assert (tied.course, len(tied.came)) == ("English 9", 1)
    assert tied.newest is not None
    assert tied.newest.score == 17
    tie_step(lms.editor(3), step.id, lms.work().id, {"version": 1, **SHARE})
    assert len(lms.session.scalars(select(StepWork)).all()) == 1
    tie_step(lms.editor(4), step.id, lms.work().id, {"version": 1, **SUBMITTED})
    rows = lms.session.scalars(select(StepWork).order_by(StepWork.id)).all()
    assert [one.ended_at for one in rows] == [minutes(4), None]
    untie_step(lms.editor(5), step.id, rows[-1].id)
    lms.session.commit()
    before = len(lms.achievements())
    lms.take(lms.result(1), at=6)
    assert (len(lms.achievements()), state_of(lms, step)) == (before, "done")


def test_the_level_stands_beside_the_step(lms: Courseworking) -> None:
    step = lms.step(SHARE)
    lms.map()
    lms.take(lms.result(14), at=5)
    (tied,) = ties_of_step(lms.session, lms.session.scalars(select(Plan)).one(), step.id)
    assert [(one.proficiency, one.level and one.level.code, one.version) for one in tied.levels] == [
        ("I make myself understood.", "P", 1)
    ]


def test_suggested_by_name_or_by_due_date(lms: Courseworking) -> None:
    quiz = replace(ESSAY, source_id="quiz", title="Quiz 3", due_at=minutes(9 * 24 * 60))
    lms.take(works=(ESSAY, quiz), at=2)
    by_name = lms.step(text="Write the essay")
    by_date = lms.step(text="Learn by heart", due_on=quiz.due_at.date().isoformat() if quiz.due_at else None)
    neither = lms.step(text="Run on Tuesdays")
    firsts = [choices_for(lms.session, lms.student.person_id, one)[0] for one in (by_name, by_date, neither)]
    assert [(one.title, one.is_suggested) for one in firsts] == [
        (ESSAY.title, True),
        ("Quiz 3", True),
        (ESSAY.title, False),
    ]


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ({"when": "share", "share": "x"}, "mapping_problem"),
        ({"when": "level", "proficiency_id": 9999, "level": "P"}, "proficiency_unknown"),
    ],
)
def test_conditions_that_do_not_fit(lms: Courseworking, condition: dict[str, Any], code: str) -> None:
    step = lms.step()
    with pytest.raises((BadInput, NotFound)) as caught:
        tie_step(lms.editor(), step.id, lms.work().id, {"version": 1, **condition})
    assert caught.value.code == code


def test_work_of_another_course_is_not_there(lms: Courseworking) -> None:
    step = lms.step()
    elsewhere = make_school(lms.session, "Birch Lake", "https://lms.birchlake.example")
    take(lms.session, lms.session.get_one(Course, elsewhere.course_id), [RUBRIC], [], "canvas", minutes(2))
    with pytest.raises(NotFound) as caught:
        tie_step(lms.editor(), step.id, lms.work("talk").id, {"version": 1, **SUBMITTED})
    assert caught.value.code == "coursework_unknown"
    assert [one.title for one in choices_for(lms.session, lms.student.person_id, step)] == [ESSAY.title]


# ---- Evidence


def test_a_result_as_evidence_stays_as_it_was(lms: Courseworking) -> None:
    step = lms.step(SHARE)
    (tie_id,) = lms.session.scalars(select(StepWork.id))

    def texts(_: Tied) -> tuple[str, str]:
        return "14 of 20", "I planned it"

    with pytest.raises(NotFound):
        show_result(lms.editor(3), step.id, tie_id, texts)
    lms.take(lms.result(14), at=4)
    made = show_result(lms.editor(5), step.id, tie_id, texts)
    lms.session.commit()
    lms.take(lms.result(20), at=6)
    row = lms.session.get_one(Evidence, made.id)
    assert (row.medium, row.title, row.text, row.captured_on) == ("lms", ESSAY.title, "14 of 20", NOON.date())
    source = lms.session.get_one(EvidenceSource, made.id)
    assert source.result_id is not None


# ---- At once


def test_a_tie_and_a_grade_at_once(lms: Courseworking, sessions: sessionmaker[Session]) -> None:
    steps = [lms.step().id for _ in range(6)]
    work_id, course_id, student = lms.work().id, lms.course.id, lms.student
    lms.session.commit()

    def tie(step_id: int) -> None:
        with sessions.begin() as session:
            hold_results(session, student.person_id)
            plan = open_plan(session, student, minutes(5))
            editor = PlanEditor(session, plan, student, vocabulary, minutes(5))
            tie_step(editor, step_id, work_id, {"version": 1, **SHARE})

    def grade(score: int) -> None:
        with sessions.begin() as session:
            result = WorkResult("essay", student.person_id, "graded", score=Decimal(score))
            take(session, session.get_one(Course, course_id), [ESSAY], [result], "canvas", minutes(score))

    with ThreadPoolExecutor(4) as pool:
        jobs = [
            job for n, one in enumerate(steps) for job in (pool.submit(tie, one), pool.submit(grade, 15 + n))
        ]
        for job in jobs:
            job.result()
    lms.session.expire_all()
    # Whoever came first: in the end every step has followed the newest grade.
    assert {lms.session.get_one(ActionStep, one).state for one in steps} == {"done"}
    assert verify(lms.session, lms.session.scalars(select(Plan.id)).one()) == []
