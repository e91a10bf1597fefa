"""Reading a course's work from its LMS: when it is due, one reading at a time, all of an answer or nothing."""

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import case, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.clock import Clock
from lti_plp.database import reading
from lti_plp.errors import BadInput
from lti_plp.lms.coursework import Taken, lock_coursework, take
from lti_plp.lms.coursework_models import CourseworkReading
from lti_plp.lms.gateway import CourseAddress, CourseworkAnswer, Gateway, GatewayFor, GatewayProblem, Since
from lti_plp.lms.models import Course, Enrolment, Identity, ResourceLink

log = logging.getLogger(__name__)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNIT = timedelta(microseconds=1)

FRESH = timedelta(seconds=20)
"""What was read within this time is not read again; a reading that failed may be tried again at once."""

STALE = timedelta(minutes=15)
"""Older than this, a launch has it read anew."""

WHOLE_AFTER = timedelta(hours=20)
"""Deletions show in a whole reading only: one is due every day, whenever that day's first reading comes."""

ALIVE = timedelta(days=60)
"""A course that could not be read for so long is over, and is read by the clock no more."""

LONGEST = timedelta(minutes=10)
"""A reading that began longer ago than this is taken for one whose process has died."""

TELL_EVERY = 0.5
"""Seconds between two notes of how far a reading has come."""

OVERLAP = timedelta(minutes=2)
"""How far before the last reading changes are asked for: an LMS stores a change a moment after its time stamp."""


@dataclass(frozen=True)
class ReadingState:
    """How reading went, for people to see."""

    is_running: bool = False
    pages_read: int = 0
    pages_expected: int = 0
    problem: str = ""
    """Why the last one failed; empty when it went well, or none was tried."""
    tried_at: datetime | None = None
    read_at: datetime | None = None
    """The last complete one."""
    works: int = 0
    unknown: int = 0
    tells_outcomes: bool = True
    """Whether that one could read results of outcomes."""
    started_at: datetime | None = None
    """Of the one that is under way."""
    whole_at: datetime | None = None

    @property
    def marks(self) -> tuple[int, ...]:
        """What is known by now, for :meth:`began_after`: a reading that began earlier answers no later question."""
        return _mark(self.tried_at), _mark(self.started_at)

    def began_after(self, marks: Collection[int]) -> bool:
        """Say whether the newest reading began after ``marks``, however much the clocks of two machines differ."""
        return _mark(self.started_at if self.is_running else self.tried_at) not in marks

    def is_fresh(self, now: datetime, *, whole: bool) -> bool:
        """Say whether nothing would be new: all that is wanted was read a moment ago."""
        if self.tried_at is None or self.problem or self.is_running:
            return False
        enough = self.whole_at == self.tried_at or not whole
        return enough and timedelta(0) <= now - self.tried_at < FRESH


def _mark(moment: datetime | None) -> int:
    return 0 if moment is None else (moment - _EPOCH) // _UNIT


def reading_state(session: Session, course_id: int, now: datetime) -> ReadingState:
    """Return how reading a course's work stands; one statement."""
    row = session.get(CourseworkReading, course_id)
    if row is None:
        return ReadingState()
    return ReadingState(
        is_running=row.started_at is not None and now - row.started_at < LONGEST,
        pages_read=row.pages_read,
        pages_expected=row.pages_expected,
        problem=row.problem,
        tried_at=row.tried_at,
        read_at=row.read_at,
        works=row.works,
        unknown=row.unknown,
        tells_outcomes=row.tells_outcomes,
        started_at=row.started_at,
        whole_at=row.whole_at,
    )


def is_stale(tried_at: datetime | None, now: datetime) -> bool:
    """Say whether a launch has a course's work read anew; what was never read, somebody has to begin."""
    return tried_at is not None and now - tried_at > STALE


def needs_roster(session: Session, course_id: int, now: datetime) -> bool:
    """Say whether the people of a course should be read before its work: nobody's results can be told apart else."""
    course = session.get(Course, course_id)
    if course is None or not course.memberships_url:
        return False
    row = session.get(CourseworkReading, course_id)
    if course.roster_read_at is None or now - course.roster_read_at > WHOLE_AFTER:
        return True
    return row is not None and bool(row.unknown) and now - course.roster_read_at > STALE


