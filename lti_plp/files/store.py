"""Where bytes are kept: in a folder, or in S3-compatible storage. Nothing a person typed is ever part of a key."""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from sqlalchemy import make_url

from lti_plp.errors import PlpError
from lti_plp.settings import Settings

CHUNK = 64 * 1024
"""Bytes that are in memory at once while a file is read."""

MULTIPART = 8 * 1024 * 1024
"""Larger files go to S3 in parts of this size."""

_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{32}")


class FileStore(Protocol):
    """Keeps files under keys. A file is there wholly or not at all, and never changes."""

    def put(self, key: str, source: Path) -> None:
        """Keep a copy of ``source``.

        :raise PlpError: ``storage_unreachable`` when it cannot be kept now.
        """

    def read(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Return the bytes from ``start`` on, at most ``length`` of them, in pieces.

        :raise LookupError: when nothing is kept under ``key``; before the first piece.
        :raise PlpError: ``storage_unreachable`` when it cannot be read now.
        """

    def size(self, key: str) -> int:
        """Return how many bytes are kept under ``key``.

        :raise LookupError: when nothing is.
        """

    def exists(self, key: str) -> bool:
        """Say whether something is kept under ``key``."""

    def delete(self, key: str) -> None:
        """Forget what is kept under ``key``, if anything is."""

    def tidy(self, before: datetime) -> None:
        """Remove what was begun before this moment and never became a file: a process may end in the midst of it."""


def new_key() -> str:
    """Return a key that nobody has: random, and spread over folders of a few hundred files each."""
    name = secrets.token_hex(16)
    return f"{name[:2]}/{name[2:4]}/{name}"


def _checked(key: str) -> str:
    """Return ``key`` when it is one that :func:`new_key` made.

    :raise LookupError: for anything else, which no file can have.
    """
    if not _KEY.fullmatch(key):
        raise LookupError("This is no key of a kept file.")
    return key


def _unreachable() -> PlpError:
    return PlpError("storage_unreachable", 503, "The storage of files does not answer.")


class DiskStore:
    """A folder. A file is written under a temporary name, flushed to the disk, and only then named by its key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._beginnings = folder / "new"

    def put(self, key: str, source: Path) -> None:
        """See :class:`FileStore`."""
        target = self._folder / _checked(key)
        try:
            self._beginnings.mkdir(mode=0o700, parents=True, exist_ok=True)
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(source, self._beginnings / secrets.token_hex(16), target)
        except OSError as problem:
            raise _unreachable() from problem

    def _write(self, source: Path, beginning: Path, target: Path) -> None:
        try:
            with source.open("rb") as old, _private(beginning) as new:
                while piece := old.read(CHUNK):
                    new.write(piece)
                new.flush()
                os.fsync(new.fileno())
            beginning.replace(target)
            _flush_folder(target.parent)
        finally:
            beginning.unlink(missing_ok=True)

    def read(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """See :class:`FileStore`."""
        path = self._folder / _checked(key)
        if not path.is_file():
            raise LookupError("Nothing is kept under this key.")
        return _pieces(path, start, length)

    def size(self, key: str) -> int:
        """See :class:`FileStore`."""
        try:
            return (self._folder / _checked(key)).stat().st_size
        except FileNotFoundError as problem:
            raise LookupError("Nothing is kept under this key.") from problem

    def exists(self, key: str) -> bool:
        """See :class:`FileStore`."""
        return (self._folder / _checked(key)).is_file()

    def delete(self, key: str) -> None:
        """See :class:`FileStore`."""
        (self._folder / _checked(key)).unlink(missing_ok=True)

    def tidy(self, before: datetime) -> None:
        """See :class:`FileStore`."""
        for path in self._beginnings.glob("*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before.timestamp():
                    path.unlink()


def _private(path: Path) -> Any:
    """Open a new file that only our own user may read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _flush_folder(folder: Path) -> None:
    # A name is part of its folder, and is safe from a power cut only when the folder is written too.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _pieces(path: Path, start: int, length: int | None) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        left = length
        while piece := file.read(CHUNK if left is None else min(CHUNK, left)):
            if left is not None:
                left -= len(piece)
            yield piece


class S3Store:
    """A bucket of S3-compatible storage."""

    def __init__(self, url: str) -> None:
        """Take host, bucket and, unless the environment has them, credentials from ``url``.

        :raise ValueError: when the address names no host or no bucket.
        """
        parts = urlsplit(url)
        self._bucket = parts.path.strip("/")
        if not parts.hostname or not self._bucket or "/" in self._bucket:
            raise ValueError("LTI_PLP_STORAGE_URL must be s3://[KEY:SECRET@]HOST[:PORT]/BUCKET[?region=…].")
        self._client = _s3_client(parts)

    def put(self, key: str, source: Path) -> None:
        """See :class:`FileStore`."""
        from boto3.s3.transfer import TransferConfig

        config = TransferConfig(
            multipart_threshold=MULTIPART, multipart_chunksize=MULTIPART, max_concurrency=2
        )
        with _s3_problems():
            self._client.upload_file(str(source), self._bucket, _checked(key), Config=config)

    def read(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """See :class:`FileStore`."""
        if length == 0 or start >= self.size(key):
            # S3 has no way to ask for no bytes.
            return iter(())
        until = "" if length is None else str(start + length - 1)
        with _s3_problems():
            answer = self._client.get_object(
                Bucket=self._bucket, Key=_checked(key), Range=f"bytes={start}-{until}"
            )
        return _s3_pieces(answer["Body"])

    def size(self, key: str) -> int:
        """See :class:`FileStore`."""
        with _s3_problems():
            answer = self._client.head_object(Bucket=self._bucket, Key=_checked(key))
        return int(answer["ContentLength"])

    def exists(self, key: str) -> bool:
        """See :class:`FileStore`."""
        _checked(key)
        try:
            self.size(key)
        except LookupError:
            return False
        return True

    def delete(self, key: str) -> None:
        """See :class:`FileStore`."""
        with _s3_problems():
            self._client.delete_object(Bucket=self._bucket, Key=_checked(key))

    def tidy(self, before: datetime) -> None:
        """See :class:`FileStore`. Parts of an upload that was never completed are invisible, and paid for."""
        with _s3_problems():
            pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=self._bucket)
            begun = [upload for page in pages for upload in page.get("Uploads", [])]
            for upload in begun:
                if upload["Initiated"] < before:
                    self._client.abort_multipart_upload(
                        Bucket=self._bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                    )


def _s3_client(parts: SplitResult) -> Any:
    # Imported here: it takes a third of a second, and most installations keep files on disk.
    import boto3
    from botocore.config import Config

    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    port = f":{parts.port}" if parts.port else ""
    return boto3.session.Session().client(
        "s3",
        endpoint_url=f"{options.get('scheme', 'https')}://{parts.hostname}{port}",
        region_name=options.get("region", "us-east-1"),
        aws_access_key_id=unquote(parts.username) if parts.username else None,
        aws_secret_access_key=unquote(parts.password) if parts.password else None,
        config=Config(
            signature_version="s3v4",
            # Storage that is compatible with S3 seldom has a host name for each bucket, nor the newer checksums.
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=5,
            read_timeout=30,
            retries={"mode": "standard", "total_max_attempts": 3},
        ),
    )


@contextmanager
def _s3_problems() -> Iterator[None]:
    from boto3.exceptions import S3UploadFailedError
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as problem:
        if problem.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            raise LookupError("Nothing is kept under this key.") from None
        raise _unreachable() from problem
    except (BotoCoreError, S3UploadFailedError) as problem:
        raise _unreachable() from problem


def _s3_pieces(body: Any) -> Iterator[bytes]:
    try:
        with _s3_problems():
            yield from body.iter_chunks(CHUNK)
    finally:
        body.close()


def make_store(settings: Settings) -> FileStore:
    """Return the store that the settings name.

    :raise ValueError: when the address has a scheme that we do not know, or is not complete.
    """
    url = settings.storage_url
    if not url:
        return DiskStore(base_folder(settings) / "files")
    parts = urlsplit(url)
    if parts.scheme == "s3":
        return S3Store(url)
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        return DiskStore(Path(unquote(parts.path)))
    raise ValueError("LTI_PLP_STORAGE_URL must be empty, or begin with file:/// or s3://.")


def base_folder(settings: Settings) -> Path:
    """Return the folder in which a SQLite database lies, else the working folder."""
    url = make_url(settings.database_url)
    is_file = url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:"
    return Path(url.database or "").absolute().parent if is_file else Path.cwd()
