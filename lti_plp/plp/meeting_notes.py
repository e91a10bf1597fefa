"""What a meeting comes to, goal by goal: noted while it is talked about, and made the plan when it is finished."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.errors import NotFound
from lti_plp.plp.fields import Choice, Day, Field, Flag
from lti_plp.plp.items import ItemKind
from lti_plp.plp.kinds import FIXED
from lti_plp.plp.meetings import Convener, second_words
from lti_plp.plp.models import Goal, Meeting, MeetingNote
from lti_plp.plp.models.items import ItemFields
from lti_plp.plp.plans import Edited
from lti_plp.plp.policy import TEAM_SEES
from lti_plp.plp.revisions import ReviewDraft

NOT_MET = "not_met"
"""The sixth outcome: the goal was not reached, and ends in sight."""
REWORDED = ("statement", "measure")
CHANGES = (*REWORDED, "target_on")
"""Fields of the goal itself."""

NOTE = ItemKind(
    "meeting_note",
    MeetingNote,
    {
        one.name: one
        for one in (
            Choice("outcome", among=(*FIXED["review_outcome"], NOT_MET), optional=True),
            Choice("reason_category", group="reason", optional=True),
            Field("text"),
            Field("next_step"),
            Flag("steps_stay"),
            Field("statement"),
            Field("measure"),
            Day("target_on"),
        )
    },
)
_EMPTY: ItemFields = {"outcome": "", "reason_category": "", "text": "", "next_step": "", "steps_stay": False}


def notes_of(session: Session, meeting_id: int) -> dict[int, MeetingNote]:
    """Return goal id -> what is noted on it; one statement."""
    found = select(MeetingNote).where(MeetingNote.meeting_id == meeting_id).order_by(MeetingNote.id)
    return {one.goal_id: one for one in session.scalars(found.execution_options(populate_existing=True))}


def decided(session: Session, meeting_id: int) -> dict[int, MeetingNote]:
    """Return goal id -> note, where something is decided and the goal is still one that the adults see."""
    found = (
        select(MeetingNote)
        .join(Goal, Goal.id == MeetingNote.goal_id)
        .where(
            MeetingNote.meeting_id == meeting_id,
            MeetingNote.outcome != "",
            Goal.audience.in_(TEAM_SEES),
        )
        .order_by(MeetingNote.id)
    )
    return {one.goal_id: one for one in session.scalars(found.execution_options(populate_existing=True))}


def goal_versions(session: Session, plan_id: int) -> dict[int, int]:
    """Return goal id -> version, of every goal of a plan; one statement."""
    rows = session.execute(select(Goal.id, Goal.version).where(Goal.plan_id == plan_id))
    return {row.id: row.version for row in rows}


def read_note(note: MeetingNote) -> ItemFields:
    """Return a note's fields as they would arrive; words of the goal only where they are to change."""
    return {name: getattr(note, name) for name in _EMPTY} | note.changes


def save_note(
    convener: Convener,
    meeting_id: int,
    goal_id: int,
    seen: int,
    base_version: int,
    values: Mapping[str, Any],
) -> Edited:
    """Note something on a goal, typed over version ``base_version`` of the note.

    ``seen`` is the version of the goal that was in sight.

    :raise NotFound: when there is no such meeting, or the plan has no such goal that the adults see.
    :raise BadInput: when a value is wrong.
    :raise PlpError: 409 ``meeting_over``.
    """
    meeting = convener.planned(meeting_id)
    goal = _goal(convener, goal_id)
    fields = NOTE.clean(values, convener.vocabulary)
    note = notes_of(convener.session, meeting.id).get(goal_id) or _new_note(convener, meeting, goal)
    before = read_note(note)
    wanted = {
        name: value for name, value in fields.items() if value != before.get(name, _standing(goal, name))
    }
    clashes = second_words(
        {name: before.get(name) for name in wanted}, wanted, is_stale=base_version != note.version
    )
    _write(convener, note, {name: value for name, value in wanted.items() if name not in clashes})
    note.goal_version = max(note.goal_version, min(seen, goal.version))
    convener.session.flush()
    return Edited(note.id, note.version, {name: before[name] for name in sorted(clashes)})


def _goal(convener: Convener, goal_id: int) -> Goal:
    goal = convener.session.get(Goal, goal_id, populate_existing=True)
    if goal is None or goal.plan_id != convener.plan.id or goal.audience not in TEAM_SEES:
        raise NotFound("The plan holds no such thing.", code="item_not_here")
    return goal


def _standing(goal: Goal, name: str) -> Any:
    """Return what a field of the goal itself holds; a change to the very same is none."""
    if name not in CHANGES:
        return _EMPTY[name]
    value = getattr(goal, name)
    return value.isoformat() if name == "target_on" and value else value


def _new_note(convener: Convener, meeting: Meeting, goal: Goal) -> MeetingNote:
    note = MeetingNote(
        meeting_id=meeting.id,
        goal_id=goal.id,
        goal_version=0,
        changes={},
        written_by=convener.actor.person_id,
        written_at=convener.now,
        version=0,
        **_EMPTY,
    )
    convener.session.add(note)
    return note


def _write(convener: Convener, note: MeetingNote, fields: ItemFields) -> None:
    if not fields:
        return
    for name, value in fields.items():
        if name not in CHANGES:
            setattr(note, name, value)
    # A new value, not one changed in place: the database is told only of the former.
    note.changes = note.changes | {name: value for name, value in fields.items() if name in CHANGES}
    note.version += 1
    note.written_by, note.written_at = convener.actor.person_id, convener.now


def draft_of(note: MeetingNote) -> ReviewDraft:
    """Return the look at a goal that a note becomes; only what goes with the outcome changes the goal."""
    changes: dict[str, Any] = {}
    if note.outcome == "extend":
        changes = {name: note.changes[name] for name in ("target_on",) if note.changes.get(name)}
    elif note.outcome == "revise":
        changes = {name: note.changes[name] for name in CHANGES if note.changes.get(name)}
    return ReviewDraft(
        outcome="remove" if note.outcome == NOT_MET else note.outcome,
        reason_category=note.reason_category,
        reason=note.text,
        next_step=note.next_step,
        steps_stay=note.steps_stay,
        changes=changes or None,
        not_met=note.outcome == NOT_MET,
    )


def missing_in(note: MeetingNote) -> str:
    """Return the first field that a decision still lacks; empty when nothing does, or nothing is decided."""
    if not note.outcome:
        return ""
    needed = {"text": note.text.strip(), "reason_category": note.reason_category}
    if note.outcome == "extend":
        needed["target_on"] = note.changes.get("target_on") or ""
    return next((name for name, value in needed.items() if not value), "")
