"""Many launches at once, on both databases: everybody gets in, nobody is made twice."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lti_plp.launch.login import HardenedLogin
from lti_plp.launch.models import WebSession
from lti_plp.launch.receive import Opened, receive_launch
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.copies import note_template_placed
from lti_plp.lms.models import Course, Enrolment, Identity, Person, PlacedTemplate, ResourceLink
from lti_plp.plp.models import ReflectionTemplate
from lti_plp.settings import Settings
from tests.launching import CLAIM, Browser, count

TEMPLATE = "5f0c2d8e-1b7a-4c3e-9a55-0d6e2f8b7c11"
pytestmark = pytest.mark.usefixtures("registration")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def tool_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    url = (
        f"sqlite:///{tmp_path / 'tool.sqlite3'}"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    return Settings(secret_key=secrets.token_urlsafe(32), database_url=url)


def enter(app: Flask, browser: Browser, **claims: Any) -> Opened:
    """Launch as a newcomer in a browser of their own."""
    box: Toolbox = app.extensions["lti_plp"]
    secret = secrets.token_urlsafe(24)
    prepared = HardenedLogin(box, browser.login_params(), box.clock()).prepare(secret)
    body = browser.platform.launch_claims(nonce=prepared.auth_params["nonce"])
    body |= {"https://purl.imsglobal.org/spec/lti/claim/target_link_uri": f"{browser.tool}/lti/launch"}
    form = {"id_token": browser.platform.sign(body | claims), "state": prepared.auth_params["state"]}
    opened = receive_launch(box, form, secret, box.clock())
    assert isinstance(opened, Opened)
    return opened


def test_a_class_of_new_people_arrives_at_once(app: Flask, browser: Browser, toolbox: Toolbox) -> None:
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda number: enter(app, browser, sub=f"student-{number}"), range(60)))
    assert count(toolbox, Person) == 60
    assert count(toolbox, Identity) == 60
    assert count(toolbox, Enrolment) == 60
    assert count(toolbox, WebSession) == 60
    assert count(toolbox, Course) == 1
    assert count(toolbox, ResourceLink) == 1


def test_one_person_opens_several_links_at_once(app: Flask, browser: Browser, toolbox: Toolbox) -> None:
    link = "https://purl.imsglobal.org/spec/lti/claim/resource_link"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: enter(app, browser, **{link: {"id": f"link-{number}"}}), range(16)))
    assert count(toolbox, Person) == 1
    assert count(toolbox, Enrolment) == 1
    assert count(toolbox, ResourceLink) == 16


@pytest.mark.parametrize("is_known", [False, True])
def test_a_class_opens_a_copied_link_at_once(
    app: Flask, browser: Browser, toolbox: Toolbox, is_known: bool
) -> None:
    enter(app, browser, sub="teacher-1")
    with toolbox.sessions.begin() as session:
        tenant_id, course_id = session.execute(select(Course.tenant_id, Course.id)).one()
        author_id = session.scalar(select(Person.id))
        session.add(
            ReflectionTemplate(
                id=TEMPLATE,
                tenant_id=tenant_id,
                author_id=author_id,
                kind="own",
                locale="en",
                title="Check-in",
                questions=[{"key": "q1", "text": "What went well?", "source": None}],
                grading="none",
                layout="one",
                created_at=toolbox.clock(),
            )
        )
        session.flush()
        note_template_placed(session, course_id, TEMPLATE, toolbox.clock())
    custom = {"plp_template": TEMPLATE, "context_history": "course-1"}
    place = {f"{CLAIM}context": {"id": "course-2"}, f"{CLAIM}resource_link": {"id": "link-2"}}

    if is_known:
        # The course was opened from its menu before; only the link is new.
        enter(app, browser, sub="teacher-1", **place | {f"{CLAIM}resource_link": {"id": "course-2"}})

    def come(number: int) -> str | None:
        claims = {"sub": f"student-{number}", f"{CLAIM}custom": custom, **place}
        return enter(app, browser, **claims).session.template_id

    with ThreadPoolExecutor(12) as pool:
        found = set(pool.map(come, range(30)))
    assert len(found) == 1
    assert found.isdisjoint({TEMPLATE, None})
    assert count(toolbox, ReflectionTemplate) == 2
    assert count(toolbox, PlacedTemplate) == 2


def test_known_launch_writes_only_its_session(app: Flask, browser: Browser, toolbox: Toolbox) -> None:
    enter(app, browser)
    before = {table: count(toolbox, table) for table in (Person, Identity, Course, Enrolment, ResourceLink)}
    enter(app, browser)
    assert {table: count(toolbox, table) for table in before} == before
    assert count(toolbox, WebSession) == 2
