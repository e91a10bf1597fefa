"""Addresses of style sheets and scripts, with a digest that changes with their content."""

import hashlib
from pathlib import Path

from flask import Flask, Response, current_app


def init_app(app: Flask) -> None:
    """Give templates ``asset(name)``; what it names may be kept for a year: a change gives it another address."""
    folder = Path(app.static_folder or "")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    # One digest for all: modules import each other by plain names, and must not be mixed with older ones.
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]
    names = [path.relative_to(folder).as_posix() for path in files]
    addresses = {name: f"/static/{digest}/{name}" for name in names}
    app.extensions["lti_plp_assets"] = digest
    app.jinja_env.globals["asset"] = addresses.__getitem__
    app.add_url_rule("/static/<digest>/<path:filename>", "asset", _serve)


def _serve(digest: str, filename: str) -> Response:
    response = current_app.send_static_file(filename)
    if digest == current_app.extensions["lti_plp_assets"]:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
