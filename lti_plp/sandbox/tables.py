"""Tables of what the REST interface shows, and what brings an older file up to date."""

import sqlite3

COURSEWORK = """
CREATE TABLE IF NOT EXISTS section (
    id INTEGER PRIMARY KEY AUTOINCREMENT, course_id INTEGER NOT NULL REFERENCES course (id), name TEXT NOT NULL,
    sis_id TEXT
);
CREATE TABLE IF NOT EXISTS section_member (
    section_id INTEGER NOT NULL REFERENCES section (id), person_id INTEGER NOT NULL REFERENCES person (id),
    PRIMARY KEY (section_id, person_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS past_sub (
    course_id INTEGER NOT NULL REFERENCES course (id), person_id INTEGER NOT NULL REFERENCES person (id),
    sub TEXT NOT NULL, PRIMARY KEY (course_id, person_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS assignment_group (
    id INTEGER PRIMARY KEY AUTOINCREMENT, course_id INTEGER NOT NULL REFERENCES course (id), name TEXT NOT NULL,
    position INTEGER NOT NULL DEFAULT 1, weight REAL NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS rubric (
    id INTEGER PRIMARY KEY AUTOINCREMENT, course_id INTEGER NOT NULL REFERENCES course (id), title TEXT NOT NULL,
    criteria TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS work_group (
    id INTEGER PRIMARY KEY AUTOINCREMENT, category_id INTEGER NOT NULL, course_id INTEGER NOT NULL
        REFERENCES course (id), name TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS work_group_member (
    group_id INTEGER NOT NULL REFERENCES work_group (id), person_id INTEGER NOT NULL REFERENCES person (id),
    PRIMARY KEY (group_id, person_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS visible_to (
    assignment_id INTEGER NOT NULL REFERENCES assignment (id), person_id INTEGER NOT NULL REFERENCES person (id),
    PRIMARY KEY (assignment_id, person_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS date_override (
    id INTEGER PRIMARY KEY AUTOINCREMENT, assignment_id INTEGER NOT NULL REFERENCES assignment (id),
    title TEXT NOT NULL, student_ids TEXT NOT NULL, due_at TEXT, unlock_at TEXT, lock_at TEXT
);
CREATE TABLE IF NOT EXISTS work (
    id INTEGER PRIMARY KEY AUTOINCREMENT, assignment_id INTEGER NOT NULL REFERENCES assignment (id),
    person_id INTEGER NOT NULL REFERENCES person (id), course_id INTEGER NOT NULL REFERENCES course (id),
    workflow_state TEXT NOT NULL DEFAULT 'unsubmitted', attempt INTEGER, submission_type TEXT, body TEXT, url TEXT,
    submitted_at TEXT, files TEXT, score REAL, grade TEXT, graded_at TEXT, posted_at TEXT, grader_id INTEGER,
    graded_attempt INTEGER, excused INTEGER, late_policy_status TEXT, points_deducted REAL,
    redo_request INTEGER NOT NULL DEFAULT 0, extra_attempts INTEGER, rubric TEXT, comments TEXT, due_at TEXT,
    UNIQUE (assignment_id, person_id)
);
CREATE INDEX IF NOT EXISTS work_of_course ON work (course_id, id);
CREATE INDEX IF NOT EXISTS work_of_person ON work (course_id, person_id, id);
CREATE INDEX IF NOT EXISTS work_graded ON work (course_id, graded_at) WHERE graded_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS work_submitted ON work (course_id, submitted_at) WHERE submitted_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS assignment_of_course ON assignment (course_id);
CREATE INDEX IF NOT EXISTS enrollment_of_person ON enrollment (person_id);
CREATE INDEX IF NOT EXISTS line_item_of_assignment ON line_item (assignment_id);
CREATE TABLE IF NOT EXISTS file (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, person_id INTEGER NOT NULL REFERENCES person (id),
    course_id INTEGER REFERENCES course (id), name TEXT NOT NULL, content_type TEXT NOT NULL, content BLOB NOT NULL,
    created_at TEXT NOT NULL, locked INTEGER NOT NULL DEFAULT 0, hidden INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS outcome_group (
    id INTEGER PRIMARY KEY AUTOINCREMENT, course_id INTEGER REFERENCES course (id),
    parent_id INTEGER REFERENCES outcome_group (id), title TEXT NOT NULL, description TEXT, vendor_guid TEXT
);
CREATE TABLE IF NOT EXISTS outcome (
    id INTEGER PRIMARY KEY AUTOINCREMENT, course_id INTEGER REFERENCES course (id), title TEXT NOT NULL,
    display_name TEXT, description TEXT, vendor_guid TEXT, mastery_points REAL NOT NULL, calculation_method TEXT,
    calculation_int INTEGER, ratings TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS outcome_link (
    group_id INTEGER NOT NULL REFERENCES outcome_group (id), outcome_id INTEGER NOT NULL REFERENCES outcome (id),
    PRIMARY KEY (group_id, outcome_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outcome_result (
    id INTEGER PRIMARY KEY AUTOINCREMENT, course_id INTEGER NOT NULL REFERENCES course (id),
    person_id INTEGER NOT NULL REFERENCES person (id), outcome_id INTEGER NOT NULL REFERENCES outcome (id),
    assignment_id INTEGER NOT NULL REFERENCES assignment (id), score REAL, possible REAL NOT NULL, at TEXT NOT NULL,
    hidden INTEGER NOT NULL DEFAULT 0, UNIQUE (person_id, outcome_id, assignment_id)
);
CREATE TABLE IF NOT EXISTS outcome_alignment (
    result_id INTEGER PRIMARY KEY REFERENCES outcome_result (id), asset TEXT NOT NULL, title TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS outcome_result_of_course ON outcome_result (course_id, person_id, id);
CREATE TABLE IF NOT EXISTS proficiency (course_id INTEGER PRIMARY KEY, ratings TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS developer_key (
    id INTEGER PRIMARY KEY AUTOINCREMENT, client_id TEXT NOT NULL UNIQUE, secret TEXT NOT NULL, name TEXT NOT NULL,
    redirect_uris TEXT NOT NULL, scopes TEXT NOT NULL, enforces_scopes INTEGER NOT NULL,
    allows_includes INTEGER NOT NULL, active INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE IF NOT EXISTS oauth_code (
    code TEXT PRIMARY KEY, key_id INTEGER NOT NULL REFERENCES developer_key (id), person_id INTEGER NOT NULL
        REFERENCES person (id), scopes TEXT NOT NULL, redirect_uri TEXT NOT NULL, expires_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS user_token (
    id INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT NOT NULL UNIQUE, refresh_token TEXT NOT NULL UNIQUE,
    key_id INTEGER NOT NULL REFERENCES developer_key (id), person_id INTEGER NOT NULL REFERENCES person (id),
    scopes TEXT NOT NULL, expires_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS path_fault (
    id INTEGER PRIMARY KEY AUTOINCREMENT, pattern TEXT NOT NULL, kind TEXT NOT NULL, times INTEGER, status INTEGER,
    delay_ms INTEGER NOT NULL DEFAULT 0, body TEXT, after_bytes INTEGER
);
CREATE TABLE IF NOT EXISTS progress (
    id INTEGER PRIMARY KEY AUTOINCREMENT, course_id INTEGER NOT NULL REFERENCES course (id), state TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS notice_handler (
    tool_id INTEGER NOT NULL REFERENCES tool (id), notice_type TEXT NOT NULL, url TEXT NOT NULL,
    PRIMARY KEY (tool_id, notice_type)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS page_content (
    id INTEGER PRIMARY KEY AUTOINCREMENT, course_id INTEGER NOT NULL REFERENCES course (id), item TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS notice (
    id TEXT PRIMARY KEY, tool_id INTEGER NOT NULL, notice_type TEXT NOT NULL, url TEXT NOT NULL, status INTEGER
);

-- Canvas has a row for each student of each assignment from the start, handed in or not.
CREATE TRIGGER IF NOT EXISTS work_of_new_assignment AFTER INSERT ON assignment BEGIN
    INSERT OR IGNORE INTO work (assignment_id, person_id, course_id)
    SELECT new.id, person_id, course_id FROM enrollment WHERE course_id = new.course_id AND role = 'student';
END;
CREATE TRIGGER IF NOT EXISTS work_of_new_student AFTER INSERT ON enrollment WHEN new.role = 'student' BEGIN
    INSERT OR IGNORE INTO work (assignment_id, person_id, course_id)
    SELECT id, new.person_id, course_id FROM assignment WHERE course_id = new.course_id;
END;
CREATE TRIGGER IF NOT EXISTS parts_of_new_course AFTER INSERT ON course BEGIN
    INSERT INTO section (course_id, name) VALUES (new.id, new.title);
    INSERT INTO assignment_group (course_id, name) VALUES (new.id, 'Assignments');
END;
"""

