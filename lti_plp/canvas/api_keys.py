"""A school's API developer key: an administrator makes it in Canvas, beside the one for LTI, and enters it here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from lti_plp.canvas.models import CanvasApi
from lti_plp.database import SecretBox
from lti_plp.errors import BadInput
from lti_plp.launch.services.http import require_https
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.gateway import Refused, TryLater

LONGEST = 255
_USUAL_PORTS = {"https": ":443", "http": ":80"}


@dataclass(frozen=True)
class Key:
    """An API key, opened."""

    base_url: str
    client_id: str
    client_secret: str

    @property
    def client(self) -> str:
        """Host and client id: Canvas counts requests by them."""
        return f"{urlsplit(self.base_url).netloc} {self.client_id}"


def api_key(toolbox: Toolbox, session: Session, deployment_id: int) -> Key | None:
    """Return the API key of a deployment; ``None`` when the school has given none."""
    row = session.get(CanvasApi, deployment_id)
    if row is None:
        return None
    return Key(row.base_url, row.client_id, toolbox.secrets.open(row.client_secret))


def keep_api_key(
    session: Session,
    box: SecretBox,
    deployment_id: int,
    base_url: str,
    client_id: str,
    client_secret: str,
    now: datetime,
) -> None:
    """Keep a deployment's API key in place of the one before. Permissions that people gave stay with the new one.

    :raise BadInput: ``canvas_address``, ``canvas_client_id``, ``canvas_client_secret``: which of the three is wrong.
    """
    address = _address(base_url)
    client_id, client_secret = client_id.strip(), client_secret.strip()
    if not 0 < len(client_id) <= LONGEST or not client_id.isascii() or not client_id.isprintable():
        raise BadInput("The client id is missing or no client id.", code="canvas_client_id")
    if (
        not 0 < len(client_secret) <= LONGEST
        or not client_secret.isascii()
        or not client_secret.isprintable()
    ):
        raise BadInput("The key is missing or no key.", code="canvas_client_secret")
    session.merge(
        CanvasApi(
            deployment_id=deployment_id,
            base_url=address,
            client_id=client_id,
            client_secret=box.seal(client_secret),
            made_at=now,
        )
    )


def _address(text: str) -> str:
    """Return scheme and host of a school's Canvas as Canvas writes them, of whatever page's address was copied."""
    try:
        parts = urlsplit(text.strip())
        address = f"{parts.scheme}://{parts.netloc.lower().removesuffix(_USUAL_PORTS.get(parts.scheme, ''))}"
        require_https(address)
        port = parts.port
    except (ValueError, Refused) as problem:
        raise BadInput("This is no https:// address.", code="canvas_address") from problem
    if "@" in parts.netloc or len(address) > LONGEST or port == 0:
        raise BadInput("This is no https:// address of a host.", code="canvas_address")
    return address


def ask_token(toolbox: Toolbox, key: Key, form: dict[str, str]) -> dict[str, Any]:
    """Ask Canvas for a token, as the holder of an API key.

    :raise Refused: ``no_consent`` when Canvas no longer knows the permission; ``client_refused`` for a wrong key.
    """
    answer = toolbox.http.send(
        "POST",
        f"{key.base_url}/login/oauth2/token",
        form={**form, "client_id": key.client_id, "client_secret": key.client_secret},
        headers={"Accept": "application/json"},
        expect=frozenset({400, 401}),
    )
    body = answer.json()
    if answer.status >= 400:
        error = body.get("error") if isinstance(body, dict) else None
        raise Refused("client_refused" if error == "invalid_client" else "no_consent", answer.status)
    if not isinstance(body, dict) or not isinstance(body.get("access_token"), str):
        raise TryLater("bad_answer", answer.status)
    return body
