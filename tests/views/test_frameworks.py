"""Bringing a framework in, as an administrator does: what it changes is shown first, mistakes by their place."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from lti_plp.launch.toolbox import Toolbox
from lti_plp.plp.growth.framework_csv import MOST_BYTES
from lti_plp.plp.models import Framework, FrameworkUpload, FrameworkVersion, GraduationRequirement
from tests.launch.test_case_server import CaseServer
from tests.plp.growth.test_case import package
from tests.views.conftest import RIVERA, Human, School, Visitor

ODA = Human("administrator-1", "Oda", "Nyberg", ("Administrator",))
GLEN = Human("administrator-2", "Glen", "Archer", ("Administrator",))
GOOD = """code,parent,kind,statement,student words
TS,,area,Transferable skills,
TS.1,TS,transferable skill,Communicates clearly,I make myself understood.
TS.2,TS,transferable skill,Solves problems,
"""


class Desk:
    """An administrator's."""

    def __init__(self, app: Flask, school: School) -> None:
        self.box: Toolbox = app.extensions["lti_plp"]
        self.school = school
        self.oda: Visitor = school.enter(ODA)

    def bring(self, text: str | bytes, visitor: Visitor | None = None, **form: str) -> TestResponse:
        who = visitor or self.oda
        data = text if isinstance(text, bytes) else text.encode()
        values: dict[str, Any] = {"title": "Skills", "scale": "Canvas outcomes", **form}
        values |= {"csrf_token": who.token(), "file": (BytesIO(data), "skills.csv")}
        return who.client.post(
            who.address("students/frameworks"), data=values, content_type="multipart/form-data"
        )

    def publish(self, text: str, **form: str) -> str:
        """Bring a file in and publish it; the page of the framework."""
        preview = self.bring(text, **form).location
        page = self.follow(preview)
        version = re.search(r'name="version" value="(\d+)"', page)
        assert version
        answer = self.oda.client.post(preview, data={"csrf_token": self.oda.token(), "version": version[1]})
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return self.follow(answer.location)

    def follow(self, address: str) -> str:
        answer = self.oda.client.get(address)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return unescape(answer.get_data(as_text=True))

    def get(self, path: str = "students/frameworks") -> str:
        return self.follow(self.oda.address(path))

    def rows(self, model: type[Any]) -> list[Any]:
        with self.box.sessions() as session:
            return list(session.scalars(select(model)))


@pytest.fixture
def desk(app: Flask, school: School) -> Desk:
    return Desk(app, school)


def test_what_it_changes_is_shown_before_it_is_published(desk: Desk) -> None:
    preview = desk.follow(desk.bring(GOOD).location)
    assert "This is a new framework" in preview
    assert "Communicates clearly" in preview
    assert desk.rows(Framework) == []
    page = desk.publish(GOOD)
    assert "Published. Levels are made anew." in page
    for words in ("I make myself understood.", "Canvas outcomes", "Exceeds Mastery", "Version 1"):
        assert words in page
    again = desk.follow(desk.bring(GOOD).location)
    assert "There is nothing to do" in again
    second = desk.follow(desk.bring(GOOD.replace("Solves problems", "Solves hard problems")).location)
    assert "This becomes version 2" in second
    assert re.search(r"<del>Solves problems</del> <ins>Solves hard problems</ins>", second)
    # What was published is gone from where it waited; what was not, waits on.
    assert len(desk.rows(FrameworkUpload)) == 3


def test_every_mistake_is_told_by_its_row_and_nothing_kept(desk: Desk) -> None:
    answer = desk.bring("code,statement,parent\n1,,9\n2,<b>Sings</b>,nowhere\n")
    page = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 400
    assert "2 things keep this file from being brought in." in page
    assert "<strong>row 2, parent</strong>: What it belongs to is not in the file. <q>9</q>" in page
    assert '<option value="Canvas outcomes" selected>' in page
    assert desk.rows(FrameworkUpload) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "A column is missing."),
        (b"\x00\x01\x02", "A column is missing."),
        (b"{]", "This is not what a CASE package has here."),
        (b"[" * 100_000, "It lies too many steps below the top."),
        (json.dumps(package(CFItems=[])).encode(), "There is nothing in it."),
    ],
)
def test_what_is_no_framework(desk: Desk, text: bytes, words: str) -> None:
    answer = desk.bring(text)
    assert answer.status_code == 400
    assert words in unescape(answer.get_data(as_text=True))


def test_a_package_comes_in_and_goes_out(desk: Desk) -> None:
    page = desk.publish(json.dumps(package()))
    assert "Skills for life" in page
    out = re.search(r'href="([^"]*/case)"', page)
    assert out
    written = json.loads(desk.follow(out[1]))
    assert written["CFDocument"] == package()["CFDocument"]
    assert desk.follow(desk.bring(json.dumps(written)).location).count("There is nothing to do") == 1


def test_one_that_comes_with_the_tool(desk: Desk) -> None:
    assert "Transferable skills (Vermont, sample)" in desk.get()
    taken = desk.oda.post("students/frameworks/take/vermont_transferable_skills")
    page = desk.follow(taken.location)
    assert "A sample: check it against what your school adopted" in page
    assert (
        "Take it<span"
        not in desk.get().partition("Transferable skills (Vermont, sample)")[2].split("</li>")[0]
    )


