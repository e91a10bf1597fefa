"""An LMS that tells of an essay, for tests of pages."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from lti_plp.lms.coursework import take
from lti_plp.lms.models import Course
from lti_plp.lms.sent import Sent, written
from lti_plp.lms.work import Work, WorkResult
from lti_plp.plp.growth.frameworks import publish
from tests.plp.growth.growing import draft
from tests.views.plans import Planner

TITLE = "Essay: communicates clearly"


class Gradebook:
    """What the LMS of the school says; each telling comes a minute after the one before."""

    def __init__(self, planner: Planner) -> None:
        self.planner, self.minute = planner, 0
        tenant_id = planner.actor().tenant_id
        with planner.toolbox.sessions.begin() as session:
            self.course_id = session.scalars(select(Course.id)).one()
            publish(session, None, tenant_id, draft(), 0, planner.toolbox.clock())

    def tell(
        self, score: str | None, grading: str = "points", grade: str = "", sent: Sent | None = None
    ) -> None:
        """Tell what the student got; ``None`` for handed in, and not graded."""
        self.minute += 1
        now = self.planner.toolbox.clock() + timedelta(minutes=self.minute - 60)
        result = WorkResult(
            "essay",
            self.planner.actor().person_id,
            "submitted" if score is None and not grade else "graded",
            score=None if score is None else Decimal(score),
            grade=grade,
            submitted_at=now - timedelta(days=1),
            graded_at=None if score is None else now,
            handed_in=written(sent) if sent else "",
        )
        points = Decimal(20) if grading == "points" else None
        work = Work("essay", TITLE, grading, points, now + timedelta(days=3), "https://lms.example/essay")
        with self.planner.toolbox.sessions.begin() as session:
            take(session, session.get_one(Course, self.course_id), [work], [result], "canvas", now)
