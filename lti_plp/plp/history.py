"""How a plan became what it is: an append-only chain of changes that cannot be altered unnoticed.

Each change holds the hash of the one before it. The plan's row holds the number and the hash of the newest, so that
neither a row in the middle nor one at the end can be changed, left out or taken away without :func:`verify` seeing it.
Replaying the changes gives the plan as it is now, or as it was at any moment.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.errors import NotFound
from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.items import KINDS, PLAN, plan_state
from lti_plp.plp.models import Plan, PlanChange, PlanRevision, RevisionReflection
from lti_plp.plp.models.items import ItemFields

TOGETHER = timedelta(minutes=30)
"""Edits of one item by one person within this time are read as one."""
LMS_CAUSE = "lms:"
"""With what the cause of a change begins that follows from a result of an LMS; then comes the result's id."""

State = dict[str, dict[str, ItemFields]]
"""Item kind -> id (as text) -> fields."""


@dataclass(frozen=True)
class Why:
    """What is known of the reason for a change."""

    category: str = ""
    text: str = ""
    cause: str = ""


NO_REASON = Why()


def acting_role(actor: Actor) -> str:
    """Return the one word for what somebody acted as: a mentor is family, whatever else the platform claims."""
    if Role.MENTOR in actor.roles:
        return "family"
    if actor.is_staff:
        return "teacher"
    if Role.ADMINISTRATOR in actor.roles:
        return "administrator"
    return "student" if actor.is_learner else "other"


def locked_plan(session: Session, plan_id: int) -> Plan:
    """Return a plan as it is now, locked where the database locks rows: its changes come one after the other.

    :raise NotFound: when there is none.
    """
    # No key changes, so rows that only refer to the plan, such as a comment, need not wait; and two requests that
    # wrote such a row before they take the plan do not wait for each other for ever.
    lock = select(Plan).where(Plan.id == plan_id).with_for_update(key_share=True)
    plan = session.scalars(lock.execution_options(populate_existing=True)).one_or_none()
    if plan is None:
        raise NotFound("There is no such plan.", code="plan_unknown")
    return plan


def record(
    session: Session,
    plan: Plan,
    actor: Actor,
    item: tuple[str, int, int],
    action: str,
    fields: dict[str, list[Any]],
    now: datetime,
    why: Why = NO_REASON,
) -> PlanChange:
    """Add one change to the history; ``item`` is (kind, id, version after it). The plan must be locked."""
    change = PlanChange(
        plan_id=plan.id,
        number=plan.changes + 1,
        at=now.astimezone(UTC),
        actor_id=actor.person_id,
        acting_role=acting_role(actor),
        item_kind=item[0],
        item_id=item[1],
        item_version=item[2],
        action=action,
        fields=fields,
        reason_category=why.category,
        reason=why.text,
        cause=why.cause,
        revision_id=session.scalar(
            select(PlanRevision.id).where(PlanRevision.plan_id == plan.id, PlanRevision.finished_at.is_(None))
        ),
        previous_hash=plan.last_hash,
    )
    change.hash = change_hash(change)
    session.add(change)
    plan.changes, plan.last_hash = change.number, change.hash
    if actor.person_id == plan.person_id and not why.cause.startswith(LMS_CAUSE):
        # A grade is no sign of its student.
        plan.active_at = change.at
    session.flush()
    return change


