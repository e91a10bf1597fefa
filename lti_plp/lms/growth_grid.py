"""A class as a grid of students and proficiencies, read from the levels that are kept ready: four statements."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import bindparam, case, func, select
from sqlalchemy.orm import Session

from lti_plp.database import BigId
from lti_plp.lms.directory import shown_name
from lti_plp.lms.models import Person
from lti_plp.plp.growth.scales import Level, Scale, read_scale
from lti_plp.plp.models import Framework, FrameworkEntry, KeptLevel, Proficiency, ProficiencyVersion
from lti_plp.plp.models import Scale as ScaleRow
from lti_plp.plp.words import plain
from lti_plp.prepared import Prepared, Question, ask, one_of

_TENANT, _FRAMEWORK = bindparam("tenant", type_=BigId), bindparam("framework", type_=BigId)


@dataclass(frozen=True)
class Column:
    """A proficiency, or a heading; only what has a scale is rated."""

    id: int
    code: str
    words: str
    parent_id: int | None
    scale: Scale | None


@dataclass(frozen=True)
class GridWish:
    """How the grid is to be shown."""

    framework: int | None = None
    sort: int | None = None
    """A proficiency's id; by name unless there is one."""
    part: int | None = None
    """A heading's id."""
    level: str = ""
    """Code of a level: students who have it in what is shown."""


@dataclass(frozen=True)
class StudentRow:
    """A student with the value of each column that has one."""

    id: int
    name: str
    family_name: str
    values: Mapping[int, Decimal]


@dataclass(frozen=True)
class Grid:
    """The grid."""

    frameworks: Mapping[int, str]
    """Those to choose from, id -> title."""
    framework_id: int | None
    columns: tuple[Column, ...]
    """What is shown."""
    headings: tuple[Column, ...]
    rows: tuple[StudentRow, ...]
    total: int
    """Students before a level was asked for."""

    @property
    def levels(self) -> tuple[Level, ...]:
        """Of all scales that are shown, each once."""
        scales = dict.fromkeys(one.scale for one in self.columns if one.scale)
        return tuple(dict.fromkeys(level for scale in scales for level in scale.levels))


def growth_grid(session: Session, tenant_id: int, students: Collection[int], wish: GridWish) -> Grid:
    """Return the grid of an adult's students as wished; a framework that there is not counts as not said."""
    frameworks: dict[int, str] = ask(session, Question([(_FRAMEWORKS, {"tenant": tenant_id})], _titles))
    chosen = wish.framework if wish.framework in frameworks else next(iter(frameworks), None)
    if chosen is None or not students:
        return Grid(frameworks, chosen, (), (), (), 0)
    here = {"tenant": tenant_id, "framework": chosen}
    statements: list[tuple[Prepared, Mapping[str, Any]]] = [
        (_ITEMS, here),
        (_PEOPLE, {"tenant": tenant_id, "students": students}),
        (_LEVELS, {"framework": chosen, "students": students}),
    ]
    return ask(session, Question(statements, partial(_grid, frameworks, chosen, wish)))


def _titles(rows: Sequence[Any]) -> dict[int, str]:
    return {row.id: row.title for row in rows}


def _grid(
    frameworks: Mapping[int, str],
    chosen: int,
    wish: GridWish,
    items: Sequence[Any],
    people: Sequence[Any],
    levels: Sequence[Any],
) -> Grid:
    every = [_column(row) for row in items]
    parents = {one.parent_id for one in every}
    headings = tuple(one for one in every if one.scale is None and one.id in parents)
    inside = _below(every, wish.part) if wish.part in {one.id for one in headings} else None
    columns = tuple(one for one in every if one.scale and (inside is None or one.id in inside))
    found = _students(people, levels)
    shown = [one for one in found if not wish.level or _has(one, columns, wish.level)]
    return Grid(frameworks, chosen, columns, headings, tuple(_sorted(shown, wish.sort)), len(found))


def _column(row: Any) -> Column:
    scale = None
    if row.scale_id is not None:
        levels = json.loads(row.levels) if isinstance(row.levels, str) else row.levels
        scale = read_scale(ScaleRow(id=row.scale_id, title=row.title, levels=levels))
    return Column(row.id, row.code, row.student_text or row.statement, row.parent_id, scale)


def _below(every: Sequence[Column], part: int | None) -> set[int | None]:
    """Return the ids of a heading and all below it; parents stand before their children."""
    inside = {part}
    for one in every:
        if one.parent_id in inside:
            inside.add(one.id)
    return inside


def _students(people: Sequence[Any], levels: Sequence[Any]) -> list[StudentRow]:
    values: dict[int, dict[int, Decimal]] = {row.id: {} for row in people}
    for person_id, proficiency_id, value in levels:
        if person_id in values:
            values[person_id][proficiency_id] = value
    return [
        StudentRow(
            row.id, shown_name(row.name, row.given_name, row.family_name), row.family_name, values[row.id]
        )
        for row in people
    ]


def _has(one: StudentRow, columns: Sequence[Column], code: str) -> bool:
    return any(
        column.scale is not None
        and column.id in one.values
        and column.scale.level_at(one.values[column.id]).code == code
        for column in columns
    )


def _sorted(rows: Sequence[StudentRow], by: int | None) -> list[StudentRow]:
    """By a proficiency, those who need most come first and those without a level last; else by name."""

    def key(one: StudentRow) -> tuple[bool, Decimal, str, str, int]:
        value = one.values.get(by) if by is not None else None
        return (
            by is not None and value is None,
            value or Decimal(0),
            plain(one.family_name or one.name),
            plain(one.name),
            one.id,
        )

    return sorted(rows, key=key)


_FRAMEWORKS = Prepared(
    select(Framework.id, Framework.title)
    .where(Framework.tenant_id == _TENANT, Framework.version > 0, Framework.withdrawn_at.is_(None))
    .order_by(func.lower(Framework.title), Framework.id)
)
_ITEMS = Prepared(
    select(
        Proficiency.id,
        FrameworkEntry.parent_id,
        ProficiencyVersion.code,
        ProficiencyVersion.statement,
        ProficiencyVersion.student_text,
        ProficiencyVersion.scale_id,
        ScaleRow.title,
        ScaleRow.levels,
    )
    .join(FrameworkEntry, FrameworkEntry.proficiency_id == Proficiency.id)
    .join(Framework, Framework.id == FrameworkEntry.framework_id)
    .join(ProficiencyVersion, ProficiencyVersion.id == FrameworkEntry.version_id)
    .outerjoin(ScaleRow, ScaleRow.id == ProficiencyVersion.scale_id)
    .where(
        Framework.id == _FRAMEWORK, Framework.tenant_id == _TENANT, FrameworkEntry.number == Framework.version
    )
    .order_by(FrameworkEntry.position)
)
_PEOPLE = Prepared(
    select(Person.id, Person.name, Person.given_name, Person.family_name).where(
        one_of(Person.id, "students"), Person.tenant_id == _TENANT
    )
)
_VALUE = case((KeptLevel.judged.is_not(None), KeptLevel.judged), else_=KeptLevel.suggested)
_LEVELS = Prepared(
    select(KeptLevel.person_id, KeptLevel.proficiency_id, _VALUE.label("value"))
    .join(Proficiency, Proficiency.id == KeptLevel.proficiency_id)
    .where(
        one_of(KeptLevel.person_id, "students"),
        Proficiency.framework_id == _FRAMEWORK,
        _VALUE.is_not(None),
    )
)
