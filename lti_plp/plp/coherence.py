"""What holds a plan together, where no constraint of the database can: one function each.

``state`` is an item as it would be after a change, ``changed`` the fields that the change touches.
"""

from collections.abc import Callable, Collection

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotFound, PlpError
from lti_plp.plp.fields import FileId, Reference, References, refuse
from lti_plp.plp.items import (
    ACHIEVEMENT,
    BASELINE,
    EVIDENCE,
    GOAL,
    PATHWAY,
    REVIEW,
    STEP,
    ItemKind,
    item_kind,
)
from lti_plp.plp.models import BaselineAssessment, Framework, FrameworkEntry, Goal, Plan, Reflection
from lti_plp.plp.models.items import ItemFields

OwnsFile = Callable[[str], bool]
"""Whether a file may be attached to this plan."""


def check_item(
    session: Session,
    plan: Plan,
    kind: ItemKind,
    item_id: int | None,
    state: ItemFields,
    changed: ItemFields,
    owns_file: OwnsFile,
) -> None:
    """Do nothing when the plan would hold together; ``item_id`` is ``None`` for an item to be added.

    :raise BadInput: naming the field and what is wrong with it.
    :raise NotFound: ``file_not_here`` for a file that may not be attached.
    """
    for name in changed.keys() & kind.fields.keys():
        one, value = kind.fields[name], state[name]
        if isinstance(one, Reference | References):
            check_reference(session, plan, one, value, linked_before(session, kind, one, item_id))
        elif isinstance(one, FileId) and value is not None and not owns_file(value):
            raise NotFound("There is no such file, or it is not for this person.", code="file_not_here")
    if kind is GOAL:
        check_horizon(session, item_id, state)
        check_no_cycle(session, item_id, state["parent_id"])
    else:
        check_fields(session, kind, state)


def check_fields(session: Session, kind: ItemKind, state: ItemFields) -> None:
    """Let the fields of anything but a goal fit each other."""
    if kind is STEP:
        check_step(session, state)
    elif kind is EVIDENCE:
        check_evidence(state)
    elif kind is BASELINE:
        check_baseline(session, state)
    elif kind is PATHWAY:
        check_pathway(state)
    elif kind is ACHIEVEMENT and (state["goal_id"] is None) == (state["step_id"] is None):
        raise refuse("goal_id", "missing")
    elif kind is REVIEW and (state["goal_id"] is None or state["revision_id"] is None):
        # Only looking at a goal within a revision makes a review.
        raise refuse("goal_id", "missing")


def check_reference(
    session: Session,
    plan: Plan,
    field: Reference | References,
    value: int | list[int] | None,
    before: frozenset[int] = frozenset(),
) -> None:
    """Let an item name only items of its own plan, reflections of its own student, and its district's proficiencies.

    What a proficiency was linked to ``before`` it left its framework, stays linked.
    """
    ids = set(value if isinstance(value, list) else [] if value is None else [value]) - before
    if not ids:
        return
    if field.kind == "proficiency":
        known = present_proficiencies(plan.tenant_id, ids)
    elif field.kind == "reflection":
        known = select(Reflection.id).where(Reflection.id.in_(ids), Reflection.person_id == plan.person_id)
    else:
        model = item_kind(field.kind).model
        known = select(model.id).where(model.id.in_(ids), model.plan_id == plan.id)
    if set(session.scalars(known)) != ids:
        raise refuse(field.name, "unknown_item")


def linked_before(
    session: Session, kind: ItemKind, field: Reference | References, item_id: int | None
) -> frozenset[int]:
    """Return the proficiencies to which an item is linked already; nothing for other fields."""
    if field.kind != "proficiency" or item_id is None:
        return frozenset()
    links = next(one for one in kind.links if one.field.name == field.name)
    own, other = links.table.c[links.own], links.table.c[links.other]
    return frozenset(session.scalars(select(other).where(own == item_id)))


