"""Submissions in the REST interface: a row for each student of each assignment, handed in or not.

Grades that are not posted yet, and what a rubric and comments say with them, are hidden from students and families.
"""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from flask import request

from lti_plp.sandbox import times
from lti_plp.sandbox.lms import database, lms
from lti_plp.sandbox.rest import Caller, RestRefusal, endpoint, forbidden, not_found
from lti_plp.sandbox.rest_assignments import hidden_from, row_of, shown_assignment, submission_types
from lti_plp.sandbox.rest_courses import shown_course
from lti_plp.sandbox.rest_files import shown_files
from lti_plp.sandbox.rest_ids import course_named, numbers, person_named
from lti_plp.sandbox.rest_paging import Listed, Window, asked, listed, part_of
from lti_plp.sandbox.rest_people import brief_user, with_numbers
from lti_plp.sandbox.school import Course, person_by, students
from lti_plp.sandbox.store import setting

MOST_STUDENTS = 100
INCLUDES = frozenset(
    {
        "submission_history",
        "submission_comments",
        "submission_html_comments",
        "rubric_assessment",
        "full_rubric_assessment",
        "assignment",
        "total_scores",
        "visibility",
        "course",
        "user",
        "group",
        "read_status",
        "sub_assignment_submissions",
        "student_entered_score",
    }
)
STATES = frozenset({"submitted", "unsubmitted", "graded", "pending_review"})


@endpoint("/courses/<course_id>/students/submissions")
def course_submissions(caller: Caller, course_id: str) -> Listed:
    """List submissions of a course, of whom the caller may see."""
    course = course_named(caller, course_id)
    who = _wanted_students(caller, course)
    rules, values = _filters(course, who)
    if request.args.get("grouped") in {"1", "true"}:
        return _grouped(caller, course, who, rules, values)
    window = asked()
    rows = _rows(rules, values, window)
    shower = Shower(caller, course, rows[: window.size])
    order = request.args.get("order", "id")
    page = listed(
        rows,
        window,
        lambda row: [row["graded_at"] or "", row["id"]] if order == "graded_at" else [row["id"]],
        shower.show,
    )
    # What somebody must not see is left out after the page was cut: a page may be short, or empty, with more to follow.
    visible = [one for one, row in zip(page.body, rows, strict=False) if shower.is_visible(row)]
    return Listed(visible, page.window, page.following)


def _wanted_students(caller: Caller, course: Course) -> list[int] | None:
    """Return the students who are asked for; ``None`` is every one."""
    names = request.args.getlist("student_ids[]")
    if not names:
        return [caller.person.id]
    if "all" in names:
        if not caller.reads_all(course):
            raise forbidden()
        return _section_mates(caller, course)
    if len(names) > MOST_STUDENTS:
        raise RestRefusal(400, {"error": "too many students"})
    found = [person_named(caller, name).id for name in names]
    allowed = caller.may_see(course)
    if allowed is None:
        allowed = frozenset(person.id for person in students(database(), course.id))
    if not set(found) <= allowed:
        raise forbidden()
    return found


def _section_mates(caller: Caller, course: Course) -> list[int] | None:
    """Return whom a teacher sees whom the school limits to a section; ``None`` is everybody."""
    if caller.person.key not in setting(database(), "limited_to_section").split():
        return None
    rows = database().execute(
        "SELECT person_id FROM section_member WHERE section_id IN (SELECT section_id FROM section_member"
        " JOIN section ON section.id = section_id WHERE course_id = ? AND person_id = ?)",
        (course.id, caller.person.id),
    )
    return [row["person_id"] for row in rows]


def _filters(course: Course, who: list[int] | None) -> tuple[list[str], list[Any]]:
    rules = [
        "work.course_id = ?",
        "assignment_id IN (SELECT id FROM assignment WHERE course_id = ? AND published AND NOT deleted)",
    ]
    values: list[Any] = [course.id, course.id]
    status = "Completed" if request.args.get("enrollment_state") == "concluded" else "Active"
    rules.append(
        "EXISTS (SELECT 1 FROM enrollment WHERE enrollment.course_id = work.course_id AND enrollment.person_id ="
        " work.person_id AND role = 'student' AND status = ?)"
    )
    values.append(status)
    if who is not None:
        rules.append(f"work.person_id IN ({', '.join('?' * len(who))})")
        values += who
    wanted = numbers("assignment_ids")
    if wanted:
        _require_assignments(course, wanted)
        rules.append(f"assignment_id IN ({', '.join('?' * len(wanted))})")
        values += wanted
    for name, column in (("submitted_since", "submitted_at"), ("graded_since", "graded_at")):
        if name in request.args:
            rules.append(f"{column} > ?")
            values.append(_since(name))
    state = request.args.get("workflow_state")
    if state is not None:
        if state not in STATES:
            raise RestRefusal(400, {"errors": [{"message": "invalid workflow_state"}]})
        rules.append("workflow_state = ?")
        values.append(state)
    return rules, values


