"""A student's plan as an adult of the school sees it, and what can be said and proposed there."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotFound
from lti_plp.lms.lms_ids import people_called
from lti_plp.lms.naming import names_of_people
from lti_plp.lms.step_works import ties_of_steps
from lti_plp.lms.students import student_facts
from lti_plp.lms.submission_copies import evidence_that_shows
from lti_plp.lms.ties import tie_with
from lti_plp.plp.actor import Actor
from lti_plp.plp.conversation import comment, suggest
from lti_plp.plp.for_adults import audience_of, plans_that_show, read_for_team
from lti_plp.plp.growth.frameworks import read_some
from lti_plp.plp.growth.standings import newest_rating, read_standings
from lti_plp.plp.items import item_kind
from lti_plp.plp.policy import TEAM_SEES, Action, may
from lti_plp.views.adults.desk import RATE_KEYS, begun_plan, bp, kinds, looked_at, page, plan_with, ties
from lti_plp.views.plan.incoming import fields_in_form
from lti_plp.views.visit import toolbox, visit

SPOKEN_OF = frozenset({"plan", "goal", "step", "entry", "evidence"})


@bp.get("/students/<int:student_id>")
def student(student_id: int) -> ResponseReturnValue:
    """Show what is for teachers and advisors of it."""
    return student_page(student_id)


def student_on_card(issuer: str, lms_id: str) -> int | None:
    """Return the student whom the visitor's platform calls so, if the visitor may see the plan.

    ``None`` too where two of the visitor's students are called so, and nobody has said that they are one.
    """
    here = visit()
    called = people_called(here.db.connection(), here.tenant_id, issuer, lms_id, here.facts.deployment_id)
    mine = [one for one in called if one in ties()]
    seen = [one for one in mine if may(here.actor, Action.SEE_PLAN, ties()[one].work(here.tenant_id))]
    return seen[0] if len(seen) == 1 else None


@bp.get("/students/card")
def card_of_nobody() -> ResponseReturnValue:
    """Say that the student on whose card this was opened is none of the visitor's."""
    return page("card_of_nobody", section="students")


def student_page(student_id: int, problem: str = "") -> str:
    """Return the page of a student's plan, with what was typed where there was a problem."""
    here = visit()
    plan, tie = plan_with(student_id)
    if plan is None:
        facts = student_facts(here.db, here.tenant_id, student_id)
        return page("no_plan", section="students", facts=facts, student_id=student_id)
    looked_at(plan, "plan")
    shown = read_for_team(here.db, plan)
    ready = {one.item_id for one in shown.talk.calls if one.item_kind == "proficiency"}
    return page(
        "plan",
        section="students",
        shown=shown,
        plan=shown.plan,
        row=plan,
        facts=student_facts(here.db, here.tenant_id, student_id),
        names=names_of_people(
            here.db, here.tenant_id, shown.talk.people() | shown.plan.people() | {student_id}
        ),
        hands_over=may(here.actor, Action.HAND_OVER, tie.work(here.tenant_id)),
        levels=read_standings(here.db, here.tenant_id, student_id, plan.id, TEAM_SEES).by_id,
        rated={one.id: one for one in read_some(here.db, here.tenant_id, ready)},
        rate_keys=RATE_KEYS,
        newest=newest_rating(here.db, here.tenant_id, student_id) if ready else 0,
        progress=list(kinds().of("progress").values()),
        works=ties_of_steps(here.db, plan, shown.step_ids),
        answers=shown.answers_to(here.actor.person_id, toolbox().clock()),
        tie=tie,
        student_id=student_id,
        problem=problem,
        typed=request.form,
    )


@bp.post("/students/<int:student_id>/say/<kind>/<int:item_id>")
def say(student_id: int, kind: str, item_id: int) -> ResponseReturnValue:
    """Say something about a thing in the plan."""
    here = visit()
    plan, tie = begun_plan(student_id, Action.SPEAK_ON_PLAN)
    if kind not in SPOKEN_OF:
        raise NotFound("The plan holds no such thing.", code="item_not_here")
    work = tie.work(here.tenant_id, audience_of(here.db, plan, kind, item_id))
    text = request.form.get("text", "").replace("\r\n", "\n")
    try:
        comment(here.db, plan, here.actor, work, (kind, item_id), text, toolbox().clock())
    except BadInput as problem:
        here.db.rollback()
        return student_page(student_id, problem.code), problem.status
    here.db.commit()
    return redirect(url_for("adults.student", student_id=student_id, _anchor=f"{kind}-{item_id}"), 303)


@bp.post("/students/<int:student_id>/propose/<kind>", defaults={"item_id": None})
@bp.post("/students/<int:student_id>/propose/<kind>/<int:item_id>")
def propose(student_id: int, kind: str, item_id: int | None) -> ResponseReturnValue:
    """Propose other words for a thing, or a new one; the student decides."""
    here, form = visit(), request.form
    plan, tie = begun_plan(student_id, Action.SPEAK_ON_PLAN)
    audience = "team" if item_id is None else audience_of(here.db, plan, kind, item_id)
    sent = fields_in_form(item_kind(kind), form)
    fields = {name: one for name, one in sent.items() if (one.strip() if isinstance(one, str) else one)}
    try:
        if not fields:
            raise BadInput("Nothing is proposed.", code="field_missing")
        work, message = tie.work(here.tenant_id, audience), form.get("message", "")
        now = toolbox().clock()
        suggest(here.db, plan, here.actor, work, (kind, item_id), fields, message, kinds().of, now)
    except BadInput as problem:
        here.db.rollback()
        return student_page(student_id, problem.code), problem.status
    here.db.commit()
    return redirect(url_for("adults.student", student_id=student_id, proposed=1), 303)


def may_read_file(session: Session, actor: Actor, file_id: str) -> bool:
    """Vouch for a file that is attached to something in a plan that the actor may see."""
    if not actor.is_adult:
        return False
    box = toolbox()
    shown = plans_that_show(session, actor.tenant_id, file_id)
    for student_id, audience in [*shown, *evidence_that_shows(session, actor.tenant_id, file_id)]:
        tie = tie_with(
            session, actor.tenant_id, actor.person_id, student_id, box.clock(), box.settings.grace_days
        )
        if may(actor, Action.SEE_PLAN, tie.work(actor.tenant_id, audience)):
            return True
    return False


@bp.record
def _vouch(state: object) -> None:
    """Let files of plans be read by those who may see them."""
    state.app.extensions["lti_plp_may_read"].append(may_read_file)  # type: ignore[attr-defined]
