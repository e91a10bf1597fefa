"""Uploads: they go on where they stopped, count once, and are wholly there or not at all."""

import fcntl
import hashlib
import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event
from types import SimpleNamespace
from typing import BinaryIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.errors import PlpError
from lti_plp.files import uploads
from lti_plp.files.access import own_file, readable_file
from lti_plp.files.cabinet import MEGABYTE, Cabinet
from lti_plp.files.models import StoredFile
from lti_plp.files.store import DiskStore
from lti_plp.files.uploads import abort, append, begin, clear_away, finish, remove, state_of
from lti_plp.plp.actor import Actor
from tests.factories import minutes
from tests.files.samples import HOSTILE, encoded, located, pdf, picture

NOW = minutes(0)
LATER = NOW + timedelta(hours=25)
TEXT = b"What I learned this week.\n" * 50


def send(cabinet: Cabinet, actor: Actor, content: bytes, name: str = "notes.txt") -> str:
    """Everything but the end; the id."""
    upload = begin(cabinet, actor, len(content), name, NOW)
    append(cabinet, actor, upload.id, 0, io.BytesIO(content), NOW)
    return upload.id


def row_of(sessions: sessionmaker[Session], file_id: str) -> StoredFile | None:
    with sessions() as session:
        return session.get(StoredFile, file_id)


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def kept(tmp_path: Path) -> list[Path]:
    return files_in(tmp_path / "files")


def waiting(tmp_path: Path) -> list[Path]:
    return files_in(tmp_path / "uploads")


def code_of(call: Callable[[], object]) -> str:
    """The code of the error that a call ends with."""
    with pytest.raises(PlpError) as refused:
        call()
    return refused.value.code


class TestWhole:
    def test_text(self, cabinet: Cabinet, maya: Actor, tmp_path: Path) -> None:
        file = finish(cabinet, maya, send(cabinet, maya, TEXT), NOW)
        assert (file.state, file.size, file.content_type) == ("ready", len(TEXT), "text/plain; charset=utf-8")
        assert file.sha256 == hashlib.sha256(TEXT).hexdigest()
        assert b"".join(cabinet.store.read(str(file.storage_key))) == TEXT
        assert (file.thumbnail_key, file.width, file.original_name) == (None, None, "notes.txt")
        assert waiting(tmp_path) == []

    def test_image_is_kept_as_it_was_made_anew(self, cabinet: Cabinet, maya: Actor, tmp_path: Path) -> None:
        file = finish(cabinet, maya, send(cabinet, maya, located(orientation=6), "IMG_1.HEIC"), NOW)
        assert (file.content_type, file.width, file.height) == ("image/jpeg", 40, 60)
        content = b"".join(cabinet.store.read(str(file.storage_key)))
        assert hashlib.sha256(content).hexdigest() == file.sha256
        assert b"Invented Cameras" not in content
        assert cabinet.store.exists(str(file.thumbnail_key))
        assert len(kept(tmp_path)) == 2

    def test_pdf_has_a_picture_of_its_first_page(self, cabinet: Cabinet, maya: Actor) -> None:
        content = pdf()
        file = finish(cabinet, maya, send(cabinet, maya, content), NOW)
        assert file.sha256 == hashlib.sha256(content).hexdigest()
        assert cabinet.store.exists(str(file.thumbnail_key))

    def test_finished_twice_is_finished_once(self, cabinet: Cabinet, maya: Actor, tmp_path: Path) -> None:
        file_id = send(cabinet, maya, TEXT)
        first, second = (finish(cabinet, maya, file_id, NOW) for _ in range(2))
        assert first.storage_key == second.storage_key
        assert len(kept(tmp_path)) == 1

    def test_nothing_is_done_with_what_is_incomplete(self, cabinet: Cabinet, maya: Actor) -> None:
        upload = begin(cabinet, maya, 10, "a.txt", NOW)
        append(cabinet, maya, upload.id, 0, io.BytesIO(b"nine bytes"[:9]), NOW)
        assert code_of(lambda: finish(cabinet, maya, upload.id, NOW)) == "upload_incomplete"
        append(cabinet, maya, upload.id, 9, io.BytesIO(b"s"), NOW)
        assert finish(cabinet, maya, upload.id, NOW).state == "ready"


