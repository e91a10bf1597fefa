"""What a student handed in, in the student's own name: words, files and comments (Canvas's API, Submissions, Files).

A teacher's permission is never used for a student's files.
"""

from collections.abc import Mapping
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from lti_plp.canvas.assignments import moment_of
from lti_plp.canvas.permissions import access_token
from lti_plp.canvas.rest import CanvasRest
from lti_plp.canvas.rich_texts import plain_text
from lti_plp.launch.services.downloads import Download, download
from lti_plp.lms.gateway import HandedIn, HandedInComment, HandedInFile, Refused, TryLater
from lti_plp.plp.texts import one_line, storable

LONGEST_WORDS = 20_000
LONGEST_COMMENT = 5_000
MOST_FILES = 20
MOST_COMMENTS = 100


def read_handed_in(rest: CanvasRest, course: str, assignment: str) -> HandedIn:
    """Read the newest attempt of whoever gave the permission.

    :raise TryLater: ``bad_answer`` when it is no submission, and as :meth:`CanvasRest.get`.
    :raise Refused: as :meth:`CanvasRest.get`.
    """
    answer = rest.get(
        f"/courses/{course}/assignments/{assignment}/submissions/self",
        [("include[]", "submission_comments")],
    )
    found = answer.json()
    if not isinstance(found, dict) or "user_id" not in found:
        raise TryLater("bad_answer", answer.status)
    attempt = found.get("attempt")
    return HandedIn(
        attempt=attempt if isinstance(attempt, int) else None,
        words=_words(found),
        url=_address(found),
        files=_files(found.get("attachments")),
        comments=_comments(found.get("submission_comments")),
    )


def _words(found: Mapping[str, Any]) -> str:
    texts = [found.get("body")]
    entries = found.get("discussion_entries")
    if isinstance(entries, list):
        texts += [one.get("message") for one in entries if isinstance(one, dict)]
    return "\n\n".join(plain_text(one) for one in texts if isinstance(one, str) and one)[:LONGEST_WORDS]


def _address(found: Mapping[str, Any]) -> str:
    # Of what was handed in by launching a tool it is an address of Canvas's own, of no use to anybody.
    url = found.get("url") if found.get("submission_type") == "online_url" else None
    is_good = isinstance(url, str) and url.startswith(("https://", "http://")) and len(url) <= 2000
    return storable(str(url)) if is_good else ""


def _files(attachments: object) -> tuple[HandedInFile, ...]:
    if not isinstance(attachments, list):
        return ()
    found = []
    for one in attachments[:MOST_FILES]:
        if not isinstance(one, dict) or not isinstance(one.get("id"), int | str):
            raise TryLater("bad_answer")
        name = one.get("display_name") or one.get("filename")
        size = one.get("size")
        found.append(
            HandedInFile(
                id=str(one["id"])[:64],
                name=one_line(name)[:150] if isinstance(name, str) else "",
                size=size if isinstance(size, int) and size > 0 else 0,
            )
        )
    return tuple(found)


def _comments(comments: object) -> tuple[HandedInComment, ...]:
    if not isinstance(comments, list):
        return ()
    found = []
    for one in comments[-MOST_COMMENTS:]:
        text = one.get("comment") if isinstance(one, dict) else None
        if isinstance(text, str) and text.strip():
            author = one.get("author_id")
            who = str(author)[:64] if isinstance(author, int | str) else ""
            words = storable(text).strip()[:LONGEST_COMMENT]
            found.append(HandedInComment(who, words, moment_of(one.get("created_at"))))
    return tuple(found)


def copy_file(rest: CanvasRest, file_id: str, into: BinaryIO, most_bytes: int) -> None:
    """Write a file's bytes to ``into``. Its address is asked for anew: one that was kept would have ended.

    :raise TryLater: as :func:`download` and :meth:`CanvasRest.get`.
    :raise Refused: ``file_locked`` when Canvas keeps it from the student, and as those two.
    """
    if not file_id.isalnum():
        raise Refused("gone")
    answer = rest.get(f"/files/{file_id}")
    found = answer.json()
    if not isinstance(found, dict):
        raise TryLater("bad_answer", answer.status)
    url, size = found.get("url"), found.get("size")
    if found.get("locked_for_user") is True or not isinstance(url, str) or not url:
        raise Refused("file_locked")
    if isinstance(size, int) and size > most_bytes:
        raise Refused("file_too_large")
    if str(found.get("content-type", "")).startswith("text/html"):
        raise Refused("file_script")
    token = access_token(rest.toolbox, rest.permission)
    own_hosts = frozenset({urlsplit(rest.key.base_url).netloc, *rest.hosts})
    download(rest.toolbox.settings, Download(url, token, own_hosts, most_bytes), into)
