"""What reading and writing a roster of 1,000 costs, beside the least that fetches and stores the same.

``python -m tests.benchmarks.roster`` alone takes a minute.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from lti_plp.launch.claims import SCOPE_MEMBERSHIP
from lti_plp.launch.models import Registration, ServiceToken
from lti_plp.launch.services.nrps import MEMBERSHIPS, PAGE_SIZE
from lti_plp.lms.gateway import Member
from lti_plp.lms.models import Course
from lti_plp.lms.roster import RosterChange, apply_roster
from lti_plp.plp.actor import Role
from tests.benchmarks.canvas_school import AWAY_MS, Reader, large_course, reader_of, stand_in
from tests.benchmarks.databases import fresh_databases, migrated, raw_writing
from tests.factories import NOON, School, make_school
from tests.sandbox.installed import FakeTool, Lms

MEMBERS = 1000
Figures = dict[str, float]


def roster(rounds: int) -> dict[str, Figures]:
    """What was done -> figures."""
    found = {"fetching": _fetching(rounds)}
    with fresh_databases() as databases:
        for name, (url,) in databases.items():
            with _schools(url) as schools:
                # Drivers and servers prepare a statement for good when it has come some times.
                turns = [_write(schools) for _ in range(2 * rounds + 2)][2:]
            found[name] = _medians(turns)
    return found


def _medians(turns: list[Figures]) -> Figures:
    return {key: statistics.median(one[key] for one in turns) for key in turns[0]}


# ---- Fetching


def _fetching(rounds: int) -> Figures:
    """All pages, one after the other, since each names the next: of plain requests and of ours, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        tool = FakeTool()
        with stand_in(Path(folder) / "lms", tool) as canvas:
            course = large_course(canvas, assignments=1, students=MEMBERS)
            url = f"sqlite:///{Path(folder) / 'tool.sqlite3'}"
            with reader_of(course, url, knows_people=False) as reader:
                token = _share_token(reader, Lms(canvas.url, tool))
                with reader.toolbox.sessions() as session:
                    row = session.get_one(Course, reader.school.course_id)
                    gateway = reader.gateway_for(session, row.deployment_id)
                first = f"{row.memberships_url}?limit={PAGE_SIZE}&rlid={row.lti_context_id}"
                floor = partial(_floor, first, token)
                ours = partial(gateway.read_roster, row.memberships_url, row.lti_context_id)
                turns = [
                    {"floor": _seconds(floor), "ours": _seconds(lambda: len(ours()))} for _ in range(rounds)
                ]
        tool.server.shutdown()
        tool.server.server_close()
    return _medians(turns)


def _share_token(reader: Reader, lms: Lms) -> str:
    """Let both read with the same token: it is asked for once an hour."""
    token = lms.token(SCOPE_MEMBERSHIP)["Authorization"]
    box = reader.toolbox
    with box.sessions.begin() as session:
        made = ServiceToken(
            registration_id=session.query(Registration.id).scalar(),
            scopes=SCOPE_MEMBERSHIP,
            granted=SCOPE_MEMBERSHIP,
            token=box.secrets.seal(token.removeprefix("Bearer ")),
            expires_at=box.clock() + timedelta(days=1),
        )
        session.add(made)
    return token


def _floor(first: str, token: str) -> int:
    members, following = 0, first
    with requests.Session() as http:
        http.headers.update({"Authorization": token, "Accept": MEMBERSHIPS})
        while following:
            answer = http.get(following, timeout=10)
            answer.raise_for_status()
            members += len(answer.json()["members"])
            following = answer.links.get("next", {}).get("url", "")
    return members


def _seconds(read: Callable[[], int]) -> float:
    began = time.perf_counter()
    assert read() == MEMBERS + 1, "and their teacher"
    return time.perf_counter() - began


# ---- Writing


@dataclass
class Schools:
    """Each time a school of its own: everybody is new there."""

    engine: Engine
    numbers: Iterator[int]

    def one_more(self) -> School:
        """Make a school with an empty course."""
        with Session(self.engine) as session, session.begin():
            number = next(self.numbers)
            return make_school(session, f"School {number}", f"https://lms{number}.maplehollow.example")


@contextmanager
def _schools(url: str) -> Iterator[Schools]:
    with migrated(url) as engine:
        yield Schools(engine, count(1))


