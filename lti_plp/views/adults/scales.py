"""Scales of a school's own: a table of them is brought in as a framework is, with a preview."""

from typing import Any

from flask import g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from lti_plp.plp.growth.drafts import DraftProblems
from lti_plp.plp.growth.framework_csv import scale_template
from lti_plp.plp.growth.scale_tables import ScaleChanges, publish_scales
from lti_plp.plp.growth.shipped import shipped_scales
from lti_plp.plp.growth.uploads import brought, find_upload, keep_upload, read_scale_upload
from lti_plp.plp.models import FrameworkUpload
from lti_plp.views.adults.desk import bp, page
from lti_plp.views.adults.frameworks import may_manage, scales_here
from lti_plp.views.csv_files import csv_answer
from lti_plp.views.visit import toolbox, visit


@bp.url_value_preprocessor
def name_what_is_too_large(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Let a table that is larger than any form may be, be told in words of its own."""
    if endpoint == "adults.bring_scales":
        g.too_large = "scales_too_large"


@bp.get("/students/scales")
def scales() -> ResponseReturnValue:
    """Show those that a framework may name, and the form to bring in others."""
    may_manage()
    return _list_page()


def _list_page(problem: DraftProblems | None = None) -> str:
    return page("scales", section="frameworks", scales=scales_here().values(), problem=problem)


@bp.get("/students/scales/template.csv")
def scales_template() -> ResponseReturnValue:
    """Hand out an example to begin with."""
    may_manage()
    head, *rows = scale_template(str(get_locale()))
    return csv_answer("scales", head, rows)


@bp.post("/students/scales")
def bring_scales() -> ResponseReturnValue:
    """Keep a table and show what it would change; what cannot be read is told by its row, and not kept."""
    here, file = visit(), request.files.get("file")
    may_manage()
    data, name = (file.read(), file.filename or "") if file else (b"", "")
    upload = brought(here.actor, data, name, toolbox().clock())
    try:
        _changes(upload)
    except DraftProblems as problem:
        return _list_page(problem), problem.status
    keep_upload(here.db, upload)
    here.db.commit()
    return redirect(url_for("adults.preview_scales", upload_id=upload.id), 303)


def _changes(upload: FrameworkUpload) -> ScaleChanges:
    shipped = shipped_scales(toolbox().settings.config_folder)
    return read_scale_upload(visit().db, visit().tenant_id, upload, shipped)


@bp.get("/students/scales/preview/<int:upload_id>")
def preview_scales(upload_id: int) -> ResponseReturnValue:
    """Show what publishing a table would change."""
    upload = find_upload(visit().db, visit().actor, upload_id)
    return page("scales_preview", section="frameworks", found=_changes(upload))


@bp.post("/students/scales/preview/<int:upload_id>")
def keep_scales(upload_id: int) -> ResponseReturnValue:
    """Publish the scales of a table as they were shown."""
    here = visit()
    upload = find_upload(here.db, here.actor, upload_id)
    seen = request.form.get("seen", "")
    publish_scales(here.db, here.actor, here.tenant_id, _changes(upload), seen, toolbox().clock())
    here.db.delete(upload)
    here.db.commit()
    return redirect(url_for("adults.scales", done="published"), 303)
