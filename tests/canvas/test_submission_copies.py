"""What a student handed in is kept with the evidence: words, files and comments, in the student's own name."""

import base64
import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from sqlalchemy import Engine, select, text, update

from lti_plp.adapters import gateways
from lti_plp.canvas.models import CanvasGrant
from lti_plp.canvas.rich_texts import plain_text
from lti_plp.files.cabinet import Cabinet, make_cabinet
from lti_plp.files.keeping import keep_file
from lti_plp.files.models import StoredFile
from lti_plp.lms.models import Deployment, Identity
from lti_plp.lms.own_coursework import take_as_evidence
from lti_plp.lms.submission_copies import (
    MOST_TRIES,
    Copied,
    ask_for_copies,
    can_be_copied,
    copied,
    evidence_that_shows,
    go_on_after_consent,
    keep_copies,
    people_who_wait,
)
from lti_plp.plp.actor import Actor
from lti_plp.plp.kinds import load_kinds
from lti_plp.plp.plans import PlanEditor, open_plan
from tests.canvas.conftest import Classroom
from tests.waiting import until

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
TEXT = {"name": "report.txt", "content": "The wheel turns.", "content_type": "text/plain"}
PICTURE = {
    "name": "wheel.png",
    "content_base64": base64.b64encode(PNG).decode(),
    "content_type": "image/png",
}


@dataclass
class Desk:
    """Maya at her evidence, and the worker behind it."""

    classroom: Classroom
    cabinet: Cabinet

    @property
    def maya(self) -> Actor:
        return self.classroom.students["maya"]

    def evidence(self, title: str = "Lab report") -> int:
        """Take her work as evidence."""
        room = self.classroom
        room.read()
        work = room.works()[title]
        with room.sessions.begin() as session:
            plan = open_plan(session, self.maya, room.clock())
            kinds = load_kinds(room.toolbox.settings.config_folder).of
            editor = PlanEditor(session, plan, self.maya, kinds, room.clock())
            goal = editor.add("goal", {"statement": "Build a wheel", "state": "active"})
            (made,) = take_as_evidence(
                editor, [work.id], {"goal_ids": [goal.id], "reason": ""}, lambda _own: "Lab report"
            )
            return made.id

    def ask(self, evidence_id: int, *, work: bool = True, comments: bool = True) -> None:
        with self.classroom.sessions.begin() as session:
            ask_for_copies(
                session,
                self.maya.person_id,
                [evidence_id],
                self.classroom.clock(),
                work=work,
                comments=comments,
            )

    def keep(self, actor: Actor, file: BinaryIO, size: int, name: str) -> str:
        return keep_file(self.cabinet, actor, file, size, name, self.classroom.clock())

    def work(self, most_bytes: int = 10**6) -> None:
        room = self.classroom
        keep_copies(
            room.sessions, gateways(room.toolbox), self.keep, most_bytes, self.maya.person_id, room.clock
        )

    def found(self, evidence_id: int) -> Copied:
        with self.classroom.sessions() as session:
            made = copied(session, evidence_id)
        assert made
        return made

    def bytes_of(self, file_id: str) -> bytes:
        with self.classroom.sessions() as session:
            key = session.get_one(StoredFile, file_id).storage_key
        assert key
        return b"".join(self.cabinet.store.read(key))

    def files(self) -> int:
        with self.classroom.sessions() as session:
            return len(session.scalars(select(StoredFile.id).where(StoredFile.state == "ready")).all())


@pytest.fixture
def desk(classroom: Classroom, tmp_path: Path) -> Desk:
    settings = replace(
        classroom.toolbox.settings, allow_private_networks=True, storage_url=f"file://{tmp_path / 'kept'}"
    )
    classroom.toolbox = replace(classroom.toolbox, settings=settings)
    cabinet = replace(make_cabinet(settings, classroom.toolbox.engine), uploads=tmp_path / "uploads")
    classroom.allow("maya", classroom.students["maya"])
    return Desk(classroom, cabinet)


@pytest.fixture
def lab(classroom: Classroom) -> int:
    made = classroom.assignment("Lab report", submission_types=["online_upload"], points_possible=20)
    classroom.submit(made, files=[TEXT, PICTURE])
    classroom.grade(made, 18, comment="Look at the axle again.", grader=classroom.teacher_key)
    return made


