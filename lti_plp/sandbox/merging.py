"""Two accounts become one, as Canvas merges users."""

import sqlite3

from lti_plp.sandbox.school import Person


def merge_people(db: sqlite3.Connection, old: Person, kept: Person) -> None:
    """Give all that one account has to another, and take it away.

    Tools go on hearing the old ``sub`` in the courses that the old account was in (Canvas: past ids by context). Of
    what there can be one, the kept account's own stays.
    """
    db.execute(
        "INSERT OR IGNORE INTO past_sub (course_id, person_id, sub)"
        " SELECT course_id, person_id, ? FROM enrollment WHERE person_id = ?",
        (old.sub, old.id),
    )
    for table, column in _of_people(db):
        # The names are the database's own.
        db.execute(f"UPDATE OR IGNORE {table} SET {column} = ? WHERE {column} = ?", (kept.id, old.id))  # noqa: S608
        db.execute(f"DELETE FROM {table} WHERE {column} = ?", (old.id,))  # noqa: S608
    db.execute("DELETE FROM person WHERE id = ?", (old.id,))


def _of_people(db: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return every column that names somebody."""
    tables = [row["name"] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [
        (table, key["from"])
        for table in tables
        for key in db.execute(f"PRAGMA foreign_key_list({table})").fetchall()
        if key["table"] == "person"
    ]
