"""Where tools appear in the LMS, and what each place asks for (``resource_placement``, ``deep_linking_request``)."""

import secrets
import sqlite3
from dataclasses import dataclass
from typing import Any

from lti_plp.sandbox.store import setting

COURSE_NAVIGATION = "course_navigation"
USER_NAVIGATION = "user_navigation"
ACCOUNT_NAVIGATION = "account_navigation"
CONTEXT_CARD = "student_context_card"
HOMEWORK = "homework_submission"
EDITOR = "editor_button"
ASSIGNMENT_SELECTION = "assignment_selection"
LINK_SELECTION = "link_selection"
ASSIGNMENTS_MENU = "course_assignments_menu"
SUBMISSION_TYPE = "submission_type_selection"


@dataclass(frozen=True)
class Picking:
    """What a place takes from a tool."""

    types: tuple[str, ...]
    several: bool
    targets: tuple[str, ...] = ("iframe", "window")
    takes_line_items: bool = False
    """A ``lineItem`` makes an assignment here, where the school's flag for it is on."""


_LINK = ("ltiResourceLink",)
PICKING = {
    ASSIGNMENT_SELECTION: Picking(_LINK, several=False, takes_line_items=True),
    LINK_SELECTION: Picking(_LINK, several=True, takes_line_items=True),
    ASSIGNMENTS_MENU: Picking(_LINK, several=True, takes_line_items=True),
    "module_index_menu_modal": Picking(_LINK, several=True, takes_line_items=True),
    "module_menu_modal": Picking(_LINK, several=True, takes_line_items=True),
    SUBMISSION_TYPE: Picking(_LINK, several=False),
    EDITOR: Picking(
        ("link", "file", "html", "ltiResourceLink", "image"),
        several=True,
        targets=("embed", "iframe", "window"),
    ),
    HOMEWORK: Picking(("file", "ltiResourceLink"), several=False, targets=("iframe",)),
}
MENUS = (COURSE_NAVIGATION, USER_NAVIGATION, ACCOUNT_NAVIGATION, CONTEXT_CARD)
PLACEMENTS = (*MENUS, *PICKING)


def deep_linking_settings(placement: str, changes: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the settings of a deep linking request from a place, with the changes that a test asks for."""
    picking = PICKING[placement]
    settings = {
        "accept_types": list(picking.types),
        "accept_presentation_document_targets": list(picking.targets),
        "accept_media_types": "application/vnd.ims.lti.v1.ltilink",
        "accept_multiple": picking.several,
        "accept_lineitem": picking.takes_line_items,
        "auto_create": False,
        "data": secrets.token_urlsafe(24),
        **(changes or {}),
    }
    return {name: value for name, value in settings.items() if value is not None}


def makes_assignments(db: sqlite3.Connection, placement: str) -> bool:
    """Tell whether a ``lineItem`` becomes an assignment: in five places, and only with the root account's flag."""
    return PICKING[placement].takes_line_items and setting(db, "deep_linking_line_items", "on") == "on"
