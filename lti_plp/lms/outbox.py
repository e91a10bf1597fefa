"""The outbox: what is to stand in a gradebook, delivered in order, never twice with another meaning.

A row is written in the transaction of its cause. A worker takes one row at a time: it marks it as being sent, with the
time of the score, and commits; then it speaks to the platform; then it settles the row. Killed anywhere in between, the
next worker sends the same message with the same time again, which means the same (AGS 2.0 forbids a platform to apply
it twice). What is settled stays as it is: sending a score again by hand makes a new row.
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased, sessionmaker

from lti_plp.clock import Clock
from lti_plp.database import reading
from lti_plp.lms.gateway import Gateway, GatewayFor, GradingProgress, NewerThere, Refused, Score, TryLater
from lti_plp.lms.models import Course, OutboxScore, ResourceLink
from lti_plp.plp.models import Reflection
from lti_plp.plp.templates import find_template

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
"""A row that has been in sending for longer was left behind by a worker that is gone."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)
"""Pause after the first failed attempt, doubled after each further one, and where doubling ends."""

GIVE_UP_AFTER = timedelta(days=3)
"""A score that could not be delivered for so long is shown as failed; it can be sent again by hand."""

OPEN = ("waiting", "sending")


def enqueue(
    session: Session, link: ResourceLink, person_id: int, score: Score, cause: str, now: datetime
) -> OutboxScore | None:
    """Add a score to the outbox, once per cause; return ``None`` when this cause is there already."""
    if session.scalar(select(OutboxScore.id).where(OutboxScore.cause == cause)):
        return None
    row = OutboxScore(
        tenant_id=link.tenant_id,
        resource_link_id=link.id,
        person_id=person_id,
        payload=score.to_payload(),
        cause=cause,
        state="waiting",
        attempts=0,
        created_at=now,
        next_attempt_at=now,
        error_code="",
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return None
    return row


@dataclass
class Delivery:
    """What one round of delivering came to: state -> number of rows."""

    settled: dict[str, int] = field(default_factory=dict)

    def count(self, state: str) -> None:
        """Count one more row of this state."""
        self.settled[state] = self.settled.get(state, 0) + 1


@dataclass(frozen=True)
class _Claim:
    """One row that this worker delivers now, and nobody else."""

    id: int
    gateway: Gateway
    deployment_id: int
    resource_link_id: int
    payload: dict[str, Any]
    timestamp: datetime
    attempts: int
    """Including this one."""
    maybe_received: bool
    """Whether the platform may have got this score in an earlier attempt."""
    created_at: datetime
    line_item_url: str


def deliver_due(
    sessions: sessionmaker[Session],
    gateway_for: GatewayFor,
    clock: Clock,
    jitter: Callable[[], float] = random.random,
    limit: int = 500,
    should_stop: Callable[[], bool] = lambda: False,
) -> Delivery:
    """Deliver every row that is due, oldest first, at most ``limit``; no more begins once ``should_stop`` says so."""
    delivery = Delivery()
    for _ in range(limit):
        row_id = None if should_stop() else _next_due(sessions, clock())
        if row_id is None:
            break
        claim = _claim(sessions, gateway_for, row_id, clock())
        if claim is not None:
            delivery.count(_deliver(sessions, claim, clock, jitter))
    return delivery


def _is_ready() -> ColumnElement[bool]:
    """Return the condition for an open row whose turn it is; needs a join with :class:`ResourceLink`.

    None earlier of the same student and link may be open. As long as the link has no column in the gradebook, none of
    the whole link may be: two workers would make two columns.
    """
    earlier = aliased(OutboxScore)
    blocked = exists().where(
        earlier.resource_link_id == OutboxScore.resource_link_id,
        or_(earlier.person_id == OutboxScore.person_id, ResourceLink.line_item_url == ""),
        earlier.id < OutboxScore.id,
        earlier.state.in_(OPEN),
    )
    return and_(OutboxScore.state.in_(OPEN), ~blocked)


def _next_due(sessions: sessionmaker[Session], now: datetime) -> int | None:
    with reading(), sessions() as session:
        return session.scalar(
            select(OutboxScore.id)
            .join(ResourceLink, ResourceLink.id == OutboxScore.resource_link_id)
            .where(_is_ready(), OutboxScore.next_attempt_at <= now)
            .order_by(OutboxScore.next_attempt_at, OutboxScore.id)
            .limit(1)
        )


def seconds_to_next(session: Session, now: datetime) -> float | None:
    """Return in how many seconds the next open score is due; ``None`` when all are settled."""
    due = session.scalar(
        select(func.min(OutboxScore.next_attempt_at))
        .join(ResourceLink, ResourceLink.id == OutboxScore.resource_link_id)
        .where(_is_ready())
    )
    return None if due is None else max((due - now).total_seconds(), 0.0)


def _claim(
    sessions: sessionmaker[Session], gateway_for: GatewayFor, row_id: int, now: datetime
) -> _Claim | None:
    """Mark a row as being sent, with the time of its score, and commit.

    Return ``None`` when another worker was quicker, when the platform wants a pause first, or when it is not known.
    """
    with sessions.begin() as session:
        taken = session.execute(
            update(OutboxScore)
            .where(
                OutboxScore.id == row_id,
                OutboxScore.state.in_(OPEN),
                OutboxScore.next_attempt_at <= now,
            )
            .values(state="sending", attempts=OutboxScore.attempts + 1, next_attempt_at=now + LEASE)
        )
        if getattr(taken, "rowcount", 0) != 1:
            return None
        row = session.get_one(OutboxScore, row_id)
        link = session.get_one(ResourceLink, row.resource_link_id)
        try:
            gateway = gateway_for(session, link.deployment_id)
        except Refused as problem:
            row.state, row.settled_at, row.error_code = "failed", now, problem.code
            return None
        if row.score_timestamp is None:
            spacing = timedelta(seconds=gateway.capabilities.score_spacing_seconds)
            stamp, not_before = _turn(session, row, spacing, now)
            if not_before > now:
                row.state, row.attempts, row.next_attempt_at = "waiting", row.attempts - 1, not_before
                return None
            row.score_timestamp = stamp
        maybe_received, row.maybe_received = row.maybe_received, True
        return _Claim(
            id=row.id,
            gateway=gateway,
            deployment_id=link.deployment_id,
            resource_link_id=link.id,
            payload=row.payload,
            timestamp=row.score_timestamp,
            attempts=row.attempts,
            maybe_received=maybe_received,
            created_at=row.created_at,
            line_item_url=link.line_item_url,
        )


def _turn(session: Session, row: OutboxScore, spacing: timedelta, now: datetime) -> tuple[datetime, datetime]:
    """Return the time that a score is given, later than all before it, and the moment before which it may not go.

    Some platforms compare it, in whole seconds, with the moment at which they stored the last one (``spacing``).
    """
    last, settled = session.execute(
        select(func.max(OutboxScore.score_timestamp), func.max(OutboxScore.settled_at)).where(
            OutboxScore.resource_link_id == row.resource_link_id,
            OutboxScore.person_id == row.person_id,
            OutboxScore.id != row.id,
        )
    ).one()
    stamp = now if last is None else max(now, last + timedelta(milliseconds=1))
    if last is None or settled is None or settled > now:
        # Nothing went before, or our clock was set back since: nobody waits until it is as late again as it was.
        return stamp, now
    return stamp, settled + spacing


def _deliver(
    sessions: sessionmaker[Session], claim: _Claim, clock: Clock, jitter: Callable[[], float]
) -> str:
    try:
        _send(sessions, claim)
    except NewerThere:
        # After an attempt whose end nobody saw, what stands there is ours.
        return _settle(sessions, claim, "sent" if claim.maybe_received else "newer_there", clock())
    except Refused as problem:
        return _settle(sessions, claim, "failed", clock(), problem.code)
    except TryLater as problem:
        _rest(sessions, claim, problem, clock())
        return _postpone(sessions, claim, problem, clock(), jitter())
    except Exception:
        # A fault of ours in one score may not keep all others from being sent.
        log.exception("score %s: fault while sending", claim.id)
        return _postpone(sessions, claim, TryLater("fault_here"), clock(), jitter())
    return _settle(sessions, claim, "sent", clock())


def _send(sessions: sessionmaker[Session], claim: _Claim) -> None:
    score = Score.from_payload(claim.payload)
    if not score.subject:
        raise Refused("student_unknown")
    url = claim.line_item_url or _make_line_item(sessions, claim)
    claim.gateway.send_score(url, score, claim.timestamp)


def _make_line_item(sessions: sessionmaker[Session], claim: _Claim) -> str:
    """Find or make the gradebook column of a link that came without one.

    :raise Refused: when the course offers none.
    """
    with reading(), sessions() as session:
        link = session.get_one(ResourceLink, claim.resource_link_id)
        course = session.get_one(Course, link.course_id)
        template = find_template(session, link.tenant_id, link.template_id) if link.template_id else None
    if not course.line_items_url or template is None or template.max_points is None:
        raise Refused("no_line_item")
    try:
        url = claim.gateway.find_or_create_line_item(
            course.line_items_url, link.lti_resource_link_id, template.title, template.max_points
        )
    except TryLater as problem:
        # The score itself was not on its way yet.
        problem.maybe_received = False
        raise
    with sessions.begin() as session:
        session.execute(
            update(ResourceLink)
            .where(ResourceLink.id == link.id, ResourceLink.line_item_url == "")
            .values(line_item_url=url)
        )
        # A launch may have brought the column's address meanwhile.
        return session.get_one(ResourceLink, link.id).line_item_url


def _ours(claim: _Claim) -> ColumnElement[bool]:
    """Return the condition under which a claim still holds: nobody took the row over since."""
    return and_(
        OutboxScore.id == claim.id, OutboxScore.attempts == claim.attempts, OutboxScore.state == "sending"
    )


def _settle(
    sessions: sessionmaker[Session], claim: _Claim, state: str, now: datetime, error_code: str = ""
) -> str:
    with sessions.begin() as session:
        session.execute(
            update(OutboxScore).where(_ours(claim)).values(state=state, settled_at=now, error_code=error_code)
        )
    log.info("score %s: %s %s", claim.id, state, error_code)
    return state


def _postpone(
    sessions: sessionmaker[Session], claim: _Claim, problem: TryLater, now: datetime, chance: float
) -> str:
    """Try again later: pauses double, vary by chance, and heed the platform's wish."""
    if now - claim.created_at > GIVE_UP_AFTER:
        return _settle(sessions, claim, "failed", now, problem.code)
    doubled = min(FIRST_PAUSE * 2 ** min(claim.attempts - 1, 20), LONGEST_PAUSE)
    pause = max(doubled * (0.5 + chance / 2), timedelta(seconds=problem.retry_after or 0))
    with sessions.begin() as session:
        session.execute(
            update(OutboxScore)
            .where(_ours(claim))
            .values(
                state="waiting",
                next_attempt_at=now + pause,
                error_code=problem.code,
                maybe_received=claim.maybe_received or problem.maybe_received,
            )
        )
    log.info("score %s: later, %s", claim.id, problem.code)
    return "waiting"


def _rest(sessions: sessionmaker[Session], claim: _Claim, problem: TryLater, now: datetime) -> None:
    """Let all that waits for the same platform wait a little.

    Otherwise a platform that is down would be asked once for each score, each time until the time limit, while the
    scores of all other schools wait behind them.
    """
    until = now + max(FIRST_PAUSE, timedelta(seconds=problem.retry_after or 0))
    links = select(ResourceLink.id).where(ResourceLink.deployment_id == claim.deployment_id)
    with sessions.begin() as session:
        session.execute(
            update(OutboxScore)
            .where(
                OutboxScore.state == "waiting",
                OutboxScore.next_attempt_at < until,
                OutboxScore.resource_link_id.in_(links),
            )
            .values(next_attempt_at=until)
        )


@dataclass(frozen=True)
class Trouble:
    """A score that is not where it should be."""

    outbox_id: int
    person_id: int
    state: str
    """``waiting`` (tried at least once), ``newer_there`` or ``failed``."""
    error_code: str


def troubles(session: Session, resource_link_id: int) -> list[Trouble]:
    """Return the students of a link whose newest grade, or else newest score, is in trouble; one statement."""
    newest = (
        select(func.max(OutboxScore.id))
        .where(OutboxScore.resource_link_id == resource_link_id)
        .group_by(OutboxScore.person_id)
    )
    tried = and_(OutboxScore.state.in_(OPEN), OutboxScore.error_code != "")
    rows = session.execute(
        select(OutboxScore.id, OutboxScore.person_id, OutboxScore.state, OutboxScore.error_code)
        .where(OutboxScore.id.in_(newest.union(newest.where(_is_grade()))))
        .where(or_(tried, OutboxScore.state.in_(["newer_there", "failed"])))
        .order_by(OutboxScore.id)
    )
    found: dict[int, Trouble] = {}
    for row in rows:
        # A grade comes first here: a later score of the same student is news of another version, without a grade.
        state = "waiting" if row.state in OPEN else row.state
        found.setdefault(row.person_id, Trouble(row.id, row.person_id, state, row.error_code))
    return list(found.values())


def _is_grade() -> ColumnElement[bool]:
    said: ColumnElement[str] = OutboxScore.payload["grading"].as_string()
    return said == GradingProgress.FULLY_GRADED.value


def resend(session: Session, resource_link_id: int, now: datetime) -> int:
    """Try every score of a link that is in trouble again; return how many.

    One that still waits is tried at once, with its own time: it may have arrived. One that is settled stays settled,
    and is said anew, with a new time.
    """
    link = session.get_one(ResourceLink, resource_link_id)
    # Whoever rates meanwhile waits, or has finished: otherwise an older grade could be said anew behind a newer one.
    session.execute(select(Reflection.id).where(Reflection.resource_link_id == link.id).with_for_update())
    count = 0
    for trouble in troubles(session, resource_link_id):
        row = session.get_one(OutboxScore, trouble.outbox_id)
        if trouble.state == "waiting":
            taken = session.execute(
                update(OutboxScore)
                .where(OutboxScore.id == row.id, OutboxScore.state == "waiting")
                .values(next_attempt_at=now)
            )
            count += getattr(taken, "rowcount", 0)
        elif enqueue(session, link, row.person_id, Score.from_payload(row.payload), _again(row.cause), now):
            count += 1
    return count


def _again(cause: str) -> str:
    """Return the cause of a repetition: ``rating:7`` becomes ``rating:7#2``, then ``rating:7#3``."""
    first, _, number = cause.partition("#")
    return f"{first}#{int(number or 1) + 1}"


def newest_comment(session: Session, resource_link_id: int, person_id: int) -> str:
    """Return the newest comment that was sent, or is about to be, for this student and link; empty without one."""
    comment: ColumnElement[str] = OutboxScore.payload["comment"].as_string()
    found = session.scalar(
        select(comment)
        .where(
            OutboxScore.resource_link_id == resource_link_id,
            OutboxScore.person_id == person_id,
            OutboxScore.state.in_([*OPEN, "sent"]),
            comment != "",
        )
        .order_by(OutboxScore.id.desc())
        .limit(1)
    )
    return found or ""


def has_grade(session: Session, resource_link_id: int, person_id: int) -> bool:
    """Say whether a grade was sent, or is about to be, for this student and link."""
    grades = select(OutboxScore.id).where(
        OutboxScore.resource_link_id == resource_link_id, OutboxScore.person_id == person_id, _is_grade()
    )
    return bool(session.scalar(select(grades.exists())))
