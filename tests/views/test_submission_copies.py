"""A student keeps what she handed in with her evidence: wishing, allowing, waiting, seeing; and who else sees it."""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from lti_plp.adapters import gateways
from lti_plp.canvas.api_keys import keep_api_key
from lti_plp.canvas.models import CanvasGrant
from lti_plp.files.cabinet import make_cabinet
from lti_plp.files.keeping import keep_file
from lti_plp.launch.claims import ACTING_KEY
from lti_plp.lms.coursework import take
from lti_plp.lms.coursework_models import Coursework, HandedInCopy
from lti_plp.lms.models import Course, Identity
from lti_plp.lms.submission_copies import keep_copies
from lti_plp.lms.work import Work, WorkResult
from lti_plp.plp.models import Evidence
from tests.launching import CLAIM
from tests.sandbox.canvas import Browser, Canvas
from tests.sandbox.conftest import canvas
from tests.views.conftest import LEO, MAYA, RIVERA, School, Visitor
from tests.views.plans import Planner, fill, plan_of
from tests.views.test_canvas_pages import CALLBACK, decided, text_of

__all__ = ["canvas"]

FILE = {"name": "bridge.txt", "content": "Paper holds.", "content_type": "text/plain"}
TITLE = "Bridge report"


@dataclass
class Desk:
    """Maya, whose school's Canvas is the stand-in LMS, and the worker behind her pages."""

    app: Flask
    school: School
    planner: Planner
    teacher: Visitor
    leo: Visitor
    canvas: Canvas
    work_id: int
    goal_id: int

    def take(self, **wishes: str) -> TestResponse:
        return self.planner.visitor.post(
            "plan/coursework", ("work", str(self.work_id)), goal_ids=str(self.goal_id), **wishes
        )

    def evidence_id(self) -> int:
        with self.planner.reading() as (session, _):
            return session.scalars(select(Evidence.id).where(Evidence.medium == "lms")).one()

    def page(self) -> str:
        return self.planner.get(f"plan/evidence/{self.evidence_id()}")

    def copies(self) -> list[HandedInCopy]:
        with self.planner.reading() as (session, _):
            return list(session.scalars(select(HandedInCopy)))

    def allow(self, page: str, person: str = "maya") -> TestResponse:
        """Follow the address that a page holds, and say yes in Canvas."""
        found = re.search(r'id="allow" href="([^"]+)"', page)
        assert found, page
        browser = Browser(self.canvas.url)
        browser.sign_in(person)
        asked = browser.ask("GET", found[1].replace("&amp;", "&"))
        while asked.status_code in {302, 303}:
            asked = browser.ask("GET", asked.headers["Location"])
        return self.app.test_client().get("/canvas/allowed", query_string=decided(browser, asked))

    def work(self) -> None:
        """Do what the worker does."""
        box = self.planner.toolbox
        box = replace(box, settings=replace(box.settings, allow_private_networks=True))
        cabinet = make_cabinet(box.settings, box.engine)

        def keep(actor: Any, file: Any, size: int, name: str) -> str:
            return keep_file(cabinet, actor, file, size, name, box.clock())

        keep_copies(
            box.sessions, gateways(box), keep, cabinet.max_size, self.planner.actor().person_id, box.clock
        )


@pytest.fixture
def desk(app: Flask, school: School, canvas: Canvas) -> Desk:
    planner = plan_of(app, school)
    # Launches tell where the platform's services are, so everybody comes before that is the stand-in LMS.
    teacher, leo = school.enter(RIVERA), school.enter(LEO)
    goal_id = fill(planner)["goal"]
    key, box = canvas.key(redirect_uris=[CALLBACK]), planner.toolbox
    number = canvas.assignment(TITLE, submission_types=["online_upload"], points_possible=20)
    canvas.control(f"assignments/{number}/submit", {"person": "maya", "files": [FILE]})
    canvas.control(
        f"assignments/{number}/grade", {"person": "maya", "score": 18, "comment": "Try a wider base."}
    )
    now, maya = box.clock(), planner.actor().person_id
    result = WorkResult(
        str(number), maya, "graded", score=Decimal(18), submitted_at=now - timedelta(days=1), graded_at=now
    )
    with box.sessions.begin() as session:
        course = session.scalars(select(Course)).one()
        course.line_items_url = f"{canvas.url}/api/lti/courses/1/line_items"
        keep_api_key(session, box.secrets, course.deployment_id, canvas.url, key.client_id, key.secret, now)
        identity = session.scalars(select(Identity).where(Identity.subject == MAYA.subject)).one()
        identity.lms_id = str(canvas.person_id("maya"))
        take(session, course, [Work(str(number), TITLE, "points", Decimal(20))], [result], "canvas", now)
        work_id = session.scalars(select(Coursework.id)).one()
    return Desk(app, school, planner, teacher, leo, canvas, work_id, goal_id)


