"""Both stores keep the same promises; the S3 one over real HTTP before an S3-compatible server."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from moto.server import ThreadedMotoServer

from lti_plp.errors import PlpError
from lti_plp.files.store import CHUNK, MULTIPART, DiskStore, FileStore, S3Store, make_store, new_key
from lti_plp.settings import Settings

KEY_ID = "school"
SECRET = "a/secret+with=signs"


@pytest.fixture(scope="module")
def s3_address() -> Iterator[str]:
    """Host and port of an S3-compatible server on loopback."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_address: str) -> Any:
    """The server's own view, apart from our code."""
    return boto3.client(
        "s3",
        endpoint_url=f"http://{s3_address}",
        region_name="us-east-1",
        aws_access_key_id=KEY_ID,
        aws_secret_access_key=SECRET,
    )


@pytest.fixture
def s3_url(s3_address: str, s3: Any) -> str:
    """The address of an empty bucket."""
    bucket = f"evidence-{secrets.token_hex(4)}"
    s3.create_bucket(Bucket=bucket)
    return f"s3://{KEY_ID}:{quote(SECRET, safe='')}@{s3_address}/{bucket}?scheme=http"


@pytest.fixture(params=["disk", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    url = request.getfixturevalue("s3_url") if request.param == "s3" else f"file://{tmp_path}/kept%20files"
    return make_store(Settings(storage_url=url))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "source"
    file.write_bytes(secrets.token_bytes(3 * CHUNK + 17))
    return file


class TestStore:
    def test_gives_back_what_was_put(self, store: FileStore, source: Path) -> None:
        key = new_key()
        store.put(key, source)
        assert b"".join(store.read(key)) == source.read_bytes()
        assert store.size(key) == 3 * CHUNK + 17
        assert store.exists(key)

    def test_reads_in_pieces(self, store: FileStore, source: Path) -> None:
        key = new_key()
        store.put(key, source)
        assert max(len(piece) for piece in store.read(key)) <= CHUNK

    @pytest.mark.parametrize(
        ("start", "length"),
        [(0, 1), (5, 10), (CHUNK - 1, 2), (10, None), (3 * CHUNK + 16, 1), (7, 2 * CHUNK), (3 * CHUNK, 999)],
    )
    def test_reads_a_range(self, store: FileStore, source: Path, start: int, length: int | None) -> None:
        key = new_key()
        store.put(key, source)
        until = None if length is None else start + length
        assert b"".join(store.read(key, start, length)) == source.read_bytes()[start:until]

    @pytest.mark.parametrize(("start", "length"), [(0, 0), (3 * CHUNK + 17, None), (10**9, 5)])
    def test_reads_nothing(self, store: FileStore, source: Path, start: int, length: int | None) -> None:
        key = new_key()
        store.put(key, source)
        assert b"".join(store.read(key, start, length)) == b""

    def test_large_file(self, store: FileStore, tmp_path: Path) -> None:
        file = tmp_path / "large"
        file.write_bytes(secrets.token_bytes(MULTIPART) + b"end")
        key = new_key()
        store.put(key, file)
        assert store.size(key) == MULTIPART + 3
        assert b"".join(store.read(key, MULTIPART - 1, None))[1:] == b"end"

    def test_what_is_not_there(self, store: FileStore) -> None:
        key = new_key()
        assert not store.exists(key)
        with pytest.raises(LookupError):
            store.size(key)
        with pytest.raises(LookupError):
            store.read(key)

    def test_delete_and_delete_again(self, store: FileStore, source: Path) -> None:
        key = new_key()
        store.put(key, source)
        store.delete(key)
        assert not store.exists(key)
        store.delete(key)

    @pytest.mark.parametrize(
        "key", ["", "new", "../tool.sqlite3", "/etc/passwd", "ab/cd/" + "g" * 32, "a\0b"]
    )
    def test_no_other_key_leads_anywhere(self, store: FileStore, source: Path, key: str) -> None:
        for call in (store.size, store.exists, store.delete, store.read):
            with pytest.raises(LookupError):
                call(key)
        with pytest.raises(LookupError):
            store.put(key, source)

    def test_what_is_kept_stays_when_the_store_is_tidied(self, store: FileStore, source: Path) -> None:
        key = new_key()
        store.put(key, source)
        store.tidy(datetime.now(UTC) + timedelta(days=1))
        assert store.exists(key)


def test_keys_are_random_and_fanned_out() -> None:
    keys = {new_key() for _ in range(500)}
    assert len(keys) == 500
    assert len({key[:5] for key in keys}) > 400


class TestDisk:
    def test_only_our_user_may_read(self, tmp_path: Path, source: Path) -> None:
        key = new_key()
        DiskStore(tmp_path / "kept").put(key, source)
        path = tmp_path / "kept" / key
        assert path.stat().st_mode & 0o077 == 0
        assert path.parent.stat().st_mode & 0o077 == 0

    def test_half_a_file_is_no_file(self, tmp_path: Path) -> None:
        """The source cannot be read: nothing is left, under any name."""
        store, key = DiskStore(tmp_path / "kept"), new_key()
        with pytest.raises(PlpError) as refused:
            store.put(key, tmp_path / "not-there")
        assert refused.value.code == "storage_unreachable"
        assert not [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]

    def test_tidy_removes_old_beginnings_only(self, tmp_path: Path) -> None:
        beginnings = tmp_path / "kept" / "new"
        beginnings.mkdir(parents=True)
        (beginnings / "left-behind").write_bytes(b"half")
        store = DiskStore(tmp_path / "kept")
        store.tidy(datetime.now(UTC) - timedelta(hours=1))
        assert (beginnings / "left-behind").exists()
        store.tidy(datetime.now(UTC) + timedelta(hours=1))
        assert not (beginnings / "left-behind").exists()


class TestS3:
    def test_tidy_removes_old_parts_only(self, s3: Any, s3_url: str) -> None:
        bucket = s3_url.rsplit("/", 1)[-1].split("?", maxsplit=1)[0]
        s3.create_multipart_upload(Bucket=bucket, Key=new_key())
        store = S3Store(s3_url)
        # The server's list says that every such upload began in 2010.
        store.tidy(datetime(2000, 1, 1, tzinfo=UTC))
        assert s3.list_multipart_uploads(Bucket=bucket)["Uploads"]
        store.tidy(datetime.now(UTC))
        assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)

    def test_no_server_there(self, tmp_path: Path, source: Path) -> None:
        store = S3Store("s3://key:secret@127.0.0.1:9/bucket?scheme=http")
        for call in (lambda: store.put(new_key(), source), lambda: store.size(new_key())):
            with pytest.raises(PlpError) as refused:
                call()
            assert refused.value.code == "storage_unreachable"
            assert "secret" not in str(refused.value)

    def test_credentials_of_the_environment(
        self, s3_url: str, source: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        store, key = S3Store(f"s3://{s3_url.split('@')[1]}"), new_key()
        store.put(key, source)
        assert store.exists(key)


class TestSettings:
    def test_beside_the_database(self, tmp_path: Path, source: Path) -> None:
        store, key = make_store(Settings(database_url=f"sqlite:///{tmp_path}/plp.sqlite3")), new_key()
        store.put(key, source)
        assert (tmp_path / "files" / key).is_file()

    def test_in_the_working_folder(
        self, tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        store, key = make_store(Settings(database_url="postgresql+psycopg://db.example/plp")), new_key()
        store.put(key, source)
        assert (tmp_path / "files" / key).is_file()

    @pytest.mark.parametrize(
        "url",
        ["ftp://files.example", "files", "file://host/files", "s3://bucket", "s3://host/a/b", "s3:///b"],
    )
    def test_address_that_makes_no_sense(self, url: str) -> None:
        with pytest.raises(ValueError, match="LTI_PLP_STORAGE_URL"):
            make_store(Settings(storage_url=url))
