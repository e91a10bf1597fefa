"""Beginnings of comments: those that come with the product, and somebody's own."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotFound
from lti_plp.plp.data_files import LOCALES
from lti_plp.plp.models import StarterComment
from lti_plp.plp.texts import storable

MAX_TEXT, MAX_OWN = 500, 30


@dataclass(frozen=True)
class Starter:
    """The beginning of a comment; ``id`` is null for one that comes with the product."""

    text: str
    id: int | None = None


@cache
def shipped_starters(config_folder: Path) -> tuple[dict[str, str], ...]:
    """Read ``<config_folder>/comments.toml``: language -> text of each; once per process.

    :raise ValueError: when one lacks a language.
    """
    entries = tomllib.loads((config_folder / "comments.toml").read_text())["comment"]
    for number, one in enumerate(entries, start=1):
        if set(one) != set(LOCALES) or not all(one.values()):
            raise ValueError(
                f"comments.toml, comment {number}: a text in each of {', '.join(LOCALES)} is needed"
            )
    return tuple(entries)


def starters(session: Session, person_id: int, config_folder: Path, locale: str) -> list[Starter]:
    """Return somebody's own beginnings, then those that come with the product."""
    own = session.scalars(
        select(StarterComment)
        .where(StarterComment.person_id == person_id)
        .order_by(StarterComment.position, StarterComment.id)
    )
    shipped = (Starter(one.get(locale) or one["en"]) for one in shipped_starters(config_folder))
    return [*(Starter(one.text, one.id) for one in own), *shipped]


def keep_starter(session: Session, person_id: int, text: str) -> StarterComment:
    """Keep a beginning of one's own.

    :raise BadInput: ``starter_text`` when it is empty or too long, ``too_many_starters``.
    """
    clean = storable(text).strip()
    if not clean or len(clean) > MAX_TEXT:
        raise BadInput("A beginning has 1 to 500 characters.", code="starter_text")
    count = session.scalar(
        select(func.count()).select_from(StarterComment).where(StarterComment.person_id == person_id)
    )
    if (count or 0) >= MAX_OWN:
        raise BadInput("These are too many.", code="too_many_starters")
    made = StarterComment(person_id=person_id, text=clean, position=count or 0)
    session.add(made)
    session.flush()
    return made


def remove_starter(session: Session, person_id: int, starter_id: int) -> None:
    """Remove one of one's own.

    :raise NotFound: when it is none of theirs.
    """
    found = session.get(StarterComment, starter_id)
    if found is None or found.person_id != person_id:
        raise NotFound("There is no such beginning.", code="starter_unknown")
    session.delete(found)
    session.flush()
