"""Handing in something of one's own plan to a course: what there is, doing it, and what its teachers then see."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_plp.errors import NotFound
from lti_plp.plp.actor import Actor
from lti_plp.plp.answers import Answered, finished_reflections
from lti_plp.plp.evidence_lists import EvidenceList, Wish, list_evidence
from lti_plp.plp.models import ActionStep, Evidence, Goal, GoalStep, HandIn, Plan, Reflection
from lti_plp.plp.models.items import AUDIENCES
from lti_plp.plp.policy import TEAM_SEES, Action, HandedInWork, PlanWork, require
from lti_plp.plp.reading import GoalCard, read_goals

REFLECTIONS = 50
"""The newest ones that are offered."""


@dataclass(frozen=True)
class Offered:
    """What a student can hand in."""

    evidence: EvidenceList
    reflections: tuple[Answered, ...]
    """Finished ones: a draft is the student's alone."""
    goals: tuple[GoalCard, ...]

    def __bool__(self) -> bool:
        return bool(self.evidence.cards or self.reflections or self.goals)


@dataclass(frozen=True)
class HandedIn:
    """Something that was handed in, as it is now; what was taken away since is none of the three."""

    student_id: int
    made_at: datetime
    evidence: Evidence | None = None
    reflection: Answered | None = None
    goal: Goal | None = None
    steps: tuple[ActionStep, ...] = ()
    """Of the goal, those that teachers see anyway."""

    @property
    def is_there(self) -> bool:
        """Whether there is still something to be seen."""
        return bool(self.evidence or self.reflection or self.goal)

    @property
    def title(self) -> str:
        """Its own words for what it is; may be empty."""
        if self.evidence:
            return self.evidence.title or self.evidence.text or self.evidence.url
        return self.reflection.title if self.reflection else self.goal.statement if self.goal else ""


def offered(session: Session, actor: Actor, plan: Plan | None, before: str = "") -> Offered:
    """Return what the actor can hand in; ``before`` is where the last page of evidence ended.

    :raise NotAllowed: when the actor is no student.
    """
    require(actor, Action.EDIT_PLAN, PlanWork(actor.tenant_id, actor.person_id))
    return Offered(
        list_evidence(session, plan.id, Wish(), before) if plan else EvidenceList((), ""),
        finished_reflections(session, actor.person_id, AUDIENCES, REFLECTIONS),
        tuple(one for one in read_goals(session, plan.id) if one.statement) if plan else (),
    )


def hand_in(
    session: Session, actor: Actor, kind: str, item_id: int, now: datetime
) -> tuple[HandIn, HandedIn]:
    """Let whoever teaches the actor's course see something of the actor's own; twice is once.

    :raise NotAllowed: when the actor is no student of a course.
    :raise NotFound: ``item_not_here`` when there is no such thing of the actor's.
    """
    if actor.course_id is None:
        raise NotFound("Nothing is handed in to no course.", code="item_not_here")
    require(actor, Action.HAND_IN, HandedInWork(actor.tenant_id, actor.course_id, actor.person_id))
    wanted = HandIn(
        id=str(uuid.uuid4()),
        tenant_id=actor.tenant_id,
        person_id=actor.person_id,
        course_id=actor.course_id,
        kind=kind,
        item_id=item_id,
        made_at=now,
    )
    shown = _shown(session, wanted)
    if not shown.is_there:
        raise NotFound("There is no such thing.", code="item_not_here")
    made = _found(session, wanted)
    if made is None:
        try:
            with session.begin_nested():
                session.add(wanted)
            made = wanted
        except IntegrityError:
            # The other tab was quicker.
            made = _found(session, wanted)
    if made is None:
        raise NotFound("There is no such thing.", code="item_not_here")
    return made, shown


def _found(session: Session, like: HandIn) -> HandIn | None:
    return session.scalar(
        select(HandIn).where(
            HandIn.person_id == like.person_id,
            HandIn.course_id == like.course_id,
            HandIn.kind == like.kind,
            HandIn.item_id == like.item_id,
        )
    )


def read_hand_in(session: Session, actor: Actor, hand_in_id: str) -> HandedIn:
    """Return what was handed in, for whoever teaches the course, and for the student.

    :raise NotFound: ``hand_in_unknown`` when nothing was, or it was taken away since.
    :raise NotAllowed: for everybody else.
    """
    made = session.get(HandIn, hand_in_id)
    if made is None or made.tenant_id != actor.tenant_id:
        raise NotFound("Nothing was handed in here.", code="hand_in_unknown")
    require(actor, Action.READ_HAND_IN, HandedInWork(made.tenant_id, made.course_id, made.person_id))
    shown = _shown(session, made)
    if not shown.is_there:
        raise NotFound("It was taken away.", code="hand_in_unknown")
    return shown


def _shown(session: Session, made: HandIn) -> HandedIn:
    """Return the thing as its student has it now."""
    student_id, made_at = made.person_id, made.made_at
    if made.kind == "reflection":
        # The words that were sent, not a later draft.
        one = finished_reflections(session, student_id, AUDIENCES, 1, Reflection.id == made.item_id)
        return HandedIn(student_id, made_at, reflection=one[0] if one else None)
    if made.kind == "evidence":
        return HandedIn(student_id, made_at, evidence=session.scalar(_own(Evidence, made)))
    if made.kind == "goal":
        goal = session.scalar(_own(Goal, made))
        return HandedIn(student_id, made_at, goal=goal, steps=_steps(session, goal) if goal else ())
    return HandedIn(student_id, made_at)


def _own(model: type[Evidence | Goal], made: HandIn) -> Select[Any]:
    return (
        select(model)
        .join(Plan, Plan.id == model.plan_id)
        .where(model.id == made.item_id, model.removed_at.is_(None), Plan.person_id == made.person_id)
    )


def _steps(session: Session, goal: Goal) -> tuple[ActionStep, ...]:
    steps = session.scalars(
        select(ActionStep)
        .join(GoalStep, GoalStep.step_id == ActionStep.id)
        .where(
            GoalStep.goal_id == goal.id, ActionStep.removed_at.is_(None), ActionStep.audience.in_(TEAM_SEES)
        )
        .order_by(ActionStep.position, ActionStep.id)
    )
    return tuple(steps)


def is_handed_in(session: Session, actor: Actor, file_id: str) -> bool:
    """Whether a file is of evidence that was handed in to the course that the actor teaches."""
    if not actor.is_staff or actor.course_id is None:
        return False
    found = (
        select(HandIn.id)
        .join(Evidence, Evidence.id == HandIn.item_id)
        .where(
            HandIn.tenant_id == actor.tenant_id,
            HandIn.course_id == actor.course_id,
            HandIn.kind == "evidence",
            Evidence.file_id == file_id,
            Evidence.removed_at.is_(None),
        )
    )
    return session.scalar(found.limit(1)) is not None
