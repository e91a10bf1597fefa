"""Plain LTI tells of the columns that this tool made, and of nothing else."""

from decimal import Decimal

from sqlalchemy import select

from lti_plp.launch.claims import SCOPE_RESULT
from lti_plp.lms.coursework_models import Coursework, CourseworkReading, CourseworkResult
from lti_plp.lms.coursework_reading import refresh_coursework
from lti_plp.lms.models import Course
from tests.lms.conftest import Office


def test_columns_that_stand_for_no_reflection_are_read_with_their_results(office: Office) -> None:
    course_id = office.school.course_id
    with office.sessions.begin() as session:
        office.school.session = session
        student = office.school.student(subject="member-1").person_id
        course = session.get_one(Course, course_id)
        course.ags_scopes, base = SCOPE_RESULT, course.line_items_url.partition("?")[0]
    talk = f"{base}/901?course=1"
    office.platform.line_items[talk] = {"id": talk, "label": "Talk", "scoreMaximum": 20}
    for subject in ("member-1", "nobody-here"):
        given = {"lineItem": talk, "userId": subject, "scoreGiven": 8, "scoreMaximum": 10}
        office.platform.scores.append(given)
    taken = refresh_coursework(office.sessions, office.gateway_for, course_id, office.clock)
    assert taken is not None
    assert (taken.works, taken.results, taken.unknown) == (1, 1, 1)
    with office.sessions() as session:
        # The reflection that is placed there has a column, too: of that more is known here.
        work = session.scalars(select(Coursework).where(Coursework.course_id == course_id)).one()
        result = session.scalars(select(CourseworkResult)).one()
        state = session.get_one(CourseworkReading, course_id)
    assert (work.title, work.source, work.points) == ("Talk", "ags", Decimal(20))
    assert (result.person_id, result.state, result.score) == (student, "graded", Decimal(16))
    # Of what was handed in there it tells nothing.
    assert (result.handed_in, state.notes) == ("", {})
    assert (state.works, state.unknown, state.problem) == (1, 1, "")
