"""The id_token: what the LMS says to a tool about a launch (LTI Core 1.3, section 5; Canvas's ``jwt_message``)."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from lti_plp.sandbox import times, variables
from lti_plp.sandbox.lms import SCHOOL, Lms
from lti_plp.sandbox.school import Assignment, Course, Person, number_of, observed, role_in
from lti_plp.sandbox.scopes import AGS_SCOPES, MEMBERSHIP_READ
from lti_plp.sandbox.tools import Tool

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS_ENDPOINT = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NAMES_AND_ROLES = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
PLACEMENT = "https://www.instructure.com/placement"

_LIS = "http://purl.imsglobal.org/vocab/lis/v2/"
_USER = _LIS + "system/person#User"
MEMBERSHIP = {
    "principal": _LIS + "membership#Administrator",
    "teacher": _LIS + "membership#Instructor",
    "student": _LIS + "membership#Learner",
    "observer": _LIS + "membership#Mentor",
    "test": _LIS + "membership#Learner",
}
_OTHER_ROLES = {
    # An account administrator who is not enrolled has no membership role in Canvas.
    "administrator": [_LIS + "institution/person#Administrator", _USER],
    "principal": [_LIS + "institution/person#Administrator", _USER],
    "teacher": [_LIS + "institution/person#Instructor", _USER],
    "student": [_LIS + "institution/person#Student", _USER],
    "observer": [_USER],
    "test": [
        _LIS + "institution/person#Student",
        _USER,
        "http://purl.imsglobal.org/vocab/lti/system/person#TestUser",
    ],
}


@dataclass(frozen=True)
class LaunchSubject:
    """Who opens what, where, with which tool."""

    tool: Tool
    person: Person
    course: Course
    assignment: Assignment | None
    placement: str | None
    deep_linking_settings: dict[str, Any] | None


def roles_of(db: sqlite3.Connection, person: Person, course: Course) -> list[str]:
    """Return system, institution and context roles in one sorted list, as Canvas does."""
    role = role_in(db, person, course.id)
    context_roles = [MEMBERSHIP[role]] if role in MEMBERSHIP else []
    return sorted({*_OTHER_ROLES[person.kind], *context_roles})


def launch_claims(db: sqlite3.Connection, lms: Lms, subject: LaunchSubject, nonce: str) -> dict[str, Any]:
    """Return all claims of a launch that begins now."""
    issued = int(times.now().timestamp())
    roles = roles_of(db, subject.person, subject.course)
    claims = {
        "iss": lms.base_url,
        "aud": subject.tool.client_id,
        "azp": subject.tool.client_id,
        "sub": subject.person.sub,
        "iat": issued,
        "exp": issued + 3600,
        "nonce": nonce,
        "locale": variables.LOCALE,
        LTI + "version": "1.3.0",
        LTI + "deployment_id": subject.tool.deployment_id,
        LTI + "roles": roles,
        LTI + "lti11_legacy_user_id": subject.person.sub.replace("-", "") + "00000000",
        PLACEMENT: subject.placement,
    }
    claims |= _person_claims(lms, subject.tool, subject.person)
    claims |= _place_claims(lms, subject)
    claims |= _message_claims(subject)
    claims |= _service_claims(db, lms, subject)
    claims[LTI + "custom"] = _custom(db, lms, subject, roles)
    if subject.person.kind == "observer" and subject.tool.privacy == "public":
        watched = [student.sub for student in observed(db, subject.person, subject.course.id)]
        if watched:
            claims[LTI + "role_scope_mentor"] = watched
    return claims


def tells_names(privacy: str) -> bool:
    """Say whether a privacy level lets names and the school's numbers through."""
    return privacy in {"public", "name_only"}


def named_fields(lms: Lms, privacy: str, person: Person) -> dict[str, str]:
    """Return the personal data that a privacy level lets through."""
    names = {"name": person.name, "given_name": person.given_name, "family_name": person.family_name}
    email = {"email": person.email}
    picture = {"picture": f"{lms.base_url}/static/avatar.svg"}
    levels = {"public": names | email | picture, "name_only": names, "email_only": email}
    return levels.get(privacy, {})


