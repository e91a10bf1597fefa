"""Names and Role Provisioning Services 2.0."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from lti_plp.sandbox import variables
from lti_plp.sandbox.claims import LTI, named_fields, roles_of, tells_names
from lti_plp.sandbox.faults import service
from lti_plp.sandbox.identity import ServiceRefusal, token_for
from lti_plp.sandbox.lms import database, lms
from lti_plp.sandbox.school import (
    Assignment,
    Course,
    Person,
    assignment_by_link,
    called_in,
    course_by_id,
    number_of,
)
from lti_plp.sandbox.scopes import MEMBERSHIP_READ
from lti_plp.sandbox.tools import Tool

bp = Blueprint("members", __name__)

MEDIA_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
PAGE = 50
LARGEST_PAGE = 50
"""Canvas never gives more than this at once."""


@bp.get("/api/lti/courses/<int:course_id>/names_and_roles")
@service("nrps")
def names_and_roles(course_id: int) -> ResponseReturnValue:
    """List a course's people, without the Test Student."""
    tool = token_for(MEMBERSHIP_READ)
    course = course_by_id(database(), course_id)
    if course is None:
        raise ServiceRefusal(404, "There is no such course.")
    accepted = request.headers.get("Accept", "*/*")
    if MEDIA_TYPE not in accepted and "*/*" not in accepted:
        raise ServiceRefusal(406, f"Ask for {MEDIA_TYPE}.")
    link = _link(course, tool)
    found = [entry for entry in _everybody(course) if _has_role(entry[0], course)]
    start, size = _window()
    page = found[start : start + size]
    members = [_member(tool, course, person, status, link) for person, status in page]
    answer = jsonify(
        id=request.url,
        context={"id": course.context_id, "label": course.label, "title": course.title},
        members=members,
    )
    answer.mimetype = MEDIA_TYPE
    if start + size < len(found):
        query = {**request.args.to_dict(), "page": f"bookmark:AbC{start + size}", "limit": size}
        answer.headers["Link"] = (
            f'<{lms().course_url(course.id, "names_and_roles")}?{urlencode(query)}>; rel="next"'
        )
    return answer


def _link(course: Course, tool: Tool) -> Assignment | None:
    link_id = request.args.get("rlid")
    if link_id is None or link_id == course.context_id:
        return None
    link = assignment_by_link(database(), course.id, link_id)
    if link is None or link.tool_id != tool.id:
        raise ServiceRefusal(400, "The rlid is not one of this tool in this course.")
    return link


def _everybody(course: Course) -> list[tuple[Person, str]]:
    rows = database().execute(
        "SELECT person.*, enrollment.status FROM person JOIN enrollment ON person_id = person.id"
        " WHERE course_id = ? AND role <> 'test' ORDER BY person.id",
        (course.id,),
    )
    entries = []
    for row in rows:
        values = dict(row)
        status = values.pop("status")
        entries.append((called_in(database(), Person(**values), course.id), status))
    return entries


def _has_role(person: Person, course: Course) -> bool:
    wanted = request.args.get("role")
    if not wanted:
        return True
    return any(
        role in (wanted, f"http://purl.imsglobal.org/vocab/lis/v2/membership#{wanted}")
        for role in roles_of(database(), person, course)
    )


def _window() -> tuple[int, int]:
    limit = request.args.get("limit", str(PAGE))
    if not limit.isdecimal() or int(limit) < 1:
        raise ServiceRefusal(400, "limit must be a positive number.")
    page = request.args.get("page", "bookmark:AbC0")
    # The cursor's case counts, as in Canvas: a tool that changes it is lost.
    start = page.removeprefix("bookmark:AbC")
    if not page.startswith("bookmark:AbC") or not start.isdecimal():
        raise ServiceRefusal(400, "The page is not one that was handed out.")
    return int(start), min(int(limit), LARGEST_PAGE)


def _member(
    tool: Tool, course: Course, person: Person, status: str, link: Assignment | None
) -> dict[str, Any]:
    roles = [role for role in roles_of(database(), person, course) if "/membership" in role]
    entry: dict[str, Any] = {
        "status": status,
        "user_id": person.sub,
        "roles": roles,
        **named_fields(lms(), tool.privacy, person),
    }
    number = number_of(person)
    if number and tells_names(tool.privacy):
        entry["lis_person_sourcedid"] = number
    if request.args.get("rlid"):
        values = variables.person_values(database(), course, person, roles)
        values |= variables.course_values(database(), lms(), course) | variables.link_values(course, link)
        own = link.custom if link else {}
        entry["message"] = [
            {
                LTI + "message_type": "LtiResourceLinkRequest",
                "locale": variables.LOCALE,
                LTI + "custom": variables.substitute({**tool.custom, **own}, values),
            }
        ]
    return entry
