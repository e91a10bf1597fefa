"""``lti-plp framework``, as an administrator types it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import sessionmaker

from lti_plp.cli import main
from tests.factories import make_school
from tests.fixtures_database import SECRET
from tests.plp.growth.test_framework_csv import GOOD

Run = Callable[..., Result]
HERE = ("--tenant", "Maple Hollow")
FOUR = GOOD.replace("four LEVELS", "").replace("Four levels", "")


@pytest.fixture
def run(sessions: sessionmaker, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command against a database with one district."""
    with sessions.begin() as session:
        make_school(session)
    monkeypatch.setenv("LTI_PLP_SECRET_KEY", SECRET)
    monkeypatch.setenv("LTI_PLP_DATABASE_URL", database_url)
    return lambda *words: CliRunner().invoke(main, ["framework", *map(str, words)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "skills.csv"
    path.write_text(FOUR)
    return path


def test_a_file_is_imported_changed_and_written(run: Run, file: Path, tmp_path: Path) -> None:
    assert (
        run("import", file, *HERE, "--dry-run").output == "skills: 3 added, 0 reworded, 0 moved, 0 removed.\n"
    )
    assert json.loads(run("list", *HERE, "--json").output)["frameworks"] == []
    assert json.loads(run("import", file, *HERE, "--json").output) == {
        "added": 3,
        "reworded": 0,
        "moved": 0,
        "removed": 0,
        "published": True,
    }
    file.write_text(FOUR.replace("Solves problems", "Solves hard problems"))
    assert "0 added, 1 reworded" in run("import", file, *HERE).output
    assert json.loads(run("import", file, *HERE, "--json").output)["published"] is False
    (row,) = json.loads(run("list", *HERE, "--json").output)["frameworks"]
    assert (row["title"], row["version"], row["is_sample"]) == ("skills", 2, False)
    package = tmp_path / "skills.json"
    assert run("export", row["identifier"], package, *HERE).output == "3 items written to skills.json.\n"
    # What was written is the same framework.
    assert json.loads(run("import", package, *HERE, "--dry-run", "--json").output)["added"] == 0


def test_what_is_shipped(run: Run) -> None:
    assert "vermont_transferable_skills" in run("list", *HERE).output
    assert "41 added" in run("import", "vermont_transferable_skills", *HERE).output
    (row,) = json.loads(run("list", *HERE, "--json").output)["frameworks"]
    assert row["is_sample"] is True


def test_every_mistake_is_named_and_nothing_imported(run: Run, file: Path) -> None:
    file.write_text("code,statement,parent\n1,,9\n1,Sings,\n")
    failed = run("import", file, *HERE)
    assert failed.exit_code == 1
    for words in ("Nothing was imported", "row 2, parent: no_such_parent 9"):
        assert words in failed.output
    assert json.loads(run("list", *HERE, "--json").output)["frameworks"] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("import", "nowhere.csv", *HERE), "neither a file nor a shipped framework"),
        (("export", "nothing", "x.json", *HERE), "no framework nothing"),
        (("list", "--tenant", "Nowhere"), "no such tenant"),
    ],
)
def test_what_there_is_not(run: Run, words: tuple[str, ...], message: str) -> None:
    failed = run(*words)
    assert failed.exit_code == 1
    assert message in failed.output


def test_a_scale_that_there_is_not(run: Run, file: Path) -> None:
    failed = run("import", file, *HERE, "--scale", "Ten")
    assert failed.exit_code == 1
    assert "Canvas outcomes" in failed.output
