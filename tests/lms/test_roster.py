"""Rosters: applied as a whole or not at all, in few statements, and shown by family name."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from lti_plp.lms.gateway import GatewayProblem, Refused, TryLater
from lti_plp.lms.models import Course, Enrolment, Identity, Person
from lti_plp.lms.roster import FRESH, RosterChange, refresh_roster, students_of
from lti_plp.plp.actor import Role
from tests.factories import counted, make_school
from tests.lms.conftest import Office
from tests.platform_server import Reply

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"


def member(number: int, role: str = "Learner", **facts: Any) -> dict[str, Any]:
    return {
        "user_id": f"member-{number}",
        "roles": [f"{MEMBERSHIP}{role}"],
        "status": "Active",
        "name": f"Student Number{number:04}",
        "given_name": "Student",
        "family_name": f"Number{number:04}",
        **facts,
    }


@pytest.fixture
def read(office: Office) -> Callable[[], RosterChange]:
    """Read the roster, some time after the last reading."""

    def run() -> RosterChange:
        office.clock.ahead += FRESH + timedelta(seconds=1)
        return refresh_roster(office.sessions, office.gateway_for, office.school.course_id, office.clock)

    return run


def names(office: Office) -> list[str]:
    with office.sessions() as session:
        return [one.name for one in students_of(session, office.school.course_id)]


def active(office: Office) -> dict[str, str]:
    """Subject -> roles, of everybody active."""
    with office.sessions() as session:
        rows = session.execute(
            select(Identity.subject, Enrolment.roles)
            .join(Enrolment, Enrolment.person_id == Identity.person_id)
            .where(Enrolment.status == "active", Enrolment.course_id == office.school.course_id)
        )
        return {row.subject: row.roles for row in rows if row.subject.startswith("member")}


def test_a_roster_makes_people_and_is_idempotent(office: Office, read: Callable[[], RosterChange]) -> None:
    office.platform.members = [member(1), member(2), member(3, "Instructor")]
    change = read()
    assert (change.people_made, change.enrolments_made) == (3, 3)
    assert active(office) == {"member-1": "learner", "member-2": "learner", "member-3": "instructor"}
    assert names(office) == ["Student Number0001", "Student Number0002"]
    again = read()
    assert (again.people_made, again.enrolments_made, again.enrolments_changed) == (0, 0, 0)


def test_people_of_one_name_are_different_people(office: Office, read: Callable[[], RosterChange]) -> None:
    same = {"name": "Maya Torres", "given_name": "Maya", "family_name": "Torres"}
    office.platform.members = [member(number, **same) for number in range(3)] + [member(7, **same, roles=[])]
    assert read().people_made == 4
    assert len(active(office)) == 4
    assert names(office) == ["Maya Torres"] * 3


def test_somebody_who_launched_before_is_the_same_person(
    office: Office, read: Callable[[], RosterChange]
) -> None:
    with office.sessions.begin() as session:
        office.school.session = session
        known = office.school.student(subject="member-1", given="Maya", family="Torres").person_id
    office.platform.members = [
        member(1, name="Maya Torres-Lund", given_name="Maya", family_name="Torres-Lund")
    ]
    assert read().people_made == 0
    with office.sessions() as session:
        person = session.get_one(Person, known)
    assert person.name == "Maya Torres-Lund"


def test_a_roster_that_keeps_names_to_itself_takes_none_away(
    office: Office, read: Callable[[], RosterChange]
) -> None:
    office.platform.members = [member(1)]
    read()
    office.platform.members = [{"user_id": "member-1", "roles": [f"{MEMBERSHIP}Learner"]}]
    read()
    assert names(office) == ["Student Number0001"]


def numbers(office: Office) -> dict[str, str]:
    """Subject -> student number, of everybody."""
    with office.sessions() as session:
        rows = session.execute(
            select(Identity.subject, Person.student_number).join(Person, Person.id == Identity.person_id)
        )
        return {row.subject: row.student_number for row in rows if row.subject.startswith("member")}


def test_numbers_come_with_the_roster_and_stay_with_their_people(
    office: Office, read: Callable[[], RosterChange]
) -> None:
    same = {"name": "Maya Torres", "given_name": "Maya", "family_name": "Torres"}
    office.platform.members = [
        member(number, **same, lis_person_sourcedid=f"S-{number}") for number in range(5)
    ]
    read()
    assert numbers(office) == {f"member-{number}": f"S-{number}" for number in range(5)}


def test_a_number_that_changed_is_taken_over_and_one_that_is_kept_back_stays(
    office: Office, read: Callable[[], RosterChange]
) -> None:
    office.platform.members = [member(1, lis_person_sourcedid="S-1"), member(2, lis_person_sourcedid="S-2")]
    read()
    nameless = {"name": None, "given_name": None, "family_name": None}
    office.platform.members = [member(1), member(2, **nameless, lis_person_sourcedid="S-22")]
    read()
    assert numbers(office) == {"member-1": "S-1", "member-2": "S-22"}
    assert names(office) == ["Student Number0001", "Student Number0002"]


def in_sections(told: object) -> dict[str, Any]:
    """What Canvas tells of a member's sections, as a custom parameter."""
    custom = "https://purl.imsglobal.org/spec/lti/claim/custom"
    return {"message": [{custom: {"sections": told}}]}


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ('["Period 2", "Period 1", "Period 2"]', "Period 1\nPeriod 2"),
        ("[]", ""),
        ("$com.instructure.User.sectionNames", "before"),
        (None, "before"),
        ('{"a": 1}', "before"),
        ('["A\\nB", 7, ""]', "A B"),
    ],
)
def test_sections_are_taken_over_and_kept_where_nobody_tells_them(
    office: Office, read: Callable[[], RosterChange], told: object, kept: str
) -> None:
    office.platform.members = [member(1, **in_sections('["before"]')), member(2)]
    assert read().enrolments_made == 2
    office.platform.members = [member(1, **in_sections(told)), member(2)]
    change = read()
    with office.sessions() as session:
        rows = session.execute(
            select(Identity.subject, Enrolment.sections)
            .join(Enrolment, Enrolment.person_id == Identity.person_id)
            .where(Identity.subject.like("member%"))
        )
        assert {row.subject: row.sections for row in rows} == {"member-1": kept, "member-2": ""}
    assert (change.enrolments_changed, read().enrolments_changed) == (int(kept != "before"), 0)


