"""A student's change to another school or to what comes after school, and what the receiving adult gets of the plan.

Nothing is handed over before those have agreed who have to: the student, and for a minor the family. What they agree
to is one version of the transition plan, chosen parts of the plan, and one receiver; when any of these becomes another,
it takes a new agreement.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.errors import NotFound, PlpError
from lti_plp.plp.actor import Actor
from lti_plp.plp.data_files import Texts, entries_of, id_of, in_language, read_data
from lti_plp.plp.fields import Line, refuse
from lti_plp.plp.history import locked_plan
from lti_plp.plp.items import TRANSITION
from lti_plp.plp.models import Plan, PlanChange, TransitionAgreement, TransitionPlan
from lti_plp.plp.plans import STANDS_APART, PlanEditor, find_plan, write_change
from lti_plp.plp.policy import Action, PlanWork, require

PARTS = ("profile", "goals", "pathways", "evidence", "supports", "team")
"""Parts of the plan that may go along; what is said for the new adults always does.

``supports`` are the pointers to papers such as an IEP; with ``team`` go the words that only teachers and advisors see,
without it only what the family sees as well.
"""
FILE = "transitions.toml"
_LINE = Line("name")


@cache
def proposals(config_folder: Path) -> Mapping[str, tuple[Texts, ...]]:
    """Return kind of transition -> what a student could see to; of ``<config_folder>/plan/transitions.toml``.

    :raise ValueError: naming the entry, when the data are not complete.
    """
    found: dict[str, tuple[Texts, ...]] = {}
    for entry in entries_of(read_data(config_folder / "plan", "transitions"), "transition", FILE):
        key, where = id_of(entry, FILE)
        checks = entry.get("check")
        if not isinstance(checks, list) or not all(_is_text(one) for one in checks):
            raise ValueError(f"{where}: check must list texts in English and Spanish")
        found[key] = tuple(checks)
    return found


def _is_text(one: Any) -> bool:
    return (
        isinstance(one, dict)
        and set(one) == {"en", "es"}
        and all(isinstance(text, str) for text in one.values())
    )


def begin_transition(editor: PlanEditor, kind: str, config_folder: Path, locale: str) -> TransitionPlan:
    """Add a transition plan with what could be seen to, in the student's language.

    :raise BadInput: when there is no such kind.
    """
    checks = [
        {"text": in_language(one, locale), "done": False} for one in proposals(config_folder).get(kind, ())
    ]
    item: TransitionPlan = editor.add("transition", {"kind": kind, "checklist": checks})
    return item


# Reading.


@dataclass(frozen=True)
class TransitionPage:
    """A transition plan with what was agreed about it."""

    item: TransitionPlan
    student: TransitionAgreement | None
    """The student's agreement, as long as it counts."""
    family: TransitionAgreement | None
    """The family's, or the word that the student decides alone; as long as it counts."""
    earlier: tuple[TransitionAgreement, ...]
    """All that was ever said, newest first."""
    handed_over_at: datetime | None
    """When it last was, although it may have changed since."""

    @property
    def is_outdated(self) -> bool:
        """Whether the student agreed, and something changed after that."""
        words = [one for one in self.earlier if one.role == "student"]
        return self.student is None and bool(words) and not words[0].is_withdrawn


def read_transitions(
    session: Session, plan_id: int, audiences: Collection[str] | None = None
) -> list[TransitionPlan]:
    """Return the transition plans of a plan, newest first; all, or only those of some audiences."""
    found = select(TransitionPlan).where(
        TransitionPlan.plan_id == plan_id, TransitionPlan.removed_at.is_(None)
    )
    if audiences is not None:
        found = found.where(TransitionPlan.audience.in_(audiences))
    return list(session.scalars(found.order_by(TransitionPlan.id.desc())))


def transition_of(session: Session, plan_id: int, item_id: int) -> TransitionPlan:
    """Return one transition plan of a plan.

    :raise NotFound: when the plan has no such one.
    :raise PlpError: 409 ``item_removed``.
    """
    item = session.get(TransitionPlan, item_id, populate_existing=True)
    if item is None or item.plan_id != plan_id:
        raise NotFound("The plan holds no such thing.", code="item_not_here")
    if item.removed_at is not None:
        raise PlpError("item_removed", 409, "The thing that this is about was removed.")
    return item


def read_transition(session: Session, item: TransitionPlan) -> TransitionPage:
    """Return a transition plan with what was agreed; three statements."""
    said = _said(session, item)
    changes = _changes(session, item)
    student, family = _counting(said, _version_agreed_on(changes))
    handed = [at for _, fields, at in changes if fields.get("state", ["", ""])[1] == "handed_over"]
    return TransitionPage(item, student, family, tuple(said), handed[0] if handed else None)