def canonical(value: Any) -> bytes:
    """Return the one way of writing a JSON value: sorted keys, no blanks, UTF-8."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def change_hash(change: PlanChange) -> str:
    """Return SHA-256 of everything in a change, the hash of the one before it included, as hexadecimal text."""
    return hashlib.sha256(
        canonical(
            {
                "plan": change.plan_id,
                "number": change.number,
                "at": change.at.astimezone(UTC).isoformat(),
                "actor": [change.actor_id, change.acting_role],
                "item": [change.item_kind, change.item_id, change.item_version],
                "action": change.action,
                "fields": change.fields,
                "why": [change.reason_category, change.reason, change.cause],
                "revision": change.revision_id,
                "previous": change.previous_hash,
            }
        )
    ).hexdigest()


def revision_hash(revision: PlanRevision) -> str:
    """Return SHA-256 of a finished revision: its snapshot, and the hash of the one before it."""
    finished = revision.finished_at.astimezone(UTC).isoformat() if revision.finished_at else None
    return hashlib.sha256(
        canonical(
            {
                "plan": revision.plan_id,
                "number": revision.number,
                "kind": revision.kind,
                "opened": [revision.opened_at.astimezone(UTC).isoformat(), revision.opened_by],
                "finished": [finished, revision.finished_by],
                "note": revision.note,
                "last_change": revision.last_change,
                "snapshot": revision.snapshot,
                "previous": revision.previous_hash,
            }
        )
    ).hexdigest()


def _changes(session: Session, plan_id: int) -> Iterable[PlanChange]:
    # As the database has it, whatever the session remembers.
    found = select(PlanChange).where(PlanChange.plan_id == plan_id).order_by(PlanChange.number)
    return session.scalars(found.execution_options(populate_existing=True)).yield_per(500)


def replayed(changes: Iterable[PlanChange]) -> State:
    """Return the plan that these changes lead to."""
    state: State = {name: {} for name in KINDS}
    for change in changes:
        if change.action == "kept":
            continue
        fields = state[change.item_kind].setdefault(str(change.item_id), {})
        fields.update({name: after for name, (_, after) in change.fields.items()})
    return state


def state_at(session: Session, plan_id: int, moment: datetime) -> State:
    """Return the plan as it was at a moment; removed items are marked as such."""
    return replayed(
        session.scalars(
            select(PlanChange)
            .where(PlanChange.plan_id == plan_id, PlanChange.at <= moment)
            .order_by(PlanChange.number)
        ).yield_per(500)
    )


def verify(session: Session, plan_id: int) -> list[str]:
    """Return what is wrong with a plan's history, in words for an administrator; empty when all is well."""
    plan = session.get(Plan, plan_id, populate_existing=True)
    if plan is None:
        return [f"plan {plan_id} does not exist"]
    try:
        changes = list(_changes(session, plan_id))
        problems = _chain_problems(plan, changes)
        if not problems:
            problems += _differences(replayed(changes), plan_state(session, plan_id))
            problems += _row_problems(session, plan_id, changes)
            problems += _seal_problems(session, plan, changes)
        return problems + _revision_problems(session, plan)
    except (ValueError, TypeError, LookupError, AttributeError):
        # A row holds what no code of ours writes, so that it cannot even be compared.
        return ["the history cannot be read"]


def _chain_problems(plan: Plan, changes: list[PlanChange]) -> list[str]:
    problems: list[str] = []
    previous, number = "", 0
    for change in changes:
        number += 1
        if change.number != number:
            problems.append(f"change {number} is missing")
            number = change.number
        if change.previous_hash != previous:
            problems.append(f"change {change.number} does not follow the one before it")
        if change_hash(change) != change.hash:
            problems.append(f"change {change.number} was altered")
        previous = change.hash
    if (number, previous) != (plan.changes, plan.last_hash):
        problems.append(f"the plan counts {plan.changes} changes, its history ends with {number}")
    return problems


def _differences(replay: State, there: State) -> list[str]:
    return [
        f"{kind} {item_id} is not what its history says"
        for kind in KINDS
        for item_id in sorted(replay[kind].keys() | there[kind].keys(), key=int)
        if not is_same(replay[kind].get(item_id), there[kind].get(item_id))
    ]


def is_same(replay: ItemFields | None, there: ItemFields | None) -> bool:
    """Say whether both hold the same; an old history knows fewer lists, which are empty then."""
    if replay is None or there is None:
        return replay is there
    new = {name for name, value in there.items() if name not in replay and value == []}
    return replay == {name: value for name, value in there.items() if name not in new}


MARKS = {"removed": "removed_at", "validated_by": "validated_at", "revision": "formally_updated_at"}
"""Field -> column that holds since when it is set."""


