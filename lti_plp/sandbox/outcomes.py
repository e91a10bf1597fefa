"""Learning outcomes: how results of one are summed up, and what a rubric says of them."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

DEFAULT_RATINGS = [
    {"description": "Exceeds Mastery", "points": 4, "mastery": False, "color": "127A1B"},
    {"description": "Mastery", "points": 3, "mastery": True, "color": "00AC18"},
    {"description": "Near Mastery", "points": 2, "mastery": False, "color": "FAB901"},
    {"description": "Below Mastery", "points": 1, "mastery": False, "color": "FD5D10"},
    {"description": "Well Below Mastery", "points": 0, "mastery": False, "color": "EE0612"},
]
METHODS = frozenset(
    {
        "weighted_average",
        "decaying_average",
        "n_mastery",
        "latest",
        "highest",
        "average",
        "standard_decaying_average",
    }
)


def root_group(db: sqlite3.Connection, course_id: int | None) -> int:
    """Return the root group of a course, or of the account (``None``), which comes to be when it is asked for."""
    row = db.execute(
        "SELECT id FROM outcome_group WHERE course_id IS ? AND parent_id IS NULL ORDER BY id LIMIT 1",
        (course_id,),
    ).fetchone()
    if row:
        return int(row["id"])
    cursor = db.execute("INSERT INTO outcome_group (course_id, title) VALUES (?, 'ROOT')", (course_id,))
    return int(cursor.lastrowid or 0)


def add_outcome(db: sqlite3.Connection, group_id: int, **values: Any) -> int:
    """Make an outcome in a group; return its id."""
    course_id = db.execute("SELECT course_id FROM outcome_group WHERE id = ?", (group_id,)).fetchone()[
        "course_id"
    ]
    ratings = values.get("ratings") or [
        {"description": one["description"], "points": one["points"]} for one in DEFAULT_RATINGS
    ]
    cursor = db.execute(
        "INSERT INTO outcome (course_id, title, display_name, description, vendor_guid, mastery_points,"
        " calculation_method, calculation_int, ratings) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            course_id,
            values["title"],
            values.get("display_name"),
            values.get("description"),
            values.get("vendor_guid"),
            values.get("mastery_points", 3),
            values.get("calculation_method", "highest"),
            values.get("calculation_int"),
            json.dumps(ratings),
        ),
    )
    outcome_id = int(cursor.lastrowid or 0)
    link(db, group_id, outcome_id)
    return outcome_id


def link(db: sqlite3.Connection, group_id: int, outcome_id: int) -> None:
    """Put an outcome into one more group, of a course or of the account."""
    db.execute(
        "INSERT OR IGNORE INTO outcome_link (group_id, outcome_id) VALUES (?, ?)", (group_id, outcome_id)
    )


def outcome_ids(db: sqlite3.Connection, course_id: int | None) -> list[int]:
    """Return the outcomes that are linked in a course, or in the account."""
    rows = db.execute(
        "SELECT DISTINCT outcome_id FROM outcome_link JOIN outcome_group ON outcome_group.id = group_id"
        " WHERE outcome_group.course_id IS ? ORDER BY outcome_id",
        (course_id,),
    )
    return [row["outcome_id"] for row in rows]


def possible(outcome: sqlite3.Row) -> float:
    """Return the most points of an outcome."""
    return max((one["points"] for one in json.loads(outcome["ratings"])), default=0.0)


def add_result(
    db: sqlite3.Connection,
    outcome_id: int,
    assignment_id: int,
    person_id: int,
    score: float | None,
    at: str,
    *,
    hidden: bool = False,
) -> None:
    """Keep how somebody did on an outcome in an assignment, in the place of what was kept before."""
    outcome = db.execute("SELECT * FROM outcome WHERE id = ?", (outcome_id,)).fetchone()
    db.execute(
        "INSERT INTO outcome_result (course_id, person_id, outcome_id, assignment_id, score, possible, at, hidden)"
        " SELECT course_id, ?, ?, id, ?, ?, ?, ? FROM assignment WHERE id = ?"
        " ON CONFLICT (person_id, outcome_id, assignment_id) DO UPDATE SET score = excluded.score, at = excluded.at,"
        " hidden = excluded.hidden",
        (person_id, outcome_id, score, possible(outcome), at, hidden, assignment_id),
    )


def results_of_rubric(
    db: sqlite3.Connection, assignment_id: int, person_id: int, assessment: dict[str, Any], at: str
) -> None:
    """Keep what an assessment says of criteria that stand for outcomes."""
    row = db.execute(
        "SELECT criteria FROM rubric JOIN assignment ON rubric_id = rubric.id WHERE assignment.id = ?",
        (assignment_id,),
    ).fetchone()
    for criterion in json.loads(row["criteria"]) if row else ():
        said = assessment.get(criterion["id"])
        if said is not None and criterion.get("outcome_id"):
            add_result(db, criterion["outcome_id"], assignment_id, person_id, said.get("points"), at)


def rolled_up(
    method: str | None, number: int | None, scores: Sequence[float], mastery: float
) -> float | None:
    """Return what scores, oldest first, come to by a method of calculation; ``None`` where it gives no score yet."""
    if not scores:
        return None
    if method == "latest":
        return round(scores[-1], 2)
    if method in {"average", "weighted_average"}:
        return round(sum(scores) / len(scores), 2)
    if method in {"decaying_average", "standard_decaying_average"}:
        return _decaying(method, (number or 65) / 100, scores)
    if method == "n_mastery":
        reached = [score for score in scores if score >= mastery]
        return round(sum(reached) / len(reached), 2) if len(reached) >= (number or 5) else None
    # No method at all is the highest (Canvas).
    return round(max(scores), 2)


def _decaying(method: str, weight: float, scores: Sequence[float]) -> float:
    if len(scores) == 1:
        return round(scores[0], 2)
    if method == "decaying_average":
        # The newest result counts `weight`, the average of all before it the rest.
        before = scores[:-1]
        return round(scores[-1] * weight + sum(before) / len(before) * (1 - weight), 2)
    value = scores[0]
    for score in scores[1:]:
        value = value * (1 - weight) + score * weight
    return round(value, 2)
