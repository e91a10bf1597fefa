"""Frameworks looked through by their headings, a shelf at a time: a choice among thousands stays short."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from lti_plp.plp.growth.choosing import AT_ONCE
from lti_plp.plp.growth.frameworks import Proficiency, frameworks_of
from lti_plp.plp.growth.outlines import Outline, outline_of

MOST_HEADINGS = 100


@dataclass(frozen=True)
class Shelf:
    """What stands directly at one place of a framework."""

    title: str
    """Of the framework."""
    path: tuple[Proficiency, ...]
    """The headings above, from the top on; the last is the one that is open."""
    headings: tuple[tuple[Proficiency, int], ...]
    """Each with how many that can be chosen it holds."""
    items: tuple[Proficiency, ...]
    """Those that can be chosen here."""
    left_out: int
    """How many headings and items there are besides, which only a search finds."""


def shelves(session: Session, tenant_id: int, under: int) -> list[Shelf]:
    """Return what stands below a heading; of every framework what stands at its top, when there is no such heading."""
    found = [(one.title, outline_of(session, one)) for one in frameworks_of(session, tenant_id)]
    opened = [(title, outline) for title, outline in found if under in outline.counts]
    if opened:
        return [_shelf(title, outline, under) for title, outline in opened]
    return [_shelf(title, outline, None) for title, outline in found if outline.rated]


def _shelf(title: str, outline: Outline, under: int | None) -> Shelf:
    headings = [one for one in outline.headings if one.parent_id == under]
    items = [one for one in outline.rated if one.parent_id == under]
    path: list[Proficiency] = []
    above = under
    while above is not None:
        path.insert(0, outline.by_id[above])
        above = outline.by_id[above].parent_id
    return Shelf(
        title,
        tuple(path),
        tuple((one, outline.counts[one.id]) for one in headings[:MOST_HEADINGS]),
        tuple(items[:AT_ONCE]),
        max(0, len(headings) - MOST_HEADINGS) + max(0, len(items) - AT_ONCE),
    )
