"""Taking what an LMS says of a course's work: one whole answer at a time, all of it or nothing.

The same answer again changes nothing. What changed is a new row, so that all that was made of the old one can still
show it. Two answers of one course are taken one after the other, and one that was asked for before the newest that was
taken is left aside: it is old news.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Table, insert, select, tuple_
from sqlalchemy.orm import Session

from lti_plp.database import table
from lti_plp.errors import BadInput
from lti_plp.lms.applying import apply_results, followed_works
from lti_plp.lms.coursework_models import GRADINGS, RESULT_STATES, Coursework, CourseworkResult
from lti_plp.lms.models import Course, Enrolment
from lti_plp.lms.outcome_rules import follow_outcomes
from lti_plp.lms.work import OF_OUTCOMES, Part, PartLevel, Work, WorkResult
from lti_plp.plp.actor import learns
from lti_plp.plp.growth.ratings import lock_levels_of
from lti_plp.prepared import Prepared

_PLACES = Decimal("0.0001")
_MOST = Decimal(10) ** 8
AT_ONCE = 2000
"""Results that are looked at together."""
MOST_WORKS = MOST_PAIRS = 500
"""Ids of one statement."""
Key = tuple[int, int, str]
"""Coursework, person, part: of what a result is."""

_RESULTS = table(CourseworkResult)
_Facts = tuple[Any, ...]
"""State, score, grade, level, when it was sent, when graded, whether late, what was handed in."""
_MISSING: _Facts = ("missing", None, "", "", None, None, False, "")
_COLUMNS = (
    *("coursework_id", "person_id", "part", "number"),
    *("state", "score", "grade", "level", "submitted_at", "graded_at", "is_late", "handed_in"),
)
# SQLAlchemy's own way takes three times as long as the database for thousands of rows.
_KEEP = Prepared(insert(_RESULTS).inline())


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
    results: Iterable[WorkResult] | Mapping[str, Sequence[WorkResult]],
    source: str,
    now: datetime,
    only: Collection[str] | None = None,
    *,
    is_whole: bool = True,
    tells_outcomes: bool = True,
    seen: Collection[int] | None = None,
) -> Taken:
    """Take one whole answer of an LMS, and let levels and action steps follow.

    ``works`` and ``results`` are all that ``source`` has of the course: what is no longer among them is gone. ``now``
    is when the LMS was asked, not when the answer had come. With ``only``, the answer is about these works alone. Of an
    answer that is not whole, ``results`` are those that changed; all others stand. Where it tells of somebody's whole
    work, it tells of all parts, too; one that is not graded any more has no graded part. What is known by results of
    outcomes alone stands, unless the answer is whole and tells them: whoever read it may not have seen all of them; and
    so does what is known of people who are not among ``seen``, if that is told. Results that come by work are looked at
    a few works at a time, so that they need not be in memory all at once.

    :raise AnswerBroken: ``work_twice``, ``grading_unknown``, ``work_unknown``, ``part_unknown``, ``result_twice``,
        ``state_unknown``, ``bad_number``; the transaction must not be committed then.
    """
    by_work = results if isinstance(results, Mapping) else _by_work(results)
    _check(works, by_work)
    lock_coursework(session, course.id)
    with session.begin_nested():
        there = _there(session, course.id, source, only)
        if any(one.read_at > now for one in there.values()):
            return Taken(is_old=True)
        if not (is_whole and tells_outcomes):
            works = [_with_outcomes(one, there.get(one.source_id)) for one in works]
        known = frozenset(there)
        changed_works = [one for one in works if _keep_work(session, course.id, there, one, source, now)]
        said = {one.source_id for one in works}
        if not (is_whole and tells_outcomes):
            said |= {one for one in there if _is_outcome(one)}
        gone = _let_go(there, said, now)
        session.flush()
        ids = {one.source_id: there[one.source_id].id for one in works}
        learners = _learners(session, course.id)
        taking = _Taking(
            session,
            learners,
            learners if seen is None else learners & frozenset(seen),
            now,
            is_whole=is_whole,
            tells_outcomes=tells_outcomes,
        )
        for some in _portions(works, by_work, is_whole=is_whole):
            taking.take([(ids[work.source_id], work, told) for work, told in some])
        # Where it became another task, or is about something else, the same results may be another level.
        asked_anew = {ids[one.source_id] for one in changed_works if one.source_id in known}
        rows = [there[one.source_id] for one in works]
        asked_anew |= follow_outcomes(session, course.tenant_id, rows, now, taking.people | taking.learners)
        apply_results(session, course.tenant_id, taking.to_follow(asked_anew), now)
    return Taken(len(changed_works), gone, taking.kept, taking.unknown)


def lock_coursework(session: Session, course_id: int) -> None:
    """Let answers and rules of a course come one after the other: the second sees all that the first one wrote."""
    session.execute(select(Course.id).where(Course.id == course_id).with_for_update(key_share=True))


def _by_work(results: Iterable[WorkResult]) -> dict[str, list[WorkResult]]:
    found: dict[str, list[WorkResult]] = {}
    for one in results:
        found.setdefault(one.work, []).append(one)
    return found


def _check(works: Sequence[Work], results: Collection[str]) -> None:
    ids = {one.source_id for one in works}
    if len(ids) < len(works):
        raise AnswerBroken("work_twice")
    for work in works:
        if work.grading not in GRADINGS:
            raise AnswerBroken("grading_unknown")
        for number in (work.points, *(one.points for one in work.parts)):
            _check_number(number)
    if any(work not in ids for work in results):
        raise AnswerBroken("work_unknown")


def _check_results(work: Work, results: Sequence[WorkResult]) -> None:
    parts = {"", *(part.id for part in work.parts)}
    for one in results:
        if one.part not in parts:
            raise AnswerBroken("part_unknown")
        if one.state not in RESULT_STATES:
            raise AnswerBroken("state_unknown")
        _check_number(one.score)
    told = [(one.person_id, one.part) for one in results if one.person_id is not None]
    if len(set(told)) < len(told):
        raise AnswerBroken("result_twice")


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
    """Return a work with the outcomes that were known of it before, but for those that are told of it anew."""
    told = {one.id for one in work.parts} | {one.outcome for one in work.parts}
    kept = [
        _read_part(one)
        for one in (there.parts if there else ())
        if _is_outcome(one["id"]) and not told & {one["id"], one["outcome"]}
    ]
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


def newest_results(
    session: Session, work_ids: Collection[int], since: datetime | None = None
) -> dict[Key, CourseworkResult]:
    """Return what an LMS says now of pieces of coursework; with ``since``, what it said then or later."""
    wanted = select(CourseworkResult).where(
        CourseworkResult.coursework_id.in_(work_ids), _is_newest(table(CourseworkResult))
    )
    if since is not None:
        wanted = wanted.where(CourseworkResult.read_at >= since)
    return {(row.coursework_id, row.person_id, row.part): row for row in session.scalars(wanted)}


def _is_outcome(source_id: str) -> bool:
    return source_id.startswith(OF_OUTCOMES)


def _is_newest(results: Table) -> ColumnElement[bool]:
    later = results.alias()
    return ~(
        select(later.c.id)
        .where(
            later.c.coursework_id == results.c.coursework_id,
            later.c.person_id == results.c.person_id,
            later.c.part == results.c.part,
            later.c.number > results.c.number,
        )
        .exists()
    )


def _portions(
    works: Sequence[Work], results: Mapping[str, Sequence[WorkResult]], *, is_whole: bool
) -> Iterator[list[tuple[Work, Sequence[WorkResult]]]]:
    """Yield works with their results, some thousand results at a time."""
    some: list[tuple[Work, Sequence[WorkResult]]] = []
    count = 0
    for work in works:
        told = results.get(work.source_id, ())
        if told or is_whole:
            some.append((work, told))
            count += len(told)
        if count >= AT_ONCE or len(some) >= MOST_WORKS:
            yield some
            some, count = [], 0
    if some:
        yield some


@dataclass
class _Taking:
    """Results of an answer, portion by portion; what is new of them is kept."""

    session: Session
    learners: frozenset[int]
    seen: frozenset[int]
    """Those of them of whom a whole answer would have told everything."""
    now: datetime
    is_whole: bool = field(kw_only=True)
    tells_outcomes: bool = field(kw_only=True)
    kept: int = 0
    unknown: int = 0
    people: set[int] = field(default_factory=set)
    """Of whom anything new was told, and of which works."""
    works: set[int] = field(default_factory=set)
    of_files: set[Key] = field(default_factory=set)
    """Results that are the same but for what was handed in: no rule and no step follows that."""

    def take(self, portion: Sequence[tuple[int, Work, Sequence[WorkResult]]]) -> None:
        """Keep what is new; what somebody no longer has of whom all was told is missing from now on."""
        told = self._told(portion)
        before = self._before([work_id for work_id, _, _ in portion], told)
        states = {} if self.is_whole else {key[:2]: facts[0] for key, facts in told.items() if not key[2]}
        for key, (_, facts) in before.items():
            if key not in told and facts[0] != "missing" and self._tells(key, states):
                told[key] = _MISSING
        new = [
            (*key, before[key][0] + 1 if key in before else 1, *facts)
            for key, facts in told.items()
            # Of what never was, nothing is missing.
            if (before[key][1] if key in before else _MISSING) != facts
        ]
        _KEEP.run_many(self.session.connection(), _COLUMNS, new, {"read_at": self.now})
        self.kept += len(new)
        self._note(new, before)

    def _told(self, portion: Sequence[tuple[int, Work, Sequence[WorkResult]]]) -> dict[Key, _Facts]:
        """Return what is told of learners, and count what is told of anybody else."""
        told: dict[Key, _Facts] = {}
        for work_id, work, results in portion:
            _check_results(work, results)
            for one in results:
                if one.person_id in self.learners:
                    told[work_id, one.person_id, one.part] = _facts(one)
                elif one.state != "missing":
                    self.unknown += 1
        return told

    def _note(self, new: Sequence[tuple[Any, ...]], before: Mapping[Key, tuple[int, _Facts]]) -> None:
        """Note of what is new who and what is to be followed."""
        for row in new:
            key = row[:3]
            if key in before and before[key][1][:-1] == row[4:-1]:
                self.of_files.add(key)
            else:
                self.works.add(row[0])
                self.people.add(row[1])

    def _tells(self, key: Key, states: Mapping[tuple[int, int], str]) -> bool:
        """Say whether the answer would have told such a result, if there were one; ``states`` of told whole works."""
        is_outcome = _is_outcome(key[2])
        if self.is_whole:
            return key[1] in self.seen and (self.tells_outcomes or not is_outcome)
        state = states.get(key[:2])
        return state is not None and (not is_outcome or (self.tells_outcomes and state != "graded"))

    def _before(self, work_ids: Collection[int], told: Collection[Key]) -> dict[Key, tuple[int, _Facts]]:
        """Return (number, facts) of what the LMS said last: of all that is told, or of everything when all was."""
        wanted = select(*(_RESULTS.c[name] for name in _COLUMNS)).where(
            _RESULTS.c.coursework_id.in_(work_ids), _is_newest(_RESULTS)
        )
        pairs = {key[:2] for key in told}
        if not self.is_whole and len(pairs) <= MOST_PAIRS:
            wanted = wanted.where(tuple_(_RESULTS.c.coursework_id, _RESULTS.c.person_id).in_(pairs))
        rows = self.session.execute(wanted)
        return {(row[0], row[1], row[2]): (row[3], tuple(row[4:])) for row in rows}

    def to_follow(self, asked_anew: Collection[int]) -> list[CourseworkResult]:
        """Return what rules and steps have to follow: what is new, and all of work that became another task.

        Nobody ties a step to anything of these people in between.
        """
        anew = select(_RESULTS.c.person_id).distinct().where(_RESULTS.c.coursework_id.in_(asked_anew))
        had = set(self.session.scalars(anew)) if asked_anew else set()
        lock_levels_of(self.session, self.people | had)
        works = followed_works(self.session, self.works | set(asked_anew))
        if not works:
            return []
        found = newest_results(self.session, works & self.works, since=self.now)
        found = {key: result for key, result in found.items() if key not in self.of_files}
        found |= newest_results(self.session, works & set(asked_anew))
        return list(found.values())


def _facts(result: WorkResult) -> _Facts:
    return (
        result.state,
        _number(result.score),
        result.grade[:60],
        result.level,
        result.submitted_at,
        result.graded_at,
        result.is_late,
        result.handed_in,
    )
