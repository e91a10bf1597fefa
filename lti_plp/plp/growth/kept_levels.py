"""Where every student stands, kept ready: made anew with every rating, for that student and proficiency alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, delete, exists, insert, select
from sqlalchemy.orm import Session, aliased

from lti_plp.database import table
from lti_plp.plp import models
from lti_plp.plp.growth.frameworks import Calculation, Proficiency, Tree, read_tree
from lti_plp.plp.growth.scales import Scale, scales_of
from lti_plp.plp.growth.suggestions import Said, Suggestion, carried_over, suggest
from lti_plp.plp.models import Framework, Judgement, KeptLevel, ProficiencyVersion, Rating

PORTION, READ_AT_ONCE = 2000, 5000
"""Levels that are written, and ratings that are read, at once."""


@dataclass(frozen=True)
class Standing:
    """Where a student stands with a proficiency."""

    person_id: int
    proficiency: Proficiency
    suggestion: Suggestion
    judgement: Judgement | None
    """What a person of the school said last; ``None`` for nothing, or when it was taken back."""

    @property
    def value(self) -> Decimal | None:
        """What counts: a person's judgement wins."""
        return self.judgement.value if self.judgement else self.suggestion.value


def value_kept(row: Any) -> Decimal | None:
    """Return what counts of a kept level: a person's judgement wins. ``None`` for no row, or one that says nothing."""
    if row is None:
        return None
    value: Decimal | None = row.suggested if row.judged is None else row.judged
    return value


def calculation_of(framework: Framework) -> Calculation:
    """Return how a school calculates with a framework."""
    return Calculation(framework.method, framework.parameter, framework.minimum_ratings)


def standing_of(session: Session, tree: Tree, person_id: int, proficiency_id: int) -> Standing:
    """Return where a student stands, with everything that it is made of; three statements.

    :raise KeyError: when the version has no such proficiency.
    """
    proficiency = tree.by_id[proficiency_id]
    said = ratings_read(session, tree, person_id, proficiency_id)
    return Standing(
        person_id,
        proficiency,
        suggest(said, calculation_of(tree.framework), _scale(proficiency)),
        _judgement(session, person_id, proficiency_id),
    )


def ratings_read(session: Session, tree: Tree, person_id: int, proficiency_id: int) -> list[Said]:
    """Return what was said of a student and still stands, on the present scale; two statements.

    :raise KeyError: when the version has no such proficiency.
    """
    rows = session.execute(
        _ratings().where(Rating.person_id == person_id, Rating.proficiency_id == proficiency_id)
    ).all()
    return _said(rows, tree.by_id[proficiency_id].scale, scales_of(session, tree.framework.tenant_id))


def refresh(session: Session, tree: Tree, person_id: int, proficiency_id: int) -> Standing:
    """Make the kept level of one student and proficiency anew, after a rating or a judgement."""
    found = standing_of(session, tree, person_id, proficiency_id)
    session.execute(
        delete(KeptLevel).where(KeptLevel.person_id == person_id, KeptLevel.proficiency_id == proficiency_id)
    )
    row = _row(
        found.suggestion, person_id, proficiency_id, found.judgement.value if found.judgement else None
    )
    session.execute(insert(table(KeptLevel)), [row])
    return found


def recalculate(session: Session, framework: Framework) -> int:
    """Make all kept levels of a framework anew, after its rule or its version changed; return how many there are.

    Ratings are read as a stream, so that a school's need no more memory than a student's.
    """
    tree = read_tree(session, framework)
    scales = scales_of(session, framework.tenant_id)
    connection = session.connection()
    judged = _judgements(session, framework.id)
    mine = KeptLevel.proficiency_id.in_(
        select(models.Proficiency.id).where(models.Proficiency.framework_id == framework.id)
    )
    wanted = _ratings().join(models.Proficiency, models.Proficiency.id == Rating.proficiency_id)
    wanted = wanted.where(models.Proficiency.framework_id == framework.id)
    session.execute(delete(KeptLevel).where(mine))
    rows = _levels(connection, wanted, tree, scales, judged)
    count = 0
    for portion in _portions(rows):
        connection.execute(insert(table(KeptLevel)), portion)
        count += len(portion)
    return count


