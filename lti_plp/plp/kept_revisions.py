"""Kept versions of a plan, read again: the plan as it was, what had changed, why, and which reflections led to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.errors import NotFound
from lti_plp.plp.differences import Piece
from lti_plp.plp.history_reading import FieldChange, field_changes, items_now, linked_items
from lti_plp.plp.levels import level_sayers
from lti_plp.plp.models import PlanRevision
from lti_plp.plp.models.items import ItemFields
from lti_plp.plp.revisions import differences
from lti_plp.plp.telling import Thing, ToldPlan, told

COMPARED = ("goal", "step", "entry", "evidence", "baseline", "pathway", "transition")
"""Kinds of items whose changes a version tells, in this order."""
TITLES: Mapping[str, tuple[str, ...]] = {
    "goal": ("statement",),
    "step": ("text",),
    "entry": ("text", "alternative"),
    "evidence": ("title", "reason", "text", "url"),
    "baseline": ("instrument",),
    "pathway": ("title",),
    "transition": ("going_to",),
}
"""Item kind -> fields of which the first that says something names the item."""


@dataclass(frozen=True)
class RevisionHead:
    """A kept version in a list."""

    id: int
    number: int
    kind: str
    note: str
    finished_at: datetime


@dataclass(frozen=True)
class ItemChange:
    """What had become of one item since the version before."""

    kind: str
    id: int
    title: str
    what: str
    """``add``, ``edit``, ``remove`` or ``restore``."""
    changes: tuple[FieldChange, ...]
    """Of an edit."""


@dataclass(frozen=True)
class KeptRevision:
    """One kept version."""

    head: RevisionHead
    plan: ToldPlan
    """As it was."""
    reviews: tuple[Thing, ...]
    """What was said of each goal on the way to it, with the reasons."""
    changes: tuple[ItemChange, ...]
    """Since the version before; nothing for the first."""
    titles: Mapping[str, str]
    """``goal:12`` -> its words at that time, removed ones included."""
    previous: int | None
    next: int | None


def kept_revisions(session: Session, plan_id: int) -> tuple[RevisionHead, ...]:
    """Return all kept versions of a plan, the first one first; one statement."""
    rows = session.execute(
        select(
            PlanRevision.id,
            PlanRevision.number,
            PlanRevision.kind,
            PlanRevision.note,
            PlanRevision.finished_at,
        )
        .where(PlanRevision.plan_id == plan_id, PlanRevision.finished_at.is_not(None))
        .order_by(PlanRevision.number)
    )
    return tuple(
        RevisionHead(row.id, row.number, row.kind, row.note, row.finished_at)
        for row in rows
        if row.finished_at is not None
    )


def read_revision(session: Session, plan_id: int, number: int) -> KeptRevision:
    """Return one kept version; at most four statements.

    :raise NotFound: when there is none with this number.
    """
    heads = {one.number: one for one in kept_revisions(session, plan_id)}
    if number not in heads:
        raise NotFound("There is no such version.", code="revision_unknown")
    snapshots = {
        row.number: (row.snapshot or {}).get("items", {})
        for row in session.execute(
            select(PlanRevision.number, PlanRevision.snapshot).where(
                PlanRevision.plan_id == plan_id, PlanRevision.number.in_([number - 1, number])
            )
        )
    }
    items = snapshots[number]
    plan, head = told(items, level_sayers(session, plan_id)), heads[number]
    changes = changes_between(snapshots[number - 1], items) if number - 1 in snapshots else ()
    titles = {
        f"{kind}:{key}": _title(kind, one) for kind in TITLES for key, one in items.get(kind, {}).items()
    }
    linked = {pair for one in changes for pair in linked_items(one.changes) if pair[0] == "reflection"}
    titles |= {key: one.title for key, one in items_now(session, plan_id, linked).items()}
    return KeptRevision(
        head=head,
        plan=plan,
        reviews=tuple(plan.reviews_in(head.id)),
        changes=changes,
        titles=titles,
        previous=number - 1 if number - 1 in heads else None,
        next=number + 1 if number + 1 in heads else None,
    )


def _title(kind: str, fields: ItemFields) -> str:
    return next((str(fields[name]) for name in TITLES[kind] if fields.get(name)), "")


def changes_between(
    older: Mapping[str, Mapping[str, ItemFields]], newer: Mapping[str, Mapping[str, ItemFields]]
) -> tuple[ItemChange, ...]:
    """Return what became of each item between two states of a plan."""
    found = differences(older, newer)
    changes = (
        _change(kind, int(key), newer[kind][key], fields, is_new=key not in older.get(kind, {}))
        for kind in COMPARED
        for key, fields in found.get(kind, {}).items()
        # What was added and removed again between the two was in neither.
        if key in older.get(kind, {}) or not newer[kind][key].get("removed")
    )
    return tuple(one for one in changes if one.changes or one.what != "edit")


def _change(kind: str, item_id: int, now: ItemFields, fields: ItemFields, *, is_new: bool) -> ItemChange:
    what = "edit"
    if is_new:
        what = "add"
    elif "removed" in fields:
        what = "remove" if now["removed"] else "restore"
    changes: tuple[FieldChange, ...] = () if what in {"add", "remove"} else field_changes(kind, fields)
    return ItemChange(kind, item_id, _title(kind, now), what, changes)


def pieces_named(changes: tuple[ItemChange, ...], form: str) -> set[int]:
    """Return the ids of people or courses that the changes name."""
    found: list[Piece] = [
        piece
        for item in changes
        for change in item.changes
        if change.shape.form == form
        for piece in change.pieces
    ]
    return {int(one.value) for one in found}
