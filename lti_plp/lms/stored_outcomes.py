"""Outcomes that came into a framework count at once, by the results of them that are stored already.

A district may have thousands of courses, so a worker goes through them one by one, each a transaction of its own. Where
the signal for it is lost, a course's next reading does the same.
"""

from datetime import datetime

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from lti_plp.lms.applying import apply_results
from lti_plp.lms.coursework import lock_coursework, newest_results
from lti_plp.lms.coursework_models import Coursework, CourseworkResult
from lti_plp.lms.models import Course
from lti_plp.lms.outcome_rules import follow_outcomes


def courses_about_outcomes(session: Session, tenant_id: int) -> list[int]:
    """Return a district's courses with work of which an LMS said that it is about an outcome."""
    rows = session.scalars(
        select(Coursework.course_id)
        .distinct()
        .join(Course, Course.id == Coursework.course_id)
        .where(
            Course.tenant_id == tenant_id,
            Coursework.gone_at.is_(None),
            # Only parts that are outcomes have this name; that an LMS may use it in a title does no harm.
            cast(Coursework.parts, Text).contains('"outcome"'),
        )
        .order_by(Coursework.course_id)
    )
    return list(rows)


def follow_stored(session: Session, course_id: int, now: datetime) -> int:
    """Let the rules of a course follow what its LMS said of outcomes when it was read last, and levels follow them.

    Return how many pieces of work have other rules than before.
    """
    course = session.get_one(Course, course_id)
    lock_coursework(session, course_id)
    works = session.scalars(
        select(Coursework)
        .where(Coursework.course_id == course_id, Coursework.gone_at.is_(None))
        .execution_options(populate_existing=True)
    ).all()
    people = session.scalars(
        select(CourseworkResult.person_id)
        .distinct()
        .where(CourseworkResult.coursework_id.in_([one.id for one in works]))
    )
    changed = follow_outcomes(session, course.tenant_id, works, now, set(people))
    if changed:
        apply_results(session, course.tenant_id, list(newest_results(session, changed).values()), now)
    return len(changed)
