"""Reading what a student looks over before a version of the plan is kept: goals, what changed, what is still open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_plp.plp.actor import Actor
from lti_plp.plp.goal_page import Looked
from lti_plp.plp.items import plan_state
from lti_plp.plp.models import GoalReview, Plan, PlanRevision
from lti_plp.plp.reading import GoalCard, read_goals
from lti_plp.plp.reflection_lists import ReflectionLine, list_own
from lti_plp.plp.revisions import Open, differences, last_finished, open_revision, still_open

MOST_LINES = 24
MOST_REFLECTIONS = 8

_NAMES: Mapping[str, tuple[str, ...]] = {
    "entry": ("text",),
    "baseline": ("instrument",),
    "goal": ("statement",),
    "step": ("text",),
    "evidence": ("title", "reason", "text", "url"),
    "pathway": ("title",),
    "transition": ("going_to",),
}
"""Kinds of items of which a change is told, with the fields that may say what one is called."""
_UNSAID = frozenset({"position", "removed"})


@dataclass(frozen=True)
class Difference:
    """What became of one item since a version."""

    kind: str
    item_id: int
    name: str
    """In the student's words; may be empty."""
    became: str
    """``new``, ``removed``, ``back`` or ``changed``."""
    fields: tuple[str, ...]
    """Which ones changed."""
    state: str
    """The state that it has come to, where that changed."""


@dataclass(frozen=True)
class GoalToLookAt:
    """A goal, with the look at it that the version to be kept will hold."""

    goal: GoalCard
    looked: Looked | None


@dataclass(frozen=True)
class Kept:
    """A version that was kept."""

    number: int
    finished_at: Any
    note: str


@dataclass(frozen=True)
class RevisionPage:
    """Everything there is to look over."""

    open: PlanRevision | None
    """The revision that is being worked on."""
    last: Kept | None
    goals: tuple[GoalToLookAt, ...]
    """Those that are being worked on, and those that were looked at for this version."""
    changes: tuple[Difference, ...]
    """Since the last version; all there is when there was none."""
    more_changes: int
    missing: Open
    names: Mapping[int, str]
    """Goal id -> its words, for what is missing."""
    reflections: tuple[ReflectionLine, ...]
    """The newest ones with a word in them."""

    @property
    def next_goal(self) -> GoalCard | None:
        """The next goal that nobody has looked at yet."""
        return next((one.goal for one in self.goals if one.looked is None), None)


def read_revision(session: Session, actor: Actor, plan: Plan) -> RevisionPage:
    """Return what there is to look over; the number of statements does not depend on how much the plan holds."""
    revision = open_revision(session, plan.id)
    last = last_finished(session, plan.id)
    state = plan_state(session, plan.id)
    before = (last.snapshot or {}).get("items", {}) if last else {}
    changes = told(before, state)
    missing = still_open(session, revision) if revision else Open((), ())
    return RevisionPage(
        open=revision,
        last=Kept(last.number, last.finished_at, last.note) if last else None,
        goals=_goals(session, plan.id, revision),
        changes=changes[:MOST_LINES],
        more_changes=max(0, len(changes) - MOST_LINES),
        missing=missing,
        names={int(key): fields["statement"] for key, fields in state["goal"].items()},
        reflections=_reflections(session, actor),
    )


def told(older: Mapping[str, Any], newer: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Return what a student would tell of the differences between two states of a plan."""
    found: list[Difference] = []
    changed = differences(older, newer)
    for kind in _NAMES:
        for key, fields in changed.get(kind, {}).items():
            now = newer.get(kind, {}).get(key, {})
            became = _became(key in older.get(kind, {}), fields, now)
            told_fields = tuple(name for name in fields if name not in _UNSAID)
            if became and (became != "changed" or told_fields):
                found.append(
                    Difference(
                        kind=kind,
                        item_id=int(key),
                        name=next((now[name] for name in _NAMES[kind] if now.get(name)), ""),
                        became=became,
                        fields=told_fields if became == "changed" else (),
                        state=now.get("state", "") if became == "changed" and "state" in fields else "",
                    )
                )
    return tuple(found)


def _became(was_there: bool, fields: Mapping[str, Sequence[Any]], now: Mapping[str, Any]) -> str:
    is_removed = bool(now.get("removed"))
    if not was_there:
        return "" if is_removed else "new"
    if "removed" in fields:
        return "removed" if is_removed else "back"
    return "" if is_removed else "changed"


def _goals(session: Session, plan_id: int, revision: PlanRevision | None) -> tuple[GoalToLookAt, ...]:
    looked: dict[int, Looked] = {}
    if revision is not None:
        newest = (
            select(func.max(GoalReview.id))
            .where(GoalReview.revision_id == revision.id)
            .group_by(GoalReview.goal_id)
        )
        for row in session.execute(
            select(
                GoalReview.goal_id,
                GoalReview.outcome,
                GoalReview.reason_category,
                GoalReview.reason,
                GoalReview.next_step,
                GoalReview.created_at,
            ).where(GoalReview.id.in_(newest))
        ):
            looked[row.goal_id] = Looked(*row[1:])
    return tuple(
        GoalToLookAt(one, looked.get(one.id))
        for one in read_goals(session, plan_id)
        if one.is_open or one.id in looked
    )


def _reflections(session: Session, actor: Actor) -> tuple[ReflectionLine, ...]:
    written = [one for one in list_own(session, actor).lines if one.state != "new"]
    return tuple(written[:MOST_REFLECTIONS])