def _person_claims(lms: Lms, tool: Tool, person: Person) -> dict[str, Any]:
    fields: dict[str, Any] = dict(named_fields(lms, tool.privacy, person))
    if tells_names(tool.privacy):
        # Of people without a record Canvas sends the variable's name here; its rosters leave the field out.
        fields[LTI + "lis"] = {"person_sourcedid": number_of(person) or "$Person.sourcedId"}
    return fields


def _place_claims(lms: Lms, subject: LaunchSubject) -> dict[str, Any]:
    course = subject.course
    return {
        LTI + "context": {
            "id": course.context_id,
            "label": course.label,
            "title": course.title,
            "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"],
        },
        LTI + "tool_platform": {
            "guid": variables.PLATFORM_GUID,
            "name": SCHOOL,
            "version": variables.PLATFORM_VERSION,
            "product_family_code": variables.PRODUCT_FAMILY,
        },
        LTI + "launch_presentation": {
            # Canvas says iframe even when it opens a new tab.
            "document_target": "iframe",
            "return_url": f"{lms.base_url}/courses/{course.id}/external_content/success/external_tool_redirect",
            "locale": variables.LOCALE,
        },
    }


def target_of(subject: LaunchSubject) -> str:
    """Return where the launch leads; the login says it unsigned, the token signed."""
    return (subject.assignment.url if subject.assignment else None) or subject.tool.target_link_uri


def _message_claims(subject: LaunchSubject) -> dict[str, Any]:
    claims: dict[str, Any] = {LTI + "target_link_uri": target_of(subject)}
    if subject.deep_linking_settings is not None:
        claims[LTI + "message_type"] = "LtiDeepLinkingRequest"
        claims[DEEP_LINKING + "deep_linking_settings"] = subject.deep_linking_settings
        return claims
    claims[LTI + "message_type"] = "LtiResourceLinkRequest"
    if subject.assignment:
        claims[LTI + "resource_link"] = {
            "id": subject.assignment.resource_link_id,
            "title": subject.assignment.title,
            "description": subject.assignment.text or None,
        }
    else:
        # A launch from the course's menu has the course itself as its resource link (Canvas).
        course = subject.course
        claims[LTI + "resource_link"] = {"id": course.context_id, "title": course.title, "description": None}
    return claims


def _service_claims(db: sqlite3.Connection, lms: Lms, subject: LaunchSubject) -> dict[str, Any]:
    claims: dict[str, Any] = {}
    course_id = subject.course.id
    scopes = [scope for scope in AGS_SCOPES if scope in subject.tool.scopes]
    if scopes:
        endpoint: dict[str, Any] = {"scope": scopes, "lineitems": lms.course_url(course_id, "line_items")}
        if subject.assignment:
            rows = db.execute(
                "SELECT id FROM line_item WHERE assignment_id = ? ORDER BY id LIMIT 2",
                (subject.assignment.id,),
            ).fetchall()
            # Named only when exactly one belongs to the link (AGS 2.0, section 3.1.1).
            if len(rows) == 1:
                endpoint["lineitem"] = lms.course_url(course_id, f"line_items/{rows[0]['id']}")
        claims[AGS_ENDPOINT] = endpoint
    if MEMBERSHIP_READ in subject.tool.scopes:
        claims[NAMES_AND_ROLES] = {
            "context_memberships_url": lms.course_url(course_id, "names_and_roles"),
            "service_versions": ["2.0"],
        }
    return claims


def _custom(db: sqlite3.Connection, lms: Lms, subject: LaunchSubject, roles: list[str]) -> dict[str, str]:
    values = variables.course_values(db, lms, subject.course)
    values |= variables.person_values(db, subject.course, subject.person, roles)
    if subject.deep_linking_settings is None:
        values |= variables.link_values(subject.course, subject.assignment)
    own = subject.assignment.custom if subject.assignment else {}
    return variables.substitute({**subject.tool.custom, **own}, values)
