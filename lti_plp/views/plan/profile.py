"""The profile: what a student says about herself, and where growth is measured from."""

from collections.abc import Mapping

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import PlpError
from lti_plp.files.showing import own_cards
from lti_plp.lms.students import student_facts
from lti_plp.plp.items import item_kind
from lti_plp.plp.profile import read_profile, tell
from lti_plp.views.error_words import words_for
from lti_plp.views.links import number_in
from lti_plp.views.picker_form import bank
from lti_plp.views.plan.desk import bp, kinds, page, pen, plan_form, plan_or_none
from lti_plp.views.plan.incoming import fields_in_form
from lti_plp.views.visit import visit


@bp.get("/plan/profile")
def profile() -> ResponseReturnValue:
    """Show who the student is, as the school and the student say; the questions alone before there is a plan."""
    return _profile_page({})


def _profile_page(sent: Mapping[str, str], problem: PlpError | None = None) -> str:
    here, plan = visit(), plan_or_none()
    shown = read_profile(here.db, plan.id if plan else None, plan_form(), kinds())
    return page(
        "profile",
        section="profile",
        plan=plan,
        facts=student_facts(here.db, here.tenant_id, here.actor.person_id),
        shown=shown,
        files=own_cards(here.db, here.actor, shown.file_ids() | {sent.get("file_id", "")}),
        helpful=[one for step in bank().steps if step.id == "profile" for one in step.prompts],
        attach=number_in(request.args.get("attach", "")),
        added=request.args.get("added", ""),
        sent=sent,
        trouble=words_for(problem.code, problem.status) if problem else None,
    )


@bp.post("/plan/profile/<any(entry, baseline):kind>")
def tell_about_me(kind: str) -> ResponseReturnValue:
    """Add something; where it cannot be kept like this, the page comes back with what was typed."""
    here = visit()
    try:
        item = tell(pen(), kind, fields_in_form(item_kind(kind), request.form))
    except PlpError as problem:
        if problem.status != 400:
            raise
        here.db.rollback()
        return _profile_page(request.form, problem), problem.status
    here.db.commit()
    added = f"{kind}-{item.id}"
    return redirect(url_for("plan.profile", added=added, _anchor=added), 303)


@bp.post("/plan/profile/grade")
def choose_grade() -> ResponseReturnValue:
    """Keep the grade, which may be the first thing in a plan: the form's questions follow it."""
    editor = pen()
    sent = {"grade": request.form.get("grade", "")}
    editor.edit("plan", editor.plan.id, editor.plan.version, sent)
    visit().db.commit()
    return redirect(url_for("plan.profile"), 303)
