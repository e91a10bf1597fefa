"""A student's own coursework: what the LMS says of it now, and taking it as evidence, as it stands."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from lti_plp.errors import BadInput, NotFound
from lti_plp.lms.applying import occurred_at
from lti_plp.lms.coursework_models import Coursework, CourseworkResult, EvidenceSource
from lti_plp.lms.models import Course, Enrolment
from lti_plp.lms.reflection_work import SOURCE
from lti_plp.lms.sent import Sent, read_sent
from lti_plp.lms.work import OF_OUTCOMES
from lti_plp.plp.actor import Role
from lti_plp.plp.models import Evidence
from lti_plp.plp.plans import PlanEditor

MOST_AT_ONCE = 20
"""Pieces of work that are taken in one go."""


@dataclass(frozen=True)
class OwnPart:
    """What was said of one part of the work: a rubric's criterion, or an outcome."""

    title: str
    level: str
    """The level's name; empty when points alone were given."""
    score: Decimal | None
    points: Decimal | None


@dataclass(frozen=True)
class OwnWork:
    """A piece of coursework, as a student has to do with it."""

    work: Coursework
    course_title: str
    result: CourseworkResult | None
    """What the LMS says now of the whole, or of its first part where it is known by parts alone; ``None`` as long as
    that is nothing."""
    parts: tuple[OwnPart, ...] = ()
    evidence_ids: tuple[int, ...] = ()
    """Pieces of evidence that were made of it, at whatever time."""

    @property
    def can_be_shown(self) -> bool:
        """Whether there is anything to take: what was not handed in shows nothing."""
        return self.result is not None and self.result.state in {"submitted", "graded"}

    @property
    def sent(self) -> Sent | None:
        """What the newest attempt consists of; ``None`` where the LMS does not tell."""
        return read_sent(self.result.handed_in) if self.result else None

    @property
    def at(self) -> datetime | None:
        """When the newest of it happened."""
        return occurred_at(self.result) if self.result else None


def learns_in(person_id: int) -> Any:
    """Return a selection of the courses in which somebody learns at present."""
    return select(Enrolment.course_id).where(
        Enrolment.person_id == person_id,
        Enrolment.status == "active",
        Enrolment.roles.contains(Role.LEARNER.value),
        Enrolment.roles.not_like(f"%{Role.MENTOR.value}%"),
    )


def is_out() -> ColumnElement[bool]:
    """Ask whether students may know of a piece of work: a reflection that nobody sent may not be published yet.

    Of what is known by results of outcomes alone nobody can say that it is still to do.
    """
    sent = exists().where(CourseworkResult.coursework_id == Coursework.id)
    is_work = Coursework.source_id.not_like(f"{OF_OUTCOMES}%")
    return and_(or_(Coursework.source != SOURCE, sent), is_work)


def own_coursework(session: Session, person_id: int) -> list[OwnWork]:
    """Return a student's coursework, the newest results first, then what is still to do by its date.

    Of courses that she has left, and of work that the LMS has no longer, what she has a result of. Three statements.
    """
    newest = _newest(session, person_id)
    rows = session.execute(
        select(Coursework, Course.title)
        .join(Course, Course.id == Coursework.course_id)
        .where(
            or_(
                and_(Coursework.course_id.in_(learns_in(person_id)), Coursework.gone_at.is_(None), is_out()),
                Coursework.id.in_({work_id for work_id, _ in newest}),
            )
        )
    ).all()
    taken = _taken(session, person_id)
    found = [_own(work, title, newest, taken) for work, title in rows]
    return sorted(found, key=_order)


def _newest(session: Session, person_id: int) -> dict[tuple[int, str], CourseworkResult]:
    later = aliased(CourseworkResult)
    rows = session.scalars(
        select(CourseworkResult).where(
            CourseworkResult.person_id == person_id,
            ~select(later.id)
            .where(
                later.coursework_id == CourseworkResult.coursework_id,
                later.person_id == person_id,
                later.part == CourseworkResult.part,
                later.number > CourseworkResult.number,
            )
            .exists(),
        )
    )
    return {(row.coursework_id, row.part): row for row in rows}


