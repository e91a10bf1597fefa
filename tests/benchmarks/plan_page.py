"""What pages of a plan cost beside the least that shows the same rows: raw rows and joined strings."""

import secrets
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session
from werkzeug.test import run_wsgi_app

from lti_plp.app import create_app
from lti_plp.clock import utc_now
from lti_plp.database import table
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.models import Person
from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.kinds import load_kinds
from lti_plp.plp.models import Evidence, EvidenceLink, Plan
from lti_plp.plp.plans import PlanEditor, open_plan
from lti_plp.settings import Settings
from lti_plp.views.database import db
from lti_plp.views.security import BROWSER_COOKIE
from tests.benchmarks.databases import fresh_databases
from tests.benchmarks.launching import CLAIM, Signer, Target
from tests.benchmarks.servers import platform_process, prepare
from tests.factories import counted

PAGES = {"first page": "plan", "evidence": "plan/evidence", "on paper": "plan/print"}
ITEMS = 200
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
ROLES = {"teacher": f"{MEMBERSHIP}#Instructor", "administrator": f"{MEMBERSHIP}#Administrator"}
WARM_UP = 12
"""Drivers and servers prepare a statement for good when it has come some ten times."""


@dataclass
class Visit:
    """A student's web session at the tool, in this process."""

    app: Flask
    engine: Engine
    client: FlaskClient
    home: str
    person_id: int

    def get(self, page: str) -> bytes:
        """One page of the plan."""
        return self.request(page)()

    def request(self, page: str) -> Callable[[], bytes]:
        """A request of a page as a web server hands it over, to be made many times."""
        answer = self.client.get(f"{self.home}/{page}")
        assert answer.status_code == 200, answer.get_data(as_text=True)
        made = answer.request.environ
        environ = {name: value for name, value in made.items() if not name.startswith("werkzeug.")}

        def run() -> bytes:
            body, status, _ = run_wsgi_app(self.app, dict(environ))
            assert status.startswith("200 "), status
            return b"".join(body)

        return run