class TestRefused:
    @pytest.mark.parametrize("what", ["zip bomb", "SVG with script", "JPEG with a ZIP behind", "docm", "ZIP"])
    def test_nothing_of_it_is_kept(
        self, cabinet: Cabinet, maya: Actor, tmp_path: Path, sessions: sessionmaker[Session], what: str
    ) -> None:
        code, content = HOSTILE[what]
        file_id = send(cabinet, maya, content, "homework.jpg")
        assert code_of(lambda: finish(cabinet, maya, file_id, NOW)) == code
        assert kept(tmp_path) == waiting(tmp_path) == []
        row = row_of(sessions, file_id)
        assert row is not None
        assert (row.state, row.storage_key) == ("refused", None)
        # The answer may have been lost; who asks again hears the same.
        assert code_of(lambda: finish(cabinet, maya, file_id, NOW)) == code

    def test_broken_image(self, cabinet: Cabinet, maya: Actor, tmp_path: Path) -> None:
        file_id = send(cabinet, maya, encoded("JPEG", picture(600, 400))[:2000])
        assert code_of(lambda: finish(cabinet, maya, file_id, NOW)) == "file_broken"
        assert kept(tmp_path) == waiting(tmp_path) == []

    @pytest.mark.parametrize(
        ("size", "name", "code"),
        [
            (0, "a.txt", "file_empty"),
            (-1, "a.txt", "file_empty"),
            (5 * 1024**3, "film.mp4", "file_too_large"),
            (2 * MEGABYTE + 1, "film.mp4", "file_too_large"),
            (10, "../../etc/passwd", "file_name"),
            (10, "C:\\evil.txt", "file_name"),
            (10, "a\0b", "file_name"),
            (10, "..", "file_name"),
        ],
    )
    def test_at_once(
        self, cabinet: Cabinet, maya: Actor, tmp_path: Path, size: int, name: str, code: str
    ) -> None:
        assert code_of(lambda: begin(cabinet, maya, size, name, NOW)) == code
        assert waiting(tmp_path) == []

    def test_preview_student_stores_nothing(self, cabinet: Cabinet, maya: Actor) -> None:
        somebody = replace(maya, is_test=True)
        assert code_of(lambda: begin(cabinet, somebody, 10, "a.txt", NOW)) == "may_not_store_files"

    def test_somebody_without_a_role_stores_nothing(self, cabinet: Cabinet, maya: Actor) -> None:
        visitor = replace(maya, roles=frozenset())
        assert code_of(lambda: begin(cabinet, visitor, 10, "a.txt", NOW)) == "may_not_store_files"