def _said(session: Session, item: TransitionPlan) -> list[TransitionAgreement]:
    return list(
        session.scalars(
            select(TransitionAgreement)
            .where(TransitionAgreement.transition_id == item.id)
            .order_by(TransitionAgreement.id.desc())
        )
    )


def _changes(session: Session, item: TransitionPlan) -> list[tuple[int, dict[str, list[Any]], datetime]]:
    """Return (version after it, fields, time) of each change of a transition plan, newest first."""
    rows = session.execute(
        select(PlanChange.item_version, PlanChange.fields, PlanChange.at)
        .where(
            PlanChange.plan_id == item.plan_id,
            PlanChange.item_kind == "transition",
            PlanChange.item_id == item.id,
            PlanChange.action != "kept",
        )
        .order_by(PlanChange.number.desc())
    )
    return [(version, fields, at) for version, fields, at in rows]


def _version_agreed_on(changes: list[tuple[int, dict[str, list[Any]], datetime]]) -> int:
    """Return since which version the transition plan says what it says."""
    return next((version for version, fields, _ in changes if fields.keys() - STANDS_APART), 1)


def _counting(
    said: list[TransitionAgreement], version: int
) -> tuple[TransitionAgreement | None, TransitionAgreement | None]:
    """Return the agreements of student and family that count: the newest word of each, about one and the same."""
    student = next((one for one in said if one.role == "student"), None)
    if student is None or student.is_withdrawn or student.transition_version < version:
        return None, None
    family = next((one for one in said if one.role != "student"), None)
    is_same = (
        family is not None
        and not family.is_withdrawn
        and family.transition_version >= version
        and (family.parts, family.receiver) == (student.parts, student.receiver)
    )
    return student, family if is_same else None


# Agreeing.


@dataclass(frozen=True)
class Agreeing:
    """What somebody agrees to."""

    version: int
    """Of the transition plan that was read."""
    name: str
    parts: tuple[str, ...] = ()
    receiver: str = ""


def agree(editor: PlanEditor, item_id: int, agreeing: Agreeing) -> TransitionAgreement:
    """Record that the student agrees to hand over these parts to this receiver.

    :raise NotFound: when the plan has no such transition plan.
    :raise PlpError: 409 ``transition_changed`` when it is not what she read; 409 ``item_removed``.
    :raise BadInput: when nobody is named who receives it.
    """
    item = transition_of(editor.session, editor.plan.id, item_id)
    _check_version(editor.session, item, agreeing.version)
    receiver = _LINE.clean(agreeing.receiver, lambda _: ())
    if not receiver:
        raise refuse("receiver", "missing")
    parts = [one for one in PARTS if one in agreeing.parts]
    made = _record(editor.session, item, editor.actor, editor.now, "student", agreeing.name, parts, receiver)
    _settle(editor.session, editor.plan, editor.actor, item, editor.now)
    return made


def take_back(editor: PlanEditor, item_id: int) -> None:
    """Record that the student does not agree any more; what was handed over before stays handed over.

    :raise NotFound: when the plan has no such transition plan.
    :raise PlpError: 409 ``transition_not_agreed`` when she has not agreed.
    """
    item = transition_of(editor.session, editor.plan.id, item_id)
    _take_back(editor.session, editor.plan, editor.actor, item, editor.now, "student")


def family_agrees(
    session: Session,
    actor: Actor,
    work: PlanWork,
    item_id: int,
    agreement_id: int,
    name: str,
    *,
    decides_alone: bool = False,
    now: datetime,
) -> TransitionAgreement:
    """Record that the family agrees to the same as the student did, or that the student is of age and decides alone.

    ``agreement_id`` is the student's agreement that the family was asked about.

    :raise NotAllowed: when the actor may not hand over.
    :raise NotFound: when the plan has no such transition plan.
    :raise PlpError: 409 ``transition_changed`` when the student's agreement is another one, or none, by now.
    :raise BadInput: when nobody is named.
    """
    plan, item = _for_school(session, actor, work, item_id)
    student = read_transition(session, item).student
    if student is None or student.id != agreement_id:
        raise PlpError("transition_changed", 409, "What was agreed to has changed.")
    if not decides_alone and not _LINE.clean(name, lambda _: ()):
        raise refuse("name", "missing")
    role = "of_age" if decides_alone else "family"
    who = student.name if decides_alone else name
    made = _record(session, item, actor, now, role, who, student.parts, student.receiver)
    _settle(session, plan, actor, item, now)
    return made


