"""Confirming evidence: staff say that it is what its student says it is (requirement G6)."""

from datetime import datetime

from sqlalchemy.orm import Session

from lti_plp.errors import BadInput
from lti_plp.plp.actor import Actor
from lti_plp.plp.fields import Vocabulary
from lti_plp.plp.history import Why, record
from lti_plp.plp.items import ACHIEVEMENT, EVIDENCE
from lti_plp.plp.models import Achievement, Evidence
from lti_plp.plp.models.items import ItemFields
from lti_plp.plp.plans import item_to_judge, write_change
from lti_plp.plp.policy import Action, PlanWork


def validate_evidence(
    session: Session, actor: Actor, work: PlanWork, evidence_id: int, now: datetime
) -> Evidence:
    """Confirm a piece of evidence, as the actor; one that is confirmed stays so by whoever came first.

    ``work`` is the student's plan for the policy; who sees the evidence itself is asked here. When its student changes
    what was confirmed, the confirmation ends.

    :raise NotAllowed: when the actor may not confirm it.
    :raise NotFound: when the plan has no such evidence.
    :raise PlpError: 409 ``item_removed`` when it was removed.
    """
    return _settle(session, actor, work, evidence_id, now, is_valid=True)


def withdraw_validation(
    session: Session, actor: Actor, work: PlanWork, evidence_id: int, now: datetime
) -> Evidence:
    """Take a confirmation back; whoever may confirm may do so.

    :raise NotAllowed: when the actor may not confirm it.
    :raise NotFound: when the plan has no such evidence.
    :raise PlpError: 409 ``item_removed`` when it was removed.
    """
    return _settle(session, actor, work, evidence_id, now, is_valid=False)


def say_level(
    session: Session,
    actor: Actor,
    work: PlanWork,
    evidence_id: int,
    level: str,
    vocabulary: Vocabulary,
    now: datetime,
    about: tuple[str, int] | None = None,
) -> Achievement:
    """Say how far a piece of evidence shows a goal or a step, in a word of ``progress``.

    ``about`` is (kind, id) of one that it is linked to; ``None`` takes its first goal, else its first step. It stands
    beside what the student says of it; nothing that was said before is changed.

    :raise NotAllowed: when the actor may not confirm it.
    :raise NotFound: when the plan has no such evidence.
    :raise BadInput: when there is no such word, or the evidence belongs to no such goal or step.
    :raise PlpError: 409 ``item_removed`` when it was removed.
    """
    plan, item = item_to_judge(session, actor, Action.VALIDATE_EVIDENCE, work, Evidence, evidence_id)
    word = ACHIEVEMENT.fields["progress"].clean(level, vocabulary)
    linked = _linked(EVIDENCE.read(session, item), about)
    if not word or linked is None:
        raise BadInput("There is nothing to say it of.", code="level_without_goal")
    made = Achievement(
        plan_id=plan.id,
        kind="formative",
        source="manual",
        progress=word,
        evidence_id=item.id,
        occurred_at=now,
        recorded_by=actor.person_id,
        created_at=now,
        **linked,
    )
    session.add(made)
    session.flush()
    fields = {name: [None, value] for name, value in ACHIEVEMENT.read(session, made).items()}
    why = Why(cause=f"evidence:{item.id}")
    record(session, plan, actor, (ACHIEVEMENT.name, made.id, 1), "add", fields, now, why)
    return made


def _linked(there: ItemFields, about: tuple[str, int] | None) -> dict[str, int] | None:
    """Return the column and the id of what a level of evidence is about; ``None`` where there is no such thing."""
    every = [("goal", one) for one in there["goal_ids"]] + [("step", one) for one in there["step_ids"]]
    found = next((one for one in every if about in (None, one)), None)
    return {f"{found[0]}_id": found[1]} if found else None


def _settle(
    session: Session, actor: Actor, work: PlanWork, evidence_id: int, now: datetime, *, is_valid: bool
) -> Evidence:
    plan, item = item_to_judge(session, actor, Action.VALIDATE_EVIDENCE, work, Evidence, evidence_id)
    if is_valid != (item.validated_by is not None):
        changes = {"validated_by": actor.person_id if is_valid else None}
        there = (EVIDENCE, item, EVIDENCE.read(session, item))
        write_change(session, plan, actor, there, ("edit", changes), now)
    return item
