"""What others say about the plan, and the student's calls for help."""

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.lms.naming import names_of_people
from lti_plp.lms.students import supporters
from lti_plp.plp.conversation import accept, ask_for_help, close_help, comment, decline, settle_comment
from lti_plp.plp.history import acting_role
from lti_plp.plp.looks import last_looks
from lti_plp.plp.plan_templates import say as say_about_form
from lti_plp.plp.plans import plan_work
from lti_plp.plp.talk import read_talk
from lti_plp.views.language import choose_locale
from lti_plp.views.plan.desk import bp, kinds, own_plan, page, pen, plan_form, plan_or_none
from lti_plp.views.plan.wording import Wording
from lti_plp.views.visit import toolbox, visit


@bp.get("/plan/talk")
def talk() -> ResponseReturnValue:
    """Show what is said, or what will stand here once there is a plan."""
    plan, here = plan_or_none(), visit()
    if plan is None:
        return page("talk", section="talk", talk=None)
    said, looks = read_talk(here.db, plan), last_looks(here.db, plan.id)
    people = said.people() | {one.person_id for one in looks}
    return page(
        "talk",
        section="talk",
        talk=said,
        plan_id=plan.id,
        names=names_of_people(here.db, here.tenant_id, people),
        looks=looks,
        teachers=supporters(here.db, here.tenant_id, here.actor.person_id),
        in_words=Wording(kinds(), said.titles, choose_locale()),
    )


@bp.post("/plan/suggestions/<int:suggestion_id>/accept")
def accept_suggestion(suggestion_id: int) -> ResponseReturnValue:
    """Do what somebody suggested, as the student's own edit."""
    own_plan()
    accept(pen(), suggestion_id, request.form.get("answer", ""))
    visit().db.commit()
    return redirect(url_for("plan.talk", done="accepted"), 303)


@bp.post("/plan/suggestions/<int:suggestion_id>/decline")
def decline_suggestion(suggestion_id: int) -> ResponseReturnValue:
    """Leave things as they are."""
    own_plan()
    decline(pen(), suggestion_id, request.form.get("answer", ""))
    visit().db.commit()
    return redirect(url_for("plan.talk", done="declined"), 303)


@bp.post("/plan/say/<kind>/<int:item_id>")
def say(kind: str, item_id: int) -> ResponseReturnValue:
    """Say something about an item, and go back to where it was said."""
    here, plan = visit(), own_plan()
    text = request.form.get("text", "")
    comment(here.db, plan, here.actor, plan_work(plan), (kind, item_id), text, toolbox().clock())
    here.db.commit()
    return redirect(_said_at(kind, item_id), 303)


@bp.post("/plan/comments/<int:comment_id>/settle")
def settle(comment_id: int) -> ResponseReturnValue:
    """Mark a comment as dealt with."""
    own_plan()
    said = settle_comment(pen(), comment_id)
    visit().db.commit()
    return redirect(_said_at(said.item_kind, said.item_id), 303)


@bp.post("/plan/calls/<kind>/<item_kind>/<int:item_id>")
def call(kind: str, item_kind: str, item_id: int) -> ResponseReturnValue:
    """Say that the student is stuck, ready to show something, or wants a meeting."""
    own_plan()
    form = request.form
    item, shares = (item_kind, item_id), form.get("share") == "1"
    words, names = form.get("message", ""), form.getlist("asked_of")
    made = ask_for_help(pen(), kind, item, words, names, shares=shares)
    visit().db.commit()
    return redirect(_page_of(item_kind, item_id, called=made.id), 303)


@bp.post("/plan/calls/<int:call_id>/close")
def close_call(call_id: int) -> ResponseReturnValue:
    """Say that it is solved."""
    own_plan()
    closed = close_help(pen(), call_id)
    visit().db.commit()
    if request.form.get("back") == "item":
        return redirect(_page_of(closed.item_kind, closed.item_id), 303)
    return redirect(url_for("plan.talk", done="solved"), 303)


@bp.post("/plan/form/feedback")
def say_what_i_think() -> ResponseReturnValue:
    """Keep what the student thinks of the form of the plan."""
    here, form = visit(), plan_form()
    role, text = acting_role(here.actor), request.form.get("text", "")
    person_id, now = here.actor.person_id, toolbox().clock()
    say_about_form(here.db, here.tenant_id, form.version_id, person_id, role, text, now)
    here.db.commit()
    return redirect(url_for("plan.talk", done="thanks", _anchor="form"), 303)


def _said_at(kind: str, item_id: int) -> str:
    """Return where a thread is: with all others, or on the page of its item if the form was there."""
    if request.form.get("back") == "item":
        return _page_of(kind, item_id, _anchor="talk")
    return url_for("plan.talk", _anchor=f"about-{kind}-{item_id}")


def _page_of(kind: str, item_id: int, **more: Any) -> str:
    if kind == "goal":
        return url_for("plan.goal", goal_id=item_id, **more)
    if kind == "step":
        return url_for("plan.step", step_id=item_id, **more)
    if kind == "evidence":
        return url_for("plan.evidence", evidence_id=item_id, **more)
    if kind == "pathway":
        return url_for("plan.pathway", participation_id=item_id, **more)
    if kind == "proficiency":
        return url_for("plan.proficiency", proficiency_id=item_id, **more)
    if kind == "transition":
        return url_for("plan.transition", id=item_id, **more)
    return url_for("plan.home", **more)
