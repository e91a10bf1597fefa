"""What a link means in the course that it is opened in, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_plp.lms.copies import Opening, note_origins, note_template_placed, template_meant
from lti_plp.lms.models import Course, PlacedTemplate
from lti_plp.plp.models import ReflectionTemplate
from tests.factories import NOON, School, make_school


@pytest.fixture
def school(session: Session) -> School:
    return make_school(session)


@pytest.fixture
def template(session: Session, school: School) -> ReflectionTemplate:
    """Placed in course-1."""
    made = school.template(school.teacher(), due_at=NOON - timedelta(days=300))
    note_template_placed(session, school.course_id, made.id, NOON)
    return made


class Places:
    """Courses of one school, where links are opened."""

    def __init__(self, school: School, named: str) -> None:
        self.school = school
        self.named = named

    def course(self, context: str, deployment_id: int | None = None) -> int:
        row = Course(
            tenant_id=self.school.tenant_id,
            deployment_id=deployment_id or self.school.deployment_id,
            lti_context_id=context,
            title=context,
            created_at=NOON,
        )
        self.school.session.add(row)
        self.school.session.flush()
        return row.id

    def opening(self, context: str, *history: str) -> Opening:
        course_id = self.school.session.scalar(select(Course.id).where(Course.lti_context_id == context))
        return Opening(
            tenant_id=self.school.tenant_id,
            deployment_id=self.school.deployment_id,
            course_id=course_id or self.course(context),
            context_id=context,
            named=self.named,
            history=history,
        )

    def open(self, context: str, *history: str) -> str:
        found = template_meant(self.school.session.connection(), self.opening(context, *history), NOON)
        assert found
        return found

    def place_of(self, template_id: str) -> PlacedTemplate:
        return self.school.session.scalars(
            select(PlacedTemplate).where(PlacedTemplate.template_id == template_id)
        ).one()


@pytest.fixture
def places(school: School, template: ReflectionTemplate) -> Places:
    return Places(school, template.id)


def test_where_it_was_placed_it_is_itself(places: Places) -> None:
    assert places.open("course-1") == places.named
    # Another link of it in the same course, too.
    assert places.open("course-1", "course-0") == places.named


def test_a_copied_course_gets_one_of_its_own(
    places: Places, session: Session, template: ReflectionTemplate
) -> None:
    copied = places.open("course-2", "course-1")
    assert copied != places.named
    assert places.open("course-2", "course-1") == copied
    place = places.place_of(copied)
    assert (place.named_id, place.copied_from) == (places.named, places.named)
    assert place.copied_from_course_id == places.school.course_id
    row = session.get_one(ReflectionTemplate, copied)
    same = "tenant_id author_id kind activity locale title instructions questions grading max_points layout"
    same += " allow_resubmit shared_version_id"
    assert [getattr(row, name) for name in same.split()] == [getattr(template, name) for name in same.split()]
    # Last year's day is over.
    assert row.due_at is None


def test_a_day_that_is_still_to_come_is_kept(
    places: Places, session: Session, template: ReflectionTemplate
) -> None:
    template.due_at = NOON + timedelta(days=3)
    session.flush()
    copied = session.get_one(ReflectionTemplate, places.open("course-2", "course-1"))
    assert copied.due_at == NOON + timedelta(days=3)


def test_a_copy_of_a_copy_is_made_of_the_nearest_that_there_is(places: Places) -> None:
    second = places.open("course-2", "course-1")
    third = places.open("course-3", "course-2", "course-1")
    assert places.place_of(third).copied_from == second
    # Nobody has opened the link in course-4: the walk goes on to what is there.
    fifth = places.open("course-5", "course-4", "course-3", "course-2", "course-1")
    assert places.place_of(fifth).copied_from == third
    sixth = places.open("course-6", "course-4", "unheard-of", "course-1")
    assert places.place_of(sixth).copied_from == places.named


def test_a_notice_tells_what_the_launch_does_not(places: Places, session: Session, school: School) -> None:
    second = places.open("course-2", "course-1")
    note_origins(session, school.deployment_id, "course-3", ["between"], NOON)
    note_origins(session, school.deployment_id, "between", ["course-2"], NOON)
    third = places.open("course-3")
    assert places.place_of(third).copied_from == second


def test_notices_of_courses_in_a_circle_end(places: Places, session: Session, school: School) -> None:
    for context, origin in (("course-2", "b"), ("b", "c"), ("c", "course-2"), ("c", "c")):
        note_origins(session, school.deployment_id, context, [origin], NOON)
    assert places.place_of(places.open("course-2")).copied_from == places.named


def test_a_notice_of_another_deployment_says_nothing(places: Places, session: Session) -> None:
    second = places.open("course-2", "course-1")
    other = make_school(session, name="Elm Ridge", base="https://lms.elmridge.example")
    note_origins(session, other.deployment_id, "course-3", ["course-2"], NOON)
    third = places.open("course-3")
    assert places.place_of(third).copied_from == places.named
    assert second != third


def test_where_nothing_tells_of_an_ancestor_it_is_the_one_that_is_named(places: Places) -> None:
    places.open("course-2", "course-1")
    third = places.open("course-3")
    assert places.place_of(third).copied_from == places.named


def test_of_one_copied_link_twice_in_a_course_there_is_one_copy(places: Places, session: Session) -> None:
    assert places.open("course-2", "course-1") == places.open("course-2")
    assert session.scalar(select(func.count()).select_from(ReflectionTemplate)) == 2


def test_another_tenants_template_does_not_exist(places: Places, session: Session) -> None:
    other = make_school(session, name="Elm Ridge", base="https://lms.elmridge.example")
    foreign = replace(
        places.opening("course-2", "course-1"),
        tenant_id=other.tenant_id,
        deployment_id=other.deployment_id,
        course_id=other.course_id,
    )
    assert template_meant(session.connection(), foreign, NOON) is None
    assert session.scalar(select(func.count()).select_from(PlacedTemplate)) == 1


@pytest.mark.parametrize(
    "named",
    ["", "x" * 36, "3e2c8a54-0b7d-4f19-9c61-5d1f7a2b8e90", "\0" * 36],
    ids=["empty", "no UUID", "unknown UUID", "zeros"],
)
def test_what_names_nothing_is_nothing(places: Places, session: Session, named: str) -> None:
    opening = replace(places.opening("course-2", "course-1"), named=named)
    assert template_meant(session.connection(), opening, NOON) is None


def test_nobody_wrote_down_where_it_was_placed(places: Places, session: Session, school: School) -> None:
    """As for what was placed and never opened before places were written down: the first is the place."""
    places.named = school.template(school.teacher()).id
    assert places.open("course-2", "course-1") == places.named
    assert places.open("course-3", "course-2") != places.named


@pytest.mark.parametrize("outside", ["link:7", "none"])
def test_outside_of_courses_nothing_is_copied(
    places: Places, session: Session, school: School, outside: str
) -> None:
    places.named = school.template(school.teacher()).id
    note_template_placed(session, places.course("none"), places.named, NOON)
    assert places.open("link:7") == places.named
    assert places.open(outside) == places.named
    # Nor does a place outside of courses make a course that opens it first a copy.
    assert places.open("course-2") == places.named