def _levels(
    connection: Connection,
    wanted: Select[*tuple[Any, ...]],
    tree: Tree,
    scales: Mapping[int, Scale],
    judged: dict[tuple[int, int], Decimal | None],
) -> Iterator[dict[str, Any]]:
    calculation = calculation_of(tree.framework)
    ordered = wanted.order_by(Rating.person_id, Rating.proficiency_id, Rating.occurred_at, Rating.id)
    with connection.execute(ordered.execution_options(yield_per=READ_AT_ONCE)) as rows:
        for (person_id, proficiency_id), some in groupby(rows, key=itemgetter(1, 2)):
            proficiency = tree.by_id.get(proficiency_id)
            if proficiency is None or proficiency.scale is None:
                continue
            found = suggest(_said(some, proficiency.scale, scales), calculation, proficiency.scale)
            yield _row(found, person_id, proficiency_id, judged.pop((person_id, proficiency_id), None))
    # Somebody may have been judged without a single rating.
    for (person_id, proficiency_id), value in judged.items():
        if value is not None and proficiency_id in tree.by_id:
            nothing = suggest([], calculation, _scale(tree.by_id[proficiency_id]))
            yield _row(nothing, person_id, proficiency_id, value)


def _ratings() -> Select[*tuple[Any, ...]]:
    """Return what calculations ask of ratings; those that were corrected are left out."""
    later = aliased(Rating)
    return (
        select(
            Rating.id,
            Rating.person_id,
            Rating.proficiency_id,
            Rating.value,
            Rating.role,
            Rating.occurred_at,
            Rating.due_on,
            Rating.is_baseline,
            ProficiencyVersion.scale_id,
        )
        .join(ProficiencyVersion, ProficiencyVersion.id == Rating.version_id)
        .where(~exists().where(later.replaces_id == Rating.id))
    )


def _said(rows: Iterable[Any], scale: Scale | None, scales: Mapping[int, Scale]) -> list[Said]:
    found = []
    here = scale.id if scale is not None else None
    # In the order of the columns: names cost half of the time that a school takes.
    for key, _person, _proficiency, value, role, at, due_on, is_baseline, scale_id in rows:
        if value is not None and scale is not None and scale_id != here:
            value = carried_over(value, scales[scale_id], scale)
        found.append(Said(key, value, role, at, due_on, is_baseline))
    return found


def _scale(proficiency: Proficiency) -> Scale:
    if proficiency.scale is None:
        raise KeyError(proficiency.id)
    return proficiency.scale


def _judgement(session: Session, person_id: int, proficiency_id: int) -> Judgement | None:
    newest = session.scalars(
        select(Judgement)
        .where(Judgement.person_id == person_id, Judgement.proficiency_id == proficiency_id)
        .order_by(Judgement.id.desc())
        .limit(1)
    ).one_or_none()
    return newest if newest is not None and newest.value is not None else None


def _judgements(session: Session, framework_id: int) -> dict[tuple[int, int], Decimal | None]:
    rows = session.execute(
        select(Judgement.person_id, Judgement.proficiency_id, Judgement.value)
        .join(models.Proficiency, models.Proficiency.id == Judgement.proficiency_id)
        .where(models.Proficiency.framework_id == framework_id)
        .order_by(Judgement.id)
    )
    return {(row.person_id, row.proficiency_id): row.value for row in rows}


def _row(found: Suggestion, person_id: int, proficiency_id: int, judged: Decimal | None) -> dict[str, Any]:
    moments = [one.occurred_at for one in found.used]
    return {
        "person_id": person_id,
        "proficiency_id": proficiency_id,
        "suggested": found.value,
        "judged": judged,
        "ratings": len(found.used),
        "first_at": min(moments, default=None),
        "last_at": max(moments, default=None),
    }


def _portions(rows: Iterator[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    while portion := list(islice(rows, PORTION)):
        yield portion
