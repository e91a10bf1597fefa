"""Who advises whom and who stands in: only those who may say so, and never more than they have."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotAllowed, NotFound
from lti_plp.lms.models import Relationship, StandIn
from lti_plp.lms.people import (
    LONGEST,
    RelationLine,
    caseloads,
    end_relation,
    end_stand_in,
    name_stand_in,
    relate,
    relations,
    staff_of,
    stand_ins,
    standing_in,
)
from lti_plp.lms.ties import ties_of
from lti_plp.plp.actor import Actor, Role
from tests.factories import NOON, School, make_school, minutes

TODAY = NOON.date()
WEEK = timedelta(days=7)


class Town:
    """A school with a teacher, a colleague, an administrator and two students."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.school: School = make_school(session)
        self.teacher = self.school.teacher()
        self.colleague = self.school.teacher(given="Noor", family="Okafor")
        self.administrator = self.school.person(Role.ADMINISTRATOR, given="Oda", family="Nyberg")
        self.maya, self.leo = self.school.student(), self.school.student()

    def stand_in(self, actor: Actor | None = None, **facts: Any) -> StandIn:
        wanted = {
            "person_id": self.colleague.person_id,
            "kind": "substitute",
            "course_id": self.school.course_id,
            "first": TODAY,
            "last": TODAY + WEEK,
            "now": NOON,
        }
        return name_stand_in(self.session, actor or self.teacher, **(wanted | facts))

    def relate(self, actor: Actor | None = None, **facts: Any) -> int:
        wanted = {
            "adult_id": self.colleague.person_id,
            "student_ids": [self.maya.person_id, self.leo.person_id],
            "kind": "advisor",
            "first": TODAY,
            "last": None,
            "now": NOON,
        }
        return relate(self.session, actor or self.administrator, **(wanted | facts))

    def relations(self, on: date = TODAY) -> list[RelationLine]:
        return relations(self.session, self.school.tenant_id, on, self.colleague.person_id)

    def sees(self, adult: Actor) -> set[int]:
        return set(ties_of(self.session, self.school.tenant_id, adult.person_id, NOON, 14))


@pytest.fixture
def town(session: Session) -> Town:
    return Town(session)


def test_a_colleague_stands_in(town: Town) -> None:
    substitute = town.school.person(Role.INSTRUCTOR, given="Ivy", family="Lund")
    made = town.stand_in(person_id=substitute.person_id)
    (line,) = stand_ins(town.session, town.school.tenant_id, TODAY, town.teacher.person_id)
    assert (line.person, line.colleague, line.course) == ("Ivy Lund", "Elena Rivera", "English 9")
    end_stand_in(town.session, town.teacher, made.id, minutes(5))
    end_stand_in(town.session, town.teacher, made.id, minutes(9))
    assert made.ended_at == minutes(5)


