"""What it costs to take 6,000 results of an LMS, beside the least that stores the same rows; on both databases.

``python -m tests.benchmarks.canvas_writing`` alone takes half a minute.
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from lti_plp.database import table
from lti_plp.lms.coursework import take
from lti_plp.lms.coursework_models import Coursework
from lti_plp.lms.directory import role_text
from lti_plp.lms.models import Course, Enrolment
from lti_plp.lms.work import Work, WorkResult
from lti_plp.plp.actor import Role
from tests.benchmarks.databases import fresh_databases, migrated, raw_writing
from tests.factories import NOON, School, make_school

WORKS, STUDENTS = 40, 150
CHANGED = 60
"""Of 6,000."""
Figures = dict[str, float]


def writing(rounds: int) -> dict[str, Figures]:
    """Database -> figures."""
    found: dict[str, Figures] = {}
    with fresh_databases() as databases:
        for name, (url,) in databases.items():
            with _writer(url) as writer:
                # Drivers and servers prepare a statement for good when it has come some times.
                turns = [_turn(writer) for _ in range(rounds + 2)][2:]
            found[name] = {key: statistics.median(one[key] for one in turns) for key in turns[0]}
    return found


@dataclass
class Writer:
    """A school with a class, whose work is taken into a new course each time: results are never deleted."""

    engine: Engine
    school: School
    people: Sequence[int]

    def course(self) -> int:
        """Make one more course of the same class."""
        with Session(self.engine) as session, session.begin():
            first = session.get_one(Course, self.school.course_id)
            made = Course(
                tenant_id=first.tenant_id,
                deployment_id=first.deployment_id,
                lti_context_id=f"course-{time.monotonic_ns()}",
                created_at=NOON,
            )
            session.add(made)
            session.flush()
            learner = role_text(frozenset({Role.LEARNER}))
            facts = {"course_id": made.id, "roles": learner, "mentor_of": [], "status": "active"}
            session.execute(
                insert(table(Enrolment)), [{**facts, "person_id": person_id} for person_id in self.people]
            )
            return made.id


@contextmanager
def _writer(url: str) -> Iterator[Writer]:
    with migrated(url) as engine:
        with Session(engine) as session, session.begin():
            school = make_school(session)
            people = [school.student().person_id for _ in range(STUDENTS)]
        yield Writer(engine, school, people)


def _turn(writer: Writer) -> Figures:
    works = [Work(f"work-{number}", f"Task {number}", "points", Decimal(20)) for number in range(WORKS)]
    results = [
        _result(work.source_id, person_id, number * 7 + place * 3)
        for number, work in enumerate(works)
        for place, person_id in enumerate(writer.people)
    ]
    step = len(results) // CHANGED
    changed = [replace(results[place], score=Decimal("20.5")) for place in range(0, len(results), step)]
    later = [*results]
    later[::step] = changed
    floor = _raw(writer, works, results)
    course_id = writer.course()
    seconds, cpu = _take(writer, course_id, works, results, NOON, expect=len(results))
    again, _ = _take(writer, course_id, works, results, NOON + timedelta(minutes=1), expect=0)
    few, _ = _take(writer, course_id, works, later, NOON + timedelta(minutes=2), expect=CHANGED)
    return {
        "floor": floor,
        "new": seconds,
        "new cpu": cpu,
        "same": again,
        "few changed": few,
        # Of one turn, so that both share the machine's moods.
        "new x floor": seconds / floor,
        "few x floor": few / floor,
    }


def _result(work: str, person_id: int, number: int) -> WorkResult:
    graded = number % 7 != 0
    return WorkResult(
        work,
        person_id,
        "graded" if graded else "submitted",
        score=Decimal(number % 21) if graded else None,
        submitted_at=NOON - timedelta(minutes=number),
        graded_at=NOON if graded else None,
    )


def _take(
    writer: Writer,
    course_id: int,
    works: Sequence[Work],
    results: Sequence[WorkResult],
    now: datetime,
    *,
    expect: int,
) -> tuple[float, float]:
    began, cpu = time.perf_counter(), time.process_time()
    with Session(writer.engine) as session, session.begin():
        taken = take(session, session.get_one(Course, course_id), works, results, "canvas", now)
    took = time.perf_counter() - began, time.process_time() - cpu
    assert taken.results == expect, taken
    return took


_COLUMNS = (
    "coursework_id",
    "person_id",
    "part",
    "number",
    "state",
    "score",
    "grade",
    "level",
    "submitted_at",
    "graded_at",
    "is_late",
    "read_at",
)


def _raw(writer: Writer, works: Sequence[Work], results: Sequence[WorkResult]) -> float:
    """The least: values as the driver wants them, written over what is there, in one transaction."""
    course_id = writer.course()
    with Session(writer.engine) as session, session.begin():
        facts = {"course_id": course_id, "source": "canvas", "grading": "points", "url": "", "parts": []}
        session.execute(
            insert(table(Coursework)),
            [{**facts, "source_id": one.source_id, "title": one.title, "read_at": NOON} for one in works],
        )
        rows = select(Coursework.source_id, Coursework.id).where(Coursework.course_id == course_id)
        ids = {row.source_id: row.id for row in session.execute(rows)}
    is_lite = writer.engine.dialect.name == "sqlite"

    def moment(at: datetime | None) -> Any:
        return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f") if at and is_lite else at

    def number(value: Decimal | None) -> Any:
        return float(value) if value is not None and is_lite else value

    values = [
        (
            ids[one.work],
            one.person_id,
            "",
            1,
            one.state,
            number(one.score),
            "",
            "",
            moment(one.submitted_at),
            moment(one.graded_at),
            False,
            moment(NOON),
        )
        for one in results
    ]
    with raw_writing(writer.engine) as writing:
        keys = ", ".join(_COLUMNS[:4])
        writing.put("coursework_result", _COLUMNS, values, keys, _COLUMNS[4:])
    return writing.seconds


def lines(figures: dict[str, Figures]) -> list[str]:
    """The figures as Markdown."""
    text = [
        "",
        f"| taking {WORKS * STUDENTS:,} results | floor, ms | all new, ms | x floor | {CHANGED} changed, ms | x floor"
        " | target |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for database, one in figures.items():
        text.append(
            f"| {database} | {one['floor'] * 1000:.0f} | {one['new'] * 1000:.0f} | {one['new x floor']:.2f}"
            f" | {one['few changed'] * 1000:.0f} | {one['few x floor']:.2f} | <= 2.5 |"
        )
    return text


if __name__ == "__main__":
    print("\n".join(lines(writing(10))))
