"""What every part of the LMS needs to know about itself."""

import sqlite3
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from flask import current_app, g

from lti_plp.sandbox.keys import PlatformKeys
from lti_plp.sandbox.store import Store

SCHOOL = "Maple Hollow School"


@dataclass(frozen=True)
class Lms:
    """The running LMS: its public name, its memory and its keys."""

    base_url: str
    """``http://localhost:PORT``: issuer, and beginning of every address that is handed out."""
    store: Store
    keys: PlatformKeys = field(default_factory=PlatformKeys)
    issuer: str = ""
    """What tools know it by; hosted schools share one, so that it tells nothing of the address."""

    def __post_init__(self) -> None:
        if not self.issuer:
            object.__setattr__(self, "issuer", self.base_url)

    @property
    def port(self) -> int:
        """Where it listens."""
        return urlsplit(self.base_url).port or 80

    @property
    def token_url(self) -> str:
        """Address of the token endpoint, and the audience of client assertions."""
        return f"{self.base_url}/login/oauth2/token"

    def course_url(self, course_id: int, service: str) -> str:
        """Return the address of a course's service."""
        return f"{self.base_url}/api/lti/courses/{course_id}/{service}"


def lms() -> Lms:
    """Return the LMS of this request."""
    found = current_app.extensions["sandbox"]
    if not isinstance(found, Lms):
        raise TypeError("The application was not made by create_app.")
    return found


def database() -> sqlite3.Connection:
    """Return this request's connection."""
    if "db" not in g:
        g.db = lms().store.connect()
    connection: sqlite3.Connection = g.db
    return connection
