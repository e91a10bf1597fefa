"""Learning outcomes in the REST interface: groups, links, outcomes, scales."""

import json
import sqlite3
from typing import Any

from flask import request

from lti_plp.sandbox.lms import database
from lti_plp.sandbox.outcomes import possible, root_group
from lti_plp.sandbox.rest import Caller, RestRefusal, endpoint, forbidden, not_found
from lti_plp.sandbox.rest_ids import course_named
from lti_plp.sandbox.rest_paging import Listed, part_of
from lti_plp.sandbox.store import setting

ACCOUNT = 1


def _context(caller: Caller, kind: str, name: str) -> int | None:
    """Return the course of an address, or ``None`` for the account; who may not enter it sees nothing."""
    if kind == "courses":
        return course_named(caller, name).id
    if name not in {str(ACCOUNT), "self"}:
        raise not_found()
    if caller.person.kind not in {"administrator", "principal", "teacher"}:
        raise forbidden()
    return None


def _path(course_id: int | None) -> str:
    return f"/api/v1/courses/{course_id}" if course_id else f"/api/v1/accounts/{ACCOUNT}"


def outcome_rows(ids: list[int]) -> list[sqlite3.Row]:
    """Return outcomes in the order of their ids."""
    marks = ", ".join("?" * len(ids))
    return database().execute(f"SELECT * FROM outcome WHERE id IN ({marks}) ORDER BY id", ids).fetchall()  # noqa: S608


def scale(course_id: int | None) -> list[dict[str, Any]] | None:
    """Return the ratings of a course, or of the account that is over it; ``None`` where nobody set any."""
    for place in (course_id or 0, 0):
        row = database().execute("SELECT ratings FROM proficiency WHERE course_id = ?", (place,)).fetchone()
        if row:
            return list(json.loads(row["ratings"]))
    return None


def _by_account() -> bool:
    return setting(database(), "account_mastery_scales", "off") == "on"


def shown_outcome(row: sqlite3.Row, *, abbreviated: bool = False) -> dict[str, Any]:
    """Return an outcome as the REST interface shows it (example E3 of the reference)."""
    shown: dict[str, Any] = {
        "id": row["id"],
        "context_id": row["course_id"] or ACCOUNT,
        "context_type": "Course" if row["course_id"] else "Account",
        "vendor_guid": row["vendor_guid"],
        "display_name": row["display_name"],
        "title": row["title"],
        "url": f"/api/v1/outcomes/{row['id']}",
        "can_edit": False,
        "has_updateable_rubrics": False,
    }
    if abbreviated:
        return shown
    ratings, mastery, method = json.loads(row["ratings"]), row["mastery_points"], row["calculation_method"]
    top: float = possible(row)
    # With account level mastery scales all this comes from the account, whatever the outcome says.
    common = scale(row["course_id"]) if _by_account() else None
    if common:
        ratings, top = common, max(one["points"] for one in common)
        mastery = next(one["points"] for one in common if one["mastery"])
    used = database().execute("SELECT 1 FROM outcome_result WHERE outcome_id = ? LIMIT 1", (row["id"],))
    return shown | {
        "description": row["description"],
        "friendly_description": None,
        "calculation_method": method,
        "calculation_int": row["calculation_int"],
        "points_possible": top,
        "mastery_points": mastery,
        "ratings": ratings,
        "assessed": used.fetchone() is not None,
    }


@endpoint("/outcomes/<id>")
def one_outcome(caller: Caller, id: str) -> Any:  # noqa: A002
    """Show an outcome."""
    rows = outcome_rows([int(id)]) if id.isdecimal() else []
    if not rows:
        raise not_found()
    return shown_outcome(rows[0])


def shown_group(row: sqlite3.Row, *, abbreviated: bool = False) -> dict[str, Any]:
    """Return a group of outcomes as the REST interface shows it."""
    url = f"{_path(row['course_id'])}/outcome_groups/{row['id']}"
    shown = {
        "id": row["id"],
        "title": row["title"],
        "vendor_guid": row["vendor_guid"],
        "url": url,
        "subgroups_url": f"{url}/subgroups",
        "outcomes_url": f"{url}/outcomes",
        "can_edit": False,
    }
    if abbreviated:
        return shown
    parent = None
    if row["parent_id"] is not None:
        parent = shown_group(_group_row(row["course_id"], row["parent_id"]), abbreviated=True)
    return shown | {
        "import_url": f"{url}/import",
        "context_id": row["course_id"] or ACCOUNT,
        "context_type": "Course" if row["course_id"] else "Account",
        "description": row["description"],
        "parent_outcome_group": parent,
    }


