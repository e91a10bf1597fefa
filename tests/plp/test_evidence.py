"""Staff confirm evidence: who may, what the history says of it, and when it ends; on both databases."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.errors import NotAllowed, NotFound, PlpError
from lti_plp.plp.actor import Role
from lti_plp.plp.evidence import validate_evidence, withdraw_validation
from lti_plp.plp.history import verify
from lti_plp.plp.models import Evidence, PlanChange
from tests.factories import minutes
from tests.plp.planning import Planning


@pytest.fixture
def here(session: Session) -> Planning:
    return Planning(session)


@pytest.fixture
def shown(here: Planning) -> Any:
    return here.evidence(here.goal())


def confirm(here: Planning, shown: Any, at: float = 5) -> Evidence:
    return validate_evidence(here.session, here.teacher, here.work(), shown.id, minutes(at))


def test_it_stands_in_the_history_as_the_teachers_deed(here: Planning, shown: Any, session: Session) -> None:
    confirm(here, shown)
    assert (shown.validated_by, shown.validated_at, shown.version) == (here.teacher.person_id, minutes(5), 2)
    newest = session.scalars(select(PlanChange).order_by(PlanChange.number.desc()).limit(1)).one()
    assert (newest.actor_id, newest.acting_role) == (here.teacher.person_id, "teacher")
    assert newest.fields == {"validated_by": [None, here.teacher.person_id]}
    session.commit()
    assert verify(session, here.plan.id) == []


def test_whoever_came_first_has_confirmed_it(here: Planning, shown: Any, session: Session) -> None:
    confirm(here, shown)
    other = here.school.teacher()
    validate_evidence(session, other, here.work(), shown.id, minutes(6))
    assert (shown.validated_by, shown.validated_at, shown.version) == (here.teacher.person_id, minutes(5), 2)


def test_it_can_be_taken_back(here: Planning, shown: Any, session: Session) -> None:
    before = here.plan.changes
    withdraw_validation(session, here.teacher, here.work(), shown.id, minutes(4))
    assert here.plan.changes == before, "there was nothing to take back"
    confirm(here, shown)
    withdraw_validation(session, here.teacher, here.work(), shown.id, minutes(6))
    assert (shown.validated_by, shown.validated_at, shown.version) == (None, None, 3)
    session.commit()
    assert verify(session, here.plan.id) == []


def test_it_ends_when_the_student_changes_what_was_confirmed(
    here: Planning, shown: Any, session: Session
) -> None:
    confirm(here, shown)
    here.editor(6).edit("evidence", shown.id, 2, {"reason": "It is my best run", "title": "3 km"})
    assert shown.validated_at == minutes(5)
    here.editor(7).edit("evidence", shown.id, 3, {"text": "I ran 30 km"})
    assert (shown.validated_by, shown.validated_at) == (None, None)
    session.commit()
    assert verify(session, here.plan.id) == []


def test_it_does_not_disturb_a_student_who_is_writing(here: Planning, shown: Any) -> None:
    confirm(here, shown)
    edited = here.editor(6).edit("evidence", shown.id, 1, {"reason": "It is my best run"})
    assert edited.conflicts == {}


def test_it_comes_back_with_the_evidence(here: Planning, shown: Any, session: Session) -> None:
    confirm(here, shown)
    here.editor(6).remove("evidence", shown.id)
    with pytest.raises(PlpError) as problem:
        withdraw_validation(session, here.teacher, here.work(), shown.id, minutes(7))
    assert (problem.value.code, problem.value.status) == ("item_removed", 409)
    here.editor(8).restore("evidence", shown.id)
    assert shown.validated_at == minutes(5)
    session.commit()
    assert verify(session, here.plan.id) == []


def test_who_may_not(here: Planning, shown: Any, session: Session) -> None:
    family = here.school.person(Role.MENTOR, Role.INSTRUCTOR)
    classmate = here.school.student()
    test_user = here.school.person(Role.INSTRUCTOR, is_test=True)
    elsewhere = replace(here.teacher, tenant_id=here.teacher.tenant_id + 1)
    for actor in (here.student, family, classmate, test_user, elsewhere):
        with pytest.raises(NotAllowed):
            validate_evidence(session, actor, here.work(), shown.id, minutes(5))
    with pytest.raises(NotAllowed):
        validate_evidence(session, here.teacher, here.work(taught=False), shown.id, minutes(5))
    assert shown.validated_by is None


def test_what_a_student_keeps_to_herself_nobody_confirms(here: Planning, session: Session) -> None:
    own = here.evidence(here.goal(), audience="me")
    # What the caller believes of the audience is of no account.
    with pytest.raises(NotAllowed):
        validate_evidence(session, here.teacher, here.work("public"), own.id, minutes(5))


def test_evidence_of_another_plan_is_not_here(here: Planning, shown: Any, session: Session) -> None:
    other = here.school.student()
    work = replace(here.work(), owner_id=other.person_id)
    for evidence_id in (shown.id, 10**6):
        with pytest.raises(NotFound):
            validate_evidence(session, here.teacher, work, evidence_id, minutes(5))
    with pytest.raises(NotFound):
        validate_evidence(session, here.teacher, here.work(), 10**6, minutes(5))
