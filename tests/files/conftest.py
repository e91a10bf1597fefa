"""A school whose students send files."""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.files.cabinet import Cabinet, make_cabinet
from lti_plp.plp.actor import Actor
from lti_plp.settings import Settings
from tests.factories import make_school


@pytest.fixture
def cabinet(engine: Engine, tmp_path: Path) -> Cabinet:
    """Files of at most 2 MB, 5 MB for each person."""
    return make_cabinet(
        Settings(
            storage_url=f"file://{tmp_path}/files",
            upload_dir=str(tmp_path / "uploads"),
            max_file_megabytes=2,
            student_quota_megabytes=5,
        ),
        engine,
    )


@pytest.fixture
def people(sessions: sessionmaker[Session]) -> tuple[Actor, Actor, Actor]:
    """Two students of one school, and one of another."""
    with sessions.begin() as session:
        here = make_school(session)
        there = make_school(session, "Cedar Falls", "https://lms.cedarfalls.example")
        return here.student(), here.student(), there.student()


@pytest.fixture
def maya(people: tuple[Actor, Actor, Actor]) -> Actor:
    return people[0]


@pytest.fixture
def eli(people: tuple[Actor, Actor, Actor]) -> Actor:
    return people[1]


@pytest.fixture
def foreigner(people: tuple[Actor, Actor, Actor]) -> Actor:
    return people[2]
