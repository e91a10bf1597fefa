"""A plan as those who teach or advise its student see it: what is for them, with what was said about each thing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.plp.answers import Answered, finished_reflections
from lti_plp.plp.items import KINDS, plan_state
from lti_plp.plp.models import Evidence, Plan, ProfileEntry
from lti_plp.plp.policy import TEAM_SEES
from lti_plp.plp.talk import CallCard, CommentCard, Talk, read_talk
from lti_plp.plp.telling import ToldPlan, told

REFLECTIONS = 10
"""The newest ones on the page."""


@dataclass(frozen=True)
class TeamPlan:
    """What a plan's page shows to its team."""

    plan: ToldPlan
    talk: Talk
    reflections: tuple[Answered, ...]

    def said_about(self, kind: str, item_id: int) -> tuple[CommentCard, ...]:
        """Return what was said about an item, in order."""
        for thread in self.talk.threads:
            if (thread.item_kind, thread.item_id) == (kind, item_id):
                return thread.comments
        return ()

    def calls(self, name: str) -> list[CallCard]:
        """Return the open calls: those that wait before those that were answered, and first what asks this name."""
        return sorted(self.talk.calls, key=lambda one: (self.is_answered(one), name not in one.asked_of))

    def waiting(self, name: str) -> list[CallCard]:
        """Return those of the open calls that words can answer, and nobody has answered yet."""
        return [one for one in self.calls(name) if one.kind != "meeting" and not self.is_answered(one)]

    def is_answered(self, call: CallCard) -> bool:
        """Return the same of one call as :func:`lti_plp.plp.calls.is_answered`."""
        since = [
            one for one in self.said_about(call.item_kind, call.item_id) if one.said_at >= call.opened_at
        ]
        return call.kind != "meeting" and bool(since) and not since[-1].is_own


def read_for_team(session: Session, plan: Plan) -> TeamPlan:
    """Return the page of a plan for its team; the number of statements does not grow with it."""
    shown = told(plan_state(session, plan.id), "team")
    return TeamPlan(
        plan=shown,
        talk=_only_seen(read_talk(session, plan), shown),
        reflections=tuple(finished_reflections(session, plan.person_id, TEAM_SEES, REFLECTIONS)),
    )


def _only_seen(talk: Talk, shown: ToldPlan) -> Talk:
    """Leave out what is said about things that the team does not see."""
    seen: Mapping[str, set[int]] = {
        "goal": {one.id for one in shown.goals},
        "step": {step.id for goal in shown.goals for step in goal.steps}
        | {one.id for one in shown.other_steps},
        "entry": {one.id for one in shown.entries},
        "evidence": {one.id for one in shown.evidence},
    }

    def is_seen(one: Any) -> bool:
        return one.item_kind not in seen or one.item_id is None or one.item_id in seen[one.item_kind]

    return Talk(
        suggestions=tuple(one for one in talk.suggestions if is_seen(one)),
        answered=tuple(one for one in talk.answered if is_seen(one)),
        threads=tuple(one for one in talk.threads if is_seen(one)),
        calls=tuple(one for one in talk.calls if is_seen(one)),
        titles=talk.titles,
    )


def audience_of(session: Session, plan: Plan, kind: str, item_id: int) -> str:
    """Return who sees an item, to ask whether somebody may speak on it; what is not there is the student's alone."""
    if kind == "plan":
        return "team" if item_id == plan.id else "me"
    model = KINDS[kind].model if kind in KINDS else None
    item = session.get(model, item_id) if model is not None else None
    if item is None or item.plan_id != plan.id or getattr(item, "removed_at", None) is not None:
        return "me"
    return str(getattr(item, "audience", "me"))


def plans_that_show(session: Session, tenant_id: int, file_id: str) -> list[tuple[int, str]]:
    """Return (student's id, audience) of each thing in a plan to which a file is attached."""
    found: list[tuple[int, str]] = []
    for model in (Evidence, ProfileEntry):
        rows = session.execute(
            select(Plan.person_id, model.audience)
            .join(Plan, Plan.id == model.plan_id)
            .where(Plan.tenant_id == tenant_id, model.file_id == file_id, model.removed_at.is_(None))
        )
        found += [(row.person_id, row.audience) for row in rows]
    return found