ADDED = {
    "course": {
        "deleted": "INTEGER NOT NULL DEFAULT 0",
        "sis_id": "TEXT",
        "state": "TEXT NOT NULL DEFAULT 'available'",
        "time_zone": "TEXT NOT NULL DEFAULT 'America/New_York'",
    },
    "person": {"sis_id": "TEXT"},
    "assignment": {
        "points_possible": "REAL",
        "grading_type": "TEXT NOT NULL DEFAULT 'points'",
        "submission_types": "TEXT",
        "published": "INTEGER NOT NULL DEFAULT 1",
        "deleted": "INTEGER NOT NULL DEFAULT 0",
        "allowed_attempts": "INTEGER NOT NULL DEFAULT -1",
        "group_id": "INTEGER",
        "rubric_id": "INTEGER",
        "category_id": "INTEGER",
        "graded_one_by_one": "INTEGER NOT NULL DEFAULT 0",
        "posted_by_hand": "INTEGER NOT NULL DEFAULT 0",
        "only_some": "INTEGER NOT NULL DEFAULT 0",
        "omitted": "INTEGER NOT NULL DEFAULT 0",
        "created_at": "TEXT NOT NULL DEFAULT '2026-08-24T12:00:00.000000Z'",
        "updated_at": "TEXT NOT NULL DEFAULT '2026-08-24T12:00:00.000000Z'",
        "copied_from": "INTEGER",
        "more": "TEXT NOT NULL DEFAULT '{}'",
    },
    "tool": {"only_courses": "TEXT"},
    "deep_link": {"placement": "TEXT", "assignment_id": "INTEGER"},
    "submission": {"files": "TEXT", "score": "REAL", "grade": "TEXT"},
}
"""Columns that older files lack."""


