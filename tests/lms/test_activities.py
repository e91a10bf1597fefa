"""From when on something counts for a placed link: not twice, and not from an earlier year."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from lti_plp.lms.activities import asked_work, counts_from
from lti_plp.lms.models import ResourceLink
from lti_plp.plp.activities import load_activities
from lti_plp.plp.plans import PlanEditor, open_plan
from lti_plp.plp.reflections import DONE_KEY, LinkFacts, own_work, submit
from tests.factories import School, make_school, minutes
from tests.plp.planning import vocabulary

GOAL = load_activities(Path(__file__).parent.parent.parent / "config")["goal"]


@pytest.fixture
def school(session: Session) -> School:
    return make_school(session)


def asked(school: School, activity: str = "goal") -> LinkFacts:
    """A link that asks for an activity, placed at the beginning."""
    return school.link(school.template(school.teacher(), activity=activity, questions=(), grading="complete"))


def seen(session: Session, link: LinkFacts, at: datetime) -> None:
    session.get_one(ResourceLink, link.resource_link_id).created_at = at
    session.flush()


def test_since_it_was_placed_though_nobody_opened_it(session: Session, school: School) -> None:
    link, student = asked(school), school.student()
    seen(session, link, minutes(30))
    assert counts_from(session, link, student.person_id) == minutes(0)


def test_in_a_copied_course_since_it_was_first_opened(session: Session, school: School) -> None:
    template, student = school.template(school.teacher(), activity="goal"), school.student()
    first, copy = school.link(template), school.link(template)
    seen(session, copy, minutes(60))
    assert counts_from(session, first, student.person_id) == minutes(0)
    assert counts_from(session, copy, student.person_id) == minutes(60)


def test_what_was_handed_in_elsewhere_does_not_count_again(session: Session, school: School) -> None:
    first, second, student = asked(school), asked(school), school.student()
    other = asked(school, "steps")
    plan = open_plan(session, student, minutes(1))
    PlanEditor(session, plan, student, vocabulary, minutes(2)).add("goal", {"statement": "Swim"})
    done = asked_work(session, first, student.person_id, GOAL).told("en")
    assert done == "My new goal: Swim"
    submit(session, student, first, minutes(5), done=done)
    assert asked_work(session, second, student.person_id, GOAL).done == ()
    assert counts_from(session, other, student.person_id) == minutes(0)
    assert counts_from(session, second, school.student().person_id) == minutes(0)
    # What was sent keeps what it was sent with, whatever is sent later.
    PlanEditor(session, plan, student, vocabulary, minutes(6)).add("goal", {"statement": "Dive"})
    submit(session, student, second, minutes(7), done="My new goal: Dive")
    assert counts_from(session, first, student.person_id) == minutes(0)
    assert counts_from(session, second, student.person_id) == minutes(5)


def test_sent_without_a_word_and_only_once(session: Session, school: School) -> None:
    link, student = asked(school), school.student()
    sent = submit(session, student, link, minutes(5), done="My new goal: Swim")
    assert sent.is_new
    assert sent.submission.answers == {DONE_KEY: "My new goal: Swim"}
    again = submit(session, student, link, minutes(6), done="My new goal: Swim")
    assert (again.is_new, again.submission.number) == (False, 1)
    more = submit(session, student, link, minutes(7), done="My new goal: Swim\nMy new goal: Dive")
    assert (more.is_new, more.submission.number) == (True, 2)
    work = own_work(session, student, link)
    assert work.state == "sent"
    assert work.answers == {}
