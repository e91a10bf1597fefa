"""A student's coursework: what the LMS says of it, and taking one or several pieces as evidence."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_plp.errors import BadInput
from lti_plp.lms.gateway import Consent
from lti_plp.lms.own_coursework import OwnPart, OwnWork, own_coursework, take_as_evidence
from lti_plp.plp.evidence_lists import LinkIds, subjects
from lti_plp.views.links import number_in
from lti_plp.views.plan.coursework import snapshot
from lti_plp.views.plan.desk import bp, page, pen, plan_or_none
from lti_plp.views.plan.evidence_form import LINK_FIELDS, form_sent, preset_links, with_only_goal
from lti_plp.views.plan.proficiencies import offered as offered_proficiencies
from lti_plp.views.plan.submission_copies import address_to_allow, begin, consent, want, wishes_sent
from lti_plp.views.visit import visit


@bp.get("/plan/coursework")
def all_coursework() -> ResponseReturnValue:
    """Show it, with what it can be evidence of; the address may say that (``goal``, ``step``, …)."""
    return _page(preset_links(request.args), frozenset(_chosen(request.args.getlist("work"))))


def _chosen(numbers: list[str]) -> list[int]:
    return [number for number in map(number_in, numbers) if number]


def _page(links: LinkIds, chosen: frozenset[int], problem: str = "", reason: str = "") -> str:
    here, plan = visit(), plan_or_none()
    allowed = consent()
    works = own_coursework(here.db, here.actor.person_id)
    offered = subjects(here.db, plan.id if plan else None, here.actor.person_id, links)
    links = with_only_goal(offered.among(links), offered)
    return page(
        "coursework",
        section="evidence",
        shown=[one for one in works if one.can_be_shown],
        to_do=[one for one in works if not one.can_be_shown],
        chosen=chosen,
        offered=offered,
        links=links,
        offer=offered_proficiencies(plan, links.proficiency_ids),
        problem=problem,
        reason=reason,
        taken=number_in(request.args.get("taken", "")),
        consent=allowed,
        allow_address=address_to_allow(allowed),
        wishes=wishes_sent(),
    )


@bp.post("/plan/coursework")
def take_coursework() -> ResponseReturnValue:
    """Take what was chosen as evidence; what cannot be taken stands in the form as it was."""
    here, sent = visit(), form_sent(request.form)
    chosen = _chosen(request.form.getlist("work"))
    if not sent.links:
        return _page(sent.links, frozenset(chosen), "about", sent.reason), 400
    about = {name: sorted(getattr(sent.links, name)) for name in LINK_FIELDS.values()}
    try:
        made = take_as_evidence(pen(), chosen, {**about, "reason": sent.reason}, words_of)
    except BadInput as problem:
        here.db.rollback()
        return _page(sent.links, frozenset(chosen), problem.code, sent.reason), 400
    wishes = wishes_sent()
    if wishes.any and consent() is not Consent.NOT_OFFERED:
        want([one.id for one in made], wishes)
    here.db.commit()
    if wishes.any:
        begin()
    if len(made) == 1:
        return redirect(url_for("plan.evidence", evidence_id=made[0].id, added=1), 303)
    return redirect(url_for("plan.all_coursework", taken=len(made)), 303)


def words_of(own: OwnWork) -> str:
    """Return in words what the LMS says now of a piece of work, each part of it on a line of its own."""
    if own.result is None:
        return ""
    whole = snapshot(own.work, own.result, own.course_title)
    return "\n".join([whole, *map(_words_of_part, own.parts)])


def _words_of_part(part: OwnPart) -> str:
    if part.level:
        return _("%(part)s: %(level)s", part=part.title, level=part.level)
    if part.score is not None and part.points is not None:
        score, points = (format(number.normalize(), "f") for number in (part.score, part.points))
        return _("%(part)s: %(score)s of %(points)s", part=part.title, score=score, points=points)
    return part.title
