"""Which students may be here twice: offered to an administrator, never joined by itself.

Two LMSs tell one number, or one LMS has merged two accounts. That two people are called the same says nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import combinations
from urllib.parse import urlsplit

from sqlalchemy import CTE, String, and_, case, cast, distinct, func, select
from sqlalchemy.orm import Session

from lti_plp.lms.directory import shown_name
from lti_plp.lms.lms_ids import registrations
from lti_plp.lms.models import Course, Deployment, Enrolment, Identity, Person, PersonJudgement
from lti_plp.plp.actor import learns

SHOWN = 200
"""So many pairs stand on the page; the next come when these are judged."""

Ids = tuple[int, int]
"""Two people, the lower id first."""


@dataclass(frozen=True)
class Candidate:
    """One of two people who may be one."""

    id: int
    name: str
    courses: tuple[str, ...]
    """Titles, of those that a platform names."""
    platforms: tuple[str, ...]
    """What the LMSs call themselves, else their hosts."""


@dataclass(frozen=True)
class Pair:
    """Two people who may be one."""

    number: str
    """What both carry; empty where one LMS calls them one person."""
    first: Candidate
    second: Candidate


@dataclass(frozen=True)
class _Place:
    """Where somebody is known: an instance of a platform."""

    issuer: str
    guid: str

    def may_be(self, other: "_Place") -> bool:
        """Say whether two places may be one: all schools of a hosted platform have one issuer."""
        return self.issuer == other.issuer and (not self.guid or not other.guid or self.guid == other.guid)


def pairs(session: Session, tenant_id: int) -> list[Pair]:
    """Return who may be here twice, by number, :data:`SHOWN` at most; a fixed number of statements."""
    numbers = offered(session, tenant_id)
    shown = sorted(numbers, key=lambda pair: (numbers[pair], pair))[:SHOWN]
    people = _candidates(session, {one for pair in shown for one in pair})
    return [Pair(numbers[first, second], people[first], people[second]) for first, second in shown]


def count_pairs(session: Session, tenant_id: int) -> int:
    """Return how many pairs wait for a word."""
    return len(offered(session, tenant_id))


def offered(session: Session, tenant_id: int) -> dict[Ids, str]:
    """Return who is offered -> the number that both carry, empty where one LMS calls them one person."""
    found = _of_one_number(session, tenant_id) | dict.fromkeys(_of_one_account(session, tenant_id), "")
    judged = _judged(session, tenant_id) if found else set()
    return {pair: number for pair, number in found.items() if pair not in judged}


def _of_one_number(session: Session, tenant_id: int) -> dict[Ids, str]:
    several = (
        select(Person.student_number)
        .where(Person.tenant_id == tenant_id, Person.student_number != "", Person.is_test.is_(False))
        .group_by(Person.student_number)
        .having(func.count() > 1)
    )
    rows = session.execute(
        select(
            Person.id,
            Person.student_number,
            Enrolment.roles,
            registrations.c.issuer,
            Deployment.platform_guid,
        )
        .join(Enrolment, Enrolment.person_id == Person.id)
        .join(Course, Course.id == Enrolment.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(registrations, registrations.c.id == Deployment.registration_id)
        .where(
            Person.tenant_id == tenant_id,
            Person.is_test.is_(False),
            Person.student_number.in_(several),
        )
    ).all()
    learners = {row.id for row in rows if learns(row.roles.split())}
    places: dict[int, set[_Place]] = defaultdict(set)
    together: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        places[row.id].add(_Place(row.issuer, row.platform_guid))
        together[row.student_number].update(learners & {row.id})
    return {
        pair: number
        for number, people in together.items()
        for pair in combinations(sorted(people), 2)
        # Whom one LMS knows as two, the LMS itself calls two people.
        if not any(one.may_be(other) for one in places[pair[0]] for other in places[pair[1]])
    }


def _of_one_account(session: Session, tenant_id: int) -> Iterable[Ids]:
    """Return pairs of learners whom one LMS calls by one id.

    Canvas goes on with the old name of a merged account in its old courses, and says the same id of both.
    """
    told = _told_ids(tenant_id)
    account = (told.c.issuer, told.c.instance, told.c.lms_id)
    several = (
        select(*account).group_by(*account).having(func.count(distinct(told.c.person_id)) > 1).subquery()
    )
    rows = session.execute(
        select(told).join(several, and_(*(told.c[one.name] == several.c[one.name] for one in account)))
    )
    together: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for row in rows:
        if learns(row.roles.split()):
            together[row.issuer, row.instance, row.lms_id].add(row.person_id)
    return (pair for people in together.values() for pair in combinations(sorted(people), 2))


def _told_ids(tenant_id: int) -> CTE:
    """Return what instances of platforms call people, of ids that several people of a district have."""
    several = (
        select(Identity.issuer, Identity.lms_id)
        .where(Identity.tenant_id == tenant_id, Identity.lms_id != "")
        .group_by(Identity.issuer, Identity.lms_id)
        .having(func.count(distinct(Identity.person_id)) > 1)
        .subquery()
    )
    # A deployment is one instance, whether or not it says which.
    instance = case(
        (Deployment.platform_guid != "", "guid " + Deployment.platform_guid),
        else_="deployment " + cast(Deployment.id, String),
    )
    return (
        select(
            Identity.person_id,
            Identity.issuer,
            Identity.lms_id,
            instance.label("instance"),
            Enrolment.roles,
        )
        .join(several, and_(several.c.issuer == Identity.issuer, several.c.lms_id == Identity.lms_id))
        .join(Person, Person.id == Identity.person_id)
        .join(
            Enrolment,
            and_(Enrolment.person_id == Identity.person_id, Enrolment.subject == Identity.subject),
        )
        .join(Course, Course.id == Enrolment.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .join(
            registrations,
            and_(registrations.c.id == Deployment.registration_id, registrations.c.issuer == Identity.issuer),
        )
        .where(Identity.tenant_id == tenant_id, Person.is_test.is_(False))
        .cte("told")
    )


def _judged(session: Session, tenant_id: int) -> set[Ids]:
    rows = session.execute(
        select(PersonJudgement.first_id, PersonJudgement.second_id).where(
            PersonJudgement.tenant_id == tenant_id
        )
    )
    return {(row.first_id, row.second_id) for row in rows}


def _candidates(session: Session, ids: Collection[int]) -> dict[int, Candidate]:
    if not ids:
        return {}
    courses: dict[int, set[str]] = defaultdict(set)
    platforms: dict[int, set[str]] = defaultdict(set)
    places = session.execute(
        select(Enrolment.person_id, Course.title, Deployment.platform_name)
        .join(Course, Course.id == Enrolment.course_id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .where(Enrolment.person_id.in_(ids))
    )
    for row in places:
        courses[row.person_id].add(row.title)
        platforms[row.person_id].add(row.platform_name)
    hosts: dict[int, set[str]] = defaultdict(set)
    for one in session.execute(
        select(Identity.person_id, Identity.issuer).where(Identity.person_id.in_(ids))
    ):
        hosts[one.person_id].add(urlsplit(one.issuer).netloc or one.issuer)
    return {
        person.id: Candidate(
            person.id,
            shown_name(person.name, person.given_name, person.family_name),
            tuple(sorted(courses[person.id] - {""})),
            (*sorted(platforms[person.id] - {""}), *sorted(hosts[person.id])),
        )
        for person in session.scalars(select(Person).where(Person.id.in_(ids)))
    }