def test_files_and_comments_are_copied(desk: Desk, lab: int) -> None:
    evidence_id = desk.evidence()
    desk.ask(evidence_id)
    desk.work()
    made = desk.found(evidence_id)
    assert (made.copy.state, made.copy.problem, made.copy.attempt) == ("kept", "", 1)
    assert [(one.name, one.problem) for one in made.files] == [("report.txt", ""), ("wheel.png", "")]
    assert desk.bytes_of(str(made.files[0].file_id)) == b"The wheel turns."
    (comment,) = made.copy.comments
    assert comment["text"] == "Look at the axle again."
    assert comment["person_id"] == desk.classroom.teacher.person_id


def test_whoever_has_the_number_in_another_instance_said_nothing(desk: Desk, lab: int) -> None:
    room = desk.classroom
    with room.sessions.begin() as session:
        room.school.session = session
        session.get_one(Deployment, room.school.deployment_id).platform_guid = "here"
        far = room.school.other_course(guid="there", deployment="deployment-2")
        said = session.scalars(select(Identity).where(Identity.person_id == room.teacher.person_id)).one()
        far.teacher(lms_id=said.lms_id)
    evidence_id = desk.evidence()
    desk.ask(evidence_id)
    desk.work()
    (comment,) = desk.found(evidence_id).copy.comments
    assert comment["person_id"] == room.teacher.person_id


def test_the_token_goes_to_canvas_alone(desk: Desk, lab: int) -> None:
    evidence_id = desk.evidence()
    desk.ask(evidence_id)
    before = len(desk.classroom.canvas.told("requests"))
    desk.work()
    there = [one for one in desk.classroom.canvas.told("requests")[before:] if one["service"] == "files"]
    assert len(there) == 2
    assert all(one["headers"]["Authorization"] == "" and one["status"] == 200 for one in there)


def test_only_what_was_wished_for(desk: Desk, lab: int) -> None:
    evidence_id = desk.evidence()
    desk.ask(evidence_id, work=False)
    desk.work()
    made = desk.found(evidence_id)
    assert (made.copy.words, made.files, len(made.copy.comments)) == ("", (), 1)
    assert desk.files() == 0


def test_words_and_links(desk: Desk) -> None:
    room = desk.classroom
    essay = room.assignment("Essay")
    room.submit(essay, body="<p>I <b>think</b> &amp;</p><script>alert(1)</script><ul><li>one<li>two</ul>")
    evidence_id = desk.evidence("Essay")
    desk.ask(evidence_id)
    desk.work()
    assert desk.found(evidence_id).copy.words == "I think &\none\ntwo"
    page = room.assignment("Page", submission_types=["online_url"])
    linked = {"person": "maya", "type": "online_url", "url": "https://maya.example/wheel"}
    room.canvas.control(f"assignments/{page}/submit", linked)
    evidence_id = desk.evidence("Page")
    desk.ask(evidence_id)
    desk.work()
    assert desk.found(evidence_id).copy.url == "https://maya.example/wheel"


def test_it_waits_for_permission_and_then_goes_on(desk: Desk, lab: int) -> None:
    evidence_id = desk.evidence()
    with desk.classroom.sessions.begin() as session:
        session.delete(
            session.get_one(CanvasGrant, (desk.classroom.school.deployment_id, desk.maya.person_id))
        )
    desk.ask(evidence_id)
    desk.work()
    made = desk.found(evidence_id)
    assert (made.copy.state, made.copy.problem) == ("waiting", "no_consent")
    desk.classroom.clock.ahead += timedelta(days=30)
    with desk.classroom.sessions() as session:
        assert people_who_wait(session, desk.classroom.clock()) == []
    desk.classroom.allow("maya", desk.maya)
    with desk.classroom.sessions.begin() as session:
        assert go_on_after_consent(session, desk.maya.person_id, desk.classroom.clock())
    desk.work()
    assert desk.found(evidence_id).copy.state == "kept"