class TestQuota:
    def test_what_is_on_its_way_counts(self, cabinet: Cabinet, maya: Actor, eli: Actor) -> None:
        for _ in range(2):
            begin(cabinet, maya, 2 * MEGABYTE, "a.mp4", NOW)
        assert code_of(lambda: begin(cabinet, maya, MEGABYTE + 1, "a.mp4", NOW)) == "quota_reached"
        begin(cabinet, maya, MEGABYTE, "a.mp4", NOW)
        assert code_of(lambda: begin(cabinet, maya, 1, "a.mp4", NOW)) == "quota_reached"
        begin(cabinet, eli, 2 * MEGABYTE, "a.mp4", NOW)

    def test_what_is_gone_does_not_count(
        self, cabinet: Cabinet, maya: Actor, sessions: sessionmaker[Session]
    ) -> None:
        tight = replace(cabinet, quota=len(TEXT))
        given_up = begin(tight, maya, len(TEXT), "a.txt", NOW).id
        assert code_of(lambda: begin(tight, maya, 1, "a.txt", NOW)) == "quota_reached"
        abort(tight, maya, given_up, NOW)
        ready = finish(tight, maya, send(tight, maya, TEXT), NOW).id
        assert code_of(lambda: begin(tight, maya, 1, "a.txt", NOW)) == "quota_reached"
        with sessions.begin() as session:
            remove(session, ready)
        refused = send(tight, maya, b"\0" * len(TEXT))
        assert code_of(lambda: finish(tight, maya, refused, NOW)) == "file_unknown"
        begin(tight, maya, len(TEXT), "a.txt", NOW)

    def test_an_image_counts_as_what_is_kept(self, cabinet: Cabinet, maya: Actor) -> None:
        large = encoded("PNG") + bytes(100_000)
        roomy = replace(cabinet, quota=len(large))
        ready = finish(roomy, maya, send(roomy, maya, large), NOW)
        free = roomy.quota - int(ready.size or 0)
        begin(roomy, maya, free, "a.txt", NOW)
        assert code_of(lambda: begin(roomy, maya, 1, "a.txt", NOW)) == "quota_reached"

    def test_several_at_once_do_not_pass_together(self, cabinet: Cabinet, maya: Actor) -> None:
        gate = Barrier(6)

        def one(_number: int) -> str:
            gate.wait()
            try:
                return begin(cabinet, maya, 2 * MEGABYTE, "a.mp4", NOW).id
            except PlpError as problem:
                return problem.code

        with ThreadPoolExecutor(6) as pool:
            done = list(pool.map(one, range(6)))
        assert done.count("quota_reached") == 4


class Broken(io.BytesIO):
    """A line that breaks after its last byte."""

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        if not piece:
            raise ConnectionError
        return piece