def courses_to_read(session: Session, now: datetime) -> list[int]:
    """Return courses that were read well within :data:`ALIVE`, and not within :data:`WHOLE_AFTER`; the oldest first."""
    rows = session.scalars(
        select(CourseworkReading.course_id)
        .join(Course, Course.id == CourseworkReading.course_id)
        .where(
            Course.gone_at.is_(None),
            CourseworkReading.read_at > now - ALIVE,
            CourseworkReading.tried_at < now - WHOLE_AFTER,
        )
        .order_by(CourseworkReading.tried_at)
    )
    return list(rows)


def refresh_coursework(
    sessions: sessionmaker[Session],
    gateway_for: GatewayFor,
    course_id: int,
    clock: Clock,
    *,
    whole: bool = False,
    marks: Collection[int] = (),
) -> Taken | None:
    """Read a course's work and take it; ``None`` when another reading is under way or has just ended.

    Only what changed since the last complete reading is asked for, where the LMS can tell that, and everything once a
    day or when ``whole``. With ``marks`` somebody asked when these were :attr:`ReadingState.marks`: then it is read
    unless another reading has begun since. No database transaction is open while the LMS is asked.

    :raise GatewayProblem: when it could not be read completely; nothing was changed then, and the reason is kept.
    """
    started = clock()
    if not _begin(sessions, course_id, started, marks):
        return None
    problem = "fault_here"
    try:
        taken = _read(sessions, gateway_for, course_id, started, whole=whole)
        problem = ""
    except GatewayProblem as failed:
        problem = failed.code
        raise
    except BadInput as failed:
        problem = "bad_answer"
        log.warning("coursework of course %s: %s", course_id, failed.code)
        raise GatewayProblem(problem) from failed
    finally:
        _end(sessions, course_id, started, problem)
    log.info("coursework of course %s: %s", course_id, taken)
    return taken


def _begin(
    sessions: sessionmaker[Session], course_id: int, now: datetime, marks: Collection[int] = ()
) -> bool:
    """Take a course's turn to be read; false when somebody else has it, or had it a moment ago."""
    free = or_(CourseworkReading.started_at.is_(None), CourseworkReading.started_at < now - LONGEST)
    rested = or_(CourseworkReading.tried_at <= now - FRESH, CourseworkReading.problem != "")
    if marks:
        rested = CourseworkReading.tried_at.in_([_EPOCH + one * _UNIT for one in marks])
    rested = or_(CourseworkReading.tried_at.is_(None), rested)
    turn = {"started_at": now, "pages_read": 0, "pages_expected": 0}
    with sessions.begin() as session:
        if session.get(CourseworkReading, course_id) is not None:
            taken = session.execute(
                update(CourseworkReading)
                .where(CourseworkReading.course_id == course_id, free, rested)
                .values(turn)
                .execution_options(synchronize_session=False)
            )
            return bool(taken.rowcount)  # type: ignore[attr-defined]
        if session.get(Course, course_id) is None:
            return False
        session.add(CourseworkReading(course_id=course_id, **turn))
        try:
            session.flush()
        except IntegrityError:
            session.rollback()
            return False
    return True


def _end(sessions: sessionmaker[Session], course_id: int, started: datetime, problem: str) -> None:
    with sessions.begin() as session:
        session.execute(
            update(CourseworkReading)
            .where(CourseworkReading.course_id == course_id, CourseworkReading.started_at == started)
            .values(started_at=None, tried_at=started, problem=problem[:40])
        )


