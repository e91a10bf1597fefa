"""``lti-plp school-year``, as an administrator types it."""

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.cli import main
from tests.factories import make_school
from tests.fixtures_database import SECRET

Run = Callable[..., Result]
HERE = ("--tenant", "Maple Hollow")
YEAR = ("--first-day", "2026-09-02", "--last-day", "2027-06-20")


@pytest.fixture
def run(sessions: sessionmaker[Session], database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command against a database with one district."""
    with sessions.begin() as session:
        make_school(session)
    monkeypatch.setenv("LTI_PLP_SECRET_KEY", SECRET)
    monkeypatch.setenv("LTI_PLP_DATABASE_URL", database_url)
    return lambda *words: CliRunner().invoke(main, ["school-year", *words])


def test_a_year_is_set_changed_and_listed(run: Run) -> None:
    assert run("list", *HERE).stdout == "No year is written down.\n"
    periods = ("--period", "Fall=2027-01-20", "--period", "Spring=2027-06-20")
    kept = run("set", *HERE, *YEAR, *periods, "--plans-due-on", "2026-11-30", "--json")
    assert kept.exit_code == 0, kept.output
    wanted = {
        "first_day": "2026-09-02",
        "last_day": "2027-06-20",
        "periods": [{"name": "Fall", "ends_on": "2027-01-20"}, {"name": "Spring", "ends_on": "2027-06-20"}],
        "plans_due_on": "2026-11-30",
    }
    assert json.loads(kept.stdout) == wanted
    assert json.loads(run("list", *HERE, "--json").stdout) == [wanted]
    assert run("list", *HERE).stdout == (
        "2026-09-02 to 2027-06-20: plans due on 2026-11-30; Fall to 2027-01-20, Spring to 2027-06-20\n"
    )
    assert run("set", *HERE, *YEAR).stdout == "2026-09-02 to 2027-06-20: plans due twelve months on\n"
    assert len(json.loads(run("list", *HERE, "--json").stdout)) == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--first-day", "soon", "--last-day", "2027-06-20"), "soon is no day"),
        (("--first-day", "2027-06-20", "--last-day", "2026-09-02"), "last_day must be after"),
        ((*YEAR, "--period", "2027-01-20"), "period_0 needs a name"),
        ((*YEAR, "--plans-due-on", "2028-01-01"), "plans_due_on lies outside the year"),
    ],
)
def test_what_does_not_fit(run: Run, words: tuple[str, ...], says: str) -> None:
    answer = run("set", *HERE, *words)
    assert answer.exit_code == 1
    assert says in answer.stderr
    assert json.loads(run("list", *HERE, "--json").stdout) == []


def test_no_such_district(run: Run) -> None:
    answer = run("list", "--tenant", "Nowhere")
    assert (answer.exit_code, "There is no such tenant" in answer.stderr) == (1, True)
