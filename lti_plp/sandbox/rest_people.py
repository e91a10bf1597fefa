"""People in the REST interface: oneself, a course's people and enrolments, and whom one observes."""

from typing import Any

from flask import request

from lti_plp.sandbox.lms import database, lms
from lti_plp.sandbox.rest import Caller, RestRefusal, endpoint, forbidden
from lti_plp.sandbox.rest_ids import course_named, person_named
from lti_plp.sandbox.rest_paging import Listed, part_of
from lti_plp.sandbox.school import Course, Person, course_number, number_of, people, person_by
from lti_plp.sandbox.school_rows import Enrolled, enrolled

CREATED = "2026-08-20T12:00:00Z"
_KINDS = {
    "student": "StudentEnrollment",
    "teacher": "TeacherEnrollment",
    "observer": "ObserverEnrollment",
    "student_view": "StudentViewEnrollment",
    "ta": "TaEnrollment",
    "designer": "DesignerEnrollment",
}


def brief_user(person: Person) -> dict[str, Any]:
    """Return what everybody may know who knows of a person at all."""
    return {
        "id": person.id,
        "name": person.name,
        "created_at": CREATED,
        "sortable_name": f"{person.family_name}, {person.given_name}",
        "short_name": person.name,
    }


def with_numbers(caller: Caller, person: Person, course: Course | None = None) -> dict[str, Any]:
    """Return a person, with numbers of the school's records for those who may read them."""
    shown = brief_user(person)
    if caller.sees_numbers(course):
        shown |= {
            "sis_user_id": number_of(person),
            "integration_id": None,
            "sis_import_id": None,
            "login_id": person.key,
        }
    return shown


@endpoint("/users/<id>")
def one_user(caller: Caller, id: str) -> Any:  # noqa: A002
    """Show oneself, or to an administrator anybody."""
    person = person_named(caller, id)
    if person.id != caller.person.id and caller.person.kind != "administrator":
        raise forbidden()
    return with_numbers(caller, person) | {
        "first_name": person.given_name,
        "last_name": person.family_name,
        "avatar_url": f"{lms().base_url}/static/avatar.svg",
        "locale": None,
        "effective_locale": "en",
        "permissions": {
            "can_update_name": False,
            "can_update_avatar": True,
            "limit_parent_app_web_access": False,
        },
    }


@endpoint("/users/<user_id>/profile")
def profile(caller: Caller, user_id: str) -> Any:
    """Show one's own profile."""
    person = person_named(caller, user_id)
    if person.id != caller.person.id and caller.person.kind != "administrator":
        raise forbidden()
    return {
        "id": person.id,
        "name": person.name,
        "short_name": person.name,
        "sortable_name": f"{person.family_name}, {person.given_name}",
        "avatar_url": f"{lms().base_url}/static/avatar.svg",
        "title": None,
        "bio": None,
        "primary_email": person.email,
        "login_id": person.key,
        "integration_id": None,
        "time_zone": "America/New_York",
        "locale": None,
        "lti_user_id": person.sub,
        "calendar": {"ics": f"{lms().base_url}/feeds/calendars/user_{person.id}.ics"},
    }


@endpoint("/users/<user_id>/observees")
def observees(caller: Caller, user_id: str) -> Listed:
    """List whom somebody observes, in whatever course: one's own, or to an administrator anybody's."""
    person = person_named(caller, user_id)
    if person.id != caller.person.id and caller.person.kind != "administrator":
        raise forbidden()
    rows = database().execute(
        "SELECT student_id FROM observing WHERE observer_id = ? ORDER BY student_id", (person.id,)
    )
    found = [person_by(database(), "id", row["student_id"]) for row in rows.fetchall()]
    return part_of(
        [one for one in found if one],
        lambda one: with_numbers(caller, one) | {"observation_link_root_account_ids": [1]},
    )


