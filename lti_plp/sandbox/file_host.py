"""The other host that keeps the bytes of files: an address that is signed, and does not last, opens one of them.

It refuses a request with an ``Authorization`` header, as object stores do whose addresses are signed: a token that gets
here was sent to strangers.
"""

import hashlib
import hmac
import json
import sqlite3
from contextlib import closing
from urllib.parse import quote, urlencode

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

from lti_plp.sandbox import times
from lti_plp.sandbox.lms import Lms
from lti_plp.sandbox.store import setting

SECONDS = 60
"""How long an address is good, unless test control says otherwise."""


def signed_address(db: sqlite3.Connection, lms: Lms, file_id: int) -> str:
    """Return an address at the other host that opens a file for a while."""
    row = db.execute("SELECT name FROM file WHERE id = ?", (file_id,)).fetchone()
    seconds = float(setting(db, "file_address_seconds", str(SECONDS)))
    expires = f"{times.now().timestamp() + seconds:.3f}"
    query = urlencode({"expires": expires, "signature": _signature(db, file_id, expires)})
    return f"{setting(db, 'file_host') or lms.base_url}/objects/{file_id}/{quote(row['name'])}?{query}"


def _signature(db: sqlite3.Connection, file_id: int, expires: str) -> str:
    secret = setting(db, "secret").encode()
    return hmac.new(secret, f"{file_id} {expires}".encode(), hashlib.sha256).hexdigest()


def create_file_app(lms: Lms) -> Flask:
    """Return the other host as a web application."""
    app = Flask(__name__, static_folder=None)

    @app.get("/objects/<int:file_id>/<name>")
    def serve(file_id: int, name: str) -> ResponseReturnValue:
        with closing(lms.store.connect()) as db:
            return _served(db, file_id, name)

    return app


def _served(db: sqlite3.Connection, file_id: int, name: str) -> Response:
    status, code = 200, ""
    expires = request.args.get("expires", "0")
    if "Authorization" in request.headers:
        status, code = 400, "InvalidArgument"
    elif not hmac.compare_digest(request.args.get("signature", ""), _signature(db, file_id, expires)):
        status, code = 403, "SignatureDoesNotMatch"
    elif float(expires) <= times.now().timestamp():
        status, code = 403, "AccessDenied"
    db.execute(
        "INSERT INTO request_log (at, service, method, path, query, status, headers, body)"
        " VALUES (?, 'files', 'GET', ?, '', ?, ?, '')",
        (
            times.stored(times.now()),
            request.path,
            status,
            json.dumps({"Authorization": request.headers.get("Authorization", "").partition(" ")[0]}),
        ),
    )
    if code:
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code></Error>'
        return Response(text, status, content_type="application/xml")
    row = db.execute("SELECT content, content_type FROM file WHERE id = ?", (file_id,)).fetchone()
    answer = Response(row["content"], content_type=row["content_type"])
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return answer
