"""Limits of time, letters and planning questions: data that a school may change, checked when they are read."""

import shutil
from pathlib import Path

import pytest

from lti_plp.plp.budgets import load_budgets
from lti_plp.plp.data_files import LOCALES
from lti_plp.plp.explainers import load_explainers, load_planning
from lti_plp.plp.time_spent import MEASURED

CONFIG = Path(__file__).parent.parent.parent / "config"


def test_the_limits_of_the_requirement() -> None:
    limits = {key: one.seconds for key, one in load_budgets(CONFIG).items() if one.seconds is not None}
    assert limits == {
        "first_plan": 15 * 60,
        "check_in": 2 * 60,
        "evidence": 30,
        "reflection": 5 * 60,
        "family_reflection": 3 * 60,
        "feedback": 60,
        "meeting_pack": 0,
    }


def test_what_is_not_measured_says_so() -> None:
    budgets = load_budgets(CONFIG)
    assert {key for key, one in budgets.items() if one.is_measured} == set(MEASURED)
    assert all(set(one.about) == set(LOCALES) for one in budgets.values())


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('id = "feedback"', 'id = "praise"', "praise"),
        ("seconds = 300", 'seconds = "five"', "seconds must be a whole number"),
        ("not_measured.en", "about.en", "in en and es"),
        ('id = "evidence"', 'id = "reflection"', "an act is there once"),
    ],
)
def test_limits_that_cannot_be_used(tmp_path: Path, before: str, after: str, says: str) -> None:
    shutil.copy(CONFIG / "budgets.toml", tmp_path)
    file = tmp_path / "budgets.toml"
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(ValueError, match=says):
        load_budgets(tmp_path)


def test_letters_and_the_explainer() -> None:
    texts = {one.id: one for one in load_explainers(CONFIG)}
    assert list(texts) == ["first_letter", "yearly_meeting", "public"]
    for one in texts.values():
        # What is to be filled in is the same in both languages.
        assert one.body["en"].count("[") == one.body["es"].count("["), one.id


def test_four_questions_for_planning() -> None:
    assert [one.id for one in load_planning(CONFIG)] == ["goals", "choosing", "evaluating", "reflecting"]
