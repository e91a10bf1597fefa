"""Canvas's administrator installs the tool by a link, sees it work, and enters the API key at the account's menu."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from playwright.sync_api import Locator, expect
from sqlalchemy import select

from lti_plp.launch.models import Registration
from lti_plp.lms.models import Deployment
from tests.fixtures_stack import CLIENT_ID, Stack
from tests.journeys.steps import Visitor

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

SCHOOL = "Maple Hollow School"
ADMINISTRATOR, TEACHER = "Alex Kim", "Ms. Rivera"


@pytest.fixture
def untouched(stack: Stack) -> Iterator[Stack]:
    """An LMS in which no tool is switched on; what a test switches on is switched off after it."""
    stack.control("POST", f"tools/{CLIENT_ID}", {"active": False})
    yield stack
    for one in registrations(stack):
        stack.control("POST", f"tools/{one.client_id}", {"active": False})


def registrations(stack: Stack) -> Sequence[Registration]:
    """The platforms that the tool knows, the oldest first."""
    with stack.database() as session:
        return session.scalars(select(Registration).order_by(Registration.id)).all()


def install(visitor: Visitor) -> str:
    """Open the invitation in the LMS's own page for tools, switch the tool on there; its client id."""
    page, stack = visitor.page, visitor.stack
    invitation = stack.cli("platform", "invite", "--tenant", SCHOOL).strip()
    visitor.sign_in(ADMINISTRATOR)
    page.goto(stack.lms)
    page.get_by_role("link", name="Tools and settings").click()
    page.get_by_label("Registration link").fill(invitation)
    page.get_by_role("button", name="Install", exact=True).click()
    visitor.see("Registered")
    expect(visitor.frame.get_by_text(f"{SCHOOL} and this tool know each other now.")).to_be_visible()
    expect(visitor.frame.get_by_text("The first launch makes its deployment known here")).to_be_visible()
    visitor.check_frame("registered")
    visitor.frame.get_by_role("button", name="Close").click()
    page.get_by_role("link", name="Switch it on under Tools").click()
    client_id = registrations(stack)[-1].client_id
    page.get_by_role("button", name=f"Switch on Learning plan {client_id}").click()
    expect(page.get_by_role("button", name=f"Switch off Learning plan {client_id}")).to_be_visible()
    return client_id


def activate(stack: Stack, client_id: str) -> None:
    """Whoever runs the tool opens the deployment that the first launch made known."""
    with stack.database() as session:
        row = session.scalars(select(Registration).where(Registration.client_id == client_id)).one()
        door = session.scalars(select(Deployment).where(Deployment.registration_id == row.id)).one()
        number, deployment_id, status = str(row.id), door.lti_deployment_id, door.status
    assert status == "pending"
    stack.cli("platform", "activate", number, "--deployment-id", deployment_id, "--tenant", SCHOOL)


def open_from_course(visitor: Visitor) -> None:
    visitor.open_course("English 9")
    visitor.page.get_by_role("link", name="Learning plan", exact=True).click()


def point(visitor: Visitor, title: str) -> Locator:
    """What the page says of one thing that is needed."""
    return visitor.frame.get_by_role("listitem").filter(has=visitor.page.get_by_text(title, exact=True))


@pytest.mark.parametrize("cookies", [True, False], ids=["cookies", "no cookies"])
def test_from_the_invitation_to_the_key(
    untouched: Stack, browser_context_factory: Any, cookies: bool
) -> None:
    stack = untouched
    blocked = {} if cookies else {"blocked_cookie_origin": stack.tool}
    visitor = Visitor(stack, browser_context_factory(**blocked))
    frame, body = visitor.frame, visitor.frame.locator("body")
    client_id = install(visitor)

    visitor.sign_in(TEACHER)
    open_from_course(visitor)
    visitor.see("Almost there")
    visitor.check_frame("waits")
    activate(stack, client_id)

    # The administrator comes first, before anybody has come from a course.
    visitor.sign_in(ADMINISTRATOR)
    visitor.page.goto(f"{stack.lms}/admin")
    visitor.page.get_by_role("link", name="Learning plan of the account").click()
    visitor.see("Administration")
    visitor.check_frame("administration")
    frame.get_by_role("link", name="Connection to Canvas").click()
    visitor.see("Connection to Canvas")
    expect(point(visitor, "People open it from courses")).to_contain_text("Nobody has come from a course yet")
    expect(point(visitor, "It has an API key")).to_contain_text("Make one as described below")
    visitor.check_frame("nothing works yet")

    frame.get_by_label("Address of your Canvas").fill(stack.lms)
    frame.get_by_role("button", name="Save the key").click()
    expect(frame.get_by_role("alert")).to_contain_text("The id of the key is missing.")
    expect(frame.get_by_label("Address of your Canvas")).to_have_value(stack.lms)
    key = stack.control("POST", "developer_keys", {"redirect_uris": [f"{stack.tool}/canvas/allowed"]})
    frame.get_by_label("Id of the key").fill(key["client_id"])
    frame.get_by_label("The key", exact=True).fill(key["client_secret"])
    frame.get_by_role("button", name="Save the key").click()
    expect(frame.get_by_role("status")).to_contain_text("Saved.")
    expect(point(visitor, "It has an API key")).to_contain_text("works")
    expect(frame.get_by_label("The key", exact=True)).to_have_value("")

    visitor.sign_in(TEACHER)
    open_from_course(visitor)
    expect(body).to_have_attribute("data-page", "course")

    visitor.sign_in(ADMINISTRATOR)
    visitor.page.goto(f"{stack.lms}/admin")
    visitor.page.get_by_role("link", name="Learning plan of the account").click()
    frame.get_by_role("link", name="Connection to Canvas").click()
    for title in (
        "People open it from courses",
        "It may send and read grades",
        "It may read class lists",
        "It learns names",
        "It learns what Canvas calls people",
        "It has an API key",
    ):
        expect(point(visitor, title)).to_contain_text("works")
    expect(point(visitor, "Somebody has allowed it to read")).to_contain_text("allows it once")
    visitor.check_frame("most of it works")
    assert key["client_secret"] not in frame.locator("html").inner_html()