class TestWhatASubstituteIsTold:
    """Where somebody stands in, and since when no more."""

    @staticmethod
    def told(town: Town, days: int, of: Actor | None = None) -> list[tuple[str, date, bool]]:
        """What is told so many days after today: course, last day, whether it is over."""
        on = TODAY + timedelta(days=days)
        person = (of or town.colleague).person_id
        lines = standing_in(town.session, town.school.tenant_id, person, on, 14)
        return [(one.course, one.last_day, one.is_over(on)) for one in lines]

    def test_until_the_last_day_and_two_weeks_after_it(self, town: Town) -> None:
        town.stand_in(first=TODAY + timedelta(days=1))
        last = TODAY + WEEK
        assert self.told(town, 0) == self.told(town, 7) == [("English 9", last, False)]
        assert self.told(town, 8) == self.told(town, 21) == [("English 9", last, True)]
        assert self.told(town, 22) == []
        assert self.told(town, 0, town.teacher) == [], "she is stood in for"

    def test_ended_early(self, town: Town) -> None:
        made = town.stand_in()
        end_stand_in(town.session, town.teacher, made.id, NOON + timedelta(days=2))
        assert self.told(town, 2) == [("English 9", TODAY + timedelta(days=2), True)]
        assert self.told(town, 17) == []

    def test_what_never_began_is_not_told(self, town: Town) -> None:
        made = town.stand_in(first=TODAY + timedelta(days=3))
        end_stand_in(town.session, town.teacher, made.id, minutes(5))
        assert self.told(town, 0) == []

    def test_said_anew_it_is_not_over(self, town: Town) -> None:
        made = town.stand_in()
        end_stand_in(town.session, town.teacher, made.id, minutes(5))
        town.stand_in(last=TODAY + timedelta(days=3))
        assert self.told(town, 0) == [("English 9", TODAY + timedelta(days=3), False)]
        assert self.told(town, 4) == [("English 9", TODAY + timedelta(days=3), True)]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"person_id": 0}, "stand_in_who"),
        ({"kind": "advisor"}, "stand_in_who"),
        ({"kind": "co_advisor"}, "stand_in_who"),
        ({"course_id": 0}, "stand_in_course"),
        ({"course_id": None}, "stand_in_course"),
        ({"last": TODAY - timedelta(days=1)}, "stand_in_dates"),
        ({"first": TODAY - WEEK}, "stand_in_dates"),
        ({"last": TODAY + LONGEST + timedelta(days=1)}, "stand_in_dates"),
    ],
)
def test_what_does_not_fit(town: Town, facts: dict[str, Any], code: str) -> None:
    with pytest.raises(BadInput) as problem:
        town.stand_in(**facts)
    assert problem.value.code == code
    assert town.session.scalars(select(StandIn)).all() == []


def test_nobody_hands_on_what_was_handed_to_them(town: Town, session: Session) -> None:
    substitute = town.school.person(Role.INSTRUCTOR, given="Ivy", family="Lund", status="inactive")
    session.add(
        StandIn(
            tenant_id=town.school.tenant_id,
            person_id=substitute.person_id,
            for_id=town.teacher.person_id,
            course_id=town.school.course_id,
            kind="co_teacher",
            valid_from=TODAY,
            valid_to=TODAY,
            made_by=town.teacher.person_id,
            made_at=NOON,
        )
    )
    session.flush()
    with pytest.raises(BadInput):
        town.stand_in(substitute)


@pytest.mark.parametrize("who", ["maya", "colleague"])
def test_who_may_not_end_it(town: Town, who: str) -> None:
    made = town.stand_in()
    with pytest.raises(NotAllowed):
        end_stand_in(town.session, getattr(town, who), made.id, NOON)
    assert made.ended_at is None
    end_stand_in(town.session, town.administrator, made.id, NOON)
    assert made.ended_at == NOON


def test_only_an_administrator_says_who_advises(town: Town) -> None:
    for actor in (town.teacher, town.maya):
        with pytest.raises(NotAllowed):
            town.relate(actor)
    assert town.relate() == 2
    # What is said already is not said twice; somebody new is.
    assert town.relate() == 0
    assert [one.student for one in town.relations()] == [
        "Eli Álvarez",
        "Maya Torres",
    ]
    assert {town.maya.person_id, town.leo.person_id} <= town.sees(town.colleague)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"kind": "mentor"}, "relation_who"),
        ({"adult_id": 0}, "relation_who"),
        ({"student_ids": []}, "relation_who"),
        ({"student_ids": [0]}, "relation_who"),
        ({"last": TODAY - timedelta(days=1)}, "relation_dates"),
    ],
)
def test_what_cannot_be_said(town: Town, facts: dict[str, Any], code: str) -> None:
    with pytest.raises(BadInput) as problem:
        town.relate(**facts)
    assert problem.value.code == code
    assert town.session.scalars(select(Relationship)).all() == []


def test_what_ends_stays_on_record(town: Town) -> None:
    town.relate()
    (row, *_) = town.session.scalars(select(Relationship).order_by(Relationship.id))
    with pytest.raises(NotAllowed):
        end_relation(town.session, town.teacher, row.id, NOON)
    end_relation(town.session, town.administrator, row.id, NOON)
    assert len(town.relations()) == 1
    assert len(town.session.scalars(select(Relationship)).all()) == 2
    # It can be said anew.
    assert town.relate() == 1


