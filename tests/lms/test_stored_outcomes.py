"""Which courses are gone through when outcomes come into a framework; two districts know nothing of each other."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.lms.coursework import take
from lti_plp.lms.coursework_models import Coursework, MappingRule
from lti_plp.lms.models import Course
from lti_plp.lms.stored_outcomes import courses_about_outcomes, follow_stored
from lti_plp.lms.work import Part, Work, outcome_name
from lti_plp.plp.growth.frameworks import publish
from tests.factories import School, make_school, minutes
from tests.lms.coursework import ESSAY, Courseworking
from tests.plp.growth.growing import draft

HOME = "canvas:school.example"
ABOUT = outcome_name(HOME, 97)
DEBATE = Work(
    "debate", "Debate", "points", Decimal(4), parts=(Part("_1", "Argue", "", Decimal(4), (), ABOUT),)
)


@pytest.fixture
def there(session: Session) -> Courseworking:
    return Courseworking(session)


def bring_in(session: Session, school: School) -> None:
    said = draft(guid=f"{HOME}:course:1", source="lms")
    items = tuple(replace(one, guid=ABOUT) if one.guid == "talk" else one for one in said.items)
    publish(session, None, school.tenant_id, replace(said, items=items), 0, minutes(1))


def test_only_courses_of_the_district_with_such_work(there: Courseworking) -> None:
    session, tenant_id = there.session, there.place.tenant_id
    other = make_school(session, name="Elm Ridge", base="https://lms.elmridge.example")
    for course_id in (there.place.course_id, other.course_id):
        take(session, session.get_one(Course, course_id), [DEBATE], [], "canvas", minutes(1))
    assert courses_about_outcomes(session, tenant_id) == [there.place.course_id]
    assert courses_about_outcomes(session, other.tenant_id) == [other.course_id]
    # Of work that is no outcome's, and of what is gone, there is nothing to follow.
    take(session, there.course, [replace(ESSAY, title='The "outcome"')], [], "canvas", minutes(2))
    assert courses_about_outcomes(session, tenant_id) == []


def test_another_districts_framework_says_nothing(there: Courseworking) -> None:
    session = there.session
    there.take(there.result("4", work="debate", part="_1"), works=(DEBATE,))
    other = make_school(session, name="Elm Ridge", base="https://lms.elmridge.example")
    bring_in(session, other)
    assert follow_stored(session, there.place.course_id, minutes(2)) == 0
    bring_in(session, there.there.school)
    assert follow_stored(session, there.place.course_id, minutes(3)) == 1
    assert [one.value for one in there.counted()] == [Decimal(4)]


def test_a_teachers_word_is_left_alone(there: Courseworking) -> None:
    there.take(there.result("4", work="debate", part="_1"), works=(DEBATE,))
    there.map(source_id="debate", part="_1", B="0", E="90")
    bring_in(there.session, there.there.school)
    assert follow_stored(there.session, there.place.course_id, minutes(3)) == 0
    work = there.session.scalars(select(Coursework.id)).one()
    rules = there.session.scalars(select(MappingRule).where(MappingRule.coursework_id == work)).all()
    assert [(one.outcome, one.version) for one in rules] == [("", 1)]
