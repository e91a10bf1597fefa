"""Files of every kind, made here; nothing in them was ever anybody's."""

import io
import struct
import zipfile
import zlib
from typing import Any

import pillow_heif
import pypdfium2
from PIL import Image

SCRIPT = b"<script>alert(1)</script>"


def picture(width: int = 60, height: int = 40, mode: str = "RGB") -> Image.Image:
    """Left half red, right half blue, so that turning it shows."""
    image = Image.new(mode, (width, height), "red")
    image.paste("blue", (width // 2, 0, width, height))
    return image


def encoded(form: str, image: Image.Image | None = None, **options: Any) -> bytes:
    """An image file."""
    pillow_heif.register_heif_opener()
    buffer = io.BytesIO()
    (image or picture()).save(buffer, form, **options)
    return buffer.getvalue()


def located(form: str = "JPEG", orientation: int = 1) -> bytes:
    """An image whose metadata tell where it was made, and by whom."""
    exif = Image.Exif()
    exif[0x010F] = "Invented Cameras"
    exif[0x0112] = orientation
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0)})
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0Taken by Maya Torres"
    return encoded(form, exif=exif.tobytes())


def pdf(text: str = "", pages: int = 1) -> bytes:
    """A PDF with empty pages."""
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(595, 842)
    buffer = io.BytesIO()
    document.save(buffer)
    document.close()
    return buffer.getvalue() + text.encode()


def raw_pdf(catalog: str = "", trailer: str = "") -> bytes:
    """A PDF written out by hand, with more in its catalog or trailer."""
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] >>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{text}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 4\n0000000000 65535 f \n{table}trailer\n<< /Size 4 /Root 1 0 R {trailer} >>\n"
    return body + f"{end}startxref\n{len(body)}\n%%EOF\n".encode()


def locked_pdf() -> bytes:
    """A PDF that asks for a password (ISO 32000-1, 7.6.3)."""
    secret = "<" + "ab" * 32 + ">"
    encrypt = f"<< /Filter /Standard /V 1 /R 2 /O {secret} /U {secret} /P -4 >>"
    return raw_pdf(trailer=f"/Encrypt {encrypt} /ID [<{'01' * 16}> <{'01' * 16}>]")


def archive(*entries: tuple[str, bytes], stored: tuple[str, ...] = ()) -> bytes:
    """A ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries:
            how = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            file.writestr(name, content, how)
    return buffer.getvalue()


def ooxml(family: str = "wordprocessingml.document", *more: tuple[str, bytes]) -> bytes:
    """A document of Word, Excel or PowerPoint."""
    kind = f"application/vnd.openxmlformats-officedocument.{family}.main+xml"
    types = f'<Types><Override PartName="/main.xml" ContentType="{kind}"/></Types>'
    return archive(("[Content_Types].xml", types.encode()), ("word/document.xml", b"<w/>"), *more)


def odf(family: str = "text", *more: tuple[str, bytes], manifest: bytes = b"<manifest/>") -> bytes:
    """A document of LibreOffice."""
    kind = f"application/vnd.oasis.opendocument.{family}".encode()
    parts = (("mimetype", kind), ("META-INF/manifest.xml", manifest), ("content.xml", b"<office/>"))
    return archive(*parts, *more, stored=("mimetype",))


def box(name: bytes, *content: bytes) -> bytes:
    """A box of MP4."""
    inner = b"".join(content)
    return struct.pack(">L", len(inner) + 8) + name + inner


def mp4(*handlers: bytes, brand: bytes = b"isom", content: bytes = b"\x5a" * 500) -> bytes:
    """A film or recording with tracks of these kinds."""
    tracks = [
        box(b"trak", box(b"tkhd", bytes(84)), box(b"mdia", box(b"hdlr", bytes(8) + handler + bytes(12))))
        for handler in handlers
    ]
    return (
        box(b"ftyp", brand, bytes(4))
        + box(b"moov", box(b"mvhd", bytes(100)), *tracks)
        + box(b"mdat", content)
    )


def element(name: str, *content: bytes, size: bytes = b"") -> bytes:
    """An element of Matroska, with a length of eight bytes."""
    inner = b"".join(content)
    return bytes.fromhex(name) + (size or struct.pack(">Q", len(inner) | 1 << 56)) + inner


def webm(*types: int, kind: bytes = b"webm") -> bytes:
    """A recording as Chromium makes it: the whole has no stated size."""
    tracks = [element("ae", element("d7", bytes([1])), element("83", bytes([number]))) for number in types]
    segment = element("1549a966", bytes(20)) + element("1654ae6b", *tracks) + element("1f43b675", bytes(300))
    return element("1a45dfa3", element("4282", kind)) + element(
        "18538067", segment, size=b"\x01" + b"\xff" * 7
    )


def ogg(packet: bytes = b"OpusHead" + bytes(11)) -> bytes:
    """The first page of a stream."""
    return b"OggS" + bytes(22) + bytes([1, len(packet)]) + packet + bytes(200)


def wav(samples: int = 400) -> bytes:
    """Silence."""
    form = struct.pack("<HHLLHH", 1, 1, 8000, 8000, 1, 8)
    body = b"WAVE" + b"fmt " + struct.pack("<L", 16) + form + b"data" + struct.pack("<L", samples)
    return b"RIFF" + struct.pack("<L", len(body) + samples) + body + b"\x80" * samples


def mp3(frames: int = 4, tag: int | None = None) -> bytes:
    """Frames of 128 kbit/s at 44.1 kHz, behind a tag of that many bytes."""
    begin = b""
    if tag is not None:
        begin = (
            b"ID3\x04\x00\x00"
            + bytes([tag >> 21 & 127, tag >> 14 & 127, tag >> 7 & 127, tag & 127])
            + bytes(tag)
        )
    return begin + (b"\xff\xfb\x90\x00" + bytes(413)) * frames


def png_bomb(width: int, height: int) -> bytes:
    """A PNG that states a size and has next to no content."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">L", len(content)) + name + content + struct.pack(">L", zlib.crc32(name + content))
        )

    head = struct.pack(">LLBBBBB", width, height, 8, 0, 0, 0, 0)
    content = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + content + chunk(b"IEND", b"")


