"""Frameworks of proficiencies as they are kept: published in versions that never change, read as a tree."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import Select, and_, func, insert, select
from sqlalchemy.orm import Session

from lti_plp.database import table
from lti_plp.errors import BadInput, NotFound, PlpError
from lti_plp.plp import models
from lti_plp.plp.actor import Actor
from lti_plp.plp.growth.drafts import FrameworkDraft, ItemDraft, checked
from lti_plp.plp.growth.methods import METHODS
from lti_plp.plp.growth.scales import Scale, digest_of, keep_scale, scales_of
from lti_plp.plp.models import FrameworkEntry, FrameworkVersion, ProficiencyVersion
from lti_plp.plp.policy import Action, SchoolWide, require

USUAL_METHOD = "decaying_average"
"""What Canvas gives a new outcome."""
MOST_AT_ONCE = 500
"""Rows of one statement; SQLite takes no more than 32,766 values."""


@dataclass(frozen=True)
class Proficiency:
    """One item of a published version."""

    id: int
    version_id: int
    guid: str
    code: str
    kind: str
    statement: str
    student_text: str
    parent_id: int | None
    scale: Scale | None
    """On which it is rated; ``None`` for a heading."""
    guide: Sequence[Mapping[str, Any]]
    replaced_by_id: int | None = None

    @property
    def words(self) -> str:
        """What a student reads."""
        return self.student_text or self.statement


@dataclass(frozen=True)
class Tree:
    """A published version of a framework, from top to bottom."""

    framework: models.Framework
    number: int
    items: tuple[Proficiency, ...]

    @cached_property
    def by_id(self) -> Mapping[int, Proficiency]:
        """Proficiency's id -> proficiency."""
        return {one.id: one for one in self.items}

    @property
    def is_present(self) -> bool:
        """Whether it is what the district uses now: what is not can be read, and not rated."""
        return self.number == self.framework.version and self.framework.withdrawn_at is None

    @property
    def rated(self) -> tuple[Proficiency, ...]:
        """Those that can be rated."""
        return tuple(one for one in self.items if one.scale)

    def below(self, proficiency_id: int) -> Iterator[Proficiency]:
        """Give what stands below an item, however deep."""
        inside = {proficiency_id}
        for one in self.items:
            if one.parent_id in inside:
                inside.add(one.id)
                yield one

    def depth(self, one: Proficiency) -> int:
        """Return how many stand above an item."""
        return 0 if one.parent_id is None else 1 + self.depth(self.by_id[one.parent_id])


@dataclass(frozen=True)
class Differences:
    """What publishing a draft would change."""

    framework: models.Framework | None
    """``None`` when it is new."""
    added: tuple[ItemDraft, ...]
    reworded: tuple[tuple[Proficiency, ItemDraft], ...]
    """What it said, what it is to say."""
    moved: tuple[ItemDraft, ...]
    """Same words, another parent."""
    removed: tuple[Proficiency, ...]
    """No longer in it; their ratings stay readable."""
    is_same: bool
    """Nothing at all would change."""


@dataclass(frozen=True)
class Calculation:
    """How a school calculates with a framework."""

    method: str = USUAL_METHOD
    parameter: Decimal | None = None
    minimum_ratings: int = 1


def frameworks_of(session: Session, tenant_id: int, *, withdrawn: bool = False) -> list[models.Framework]:
    """Return a district's frameworks by title; those withdrawn only when asked for."""
    found = session.scalars(
        select(models.Framework).where(models.Framework.tenant_id == tenant_id, models.Framework.version > 0)
    )
    kept = [one for one in found if withdrawn or one.withdrawn_at is None]
    return sorted(kept, key=lambda one: (one.title.casefold(), one.id))


def find_framework(session: Session, tenant_id: int, framework_id: int) -> models.Framework:
    """Return a framework, withdrawn or not.

    :raise NotFound: ``framework_unknown`` when the district has none with this id.
    """
    found = session.get(models.Framework, framework_id)
    if found is None or found.tenant_id != tenant_id:
        raise NotFound("There is no such framework.", code="framework_unknown")
    return found


def read_tree(
    session: Session,
    framework: models.Framework,
    number: int | None = None,
    only: Collection[int] | None = None,
) -> Tree:
    """Return a version of a framework, the present one unless said otherwise; two statements.

    With ``only``, the tree holds no more than these proficiencies: a few of thousands are read at once.
    """
    wanted = framework.version if number is None else number
    scales = scales_of(session, framework.tenant_id)
    items = _items(framework.id, wanted)
    if only is not None:
        items = items.where(FrameworkEntry.proficiency_id.in_(only))
    return Tree(framework, wanted, tuple(_proficiency(row, scales) for row in session.execute(items)))


