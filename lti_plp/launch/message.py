"""From a platform's message to one frozen :class:`~lti_plp.launch.claims.Launch`.

PyLTI1p3's ``MessageLaunch`` gives the skeleton; every check in it is replaced by ours, because 18 of the library's 33
known gaps lie there. The numbers in brackets are those of the list in docs/development.md.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from pylti1p3.cookie import CookieService
from pylti1p3.message_launch import MessageLaunch
from pylti1p3.request import Request
from pylti1p3.session import SessionService
from pylti1p3.tool_config.abstract import ToolConfAbstract

from lti_plp.database import reading
from lti_plp.errors import BadInput, PlpError
from lti_plp.launch import claims as names
from lti_plp.launch.claims import (
    AgsClaim,
    ContextClaim,
    DeepLinkingSettings,
    Launch,
    MessageType,
    ResourceLinkClaim,
)
from lti_plp.launch.platforms import Platform, active_platforms
from lti_plp.launch.roles import SCHOOL_ADMINISTRATOR, roles_of
from lti_plp.launch.sourced import student_number
from lti_plp.launch.toolbox import Toolbox
from lti_plp.launch.verify import check_claims, verify_signature
from lti_plp.plp.actor import Role
from lti_plp.plp.texts import one_line, storable

# The library makes a requests session per launch unless it gets one; it never sends anything through this one.
_UNUSED_HTTP = requests.Session()


class HardenedMessageLaunch(MessageLaunch[Request, ToolConfAbstract[Request], SessionService, CookieService]):
    """A launch message of one registration, checked by our rules; nothing is stored and nothing is remembered.

    State and nonce are compared by the caller, in the transaction that uses them up [gaps 1, 2].
    """

    def __init__(
        self,
        toolbox: Toolbox,
        platform: Platform,
        id_token: str,
        now: datetime,
    ) -> None:
        """Take the registration that the login state is bound to; the token does not choose it [gap 10]."""
        nothing = cast(Any, object())
        super().__init__(nothing, nothing, nothing, nothing, requests_session=_UNUSED_HTTP)
        self._toolbox = toolbox
        self._ours = platform
        self._token = id_token
        self._now = now

    def _get_request_param(self, key: str) -> str:
        """Give the library nothing: what it would read from the request was handed in."""
        raise KeyError(key)

    def validate(self) -> "HardenedMessageLaunch":
        """Check signature, claims and message; the verified claims are in :attr:`claims` then.

        :raise PlpError: naming what is wrong; nothing of the message is used then.
        """
        self.validate_jwt_signature()
        self.validate_registration()
        self.validate_message()
        self._validated = True
        return self

    @property
    def claims(self) -> dict[str, Any]:
        """The message's claims."""
        return cast(dict[str, Any], self._jwt["body"])

    def validate_jwt_signature(self) -> "HardenedMessageLaunch":
        """RS256 only, kid required, held keys with one re-fetch [gaps 7, 9]."""
        body = verify_signature(self._toolbox.platform_keys, self._ours, self._token)
        self._jwt = cast(Any, {"body": body})
        return self

    def validate_registration(self) -> "HardenedMessageLaunch":
        """Issuer, audiences, authorized party, times with leeway [gaps 3, 4, 5, 6]."""
        leeway = self._toolbox.settings.clock_leeway_seconds
        check_claims(self._ours, self.claims, self._now, leeway, self._other_clients)
        return self

    def _other_clients(self) -> list[str]:
        with reading(), self._toolbox.engine.connect() as connection:
            return [other.client_id for other in active_platforms(connection, self._ours.issuer)]

    def validate_message(self) -> "HardenedMessageLaunch":
        """Version, type, deployment id and what each type requires [gaps 11, 12, 13, 15]."""
        body = self.claims
        if body.get(names.VERSION) != "1.3.0":
            raise BadInput("The message is not of LTI version 1.3.0.", code="message_version")
        if body.get(names.MESSAGE_TYPE) not in set(MessageType):
            raise BadInput("This kind of message is not known here.", code="message_type")
        required_id(body.get(names.DEPLOYMENT_ID), "deployment_id")
        if body.get("sub") is None:
            # Canvas lets visitors without an account launch from public courses.
            raise PlpError("message_anonymous", 403, "The message is about nobody.")
        required_id(body.get("sub"), "sub")
        if body[names.MESSAGE_TYPE] == MessageType.RESOURCE_LINK:
            if not isinstance(body.get(names.ROLES), list):
                raise BadInput("The message has no roles.", code="message_roles")
            required_id(_object(body.get(names.RESOURCE_LINK)).get("id"), "resource_link")
        else:
            _deep_linking(body)
        return self


