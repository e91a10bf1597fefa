"""A stand-in LMS with large courses, 50 ms away, and the same courses here; for what reading them costs."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from lti_plp.adapters import gateways
from lti_plp.canvas.api_keys import keep_api_key
from lti_plp.canvas.models import CanvasGrant
from lti_plp.database import prepare_engine
from lti_plp.launch.toolbox import Toolbox, make_toolbox
from lti_plp.lms.gateway import GatewayFor
from lti_plp.lms.models import Course, Identity
from lti_plp.migration import upgrade
from lti_plp.settings import Settings
from tests.factories import School, make_school
from tests.fixtures_database import SECRET
from tests.fixtures_tool import MovableClock
from tests.sandbox.canvas import Canvas, Key
from tests.sandbox.installed import FakeTool

AWAY_MS = 50
"""How far the LMS is away: so much later it answers to every request."""


@contextmanager
def stand_in(folder: Path, tool: FakeTool | None = None) -> Iterator[Canvas]:
    """Run the stand-in LMS while the block lasts; a request of its services takes 50 ms and its work."""
    command = [sys.executable, "-m", "lti_plp.sandbox", "--port", "0", "--data", str(folder)]
    if tool is not None:
        command += ["--tool-url", tool.url, "--client-id", "client-1", "--deployment-id", "deployment-1"]
    folder.mkdir(exist_ok=True)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout is not None
        canvas = Canvas(process.stdout.readline().split()[-1])
        for services in ("/api/v1/*", "/api/lti/*"):
            fault = {"kind": "latency", "pattern": services, "delay_ms": AWAY_MS, "times": None}
            canvas.control("path_faults", fault)
        yield canvas
    finally:
        process.terminate()
        process.wait(20)
        assert process.stdout is not None
        process.stdout.close()


@dataclass
class LargeCourse:
    """A course of the stand-in LMS."""

    canvas: Canvas
    key: Key
    number: int
    context_id: str
    students: list[dict[str, Any]]
    assignments: list[int]
    teachers: list[str] = field(default_factory=lambda: ["rivera"])
    """Who has allowed it, by their keys."""


def large_course(canvas: Canvas, *, assignments: int, students: int, teachers: int = 1) -> LargeCourse:
    """Make a course of so many assignments and students, with everybody's work, and so many teachers."""
    made = canvas.control("many", {"assignments": assignments, "students": students})
    names = ("course", "context_id", "students", "assignments")
    course = LargeCourse(canvas, canvas.key(), *(made[name] for name in names))
    for number in range(1, teachers):
        colleague = f"colleague{made['course']}-{number}"
        canvas.control("people", {"key": colleague, "kind": "teacher", "course": course.number})
        course.teachers.append(colleague)
    return course


@dataclass
class Reader:
    """Our side of a course: a database with its people, an API key, and the permission of its teachers."""

    course: LargeCourse
    toolbox: Toolbox
    clock: MovableClock
    school: School

    @property
    def gateway_for(self) -> GatewayFor:
        """What finds the Gateway of Canvas."""
        return gateways(self.toolbox)


@contextmanager
def reader_of(course: LargeCourse, url: str, *, knows_people: bool = True) -> Iterator[Reader]:
    """Make a database that knows nothing of the course's work, and everybody in it or its teachers alone."""
    engine, clock = create_engine(url), MovableClock()
    prepare_engine(engine)
    upgrade(engine)
    box = make_toolbox(Settings(secret_key=SECRET, database_url=url), engine, clock)
    with box.sessions.begin() as session:
        school = make_school(session, base=course.canvas.url, kind="canvas")
        services = f"{course.canvas.url}/api/lti/courses/{course.number}"
        row = session.get_one(Course, school.course_id)
        row.lti_context_id = course.context_id
        row.line_items_url, row.memberships_url = f"{services}/line_items", f"{services}/names_and_roles"
        key = course.key
        arguments = (school.deployment_id, course.canvas.url, key.client_id, key.secret, clock())
        keep_api_key(session, box.secrets, *arguments)
        for teacher in course.teachers:
            _allow(session, box, school, course, teacher)
        for one in course.students if knows_people else ():
            _name(session, school.student().person_id, str(one["id"]))
    with engine.begin() as connection:
        # A server that runs for a day has done so by itself.
        connection.exec_driver_sql("ANALYZE")
    yield Reader(course, box, clock, school)
    engine.dispose()


def _allow(session: Session, box: Toolbox, school: School, course: LargeCourse, teacher: str) -> None:
    person_id, api = school.teacher().person_id, course.key.api(teacher)
    _name(session, person_id, str(course.canvas.person_id(teacher)))
    session.add(
        CanvasGrant(
            deployment_id=school.deployment_id,
            person_id=person_id,
            access_token=box.secrets.seal(api.token),
            refresh_token=box.secrets.seal(api.refresh_token),
            expires_at=box.clock() + timedelta(days=1),
            granted_at=box.clock(),
        )
    )


def _name(session: Session, person_id: int, lms_id: str) -> None:
    session.scalars(select(Identity).where(Identity.person_id == person_id)).one().lms_id = lms_id
