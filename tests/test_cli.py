"""The ``lti-plp`` command, as an administrator types it."""

import json
import os
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from lti_plp.cli import main
from lti_plp.plp.plans import PlanEditor, open_plan
from tests.factories import make_school, minutes
from tests.fixtures_database import connect
from tests.platform_server import PlatformServer
from tests.plp.planning import vocabulary

Run = Callable[..., Result]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """What says which database it is: one of its own."""
    return {
        "LTI_PLP_SECRET_KEY": secrets.token_urlsafe(32),
        "LTI_PLP_DATABASE_URL": f"sqlite:///{tmp_path / 'tool.sqlite3'}",
    }


@pytest.fixture
def run(environ: dict[str, str]) -> Run:
    """Run a command, in this process: to begin another one takes longer than most commands."""

    def command(*words: str, **more: str) -> Result:
        return CliRunner().invoke(main, words, env={**environ, **more})

    assert command("db", "upgrade").exit_code == 0
    return command


def test_a_command_of_its_own(environ: dict[str, str]) -> None:
    def command(*words: str, **more: str) -> "subprocess.CompletedProcess[str]":
        line = [sys.executable, "-m", "lti_plp.cli", *words]
        values = {**os.environ, **environ, **more}
        return subprocess.run(line, env=values, capture_output=True, text=True, check=False)

    assert command("db", "upgrade").returncode == 0
    assert json.loads(command("platform", "list", "--json").stdout) == []
    failed = command("platform", "list", LTI_PLP_SECRET_KEY="")
    assert failed.returncode == 1
    assert "LTI_PLP_SECRET_KEY" in failed.stderr
    assert "Traceback" not in failed.stderr


@pytest.fixture
def platform() -> Iterator[PlatformServer]:
    with PlatformServer() as server:
        yield server


def add(run: Run, platform: PlatformServer, *more: str) -> Result:
    return run(
        *("platform", "add", "--kind", "moodle", "--name", "Maple Hollow", "--issuer", platform.issuer),
        *("--client-id", platform.client_id, "--auth-url", f"{platform.url}/authorize"),
        *("--token-url", f"{platform.url}/token", "--jwks-url", f"{platform.url}/jwks"),
        *more,
    )


def listed(run: Run) -> Any:
    return json.loads(run("platform", "list", "--json").stdout)


def test_registration_by_hand(run: Run, platform: PlatformServer) -> None:
    urls = json.loads(add(run, platform, "--deployment-id", "d-1").stdout)
    assert urls["login_url"] == "http://127.0.0.1:8000/lti/login"
    assert urls["jwks_url"] == "http://127.0.0.1:8000/lti/jwks"
    (row,) = listed(run)
    assert (row["kind"], row["issuer"]) == ("moodle", platform.issuer)
    assert row["deployments"] == [{"deployment_id": "d-1", "status": "active", "tenant": "Maple Hollow"}]
    again = add(run, platform)
    assert again.exit_code == 1
    assert "--replace" in again.stderr
    assert add(run, platform, "--replace").exit_code == 0


def test_deployment_is_opened_for_one_tenant_only(run: Run, platform: PlatformServer) -> None:
    number = str(json.loads(add(run, platform).stdout)["id"])
    opened = run("platform", "activate", number, "--deployment-id", "d-1", "--tenant", "North")
    assert opened.exit_code == 0, opened.stderr
    other = run("platform", "activate", number, "--deployment-id", "d-1", "--tenant", "South")
    assert other.exit_code == 1
    assert "another tenant" in other.stderr
    assert (
        "no registration 99"
        in run("platform", "activate", "99", "--deployment-id", "d", "--tenant", "x").stderr
    )


@pytest.mark.parametrize(
    ("option", "value"), [("--jwks-url", "http://lms.example/jwks"), ("--issuer", "moodle"), ("--name", "")]
)
def test_registration_that_cannot_work(run: Run, platform: PlatformServer, option: str, value: str) -> None:
    failed = add(run, platform, option, value)
    assert failed.exit_code == 1
    assert listed(run) == []


def test_check_says_what_works(run: Run, platform: PlatformServer) -> None:
    add(run, platform, "--deployment-id", "d-1")
    done = run("platform", "check", "--json")
    found = {one["what"]: one["ok"] for one in json.loads(done.stdout)}
    assert found["the platform's key set"] is True
    assert found["a token for sending grades"] is True
    # Nobody has launched yet, so no course can be tried.
    assert found["a course"] is False
    assert done.exit_code == 1


