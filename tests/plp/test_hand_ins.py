"""Handing in something of one's plan: whose it must be, who reads it, and from two tabs at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.errors import NotAllowed, NotFound
from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.hand_ins import hand_in, read_hand_in
from lti_plp.plp.models import Goal, HandIn
from tests.factories import NOON, School, make_school
from tests.plp.plans import PlanRows

TABS = 4


@pytest.fixture
def school(session: Session) -> School:
    return make_school(session)


@pytest.fixture
def maya(school: School) -> Actor:
    return school.student()


@pytest.fixture
def goal(school: School, maya: Actor) -> int:
    made = PlanRows(school.session, maya).goal()
    school.session.commit()
    return made


def test_who_reads_it(school: School, maya: Actor, goal: int) -> None:
    made, _ = hand_in(school.session, maya, "goal", goal, NOON)
    teacher = school.teacher()
    for reader in (maya, teacher):
        shown = read_hand_in(school.session, reader, made.id)
        assert shown.goal
        assert shown.goal.id == goal
    others = (
        school.student(),
        school.person(Role.CONTENT_DEVELOPER),
        school.person(Role.ADMINISTRATOR),
        school.person(Role.MENTOR),
        school.person(Role.INSTRUCTOR, Role.MENTOR),
        replace(teacher, course_id=school.course_id + 1),
        replace(teacher, course_id=None),
        replace(teacher, is_test=True),
    )
    for reader in others:
        with pytest.raises(NotAllowed):
            read_hand_in(school.session, reader, made.id)
    with pytest.raises(NotFound):
        read_hand_in(school.session, replace(teacher, tenant_id=school.tenant_id + 1), made.id)


def test_whose_it_must_be(school: School, maya: Actor, goal: int) -> None:
    leo = school.student()
    for actor, kind, item_id in (
        (leo, "goal", goal),
        (maya, "goal", goal + 1),
        (maya, "evidence", goal),
        (maya, "reflection", goal),
        (maya, "entry", goal),
        (replace(maya, course_id=None), "goal", goal),
    ):
        with pytest.raises(NotFound):
            hand_in(school.session, actor, kind, item_id, NOON)
    with pytest.raises(NotAllowed):
        hand_in(school.session, school.teacher(), "goal", goal, NOON)
    school.session.get_one(Goal, goal).state = "removed"
    school.session.get_one(Goal, goal).removed_at = NOON
    with pytest.raises(NotFound):
        hand_in(school.session, maya, "goal", goal, NOON)
    assert school.session.scalar(select(func.count()).select_from(HandIn)) == 0


def test_two_tabs_hand_in_once(
    school: School, maya: Actor, goal: int, sessions: sessionmaker[Session]
) -> None:
    gate = Barrier(TABS)

    def tab(_: int) -> str:
        gate.wait()
        with sessions() as session, session.begin():
            made, _shown = hand_in(session, maya, "goal", goal, NOON)
            return made.id

    with ThreadPoolExecutor(TABS) as pool:
        ids = set(pool.map(tab, range(TABS)))
    assert len(ids) == 1
    assert school.session.scalar(select(func.count()).select_from(HandIn)) == 1
