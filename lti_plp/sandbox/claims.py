"""The id_token: what the LMS says to a tool about a launch (LTI Core 1.3, section 5; Canvas's ``jwt_message``)."""

import hashlib
import sqlite3
from dataclasses import dataclass, field, replace
from typing import Any

from lti_plp.sandbox import times, variables
from lti_plp.sandbox.lms import SCHOOL, Lms
from lti_plp.sandbox.school import (
    Assignment,
    Course,
    Person,
    called_in,
    course_number,
    number_of,
    observed,
    role_in,
)
from lti_plp.sandbox.scopes import AGS_SCOPES, MEMBERSHIP_READ, NOTICE_HANDLERS
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
    "assistant": _LIS + "membership/Instructor#TeachingAssistant",
    "student": _LIS + "membership#Learner",
    "observer": _LIS + "membership#Mentor",
    "test": _LIS + "membership#Learner",
}
_OTHER_ROLES = {
    # An account administrator who is not enrolled has no membership role in Canvas.
    "administrator": [_LIS + "institution/person#Administrator", _USER],
    "principal": [_LIS + "institution/person#Administrator", _USER],
    "teacher": [_LIS + "institution/person#Instructor", _USER],
    "assistant": [_LIS + "institution/person#Instructor", _USER],
    "student": [_LIS + "institution/person#Student", _USER],
    "observer": [_USER],
    "test": [
        _LIS + "institution/person#Student",
        _USER,
        "http://purl.imsglobal.org/vocab/lti/system/person#TestUser",
    ],
}


_AT_SCHOOL = {
    "student": _LIS + "institution/person#Student",
    "teacher": _LIS + "institution/person#Instructor",
}
NOBODY = [_LIS + "system/person#None"]
NOTICES = "https://purl.imsglobal.org/spec/lti/claim/platformnotificationservice"
NOTICE_TYPES = ["LtiHelloWorldNotice", "LtiContextCopyNotice"]
LTI_STUDENT = "https://www.instructure.com/lti_student_id"
ACCOUNT_CONTEXT = hashlib.sha256(variables.PLATFORM_GUID.encode()).hexdigest()[:40]
"""What tools know the school's account by, as a context."""
NO_ERRORS: dict[str, Any] = {"errors": {"errors": {}}, "validation_context": None}
"""Members that real tokens carry in some claims and that mean nothing."""


@dataclass(frozen=True)
class Link:
    """What is opened where no assignment is: a link in a page, or what somebody handed in."""

    id: str
    """Of the resource link; of what was handed in that is the course itself."""
    title: str
    url: str
    custom: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LaunchSubject:
    """Who opens what, where, with which tool."""

    tool: Tool
    person: Person
    course: Course | None
    """``None`` is the school's account: navigation of a user or of the account."""
    assignment: Assignment | None
    placement: str | None
    deep_linking_settings: dict[str, Any] | None
    student: Person | None = None
    """Whose card a teacher opened it from."""
    is_nobody: bool = False
    """A visitor of a public course without an account; ``person`` says nothing then."""
    link: Link | None = None


def roles_of(db: sqlite3.Connection, person: Person, course: Course | None) -> list[str]:
    """Return system, institution and context roles in one sorted list, as Canvas does.

    Whoever is a student or a teacher in any course of the school is one at the institution, whatever they are here.
    """
    role = role_in(db, person, course.id) if course else None
    context_roles = [MEMBERSHIP[role]] if role in MEMBERSHIP else []
    if role == "assistant":
        # An assistant is a teacher besides.
        context_roles.append(MEMBERSHIP["teacher"])
    elsewhere = db.execute(
        "SELECT DISTINCT role FROM enrollment WHERE person_id = ? AND role IN ('student', 'teacher')",
        (person.id,),
    )
    at_school = [_AT_SCHOOL[row["role"]] for row in elsewhere]
    return sorted({*_OTHER_ROLES[person.kind], *at_school, *context_roles})


def launch_claims(db: sqlite3.Connection, lms: Lms, subject: LaunchSubject, nonce: str) -> dict[str, Any]:
    """Return all claims of a launch that begins now."""
    issued = int(times.now().timestamp())
    if subject.course:
        subject = replace(subject, person=called_in(db, subject.person, subject.course.id))
    roles = NOBODY if subject.is_nobody else roles_of(db, subject.person, subject.course)
    claims = {
        "iss": lms.issuer,
        "aud": subject.tool.client_id,
        "azp": subject.tool.client_id,
        "iat": issued,
        "exp": issued + 3600,
        "nonce": nonce,
        "locale": variables.LOCALE,
        LTI + "version": "1.3.0",
        LTI + "deployment_id": subject.tool.deployment_id,
        LTI + "roles": roles,
        PLACEMENT: subject.placement,
    }
    if not subject.is_nobody:
        claims |= _person_claims(lms, subject)
    if subject.student is not None:
        claims[LTI_STUDENT] = str(subject.student.id)
    claims |= _place_claims(lms, subject)
    claims |= _message_claims(subject)
    claims |= _service_claims(db, lms, subject)
    claims[LTI + "custom"] = _custom(db, lms, subject, roles)
    observes = subject.course is not None and role_in(db, subject.person, subject.course.id) == "observer"
    if subject.course and observes and subject.tool.privacy == "public":
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


