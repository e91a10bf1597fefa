"""Results of learning outcomes summed up in the REST interface: for each student, or for a course."""

import sqlite3
from typing import Any

from flask import request

from lti_plp.sandbox import times
from lti_plp.sandbox.lms import database
from lti_plp.sandbox.outcomes import rolled_up
from lti_plp.sandbox.rest import Caller, RestRefusal, endpoint
from lti_plp.sandbox.rest_ids import course_named
from lti_plp.sandbox.rest_outcome_results import result_rows, side_loaded, wanted_outcomes, wanted_people
from lti_plp.sandbox.rest_paging import Listed, asked
from lti_plp.sandbox.school import Course, Person
from lti_plp.sandbox.school_rows import sections_by_person, sections_of


@endpoint("/courses/<course_id>/outcome_rollups")
def rollups(caller: Caller, course_id: str) -> Any:
    """Sum up results: a row for each section of each student, or one of the whole course (example E5)."""
    course = course_named(caller, course_id)
    aggregate = request.args.get("aggregate")
    if aggregate not in {None, "course"}:
        raise RestRefusal(400, {"errors": [{"message": "invalid aggregate parameter value"}]})
    if request.args.get("aggregate_stat", "mean") not in {"mean", "median"}:
        raise RestRefusal(400, {"errors": [{"message": "invalid aggregate_stat parameter value"}]})
    outcomes, people = wanted_outcomes(course), wanted_people(caller, course)
    rows = result_rows(course, people, outcomes)
    by_student: dict[tuple[int, int], list[sqlite3.Row]] = {}
    for row in sorted(rows, key=lambda one: (one["at"], one["id"])):
        if row["score"] is not None:
            by_student.setdefault((row["person_id"], row["outcome_id"]), []).append(row)
    linked = side_loaded(caller, course, people, outcomes, rows)
    if aggregate:
        body: dict[str, Any] = {"rollups": [_of_course(course, people, outcomes, by_student)]}
        return body | ({"linked": linked} if linked else {})
    if "missing_user_rollups" in request.args.getlist("exclude[]"):
        there = {person for person, _ in by_student}
        people = [person for person in people if person.id in there]
    window = asked()
    start = int(window.after[0]) if window.after else 0
    shown = [
        rollup
        for person in people[start : start + window.size]
        for rollup in _of_student(course, person, outcomes, by_student)
    ]
    following = [start + window.size] if start + window.size < len(people) else None
    return Listed({"rollups": shown} | ({"linked": linked} if linked else {}), window, following)


def _score(outcome: sqlite3.Row, rows: list[sqlite3.Row]) -> dict[str, Any] | None:
    value = rolled_up(
        outcome["calculation_method"],
        outcome["calculation_int"],
        [row["score"] for row in rows],
        outcome["mastery_points"],
    )
    if value is None:
        return None
    return {
        "score": value,
        "title": rows[-1]["title"],
        "submitted_at": times.rest(rows[-1]["at"]),
        "count": len(rows),
        "hide_points": False,
        "links": {"outcome": str(outcome["id"])},
    }


def _of_student(
    course: Course,
    person: Person,
    outcomes: list[sqlite3.Row],
    by_student: dict[tuple[int, int], list[sqlite3.Row]],
) -> list[dict[str, Any]]:
    found = (
        _score(one, by_student[person.id, one["id"]])
        for one in outcomes
        if (person.id, one["id"]) in by_student
    )
    scores = [one for one in found if one]
    sections = sections_by_person(database(), course.id).get(person.id)
    places = sections or [sections_of(database(), course.id)[0]["id"]]
    return [
        {"scores": scores, "links": {"user": str(person.id), "section": str(place), "status": "active"}}
        for place in places
    ]


def _of_course(
    course: Course,
    people: list[Person],
    outcomes: list[sqlite3.Row],
    by_student: dict[tuple[int, int], list[sqlite3.Row]],
) -> dict[str, Any]:
    shown = []
    for outcome in outcomes:
        found = (
            _score(outcome, by_student[person.id, outcome["id"]])
            for person in people
            if (person.id, outcome["id"]) in by_student
        )
        values = sorted(one["score"] for one in found if one)
        if values:
            middle = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
            mean = sum(values) / len(values)
            value = middle if request.args.get("aggregate_stat") == "median" else mean
            shown.append(
                {"score": round(value, 2), "count": len(values), "links": {"outcome": str(outcome["id"])}}
            )
    return {"name": course.title, "scores": shown, "links": {"course": course.id}}