def test_who_left_or_is_inactive_is_not_shown_any_more_and_may_come_back(
    office: Office, read: Callable[[], RosterChange]
) -> None:
    office.platform.members = [member(1), member(2), member(3)]
    read()
    office.platform.members = [member(1), member(2, status="Inactive")]
    change = read()
    assert (change.deactivated, change.enrolments_changed) == (1, 1)
    assert set(active(office)) == {"member-1"}
    office.platform.members = [member(1), member(2), member(3)]
    read()
    assert set(active(office)) == {"member-1", "member-2", "member-3"}


def test_roles_are_replaced(office: Office, read: Callable[[], RosterChange]) -> None:
    office.platform.members = [member(1), member(2)]
    read()
    office.platform.members = [member(1, "Instructor"), member(2, "Stranger")]
    read()
    assert active(office) == {"member-1": "instructor", "member-2": ""}
    assert names(office) == []


def test_observers_and_test_students_are_nobodys_classmates(
    office: Office, read: Callable[[], RosterChange]
) -> None:
    office.platform.members = [
        member(1),
        member(2, roles=[f"{MEMBERSHIP}Learner", f"{MEMBERSHIP}Mentor"]),
        member(3, roles=[f"{MEMBERSHIP}Learner", TEST_USER]),
    ]
    read()
    assert names(office) == ["Student Number0001"]


@pytest.mark.parametrize("status", [503, 403])
def test_a_roster_that_breaks_off_changes_nothing(
    office: Office, read: Callable[[], RosterChange], status: int
) -> None:
    office.platform.page_size = 2
    office.platform.members = [member(number) for number in range(6)]
    read()
    before = active(office)
    office.platform.members = [member(0), member(1), member(9)]
    answers = office.platform.answer
    pages = iter([True])

    def second_page_fails(request: Any) -> Any:
        if request.path.endswith("/members") and not next(pages, False):
            return Reply(status)
        return answers(request)

    office.platform.answer = second_page_fails  # type: ignore[method-assign]
    with pytest.raises((TryLater, Refused)):
        read()
    assert active(office) == before
    with office.sessions() as session:
        course = session.get_one(Course, office.school.course_id)
    assert course.roster_read_at
    assert course.roster_tried_at
    assert course.roster_tried_at > course.roster_read_at, "pages learn that the attempt is over"


