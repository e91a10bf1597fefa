"""The sections of a course, between which a list of an adult's students can be chosen."""

from collections.abc import Collection, Mapping

from lti_plp.lms.ties import Tie
from lti_plp.plp.words import plain


def courses_of(ties: Mapping[int, Tie]) -> frozenset[int]:
    """Return the courses in which an adult teaches any of these students."""
    return frozenset(course for tie in ties.values() for course in tie.courses)


def only_one(courses: Collection[int]) -> int | None:
    """Return the course of somebody who teaches in one alone."""
    return next(iter(courses)) if len(courses) == 1 else None


def in_section(
    ties: Mapping[int, Tie], course: int | None, section: str
) -> tuple[tuple[str, ...], Mapping[int, Tie]]:
    """Return the sections of a course where there are several, and those of the students who are in one of them.

    A section that the course does not have counts as not said: another course was chosen since.
    """
    names = {name for tie in ties.values() for where, name in tie.sections if where == course}
    if len(names) < 2:
        return (), ties
    if section in names:
        ties = {key: tie for key, tie in ties.items() if (course, section) in tie.sections}
    return tuple(sorted(names, key=plain)), ties
