"""Formal revisions: each goal looked at, with its reason and what becomes of its steps; then the plan as it is, kept.

Changes are possible at any time without one. While one is open, a change of a goal needs a review of that goal before
the revision can be finished.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, PlpError
from lti_plp.plp.history import Why, canonical, record, revision_hash
from lti_plp.plp.items import GOAL, plan_state
from lti_plp.plp.models import (
    ActionStep,
    GoalReview,
    GoalStep,
    PlanChange,
    PlanRevision,
    Reflection,
    RevisionReflection,
)
from lti_plp.plp.models.items import ItemFields
from lti_plp.plp.plans import PlanEditor
from lti_plp.plp.texts import storable

MAX_NOTE = 5000


def open_revision(session: Session, plan_id: int) -> PlanRevision | None:
    """Return the revision that is being worked on."""
    return session.scalars(
        select(PlanRevision).where(PlanRevision.plan_id == plan_id, PlanRevision.finished_at.is_(None))
    ).one_or_none()


def last_finished(session: Session, plan_id: int) -> PlanRevision | None:
    """Return the newest version of a plan that was kept."""
    return session.scalars(
        select(PlanRevision)
        .where(PlanRevision.plan_id == plan_id, PlanRevision.finished_at.is_not(None))
        .order_by(PlanRevision.number.desc())
        .limit(1)
    ).one_or_none()


def begin_revision(editor: PlanEditor, kind: str | None = None) -> PlanRevision:
    """Return the open revision of the plan; when there is none, a new one: the first of a plan is ``initial``.

    :raise PlpError: 409 ``needs_meeting`` for a kind that is made in a meeting.
    """
    there = open_revision(editor.session, editor.plan.id)
    if there is not None:
        return there
    count = editor.session.scalar(
        select(func.count()).select_from(PlanRevision).where(PlanRevision.plan_id == editor.plan.id)
    )
    kind = kind or ("interim" if count else "initial")
    if kind not in editor.kinds_of_revision:
        raise PlpError("needs_meeting", 409, "This kind of revision is made in a meeting.")
    revision = PlanRevision(
        plan_id=editor.plan.id,
        number=(count or 0) + 1,
        kind=kind,
        opened_at=editor.now,
        opened_by=editor.actor.person_id,
        note="",
    )
    editor.session.add(revision)
    editor.session.flush()
    return revision


@dataclass(frozen=True)
class ReviewDraft:
    """What a student says on looking at one goal.

    ``changes`` are fields of the goal that change with it (a new date for ``extend``, new words for ``revise``).
    ``not_met`` closes a goal that was not reached, in sight; it goes with the outcome ``remove``.
    """

    outcome: str
    reason_category: str
    reason: str
    next_step: str = ""
    steps_stay: bool = False
    changes: Mapping[str, Any] | None = None
    not_met: bool = False


def review_goal(editor: PlanEditor, goal_id: int, base_version: int, draft: ReviewDraft) -> GoalReview:
    """Note what a look at a goal came to, and change the goal accordingly, within the open revision or a new one.

    :raise BadInput: when the reason is missing, or the goal cannot be changed like this.
    :raise PlpError: 409 ``changed_elsewhere`` when the goal was changed meanwhile; ``item_removed`` when it is removed:
        only that can still be given its reason.
    """
    goal = editor.item(GOAL, goal_id)
    if goal.version != base_version:
        raise PlpError("changed_elsewhere", 409, "The goal was changed meanwhile.")
    if not draft.reason.strip():
        raise BadInput("A reason is missing.", code="field_missing", details={"field": "reason"})
    if draft.outcome == "extend" and not (draft.changes or {}).get("target_on"):
        raise BadInput("A new date is missing.", code="field_missing", details={"field": "target_on"})
    if goal.removed_at is not None and (draft.outcome != "remove" or draft.not_met or draft.changes):
        raise PlpError("item_removed", 409, "The goal was removed.")
    # It changes several things: all of them, or none.
    with editor.session.begin_nested():
        return _review(editor, goal, draft)


def _review(editor: PlanEditor, goal: Any, draft: ReviewDraft) -> GoalReview:
    revision = begin_revision(editor)
    cause = editor.cause or f"revision:{revision.number}"
    why = Why(draft.reason_category, storable(draft.reason).strip(), cause)
    review: GoalReview = editor.add(
        "review",
        {
            "outcome": draft.outcome,
            "reason_category": draft.reason_category,
            "reason": why.text,
            "next_step": draft.next_step.strip(),
            "steps_stay": draft.steps_stay,
        },
        Why(cause=editor.cause),
        settled={"goal_id": goal.id, "goal_version": goal.version, "revision_id": revision.id},
    )
    _apply(editor, goal, draft, why)
    return review


def _apply(editor: PlanEditor, goal: Any, draft: ReviewDraft, why: Why) -> None:
    if draft.changes:
        editor.edit("goal", goal.id, goal.version, draft.changes, why)
    if draft.outcome == "met":
        editor.settle(GOAL, goal, {"state": "met"}, why)
    elif draft.outcome == "remove" and draft.not_met:
        editor.settle(GOAL, goal, {"state": "not_met"}, why)
    elif draft.outcome == "remove":
        editor.remove("goal", goal.id, why)
    elif goal.state in {"met", "not_met"}:
        editor.settle(GOAL, goal, {"state": "active"}, why)


@dataclass(frozen=True)
class Open:
    """What is still to be said before a revision can be finished: ids of goals."""

    without_reason: tuple[int, ...]
    """Changed in this revision, and not reviewed."""
    without_steps: tuple[int, ...]
    """Changed, with neither a change of their steps nor the word that those stay as they are."""

    def __bool__(self) -> bool:
        """Whether anything is."""
        return bool(self.without_reason or self.without_steps)


def still_open(session: Session, revision: PlanRevision) -> Open:
    """Return what keeps a revision from being finished."""
    changes = session.execute(
        select(PlanChange.item_kind, PlanChange.item_id, PlanChange.action, PlanChange.fields).where(
            PlanChange.revision_id == revision.id, PlanChange.item_kind.in_(("goal", "step"))
        )
    ).all()
    changed = {
        one.item_id for one in changes if one.item_kind == "goal" and one.action not in {"add", "kept"}
    }
    added = {one.item_id for one in changes if one.item_kind == "goal" and one.action == "add"}
    steps = [one for one in changes if one.item_kind == "step" and one.action != "kept"]
    with_steps = set(
        session.scalars(select(GoalStep.goal_id).where(GoalStep.step_id.in_({one.item_id for one in steps})))
    )
    # A step that was taken from a goal is a change of that goal's steps too.
    with_steps.update(
        goal_id for one in steps for ids in one.fields.get("goal_ids", ()) for goal_id in ids or ()
    )
    newest: dict[int, GoalReview] = {}
    for review in session.scalars(
        select(GoalReview).where(GoalReview.revision_id == revision.id).order_by(GoalReview.id)
    ):
        newest[review.goal_id] = review
    unanswered = {
        goal_id
        for goal_id, review in newest.items()
        if review.outcome in {"extend", "revise", "remove"}
        and not review.steps_stay
        and goal_id not in with_steps
    }
    has_steps = set(
        session.scalars(
            select(GoalStep.goal_id)
            .join(ActionStep, ActionStep.id == GoalStep.step_id)
            .where(GoalStep.goal_id.in_(unanswered), ActionStep.removed_at.is_(None))
        )
    )
    return Open(
        without_reason=tuple(sorted(changed - added - newest.keys())),
        without_steps=tuple(sorted(unanswered & has_steps)),
    )


def keep_version(editor: PlanEditor, note: str = "", reflection_ids: Iterable[int] = ()) -> PlanRevision:
    """Finish the open revision, or a new one; a plan that did not change since the last one is not kept twice.

    :raise BadInput: as :func:`finish_revision`.
    """
    last = editor.session.scalars(
        select(PlanRevision)
        .where(PlanRevision.plan_id == editor.plan.id)
        .order_by(PlanRevision.number.desc())
        .limit(1)
    ).one_or_none()
    if last is not None and last.finished_at is not None and last.last_change == editor.plan.changes:
        return last
    begin_revision(editor)
    return finish_revision(editor, note, reflection_ids)


def finish_revision(editor: PlanEditor, note: str = "", reflection_ids: Iterable[int] = ()) -> PlanRevision:
    """Finish the open revision: the plan as it stands becomes the current one, and is kept for ever.

    :raise PlpError: 409 ``no_revision`` when none is open.
    :raise BadInput: ``revision_open`` when a goal's change lacks its reason or its steps.
    """
    session, plan = editor.session, editor.plan
    revision = open_revision(session, plan.id)
    if revision is None:
        raise PlpError("no_revision", 409, "There is no revision to finish.")
    if missing := still_open(session, revision):
        raise BadInput(
            "Some goals need a word first.",
            code="revision_open",
            details={
                "without_reason": len(missing.without_reason),
                "without_steps": len(missing.without_steps),
            },
        )
    if len(note) > MAX_NOTE:
        raise BadInput(
            "The note is too long.", code="field_too_long", details={"field": "note", "longest": MAX_NOTE}
        )
    reflections = _own_reflections(session, plan.person_id, reflection_ids)
    session.add_all(RevisionReflection(revision_id=revision.id, reflection_id=one) for one in reflections)
    before = plan.revision
    plan.version, plan.revision, plan.formally_updated_at = plan.version + 1, revision.number, editor.now
    record(
        session,
        plan,
        editor.actor,
        ("plan", plan.id, plan.version),
        "edit",
        {"revision": [before, revision.number]},
        editor.now,
        Why(cause=editor.cause or f"revision:{revision.number}"),
    )
    _seal(editor, revision, storable(note).strip(), reflections)
    return revision


def _seal(editor: PlanEditor, revision: PlanRevision, note: str, reflections: list[int]) -> None:
    session, plan = editor.session, editor.plan
    # Asked before anything is set: a revision is written once, whole, and the database refuses a second time.
    snapshot = {"items": plan_state(session, plan.id), "reflections": reflections}
    previous = session.scalar(
        select(PlanRevision.hash)
        .where(PlanRevision.plan_id == plan.id, PlanRevision.finished_at.is_not(None))
        .order_by(PlanRevision.number.desc())
        .limit(1)
    )
    revision.note, revision.snapshot, revision.previous_hash = note, snapshot, previous or ""
    revision.finished_at, revision.finished_by = editor.now.astimezone(UTC), editor.actor.person_id
    revision.last_change = plan.changes
    revision.hash = revision_hash(revision)
    session.flush()


def _own_reflections(session: Session, person_id: int, ids: Iterable[int]) -> list[int]:
    wanted = sorted(set(ids))
    found = session.scalars(
        select(Reflection.id).where(Reflection.id.in_(wanted), Reflection.person_id == person_id)
    ).all()
    if set(found) != set(wanted):
        raise BadInput(
            "There is no such reflection.", code="field_unknown_item", details={"field": "reflections"}
        )
    return wanted


def differences(
    older: Mapping[str, Any], newer: Mapping[str, Any]
) -> dict[str, dict[str, dict[str, list[Any]]]]:
    """Return item kind -> id -> field -> [before, after] between two states of a plan."""
    found: dict[str, dict[str, dict[str, list[Any]]]] = {}
    for kind in sorted(older.keys() | newer.keys()):
        before, after = older.get(kind, {}), newer.get(kind, {})
        for item_id in sorted(before.keys() | after.keys(), key=int):
            changed = _changed(before.get(item_id, {}), after.get(item_id, {}))
            if changed:
                found.setdefault(kind, {})[item_id] = changed
    return found


def _changed(before: ItemFields, after: ItemFields) -> dict[str, list[Any]]:
    return {
        name: [before.get(name), after.get(name)]
        for name in sorted(before.keys() | after.keys())
        if canonical(before.get(name)) != canonical(after.get(name))
    }