def test_an_empty_roster_deactivates_nobody(office: Office, read: Callable[[], RosterChange]) -> None:
    office.platform.members = [member(1), member(2)]
    read()
    office.platform.members = []
    assert read() == RosterChange()
    assert set(active(office)) == {"member-1", "member-2"}


def test_another_course_and_tenant_are_left_alone(office: Office, read: Callable[[], RosterChange]) -> None:
    with office.sessions.begin() as session:
        other = make_school(session, "Birch Lake", base="https://lms.birchlake.example")
        person = other.student(subject="member-1").person_id
        course = other.course_id
    office.platform.members = [member(1)]
    assert read().people_made == 1, "the same subject of another issuer is somebody else"
    with office.sessions() as session:
        assert [one.person_id for one in students_of(session, course)] == [person]


def test_a_thousand_members_take_few_statements(
    office: Office, read: Callable[[], RosterChange], engine: Engine
) -> None:
    office.platform.page_size = 500
    office.platform.members = [member(number) for number in range(1000)]
    with counted(engine) as statements:
        assert read().people_made == 1000
    # What an engine sends in batches counts by batch; the bound is far below one statement per person.
    assert len(statements) < 40
    with counted(engine) as statements:
        read()
    assert len([one for one in statements if one.startswith(("INSERT", "UPDATE"))]) <= 2
    with office.sessions() as session, counted(engine) as statements:
        assert len(students_of(session, office.school.course_id)) == 1000
    assert len([one for one in statements if one.startswith("SELECT")]) == 1


def test_several_readings_at_once_make_nobody_twice(office: Office, read: Callable[[], RosterChange]) -> None:
    office.platform.members = [member(number) for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: read(), range(4)))
    with office.sessions() as session:
        assert (
            session.scalar(
                select(func.count()).select_from(Identity).where(Identity.subject.like("member-%"))
            )
            == 40
        )
        assert (
            session.scalar(select(func.count()).select_from(Person).where(Person.given_name == "Student"))
            == 40
        )


def test_a_roster_is_not_read_again_at_once(office: Office, read: Callable[[], RosterChange]) -> None:
    office.platform.members = [member(1)]
    read()
    asked = len(office.platform.requests)
    refresh_roster(office.sessions, office.gateway_for, office.school.course_id, office.clock)
    assert len(office.platform.requests) == asked


def test_a_failed_reading_is_not_repeated_at_once(office: Office, read: Callable[[], RosterChange]) -> None:
    office.platform.granted = set()
    with pytest.raises(GatewayProblem):
        read()
    asked = len(office.platform.requests)
    refresh_roster(office.sessions, office.gateway_for, office.school.course_id, office.clock)
    assert len(office.platform.requests) == asked


def test_a_course_without_a_roster_is_left_alone(office: Office) -> None:
    with office.sessions.begin() as session:
        bare = make_school(session, "Birch Lake", base="https://lms.birchlake.example", memberships_url="")
        course = bare.course_id
    for number in (course, 10**6):
        assert refresh_roster(office.sessions, office.gateway_for, number, office.clock) == RosterChange()


@pytest.fixture
def in_order(session: Session) -> Callable[[list[tuple[str, str]]], list[str]]:
    def sort(people: list[tuple[str, str]]) -> list[str]:
        school = make_school(session)
        for given, family in people:
            school.person(Role.LEARNER, given=given, family=family)
        return [one.name for one in students_of(session, school.course_id)]

    return sort


def test_students_stand_by_family_name_whatever_the_alphabet(
    in_order: Callable[[list[tuple[str, str]]], list[str]],
) -> None:
    people = [
        ("Zoe", "Zieliński"),
        ("Ada", "Óskarsson"),
        ("Ben", "okafor"),
        ("Lucía", "Álvarez"),
        ("Kim", "Alvarado"),
        ("Bea", "Álvarez"),
        ("Ali", "Öztürk"),
    ]
    assert in_order(people) == [
        "Kim Alvarado",
        "Bea Álvarez",
        "Lucía Álvarez",
        "Ben okafor",
        "Ada Óskarsson",
        "Ali Öztürk",
        "Zoe Zieliński",
    ]


def test_parts_of_a_name_make_a_name(session: Session) -> None:
    school = make_school(session)
    actor = school.student(given="Maya", family="Torres")
    session.get_one(Person, actor.person_id).name = ""
    session.flush()
    assert [one.name for one in students_of(session, school.course_id)] == ["Maya Torres"]
