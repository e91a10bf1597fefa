"""Which kinds of files are accepted: one table. What a file is, its content says; see ``inspection``."""

from dataclasses import dataclass

from lti_plp.errors import BadInput


@dataclass(frozen=True)
class Kind:
    """One kind of file."""

    name: str
    group: str
    """What people call it: image, video, audio, pdf, office or text."""
    content_type: str
    extension: str
    """Of a download's name, whatever its owner called it."""

    @property
    def is_shown(self) -> bool:
        """Whether a browser shows it by itself; others are downloaded."""
        return self.group in {"image", "video", "audio", "pdf"}


_OOXML = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"

KINDS = (
    Kind("jpeg", "image", "image/jpeg", "jpg"),
    Kind("png", "image", "image/png", "png"),
    Kind("gif", "image", "image/gif", "gif"),
    Kind("webp", "image", "image/webp", "webp"),
    Kind("heif", "image", "image/heic", "heic"),
    Kind("mp4", "video", "video/mp4", "mp4"),
    Kind("quicktime", "video", "video/quicktime", "mov"),
    Kind("webm", "video", "video/webm", "webm"),
    Kind("m4a", "audio", "audio/mp4", "m4a"),
    Kind("mp3", "audio", "audio/mpeg", "mp3"),
    Kind("ogg", "audio", "audio/ogg", "ogg"),
    Kind("weba", "audio", "audio/webm", "weba"),
    Kind("wav", "audio", "audio/wav", "wav"),
    Kind("pdf", "pdf", "application/pdf", "pdf"),
    Kind("docx", "office", f"{_OOXML}.wordprocessingml.document", "docx"),
    Kind("xlsx", "office", f"{_OOXML}.spreadsheetml.sheet", "xlsx"),
    Kind("pptx", "office", f"{_OOXML}.presentationml.presentation", "pptx"),
    Kind("odt", "office", f"{_ODF}.text", "odt"),
    Kind("ods", "office", f"{_ODF}.spreadsheet", "ods"),
    Kind("odp", "office", f"{_ODF}.presentation", "odp"),
    # Markdown and tables are text to a reader of their bytes; their name may say which, see ``names``.
    Kind("text", "text", "text/plain; charset=utf-8", "txt"),
)

BY_NAME = {kind.name: kind for kind in KINDS}
BY_CONTENT_TYPE = {kind.content_type: kind for kind in KINDS}

REFUSALS = {
    "file_empty": "There is nothing in this file.",
    "file_unknown": "This is no kind of file that is accepted.",
    "file_old_office": "This document is in the format of before 2007.",
    "file_archive": "This is an archive of files.",
    "file_script": "This file holds a script or markup that a browser would run.",
    "file_macros": "This document holds macros.",
    "file_encrypted": "This file is locked with a password.",
    "file_two_kinds": "This file claims to be two kinds at once.",
    "file_bomb": "This file unpacks to far more than it should.",
    "file_broken": "This file cannot be read.",
    "image_too_large": "This image has too many pixels.",
}
"""Stable code -> what it means, for everything that a file's content can be refused for."""


class Refusal(BadInput):
    """A file that is not accepted; nothing of it is kept."""

    def __init__(self, code: str) -> None:
        super().__init__(REFUSALS[code], code=code, status=422)