def _read(
    sessions: sessionmaker[Session],
    gateway_for: GatewayFor,
    course_id: int,
    started: datetime,
    *,
    whole: bool,
) -> Taken:
    with reading(), sessions() as session:
        course = session.get_one(Course, course_id)
        gateway = gateway_for(session, course.deployment_id)
        since = None if whole else _since(session, gateway, course, started)
    answer = gateway.read_coursework(address_of(course), since, _teller(sessions, course_id, started))
    with sessions.begin() as session:
        course = session.get_one(Course, course_id)
        # Nobody of the course is joined to somebody else between who they are and what they did.
        lock_coursework(session, course_id)
        answer = _without_own_reflections(session, course, answer)
        people = _people(session, course, gateway.issuer, answer)
        results = answer.results.known(people)
        seen = None if answer.seen is None else {people[who] for who in answer.seen if who in people}
        taken = take(
            session,
            course,
            answer.works,
            results,
            answer.source,
            started,
            is_whole=answer.is_whole,
            tells_outcomes=answer.tells_outcomes,
            seen=seen,
        )
        if not taken.is_old:
            _keep(session.get_one(CourseworkReading, course_id), answer, taken, started)
    return taken


def _since(session: Session, gateway: Gateway, course: Course, now: datetime) -> Since | None:
    """Return from when on changes are enough; ``None`` when everything is to be read."""
    row = session.get_one(CourseworkReading, course.id)
    if row.unknown and row.read_at and course.roster_read_at and course.roster_read_at > row.read_at:
        # Whose results they were, the roster may tell now.
        return None
    if not gateway.capabilities.tells_changes or row.whole_at is None or now - row.whole_at > WHOLE_AFTER:
        return None
    return Since(row.changes_since, row.notes) if row.changes_since else None


def address_of(course: Course) -> CourseAddress:
    """Return how a platform's services find a course."""
    return CourseAddress(
        course_id=course.id,
        memberships_url=course.memberships_url,
        line_items_url=course.line_items_url,
        ags_scopes=frozenset(course.ags_scopes.split()),
    )


def _teller(sessions: sessionmaker[Session], course_id: int, started: datetime) -> Callable[[int, int], None]:
    """Return what keeps the progress of a reading, for whoever watches it: nobody needs each of hundreds of pages."""
    next_at = 0.0

    def tell(read: int, expected: int) -> None:
        nonlocal next_at
        if time.monotonic() < next_at:
            return
        next_at = time.monotonic() + TELL_EVERY
        with sessions.begin() as session:
            session.execute(
                update(CourseworkReading)
                .where(CourseworkReading.course_id == course_id, CourseworkReading.started_at == started)
                .values(pages_read=read, pages_expected=expected)
            )

    return tell


def _without_own_reflections(session: Session, course: Course, answer: CourseworkAnswer) -> CourseworkAnswer:
    """Leave out gradebook columns of placed reflections: what is rated in them is taken where it is rated."""
    own = set(
        session.scalars(
            select(ResourceLink.line_item_url).where(
                ResourceLink.course_id == course.id,
                ResourceLink.line_item_url != "",
                ResourceLink.template_id.is_not(None),
            )
        )
    )
    works = [one for one in answer.works if one.source_id not in own]
    return replace(
        answer, works=works, results=answer.results.of([one for one in answer.results if one not in own])
    )


def _people(session: Session, course: Course, issuer: str, answer: CourseworkAnswer) -> dict[str, int]:
    """Look up who the people of the course are to the LMS; one statement.

    Somebody who was joined from two accounts counts by the one that is in the course. Of two whom the LMS has merged,
    and nobody here has joined yet, the work is whose part in the course goes on.
    """
    name = Identity.lms_id if answer.by_lms_id else Identity.subject
    rows = session.execute(
        select(name, Identity.person_id)
        .join(Enrolment, Enrolment.person_id == Identity.person_id)
        .where(
            Enrolment.course_id == course.id,
            Enrolment.subject.in_((Identity.subject, "")),
            Identity.issuer == issuer,
            name != "",
        )
        .order_by(case((Enrolment.status == "active", 1), else_=0), Identity.id)
    )
    return {row[0]: row[1] for row in rows}


def _keep(row: CourseworkReading, answer: CourseworkAnswer, taken: Taken, started: datetime) -> None:
    row.read_at = started
    row.works, row.unknown = len(answer.works), taken.unknown
    row.tells_outcomes = answer.tells_outcomes
    row.notes = dict(answer.notes)
    if answer.is_whole:
        row.whole_at = started
    row.changes_since = answer.as_of - OVERLAP if answer.as_of else None
