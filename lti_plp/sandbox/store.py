"""Where the LMS keeps everything: one SQLite file, plain SQL."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lti_plp.sandbox.tables import bring_up_to_date, forget_launches_of_old

FILE_NAME = "sandbox.sqlite3"

SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS platform_key (
    kid TEXT PRIMARY KEY, pem TEXT NOT NULL, signing INTEGER NOT NULL, published INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS person (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, sub TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    name TEXT NOT NULL, given_name TEXT NOT NULL, family_name TEXT NOT NULL, email TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS course (
    id INTEGER PRIMARY KEY AUTOINCREMENT, context_id TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
    label TEXT NOT NULL, copied_from INTEGER REFERENCES course (id)
);
CREATE TABLE IF NOT EXISTS enrollment (
    course_id INTEGER NOT NULL REFERENCES course (id), person_id INTEGER NOT NULL REFERENCES person (id),
    role TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'Active', PRIMARY KEY (course_id, person_id)
);
CREATE TABLE IF NOT EXISTS observing (
    observer_id INTEGER NOT NULL REFERENCES person (id), student_id INTEGER NOT NULL REFERENCES person (id),
    PRIMARY KEY (observer_id, student_id)
);
CREATE TABLE IF NOT EXISTS tool (
    id INTEGER PRIMARY KEY AUTOINCREMENT, client_id TEXT NOT NULL UNIQUE, deployment_id TEXT, name TEXT NOT NULL,
    login_url TEXT NOT NULL, redirect_uris TEXT NOT NULL, target_link_uri TEXT NOT NULL, jwks_url TEXT NOT NULL,
    domain TEXT NOT NULL, scopes TEXT NOT NULL, privacy TEXT NOT NULL, custom TEXT NOT NULL,
    placements TEXT NOT NULL, active INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS assignment (
    id INTEGER PRIMARY KEY AUTOINCREMENT, course_id INTEGER NOT NULL REFERENCES course (id),
    tool_id INTEGER REFERENCES tool (id), resource_link_id TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
    text TEXT NOT NULL DEFAULT '', url TEXT, custom TEXT NOT NULL DEFAULT '{}', new_tab INTEGER NOT NULL DEFAULT 0,
    unlock_at TEXT, lock_at TEXT, due_at TEXT
);
CREATE TABLE IF NOT EXISTS line_item (
    id INTEGER PRIMARY KEY AUTOINCREMENT, course_id INTEGER NOT NULL REFERENCES course (id),
    tool_id INTEGER NOT NULL REFERENCES tool (id), assignment_id INTEGER NOT NULL REFERENCES assignment (id),
    coupled INTEGER NOT NULL, label TEXT NOT NULL, score_maximum REAL NOT NULL, resource_id TEXT, tag TEXT,
    start_at TEXT, end_at TEXT, grades_released INTEGER, submission_type TEXT
);
CREATE TABLE IF NOT EXISTS result (
    id INTEGER PRIMARY KEY AUTOINCREMENT, line_item_id INTEGER NOT NULL REFERENCES line_item (id),
    person_id INTEGER NOT NULL REFERENCES person (id), score REAL, comment TEXT, activity_progress TEXT NOT NULL,
    grading_progress TEXT NOT NULL, timestamp TEXT NOT NULL, scoring_user TEXT, UNIQUE (line_item_id, person_id)
);
CREATE TABLE IF NOT EXISTS submission (
    id INTEGER PRIMARY KEY AUTOINCREMENT, assignment_id INTEGER NOT NULL REFERENCES assignment (id),
    person_id INTEGER NOT NULL REFERENCES person (id), attempt INTEGER NOT NULL, type TEXT NOT NULL,
    data TEXT, submitted_at TEXT NOT NULL, UNIQUE (assignment_id, person_id, attempt)
);
CREATE TABLE IF NOT EXISTS accepted_score (
    id INTEGER PRIMARY KEY AUTOINCREMENT, line_item_id INTEGER NOT NULL, course_id INTEGER NOT NULL,
    body TEXT NOT NULL, received_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS lms_session (
    id TEXT PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES person (id),
    viewing_as INTEGER REFERENCES person (id)
);
CREATE TABLE IF NOT EXISTS launch (
    message_hint TEXT PRIMARY KEY, login_hint TEXT NOT NULL, tool_id INTEGER NOT NULL REFERENCES tool (id),
    person_id INTEGER NOT NULL REFERENCES person (id), session_id TEXT,
    course_id INTEGER REFERENCES course (id),
    assignment_id INTEGER REFERENCES assignment (id), placement TEXT, deep_link TEXT, overrides TEXT NOT NULL,
    expires_at TEXT NOT NULL, used INTEGER NOT NULL DEFAULT 0, student_id INTEGER REFERENCES person (id),
    nobody INTEGER NOT NULL DEFAULT 0, link TEXT
);
CREATE TABLE IF NOT EXISTS deep_link (
    handle TEXT PRIMARY KEY, tool_id INTEGER NOT NULL REFERENCES tool (id),
    course_id INTEGER NOT NULL REFERENCES course (id),
    person_id INTEGER NOT NULL REFERENCES person (id), settings TEXT NOT NULL, expires_at TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open', answer TEXT
);
CREATE TABLE IF NOT EXISTS used_token_id (
    tool_id INTEGER NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (tool_id, kind, value)
);
CREATE TABLE IF NOT EXISTS access_token (
    id INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT NOT NULL UNIQUE, tool_id INTEGER NOT NULL REFERENCES tool (id),
    scopes TEXT NOT NULL, expires_at TEXT NOT NULL, revoked INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS registration_token (
    token TEXT PRIMARY KEY, expires_at TEXT NOT NULL, url TEXT NOT NULL, used INTEGER NOT NULL DEFAULT 0,
    tool_id INTEGER REFERENCES tool (id)
);
CREATE TABLE IF NOT EXISTS fault (
    id INTEGER PRIMARY KEY AUTOINCREMENT, service TEXT NOT NULL, times INTEGER NOT NULL, status INTEGER,
    delay_ms INTEGER NOT NULL, body TEXT, retry_after TEXT, after_work INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS request_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, service TEXT NOT NULL, method TEXT NOT NULL,
    path TEXT NOT NULL, query TEXT NOT NULL, status INTEGER NOT NULL, headers TEXT NOT NULL, body TEXT NOT NULL
);
"""


class Store:
    """The LMS's database; every request has a connection of its own."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME

    def create(self, *, reset: bool) -> None:
        """Make the folder and the tables; with ``reset`` from nothing."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if reset:
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        db = self.connect()
        db.execute("PRAGMA journal_mode = WAL")
        forget_launches_of_old(db)
        db.executescript(SCHEMA)
        bring_up_to_date(db)
        db.close()

    def connect(self) -> sqlite3.Connection:
        """Open a connection in autocommit mode; changes that belong together go into :func:`writing`."""
        db = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA foreign_keys = ON")
        return db


@contextmanager
def writing(db: sqlite3.Connection) -> Iterator[None]:
    """Do several changes as one; an exception undoes them."""
    # IMMEDIATE: two requests that read and then write would otherwise end in "database is locked".
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def setting(db: sqlite3.Connection, name: str, default: str = "") -> str:
    """Return a stored setting."""
    row = db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
    return str(row["value"]) if row else default


def set_setting(db: sqlite3.Connection, name: str, value: str) -> None:
    """Store a setting."""
    db.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (name, value))
