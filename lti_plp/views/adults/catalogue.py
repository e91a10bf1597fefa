"""Keeping the catalogue of pathways: adding, changing, and letting an entry end."""

from datetime import date
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import PlpError
from lti_plp.plp.catalogue import FIELDS, add_pathway, change_pathway, find_pathway, withdraw_pathway
from lti_plp.plp.policy import Action, SchoolWide, require
from lti_plp.views.adults.desk import bp, kinds, page
from lti_plp.views.catalogue_form import entry_sent, entry_shown
from lti_plp.views.links import number_in
from lti_plp.views.plan.goal_form import problems_of
from lti_plp.views.visit import toolbox, visit


def _may_manage() -> None:
    """Let nobody but whoever keeps the catalogue at a form.

    :raise NotAllowed: for everybody else.
    """
    here = visit()
    require(here.actor, Action.MANAGE_SCHOOL, SchoolWide(here.tenant_id))


def _form_page(values: dict[str, Any], version: int = 0, problems: dict[str, str] | None = None) -> str:
    return page("pathway_form", section="pathways", values=values, version=version, problems=problems or {})


@bp.get("/students/pathways/add")
def new_entry() -> ResponseReturnValue:
    """Show an empty form."""
    _may_manage()
    today = toolbox().clock().date()
    empty: dict[str, Any] = {name: one.empty(today) for name, one in FIELDS.items()}
    return _form_page({name: "" if value is None else value for name, value in empty.items()})


@bp.post("/students/pathways/add")
def add_entry() -> ResponseReturnValue:
    """Add an entry; what was refused comes back as it was typed."""
    here, values = visit(), entry_sent(request.form)
    _may_manage()
    try:
        entry = add_pathway(here.db, here.actor, values, kinds().of, toolbox().clock())
    except PlpError as problem:
        here.db.rollback()
        return _form_page(values, problems=problems_of(problem)), problem.status
    here.db.commit()
    return redirect(url_for("adults.pathway_entry", pathway_id=entry.id), 303)


@bp.get("/students/pathways/<int:pathway_id>/edit")
def edit_entry(pathway_id: int) -> ResponseReturnValue:
    """Show an entry in its form."""
    _may_manage()
    entry = find_pathway(visit().db, visit().tenant_id, pathway_id)
    return _form_page(entry_shown(entry), entry.version)


@bp.post("/students/pathways/<int:pathway_id>/edit")
def change_entry(pathway_id: int) -> ResponseReturnValue:
    """Keep a new version of an entry; what was refused comes back as it was typed."""
    here, values = visit(), entry_sent(request.form)
    _may_manage()
    version = number_in(request.form.get("version", ""))
    try:
        change_pathway(here.db, here.actor, pathway_id, version, values, kinds().of, toolbox().clock())
    except PlpError as problem:
        here.db.rollback()
        if problem.code == "pathway_changed":
            # Sent once more, it goes over the newest version: the words of the note say so.
            version = find_pathway(here.db, here.tenant_id, pathway_id).version
        return _form_page(values, version, problems_of(problem)), problem.status
    here.db.commit()
    return redirect(url_for("adults.pathway_entry", pathway_id=pathway_id), 303)


@bp.post("/students/pathways/<int:pathway_id>/withdraw")
def withdraw_entry(pathway_id: int) -> ResponseReturnValue:
    """Let today be the last day on which an entry can be taken."""
    here, now = visit(), toolbox().clock()
    last_day: date = now.date()
    withdraw_pathway(here.db, here.actor, pathway_id, last_day, kinds().of, now)
    here.db.commit()
    return redirect(url_for("adults.pathway_entry", pathway_id=pathway_id), 303)
