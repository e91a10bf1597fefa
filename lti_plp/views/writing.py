"""What all pages share on which a reflection is written: the form, saving while it is typed, what is sent."""

import hmac
from dataclasses import dataclass
from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from lti_plp.errors import BadInput
from lti_plp.lms.links import courses_shown
from lti_plp.plp.about import About, Things, about_of, choices
from lti_plp.plp.data_files import in_language
from lti_plp.plp.reflection_lists import revisions_of
from lti_plp.plp.reflections import Asked, LinkFacts, Saved, Work, save_answer
from lti_plp.views.activity import AskedActivity
from lti_plp.views.links import number_in
from lti_plp.views.rendering import render_template
from lti_plp.views.visit import toolbox, visit


@dataclass(frozen=True)
class Addresses:
    """Where the pages of one reflection are."""

    edit: str
    submit: str
    """Answers are saved beside it: see ``autosave.js``."""
    about: str
    settings: str = ""
    audience: str = ""


@dataclass(frozen=True)
class Connections:
    """What a reflection is about, and what there is to choose from."""

    about: About
    things: Things


def write_page(
    work: Work,
    link: Asked,
    addresses: Addresses,
    *,
    is_preview: bool = False,
    problem: str = "",
    conflicts: dict[str, str] | None = None,
    asked: AskedActivity | None = None,
    **more: Any,
) -> str:
    """Return the page with the questions, and everything that was typed."""
    return render_template(
        "student/write.html",
        work=work,
        own=work.own,
        addresses=addresses,
        is_preview=is_preview,
        problem=problem,
        conflicts=conflicts or {},
        teacher=visit().facts.teacher_name,
        draft_key=_draft_key(link),
        asked=asked,
        in_language=in_language,
        **more,
    )


def sent_page(work: Work, asked: Asked, addresses: Addresses) -> str:
    """Return the page with what was sent, what came back, and what it is about."""
    here = visit()
    return render_template(
        "student/sent.html",
        work=work,
        own=work.own,
        addresses=addresses,
        draft_key=_draft_key(asked),
        connections=connections_of(work),
        revisions=revisions_of(here.db, here.actor, work.reflection_id or 0),
        past_course=None,
        shown_in=courses_shown(here.db, here.actor.person_id, "reflection", work.reflection_id or 0),
    )


def connections_of(work: Work) -> Connections:
    """Return what a reflection that is begun is about, and what there is to choose from."""
    here, reflection_id = visit(), work.reflection_id or 0
    about = about_of(here.db, [reflection_id])[reflection_id]
    return Connections(about, choices(here.db, here.actor.person_id, about))


def _draft_key(asked: Asked) -> str:
    """Return a name for unsaved words in the browser that tells nobody whose they are."""
    where = asked.resource_link_id if isinstance(asked, LinkFacts) else asked.template_id
    text = f"draft:{visit().actor.person_id}:{where}".encode()
    return hmac.new(toolbox().settings.secret_key.encode(), text, "sha256").hexdigest()[:32]


def save_one(asked: Asked, key: str) -> ResponseReturnValue:
    """Save one answer as it is typed; 409 with the other text when another tab has saved meanwhile."""
    body = request.get_json(silent=True)
    text = body.get("text") if isinstance(body, dict) else None
    base = body.get("base_revision") if isinstance(body, dict) else None
    if not isinstance(text, str) or not isinstance(base, int) or isinstance(base, bool):
        raise BadInput("An answer is saved as text with its base_revision.")
    saved = _save(asked, key, text, base)
    visit().db.commit()
    if saved.conflict is not None:
        current = {"text": saved.conflict, "revision": saved.revision}
        return jsonify(code="changed_elsewhere", current=current), 409
    return jsonify(revision=saved.revision, saved_at=saved.saved_at.isoformat())


def _save(asked: Asked, key: str, text: str, base: int) -> Saved:
    here = visit()
    return save_answer(here.db, here.actor, asked, key, text, base, toolbox().clock())


def save_form(asked: Asked, form: Any) -> dict[str, str]:
    """Save every answer of the form; return question key -> kept text where another tab was quicker."""
    conflicts: dict[str, str] = {}
    for name, text in form.items():
        if not name.startswith("answer_"):
            continue
        key = name.removeprefix("answer_")
        base = form.get(f"revision_{key}", "0")
        saved = _save(asked, key, text.replace("\r\n", "\n"), number_in(base))
        if saved.conflict is not None:
            conflicts[key] = text
    return conflicts


def about_in(form: Any) -> About:
    """Read what a form, or an address, says a reflection is about."""
    ids = {name: {number_in(text) for text in form.getlist(name)} for name in ("goal", "step", "evidence")}
    return About(*(frozenset(found - {0}) for found in ids.values()))
