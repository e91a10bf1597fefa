"""Our own keys: sealed, rotated with overlap, published with kid and alg."""

from datetime import timedelta

import jwt
import pytest
from sqlalchemy import select

from lti_plp.database import SecretBox
from lti_plp.launch.keys import HOLD, KeyRing
from lti_plp.launch.models import ToolKey
from lti_plp.launch.toolbox import Toolbox
from tests.fixtures_tool import MovableClock


def kids(toolbox: Toolbox) -> list[str]:
    with toolbox.sessions() as session:
        return [key["kid"] for key in toolbox.keys.public_jwks(session, toolbox.clock())["keys"]]


def signing_kid(toolbox: Toolbox) -> str:
    with toolbox.sessions() as session:
        token = toolbox.keys.sign(session, {"a": 1}, toolbox.clock())
    return str(jwt.get_unverified_header(token)["kid"])


def rotate(toolbox: Toolbox) -> str:
    with toolbox.sessions.begin() as session:
        return toolbox.keys.rotate(session, toolbox.clock())


def test_every_published_key_names_kid_alg_and_use(toolbox: Toolbox) -> None:
    rotate(toolbox)
    with toolbox.sessions() as session:
        keys = toolbox.keys.public_jwks(session, toolbox.clock())["keys"]
    assert len(keys) == 2
    for key in keys:
        assert key["alg"] == "RS256"
        assert key["use"] == "sig"
        assert key["kty"] == "RSA"
        assert set(key) == {"alg", "e", "kid", "kty", "n", "use"}


def test_signature_is_valid_through_the_published_key(toolbox: Toolbox) -> None:
    with toolbox.sessions() as session:
        token = toolbox.keys.sign(session, {"sub": "x"}, toolbox.clock())
        published = toolbox.keys.public_jwks(session, toolbox.clock())["keys"]
    key = jwt.PyJWK(next(k for k in published if k["kid"] == jwt.get_unverified_header(token)["kid"]))
    assert jwt.decode(token, key, algorithms=["RS256"])["sub"] == "x"


def test_new_key_is_published_before_it_signs(toolbox: Toolbox, clock: MovableClock) -> None:
    old = signing_kid(toolbox)
    new = rotate(toolbox)
    assert set(kids(toolbox)) == {old, new}
    assert signing_kid(toolbox) == old
    clock.forward(minutes=16)
    assert signing_kid(toolbox) == new
    assert set(kids(toolbox)) == {old, new}
    clock.forward(days=8)
    assert kids(toolbox) == [new]


def test_rotation_reaches_other_processes(toolbox: Toolbox, clock: MovableClock) -> None:
    elsewhere = KeyRing(toolbox.secrets)
    with toolbox.sessions() as session:
        elsewhere.public_jwks(session, clock())
    new = rotate(toolbox)
    clock.forward(seconds=HOLD.total_seconds() + 1)
    with toolbox.sessions() as session:
        published = elsewhere.public_jwks(session, clock())["keys"]
    assert new in {key["kid"] for key in published}


def test_private_key_is_sealed_at_rest(toolbox: Toolbox) -> None:
    with toolbox.sessions() as session:
        stored = session.scalars(select(ToolKey.private_pem)).one()
    assert "PRIVATE" not in stored
    assert "PRIVATE KEY" in toolbox.secrets.open(stored)
    with pytest.raises(ValueError, match="another key"):
        SecretBox(["some other secret of enough length"]).open(stored)


def test_secret_can_be_replaced(toolbox: Toolbox) -> None:
    old = toolbox.settings.secret_key
    sealed = SecretBox([old]).seal("text")
    assert SecretBox(["a new secret of enough length, too", old]).open(sealed) == "text"


def test_altered_ciphertext_is_refused(toolbox: Toolbox) -> None:
    sealed = toolbox.secrets.seal("text")
    altered = sealed[:-4] + ("AAAA" if sealed[-4:] != "AAAA" else "BBBB")
    with pytest.raises(ValueError, match="altered"):
        toolbox.secrets.open(altered)


def test_overlap_can_be_chosen(toolbox: Toolbox, clock: MovableClock) -> None:
    old = signing_kid(toolbox)
    with toolbox.sessions.begin() as session:
        new = toolbox.keys.rotate(session, clock(), lead=timedelta(), overlap=timedelta(hours=1))
    assert signing_kid(toolbox) == new
    clock.forward(hours=2)
    assert old not in kids(toolbox)