def plan_pages(rounds: int) -> dict[str, dict[str, dict[str, float]]]:
    """Database -> page -> figures."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    with fresh_databases(3) as databases:
        for name, urls in databases.items():
            found[name] = _measure(urls, rounds)
    return found


def _measure(urls: list[str], rounds: int) -> dict[str, dict[str, float]]:
    figures: dict[str, dict[str, float]] = {page: {} for page in PAGES}
    with _visit(urls[0], 10) as few, _visit(urls[1], ITEMS) as some, _visit(urls[2], 1000) as many:
        for page, path in PAGES.items():
            ours, floor = _times(rounds, some.request(path), partial(raw_page, some, ITEMS))
            small, large = _times(rounds, few.request(path), many.request(path))
            of_few, of_many = few.request(path), many.request(path)
            with counted(few.engine) as at_ten:
                of_few()
            with counted(many.engine) as at_thousand:
                of_many()
            more = max(1, _shown(many, path) - _shown(few, path))
            figures[page] = {
                "ms": ours * 1000,
                "floor_ms": floor * 1000,
                "ratio": ours / floor,
                "kilobytes": len(some.get(path)) / 1000,
                "statements_10": len(at_ten),
                "statements_1000": len(at_thousand),
                "growth": large / small,
                "us_per_item": (large - small) * 1e6 / more,
            }
    return figures


def _shown(visit: Visit, path: str) -> int:
    """How many pieces of evidence the page shows."""
    return visit.get(path).count(b"Piece of evidence number")


def _times(rounds: int, one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """Median seconds of two things that take turns, once both are warm."""
    for _ in range(WARM_UP):
        one()
        other()
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for call, taken in zip((one, other), seconds, strict=True):
            began = time.perf_counter()
            call()
            taken.append(time.perf_counter() - began)
    return statistics.median(seconds[0]), statistics.median(seconds[1])


def raw_page(visit: Visit, shown: int) -> str:
    """The least: rows from the driver, joined as strings; the same rows that the page shows."""
    connection = visit.engine.raw_connection()
    try:
        cursor = connection.cursor()
        plan_id = _rows(cursor, f"SELECT id FROM plan WHERE person_id = {visit.person_id}")[0][0]
        parts = ["<!doctype html><title>Plan</title>"]
        for sql in (
            f"SELECT kind, text FROM profile_entry WHERE plan_id = {plan_id} AND removed_at IS NULL",
            f"SELECT statement, why, state FROM goal WHERE plan_id = {plan_id} AND removed_at IS NULL",
            f"SELECT text, state FROM action_step WHERE plan_id = {plan_id} AND removed_at IS NULL",
            f"SELECT title, text, reason, captured_on FROM evidence WHERE plan_id = {plan_id}"
            f" AND removed_at IS NULL ORDER BY captured_on DESC, id DESC LIMIT {max(shown, 1)}",
        ):
            parts += [
                f'<li class="card"><p>{"</p><p>".join(escape(str(value)) for value in row)}</p></li>'
                for row in _rows(cursor, sql)
            ]
        cursor.close()
        return "".join(parts)
    finally:
        # A ROLLBACK would take from the driver what it had the server prepare, here and for the page.
        connection.commit()
        connection.close()


def _rows(cursor: Any, sql: str) -> list[Any]:
    cursor.execute(sql)
    found: list[Any] = cursor.fetchall()
    return found


@contextmanager
def _visit(
    url: str, items: int, role: str = "student", fill: Callable[[Toolbox, int], int] | None = None
) -> Iterator[Visit]:
    settings = Settings(secret_key=secrets.token_urlsafe(32), database_url=url, log_level="WARNING")
    signer = Signer()
    with platform_process() as platform:
        platform.control(jwks=signer.jwks())
        template_id = prepare(settings, platform.url)
        app = create_app(settings)
        with app.app_context():
            engine = db.engine
        client = app.test_client()
        client.set_cookie(BROWSER_COOKIE, secrets.token_urlsafe(24), secure=True, path="/")
        target = Target("lti_plp", 8000, platform.url, signer, template_id)
        home = _launch(client, target, signer, role)
        person_id = (fill or _fill)(app.extensions["lti_plp"], items)
        with engine.begin() as connection:
            # A server that runs for a day has done so by itself; without it PostgreSQL guesses how it should look.
            connection.exec_driver_sql("ANALYZE")
        yield Visit(app, engine, client, home, person_id)
        engine.dispose()


def _launch(client: FlaskClient, target: Target, signer: Signer, role: str) -> str:
    """The beginning of the addresses of the session that a launch opens."""

    answer = client.post("/lti/login", data=target._login())
    query = parse_qs(urlsplit(answer.location).query)
    claims = target._claims(query["nonce"][0], 1)
    if role != "student":
        claims |= {"sub": f"{role}-1", CLAIM + "roles": [ROLES[role]]}
    token = signer.sign(claims)
    answer = client.post("/lti/launch", data={"id_token": token, "state": query["state"][0]})
    assert answer.status_code == 200
    return answer.headers["Content-Location"].rpartition("/")[0]


def _fill(box: Toolbox, items: int) -> int:
    """A plan with ten entries, five goals, twenty steps, and so many pieces of evidence."""
    now = utc_now()
    with box.sessions() as session, session.begin():
        person = session.scalars(select(Person).order_by(Person.id.desc()).limit(1)).one()
        actor = Actor(person.id, person.tenant_id, None, frozenset({Role.LEARNER}))
        plan = open_plan(session, actor, now)
        editor = PlanEditor(session, plan, actor, load_kinds(box.settings.config_folder).of, now)
        for number in range(10):
            editor.add("entry", {"kind": "interest", "text": f"Something about me, number {number}"})
        goals = [editor.add("goal", {"statement": f"Goal {n}", "state": "active"}).id for n in range(5)]
        for number in range(20):
            due = (now.date() + timedelta(days=number)).isoformat()
            step = {"text": f"Step {number}", "due_on": due, "goal_ids": [goals[number % 5]]}
            editor.add("step", step)
        _add_evidence(session, plan, goals, items)
        return person.id


def _add_evidence(session: Session, plan: Plan, goals: list[int], items: int) -> None:
    now = utc_now()
    rows = [
        {
            "plan_id": plan.id,
            "version": 1,
            "audience": "team",
            "created_at": now,
            "changed_at": now,
            "medium": "text",
            "title": f"Piece of evidence number {number}",
            "url": "",
            "text": "What I did and how it went, in two or three sentences that somebody really wrote.",
            "reason": "It shows that I tried another way when the first one failed",
            "alternative": "",
            "kind": "project",
            "captured_on": now.date() - timedelta(days=number),
            "origin": "in_school",
        }
        for number in range(items)
    ]
    session.execute(insert(table(Evidence)), rows)
    ids = session.scalars(select(Evidence.id).where(Evidence.plan_id == plan.id)).all()
    links = [{"evidence_id": one, "goal_id": goals[place % len(goals)]} for place, one in enumerate(ids)]
    session.execute(insert(table(EvidenceLink)), links)


def lines(figures: dict[str, dict[str, dict[str, float]]]) -> list[str]:
    """The figures as Markdown."""
    text = [
        "",
        f"| page of a plan with {ITEMS} pieces of evidence | ms | floor, ms | x floor | target | kB"
        " | statements at 10, 1,000 pieces | time at 1,000 : at 10 |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for database, target in (("SQLite", 15), ("PostgreSQL", 3.5)):
        for page, one in figures[database].items():
            wanted = f"<= {target:g}" if page == "first page" else "-"
            text.append(
                f"| {page}, {database} | {one['ms']:.2f} | {one['floor_ms']:.2f} | {one['ratio']:.1f} | {wanted}"
                f" | {one['kilobytes']:.0f} | {one['statements_10']:.0f}, {one['statements_1000']:.0f}"
                f" | {one['growth']:.2f} |"
            )
    return text


if __name__ == "__main__":
    print("\n".join(lines(plan_pages(20))))
