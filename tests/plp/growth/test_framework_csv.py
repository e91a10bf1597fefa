"""Frameworks and scales out of spreadsheets: what can be read, and every mistake by its row."""

import csv
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from lti_plp.plp.growth.drafts import DraftProblems, FrameworkDraft
from lti_plp.plp.growth.framework_csv import (
    MOST_BYTES,
    read_framework,
    read_scales,
    scale_template,
    template,
)
from tests.plp.growth.growing import FOUR

SCALES = {FOUR.title: FOUR}
GOOD = """code,parent,kind,statement,student words,scale,B,P
TS,,area,Transferable skills,,,,
TS.1,TS,transferable skill,Communicates clearly,I make myself understood.,Four levels,,
,TS.1,criterion,Gives reasons,,,Names an opinion.,Gives reasons.
TS.2,TS,Transferable Skill,Solves problems,,four LEVELS,,
"""


def read(text: str | bytes, title: str = "Skills") -> FrameworkDraft:
    data = text if isinstance(text, bytes) else text.encode()
    return read_framework(data, "skills.csv", title, SCALES, FOUR)


def problems(text: str | bytes, title: str = "Skills") -> list[tuple[str, str, str]]:
    with pytest.raises(DraftProblems) as caught:
        read(text, title)
    return [(one.where, one.code, one.about) for one in caught.value.problems]


def test_a_good_file() -> None:
    found = read(GOOD)
    area, talk, solve = found.items
    assert (area.code, area.kind, area.scale, area.parent) == ("TS", "area", None, None)
    assert (talk.parent, talk.kind, talk.scale, talk.student_text) == (
        area.guid,
        "transferable_skill",
        FOUR,
        "I make myself understood.",
    )
    (line,) = talk.guide
    assert (line.title, dict(line.levels)) == (
        "Gives reasons",
        {"B": "Names an opinion.", "P": "Gives reasons."},
    )
    assert (solve.scale, solve.guide, solve.where) == (FOUR, (), "row 5")
    assert (found.source, found.origin) == ("csv", "skills.csv")


def test_the_same_codes_are_the_same_items_next_year() -> None:
    first, again = read(GOOD), read(GOOD.replace("Solves problems", "Solves hard problems"), "  SKILLS ")
    assert [one.guid for one in first.items] == [one.guid for one in again.items]
    assert first.guid == again.guid
    assert read(GOOD, "Habits").guid != first.guid


@pytest.mark.parametrize(
    "data",
    [
        GOOD.replace(",", ";").encode("utf-8-sig"),
        GOOD.replace(",", "\t").encode("utf-16"),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("code,parent,kind,statement", "Código,PADRE,Tipo,Enunciado").encode("cp1252"),
        GOOD.replace("Communicates clearly", '"Communicates\nclearly, and kindly"').encode(),
    ],
)
def test_as_spreadsheets_write_them(data: bytes) -> None:
    assert [one.code for one in read(data).items] == ["TS", "TS.1", "TS.2"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [("row 1", "column_missing", "code"), ("row 1", "column_missing", "statement")]),
        ("code,words\n1,Sings", [("row 1", "column_missing", "statement")]),
        ("code,statement\n", [("items", "no_items", "")]),
        ("code,statement\n,Sings", [("row 2, code", "no_code", "")]),
        ("code,statement\n1,", [("row 2", "no_statement", "")]),
        ("code,statement\n1,A\n1,B", [("row 2", "guid_twice", None), ("row 3", "guid_twice", None)]),
        ("code,statement,parent\n1,A,9", [("row 2, parent", "no_such_parent", "9")]),
        ("code,statement,parent\n1,A,2\n2,B,1", [("row 2", "circle", None), ("row 3", "circle", None)]),
        ("code,statement,scale\n1,A,Five", [("row 2, scale", "unknown_scale", "Five")]),
        ("code,statement,kind\n1,A,wish", [("row 2", "unknown_kind", "wish")]),
        ("code,statement,parent,kind\n1,A,,\n,C,9,criterion", [("row 3", "no_such_parent", "9")]),
        (
            "code,statement,parent,kind,scale\n1,A,,,-\n,C,1,criterion,",
            [("row 3", "guide_without_scale", "1")],
        ),
        ("code,statement,statment\n1,A,B", [("row 1", "unknown_column", "statment")]),
        ("code,statement\n1,A\x00B", [("row 2", "not_a_text", "statement")]),
        ('code,statement\n1,"A', [("file", "no_table", "")]),
        (
            "code,statement,scale,parent\n,,x,\n1,A,Five,9",
            [
                ("row 2, scale", "unknown_scale", "x"),
                ("row 3, scale", "unknown_scale", "Five"),
                ("row 2, code", "no_code", ""),
                ("row 3, parent", "no_such_parent", "9"),
            ],
        ),
    ],
)
def test_every_mistake_by_its_row(text: str, found: list[tuple[str, str, str | None]]) -> None:
    said = problems(text)
    assert [(where, code) for where, code, _ in said] == [(where, code) for where, code, _ in found]
    for (_, _, about), (_, _, wanted) in zip(said, found, strict=True):
        assert wanted is None or about == wanted


