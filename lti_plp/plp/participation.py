"""A student's way along a pathway: taken from the catalogue or designed by herself, and always part of the plan.

The student decides what she wants and does; the school agrees beforehand and confirms at the end. Who may move what
from where to where stands in one table.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotFound, PlpError
from lti_plp.plp.actor import Actor
from lti_plp.plp.catalogue import fields_of, find_pathway, is_offered, version_of
from lti_plp.plp.coherence import TAKES_PART
from lti_plp.plp.fields import Field, refuse
from lti_plp.plp.goal_work import add_goal, add_step
from lti_plp.plp.history import Why
from lti_plp.plp.items import GOAL, PATHWAY
from lti_plp.plp.models import ActionStep, Goal, Pathway, PathwayParticipation, Plan, PlanChange
from lti_plp.plp.models.items import ItemFields
from lti_plp.plp.plans import PlanEditor, item_to_judge, write_change
from lti_plp.plp.policy import TEAM_SEES, Action, PlanWork

STUDENT, SCHOOL = "student", "school"

MOVES: Mapping[tuple[str, str], str] = {
    ("idea", "proposed"): STUDENT,
    ("proposed", "approved"): SCHOOL,
    ("proposed", "declined"): SCHOOL,
    ("approved", "under_way"): STUDENT,
    ("under_way", "completed"): STUDENT,
    ("completed", "validated"): SCHOOL,
    ("idea", "withdrawn"): STUDENT,
    ("proposed", "withdrawn"): STUDENT,
    ("approved", "withdrawn"): STUDENT,
    ("under_way", "withdrawn"): STUDENT,
    # What was declined or given up can be thought over, and proposed anew.
    ("declined", "idea"): STUDENT,
    ("withdrawn", "idea"): STUDENT,
}
"""(from, to) -> who moves it; there are no other moves."""

OPEN = frozenset({"idea", "proposed", "approved", "under_way", "completed"})
"""States after which something is still to come."""
AGREED_ON = ("title", "kind", "learn", "expectation", "show", "place", "partners", "starts_on", "ends_on")
"""What the school agrees to when it agrees."""
_WORDS = Field("answer")
_CREDIT = Field("credit")


def moves_of(state: str, who: str) -> tuple[str, ...]:
    """Return where somebody can move a pathway that is in a state."""
    return tuple(to for (there, to), mover in MOVES.items() if (there, mover) == (state, who))


def check_move(state: str, to: str, who: str) -> None:
    """Do nothing when this is a move of the table.

    :raise PlpError: 409 ``pathway_move``, naming both states.
    """
    if MOVES.get((state, to)) != who:
        raise PlpError(
            "pathway_move", 409, "A pathway cannot go on like this.", details={"from": state, "to": to}
        )


# What the student does.


@dataclass(frozen=True)
class Taking:
    """How a student takes an entry of the catalogue into her plan."""

    goal_id: int | None = None
    """The goal that it serves, which its prerequisites become steps of."""
    new_goal: str = ""
    """Words of a goal that is made for it, in place of ``goal_id``."""
    steps: tuple[int, ...] | None = None
    """Which of the prerequisites become steps, by their places from 0; ``None`` for all of them."""


def take_pathway(editor: PlanEditor, pathway_id: int, taking: Taking) -> PathwayParticipation:
    """Take an entry of the catalogue into the plan, as an idea, with what it needs first as steps.

    An entry that stands in the plan and is not over stays as it is, so that two clicks do no harm.

    :raise NotFound: when there is no such entry, or the plan has no such goal.
    :raise PlpError: 409 ``pathway_withdrawn`` when it is not offered any more.
    :raise BadInput: when steps are wanted and no goal for them, or the goal was removed.
    """
    entry = find_pathway(editor.session, editor.plan.tenant_id, pathway_id)
    there = taken(editor.session, editor.plan.id, entry.id)
    if there is not None:
        return there
    if not is_offered(entry, editor.now.date()):
        raise PlpError("pathway_withdrawn", 409, "This pathway is not offered any more.")
    wanted = _wanted_steps(entry, taking)
    goal = _goal_for(editor, taking)
    if wanted and goal is None:
        raise refuse("goal_id", "missing")
    values = {"kind": entry.kind, "title": entry.title}
    if goal is not None and goal.kind == "postsecondary":
        values["goal_id"] = goal.id
    settled = {"pathway_id": entry.id, "pathway_version": entry.version}
    item: PathwayParticipation = editor.add("pathway", values, settled=settled)
    for one in wanted:
        add_step(editor, goal.id, one, Why(cause=f"pathway:{item.id}"))
    return item


def _wanted_steps(entry: Pathway, taking: Taking) -> list[dict[str, str]]:
    if taking.steps is None:
        return list(entry.prerequisites)
    return [one for number, one in enumerate(entry.prerequisites) if number in taking.steps]


def _goal_for(editor: PlanEditor, taking: Taking) -> Any:
    if taking.new_goal.strip():
        return add_goal(editor, {"statement": taking.new_goal})
    if taking.goal_id is None:
        return None
    goal = editor.item(GOAL, taking.goal_id)
    if goal.removed_at is not None:
        raise BadInput("The goal was removed.", code="item_removed")
    return goal


def taken(session: Session, plan_id: int, pathway_id: int) -> PathwayParticipation | None:
    """Return how an entry stands in a plan, if it does and is not over."""
    return session.scalars(
        select(PathwayParticipation)
        .where(
            PathwayParticipation.plan_id == plan_id,
            PathwayParticipation.pathway_id == pathway_id,
            PathwayParticipation.removed_at.is_(None),
            PathwayParticipation.state.in_(OPEN),
        )
        .order_by(PathwayParticipation.id)
        .limit(1)
    ).one_or_none()


def design_pathway(editor: PlanEditor, values: Mapping[str, Any]) -> PathwayParticipation:
    """Add a pathway of the student's own design, as an idea.

    :raise BadInput: when it has no title, or a value is wrong.
    """
    if not str(values.get("title", "")).strip():
        raise refuse("title", "missing")
    item: PathwayParticipation = editor.add("pathway", values)
    return item


def move_pathway(editor: PlanEditor, item_id: int, to: str) -> PathwayParticipation:
    """Go on with a pathway as its student.

    Whoever proposes something lets those see it who are to answer.

    :raise NotFound: when the plan has no such pathway.
    :raise PlpError: 409 ``pathway_move`` for what is no move of hers; 409 ``item_removed``.
    :raise BadInput: when nothing says yet what is proposed.
    """
    item: PathwayParticipation = editor.item(PATHWAY, item_id)
    if item.removed_at is not None:
        raise PlpError("item_removed", 409, "The thing that this is about was removed.")
    if item.state == to:
        return item
    check_move(item.state, to, STUDENT)
    changes: ItemFields = {"state": to}
    if to == "proposed":
        if item.pathway_id is None and not item.learn.strip():
            raise refuse("learn", "missing")
        if item.audience == "me":
            changes["audience"] = "team"
    editor.settle(PATHWAY, item, changes)
    return item


# What the school does.


@dataclass(frozen=True)
class Decision:
    """What the school says of a proposal, or at the end."""

    to: str
    version: int
    """Of the pathway that was read; nobody agrees to what changed unseen."""
    answer: str = ""
    credit: str = ""
    """What it counts for; said when it is confirmed."""


def decide_pathway(
    session: Session, actor: Actor, work: PlanWork, item_id: int, decision: Decision, now: datetime
) -> PathwayParticipation:
    """Agree to a proposal or not, or confirm what was done; it stands in the history as the actor's deed.

    ``work`` is the student's plan for the policy; who sees the pathway itself is asked here.

    :raise NotAllowed: when the actor may not decide it.
    :raise NotFound: when the plan has no such pathway.
    :raise PlpError: 409 ``pathway_move``, ``pathway_changed``, ``item_removed``.
    :raise BadInput: when a needed word is missing, or there are too many.
    """
    plan, item = item_to_judge(session, actor, Action.DECIDE_PATHWAY, work, PathwayParticipation, item_id)
    check_move(item.state, decision.to, SCHOOL)
    if item.version != decision.version:
        raise PlpError("pathway_changed", 409, "Somebody else changed this meanwhile.")
    changes = _said(decision) | {"state": decision.to, "decided_by": actor.person_id}
    before = PATHWAY.read(session, item)
    changed = {name: value for name, value in changes.items() if value != before[name]}
    write_change(session, plan, actor, (PATHWAY, item, before), ("edit", changed), now)
    return item


def _said(decision: Decision) -> ItemFields:
    """Return the school's words, checked."""
    answer = _WORDS.clean(decision.answer, lambda _: ()).strip()
    if decision.to == "declined" and not answer:
        raise refuse("answer", "missing")
    if decision.to != "validated":
        return {"answer": answer}
    credit = _CREDIT.clean(decision.credit, lambda _: ()).strip()
    if not credit:
        raise refuse("credit", "missing")
    return {"answer": answer, "credit": credit}


