"""Custom parameters and the variables in them (LTI Core 1.3, appendix B; Canvas's substitution list)."""

import json
import sqlite3
from collections.abc import Mapping
from urllib.parse import urlsplit

from lti_plp.sandbox import times
from lti_plp.sandbox.lms import SCHOOL, Lms
from lti_plp.sandbox.school import Assignment, Course, Person, ancestors, course_number, number_of, observed
from lti_plp.sandbox.school_rows import sections_by_person, sections_of

PLATFORM_GUID = "maple-hollow-sandbox:canvas-lms"
PRODUCT_FAMILY = "canvas"
PLATFORM_VERSION = "cloud"
LOCALE = "en"


def substitute(custom: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """Replace each ``$Variable`` that is known; any other stays as it was written."""
    return {
        name: values.get(text[1:], text) if text.startswith("$") else text for name, text in custom.items()
    }


def person_values(
    db: sqlite3.Connection, course: Course | None, person: Person, roles: list[str]
) -> dict[str, str]:
    """Return the variables that depend on who it is; those of the school's records only of whom it has a record."""
    enrolled = {
        "teacher": "TeacherEnrollment",
        "assistant": "TaEnrollment",
        "observer": "ObserverEnrollment",
        "administrator": "Account Admin",
        "principal": "Account Admin",
    }
    number = number_of(person)
    records = {"Canvas.user.sisSourceId": number, "Person.sourcedId": number} if number else {}
    return records | {
        "User.id": person.sub,
        "User.username": person.key,
        "vnd.instructure.User.uuid": person.sub,
        "Canvas.user.id": str(person.id),
        "Canvas.user.globalId": str(10_000_000_000_000 + person.id),
        "Canvas.user.loginId": person.key,
        "Canvas.user.isRootAccountAdmin": "true" if person.kind == "administrator" else "false",
        "Person.name.full": person.name,
        "Person.name.display": person.name,
        "Person.name.given": person.given_name,
        "Person.name.family": person.family_name,
        "Person.email.primary": person.email,
        "Person.address.timezone": "America/New_York",
        "Membership.role": ",".join(role for role in roles if "/membership" in role),
        "Canvas.membership.roles": enrolled.get(person.kind, "StudentEnrollment"),
        "com.instructure.User.allRoles": ",".join(roles),
        "com.instructure.User.observees": ",".join(
            student.sub for student in (observed(db, person, course.id) if course else ())
        ),
        "Message.locale": LOCALE,
        **({"com.instructure.User.sectionNames": section_names(db, course.id, person.id)} if course else {}),
    }


def section_names(db: sqlite3.Connection, course_id: int, person_id: int) -> str:
    """Return the names of somebody's sections as JSON; who is in none by name is in the course's first."""
    sections = sections_of(db, course_id)
    named = sections_by_person(db, course_id).get(person_id, [])
    own = [row["name"] for row in sections if row["id"] in named] or [row["name"] for row in sections[:1]]
    return json.dumps(own)


def school_values(lms: Lms) -> dict[str, str]:
    """Return the variables of the school."""
    return {
        "Canvas.account.id": "1",
        "Canvas.account.name": SCHOOL,
        "Canvas.rootAccount.id": "1",
        "Canvas.api.baseUrl": lms.base_url,
        "Canvas.api.domain": urlsplit(lms.base_url).netloc,
        "ToolPlatform.productFamilyCode": PRODUCT_FAMILY,
        "ToolPlatform.version": PLATFORM_VERSION,
        "ToolPlatformInstance.guid": PLATFORM_GUID,
        "ToolPlatformInstance.name": SCHOOL,
        "Message.documentTarget": "iframe",
    }


def course_values(db: sqlite3.Connection, lms: Lms, course: Course) -> dict[str, str]:
    """Return the variables of a course and of the school."""
    past = ancestors(db, course)
    number = course_number(course)
    numbers = (
        "Context.sourcedId",
        "CourseSection.sourcedId",
        "CourseOffering.sourcedId",
        "Canvas.course.sisSourceId",
    )
    contexts = ",".join(ancestor.context_id for ancestor in past)
    return {
        "Context.id": course.context_id,
        "Context.title": course.title,
        "Context.label": course.label,
        "Context.id.history": contexts,
        "Canvas.course.id": str(course.id),
        "Canvas.course.name": course.title,
        "Canvas.course.workflowState": course.state,
        "Canvas.course.previousContextIds": contexts.split(",")[0],
        "Canvas.course.previousContextIds.recursive": contexts,
        "Canvas.course.previousCourseIds": str(past[0].id) if past else "",
        "Canvas.term.name": "Fall",
        **school_values(lms),
        **(dict.fromkeys(numbers, number) if number else {}),
    }


def link_values(course: Course, assignment: Assignment | None) -> dict[str, str]:
    """Return the variables of a resource link; outside an assignment most stay unresolved, as in Canvas."""
    if assignment is None:
        return {
            "ResourceLink.id": course.context_id,
            "ResourceLink.title": course.title,
            "ResourceLink.description": "",
        }
    points = "" if assignment.points is None else f"{assignment.points:g}"
    unlock, lock, due = (
        times.shown(moment) for moment in (assignment.unlock_at, assignment.lock_at, assignment.due_at)
    )
    return {
        "ResourceLink.id": assignment.resource_link_id,
        "ResourceLink.title": assignment.title,
        "ResourceLink.description": assignment.text,
        "ResourceLink.available.startDateTime": unlock,
        "ResourceLink.available.endDateTime": lock,
        "ResourceLink.submission.endDateTime": due,
        "Canvas.assignment.id": str(assignment.id),
        "Canvas.assignment.title": assignment.title,
        "Canvas.assignment.pointsPossible": points,
        "Canvas.assignment.unlockAt.iso8601": unlock,
        "Canvas.assignment.lockAt.iso8601": lock,
        "Canvas.assignment.dueAt.iso8601": due,
        "com.instructure.Assignment.lti.id": assignment.resource_link_id,
    }


VARIABLE_NAMES = (
    *("User.id", "Person.name.full", "Person.sourcedId", "Context.id", "Context.title", "Context.id.history"),
    *("Canvas.user.id", "Canvas.course.id", "Canvas.course.previousContextIds", "Canvas.api.baseUrl"),
    *("Canvas.assignment.id", "Canvas.assignment.dueAt.iso8601", "Canvas.membership.roles"),
    *("ResourceLink.id", "ResourceLink.title", "ResourceLink.submission.endDateTime", "Message.locale"),
    *("com.instructure.User.observees", "com.instructure.User.allRoles", "com.instructure.Assignment.lti.id"),
    "com.instructure.User.sectionNames",
)
"""Named in the platform's registration document."""
