"""Calls for help: whether those who help see what a call is about.

A student may call about a goal or a step that is hers alone. Then they see that she calls, never what about.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_

from lti_plp.plp.models import ActionStep, Goal, HelpRequest
from lti_plp.plp.policy import TEAM_SEES


def is_about_shared() -> ColumnElement[bool]:
    """Whether a call is about the plan itself, or about a goal or a step that the team sees."""
    return or_(
        HelpRequest.item_kind == "plan",
        and_(HelpRequest.item_kind == "goal", _is_shared(Goal)),
        and_(HelpRequest.item_kind == "step", _is_shared(ActionStep)),
    )


def _is_shared(model: type[Any]) -> ColumnElement[bool]:
    return (
        exists()
        .where(
            model.id == HelpRequest.item_id,
            model.audience.in_(TEAM_SEES),
            model.removed_at.is_(None),
        )
        .correlate(HelpRequest)
    )
