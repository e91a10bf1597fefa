"""Office documents, which are ZIP archives: which one it is, and that unpacking it harms nobody."""

import struct
import zipfile
from typing import BinaryIO

from lti_plp.files.kinds import Refusal

MAX_ENTRIES = 5000
MAX_DIRECTORY = 4 * 1024 * 1024
"""Bytes of an archive's table of contents, which Python reads as a whole."""

MAX_UNPACKED = 500 * 1024 * 1024
MAX_RATIO = 100
"""Office documents are packed to a tenth or so; a page full of blanks to some fiftieth."""

RATIO_COUNTS_FROM = 20 * 1024 * 1024
"""Documents that unpack to less harm nobody, whatever their ratio."""

MAX_PART = 1024 * 1024
"""Bytes that are read of a document's own table of what it is."""

PIECE = 64 * 1024

_END = b"PK\x05\x06"
_END_LENGTH = 22
_LONGEST_COMMENT = 65535

_OOXML_MAIN = {
    b"wordprocessingml.document.main+xml": "docx",
    b"spreadsheetml.sheet.main+xml": "xlsx",
    b"presentationml.presentation.main+xml": "pptx",
}
_ODF = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.presentation": "odp",
}
_MACROS = ("vbaproject", "vbadata", "/macrosheets/", "/activex/", "basic/", "scripts/")
"""In lower case: beginnings of names of parts, or of folders, that hold macros."""


def kind_of_document(file: BinaryIO) -> str:
    """Return the name of the kind of an office document.

    :raise Refusal: when the archive is none, is damaged or locked, holds macros, or unpacks to too much.
    """
    _check_directory(file)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _check_entries(entries, file.seek(0, 2))
            kind = _kind(archive)
            _refuse_macros(archive, entries)
            _unpack(archive, entries)
            return kind
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError) as problem:
        raise Refusal("file_broken") from problem


def has_directory(file: BinaryIO) -> bool:
    """Say whether a program for archives would find a table of contents at the end of this file."""
    return _end_record(file) is not None


def _end_record(file: BinaryIO) -> tuple[int, int, int, int] | None:
    """Return (entries, size and place of the table of contents, bytes after it) of the archive that ends this file."""
    size = file.seek(0, 2)
    start = max(0, size - _END_LENGTH - _LONGEST_COMMENT)
    file.seek(start)
    tail = file.read()
    place = tail.rfind(_END)
    while place >= 0:
        record = tail[place : place + _END_LENGTH]
        if len(record) == _END_LENGTH:
            entries, length, offset, _comment = struct.unpack("<H2L H", record[10:])
            # Four bytes turn up by chance now and then; that a table of contents stands before them does not.
            file.seek(max(0, start + place - length))
            if entries == 0 or file.read(4) in {b"PK\x01\x02", b"PK\x06\x06"} or length == 0xFFFFFFFF:
                return entries, length, offset, size - (start + place + _END_LENGTH)
        place = tail.rfind(_END, 0, place)
    return None


def _check_directory(file: BinaryIO) -> None:
    found = _end_record(file)
    if found is None:
        raise Refusal("file_broken")
    entries, length, offset, behind = found
    size = file.seek(0, 2)
    # Office programs write no comment, nothing behind the archive and nothing before it.
    if behind or offset + length + _END_LENGTH != size:
        raise Refusal("file_two_kinds")
    if entries > MAX_ENTRIES or length > MAX_DIRECTORY:
        raise Refusal("file_bomb")


def _check_entries(entries: list[zipfile.ZipInfo], size: int) -> None:
    if any(entry.flag_bits & 1 for entry in entries):
        raise Refusal("file_encrypted")
    names = [entry.filename for entry in entries]
    if len(set(names)) < len(names) or any(_is_outside(name) for name in names):
        raise Refusal("file_broken")
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    # Entries that share their bytes are a bomb as well: together they are larger than the file.
    if packed > size or unpacked > MAX_UNPACKED:
        raise Refusal("file_bomb")
    if unpacked > RATIO_COUNTS_FROM and unpacked > MAX_RATIO * size:
        raise Refusal("file_bomb")


def _is_outside(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return ".." in parts or name.startswith(("/", "\\")) or ":" in parts[0]


def _kind(archive: zipfile.ZipFile) -> str:
    names = archive.namelist()
    if "[Content_Types].xml" in names:
        types = _part(archive, "[Content_Types].xml")
        if b"macroenabled" in types.lower():
            raise Refusal("file_macros")
        found = [kind for sign, kind in _OOXML_MAIN.items() if sign in types]
    else:
        found = [
            kind for kind in [_ODF.get(_part(archive, "mimetype").strip())] if kind and "mimetype" in names
        ]
        if "META-INF/manifest.xml" in names and b"encryption-data" in _part(archive, "META-INF/manifest.xml"):
            raise Refusal("file_encrypted")
    if len(found) != 1:
        raise Refusal("file_archive")
    return found[0]


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    if name not in archive.namelist():
        return b""
    with archive.open(name) as part:
        return part.read(MAX_PART)


def _refuse_macros(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    for entry in entries:
        name = "/" + entry.filename.lower()
        if any(sign in name if sign[0] == "/" else f"/{sign}" in name for sign in _MACROS):
            raise Refusal("file_macros")


def _unpack(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """Read every entry to its end: its checksum, and with it its stated size, is the true one."""
    for entry in entries:
        with archive.open(entry) as part:
            while part.read(PIECE):
                pass
