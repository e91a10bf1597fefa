"""Adding, editing, removing and bringing back what a plan holds: one set of addresses for all kinds of items.

Pages save in place while somebody types (PUT, JSON). Without a script, or where a page adds something, plain forms do
the same and lead to the page of the thing.
"""

from typing import Any

from flask import jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.plp.items import ItemKind, item_kind
from lti_plp.views.links import number_in
from lti_plp.views.plan.desk import bp, own_plan, page, pen
from lti_plp.views.plan.incoming import edit_in_json, fields_in_form
from lti_plp.views.visit import visit


@bp.post("/plan/items/<kind>/add")
def add(kind: str) -> ResponseReturnValue:
    """Add an item."""
    described = item_kind(kind)
    item = pen().add(kind, fields_in_form(described, request.form))
    visit().db.commit()
    return redirect(place_of(kind, item), 303)


@bp.put("/plan/items/<kind>/<int:item_id>")
def save(kind: str, item_id: int) -> ResponseReturnValue:
    """Save fields as they are typed; 409 with what stands there when somebody else changed the same ones."""
    base, fields = edit_in_json()
    edited = pen().edit(kind, item_id, base, fields)
    visit().db.commit()
    if edited.conflicts:
        answer = {"code": "changed_elsewhere", "current": edited.conflicts, "is_removed": edited.is_removed}
        return jsonify(version=edited.version, **answer), 409
    return jsonify(version=edited.version)


@bp.post("/plan/items/<kind>/<int:item_id>")
def edit(kind: str, item_id: int) -> ResponseReturnValue:
    """Save a form; where somebody else was quicker, show both and let the student choose."""
    described, editor = item_kind(kind), pen()
    sent = fields_in_form(described, request.form)
    edited = editor.edit(kind, item_id, number_in(request.form.get("version", "0")), sent)
    visit().db.commit()
    item = editor.item(described, item_id)
    if edited.conflicts:
        return _merge_page(
            described, item, {name: sent[name] for name in edited.conflicts}, edited.is_removed
        ), 409
    return redirect(place_of(kind, item), 303)


def _merge_page(kind: ItemKind, item: Any, mine: dict[str, Any], is_removed: bool) -> str:
    there = kind.read(visit().db, item)
    pairs = {name: (value, there[name]) for name, value in mine.items()}
    return page(
        "merge", kind=kind.name, item=item, pairs=pairs, is_removed=is_removed, back=place_of(kind.name, item)
    )


@bp.post("/plan/items/<kind>/<int:item_id>/remove")
def remove(kind: str, item_id: int) -> ResponseReturnValue:
    """Take an item out of sight, and say how to bring it back."""
    own_plan()
    item = pen().remove(kind, item_id)
    visit().db.commit()
    return redirect(_list_of(kind, item, removed=f"{kind}-{item_id}"), 303)


@bp.post("/plan/items/<kind>/<int:item_id>/restore")
def restore(kind: str, item_id: int) -> ResponseReturnValue:
    """Bring a removed item back."""
    own_plan()
    item = pen().restore(kind, item_id)
    visit().db.commit()
    return redirect(place_of(kind, item), 303)


def place_of(kind: str, item: Any) -> str:
    """Return the address of the page on which an item is at home."""
    if kind == "goal":
        return url_for("plan.goal", goal_id=item.id)
    if kind == "evidence":
        return url_for("plan.evidence", evidence_id=item.id)
    if kind == "step":
        return url_for("plan.step", step_id=item.id)
    if kind == "pathway":
        return url_for("plan.pathway", participation_id=item.id)
    if kind == "transition":
        return url_for("plan.transition", id=item.id)
    return _list_of(kind, item)


def _list_of(kind: str, item: Any, removed: str | None = None) -> str:
    if kind in {"entry", "baseline", "plan"}:
        return url_for("plan.profile", _anchor=f"{kind}-{item.id}", removed=removed)
    lists = {"evidence": "plan.all_evidence", "pathway": "plan.pathways", "transition": "plan.transition"}
    return url_for(lists.get(kind, "plan.home"), removed=removed)
