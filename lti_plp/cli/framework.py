"""Commands for a district's frameworks of proficiencies."""

import json
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from lti_plp.cli.common import fail, show, tool
from lti_plp.launch.registrations import known_tenant
from lti_plp.launch.toolbox import Toolbox
from lti_plp.plp import models
from lti_plp.plp.growth.case_reading import read_package
from lti_plp.plp.growth.case_writing import write_package
from lti_plp.plp.growth.drafts import TOO_LARGE, DraftProblems, FrameworkDraft, Problem
from lti_plp.plp.growth.framework_csv import MOST_BYTES, read_framework
from lti_plp.plp.growth.frameworks import (
    Differences,
    differences,
    frameworks_of,
    publish,
    read_tree,
)
from lti_plp.plp.growth.kept_levels import recalculate
from lti_plp.plp.growth.scales import Scale, scales_of
from lti_plp.plp.growth.shipped import shipped_draft, shipped_frameworks, shipped_scales

_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON value.")
_tenant = click.option("--tenant", required=True, help="The district whose frameworks they are.")


@click.group()
def framework() -> None:
    """Look after the frameworks of proficiencies of a district."""


@framework.command(name="list")
@_tenant
@_json
def list_(tenant: str, as_json: bool) -> None:
    """Show a district's frameworks, and those that come with the tool."""
    with tool() as box, box.sessions() as session:
        found = frameworks_of(session, known_tenant(session, tenant).id, withdrawn=True)
        rows = [_row(one) for one in found]
        offered = list(shipped_frameworks(box.settings.config_folder))
    lines = [
        f"{row['title']}, version {row['version']}, {row['method']} ({row['identifier']})" for row in rows
    ]
    show(
        {"frameworks": rows, "shipped": offered},
        as_json=as_json,
        lines=[*lines, f"Shipped: {', '.join(offered)}."],
    )


def _row(one: models.Framework) -> dict[str, Any]:
    return {
        "identifier": one.guid,
        "title": one.title,
        "version": one.version,
        "method": one.method,
        "is_sample": one.is_sample,
        "is_withdrawn": one.withdrawn_at is not None,
    }


@framework.command(name="import")
@click.argument("source")
@_tenant
@click.option("--title", default="", help="Of a CSV file; without it, its name.")
@click.option(
    "--scale", default="", help="Title of the scale for what names none; without it, Vermont's four levels."
)
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@_json
def import_(source: str, tenant: str, title: str, scale: str, dry_run: bool, as_json: bool) -> None:
    """Publish SOURCE, a CSV file, a CASE package (.json), or the id of a shipped one: all of it, or nothing."""
    with tool() as box, box.sessions.begin() as session:
        tenant_id = known_tenant(session, tenant).id
        try:
            draft = _draft(box, session, tenant_id, source, title, scale)
            found = differences(session, tenant_id, draft)
        except DraftProblems as problem:
            places = [_told(one) for one in problem.problems]
            fail("\n".join([f"{problem.total} problems. Nothing was imported.", *places]))
        if not (dry_run or found.is_same):
            _publish(box, session, tenant_id, draft, found)
    done = _counts(found) | {"published": not (dry_run or found.is_same)}
    words = ", ".join(f"{number} {name}" for name, number in _counts(found).items())
    show(done, as_json=as_json, lines=[f"{draft.title}: {words}."])


def _told(one: Problem) -> str:
    if one.code == TOO_LARGE:
        return f"{one.where}: {one.code}, more than {MOST_BYTES // 1_000_000} MB"
    return f"{one.where}: {one.code} {one.about}".rstrip()


def _draft(
    box: Toolbox, session: Session, tenant_id: int, source: str, title: str, scale: str
) -> FrameworkDraft:
    folder, path = box.settings.config_folder, Path(source)
    if source in shipped_frameworks(folder):
        return shipped_draft(folder, source, "en")
    if not path.is_file():
        fail(f"There is neither a file nor a shipped framework {source}.")
    own = {one.title: one for one in scales_of(session, tenant_id).values()}
    scales: dict[str, Scale] = dict(shipped_scales(folder)) | own
    usual = scales.get(scale) if scale else next(iter(scales.values()))
    if usual is None:
        fail(f"There is no scale {scale}; there are: {', '.join(scales)}.")
    with path.open("rb") as file:
        # One byte more than is taken shows that there are too many; nobody needs to read all of them.
        data = file.read(MOST_BYTES + 1)
    if path.suffix.lower() == ".json":
        return read_package(data, path.name, usual)
    return read_framework(data, path.name, title or path.stem, scales, usual)


def _publish(
    box: Toolbox, session: Session, tenant_id: int, draft: FrameworkDraft, found: Differences
) -> None:
    expected = found.framework.version if found.framework else 0
    made = publish(session, None, tenant_id, draft, expected, box.clock())
    recalculate(session, made)


def _counts(found: Differences) -> dict[str, int]:
    return {
        "added": len(found.added),
        "reworded": len(found.reworded),
        "moved": len(found.moved),
        "removed": len(found.removed),
    }


@framework.command()
@click.argument("identifier")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_tenant
def export(identifier: str, file: Path, tenant: str) -> None:
    """Write the framework with IDENTIFIER to FILE, as a CASE 1.1 package."""
    with tool() as box, box.sessions() as session:
        every = frameworks_of(session, known_tenant(session, tenant).id, withdrawn=True)
        found = next((one for one in every if one.guid == identifier), None)
        if found is None:
            fail(f"There is no framework {identifier}.")
        package = write_package(session, read_tree(session, found), str(box.settings.public_origin))
    file.write_text(json.dumps(package, ensure_ascii=False, indent=2), encoding="utf-8")
    show(
        {"file": str(file)}, as_json=False, lines=[f"{len(package['CFItems'])} items written to {file.name}."]
    )
