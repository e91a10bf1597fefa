"""The background process: delivers scores, reads rosters and coursework, clears away what nobody can use any more."""

import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, BinaryIO

from huey import crontab
from huey.consumer import Consumer
from sqlalchemy import create_engine

from lti_plp.adapters import gateways
from lti_plp.clock import Clock
from lti_plp.database import prepare_engine, reading
from lti_plp.files.cabinet import Cabinet, make_cabinet
from lti_plp.files.keeping import keep_file
from lti_plp.files.uploads import clear_away as clear_files_away
from lti_plp.launch.notice_handlers import deployments_to_tell, register_handler
from lti_plp.launch.sessions import purge
from lti_plp.launch.toolbox import Toolbox, make_toolbox
from lti_plp.lms.coursework_reading import courses_to_read, needs_roster, reading_state, refresh_coursework
from lti_plp.lms.gateway import GatewayProblem
from lti_plp.lms.gone_courses import quiet_courses
from lti_plp.lms.outbox import deliver_due, seconds_to_next
from lti_plp.lms.queue import (
    DELIVER_SCORES,
    KEEP_COPIES,
    REFRESH_COURSEWORK,
    REFRESH_ROSTER,
    REGISTER_NOTICES,
    WakeUpQueue,
    make_queue,
)
from lti_plp.lms.roster import refresh_roster
from lti_plp.lms.submission_copies import keep_copies, people_who_wait
from lti_plp.plp.actor import Actor
from lti_plp.settings import Settings

log = logging.getLogger(__name__)

CLOCK_SECONDS = 60
"""How often the outbox is looked through without any signal."""

SHORTEST_NAP = 0.5
"""Seconds between two looks for scores that were put off."""

LONGEST_NAP = 1.0
"""Seconds after which an idle worker looks for signals again."""

LOOK_AGAIN = 2.0
"""Seconds after which a reading that somebody asked for is tried again, while an earlier one is under way."""

PATIENCE_SECONDS = 60
"""How long a worker that was asked to stop waits for what is under way."""