@endpoint("/courses/<course_id>/enrollments")
def enrollments(caller: Caller, course_id: str) -> Listed:
    """List a course's enrolments: one for each section, and for each student whom somebody observes."""
    course = course_named(caller, course_id)
    if not (caller.reads_all(course) or caller.role(course) in {"student", "observer"}):
        raise forbidden()
    kinds = request.args.getlist("type[]")
    states = request.args.getlist("state[]") or ["active", "invited"]
    wanted = request.args.get("user_id")
    only = person_named(caller, wanted).id if wanted else None
    everybody = {person.id: person for person in people(database())}
    found = [
        one
        for one in enrolled(database(), course.id)
        if one.state in states and (not kinds or one.type in kinds) and only in (None, one.person_id)
    ]
    if not caller.reads_all(course):
        found = [one for one in found if _concerns(caller, one)]
    return part_of(found, lambda one: _enrollment(caller, course, one, everybody))


def _concerns(caller: Caller, one: Enrolled) -> bool:
    """Students and families see classmates' and teachers' names, but not who observes whom."""
    return one.associated_user_id is None or caller.person.id in (one.person_id, one.associated_user_id)


def _enrollment(
    caller: Caller, course: Course, one: Enrolled, everybody: dict[int, Person]
) -> dict[str, Any]:
    person = everybody[one.person_id]
    shown: dict[str, Any] = {
        "id": one.id,
        "user_id": one.person_id,
        "course_id": course.id,
        "type": one.type,
        "created_at": CREATED,
        "updated_at": CREATED,
        "associated_user_id": one.associated_user_id,
        "start_at": None,
        "end_at": None,
        "course_section_id": one.section_id,
        "root_account_id": 1,
        "limit_privileges_to_course_section": False,
        "enrollment_state": one.state,
        "role": one.type,
        "role_id": list(_KINDS.values()).index(one.type) + 3,
        "last_activity_at": None,
        "last_attended_at": None,
        "total_activity_time": 0,
        "html_url": f"{lms().base_url}/courses/{course.id}/users/{one.person_id}",
        "user": with_numbers(caller, person, course),
    }
    if caller.sees_numbers(course):
        shown |= {
            "sis_account_id": None,
            "sis_course_id": course_number(course),
            "course_integration_id": None,
            "sis_section_id": None,
            "section_integration_id": None,
            "sis_user_id": number_of(person),
        }
    if one.associated_user_id and "observed_users" in caller.includes():
        shown["observed_user"] = with_numbers(caller, everybody[one.associated_user_id], course)
    return shown


def _wanted_types() -> set[str]:
    types = set()
    for kind in request.args.getlist("enrollment_type[]"):
        if kind not in _KINDS:
            raise RestRefusal(400, {"errors": [{"message": f"invalid enrollment_type: {kind}"}]})
        types.add(_KINDS[kind])
    return types


@endpoint("/courses/<course_id>/users")
def course_users(caller: Caller, course_id: str) -> Listed:
    """List a course's people."""
    course = course_named(caller, course_id)
    if caller.role(course) is None:
        raise forbidden()
    types = _wanted_types()
    states = request.args.getlist("enrollment_state[]") or ["active", "invited"]
    term, everybody = request.args.get("search_term", "").lower(), people(database())
    mine: dict[int, list[Enrolled]] = {}
    for one in enrolled(database(), course.id):
        # The Test Student only comes when it is asked for.
        if one.state in states and (one.type in types if types else one.type != "StudentViewEnrollment"):
            mine.setdefault(one.person_id, []).append(one)
    found = [person for person in everybody if person.id in mine and term in person.name.lower()]
    known = {person.id: person for person in everybody}

    def shown(person: Person) -> dict[str, Any]:
        user = with_numbers(caller, person, course)
        if "email" in caller.includes() and caller.reads_all(course):
            user["email"] = person.email
        if "avatar_url" in caller.includes():
            user["avatar_url"] = f"{lms().base_url}/static/avatar.svg"
        if "enrollments" in caller.includes():
            user["enrollments"] = [
                _enrollment(caller, course, one, known) for one in mine[person.id] if _concerns(caller, one)
            ]
            for one in user["enrollments"]:
                del one["user"]
        return user

    return part_of(found, shown)
