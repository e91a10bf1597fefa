"""Frameworks of proficiencies: which there are, bringing one in, and how a school calculates with it."""

from decimal import Decimal
from typing import Any

from flask import Response, g, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from lti_plp.launch.case_server import documents_at, fetch_package, package_url
from lti_plp.lms.mapping_rules import follow_again
from lti_plp.lms.outcome_rules import FROM_LMS
from lti_plp.lms.queue import FOLLOW_OUTCOMES
from lti_plp.plp import models
from lti_plp.plp.growth.case_writing import write_package
from lti_plp.plp.growth.drafts import DraftProblems, FrameworkDraft
from lti_plp.plp.growth.framework_csv import MOST_BYTES, template
from lti_plp.plp.growth.frameworks import (
    Calculation,
    Tree,
    differences,
    find_framework,
    frameworks_of,
    publish,
    read_tree,
    set_calculation,
)
from lti_plp.plp.growth.graduation import asked_of, headings_of, set_requirements
from lti_plp.plp.growth.kept_levels import recalculate
from lti_plp.plp.growth.methods import METHODS
from lti_plp.plp.growth.scales import Scale
from lti_plp.plp.growth.shipped import shipped_draft, shipped_frameworks, shipped_scales
from lti_plp.plp.growth.uploads import brought, find_upload, keep_upload, known_scales, read_upload
from lti_plp.plp.policy import Action, SchoolWide, require
from lti_plp.views.adults.desk import bp, page
from lti_plp.views.links import decimal_in, number_in
from lti_plp.views.visit import gateway, toolbox, visit, wake

ROOM_FOR_THE_FORM = 100_000
"""Bytes of the form around a file."""
SHOWN = 50
"""Of each kind of difference; whoever has more of them reads the file."""


