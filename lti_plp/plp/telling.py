"""A plan to be told: what a reader may see of it, in the order in which one tells it.

It is made from the plan's state, be it the present one, one of the past, or the snapshot of a kept version.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lti_plp.plp.goals import Progress, progress
from lti_plp.plp.levels import Level, Sayers
from lti_plp.plp.models.items import AUDIENCES, ItemFields
from lti_plp.plp.policy import FAMILY_SEES, TEAM_SEES

PlanState = Mapping[str, Mapping[str, ItemFields]]
"""Kind of item -> id, as text -> its fields."""
READERS: Mapping[str, frozenset[str]] = {
    "me": frozenset(AUDIENCES),
    "team": TEAM_SEES,
    "family": FAMILY_SEES,
}
"""For whom a plan is told -> audiences of what they see."""

OPEN_STEPS = frozenset({"planned", "in_progress"})
OPEN_GOALS = frozenset({"draft", "active"})


@dataclass(frozen=True)
class Thing:
    """One item of a plan, as it stands in a state."""

    id: int
    fields: ItemFields

    def day(self, name: str) -> date | None:
        """Return a field that holds a date."""
        value = self.fields.get(name)
        return date.fromisoformat(value) if value else None

    @property
    def is_private(self) -> bool:
        """Whether only the student sees it."""
        return self.fields.get("audience") == "me"


@dataclass(frozen=True)
class ToldGoal(Thing):
    """A goal with its steps."""

    steps: tuple[Thing, ...]
    progress: Progress
    level: Level | None
    """The newest one that this reader may see: of evidence that they may see."""

    @property
    def is_open(self) -> bool:
        """Whether it is still being worked on."""
        return self.fields["state"] in OPEN_GOALS


@dataclass(frozen=True)
class ToldPlan:
    """What a reader sees of a plan."""

    entries: tuple[Thing, ...]
    baselines: tuple[Thing, ...]
    goals: tuple[ToldGoal, ...]
    """Long-term goals first, the farthest at the top, then the others in the student's order."""
    other_steps: tuple[Thing, ...]
    """Steps that serve none of these goals."""
    evidence: tuple[Thing, ...]
    """Newest first."""
    pathways: tuple[Thing, ...]
    """Those of the plan, oldest first."""
    transitions: tuple[Thing, ...]
    """Newest first."""
    reviews: tuple[Thing, ...]
    """Looks at goals, in the order in which they were taken."""
    titles: Mapping[str, str]
    """``goal:12`` -> its words, for everything that this reader may see."""

    def entries_of(self, *kinds: str) -> list[Thing]:
        """Return the entries of these kinds."""
        return [one for one in self.entries if one.fields["kind"] in kinds]

    def reviews_in(self, revision_id: int) -> list[Thing]:
        """Return the looks at goals that belong to a revision."""
        return [one for one in self.reviews if one.fields["revision_id"] == revision_id]

    def people(self) -> set[int]:
        """Return the ids of those who said a level."""
        return {one.level.said_by for one in self.goals if one.level}

    def next_steps(self) -> list[Thing]:
        """Return the steps that are still to be done, by their dates; each once."""
        found = {step.id: step for goal in self.goals for step in goal.steps if goal.is_open}
        found |= {step.id: step for step in self.other_steps}
        return sorted(
            (one for one in found.values() if one.fields["state"] in OPEN_STEPS),
            key=lambda one: (one.day("due_on") or date.max, one.fields["position"], one.id),
        )


