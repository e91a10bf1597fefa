"""What a student handed in, kept with a piece of evidence: asked for on a page, copied by a worker, shown.

The LMS is read in the student's own name. Nothing is copied that the student did not ask for, and each file is kept
as if the student had uploaded it: the same kinds, the same limits.
"""

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.clock import Clock
from lti_plp.database import reading
from lti_plp.errors import BadInput, NotFound, PlpError
from lti_plp.lms.coursework_models import (
    Coursework,
    CourseworkResult,
    EvidenceSource,
    HandedInCopy,
    HandedInFileCopy,
)
from lti_plp.lms.coursework_reading import address_of
from lti_plp.lms.gateway import (
    Consent,
    CourseAddress,
    Gateway,
    GatewayFor,
    GatewayProblem,
    HandedIn,
    HandedInFile,
    Refused,
    TryLater,
)
from lti_plp.lms.lms_ids import told_here
from lti_plp.lms.models import Course, Identity
from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.models import Evidence, Plan

BUSY = timedelta(minutes=30)
"""How long one who copies may take, until another takes it over."""
MOST_TRIES = 8
FIRST_PAUSE = timedelta(minutes=1)
"""Until the second try; twice as long each further time."""

Keep = Callable[[Actor, BinaryIO, int, str], str]
"""Keeps a file of so many bytes under a name for a person; returns its id, or raises :class:`BadInput`."""


@dataclass(frozen=True)
class Copied:
    """What a page says of what was handed in."""

    copy: HandedInCopy
    files: tuple[HandedInFileCopy, ...]


def can_be_copied(session: Session, evidence_id: int, deployment_id: int, source: str) -> bool:
    """Say whether a piece of evidence is a picture of work that an adapter ``source`` read of this deployment."""
    found = session.scalar(
        select(Coursework.source)
        .join(Course, Course.id == Coursework.course_id)
        .join(CourseworkResult, CourseworkResult.coursework_id == Coursework.id)
        .join(EvidenceSource, EvidenceSource.result_id == CourseworkResult.id)
        .where(EvidenceSource.evidence_id == evidence_id, Course.deployment_id == deployment_id)
    )
    return found == source


def copied(session: Session, evidence_id: int) -> Copied | None:
    """Return what was asked for with a piece of evidence, and what came of it."""
    copy = session.get(HandedInCopy, evidence_id)
    if copy is None:
        return None
    files = session.scalars(
        select(HandedInFileCopy)
        .where(HandedInFileCopy.evidence_id == evidence_id)
        .order_by(HandedInFileCopy.id)
    )
    return Copied(copy, tuple(files))


def kept_copies(session: Session, evidence_id: int) -> Copied | None:
    """Return what was copied; ``None`` as long as that is nothing."""
    found = copied(session, evidence_id)
    return found if found is not None and found.copy.state == "kept" else None


def ask_for_copies(
    session: Session,
    person_id: int,
    evidence_ids: Iterable[int],
    now: datetime,
    *,
    work: bool,
    comments: bool,
) -> None:
    """Have what the student handed in kept with these pieces of evidence; what is kept or under way stays as it is.

    :raise NotFound: ``coursework_unknown`` when one of them is no picture of the student's own coursework.
    """
    wanted = sorted(evidence_ids)
    # A button is pressed twice: the second press waits, and finds what the first one asked for.
    rows = select(Evidence.id).where(Evidence.id.in_(wanted)).order_by(Evidence.id)
    session.execute(rows.with_for_update(key_share=True))
    for evidence_id in wanted:
        found = session.execute(
            select(CourseworkResult.coursework_id)
            .join(EvidenceSource, EvidenceSource.result_id == CourseworkResult.id)
            .where(EvidenceSource.evidence_id == evidence_id, CourseworkResult.person_id == person_id)
        ).one_or_none()
        if found is None:
            raise NotFound("This is no picture of the student's coursework.", code="coursework_unknown")
        copy = session.get(HandedInCopy, evidence_id)
        if copy is not None and copy.state != "failed":
            continue
        session.merge(
            HandedInCopy(
                evidence_id=evidence_id,
                person_id=person_id,
                coursework_id=found.coursework_id,
                with_work=work,
                with_comments=comments,
                state="waiting",
                problem="",
                tries=0,
                next_at=now,
                asked_at=now,
                words="",
                url="",
                comments=[],
            )
        )
    session.flush()