def _marks(changes: Iterable[PlanChange]) -> dict[tuple[str, int], dict[str, Any]]:
    """Return (item kind, id) -> column -> what stands there apart from the fields: versions, times, and by whom."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for change in changes:
        if change.action == "kept":
            continue
        began = {"created_at": change.at, "first_developed_at": change.at, "recorded_by": change.actor_id}
        marks = found.setdefault((change.item_kind, change.item_id), began)
        marks.update(version=change.item_version, changed_at=change.at)
        for name, (_, after) in change.fields.items():
            if name in MARKS:
                marks[MARKS[name]] = change.at if after else None
    return found


def _row_problems(session: Session, plan_id: int, changes: list[PlanChange]) -> list[str]:
    marks = _marks(changes)
    problems: list[str] = []
    for name, kind in KINDS.items():
        for item in kind.rows(session, plan_id):
            expected = marks.get((name, item.id), {})
            if any(getattr(item, column, value) != value for column, value in expected.items()):
                problems.append(f"version or times of {name} {item.id} are not what its history says")
    return problems


def _finished(session: Session, plan_id: int) -> Iterable[PlanRevision]:
    found = (
        select(PlanRevision)
        .where(PlanRevision.plan_id == plan_id, PlanRevision.finished_at.is_not(None))
        .order_by(PlanRevision.number)
    )
    return session.scalars(found.execution_options(populate_existing=True))


def _revision_problems(session: Session, plan: Plan) -> list[str]:
    problems: list[str] = []
    previous, number = "", 0
    for revision in _finished(session, plan.id):
        number += 1
        if revision.number != number or revision.previous_hash != previous:
            problems.append(f"revision {revision.number} does not follow the one before it")
        if revision_hash(revision) != revision.hash:
            problems.append(f"revision {revision.number} was altered")
        previous, number = revision.hash or "", revision.number
    if number != plan.revision:
        problems.append(f"the plan counts {plan.revision} revisions, there are {number}")
    return problems


def _seal_problems(session: Session, plan: Plan, changes: list[PlanChange]) -> list[str]:
    """Compare each finished revision with a history that is whole."""
    problems: list[str] = []
    for revision in _finished(session, plan.id):
        until = changes[: revision.last_change or 0]
        linked = session.scalars(
            select(RevisionReflection.reflection_id)
            .where(RevisionReflection.revision_id == revision.id)
            .order_by(RevisionReflection.reflection_id)
        )
        held = {"items": _with_items(replayed(until)), "reflections": list(linked)}
        is_sealed = bool(until) and (until[-1].item_kind, until[-1].revision_id) == (PLAN.name, revision.id)
        kept = revision.snapshot or {}
        if not is_sealed or held != {**kept, "items": _with_items(kept["items"])}:
            problems.append(f"revision {revision.number} is not what the history says")
    return problems


def _with_items(state: State) -> State:
    """Return a state without the kinds of which there is nothing: an old snapshot knows fewer kinds."""
    return {kind: items for kind, items in state.items() if items}


@dataclass(frozen=True)
class Entry:
    """A readable piece of history: one change, or several of one item in one sitting."""

    first: int
    """Number of the oldest change in it."""
    last: int
    began_at: datetime
    at: datetime
    actor_id: int
    acting_role: str
    item_kind: str
    item_id: int
    action: str
    fields: dict[str, list[Any]]
    """Field -> [before the first, after the last]; what came back to where it was is not there."""
    reason_category: str
    reason: str
    cause: str
    revision_id: int | None


@dataclass(frozen=True)
class Part:
    """A part of a history, newest first."""

    entries: list[Entry]
    next_before: int | None
    """For the part that follows; ``None`` when there is nothing older."""


def read(
    session: Session,
    plan_id: int,
    *,
    before: int | None = None,
    item: tuple[str, int] | None = None,
    limit: int = 100,
) -> Part:
    """Return a part of a plan's history, newest first, and where the next part begins; one statement.

    It holds ``limit`` changes that are older than number ``before``, of one item or of all.
    """
    wanted = select(PlanChange).where(PlanChange.plan_id == plan_id)
    if before is not None:
        wanted = wanted.where(PlanChange.number < before)
    if item is not None:
        wanted = wanted.where(PlanChange.item_kind == item[0], PlanChange.item_id == item[1])
    changes = list(session.scalars(wanted.order_by(PlanChange.number.desc()).limit(limit + 1)))
    entries: list[Entry] = []
    for change in changes[:limit]:
        one = _entry(change)
        if entries and (joined := _joined(entries[-1], one)):
            entries[-1] = joined
        else:
            entries.append(one)
    shown = [one for one in entries if one.fields or one.action != "edit"]
    return Part(shown, changes[limit - 1].number if len(changes) > limit else None)


def _entry(change: PlanChange) -> Entry:
    return Entry(
        first=change.number,
        last=change.number,
        began_at=change.at,
        at=change.at,
        actor_id=change.actor_id,
        acting_role=change.acting_role,
        item_kind=change.item_kind,
        item_id=change.item_id,
        action=change.action,
        fields=dict(change.fields),
        reason_category=change.reason_category,
        reason=change.reason,
        cause=change.cause,
        revision_id=change.revision_id,
    )


def _joined(newer: Entry, older: Entry) -> Entry | None:
    """Return both as one when a person went on editing what she had added or edited shortly before, else nothing."""
    alike = (
        (newer.item_kind, newer.item_id, newer.actor_id, newer.revision_id, newer.cause)
        == (older.item_kind, older.item_id, older.actor_id, older.revision_id, older.cause)
        and newer.action == "edit"
        and older.action in {"edit", "add"}
        and not (newer.reason_category or newer.reason)
    )
    if not alike or newer.at - older.at > TOGETHER:
        return None
    fields = dict(older.fields)
    for name, (before, after) in newer.fields.items():
        fields[name] = [fields[name][0] if name in fields else before, after]
    if older.action == "edit":
        fields = {name: pair for name, pair in fields.items() if pair[0] != pair[1]}
    return Entry(
        **{
            **older.__dict__,
            "last": newer.last,
            "at": newer.at,
            "fields": fields,
        }
    )
