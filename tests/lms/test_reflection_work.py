"""A placed reflection is coursework: what is sent and rated counts in the same transaction."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from lti_plp.lms.coursework import Taken
from lti_plp.lms.coursework_models import Coursework, CourseworkResult
from lti_plp.lms.reflection_work import take_reflection
from tests.factories import minutes
from tests.lms.conftest import Office
from tests.lms.test_scores import Class


def told(here: Class) -> list[Any]:
    with here.office.sessions() as session:
        rows = session.scalars(select(CourseworkResult).order_by(CourseworkResult.id))
        return [(one.state, one.grade, one.score) for one in rows]


def test_sent_then_rated_then_rated_anew(office: Office) -> None:
    here = Class(office)
    number = here.send("First").submission.id
    here.rate(number, "7")
    here.rate(number, None, "Go on", at=10)
    here.rate(number, "9", at=11)
    assert told(here) == [("submitted", "", None), ("graded", "", 7), ("graded", "", 9)]
    with office.sessions() as session:
        work = session.scalars(select(Coursework)).one()
    assert (work.source, work.grading, work.title) == ("reflection", "points", "End of a project")
    assert work.points == 10


@pytest.mark.parametrize(("points", "word"), [("1", "complete"), ("0", "incomplete")])
def test_complete_or_not(office: Office, points: str, word: str) -> None:
    here = Class(office, grading="complete")
    here.rate(here.send("First").submission.id, points)
    assert told(here)[-1] == ("graded", word, Decimal(points))


def test_what_is_not_graded_is_no_coursework(office: Office) -> None:
    here = Class(office, grading="none")
    here.send("First")
    assert told(here) == []


def test_each_link_is_an_answer_of_its_own(office: Office) -> None:
    here, other = Class(office), Class(office)
    here.send("First")
    other.send("Mine")
    with office.sessions.begin() as session:
        assert take_reflection(session, here.link.resource_link_id, minutes(0)) == Taken()
        assert [one.gone_at for one in session.scalars(select(Coursework))] == [None, None]