def read_one(session: Session, tenant_id: int, proficiency_id: int) -> Tree:
    """Return a tree of one proficiency alone, in the newest version that holds it; three statements.

    A framework may have five thousand of them; whoever rates one need not read all.

    :raise NotFound: ``proficiency_unknown`` when the district has none with this id.
    """
    row = session.execute(
        select(models.Framework, func.max(FrameworkEntry.number).label("number"))
        .join(FrameworkEntry, FrameworkEntry.framework_id == models.Framework.id)
        .where(models.Framework.tenant_id == tenant_id, FrameworkEntry.proficiency_id == proficiency_id)
        .group_by(models.Framework.id)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such proficiency.", code="proficiency_unknown")
    framework: models.Framework = row.Framework
    scales = scales_of(session, tenant_id)
    found = session.execute(
        _items(framework.id, row.number).where(FrameworkEntry.proficiency_id == proficiency_id)
    ).one()
    return Tree(framework, row.number, (_proficiency(found, scales),))


def read_some(session: Session, tenant_id: int, ids: Collection[int]) -> list[Proficiency]:
    """Return those of some proficiencies that can be rated now; two statements, none for none."""
    if not ids:
        return []
    scales = scales_of(session, tenant_id)
    rows = session.execute(
        _rows()
        .join(
            models.Framework,
            and_(
                models.Framework.id == FrameworkEntry.framework_id,
                models.Framework.version == FrameworkEntry.number,
            ),
        )
        .where(
            models.Framework.tenant_id == tenant_id,
            models.Framework.withdrawn_at.is_(None),
            models.Proficiency.id.in_(ids),
            ProficiencyVersion.scale_id.is_not(None),
        )
    )
    return [_proficiency(row, scales) for row in rows]


def _items(framework_id: int, number: int) -> Select[*tuple[Any, ...]]:
    return _rows().where(FrameworkEntry.framework_id == framework_id, FrameworkEntry.number == number)


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(
            models.Proficiency.id,
            models.Proficiency.guid,
            models.Proficiency.replaced_by_id,
            FrameworkEntry.parent_id,
            ProficiencyVersion.id.label("version_id"),
            ProficiencyVersion.code,
            ProficiencyVersion.kind,
            ProficiencyVersion.statement,
            ProficiencyVersion.student_text,
            ProficiencyVersion.scale_id,
            ProficiencyVersion.guide,
        )
        .join(FrameworkEntry, FrameworkEntry.proficiency_id == models.Proficiency.id)
        .join(ProficiencyVersion, ProficiencyVersion.id == FrameworkEntry.version_id)
        .order_by(FrameworkEntry.framework_id, FrameworkEntry.position)
    )


def _proficiency(row: Any, scales: Mapping[int, Scale]) -> Proficiency:
    return Proficiency(
        id=row.id,
        version_id=row.version_id,
        guid=row.guid,
        code=row.code,
        kind=row.kind,
        statement=row.statement,
        student_text=row.student_text,
        parent_id=row.parent_id,
        scale=scales[row.scale_id] if row.scale_id else None,
        guide=row.guide,
        replaced_by_id=row.replaced_by_id,
    )


def differences(session: Session, tenant_id: int, draft: FrameworkDraft) -> Differences:
    """Return what publishing a draft would change.

    :raise DraftProblems: when the draft cannot be published at all.
    """
    draft = checked(draft)
    framework = _framework(session, tenant_id, draft.guid)
    if framework is None:
        return Differences(None, draft.items, (), (), (), is_same=False)
    there = {one.guid: one for one in read_tree(session, framework).items}
    guids = {one.id: one.guid for one in there.values()}
    kept = [(there[one.guid], one) for one in draft.items if one.guid in there]
    rows = _digests(session, [before.version_id for before, _ in kept])
    return Differences(
        framework,
        added=tuple(one for one in draft.items if one.guid not in there),
        reworded=tuple((before, one) for before, one in kept if rows[before.version_id] != one.digest),
        moved=tuple(
            one
            for before, one in kept
            if rows[before.version_id] == one.digest
            and (guids[before.parent_id] if before.parent_id else None) != one.parent
        ),
        removed=tuple(one for guid, one in there.items() if guid not in {item.guid for item in draft.items}),
        is_same=_newest(session, framework).digest == draft.digest,
    )


def publish(
    session: Session, actor: Actor | None, tenant_id: int, draft: FrameworkDraft, expected: int, now: datetime
) -> models.Framework:
    """Publish a draft as the next version of its framework: all of it, or nothing.

    :param actor: ``None`` for a command of whoever runs the tool.
    :param expected: the version that the differences were shown of; 0 for a new framework.
    :raise NotAllowed: when the actor may not.
    :raise DraftProblems: when something is wrong with the draft.
    :raise PlpError: 409 ``framework_changed`` when somebody published another one meanwhile.
    """
    if actor is not None:
        require(actor, Action.MANAGE_SCHOOL, SchoolWide(tenant_id))
    draft = checked(draft)
    framework = _framework(session, tenant_id, draft.guid, locked=True)
    if framework is None:
        framework = models.Framework(
            tenant_id=tenant_id,
            guid=draft.guid,
            title=draft.title,
            version=0,
            created_at=now,
            method=USUAL_METHOD,
        )
        session.add(framework)
        session.flush()
    if framework.version != expected:
        raise PlpError("framework_changed", 409, "Another version was published meanwhile.")
    if framework.version and _newest(session, framework).digest == draft.digest:
        return framework
    number = framework.version + 1
    session.add(
        FrameworkVersion(
            framework_id=framework.id,
            number=number,
            source=draft.source,
            origin=draft.origin,
            digest=draft.digest,
            document=dict(draft.document),
            published_by=actor.person_id if actor else None,
            published_at=now,
        )
    )
    session.flush()
    _keep_items(session, framework, number, draft, now)
    framework.title, framework.version, framework.withdrawn_at = draft.title, number, None
    framework.is_sample = draft.is_sample
    session.flush()
    return framework