def _require_assignments(course: Course, wanted: list[int]) -> None:
    marks = ", ".join("?" * len(wanted))
    known = database().execute(
        f"SELECT count(*) FROM assignment WHERE course_id = ? AND published AND NOT deleted AND id IN ({marks})",  # noqa: S608
        (course.id, *wanted),
    )
    if known.fetchone()[0] != len(set(wanted)):
        raise RestRefusal(403, {"error": "invalid assignment ids requested"})


def _since(name: str) -> str:
    moment = times.parse(request.args[name])
    if moment is None:
        raise RestRefusal(400, {"errors": {name: f"Invalid datetime for {name}"}})
    return times.stored(moment)


def _rows(rules: list[str], values: list[Any], window: Window) -> list[sqlite3.Row]:
    order, down = request.args.get("order", "id"), request.args.get("order_direction") == "descending"
    if order not in {"id", "graded_at"}:
        raise RestRefusal(400, {"errors": [{"message": "invalid order"}]})
    # The plus keeps SQLite from walking through the whole course in order of ids when dates choose a few rows.
    number = (
        "+work.id" if any(rule.startswith(("graded_at", "submitted_at")) for rule in rules) else "work.id"
    )
    key = [number] if order == "id" else ["coalesce(graded_at, '')", number]
    if window.after:
        rules = [*rules, f"({', '.join(key)}) {'<' if down else '>'} ({', '.join('?' * len(key))})"]
        values = [*values, *window.after]
    direction = " DESC" if down else ""
    # Everything that is put into the text is ours.
    statement = (
        f"SELECT work.* FROM work WHERE {' AND '.join(rules)}"  # noqa: S608
        f" ORDER BY {', '.join(one + direction for one in key)} LIMIT ?"
    )
    return database().execute(statement, (*values, window.size + 1)).fetchall()


def _grouped(
    caller: Caller, course: Course, who: list[int] | None, rules: list[str], values: list[Any]
) -> Listed:
    everybody = [one for one in students(database(), course.id) if who is None or one.id in who]

    def shown(person: Any) -> dict[str, Any]:
        rows = _rows([*rules, "work.person_id = ?"], [*values, person.id], Window([], 10_000, 0))
        shower = Shower(caller, course, rows)
        group: dict[str, Any] = {
            "user_id": person.id,
            "section_id": _section_of(course, person.id),
            "submissions": [shower.show(row) for row in rows if shower.is_visible(row)],
        }
        if caller.sees_numbers(course):
            group |= {
                "integration_id": None,
                "sis_user_id": with_numbers(caller, person, course)["sis_user_id"],
            }
        if "total_scores" in caller.includes():
            group |= _totals(group["submissions"], rows)
        return group

    return part_of(everybody, shown)


def _section_of(course: Course, person_id: int) -> int:
    row = database().execute(
        "SELECT coalesce((SELECT min(section_id) FROM section_member JOIN section ON section.id = section_id"
        " WHERE course_id = ? AND person_id = ?), (SELECT min(id) FROM section WHERE course_id = ?)) AS id",
        (course.id, person_id, course.id),
    )
    return int(row.fetchone()["id"])


def _totals(shown: list[dict[str, Any]], rows: list[sqlite3.Row]) -> dict[str, Any]:
    points = {
        row["id"]: row["points"]
        for row in database().execute(
            "SELECT assignment.id, coalesce((SELECT score_maximum FROM line_item WHERE assignment_id = assignment.id"
            " ORDER BY id LIMIT 1), points_possible) AS points FROM assignment WHERE course_id = ?",
            (rows[0]["course_id"] if rows else 0,),
        )
    }
    counted = [one for one in shown if one["score"] is not None]
    possible = sum(points[one["assignment_id"]] or 0 for one in counted)
    everything = sum(points[one["assignment_id"]] or 0 for one in shown if not one["excused"])
    got = sum(one["score"] for one in counted)
    return {
        "computed_current_score": round(100 * got / possible, 2) if possible else None,
        "computed_final_score": round(100 * got / everything, 2) if everything else None,
    }


