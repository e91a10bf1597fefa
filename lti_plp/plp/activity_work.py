"""What a student has done in her plan since something was asked for, in her own words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session

from lti_plp.plp.activities import Activity
from lti_plp.plp.data_files import in_language
from lti_plp.plp.models import (
    Achievement,
    ActionStep,
    Evidence,
    Goal,
    GoalReview,
    Meeting,
    Plan,
    ProfileEntry,
    TransitionPlan,
)
from lti_plp.plp.policy import TEAM_SEES

MOST_SHOWN = 20
"""Of one kind: enough to see that it was done."""
MOST_WORDS = 300
"""Characters of one thing's words that are told."""


@dataclass(frozen=True)
class Done:
    """One thing that was done."""

    text: str
    """The student's words; may be empty for what needs none."""
    is_private: bool
    """Only the student sees it: others are told that it is there, and no word of it."""
    at: datetime


@dataclass(frozen=True)
class ActivityWork:
    """An activity, and what one student has done for it."""

    activity: Activity
    done: tuple[Done, ...] = ()

    def told(self, locale: str) -> str:
        """Return what was done as it is handed in, one line for each thing; nothing of what is the student's alone."""
        name = in_language(self.activity.done, locale)
        private = in_language(self.activity.private, locale)
        words = (f"({private})" if one.is_private else one.text for one in self.done)
        return "\n".join(f"{name}: {text}" if text else name for text in words)


def work_since(session: Session, person_id: int, activity: Activity, since: datetime) -> ActivityWork:
    """Return what a student has done for an activity since a moment, oldest first.

    What was removed again does not count.
    """
    rows = [row for find in _FOUND[activity.counts] for row in session.execute(find(person_id, since))]
    found = sorted((_done(*row) for row in rows), key=lambda one: one.at)
    return ActivityWork(activity, tuple(found[:MOST_SHOWN]))


def _done(text: str, audience: str, at: datetime) -> Done:
    words = " ".join(text.split())
    shown = words if len(words) <= MOST_WORDS else words[: MOST_WORDS - 1] + "…"
    return Done(shown, audience not in TEAM_SEES, at)


_Rows = Select[*tuple[Any, ...]]
"""Words, audience and time of each."""
_Found = Callable[[int, datetime], _Rows]


def _items(model: Any, words: Any, at: Any) -> _Found:
    """Return how to find items of a plan by when they were written."""

    def find(person_id: int, since: datetime) -> _Rows:
        return (
            select(words, model.audience, at)
            .join(Plan, Plan.id == model.plan_id)
            .where(Plan.person_id == person_id, at >= since, model.removed_at.is_(None))
            .order_by(at)
            .limit(MOST_SHOWN)
        )

    return find


def _of_goals(model: Any, words: Any, *more: Any) -> _Found:
    """Return how to find what was said of goals; who sees it follows from the goal."""

    def find(person_id: int, since: datetime) -> _Rows:
        return (
            select(words, Goal.audience, model.created_at)
            .join(Goal, Goal.id == model.goal_id)
            .join(Plan, Plan.id == model.plan_id)
            .where(Plan.person_id == person_id, model.created_at >= since, Goal.removed_at.is_(None), *more)
            .order_by(model.created_at)
            .limit(MOST_SHOWN)
        )

    return find


def _meetings(person_id: int, since: datetime) -> _Rows:
    # What was said there stands on the meeting's own page.
    return (
        select(literal(""), literal("team"), Meeting.held_at)
        .join(Plan, Plan.id == Meeting.plan_id)
        .where(Plan.person_id == person_id, Meeting.held_at >= since)
        .order_by(Meeting.held_at)
        .limit(MOST_SHOWN)
    )


def _first_of(*words: Any) -> Any:
    return func.coalesce(*(func.nullif(one, "") for one in words), "")


_FOUND: Mapping[str, tuple[_Found, ...]] = {
    # An older entry that was brought up to date counts as well as a new one.
    "entry": (_items(ProfileEntry, ProfileEntry.text, ProfileEntry.changed_at),),
    "goal": (_items(Goal, Goal.statement, Goal.created_at),),
    "step": (_items(ActionStep, ActionStep.text, ActionStep.created_at),),
    "evidence": (
        _items(Evidence, _first_of(Evidence.title, Evidence.text, Evidence.url), Evidence.created_at),
    ),
    "achievement": (
        _of_goals(Achievement, _first_of(Achievement.claim, Goal.statement), Achievement.source == "manual"),
    ),
    "meeting": (_meetings, _of_goals(GoalReview, GoalReview.reason)),
    "transition": (
        _items(
            TransitionPlan,
            _first_of(TransitionPlan.going_to, TransitionPlan.leaving),
            TransitionPlan.changed_at,
        ),
    ),
}
