"""How long each act with a plan takes, beside what it may take: for a school, or for one's own classes."""

from datetime import UTC, date, datetime, time, timedelta

from flask import request
from flask.typing import ResponseReturnValue

from lti_plp.errors import NotFound
from lti_plp.lms.calendar import year_at
from lti_plp.lms.learners import Learners
from lti_plp.lms.naming import titles_of_courses
from lti_plp.lms.radar import choices
from lti_plp.plp.budgets import load_budgets
from lti_plp.plp.time_spent import measure
from lti_plp.views.adults.desk import bp, page, ties
from lti_plp.views.links import number_in
from lti_plp.views.visit import toolbox, visit


@bp.get("/students/time", endpoint="time")
def time_page() -> ResponseReturnValue:
    """Show what half of all acts take, and nine of ten; never whose they are."""
    here, box = visit(), toolbox()
    now = box.clock()
    courses, course_id = _courses(now.date()), number_in(request.args.get("course", "")) or None
    if course_id is not None and course_id not in courses:
        raise NotFound("There is no such course for you.", code="course_not_here")
    since = _since(now)
    measured = measure(here.db, _learners(course_id).ids(now.date()), since)
    return page(
        "time",
        section="time",
        courses=courses,
        course_id=course_id,
        since=since.date(),
        figures=measured.figures(),
        weeks=measured.weeks(),
        unknown=measured.unknown,
        budgets=load_budgets(box.settings.config_folder),
    )


def _since(now: datetime) -> datetime:
    """Return the beginning of the school year; in the summer, of the twelve months before."""
    first = year_at(visit().db, visit().tenant_id, now.date()).first_day
    return datetime.combine(first, time(), UTC) if first <= now.date() else now - timedelta(days=365)


def _learners(course_id: int | None) -> Learners:
    taught = None if visit().leads else [one.student_id for one in ties().values() if one.courses]
    return Learners(visit().tenant_id, taught, course_id)


def _courses(today: date) -> dict[int, str]:
    """Return id -> title of the courses that may be looked at alone, by title."""
    here = visit()
    if here.leads:
        return dict(choices(here.db, Learners(here.tenant_id), today).courses)
    own = {course_id for one in ties().values() for course_id in one.courses}
    titles = titles_of_courses(here.db, here.tenant_id, own)
    return dict(sorted(titles.items(), key=lambda pair: (pair[1].casefold(), pair[0])))