def test_somebody_else_published_meanwhile(desk: Desk) -> None:
    desk.publish(GOOD)
    preview = desk.bring(GOOD.replace("Solves", "Masters")).location
    desk.publish(GOOD.replace("Solves", "Finds"))
    answer = desk.oda.client.post(preview, data={"csrf_token": desk.oda.token(), "version": "1"})
    assert answer.status_code == 409
    assert "Somebody else was quicker" in answer.get_data(as_text=True)
    assert [one.number for one in desk.rows(FrameworkVersion)] == [1, 2]


def test_only_who_brought_it_publishes_it(desk: Desk) -> None:
    preview = desk.bring(GOOD).location
    number = preview.rpartition("/")[2]
    glen = desk.school.enter(GLEN)
    assert glen.get(f"students/frameworks/preview/{number}").status_code == 404
    assert glen.post(f"students/frameworks/preview/{number}", version="0").status_code == 404
    rivera = desk.school.enter(RIVERA)
    assert desk.bring(GOOD, rivera).status_code == 403
    assert rivera.get("students/frameworks").status_code == 403


def test_how_levels_are_calculated(desk: Desk) -> None:
    page = desk.publish(GOOD)
    way = re.search(r'action="[^"]*/s/[^/]*/(students/frameworks/\d+)/calculation"', page)
    assert way
    chosen = desk.oda.post(f"{way[1]}/calculation", method="n_mastery", parameter="3", minimum="2")
    assert "Levels are made anew by this rule." in desk.follow(chosen.location)
    for facts in (
        {"method": "guess"},
        {"method": "n_mastery", "parameter": "x"},
        {"method": "latest", "minimum": "99"},
    ):
        assert desk.oda.post(f"{way[1]}/calculation", **facts).status_code == 400
    (kept,) = desk.rows(Framework)
    assert (kept.method, kept.parameter, kept.minimum_ratings) == ("n_mastery", 3, 2)


def test_what_graduation_asks_for(desk: Desk) -> None:
    page = desk.publish(GOOD)
    way = re.search(r'action="[^"]*/s/[^/]*/(students/frameworks/\d+)/graduation"', page)
    heading = re.search(r'name="asked" value="(\d+)"> <span>TS Transferable skills', page)
    assert way
    assert heading
    path, number = f"{way[1]}/graduation", {f"at_least_{heading[1]}": "1"}
    kept = desk.oda.post(path, ("asked", heading[1]), **number)
    shown = desk.follow(kept.location)
    assert "Kept. Students and advisors see it at once." in shown
    assert f'value="{heading[1]}" checked' in shown
    for wrong in (
        {f"at_least_{heading[1]}": "3"},
        {f"at_least_{heading[1]}": "x"},
        {f"at_least_{heading[1]}": "0"},
    ):
        assert desk.oda.post(path, ("asked", heading[1]), **wrong).status_code == 400
    assert desk.oda.post(path, ("asked", "99999")).status_code == 400
    (row,) = desk.rows(GraduationRequirement)
    assert row.at_least == 1
    # What is not marked is asked no more.
    assert desk.oda.post(path).status_code == 303
    assert desk.rows(GraduationRequirement) == []


def test_a_file_that_is_too_large_is_not_read(desk: Desk) -> None:
    who = desk.oda
    answer = who.client.post(
        who.address("students/frameworks"),
        data=b"x",
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(MOST_BYTES * 2)},
    )
    assert answer.status_code == 413


def test_the_template_is_read_as_it_is(desk: Desk) -> None:
    answer = desk.oda.get("students/frameworks/template.csv")
    assert "TS.1" in desk.follow(desk.bring(answer.get_data(), scale="").location)


@pytest.fixture
def server() -> Iterator[CaseServer]:
    made = CaseServer()
    yield made
    made.close()


def test_from_a_case_server(app: Flask, desk: Desk, server: CaseServer) -> None:
    settings = replace(desk.box.settings, allow_private_networks=True)
    app.extensions["lti_plp"] = replace(desk.box, settings=settings)
    server.count = 3
    listed = desk.oda.post("students/frameworks/fetch", address=server.url, scale="Canvas outcomes")
    page = unescape(listed.get_data(as_text=True))
    assert [name for name in ("Document 000", "Document 001", "Document 002") if name not in page] == []
    address = re.findall(r'name="address" value="([^"]+)"', page)[1]
    server.body = json.dumps(package()).encode()
    fetched = desk.oda.post("students/frameworks/fetch", address=address, scale="Canvas outcomes")
    assert "Skills for life" in desk.follow(fetched.location)
    server.body = b'{"CFDocument": {}}'
    broken = desk.oda.post("students/frameworks/fetch", address=address, scale="Canvas outcomes")
    assert broken.status_code == 400
    assert "CFDocument.title" in broken.get_data(as_text=True)
    assert len(desk.rows(FrameworkUpload)) == 1


def test_an_address_inside_the_network(desk: Desk) -> None:
    refused = desk.oda.post("students/frameworks/fetch", address="https://10.0.0.7/CFPackages/x")
    assert refused.status_code == 400
    assert "This address cannot be asked" in refused.get_data(as_text=True)