class TestInterrupted:
    def test_what_arrived_counts(self, cabinet: Cabinet, maya: Actor) -> None:
        upload = begin(cabinet, maya, len(TEXT), "a.txt", NOW)
        with pytest.raises(ConnectionError):
            append(cabinet, maya, upload.id, 0, Broken(TEXT[:700]), NOW)
        assert state_of(cabinet, maya, upload.id, NOW).received == 700
        append(cabinet, maya, upload.id, 700, io.BytesIO(TEXT[700:]), NOW)
        assert finish(cabinet, maya, upload.id, NOW).sha256 == hashlib.sha256(TEXT).hexdigest()

    @pytest.mark.parametrize("offset", [0, 5, 699, 701, 10**9, -1])
    def test_another_place(self, cabinet: Cabinet, maya: Actor, offset: int) -> None:
        upload = begin(cabinet, maya, len(TEXT), "a.txt", NOW)
        append(cabinet, maya, upload.id, 0, io.BytesIO(TEXT[:700]), NOW)
        body = io.BytesIO(b"xxx")
        assert code_of(lambda: append(cabinet, maya, upload.id, offset, body, NOW)) == "upload_offset"
        assert state_of(cabinet, maya, upload.id, NOW).received == 700

    def test_more_than_announced(self, cabinet: Cabinet, maya: Actor) -> None:
        upload = begin(cabinet, maya, len(TEXT), "a.txt", NOW)
        body = io.BytesIO(TEXT + b"!")
        assert code_of(lambda: append(cabinet, maya, upload.id, 0, body, NOW)) == "upload_overrun"
        append(cabinet, maya, upload.id, 0, io.BytesIO(TEXT), NOW)
        assert finish(cabinet, maya, upload.id, NOW).sha256 == hashlib.sha256(TEXT).hexdigest()

    def test_bytes_that_nobody_counted_are_cut_off(
        self, cabinet: Cabinet, maya: Actor, tmp_path: Path
    ) -> None:
        """A process ended between writing them and saying so."""
        upload = begin(cabinet, maya, len(TEXT), "a.txt", NOW)
        (path,) = waiting(tmp_path)
        path.write_bytes(b"never counted" * 400)
        append(cabinet, maya, upload.id, 0, io.BytesIO(TEXT), NOW)
        assert finish(cabinet, maya, upload.id, NOW).sha256 == hashlib.sha256(TEXT).hexdigest()

    def test_two_at_once_one_wins(self, cabinet: Cabinet, maya: Actor) -> None:
        upload = begin(cabinet, maya, len(TEXT), "a.txt", NOW)
        inside, go_on = Event(), Event()

        class Slow(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                inside.set()
                go_on.wait(60)
                return super().read(size)

        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(append, cabinet, maya, upload.id, 0, Slow(TEXT), NOW)
            inside.wait(60)
            other = io.BytesIO(b"x" * len(TEXT))
            codes = [
                code_of(lambda: append(cabinet, maya, upload.id, 0, other, NOW)),
                code_of(lambda: finish(cabinet, maya, upload.id, NOW)),
                code_of(lambda: abort(cabinet, maya, upload.id, NOW)),
            ]
            go_on.set()
            assert first.result().received == len(TEXT)
        assert codes == ["upload_busy"] * 3
        assert finish(cabinet, maya, upload.id, NOW).sha256 == hashlib.sha256(TEXT).hexdigest()

    def test_a_process_that_is_just_starting_holds_no_upload(
        self, cabinet: Cabinet, maya: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Between fork and exec it has a copy of every open file, and with it the locks."""
        copies: list[int] = []

        def copying(file: BinaryIO, how: int) -> None:
            fcntl.flock(file, how)
            if how & fcntl.LOCK_EX:
                copies.append(os.dup(file.fileno()))

        monkeypatch.setattr(uploads, "fcntl", SimpleNamespace(**{**vars(fcntl), "flock": copying}))
        file = finish(cabinet, maya, send(cabinet, maya, TEXT), NOW)
        assert (file.state, len(copies)) == ("ready", 2)
        for copy in copies:
            os.close(copy)

    def test_finishing_at_once_keeps_one_file(self, cabinet: Cabinet, maya: Actor, tmp_path: Path) -> None:
        file_id = send(cabinet, maya, encoded("PNG"))
        gate = Barrier(4)

        def one(_number: int) -> str:
            gate.wait()
            try:
                return str(finish(cabinet, maya, file_id, NOW).storage_key)
            except PlpError as problem:
                return problem.code

        with ThreadPoolExecutor(4) as pool:
            done = set(pool.map(one, range(4)))
        final = finish(cabinet, maya, file_id, NOW)
        assert done <= {str(final.storage_key), "upload_busy"}
        assert len(kept(tmp_path)) == 2


class FailingStore(DiskStore):
    """Ends the process, or so it seems, after keeping so many files."""

    def __init__(self, folder: Path, after: int) -> None:
        super().__init__(folder)
        self.left = after

    def put(self, key: str, source: Path) -> None:
        """Keep it, or fail."""
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        super().put(key, source)


class TestCrash:
    @pytest.mark.parametrize("after", [0, 1])
    def test_between_store_and_database(
        self,
        cabinet: Cabinet,
        maya: Actor,
        tmp_path: Path,
        sessions: sessionmaker[Session],
        after: int,
    ) -> None:
        failing = replace(cabinet, store=FailingStore(tmp_path / "files", after))
        file_id = send(failing, maya, encoded("PNG"))
        with pytest.raises(KeyboardInterrupt):
            finish(failing, maya, file_id, NOW)
        assert len(kept(tmp_path)) == after
        row = row_of(sessions, file_id)
        assert row is not None
        assert row.state == "receiving"
        assert clear_away(cabinet, LATER)["receiving"] == 1
        assert kept(tmp_path) == waiting(tmp_path) == []
        assert row_of(sessions, file_id) is None

    def test_can_be_finished_afterwards(self, cabinet: Cabinet, maya: Actor, tmp_path: Path) -> None:
        failing = replace(cabinet, store=FailingStore(tmp_path / "files", 1))
        file_id = send(failing, maya, encoded("PNG"))
        with pytest.raises(KeyboardInterrupt):
            finish(failing, maya, file_id, NOW)
        assert finish(cabinet, maya, file_id, NOW).state == "ready"
        assert len(kept(tmp_path)) == 2


class TestClearAway:
    def test_unfinished_after_a_day(
        self, cabinet: Cabinet, maya: Actor, tmp_path: Path, sessions: sessionmaker[Session]
    ) -> None:
        upload = begin(cabinet, maya, 100, "a.txt", NOW)
        assert upload.expires_at == NOW + timedelta(hours=24)
        assert clear_away(cabinet, NOW + timedelta(hours=23))["receiving"] == 0
        assert len(waiting(tmp_path)) == 1
        assert clear_away(cabinet, LATER)["receiving"] == 1
        assert waiting(tmp_path) == []
        assert row_of(sessions, upload.id) is None

    def test_not_while_somebody_works_on_it(self, cabinet: Cabinet, maya: Actor) -> None:
        upload = begin(cabinet, maya, 4, "a.txt", NOW)
        with uploads._locked(uploads._path(cabinet, upload.id)):
            assert clear_away(cabinet, LATER)["receiving"] == 0
        assert clear_away(cabinet, LATER)["receiving"] == 1

    def test_what_is_ready_stays(self, cabinet: Cabinet, maya: Actor, tmp_path: Path) -> None:
        finish(cabinet, maya, send(cabinet, maya, TEXT), NOW)
        assert set(clear_away(cabinet, LATER).values()) == {0}
        assert len(kept(tmp_path)) == 1

    def test_refusals_are_forgotten(
        self, cabinet: Cabinet, maya: Actor, sessions: sessionmaker[Session]
    ) -> None:
        file_id = send(cabinet, maya, b"\0")
        code_of(lambda: finish(cabinet, maya, file_id, NOW))
        assert clear_away(cabinet, LATER)["refused"] == 1
        assert row_of(sessions, file_id) is None

    def test_deleted_files_lose_bytes_and_name(
        self, cabinet: Cabinet, maya: Actor, tmp_path: Path, sessions: sessionmaker[Session]
    ) -> None:
        file_id = finish(cabinet, maya, send(cabinet, maya, encoded("PNG")), NOW).id
        with sessions.begin() as session:
            remove(session, file_id)
        assert clear_away(cabinet, NOW)["deleted"] == 1
        assert kept(tmp_path) == []
        row = row_of(sessions, file_id)
        assert row is not None
        assert (row.state, row.original_name, row.storage_key, row.thumbnail_key) == (
            "deleted",
            "",
            None,
            None,
        )
        assert clear_away(cabinet, LATER)["deleted"] == 0

    def test_folders_of_processes_that_ended(self, cabinet: Cabinet, tmp_path: Path) -> None:
        left = tmp_path / "uploads" / "work-left"
        left.mkdir(parents=True)
        (left / "kept").write_bytes(b"half an image")
        os.utime(left, (NOW.timestamp(), NOW.timestamp()))
        clear_away(cabinet, NOW)
        assert left.exists()
        clear_away(cabinet, LATER)
        assert not left.exists()

    def test_an_upload_that_took_too_long_is_gone_before_that(self, cabinet: Cabinet, maya: Actor) -> None:
        upload = begin(cabinet, maya, 4, "a.txt", NOW)
        body = io.BytesIO(b"abcd")
        assert code_of(lambda: state_of(cabinet, maya, upload.id, LATER)) == "upload_unknown"
        assert code_of(lambda: append(cabinet, maya, upload.id, 0, body, LATER)) == "upload_unknown"


class TestWhose:
    @pytest.fixture(params=["eli", "foreigner"])
    def other(self, request: pytest.FixtureRequest) -> Actor:
        actor: Actor = request.getfixturevalue(request.param)
        return actor

    def test_upload_of_somebody_else(self, cabinet: Cabinet, maya: Actor, other: Actor) -> None:
        upload = begin(cabinet, maya, 4, "a.txt", NOW)
        for call in (
            lambda: state_of(cabinet, other, upload.id, NOW),
            lambda: append(cabinet, other, upload.id, 0, io.BytesIO(b"abcd"), NOW),
            lambda: finish(cabinet, other, upload.id, NOW),
            lambda: abort(cabinet, other, upload.id, NOW),
        ):
            assert code_of(call) == "upload_unknown"

    def test_file_of_somebody_else(
        self, cabinet: Cabinet, maya: Actor, other: Actor, sessions: sessionmaker[Session]
    ) -> None:
        file_id = finish(cabinet, maya, send(cabinet, maya, TEXT), NOW).id
        with sessions() as session:
            assert readable_file(session, maya, file_id).id == own_file(session, maya, file_id).id == file_id
            assert code_of(lambda: readable_file(session, other, file_id)) == "file_not_here"
            assert code_of(lambda: own_file(session, other, file_id)) == "file_not_here"
            assert (
                code_of(lambda: readable_file(session, other, file_id, [lambda *_: False])) == "file_not_here"
            )

    def test_others_may_vouch_within_the_tenant_only(
        self,
        cabinet: Cabinet,
        maya: Actor,
        eli: Actor,
        foreigner: Actor,
        sessions: sessionmaker[Session],
    ) -> None:
        file_id = finish(cabinet, maya, send(cabinet, maya, TEXT), NOW).id
        everybody = [lambda *_: False, lambda *_: True]
        with sessions() as session:
            assert readable_file(session, eli, file_id, everybody).id == file_id
            assert code_of(lambda: readable_file(session, foreigner, file_id, everybody)) == "file_not_here"

    def test_only_what_is_ready(self, cabinet: Cabinet, maya: Actor, sessions: sessionmaker[Session]) -> None:
        unfinished = begin(cabinet, maya, 4, "a.txt", NOW).id
        gone = finish(cabinet, maya, send(cabinet, maya, TEXT), NOW).id
        with sessions.begin() as session:
            remove(session, gone)
            for file_id in (unfinished, gone, "nothing"):
                assert code_of(lambda: readable_file(session, maya, file_id)) == "file_not_here"  # noqa: B023


class TestTable:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"state": "lost"},
            {"state": "ready"},
            {"state": "refused"},
            {"received": 5},
            {"received": -1},
            {"declared_size": 0},
            {"width": 5},
        ],
    )
    def test_holds_what_it_can(
        self, cabinet: Cabinet, maya: Actor, sessions: sessionmaker[Session], wrong: dict[str, object]
    ) -> None:
        file_id = begin(cabinet, maya, 4, "a.txt", NOW).id
        with sessions() as session, pytest.raises(IntegrityError):
            session.execute(update(StoredFile).where(StoredFile.id == file_id).values(wrong))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text("abc ñ\n", min_size=1, max_size=300),
    steps=st.lists(st.tuples(st.floats(0, 1), st.sampled_from(["whole", "broken", "elsewhere"])), max_size=8),
)
def test_any_pieces_give_the_same_file(
    cabinet: Cabinet,
    maya: Actor,
    sessions: sessionmaker[Session],
    text: str,
    steps: list[tuple[float, str]],
) -> None:
    """Pieces of any size, lines that break anywhere, offsets that are wrong: the same bytes in the end."""
    content = (text + ".").encode()
    file_id = begin(cabinet, maya, len(content), "a.txt", NOW).id
    received = 0
    for share, how in [*steps, (1.0, "whole")]:
        left = len(content) - received
        piece = content[received : received + int(share * left)]
        if how == "whole":
            append(cabinet, maya, file_id, received, io.BytesIO(piece), NOW)
        elif how == "broken":
            with pytest.raises(ConnectionError):
                append(cabinet, maya, file_id, received, Broken(piece), NOW)
        else:
            with pytest.raises(PlpError):
                append(cabinet, maya, file_id, received + 1 + len(piece), io.BytesIO(piece), NOW)
            piece = b""
        received += len(piece)
        assert state_of(cabinet, maya, file_id, NOW).received == received
    assert finish(cabinet, maya, file_id, NOW).sha256 == hashlib.sha256(content).hexdigest()
    with sessions.begin() as session:
        remove(session, file_id)
