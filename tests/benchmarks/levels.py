"""What it costs to make the levels of a whole school anew, and after one new rating; on both databases."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Engine, create_engine, insert
from sqlalchemy.orm import Session

from lti_plp.database import prepare_engine, table
from lti_plp.lms.models import Person
from lti_plp.migration import upgrade
from lti_plp.plp.growth.drafts import FrameworkDraft, ItemDraft
from lti_plp.plp.growth.frameworks import publish, read_tree
from lti_plp.plp.growth.kept_levels import recalculate, refresh
from lti_plp.plp.growth.scales import make_scale
from lti_plp.plp.models import Framework, Rating
from tests.benchmarks.databases import fresh_databases
from tests.factories import NOON, counted, make_school

STUDENTS, PROFICIENCIES, RATINGS = 1000, 40, 30
AT_ONCE = 10_000
GOAL = 100_000
"""Levels in a minute."""


def levels(students: int = STUDENTS) -> dict[str, dict[str, float]]:
    """Database -> figures."""
    found: dict[str, dict[str, float]] = {}
    with fresh_databases() as databases:
        for name, (url,) in databases.items():
            with _school(url, students) as (engine, framework_id):
                found[name] = _measure(engine, framework_id)
    return found


def _measure(engine: Engine, framework_id: int) -> dict[str, float]:
    with Session(engine) as session:
        framework = session.get_one(Framework, framework_id)
        began, cpu = time.perf_counter(), time.process_time()
        made = recalculate(session, framework)
        session.commit()
        took, worked = time.perf_counter() - began, time.process_time() - cpu
        tree = read_tree(session, framework)
        person_id = session.query(Rating.person_id).limit(1).scalar()
        one = tree.rated[0].id
        refresh(session, tree, person_id, one)
        with counted(engine) as statements:
            began = time.perf_counter()
            refresh(session, tree, person_id, one)
            again = time.perf_counter() - began
    return {
        "levels": made,
        "seconds": took,
        "CPU seconds": worked,
        "levels per minute": made / took * 60,
        "one rating, ms": again * 1000,
        "one rating, statements": len(statements),
    }


@contextmanager
def _school(url: str, students: int) -> Iterator[tuple[Engine, int]]:
    engine = create_engine(url)
    prepare_engine(engine)
    upgrade(engine)
    with Session(engine) as session:
        school = make_school(session)
        scale = make_scale(
            "Four", [{"code": str(n), "label": str(n), "value": n, "meets": n == 3} for n in range(1, 5)]
        )
        items = tuple(
            ItemDraft(f"p{n}", f"Can do {n}", "indicator", scale=scale) for n in range(PROFICIENCIES)
        )
        framework = publish(
            session, None, school.tenant_id, FrameworkDraft("bench", "Bench", items, "csv"), 0, NOON
        )
        tree = read_tree(session, framework)
        teacher = school.teacher().person_id
        people = [
            {"tenant_id": school.tenant_id, "name": f"Student {n}", "created_at": NOON}
            for n in range(students)
        ]
        ids = list(session.scalars(insert(table(Person)).returning(table(Person).c.id), people))
        rows = _ratings(school.tenant_id, ids, [(one.id, one.version_id) for one in tree.items], teacher)
        while portion := list(islice(rows, AT_ONCE)):
            session.execute(insert(table(Rating)), portion)
        session.commit()
        framework_id = framework.id
    with engine.begin() as connection:
        # A server that runs for a day has done so by itself.
        connection.exec_driver_sql("ANALYZE")
    yield engine, framework_id
    engine.dispose()


def _ratings(
    tenant_id: int, people: list[int], proficiencies: list[tuple[int, int]], teacher: int
) -> Iterator[dict[str, Any]]:
    """Ratings in the order of time, as they come in a school year: of one student they lie far apart."""
    for number in range(RATINGS):
        at = NOON + timedelta(days=number)
        for person_id in people:
            for proficiency_id, version_id in proficiencies:
                yield {
                    "tenant_id": tenant_id,
                    "person_id": person_id,
                    "proficiency_id": proficiency_id,
                    "version_id": version_id,
                    "value": None if number % 7 == 3 else 1 + (person_id + proficiency_id + number) % 4,
                    "role": "self" if number % 10 == 5 else "teacher",
                    "rater_id": person_id if number % 10 == 5 else teacher,
                    "occurred_at": at,
                    "created_at": at,
                }


def lines(figures: dict[str, dict[str, float]]) -> list[str]:
    """The figures as Markdown."""
    text = [
        "",
        f"| levels of a school, each of {RATINGS} ratings | levels | s | CPU s | levels per minute | goal"
        " | after one rating, ms | statements |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for database, one in figures.items():
        text.append(
            f"| {database} | {one['levels']:.0f} | {one['seconds']:.1f} | {one['CPU seconds']:.1f}"
            f" | {one['levels per minute']:,.0f} | >= {GOAL:,} | {one['one rating, ms']:.1f}"
            f" | {one['one rating, statements']:.0f} |"
        )
    return text


if __name__ == "__main__":
    print("\n".join(lines(levels())))