# Reading.


@dataclass(frozen=True)
class TakenEntry:
    """The entry of the catalogue that a pathway came from, as it was when it was taken."""

    id: int
    number: int
    """Of the version that it was taken with."""
    fields: ItemFields
    is_changed: bool
    """Whether the entry says something else today."""
    is_withdrawn: bool
    """Whether nobody can take it any more."""


@dataclass(frozen=True)
class PathwayPage:
    """One pathway of a plan with what is around it."""

    item: PathwayParticipation
    entry: TakenEntry | None
    """``None`` for one of the student's own design."""
    goal: Goal | None
    steps: tuple[ActionStep, ...]
    """Those that came into the plan with it."""
    changed_since: tuple[str, ...]
    """What the student changed after the school had agreed to it."""

    @property
    def is_taking_part(self) -> bool:
        """Whether the student takes part, so that it stays in the plan."""
        return self.item.state in TAKES_PART


def read_pathways(
    session: Session, plan_id: int, audiences: Collection[str] | None = None
) -> list[PathwayParticipation]:
    """Return the pathways of a plan, what is open first, then the newest; for all, or only of some audiences."""
    found = select(PathwayParticipation).where(
        PathwayParticipation.plan_id == plan_id, PathwayParticipation.removed_at.is_(None)
    )
    if audiences is not None:
        found = found.where(PathwayParticipation.audience.in_(audiences))
    return sorted(session.scalars(found), key=lambda one: (one.state not in OPEN, -one.id))


