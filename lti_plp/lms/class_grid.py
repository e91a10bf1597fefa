"""A class as a grid: each student's level in each proficiency, read in one statement."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Float, and_, bindparam, select, type_coerce
from sqlalchemy.orm import Session

from lti_plp.database import BigId
from lti_plp.lms.directory import shown_name
from lti_plp.lms.models import Person
from lti_plp.lms.sections import courses_of, in_section, only_one
from lti_plp.lms.ties import Tie
from lti_plp.plp.growth.frameworks import Proficiency
from lti_plp.plp.growth.scales import Level
from lti_plp.plp.models import KeptLevel
from lti_plp.plp.words import plain
from lti_plp.prepared import Prepared, Question, ask, one_of

MOST_COLUMNS = 60
"""A grid of more is no grid; a heading is chosen then."""


@dataclass(frozen=True, eq=False)
class Cell:
    """Where a student stands with a proficiency; equal ones of a column are the same one."""

    level: Level
    place: int
    """Which level of its scale, 0 for the lowest."""
    is_judged: bool
    """A person said so; else it is what the ratings suggest."""
    meets: bool


@dataclass(frozen=True)
class GridRow:
    """One student."""

    student_id: int
    name: str
    family_name: str
    cells: tuple[Cell | None, ...]
    """In the order of the columns; ``None`` where nothing says anything."""


@dataclass(frozen=True)
class GridWish:
    """How the grid is to be shown."""

    sort: int | None = None
    """Proficiency by which it is sorted, the lowest level first; by name without one."""
    level: str = ""
    """Code of a level that somebody has in any column; empty for everybody."""
    course: int | None = None
    section: str = ""
    """Of the chosen course, or of the only one; empty for all."""


@dataclass(frozen=True)
class ClassGrid:
    """The grid, with what is counted of it."""

    columns: tuple[Proficiency, ...]
    rows: tuple[GridRow, ...]
    met: tuple[int, ...]
    """Of each column: students who have shown it."""
    total: int
    """Students before any level was chosen."""
    courses: frozenset[int] = frozenset()
    """Those in which the visitor teaches any of the students."""
    sections: tuple[str, ...] = ()
    """Of the chosen course, or of the only one, where there are several."""


def class_grid(
    session: Session,
    tenant_id: int,
    ties: Mapping[int, Tie],
    columns: Sequence[Proficiency],
    wish: GridWish,
) -> ClassGrid:
    """Return the grid of an adult's students; one statement, or none for nobody."""
    shown = tuple(columns[:MOST_COLUMNS])
    in_course = {key: tie for key, tie in ties.items() if wish.course is None or wish.course in tie.courses}
    courses = courses_of(ties)
    sections, chosen = in_section(in_course, wish.course or only_one(courses), wish.section)
    rows: list[GridRow] = []
    if chosen:
        values = {"tenant": tenant_id, "students": chosen.keys(), "columns": [one.id for one in shown]}
        rows = ask(session, Question([(_LEVELS, values)], partial(_rows, shown)))
    kept = [row for row in rows if not wish.level or _has(row, wish.level)]
    place = next((number for number, one in enumerate(shown) if one.id == wish.sort), None)
    kept.sort(key=_by_name if place is None else partial(_by_level, place))
    met = tuple(sum(1 for row in rows if (cell := row.cells[n]) and cell.meets) for n in range(len(shown)))
    return ClassGrid(shown, tuple(kept), met, len(rows), courses, sections)


def _has(row: GridRow, code: str) -> bool:
    return any(cell is not None and cell.level.code == code for cell in row.cells)


def _by_name(row: GridRow) -> tuple[str, str, int]:
    return (plain(row.family_name or row.name), plain(row.name), row.student_id)


def _by_level(place: int, row: GridRow) -> tuple[int, tuple[str, str, int]]:
    cell = row.cells[place]
    return (-1 if cell is None else cell.place, _by_name(row))


def _rows(columns: Sequence[Proficiency], found: Sequence[Any]) -> list[GridRow]:
    places = {one.id: number for number, one in enumerate(columns)}
    cells = [_Cells(one) for one in columns]
    people: dict[int, tuple[Any, list[Cell | None]]] = {}
    for row in found:
        key, _name, _given, _family, proficiency_id, suggested, judged = row
        there = people.get(key)
        if there is None:
            there = people[key] = (row, [None] * len(columns))
        if proficiency_id is not None:
            place = places[proficiency_id]
            there[1][place] = cells[place].of(suggested, judged)
    return [
        GridRow(key, shown_name(row.name, row.given_name, row.family_name), row.family_name, tuple(own))
        for key, (row, own) in people.items()
    ]


class _Cells:
    """The cells of one column: for each level of its scale one that was suggested, and one that a person said."""

    def __init__(self, proficiency: Proficiency) -> None:
        scale = proficiency.scale
        levels = scale.levels if scale else ()
        # As floats, which is how a grid's numbers are read; both were made of the same four decimals.
        self._starts = [float(one.starts_at) for one in levels]
        cut = next((place for place, one in enumerate(levels) if one.meets), 0)
        self._made = [
            (Cell(one, place, False, place >= cut), Cell(one, place, True, place >= cut))
            for place, one in enumerate(levels)
        ]

    def of(self, suggested: float | None, judged: float | None) -> Cell | None:
        value = suggested if judged is None else judged
        if value is None or not self._made:
            return None
        # Below all levels, the lowest: as Scale.level_at says.
        place = max(bisect_right(self._starts, value) - 1, 0)
        return self._made[place][judged is not None]


_LEVELS = Prepared(
    select(
        Person.id,
        Person.name,
        Person.given_name,
        Person.family_name,
        KeptLevel.proficiency_id,
        type_coerce(KeptLevel.suggested, Float).label("suggested"),
        type_coerce(KeptLevel.judged, Float).label("judged"),
    )
    .outerjoin(KeptLevel, and_(KeptLevel.person_id == Person.id, one_of(KeptLevel.proficiency_id, "columns")))
    .where(one_of(Person.id, "students"), Person.tenant_id == bindparam("tenant", type_=BigId))
)
