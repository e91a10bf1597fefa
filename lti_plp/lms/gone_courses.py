"""Courses that an LMS no longer has: deleted there, nobody launches from them and nobody is told.

A plan belongs to its student, so all that was written in such a course stays in it. What ends is what the course gave:
who learns there is no longer a student of who teaches there, from the usual days of grace on.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.lms.models import Course, Enrolment, OutboxScore, ResourceLink

log = logging.getLogger(__name__)

CERTAIN_AFTER = timedelta(days=1)
"""An LMS that says once that there is no such course may be at fault; one that still says so after this is believed."""

ASKED_AT_LEAST = timedelta(days=7)
"""A course that nobody opened for so long is asked for, to learn whether it is still there."""
MOST_AT_ONCE = 100
"""Courses of one round."""


@dataclass(frozen=True)
class GoneCourse:
    """A course that its LMS no longer has."""

    title: str
    """Empty when no platform has ever told it."""
    unsent: int
    """Scores that its gradebook did not take any more, one for each student and link."""


def quiet_courses(session: Session, now: datetime) -> list[int]:
    """Return courses of which nothing was heard for a week, or that were missing when they were asked for last.

    Only those are of interest in which anybody still learns or teaches, and none is asked for twice a day.
    """
    is_peopled = exists().where(Enrolment.course_id == Course.id, Enrolment.status == "active")
    return list(
        session.scalars(
            select(Course.id)
            .where(
                Course.memberships_url != "",
                Course.gone_at.is_(None),
                is_peopled,
                or_(Course.roster_tried_at.is_(None), Course.roster_tried_at < now - CERTAIN_AFTER),
                or_(
                    Course.missing_since.is_not(None),
                    Course.roster_read_at.is_(None),
                    Course.roster_read_at < now - ASKED_AT_LEAST,
                ),
            )
            .order_by(Course.roster_tried_at, Course.id)
            .limit(MOST_AT_ONCE)
        )
    )


def note_missing(sessions: sessionmaker[Session], course_id: int, now: datetime) -> bool:
    """Take note that an LMS says it has no such course; say whether the course is over by that."""
    with sessions.begin() as session:
        course = session.get_one(Course, course_id, with_for_update=True)
        if course.missing_since is None:
            course.missing_since = now
        if course.gone_at is not None or now - course.missing_since < CERTAIN_AFTER:
            return False
        course.gone_at = now
        session.execute(
            update(Enrolment)
            .where(Enrolment.course_id == course_id, Enrolment.status == "active")
            .values(status="inactive", ended_at=now)
        )
    log.warning("course %s is no longer in its LMS", course_id)
    return True


def gone_among(session: Session, tenant_id: int, course_ids: Collection[int]) -> list[GoneCourse]:
    """Return those courses that their LMS no longer has, by title; one statement, or none for none."""
    if not course_ids:
        return []
    newest = (
        select(func.max(OutboxScore.id).label("id"), ResourceLink.course_id)
        .join(ResourceLink, ResourceLink.id == OutboxScore.resource_link_id)
        .where(ResourceLink.course_id.in_(course_ids))
        .group_by(ResourceLink.id, ResourceLink.course_id, OutboxScore.person_id)
        .subquery()
    )
    rows = session.execute(
        select(Course.id, Course.title, func.count(OutboxScore.id).label("unsent"))
        .outerjoin(newest, newest.c.course_id == Course.id)
        .outerjoin(OutboxScore, and_(OutboxScore.id == newest.c.id, OutboxScore.state == "failed"))
        .where(Course.id.in_(course_ids), Course.tenant_id == tenant_id, Course.gone_at.is_not(None))
        .group_by(Course.id, Course.title)
        .order_by(Course.title, Course.id)
    )
    return [GoneCourse(row.title, row.unsent) for row in rows]