def read_pathway(session: Session, plan_id: int, item_id: int, now: datetime) -> PathwayPage:
    """Return one pathway of a plan, removed or not.

    :raise NotFound: when the plan has no such pathway.
    """
    item = session.get(PathwayParticipation, item_id, populate_existing=True)
    if item is None or item.plan_id != plan_id:
        raise NotFound("The plan holds no such thing.", code="item_not_here")
    return PathwayPage(
        item=item,
        entry=_taken_entry(session, item, now),
        goal=session.get(Goal, item.goal_id) if item.goal_id else None,
        steps=tuple(_steps_of(session, item)),
        changed_since=_changed_since(session, item),
    )


def _taken_entry(session: Session, item: PathwayParticipation, now: datetime) -> TakenEntry | None:
    if item.pathway_id is None or item.pathway_version is None:
        return None
    entry = session.get_one(Pathway, item.pathway_id)
    kept = version_of(session, entry.id, item.pathway_version)
    fields = kept.fields if kept else fields_of(entry)
    today = fields_of(entry)
    return TakenEntry(
        id=entry.id,
        number=item.pathway_version,
        fields=fields,
        # When it can be taken is no word about what it is.
        is_changed=any(
            fields[name] != today[name] for name in fields if name not in {"valid_from", "valid_to"}
        ),
        is_withdrawn=not is_offered(entry, now.date()),
    )


def _steps_of(session: Session, item: PathwayParticipation) -> list[ActionStep]:
    came_with = select(PlanChange.item_id).where(
        PlanChange.plan_id == item.plan_id,
        PlanChange.item_kind == "step",
        PlanChange.action == "add",
        PlanChange.cause == f"pathway:{item.id}",
    )
    return list(
        session.scalars(
            select(ActionStep)
            .where(ActionStep.id.in_(came_with), ActionStep.removed_at.is_(None))
            .order_by(ActionStep.position, ActionStep.id)
        )
    )


def _changed_since(session: Session, item: PathwayParticipation) -> tuple[str, ...]:
    if item.state not in TAKES_PART:
        return ()
    changes = session.scalars(
        select(PlanChange)
        .where(
            PlanChange.plan_id == item.plan_id,
            PlanChange.item_kind == "pathway",
            PlanChange.item_id == item.id,
            PlanChange.action == "edit",
        )
        .order_by(PlanChange.number.desc())
    )
    found: set[str] = set()
    for change in changes:
        if change.fields.get("state", ["", ""])[1] == "approved":
            break
        found |= change.fields.keys()
    return tuple(name for name in AGREED_ON if name in found)


@dataclass(frozen=True)
class Proposal:
    """A pathway that waits for a word of the school."""

    item: PathwayParticipation
    student_id: int


def waiting(session: Session, tenant_id: int, student_ids: Collection[int]) -> list[Proposal]:
    """Return what waits for the school among some students, what has waited longest first; one statement.

    ``student_ids`` are those for whom the reader may decide.
    """
    if not student_ids:
        return []
    rows = session.execute(
        select(PathwayParticipation, Plan.person_id)
        .join(Plan, Plan.id == PathwayParticipation.plan_id)
        .where(
            Plan.tenant_id == tenant_id,
            Plan.person_id.in_(student_ids),
            PathwayParticipation.state.in_([there for there, _ in MOVES if moves_of(there, SCHOOL)]),
            PathwayParticipation.audience.in_(TEAM_SEES),
            PathwayParticipation.removed_at.is_(None),
        )
        .order_by(PathwayParticipation.changed_at, PathwayParticipation.id)
    )
    return [Proposal(item, person_id) for item, person_id in rows]
