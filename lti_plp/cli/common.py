"""What several commands share."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import click
from sqlalchemy import create_engine

from lti_plp.database import prepare_engine
from lti_plp.errors import PlpError
from lti_plp.launch.toolbox import Toolbox, make_toolbox
from lti_plp.settings import Settings, load_settings


def checked_settings() -> Settings:
    """Read the settings, or end the command with the reason why they are wrong."""
    try:
        return load_settings().checked()
    except (ValueError, OSError) as problem:
        fail(str(problem))


def fail(message: str) -> NoReturn:
    """End the command with status 1 and one sentence."""
    raise click.ClickException(message)


@contextmanager
def tool() -> Iterator[Toolbox]:
    """Give a command its toolbox; a foreseen problem ends it with one sentence."""
    settings = checked_settings()
    engine = create_engine(settings.database_url)
    prepare_engine(engine)
    try:
        yield make_toolbox(settings, engine)
    except PlpError as problem:
        fail(problem.message)
    finally:
        engine.dispose()


def show(value: Any, *, as_json: bool, lines: list[str]) -> None:
    """Print ``value`` as one JSON value, or ``lines`` for people."""
    if as_json:
        click.echo(json.dumps(value, ensure_ascii=False, default=str))
        return
    for line in lines:
        click.echo(line)
