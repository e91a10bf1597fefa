"""Taking what an LMS says of a course's work: one whole answer at a time, all of it or nothing.

The same answer again changes nothing. What changed is a new row, so that all that was made of the old one can still
show it. Two answers of one course are taken one after the other, and one that was asked for before the newest that was
taken is left aside: it is old news.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from lti_plp.errors import BadInput
from lti_plp.lms.applying import apply_results
from lti_plp.lms.coursework_models import GRADINGS, RESULT_STATES, Coursework, CourseworkResult
from lti_plp.lms.models import Course, Enrolment
from lti_plp.lms.outcome_rules import follow_outcomes
from lti_plp.lms.work import OF_OUTCOMES, Part, PartLevel, Work, WorkResult
from lti_plp.plp.actor import learns

_PLACES = Decimal("0.0001")
_MOST = Decimal(10) ** 8
Key = tuple[int, int, str]
"""Coursework, person, part: of what a result is."""


@dataclass(frozen=True)
class Taken:
    """What became of an answer."""

    works: int = 0
    """New or changed."""
    gone: int = 0
    results: int = 0
    """New or changed."""
    unknown: int = 0
    """Results of people who are nobody in the course; they were left out."""
    is_old: bool = False
    """A newer answer was there already, and nothing of this one was taken."""


class AnswerBroken(BadInput):
    """An answer that contradicts itself; nothing of it was taken."""

    def __init__(self, problem: str) -> None:
        """Take a stable word for what is wrong."""
        super().__init__(
            f"The answer is broken: {problem}.",
            code="coursework_broken",
            details={"problem": problem},
            status=502,
        )
        self.problem = problem


def take(
    session: Session,
    course: Course,
    works: Sequence[Work],
    results: Sequence[WorkResult],
    source: str,
    now: datetime,
    only: Collection[str] | None = None,
    *,
    is_whole: bool = True,
    tells_outcomes: bool = True,
) -> Taken:
    """Take one whole answer of an LMS, and let levels and action steps follow.

    ``works`` and ``results`` are all that ``source`` has of the course: what is no longer among them is gone. ``now``
    is when the LMS was asked, not when the answer had come. With ``only``, the answer is about these works alone. Of an
    answer that is not whole, ``results`` are those that changed; all others stand. So does what is known by results of
    outcomes alone, where the answer does not tell them.

    :raise AnswerBroken: ``work_twice``, ``grading_unknown``, ``work_unknown``, ``part_unknown``, ``result_twice``,
        ``state_unknown``, ``bad_number``.
    """
    _check(works, results)
    lock_coursework(session, course.id)
    with session.begin_nested():
        there = _there(session, course.id, source, only)
        if any(one.read_at > now for one in there.values()):
            return Taken(is_old=True)
        if not tells_outcomes:
            works = [_with_outcomes(one, there.get(one.source_id)) for one in works]
        changed_works = [one for one in works if _keep_work(session, course.id, there, one, source, now)]
        said = {one.source_id for one in works}
        gone = _let_go(
            there, said if tells_outcomes else said | {one for one in there if _is_outcome(one)}, now
        )
        session.flush()
        learners = _learners(session, course.id)
        known = [one for one in results if one.person_id in learners]
        ids = {one.source_id: there[one.source_id].id for one in works}
        told = _Told(learners if is_whole else frozenset(), tells_outcomes)
        changed = _keep_results(session, ids, known, told, now)
        # Where it became another task, or applies to something else, the same results may be another level.
        asked_anew = {ids[one.source_id] for one in changed_works}
        rows = [there[one.source_id] for one in works]
        asked_anew |= follow_outcomes(session, course.tenant_id, rows, now)
        follow = {one.id: one for one in changed}
        follow |= {one.id: one for one in newest_results(session, asked_anew).values()}
        apply_results(session, course.tenant_id, list(follow.values()), now)
    return Taken(len(changed_works), gone, len(changed), len(results) - len(known))


def lock_coursework(session: Session, course_id: int) -> None:
    """Let answers and rules of a course come one after the other: the second sees all that the first one wrote."""
    session.execute(select(Course.id).where(Course.id == course_id).with_for_update(key_share=True))


def _check(works: Sequence[Work], results: Sequence[WorkResult]) -> None:
    by_id = {one.source_id: one for one in works}
    if len(by_id) < len(works):
        raise AnswerBroken("work_twice")
    for work in works:
        if work.grading not in GRADINGS:
            raise AnswerBroken("grading_unknown")
        for number in (work.points, *(one.points for one in work.parts)):
            _check_number(number)
    seen: set[tuple[str, int, str]] = set()
    for one in results:
        _check_result(one, by_id.get(one.work))
        if one.person_id is not None:
            key = (one.work, one.person_id, one.part)
            if key in seen:
                raise AnswerBroken("result_twice")
            seen.add(key)


def _check_result(one: WorkResult, work: Work | None) -> None:
    if work is None:
        raise AnswerBroken("work_unknown")
    if one.part and one.part not in {part.id for part in work.parts}:
        raise AnswerBroken("part_unknown")
    if one.state not in RESULT_STATES:
        raise AnswerBroken("state_unknown")
    _check_number(one.score)


def _check_number(number: Decimal | None) -> None:
    if number is not None and (not number.is_finite() or not 0 <= number < _MOST):
        raise AnswerBroken("bad_number")


def _there(
    session: Session, course_id: int, source: str, only: Collection[str] | None
) -> dict[str, Coursework]:
    wanted = select(Coursework).where(Coursework.course_id == course_id, Coursework.source == source)
    if only is not None:
        wanted = wanted.where(Coursework.source_id.in_(only))
    rows = session.scalars(wanted.execution_options(populate_existing=True))
    return {row.source_id: row for row in rows}


def _keep_work(
    session: Session, course_id: int, there: dict[str, Coursework], work: Work, source: str, now: datetime
) -> bool:
    """Keep what an LMS says of a piece of work; say whether that is new."""
    facts: dict[str, Any] = {
        "title": work.title,
        "grading": work.grading,
        "points": _number(work.points),
        "due_at": work.due_at,
        "url": work.url,
        "parts": [_part(one) for one in work.parts],
        "gone_at": None,
    }
    row = there.get(work.source_id)
    if row is None:
        row = Coursework(course_id=course_id, source=source, source_id=work.source_id, read_at=now, **facts)
        there[work.source_id] = row
        session.add(row)
        return True
    changed = {name: value for name, value in facts.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    row.read_at = now
    return bool(changed)


def _part(part: Part) -> dict[str, Any]:
    levels = [{"id": one.id, "title": one.title, "points": _text(one.points)} for one in part.levels]
    return {
        "id": part.id,
        "title": part.title,
        "guid": part.guid,
        "points": _text(part.points),
        "levels": levels,
        **({"outcome": part.outcome} if part.outcome else {}),
    }


def _with_outcomes(work: Work, there: Coursework | None) -> Work:
    """Return a work with the outcomes that were known of it before."""
    kept = [_read_part(one) for one in (there.parts if there else ()) if _is_outcome(one["id"])]
    return replace(work, parts=(*work.parts, *kept))


def _read_part(said: dict[str, Any]) -> Part:
    levels = [
        PartLevel(one["id"], one["title"], None if one["points"] is None else Decimal(one["points"]))
        for one in said["levels"]
    ]
    points = None if said["points"] is None else Decimal(said["points"])
    return Part(said["id"], said["title"], said["guid"], points, tuple(levels), said.get("outcome", ""))


def _text(number: Decimal | None) -> str | None:
    return None if number is None else format(number.normalize(), "f")


def _number(number: Decimal | None) -> Decimal | None:
    return None if number is None else number.quantize(_PLACES)


def _let_go(there: dict[str, Coursework], said: Collection[str], now: datetime) -> int:
    gone = [row for source_id, row in there.items() if source_id not in said and row.gone_at is None]
    for row in gone:
        row.gone_at = row.read_at = now
    return len(gone)


def _learners(session: Session, course_id: int) -> frozenset[int]:
    rows = session.execute(
        select(Enrolment.person_id, Enrolment.roles).where(
            Enrolment.course_id == course_id, Enrolment.status == "active"
        )
    )
    return frozenset(row.person_id for row in rows if learns(row.roles.split()))


def newest_results(session: Session, work_ids: Collection[int]) -> dict[Key, CourseworkResult]:
    """Return what an LMS says now of pieces of coursework."""
    later = aliased(CourseworkResult)
    rows = session.scalars(
        select(CourseworkResult).where(
            CourseworkResult.coursework_id.in_(work_ids),
            ~select(later.id)
            .where(
                later.coursework_id == CourseworkResult.coursework_id,
                later.person_id == CourseworkResult.person_id,
                later.part == CourseworkResult.part,
                later.number > CourseworkResult.number,
            )
            .exists(),
        )
    )
    return {(row.coursework_id, row.person_id, row.part): row for row in rows}


@dataclass(frozen=True)
class _Told:
    """Of what an answer tells everything, so that what is not in it is no longer there."""

    people: frozenset[int]
    outcomes: bool

    def covers(self, person_id: int, part: str) -> bool:
        """Say whether the answer would have told a result of somebody's, if there were any."""
        return person_id in self.people and (self.outcomes or not _is_outcome(part))