def test_permission_that_comes_while_the_old_one_is_refused_is_not_missed(desk: Desk, lab: int) -> None:
    room, evidence_id = desk.classroom, desk.evidence()
    desk.ask(evidence_id)
    room.canvas.control("user_tokens/revoke")
    room.fault("latency", "/login/oauth2/token", delay_ms=700, times=1)
    with ThreadPoolExecutor(1) as pool:
        copying = pool.submit(desk.work)
        until(lambda: room.grant(desk.maya).refreshing_until is not None)
        room.allow("maya", desk.maya)
        with room.sessions.begin() as session:
            go_on_after_consent(session, desk.maya.person_id, room.clock())
        copying.result()
    with room.sessions() as session:
        assert people_who_wait(session, room.clock()) == [desk.maya.person_id]
    desk.work()
    assert desk.found(evidence_id).copy.state == "kept"


def test_who_asks_twice_at_once_has_asked_once(desk: Desk, lab: int, engine: Engine) -> None:
    evidence_id, room = desk.evidence(), desk.classroom

    def is_held_up() -> bool:
        held = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        with engine.connect() as connection:
            return bool(connection.scalar(held))

    with ThreadPoolExecutor(1) as pool:
        with room.sessions.begin() as session:
            now = room.clock()
            ask_for_copies(session, desk.maya.person_id, [evidence_id], now, work=True, comments=True)
            second = pool.submit(desk.ask, evidence_id, work=False)
            if engine.dialect.name == "postgresql":
                until(is_held_up)
        second.result()
    assert desk.found(evidence_id).copy.with_work


def test_a_teachers_permission_is_not_used(desk: Desk, lab: int) -> None:
    evidence_id = desk.evidence()
    desk.ask(evidence_id)
    before = len(desk.classroom.canvas.told("requests"))
    with desk.classroom.sessions.begin() as session:
        session.execute(
            update(CanvasGrant)
            .where(CanvasGrant.person_id == desk.maya.person_id)
            .values(ended_at=desk.classroom.clock())
        )
    desk.work()
    assert desk.found(evidence_id).copy.problem == "no_consent"
    assert len(desk.classroom.canvas.told("requests")) == before


@pytest.mark.parametrize(
    ("kind", "pattern", "facts", "code"),
    [
        ("status", "/api/v1/courses/*/submissions/self", {"status": 500}, "fault_there"),
        ("drop", "/api/v1/courses/*/submissions/self", {}, "no_answer"),
        ("html", "/api/v1/courses/*/submissions/self", {}, "bad_answer"),
        ("status", "/api/v1/files/*", {"status": 503}, "fault_there"),
        ("html", "/files/*/download", {}, "bad_answer"),
        ("status", "/files/*/download", {"status": 502}, "fault_there"),
    ],
)
def test_what_fails_is_tried_again_and_nothing_is_half_kept(
    desk: Desk, lab: int, kind: str, pattern: str, facts: dict[str, Any], code: str
) -> None:
    evidence_id = desk.evidence()
    desk.ask(evidence_id)
    desk.classroom.fault(kind, pattern, times=None, **facts)
    desk.work()
    made = desk.found(evidence_id)
    assert (made.copy.state, made.copy.problem, made.copy.words) == ("waiting", code, "")
    assert made.files == ()
    with desk.classroom.sessions() as session:
        assert people_who_wait(session, desk.classroom.clock()) == []
    desk.classroom.canvas.control("path_faults/clear")
    desk.classroom.clock.ahead += timedelta(minutes=2)
    desk.work()
    made = desk.found(evidence_id)
    assert (made.copy.state, len(made.files)) == ("kept", 2)


def test_a_file_is_copied_once_though_the_next_one_fails(desk: Desk, lab: int) -> None:
    evidence_id = desk.evidence()
    desk.ask(evidence_id)
    (_first, second) = sorted(
        one["id"]
        for one in desk.classroom.key.api("maya").read(
            f"courses/{desk.classroom.number}/assignments/{lab}/submissions/self"
        )["attachments"]
    )
    desk.classroom.fault("status", f"/api/v1/files/{second}", status=500, times=None)
    desk.work()
    assert [one.name for one in desk.found(evidence_id).files] == ["report.txt"]
    desk.classroom.canvas.control("path_faults/clear")
    desk.classroom.clock.ahead += timedelta(minutes=2)
    desk.work()
    assert [one.name for one in desk.found(evidence_id).files] == ["report.txt", "wheel.png"]
    assert desk.files() == 2


