"""Sound and film: containers are walked through only as far as it takes to tell what is in them."""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from lti_plp.files.kinds import Refusal

HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"heif"})
"""ISO/IEC 23008-12, annex B. AVIF has brands of its own and is not accepted."""

MAX_BOXES = 100_000
"""Elements that are walked through on one level; a recording in the browser has a few for each second."""

MAX_TRACKS = 4 * 1024 * 1024
"""Bytes of a description of tracks that are read."""

_BITRATES = {
    3: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Kilobits a second of MPEG layer III, by version: 3 is MPEG-1, 2 and 0 are MPEG-2 and 2.5."""

_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def is_heif(head: bytes) -> bool:
    """Say whether a file that begins with an ``ftyp`` box is a HEIF image."""
    return head[8:12] in HEIF_BRANDS


def kind_of_mp4(file: BinaryIO) -> str:
    """Return ``mp4``, ``quicktime`` or ``m4a`` (ISO/IEC 14496-12).

    :raise Refusal: when the boxes do not fill the file exactly, or describe neither sound nor film.
    """
    size = file.seek(0, 2)
    file.seek(8)
    brand = file.read(4)
    tracks: set[bytes] = set()
    for name, start, end in _boxes(file, 0, size):
        if name == b"moov":
            tracks |= _tracks(file, start, end)
    if b"vide" in tracks:
        return "quicktime" if brand == b"qt  " else "mp4"
    if b"soun" in tracks:
        return "m4a"
    raise Refusal("file_broken")


def _tracks(file: BinaryIO, start: int, end: int) -> set[bytes]:
    """Return the kinds of tracks that a ``moov`` box describes."""
    found = set()
    for name, inner, inner_end in _boxes(file, start, end):
        if name != b"trak":
            continue
        for media, media_start, media_end in _boxes(file, inner, inner_end):
            if media != b"mdia":
                continue
            for handler, handler_start, _ in _boxes(file, media_start, media_end):
                if handler == b"hdlr":
                    file.seek(handler_start + 8)
                    found.add(file.read(4))
    return found


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield (name, begin and end of the content) of each box.

    :raise Refusal: ``file_broken`` when boxes overlap or do not fill their place: something else stands there.
    """
    for _ in range(MAX_BOXES):
        if start == end:
            return
        file.seek(start)
        head = file.read(16)
        if len(head) < 8 or start + 8 > end:
            break
        (length,) = struct.unpack(">L", head[:4])
        header = 8
        if length == 1 and len(head) == 16:
            (length,) = struct.unpack(">Q", head[8:])
            header = 16
        elif length == 0:
            length = end - start
        if length < header or start + length > end:
            break
        yield head[4:8], start + header, start + length
        start += length
    raise Refusal("file_broken")


def kind_of_matroska(file: BinaryIO) -> str:
    """Return ``webm`` or ``weba`` (RFC 8794 and RFC 9559).

    :raise Refusal: ``file_unknown`` for other uses of the container, ``file_broken`` without sound or film.
    """
    size = file.seek(0, 2)
    header, segment = _first_elements(file, size)
    if segment is None or header is None or _child(file, *header, 0x4282) != b"webm":
        raise Refusal("file_unknown")
    types = set()
    for name, start, end in _elements(file, *segment):
        if name == 0x1654AE6B:
            types = {
                _child(file, inner, min(inner_end, inner + MAX_TRACKS), 0x83)
                for entry, inner, inner_end in _elements(file, start, end)
                if entry == 0xAE
            }
            break
    if b"\x01" in types:
        return "webm"
    if b"\x02" in types:
        return "weba"
    raise Refusal("file_broken")


_Span = tuple[int, int]


def _first_elements(file: BinaryIO, size: int) -> tuple[_Span | None, _Span | None]:
    header = segment = None
    for name, start, end in _elements(file, 0, size):
        if name == 0x1A45DFA3:
            header = start, end
        elif name == 0x18538067:
            segment = start, end
            break
    return header, segment


def _child(file: BinaryIO, start: int, end: int, wanted: int) -> bytes:
    for name, inner, inner_end in _elements(file, start, end):
        if name == wanted:
            file.seek(inner)
            return file.read(min(inner_end - inner, 64)).rstrip(b"\0")
    return b""


def _elements(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield (id, begin and end of the content) of each element; an unknown size reaches to the end of the parent."""
    for _ in range(MAX_BOXES):
        if start >= end:
            return
        file.seek(start)
        head = file.read(12)
        name, used = _number(head, keep_mark=True)
        length, more = _number(head[used:], keep_mark=False)
        if not used or not more:
            break
        begin = start + used + more
        stop = end if length == (1 << 7 * more) - 1 else begin + length
        if stop > end:
            break
        yield name, begin, stop
        start = stop
    raise Refusal("file_broken")


def _number(data: bytes, *, keep_mark: bool) -> tuple[int, int]:
    """Read a number of variable length; return it with its length, or zeros where there is none."""
    if not data or not data[0]:
        return 0, 0
    length = 9 - data[0].bit_length()
    if len(data) < length:
        return 0, 0
    value = int.from_bytes(data[:length])
    return (value if keep_mark else value & ((1 << 7 * length) - 1)), length


def kind_of_ogg(file: BinaryIO) -> str:
    """Return ``ogg`` when the first stream is sound (RFC 3533, RFC 7845).

    :raise Refusal: ``file_unknown`` for film and everything else.
    """
    file.seek(0)
    head = file.read(512)
    segments = head[26] if len(head) > 26 else 0
    packet = head[27 + segments :]
    if packet.startswith((b"OpusHead", b"\x01vorbis")):
        return "ogg"
    raise Refusal("file_unknown")


def kind_of_wav(file: BinaryIO) -> str:
    """Return ``wav`` when the file has a format and is no longer than it says.

    :raise Refusal: ``file_broken`` when not.
    """
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(4096)
    (length,) = struct.unpack("<L", head[4:8])
    if b"fmt " not in head or length + 8 > size:
        raise Refusal("file_broken")
    # One byte fills an odd length up; whatever else stands there is no sound.
    if size > length + 9:
        raise Refusal("file_two_kinds")
    return "wav"


def may_be_mp3(head: bytes) -> bool:
    """Say whether a file begins like one of MPEG layer III: with a tag, or with a frame."""
    return head.startswith(b"ID3") or bool(_frame_length(head[:4]))


def kind_of_mp3(file: BinaryIO) -> str:
    """Return ``mp3`` when two frames of MPEG layer III follow each other, after a tag if there is one.

    One frame's mark is eleven bits, which other files have by chance.

    :raise Refusal: ``file_unknown`` when not.
    """
    place = _after_tag(file)
    file.seek(place)
    head = file.read(4)
    length = _frame_length(head)
    file.seek(place + length)
    if length and _frame_length(file.read(4)):
        return "mp3"
    raise Refusal("file_unknown")


def _after_tag(file: BinaryIO) -> int:
    """Return where an ID3v2 tag and the zeros behind it end (id3.org, ID3v2.4.0, 3.1)."""
    file.seek(0)
    head = file.read(10)
    if not head.startswith(b"ID3"):
        return 0
    place = 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]) if len(head) == 10 else 0
    file.seek(place)
    behind = file.read(65536)
    return place + len(behind) - len(behind.lstrip(b"\0"))


def _frame_length(head: bytes) -> int:
    """Return the bytes of a frame with this header; 0 when it is none (ISO/IEC 11172-3, 2.4.1.3)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or layer != 1 or bitrate in {0, 15} or rate == 3:
        return 0
    kilobits = _BITRATES[3 if version == 3 else 2][bitrate - 1]
    return (144 if version == 3 else 72) * kilobits * 1000 // _RATES[version][rate] + padding