def present_proficiencies(tenant_id: int, ids: Collection[int]) -> Select[int]:
    """Ask which of these proficiencies stand in a framework that a district uses now."""
    return (
        select(FrameworkEntry.proficiency_id)
        .join(
            Framework,
            and_(Framework.id == FrameworkEntry.framework_id, Framework.version == FrameworkEntry.number),
        )
        .where(
            Framework.tenant_id == tenant_id,
            Framework.withdrawn_at.is_(None),
            FrameworkEntry.proficiency_id.in_(ids),
        )
    )


def check_horizon(session: Session, goal_id: int | None, state: ItemFields) -> None:
    """Let only a long-term goal look years ahead and have other goals that lead to it."""
    if state["horizon"] == "short":
        if state["years_ahead"] is not None:
            raise refuse("years_ahead", "short_goal")
        if goal_id is not None:
            check_parts_of(session, goal_id)


def check_no_cycle(session: Session, goal_id: int | None, parent_id: int | None) -> None:
    """Let a goal lead to long-term goals that are there, and never to itself by any way round."""
    seen = {goal_id}
    while parent_id is not None:
        if parent_id in seen:
            raise refuse("parent_id", "cycle")
        seen.add(parent_id)
        # As the database has it: another tab may have changed it since this session read it.
        parent = session.get_one(Goal, parent_id, populate_existing=True)
        if parent.horizon != "long" or parent.removed_at is not None:
            raise refuse("parent_id", "not_long")
        parent_id = parent.parent_id


def check_parts_of(session: Session, goal_id: int) -> None:
    """Refuse what must not happen to a goal while others lead to it."""
    part = select(Goal.id).where(Goal.parent_id == goal_id, Goal.removed_at.is_(None)).limit(1)
    if session.scalar(part) is not None:
        raise BadInput("Other goals lead to this one.", code="goal_has_parts")


def check_step(session: Session, state: ItemFields) -> None:
    """Let a step serve at least one goal that is there, and end after it began."""
    if not state["goal_ids"]:
        raise refuse("goal_ids", "missing")
    there = select(func.count()).where(Goal.id.in_(state["goal_ids"]), Goal.removed_at.is_(None))
    if not session.scalar(there):
        raise refuse("goal_ids", "removed_goal")
    if state["starts_on"] and state["due_on"] and state["starts_on"] > state["due_on"]:
        raise refuse("due_on", "before_start")


def check_baseline(session: Session, state: ItemFields) -> None:
    """Let a correction replace what no other one has replaced."""
    replaced = state["replaces_id"]
    if replaced is None:
        return
    correction = select(BaselineAssessment.id).where(BaselineAssessment.replaces_id == replaced)
    if session.scalar(correction) is not None:
        raise refuse("replaces_id", "already_replaced")


ABOUT = ("goal_ids", "step_ids", "entry_ids", "reflection_ids", "proficiency_ids")
"""Fields of evidence of which at least one says what it is about."""


def check_evidence(state: ItemFields) -> None:
    """Let evidence be about something, and hold what its medium promises."""
    if not any(state[name] for name in ABOUT):
        raise refuse("goal_ids", "missing")
    needed = {"file": "file_id", "link": "url", "text": "text"}.get(state["medium"])
    if needed and not state[needed]:
        raise refuse(needed, "missing")


def check_pathway(state: ItemFields) -> None:
    """Let a pathway end after it began."""
    if state["starts_on"] and state["ends_on"] and state["starts_on"] > state["ends_on"]:
        raise refuse("ends_on", "before_start")


TAKES_PART = frozenset({"approved", "under_way", "completed", "validated"})
"""States of a pathway in which a student takes part: it stands in the plan then, whatever else happens."""


def check_pathway_may_go(fields: ItemFields) -> None:
    """Refuse to take a pathway out of sight in which the student takes part."""
    if fields["state"] in TAKES_PART:
        raise PlpError("pathway_taken_part", 409, "A pathway that somebody takes part in stays in the plan.")
