"""A submission as the REST interface shows it, with what ``include[]`` asks for.

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
from lti_plp.sandbox.rest import Caller
from lti_plp.sandbox.rest_assignments import hidden_from, row_of, shown_assignment, submission_types
from lti_plp.sandbox.rest_courses import shown_course
from lti_plp.sandbox.rest_files import shown_files
from lti_plp.sandbox.rest_people import brief_user, with_numbers
from lti_plp.sandbox.school import Course, person_by

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