def _is_outcome(source_id: str) -> bool:
    return source_id.startswith(OF_OUTCOMES)


def _keep_results(
    session: Session,
    ids: dict[str, int],
    results: Sequence[WorkResult],
    told: _Told,
    now: datetime,
) -> list[CourseworkResult]:
    """Keep what is new of results; what somebody no longer has of whom all was told is missing from now on."""
    before = newest_results(session, ids.values())
    wanted = {(ids[one.work], one.person_id or 0, one.part): _facts(one) for one in results}
    for key, row in before.items():
        if told.covers(key[1], key[2]) and key not in wanted and row.state != "missing":
            wanted[key] = _facts(WorkResult("", key[1], "missing", key[2]))
    new = [
        CourseworkResult(
            coursework_id=key[0],
            person_id=key[1],
            part=key[2],
            number=before[key].number + 1 if key in before else 1,
            read_at=now,
            **facts,
        )
        for key, facts in wanted.items()
        if key not in before or any(getattr(before[key], name) != value for name, value in facts.items())
    ]
    session.add_all(new)
    session.flush()
    return new


def _facts(result: WorkResult) -> dict[str, Any]:
    return {
        "state": result.state,
        "score": _number(result.score),
        "grade": result.grade[:60],
        "level": result.level,
        "submitted_at": result.submitted_at,
        "graded_at": result.graded_at,
        "is_late": result.is_late,
    }
