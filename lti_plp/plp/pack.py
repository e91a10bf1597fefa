"""The pack for a conference: everything that is looked at first, made from the plan in the moment it is opened (J9)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from lti_plp.plp.answers import Answered, finished_reflections
from lti_plp.plp.items import plan_state
from lti_plp.plp.kept_revisions import ItemChange, changes_between
from lti_plp.plp.levels import level_sayers
from lti_plp.plp.models import Plan
from lti_plp.plp.models.items import ItemFields
from lti_plp.plp.revisions import last_finished
from lti_plp.plp.talk import CommentCard, SuggestionCard, read_talk
from lti_plp.plp.telling import READERS, Thing, ToldPlan, told

READY = timedelta(days=2)
"""So long before a meeting its pack is what will be talked about; earlier, much may still change."""
MOST_REFLECTIONS = 40
MOST_EVIDENCE = 12
"""Pieces for one goal; a meeting looks at the newest ones."""


@dataclass(frozen=True)
class Said:
    """A comment, with what it is about."""

    comment: CommentCard
    title: str


@dataclass(frozen=True)
class Pack:
    """Everything that a conference looks at first."""

    plan: ToldPlan
    evidence: Mapping[int, tuple[Thing, ...]]
    """Goal id -> the newest pieces about it or its steps."""
    reflections: tuple[Answered, ...]
    """In all voices, since the last version was kept."""
    comments: tuple[Said, ...]
    """Of others, since then."""
    suggestions: tuple[SuggestionCard, ...]
    """Changes that are proposed and not answered."""
    changes: tuple[ItemChange, ...]
    """Since the last version; nothing when there is none."""
    since: datetime | None
    """When that was kept."""
    version: int | None
    """Its number."""

    def people(self) -> set[int]:
        """Return the ids of those who said something."""
        authors = {one.author_id for one in self.suggestions}
        return authors | {one.comment.author_id for one in self.comments} | self.plan.people()


def is_early(starts_at: datetime, now: datetime) -> bool:
    """Say whether the pack is opened so early that much may still change until the meeting."""
    return now < starts_at - READY


def read_pack(session: Session, plan: Plan, reader: str) -> Pack:
    """Return what one of ``READERS`` sees; the number of statements does not depend on how much the plan holds."""
    state = plan_state(session, plan.id)
    last = last_finished(session, plan.id)
    since = last.finished_at if last else None
    shown, audiences = told(state, level_sayers(session, plan.id), reader), READERS[reader]
    talk = read_talk(session, plan)
    written = finished_reflections(session, plan.person_id, audiences, MOST_REFLECTIONS)
    before = (last.snapshot or {}).get("items", {}) if last else {}
    return Pack(
        plan=shown,
        evidence=_evidence(shown),
        reflections=tuple(one for one in written if since is None or one.submitted_at > since),
        comments=tuple(
            Said(one, talk.titles.get(f"{thread.item_kind}:{thread.item_id}", ""))
            for thread in talk.threads
            if _is_for(state, audiences, thread.item_kind, thread.item_id)
            for one in thread.comments
            if not one.is_own and (since is None or one.said_at > since)
        ),
        suggestions=tuple(
            one
            for one in talk.suggestions
            if one.item_id is None or _is_for(state, audiences, one.item_kind, one.item_id)
        ),
        changes=_changes(before, state, audiences) if last else (),
        since=since,
        version=last.number if last else None,
    )


def _is_for(state: Mapping[str, Any], audiences: frozenset[str], kind: str, item_id: int) -> bool:
    fields = state.get(kind, {}).get(str(item_id), {})
    # What has no audience, such as the plan itself, is for everybody who sees the plan.
    return bool(fields) and fields.get("audience", "team") in audiences


def _evidence(shown: ToldPlan) -> dict[int, tuple[Thing, ...]]:
    found: dict[int, tuple[Thing, ...]] = {}
    for goal in shown.goals:
        steps = {one.id for one in goal.steps}
        about = [
            one
            for one in shown.evidence
            if goal.id in one.fields["goal_ids"] or steps & set(one.fields["step_ids"])
        ]
        found[goal.id] = tuple(about[:MOST_EVIDENCE])
    return found


def _changes(
    before: Mapping[str, Mapping[str, ItemFields]],
    state: Mapping[str, Mapping[str, ItemFields]],
    audiences: frozenset[str],
) -> tuple[ItemChange, ...]:
    """Return what changed; of what only the student saw at one of the two times, not the words of that time."""
    now = {kind: _seen(items, audiences) for kind, items in state.items()}
    then = {
        kind: {key: fields for key, fields in _seen(items, audiences).items() if key in now.get(kind, {})}
        for kind, items in before.items()
    }
    return tuple(
        replace(one, changes=tuple(change for change in one.changes if change.name != "audience"))
        for one in changes_between(then, now)
        if one.what != "edit" or any(change.name != "audience" for change in one.changes)
    )


def _seen(items: Mapping[str, ItemFields], audiences: frozenset[str]) -> dict[str, ItemFields]:
    return {key: fields for key, fields in items.items() if fields.get("audience", "team") in audiences}