def test_an_end_is_made_of_trying(desk: Desk, lab: int) -> None:
    evidence_id = desk.evidence()
    desk.ask(evidence_id)
    desk.classroom.fault("status", "/api/v1/courses/*/submissions/self", status=500, times=None)
    for _ in range(MOST_TRIES):
        desk.work()
        desk.classroom.clock.ahead += timedelta(hours=3)
    made = desk.found(evidence_id)
    assert (made.copy.state, made.copy.problem, made.copy.tries) == ("failed", "fault_there", MOST_TRIES)


def test_what_ends_the_worker_each_time_is_given_up(desk: Desk, lab: int) -> None:
    evidence_id = desk.evidence()
    desk.ask(evidence_id)
    keeping = replace(desk, cabinet=replace(desk.cabinet, uploads=Path(os.devnull)))
    for _ in range(MOST_TRIES):
        with pytest.raises(OSError, match=re.escape(os.devnull)):
            keeping.work()
        desk.classroom.clock.ahead += timedelta(hours=3)
    desk.work()
    made = desk.found(evidence_id)
    assert (made.copy.state, made.copy.problem, made.files) == ("failed", "fault_here", ())
    desk.ask(evidence_id)
    desk.work()
    assert desk.found(evidence_id).copy.state == "kept"


def test_what_is_not_accepted_is_named_and_the_rest_kept(desk: Desk) -> None:
    room = desk.classroom
    lab = room.assignment("Lab report", submission_types=["online_upload"])
    page = {"name": "page.html", "content": "<html><script>1</script></html>", "content_type": "text/html"}
    disguised = {
        "name": "a.pdf",
        "content": "<!doctype html><script>1</script>",
        "content_type": "application/pdf",
    }
    large = {"name": "large.txt", "content": "x" * 5000, "content_type": "text/plain"}
    room.submit(lab, files=[page, disguised, large, TEXT])
    evidence_id = desk.evidence()
    desk.ask(evidence_id)
    desk.work(most_bytes=4000)
    made = desk.found(evidence_id)
    assert made.copy.state == "kept"
    assert [(one.name, one.problem) for one in made.files] == [
        ("page.html", "file_script"),
        ("a.pdf", "file_script"),
        ("large.txt", "file_too_large"),
        ("report.txt", ""),
    ]
    assert desk.files() == 1


def test_what_is_kept_stays(desk: Desk, lab: int) -> None:
    evidence_id = desk.evidence()
    desk.ask(evidence_id)
    desk.work()
    kept = desk.found(evidence_id).copy.kept_at
    desk.classroom.submit(
        lab, files=[{"name": "second.txt", "content": "Other", "content_type": "text/plain"}]
    )
    desk.ask(evidence_id)
    desk.work()
    made = desk.found(evidence_id)
    assert (made.copy.kept_at, [one.name for one in made.files]) == (kept, ["report.txt", "wheel.png"])


def test_who_is_shown_a_copy(desk: Desk, lab: int) -> None:
    evidence_id = desk.evidence()
    desk.ask(evidence_id)
    desk.work()
    file_id = str(desk.found(evidence_id).files[0].file_id)
    with desk.classroom.sessions() as session:
        tenant = desk.maya.tenant_id
        assert evidence_that_shows(session, tenant, file_id) == [(desk.maya.person_id, "team")]
        assert evidence_that_shows(session, tenant + 1, file_id) == []
        here = desk.classroom.school.deployment_id
        assert can_be_copied(session, evidence_id, here, "canvas")
        assert not can_be_copied(session, evidence_id, here, "ags")
        assert not can_be_copied(session, evidence_id, here + 1, "canvas")


def test_plain_text_of_what_is_no_html() -> None:
    assert plain_text("2 < 3 and <b>so on") == "2 < 3 and so on"
    assert plain_text("<style>p{}</style><p>a</p>\n\n<p> b\tc </p>") == "a\nb c"
    assert plain_text("<table><tr><th>Day</th><td>Monday</td></tr><tr><th>Who") == "Day Monday\nWho"
