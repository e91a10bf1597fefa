"""The answer of the picker to the platform (Deep Linking 2.0)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from pylti1p3.deep_link import DeepLink
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput
from lti_plp.launch import claims as names
from lti_plp.launch.claims import DeepLinkingSettings
from lti_plp.launch.models import Registration
from lti_plp.launch.opaque import new_secret
from lti_plp.launch.toolbox import Toolbox

LIFE = timedelta(minutes=10)
RESOURCE_LINK = "ltiResourceLink"


@dataclass(frozen=True)
class LineItem:
    """The gradebook column that goes with a link."""

    score_maximum: Decimal
    label: str
    resource_id: str
    tag: str = "reflection"


@dataclass(frozen=True)
class LinkItem:
    """A link to one of our pages, to be placed in a course (Deep Linking 2.0, section 3.3, ltiResourceLink)."""

    url: str
    title: str
    text: str = ""
    custom: dict[str, str] = field(default_factory=dict)
    line_item: LineItem | None = None
    due_at: datetime | None = None

    def to_json(self, *, with_line_item: bool) -> dict[str, Any]:
        """Return the content item; nothing in it is null or empty, because Moodle fails on an empty ``custom``."""
        item: dict[str, Any] = {"type": RESOURCE_LINK, "url": self.url, "title": self.title}
        if self.text:
            item["text"] = self.text
        if self.custom:
            item["custom"] = dict(self.custom)
        if self.line_item and with_line_item:
            maximum = self.line_item.score_maximum
            item["lineItem"] = {
                "scoreMaximum": int(maximum) if maximum == maximum.to_integral_value() else float(maximum),
                "label": self.line_item.label,
                "resourceId": self.line_item.resource_id,
                "tag": self.line_item.tag,
            }
        if self.due_at:
            item["submission"] = {"endDateTime": self.due_at.astimezone(UTC).isoformat(timespec="seconds")}
        return item


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True)
class Reply:
    """A form to be posted to the platform: one field, ``JWT``."""

    return_url: str
    jwt: str

    @property
    def origin(self) -> str:
        """Where the form goes, for the page's policy."""
        return origin_of(self.return_url)


class HardenedDeepLink(DeepLink):
    """The library's deep link with a message of our own [gaps 27, 28]: nothing null, settings heeded, no page in it."""

    def __init__(
        self, registration: Registration, lti_deployment_id: str, settings: DeepLinkingSettings
    ) -> None:
        """Take plain values; the library's own registration object is not needed."""
        self._ours = registration
        self._lti_deployment_id = lti_deployment_id
        self._settings = settings

    def check(self, items: Sequence[LinkItem]) -> None:
        """Refuse what the platform would not take.

        :raise BadInput: ``links_not_accepted`` or ``one_link_only``.
        """
        if items and RESOURCE_LINK not in self._settings.accept_types:
            raise BadInput("This place of the platform takes no links to a tool.", code="links_not_accepted")
        if len(items) > 1 and not self._settings.accept_multiple:
            raise BadInput("This place of the platform takes one link only.", code="one_link_only")

    def message(self, items: Sequence[LinkItem], message: str, error: str, now: datetime) -> dict[str, Any]:
        """Return the claims of the response (Deep Linking 2.0, section 4.5)."""
        keep_line_items = self._settings.accept_lineitem is not False
        claims: dict[str, Any] = {
            "iss": self._ours.client_id,
            "aud": [self._ours.issuer],
            "iat": int(now.timestamp()),
            "exp": int((now + LIFE).timestamp()),
            "nonce": new_secret(),
            names.MESSAGE_TYPE: "LtiDeepLinkingResponse",
            names.VERSION: "1.3.0",
            names.DEPLOYMENT_ID: self._lti_deployment_id,
            names.DEEP_LINKING + "content_items": [
                item.to_json(with_line_item=keep_line_items) for item in items
            ],
        }
        if self._settings.data is not None:
            claims[names.DEEP_LINKING + "data"] = self._settings.data
        if message:
            claims[names.DEEP_LINKING + "msg"] = message
        if error:
            claims[names.DEEP_LINKING + "errormsg"] = error
        return claims


def deep_linking_reply(
    toolbox: Toolbox,
    session: Session,
    registration: Registration,
    lti_deployment_id: str,
    settings: DeepLinkingSettings,
    items: Sequence[LinkItem],
    *,
    now: datetime,
    message: str = "",
    error: str = "",
) -> Reply:
    """Return the signed answer; without items nothing is placed, and the person is sent back all the same.

    :raise BadInput: when the platform would not take the items.
    """
    answer = HardenedDeepLink(registration, lti_deployment_id, settings)
    answer.check(items)
    claims = answer.message(items, message, error, now)
    return Reply(settings.return_url, toolbox.keys.sign(session, claims, now))