def _person_claims(lms: Lms, subject: LaunchSubject) -> dict[str, Any]:
    tool, person, course = subject.tool, subject.person, subject.course
    fields: dict[str, Any] = {
        "sub": person.sub,
        LTI + "lti11_legacy_user_id": person.sub.replace("-", "") + "00000000",
        LTI + "lti1p1": {"user_id": person.sub.replace("-", "") + "00000000", "validation_context": None},
        **named_fields(lms, tool.privacy, person),
    }
    if tells_names(tool.privacy):
        # Of people without a record Canvas sends the variable's name here; its rosters leave the field out.
        lis = {"person_sourcedid": number_of(person) or "$Person.sourcedId"}
        if course is not None:
            lis["course_offering_sourcedid"] = course_number(course) or "$CourseSection.sourcedId"
        fields[LTI + "lis"] = lis | NO_ERRORS
    return fields


def _place_claims(lms: Lms, subject: LaunchSubject) -> dict[str, Any]:
    return {
        LTI + "context": _context(subject.course) | NO_ERRORS,
        LTI + "tool_platform": {
            "guid": variables.PLATFORM_GUID,
            "name": SCHOOL,
            "version": variables.PLATFORM_VERSION,
            "product_family_code": variables.PRODUCT_FAMILY,
            **NO_ERRORS,
        },
        LTI + "launch_presentation": {
            # Canvas says iframe even when it opens a new tab.
            "document_target": "iframe",
            "return_url": f"{lms.base_url}{_home(subject)}/external_content/success/external_tool_redirect",
            "locale": variables.LOCALE,
            **NO_ERRORS,
        },
    }


def _home(subject: LaunchSubject) -> str:
    return f"/courses/{subject.course.id}" if subject.course else "/accounts/1"


def _context(course: Course | None) -> dict[str, Any]:
    if course is None:
        return {"id": ACCOUNT_CONTEXT, "label": None, "title": SCHOOL, "type": ["Account"]}
    return {
        "id": course.context_id,
        "label": course.label,
        "title": course.title,
        "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"],
    }


def target_of(subject: LaunchSubject) -> str:
    """Return where the launch leads; the login says it unsigned, the token signed."""
    placed = subject.link or subject.assignment
    return (placed.url if placed else None) or subject.tool.target_link_uri


def _message_claims(subject: LaunchSubject) -> dict[str, Any]:
    claims: dict[str, Any] = {LTI + "target_link_uri": target_of(subject)}
    if subject.deep_linking_settings is not None:
        claims[LTI + "message_type"] = "LtiDeepLinkingRequest"
        claims[DEEP_LINKING + "deep_linking_settings"] = subject.deep_linking_settings
        return claims
    claims[LTI + "message_type"] = "LtiResourceLinkRequest"
    if subject.link:
        told = {"id": subject.link.id, "title": subject.link.title, "description": None}
        claims[LTI + "resource_link"] = told | NO_ERRORS
    elif subject.assignment:
        claims[LTI + "resource_link"] = {
            "id": subject.assignment.resource_link_id,
            "title": subject.assignment.title,
            "description": subject.assignment.text or None,
            **NO_ERRORS,
        }
    else:
        # A launch from a menu has the course (or the account) itself as its resource link (Canvas).
        context = _context(subject.course)
        claims[LTI + "resource_link"] = {
            "id": context["id"],
            "title": context["title"],
            "description": None,
            **NO_ERRORS,
        }
    return claims


def _service_claims(db: sqlite3.Connection, lms: Lms, subject: LaunchSubject) -> dict[str, Any]:
    claims: dict[str, Any] = {}
    if subject.course is None:
        return claims
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
    if NOTICE_HANDLERS in subject.tool.scopes:
        claims[NOTICES] = {
            "service_versions": ["1.0"],
            "platform_notification_service_url": f"{lms.base_url}/api/lti/notice-handlers/{subject.tool.id}",
            "scope": [NOTICE_HANDLERS],
            "notice_types_supported": NOTICE_TYPES,
        }
    return claims


def _custom(db: sqlite3.Connection, lms: Lms, subject: LaunchSubject, roles: list[str]) -> dict[str, str]:
    values = variables.school_values(lms)
    if subject.course is not None:
        values |= variables.course_values(db, lms, subject.course)
    if not subject.is_nobody:
        values |= variables.person_values(db, subject.course, subject.person, roles)
    if subject.deep_linking_settings is None and subject.course is None:
        values |= {"ResourceLink.id": ACCOUNT_CONTEXT, "Context.id": ACCOUNT_CONTEXT}
    elif subject.course is not None and subject.deep_linking_settings is None:
        values |= variables.link_values(subject.course, subject.assignment)
    placed = subject.link or subject.assignment
    own = placed.custom if placed else {}
    return variables.substitute({**subject.tool.custom, **own}, values)
