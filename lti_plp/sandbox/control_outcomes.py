"""Test control of outcomes; see :mod:`lti_plp.sandbox.control`."""

import json

from flask import Blueprint, abort, jsonify
from flask.typing import ResponseReturnValue

from lti_plp.sandbox import coursework, outcomes, times
from lti_plp.sandbox.control_coursework import body, person
from lti_plp.sandbox.lms import database
from lti_plp.sandbox.store import set_setting, writing

bp = Blueprint("control_outcomes", __name__, url_prefix="/_sandbox")


@bp.post("/outcome_groups")
def make_group() -> ResponseReturnValue:
    """Make a group of outcomes, in a course or (without one) in the account."""
    values, db = body(), database()
    course_id = values.get("course")
    with writing(db):
        parent = values.get("parent") or outcomes.root_group(db, course_id)
        cursor = db.execute(
            "INSERT INTO outcome_group (course_id, parent_id, title, description, vendor_guid) VALUES (?, ?, ?, ?, ?)",
            (course_id, parent, values["title"], values.get("description"), values.get("vendor_guid")),
        )
    return jsonify(group=cursor.lastrowid)


@bp.post("/outcomes")
def make_outcome() -> ResponseReturnValue:
    """Make an outcome in a group, or in the root group of a course or of the account."""
    values, db = body(), database()
    if values.get("calculation_method", "highest") not in {*outcomes.METHODS, None}:
        abort(400, f"calculation_method is one of {', '.join(sorted(outcomes.METHODS))}")
    with writing(db):
        group_id = values.pop("group", None) or outcomes.root_group(db, values.get("course"))
        made = outcomes.add_outcome(db, group_id, **values)
        for course_id in values.get("linked_in", ()):
            outcomes.link(db, outcomes.root_group(db, course_id), made)
    return jsonify(outcome=made)


@bp.post("/outcome_results")
def add_result() -> ResponseReturnValue:
    """Say how somebody did on an outcome in an assignment, without a rubric."""
    values = body()
    outcomes.add_result(
        database(),
        values["outcome"],
        values["assignment"],
        person(values["person"]).id,
        values["score"],
        coursework.kept(values.get("at")) or times.stored(times.now()),
        hidden=bool(values.get("hidden")),
    )
    if "alignment" in values:
        database().execute(
            "INSERT OR REPLACE INTO outcome_alignment (result_id, asset, title) SELECT id, ?, ? FROM outcome_result"
            " WHERE outcome_id = ? AND assignment_id = ? AND person_id = ?",
            (
                values["alignment"]["id"],
                values["alignment"]["name"],
                values["outcome"],
                values["assignment"],
                person(values["person"]).id,
            ),
        )
    return jsonify(ok=True)


@bp.post("/proficiency")
def set_scale() -> ResponseReturnValue:
    """Set the scale of a course or (without one) of the account, and whether outcomes take theirs from it."""
    values = body()
    ratings = values.get("ratings", outcomes.DEFAULT_RATINGS)
    database().execute(
        "INSERT OR REPLACE INTO proficiency (course_id, ratings) VALUES (?, ?)",
        (values.get("course", 0), json.dumps(ratings)),
    )
    if "for_all_outcomes" in values:
        set_setting(database(), "account_mastery_scales", "on" if values["for_all_outcomes"] else "off")
    return jsonify(ok=True)


@bp.post("/proficiency/clear")
def clear_scale() -> ResponseReturnValue:
    """Take every scale away."""
    database().execute("DELETE FROM proficiency")
    set_setting(database(), "account_mastery_scales", "off")
    return jsonify(ok=True)