@endpoint("/courses/<course_id>/assignments/<assignment_id>/submissions")
def assignment_submissions(caller: Caller, course_id: str, assignment_id: str) -> Listed:
    """List everybody's submissions to one assignment; only staff may."""
    course = course_named(caller, course_id)
    if not caller.reads_all(course):
        raise forbidden()
    row = row_of(caller, course, assignment_id)
    rules, values = _filters(course, None)
    window = asked()
    rows = _rows([*rules, "assignment_id = ?"], [*values, row["id"]], window)
    shower = Shower(caller, course, rows[: window.size])
    return listed(rows, window, lambda one: [one["id"]], shower.show)


@endpoint("/courses/<course_id>/assignments/<assignment_id>/submissions/<user_id>")
def one_submission(caller: Caller, course_id: str, assignment_id: str, user_id: str) -> Any:
    """Show somebody's submission; the number at the end is the person's."""
    course = course_named(caller, course_id)
    assignment = row_of(caller, course, assignment_id)
    person = person_named(caller, user_id)
    allowed = caller.may_see(course)
    if allowed is not None and person.id not in allowed:
        raise forbidden()
    row = (
        database()
        .execute(
            "SELECT * FROM work WHERE assignment_id = ? AND person_id = ?",
            (assignment["id"], person.id),
        )
        .fetchone()
    )
    if row is None:
        raise not_found()
    return Shower(caller, course, [row]).show(row)


def own_submissions(caller: Caller, course: Course, assignment: sqlite3.Row) -> Any:
    """Return what ``include[]=submission`` adds to an assignment: one's own, or the list of those whom one observes."""
    ids = [caller.person.id]
    many = caller.role(course) == "observer" and "observed_users" in caller.includes()
    if many:
        ids = sorted(caller.may_see(course) or ())
    rows = (
        database()
        .execute(
            f"SELECT * FROM work WHERE assignment_id = ? AND person_id IN ({', '.join('?' * len(ids))})",  # noqa: S608
            (assignment["id"], *ids),
        )
        .fetchall()
    )
    shower = Shower(Caller(caller.person, caller.key, caller.token), course, rows, plain=True)
    shown = [shower.show(row) for row in rows]
    return shown if many else (shown[0] if shown else None)