def test_another_district_is_another_world(town: Town, session: Session) -> None:
    other = make_school(session, "Birch Falls", "https://lms.birchfalls.example")
    stranger = other.person(Role.ADMINISTRATOR)
    made = town.stand_in()
    town.relate()
    row = session.scalars(select(Relationship).limit(1)).one()
    with pytest.raises(NotFound):
        end_stand_in(session, stranger, made.id, NOON)
    with pytest.raises(NotFound):
        end_relation(session, stranger, row.id, NOON)
    with pytest.raises(BadInput):
        town.relate(stranger)
    assert [one.id for one in staff_of(session, other.tenant_id)] == [stranger.person_id]
    assert caseloads(session, other.tenant_id, TODAY) == []
    assert relations(session, other.tenant_id, TODAY, town.colleague.person_id) == []


def test_the_staff_is_who_ever_came_as_an_adult_of_the_school(town: Town) -> None:
    town.school.person(Role.INSTRUCTOR, given="Ivy", family="Lund", status="inactive")
    town.school.person(Role.MENTOR, Role.INSTRUCTOR, given="Rosa", family="Torres")
    town.school.person(Role.INSTRUCTOR, given="", family="")
    town.school.person(Role.INSTRUCTOR, given="Test", family="Teacher", is_test=True)
    names = [one.name for one in staff_of(town.session, town.school.tenant_id)]
    assert names == ["Elena Rivera", "Ivy Lund", "Noor Okafor", "Oda Nyberg"]


def test_an_administrator_names_a_substitute_for_who_is_ill(town: Town) -> None:
    ivy = town.school.person(Role.INSTRUCTOR, given="Ivy", family="Lund", status="inactive")
    with pytest.raises(NotAllowed):
        town.stand_in(town.colleague, person_id=ivy.person_id, for_id=town.teacher.person_id)
    made = town.stand_in(town.administrator, person_id=ivy.person_id, for_id=town.teacher.person_id)
    assert (made.for_id, made.made_by) == (town.teacher.person_id, town.administrator.person_id)
    assert town.sees(ivy) == {town.maya.person_id, town.leo.person_id}
    # Nobody is stood in for where they have nothing themselves.
    with pytest.raises(BadInput):
        town.stand_in(town.administrator, person_id=ivy.person_id, for_id=town.administrator.person_id)


def test_nobody_stands_in_twice_on_the_same_day(town: Town) -> None:
    first = town.stand_in()
    with pytest.raises(BadInput) as problem:
        town.stand_in(first=TODAY + WEEK, last=TODAY + 2 * WEEK)
    assert problem.value.code == "stand_in_twice"
    town.stand_in(first=TODAY + WEEK + timedelta(days=1), last=TODAY + 2 * WEEK)
    end_stand_in(town.session, town.teacher, first.id, NOON)
    assert town.stand_in().id != first.id


def test_what_is_over_or_ends_sooner_gives_way(town: Town) -> None:
    town.relate(last=TODAY + WEEK)
    # The same again, or for less, is nothing new.
    assert town.relate(last=TODAY) == 0
    assert town.relate(first=TODAY + WEEK, last=None, student_ids=[town.maya.person_id]) == 1
    assert [(one.student, one.valid_from, one.valid_to) for one in town.relations()] == [
        ("Eli Álvarez", TODAY, TODAY + WEEK),
        ("Maya Torres", TODAY, None),
    ]
    # Eli's is over by then; nobody has ended it.
    later = NOON + 10 * WEEK
    assert town.relate(first=later.date(), now=later) == 1
    assert [one.valid_from for one in town.relations(later.date())] == [later.date(), TODAY]
    assert len(town.session.scalars(select(Relationship)).all()) == 4


def test_caseloads(town: Town) -> None:
    town.relate()
    town.relate(kind="counselor", student_ids=[town.maya.person_id])
    town.relate(adult_id=town.teacher.person_id, student_ids=[town.leo.person_id])
    found = caseloads(town.session, town.school.tenant_id, TODAY)
    assert [(one.name, one.students) for one in found] == [("Elena Rivera", 1), ("Noor Okafor", 2)]