def _taken(session: Session, person_id: int) -> dict[int, tuple[int, ...]]:
    """Return coursework -> evidence made of it that still stands, the newest first."""
    rows = session.execute(
        select(CourseworkResult.coursework_id, Evidence.id)
        .join(EvidenceSource, EvidenceSource.result_id == CourseworkResult.id)
        .join(Evidence, Evidence.id == EvidenceSource.evidence_id)
        .where(CourseworkResult.person_id == person_id, Evidence.removed_at.is_(None))
        .order_by(Evidence.id.desc())
    )
    found: dict[int, tuple[int, ...]] = {}
    for work_id, evidence_id in rows:
        found[work_id] = (*found.get(work_id, ()), evidence_id)
    return found


def _own(
    work: Coursework,
    course_title: str,
    newest: Mapping[tuple[int, str], CourseworkResult],
    taken: Mapping[int, tuple[int, ...]],
) -> OwnWork:
    graded = [
        (part, result)
        for part in work.parts
        if (result := newest.get((work.id, part["id"]))) is not None and result.state == "graded"
    ]
    by_parts = graded[0][1] if graded and work.source_id.startswith(OF_OUTCOMES) else None
    return OwnWork(
        work=work,
        course_title=course_title,
        result=newest.get((work.id, ""), by_parts),
        parts=tuple(_part(part, result) for part, result in graded),
        evidence_ids=taken.get(work.id, ()),
    )


def _part(part: Mapping[str, Any], result: CourseworkResult) -> OwnPart:
    level = next((one["title"] for one in part["levels"] if one["id"] == result.level), "")
    points = Decimal(part["points"]) if part["points"] is not None else None
    return OwnPart(part["title"], level, result.score, points)


def _order(one: OwnWork) -> tuple[bool, float, bool, float, int]:
    at, due = one.at if one.can_be_shown else None, one.work.due_at
    return (
        at is None,
        -at.timestamp() if at else 0.0,
        due is None,
        due.timestamp() if due else 0.0,
        one.work.id,
    )


def take_as_evidence(
    editor: PlanEditor,
    work_ids: Sequence[int],
    about: Mapping[str, Any],
    words: Callable[[OwnWork], str],
) -> list[Evidence]:
    """Keep what an LMS says now of a student's own work as evidence; each stays as it is when a grade changes.

    ``about`` are the fields that all pieces share: the reason, and what they are about. ``words`` says in words what
    the LMS says.

    :raise BadInput: ``nothing_chosen`` or ``too_many`` (:data:`MOST_AT_ONCE`), or a field is wrong.
    :raise NotFound: ``coursework_unknown`` when the LMS says nothing of one of them.
    """
    if not work_ids:
        raise BadInput("No work was chosen.", code="nothing_chosen")
    if len(work_ids) > MOST_AT_ONCE:
        raise BadInput("Too many pieces of work at once.", code="too_many")
    there = {one.work.id: one for one in own_coursework(editor.session, editor.actor.person_id)}
    made = []
    for work_id in dict.fromkeys(work_ids):
        own = there.get(work_id)
        if own is None or own.result is None or not own.can_be_shown:
            raise NotFound("The LMS says nothing of it yet.", code="coursework_unknown")
        made.append(keep_as_evidence(editor, own.work, own.result, {**about, "text": words(own)}))
    return made


def keep_as_evidence(
    editor: PlanEditor, work: Coursework, result: CourseworkResult, fields: Mapping[str, Any]
) -> Evidence:
    """Keep a result of an LMS as evidence, with where it came from.

    :raise BadInput: when one of ``fields`` is wrong.
    """
    is_here = work.course_id == editor.actor.course_id
    made: Evidence = editor.add(
        "evidence",
        {
            **fields,
            "medium": "lms",
            "title": work.title[:255],
            "url": work.url,
            "captured_on": occurred_at(result).date().isoformat(),
            "course_id": work.course_id if is_here else None,
        },
    )
    editor.session.add(EvidenceSource(evidence_id=made.id, result_id=result.id))
    editor.session.flush()
    return made
