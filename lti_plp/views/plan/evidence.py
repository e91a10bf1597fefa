"""Evidence: all of it, one piece, and adding one."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from urllib.parse import urlsplit

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import PlpError
from lti_plp.files.showing import FileCard, own_cards
from lti_plp.lms.links import course_title, courses_of_links, courses_shown
from lti_plp.lms.naming import names_of_people
from lti_plp.plp.evidence_lists import (
    MEDIA,
    EvidenceList,
    LinkIds,
    ReflectionLine,
    Subject,
    Subjects,
    Wish,
    add_evidence,
    find_evidence,
    goals_offered,
    list_evidence,
    reflections_about,
    school_year,
    subjects,
)
from lti_plp.plp.kinds import FIXED
from lti_plp.plp.models import Evidence, Plan
from lti_plp.plp.reading import EvidenceCard
from lti_plp.views.links import number_in
from lti_plp.views.plan.desk import bp, own_plan, page, pen, plan_or_none, thread_on, today
from lti_plp.views.plan.evidence_form import (
    EvidenceForm,
    form_sent,
    preset_links,
    problem_at,
    with_only_goal,
)
from lti_plp.views.plan.proficiencies import offered as offered_proficiencies
from lti_plp.views.plan.submission_copies import copies_on
from lti_plp.views.visit import visit


@dataclass(frozen=True)
class Month:
    """The pieces of one month."""

    school_year: int
    """In which it began."""
    first: str
    """Its first day, as an ISO date."""
    cards: tuple[EvidenceCard, ...]


def files_of(evidence: Iterable[EvidenceCard | Evidence]) -> dict[str, FileCard]:
    """Return file id -> what is known of the file, for some pieces of evidence; one statement."""
    here = visit()
    return own_cards(here.db, here.actor, {one.file_id for one in evidence if one.file_id})


def host_of(url: str) -> str:
    """Return the host to which a link leads, whatever else it shows."""
    return urlsplit(url).hostname or ""


@bp.get("/plan/evidence")
def all_evidence() -> ResponseReturnValue:
    """Show a page of it, newest first."""
    plan, wish = plan_or_none(), _wish()
    before = request.args.get("before", "")
    found = list_evidence(visit().db, plan.id, wish, before) if plan else EvidenceList((), "")
    return page(
        "evidence_list",
        section="evidence",
        months=_months(found.cards),
        older=found.older,
        is_first=not before,
        wish=wish,
        wishes=_filters(wish),
        goals=_goals(plan, wish),
        media=MEDIA,
        files=files_of(found.cards),
        host_of=host_of,
    )


def _wish() -> Wish:
    medium, origin = request.args.get("medium", ""), request.args.get("origin", "")
    return Wish(
        goal_id=number_in(request.args.get("goal", "")) or None,
        medium=medium if medium in MEDIA else "",
        origin=origin if origin in FIXED["origin"] else "",
    )


def _filters(wish: Wish) -> dict[str, str | int]:
    """Return what an address of the list says of a wish."""
    wanted = {"goal": wish.goal_id, "medium": wish.medium, "origin": wish.origin}
    return {name: value for name, value in wanted.items() if value}


def _goals(plan: Plan | None, wish: Wish) -> tuple[Subject, ...]:
    chosen = [wish.goal_id] if wish.goal_id else []
    return goals_offered(visit().db, plan.id, chosen) if plan else ()


def _months(cards: Iterable[EvidenceCard]) -> list[Month]:
    grouped = groupby(cards, key=lambda one: one.captured_on.replace(day=1))
    return [Month(school_year(first), first.isoformat(), tuple(mine)) for first, mine in grouped]


def _subjects(plan: Plan | None, chosen: LinkIds) -> Subjects:
    here = visit()
    return subjects(here.db, plan.id if plan else None, here.actor.person_id, chosen)


@bp.get("/plan/evidence/new")
def new_evidence() -> ResponseReturnValue:
    """Show the form; the address may say what it is about (``goal``, ``step``, ``entry``, ``reflection``)."""
    plan, preset = plan_or_none(), preset_links(request.args)
    offered = _subjects(plan, preset)
    links = with_only_goal(offered.among(preset), offered)
    return _form_page(EvidenceForm(captured_on=today().isoformat(), links=links), offered, {})


@bp.post("/plan/evidence/new")
def save_evidence() -> ResponseReturnValue:
    """Add it, and go on to its page; what cannot be saved stands in the form as it was typed."""
    sent, here = form_sent(request.form), visit()
    problems = sent.missing()
    if not problems:
        try:
            item = add_evidence(pen(), sent.values(here.actor.course_id), sent.new_goal)
        except PlpError as problem:
            problems = problem_at(problem)
            if not problems:
                raise
            here.db.rollback()
        else:
            here.db.commit()
            return redirect(url_for("plan.evidence", evidence_id=item.id, added=1), 303)
    offered = _subjects(plan_or_none(), sent.links)
    return _form_page(replace(sent, links=offered.among(sent.links)), offered, problems), 400


def _form_page(form: EvidenceForm, offered: Subjects, problems: dict[str, str]) -> str:
    here = visit()
    file = own_cards(here.db, here.actor, {form.file_id}).get(form.file_id) if form.file_id else None
    return page(
        "evidence_new",
        section="evidence",
        given=form,
        offered=offered,
        offer=offered_proficiencies(plan_or_none(), form.links.proficiency_ids),
        problems=problems,
        file=file,
    )


@bp.get("/plan/evidence/<int:evidence_id>")
def evidence(evidence_id: int) -> ResponseReturnValue:
    """Show one piece, or that it was removed."""
    here, plan = visit(), own_plan()
    item, links = find_evidence(here.db, plan.id, evidence_id)
    if item.removed_at is not None:
        return page("evidence_removed", section="evidence", item=item)
    return page(
        "evidence",
        section="evidence",
        links=links,
        offered=_subjects(plan, links),
        offer=offered_proficiencies(plan, links.proficiency_ids),
        file=files_of([item]).get(item.file_id or ""),
        host=host_of(item.url),
        confirmed_by=_name_of(item.validated_by),
        course=course_title(here.db, here.tenant_id, item.course_id) if item.course_id else "",
        reflections=_reflections(item, links),
        is_new="added" in request.args,
        shown_in=courses_shown(here.db, here.actor.person_id, "evidence", item.id),
        **copies_on(item),
        **thread_on(plan, "evidence", evidence_id),
    )


def _name_of(person_id: int | None) -> str:
    if person_id is None:
        return ""
    return names_of_people(visit().db, visit().tenant_id, [person_id]).get(person_id, "")


def _reflections(item: Evidence, links: LinkIds) -> list[tuple[ReflectionLine, str]]:
    """Return each reflection that has to do with the piece, and the address of its page."""
    here = visit()
    lines = reflections_about(here.db, here.actor.person_id, item.id, links.reflection_ids)
    placed = [one.link_id for one in lines if one.link_id is not None]
    courses = courses_of_links(here.db, here.tenant_id, placed)
    found: list[tuple[ReflectionLine, str]] = []
    for one in lines:
        if one.link_id is None:
            address = url_for("reflections.own", template_id=one.template_id)
        elif one.link_id in courses and courses[one.link_id].course_id == here.course.id:
            address = url_for("student.reflection", link_id=one.link_id)
        else:
            address = url_for("reflections.past", reflection_id=one.id)
        found.append((one, address))
    return found