def required_id(value: object, name: str) -> str:
    """Return an identifier: 1 to 255 ASCII characters (LTI Core 1.3, sections 5.3.3 to 5.3.6).

    :raise BadInput: when it is anything else.
    """
    if (
        not isinstance(value, str)
        or not 0 < len(value) <= 255
        or not value.isascii()
        or not value.isprintable()
    ):
        raise BadInput(f"The message's {name} is missing or no identifier.", code=f"message_{name}")
    return value


def launch_from(body: Mapping[str, Any], platform: Platform, target_link_uri: str) -> Launch:
    """Build the one value that the rest of the tool sees, from verified claims.

    ``target_link_uri`` is the one of the login, which was checked then and must be the token's too.

    :raise PlpError: when the token names another target, or optional claims have an impossible shape.
    """
    message = MessageType(body[names.MESSAGE_TYPE])
    told = body.get(names.TARGET_LINK_URI)
    # The certification suite sends no target on a deep linking launch.
    if told != target_link_uri and not (told is None and message is MessageType.DEEP_LINKING):
        raise PlpError("message_target", 400, "The message is for another address than its login was.")
    role_uris = body.get(names.ROLES)
    role_uris = role_uris if isinstance(role_uris, list) else []
    context = _context(body)
    in_account = context is not None and context.is_account
    roles, is_test = roles_of(role_uris)
    if in_account:
        # Nobody learns or teaches in an account.
        roles = frozenset()
    presentation = _object(body.get(names.LAUNCH_PRESENTATION))
    instance = _object(body.get(names.TOOL_PLATFORM))
    launch = Launch(
        registration_id=platform.id,
        lti_deployment_id=body[names.DEPLOYMENT_ID],
        issuer=platform.issuer,
        subject=body["sub"],
        message_type=message,
        roles=roles,
        is_test_user=is_test,
        mentor_of=_mentor_of(body) if Role.MENTOR in roles else (),
        target_link_uri=target_link_uri,
        name=_text(body.get("name"), 255),
        given_name=_text(body.get("given_name"), 255),
        family_name=_text(body.get("family_name"), 255),
        student_number=student_number(_object(body.get(names.LIS)).get("person_sourcedid"), roles),
        platform_name=one_line(_text(instance.get("name"), 255)),
        platform_guid=_text(instance.get("guid"), 255),
        locale=_text(presentation.get("locale") or body.get("locale"), 20),
        context=context,
        resource_link=_resource_link(body) if message is MessageType.RESOURCE_LINK else None,
        ags=None if in_account else _ags(body),
        memberships_url="" if in_account else _memberships_url(body),
        notices_url=_notices_url(body),
        deep_linking=_deep_linking(body) if message is MessageType.DEEP_LINKING else None,
        return_url=return_url_of(body),
        placement=_text(body.get(names.CANVAS_PLACEMENT), 60),
        custom=_custom(body.get(names.CUSTOM)),
        is_school_administrator=SCHOOL_ADMINISTRATOR in role_uris,
        card_of=_lms_id(body.get(names.CANVAS_STUDENT)),
    )
    return _with_observees(launch, body)


def _with_observees(launch: Launch, body: Mapping[str, Any]) -> Launch:
    """Add whom an observer follows where the platform keeps back the claim that says so.

    Canvas sends ``role_scope_mentor`` only where its privacy level is "public".
    """
    if Role.MENTOR not in launch.roles or names.ROLE_SCOPE_MENTOR in body:
        return launch
    told = launch.own_custom.get(names.OBSERVEES_KEY, "").split(",")
    return replace(launch, mentor_of=_subjects([one.strip() for one in told]))


def return_url_of(body: Mapping[str, Any]) -> str:
    """Return where the platform wants people to go back to; empty when it does not say."""
    return _address(_object(body.get(names.LAUNCH_PRESENTATION)).get("return_url"))


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object, longest: int) -> str:
    """Return an optional text: absent, null and other types are empty; what cannot be stored everywhere is left out."""
    return storable(value).replace("\ufffd", "")[:longest].strip() if isinstance(value, str) else ""