def set_calculation(session: Session, actor: Actor, framework: models.Framework, chosen: Calculation) -> None:
    """Choose how a school calculates with a framework; kept levels are made anew by whoever calls this.

    :raise NotAllowed: when the actor may not.
    :raise BadInput: ``calculation_unknown`` when there is no such method, or its parameter is out of range.
    """
    require(actor, Action.MANAGE_SCHOOL, SchoolWide(framework.tenant_id))
    method = METHODS.get(chosen.method)
    parameter = chosen.parameter if method is not None and method.has_parameter else None
    fits = method is not None and (parameter is None or method.first <= parameter <= method.last)
    if not fits or not 1 <= chosen.minimum_ratings <= 10:
        raise BadInput("There is no such way of calculating.", code="calculation_unknown")
    framework.method, framework.parameter = chosen.method, parameter
    framework.minimum_ratings = chosen.minimum_ratings
    session.flush()


def _framework(
    session: Session, tenant_id: int, guid: str, *, locked: bool = False
) -> models.Framework | None:
    wanted = select(models.Framework).where(
        models.Framework.tenant_id == tenant_id, models.Framework.guid == guid
    )
    if locked:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return session.scalars(wanted).one_or_none()


def _newest(session: Session, framework: models.Framework) -> FrameworkVersion:
    return session.get_one(FrameworkVersion, (framework.id, framework.version))


def _digests(session: Session, version_ids: Sequence[int]) -> dict[int, str]:
    """Return version's id -> digest."""
    found: dict[int, str] = {}
    for some in _portions(version_ids):
        rows = session.execute(
            select(ProficiencyVersion.id, ProficiencyVersion.digest).where(ProficiencyVersion.id.in_(some))
        )
        found |= {row.id: row.digest for row in rows}
    return found


def _keep_items(
    session: Session, framework: models.Framework, number: int, draft: FrameworkDraft, now: datetime
) -> None:
    ids = _proficiencies(session, framework.id, [one.guid for one in draft.items])
    scales = {
        digest_of(one): keep_scale(session, framework.tenant_id, one, now).id
        for one in {item.scale for item in draft.items if item.scale}
    }
    versions = _versions(session, framework.id, ids, draft.items, scales)
    rows = [
        {
            "framework_id": framework.id,
            "number": number,
            "proficiency_id": ids[one.guid],
            "version_id": versions[ids[one.guid], one.digest],
            "parent_id": ids[one.parent] if one.parent else None,
            "position": position,
        }
        for position, one in enumerate(draft.items)
    ]
    _insert(session, FrameworkEntry, rows)
    for one in draft.items:
        if one.replaced_by in ids:
            session.get_one(models.Proficiency, ids[one.guid]).replaced_by_id = ids[one.replaced_by]


def _proficiencies(session: Session, framework_id: int, guids: Sequence[str]) -> dict[str, int]:
    """Return guid -> id of a framework's proficiencies; those that are new are made."""
    wanted = select(models.Proficiency.guid, models.Proficiency.id).where(
        models.Proficiency.framework_id == framework_id
    )
    there = {row.guid: row.id for row in session.execute(wanted)}
    new = [{"framework_id": framework_id, "guid": guid} for guid in guids if guid not in there]
    _insert(session, models.Proficiency, new)
    return {row.guid: row.id for row in session.execute(wanted)} if new else there


def _versions(
    session: Session,
    framework_id: int,
    ids: Mapping[str, int],
    items: Sequence[ItemDraft],
    scales: Mapping[str, int | None],
) -> dict[tuple[int, str], int]:
    """Return (proficiency's id, digest) -> version's id; what was never said before is made."""
    wanted = (
        select(ProficiencyVersion.proficiency_id, ProficiencyVersion.digest, ProficiencyVersion.id)
        .join(models.Proficiency, models.Proficiency.id == ProficiencyVersion.proficiency_id)
        .where(models.Proficiency.framework_id == framework_id)
    )

    def there() -> dict[tuple[int, str], int]:
        return {(row.proficiency_id, row.digest): row.id for row in session.execute(wanted)}

    known = there()
    new = [
        {
            "proficiency_id": ids[one.guid],
            "digest": one.digest,
            **{name: value for name, value in one.content.items() if name != "scale"},
            "scale_id": scales[digest_of(one.scale)] if one.scale else None,
        }
        for one in items
        if (ids[one.guid], one.digest) not in known
    ]
    _insert(session, ProficiencyVersion, new)
    return there() if new else known


def _insert(session: Session, model: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    for some in _portions(rows):
        session.execute(insert(table(model)), list(some))


def _portions(things: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (things[first : first + MOST_AT_ONCE] for first in range(0, len(things), MOST_AT_ONCE))