def _members() -> list[Member]:
    return [
        Member(
            subject=f"subject-{number}",
            roles=frozenset({Role.LEARNER}),
            name=f"Student Number{number}",
            given_name="Student",
            family_name=f"Number{number}",
            student_number=f"S{number}",
            lms_id=str(number),
        )
        for number in range(MEMBERS)
    ]


def _write(schools: Schools) -> Figures:
    members = _members()
    floor = _raw(schools, schools.one_more(), members)
    school = schools.one_more()
    new = _apply(schools, school, members, expect=RosterChange(MEMBERS, MEMBERS, 0, 0))
    same = _apply(schools, school, members, expect=RosterChange())
    return {
        "floor": floor,
        "new": new,
        "same": same,
        # Of one turn, so that both share the machine's moods.
        "new x floor": new / floor,
        "same x floor": same / floor,
    }


def _apply(schools: Schools, school: School, members: list[Member], *, expect: RosterChange) -> float:
    with Session(schools.engine) as session:
        course = session.get_one(Course, school.course_id)
    began = time.perf_counter()
    with Session(schools.engine) as session, session.begin():
        change = apply_roster(session.connection(), course, school.issuer, members, NOON)
    took = time.perf_counter() - began
    assert change == expect, change
    return took


_ROWS = {
    "person": (
        "id",
        "tenant_id",
        "name",
        "given_name",
        "family_name",
        "student_number",
        "is_test",
        "created_at",
    ),
    "identity": ("tenant_id", "person_id", "issuer", "subject", "lms_id", "created_at"),
    "enrolment": ("course_id", "person_id", "roles", "mentor_of", "status"),
}
_KEYS = {"identity": "tenant_id, issuer, subject", "enrolment": "course_id, person_id"}


def _raw(schools: Schools, school: School, members: list[Member]) -> float:
    """The least: the rows of all three tables as the driver wants them, in one transaction."""
    is_lite = schools.engine.dialect.name == "sqlite"
    now: Any = NOON.strftime("%Y-%m-%d %H:%M:%S.%f") if is_lite else NOON
    keys = (
        "SELECT (SELECT coalesce(max(id), 0) FROM person) + value FROM json_each(?)"
        if is_lite
        else "SELECT nextval(pg_get_serial_sequence('person', 'id')) FROM json_array_elements(%s::json)"
    )
    with raw_writing(schools.engine) as writing:
        writing.cursor.execute(keys, (str([*range(1, len(members) + 1)]),))
        ids = [row[0] for row in writing.cursor.fetchall()]
        tenant, course, issuer = school.tenant_id, school.course_id, school.issuer
        pairs = list(zip(ids, members, strict=True))
        values = {
            "person": [
                (key, tenant, one.name, one.given_name, one.family_name, one.student_number, False, now)
                for key, one in pairs
            ],
            "identity": [(tenant, key, issuer, one.subject, one.lms_id, now) for key, one in pairs],
            "enrolment": [(course, key, "learner", "[]", "active") for key in ids],
        }
        for name, columns in _ROWS.items():
            writing.put(name, columns, values[name], _KEYS.get(name, ""), columns)
    return writing.seconds


def lines(figures: dict[str, Figures]) -> list[str]:
    """The figures as Markdown."""
    fetched = figures["fetching"]
    text = [
        "",
        f"| roster of {MEMBERS:,} | floor, ms | ours, ms | x floor | target |",
        "| --- | --- | --- | --- | --- |",
        f"| fetched, {AWAY_MS} ms away | {fetched['floor'] * 1000:.0f} | {fetched['ours'] * 1000:.0f}"
        f" | {fetched['ours'] / fetched['floor']:.2f} | <= 1.2 |",
    ]
    for database in ("SQLite", "PostgreSQL"):
        one = figures[database]
        for what, target in (("new", "<= 3"), ("same", "-")):
            text.append(
                f"| written, {'all new' if what == 'new' else 'the same again'}, {database}"
                f" | {one['floor'] * 1000:.0f} | {one[what] * 1000:.0f} | {one[f'{what} x floor']:.2f} | {target} |"
            )
    return text


if __name__ == "__main__":
    print("\n".join(lines(roster(5))))
