"""Files over HTTP: handed in in pieces, given out to whom they belong, and to nobody else."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update
from werkzeug.test import TestResponse

from lti_plp.files.cabinet import MEGABYTE
from lti_plp.files.models import StoredFile
from lti_plp.launch.models import WebSession
from lti_plp.launch.opaque import digest
from lti_plp.launch.toolbox import Toolbox
from lti_plp.views.error_words import words_for
from lti_plp.views.files import MAX_CHUNK
from tests.files.samples import HOSTILE, encoded, located, mp4, ooxml, pdf
from tests.fixtures_tool import MovableClock
from tests.views.conftest import LEO, MAYA, TEST_STUDENT, School, Visitor

TEXT = "Was ich gelernt habe: ñ.\n".encode() * 100


@dataclass
class Sender:
    """A page of somebody's, which sends what the browser would."""

    visitor: Visitor
    headers: dict[str, str]

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str | None) -> TestResponse:
        """One request of an upload; a header of ``None`` is left out."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        every = {"Tus-Resumable": "1.0.0", "Accept": "application/json", **self.headers, **named}
        sent = {name: value for name, value in every.items() if value is not None}
        return self.visitor.client.open(path, method=method, data=body, headers=sent)

    def begin(self, length: int | str, name: str = "robot.txt", **headers: str | None) -> TestResponse:
        """Announce a file."""
        told = {"Upload_Length": str(length), "Upload_Metadata": f"filename {encode(name)}"}
        return self.ask("POST", self.visitor.address("files"), **{**told, **headers})

    def append(self, address: str, offset: int | str, body: bytes, **headers: str | None) -> TestResponse:
        """Send some bytes."""
        told = {"Upload_Offset": str(offset), "Content_Type": "application/offset+octet-stream"}
        return self.ask("PATCH", address, body, **{**told, **headers})

    def send(self, content: bytes, name: str = "robot.txt") -> TestResponse:
        """A whole file in one piece; the last answer."""
        address = self.begin(len(content), name).location
        assert self.append(address, 0, content).status_code == 204
        return self.ask("POST", f"{address}/finish")

    def keep(self, content: bytes, name: str = "robot.txt") -> dict[str, Any]:
        """A file that is accepted; what is said of it."""
        answer = self.send(content, name)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return told(answer)


def told(answer: TestResponse) -> dict[str, Any]:
    """The JSON of an answer."""
    body: dict[str, Any] = answer.get_json() or {}
    return body


def encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def sender(visitor: Visitor) -> Sender:
    return Sender(visitor, {"X-CSRF-Token": visitor.token()})


@pytest.fixture
def template(school: School) -> str:
    return school.place()


@pytest.fixture
def maya(school: School, template: str) -> Sender:
    return sender(school.enter(MAYA, template))


@pytest.fixture
def leo(school: School, template: str) -> Sender:
    return sender(school.enter(LEO, template))


class TestTus:
    def test_in_three_pieces(self, maya: Sender) -> None:
        began = maya.begin(len(TEXT))
        assert began.status_code == 201
        assert began.headers["Tus-Resumable"] == "1.0.0"
        assert began.headers["Upload-Expires"].endswith("GMT")
        address = began.location
        for start, end in [(0, 10), (10, 1000), (1000, len(TEXT))]:
            asked = maya.ask("HEAD", address)
            assert (asked.status_code, asked.headers["Upload-Offset"]) == (200, str(start))
            assert asked.headers["Upload-Length"] == str(len(TEXT))
            assert asked.headers["Cache-Control"] == "no-store"
            answer = maya.append(address, start, TEXT[start:end])
            assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(end))
        facts = told(maya.ask("POST", f"{address}/finish"))
        assert facts["kind"] == "text"
        assert facts["name"] == "robot.txt"
        assert maya.visitor.client.get(facts["address"]).data == TEXT

    def test_what_is_spoken_here(self, maya: Sender) -> None:
        answer = maya.ask("OPTIONS", maya.visitor.address("files"))
        assert answer.headers["Tus-Extension"] == "creation,termination,expiration"
        assert answer.headers["Tus-Max-Size"] == str(200 * MEGABYTE)
        assert answer.headers["Tus-Version"] == "1.0.0"

    @pytest.mark.parametrize("version", [None, "0.2.2"])
    def test_another_version(self, maya: Sender, version: str | None) -> None:
        answer = maya.begin(4, Tus_Resumable=version)
        assert (answer.status_code, answer.headers["Tus-Version"]) == (412, "1.0.0")

    @pytest.mark.parametrize("length", ["", "many", "-4", "1e3", "9" * 40])
    def test_length_that_is_none(self, maya: Sender, length: str) -> None:
        assert maya.begin(length).status_code == 400

    def test_five_gigabytes(self, maya: Sender) -> None:
        answer = maya.begin(5 * 1024**3)
        assert (answer.status_code, told(answer)["code"]) == (413, "file_too_large")
        assert told(answer)["details"] == {"megabytes": 200}

    @pytest.mark.parametrize("metadata", ["filename !!!", "filename " + base64.b64encode(b"\xff").decode()])
    def test_name_that_is_no_text(self, maya: Sender, metadata: str) -> None:
        assert told(maya.begin(4, Upload_Metadata=metadata))["code"] == "file_name"

    def test_path_in_the_name(self, maya: Sender) -> None:
        answer = maya.begin(4, "../../../etc/passwd")
        assert (answer.status_code, told(answer)["code"]) == (400, "file_name")

    def test_no_name(self, maya: Sender) -> None:
        assert maya.begin(4, Upload_Metadata=None).status_code == 201
        assert maya.begin(4, Upload_Metadata="filetype dGV4dA==, filename").status_code == 201

    def test_wrong_place(self, maya: Sender) -> None:
        address = maya.begin(10).location
        for offset in (1, "", "x", -1):
            answer = maya.append(address, offset, b"abc")
            assert (answer.status_code, told(answer)["code"]) == (409, "upload_offset")

    def test_more_than_announced(self, maya: Sender) -> None:
        assert maya.append(maya.begin(3).location, 0, b"abcd").status_code == 413

    def test_other_type(self, maya: Sender) -> None:
        assert maya.append(maya.begin(3).location, 0, b"abc", Content_Type="text/plain").status_code == 415

    def test_networks_that_know_no_patch(self, maya: Sender) -> None:
        address = maya.begin(3).location
        headers = {"Upload_Offset": "0", "Content_Type": "application/offset+octet-stream"}
        assert maya.ask("POST", address, b"abc", **headers).status_code == 405
        answer = maya.ask("POST", address, b"abc", X_HTTP_Method_Override="PATCH", **headers)
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, "3")

    def test_given_up(self, maya: Sender) -> None:
        address = maya.begin(3).location
        assert maya.ask("DELETE", address).status_code == 204
        assert maya.ask("HEAD", address).status_code == 404
        assert told(maya.append(address, 0, b"abc"))["code"] == "upload_unknown"

    def test_finished_before_its_end(self, maya: Sender) -> None:
        answer = maya.ask("POST", f"{maya.begin(3).location}/finish")
        assert (answer.status_code, told(answer)["code"]) == (409, "upload_incomplete")

    def test_after_the_finish(self, maya: Sender) -> None:
        facts = maya.keep(TEXT)
        address = maya.visitor.address(f"files/{facts['id']}")
        assert maya.ask("HEAD", address).headers["Upload-Offset"] == str(len(TEXT))
        assert maya.append(address, len(TEXT), b"x").status_code in {404, 409}
        assert maya.ask("DELETE", address).status_code == 404
        again = maya.ask("POST", f"{address}/finish")
        assert again.json == facts

    def test_too_late(self, maya: Sender, toolbox: Toolbox) -> None:
        address = maya.begin(3).location
        with toolbox.sessions.begin() as session:
            session.execute(update(StoredFile).values(created_at=toolbox.clock() - timedelta(hours=25)))
        assert maya.ask("HEAD", address).status_code == 404

    def test_goes_on_in_another_visit(self, maya: Sender, school: School, template: str) -> None:
        address = maya.begin(6).location
        maya.append(address, 0, b"abc")
        later = sender(school.enter(MAYA, template))
        moved = address.replace(maya.visitor.handle, later.visitor.handle)
        assert later.ask("HEAD", moved).headers["Upload-Offset"] == "3"
        assert later.append(moved, 3, b"def").status_code == 204


class TestLimits:
    def test_a_piece_may_be_larger_than_other_requests(self, maya: Sender) -> None:
        content = b"word " * (MAX_CHUNK // 5)
        assert len(content) > 512 * 1024
        assert maya.keep(content)["size"] == len(content)

    def test_but_not_larger_than_a_piece(self, maya: Sender) -> None:
        address = maya.begin(2 * MAX_CHUNK).location
        assert maya.append(address, 0, bytes(MAX_CHUNK + 1)).status_code == 413
        assert maya.ask("HEAD", address).headers["Upload-Offset"] == "0"

    def test_other_requests_keep_their_limit(self, maya: Sender) -> None:
        large = bytes(600 * 1024)
        address = maya.begin(3).location
        assert maya.ask("POST", maya.visitor.address("reflection/submit"), large).status_code == 413
        headers = {"X-CSRF-Token": "", "Content-Type": "application/x-www-form-urlencoded"}
        answer = maya.visitor.client.post(f"{address}/finish", data=large, headers=headers)
        assert answer.status_code == 413

    def test_quota(self, maya: Sender) -> None:
        for _ in range(10):
            assert maya.begin(200 * MEGABYTE).status_code == 201
        answer = maya.begin(1)
        assert (answer.status_code, told(answer)["code"]) == (413, "quota_reached")


class TestHostile:
    @pytest.mark.parametrize("what", ["SVG with script", "HTML", "zip bomb", "docm", "GIF with a ZIP behind"])
    def test_is_told_in_plain_words(self, maya: Sender, toolbox: Toolbox, what: str) -> None:
        code, content = HOSTILE[what]
        answer = maya.send(content, "homework.jpg")
        assert (answer.status_code, told(answer)["code"]) == (422, code)
        assert told(answer)["title"]
        assert told(answer)["mend"]
        with toolbox.sessions() as session:
            ready = select(func.count()).select_from(StoredFile).where(StoredFile.state == "ready")
            assert session.scalar(ready) == 0

    def test_test_student(self, school: School, template: str) -> None:
        answer = sender(school.enter(TEST_STUDENT, template)).begin(3)
        assert (answer.status_code, told(answer)["code"]) == (403, "may_not_store_files")

    def test_without_our_page(self, maya: Sender) -> None:
        maya.headers = {}
        assert told(maya.begin(3))["code"] == "form_token"

    @pytest.mark.parametrize(
        "code",
        [
            *sorted({code for code, _ in HOSTILE.values()}),
            *("image_too_large", "file_name", "file_too_large", "quota_reached", "may_not_store_files"),
            *("upload_unknown", "upload_offset", "upload_busy", "file_not_here", "file_address"),
            "storage_unreachable",
        ],
    )
    def test_every_reason_has_words_of_its_own(self, app: Flask, code: str) -> None:
        with app.test_request_context():
            assert words_for(code, 422) != words_for("no such code", 422)


class TestReading:
    def test_headers_of_text(self, maya: Sender) -> None:
        facts = maya.keep(TEXT, "notes.md")
        answer = maya.visitor.client.get(facts["address"])
        headers = answer.headers
        assert headers["Content-Type"] == "text/plain; charset=utf-8"
        assert (
            headers["Content-Disposition"] == "attachment; filename=\"notes.md\"; filename*=UTF-8''notes.md"
        )
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert headers["Cache-Control"] == "private, max-age=300"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Content-Length"] == str(len(TEXT))

    @pytest.mark.parametrize(
        ("content", "kind", "content_type", "how"),
        [
            (located(), "image", "image/jpeg", "inline"),
            (encoded("HEIF"), "image", "image/jpeg", "inline"),
            (mp4(b"vide"), "video", "video/mp4", "inline"),
            (mp4(b"soun"), "audio", "audio/mp4", "inline"),
            (pdf(), "pdf", "application/pdf", "inline"),
            (ooxml(), "office", "wordprocessingml.document", "attachment"),
        ],
        ids=["jpeg", "heif", "mp4", "m4a", "pdf", "docx"],
    )
    def test_shown_or_downloaded(
        self, maya: Sender, content: bytes, kind: str, content_type: str, how: str
    ) -> None:
        facts = maya.keep(content, "wrong.svg")
        assert facts["kind"] == kind
        answer = maya.visitor.client.get(facts["address"])
        assert answer.content_type.endswith(content_type)
        assert answer.headers["Content-Disposition"].startswith(f'{how}; filename="wrong.')
        assert ".svg" not in answer.headers["Content-Disposition"]
        download = maya.visitor.client.get(facts["address"], query_string={"download": "1"})
        assert download.headers["Content-Disposition"].startswith("attachment")

    def test_place_is_gone(self, maya: Sender) -> None:
        facts = maya.keep(located(), "at home.jpg")
        answer = maya.visitor.client.get(facts["address"])
        assert b"Invented Cameras" not in answer.data
        assert (facts["width"], facts["height"]) == (60, 40)
        small = maya.visitor.client.get(facts["thumbnail"])
        assert (small.status_code, small.content_type) == (200, "image/webp")
        assert small.headers["X-Content-Type-Options"] == "nosniff"

    def test_name_in_any_script(self, maya: Sender) -> None:
        facts = maya.keep(TEXT, 'el "robot" niño 🤖.txt')
        said = maya.visitor.client.get(facts["address"]).headers["Content-Disposition"]
        assert 'filename="el _robot_ ni_o _.txt"' in said
        assert "filename*=UTF-8''el%20%22robot%22%20ni%C3%B1o%20%F0%9F%A4%96.txt" in said

    @pytest.mark.parametrize(
        ("wanted", "start", "stop"),
        [
            ("bytes=0-", 0, None),
            ("bytes=0-0", 0, 1),
            ("bytes=5-9", 5, 10),
            ("bytes=-7", -7, None),
            ("bytes=2000-999999", 2000, None),
            ("bytes=-999999", 0, None),
        ],
    )
    def test_part(self, maya: Sender, wanted: str, start: int, stop: int | None) -> None:
        facts = maya.keep(TEXT)
        answer = maya.visitor.client.get(facts["address"], headers={"Range": wanted})
        assert answer.status_code == 206
        assert answer.data == TEXT[start:stop]
        assert answer.headers["Content-Length"] == str(len(answer.data))
        first = start % len(TEXT)
        last = first + len(answer.data) - 1
        assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(TEXT)}"

    def test_part_behind_the_end(self, maya: Sender) -> None:
        facts = maya.keep(TEXT)
        answer = maya.visitor.client.get(facts["address"], headers={"Range": "bytes=999999-"})
        assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{len(TEXT)}")

    @pytest.mark.parametrize("wanted", ["bytes=0-1,5-6", "lines=1-2", "nonsense", "bytes=9-3"])
    def test_part_that_is_answered_with_the_whole(self, maya: Sender, wanted: str) -> None:
        facts = maya.keep(TEXT)
        answer = maya.visitor.client.get(facts["address"], headers={"Range": wanted})
        assert (answer.status_code, answer.data) == (200, TEXT)

    def test_what_the_browser_has_already(self, maya: Sender) -> None:
        facts = maya.keep(TEXT)
        tag = maya.visitor.client.get(facts["address"]).headers["ETag"]
        assert tag == f'"{hashlib.sha256(TEXT).hexdigest()}"'
        again = maya.visitor.client.get(facts["address"], headers={"If-None-Match": tag})
        assert (again.status_code, again.data) == (304, b"")
        for given, status in [(tag, 206), ('"other"', 200)]:
            headers = {"Range": "bytes=0-4", "If-Range": given}
            assert maya.visitor.client.get(facts["address"], headers=headers).status_code == status

    def test_facts(self, maya: Sender) -> None:
        facts = maya.keep(encoded("PNG"), "robot.png")
        assert maya.visitor.get(f"files/{facts['id']}/facts").json == facts

    def test_no_thumbnail(self, maya: Sender) -> None:
        facts = maya.keep(TEXT)
        assert facts["thumbnail"] is None
        assert maya.visitor.get(f"files/{facts['id']}/thumbnail").status_code == 404


class TestWhose:
    def test_another_student(self, maya: Sender, leo: Sender) -> None:
        file_id = maya.keep(encoded("PNG"))["id"]
        for path in (f"files/{file_id}", f"files/{file_id}/thumbnail", f"files/{file_id}/facts"):
            answer = leo.visitor.get(path, headers={"Accept": "application/json"})
            assert (answer.status_code, told(answer)["code"]) == (404, "file_not_here")
        unfinished = maya.begin(3).location.replace(maya.visitor.handle, leo.visitor.handle)
        assert leo.ask("HEAD", unfinished).status_code == 404
        assert leo.append(unfinished, 0, b"abc").status_code == 404
        assert leo.ask("DELETE", unfinished).status_code == 404
        assert leo.ask("POST", f"{unfinished}/finish").status_code == 404

    def test_somebody_whom_another_room_vouches_for(self, app: Flask, maya: Sender, leo: Sender) -> None:
        facts = maya.keep(TEXT)
        asked = []

        def vouch(_session: Any, actor: Any, file_id: str) -> bool:
            asked.append((actor.person_id, file_id))
            return True

        app.extensions["lti_plp_may_read"].append(vouch)
        assert leo.visitor.get(f"files/{facts['id']}").data == TEXT
        assert [file_id for _, file_id in asked] == [facts["id"]]

    def test_browser_without_the_cookie(self, maya: Sender, app: Flask) -> None:
        address = maya.keep(TEXT)["address"]
        assert app.test_client().get(address).status_code == 401

    def test_addresses_of_a_visit_with_cookies_carry_no_key(self, maya: Sender) -> None:
        facts = maya.keep(encoded("PNG"))
        assert "?" not in facts["address"] + facts["thumbnail"]


class TestWithoutCookies:
    """The way into such a visit is walked by the journeys; here its rows are made as the launch would."""

    @pytest.fixture
    def bare(self, app: Flask, maya: Sender, toolbox: Toolbox) -> Sender:
        """Maya's visit, whose browser has lost its cookie and brings a token instead."""
        with toolbox.sessions.begin() as session:
            session.execute(
                update(WebSession).values(browser_hash=None, token_hash=digest("token-of-a-page"))
            )
        client = app.test_client(use_cookies=False)
        headers = {**maya.headers, "Authorization": "Bearer token-of-a-page"}
        return Sender(Visitor(client, maya.visitor.page, "en"), headers)

    def test_address_opens_by_itself(self, bare: Sender) -> None:
        facts = bare.keep(encoded("PNG"), "robot.png")
        for address in (facts["address"], facts["thumbnail"]):
            assert bare.visitor.client.get(address).status_code == 200
            assert bare.visitor.client.get(address.split("?")[0]).status_code == 401
        assert bare.visitor.client.get(facts["address"], headers={"Range": "bytes=0-3"}).status_code == 206

    def test_for_some_minutes(self, bare: Sender, clock: MovableClock) -> None:
        address = bare.keep(TEXT)["address"]
        clock.forward(minutes=9)
        assert bare.visitor.client.get(address).status_code == 200
        clock.forward(minutes=12)
        answer = bare.visitor.client.get(address, headers={"Accept": "application/json"})
        assert (answer.status_code, told(answer)["code"]) == (403, "file_address")
        facts = told(bare.ask("GET", address.split("?")[0] + "/facts"))
        assert bare.visitor.client.get(facts["address"]).data == TEXT

    def test_for_one_file(self, bare: Sender) -> None:
        one, other = bare.keep(TEXT), bare.keep(b"Not this one.")
        assert bare.visitor.client.get(one["address"].replace(one["id"], other["id"])).status_code == 403

    @pytest.mark.parametrize("name", ["until", "key"])
    def test_not_when_it_was_changed(self, bare: Sender, name: str) -> None:
        parts = urlsplit(bare.keep(TEXT)["address"])
        query = dict(parse_qsl(parts.query))
        for value in (query[name] + "0", "", "ñ", query[name][:-1]):
            changed = f"{parts.path}?{urlencode({**query, name: value})}"
            assert bare.visitor.client.get(changed).status_code == 403

    def test_not_in_another_session(self, bare: Sender, leo: Sender) -> None:
        address = bare.keep(TEXT)["address"]
        assert (
            leo.visitor.client.get(address.replace(bare.visitor.handle, leo.visitor.handle)).status_code
            == 403
        )

    def test_not_after_the_session(self, bare: Sender, toolbox: Toolbox) -> None:
        address = bare.keep(TEXT)["address"]
        with toolbox.sessions.begin() as session:
            session.execute(delete(WebSession))
        assert bare.visitor.client.get(address).status_code == 401

    def test_only_for_looking(self, bare: Sender) -> None:
        address = bare.begin(3).location
        query = urlsplit(bare.keep(TEXT)["address"]).query
        bare.headers.pop("Authorization")
        assert bare.ask("DELETE", f"{address}?{query}").status_code == 401
        assert bare.ask("POST", f"{address}/finish?{query}").status_code == 401
