"""A school whose Canvas is the stand-in LMS, with people who allowed it to be read."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.adapters import gateways
from lti_plp.canvas.api_keys import keep_api_key
from lti_plp.canvas.models import CanvasGrant, CanvasPlace
from lti_plp.canvas.permissions import Permission
from lti_plp.clock import utc_now
from lti_plp.launch.services.http import PlatformHttp
from lti_plp.launch.toolbox import Toolbox, make_toolbox
from lti_plp.lms.coursework import Taken, newest_results
from lti_plp.lms.coursework_models import Coursework, CourseworkReading, CourseworkResult
from lti_plp.lms.coursework_reading import FRESH, refresh_coursework
from lti_plp.lms.models import Course, Identity
from lti_plp.plp.actor import Actor
from lti_plp.settings import Settings
from tests.factories import School, make_school
from tests.fixtures_database import SECRET
from tests.fixtures_tool import MovableClock
from tests.sandbox.canvas import Canvas, Key
from tests.sandbox.conftest import canvas

__all__ = ["canvas"]

_numbers = count(1)


@dataclass
class Classroom:
    """A course of the stand-in LMS, and the same course here."""

    canvas: Canvas
    number: int
    toolbox: Toolbox
    clock: MovableClock
    key: Key
    school: School
    teacher: Actor
    teacher_key: str
    students: dict[str, Actor] = field(default_factory=dict)
    naps: list[float] = field(default_factory=list)
    """Seconds that were waited, or would have been."""
    on_nap: Callable[[float], None] = lambda _seconds: None

    @property
    def sessions(self) -> sessionmaker[Session]:
        return self.toolbox.sessions

    def nap(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.on_nap(seconds)

    def allow(self, person: str, actor: Actor) -> Permission:
        """Keep somebody's tokens, as they are kept after they allowed it."""
        made = self.key.api(person)
        now = self.clock()
        with self.sessions.begin() as session:
            session.merge(
                CanvasGrant(
                    deployment_id=self.school.deployment_id,
                    person_id=actor.person_id,
                    access_token=self.toolbox.secrets.seal(made.token),
                    refresh_token=self.toolbox.secrets.seal(made.refresh_token),
                    expires_at=now + timedelta(hours=1),
                    refreshing_until=None,
                    ended_at=None,
                    granted_at=now,
                )
            )
        return Permission(self.school.deployment_id, actor.person_id)

    def grant(self, actor: Actor) -> CanvasGrant:
        with self.sessions() as session:
            return session.get_one(CanvasGrant, (self.school.deployment_id, actor.person_id))

    def assignment(self, name: str = "Lab report", **values: Any) -> int:
        return self.canvas.assignment(name, course=self.number, **values)

    def submit(self, assignment: int, person: str = "maya", **values: Any) -> None:
        facts = {"person": person, "body": "<p>Done</p>", **values}
        self.canvas.control(f"assignments/{assignment}/submit", facts)

    def grade(self, assignment: int, score: float | None, person: str = "maya", **values: Any) -> None:
        facts = {"person": person, "score": score, **values}
        self.canvas.control(f"assignments/{assignment}/grade", facts)

    def fault(self, kind: str, pattern: str = "/api/v1/*", **values: Any) -> None:
        self.canvas.control("path_faults", {"kind": kind, "pattern": pattern, **values})

    def read(self, **how: Any) -> Taken | None:
        """Read the course's work, some time after the last reading."""
        self.clock.ahead += FRESH + timedelta(seconds=1)
        return refresh_coursework(
            self.sessions, gateways(self.toolbox), self.school.course_id, self.clock, **how
        )

    def state(self) -> CourseworkReading:
        with self.sessions() as session:
            return session.get_one(CourseworkReading, self.school.course_id)

    def works(self) -> dict[str, Coursework]:
        """Title -> what is here and not gone."""
        with self.sessions() as session:
            rows = session.scalars(
                select(Coursework).where(
                    Coursework.course_id == self.school.course_id, Coursework.gone_at.is_(None)
                )
            )
            return {row.title: row for row in rows}

    def result(self, title: str, person: str = "maya", part: str = "") -> CourseworkResult | None:
        """What the LMS says now."""
        work = self.works()[title]
        with self.sessions() as session:
            found = newest_results(session, [work.id])
        return found.get((work.id, self.students[person].person_id, part))

    def results(self) -> int:
        """How many results were ever kept."""
        with self.sessions() as session:
            return len(session.scalars(select(CourseworkResult.id)).all())

    def places(self) -> int:
        with self.sessions() as session:
            return len(session.scalars(select(CanvasPlace.number)).all())


@pytest.fixture
def classroom(canvas: Canvas, engine: Engine, database_url: str, clock: MovableClock) -> Classroom:
    """A course of its own with a teacher who allowed it, and three students."""
    settings = Settings(secret_key=SECRET, database_url=database_url, http_timeout_seconds=2)
    made = Classroom(canvas, 0, make_toolbox(settings, engine, clock), clock, *(Any,) * 4)
    made.toolbox = replace(made.toolbox, http=PlatformHttp(settings, sleep=made.nap, chance=lambda: 0.5))
    number = next(_numbers)
    made.teacher_key = f"hale{number}"
    who = {"key": made.teacher_key, "name": "Mr. Hale", "given_name": "Owen", "family_name": "Hale"}
    students = ("maya", "leo", "sam")
    made.number = canvas.control(
        "courses", {"title": f"Biology {number}", "label": "BIO", "teacher": who, "students": students}
    )["course"]
    with made.sessions.begin() as session:
        made.school = make_school(session, base=canvas.url, kind="canvas")
        course = session.get_one(Course, made.school.course_id)
        course.line_items_url = f"{canvas.url}/api/lti/courses/{made.number}/line_items"
        made.teacher = made.school.teacher()
        made.students = {key: made.school.student() for key in students}
        for key, actor in {who["key"]: made.teacher, **made.students}.items():
            identity = session.scalars(select(Identity).where(Identity.person_id == actor.person_id)).one()
            identity.lms_id = str(canvas.person_id(key))
        made.key = canvas.key()
        keep_api_key(
            session,
            made.toolbox.secrets,
            made.school.deployment_id,
            canvas.url,
            made.key.client_id,
            made.key.secret,
            utc_now(),
        )
    made.allow(made.teacher_key, made.teacher)
    canvas.control("path_faults/clear")
    canvas.control("throttle")
    canvas.control("clock", {"seconds": 0})
    return made
