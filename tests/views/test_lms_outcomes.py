"""An administrator brings in outcomes of Canvas: what changes is shown first, what fails changes nothing."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from threading import Event
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lti_plp.canvas.api_keys import keep_api_key
from lti_plp.canvas.models import CanvasGrant
from lti_plp.launch.models import Registration
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.coursework import take
from lti_plp.lms.models import Course, Identity
from lti_plp.lms.queue import WakeUpQueue
from lti_plp.lms.work import Part, Work, WorkResult, outcome_name
from lti_plp.plp.models import Framework, FrameworkUpload, Rating
from lti_plp.worker import add_handlers
from tests.fixtures_browser import BrowserContextFactory, run_axe
from tests.sandbox.canvas import Canvas, Key
from tests.sandbox.conftest import canvas
from tests.views.conftest import MAYA, RIVERA, School
from tests.views.test_canvas_pages import text_of
from tests.views.test_who_may import ODA

__all__ = ["canvas"]

PAGE = "students/frameworks/lms"
RATINGS = [{"description": "Meets", "points": 2}, {"description": "Not yet", "points": 1}]


class Office:
    """An administrator's, in a school whose Canvas is the stand-in."""

    def __init__(self, app: Flask, school: School, canvas: Canvas) -> None:
        self.box: Toolbox = app.extensions["lti_plp"]
        self.canvas = canvas
        self.key: Key = canvas.key()
        self.number = canvas.control("courses", {"title": "Biology", "label": "BIO"})["course"]
        school.enter(MAYA)
        self.teacher, self.oda = school.enter(RIVERA), school.enter(ODA)
        with self.box.sessions.begin() as session:
            course = session.scalars(select(Course)).one()
            course.line_items_url = f"{canvas.url}/api/lti/courses/{self.number}/line_items"
            self.course_id, deployment_id = course.id, course.deployment_id
            now = self.box.clock()
            keep_api_key(
                session, self.box.secrets, deployment_id, canvas.url, self.key.client_id, self.key.secret, now
            )
            # The administrator allowed it.
            person_id = session.scalars(
                select(Identity.person_id).where(Identity.subject == ODA.subject)
            ).one()
            made = self.key.api("alex")
            session.add(
                CanvasGrant(
                    deployment_id=deployment_id,
                    person_id=person_id,
                    access_token=self.box.secrets.seal(made.token),
                    refresh_token=self.box.secrets.seal(made.refresh_token),
                    expires_at=now + timedelta(hours=1),
                    granted_at=now,
                )
            )
        canvas.control("path_faults/clear")

    def outcome(self, title: str, **values: Any) -> int:
        facts = {"title": title, "course": self.number, "ratings": RATINGS, "mastery_points": 2, **values}
        made: int = self.canvas.control("outcomes", facts)["outcome"]
        return made

    def read(self, **form: str) -> TestResponse:
        return self.oda.post(PAGE, **{"course": str(self.course_id), **form})

    def follow(self, answer: TestResponse) -> TestResponse:
        assert answer.status_code == 303, text_of(answer)
        return self.oda.client.get(answer.location)

    def preview(self) -> tuple[str, str]:
        """Read, and open what the course's outcomes would change: its address, and the page."""
        page = self.follow(self.read())
        shown = page.get_data(as_text=True)
        found = re.findall(
            r'href="([^"]+/frameworks/preview/\d+)"[^>]*>[^<]*<span class="hidden"> ([^<]*)', shown
        )
        address = next(one for one, title in found if title.startswith("Biology"))
        return address, text_of(self.oda.client.get(address))

    def publish(self, address: str, version: int, **form: str) -> TestResponse:
        sent = {"csrf_token": self.oda.token(), "version": str(version), **form}
        return self.oda.client.post(address, data=sent)

    def count(self, model: Any) -> int:
        with self.box.sessions() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def office(app: Flask, school: School, canvas: Canvas) -> Office:
    school.place()
    made = Office(app, school, canvas)
    # The account keeps one of its own, so that there is something to choose from.
    made.outcome("Of everybody", course=None)
    return made


def test_from_the_list_to_the_framework_and_again(office: Office) -> None:
    assert "From Canvas" in text_of(office.oda.get("students/frameworks"))
    office.outcome("Argue", calculation_method="n_mastery", calculation_int=3)
    address, page = office.preview()
    assert "This is a new framework" in page
    assert "Argue" in page
    assert office.count(Framework) == 0
    done = office.follow(office.publish(address, 0, calculate="there"))
    assert "Biology (Canvas)" in text_of(done)
    with office.box.sessions() as session:
        made = session.scalars(select(Framework)).one()
        assert made.guid.endswith(f":course:{office.number}")
        assert (made.method, made.parameter, made.version) == ("n_mastery", Decimal(3), 1)

    _, page = office.preview()
    assert "This is what is published already" in page

    office.outcome("Listen")
    address, page = office.preview()
    assert "This becomes version 2" in page
    assert "Listen" in page
    assert "Argue" not in page
    office.publish(address, 1)
    with office.box.sessions() as session:
        made = session.scalars(select(Framework)).one()
        assert (made.method, made.version) == ("n_mastery", 2)


