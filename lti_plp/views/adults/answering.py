"""Answering a student who calls: words, a level of what she can do, how far her evidence shows it."""

from datetime import datetime

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import BadInput, NotFound
from lti_plp.lms.ties import Tie
from lti_plp.plp.calls import waiting_calls
from lti_plp.plp.conversation import comment
from lti_plp.plp.evidence import say_level
from lti_plp.plp.for_adults import audience_of, call_for_team
from lti_plp.plp.growth.frameworks import read_one
from lti_plp.plp.growth.ratings import RatingDraft, rate
from lti_plp.plp.models import Plan
from lti_plp.plp.policy import Action
from lti_plp.plp.talk import CallCard
from lti_plp.views.adults.desk import begun_plan, bp, kinds, ties
from lti_plp.views.adults.plan import student_page
from lti_plp.views.links import number_in
from lti_plp.views.rating_form import after_sent, level_sent
from lti_plp.views.visit import toolbox, visit


@bp.post("/students/<int:student_id>/calls/<int:call_id>")
def answer_call(student_id: int, call_id: int) -> ResponseReturnValue:
    """Answer, in one step; then go on to the next who waits."""
    here, now = visit(), toolbox().clock()
    plan, tie = begun_plan(student_id, Action.SPEAK_ON_PLAN)
    call = call_for_team(here.db, plan, call_id)
    try:
        _answer(plan, tie, call, now)
    except BadInput as problem:
        here.db.rollback()
        return student_page(student_id, problem.code), problem.status
    here.db.commit()
    return redirect(_next_call(), 303)


def _answer(plan: Plan, tie: Tie, call: CallCard, now: datetime) -> None:
    """Do what the form asks.

    :raise BadInput: ``nothing_given`` when it asks for nothing; else as what it asks for.
    """
    form = request.form
    level, text = form.get("level", ""), form.get("text", "").replace("\r\n", "\n")
    if not (level or text.strip()):
        raise BadInput("There is nothing to be said.", code="nothing_given")
    if level and call.item_kind == "proficiency":
        _rate(tie, call, level, text, now)
        return
    if level:
        _say_how_far(tie, call, level, now)
    if text.strip():
        _say(plan, tie, call, text, now)


def _rate(tie: Tie, call: CallCard, level: str, note: str, now: datetime) -> None:
    """Rate what the student is ready to show; the words stand with the rating."""
    here = visit()
    tree = read_one(here.db, here.tenant_id, call.item_id)
    draft = RatingDraft(call.item_id, level_sent(level), now, note=note, after=after_sent(request.form))
    rate(here.db, here.actor, tie.work(here.tenant_id), tree, draft, now)


def _say_how_far(tie: Tie, call: CallCard, level: str, now: datetime) -> None:
    """Say how far the evidence that stood beside the call shows it.

    :raise NotFound: ``item_not_here`` where nothing can be shown.
    """
    if call.item_kind not in {"goal", "step"}:
        raise NotFound("The plan holds no such thing.", code="item_not_here")
    here, evidence_id = visit(), number_in(request.form.get("evidence", ""))
    work, about = tie.work(here.tenant_id), (call.item_kind, call.item_id)
    say_level(here.db, here.actor, work, evidence_id, level, kinds().of, now, about)


def _say(plan: Plan, tie: Tie, call: CallCard, text: str, now: datetime) -> None:
    """Say something about what the call is about; of a proficiency that is said with the plan as a whole."""
    here, about = visit(), (call.item_kind, call.item_id)
    kind, item_id = ("plan", plan.id) if call.item_kind == "proficiency" else about
    work = tie.work(here.tenant_id, audience_of(here.db, plan, kind, item_id))
    comment(here.db, plan, here.actor, work, (kind, item_id), text, now)


def _next_call() -> str:
    """Return the page of the student who waits longest for an answer, else the list, with what remains there."""
    here = visit()
    waiting = waiting_calls(here.db, here.tenant_id, ties().keys())
    if not waiting:
        return url_for("adults.students", answered=1)
    return url_for("adults.student", student_id=waiting[0].student_id, answered=1)
