"""The student's pages: writing a reflection, sending it, seeing the answer."""

import hmac
from typing import Any

from flask import jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import BadInput, PlpError
from lti_plp.lms.queue import DELIVER_SCORES
from lti_plp.lms.scores import submit_and_report
from lti_plp.plp.reflections import LinkFacts, Saved, Work, own_work, preview, save_answer
from lti_plp.views.links import link_of_page, number_in
from lti_plp.views.rendering import render_template
from lti_plp.views.visit import gateway, page_blueprint, toolbox, visit, wake

bp = page_blueprint("student", __name__)


@bp.get("/reflection", defaults={"link_id": None})
@bp.get("/links/<int:link_id>/reflection")
def reflection(link_id: int | None = None) -> ResponseReturnValue:
    """Show the reflection to write, what was sent, or how a student would see it."""
    here, link = visit(), link_of_page(link_id)
    if not here.actor.is_learner or here.actor.is_test:
        return _write_page(preview(here.db, here.actor, link), link_id, is_preview=True)
    work = own_work(here.db, here.actor, link)
    is_open = work.state in {"new", "writing"} or (
        request.args.get("edit") == "1" and work.template.allow_resubmit
    )
    if is_open:
        return _write_page(work, link_id)
    return render_template("student/sent.html", work=work, link_id=link_id, draft_key=_draft_key(link))


def _write_page(
    work: Work,
    link_id: int | None,
    *,
    is_preview: bool = False,
    problem: str = "",
    conflicts: dict[str, str] | None = None,
) -> str:
    return render_template(
        "student/write.html",
        work=work,
        link_id=link_id,
        is_preview=is_preview,
        problem=problem,
        conflicts=conflicts or {},
        teacher=visit().facts.teacher_name,
        draft_key=_draft_key(link_of_page(link_id)),
    )


def _draft_key(link: LinkFacts) -> str:
    """Return a name for unsaved words in the browser that tells nobody whose they are."""
    text = f"draft:{visit().actor.person_id}:{link.resource_link_id}".encode()
    return hmac.new(toolbox().settings.secret_key.encode(), text, "sha256").hexdigest()[:32]


@bp.put("/reflection/answers/<key>", defaults={"link_id": None})
@bp.put("/links/<int:link_id>/reflection/answers/<key>")
def save(key: str, link_id: int | None) -> ResponseReturnValue:
    """Save one answer as it is typed; 409 with the other text when another tab has saved meanwhile."""
    body = request.get_json(silent=True)
    text = body.get("text") if isinstance(body, dict) else None
    base = body.get("base_revision") if isinstance(body, dict) else None
    if not isinstance(text, str) or not isinstance(base, int) or isinstance(base, bool):
        raise BadInput("An answer is saved as text with its base_revision.")
    saved = _save(link_of_page(link_id), key, text, base)
    visit().db.commit()
    if saved.conflict is not None:
        current = {"text": saved.conflict, "revision": saved.revision}
        return jsonify(code="changed_elsewhere", current=current), 409
    return jsonify(revision=saved.revision, saved_at=saved.saved_at.isoformat())


def _save(link: LinkFacts, key: str, text: str, base: int) -> Saved:
    here = visit()
    return save_answer(here.db, here.actor, link, key, text, base, toolbox().clock())


@bp.post("/reflection/submit", defaults={"link_id": None})
@bp.post("/links/<int:link_id>/reflection/submit")
def submit(link_id: int | None) -> ResponseReturnValue:
    """Save what the form holds and send it to the teacher."""
    here, link = visit(), link_of_page(link_id)
    conflicts = _save_form(link, request.form)
    if conflicts:
        here.db.commit()
        work = own_work(here.db, here.actor, link)
        return _write_page(work, link_id, problem="conflict", conflicts=conflicts), 409
    try:
        submit_and_report(here.db, here.actor, link, gateway(), toolbox().clock())
    except PlpError as problem:
        if problem.code != "nothing_written":
            raise
        here.db.rollback()
        work = own_work(here.db, here.actor, link)
        return _write_page(work, link_id, problem=problem.code), problem.status
    here.db.commit()
    wake(DELIVER_SCORES)
    return redirect(url_for("student.reflection", link_id=link_id), 303)


def _save_form(link: LinkFacts, form: Any) -> dict[str, str]:
    """Save every answer of the form; return question key -> kept text where another tab was quicker."""
    conflicts: dict[str, str] = {}
    for name, text in form.items():
        if not name.startswith("answer_"):
            continue
        key = name.removeprefix("answer_")
        base = form.get(f"revision_{key}", "0")
        saved = _save(link, key, text.replace("\r\n", "\n"), number_in(base))
        if saved.conflict is not None:
            conflicts[key] = text
    return conflicts
