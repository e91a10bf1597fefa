"""What an administrator reads of the connection, on both databases."""

from lti_plp.canvas.check import check_canvas
from lti_plp.canvas.models import CanvasApi
from lti_plp.launch.models import NoticeHandler
from lti_plp.lms.models import Course
from tests.canvas.conftest import Classroom
from tests.factories import NOON


def found(classroom: Classroom) -> dict[str, str]:
    return {one.what: one.state for one in check_canvas(classroom.toolbox, classroom.school.deployment_id)}


def test_everything_that_was_seen(classroom: Classroom) -> None:
    classroom.assignment("Lab report")
    before = found(classroom)
    assert (before["names"], before["ids"], before["observers"]) == ("good", "good", "unknown")
    assert (before["key"], before["permission"], before["reading"]) == ("good", "good", "unknown")
    classroom.read()
    assert found(classroom)["reading"] == "good"


def test_what_is_missing(classroom: Classroom) -> None:
    with classroom.sessions.begin() as session:
        session.delete(session.get_one(CanvasApi, classroom.school.deployment_id))
        course = session.get_one(Course, classroom.school.course_id)
        course.ags_scopes = course.memberships_url = ""
    after = found(classroom)
    assert (after["scopes"], after["roster"], after["key"]) == ("missing", "missing", "missing")
    assert "permission" not in after


def test_whether_copies_are_told_of(classroom: Classroom) -> None:
    assert found(classroom)["copies"] == "unknown"
    with classroom.sessions.begin() as session:
        row = NoticeHandler(
            deployment_id=classroom.school.deployment_id,
            service_url="x",
            handler="y",
            tried_at=NOON,
            problem="",
        )
        session.add(row)
    assert found(classroom)["copies"] == "unknown"
    for facts, state in (({"problem": "refused"}, "missing"), ({"registered_at": NOON}, "good")):
        with classroom.sessions.begin() as session:
            for name, value in facts.items():
                setattr(session.get_one(NoticeHandler, classroom.school.deployment_id), name, value)
        assert found(classroom)["copies"] == state
