"""A course that its LMS deleted: believed when it is certain; nothing is lost, and it may come back."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lti_plp.launch.models import ServiceToken
from lti_plp.lms.directory import Arrival, record_arrival
from lti_plp.lms.gateway import Refused, TryLater
from lti_plp.lms.gone_courses import CERTAIN_AFTER, GoneCourse, gone_among, quiet_courses
from lti_plp.lms.models import Course, Deployment, Enrolment, Identity, Person
from lti_plp.lms.roster import refresh_roster
from lti_plp.lms.ties import Tie, ties_of
from lti_plp.plp.actor import Role
from lti_plp.plp.models import Plan, Reflection
from lti_plp.plp.plans import open_plan
from tests.lms.conftest import Office
from tests.lms.test_roster import member

A_DAY, GRACE_DAYS = timedelta(days=1, seconds=1), 14


@pytest.fixture
def office(office: Office) -> Office:
    """A class of two with their teacher, all of whom the roster knows."""
    office.platform.members = [member(1), member(2), member(3, "Instructor")]
    read(office)
    return office


def read(office: Office) -> None:
    office.clock.ahead += A_DAY
    refresh_roster(office.sessions, office.gateway_for, office.school.course_id, office.clock)


def read_and_miss(office: Office, status: int = 404) -> None:
    # What was refused once, or failed over there, is asked for again at once.
    office.platform.fail("members", status, times=1 if status in {403, 404, 410} else 9)
    with pytest.raises((Refused, TryLater)):
        read(office)


def is_now(office: Office, moment: datetime | None) -> bool:
    return moment is not None and timedelta() <= office.clock() - moment < timedelta(minutes=1)


def course(office: Office) -> Course:
    with office.sessions() as session:
        return session.get_one(Course, office.school.course_id)


def active(office: Office) -> int:
    with office.sessions() as session:
        wanted = select(Enrolment).where(
            Enrolment.course_id == office.school.course_id, Enrolment.status == "active"
        )
        return len(session.scalars(wanted).all())


def person(session: Session, name: str) -> int:
    return session.scalars(select(Person.id).where(Person.name == name)).one()


def ties(office: Office, later: timedelta = timedelta()) -> dict[int, Tie]:
    with office.sessions() as session:
        teacher = person(session, "Student Number0003")
        return ties_of(session, office.school.tenant_id, teacher, office.clock() + later, GRACE_DAYS)


@pytest.mark.parametrize("status", [404, 410])
def test_missing_twice_with_a_day_between_is_gone(office: Office, status: int) -> None:
    students = set(ties(office))
    assert len(students) >= 2
    read_and_miss(office, status)
    first = course(office)
    assert is_now(office, first.missing_since)
    assert (first.gone_at, active(office) >= 3) == (None, True)
    read_and_miss(office, status)
    gone = course(office)
    assert is_now(office, gone.gone_at)
    assert (gone.missing_since, active(office)) == (first.missing_since, 0)
    # Who taught there looks for some days more, as after any leaving.
    assert set(ties(office)) == students
    assert all(tie.is_ending for tie in ties(office).values())
    assert ties(office, timedelta(days=GRACE_DAYS, seconds=1)) == {}
    with office.sessions() as session:
        named = gone_among(session, office.school.tenant_id, {office.school.course_id})
        elsewhere = gone_among(session, office.school.tenant_id + 1, {office.school.course_id})
    assert (named, elsewhere) == ([GoneCourse(gone.title, unsent=0)], [])


@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_other_answers_say_nothing_of_the_course(office: Office, status: int) -> None:
    before = active(office)
    for _ in range(3):
        read_and_miss(office, status)
    assert (course(office).missing_since, active(office)) == (None, before)


def test_a_way_to_tokens_that_is_gone_says_nothing_of_the_course(office: Office) -> None:
    before = active(office)
    for _ in range(3):
        with office.sessions.begin() as session:
            session.execute(delete(ServiceToken))
        office.platform.fail("/token", 404)
        with pytest.raises(Refused, match="token_endpoint_gone"):
            read(office)
    assert (course(office).missing_since, active(office)) == (None, before)


def test_a_later_page_that_is_gone_says_nothing_of_the_course(office: Office) -> None:
    office.platform.page_size = 2
    elsewhere = f"{office.platform.url}/nowhere?course=1"
    for _ in range(3):
        first = json.dumps({"members": office.platform.members[:2]})
        office.platform.fail("/members", 200, body=first, Link=f'<{elsewhere}>; rel="next"')
        office.platform.fail("/nowhere", 404)
        with pytest.raises(TryLater, match="page_gone"):
            read(office)
    assert course(office).missing_since is None


def test_it_was_a_fault_over_there(office: Office) -> None:
    read_and_miss(office)
    read(office)
    assert course(office).missing_since is None
    # What is missing once more begins anew.
    read_and_miss(office)
    assert course(office).gone_at is None
    assert is_now(office, course(office).missing_since)


def test_twice_within_a_day_is_once(office: Office) -> None:
    read_and_miss(office)
    office.clock.ahead -= A_DAY - timedelta(hours=1)
    read_and_miss(office)
    office.clock.ahead -= A_DAY - timedelta(hours=1)
    assert course(office).gone_at is None


def test_a_course_that_is_brought_back(office: Office) -> None:
    for _ in range(2):
        read_and_miss(office)
    read(office)
    back = course(office)
    assert (back.missing_since, back.gone_at, active(office)) == (None, None, 3)
    assert len([tie for tie in ties(office).values() if not tie.is_ending]) == 2


def come(office: Office) -> None:
    """The teacher opens the course, as a launch tells it."""
    there = course(office)
    with office.sessions.begin() as session:
        facts = session.execute(
            select(
                Deployment.registration_id, Deployment.lti_deployment_id, Identity.issuer, Identity.subject
            )
            .join(Course, Course.deployment_id == Deployment.id)
            .join(Identity, Identity.tenant_id == Course.tenant_id)
            .where(
                Course.id == there.id,
                Identity.person_id == person(session, "Student Number0003"),
            )
        ).one()
        arrival = Arrival(
            **facts._mapping,
            roles=frozenset({Role.INSTRUCTOR}),
            is_test=False,
            mentor_of=(),
            **dict.fromkeys(("name", "given_name", "family_name", "student_number", "platform_name"), ""),
            context_id=there.lti_context_id,
            **dict.fromkeys(("context_title", "context_label", "memberships_url", "line_items_url"), ""),
            **dict.fromkeys(("line_item_url", "ags_scopes", "resource_link_id"), ""),
            **dict.fromkeys(("resource_link_title", "template_id"), ""),
        )
        record_arrival(session.connection(), arrival, office.clock())


def test_who_comes_from_a_course_shows_that_it_is_there(office: Office) -> None:
    read_and_miss(office)
    come(office)
    assert course(office).missing_since is None
    # So what is missing for the first time since is not certain yet.
    read_and_miss(office)
    assert course(office).gone_at is None


def test_a_launch_opens_a_gone_course_again_and_its_roster_is_read_at_once(office: Office) -> None:
    for _ in range(2):
        read_and_miss(office)
    assert quiet(office, timedelta()) == []
    come(office)
    back = course(office)
    assert (back.missing_since, back.gone_at, active(office)) == (None, None, 1)
    assert quiet(office, timedelta()) == [back.id]
    read(office)
    assert active(office) == 3
    assert len([tie for tie in ties(office).values() if not tie.is_ending]) == 2


def test_all_that_was_written_there_stays(office: Office) -> None:
    with office.sessions.begin() as session:
        office.school.session = session
        maya = office.school.student()
        plan_id = open_plan(session, maya, office.clock()).id
        session.add(
            Reflection(
                tenant_id=office.school.tenant_id,
                person_id=maya.person_id,
                resource_link_id=office.link.resource_link_id,
                template_id=office.link.template_id,
                state="draft",
                started_at=office.clock(),
                saved_at=office.clock(),
            )
        )
    for _ in range(2):
        read_and_miss(office)
    with office.sessions() as session:
        assert session.get_one(Plan, plan_id).person_id == maya.person_id
        assert session.scalars(select(Reflection.person_id)).all() == [maya.person_id]


def test_a_score_for_it_fails_once_and_is_not_tried_for_days(office: Office) -> None:
    row = office.report(office.student())
    office.platform.fail("/line_items", 404)
    office.platform.fail("/scores", 404)
    office.deliver()
    assert (office.row(row).state, office.row(row).error_code) == ("failed", "line_item_gone")
    for _ in range(2):
        read_and_miss(office)
    with office.sessions() as session:
        (gone,) = gone_among(session, office.school.tenant_id, {office.school.course_id})
    assert gone.unsent == 1


def test_what_arrived_before_the_end_is_not_counted_as_lost(office: Office) -> None:
    maya, leo = office.student(), office.student()
    office.report(maya)
    office.deliver()
    office.platform.fail("/scores", 404, times=2)
    office.report(leo, "3")
    office.deliver()
    office.clock.ahead += A_DAY
    office.report(leo, "4")
    office.deliver()
    for _ in range(2):
        read_and_miss(office)
    assert office.states() == ["sent", "failed", "failed"]
    with office.sessions() as session:
        (gone,) = gone_among(session, office.school.tenant_id, {office.school.course_id})
    # The newest of each student counts, and each student once.
    assert gone.unsent == 1


def quiet(office: Office, later: timedelta) -> list[int]:
    with office.sessions() as session:
        return quiet_courses(session, office.clock() + later)


def test_which_courses_are_asked_for(office: Office) -> None:
    here = [office.school.course_id]
    assert quiet(office, timedelta(days=6)) == []
    assert quiet(office, timedelta(days=8)) == here
    read_and_miss(office)
    assert quiet(office, CERTAIN_AFTER - timedelta(hours=1)) == []
    assert quiet(office, A_DAY) == here
    read_and_miss(office)
    assert quiet(office, timedelta(days=99)) == []


def test_a_course_without_a_roster_is_never_asked_for(office: Office) -> None:
    values: dict[str, Any] = {"memberships_url": ""}
    with office.sessions.begin() as session:
        for name, value in values.items():
            setattr(session.get_one(Course, office.school.course_id), name, value)
    assert quiet(office, timedelta(days=99)) == []