def _address(value: object) -> str:
    """Return an http(s) address, or nothing when the platform sent something else in its place."""
    if (
        not isinstance(value, str)
        or len(value) > 2000
        or any(c in value for c in "<>\"'\\;, \r\n\t\x00\ufffd")
    ):
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    return value if parts.scheme in {"https", "http"} and parts.hostname else ""


def _context(body: Mapping[str, Any]) -> ContextClaim | None:
    context = body.get(names.CONTEXT)
    if not isinstance(context, dict):
        return None
    types = context.get("type")
    return ContextClaim(
        id=required_id(context.get("id"), "context"),
        label=_text(context.get("label"), 255),
        title=_text(context.get("title"), 255),
        types=tuple(item for item in types if isinstance(item, str)) if isinstance(types, list) else (),
    )


def _resource_link(body: Mapping[str, Any]) -> ResourceLinkClaim:
    link = body[names.RESOURCE_LINK]
    return ResourceLinkClaim(id=link["id"], title=_text(link.get("title"), 255))


def _mentor_of(body: Mapping[str, Any]) -> tuple[str, ...]:
    subjects = body.get(names.ROLE_SCOPE_MENTOR)
    if not isinstance(subjects, list):
        return ()
    return _subjects(subjects)


def _subjects(named: list[Any]) -> tuple[str, ...]:
    return tuple(item for item in named[:100] if isinstance(item, str) and 0 < len(item) <= 255)


def _lms_id(value: object) -> str:
    """Return what a platform's own services call somebody; empty when it is nothing of the kind."""
    text = str(value) if isinstance(value, str | int) else ""
    return text if names.LMS_ID.fullmatch(text) else ""


def _memberships_url(body: Mapping[str, Any]) -> str:
    return _address(_object(body.get(names.NAMES_AND_ROLES)).get("context_memberships_url"))


def _ags(body: Mapping[str, Any]) -> AgsClaim | None:
    endpoint = body.get(names.AGS_ENDPOINT)
    if not isinstance(endpoint, dict):
        return None
    scopes = endpoint.get("scope")
    return AgsClaim(
        scopes=frozenset(item for item in scopes if isinstance(item, str))
        if isinstance(scopes, list)
        else frozenset(),
        line_items_url=_address(endpoint.get("lineitems")),
        line_item_url=_address(endpoint.get("lineitem")),
    )


def _notices_url(body: Mapping[str, Any]) -> str:
    """Return the address of the platform's notification service, if it sends the notices that we want (PNS 1.0)."""
    service = _object(body.get(names.NOTIFICATIONS))
    types = service.get("notice_types_supported")
    if isinstance(types, list) and names.COPY_NOTICE not in types:
        return ""
    return _address(service.get("platform_notification_service_url"))


def _custom(value: object) -> dict[str, str]:
    """Return custom parameters as text: the certification suite sends a number; ``$X`` was not substituted."""
    if not isinstance(value, dict):
        return {}
    plain = {str(name): str(item) for name, item in value.items() if isinstance(item, str | int | float)}
    return {name: item for name, item in plain.items() if not item.startswith("$")}


def _deep_linking(body: Mapping[str, Any]) -> DeepLinkingSettings:
    settings = _object(body.get(names.DEEP_LINKING_SETTINGS))
    return_url = _address(settings.get("deep_link_return_url"))
    accept_types = settings.get("accept_types")
    if not return_url or not isinstance(accept_types, list):
        raise BadInput("The deep linking settings are not complete.", code="message_deep_linking")
    data = settings.get("data")
    if data is not None and not isinstance(data, str):
        raise BadInput("The deep linking data are no text.", code="message_deep_linking")
    lineitem = settings.get("accept_lineitem")
    return DeepLinkingSettings(
        return_url=return_url,
        accept_types=frozenset(item for item in accept_types if isinstance(item, str)),
        accept_multiple=settings.get("accept_multiple") is True,
        accept_lineitem=lineitem if isinstance(lineitem, bool) else None,
        data=data,
        title=_text(settings.get("title"), 255),
        text=_text(settings.get("text"), 5000),
        placement=_text(body.get(names.CANVAS_PLACEMENT), 60),
    )
