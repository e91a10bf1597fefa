"""Scales of a school's own, brought in as a table: shown first, mistakes by their row, all of it or nothing."""

import re
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from lti_plp.plp.models import FrameworkUpload, Scale
from tests.views.conftest import RIVERA, School, Visitor
from tests.views.test_frameworks import GLEN, GOOD, ODA, Desk

THREE = """scale,code,label,value,from,student words,meets
Our three,N,Not yet,1,,I am at the start.,
Our three,A,Almost,2,1.5,,
Our three,Y,Yes,3,2.5,,yes
"""


class Table:
    """An administrator with a table of scales."""

    def __init__(self, app: Flask, school: School) -> None:
        self.desk = Desk(app, school)
        self.oda = self.desk.oda

    def bring(self, text: str | bytes, visitor: Visitor | None = None) -> TestResponse:
        who = visitor or self.oda
        data = text if isinstance(text, bytes) else text.encode()
        form: dict[str, Any] = {"csrf_token": who.token(), "file": (BytesIO(data), "scales.csv")}
        return who.client.post(who.address("students/scales"), data=form, content_type="multipart/form-data")

    def refused(self, text: str | bytes, status: int = 400) -> str:
        answer = self.bring(text)
        assert answer.status_code == status
        return unescape(answer.get_data(as_text=True))

    def preview(self, text: str) -> tuple[str, str]:
        """The address of a preview, and what it says."""
        address = self.bring(text).location
        return address, self.desk.follow(address)

    def send(self, address: str, page: str) -> TestResponse:
        seen = re.search(r'name="seen" value="([^"]+)"', page)
        assert seen, page
        return self.oda.client.post(address, data={"csrf_token": self.oda.token(), "seen": seen[1]})

    def publish(self, text: str) -> str:
        answer = self.send(*self.preview(text))
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return self.desk.follow(answer.location)

    def kept(self) -> list[tuple[str, int]]:
        return [(one.title, len(one.levels)) for one in self.desk.rows(Scale)]


@pytest.fixture
def table(app: Flask, school: School) -> Table:
    return Table(app, school)


def test_shown_published_and_named_by_a_framework(table: Table) -> None:
    _, page = table.preview(THREE)
    for words in ("Nothing is published yet.", "New", "Not yet", "I am at the start.", "begins at 1.5"):
        assert words in page
    assert table.kept() == []
    page = table.publish(THREE)
    assert "Published. Frameworks can name these scales now." in page
    assert "Our three" in page
    assert table.kept() == [("Our three", 3)]
    assert len(table.desk.rows(FrameworkUpload)) == 1
    assert "There is nothing to do." in table.preview(THREE)[1]
    assert '<option value="Our three">' in table.desk.get()
    page = table.desk.publish(GOOD, scale="Our three")
    assert "Almost" in page


def test_another_takes_the_name_and_the_old_one_stays(table: Table) -> None:
    table.publish(THREE)
    table.desk.publish(GOOD, scale="Our three")
    other = THREE.replace("Almost", "Nearly").replace("Our three", "our THREE")
    _, page = table.preview(other)
    assert "Another scale takes this name." in page
    assert re.search(r"Until now</summary>.*Almost", page, re.DOTALL)
    table.publish(other)
    assert table.kept() == [("Our three", 3), ("our THREE", 3)]
    # The framework stays on its own until it is brought in again.
    assert "Almost" in table.desk.follow(table.oda.address("students/frameworks/1"))
    address, page = table.preview(THREE)
    assert "This scale had the name once" in page
    assert 'name="seen"' not in page
    answer = table.oda.client.post(address, data={"csrf_token": table.oda.token(), "seen": "x"})
    assert answer.status_code == 409
    assert len(table.kept()) == 2


def test_what_the_name_means_is_the_newest(table: Table) -> None:
    table.publish(THREE)
    table.publish(THREE.replace("Almost", "Nearly"))
    page = table.desk.publish(GOOD, scale="Our three")
    assert "Nearly" in page
    assert "Almost" not in page


def test_every_mistake_is_told_by_its_row_and_nothing_kept(table: Table) -> None:
    wrong = THREE.replace("Almost,2", ",much") + "<i>Two</i>,A,Good,1,,,\n"
    page = table.refused(wrong)
    assert "3 things keep this file from being brought in." in page
    for words in (
        "<strong>row 3</strong>: The level has no name.",
        "<strong>row 5</strong>: A scale has from two to eight levels.",
        "<strong>row 5</strong>: No level says that it meets",
    ):
        assert words in page
    assert "<i>Two</i>" not in table.bring(wrong).get_data(as_text=True)
    assert table.desk.rows(FrameworkUpload) == []
    assert table.kept() == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "A column is missing."),
        (b"\x89PNG\r\n", "A column is missing."),
        (b"scale,code,label,value\n", "There is nothing in it."),
        (b'scale,code,label,value\nX,"A', "This is no table: perhaps a quotation mark is missing."),
    ],
)
def test_what_is_no_table(table: Table, data: bytes, words: str) -> None:
    assert words in table.refused(data)


def test_somebody_published_another_meanwhile(table: Table) -> None:
    address, page = table.preview(THREE)
    table.publish(THREE.replace("Almost", "Nearly"))
    answer = table.send(address, page)
    assert answer.status_code == 409
    assert "Somebody else was quicker" in answer.get_data(as_text=True)
    assert len(table.kept()) == 1


def test_only_who_brought_it_publishes_it(table: Table) -> None:
    number = table.bring(THREE).location.rpartition("/")[2]
    glen = table.desk.school.enter(GLEN)
    assert glen.get(f"students/scales/preview/{number}").status_code == 404
    rivera = table.desk.school.enter(RIVERA)
    assert table.bring(THREE, rivera).status_code == 403
    assert table.kept() == []


def test_a_framework_is_no_table_of_scales(table: Table) -> None:
    number = table.desk.bring(GOOD).location.rpartition("/")[2]
    assert table.oda.get(f"students/scales/preview/{number}").status_code == 400


@pytest.mark.parametrize("locale", ["en", "es"])
def test_the_template_is_read_as_it_is(table: Table, locale: str) -> None:
    oda = table.desk.school.enter(ODA, locale=locale)
    answer = oda.get("students/scales/template.csv")
    assert answer.mimetype == "text/csv"
    assert table.bring(answer.get_data()).status_code == 303


def test_kept_once_whoever_publishes(table: Table) -> None:
    first, second = table.preview(THREE), table.preview(THREE)
    assert table.send(*first).status_code == 303
    assert table.send(*second).status_code == 409
    with table.desk.box.sessions() as session:
        assert len(session.scalars(select(Scale)).all()) == 1
