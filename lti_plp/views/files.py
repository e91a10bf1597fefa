"""Files over HTTP: handed in with the tus protocol (https://tus.io/protocols/resumable-upload, 1.0.0), and given out.

An upload is finished by a request of its own, which may be repeated when its answer was lost, and which says what the
file is. Whoever may read a file gets it in any part; browsers ask for films that way.
"""

import base64
import binascii
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Flask, Response, current_app, g, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import Range
from werkzeug.http import http_date

from lti_plp.errors import BadInput, PlpError
from lti_plp.files.access import MayRead, readable_file
from lti_plp.files.addresses import expiry, is_signed, signature
from lti_plp.files.cabinet import Cabinet
from lti_plp.files.kinds import BY_CONTENT_TYPE
from lti_plp.files.models import StoredFile
from lti_plp.files.names import download_name
from lti_plp.files.uploads import Upload, abort, append, begin, finish, state_of
from lti_plp.views.links import number_in
from lti_plp.views.visit import load_visit, load_vouched_visit, page_blueprint, toolbox, visit

TUS = "1.0.0"
TUS_EXTENSIONS = "creation,termination,expiration"

MAX_CHUNK = 5 * 1024 * 1024
"""Bytes of one PATCH request; every other request stays within the general limit."""

CACHE_SECONDS = 300
"""A file never changes, but a browser that somebody else uses next must not keep it for long."""

_PDF_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'"
_POLICY = "default-src 'none'; sandbox"


def _load() -> None:
    """Recognise the visitor: by the signature of an address that only opens a file, else as everywhere."""
    if request.method == "GET" and "key" in request.args:
        _require_signature()
        load_vouched_visit()
    else:
        load_visit()


bp = page_blueprint("files", __name__, load=_load)


def cabinet() -> Cabinet:
    """Return what this process keeps files with."""
    found: Cabinet = current_app.extensions["lti_plp_files"]
    return found


# Handing in.


def _begin_transaction_later() -> None:
    # No transaction is open while bytes are on their way; on SQLite nobody else could write meanwhile.
    visit().db.rollback()


def _require_tus() -> None:
    if request.headers.get("Tus-Resumable") != TUS:
        raise PlpError("upload_protocol", 412, "Only version 1.0.0 of the tus protocol is spoken here.")


@bp.after_request
def _speak_tus(response: Response) -> Response:
    if request.endpoint in _TUS_ENDPOINTS:
        response.headers["Tus-Resumable"] = TUS
        response.headers["Tus-Version"] = TUS
    return response


def _progress(upload: Upload, status: int) -> Response:
    response = Response(status=status)
    response.headers["Upload-Offset"] = str(upload.received)
    response.headers["Upload-Expires"] = http_date(upload.expires_at)
    return response


@bp.route("/files", methods=["OPTIONS"])
def describe() -> ResponseReturnValue:
    """Say what of the protocol is spoken here."""
    headers = {"Tus-Extension": TUS_EXTENSIONS, "Tus-Max-Size": str(cabinet().max_size)}
    return Response(status=204, headers=headers)


@bp.post("/files")
def create() -> ResponseReturnValue:
    """Begin an upload, of a length and under a name."""
    _require_tus()
    length = number_in(request.headers.get("Upload-Length", ""), -1)
    if length < 0:
        raise BadInput("Upload-Length says how many bytes will come.", code="upload_length")
    _begin_transaction_later()
    upload = begin(cabinet(), visit().actor, length, _name_in_metadata(), toolbox().clock())
    response = _progress(upload, 201)
    response.headers["Location"] = url_for("files.read", file_id=upload.id)
    return response


def _name_in_metadata() -> str:
    """Return ``filename`` of the header Upload-Metadata: pairs of a key and a value in base64."""
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _, value = pair.strip().partition(" ")
        if key == "filename":
            try:
                return base64.b64decode(value, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError) as problem:
                raise BadInput("The name is no text in base64.", code="file_name") from problem
    return ""


# Before the page that gives a file out, because a GET there would answer HEAD as well.
@bp.route("/files/<uuid:file_id>", methods=["HEAD"])
def progress(file_id: UUID) -> ResponseReturnValue:
    """Say how far an upload has come."""
    _require_tus()
    upload = state_of(cabinet(), visit().actor, str(file_id), toolbox().clock())
    response = _progress(upload, 200)
    response.headers["Upload-Length"] = str(upload.declared_size)
    return response


# Some schools' networks let no PATCH through, for which the protocol has X-HTTP-Method-Override.
@bp.route("/files/<uuid:file_id>", methods=["PATCH", "POST"])
def receive(file_id: UUID) -> ResponseReturnValue:
    """Append the bytes of this request."""
    _require_tus()
    if request.headers.get("X-HTTP-Method-Override", request.method) != "PATCH":
        raise PlpError("http_405", 405, "Bytes are sent with PATCH.")
    if request.mimetype != "application/offset+octet-stream":
        raise PlpError("upload_type", 415, "Bytes are sent as application/offset+octet-stream.")
    offset = number_in(request.headers.get("Upload-Offset", ""), -1)
    request.max_content_length = MAX_CHUNK
    _begin_transaction_later()
    upload = append(cabinet(), visit().actor, str(file_id), offset, request.stream, toolbox().clock())
    return _progress(upload, 204)


@bp.delete("/files/<uuid:file_id>")
def give_up(file_id: UUID) -> ResponseReturnValue:
    """Forget an unfinished upload."""
    _require_tus()
    _begin_transaction_later()
    abort(cabinet(), visit().actor, str(file_id), toolbox().clock())
    return Response(status=204)


