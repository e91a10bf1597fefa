"""A student writes while an administrator joins two entries, over HTTP: what is sent then is not lost to sight."""

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.joining import join
from lti_plp.lms.models import Identity
from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.models import Plan
from lti_plp.settings import Settings
from tests.views.conftest import MAYA, School, Visitor
from tests.views.test_adults_radar import HEAD, page_of
from tests.views.test_joining import MAYA_THERE, in_course
from tests.waiting import until

GOAL = "Build a bridge"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def tool_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    url = (
        f"sqlite:///{tmp_path / 'tool.sqlite3'}"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    return Settings(secret_key=secrets.token_urlsafe(32), database_url=url, allow_private_networks=True)


@pytest.fixture
def there(school: School) -> Visitor:
    """Maya in the course where the LMS calls her by the name that will be the second one here."""
    school.enter(MAYA, **in_course("biology"))
    return school.enter(MAYA_THERE, **in_course("robotics"))


def while_joining(toolbox: Toolbox, act: Callable[[], TestResponse]) -> TestResponse:
    """Do something while an administrator's word on the two is under way; what came of it."""
    with ThreadPoolExecutor(1) as pool, toolbox.sessions.begin() as session:
        known = {one.subject: one for one in session.scalars(select(Identity))}
        head = known[HEAD.subject]
        actor = Actor(head.person_id, head.tenant_id, None, frozenset({Role.ADMINISTRATOR}))
        pair = known[MAYA.subject].person_id, known[MAYA_THERE.subject].person_id
        assert join(session, actor, *pair, toolbox.clock()) == pair[0]
        answer = pool.submit(act)
        if toolbox.engine.dialect.name == "postgresql":
            with toolbox.engine.connect() as connection:
                waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
                until(lambda: bool(connection.scalar(waiting)))
        # On SQLite it waits for the end of this transaction at its own beginning, whenever that comes.
        session.commit()
        return answer.result()


def owners(toolbox: Toolbox) -> list[str]:
    """The LMS's first name of everybody with a plan."""
    with toolbox.sessions() as session:
        return list(
            session.scalars(
                select(Identity.subject)
                .join(Plan, Plan.person_id == Identity.person_id)
                .order_by(Identity.id)
            )
        )


def test_what_is_sent_meanwhile_is_refused_and_said(school: School, there: Visitor, toolbox: Toolbox) -> None:
    school.enter(HEAD)
    token = there.token()
    answer = while_joining(
        toolbox,
        lambda: there.client.post(
            there.address("plan/goals/new"), data={"csrf_token": token, "statement": GOAL}
        ),
    )
    assert answer.status_code == 401
    assert "open it from there again" in answer.get_data(as_text=True)
    assert owners(toolbox) == []
    again = school.enter(MAYA_THERE, **in_course("robotics"))
    assert again.post("plan/goals/new", statement=GOAL).status_code == 303
    assert owners(toolbox) == [MAYA.subject, MAYA_THERE.subject]
    assert GOAL in page_of(school.enter(MAYA, **in_course("biology")), "plan")


def test_who_comes_meanwhile_is_the_one_who_is_kept(school: School, there: Visitor, toolbox: Toolbox) -> None:
    school.enter(HEAD)
    visitors: list[Visitor] = []

    def come() -> TestResponse:
        visitors.append(school.enter(MAYA_THERE, **in_course("robotics")))
        return visitors[0].get("plan")

    assert while_joining(toolbox, come).status_code == 200
    assert visitors[0].post("plan/goals/new", statement=GOAL).status_code == 303
    assert GOAL in page_of(school.enter(MAYA, **in_course("biology")), "plan")