def test_check_says_what_to_mend(run: Run, platform: PlatformServer) -> None:
    add(run, platform, "--deployment-id", "d-1")
    platform.jwks_behaviour(status=404)
    platform.granted = set()
    text = run("platform", "check").stdout
    assert "WRONG  the platform's key set" in text
    assert "status 404" in text
    assert "Switch the service on" in text


def test_invitation_is_a_link(run: Run) -> None:
    link = run("platform", "invite", "--tenant", "Maple Hollow").stdout
    assert link.startswith("http://127.0.0.1:8000/lti/register?invitation=")


def test_keys_rotate(run: Run) -> None:
    before = json.loads(run("keys", "list", "--json").stdout)
    assert run("keys", "rotate", "--lead-minutes", "0").exit_code == 0
    after = json.loads(run("keys", "list", "--json").stdout)
    assert len(after) == len(before) + 1
    assert after[0]["retires_at"] is None
    assert after[1]["retires_at"] is not None
    assert "PRIVATE" not in json.dumps(after)


def test_upgrade_twice_is_harmless(run: Run) -> None:
    assert run("db", "upgrade").exit_code == 0
    assert len(json.loads(run("keys", "list", "--json").stdout)) == 1


@pytest.mark.parametrize("command", [("serve",), ("db", "upgrade"), ("platform", "list"), ("worker",)])
def test_missing_secret_is_named(run: Run, command: tuple[str, ...]) -> None:
    failed = run(*command, LTI_PLP_SECRET_KEY="")
    assert failed.exit_code == 1
    assert "LTI_PLP_SECRET_KEY" in failed.stderr
    assert isinstance(failed.exception, SystemExit)


def test_help_answers(run: Run) -> None:
    shown = run("--help").stdout
    for name in ("demo", "serve", "worker", "db", "platform", "keys", "plan", "plan-template"):
        assert name in shown


def test_what_is_shut_stays_shut_until_it_is_opened(run: Run, platform: PlatformServer) -> None:
    number = str(json.loads(add(run, platform, "--deployment-id", "1:abc").stdout)["id"])

    def states() -> tuple[str, str]:
        (row,) = listed(run)
        return row["status"], row["deployments"][0]["status"]

    assert run("platform", "deactivate", number, "--deployment-id", "1:abc").exit_code == 0
    assert states() == ("active", "disabled")
    run("platform", "activate", number, "--deployment-id", "1:abc", "--tenant", "Maple Hollow")
    assert states() == ("active", "active")
    assert run("platform", "deactivate", number).exit_code == 0
    assert states() == ("disabled", "active")
    assert run("platform", "deactivate", number, "--deployment-id", "2:none").exit_code != 0


def two_districts(file: Path) -> tuple[int, int]:
    """A student with a plan in each of two districts; the ids of the plans."""
    engine = connect(f"sqlite:///{file}")
    ids: list[int] = []
    with Session(engine) as session:
        for name in ("North", "South"):
            school = make_school(session, name, f"https://{name.lower()}.example")
            student = school.student()
            plan = open_plan(session, student, minutes(1))
            PlanEditor(session, plan, student, vocabulary, minutes(2)).add("goal", {"statement": "Sing"})
            ids.append(plan.id)
        session.commit()
    engine.dispose()
    return ids[0], ids[1]


def test_plans_that_are_whole(run: Run, tmp_path: Path) -> None:
    assert run("plan", "verify").stdout == "0 plans read.\n"
    two_districts(tmp_path / "tool.sqlite3")
    done = run("plan", "verify")
    assert (done.exit_code, done.stdout) == (0, "2 plans read.\n")
    one = run("plan", "verify", "--tenant", "North", "--json")
    assert json.loads(one.stdout) == {"plans": 1, "problems": []}


def test_a_plan_that_was_altered_is_named_by_its_number(run: Run, tmp_path: Path) -> None:
    north, south = two_districts(tmp_path / "tool.sqlite3")
    with closing(sqlite3.connect(tmp_path / "tool.sqlite3")) as connection, connection:
        connection.execute("UPDATE goal SET statement = 'Shout' WHERE plan_id = ?", (south,))
    done = run("plan", "verify")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        f"WRONG  plan {south}  goal 2 is not what its history says",
        "2 plans read.",
    ]
    assert "Shout" not in done.stdout + done.stderr
    assert run("plan", "verify", "--tenant", "North").exit_code == 0
    found = json.loads(run("plan", "verify", "--tenant", "South", "--json").stdout)
    assert [one["plan"] for one in found["problems"]] == [south]
    assert north != south


def test_plans_of_a_district_that_there_is_not(run: Run) -> None:
    failed = run("plan", "verify", "--tenant", "Nowhere")
    assert failed.exit_code == 1
    assert "no such tenant" in failed.stderr
