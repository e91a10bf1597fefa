"""Two windows, twenty saves, a double click: real requests in parallel over HTTP, on both databases."""

import secrets
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import func, select

from lti_plp.plp.history import verify
from lti_plp.plp.models import Goal, Plan, PlanChange, ProfileEntry
from lti_plp.settings import Settings
from tests.views.conftest import School
from tests.views.plans import Planner, plan_of

Send = Callable[..., requests.Response]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def tool_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    url = (
        f"sqlite:///{tmp_path / 'tool.sqlite3'}"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    return Settings(secret_key=secrets.token_urlsafe(32), database_url=url, allow_private_networks=True)


@pytest.fixture
def maya(app: Flask, school: School) -> Planner:
    return plan_of(app, school)


@pytest.fixture
def send(maya: Planner, address: str) -> Send:
    """Send something as the student's own page does."""
    headers = {
        "Cookie": f"__Host-lti_plp={maya.visitor.secret}",
        "X-CSRF-Token": maya.visitor.token(),
        "Accept": "application/json",
    }

    def sent(method: str, path: str, **body: Any) -> requests.Response:
        url = address + maya.visitor.address(path)
        return requests.request(method, url, headers=headers, timeout=60, allow_redirects=False, **body)

    return sent


def goal(maya: Planner) -> int:
    with maya.editor() as editor:
        return int(editor.add("goal", {"statement": "Run 5 km"}).id)


def check(maya: Planner) -> None:
    """The plan's record holds together."""
    with maya.reading() as (session, plan):
        assert verify(session, plan.id) == []
        numbers = session.scalars(select(PlanChange.number).order_by(PlanChange.number)).all()
        assert list(numbers) == list(range(1, plan.changes + 1))


def test_one_field_from_twenty_windows(maya: Planner, send: Send) -> None:
    path = f"plan/items/goal/{goal(maya)}"
    texts = [f"{number} is my reason" for number in range(20)]

    def save(text: str) -> int:
        return send("PUT", path, json={"base_version": 1, "fields": {"why": text}}).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(save, texts))
    assert answers == {200: 1, 409: 19}
    check(maya)
    with maya.reading() as (session, _):
        rows = session.scalars(select(PlanChange.fields).where(PlanChange.item_kind == "goal"))
        written = {pair[1] for fields in rows for name, pair in fields.items() if name == "why"}
        assert set(texts) <= written
        assert session.scalars(select(Goal.why)).one() in texts


def test_different_fields_of_one_goal(maya: Planner, send: Send) -> None:
    path = f"plan/items/goal/{goal(maya)}"
    fields = {"why": "Health", "measure": "My watch", "challenge": "Hills", "commitment": "Twice a week"}

    def save(field: tuple[str, str]) -> int:
        return send("PUT", path, json={"base_version": 1, "fields": dict([field])}).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(save, fields.items())) == {200}
    check(maya)
    with maya.reading() as (session, _):
        stands = session.scalars(select(Goal)).one()
        assert {name: getattr(stands, name) for name in fields} == fields


def test_the_first_words_from_two_windows(maya: Planner, send: Send) -> None:
    def begin(text: str) -> int:
        return send("POST", "plan/items/entry/add", data={"kind": "interest", "text": text}).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(begin, ["Maps", "Bread", "Chess", "Frogs"])) == {303}
    check(maya)
    with maya.reading() as (session, _):
        assert session.scalar(select(func.count()).select_from(Plan)) == 1
        assert set(session.scalars(select(ProfileEntry.text))) == {"Maps", "Bread", "Chess", "Frogs"}


def test_removing_while_another_window_writes(maya: Planner, send: Send) -> None:
    number = goal(maya)

    def act(turn: int) -> int:
        if turn == 3:
            return send("POST", f"plan/items/goal/{number}/remove").status_code
        body = {"base_version": 1, "fields": {"why": f"Words {turn}"}}
        return send("PUT", f"plan/items/goal/{number}", json=body).status_code

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(act, range(6)))
    assert set(answers) <= {200, 303, 409}
    check(maya)
    with maya.reading() as (session, _):
        rows = session.scalars(select(PlanChange.fields).where(PlanChange.item_kind == "goal"))
        written = {str(pair[1]) for fields in rows for pair in fields.values()}
        assert {f"Words {turn}" for turn in range(6) if turn != 3} <= written
