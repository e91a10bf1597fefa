"""The table of requirements is true: every one has its row, and what a row names is there."""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from flask import Flask

from lti_plp.cli import main

ROOT = Path(__file__).parent.parent
IN_SCOPE = {
    "A": range(1, 16),
    "B": range(1, 7),
    "C": range(1, 10),
    "D": range(1, 10),
    "E": range(1, 9),
    "F": range(1, 9),
    "G": range(1, 8),
    "H": range(1, 9),
    "I": range(1, 13),
    "J": range(1, 11),
    "K": range(1, 5),
    "L": range(1, 10),
    "M": range(1, 11),
    "N": range(1, 9),
    "O": (*range(1, 7), *range(11, 23), 25, 26),
    "P": (7, 11),
    "R": range(1, 9),
    "S": range(1, 6),
    "T": range(1, 5),
}


@dataclass(frozen=True)
class Row:
    """One requirement."""

    id: str
    words: str
    places: tuple[str, ...]
    tests: tuple[str, ...]
    state: str


def _rows() -> list[Row]:
    rows = []
    for line in (ROOT / "docs" / "requirements.md").read_text().splitlines():
        if found := re.fullmatch(r"\| ([A-Z]\d+) \| (.+) \| (.+) \| (.+) \| (.+) \|", line):
            key, words, places, tests, state = found.groups()
            quoted = re.compile(r"`([^`]+)`")
            rows.append(Row(key, words, tuple(quoted.findall(places)), tuple(quoted.findall(tests)), state))
    return rows


ROWS = _rows()


@cache
def _names(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_requirement_has_one_row() -> None:
    wanted = [f"{group}{number}" for group, numbers in IN_SCOPE.items() for number in numbers]
    assert [row.id for row in ROWS] == wanted


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_what_a_row_names_is_there(row: Row, app: Flask) -> None:
    assert re.match(r"whole$|partial: .|later: .", row.state), row.state
    for test in row.tests:
        path, _, name = test.partition("::")
        assert (ROOT / path).exists(), test
        assert name == "*" or name in _names(path), test
    # What can be done has a place where, and a test that it can.
    assert row.state.startswith("later") or (row.places and row.tests)
    pages = {re.sub(r"<(?:\w+:)?(\w+)>", "<>", str(rule)) for rule in app.url_map.iter_rules()}
    for place in row.places:
        if place.startswith("/"):
            assert f"/s/<>{re.sub('<[^>]+>', '<>', place)}" in pages, place
        else:
            program, command = place.split()
            assert (program, command in main.commands) == ("lti-plp", True)


def test_leaders_are_told_how_to_begin() -> None:
    page = (ROOT / "docs" / "leaders.md").read_text()
    assert "short term" in page
    assert "longer term" in page
    assert [line[:4] for line in page.splitlines() if re.match(r"\| \d\. ", line)] == [
        "| 1.",
        "| 2.",
        "| 3.",
        "| 4.",
    ]
