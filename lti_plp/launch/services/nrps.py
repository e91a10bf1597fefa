"""Names and Role Provisioning Services 2.0: who is in a course."""

import json
from typing import Any

from lti_plp.launch.claims import CUSTOM, LMS_ID, LMS_USER_KEY, SCOPE_MEMBERSHIP, SECTIONS_KEY
from lti_plp.launch.roles import roles_of
from lti_plp.launch.services.ags import with_filters
from lti_plp.launch.services.connector import HardenedConnector
from lti_plp.launch.sourced import student_number
from lti_plp.lms.gateway import Member, TryLater
from lti_plp.plp.texts import one_line, storable

MEMBERSHIPS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
PAGE_SIZE = "100"
MOST_SECTIONS = 50
"""Of one member; more are left out."""


def read_members(connector: HardenedConnector, memberships_url: str, *, link_id: str = "") -> list[Member]:
    """Return everybody in a course, all pages or nothing.

    ``link_id`` limits the answer to those who may open that link (parameter ``rlid``). Only ``user_id`` and ``roles``
    can be relied on (NRPS 2.0, section 2.2).

    :raise TryLater: when a page failed or is no membership container.
    :raise Refused: when the tool may not read it.
    """
    filters = {"limit": PAGE_SIZE} | ({"rlid": link_id} if link_id else {})
    members: dict[str, Member] = {}
    url = with_filters(memberships_url, **filters)
    for page in connector.pages(url, SCOPE_MEMBERSHIP, accept=MEMBERSHIPS):
        body = page.json()
        listed = body.get("members") if isinstance(body, dict) else None
        if not isinstance(listed, list):
            raise TryLater("bad_answer", page.status)
        for entry in listed:
            if (member := _member(entry)) is not None:
                members[member.subject] = member
    return list(members.values())


def _member(entry: Any) -> Member | None:
    if not isinstance(entry, dict):
        return None
    subject, uris = entry.get("user_id"), entry.get("roles")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not isinstance(uris, list):
        return None
    # Somebody whose id no launch could bring is nobody here, and spoils the list of nobody else.
    if not subject.isascii() or not subject.isprintable():
        return None
    roles, is_test = roles_of(uris)
    return Member(
        subject=subject,
        roles=roles,
        active=entry.get("status", "Active") == "Active",
        is_test=is_test,
        name=_text(entry.get("name")),
        given_name=_text(entry.get("given_name")),
        family_name=_text(entry.get("family_name")),
        student_number=student_number(entry.get("lis_person_sourcedid"), roles),
        lms_id=_lms_id(custom := _custom(entry.get("message"))),
        sections=_sections(custom),
    )


def _custom(messages: Any) -> dict[str, Any]:
    """Return the custom parameters told of a member (NRPS 2.0, 2.4).

    One that was not substituted arrives as it was written, with its ``$``.
    """
    for message in messages if isinstance(messages, list) else []:
        custom = message.get(CUSTOM) if isinstance(message, dict) else None
        if isinstance(custom, dict):
            return custom
    return {}


def _lms_id(custom: dict[str, Any]) -> str:
    """Return what the platform's own services call a member."""
    value = custom.get(LMS_USER_KEY)
    is_one = isinstance(value, str | int) and LMS_ID.fullmatch(str(value))
    return str(value) if is_one else ""


def _sections(custom: dict[str, Any]) -> tuple[str, ...] | None:
    """Return the names of a member's sections; ``None`` when the platform does not tell them."""
    try:
        names = json.loads(custom.get(SECTIONS_KEY, ""))
    except (ValueError, TypeError, RecursionError):
        return None
    if not isinstance(names, list):
        return None
    found = {one_line(name)[:100] for name in names[:MOST_SECTIONS] if isinstance(name, str)}
    return tuple(sorted(found - {""}))


def _text(value: Any) -> str:
    return storable(value)[:255].strip() if isinstance(value, str) else ""
