"""``lti-plp pathway``, as an administrator types it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.cli import main
from tests.factories import make_school
from tests.fixtures_database import SECRET

Run = Callable[..., Result]
HERE = ("--tenant", "Maple Hollow")
STARTER = Path(__file__).parent.parent / "config" / "pathways" / "starter.toml"


@pytest.fixture
def run(sessions: sessionmaker[Session], database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command against a database with one district."""
    with sessions.begin() as session:
        make_school(session)
    monkeypatch.setenv("LTI_PLP_SECRET_KEY", SECRET)
    monkeypatch.setenv("LTI_PLP_DATABASE_URL", database_url)
    return lambda *words: CliRunner().invoke(main, ["pathway", *map(str, words)])


def test_the_starter_is_imported_and_listed(run: Run) -> None:
    assert run("list", *HERE).stdout == "Nothing is listed yet.\n"
    first = json.loads(run("import", STARTER, *HERE, "--json").stdout)
    assert first["added"] >= 8
    assert run("import", STARTER, *HERE).stdout == f"0 added, 0 changed, {first['added']} as before.\n"
    rows = json.loads(run("list", *HERE, "--json").stdout)
    assert len(rows) == first["added"]
    assert all(row["is_offered"] and row["version"] == 1 for row in rows)
    assert "Summer robotics (expanded_learning), grades 6-12, version 1" in run("list", *HERE).stdout


def test_one_is_added_and_changed(run: Run) -> None:
    words = ("add", *HERE, "--kind", "service_learning", "--title", "Trail crew")
    assert run(*words).stdout == "Trail crew: added.\n"
    assert json.loads(run(*words, "--about", "Mend a trail", "--json").stdout) == {
        "added": 0,
        "changed": 1,
        "unchanged": 0,
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pathway = 3", "[[pathway]]"),
        ("[[pathway]", "bad.toml"),
        ('[[pathway]]\nkind = "own_design"\ntitle = "A"\n[[pathway]]\ntitle = "B"', "field kind, entry 2"),
    ],
)
def test_a_file_that_is_wrong_changes_nothing(run: Run, tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text)
    answer = run("import", file, *HERE)
    assert answer.exit_code == 1
    assert words in answer.output
    assert json.loads(run("list", *HERE, "--json", "--all").stdout) == []


def test_no_such_district(run: Run) -> None:
    assert run("list", "--tenant", "Nowhere").exit_code == 1