def people_who_wait(session: Session, now: datetime) -> list[int]:
    """Return the students for whom something is to be copied now."""
    rows = session.scalars(
        select(HandedInCopy.person_id)
        .where(HandedInCopy.state == "waiting", HandedInCopy.next_at <= now)
        .distinct()
        .order_by(HandedInCopy.person_id)
    )
    return list(rows)


def keep_copies(
    sessions: sessionmaker[Session],
    gateway_for: GatewayFor,
    keep: Keep,
    most_bytes: int,
    person_id: int,
    clock: Clock,
) -> None:
    """Copy what a student asked for and what is due, one piece of evidence after the other."""
    with reading(), sessions() as session:
        waiting = list(
            session.scalars(
                select(HandedInCopy.evidence_id)
                .where(
                    HandedInCopy.person_id == person_id,
                    HandedInCopy.state == "waiting",
                    HandedInCopy.next_at <= clock(),
                )
                .order_by(HandedInCopy.evidence_id)
            )
        )
    for evidence_id in waiting:
        job = _begin(sessions, gateway_for, evidence_id, clock())
        if job is not None:
            _Copying(sessions, keep, most_bytes, clock, job).run()


@dataclass(frozen=True)
class _Job:
    evidence_id: int
    actor: Actor
    work: str
    course: CourseAddress
    deployment_id: int
    gateway: Gateway
    with_work: bool
    with_comments: bool
    tries: int
    there: frozenset[str]
    """The LMS's ids of files that an earlier try has dealt with."""


def _begin(
    sessions: sessionmaker[Session], gateway_for: GatewayFor, evidence_id: int, now: datetime
) -> _Job | None:
    """Take one on, unless somebody else is at it or the evidence is gone."""
    with sessions.begin() as session:
        taken = session.execute(
            update(HandedInCopy)
            .where(
                HandedInCopy.evidence_id == evidence_id,
                HandedInCopy.state == "waiting",
                HandedInCopy.next_at <= now,
            )
            .values(next_at=now + BUSY, tries=HandedInCopy.tries + 1)
        )
        if taken.rowcount != 1:  # type: ignore[attr-defined]
            return None
        row = session.execute(
            select(HandedInCopy, Coursework.source_id, Course, Plan.tenant_id, Evidence.removed_at)
            .join(Evidence, Evidence.id == HandedInCopy.evidence_id)
            .join(Plan, Plan.id == Evidence.plan_id)
            .join(Coursework, Coursework.id == HandedInCopy.coursework_id)
            .join(Course, Course.id == Coursework.course_id)
            .where(HandedInCopy.evidence_id == evidence_id)
        ).one()
        copy, work, course, tenant_id, removed_at = row
        if removed_at is not None:
            copy.state, copy.problem = "failed", "evidence_removed"
            return None
        if copy.tries > MOST_TRIES:
            # Every try before told how it ended, or ended with the worker that was at it.
            copy.state, copy.problem = "failed", "fault_here"
            return None
        there = session.scalars(
            select(HandedInFileCopy.lms_file_id).where(HandedInFileCopy.evidence_id == evidence_id)
        )
        return _Job(
            evidence_id=evidence_id,
            actor=Actor(copy.person_id, tenant_id, course.id, frozenset({Role.LEARNER})),
            work=work,
            course=address_of(course),
            deployment_id=course.deployment_id,
            gateway=gateway_for(session, course.deployment_id),
            with_work=copy.with_work,
            with_comments=copy.with_comments,
            tries=copy.tries,
            there=frozenset(there),
        )