@dataclass
class Shower:
    """Makes JSON of the rows of one page; what they have in common is read once."""

    caller: Caller
    course: Course
    rows: list[sqlite3.Row]
    plain: bool = False
    """Without anything that ``include[]`` asks for."""

    def __post_init__(self) -> None:
        self._reads_all = self.caller.reads_all(self.course)
        self._now = times.stored(times.now())
        asked_for = frozenset() if self.plain else self.caller.includes() & INCLUDES
        self._includes = asked_for
        self._assignments = self._fetch(
            "SELECT assignment.*, (SELECT submission_type FROM line_item WHERE assignment_id = assignment.id"
            " ORDER BY id LIMIT 1) AS line_item_type FROM assignment WHERE id IN",
            {row["assignment_id"] for row in self.rows},
        )
        self._hidden: dict[int, frozenset[int]] = {}
        files = [json.loads(row["files"]) for row in self.rows if row["files"]]
        self._files = shown_files({one for some in files for one in some}, self.caller)
        self._history = self._attempts() if "submission_history" in asked_for else {}
        self._authors: dict[int, Any] = {}
        response = set(request.args.getlist("response_fields[]"))
        self._only = frozenset(response)
        self._without = frozenset(request.args.getlist("exclude_response_fields[]"))

    def _fetch(self, statement: str, ids: set[int]) -> dict[int, sqlite3.Row]:
        marks = ", ".join("?" * len(ids))
        return {row["id"]: row for row in database().execute(f"{statement} ({marks})", tuple(ids))}

    def _attempts(self) -> dict[tuple[int, int], list[sqlite3.Row]]:
        found: dict[tuple[int, int], list[sqlite3.Row]] = {}
        for row in self.rows:
            found[row["assignment_id"], row["person_id"]] = (
                database()
                .execute(
                    "SELECT * FROM submission WHERE assignment_id = ? AND person_id = ? ORDER BY attempt",
                    (row["assignment_id"], row["person_id"]),
                )
                .fetchall()
            )
        return found

    def is_visible(self, row: sqlite3.Row) -> bool:
        """Tell whether an assignment that is only for some is for this student."""
        if not self._assignments[row["assignment_id"]]["only_some"]:
            return True
        student = row["person_id"]
        if student not in self._hidden:
            self._hidden[student] = hidden_from(frozenset({student}), self.course)
        return row["assignment_id"] not in self._hidden[student]

    def show(self, row: sqlite3.Row) -> dict[str, Any]:
        """Return a submission as the REST interface shows it (example E2 of the reference)."""
        assignment = self._assignments[row["assignment_id"]]
        readable = self._reads_all or row["posted_at"] is not None or row["graded_at"] is None
        score = row["score"] if readable else None
        entered = score + (row["points_deducted"] or 0) if score is not None else None
        grade = row["grade"] if readable and not row["excused"] else None
        due = row["due_at"] or assignment["due_at"]
        late = self._late_seconds(row, due)
        page = f"{lms().base_url}/courses/{row['course_id']}/assignments/{row['assignment_id']}/submissions/"
        shown: dict[str, Any] = {
            "id": row["id"],
            "body": row["body"],
            "url": self._url(row),
            "grade": grade,
            "score": score,
            "submitted_at": times.rest(row["submitted_at"]),
            "assignment_id": row["assignment_id"],
            "user_id": row["person_id"],
            "submission_type": row["submission_type"],
            "workflow_state": row["workflow_state"],
            "grade_matches_current_submission": row["graded_attempt"] == row["attempt"]
            or row["graded_at"] is None,
            "graded_at": times.rest(row["graded_at"]),
            "grader_id": row["grader_id"] if readable else None,
            "attempt": row["attempt"],
            "cached_due_date": times.rest(due),
            "excused": None if row["excused"] is None else bool(row["excused"]),
            "late_policy_status": row["late_policy_status"],
            "points_deducted": row["points_deducted"] if readable else None,
            "grading_period_id": None,
            "extra_attempts": row["extra_attempts"],
            "posted_at": times.rest(row["posted_at"]),
            "redo_request": bool(row["redo_request"]),
            "custom_grade_status_id": None,
            "sticker": None,
            "late": row["late_policy_status"] == "late" or (late > 0 and row["late_policy_status"] is None),
            "missing": self._is_missing(row, assignment, due),
            "seconds_late": late,
            "entered_grade": grade,
            "entered_score": entered,
            "preview_url": f"{page}{row['person_id']}?preview=1&version={row['attempt'] or 0}",
            "html_url": f"{page}{row['person_id']}",
        }
        if row["files"]:
            shown["attachments"] = [
                self._files[one] for one in json.loads(row["files"]) if one in self._files
            ]
        if self._includes:
            shown |= self._asked_for(row, assignment, readable)
        return self._trimmed(shown)

    def _trimmed(self, shown: dict[str, Any]) -> dict[str, Any]:
        if self._only:
            shown = {name: value for name, value in shown.items() if name in self._only}
        for name in self._without:
            shown.pop(name, None)
        return shown

    def _url(self, row: sqlite3.Row) -> str | None:
        if row["submission_type"] != "basic_lti_launch" or not row["url"]:
            return row["url"] or None
        retrieve = f"{lms().base_url}/courses/{row['course_id']}/external_tools/retrieve"
        return f"{retrieve}?assignment_id={row['assignment_id']}&url={quote(row['url'], safe='')}"

    def _late_seconds(self, row: sqlite3.Row, due: str | None) -> int:
        at = row["submitted_at"] or (self._now if row["graded_at"] is None else None)
        if not due or not at or at <= due or row["excused"] or row["late_policy_status"] == "none":
            return 0
        if row["submitted_at"] is None and row["late_policy_status"] != "missing":
            return 0
        return int((datetime.fromisoformat(at) - datetime.fromisoformat(due)).total_seconds())

    def _is_missing(self, row: sqlite3.Row, assignment: sqlite3.Row, due: str | None) -> bool:
        if row["excused"]:
            return False
        if row["late_policy_status"] is not None:
            return bool(row["late_policy_status"] == "missing")
        if row["submitted_at"] or row["graded_at"] or not due or due >= self._now:
            return False
        return not set(submission_types(assignment)) <= {"none", "not_graded", "on_paper", "external_tool"}

    def _asked_for(self, row: sqlite3.Row, assignment: sqlite3.Row, readable: bool) -> dict[str, Any]:
        includes, shown = self._includes, dict[str, Any]()
        if "rubric_assessment" in includes and row["rubric"] and readable:
            shown["rubric_assessment"] = json.loads(row["rubric"])
        if "submission_comments" in includes:
            shown["submission_comments"] = self._comments(row, readable)
        if "submission_history" in includes:
            shown["submission_history"] = [
                self._version(row, one, readable)
                for one in self._history[row["assignment_id"], row["person_id"]]
            ]
        if "assignment" in includes:
            whole = row_of(self.caller, self.course, row["assignment_id"])
            shown["assignment"] = shown_assignment(
                Caller(self.caller.person, self.caller.key, self.caller.token), self.course, whole
            )
        if "course" in includes:
            shown["course"] = shown_course(self.caller, self.course, self.caller)
        if "user" in includes:
            person = person_by(database(), "id", row["person_id"])
            shown["user"] = with_numbers(self.caller, person, self.course) if person else None
        if "visibility" in includes:
            shown["assignment_visible"] = self.is_visible(row)
        if "group" in includes:
            shown["group"] = self._group(row, assignment)
        if "student_entered_score" in includes:
            shown["student_entered_score"] = None
        return shown

    def _comments(self, row: sqlite3.Row, readable: bool) -> list[dict[str, Any]]:
        said = json.loads(row["comments"] or "[]")
        # With hidden grades students see only what they wrote themselves.
        kept = [one for one in said if readable or one["author_id"] == self.caller.person.id]
        return [self._comment(one) for one in kept]

    def _comment(self, said: dict[str, Any]) -> dict[str, Any]:
        author_id = said["author_id"]
        if author_id is not None and author_id not in self._authors:
            self._authors[author_id] = person_by(database(), "id", author_id)
        author = self._authors.get(author_id)
        person = brief_user(author) if author else {}
        shown_author = (
            {
                "id": author_id,
                "anonymous_id": None,
                "display_name": author.name,
                "avatar_image_url": f"{lms().base_url}/static/avatar.svg",
                "html_url": f"{lms().base_url}/courses/{self.course.id}/users/{author_id}",
                "pronouns": None,
            }
            if author
            else {}
        )
        return {
            "id": said["id"],
            "comment": said["comment"],
            "author_id": author_id,
            "author_name": person.get("name", "Anonymous User"),
            "created_at": times.rest(said["created_at"]),
            "edited_at": None,
            "attempt": said.get("attempt"),
            "avatar_path": "/static/avatar.svg",
            "author": shown_author,
        }

    def _version(self, row: sqlite3.Row, attempt: sqlite3.Row, readable: bool) -> dict[str, Any]:
        is_text = attempt["type"] == "online_text_entry"
        graded = attempt["score"] is not None
        shown = {
            "id": row["id"],
            "attempt": attempt["attempt"],
            "submitted_at": times.rest(attempt["submitted_at"]),
            "submission_type": attempt["type"],
            "body": attempt["data"] if is_text else None,
            "url": None if is_text else attempt["data"],
            "workflow_state": "graded" if graded else "submitted",
            "score": attempt["score"] if readable else None,
            "grade": attempt["grade"] if readable else None,
            "assignment_id": row["assignment_id"],
            "user_id": row["person_id"],
        }
        if attempt["files"]:
            ids = json.loads(attempt["files"])
            shown["attachments"] = list(shown_files(set(ids), self.caller).values())
        return shown

    def _group(self, row: sqlite3.Row, assignment: sqlite3.Row) -> dict[str, Any] | None:
        found = (
            database()
            .execute(
                "SELECT work_group.id, name FROM work_group JOIN work_group_member ON group_id = work_group.id"
                " WHERE category_id = ? AND person_id = ?",
                (assignment["category_id"], row["person_id"]),
            )
            .fetchone()
        )
        return {"id": found["id"], "name": found["name"]} if found else {"id": None, "name": None}
