"""Files and other things that were handed in, as Canvas's submissions tell of them (its API, Submissions, Files).

Addresses are left aside: they expire, and whoever has one needs no other right.
"""

from lti_plp.canvas.entries import Entry, entries_in
from lti_plp.files.names import visible_name
from lti_plp.lms.gateway import HandedInFile
from lti_plp.lms.sent import Sent, written
from lti_plp.plp.texts import one_line

LONGEST_TYPE = 100
_KINDS = {"online_text_entry": "text", "online_url": "link", "media_recording": "recording"}
"""Canvas's ``submission_type`` -> ours, for attempts without files."""


def file_of(entry: object) -> HandedInFile | None:
    """Return an attachment; ``None`` for what is none."""
    number = entry.get("id") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(number, int | str) or isinstance(number, bool):
        return None
    name = entry.get("display_name") or entry.get("filename")
    size, content_type = entry.get("size"), entry.get("content-type")
    return HandedInFile(
        id=str(number)[:64],
        name=visible_name(one_line(name)) if isinstance(name, str) else "",
        size=size if type(size) is int and 0 < size < 2**63 else 0,
        content_type=one_line(content_type)[:LONGEST_TYPE] if isinstance(content_type, str) else "",
    )


def sent_with(entry: Entry) -> str:
    """Return what a submission's newest attempt consists of, for the row of its result; empty when nothing is told.

    What is no file is left out here, since it must not keep a course's grades from being read.
    """
    if not entry.get("submitted_at"):
        return ""
    files = tuple(found for one in entries_in(entry.get("attachments")) if (found := file_of(one)))
    kind = "files" if files else _KINDS.get(str(entry.get("submission_type")))
    return written(Sent(kind, files, len(files))) if kind else ""
