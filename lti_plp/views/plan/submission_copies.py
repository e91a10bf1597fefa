"""What a student handed in, kept with a piece of evidence: asking for it, allowing it, seeing how far it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import NotFound
from lti_plp.files.showing import own_cards
from lti_plp.lms.gateway import Consent
from lti_plp.lms.queue import KEEP_COPIES
from lti_plp.lms.submission_copies import ask_for_copies, can_be_copied, copied, waits_for_consent
from lti_plp.plp.evidence_lists import find_evidence
from lti_plp.plp.models import Evidence
from lti_plp.views.links import number_in
from lti_plp.views.plan.desk import bp, own_plan
from lti_plp.views.rendering import render_template
from lti_plp.views.submission_copies import file_ids_of, file_problem, names_of_comments
from lti_plp.views.visit import gateway, toolbox, visit, wake

QUESTIONS = 150
"""How often a page asks whether something has happened, every two seconds."""


@dataclass(frozen=True)
class Wishes:
    """What a student wants to keep."""

    work: bool
    comments: bool

    @property
    def any(self) -> bool:
        """Whether that is anything."""
        return self.work or self.comments


def wishes_sent() -> Wishes:
    """Return what the form that was sent wishes for."""
    return Wishes("with_work" in request.form, "with_comments" in request.form)


def consent() -> Consent:
    """Return whether this student allowed the LMS to be read; ``NOT_OFFERED`` where nothing can be copied."""
    way = gateway()
    return way.consent_of(visit().actor.person_id) if way.capabilities.handed_in else Consent.NOT_OFFERED


def want(evidence_ids: Sequence[int], wishes: Wishes) -> None:
    """Write down what is to be kept with those of these pieces that can be read; :func:`begin` after the commit."""
    here, kind = visit(), gateway().capabilities.kind
    ask_for_copies(
        here.db,
        here.actor.person_id,
        [one for one in evidence_ids if can_be_copied(here.db, one, here.facts.deployment_id, kind)],
        toolbox().clock(),
        work=wishes.work,
        comments=wishes.comments,
    )


def begin() -> None:
    """Let the worker copy what was wished for."""
    wake(KEEP_COPIES, visit().actor.person_id)


def copies_on(item: Evidence, asked: int = 0) -> dict[str, Any]:
    """Return what the page of a piece of evidence says of copies."""
    here, found = visit(), copied(visit().db, item.id)
    allowed = consent() if item.medium == "lms" else Consent.NOT_OFFERED
    if found is None:
        way = gateway()
        is_offered = allowed is not Consent.NOT_OFFERED and can_be_copied(
            here.db, item.id, here.facts.deployment_id, way.capabilities.kind
        )
        return {"copies": None, "copies_offered": is_offered, "consent": allowed, "item": item}
    waits = found.copy.state == "waiting"
    needs_consent = waits and allowed in {Consent.MISSING, Consent.ENDED}
    asks = needs_consent and not asked and not here.is_acted
    return {
        "copies": found,
        "copies_offered": False,
        "consent": allowed,
        "item": item,
        "needs_consent": needs_consent,
        "allow_address": gateway().ask_consent(here.actor.person_id) if asks else "",
        "asked": asked + 1,
        "is_asking": waits and asked < QUESTIONS,
        "copy_cards": own_cards(here.db, here.actor, file_ids_of(found)),
        "copy_names": names_of_comments(found),
        "file_problem": file_problem,
    }


def address_to_allow(allowed: Consent) -> str:
    """Return where the LMS asks the visitor, if something waits for that; empty otherwise."""
    here = visit()
    # Whoever acts as a student cannot allow anything in the student's name.
    if here.is_acted or allowed not in {Consent.MISSING, Consent.ENDED}:
        return ""
    if not waits_for_consent(here.db, here.actor.person_id):
        return ""
    return gateway().ask_consent(here.actor.person_id)


def _own_piece(evidence_id: int) -> Evidence:
    item, _links = find_evidence(visit().db, own_plan().id, evidence_id)
    if item.removed_at is not None:
        raise NotFound("This evidence was removed.", code="item_not_here")
    return item


@bp.get("/plan/evidence/<int:evidence_id>/copies")
def copies(evidence_id: int) -> ResponseReturnValue:
    """Show how far it is, for a page that waits."""
    asked = number_in(request.args.get("asked", ""))
    return render_template("plan/_submission_copy.html", **copies_on(_own_piece(evidence_id), asked))


@bp.post("/plan/evidence/<int:evidence_id>/copies")
def keep_copies(evidence_id: int) -> ResponseReturnValue:
    """Have what was handed in kept with a piece, or try again what failed."""
    item, wishes, here = _own_piece(evidence_id), wishes_sent(), visit()
    if wishes.any:
        want([item.id], wishes)
        here.db.commit()
        begin()
    return redirect(url_for("plan.evidence", evidence_id=evidence_id, _anchor="handed-in"), 303)


@bp.post("/plan/coursework/stop")
def stop_copies() -> ResponseReturnValue:
    """Take the student's permission back; what was copied stays."""
    here, way = visit(), gateway()
    # The LMS is told as well, and no transaction of this page is open meanwhile.
    here.db.commit()
    way.take_consent_back(here.actor.person_id)
    return redirect(url_for("plan.all_coursework"), 303)
