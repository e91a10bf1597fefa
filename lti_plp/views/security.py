"""Headers that every answer carries, and the cookie by which we know a browser."""

import secrets

from flask import Flask, Request, Response, g, request
from flask.sessions import SessionInterface, SessionMixin

BROWSER_COOKIE = "__Host-lti_plp"
"""Random, one per browser (and per platform it is framed by); says who is at the door only together with a session."""

_PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
_RECORDING = "camera=(self), geolocation=(), microphone=(self), payment=(), usb=()"


class NoSession(SessionInterface):
    """Flask's own session, which is a signed cookie, is not used: nothing reads or writes it."""

    def open_session(self, app: Flask, request: Request) -> SessionMixin | None:
        """Open none."""
        return None


def csp_nonce() -> str:
    """Return this answer's nonce for scripts."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def allow_framing(origins: str) -> None:
    """Let pages of these origins, separated by spaces, frame this answer; without a call nobody may."""
    g.frame_origins = origins


def allow_form_target(origin: str) -> None:
    """Let a form of this answer be sent to another origin."""
    g.form_targets = [*g.get("form_targets", []), origin]


def allow_recording() -> str:
    """Let this answer's page ask for camera and microphone; empty, because templates call it."""
    g.may_record = True
    return ""


def _may_record() -> bool:
    # Where no cookie is kept, all pages of a visit are brought into the first one, whose permissions stay.
    visit = g.get("visit")
    return bool(g.get("may_record") or (visit and visit.is_cookieless and visit.actor.is_learner))


def _policy() -> str:
    form_targets = " ".join(["'self'", *g.get("form_targets", [])])
    framed_by = g.get("frame_origins") or "'none'"
    return (
        "default-src 'none'; "
        f"script-src 'nonce-{csp_nonce()}' 'strict-dynamic'; "
        "style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; "
        f"base-uri 'none'; form-action {form_targets}; frame-ancestors {framed_by}"
    )


def _add_headers(response: Response) -> Response:
    headers = response.headers
    if response.mimetype == "text/html":
        headers["Content-Security-Policy"] = _policy()
        headers["Permissions-Policy"] = _RECORDING if _may_record() else _PERMISSIONS
    if request.endpoint not in {"static", "asset"}:
        headers.setdefault("Cache-Control", "no-store")
    headers["Referrer-Policy"] = "no-referrer"
    headers["X-Content-Type-Options"] = "nosniff"
    if request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def browser_secret(incoming: Request) -> str | None:
    """Return the secret that this browser's cookie holds, if it holds one of ours."""
    value = incoming.cookies.get(BROWSER_COOKIE, "")
    return value if 20 <= len(value) <= 64 and value.isascii() else None


def login_secret(incoming: Request, key: str) -> str | None:
    """Return the secret that this browser's cookie of one login holds; ``key`` is the login's storage key."""
    return incoming.cookies.get(f"__Host-{key}") or None


def set_login_cookie(response: Response, key: str, secret: str, seconds: int) -> None:
    """Ask the browser to keep the secret of one login until its launch comes.

    Two frames of a page may begin at once in a browser that was never here: the second then replaces the cookie that
    the first had set, and only this one still tells that both began here.
    """
    response.set_cookie(
        f"__Host-{key}",
        secret,
        max_age=seconds,
        path="/",
        secure=True,
        httponly=True,
        samesite="None",
        partitioned=True,
    )


def set_browser_cookie(response: Response, secret: str) -> None:
    """Ask the browser to keep ``secret`` until it is closed, apart for each site that frames us (CHIPS)."""
    response.set_cookie(
        BROWSER_COOKIE, secret, path="/", secure=True, httponly=True, samesite="None", partitioned=True
    )


def init_app(app: Flask) -> None:
    """Give every answer its headers, and templates ``allow_recording()``."""
    app.jinja_env.globals["allow_recording"] = allow_recording
    app.after_request(_add_headers)
