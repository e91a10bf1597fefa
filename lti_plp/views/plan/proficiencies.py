"""What a student works on and how well it goes: all proficiencies, one of them, and her own word on it."""

from collections.abc import Collection
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import BadInput
from lti_plp.lms.naming import names_of_people
from lti_plp.plp.conversation import ask_for_help
from lti_plp.plp.growth.choosing import Offer, offer, search
from lti_plp.plp.growth.frameworks import read_one
from lti_plp.plp.growth.growth_reading import growth_of
from lti_plp.plp.growth.ratings import RatingDraft, rate
from lti_plp.plp.growth.standings import (
    Standings,
    newest_rating,
    pieces_for,
    read_proficiency,
    read_standings,
)
from lti_plp.plp.models import Plan
from lti_plp.plp.policy import PlanWork
from lti_plp.views.links import number_in
from lti_plp.views.plan.desk import bp, page, pen, plan_or_none
from lti_plp.views.rating_form import draft_sent
from lti_plp.views.visit import toolbox, visit


def offered(plan: Plan | None, chosen: Collection[int] = ()) -> Offer:
    """Return the proficiencies that a form of the student offers."""
    return offer(visit().db, visit().tenant_id, plan.id if plan else None, chosen)


def standings(plan: Plan | None) -> Standings:
    """Return where the student stands."""
    here = visit()
    return read_standings(here.db, here.tenant_id, here.actor.person_id, plan.id if plan else None)


@bp.get("/plan/proficiencies")
def proficiencies() -> ResponseReturnValue:
    """Show what the student works on now, and what else was said of her; ``q`` looks for others."""
    here, words = visit(), request.args.get("q", "")[:100]
    return page(
        "proficiencies",
        section="proficiencies",
        standings=standings(plan_or_none()),
        words=words,
        found=search(here.db, here.tenant_id, words),
    )


@bp.get("/plan/proficiencies/find")
def find_proficiencies() -> ResponseReturnValue:
    """Return boxes of those that hold some words, to be put into a form."""
    here, words = visit(), request.args.get("q", "")[:100]
    return page("proficiencies_found", found=search(here.db, here.tenant_id, words), words=words)


@bp.get("/plan/proficiencies/<int:proficiency_id>")
def proficiency(proficiency_id: int) -> ResponseReturnValue:
    """Show one, with the level, why it is that, and all that was said."""
    return _page(proficiency_id)


def _page(proficiency_id: int, problem: str = "") -> str:
    here, plan = visit(), plan_or_none()
    shown = read_proficiency(here.db, here.tenant_id, here.actor.person_id, proficiency_id)
    correct = shown.rating(number_in(request.args.get("correct") or request.form.get("replaces_id", "")))
    is_own = correct is not None and correct.rater_id == here.actor.person_id
    return page(
        "proficiency",
        section="proficiencies",
        shown=shown,
        picture=growth_of(here.db, shown.tree, here.actor.person_id, proficiency_id).picture,
        names=names_of_people(here.db, here.tenant_id, shown.people()),
        person_id=here.actor.person_id,
        pieces=pieces_for(here.db, plan.id, proficiency_id) if plan else (),
        correct=correct if is_own else None,
        newest=newest_rating(here.db, here.tenant_id, here.actor.person_id),
        problem=problem,
        typed=request.form,
    )


@bp.post("/plan/proficiencies/<int:proficiency_id>")
def rate_myself(proficiency_id: int) -> ResponseReturnValue:
    """Keep the student's own word."""
    here, now = visit(), toolbox().clock()
    tree = read_one(here.db, here.tenant_id, proficiency_id)
    try:
        draft: RatingDraft = draft_sent(tree.items[0], request.form, now)
        rate(here.db, here.actor, _work(), tree, draft, now)
    except BadInput as problem:
        here.db.rollback()
        return _page(proficiency_id, problem.code), problem.status
    here.db.commit()
    return redirect(_address(proficiency_id, said=1), 303)


@bp.post("/plan/proficiencies/<int:proficiency_id>/show")
def ask_to_be_seen(proficiency_id: int) -> ResponseReturnValue:
    """Say that the student is ready to show it; it stands with her calls."""
    here = visit()
    read_one(here.db, here.tenant_id, proficiency_id)
    made = ask_for_help(pen(), "ready", ("proficiency", proficiency_id))
    here.db.commit()
    return redirect(_address(proficiency_id, called=made.id), 303)


def _work() -> PlanWork:
    return PlanWork(visit().tenant_id, visit().actor.person_id, "team")


def _address(proficiency_id: int, **more: Any) -> str:
    return url_for("plan.proficiency", proficiency_id=proficiency_id, **more)
