"""Opening a plan and changing what it holds. Every change goes through here, is checked, and stands in the history.

Two people, or two tabs, may edit one plan at once: each edit says over which version it was made. Fields that only one
of them changed are merged; where both changed the same field, the one that came first stands, the other is kept in the
history, and its author is shown both.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotFound, PlpError
from lti_plp.plp.actor import Actor
from lti_plp.plp.coherence import OwnsFile, check_item, check_parts_of, check_pathway_may_go
from lti_plp.plp.fields import Choice, Field, Vocabulary, refuse
from lti_plp.plp.history import NO_REASON, Why, locked_plan, record
from lti_plp.plp.items import EVIDENCE, GOAL, PATHWAY, PLAN, STEP, TRANSITION, ItemKind, item_kind
from lti_plp.plp.models import Plan, PlanChange
from lti_plp.plp.models.items import ItemFields, PlanItem
from lti_plp.plp.policy import Action, PlanWork, require

ALONE = frozenset({"initial", "interim"})
"""Kinds of revisions that a student may finish without a meeting on record."""
MAX_ITEMS = 5000
"""Of one kind in one plan: far more than anybody writes by hand."""


def owns_none(_file_id: str) -> bool:
    """Let no file be attached: what is so unless a room that knows files says otherwise."""
    return False


def plan_work(plan: Plan, audience: str = "team") -> PlanWork:
    """Return a plan as the policy sees it."""
    return PlanWork(plan.tenant_id, plan.person_id, audience)


def find_plan(session: Session, tenant_id: int, person_id: int) -> Plan | None:
    """Return a person's plan, begun or not."""
    return session.scalars(
        select(Plan).where(Plan.person_id == person_id, Plan.tenant_id == tenant_id)
    ).one_or_none()


def open_plan(session: Session, actor: Actor, now: datetime) -> Plan:
    """Return the actor's own plan; the first time it is begun. Two tabs that begin at once get the same one.

    :raise NotAllowed: when the actor is no student, or a platform's test student.
    """
    require(actor, Action.EDIT_PLAN, PlanWork(actor.tenant_id, actor.person_id))
    found = find_plan(session, actor.tenant_id, actor.person_id)
    if found is not None:
        return found
    plan = Plan(
        tenant_id=actor.tenant_id,
        person_id=actor.person_id,
        first_developed_at=now,
        version=1,
        changes=0,
        last_hash="",
    )
    try:
        with session.begin_nested():
            session.add(plan)
    except IntegrityError:
        found = find_plan(session, actor.tenant_id, actor.person_id)
        if found is None:
            raise
        return found
    fields = {name: [None, value] for name, value in PLAN.read(session, plan).items()}
    record(session, plan, actor, ("plan", plan.id, 1), "add", fields, now)
    return plan


@dataclass(frozen=True)
class Edited:
    """What became of an edit. ``conflicts`` is field -> the value that stands where the sent one was kept aside."""

    item_id: int
    version: int
    conflicts: ItemFields = field(default_factory=dict)
    is_removed: bool = False
    """Somebody removed the item meanwhile: everything sent was kept aside."""


CONFIRMED = frozenset({"medium", "file_id", "url", "text", "captured_on", "origin"})
"""Fields of evidence for which a confirmation stands: with another of these it is another thing."""
STANDS_APART = frozenset({"state", "checklist"})
"""Fields of a transition that no agreement is about: what is still to be done changes until the last day."""
_CATEGORY = Choice("reason_category", group="reason", optional=True)
_REASON = Field("reason")
_Item = TypeVar("_Item", bound=PlanItem)


def write_change(
    session: Session,
    plan: Plan,
    actor: Actor,
    there: tuple[ItemKind, Any, ItemFields],
    change: tuple[str, ItemFields],
    now: datetime,
    why: Why = NO_REASON,
) -> None:
    """Write a change that was checked into an item's row and into the history. The plan must be locked.

    ``there`` is the item's kind, row, and fields before; ``change`` the action and the fields that it changes.
    """
    (kind, item, before), (action, changes) = there, change
    item.version += 1
    if kind is not PLAN:
        item.changed_at = now
    if "removed" in changes:
        item.removed_at = now if changes["removed"] else None
    if "validated_by" in changes:
        item.validated_at = now if changes["validated_by"] else None
    kind.write(session, item, changes)
    fields = {name: [before[name], value] for name, value in changes.items()}
    record(session, plan, actor, (kind.name, item.id, item.version), action, fields, now, why)