def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; what is under way is finished first. Any number of workers may run."""
    for name in ("lti_plp", "huey"):
        logging.getLogger(name).setLevel(settings.log_level)
    engine = create_engine(settings.database_url)
    prepare_engine(engine)
    toolbox = make_toolbox(settings, engine)
    queue = make_queue(settings.queue_url, settings.database_url, for_worker=True)
    consumer = _Consumer(
        queue.huey,
        workers=2,
        max_delay=LONGEST_NAP,
        check_worker_health=True,
        graceful_signal="TERM",
        shutdown_timeout=PATIENCE_SECONDS,
    )
    add_handlers(queue, toolbox, consumer.stop_flag)
    # What was left behind when the last worker ended goes first.
    queue.wake(DELIVER_SCORES)
    consumer.run()
    engine.dispose()


class _Consumer(Consumer):  # type: ignore[misc]  # Huey comes without types
    def start(self) -> None:
        """Start, say so, and let Ctrl-C end the work as gently as SIGTERM does."""
        super().start()
        signal.signal(signal.SIGINT, _end_gently)
        sys.stdout.write("worker ready\n")
        sys.stdout.flush()

    def stop(self, graceful: bool = False) -> None:
        """Begin nothing new, and wait for what is under way."""
        self.stop_flag.set()
        log.info("worker ends as soon as nothing is under way")
        super().stop(graceful)


def _end_gently(_number: int, _frame: Any) -> None:
    signal.raise_signal(signal.SIGTERM)


class _Nap:
    """When this process looks at the outbox next. Without it each look would arrange one more, and none would end."""

    def __init__(self) -> None:
        self._until: datetime | None = None
        self._lock = threading.Lock()

    def is_new(self, now: datetime, seconds: float) -> bool:
        """Take note of a look in some seconds; false when one is arranged already that comes no later."""
        until = now + timedelta(seconds=seconds)
        with self._lock:
            if self._until is not None and now < self._until <= until:
                return False
            self._until = until
            return True


class _Jobs:
    """What a worker does; nothing new begins once ``stop`` is set."""

    def __init__(self, queue: WakeUpQueue, toolbox: Toolbox, stop: threading.Event) -> None:
        self._queue = queue
        self._toolbox = toolbox
        self._stop = stop
        self._gateway_for = gateways(toolbox)
        self._cabinet = make_cabinet(toolbox.settings, toolbox.engine)
        self._nap = _Nap()

    def deliver_scores(self) -> None:
        """Deliver what is due, and arrange to look again for what was put off."""
        box = self._toolbox
        deliver_due(box.sessions, self._gateway_for, box.clock, should_stop=self._stop.is_set)
        now = box.clock()
        with reading(), box.sessions() as session:
            seconds = seconds_to_next(session, now)
        if seconds is not None and seconds < CLOCK_SECONDS and not self._stop.is_set():
            pause = max(seconds, SHORTEST_NAP)
            if self._nap.is_new(now, pause):
                self._queue.wake_later(pause, DELIVER_SCORES)

    def read_roster(self, course_id: int) -> None:
        """Read who is in a course."""
        try:
            refresh_roster(self._toolbox.sessions, self._gateway_for, course_id, self._toolbox.clock)
        except GatewayProblem as problem:
            log.warning("roster of course %s not read: %s", course_id, problem.code)

    def read_coursework(self, course_id: int, whole: bool = False, *marks: int) -> None:
        """Read what a course gives students to do, and before it who they are where that is not known.

        ``marks`` tell when somebody asked for it: a reading that was under way by then is no answer.
        """
        box = self._toolbox
        with reading(), box.sessions() as session:
            state = reading_state(session, course_id, box.clock())
            roster_first = needs_roster(session, course_id, box.clock())
        if marks and state.is_running:
            if not state.began_after(marks):
                self._queue.wake_later(LOOK_AGAIN, REFRESH_COURSEWORK, course_id, whole, *marks)
            return
        if roster_first:
            self.read_roster(course_id)
        try:
            refresh_coursework(
                box.sessions, self._gateway_for, course_id, box.clock, whole=bool(whole), marks=marks
            )
        except GatewayProblem as problem:
            log.warning("coursework of course %s not read: %s", course_id, problem.code)

    def read_by_the_clock(self) -> None:
        """Read the work of courses that nobody has come to for a day."""
        with reading(), self._toolbox.sessions() as session:
            due = courses_to_read(session, self._toolbox.clock())
        self._each(due, self.read_coursework)

    def look_for_quiet_courses(self) -> None:
        """Read the rosters of courses that nobody has come to for long: they may be gone."""
        with reading(), self._toolbox.sessions() as session:
            quiet = quiet_courses(session, self._toolbox.clock())
        self._each(quiet, self.read_roster)

    def ask_for_notices(self, deployment_id: int) -> None:
        """Tell a platform where its notices shall go."""
        try:
            register_handler(self._toolbox, deployment_id)
        except GatewayProblem as problem:
            log.warning("deployment %s sends no notices: %s", deployment_id, problem.code)

    def ask_for_missing_notices(self) -> None:
        """Tell those platforms that have not agreed yet, or agreed to another address than ours."""
        with reading(), self._toolbox.sessions() as session:
            missing = deployments_to_tell(session, self._toolbox.settings, self._toolbox.clock())
        self._each(missing, self.ask_for_notices)

    def clear_away(self) -> None:
        """Clear away what nobody can use any more."""
        with self._toolbox.sessions.begin() as session:
            purge(session, self._toolbox.clock())
        clear_files_away(self._cabinet, self._toolbox.clock())

    def keep_copies(self, person_id: int) -> None:
        """Copy what a student handed in and wants to keep."""
        box = self._toolbox
        keep = partial(_keep, self._cabinet, box.clock)
        keep_copies(box.sessions, self._gateway_for, keep, self._cabinet.max_size, person_id, box.clock)

    def keep_by_the_clock(self) -> None:
        """Copy what was put off, or whose signal was lost."""
        with reading(), self._toolbox.sessions() as session:
            waiting = people_who_wait(session, self._toolbox.clock())
        self._each(waiting, self.keep_copies)

    def _each(self, ids: Iterable[int], job: Callable[[int], None]) -> None:
        for one in ids:
            if self._stop.is_set():
                return
            job(one)


def _keep(cabinet: Cabinet, clock: Clock, actor: Actor, file: BinaryIO, size: int, name: str) -> str:
    return keep_file(cabinet, actor, file, size, name, clock())


def add_handlers(queue: WakeUpQueue, toolbox: Toolbox, stop: threading.Event) -> None:
    """Say what is done on each signal, and what is done by the clock; nothing new begins once ``stop`` is set."""
    jobs = _Jobs(queue, toolbox, stop)
    queue.handlers[DELIVER_SCORES] = jobs.deliver_scores
    queue.handlers[REFRESH_ROSTER] = jobs.read_roster
    queue.handlers[REFRESH_COURSEWORK] = jobs.read_coursework
    queue.handlers[REGISTER_NOTICES] = jobs.ask_for_notices
    queue.handlers[KEEP_COPIES] = jobs.keep_copies
    # A signal may be lost, and a score that was put off has none: the clock sees to both.
    by_the_clock = {
        "*": ("deliver_by_the_clock", jobs.deliver_scores),
        "*/5": ("keep_by_the_clock", jobs.keep_by_the_clock),
        "5": ("ask_for_missing_notices", jobs.ask_for_missing_notices),
        "17": ("clear_away", jobs.clear_away),
        "29": ("read_by_the_clock", jobs.read_by_the_clock),
        "43": ("look_for_quiet_courses", jobs.look_for_quiet_courses),
    }
    for minute, (name, job) in by_the_clock.items():
        queue.huey.periodic_task(crontab(minute=minute), name=name)(job)