def patched(content: bytes, old: bytes, new: bytes) -> bytes:
    """The content with one place changed, which must be there."""
    assert old in content
    return content.replace(old, new)


GOOD: dict[str, tuple[bytes, ...]] = {
    "jpeg": (encoded("JPEG"), located(), encoded("JPEG") + mp4(b"vide")),
    "png": (encoded("PNG"), encoded("PNG", picture(mode="RGBA")), encoded("PNG", picture().convert("P"))),
    "gif": (encoded("GIF"), encoded("GIF", save_all=True, append_images=[picture(60, 40, "L")])),
    "webp": (encoded("WEBP"),),
    "heif": (encoded("HEIF"), located("HEIF")),
    "mp4": (mp4(b"vide", b"soun"), mp4(b"soun", b"vide", brand=b"mp42")),
    "quicktime": (mp4(b"vide", brand=b"qt  "),),
    "m4a": (mp4(b"soun", brand=b"M4A "), mp4(b"soun", brand=b"iso5")),
    "webm": (webm(1, 2), webm(1)),
    "weba": (webm(2),),
    "ogg": (ogg(), ogg(b"\x01vorbis" + bytes(23))),
    "wav": (wav(),),
    "mp3": (mp3(), mp3(tag=300), mp3(tag=100_000)),
    "pdf": (pdf(), raw_pdf(), pdf("\n")),
    "docx": (ooxml(),),
    "xlsx": (ooxml("spreadsheetml.sheet"),),
    "pptx": (ooxml("presentationml.presentation"),),
    "odt": (odf(),),
    "ods": (odf("spreadsheet"),),
    "odp": (odf("presentation"),),
    "text": (
        b"What I learned: 3 < 4, and JavaScript: loops.\n",
        "\ufeff# Mañana\n\nuna lista\n".encode(),
        b"name,points\r\nIvy,3\r\n",
        "ñ".encode() * 400_000,
    ),
}
"""Kind -> files that are of it."""

_JPEG = encoded("JPEG")
_ZIP = archive(("run.js", b"alert(1)"))

