"""The worker as a real process: it hears signals, ends gently, and may be killed at any point."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select, text, update

from lti_plp.files.models import StoredFile
from lti_plp.launch.models import LoginState, Registration
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.models import Course, OutboxScore
from lti_plp.lms.queue import DELIVER_SCORES, REFRESH_ROSTER, WakeUpQueue, make_queue
from lti_plp.worker import _Nap, add_handlers
from tests.factories import NOON
from tests.fixtures_database import SECRET
from tests.lms.conftest import Office
from tests.platform_server import Reply, Request
from tests.waiting import PATIENCE, until


@dataclass
class Workers:
    """Worker processes on one database."""

    database_url: str
    processes: list["subprocess.Popen[str]"] = field(default_factory=list)

    def start(self) -> "subprocess.Popen[str]":
        """Start one and wait until it works."""
        process = subprocess.Popen(
            [sys.executable, "-m", "lti_plp.cli", "worker"],
            env={
                **os.environ,
                "LTI_PLP_DATABASE_URL": self.database_url,
                "LTI_PLP_SECRET_KEY": SECRET,
                "LTI_PLP_HTTP_TIMEOUT_SECONDS": str(PATIENCE),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        assert process.stdout
        line = process.stdout.readline()
        assert line == "worker ready\n", process.communicate()[1]
        return process

    def end(self, process: "subprocess.Popen[str]", how: int) -> str:
        """End one; what it wrote to its log."""
        process.send_signal(how)
        log = process.communicate(timeout=PATIENCE)[1]
        self.processes.remove(process)
        return log


@pytest.fixture
def workers(database_url: str) -> Iterator[Workers]:
    workers = Workers(database_url)
    yield workers
    for process in workers.processes:
        process.kill()
        process.communicate()


@pytest.fixture
def queue(database_url: str) -> Iterator[WakeUpQueue]:
    """The queue; with its tables, although no worker may have been there yet."""
    queue = make_queue("", database_url, for_worker=True)
    yield queue
    queue.huey.storage.close()


def expire_leases(office: Office) -> None:
    """Let the time pass for which a row belongs to the worker that took it."""
    with office.sessions.begin() as session:
        session.execute(update(OutboxScore).values(next_attempt_at=NOON))


def check_meanings(office: Office) -> None:
    """One student and time never stand for two different messages."""
    meanings: dict[Any, set[bytes]] = defaultdict(set)
    for request in office.platform.requests:
        if request.path.endswith("/scores"):
            body = json.loads(request.body)
            meanings[body["userId"], body["timestamp"]].add(request.body)
    assert all(len(bodies) == 1 for bodies in meanings.values())


def test_a_signal_is_heard(office: Office, workers: Workers, queue: WakeUpQueue) -> None:
    workers.start()
    arrived = Event()
    office.platform.before_score_answer = arrived.set
    office.report(office.student())
    queue.wake(DELIVER_SCORES)
    assert arrived.wait(PATIENCE)
    until(lambda: office.states() == ["sent"])
    office.platform.members = [
        {"user_id": "member-1", "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"]}
    ]
    queue.wake(REFRESH_ROSTER, office.school.course_id)

    def is_read() -> bool:
        with office.sessions() as session:
            return session.get_one(Course, office.school.course_id).roster_read_at is not None

    until(is_read)


def test_what_waits_when_a_worker_starts_goes_first(office: Office, workers: Workers) -> None:
    office.report(office.student())
    workers.start()
    until(lambda: office.states() == ["sent"])


def test_what_was_put_off_is_tried_again_without_a_signal(office: Office, workers: Workers) -> None:
    office.platform.fail("/scores", 503)
    office.report(office.student())
    workers.start()
    until(lambda: office.states() == ["sent"])
    assert office.posts() == 2


def test_a_faulty_signal_stops_no_worker(office: Office, workers: Workers, queue: WakeUpQueue) -> None:
    process = workers.start()
    queue.wake("no such job")
    queue.wake(REFRESH_ROSTER, "no course")
    office.report(office.student())
    queue.wake(DELIVER_SCORES)
    until(lambda: office.states() == ["sent"])
    assert process.poll() is None


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_asked_to_end_finishes_what_is_under_way(
    office: Office, workers: Workers, how: int
) -> None:
    for _ in range(8):
        office.report(office.student())
    under_way, go_on = Event(), Event()

    def stall() -> None:
        under_way.set()
        go_on.wait(PATIENCE)

    office.platform.before_score_answer = stall
    process = workers.start()
    assert under_way.wait(PATIENCE)
    process.send_signal(how)
    assert process.stderr
    assert any("worker ends" in line for line in process.stderr), "it heard"
    go_on.set()
    assert process.wait(PATIENCE) == 0
    # Each of its two threads may have had one score under way.
    begun = office.posts()
    assert 1 <= begun <= 2, "nothing new was begun"
    assert sorted(office.states()) == ["sent"] * begun + ["waiting"] * (8 - begun)


def stall_token(office: Office) -> Event:
    """The worker has taken its row and waits for a token: nothing has left."""
    reached, answer = Event(), office.platform.answer

    def stalling(request: Request) -> Reply:
        if request.path == "/token" and not reached.is_set():
            reached.set()
            time.sleep(PATIENCE)
        return answer(request)

    office.platform.answer = stalling  # type: ignore[method-assign]
    return reached


def stall_answer(office: Office) -> Event:
    """The platform has stored the score; the worker waits for its answer."""
    reached = Event()

    def stalling() -> None:
        if not reached.is_set():
            reached.set()
            time.sleep(PATIENCE)

    office.platform.before_score_answer = stalling
    return reached


class SettlingHeldUp:
    """The platform has answered; what the worker wants to write down about it has to wait for us."""

    def __init__(self, office: Office, engine: Engine) -> None:
        self._connection: Connection | None = None
        self._reached = Event()

        def hold_up() -> None:
            if not self._reached.is_set():
                self._connection = engine.connect()
                # On SQLite the transaction itself is what keeps other writers waiting.
                self._connection.begin()
                if engine.dialect.name == "postgresql":
                    self._connection.execute(text("LOCK TABLE outbox_score IN EXCLUSIVE MODE"))
                self._reached.set()

        office.platform.before_score_answer = hold_up

    def wait(self, timeout: float) -> bool:
        if not self._reached.wait(timeout):
            return False
        assert self._connection
        if self._connection.dialect.name == "postgresql":
            waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            connection = self._connection
            until(lambda: bool(connection.scalar(waiting)))
        return True

    def release(self) -> None:
        if self._connection:
            self._connection.close()


@pytest.mark.parametrize("point", ["before it is sent", "before the answer", "before it is written down"])
def test_a_worker_that_is_killed_loses_nothing_and_doubles_nothing(
    office: Office, workers: Workers, engine: Engine, point: str
) -> None:
    student = office.student()
    office.report(student, "3")
    office.report(student, "5")
    held_up = None
    reached: Event | SettlingHeldUp
    if point == "before it is sent":
        reached = stall_token(office)
    elif point == "before the answer":
        reached = stall_answer(office)
    else:
        reached = held_up = SettlingHeldUp(office, engine)
    process = workers.start()
    assert reached.wait(PATIENCE)
    workers.end(process, signal.SIGKILL)
    if held_up:
        held_up.release()
    assert office.states() == ["sending", "waiting"]
    assert office.given() == ([] if point == "before it is sent" else [3])
    expire_leases(office)
    workers.start()
    until(lambda: office.states() == ["sent", "sent"])
    assert office.given() == [3, 5]
    check_meanings(office)


def test_of_several_workers_one_may_be_killed_in_the_middle(
    office: Office, workers: Workers, queue: WakeUpQueue
) -> None:
    students = [office.student() for _ in range(15)]
    for points in ("3", "5"):
        for student in students:
            office.report(student, points)
    some = Event()

    def note() -> None:
        if len(office.platform.scores) > 8:
            some.set()

    office.platform.before_score_answer = note
    first, _ = workers.start(), workers.start()
    queue.wake(DELIVER_SCORES)
    assert some.wait(PATIENCE)
    workers.end(first, signal.SIGKILL)

    def all_sent() -> bool:
        expire_killed(office)
        queue.wake(DELIVER_SCORES)
        return set(office.states()) == {"sent"}

    until(all_sent)
    for student in students:
        assert office.given(student) == [3, 5]
    check_meanings(office)


def expire_killed(office: Office) -> None:
    """What was taken by the killed worker comes free; what the living one has under way may be sent twice, alike."""
    with office.sessions.begin() as session:
        session.execute(
            update(OutboxScore).where(OutboxScore.state == "sending").values(next_attempt_at=NOON)
        )


def test_no_words_of_people_reach_the_log(office: Office, workers: Workers) -> None:
    office.platform.fail("/scores", 500, body="Maya Torres is unknown")
    office.report(office.student(), comment="You can be proud, Maya")
    process = workers.start()
    until(lambda: office.states() == ["sent"])
    log = workers.end(process, signal.SIGTERM)
    assert "score 1: later" in log
    for private in ("Maya", "proud", "subject-", "Bearer", SECRET):
        assert private not in log


def run_periodic(queue: WakeUpQueue, minute: int) -> int:
    """Do what the clock has to do at one minute of an hour; how many jobs that are."""
    tasks = queue.huey.read_periodic(datetime(2026, 9, 14, 12, minute))  # noqa: DTZ001  Huey's own clock is naive
    for task in tasks:
        queue.huey.execute(task)
    return len(tasks)


def test_the_clock_delivers_each_minute_and_clears_away_each_hour(
    office: Office, box: Toolbox, queue: WakeUpQueue
) -> None:
    add_handlers(queue, box, Event())
    with office.sessions.begin() as session:
        registration = session.scalars(select(Registration.id)).one()
        for name, expires_at in (("old", NOON), ("new", office.clock() + timedelta(days=1))):
            session.add(
                LoginState(
                    state_hash=name,
                    registration_id=registration,
                    nonce_hash="n",
                    browser_hash="b",
                    target_link_uri="https://plp.example/lti/launch",
                    expires_at=expires_at,
                )
            )
    office.report(office.student())
    assert run_periodic(queue, 16) == 1
    assert office.states() == ["sent"]
    assert run_periodic(queue, 17) == 2
    with office.sessions() as session:
        assert session.scalars(select(LoginState.state_hash)).all() == ["new"]


def test_the_clock_clears_unfinished_uploads_away(office: Office, box: Toolbox, queue: WakeUpQueue) -> None:
    add_handlers(queue, box, Event())
    owner = office.student()
    with office.sessions.begin() as session:
        for name, age in (("old", timedelta(hours=25)), ("new", timedelta(hours=23))):
            begun = office.clock() - age
            tenant = office.school.tenant_id
            session.add(
                StoredFile(id=name, tenant_id=tenant, owner_id=owner, declared_size=9, created_at=begun)
            )
    run_periodic(queue, 17)
    with office.sessions() as session:
        assert session.scalars(select(StoredFile.id)).all() == ["new"]


def test_a_look_that_is_arranged_already_is_not_arranged_again() -> None:
    nap = _Nap()
    assert nap.is_new(NOON, 10)
    assert not nap.is_new(NOON, 10)
    assert not nap.is_new(NOON + timedelta(seconds=5), 20)
    assert nap.is_new(NOON + timedelta(seconds=5), 1), "this one is earlier"
    assert nap.is_new(NOON + timedelta(seconds=11), 10), "the last one is over"


def test_waiting_scores_do_not_breed_signals(office: Office, box: Toolbox, queue: WakeUpQueue) -> None:
    """While a platform is down, each look arranges the next one: one in all, not one more for each look."""
    add_handlers(queue, box, Event())
    office.platform.fail("/scores", 503)
    office.report(office.student())
    for _ in range(20):
        queue.handlers[DELIVER_SCORES]()
    assert queue.huey.pending_count() == 1
