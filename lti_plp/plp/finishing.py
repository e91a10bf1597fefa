"""How a meeting becomes a revision: what was noted on each goal, with its reason, and the plan as it stands, kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, PlpError
from lti_plp.plp.actor import Actor
from lti_plp.plp.fields import Field, Vocabulary, refuse
from lti_plp.plp.history import NO_REASON, Why
from lti_plp.plp.invitees import missing_sides, participants
from lti_plp.plp.items import GOAL, ItemKind
from lti_plp.plp.kinds import FIXED
from lti_plp.plp.meeting_notes import CHANGES, decided, draft_of, missing_in
from lti_plp.plp.meetings import find_meeting
from lti_plp.plp.models import (
    Goal,
    Meeting,
    MeetingNote,
    MeetingParticipant,
    Plan,
    PlanRevision,
    Reflection,
)
from lti_plp.plp.models.items import ItemFields
from lti_plp.plp.plans import Edited, PlanEditor
from lti_plp.plp.policy import TEAM_SEES, Action, PlanWork, require
from lti_plp.plp.revisions import begin_revision, finish_revision, open_revision, review_goal, still_open

REVISES: Mapping[str, str] = {
    "initial": "initial",
    "annual": "annual",
    "interim": "interim",
    "student_requested": "interim",
    "student_led": "interim",
    "transition": "transition",
}
"""Kind of meeting -> kind of the revision that it becomes."""
ALWAYS = frozenset({"initial", "annual", "transition"})
"""Kinds of meetings that keep a version of the plan even when nothing in it changes."""
OF_AGE = "of_age"
"""The reason for which a student may be there without family; it needs no attempts."""
_ATTEMPTS, _REASON = Field("attempts"), Field("reason")


class MeetingEditor(PlanEditor):
    """Writes into a plan what a meeting about it came to, and nothing else.

    That is: looks at goals, their words and dates, whether they are met or let go, and the version that is kept.
    """

    kinds_of_revision = frozenset(FIXED["revision_kind"])

    def __init__(
        self,
        session: Session,
        plan: Plan,
        actor: Actor,
        work: PlanWork,
        vocabulary: Vocabulary,
        now: datetime,
        meeting_id: int,
    ) -> None:
        """Take the plan for writing; ``work`` is the plan as the policy sees it for the actor.

        :raise NotAllowed: when the actor may not finish a revision of it.
        """
        self.work, self.meeting_id, self.cause = work, meeting_id, f"meeting:{meeting_id}"
        super().__init__(session, plan, actor, vocabulary, now)

    def _require(self, actor: Actor, plan: Plan) -> None:
        require(
            actor,
            Action.FINISH_REVISION,
            PlanWork(plan.tenant_id, plan.person_id, self.work.audience, self.work.standing),
        )

    def add(
        self,
        kind_name: str,
        values: Mapping[str, Any],
        why: Why = NO_REASON,
        *,
        settled: Mapping[str, Any] | None = None,
    ) -> Any:
        """Add a look at a goal.

        :raise NotAllowed: for everything else.
        """
        self._only(kind_name == "review")
        return super().add(kind_name, values, why, settled=settled)

    def edit(
        self, kind_name: str, item_id: int, base_version: int, values: Mapping[str, Any], why: Why = NO_REASON
    ) -> Edited:
        """Change a goal's words or date.

        :raise NotAllowed: for everything else.
        """
        self._only(kind_name == "goal" and values.keys() <= set(CHANGES))
        return super().edit(kind_name, item_id, base_version, values, why)

    def remove(self, kind_name: str, item_id: int, why: Why = NO_REASON) -> Any:
        """Let a goal go, with the steps that served only it.

        :raise NotAllowed: for everything else.
        """
        self._only(kind_name == "goal" or (kind_name == "step" and why.cause.startswith("goal:")))
        return super().remove(kind_name, item_id, why)

    def restore(self, kind_name: str, item_id: int, why: Why = NO_REASON) -> Any:
        """Bring nothing back: that is the student's.

        :raise NotAllowed: always.
        """
        self._only(False)

    def settle(self, kind: ItemKind, item: Any, values: ItemFields, why: Why = NO_REASON) -> None:
        """Say whether a goal is met.

        :raise NotAllowed: for everything else.
        """
        self._only(kind is GOAL and values.keys() == {"state"})
        super().settle(kind, item, values, why)

    def _only(self, is_of_meeting: bool) -> None:
        if not is_of_meeting:
            # What no meeting does, only the student may.
            require(self.actor, Action.EDIT_PLAN, PlanWork(self.plan.tenant_id, self.plan.person_id))


@dataclass(frozen=True)
class WithoutThem:
    """Why a yearly revision is finished although not everybody who belongs to it was there."""

    attempts: str = ""
    reason: str = ""
    is_of_age: bool = False
    """It is documented that the student is of age: the family need not be there."""

    @property
    def is_said(self) -> bool:
        """Whether anything is said."""
        return bool(self.attempts.strip() or self.reason.strip())


@dataclass(frozen=True)
class Obstacle:
    """One thing that keeps a meeting from being finished."""

    code: str
    goal_id: int | None = None
    field: str = ""


def obstacles(session: Session, plan: Plan, meeting: Meeting) -> tuple[Obstacle, ...]:
    """Return what is still to be done before a meeting can be finished, apart from who must be at a yearly one."""
    found: list[Obstacle] = []
    people = participants(session, meeting.id)
    if not any(one.state == "attended" for one in people):
        found.append(Obstacle("meeting_nobody_there"))
    notes = decided(session, meeting.id)
    goals = {one.id: one for one in session.scalars(select(Goal).where(Goal.id.in_(notes)))}
    for goal_id, note in notes.items():
        if missing := missing_in(note):
            found.append(Obstacle("field_missing", goal_id, missing))
        elif goals[goal_id].version != note.goal_version:
            found.append(Obstacle("meeting_goal_changed", goal_id))
    return (*found, *_left_in_revision(session, plan, notes))


def _left_in_revision(session: Session, plan: Plan, notes: Mapping[int, MeetingNote]) -> list[Obstacle]:
    """Return goals that the student changed for the version to be kept, and of which nothing is decided here."""
    revision = open_revision(session, plan.id)
    if revision is None:
        return []
    missing = still_open(session, revision)
    return [Obstacle("revision_open", one) for one in missing.without_reason if one not in notes] + [
        Obstacle("revision_open", one, "steps_stay") for one in missing.without_steps if one not in notes
    ]


def finish_meeting(editor: MeetingEditor, without: WithoutThem | None = None) -> Meeting:
    """Say that a meeting was held: what was decided on each goal becomes the plan, and a version of it is kept.

    :raise NotFound: when there is no such meeting.
    :raise PlpError: 409 ``meeting_held`` when somebody was quicker, ``meeting_over`` when it was called off,
        ``meeting_goal_changed`` when a goal was changed since it was talked about.
    :raise BadInput: ``meeting_nobody_there``, ``meeting_lacks_people`` for a yearly one, ``field_missing``,
        ``revision_open``; details name the goal.
    """
    meeting = find_meeting(editor.session, editor.plan.id, editor.meeting_id)
    if meeting.state == "held":
        raise PlpError("meeting_held", 409, "Somebody has finished this meeting.")
    if meeting.state != "planned":
        raise PlpError("meeting_over", 409, "This meeting was called off.")
    # All of it, or nothing.
    with editor.session.begin_nested():
        people = participants(editor.session, meeting.id)
        _check_people(editor, meeting, people, without or WithoutThem())
        notes = decided(editor.session, meeting.id)
        _check_notes(editor, notes)
        if notes or meeting.kind in ALWAYS:
            meeting.revision_id = _revise(editor, REVISES[meeting.kind], notes).id
        meeting.state, meeting.held_at = "held", min(meeting.starts_at, editor.now)
        meeting.version += 1
        editor.session.flush()
    return meeting


def _check_people(
    editor: MeetingEditor, meeting: Meeting, people: list[MeetingParticipant], without: WithoutThem
) -> None:
    if not any(one.state == "attended" for one in people):
        raise BadInput("Nobody is noted as there.", code="meeting_nobody_there")
    missing = set(missing_sides(people)) if meeting.kind == "annual" else set()
    if without.is_of_age:
        missing.discard("family")
    if not missing:
        meeting.exception_reason = OF_AGE if without.is_of_age and "family" in missing_sides(people) else ""
        return
    if not without.is_said:
        raise BadInput(
            "A yearly revision needs the student, the school and the family.",
            code="meeting_lacks_people",
            details=dict.fromkeys(sorted(missing), 1),
        )
    for name, text in (("attempts", without.attempts), ("reason", without.reason)):
        if not text.strip():
            raise refuse(name, "missing")
    meeting.exception_attempts = _ATTEMPTS.clean(without.attempts, editor.vocabulary).strip()
    meeting.exception_reason = _REASON.clean(without.reason, editor.vocabulary).strip()


def _check_notes(editor: MeetingEditor, notes: Mapping[int, MeetingNote]) -> None:
    """Look at all of them before the first word is written."""
    for goal_id, note in notes.items():
        if missing := missing_in(note):
            raise BadInput(
                "Something is missing.", code="field_missing", details={"goal": goal_id, "field": missing}
            )
        if editor.item(GOAL, goal_id).version != note.goal_version:
            raise PlpError(
                "meeting_goal_changed", 409, "A goal was changed meanwhile.", details={"goal": goal_id}
            )


def _revise(editor: MeetingEditor, kind: str, notes: Mapping[int, MeetingNote]) -> PlanRevision:
    since = _last_kept(editor.session, editor.plan.id)
    revision = begin_revision(editor, kind)
    # The student may have begun to look the plan over for it.
    revision.kind = kind
    for goal_id, note in notes.items():
        try:
            review_goal(editor, goal_id, note.goal_version, draft_of(note))
        except PlpError as problem:
            problem.details["goal"] = goal_id
            raise
    return finish_revision(editor, reflection_ids=_reflections_since(editor.session, editor.plan, since))


def _last_kept(session: Session, plan_id: int) -> datetime | None:
    return session.scalar(select(func.max(PlanRevision.finished_at)).where(PlanRevision.plan_id == plan_id))


def _reflections_since(session: Session, plan: Plan, since: datetime | None) -> list[int]:
    """Return the reflections of the time since the last version that the team can read."""
    found = select(Reflection.id).where(
        Reflection.person_id == plan.person_id,
        Reflection.state == "submitted",
        Reflection.audience.in_(TEAM_SEES),
    )
    return list(session.scalars(found if since is None else found.where(Reflection.submitted_at > since)))
