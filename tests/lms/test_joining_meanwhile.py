"""Who began to write before two people were joined: it moves with them, or is refused; nothing stays unseen."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.launch.models import WebSession
from lti_plp.lms.joining import join, names_given_up, was_given_up
from lti_plp.lms.joining_columns import FATES, HISTORY
from lti_plp.lms.models import Enrolment, Identity, PersonJudgement
from lti_plp.plp.models import Plan, Reflection
from tests.factories import NOON, minutes
from tests.lms.test_joining import Twice
from tests.waiting import until

DELIVERED_ANYWAY = "outbox_score.person_id"
"""A score is of the gradebook's student, whoever that is here."""

Write = Callable[[Session], Any]


@pytest.fixture
def twice(sessions: sessionmaker[Session]) -> Iterator[Twice]:
    with sessions() as session:
        made = Twice(session)
        session.commit()
        yield made


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture(params=["plan", "reflection"])
def write(request: pytest.FixtureRequest, twice: Twice) -> Write:
    """Write something of the one who will be given up."""
    facts: dict[str, Any] = {"tenant_id": twice.school.tenant_id, "person_id": twice.new}
    if request.param == "plan":
        return lambda session: session.execute(insert(Plan).values(first_developed_at=NOON, **facts))
    link = twice.other.link(twice.other.template(twice.other.teacher()))
    twice.school.session.commit()
    facts |= {"template_id": link.template_id, "resource_link_id": link.resource_link_id}
    return lambda session: session.execute(insert(Reflection).values(started_at=NOON, saved_at=NOON, **facts))


def owners(sessions: sessionmaker[Session]) -> set[int]:
    with sessions() as session:
        return {*session.scalars(select(Plan.person_id)), *session.scalars(select(Reflection.person_id))}


def await_somebody_waiting(engine: Engine) -> None:
    """On SQLite nobody can look: whoever is second waits at the beginning of the transaction, sooner or later."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            until(lambda: bool(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))))


def test_what_was_written_first_moves_with_them(
    twice: Twice, write: Write, sessions: sessionmaker[Session], engine: Engine, pool: ThreadPoolExecutor
) -> None:
    def joined() -> int:
        with sessions.begin() as session:
            return join(session, twice.head, twice.old, twice.new, minutes(1))

    with sessions.begin() as session:
        write(session)
        joining = pool.submit(joined)
        await_somebody_waiting(engine)
    kept = joining.result()
    assert owners(sessions) == {kept}


def test_what_comes_after_is_refused(
    twice: Twice, write: Write, sessions: sessionmaker[Session], engine: Engine, pool: ThreadPoolExecutor
) -> None:
    begun, joined = Event(), Event()
    is_postgresql = engine.dialect.name == "postgresql"

    def late() -> None:
        with sessions() as session:
            assert not was_given_up(session, twice.new)
            if not is_postgresql:
                # There is one writer at a time: a request that writes down when it came begins anew after that.
                session.rollback()
            begun.set()
            joined.wait()
            write(session)
            session.commit()

    waiting: Future[None] = pool.submit(late)
    begun.wait()
    with sessions.begin() as session:
        join(session, twice.head, twice.old, twice.new, minutes(1))
        joined.set()
        await_somebody_waiting(engine)
    with pytest.raises(IntegrityError) as refused:
        waiting.result()
    assert names_given_up(refused.value)
    assert owners(sessions) == set()


def test_nobody_who_stays_is_refused(twice: Twice, sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        kept = join(session, twice.head, twice.old, twice.new, minutes(1))
    with sessions.begin() as session:
        session.add(Plan(tenant_id=twice.school.tenant_id, person_id=kept, first_developed_at=NOON))
        assert not was_given_up(session, kept)
        assert was_given_up(session, twice.new)
        two = {"first_id": twice.old, "second_id": twice.head.person_id, "kept_id": None}
        session.execute(
            insert(PersonJudgement).values(
                tenant_id=twice.school.tenant_id, judged_by=kept, judged_at=NOON, **two
            )
        )
    with sessions.begin() as session:
        session.execute(
            insert(Enrolment).values(
                course_id=twice.other.course_id, person_id=twice.head.person_id, mentor_of=[]
            )
        )


def come_as(session: Session, twice: Twice, what: str) -> None:
    """Let somebody be the one who was given up."""
    if what == "moved":
        session.execute(update(Identity).where(Identity.person_id == twice.old).values(person_id=twice.new))
    elif what == "identity":
        facts = {"tenant_id": twice.school.tenant_id, "person_id": twice.new, "created_at": NOON}
        session.execute(insert(Identity).values(issuer="https://x.example", subject="1", **facts))
    else:
        place = {"deployment_id": twice.other.deployment_id, "course_id": twice.other.course_id}
        facts = {"handle": "h" * 24, "person_id": twice.new, "roles": "learner", "frame_origins": ""}
        session.execute(insert(WebSession).values(used_at=NOON, expires_at=minutes(60), **place, **facts))


@pytest.mark.parametrize("what", ["identity", "session", "moved"])
def test_nobody_comes_as_the_one_who_was_given_up(
    twice: Twice, sessions: sessionmaker[Session], what: str
) -> None:
    with sessions.begin() as session:
        assert join(session, twice.head, twice.old, twice.new, minutes(1)) == twice.old
    with sessions() as session, pytest.raises(IntegrityError) as refused:
        come_as(session, twice, what)
    assert names_given_up(refused.value)


def test_the_database_guards_all_that_moves_or_ends(engine: Engine) -> None:
    guarded = {name for name, fate in FATES.items() if fate != HISTORY} - {DELIVERED_ANYWAY}
    catalogue = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    if engine.dialect.name == "postgresql":
        catalogue = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    with engine.connect() as connection:
        there = set(connection.scalars(text(catalogue)))
    for name in guarded:
        table, column = name.split(".")
        for operation in ("insert", "update"):
            assert f"tr_{table}_{column}_joined_{operation}" in there
