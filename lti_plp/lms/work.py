"""What any LMS says of a course's work, in our own words: the values that adapters return."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

OF_OUTCOMES = "outcome:"
"""What ids begin with of parts, and of pieces of work, that are known by results of outcomes alone."""
_MIDDLE = ":outcome:"
_MOST = Decimal(10) ** 8
"""More points than this are no points."""


def points_of(value: object) -> Decimal | None:
    """Return a JSON number as points; ``None`` for anything that cannot be points."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = Decimal(str(value))
    return number if number.is_finite() and 0 <= number < _MOST else None


def outcome_name(home: str, number: object) -> str:
    """Return what an outcome is called everywhere: its LMS, ``canvas:school.example``, and its number there."""
    return f"{home}{_MIDDLE}{number}"


def home_of(outcome: str) -> str:
    """Return the LMS of an outcome's name; guids of frameworks that came from there begin with it and a colon."""
    return outcome.rpartition(_MIDDLE)[0]


@dataclass(frozen=True)
class PartLevel:
    """One level of a rubric's criterion, or of an outcome."""

    id: str
    title: str
    points: Decimal | None = None


@dataclass(frozen=True)
class Part:
    """A rubric's criterion, or an outcome."""

    id: str
    title: str
    guid: str = ""
    """What other systems call the outcome."""
    points: Decimal | None = None
    levels: tuple[PartLevel, ...] = ()
    """From the lowest on where they have no points."""
    outcome: str = ""
    """What it is called everywhere (:func:`outcome_name`), where the LMS says that it is an outcome."""


@dataclass(frozen=True)
class Work:
    """Something that a course gives students to do."""

    source_id: str
    title: str
    grading: str
    points: Decimal | None = None
    due_at: datetime | None = None
    url: str = ""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class WorkResult:
    """What a student got for it."""

    work: str
    """Its ``source_id``."""
    person_id: int | None
    """``None`` for somebody whom nobody here knows."""
    state: str
    part: str = ""
    score: Decimal | None = None
    grade: str = ""
    level: str = ""
    submitted_at: datetime | None = None
    graded_at: datetime | None = None
    is_late: bool = False
    handed_in: str = ""
    """What was handed in, as :mod:`lti_plp.lms.sent` writes it; of a whole work alone."""
    who: str = ""
    """What the LMS calls the student, as long as ``person_id`` is not looked up."""
