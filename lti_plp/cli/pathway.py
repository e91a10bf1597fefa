"""Commands for a district's catalogue of pathways."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from lti_plp.cli.common import fail, show, tool
from lti_plp.errors import BadInput
from lti_plp.launch.registrations import known_tenant
from lti_plp.plp.catalogue import Imported, entries_in, fields_of, import_pathways, is_offered, list_pathways
from lti_plp.plp.kinds import load_kinds

_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON value.")
_tenant = click.option("--tenant", required=True, help="The district whose catalogue it is.")


@click.group()
def pathway() -> None:
    """Look after the catalogue of pathways that every student of a district sees."""


@pathway.command(name="list")
@_tenant
@click.option("--all", "every", is_flag=True, help="Also what begins later, and what is over.")
@_json
def list_(tenant: str, every: bool, as_json: bool) -> None:
    """Show the catalogue as students see it."""
    with tool() as box, box.sessions() as session:
        today, kinds = box.clock().date(), load_kinds(box.settings.config_folder)
        found = list_pathways(session, known_tenant(session, tenant).id, kinds, None if every else today)
        rows = [
            {**fields_of(one), "version": one.version, "is_offered": is_offered(one, today)} for one in found
        ]
    show(rows, as_json=as_json, lines=[_line(one) for one in rows] or ["Nothing is listed yet."])


def _line(row: Mapping[str, Any]) -> str:
    state = "" if row["is_offered"] else ", not offered today"
    grades = f"grades {row['first_grade'] or 'K'}-{row['last_grade'] or 'K'}"
    return f"{row['title']} ({row['kind']}), {grades}, version {row['version']}{state}"


@pathway.command()
@_tenant
@click.option("--kind", required=True, help="Of pathway_type in config/plan/kinds.toml.")
@click.option("--title", required=True)
@click.option("--provider", default="")
@click.option("--about", default="")
@click.option("--first-grade", type=int, default=7, show_default=True)
@click.option("--last-grade", type=int, default=12, show_default=True)
@_json
def add(tenant: str, as_json: bool, **values: Any) -> None:
    """Add one entry, or change the one of this title; pages and `import` know more fields."""
    done = _import(tenant, [values])
    words = "added" if done.added else "changed" if done.changed else "is there already"
    show(asdict(done), as_json=as_json, lines=[f"{values['title']}: {words}."])


@pathway.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_tenant
@_json
def import_(file: Path, tenant: str, as_json: bool) -> None:
    """Add the entries of FILE; those of the same title are changed. All of them, or none when one is wrong."""
    try:
        entries = entries_in(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as problem:
        fail(f"{file.name}: {problem}")
    done = _import(tenant, entries)
    line = f"{done.added} added, {done.changed} changed, {done.unchanged} as before."
    show(asdict(done), as_json=as_json, lines=[line])


def _import(tenant: str, entries: Any) -> Imported:
    with tool() as box, box.sessions.begin() as session:
        vocabulary = load_kinds(box.settings.config_folder).of
        tenant_id = known_tenant(session, tenant).id
        try:
            return import_pathways(session, tenant_id, entries, vocabulary, box.clock())
        except BadInput as problem:
            details = ", ".join(f"{name} {value}" for name, value in problem.details.items())
            fail(f"{problem.message} ({problem.code}: {details}) Nothing was imported.")
