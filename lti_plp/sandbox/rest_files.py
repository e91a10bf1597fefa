"""Files in the REST interface: what they are, and an address that leads to another host and does not last."""

from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.sandbox import times
from lti_plp.sandbox.file_host import signed_address
from lti_plp.sandbox.lms import database, lms
from lti_plp.sandbox.rest import READS_ALL, Caller, endpoint, forbidden, not_found
from lti_plp.sandbox.school import observed, role_in

bp = Blueprint("rest_files", __name__)

_MIME_CLASSES = {
    "application/pdf": "pdf",
    "image/png": "image",
    "image/jpeg": "image",
    "text/plain": "text",
    "text/html": "html",
}


def shown_files(ids: set[int], caller: Caller) -> dict[int, dict[str, Any]]:
    """Return files that are there, by their ids; whose they are was asked before."""
    if not ids:
        return {}
    marks = ", ".join("?" * len(ids))
    rows = database().execute(
        "SELECT id, uuid, name, content_type, length(content) AS size, created_at, locked, hidden, person_id"  # noqa: S608
        f" FROM file WHERE NOT deleted AND id IN ({marks}) ORDER BY id",
        tuple(sorted(ids)),
    )
    return {row["id"]: _shown(row, caller) for row in rows}


def _shown(row: Any, caller: Caller) -> dict[str, Any]:
    closed = bool(row["locked"]) and caller.person.kind == "student" and caller.person.id != row["person_id"]
    # The verifier alone opens the file, without anybody being signed in: such an address must not be kept.
    address = f"{lms().base_url}/files/{row['id']}/download?download_frd=1&verifier={row['uuid']}"
    return {
        "id": row["id"],
        "uuid": row["uuid"],
        "folder_id": 9000 + row["person_id"],
        "display_name": row["name"],
        "filename": row["name"].replace(" ", "+"),
        "upload_status": "success",
        "content-type": row["content_type"],
        "url": "" if closed else address,
        "size": row["size"],
        "created_at": times.rest(row["created_at"]),
        "updated_at": times.rest(row["created_at"]),
        "unlock_at": None,
        "locked": bool(row["locked"]),
        "hidden": bool(row["hidden"]),
        "lock_at": None,
        "hidden_for_user": False,
        "thumbnail_url": None,
        "modified_at": times.rest(row["created_at"]),
        "mime_class": _MIME_CLASSES.get(row["content_type"], "file"),
        "media_entry_id": None,
        "category": "uncategorized",
        "locked_for_user": closed,
        "preview_url": f"/api/v1/canvadoc_session?blob={row['id']}&hmac=sandbox",
    }


@endpoint("/files/<id>")
def one_file(caller: Caller, id: str) -> Any:  # noqa: A002
    """Show what a file is."""
    return shown_files({_allowed(caller, id)}, caller)[int(id)]


@endpoint("/files/<id>/public_url")
def public_url(caller: Caller, id: str) -> Any:  # noqa: A002
    """Return an address of the other host that opens the file for a while."""
    return {"public_url": signed_address(database(), lms(), _allowed(caller, id))}


def _allowed(caller: Caller, name: str) -> int:
    row = None
    if name.isdecimal():
        row = (
            database()
            .execute("SELECT id, person_id, course_id FROM file WHERE id = ? AND NOT deleted", (int(name),))
            .fetchone()
        )
    if row is None:
        raise not_found()
    if not _may_open(caller, row):
        raise forbidden()
    return int(row["id"])


def _may_open(caller: Caller, row: Any) -> bool:
    if row["person_id"] == caller.person.id or row["course_id"] is None:
        return bool(row["person_id"] == caller.person.id or caller.person.kind == "administrator")
    role = role_in(database(), caller.person, row["course_id"])
    if role in READS_ALL:
        return True
    watched = observed(database(), caller.person, row["course_id"])
    return role == "observer" and any(student.id == row["person_id"] for student in watched)


@bp.get("/files/<int:file_id>/download")
def download(file_id: int) -> ResponseReturnValue:
    """Lead to where the file's bytes are; without the right verifier to the page that asks who it is.

    A client that takes whatever it gets saves that page in place of the file.
    """
    row = database().execute("SELECT uuid FROM file WHERE id = ? AND NOT deleted", (file_id,)).fetchone()
    if row is None:
        return Response("<h1>Page Not Found</h1>", 404, content_type="text/html; charset=utf-8")
    if request.args.get("verifier") != row["uuid"]:
        return redirect(url_for("rest_files.log_in"))
    return redirect(signed_address(database(), lms(), file_id))


@bp.get("/login/canvas")
def log_in() -> ResponseReturnValue:
    """Be the page that real schools show to whoever comes with an address that is no good any more."""
    page = "<!DOCTYPE html><html><head><title>Log In</title></head><body><h1>Log In</h1></body></html>"
    return Response(page, content_type="text/html; charset=utf-8")
