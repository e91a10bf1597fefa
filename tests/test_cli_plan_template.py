"""``lti-plp plan-template``, as an administrator types it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.cli import main
from lti_plp.plp.plan_templates import say
from tests.factories import NOON, School, make_school, minutes
from tests.fixtures_database import SECRET

Run = Callable[..., Result]
HERE = ("--tenant", "Maple Hollow")


@pytest.fixture
def school(sessions: sessionmaker[Session]) -> School:
    with sessions.begin() as session:
        return make_school(session)


@pytest.fixture
def run(school: School, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command against a database with one district."""
    monkeypatch.setenv("LTI_PLP_SECRET_KEY", SECRET)
    monkeypatch.setenv("LTI_PLP_DATABASE_URL", database_url)
    return lambda *words: CliRunner().invoke(main, ["plan-template", *map(str, words)])


@pytest.fixture
def file(run: Run, tmp_path: Path) -> Path:
    """The standard form under a name of the district's own."""
    path = tmp_path / "ours.toml"
    path.write_text(run("export", "standard").stdout.replace('"standard"', '"Ours"', 1), encoding="utf-8")
    return path


def test_a_form_goes_out_comes_back_and_is_put_to_use(run: Run, file: Path) -> None:
    text = file.read_text(encoding="utf-8").replace("Mis metas", "Mis sueños")
    file.write_text(text, encoding="utf-8")
    kept = run("draft", file, *HERE)
    assert (kept.exit_code, "Version 1 of Ours is a draft" in kept.stdout) == (0, True), kept.output
    assert run("export", "Ours", *HERE).stdout == text
    assert run("publish", "Ours", *HERE).exit_code == 0
    assert "Version 2" in run("draft", file, *HERE).stdout
    rows = json.loads(run("list", "--json").stdout)
    assert [(row["tenant"], row["name"], row["published"], row["draft"]) for row in rows] == [
        (None, "standard", None, None),
        (None, "light", None, None),
        ("Maple Hollow", "Ours", 1, 2),
    ]
    assert run("list").stdout.splitlines() == [
        "standard, grades 7-12: comes with the product",
        "light, grades K-6: comes with the product",
        "Ours, grades 7-12, Maple Hollow: version 1 is published, version 2 is a draft",
    ]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("export", "heavy"), "No form of the name heavy"),
        (("export", "standard", *HERE), "no template of this name"),
        (("export", "Ours", "--tenant", "Nowhere"), "no such tenant"),
        (("publish", "Ours", *HERE), "no template of this name"),
        (("feedback", "--tenant", "Nowhere"), "no such tenant"),
    ],
)
def test_what_is_not_there_is_said(run: Run, words: tuple[str, ...], reason: str) -> None:
    failed = run(*words)
    assert failed.exit_code == 1
    assert reason in failed.stderr


def test_a_wrong_file_is_named_and_nothing_is_kept(run: Run, file: Path) -> None:
    good = file.read_text(encoding="utf-8")
    file.write_text(good.replace('id = "steps"', 'id = "stairs"'), encoding="utf-8")
    failed = run("draft", file, *HERE)
    assert failed.exit_code == 1
    assert "ours.toml, steps: is missing" in failed.stderr
    file.write_bytes(good.encode("utf-16"))
    assert run("draft", file, *HERE).exit_code == 1
    file.write_text(good, encoding="utf-8")
    assert run("draft", file, "--tenant", "Maple Hollw").exit_code == 1
    assert len(json.loads(run("list", "--json").stdout)) == 2


def test_nothing_is_published_twice(run: Run, file: Path) -> None:
    run("draft", file, *HERE)
    assert run("publish", "Ours", *HERE).exit_code == 0
    again = run("publish", "Ours", *HERE)
    assert (again.exit_code, "no draft" in again.stderr) == (1, True)


def test_feedback_is_read_without_names(
    run: Run, file: Path, school: School, sessions: sessionmaker[Session]
) -> None:
    assert run("feedback").stdout == "Nobody has said anything yet.\n"
    run("draft", file, *HERE)
    with sessions.begin() as session:
        school.session = session
        student = school.student().person_id
        say(session, school.tenant_id, 1, student, "learner", "¡Me gusta!", NOON)
        say(session, school.tenant_id, None, student, "learner", "Too long.", minutes(1))
    assert json.loads(run("feedback", "--json", *HERE).stdout) == [
        {
            "tenant": "Maple Hollow",
            "template": None,
            "version": None,
            "role": "learner",
            "text": "Too long.",
            "said_at": minutes(1).isoformat(),
        },
        {
            "tenant": "Maple Hollow",
            "template": "Ours",
            "version": 1,
            "role": "learner",
            "text": "¡Me gusta!",
            "said_at": NOON.isoformat(),
        },
    ]
    shown = run("feedback").stdout
    assert "Maple Hollow, Ours version 1, learner: ¡Me gusta!" in shown
    assert "Maya" not in shown