def test_what_no_scale_can_hold_changes_nothing(office: Office) -> None:
    number = office.outcome("Argue", ratings=RATINGS[:1])
    answer = office.read()
    assert answer.status_code == 400
    assert f"Argue ({number})" in text_of(answer)
    assert "A scale has from two to eight levels." in text_of(answer)
    assert office.count(FrameworkUpload) == 0


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ({"kind": "status", "status": 500}, 502, "Try it again in some minutes"),
        ({"kind": "html"}, 502, "Try it again in some minutes"),
        ({"kind": "status", "status": 403}, 409, "Canvas does not let you read this"),
    ],
)
def test_a_page_that_fails_changes_nothing(
    office: Office, fault: dict[str, Any], status: int, words: str
) -> None:
    office.outcome("Argue")
    office.preview()
    waiting = office.count(FrameworkUpload)
    office.canvas.control(
        "path_faults", {"pattern": "/api/v1/courses/*/outcome_group_links*", "times": 9, **fault}
    )
    answer = office.read()
    assert answer.status_code == status
    assert words in text_of(answer)
    assert "nothing was changed" in text_of(answer)
    assert (office.count(Framework), office.count(FrameworkUpload)) == (0, waiting)


def test_a_course_that_she_has_not_come_from(office: Office) -> None:
    answer = office.read(course="99999")
    assert answer.status_code == 404
    assert "You have not come from this course" in text_of(answer)


def test_nobody_has_allowed_it(office: Office) -> None:
    assert "Take my permission back" in text_of(office.oda.get(PAGE))
    assert office.oda.post(f"{PAGE}/stop").status_code == 303
    assert office.count(CanvasGrant) == 0
    page = office.oda.get(PAGE).get_data(as_text=True)
    assert re.search(r'href="[^"]+/login/oauth2/auth[^"]*" id="allow"', page)
    answer = office.read()
    assert answer.status_code == 409
    assert "Neither you nor a teacher of this course allows it" in text_of(answer)


def test_what_the_account_closes_is_said(office: Office) -> None:
    office.outcome("Argue")
    office.canvas.control("path_faults", {"kind": "status", "status": 403, "pattern": "/api/v1/accounts/*"})
    page = text_of(office.follow(office.read()))
    assert "could not be read in this person’s name" in page


def test_an_lms_without_outcomes_offers_none(office: Office) -> None:
    with office.box.sessions.begin() as session:
        session.scalars(select(Registration)).one().kind = "moodle"
    assert "From Canvas" not in text_of(office.oda.get("students/frameworks"))
    assert office.oda.get(PAGE).status_code == 404
    assert office.read().status_code == 404


@pytest.mark.journey
@pytest.mark.parametrize("width", [320, 1280])
def test_its_pages_are_for_everybody(
    office: Office, address: str, browser_context_factory: BrowserContextFactory, width: int
) -> None:
    office.outcome("Argue", calculation_method="latest", description="<p>Gives reasons, and answers them</p>")
    office.outcome("Listen")
    preview, _ = office.preview()
    context = browser_context_factory(width=width)
    office.oda.move_to(context, address)
    page = context.new_page()
    for path in (office.oda.address("students/frameworks"), office.oda.address(PAGE), preview):
        page.goto(f"{address}{path}")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        report = run_axe(page)
        assert not report.serious, str(report)


def test_results_that_are_here_count_as_soon_as_it_is_published(app: Flask, office: Office) -> None:
    number = office.outcome("Argue")
    about = outcome_name(f"canvas:{office.canvas.url.removeprefix('http://')}", number)
    work = Work("7", "Debate", "points", Decimal(2), parts=(Part("_1", "Argue", "", Decimal(2), (), about),))
    with office.box.sessions.begin() as session:
        maya = session.scalars(select(Identity.person_id).where(Identity.subject == MAYA.subject)).one()
        got = WorkResult("7", maya, "graded", "_1", Decimal(2))
        take(session, session.get_one(Course, office.course_id), [work], [got], "canvas", office.box.clock())
    address, _ = office.preview()
    assert office.publish(address, 0).status_code == 303
    assert office.count(Rating) == 0
    run_queue(app, office.box)
    assert office.count(Rating) == 1

    # Withdrawn, then brought back: what was told in between counts as well.
    framework = f"students/frameworks/{framework_id(office)}"
    assert office.oda.post(f"{framework}/withdraw").status_code == 303
    with office.box.sessions.begin() as session:
        later = replace(work, source_id="8", title="Essay")
        told = [replace(got, work="8", score=Decimal(1))]
        now = office.box.clock()
        course = session.get_one(Course, office.course_id)
        take(session, course, [later], told, "canvas", now, only={"8"})
    run_queue(app, office.box)
    assert office.count(Rating) == 1
    assert office.oda.post(f"{framework}/back").status_code == 303
    run_queue(app, office.box)
    assert office.count(Rating) == 2


def framework_id(office: Office) -> int:
    with office.box.sessions() as session:
        return session.scalars(select(Framework.id).where(Framework.guid.contains(":course:"))).one()


def run_queue(app: Flask, box: Toolbox) -> None:
    """Do what the pages have asked a worker to do."""
    queue: WakeUpQueue = app.extensions["lti_plp_queue"]
    if not queue.handlers:
        add_handlers(queue, box, Event())
    while (task := queue.huey.dequeue()) is not None:
        queue.huey.execute(task)