@bp.post("/files/<uuid:file_id>/finish")
def complete(file_id: UUID) -> ResponseReturnValue:
    """Check and keep what has arrived, and say what it is."""
    _begin_transaction_later()
    file = finish(cabinet(), visit().actor, str(file_id), toolbox().clock())
    return jsonify(_facts(file))


_TUS_ENDPOINTS = frozenset(
    {"files.describe", "files.create", "files.progress", "files.receive", "files.give_up"}
)


# Giving out.


def file_url(file_id: str, *, thumbnail: bool = False, download: bool = False) -> str:
    """Return the address of a file for this visit's pages; for some minutes where the browser keeps no cookie."""
    endpoint = "files.thumbnail" if thumbnail else "files.read"
    more: dict[str, Any] = {"download": 1} if download else {}
    here = visit()
    if here.is_cookieless:
        until = expiry(toolbox().clock())
        more["until"] = until
        more["key"] = signature(toolbox().settings.secret_key, here.handle, file_id, until)
    return url_for(endpoint, file_id=file_id, **more)


def _require_signature() -> None:
    box = toolbox()
    file_id = str((request.view_args or {}).get("file_id", ""))
    until, key = request.args.get("until", ""), request.args.get("key", "")
    if not is_signed(box.settings.secret_key, g.handle, file_id, until, key, box.clock()):
        raise PlpError("file_address", 403, "This address of a file has expired, or is not one of ours.")


def _facts(file: StoredFile) -> dict[str, str | int | None]:
    kind = BY_CONTENT_TYPE[str(file.content_type)]
    return {
        "id": file.id,
        "kind": kind.group,
        "content_type": file.content_type,
        "name": download_name(file.original_name, kind, kind.group),
        "size": file.size,
        "width": file.width,
        "height": file.height,
        "address": file_url(file.id),
        "thumbnail": file_url(file.id, thumbnail=True) if file.thumbnail_key else None,
    }


def _readable(file_id: UUID) -> StoredFile:
    others: list[MayRead] = current_app.extensions["lti_plp_may_read"]
    here = visit()
    return readable_file(here.db, here.actor, str(file_id), others)


@bp.get("/files/<uuid:file_id>/facts")
def facts(file_id: UUID) -> ResponseReturnValue:
    """Say what a file is, with an address that is good from now on."""
    return jsonify(_facts(_readable(file_id)))


@bp.get("/files/<uuid:file_id>")
def read(file_id: UUID) -> ResponseReturnValue:
    """Give a file out, or the part that was asked for."""
    file = _readable(file_id)
    kind = BY_CONTENT_TYPE[str(file.content_type)]
    response = _part(str(file.storage_key), int(file.size or 0), str(file.sha256))
    response.headers["Content-Type"] = kind.content_type
    is_inline = kind.is_shown and "download" not in request.args
    name = download_name(file.original_name, kind, kind.group)
    response.headers["Content-Disposition"] = _disposition("inline" if is_inline else "attachment", name)
    if kind.group == "pdf" and is_inline:
        # Browsers show no PDF in a sandbox of ours; they have their own for it.
        response.headers["Content-Security-Policy"] = _PDF_POLICY
    return response


@bp.get("/files/<uuid:file_id>/thumbnail")
def thumbnail(file_id: UUID) -> ResponseReturnValue:
    """Give out the small picture of a file."""
    file = _readable(file_id)
    if file.thumbnail_key is None:
        raise PlpError("file_not_here", 404, "This file has no picture.")
    response = _part(file.thumbnail_key, cabinet().store.size(file.thumbnail_key), f"{file.sha256}-small")
    response.headers["Content-Type"] = "image/webp"
    response.headers["Content-Disposition"] = "inline"
    return response


def _disposition(how: str, name: str) -> str:
    """Return the header with a name in any script (RFC 6266, RFC 8187)."""
    plain = "".join(
        mark if mark.isascii() and mark.isprintable() and mark not in '"\\%' else "_" for mark in name
    )
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _part(key: str, size: int, etag: str) -> Response:
    """Answer with the whole, with the part that was asked for, or that the browser has it already (RFC 9110)."""
    if request.if_none_match.contains(etag):
        response = Response(status=304)
    else:
        response = _bytes(key, size, request.range if _is_range_wanted(etag) else None)
    response.set_etag(etag)
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = f"private, max-age={CACHE_SECONDS}"
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _is_range_wanted(etag: str) -> bool:
    condition = request.if_range
    return condition.etag == etag or (condition.etag is None and condition.date is None)


def _bytes(key: str, size: int, wanted: Range | None) -> Response:
    # Several parts at once may be answered with the whole; no browser asks for them.
    if wanted is None or wanted.units != "bytes" or len(wanted.ranges) != 1:
        return _stream(key, 0, size, 200)
    if wanted.ranges[0][0] < -size:
        # More than the whole was asked for, counted from the end; that is the whole.
        wanted = Range("bytes", [(0, None)])
    span = wanted.range_for_length(size)
    if span is None:
        return Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    start, stop = span
    response = _stream(key, start, stop - start, 206)
    response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return response


def _stream(key: str, start: int, length: int, status: int) -> Response:
    try:
        pieces: Iterator[bytes] = cabinet().store.read(key, start, length)
    except LookupError as problem:
        raise PlpError("file_lost", 500, "A row names a file that the store does not have.") from problem
    # The answer may take as long as a slow line does; the database is not needed any more. What was read stays known.
    visit().db.close()
    response = Response(pieces, status=status)
    response.headers["Content-Length"] = str(length)
    return response


def init_app(app: Flask) -> None:
    """Give templates ``file_url(file_id, thumbnail=…, download=…)``."""
    app.jinja_env.globals["file_url"] = file_url
