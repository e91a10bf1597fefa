"""Names of LTI claims, and the one value that a verified launch becomes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from lti_plp.plp.actor import Role

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
MESSAGE_TYPE = CLAIM + "message_type"
VERSION = CLAIM + "version"
DEPLOYMENT_ID = CLAIM + "deployment_id"
TARGET_LINK_URI = CLAIM + "target_link_uri"
RESOURCE_LINK = CLAIM + "resource_link"
ROLES = CLAIM + "roles"
CONTEXT = CLAIM + "context"
CUSTOM = CLAIM + "custom"
LAUNCH_PRESENTATION = CLAIM + "launch_presentation"
LIS = CLAIM + "lis"
TOOL_PLATFORM = CLAIM + "tool_platform"
ROLE_SCOPE_MENTOR = CLAIM + "role_scope_mentor"
NOTICE = CLAIM + "notice"
ORIGIN_CONTEXTS = CLAIM + "origin_contexts"
NOTIFICATIONS = CLAIM + "platformnotificationservice"
DEEP_LINKING_SETTINGS = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS_ENDPOINT = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
CANVAS_PLACEMENT = "https://www.instructure.com/placement"
CANVAS_STUDENT = "https://www.instructure.com/lti_student_id"
ACCOUNT_MENU = "account_navigation"
"""Canvas's word for the menu of an account."""
SUBMISSION_TYPE = "submission_type_selection"
"""Canvas's word for a tile of an assignment's form; the assignment has points of its own, and no column is taken."""
HOMEWORK = "homework_submission"
"""Canvas's word for the dialog from which a student hands in work."""
NAMES_AND_ROLES = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"

SCOPE_LINE_ITEM = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
SCOPE_RESULT = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
SCOPE_SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
SCOPE_MEMBERSHIP = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SCOPE_NOTICES = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"

TEMPLATE_KEY = "plp_template"
"""Name of the custom parameter, and of the URL parameter, that carries a template's UUID."""
PAGE_KEY = "plp_page"
"""The same for a link that stands for a page and not for a template: one of ``lti_plp.lms.directory.PAGES``."""
HISTORY_KEY = "context_history"
"""Name of the custom parameter that carries the contexts that a course was copied from (``$Context.id.history``)."""
COPY_NOTICE = "LtiContextCopyNotice"
"""Type of the notice that a context was copied."""
HAND_IN_KEY = "plp_hand_in"
"""The same for what a student handed in from her plan."""
LMS_USER_KEY = "lms_user_id"
"""Name of the custom parameter that carries what a platform's own services call a person."""
ROOT_ADMIN_KEY = "root_admin"
"""The same for whether the person administers the platform's whole account (``$Canvas.user.isRootAccountAdmin``)."""
OBSERVEES_KEY = "observees"
"""The same for the subjects of the students whom an observer follows, separated by commas."""
ACTING_KEY = "masquerading"
"""The same for who acts as the person, in the words of the platform's own services; empty for nobody."""
SECTIONS_KEY = "sections"
"""The same for the names of a person's sections in the course, as a list in JSON."""
LMS_ID = re.compile(r"[0-9A-Za-z~_-]{1,64}")
"""What such a name looks like; a variable that was not substituted does not."""


class MessageType(StrEnum):
    """Messages that we answer."""

    RESOURCE_LINK = "LtiResourceLinkRequest"
    DEEP_LINKING = "LtiDeepLinkingRequest"


@dataclass(frozen=True)
class ContextClaim:
    """The course."""

    id: str
    label: str = ""
    title: str = ""
    types: tuple[str, ...] = ()

    @property
    def is_account(self) -> bool:
        """Whether it is no course at all, but the platform's account (Canvas)."""
        return "Account" in self.types


@dataclass(frozen=True)
class ResourceLinkClaim:
    """The placed link."""

    id: str
    title: str = ""


@dataclass(frozen=True)
class AgsClaim:
    """Where grades go (AGS 2.0)."""

    scopes: frozenset[str]
    line_items_url: str = ""
    line_item_url: str = ""


