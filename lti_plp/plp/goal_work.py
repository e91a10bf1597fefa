"""Working on a goal: its next step, the order of its steps, a word on how far it is."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from lti_plp.errors import BadInput
from lti_plp.plp.history import NO_REASON, Why
from lti_plp.plp.items import GOAL, STEP
from lti_plp.plp.models import ActionStep, GoalStep
from lti_plp.plp.plans import PlanEditor

UP, DOWN = "up", "down"


def add_goal(editor: PlanEditor, values: Mapping[str, Any]) -> Any:
    """Add a goal; it begins with at least one word.

    :raise BadInput: when it has none, or a value is wrong.
    """
    _require_words(values, "statement")
    return editor.add("goal", values)


def add_step(editor: PlanEditor, goal_id: int, values: Mapping[str, Any], why: Why = NO_REASON) -> Any:
    """Add a step behind the other ones of a goal.

    :raise NotFound: when the plan has no such goal.
    :raise BadInput: when nothing is written, the goal was removed, or a value is wrong.
    """
    _require_there(editor, goal_id)
    _require_words(values, "text")
    last = max((one.position for one in _steps_of(editor, goal_id)), default=0)
    return editor.add("step", {**values, "goal_ids": [goal_id], "position": last + 1}, why)


def move_step(editor: PlanEditor, goal_id: int, step_id: int, way: str) -> None:
    """Let a step change places with the one before it or behind it; at the end of the list nothing happens.

    :raise NotFound: when the plan has no such goal or step.
    """
    editor.item(GOAL, goal_id)
    editor.item(STEP, step_id)
    steps = _steps_of(editor, goal_id)
    place = next((number for number, one in enumerate(steps) if one.id == step_id), None)
    other = None if place is None else place + (-1 if way == UP else 1)
    if place is None or other is None or not 0 <= other < len(steps):
        return
    steps[place], steps[other] = steps[other], steps[place]
    for number, step in enumerate(steps, start=1):
        if step.position != number:
            editor.edit("step", step.id, step.version, {"position": number})


def finish_step(editor: PlanEditor, step_id: int) -> None:
    """Mark a step as done, whatever else was changed about it meanwhile.

    :raise NotFound: when the plan has no such step.
    """
    step = editor.item(STEP, step_id)
    editor.edit("step", step_id, step.version, {"state": "done"})


def say_how_far(editor: PlanEditor, goal_id: int, values: Mapping[str, Any]) -> Any:
    """Note how far a goal is now, with the claim and the evidence that supports it.

    :raise NotFound: when the plan has no such goal.
    :raise BadInput: when no word for it was chosen, the goal was removed, or a value is wrong.
    """
    _require_there(editor, goal_id)
    _require_words(values, "progress")
    return editor.add("achievement", {**values, "goal_id": goal_id, "occurred_at": editor.now.isoformat()})


def _require_there(editor: PlanEditor, goal_id: int) -> None:
    if editor.item(GOAL, goal_id).removed_at is not None:
        raise BadInput("The goal was removed.", code="item_removed")


def _require_words(values: Mapping[str, Any], field: str) -> None:
    if not str(values.get(field, "")).strip():
        raise BadInput("Nothing is written yet.", code="field_missing", details={"field": field})


def _steps_of(editor: PlanEditor, goal_id: int) -> list[ActionStep]:
    return list(
        editor.session.scalars(
            select(ActionStep)
            .join(GoalStep, GoalStep.step_id == ActionStep.id)
            .where(GoalStep.goal_id == goal_id, ActionStep.removed_at.is_(None))
            .order_by(ActionStep.position, ActionStep.id)
        )
    )
