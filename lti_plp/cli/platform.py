"""Commands for platforms: registrations, deployments, invitations, checks."""

import sys

import click

from lti_plp.canvas.api_keys import keep_api_key
from lti_plp.canvas.permissions import redirect_uri
from lti_plp.cli.common import fail, show, tool
from lti_plp.launch.check import check_platform
from lti_plp.launch.registrations import (
    KINDS,
    NewRegistration,
    activate_deployment,
    add_registration,
    find_deployment,
    invite,
    list_registrations,
    registration_numbered,
    switch_off,
    tenant_named,
    tool_urls,
)

_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON value.")


@click.group()
def platform() -> None:
    """Look after the platforms that launch this tool."""


@platform.command()
@click.option("--kind", type=click.Choice(KINDS), required=True)
@click.option("--name", required=True, help="How you call it.")
@click.option("--issuer", required=True)
@click.option("--client-id", required=True)
@click.option("--auth-url", required=True)
@click.option("--token-url", required=True)
@click.option("--jwks-url", required=True)
@click.option(
    "--token-audience", default="", help="Only when the platform wants another one than its token URL."
)
@click.option("--deployment-id", help="Opened at once; without it, it is learned at the first launch.")
@click.option("--tenant", help="The district it belongs to; without it, the name above.")
@click.option("--replace", is_flag=True, help="Change a registration of the same issuer and client id.")
def add(deployment_id: str | None, tenant: str | None, replace: bool, **fields: str) -> None:
    """Register a platform by hand; prints one JSON object with the addresses that it asks for."""
    with tool() as box, box.sessions.begin() as session:
        row = add_registration(session, NewRegistration(**fields), box.clock(), replace=replace)
        if deployment_id:
            district = tenant_named(session, tenant or row.name, box.clock())
            activate_deployment(session, row, deployment_id, district, box.clock())
        answer = {"id": row.id, "deployment_id": deployment_id, **tool_urls(box.settings)}
    show(answer, as_json=True, lines=[])


@platform.command(name="list")
@_json
def list_(as_json: bool) -> None:
    """Show registrations and their deployments."""
    with tool() as box, box.sessions() as session:
        found = list_registrations(session)
    lines = []
    for row in found:
        lines.append(
            f"{row['id']}  {row['name']} ({row['kind']}, {row['status']})  {row['issuer']}  {row['client_id']}"
        )
        lines += [
            f"   {door['status']:8} {door['deployment_id']}  {door['tenant'] or 'no tenant yet'}"
            for door in row["deployments"]
        ]
    show(found, as_json=as_json, lines=lines or ["No platform is registered yet."])


@platform.command()
@click.argument("registration", type=int)
@click.option("--deployment-id", required=True)
@click.option("--tenant", required=True, help="The district whose people come through it; made if need be.")
def activate(registration: int, deployment_id: str, tenant: str) -> None:
    """Open a deployment of registration number REGISTRATION."""
    with tool() as box, box.sessions.begin() as session:
        row = registration_numbered(session, registration)
        district = tenant_named(session, tenant, box.clock())
        activate_deployment(session, row, deployment_id, district, box.clock())
    click.echo(f"Open: {deployment_id} for {tenant}.")


@platform.command()
@click.argument("registration", type=int)
@click.option("--deployment-id", help="Only this one; without it, the whole registration.")
def deactivate(registration: int, deployment_id: str | None) -> None:
    """Shut registration number REGISTRATION or one of its deployments at once; what people wrote stays."""
    with tool() as box, box.sessions.begin() as session:
        switch_off(session, registration_numbered(session, registration), deployment_id)
    click.echo("Shut. Open pages end with their next request.")


@platform.command(name="canvas-key")
@click.argument("registration", type=int)
@click.option("--deployment-id", required=True)
@click.option("--base-url", required=True, help="Address at which people open this Canvas.")
@click.option("--client-id", required=True, help="Id of the API key.")
def canvas_key(registration: int, deployment_id: str, base_url: str, client_id: str) -> None:
    """Keep the API key of a Canvas deployment of registration number REGISTRATION; the key is read from standard input.

    An administrator can also enter it on the page "Connection to Canvas".
    """
    secret = sys.stdin.readline()
    with tool() as box, box.sessions.begin() as session:
        row = find_deployment(session, registration_numbered(session, registration), deployment_id)
        if row is None:
            fail("There is no such deployment; `lti-plp platform list` shows them.")
        keep_api_key(session, box.secrets, row.id, base_url, client_id, secret, box.clock())
    click.echo(f"Kept. In Canvas, the key's redirect URI is {redirect_uri(box)}")


@platform.command(name="invite")
@click.option("--tenant", required=True, help="The district that the platform belongs to; made if need be.")
def invite_(tenant: str) -> None:
    """Make a one-time link for dynamic registration, good for three days."""
    with tool() as box, box.sessions.begin() as session:
        secret = invite(session, tenant_named(session, tenant, box.clock()), box.clock())
        click.echo(f"{box.settings.public_origin}/lti/register?invitation={secret}")


@platform.command()
@click.argument("registration", type=int, required=False)
@_json
def check(registration: int | None, as_json: bool) -> None:
    """Try everything that a platform has to answer, and say what to mend; exit status 1 when something is wrong."""
    with tool() as box:
        with box.sessions() as session:
            numbers = [row["id"] for row in list_registrations(session) if registration in (None, row["id"])]
            rows = [registration_numbered(session, number) for number in numbers]
        if not rows:
            fail("There is no such registration.")
        found = [
            {"registration": row.id, "what": one.what, "ok": one.ok, "mend": one.mend}
            for row in rows
            for one in check_platform(box, row)
        ]
    lines = [
        f"{one['registration']}  {'good ' if one['ok'] else 'WRONG'}  {one['what']}  {one['mend']}".rstrip()
        for one in found
    ]
    show(found, as_json=as_json, lines=lines)
    if not all(one["ok"] for one in found):
        raise SystemExit(1)
