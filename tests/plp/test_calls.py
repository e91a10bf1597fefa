"""Calls for help that wait for an answer, in their order; on both databases."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from lti_plp.plp.actor import Actor
from lti_plp.plp.calls import waiting_calls
from lti_plp.plp.conversation import ask_for_help, close_help, comment
from lti_plp.plp.evidence import say_level, validate_evidence
from lti_plp.plp.growth.frameworks import publish, read_tree
from lti_plp.plp.growth.ratings import RatingDraft, judge, rate
from lti_plp.plp.models import Plan
from lti_plp.plp.plans import PlanEditor, open_plan
from lti_plp.plp.policy import PlanWork
from lti_plp.plp.standing import Standing
from tests.factories import NOON, School, make_school, minutes
from tests.plp.growth.growing import draft
from tests.plp.planning import vocabulary

Plans = Callable[[], PlanEditor]


@pytest.fixture
def school(session: Session) -> School:
    return make_school(session)


@pytest.fixture
def teacher(school: School) -> Actor:
    return school.teacher()


@pytest.fixture
def plans(school: School) -> Plans:
    """Each call is another student's plan."""

    def begun() -> PlanEditor:
        student = school.student()
        plan = open_plan(school.session, student, NOON)
        return PlanEditor(school.session, plan, student, vocabulary, NOON)

    return begun


def _call(editor: PlanEditor, kind: str, after: float = 0) -> int:
    editor.now = minutes(after)
    return ask_for_help(editor, kind, ("plan", editor.plan.id)).id


def _waiting(school: School, *editors: PlanEditor) -> list[int]:
    students = [one.plan.person_id for one in editors]
    return [one.student_id for one in waiting_calls(school.session, school.tenant_id, students)]


def test_who_is_stuck_stands_first_and_who_waits_longest(school: School, plans: Plans) -> None:
    ready, late, early, wish, quiet = (plans() for _ in range(5))
    _call(ready, "ready")
    _call(late, "stuck", 9)
    _call(early, "stuck", 3)
    # What answers a wish for a meeting is a page of its own.
    _call(wish, "meeting")
    everybody = (ready, late, early, wish, quiet)
    assert _waiting(school, *everybody) == [one.plan.person_id for one in (early, late, ready)]
    assert _waiting(school, quiet, late) == [late.plan.person_id]
    assert waiting_calls(school.session, school.tenant_id + 1, [late.plan.person_id]) == []


def test_until_somebody_answers_or_it_is_closed(school: School, plans: Plans, teacher: Actor) -> None:
    answered, closed = plans(), plans()
    _call(answered, "stuck")
    call = _call(closed, "stuck")
    close_help(closed, call)
    assert _waiting(school, answered, closed) == [answered.plan.person_id]
    plan = answered.plan
    work = PlanWork(school.tenant_id, plan.person_id, "team", frozenset({Standing.TEACHER}))
    comment(school.session, plan, teacher, work, ("plan", plan.id), "Begin with one", minutes(1))
    assert _waiting(school, answered, closed) == []


def test_a_rating_answers_who_is_ready_with_a_proficiency(
    school: School, plans: Plans, teacher: Actor
) -> None:
    editor, session = plans(), school.session
    tree = read_tree(session, publish(session, None, school.tenant_id, draft(), 0, NOON))
    talk, solve = (one.id for one in tree.rated[:2])
    for proficiency in (talk, solve):
        ask_for_help(editor, "ready", ("proficiency", proficiency))
    assert len(_waiting(school, editor)) == 2
    work = PlanWork(school.tenant_id, editor.plan.person_id, "team", frozenset({Standing.TEACHER}))
    rate(session, teacher, work, tree, RatingDraft(talk, "P", minutes(1)), minutes(1))
    assert len(_waiting(school, editor)) == 1
    judge(session, teacher, work, tree, solve, "P", "", minutes(2))
    assert _waiting(school, editor) == []
    student = school.session.get_one(Plan, editor.plan.id)
    own = PlanWork(school.tenant_id, student.person_id)
    comment(session, student, editor.actor, own, ("plan", student.id), "Look again", minutes(3))
    assert len(_waiting(school, editor)) == 2


@pytest.mark.parametrize("kind", ["goal", "step"])
def test_a_look_at_the_evidence_answers_who_is_ready_with_it(
    school: School, plans: Plans, teacher: Actor, kind: str
) -> None:
    editor, session = plans(), school.session
    goal = editor.add("goal", {"statement": "Swim"})
    step = editor.add("step", {"text": "Buy a cap", "goal_ids": [goal.id]})
    about = {"goal": goal.id, "step": step.id}[kind]
    first, second = (
        editor.add("evidence", {"text": "A picture", f"{kind}_ids": [about]}).id for _ in range(2)
    )
    other = editor.add("evidence", {"text": "Another", "goal_ids": [editor.add("goal", {}).id]}).id
    work = PlanWork(school.tenant_id, editor.plan.person_id, "team", frozenset({Standing.TEACHER}))
    validate_evidence(session, teacher, work, first, minutes(1))
    editor.now = minutes(2)
    ask_for_help(editor, "ready", (kind, about))
    validate_evidence(session, teacher, work, other, minutes(3))
    assert len(_waiting(school, editor)) == 1, "before the call, and of something else"
    say_level(session, teacher, work, second, "reached", vocabulary, minutes(4), (kind, about))
    assert _waiting(school, editor) == []