def test_a_file_that_is_too_large() -> None:
    assert problems(b"code,statement\n" + b"x" * MOST_BYTES) == [("file", "too_large", "")]


def test_headings_are_not_rated() -> None:
    found = read("code,statement,parent,kind\n1,Above,,\n2,Below,1,\n3,Alone,,area")
    assert [one.scale for one in found.items] == [None, FOUR, None]


@pytest.mark.parametrize("locale", ["en", "es-MX"])
def test_the_template_can_be_read_as_it_is(locale: str) -> None:
    found = read(template(locale, FOUR))
    assert [len(one.guide) for one in found.items] == [0, 1]
    assert found.items[1].guide[0].levels.keys() == {"B", "D", "P", "E"}


@pytest.mark.parametrize("locale", ["en", "es-MX"])
def test_the_template_of_scales_can_be_read_as_it_is(locale: str) -> None:
    text = StringIO()
    csv.writer(text).writerows(scale_template(locale))
    (scale,) = read_scales(text.getvalue().encode("utf-8-sig"))
    assert [one.meets for one in scale.levels] == [False, False, True]


hostile = some.text(some.characters(blacklist_categories=("Cs",)), max_size=40)


@given(rows=some.lists(some.lists(hostile, min_size=1, max_size=8), max_size=8))
def test_any_table_is_read_or_refused_in_words(rows: list[list[str]]) -> None:
    text = StringIO()
    csv.writer(text).writerows([["code", "parent", "kind", "statement", "student words", "scale"], *rows])
    try:
        found: tuple[Any, ...] = read(text.getvalue()).items
    except DraftProblems as problem:
        found = problem.problems
    assert found


@given(data=some.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_words(data: bytes) -> None:
    for reader in (read, read_scales):
        with pytest.raises(DraftProblems):
            reader(data)


SCALE = """scale,code,label,value,from,student words,meets
Three,N,Not yet,0,,,
Three,A,Almost,1,"0,5",I can with help.,
Three,Y,Yes,2,1.5,,x
"""


def test_scales() -> None:
    (three,) = read_scales(SCALE.encode())
    assert [(one.code, str(one.value), str(one.starts_at), one.meets) for one in three.levels] == [
        ("N", "0", "0", False),
        ("A", "1", "0.5", False),
        ("Y", "2", "1.5", True),
    ]
    two = read_scales((SCALE + "Two,1,A,1,,,\nTwo,2,B,2,,,yes\n").encode())
    assert [one.title for one in two] == ["Three", "Two"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (SCALE.replace(",x\n", ",\n"), [("row 2", "none_meets")]),
        (SCALE.replace("Almost,1", "Almost,lots"), [("row 3", "no_number")]),
        (SCALE.replace("scale,", "name,"), [("row 1", "column_missing")]),
        ("scale,code,label,value\n", [("row 2", "no_items")]),
        (
            "scale,code,label,value,from,meets\n"
            "Two,A,,1,,\n,B,Yes,x,,\nthree,N,No,1,2,\nThree,N,Yes,1,,yes\nTHREE,E,More,2,1,\n",
            [
                ("row 2", "too_few"),
                ("row 2", "no_label"),
                ("row 3", "no_title"),
                ("row 3", "too_few"),
                ("row 3", "no_number"),
                ("row 5", "code_twice"),
                ("row 5", "number_twice"),
            ],
        ),
        (
            SCALE.replace("Yes,2,1.5", "Yes,2,0.5"),
            [("row 4", "starts_out_of_order")],
        ),
        (SCALE.replace("Almost", "Al\x00most"), [("row 3", "not_a_text")]),
        (SCALE.replace("Three", "Th\x00ree"), [("row 2", "not_a_text")]),
        (SCALE.replace("meets", "meet"), [("row 1", "unknown_column"), ("row 2", "none_meets")]),
        (
            "scale,code,label,value,meets\n"
            + "".join(f"S{n},A,No,1,\nS{n},B,Yes,2,yes\n" for n in range(201)),
            [("row 402", "too_many_items")],
        ),
    ],
)
def test_mistakes_of_scales(text: str, found: list[tuple[str, str]]) -> None:
    with pytest.raises(DraftProblems) as caught:
        read_scales(text.encode())
    assert [(one.where, one.code) for one in caught.value.problems] == found