def told(state: PlanState, sayers: Sayers, reader: str = "me") -> ToldPlan:
    """Return what a reader (one of ``READERS``) sees of a plan in this state; ``sayers`` of ``level_sayers``."""
    audiences = READERS[reader]

    def seen(kind: str, *, removed: bool = False) -> list[Thing]:
        return [
            Thing(int(item_id), fields)
            for item_id, fields in state.get(kind, {}).items()
            if fields.get("audience") in audiences and (removed or not fields.get("removed"))
        ]

    steps = sorted(seen("step"), key=_step_order)
    goals = seen("goal")
    # Why a goal was let go is a part of the plan, as long as its words are for this reader.
    of_goals = {one.id for one in seen("goal", removed=True)}
    shown = {one.id for one in goals}
    said = _said(state.get("achievement", {}), sayers)
    levels = _levels(state, sayers, {one.id for one in seen("evidence", removed=True)})
    replaced = {fields.get("replaces_id") for fields in state.get("baseline", {}).values()}
    return ToldPlan(
        entries=tuple(sorted(seen("entry"), key=lambda one: one.id)),
        baselines=tuple(one for one in seen("baseline") if one.id not in replaced),
        goals=tuple(
            _told_goal(one, steps, said.get(one.id, ""), levels.get(one.id))
            for one in sorted(goals, key=_goal_order)
        ),
        other_steps=tuple(one for one in steps if not shown & set(one.fields["goal_ids"])),
        evidence=tuple(sorted(seen("evidence"), key=_evidence_order, reverse=True)),
        pathways=tuple(sorted(seen("pathway"), key=lambda one: one.id)),
        transitions=tuple(sorted(seen("transition"), key=lambda one: -one.id)),
        reviews=tuple(
            Thing(int(item_id), fields)
            for item_id, fields in sorted(state.get("review", {}).items(), key=lambda one: int(one[0]))
            if fields["goal_id"] in of_goals
        ),
        titles={
            f"{kind}:{one.id}": str(one.fields.get(name, ""))
            for kind, name in (
                ("goal", "statement"),
                ("step", "text"),
                ("entry", "text"),
                ("pathway", "title"),
            )
            for one in seen(kind, removed=True)
        },
    )


def _told_goal(goal: Thing, steps: Iterable[Thing], said: str, level: Level | None) -> ToldGoal:
    mine = tuple(one for one in steps if goal.id in one.fields["goal_ids"])
    far = progress(goal.fields["state"], said, (one.fields["state"] for one in mine))
    return ToldGoal(goal.id, goal.fields, mine, far, level)


def _said(achievements: Mapping[str, ItemFields], sayers: Sayers) -> dict[int, str]:
    """Return goal id -> the newest word on how far it is, levels aside."""
    return {
        fields["goal_id"]: fields["progress"]
        for key, fields in _in_order(achievements)
        if fields.get("goal_id") and fields.get("progress") and key not in sayers
    }


def _levels(state: PlanState, sayers: Sayers, evidence: Container[int]) -> dict[int, Level]:
    """Return goal id -> the newest level of these pieces of evidence of the goal or of its steps."""
    served = {int(key): fields["goal_ids"] for key, fields in state.get("step", {}).items()}
    return {
        goal_id: Level(fields["progress"], sayers[key], datetime.fromisoformat(fields["occurred_at"]))
        for key, fields in _in_order(state.get("achievement", {}))
        if key in sayers and fields["evidence_id"] in evidence
        for goal_id in ([fields["goal_id"]] if fields["goal_id"] else served.get(fields["step_id"], []))
    }


def _in_order(items: Mapping[str, ItemFields]) -> list[tuple[int, ItemFields]]:
    """Return (id, fields) as they were noted: of one goal the newest comes last, and stays."""
    return sorted(((int(key), fields) for key, fields in items.items()), key=lambda one: one[0])


def _goal_order(goal: Thing) -> tuple[Any, ...]:
    fields = goal.fields
    return (fields["horizon"] != "long", -(fields.get("years_ahead") or 0), fields["position"], goal.id)


def _step_order(step: Thing) -> tuple[Any, ...]:
    return (step.fields.get("due_on") or "9999", step.fields["position"], step.id)


def _evidence_order(evidence: Thing) -> tuple[Any, ...]:
    return (evidence.fields["captured_on"], evidence.id)