@bp.url_value_preprocessor
def make_room(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Let the one form that brings a file be as large as a file may be; what is larger is told in words of its own."""
    if endpoint == "adults.bring_framework":
        request.max_content_length = MOST_BYTES + ROOM_FOR_THE_FORM
        g.too_large = "framework_too_large"


def may_manage() -> None:
    """Let nobody pass who may not publish frameworks and scales.

    :raise NotAllowed: for everybody else.
    """
    here = visit()
    require(here.actor, Action.MANAGE_SCHOOL, SchoolWide(here.tenant_id))


def scales_here() -> dict[str, Scale]:
    """Return title -> scale of those that a framework of the visitor's district may name."""
    here, shipped = visit(), shipped_scales(toolbox().settings.config_folder)
    return known_scales(here.db, here.tenant_id, dict(shipped))


def lms_of_outcomes() -> str:
    """Return the kind of the visitor's LMS where that keeps outcomes; empty elsewhere."""
    capabilities = gateway().capabilities
    return capabilities.kind if capabilities.outcomes else ""


@bp.get("/students/frameworks")
def frameworks() -> ResponseReturnValue:
    """Show those that there are, those that come with the tool, and the form to bring one in."""
    may_manage()
    return _list_page()


def _list_page(problem: DraftProblems | None = None, **typed: str) -> str:
    here, folder = visit(), toolbox().settings.config_folder
    found = frameworks_of(here.db, here.tenant_id, withdrawn=True)
    there = {one.guid for one in found}
    offered = [
        one
        for key, one in shipped_frameworks(folder).items()
        if shipped_draft(folder, key, "en").guid not in there
    ]
    return page(
        "frameworks",
        section="frameworks",
        found=found,
        offered=offered,
        scales=scales_here(),
        problem=problem,
        typed=typed,
        lms=lms_of_outcomes(),
    )


@bp.get("/students/frameworks/template.csv")
def framework_template() -> ResponseReturnValue:
    """Hand out an example to begin with."""
    may_manage()
    scale = next(iter(scales_here().values()))
    # Spreadsheets take a file without this mark for one of their own old encodings.
    answer = Response("\ufeff" + template(str(get_locale()), scale), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="framework.csv"'
    return answer


@bp.post("/students/frameworks/take/<key>")
def take_framework(key: str) -> ResponseReturnValue:
    """Publish one that comes with the tool."""
    here, box = visit(), toolbox()
    may_manage()
    draft = shipped_draft(box.settings.config_folder, key, str(get_locale()))
    made = publish(here.db, here.actor, here.tenant_id, draft, 0, box.clock())
    here.db.commit()
    return redirect(url_for("adults.framework", framework_id=made.id), 303)


@bp.post("/students/frameworks")
def bring_framework() -> ResponseReturnValue:
    """Keep a file and show what it would change; what cannot be read is told by its place, and not kept."""
    here, file = visit(), request.files.get("file")
    may_manage()
    title, scale = request.form.get("title", "").strip(), request.form.get("scale", "")
    data, name = (file.read(), file.filename or "") if file else (b"", "")
    upload = brought(here.actor, data, name, toolbox().clock(), title or name.rpartition(".")[0], scale=scale)
    try:
        _read(upload)
    except DraftProblems as problem:
        return _list_page(problem, title=title, scale=scale, name=name), problem.status
    keep_upload(here.db, upload)
    here.db.commit()
    return redirect(url_for("adults.preview_framework", upload_id=upload.id), 303)


@bp.post("/students/frameworks/fetch")
def fetch_framework() -> ResponseReturnValue:
    """Fetch a package from a CASE server and show what it would change; of a whole server, show what it has."""
    here, box = visit(), toolbox()
    may_manage()
    address, scale = request.form.get("address", "").strip()[:2000], request.form.get("scale", "")
    loopback = box.settings.allow_private_networks
    try:
        if not package_url(address):
            documents = documents_at(address, allow_this_machine=loopback)
            return page("case_documents", section="frameworks", documents=documents, scale=scale)
        data = fetch_package(address, allow_this_machine=loopback)
        upload = brought(here.actor, data, address, box.clock(), scale=scale)
        _read(upload)
    except DraftProblems as problem:
        return _list_page(problem, address=address, scale=scale), problem.status
    keep_upload(here.db, upload)
    here.db.commit()
    return redirect(url_for("adults.preview_framework", upload_id=upload.id), 303)


def _read(upload: models.FrameworkUpload) -> FrameworkDraft:
    here, shipped = visit(), shipped_scales(toolbox().settings.config_folder)
    return read_upload(here.db, here.tenant_id, upload, dict(shipped))


@bp.get("/students/frameworks/preview/<int:upload_id>")
def preview_framework(upload_id: int) -> ResponseReturnValue:
    """Show what publishing a file would change."""
    here = visit()
    upload = find_upload(here.db, here.actor, upload_id)
    draft = _read(upload)
    found = differences(here.db, here.tenant_id, draft)
    return page(
        "framework_preview",
        section="frameworks",
        upload=upload,
        draft=draft,
        found=found,
        shown=SHOWN,
        **_calculation(draft, found.framework),
    )


def _calculation(draft: FrameworkDraft, there: models.Framework | None) -> dict[str, Any]:
    """Return how what is brought is calculated where it comes from, and how it is here, where the two differ."""
    way = draft.ways[0] if draft.ways else None
    is_same = (
        there is not None
        and way is not None
        and (there.method, there.parameter) == (way.method, way.parameter)
    )
    return {"way": None if is_same else way, "other_ways": draft.ways[1:], "there": there}


@bp.post("/students/frameworks/preview/<int:upload_id>")
def publish_framework(upload_id: int) -> ResponseReturnValue:
    """Publish a file as it was shown, and make the levels anew."""
    here = visit()
    upload = find_upload(here.db, here.actor, upload_id)
    expected, now = number_in(request.form.get("version", "")), toolbox().clock()
    draft = _read(upload)
    before = differences(here.db, here.tenant_id, draft).framework
    comes_back = before is not None and before.withdrawn_at is not None
    made = publish(here.db, here.actor, here.tenant_id, draft, expected, now)
    if draft.ways and request.form.get("calculate") == "there":
        way = draft.ways[0]
        chosen = Calculation(way.method, way.parameter, made.minimum_ratings or 1)
        set_calculation(here.db, here.actor, made, chosen)
    recalculate(here.db, made)
    if comes_back:
        follow_again(here.db, made, now)
    here.db.delete(upload)
    here.db.commit()
    if draft.source == FROM_LMS:
        wake(FOLLOW_OUTCOMES, here.tenant_id)
    return redirect(url_for("adults.framework", framework_id=made.id, done="published"), 303)


def _tree(framework_id: int) -> Tree:
    here = visit()
    may_manage()
    return read_tree(here.db, find_framework(here.db, here.tenant_id, framework_id))


@bp.get("/students/frameworks/<int:framework_id>")
def framework(framework_id: int) -> ResponseReturnValue:
    """Show the items of a framework, its scales, and how levels are calculated."""
    tree = _tree(framework_id)
    scales = {one.scale.id: one.scale for one in tree.rated if one.scale}
    return page(
        "framework",
        section="frameworks",
        tree=tree,
        asked=asked_of(visit().db, framework_id),
        headings=headings_of(tree),
        framework=tree.framework,
        scales=scales.values(),
        methods=METHODS,
    )


@bp.post("/students/frameworks/<int:framework_id>/calculation")
def choose_calculation(framework_id: int) -> ResponseReturnValue:
    """Calculate in another way from now on, and make the levels anew."""
    here, form = visit(), request.form
    may_manage()
    found = find_framework(here.db, here.tenant_id, framework_id)
    method = METHODS.get(form.get("method", ""))
    parameter: Decimal | None = None
    if method is not None and method.has_parameter and form.get("parameter"):
        # What is no number is out of every range.
        parameter = decimal_in(form["parameter"]) or Decimal(-1)
    chosen = Calculation(form.get("method", ""), parameter, number_in(form.get("minimum", ""), 1))
    set_calculation(here.db, here.actor, found, chosen)
    recalculate(here.db, found)
    here.db.commit()
    return redirect(url_for("adults.framework", framework_id=framework_id, done="calculated"), 303)


@bp.post("/students/frameworks/<int:framework_id>/graduation")
def choose_requirements(framework_id: int) -> ResponseReturnValue:
    """Say what graduation asks for of this framework."""
    here, form = visit(), request.form
    tree = _tree(framework_id)
    chosen = [number_in(text) for text in form.getlist("asked")]
    # What is no number is more than any heading holds.
    said = {key: form.get(f"at_least_{key}", "").strip() for key in chosen}
    asked = {key: number_in(text, 10**6) if text else None for key, text in said.items()}
    set_requirements(here.db, here.actor, tree, asked)
    here.db.commit()
    return redirect(url_for("adults.framework", framework_id=framework_id, done="asked"), 303)


@bp.get("/students/frameworks/<int:framework_id>/case")
def framework_as_case(framework_id: int) -> ResponseReturnValue:
    """Hand out a framework as a CASE 1.1 package."""
    tree = _tree(framework_id)
    answer = jsonify(write_package(visit().db, tree, str(toolbox().settings.public_origin)))
    answer.headers["Content-Disposition"] = 'attachment; filename="framework.json"'
    return answer
