"""Which critical elements a plan has: there, in part or missing, each with a reason; adults may say otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput
from lti_plp.plp.actor import Actor
from lti_plp.plp.history import acting_role
from lti_plp.plp.items import plan_state
from lti_plp.plp.levels import level_sayers
from lti_plp.plp.models import ElementMark, Plan, Reflection, TransitionPlan
from lti_plp.plp.policy import Action, PlanWork, require
from lti_plp.plp.telling import READERS, ToldPlan, told
from lti_plp.plp.texts import storable

ELEMENTS = (
    "information",
    "profile",
    "goals",
    "steps",
    "achievement",
    "reflection",
    "revision",
    "transition",
)
"""The eight critical elements, in their order."""
MARKS = ("present", "partial", "missing", "computed")
"""What an adult may say of one; ``computed`` takes an earlier word back."""
YEAR = timedelta(days=365)
SIDES = 3
"""Kinds of things that a profile says before it counts as there."""
MAX_NOTE = 2000

Found = tuple[str, str]
"""(``present``, ``partial``, ``missing`` or ``not_applicable``; the reason's stable name)."""


@dataclass(frozen=True)
class Element:
    """One critical element of a plan."""

    name: str
    computed: str
    reason: str
    mark: ElementMark | None = None
    """What an adult said last, if it was not taken back."""

    @property
    def state(self) -> str:
        """What counts: an adult's word, else what was computed."""
        return self.mark.mark if self.mark else self.computed


def elements_of(session: Session, plan: Plan, now: datetime, reader: str = "me") -> tuple[Element, ...]:
    """Return the elements, as far as a reader (one of ``READERS``) sees the plan; a fixed number of statements."""
    seen = told(plan_state(session, plan.id), level_sayers(session, plan.id), reader)
    reflected = session.scalar(
        select(func.max(Reflection.submitted_at)).where(
            Reflection.person_id == plan.person_id,
            Reflection.submissions > 0,
            Reflection.audience.in_(READERS[reader]),
        )
    )
    found: Mapping[str, Found] = {
        "information": ("present", "grade_said") if plan.grade is not None else ("partial", "grade_open"),
        "profile": _profile(seen),
        "goals": _goals(seen),
        "steps": _steps(seen),
        "achievement": _achievement(seen),
        "reflection": _recent("reflected", reflected, now),
        "revision": _recent("revised", plan.formally_updated_at, now),
        "transition": _transition(session, plan, reader),
    }
    marks = _marks(session, plan.id)
    return tuple(Element(name, *found[name], marks.get(name)) for name in ELEMENTS)


def _profile(plan: ToldPlan) -> Found:
    kinds = {one.fields["kind"] for one in plan.entries}
    if not kinds:
        return "missing", "profile_empty"
    return ("present", "profile_full") if len(kinds) >= SIDES else ("partial", "profile_few")


def _goals(plan: ToldPlan) -> Found:
    goals = [one for one in plan.goals if one.is_open and one.fields["statement"].strip()]
    if not goals:
        return "missing", "goals_none"
    if {one.fields["horizon"] for one in goals} != {"short", "long"}:
        return "partial", "goals_one_horizon"
    near = [one for one in goals if one.fields["horizon"] == "short"]
    if not all(one.fields["measure"].strip() and one.fields["target_on"] for one in near):
        return "partial", "goals_open"
    return "present", "goals_full"


def _steps(plan: ToldPlan) -> Found:
    if not any(one.steps for one in plan.goals) and not plan.other_steps:
        return "missing", "steps_none"
    near = [one for one in plan.goals if one.is_open and one.fields["horizon"] == "short"]
    if not all(one.steps for one in near):
        return "partial", "steps_goal_without"
    if not all(step.fields["due_on"] for one in near for step in one.steps):
        return "partial", "steps_undated"
    return "present", "steps_full"


def _achievement(plan: ToldPlan) -> Found:
    shown = {f"goal:{one}" for piece in plan.evidence for one in piece.fields["goal_ids"]}
    shown |= {f"step:{one}" for piece in plan.evidence for one in piece.fields["step_ids"]}
    if shown & plan.titles.keys():
        return "present", "achievement_shown"
    if plan.evidence or any(one.progress.source == "said" or one.level for one in plan.goals):
        return "partial", "achievement_unlinked"
    return "missing", "achievement_none"


def _recent(name: str, at: datetime | None, now: datetime) -> Found:
    if at is None:
        return "missing", f"{name}_never"
    return ("present", f"{name}_lately") if now - at <= YEAR else ("partial", f"{name}_long_ago")


def _transition(session: Session, plan: Plan, reader: str) -> Found:
    states = set(
        session.scalars(
            select(TransitionPlan.state).where(
                TransitionPlan.plan_id == plan.id,
                TransitionPlan.removed_at.is_(None),
                TransitionPlan.audience.in_(READERS[reader]),
            )
        )
    )
    if not states:
        return "not_applicable", "transition_none"
    return ("partial", "transition_draft") if "draft" in states else ("present", "transition_agreed")


def _marks(session: Session, plan_id: int) -> dict[str, ElementMark]:
    rows = session.scalars(select(ElementMark).where(ElementMark.plan_id == plan_id).order_by(ElementMark.id))
    newest = {one.element: one for one in rows}
    return {name: one for name, one in newest.items() if one.mark != "computed"}


def mark_element(
    session: Session,
    actor: Actor,
    plan: Plan,
    work: PlanWork,
    element: str,
    mark: str,
    note: str,
    now: datetime,
) -> ElementMark:
    """Say of an element what an adult judges, over what is computed, with a note why.

    :raise NotAllowed: when the actor may not.
    :raise BadInput: for an element or a mark that there is not, without a note, or with one that is too long.
    """
    require(actor, Action.MARK_ELEMENTS, work)
    words = storable(note).strip()
    if element not in ELEMENTS or mark not in MARKS:
        raise BadInput("There is no such mark.", code="field_unknown_choice", details={"field": "mark"})
    if not words and mark != "computed":
        raise BadInput("Nothing is written yet.", code="field_missing", details={"field": "note"})
    if len(words) > MAX_NOTE:
        raise BadInput(
            "The text is too long.", code="field_too_long", details={"field": "note", "longest": MAX_NOTE}
        )
    made = ElementMark(
        plan_id=plan.id,
        element=element,
        mark=mark,
        note=words,
        marked_by=actor.person_id,
        acting_role=acting_role(actor),
        at=now,
    )
    session.add(made)
    session.flush()
    return made
