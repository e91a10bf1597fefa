"""Commands for students' plans."""

import click
from sqlalchemy import select

from lti_plp.cli.common import fail, show, tool
from lti_plp.database import reading
from lti_plp.lms.models import Tenant
from lti_plp.plp.history import verify as problems_of
from lti_plp.plp.models import Plan


@click.group()
def plan() -> None:
    """Look after students' plans."""


@plan.command()
@click.option("--tenant", help="Only the plans of this district.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON value.")
def verify(tenant: str | None, as_json: bool) -> None:
    """Try whether each plan is what its history says, and say what is not; exit status 1 when something is wrong."""
    wanted = select(Plan.id).order_by(Plan.id)
    with tool() as box, reading():
        with box.sessions() as session:
            if tenant is not None:
                tenant_id = session.scalar(select(Tenant.id).where(Tenant.name == tenant))
                if tenant_id is None:
                    fail("There is no such tenant.")
                wanted = wanted.where(Plan.tenant_id == tenant_id)
            numbers = session.scalars(wanted).all()
        found = []
        for number in numbers:
            # A plan of its own transaction each: what is checked is one moment of it, and nothing is held for long.
            with box.sessions() as session:
                found += [{"plan": number, "problem": one} for one in problems_of(session, number)]
    lines = [f"WRONG  plan {one['plan']}  {one['problem']}" for one in found]
    show(
        {"plans": len(numbers), "problems": found},
        as_json=as_json,
        lines=[*lines, f"{len(numbers)} plans read."],
    )
    if found:
        raise SystemExit(1)