@dataclass(frozen=True)
class DeepLinkingSettings:
    """What a platform accepts from the picker (Deep Linking 2.0, section 4.4.1)."""

    return_url: str
    accept_types: frozenset[str]
    accept_multiple: bool = False
    accept_lineitem: bool | None = None
    """``None`` when the platform did not say."""
    data: str | None = None
    title: str = ""
    text: str = ""
    placement: str = ""
    """Where in the platform the dialog stands, in the platform's word; empty when it does not say."""

    @property
    def can_count(self) -> bool:
        """Whether what is placed can count for something: its column comes along, or the platform makes one anyway."""
        return self.accept_lineitem is not False or self.placement == SUBMISSION_TYPE

    def to_json(self) -> dict[str, Any]:
        """Return a form that a JSON column holds."""
        return {
            "return_url": self.return_url,
            "accept_types": sorted(self.accept_types),
            "accept_multiple": self.accept_multiple,
            "accept_lineitem": self.accept_lineitem,
            "data": self.data,
            "title": self.title,
            "text": self.text,
            "placement": self.placement,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "DeepLinkingSettings":
        """Read what :meth:`to_json` wrote."""
        return cls(**{**value, "accept_types": frozenset(value["accept_types"])})


@dataclass(frozen=True)
class Launch:
    """A launch that was verified: nothing in it is a stranger's word any more, only the platform's."""

    registration_id: int
    lti_deployment_id: str
    """As the platform names it; which of our deployments that is, and whether it is open, the directory knows."""
    issuer: str
    subject: str
    message_type: MessageType
    roles: frozenset[Role]
    target_link_uri: str
    is_test_user: bool = False
    mentor_of: tuple[str, ...] = ()
    """Subjects of the students whom a mentor may follow."""
    name: str = ""
    given_name: str = ""
    family_name: str = ""
    student_number: str = ""
    """Of a student, where the platform tells it."""
    platform_name: str = ""
    """What the platform calls itself; of a school's own platform that is the school."""
    platform_guid: str = ""
    """Which instance of the platform it is."""
    locale: str = ""
    context: ContextClaim | None = None
    resource_link: ResourceLinkClaim | None = None
    ags: AgsClaim | None = None
    memberships_url: str = ""
    notices_url: str = ""
    """Where the platform is told that it shall send notices of copied contexts; empty when it sends none."""
    deep_linking: DeepLinkingSettings | None = None
    return_url: str = ""
    placement: str = ""
    """Where in the platform the link stands, in the platform's word (``course_navigation``); empty when it is placed
    content, or the platform does not say."""
    custom: Mapping[str, str] = field(default_factory=dict)
    """Only what was substituted: a value that is still ``$Variable`` is left out (LTI Core 1.3, appendix B)."""
    is_school_administrator: bool = False
    """Whether the platform knows the person as an administrator at its institution; by itself this gives nothing."""
    card_of: str = ""
    """What the platform's own services call the student on whose card this was opened; empty elsewhere."""

    @property
    def is_in_no_course(self) -> bool:
        """Whether it was opened from a place that belongs to no course, such as the menu of one's account.

        Nothing is said there of what the person is in any course.
        """
        if self.message_type is not MessageType.RESOURCE_LINK:
            return False
        return self.context.is_account if self.context else not self.roles

    @property
    def is_for_work(self) -> bool:
        """Whether a dialog asks for work that is handed in, as far as the platform says; that takes files as well."""
        if self.placement:
            return self.placement == HOMEWORK
        return self.deep_linking is not None and "file" in self.deep_linking.accept_types

    @property
    def own_custom(self) -> Mapping[str, str]:
        """Custom parameters that only the tool's installation can have set; none for placed content.

        Those of placed content take the place of the tool's own (Canvas, ``jwt_message``), and a teacher can change
        them. A link that stands for the course itself, or for the account, has none of its own.
        """
        link, context = self.resource_link, self.context
        is_placed = link is not None and (context is None or link.id != context.id)
        return {} if is_placed else self.custom

    @property
    def administers_account(self) -> bool:
        """Whether this is an administrator of the whole account, at the account's own menu."""
        return (
            self.placement == ACCOUNT_MENU
            and self.context is not None
            and self.context.is_account
            and self.is_school_administrator
            and self.own_custom.get(ROOT_ADMIN_KEY, "").lower() == "true"
        )

    @property
    def is_acted(self) -> bool:
        """Whether somebody acts as this person. It takes rights away, so that it holds whoever says it."""
        return bool(self.custom.get(ACTING_KEY))