@dataclass(frozen=True)
class _Copying:
    """Copies what belongs to one piece of evidence."""

    sessions: sessionmaker[Session]
    keep: Keep
    most_bytes: int
    clock: Clock
    job: _Job

    def run(self) -> None:
        """Copy it; what cannot be done now is tried again later, what never will says so."""
        try:
            found = self.job.gateway.read_handed_in(self.job.course, self.job.actor.person_id, self.job.work)
            if self.job.with_work:
                for file in found.files:
                    if file.id not in self.job.there:
                        self._copy(file)
        except TryLater as problem:
            self._try_later(problem)
        except Refused as problem:
            self._refused(problem)
        else:
            self._kept(found)

    def _copy(self, file: HandedInFile) -> None:
        """Keep one file, or why it is not kept. Only what may work later goes on its way.

        :raise TryLater: when it may.
        :raise Refused: ``no_consent`` when the student has taken the permission back.
        """
        file_id, problem = None, ""
        with tempfile.TemporaryFile() as bytes_of_it:
            try:
                self.job.gateway.copy_file(
                    self.job.course, self.job.actor.person_id, file.id, bytes_of_it, self.most_bytes
                )
                size = bytes_of_it.tell()
                bytes_of_it.seek(0)
                file_id = self.keep(self.job.actor, bytes_of_it, size, file.name)
            except BadInput as refused:
                problem = refused.code
            except Refused as refused:
                if refused.code == "no_consent":
                    raise
                problem = refused.code
            except PlpError as busy:
                raise TryLater(busy.code) from busy
        with self.sessions.begin() as session:
            session.add(
                HandedInFileCopy(
                    evidence_id=self.job.evidence_id,
                    lms_file_id=file.id,
                    name=file.name,
                    file_id=file_id,
                    problem=problem,
                )
            )

    def _kept(self, found: HandedIn) -> None:
        work, job = self.job.with_work, self.job
        with self.sessions.begin() as session:
            copy = session.get_one(HandedInCopy, job.evidence_id)
            copy.state, copy.problem, copy.kept_at = "kept", "", self.clock()
            copy.attempt = found.attempt
            copy.words = found.words if work else ""
            copy.url = found.url if work else ""
            copy.comments = _comments(session, job, found) if job.with_comments else []

    def _try_later(self, problem: GatewayProblem) -> None:
        is_last = self.job.tries >= MOST_TRIES
        pause = FIRST_PAUSE * 2 ** (self.job.tries - 1)
        self._write("failed" if is_last else "waiting", problem.code, self.clock() + pause)

    def _refused(self, problem: Refused) -> None:
        # It waits for the student's permission, and is not tried by the clock before.
        waits = problem.code == "no_consent"
        self._write("waiting" if waits else "failed", problem.code, self.clock() + timedelta(days=365 * 10))
        person_id = self.job.actor.person_id
        if waits and self.job.gateway.consent_of(person_id) is Consent.GIVEN:
            # It came while the LMS refused: whoever took it in found nothing yet that waited for it.
            with self.sessions.begin() as session:
                go_on_after_consent(session, person_id, self.clock())

    def _write(self, state: str, problem: str, next_at: datetime) -> None:
        with self.sessions.begin() as session:
            session.execute(
                update(HandedInCopy)
                .where(HandedInCopy.evidence_id == self.job.evidence_id)
                .values(state=state, problem=problem[:40], next_at=next_at)
            )


def _comments(session: Session, job: _Job, found: HandedIn) -> list[dict[str, Any]]:
    """Return comments with whoever of them is known here; names are looked up when they are shown."""
    rows = session.execute(
        select(Identity.lms_id, Identity.person_id).where(
            Identity.tenant_id == job.actor.tenant_id,
            Identity.issuer == job.gateway.issuer,
            Identity.lms_id.in_({one.who for one in found.comments if one.who}),
            told_here(job.deployment_id),
        )
    )
    people = {row.lms_id: row.person_id for row in rows}
    return [
        {
            "person_id": people.get(one.who),
            "text": one.text,
            "at": one.at.isoformat() if one.at else None,
        }
        for one in found.comments
    ]


def waits_for_consent(session: Session, person_id: int) -> bool:
    """Say whether something that a student wants to keep is not copied yet."""
    waiting = select(HandedInCopy.evidence_id).where(
        HandedInCopy.person_id == person_id, HandedInCopy.state == "waiting"
    )
    return session.scalar(waiting.limit(1)) is not None


def go_on_after_consent(session: Session, person_id: int, now: datetime) -> bool:
    """Let what waited for a student's permission be tried now; say whether there is any."""
    changed = session.execute(
        update(HandedInCopy)
        .where(
            HandedInCopy.person_id == person_id,
            HandedInCopy.state == "waiting",
            HandedInCopy.problem == "no_consent",
        )
        .values(next_at=now, tries=0)
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def evidence_that_shows(session: Session, tenant_id: int, file_id: str) -> list[tuple[int, str]]:
    """Return (student's id, audience) of each piece of evidence with which a file was copied."""
    rows = session.execute(
        select(Plan.person_id, Evidence.audience)
        .join(Evidence, Evidence.plan_id == Plan.id)
        .join(HandedInFileCopy, HandedInFileCopy.evidence_id == Evidence.id)
        .where(
            Plan.tenant_id == tenant_id,
            HandedInFileCopy.file_id == file_id,
            Evidence.removed_at.is_(None),
        )
    )
    return [(row.person_id, row.audience) for row in rows]
