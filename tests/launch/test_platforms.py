"""The registrations that logins choose among: read rarely, and never for longer than a moment out of date."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from lti_plp.launch.models import Registration
from lti_plp.launch.toolbox import Toolbox
from tests.factories import counted
from tests.fixtures_tool import MovableClock

ISSUER = "https://lms.example"


def register(toolbox: Toolbox, client_id: str) -> None:
    with toolbox.sessions.begin() as session:
        session.add(
            Registration(
                kind="other",
                name="Maple Hollow",
                issuer=ISSUER,
                client_id=client_id,
                auth_url=f"{ISSUER}/auth",
                token_url=f"{ISSUER}/token",
                jwks_url=f"{ISSUER}/jwks",
                created_at=toolbox.clock(),
            )
        )


def found(toolbox: Toolbox, client_id: str = "") -> list[str]:
    return [platform.client_id for platform in toolbox.platforms.find(ISSUER, client_id)]


@pytest.fixture
def reads(toolbox: Toolbox) -> Iterator[list[str]]:
    register(toolbox, "first")
    with counted(toolbox.engine) as statements:
        yield statements


def test_what_is_held_is_not_read_again(toolbox: Toolbox, reads: list[str]) -> None:
    assert found(toolbox, "first") == ["first"]
    reads.clear()
    assert found(toolbox, "first") == ["first"]
    assert reads == []


def test_one_that_was_registered_since_is_found_at_once(toolbox: Toolbox, reads: list[str]) -> None:
    assert found(toolbox) == ["first"]
    register(toolbox, "second")
    assert found(toolbox, "second") == ["second"]
    assert found(toolbox) == ["first", "second"]


def test_an_issuer_that_is_registered_now_was_not_held_as_unknown(toolbox: Toolbox) -> None:
    assert found(toolbox) == []
    register(toolbox, "first")
    assert found(toolbox) == ["first"]


def test_one_that_is_switched_off_is_gone_within_seconds(
    toolbox: Toolbox, clock: MovableClock, reads: list[str]
) -> None:
    assert found(toolbox) == ["first"]
    with toolbox.sessions.begin() as session:
        session.scalars(select(Registration)).one().status = "disabled"
    clock.forward(seconds=10)
    assert found(toolbox, "first") == []


def test_a_clock_that_is_set_back_makes_nothing_last(toolbox: Toolbox, clock: MovableClock) -> None:
    register(toolbox, "first")
    assert found(toolbox) == ["first"]
    register(toolbox, "second")
    clock.forward(hours=-1)
    assert found(toolbox) == ["first", "second"]
