"""Commands for our signing keys."""

from datetime import timedelta

import click
from sqlalchemy import select

from lti_plp.cli.common import show, tool
from lti_plp.launch.keys import LEAD
from lti_plp.launch.models import ToolKey


@click.group()
def keys() -> None:
    """Look after the keys that sign what we send to platforms."""


@keys.command()
@click.option(
    "--lead-minutes",
    default=int(LEAD.total_seconds() // 60),
    show_default=True,
    help="How long the new key is only published before it signs.",
)
def rotate(lead_minutes: int) -> None:
    """Make a new key; the old one stays published for a week after the new one signs."""
    with tool() as box, box.sessions.begin() as session:
        kid = box.keys.rotate(session, box.clock(), lead=timedelta(minutes=lead_minutes))
    click.echo(f"Key {kid} is published now and signs in {lead_minutes} minutes.")


@keys.command(name="list")
@click.option("--json", "as_json", is_flag=True)
def list_keys(as_json: bool) -> None:
    """Show our keys, newest first; never their private parts."""
    with tool() as box, box.sessions() as session:
        rows = session.scalars(select(ToolKey).order_by(ToolKey.signs_from.desc())).all()
    found = [
        {
            "kid": row.kid,
            "created_at": row.created_at.isoformat(),
            "signs_from": row.signs_from.isoformat(),
            "retires_at": row.retires_at.isoformat() if row.retires_at else None,
        }
        for row in rows
    ]
    lines = [
        f"{k['kid']}  signs from {k['signs_from']}  retires {k['retires_at'] or 'not yet'}" for k in found
    ]
    show(found, as_json=as_json, lines=lines)
