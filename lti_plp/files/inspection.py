"""What kind of file this is, decided from its content alone, and whether it is harmless enough to be kept.

A file is read in pieces, never as a whole. Images are made anew afterwards (``images``), so that whatever somebody
hid in or behind one disappears in any case; what is recognised here is refused all the same, as it was no mistake.
"""

import codecs
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from lti_plp.files import media, office
from lti_plp.files.kinds import BY_NAME, Kind, Refusal

PIECE = 256 * 1024
"""Bytes that are in memory at once."""

EDGE = 64 * 1024
"""Bytes at either end of a file that are searched for signs of a second kind."""

_ARCHIVES = (
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
    b"MSCF",
    b"PK\x05\x06",
)

_MARKUP = (b"<script", b"<!doctype html", b"<html>", b"<html ", b"<?php ", b"<?php\n")
"""In lower case. Each is long enough not to turn up by chance in a large picture."""

_MARKUP_OF_TEXT = (*_MARKUP, b"<svg", b"<iframe", b"<object", b"<embed", b"<!entity")
"""In text, where nothing turns up by chance, more is looked for."""

_SCRIPT_OF_PDF = (b"/s/javascript", b"/s /javascript", b"/s/launch", b"/s /launch", b"/richmedia")
"""How a PDF names what a page of paper cannot do (ISO 32000-1, 12.6.4); an address in a link reads otherwise."""

_LONGEST_SIGN = 32

_FIRST_BYTES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"%PDF-", "pdf"),
    (b"PK\x03\x04", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"\x1aE\xdf\xa3", "matroska"),
    (b"OggS", "ogg"),
)


def inspect(path: Path) -> Kind:
    """Return the kind of the file at ``path``.

    :raise Refusal: with a code that says why, when it is not accepted.
    """
    with path.open("rb") as file:
        head = file.read(EDGE)
        if not head:
            raise Refusal("file_empty")
        sign = _sign(head)
        # What looks like nothing that has a sign of its own is text, or nothing we know.
        return _JUDGES.get(sign, _text)(file, head)


def _sign(head: bytes) -> str:
    """Return what the first bytes announce; empty when they announce nothing."""
    if head.startswith(_ARCHIVES) or head[257:262] == b"ustar":
        return "archive"
    if head.startswith(b"RIFF") and head[8:12] in {b"WEBP", b"WAVE"}:
        return "webp" if head[8:12] == b"WEBP" else "wav"
    if head[4:8] == b"ftyp":
        return "heif" if media.is_heif(head) else "mp4"
    for first, name in _FIRST_BYTES:
        if head.startswith(first):
            return name
    return "mp3" if media.may_be_mp3(head) else ""


def _archive(_file: BinaryIO, _head: bytes) -> Kind:
    raise Refusal("file_archive")


def _image(name: str) -> Callable[[BinaryIO, bytes], Kind]:
    def judge(file: BinaryIO, head: bytes) -> Kind:
        _refuse_second_kind(file, head)
        # A comment may stand anywhere in an image; the trailers that phones add (a short film, a map of depths) are
        # no sign of anything.
        if _contains(file, _MARKUP):
            raise Refusal("file_two_kinds")
        return BY_NAME[name]

    return judge


def _medium(find: Callable[[BinaryIO], str]) -> Callable[[BinaryIO, bytes], Kind]:
    def judge(file: BinaryIO, head: bytes) -> Kind:
        _refuse_second_kind(file, head)
        if any(sign in head.lower() or sign in _tail(file).lower() for sign in _MARKUP):
            raise Refusal("file_two_kinds")
        return BY_NAME[find(file)]

    return judge


def _pdf(file: BinaryIO, head: bytes) -> Kind:
    _refuse_archive_behind(file)
    last_mark = _tail(file).rpartition(b"%%EOF")
    if not last_mark[1]:
        raise Refusal("file_broken")
    if any(sign in head[:1024].lower() or sign in last_mark[2].lower() for sign in _MARKUP):
        raise Refusal("file_two_kinds")
    # Whoever hides these names in compressed parts is stopped where the document is opened; see ``images``.
    if _contains(file, _SCRIPT_OF_PDF):
        raise Refusal("file_script")
    return BY_NAME["pdf"]


def _office(file: BinaryIO, _head: bytes) -> Kind:
    return BY_NAME[office.kind_of_document(file)]


def _old_office(file: BinaryIO, _head: bytes) -> Kind:
    # A document of today that is locked is wrapped into the old format (MS-OFFCRYPTO, 2.3.4.4).
    locked = "EncryptedPackage".encode("utf-16-le").lower()
    raise Refusal("file_encrypted" if _contains(file, (locked,)) else "file_old_office")


def _text(file: BinaryIO, head: bytes) -> Kind:
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()[:256].lower()
    if not start and len(head) < EDGE:
        raise Refusal("file_empty")
    if not _is_text(file):
        raise Refusal("file_unknown")
    if start.startswith((b"<?xml", b"<!doctype", b"<html", b"<svg")) or _contains(file, _MARKUP_OF_TEXT):
        raise Refusal("file_script")
    return BY_NAME["text"]


def _is_text(file: BinaryIO) -> bool:
    """Say whether the whole file is UTF-8 without control characters other than blanks."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    blanks = "\t\n\r\f"
    try:
        for piece in _pieces(file):
            text = decoder.decode(piece)
            if any(mark < " " and mark not in blanks for mark in set(text)):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_second_kind(file: BinaryIO, head: bytes) -> None:
    """Refuse an image or recording that some programs would open as something else.

    Readers of PDF look for its beginning in the first 1,024 bytes, those of ZIP at the end.
    """
    if b"%PDF-" in head[:1024]:
        raise Refusal("file_two_kinds")
    _refuse_archive_behind(file)


def _refuse_archive_behind(file: BinaryIO) -> None:
    if office.has_directory(file):
        raise Refusal("file_two_kinds")


def _tail(file: BinaryIO) -> bytes:
    size = file.seek(0, 2)
    file.seek(max(0, size - EDGE))
    return file.read(EDGE)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece


def _contains(file: BinaryIO, signs: tuple[bytes, ...]) -> bool:
    """Say whether one of ``signs``, which are in lower case, stands anywhere in the file, in either case."""
    before = b""
    for piece in _pieces(file):
        window = before + piece.lower()
        if any(sign in window for sign in signs):
            return True
        before = window[-_LONGEST_SIGN:]
    return False


_JUDGES: dict[str, Callable[[BinaryIO, bytes], Kind]] = {
    "archive": _archive,
    **{name: _image(name) for name in ("jpeg", "png", "gif", "webp", "heif")},
    "mp4": _medium(media.kind_of_mp4),
    "matroska": _medium(media.kind_of_matroska),
    "ogg": _medium(media.kind_of_ogg),
    "wav": _medium(media.kind_of_wav),
    "mp3": _medium(media.kind_of_mp3),
    "pdf": _pdf,
    "zip": _office,
    "ole": _old_office,
}
