"""Levels: how far evidence shows a goal, as an adult of the school said.

A level stands beside the word of the student and never in its place (requirements F1, H7).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from lti_plp.plp.models import Achievement, Plan

Sayers = Mapping[int, int]
"""Id of an achievement that is a level -> who said it."""


@dataclass(frozen=True)
class Level:
    """The newest level of a goal."""

    word: str
    """Of the vocabulary's ``progress``."""
    said_by: int
    said_at: datetime


def is_level() -> ColumnElement[bool]:
    """Whether an achievement is a level: somebody else than the student said it, of a piece of evidence."""
    student = (
        select(Plan.person_id).where(Plan.id == Achievement.plan_id).correlate(Achievement).scalar_subquery()
    )
    return and_(
        Achievement.evidence_id.is_not(None),
        Achievement.source == "manual",
        Achievement.progress != "",
        Achievement.recorded_by != student,
    )


def level_sayers(session: Session, plan_id: int) -> Sayers:
    """Return who said each level in a plan; one statement.

    A plan's state does not hold it, and old states are sealed as they are. Achievements never change, so that the
    answer is true of each state that the plan has had.
    """
    rows = session.execute(
        select(Achievement.id, Achievement.recorded_by).where(Achievement.plan_id == plan_id, is_level())
    )
    return {row.id: row.recorded_by for row in rows}
