"""Commands for the forms of the plan: those that come with the product, and each district's own."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.cli.common import checked_settings, fail, show, tool
from lti_plp.launch.registrations import known_tenant
from lti_plp.lms.models import Tenant
from lti_plp.plp.kinds import load_kinds
from lti_plp.plp.plan_forms import FormDraft, read_form, shipped_drafts, written_form
from lti_plp.plp.plan_templates import (
    draft_version,
    list_feedback,
    list_templates,
    newest_draft,
    publish,
    template_named,
)

_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON value.")
_tenant = click.option("--tenant", required=True, help="The district whose template it is.")


@click.group(name="plan-template")
def plan_template() -> None:
    """Look after the forms of the plan: which elements it has, in which order, under which names."""


@plan_template.command(name="list")
@_json
def list_(as_json: bool) -> None:
    """Show the forms that come with the product and those of every district."""
    with tool() as box, box.sessions() as session:
        names = _tenant_names(session)
        found = [
            _row(None, one.name, one.first_grade, one.last_grade)
            for one in _shipped(box.settings.config_folder)
        ]
        found += [
            _row(names[one.tenant_id], one.name, one.first_grade, one.last_grade, one.published, one.draft)
            for one in list_templates(session)
        ]
    show(found, as_json=as_json, lines=[_line(one) for one in found])


def _row(
    tenant: str | None,
    name: str,
    first_grade: int,
    last_grade: int,
    published: int | None = None,
    draft: int | None = None,
) -> dict[str, Any]:
    return {
        "tenant": tenant,
        "name": name,
        "first_grade": first_grade,
        "last_grade": last_grade,
        "published": published,
        "draft": draft,
    }


def _line(row: dict[str, Any]) -> str:
    grades = f"grades {row['first_grade'] or 'K'}-{row['last_grade'] or 'K'}"
    if row["tenant"] is None:
        return f"{row['name']}, {grades}: comes with the product"
    states = [f"version {row[state]} {words}" for state, words in _STATES.items() if row[state]]
    return f"{row['name']}, {grades}, {row['tenant']}: {', '.join(states)}"


_STATES = {"published": "is published", "draft": "is a draft"}


@plan_template.command()
@click.argument("name")
@click.option(
    "--tenant", help="The district whose template it is; without it, one that comes with the product."
)
def export(name: str, tenant: str | None) -> None:
    """Print the form NAME as TOML, a draft before what is published; `draft` reads it back."""
    with tool() as box, box.sessions() as session:
        if tenant is None:
            form = _shipped_named(box.settings.config_folder, name)
        else:
            form = newest_draft(session, template_named(session, known_tenant(session, tenant).id, name))
    click.echo(written_form(form), nl=False)


@plan_template.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_tenant
def draft(file: Path, tenant: str) -> None:
    """Keep the form of FILE as a draft; no plan shows it before it is published."""
    form = _read(file)
    with tool() as box, box.sessions.begin() as session:
        version = draft_version(
            session,
            known_tenant(session, tenant).id,
            form.name,
            form.first_grade,
            form.last_grade,
            form.elements,
            box.clock(),
        )
        number = version.number
    click.echo(f"Version {number} of {form.name} is a draft. `lti-plp plan-template publish` puts it to use.")


@plan_template.command(name="publish")
@click.argument("name")
@_tenant
def publish_(name: str, tenant: str) -> None:
    """Put the draft of NAME to use; it cannot be changed any more then."""
    with tool() as box, box.sessions.begin() as session:
        template = template_named(session, known_tenant(session, tenant).id, name)
        number = publish(session, template.id, box.clock()).number
    click.echo(f"Version {number} of {name} is in use now.")


@plan_template.command()
@click.option("--tenant", help="Only what people of this district said.")
@_json
def feedback(tenant: str | None, as_json: bool) -> None:
    """Show what students and adults think of their forms, newest first, without names."""
    with tool() as box, box.sessions() as session:
        names = _tenant_names(session)
        said = list_feedback(session, known_tenant(session, tenant).id if tenant else None)
    found = []
    for one in said:
        row = asdict(one)
        row["tenant"] = names[row.pop("tenant_id")]
        row["said_at"] = one.said_at.isoformat()
        found.append(row)
    lines = [
        f"{row['said_at']}  {row['tenant']}, {_form_name(row)}, {row['role']}: {row['text']}" for row in found
    ]
    show(found, as_json=as_json, lines=lines or ["Nobody has said anything yet."])


def _form_name(row: dict[str, Any]) -> str:
    return f"{row['template']} version {row['version']}" if row["template"] else "the product's form"


def _tenant_names(session: Session) -> dict[int, str]:
    return {row.id: row.name for row in session.execute(select(Tenant.id, Tenant.name))}


def _shipped(config_folder: Path) -> tuple[FormDraft, ...]:
    try:
        return shipped_drafts(config_folder)
    except ValueError as problem:
        fail(str(problem))


def _shipped_named(config_folder: Path, name: str) -> FormDraft:
    forms = {one.name: one for one in _shipped(config_folder)}
    return forms.get(name) or fail(
        f"No form of the name {name} comes with the product. --tenant says whose template it is."
    )


def _read(file: Path) -> FormDraft:
    try:
        text = file.read_text(encoding="utf-8")
        return read_form(text, file.name, load_kinds(checked_settings().config_folder))
    except (OSError, ValueError) as problem:
        fail(str(problem))
