"""The level that ratings suggest, together with why: which ratings, by which rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from lti_plp.plp.growth.frameworks import Calculation
from lti_plp.plp.growth.methods import METHODS, calculate
from lti_plp.plp.growth.scales import Level, Scale

COUNTED = ("teacher", "mentor", "lms")
"""Whose ratings a level is calculated from. What students say of themselves and each other stands beside it."""


class Said(NamedTuple):
    """A rating as the calculation sees it; a tuple, because a school has millions of them."""

    rating_id: int
    value: Decimal | None
    """On the present scale; ``None`` for "not enough evidence"."""
    role: str
    occurred_at: datetime
    due_on: date | None = None
    is_baseline: bool = False


@dataclass(frozen=True)
class Suggestion:
    """A level that explains itself."""

    calculation: Calculation
    used: tuple[Said, ...]
    """The ratings that were calculated with, in the order in which they were."""
    without_evidence: int
    """How many said "not enough evidence", and were left out."""
    value: Decimal | None
    """What the rule gives; ``None`` where it gives nothing."""
    level: Level | None

    @property
    def is_thin(self) -> bool:
        """Whether fewer ratings stand behind it than the school wants."""
        return len(self.used) < self.calculation.minimum_ratings

    @property
    def parameter(self) -> Decimal | None:
        """What is set about the method; ``None`` where nothing can be."""
        method = METHODS[self.calculation.method]
        if not method.has_parameter:
            return None
        return method.usual if self.calculation.parameter is None else self.calculation.parameter


def suggest(ratings: Sequence[Said], calculation: Calculation, scale: Scale) -> Suggestion:
    """Return the level that ratings suggest, in whatever order they come.

    They are put in the order in which the student did the work; for a method that asks for it, in which it was due.
    Ratings of the same moment stand as they were written.
    """
    counted = [one for one in ratings if one.role in COUNTED and not one.is_baseline]
    used = [one for one in counted if one.value is not None]
    if METHODS[calculation.method].by_due_date:
        used.sort(key=lambda one: (one.due_on or one.occurred_at.date(), one.occurred_at, one.rating_id))
    else:
        used.sort(key=lambda one: (one.occurred_at, one.rating_id))
    value = calculate(calculation.method, [one.value for one in used], calculation.parameter, scale.bounds)
    return Suggestion(
        calculation,
        tuple(used),
        without_evidence=len(counted) - len(used),
        value=value,
        level=None if value is None else scale.level_at(value),
    )


def carried_over(value: Decimal, old: Scale, new: Scale) -> Decimal:
    """Return what a number on another scale is on this one: as far up as it was there.

    A framework's new version may be rated on a new scale; what was rated before counts on.
    """
    if old.levels == new.levels:
        return value
    share = (value - old.bounds.lowest) / (old.bounds.highest - old.bounds.lowest)
    return new.bounds.lowest + share * (new.bounds.highest - new.bounds.lowest)