def bring_up_to_date(db: sqlite3.Connection) -> None:
    """Make what is missing, in a new file and in one of an older version."""
    for table, columns in ADDED.items():
        known = {row["name"] for row in db.execute(f"PRAGMA table_info ({table})")}
        for name, kind in columns.items():
            if name not in known:
                db.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")
    _let_assignments_be_without_tool(db)
    db.executescript(COURSEWORK)
    db.execute(
        "INSERT INTO section (course_id, name) SELECT id, title FROM course"
        " WHERE id NOT IN (SELECT course_id FROM section)"
    )
    db.execute(
        "INSERT INTO assignment_group (course_id, name) SELECT id, 'Assignments' FROM course"
        " WHERE id NOT IN (SELECT course_id FROM assignment_group)"
    )
    db.execute(
        "INSERT OR IGNORE INTO work (assignment_id, person_id, course_id)"
        " SELECT assignment.id, person_id, enrollment.course_id FROM enrollment"
        " JOIN assignment ON assignment.course_id = enrollment.course_id WHERE role = 'student'"
    )


def forget_launches_of_old(db: sqlite3.Connection) -> None:
    """Drop the table of launches where it lacks columns; a launch lasts for minutes, so nothing is lost."""
    columns = {row["name"] for row in db.execute("PRAGMA table_info (launch)")}
    if columns and "link" not in columns:
        db.execute("DROP TABLE launch")


def _let_assignments_be_without_tool(db: sqlite3.Connection) -> None:
    """Rebuild the table where a tool was needed; SQLite cannot take a NOT NULL away."""
    columns = db.execute("PRAGMA table_info (assignment)").fetchall()
    if not any(row["name"] == "tool_id" and row["notnull"] for row in columns):
        return
    wording = db.execute("SELECT sql FROM sqlite_master WHERE name = 'assignment'").fetchone()["sql"]
    wording = wording.replace("tool_id INTEGER NOT NULL", "tool_id INTEGER")
    wording = wording.replace("assignment (", "assignment_anew (", 1)
    names = ", ".join(row["name"] for row in columns)
    db.execute("PRAGMA foreign_keys = OFF")
    db.executescript(
        f"BEGIN; {wording}; INSERT INTO assignment_anew ({names}) SELECT {names} FROM assignment;"  # noqa: S608
        " DROP TABLE assignment; ALTER TABLE assignment_anew RENAME TO assignment; COMMIT;"
    )
    db.execute("PRAGMA foreign_keys = ON")
