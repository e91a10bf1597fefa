"""Rows of a plan, put into the tables directly: what tests of reflections need of one."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from lti_plp.plp.actor import Actor
from lti_plp.plp.models import ActionStep, Evidence, Goal, Plan, PlanRevision, RevisionReflection
from tests.factories import NOON


def add(session: Session, row: Any) -> int:
    """Store a row; its id."""
    session.add(row)
    session.flush()
    return int(row.id)


class PlanRows:
    """One student's plan."""

    def __init__(self, session: Session, student: Actor) -> None:
        self.session = session
        self.student = student
        self.id = add(
            session,
            Plan(tenant_id=student.tenant_id, person_id=student.person_id, first_developed_at=NOON),
        )
        self.item = {"plan_id": self.id, "audience": "team", "created_at": NOON, "changed_at": NOON}

    def goal(self, statement: str = "Speak in front of people", **facts: Any) -> int:
        """A goal; its id."""
        return add(self.session, Goal(**self.item, statement=statement, state="active", **facts))

    def step(self, text: str = "Join the debate club", **facts: Any) -> int:
        """A step; its id."""
        return add(self.session, ActionStep(**self.item, text=text, **facts))

    def evidence(self, title: str = "My first speech", days: int = 0, **facts: Any) -> int:
        """A piece of evidence; its id."""
        on = NOON.date() + timedelta(days=days)
        return add(self.session, Evidence(**self.item, medium="text", title=title, captured_on=on, **facts))

    def revision(self, number: int, *reflections: int) -> int:
        """A revision under way that some reflections led to; its id."""
        revision = add(
            self.session,
            PlanRevision(
                plan_id=self.id,
                number=number,
                kind="interim",
                opened_at=NOON,
                opened_by=self.student.person_id,
            ),
        )
        self.session.add_all(
            RevisionReflection(revision_id=revision, reflection_id=one) for one in reflections
        )
        self.session.flush()
        return revision
