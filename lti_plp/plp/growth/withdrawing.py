"""Withdrawing a framework: what was said stays readable, nobody is offered it, and it can be brought back."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_plp.errors import NotFound
from lti_plp.plp import models
from lti_plp.plp.actor import Actor
from lti_plp.plp.policy import Action, SchoolWide, require


@dataclass(frozen=True)
class InUse:
    """What stands on a framework."""

    students: int
    """Who were rated by it, or said something of themselves."""
    goals: int
    """Of students, that are about something in it."""
    evidence: int
    requirements: int
    """Parts of it that graduation asks for."""

    def __bool__(self) -> bool:
        return bool(self.students or self.goals or self.evidence or self.requirements)


def in_use(session: Session, framework: models.Framework) -> InUse:
    """Return what stands on a framework; one statement."""
    ids = select(models.Proficiency.id).where(models.Proficiency.framework_id == framework.id)
    rated, aims, pieces = models.KeptLevel, models.GoalProficiency, models.EvidenceProficiency
    asked = models.GraduationRequirement
    students = select(func.count(rated.person_id.distinct())).where(rated.proficiency_id.in_(ids))
    goals = (
        select(func.count(models.Goal.id.distinct()))
        .join(aims, aims.goal_id == models.Goal.id)
        .where(aims.proficiency_id.in_(ids), models.Goal.removed_at.is_(None))
    )
    evidence = (
        select(func.count(models.Evidence.id.distinct()))
        .join(pieces, pieces.evidence_id == models.Evidence.id)
        .where(pieces.proficiency_id.in_(ids), models.Evidence.removed_at.is_(None))
    )
    parts = select(func.count(asked.id)).where(asked.framework_id == framework.id)
    counts = [one.scalar_subquery() for one in (students, goals, evidence, parts)]
    return InUse(*session.execute(select(*counts)).one())


def withdraw(session: Session, actor: Actor, framework: models.Framework, now: datetime) -> None:
    """Offer a framework to nobody from now on; one that is withdrawn stays so.

    :raise NotAllowed: when the actor may not.
    :raise NotFound: ``framework_unknown`` before anything of it was published.
    """
    _check(actor, framework)
    framework.withdrawn_at = framework.withdrawn_at or now
    session.flush()


def bring_back(session: Session, actor: Actor, framework: models.Framework) -> None:
    """Offer a framework again, as it was when it was withdrawn; one that is offered stays so.

    :raise NotAllowed: when the actor may not.
    :raise NotFound: ``framework_unknown`` before anything of it was published.
    """
    _check(actor, framework)
    framework.withdrawn_at = None
    session.flush()


def _check(actor: Actor, framework: models.Framework) -> None:
    require(actor, Action.MANAGE_SCHOOL, SchoolWide(framework.tenant_id))
    if not framework.version:
        raise NotFound("There is no such framework.", code="framework_unknown")
