"""Proficiencies of a student, for those who teach or accompany her: reading, rating, correcting, judging."""

from collections.abc import Callable

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import BadInput
from lti_plp.lms.naming import names_of_people
from lti_plp.lms.students import student_facts
from lti_plp.lms.ties import Tie
from lti_plp.plp.growth.choosing import search
from lti_plp.plp.growth.frameworks import read_one
from lti_plp.plp.growth.growth_reading import growth_of
from lti_plp.plp.growth.ratings import judge, rate
from lti_plp.plp.growth.standings import (
    Standings,
    newest_rating,
    pieces_for,
    read_proficiency,
    read_standings,
)
from lti_plp.plp.models import Plan
from lti_plp.plp.plans import find_plan
from lti_plp.plp.policy import FAMILY_SEES, TEAM_SEES, Action, PlanWork, may, require
from lti_plp.plp.standing import TEAM
from lti_plp.views.adults.desk import bp, looked_at, page, tie
from lti_plp.views.links import number_in
from lti_plp.views.rating_form import draft_sent
from lti_plp.views.visit import toolbox, visit


def rated_work(found: Tie) -> PlanWork:
    """Return the student's plan as somebody sees it who rates: a mentor sees what is for the family."""
    return found.work(visit().tenant_id, "team" if found.standing & TEAM else "family")


def _rater(student_id: int) -> tuple[Tie, PlanWork]:
    """Return what the visitor, who may rate, has to do with a student."""
    found = tie(student_id)
    work = rated_work(found)
    require(visit().actor, Action.RATE_PROFICIENCY, work)
    return found, work


def _seen_by(work: PlanWork) -> frozenset[str]:
    return TEAM_SEES if work.audience == "team" else FAMILY_SEES


def _standings(student_id: int, plan: Plan | None, work: PlanWork) -> Standings:
    here, plan_id = visit(), plan.id if plan else None
    return read_standings(here.db, here.tenant_id, student_id, plan_id, _seen_by(work))


@bp.get("/students/<int:student_id>/proficiencies")
def proficiencies(student_id: int) -> ResponseReturnValue:
    """Show where the student stands; ``q`` looks for another one to rate."""
    here, words = visit(), request.args.get("q", "")[:100]
    _found, work = _rater(student_id)
    plan = find_plan(here.db, here.tenant_id, student_id)
    looked_at(plan, "plan")
    return page(
        "proficiencies",
        section="students",
        student_id=student_id,
        facts=student_facts(here.db, here.tenant_id, student_id),
        standings=_standings(student_id, plan, work),
        words=words,
        found=search(here.db, here.tenant_id, words),
    )


@bp.get("/students/<int:student_id>/proficiencies/<int:proficiency_id>")
def proficiency(student_id: int, proficiency_id: int) -> ResponseReturnValue:
    """Show one of them, with the forms to rate and to judge."""
    return _page(student_id, proficiency_id)


def _page(student_id: int, proficiency_id: int, problem: str = "") -> str:
    here = visit()
    _found, work = _rater(student_id)
    plan = find_plan(here.db, here.tenant_id, student_id)
    looked_at(plan, "plan")
    shown = read_proficiency(here.db, here.tenant_id, student_id, proficiency_id)
    sees = _seen_by(work)
    correct = shown.rating(number_in(request.values.get("correct") or request.form.get("replaces_id", "")))
    is_own = correct is not None and correct.rater_id == here.actor.person_id and not correct.is_corrected
    return page(
        "proficiency",
        section="students",
        student_id=student_id,
        shown=shown,
        picture=growth_of(here.db, shown.tree, student_id, proficiency_id, sees).picture,
        names=names_of_people(here.db, here.tenant_id, shown.people() | {student_id}),
        person_id=here.actor.person_id,
        sees=sees,
        pieces=pieces_for(here.db, plan.id, proficiency_id, sees) if plan else (),
        judges=may(here.actor, Action.JUDGE_LEVEL, work),
        is_team=work.audience == "team",
        correct=correct if is_own else None,
        newest=newest_rating(here.db, here.tenant_id, student_id),
        problem=problem,
        typed=request.form,
    )


def _do(student_id: int, proficiency_id: int, said: str, act: Callable[[], object]) -> ResponseReturnValue:
    """Do something and return to the page; what was refused is shown there, with what was typed."""
    here = visit()
    try:
        act()
    except BadInput as problem:
        here.db.rollback()
        return _page(student_id, proficiency_id, problem.code), problem.status
    here.db.commit()
    address = url_for("adults.proficiency", student_id=student_id, proficiency_id=proficiency_id, said=said)
    return redirect(address, 303)


@bp.post("/students/<int:student_id>/proficiencies/<int:proficiency_id>")
def rate_proficiency(student_id: int, proficiency_id: int) -> ResponseReturnValue:
    """Keep a rating, or a correction of an own one."""
    here, now = visit(), toolbox().clock()
    _found, work = _rater(student_id)
    tree = read_one(here.db, here.tenant_id, proficiency_id)
    return _do(
        student_id,
        proficiency_id,
        "rated",
        lambda: rate(here.db, here.actor, work, tree, draft_sent(tree.items[0], request.form, now), now),
    )


@bp.post("/students/<int:student_id>/proficiencies/<int:proficiency_id>/judge")
def judge_level(student_id: int, proficiency_id: int) -> ResponseReturnValue:
    """Say what the level is, or take that back."""
    here, now, form = visit(), toolbox().clock(), request.form
    _found, work = _rater(student_id)
    require(here.actor, Action.JUDGE_LEVEL, work)
    tree = read_one(here.db, here.tenant_id, proficiency_id)
    takes_back = form.get("back") == "1"
    reason = form.get("reason", "").replace("\r\n", "\n")

    def act() -> None:
        level = form.get("judged", "")
        if not (level or takes_back):
            raise BadInput("No level is chosen.", code="nothing_given")
        said = None if takes_back else level
        judge(here.db, here.actor, work, tree, proficiency_id, said, reason, now)

    return _do(student_id, proficiency_id, "back" if takes_back else "judged", act)