HOSTILE: dict[str, tuple[str, bytes]] = {
    "nothing in it": ("file_empty", b""),
    "only blanks": ("file_empty", b" \n\t "),
    "program": ("file_unknown", b"\x7fELF" + bytes(100)),
    "chance": ("file_unknown", bytes(range(256)) * 50),
    "text with a zero in it": ("file_unknown", b"plain words\0" + b"x" * 100),
    "another encoding": ("file_unknown", "mañana".encode("latin-1")),
    "SVG with script": ("file_script", b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT + b"</svg>"),
    "SVG without script": ("file_script", b"\xef\xbb\xbf\n <svg xmlns='http://www.w3.org/2000/svg'/>"),
    "SVG behind an XML head": ("file_script", b"<?xml version='1.0'?><svg/>"),
    "HTML": ("file_script", b"<!DOCTYPE html><p>hello"),
    "script far into a text": ("file_script", b"word " * 120_000 + b"<ScRiPt src=x>"),
    "ZIP": ("file_archive", _ZIP),
    "empty ZIP": ("file_archive", archive()),
    "RAR": ("file_archive", b"Rar!\x1a\x07\x01\x00" + bytes(50)),
    "7z": ("file_archive", b"7z\xbc\xaf\x27\x1c" + bytes(50)),
    "gzip": ("file_archive", b"\x1f\x8b\x08" + bytes(50)),
    "tar": ("file_archive", b"name".ljust(257, b"\0") + b"ustar" + bytes(300)),
    "Java archive": ("file_archive", archive(("META-INF/MANIFEST.MF", b"Main-Class: X"))),
    "document of 2003": ("file_old_office", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
    "locked docx": (
        "file_encrypted",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
    ),
    "locked odt": ("file_encrypted", odf(manifest=b"<manifest:encryption-data/>")),
    "locked entry": (
        "file_encrypted",
        patched(ooxml(), b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"),
    ),
    "docm": ("file_macros", ooxml("wordprocessingml.document", ("word/vbaProject.bin", b"macro"))),
    "docm by its type": (
        "file_macros",
        archive(("[Content_Types].xml", b"application/vnd.ms-word.document.macroEnabled.main+xml")),
    ),
    "xlsm of the old kind": (
        "file_macros",
        ooxml("spreadsheetml.sheet", ("xl/macrosheets/sheet1.xml", b"<m/>")),
    ),
    "ActiveX": ("file_macros", ooxml("wordprocessingml.document", ("word/activeX/activeX1.xml", b"<a/>"))),
    "macros of LibreOffice": ("file_macros", odf("text", ("Basic/Standard/Module1.xml", b"Sub x"))),
    "zip bomb": ("file_bomb", ooxml("wordprocessingml.document", ("word/a.xml", bytes(60_000_000)))),
    "many entries": (
        "file_bomb",
        ooxml("wordprocessingml.document", *((f"word/{number}", b"") for number in range(5001))),
    ),
    "way out of the archive": ("file_broken", ooxml("wordprocessingml.document", ("../../x", b""))),
    "way to the root": ("file_broken", ooxml("wordprocessingml.document", ("/etc/x", b""))),
    "drive": ("file_broken", ooxml("wordprocessingml.document", ("C:\\x", b""))),
    "docx cut off": ("file_broken", ooxml()[:-30]),
    "docx with damage": (
        "file_broken",
        patched(ooxml("wordprocessingml.document", ("x", b"ab" * 9)), b"PK\x01\x02\x14", b"PK\x01\x03\x14"),
    ),
    "docx with a script behind": ("file_two_kinds", ooxml() + SCRIPT),
    "JPEG with a ZIP behind": ("file_two_kinds", _JPEG + _ZIP),
    "GIF with a ZIP behind": ("file_two_kinds", encoded("GIF") + _ZIP),
    "JPEG with HTML behind": ("file_two_kinds", _JPEG + b"<html><body>" + SCRIPT),
    "JPEG with HTML in a comment": ("file_two_kinds", encoded("JPEG", comment=SCRIPT)),
    "GIF with HTML in a comment": ("file_two_kinds", encoded("GIF", comment=SCRIPT)),
    "PNG with PHP in a text": ("file_two_kinds", encoded("PNG") + b"<?php system('id'); ?>"),
    "JPEG with a PDF in a comment": ("file_two_kinds", encoded("JPEG", comment=pdf()[:400])),
    "script in the middle of a large image": (
        "file_two_kinds",
        _JPEG + bytes(400_000) + SCRIPT + bytes(400_000),
    ),
    "PDF with a ZIP behind": ("file_two_kinds", pdf() + _ZIP),
    "PDF with HTML behind": ("file_two_kinds", pdf() + SCRIPT),
    "PDF with JavaScript": (
        "file_script",
        raw_pdf("/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"),
    ),
    "PDF that starts a program": ("file_script", raw_pdf("/OpenAction << /S/Launch /F (x.exe) >>")),
    "PDF without an end": ("file_broken", pdf()[:300]),
    "MP4 with a ZIP behind": ("file_two_kinds", mp4(b"vide") + _ZIP),
    "MP4 with HTML inside": ("file_two_kinds", mp4(b"vide", content=SCRIPT)),
    "MP4 cut off": ("file_broken", mp4(b"vide")[:-9]),
    "MP4 without tracks": ("file_broken", mp4()),
    "AVIF": ("file_broken", box(b"ftyp", b"avif") + box(b"meta", bytes(40))),
    "other use of Matroska": ("file_unknown", webm(1, kind=b"matroska")),
    "WebM without tracks": ("file_broken", webm()),
    "film in Ogg": ("file_unknown", ogg(b"\x80theora" + bytes(30))),
    "WAV with something behind": ("file_two_kinds", wav() + b"something else"),
    "WAV cut off": ("file_broken", wav()[:-20]),
    "tag without sound": ("file_unknown", mp3(frames=0, tag=100) + b"words"),
}
"""What it is -> code it is refused with, and the file."""