def test_wished_for_allowed_and_kept(desk: Desk) -> None:
    assert "Keep what I handed in, too?" in desk.planner.get("plan/coursework")
    assert desk.take(with_work="1", with_comments="1").status_code == 303
    page = desk.page()
    assert "Allow it in Canvas" in page
    assert "This page goes on by itself" in page
    assert "Thank you" in text_of(desk.allow(page))
    waiting = desk.page()
    assert "It is being copied" in waiting
    assert "hx-get" in waiting
    desk.work()
    kept = desk.planner.get(f"plan/evidence/{desk.evidence_id()}/copies")
    assert "bridge.txt" in kept
    assert "Try a wider base." in kept
    assert "hx-get" not in kept
    file = re.search(r"/files/([0-9a-f-]{36})", kept)
    assert file
    assert desk.planner.visitor.get(f"files/{file[1]}").get_data() == b"Paper holds."


def test_without_a_wish_nobody_is_asked(desk: Desk) -> None:
    desk.take()
    assert desk.copies() == []
    page = desk.page()
    assert "Keep a copy" in page
    assert "Allow it in Canvas" not in page


def test_it_can_be_wished_for_later(desk: Desk) -> None:
    desk.take()
    answer = desk.planner.visitor.post(f"plan/evidence/{desk.evidence_id()}/copies", with_comments="1")
    assert answer.status_code == 303
    (copy,) = desk.copies()
    assert (copy.with_work, copy.with_comments, copy.state) == (False, True, "waiting")
    assert "Allow it in Canvas" in desk.page()


def test_somebody_elses_yes_is_none(desk: Desk) -> None:
    desk.take(with_work="1")
    answer = desk.allow(desk.page(), "leo")
    assert answer.status_code == 403
    assert "Allow it in Canvas" in desk.page()


@pytest.mark.parametrize("path", ["plan/coursework", "plan/evidence/{}", "plan/evidence/{}/copies"])
def test_who_acts_as_her_is_not_asked(desk: Desk, path: str) -> None:
    """Canvas would take that one's yes for hers."""
    desk.take(with_work="1")
    acting = desk.school.enter(MAYA, **{CLAIM + "custom": {ACTING_KEY: "31"}})
    address = path.format(desk.evidence_id())
    assert 'id="allow"' not in acting.get(address).get_data(as_text=True)
    assert 'id="allow"' in desk.planner.get(address)


def test_what_failed_is_told_and_tried_again(desk: Desk) -> None:
    desk.take(with_work="1")
    desk.allow(desk.page())
    desk.canvas.control(
        "path_faults", {"kind": "status", "pattern": "/api/v1/courses/*", "status": 404, "times": None}
    )
    desk.work()
    page = desk.page()
    assert "It could not be copied" in page
    assert "is not there any more" in page
    desk.canvas.control("path_faults/clear")
    desk.planner.visitor.post(f"plan/evidence/{desk.evidence_id()}/copies", with_work="1")
    desk.work()
    assert "bridge.txt" in desk.page()


def test_permission_can_be_taken_back_and_copies_stay(desk: Desk) -> None:
    desk.take(with_work="1")
    desk.allow(desk.page())
    desk.work()
    assert "Take my permission back" in desk.planner.get("plan/coursework")
    assert desk.planner.visitor.post("plan/coursework/stop").status_code == 303
    with desk.planner.reading() as (session, _):
        assert session.scalars(select(CanvasGrant)).all() == []
    assert "bridge.txt" in desk.page()


def test_her_teacher_reads_it_and_no_other_student(desk: Desk) -> None:
    teacher, leo = desk.teacher, desk.leo
    desk.take(with_work="1", with_comments="1")
    desk.allow(desk.page())
    desk.work()
    found = re.search(r"/files/([0-9a-f-]{36})", desk.page())
    assert found
    student = desk.planner.actor().person_id
    page = text_of(teacher.get(f"students/{student}/evidence/{desk.evidence_id()}"))
    assert "What was handed in" in page
    assert "Try a wider base." in page
    assert teacher.get(f"files/{found[1]}").status_code == 200
    assert leo.get(f"files/{found[1]}").status_code == 404
    assert leo.get(f"plan/evidence/{desk.evidence_id()}/copies").status_code == 404


def test_what_is_private_stays_private(desk: Desk) -> None:
    teacher = desk.teacher
    desk.take(with_work="1")
    desk.allow(desk.page())
    desk.work()
    found = re.search(r"/files/([0-9a-f-]{36})", desk.page())
    assert found
    evidence_id = desk.evidence_id()
    with desk.planner.editor() as editor:
        item = editor.session.get_one(Evidence, evidence_id)
        editor.edit("evidence", item.id, item.version, {"audience": "me"})
    assert teacher.get(f"files/{found[1]}").status_code == 404


def test_no_adult_asks_for_a_students_files(desk: Desk) -> None:
    desk.take(with_work="1")
    teacher = desk.teacher
    assert teacher.get(f"plan/evidence/{desk.evidence_id()}/copies").status_code == 403