def item_to_judge(
    session: Session, actor: Actor, action: Action, work: PlanWork, model: type[_Item], item_id: int
) -> tuple[Plan, _Item]:
    """Return something of a student's plan that an adult may say a word of, with the plan, which is locked.

    ``work`` is the plan for the policy; who sees the item itself is asked here.

    :raise NotAllowed: when the actor may not do that.
    :raise NotFound: ``item_not_here`` when the plan has no such thing.
    :raise PlpError: 409 ``item_removed`` when it was removed.
    """
    # Asked before anything is looked for: whoever may not do it learns nothing of what there is.
    require(actor, action, replace(work, audience="team"))
    plan = find_plan(session, work.tenant_id, work.owner_id)
    item = None
    if plan is not None:
        plan = locked_plan(session, plan.id)
        item = session.get(model, item_id, populate_existing=True)
    if plan is None or item is None or item.plan_id != plan.id:
        raise NotFound("The plan holds no such thing.", code="item_not_here")
    require(actor, action, replace(work, audience=item.audience))
    if item.removed_at is not None:
        raise PlpError("item_removed", 409, "The thing that this is about was removed.")
    return plan, item


class PlanEditor:
    """Changes one plan for one person at one moment.

    Hold it no longer than a request. ``vocabulary`` says which codes there are, ``owns_file`` which files may be
    attached.
    """

    cause = ""
    """What brings all of its changes about, where one thing does."""
    kinds_of_revision: Container[str] = ALONE
    """Which it may begin."""

    def __init__(
        self,
        session: Session,
        plan: Plan,
        actor: Actor,
        vocabulary: Vocabulary,
        now: datetime,
        owns_file: OwnsFile = owns_none,
    ) -> None:
        """Take the plan for editing; whoever else wants to change it waits for the end of the transaction.

        :raise NotAllowed: when the actor may not edit it.
        """
        self._require(actor, plan)
        self.session, self.actor, self.vocabulary, self.now = session, actor, vocabulary, now
        self.owns_file = owns_file
        self.plan = locked_plan(session, plan.id)

    def _require(self, actor: Actor, plan: Plan) -> None:
        require(actor, Action.EDIT_PLAN, plan_work(plan))

    def add(
        self,
        kind_name: str,
        values: Mapping[str, Any],
        why: Why = NO_REASON,
        *,
        settled: Mapping[str, Any] | None = None,
    ) -> Any:
        """Add an item and return its row; ``settled`` are values of fields that no page may send.

        :raise BadInput: when a value is wrong, or the plan would not hold together with it.
        """
        kind = item_kind(kind_name)
        why = self._checked(why)
        today = self.now.date()
        cleaned = {
            **{name: one.empty(today) for name, one in kind.fields.items() if name in kind.settled},
            **kind.clean(_with_defaults(kind, values, today), self.vocabulary),
            **(settled or {}),
        }
        self._check_room(kind)
        self._check(kind, None, cleaned, cleaned)
        item = self._new_row(kind)
        linked = {one.field.name for one in kind.links}
        for name, value in cleaned.items():
            if name not in linked:
                setattr(item, name, kind.fields[name].to_column(value))
        self.session.add(item)
        self.session.flush()
        kind.write(self.session, item, {name: value for name, value in cleaned.items() if name in linked})
        fields = {name: [None, value] for name, value in kind.read(self.session, item).items()}
        record(self.session, self.plan, self.actor, (kind.name, item.id, 1), "add", fields, self.now, why)
        return item

    def _new_row(self, kind: ItemKind) -> Any:
        item = kind.model(plan_id=self.plan.id, created_at=self.now)
        if kind.is_fixed:
            if hasattr(item, "recorded_by"):
                item.recorded_by = self.actor.person_id
        else:
            item.version, item.changed_at, item.removed_at = 1, self.now, None
        return item

    def _check_room(self, kind: ItemKind) -> None:
        if kind is PLAN:
            raise NotFound("A plan holds no such thing.", code="item_not_here")
        count = self.session.scalar(
            select(func.count()).select_from(kind.model).where(kind.model.plan_id == self.plan.id)
        )
        if (count or 0) >= MAX_ITEMS:
            raise BadInput("There are too many of these.", code="too_many_items", details={"most": MAX_ITEMS})

    def edit(
        self,
        kind_name: str,
        item_id: int,
        base_version: int,
        values: Mapping[str, Any],
        why: Why = NO_REASON,
    ) -> Edited:
        """Change fields of an item that were typed over ``base_version``.

        :raise NotFound: when the plan has no such item.
        :raise BadInput: when a value is wrong, or the plan would not hold together with it.
        :raise PlpError: 409 ``item_fixed`` for what can only be replaced.
        """
        kind = item_kind(kind_name)
        item = self.item(kind, item_id)
        if kind.is_fixed:
            raise PlpError("item_fixed", 409, "This cannot be changed, only replaced by a new one.")
        cleaned = kind.clean(values, self.vocabulary)
        before = kind.read(self.session, item)
        wanted = {name: value for name, value in cleaned.items() if value != before[name]}
        if not wanted:
            return Edited(item_id, item.version)
        is_removed = bool(before.get("removed"))
        clashes = set(wanted) if is_removed else self._clashes(kind, item, base_version, wanted, before)
        kept = {name: [before[name], wanted.pop(name)] for name in sorted(clashes)}
        why = self._checked(why)
        if wanted:
            self._check(kind, item_id, {**before, **wanted}, wanted)
        # What is refused changes nothing, so everything was checked before the first word is written.
        if kept:
            self._keep(kind, item, kept)
        if wanted:
            self._write(kind, item, before, wanted, "edit", why)
        return Edited(item_id, item.version, {name: before[name] for name in sorted(clashes)}, is_removed)

    def remove(self, kind_name: str, item_id: int, why: Why = NO_REASON) -> Any:
        """Take an item out of sight; it can be brought back. Steps that served only a removed goal go with it."""
        kind = item_kind(kind_name)
        item = self.item(kind, item_id)
        self._check_removable(kind)
        if item.removed_at is not None:
            return item
        why = self._checked(why)
        before = kind.read(self.session, item)
        changes: ItemFields = {"removed": True}
        if kind is GOAL:
            check_parts_of(self.session, item_id)
            changes["state"] = "removed"
        elif kind is PATHWAY:
            check_pathway_may_go(before)
        self._write(kind, item, before, changes, "remove", why)
        if kind is GOAL:
            for step_id in self._steps_of_only(item_id):
                self.remove("step", step_id, Why(why.category, why.text, f"goal:{item_id}"))
        return item

    def restore(self, kind_name: str, item_id: int, why: Why = NO_REASON) -> Any:
        """Bring a removed item back as it was, with the steps that went with it.

        :raise BadInput: when the plan would not hold together with it.
        """
        kind = item_kind(kind_name)
        item = self.item(kind, item_id)
        self._check_removable(kind)
        if item.removed_at is None:
            return item
        why = self._checked(why)
        before = kind.read(self.session, item)
        last = self.session.scalars(
            select(PlanChange)
            .where(
                PlanChange.plan_id == self.plan.id,
                PlanChange.item_kind == kind.name,
                PlanChange.item_id == item_id,
                PlanChange.action == "remove",
            )
            .order_by(PlanChange.number.desc())
            .limit(1)
        ).one()
        changes: ItemFields = {name: pair[0] for name, pair in last.fields.items()}
        self._check(kind, item_id, {**before, **changes}, changes)
        self._write(kind, item, before, changes, "restore", why)
        if kind is GOAL:
            for step_id in self._went_with(last):
                self.restore("step", step_id, Why(cause=f"goal:{item_id}"))
        return item

    def settle(self, kind: ItemKind, item: Any, values: ItemFields, why: Why = NO_REASON) -> None:
        """Write fields that no page may send, such as a state that follows from something else."""
        before = kind.read(self.session, item)
        changes = {name: value for name, value in values.items() if before[name] != value}
        if changes:
            self._check(kind, item.id, {**before, **changes}, changes)
            self._write(kind, item, before, changes, "edit", why)

    def item(self, kind: ItemKind, item_id: int) -> Any:
        """Return the row of an item of this plan.

        :raise NotFound: when the plan has no such item.
        """
        item = self.session.get(kind.model, item_id, populate_existing=True)
        if item is None or (item.id if kind is PLAN else item.plan_id) != self.plan.id:
            raise NotFound("The plan holds no such thing.", code="item_not_here")
        return item

    def _check_removable(self, kind: ItemKind) -> None:
        if kind.is_fixed or kind is PLAN:
            raise PlpError("item_fixed", 409, "This cannot be changed, only replaced by a new one.")

    def _write(
        self, kind: ItemKind, item: Any, before: ItemFields, changes: ItemFields, action: str, why: Why
    ) -> None:
        if kind is EVIDENCE and before["validated_by"] and changes.keys() & CONFIRMED:
            # Somebody confirmed what it was before.
            changes = {**changes, "validated_by": None}
        if kind is TRANSITION and before["state"] != "draft" and changes.keys() - STANDS_APART:
            # People agreed to what it was before.
            changes = {**changes, "state": "draft"}
        write_change(
            self.session, self.plan, self.actor, (kind, item, before), (action, changes), self.now, why
        )

    def _clashes(
        self, kind: ItemKind, item: Any, base_version: int, wanted: ItemFields, before: ItemFields
    ) -> set[str]:
        """Return the fields that somebody else changed since ``base_version``.

        A text that goes on from the one that stands loses no word of it: such an edit is what a tab sends whose last
        save arrived although its answer did not.
        """
        if base_version == item.version:
            return set()
        newer = self.session.scalars(
            select(PlanChange.fields).where(
                PlanChange.plan_id == self.plan.id,
                PlanChange.item_kind == kind.name,
                PlanChange.item_id == item.id,
                PlanChange.item_version > base_version,
                PlanChange.action != "kept",
            )
        )
        touched = {name for fields in newer for name in fields}
        return {name for name in wanted if name in touched and not goes_on(before[name], wanted[name])}

    def _keep(self, kind: ItemKind, item: Any, fields: dict[str, list[Any]]) -> None:
        """Keep values that came second; the same ones are not kept twice when their save is repeated."""
        last = self.session.scalars(
            select(PlanChange.fields)
            .where(
                PlanChange.plan_id == self.plan.id,
                PlanChange.item_kind == kind.name,
                PlanChange.item_id == item.id,
                PlanChange.action == "kept",
            )
            .order_by(PlanChange.number.desc())
            .limit(1)
        ).one_or_none()
        if last == fields:
            return
        version = 1 if kind.is_fixed else item.version
        record(self.session, self.plan, self.actor, (kind.name, item.id, version), "kept", fields, self.now)

    def _check(self, kind: ItemKind, item_id: int | None, state: ItemFields, changed: ItemFields) -> None:
        check_item(self.session, self.plan, kind, item_id, state, changed, self.owns_file)
        if changed.get("course_id") not in (None, self.actor.course_id):
            # The course is the one in which the student is; a launch said so.
            raise refuse("course_id", "unknown_item")

    def _checked(self, why: Why) -> Why:
        """Return a reason as the history keeps it.

        :raise BadInput: when its kind is unknown, or it is too long.
        """
        return Why(
            _CATEGORY.clean(why.category, self.vocabulary),
            _REASON.clean(why.text, self.vocabulary),
            why.cause,
        )

    def _steps_of_only(self, goal_id: int) -> list[int]:
        steps = STEP.read_all(self.session, self.plan.id)
        goals = GOAL.read_all(self.session, self.plan.id)
        return [
            step_id
            for step_id, fields in steps.items()
            if goal_id in fields["goal_ids"]
            and not fields["removed"]
            and all(goals[one]["removed"] for one in fields["goal_ids"])
        ]

    def _went_with(self, removal: PlanChange) -> list[int]:
        """Return the steps that a removal of a goal took along and that nobody brought back since."""
        newest = (
            select(func.max(PlanChange.number))
            .where(
                PlanChange.plan_id == self.plan.id,
                PlanChange.item_kind == "step",
                PlanChange.action == "remove",
            )
            .group_by(PlanChange.item_id)
        )
        return list(
            self.session.scalars(
                select(PlanChange.item_id)
                .where(
                    PlanChange.plan_id == self.plan.id,
                    PlanChange.number.in_(newest),
                    PlanChange.number > removal.number,
                    PlanChange.cause == f"goal:{removal.item_id}",
                )
                .order_by(PlanChange.item_id)
            )
        )


def goes_on(standing: Any, sent: Any) -> bool:
    """Say whether a text goes on from the one that stands, and so loses no word of it."""
    return isinstance(standing, str) and isinstance(sent, str) and sent.startswith(standing)


def _with_defaults(kind: ItemKind, values: Mapping[str, Any], today: date) -> ItemFields:
    """Return the values with one for each field that was not sent."""
    empty = {name: one.empty(today) for name, one in kind.fields.items() if name not in kind.settled}
    return {**empty, **values}
