"""Who looked at a plan, and when: the access log, and what a student is told of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.orm import Session

from lti_plp.database import table
from lti_plp.plp.actor import Actor
from lti_plp.plp.history import acting_role
from lti_plp.plp.models import PlanLook

ONE_LOOK = timedelta(minutes=10)
"""Whoever comes back to the same section within this time is still at the same look."""

_look = table(PlanLook)


def note_look(connection: Connection, plan_id: int, actor: Actor, section: str, now: datetime) -> None:
    """Write down that somebody else than the student looks at a section of a plan."""
    last = connection.scalar(
        select(func.max(_look.c.at)).where(
            _look.c.plan_id == plan_id, _look.c.person_id == actor.person_id, _look.c.section == section
        )
    )
    if last is None or now - last > ONE_LOOK:
        row = {"plan_id": plan_id, "person_id": actor.person_id, "section": section, "at": now}
        connection.execute(insert(_look), row | {"acting_role": acting_role(actor)})


@dataclass(frozen=True)
class Look:
    """Somebody's last look at a plan."""

    person_id: int
    acting_role: str
    at: datetime


def last_looks(session: Session, plan_id: int) -> list[Look]:
    """Return each person's last look at a plan, newest first; one statement."""
    last = func.max(PlanLook.at)
    rows = session.execute(
        select(PlanLook.person_id, func.max(PlanLook.acting_role), last)
        .where(PlanLook.plan_id == plan_id)
        .group_by(PlanLook.person_id)
        .order_by(last.desc())
    )
    return [Look(*row) for row in rows]