def family_takes_back(session: Session, actor: Actor, work: PlanWork, item_id: int, now: datetime) -> None:
    """Record that the family does not agree any more.

    :raise NotAllowed: when the actor may not hand over.
    :raise NotFound: when the plan has no such transition plan.
    :raise PlpError: 409 ``transition_not_agreed`` when it has not agreed.
    """
    plan, item = _for_school(session, actor, work, item_id)
    _take_back(session, plan, actor, item, now, "family")


def hand_over(
    session: Session, actor: Actor, work: PlanWork, item_id: int, agreement_id: int, now: datetime
) -> TransitionPlan:
    """Say that the receiving adult has the package, as it was agreed.

    :raise NotAllowed: when the actor may not hand over.
    :raise NotFound: when the plan has no such transition plan.
    :raise PlpError: 409 ``transition_not_agreed`` while not everybody has agreed who has to.
    """
    plan, item = _for_school(session, actor, work, item_id)
    page = read_transition(session, item)
    if item.state == "handed_over":
        return item
    if page.student is None or page.family is None or page.student.id != agreement_id:
        raise PlpError("transition_not_agreed", 409, "Not everybody has agreed to this.")
    _write(session, plan, actor, item, {"state": "handed_over"}, now)
    return item


def tick(
    session: Session, actor: Actor, work: PlanWork, item_id: int, text: str, is_done: bool, now: datetime
) -> TransitionPlan:
    """Mark something of the list as done, or not, as an adult who helps.

    :raise NotAllowed: when the actor may not help with it.
    :raise NotFound: when the plan has no such transition plan, or its list no such line.
    """
    plan, item = _for_school(session, actor, work, item_id)
    if not any(one["text"] == text for one in item.checklist):
        raise NotFound("The plan holds no such thing.", code="item_not_here")
    checks = [{**one, "done": is_done} if one["text"] == text else one for one in item.checklist]
    if checks != item.checklist:
        _write(session, plan, actor, item, {"checklist": checks}, now)
    return item


def _for_school(session: Session, actor: Actor, work: PlanWork, item_id: int) -> tuple[Plan, TransitionPlan]:
    # Asked before anything is looked for: whoever may not help learns nothing of what there is.
    require(actor, Action.HAND_OVER, replace(work, audience="team"))
    plan = find_plan(session, work.tenant_id, work.owner_id)
    if plan is None:
        raise NotFound("The plan holds no such thing.", code="item_not_here")
    plan = locked_plan(session, plan.id)
    item = transition_of(session, plan.id, item_id)
    require(actor, Action.HAND_OVER, replace(work, audience=item.audience))
    return plan, item


def _check_version(session: Session, item: TransitionPlan, version: int) -> None:
    if version < _version_agreed_on(_changes(session, item)):
        raise PlpError("transition_changed", 409, "What was agreed to has changed.")


def _record(
    session: Session,
    item: TransitionPlan,
    actor: Actor,
    now: datetime,
    role: str,
    name: str,
    parts: list[str],
    receiver: str,
    *,
    is_withdrawn: bool = False,
) -> TransitionAgreement:
    made = TransitionAgreement(
        transition_id=item.id,
        transition_version=item.version,
        name=_LINE.clean(name, lambda _: ()),
        role=role,
        parts=parts,
        receiver=receiver,
        is_withdrawn=is_withdrawn,
        recorded_by=actor.person_id,
        at=now,
    )
    session.add(made)
    session.flush()
    return made


def _take_back(
    session: Session, plan: Plan, actor: Actor, item: TransitionPlan, now: datetime, role: str
) -> None:
    page = read_transition(session, item)
    there = page.student if role == "student" else page.family
    if there is None:
        raise PlpError("transition_not_agreed", 409, "Not everybody has agreed to this.")
    _record(session, item, actor, now, there.role, there.name, there.parts, there.receiver, is_withdrawn=True)
    # What was handed over stays handed over.
    if item.state != "handed_over":
        _settle(session, plan, actor, item, now)


def _settle(session: Session, plan: Plan, actor: Actor, item: TransitionPlan, now: datetime) -> None:
    """Let the state follow from what is agreed."""
    page = read_transition(session, item)
    state = "agreed" if page.student and page.family else "draft"
    if item.state != state:
        _write(session, plan, actor, item, {"state": state}, now)


def _write(
    session: Session, plan: Plan, actor: Actor, item: TransitionPlan, changes: dict[str, Any], now: datetime
) -> None:
    there = (TRANSITION, item, TRANSITION.read(session, item))
    write_change(session, plan, actor, there, ("edit", changes), now)
