"""Courses, their sections and groups of assignments in the REST interface."""

import hashlib
from typing import Any

from flask import request

from lti_plp.sandbox.lms import database, lms
from lti_plp.sandbox.rest import Caller, endpoint, forbidden
from lti_plp.sandbox.rest_assignments import rows_of, shown_assignment
from lti_plp.sandbox.rest_ids import course_named, person_named
from lti_plp.sandbox.rest_paging import Listed, part_of
from lti_plp.sandbox.school import Course, course_number, courses, observed, students
from lti_plp.sandbox.school_rows import TYPES, sections_of

_WORDS = {
    "teacher": "teacher",
    "student": "student",
    "observer": "observer",
    "test": "student_view",
    "principal": "teacher",
    "assistant": "ta",
}


@endpoint("/courses")
def my_courses(caller: Caller) -> Listed:
    """List the courses that the caller is enrolled in."""
    return _courses_of(caller, caller)


@endpoint("/users/<user_id>/courses")
def courses_of(caller: Caller, user_id: str) -> Listed:
    """List somebody's courses: one's own, those of whom one observes, and everybody's for administrators."""
    person = person_named(caller, user_id)
    if person.id != caller.person.id and caller.person.kind != "administrator":
        raise forbidden()
    return _courses_of(Caller(person, caller.key, caller.token), caller)


def _courses_of(owner: Caller, caller: Caller) -> Listed:
    wanted = request.args.getlist("state[]") or ["available", "completed", "unpublished"]
    state, kind = request.args.get("enrollment_state"), request.args.get("enrollment_type")
    found = []
    for course in courses(database(), owner.person):
        role = owner.role(course)
        # An administrator's courses are those in which they are enrolled; the others are found by way of the account.
        if role == "administrator" or course.state not in wanted:
            continue
        if course.state == "unpublished" and not owner.reads_all(course):
            continue
        if kind and _WORDS.get(role or "") != kind:
            continue
        if state == "active" and course.state == "completed":
            continue
        found.append(course)
    return part_of(found, lambda course: shown_course(caller, course, owner))


@endpoint("/courses/<id>")
def one_course(caller: Caller, id: str) -> Any:  # noqa: A002
    """Show a course."""
    return shown_course(caller, course_named(caller, id), caller)


def shown_course(caller: Caller, course: Course, owner: Caller) -> dict[str, Any]:
    """Return a course as the REST interface shows it."""
    name = hashlib.sha256(course.context_id.encode()).hexdigest()
    shown: dict[str, Any] = {
        "id": course.id,
        "name": course.title,
        "account_id": 1,
        "uuid": name[:40],
        "start_at": None,
        "grading_standard_id": None,
        "is_public": False,
        "created_at": "2026-08-24T12:00:00Z",
        "course_code": course.label,
        "default_view": "assignments",
        "root_account_id": 1,
        "enrollment_term_id": 1,
        "license": "private",
        "grade_passback_setting": None,
        "end_at": None,
        "public_syllabus": False,
        "public_syllabus_to_auth": False,
        "storage_quota_mb": 500,
        "is_public_to_auth_users": False,
        "homeroom_course": False,
        "course_color": None,
        "friendly_name": None,
        "apply_assignment_group_weights": False,
        "calendar": {"ics": f"{lms().base_url}/feeds/calendars/course_{name[:40]}.ics"},
        "time_zone": course.time_zone,
        "blueprint": False,
        "template": False,
        "enrollments": _enrollments(owner, course),
        "hide_final_grades": False,
        "workflow_state": course.state,
        "restrict_enrollments_to_course_dates": False,
    }
    if caller.sees_numbers(course):
        shown |= {"sis_course_id": course_number(course), "sis_import_id": None, "integration_id": None}
    return shown | _asked_for(caller, course)


def _asked_for(caller: Caller, course: Course) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    includes = caller.includes()
    if "term" in includes:
        shown["term"] = {
            "id": 1,
            "name": "Fall",
            "start_at": None,
            "end_at": None,
            "workflow_state": "active",
        }
    if "total_students" in includes:
        shown["total_students"] = len(students(database(), course.id))
    if "sections" in includes:
        role = TYPES.get(caller.role(course) or "", "TeacherEnrollment")
        shown["sections"] = [
            {"id": row["id"], "name": row["name"], "start_at": None, "end_at": None, "enrollment_role": role}
            for row in sections_of(database(), course.id)
        ]
    if "concluded" in includes:
        shown["concluded"] = course.state == "completed"
    return shown


def _enrollments(owner: Caller, course: Course) -> list[dict[str, Any]]:
    role = owner.role(course)
    if role is None or role == "administrator":
        return []
    entry = {
        "type": _WORDS[role],
        "role": TYPES[role],
        "role_id": list(TYPES).index(role) + 3,
        "user_id": owner.person.id,
        "enrollment_state": "completed" if course.state == "completed" else "active",
        "limit_privileges_to_course_section": False,
    }
    if role != "observer":
        return [entry]
    watched = observed(database(), owner.person, course.id)
    return [{**entry, "associated_user_id": student.id} for student in watched] or [entry]


@endpoint("/courses/<course_id>/sections")
def sections(caller: Caller, course_id: str) -> Listed:
    """List a course's sections, with their students when staff asks for them."""
    course = course_named(caller, course_id)
    if not caller.reads_all(course):
        raise forbidden()
    return part_of(sections_of(database(), course.id), lambda row: _section(caller, course, row))


def _section(caller: Caller, course: Course, row: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": row["id"],
        "course_id": course.id,
        "name": row["name"],
        "start_at": None,
        "end_at": None,
        "created_at": "2026-08-24T12:00:00Z",
        "restrict_enrollments_to_section_dates": None,
        "nonxlist_course_id": None,
    }
    if caller.sees_numbers(course):
        shown |= {
            "sis_section_id": row["sis_id"],
            "sis_course_id": course_number(course),
            "integration_id": None,
        }
    if "students" in caller.includes():
        members = {
            one["person_id"]
            for one in database().execute(
                "SELECT person_id FROM section_member WHERE section_id = ?", (row["id"],)
            )
        }
        shown["students"] = [
            {"id": person.id, "name": person.name}
            for person in students(database(), course.id)
            if person.id in members
        ]
    if "total_students" in caller.includes():
        shown["total_students"] = len(shown.get("students", students(database(), course.id)))
    return shown


@endpoint("/courses/<course_id>/assignment_groups")
def assignment_groups(caller: Caller, course_id: str) -> Listed:
    """List a course's groups of assignments."""
    course = course_named(caller, course_id)
    rows = (
        database()
        .execute("SELECT * FROM assignment_group WHERE course_id = ? ORDER BY position, id", (course.id,))
        .fetchall()
    )
    visible = rows_of(caller, course) if "assignments" in caller.includes() else None

    def shown(row: Any) -> dict[str, Any]:
        group: dict[str, Any] = {
            "id": row["id"],
            "name": row["name"],
            "position": row["position"],
            "group_weight": row["weight"],
            "sis_source_id": None,
            "integration_data": {},
            "rules": {},
        }
        if visible is not None:
            group["assignments"] = [
                shown_assignment(caller, course, one) for one in visible if one["group_id"] == row["id"]
            ]
        return group

    return part_of(rows, shown)