def _group_row(course_id: int | None, group_id: int | str) -> sqlite3.Row:
    row: sqlite3.Row | None = (
        database()
        .execute("SELECT * FROM outcome_group WHERE course_id IS ? AND id = ?", (course_id, group_id))
        .fetchone()
    )
    if row is None:
        raise not_found()
    return row


def _add_context_endpoints(kind: str, word: str) -> None:
    """Put the addresses of groups, links and scales under courses or under the account."""

    @endpoint(f"/{kind}/<{word}>/root_outcome_group")
    def root(caller: Caller, **named: str) -> Any:
        course_id = _context(caller, kind, named[word])
        return shown_group(_group_row(course_id, root_group(database(), course_id)))

    @endpoint(f"/{kind}/<{word}>/outcome_groups")
    def groups(caller: Caller, **named: str) -> Listed:
        course_id = _context(caller, kind, named[word])
        root_group(database(), course_id)
        rows = database().execute(
            "SELECT * FROM outcome_group WHERE course_id IS ? ORDER BY id", (course_id,)
        )
        return part_of(rows.fetchall(), shown_group)

    @endpoint(f"/{kind}/<{word}>/outcome_groups/<id>")
    def group(caller: Caller, **named: str) -> Any:
        return shown_group(_group_row(_context(caller, kind, named[word]), named["id"]))

    @endpoint(f"/{kind}/<{word}>/outcome_groups/<id>/subgroups")
    def subgroups(caller: Caller, **named: str) -> Listed:
        parent = _group_row(_context(caller, kind, named[word]), named["id"])
        rows = database().execute(
            "SELECT * FROM outcome_group WHERE parent_id = ? ORDER BY id", (parent["id"],)
        )
        return part_of(rows.fetchall(), lambda row: shown_group(row, abbreviated=True))

    @endpoint(f"/{kind}/<{word}>/outcome_groups/<id>/outcomes")
    def outcomes(caller: Caller, **named: str) -> Listed:
        found = _group_row(_context(caller, kind, named[word]), named["id"])
        return part_of(link_rows("outcome_link.group_id = ?", found["id"]), shown_link)

    @endpoint(f"/{kind}/<{word}>/outcome_group_links")
    def links(caller: Caller, **named: str) -> Listed:
        course_id = _context(caller, kind, named[word])
        return part_of(link_rows("outcome_group.course_id IS ?", course_id), shown_link)

    @endpoint(f"/{kind}/<{word}>/outcome_proficiency")
    def proficiency(caller: Caller, **named: str) -> Any:
        course_id = _context(caller, kind, named[word]) if kind == "courses" else None
        ratings = scale(course_id)
        if ratings is None:
            raise RestRefusal(404, {"message": "The specified resource does not exist."})
        return {"ratings": ratings}


_add_context_endpoints("courses", "course_id")
_add_context_endpoints("accounts", "account_id")


def link_rows(rule: str, value: int | None) -> list[sqlite3.Row]:
    """Return the links that a rule chooses, each with its group."""
    return (
        database()
        .execute(
            "SELECT outcome_group.*, outcome_id FROM outcome_link"  # noqa: S608
            f" JOIN outcome_group ON outcome_group.id = group_id WHERE {rule} ORDER BY group_id, outcome_id",
            (value,),
        )
        .fetchall()
    )


def shown_link(row: sqlite3.Row) -> dict[str, Any]:
    """Return a link of an outcome with its group as the REST interface shows it."""
    outcome = outcome_rows([row["outcome_id"]])[0]
    brief = request.args.get("outcome_style", "abbrev") != "full"
    brief_group = request.args.get("outcome_group_style", "abbrev") != "full"
    return {
        "url": f"{_path(row['course_id'])}/outcome_groups/{row['id']}/outcomes/{row['outcome_id']}",
        "context_id": row["course_id"] or ACCOUNT,
        "context_type": "Course" if row["course_id"] else "Account",
        "outcome_group": shown_group(row, abbreviated=brief_group),
        "outcome": shown_outcome(outcome, abbreviated=brief),
        "assessed": shown_outcome(outcome)["assessed"],
        "can_unlink": False,
    }
