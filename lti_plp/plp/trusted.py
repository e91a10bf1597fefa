"""Whether a student has named an adult whom she trusts: one rule for every list and count."""

from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, exists, func, or_

from lti_plp.plp.models import ActionStep, Goal, Plan
from lti_plp.plp.policy import TEAM_SEES

NO_ADULTS = ("", "friend", "other", "school_support")
"""Roles of ``supporter_role`` that need not be adults."""


def is_worked_on() -> ColumnElement[bool]:
    """Return the condition on a goal of a plan that is being worked on; ``Plan`` stands around it."""
    return and_(Goal.plan_id == Plan.id, Goal.removed_at.is_(None), Goal.state.in_(("draft", "active")))


def names_trusted_adult() -> ColumnElement[bool]:
    """Return the condition on a plan that somebody grown-up is named as help; ``Plan`` stands around it.

    It counts in a goal that is being worked on, and in a step that is still to be done. What only the student sees
    tells nobody anything, not even this.
    """
    in_goal = exists().where(is_worked_on(), Goal.audience.in_(TEAM_SEES), _has_adult(Goal.supporters))
    in_step = exists().where(
        ActionStep.plan_id == Plan.id,
        ActionStep.removed_at.is_(None),
        ActionStep.state.in_(("planned", "in_progress")),
        ActionStep.audience.in_(TEAM_SEES),
        _has_adult(ActionStep.supports),
    )
    return or_(in_goal.correlate(Plan), in_step.correlate(Plan))


def _has_adult(people: Any) -> ColumnElement[bool]:
    """Whether a list of people has one of another role than those above.

    Databases do not agree on how to look into JSON, but both keep it as it was written, with quotes in names escaped.
    """
    text: ColumnElement[str] = cast(people, Text)
    for role in NO_ADULTS:
        text = func.replace(text, f'"role": "{role}"', "")
    return text.contains('"role": "')
