"""A student's reflections over all courses and years, and those that she begins herself."""

from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import PlpError
from lti_plp.lms.links import courses_of_links
from lti_plp.plp.about import change_about, choices, names_of
from lti_plp.plp.data_files import in_language
from lti_plp.plp.own_reflections import begin_own, change_audience, change_manner
from lti_plp.plp.policy import Action, OwnWork, require
from lti_plp.plp.reflection_lists import list_own, revisions_of
from lti_plp.plp.reflections import OwnFacts, Work, own_work, past_work, submit
from lti_plp.views.language import choose_locale
from lti_plp.views.links import number_in
from lti_plp.views.picker_form import bank
from lti_plp.views.plan.desk import around
from lti_plp.views.reflections_form import NewForm, form_sent, fresh_form, manner_in
from lti_plp.views.rendering import render_template
from lti_plp.views.visit import page_blueprint, toolbox, visit
from lti_plp.views.writing import (
    Addresses,
    about_in,
    connections_of,
    save_form,
    save_one,
    sent_page,
    write_page,
)

bp = page_blueprint("reflections", __name__)


@bp.get("/plan/reflections")
def mine() -> ResponseReturnValue:
    """List all of the student's reflections, newest first."""
    here = visit()
    page = list_own(here.db, here.actor, number_in(request.args.get("before", "")) or None)
    placed = [line.resource_link_id for line in page.lines if line.resource_link_id is not None]
    things = names_of(here.db, here.actor.person_id, [line.about for line in page.lines])
    return render_template(
        "reflections/list.html",
        **around(),
        section="reflections",
        page=page,
        courses=courses_of_links(here.db, here.tenant_id, placed),
        names={
            kind: {one.id: one.text for one in getattr(things, kind)}
            for kind in ("goals", "steps", "evidence")
        },
    )


@bp.get("/plan/reflections/new")
def new() -> ResponseReturnValue:
    """Offer ways to begin one.

    The address may say what it is about (``goal``, ``step``, ``evidence``), and which ``set`` fits.
    """
    return _new_page(fresh_form(about_in(request.args), request.args.get("set", "")), {})


def _new_page(form: NewForm, problems: dict[str, Any]) -> str:
    here = visit()
    require(here.actor, Action.WRITE_REFLECTION, OwnWork(here.tenant_id, here.actor.person_id))
    return render_template(
        "reflections/new.html",
        form=form,
        problems=problems,
        things=choices(here.db, here.actor.person_id, form.about),
        bank=bank(),
        language=choose_locale(),
        in_language=in_language,
    )


@bp.post("/plan/reflections/new")
def begin() -> ResponseReturnValue:
    """Begin one, and go on to its page."""
    here, form = visit(), form_sent(request.form)
    try:
        own = begin_own(here.db, here.actor, form.draft(choose_locale()), toolbox().clock())
    except PlpError as problem:
        if problem.status != 400:
            raise
        here.db.rollback()
        return _new_page(form, problem.details or {"about": problem.code}), problem.status
    here.db.commit()
    return redirect(url_for("reflections.own", template_id=own.template_id), 303)


def _facts(template_id: UUID) -> OwnFacts:
    return OwnFacts(visit().tenant_id, str(template_id))


def _addresses(template_id: UUID) -> Addresses:
    return Addresses(
        edit=url_for("reflections.own", template_id=template_id, edit=1),
        submit=url_for("reflections.finish", template_id=template_id),
        about=url_for("reflections.about", template_id=template_id),
        settings=url_for("reflections.settings", template_id=template_id),
        audience=url_for("reflections.audience", template_id=template_id),
    )


def _write_page(work: Work, template_id: UUID, **more: Any) -> str:
    shown: dict[str, Any] = {"connections": connections_of(work), "manner": work.own, "problems": {}}
    return write_page(work, _facts(template_id), _addresses(template_id), **(shown | more))


@bp.get("/plan/reflections/<uuid:template_id>")
def own(template_id: UUID) -> ResponseReturnValue:
    """Show one that the student began herself: to write, or finished."""
    here, asked = visit(), _facts(template_id)
    work = own_work(here.db, here.actor, asked)
    if work.is_draft or request.args.get("edit") == "1":
        return _write_page(work, template_id)
    return sent_page(work, asked, _addresses(template_id))


@bp.put("/plan/reflections/<uuid:template_id>/answers/<key>")
def save(template_id: UUID, key: str) -> ResponseReturnValue:
    """Save one answer as it is typed."""
    return save_one(_facts(template_id), key)


@bp.post("/plan/reflections/<uuid:template_id>/submit")
def finish(template_id: UUID) -> ResponseReturnValue:
    """Save what the form holds, and who sees it; then it is finished."""
    here, asked = visit(), _facts(template_id)
    conflicts = save_form(asked, request.form)
    if "audience" in request.form:
        change_audience(here.db, here.actor, asked, request.form["audience"])
    if conflicts:
        here.db.commit()
        work = own_work(here.db, here.actor, asked)
        return _write_page(work, template_id, problem="conflict", conflicts=conflicts), 409
    try:
        submit(here.db, here.actor, asked, toolbox().clock())
    except PlpError as problem:
        if problem.code != "nothing_written":
            raise
        here.db.rollback()
        work = own_work(here.db, here.actor, asked)
        return _write_page(work, template_id, problem=problem.code), problem.status
    here.db.commit()
    return redirect(url_for("reflections.own", template_id=template_id), 303)


@bp.put("/plan/reflections/<uuid:template_id>/audience")
def audience(template_id: UUID) -> ResponseReturnValue:
    """Change who sees it, at once; the answer is the sentence that says so."""
    here, chosen = visit(), request.form.get("audience", "")
    change_audience(here.db, here.actor, _facts(template_id), chosen)
    is_finished = not own_work(here.db, here.actor, _facts(template_id)).is_draft
    here.db.commit()
    return render_template("reflections/_who_sees.html", audience=chosen, is_finished=is_finished)


@bp.post("/plan/reflections/<uuid:template_id>/about")
def about(template_id: UUID) -> ResponseReturnValue:
    """Connect a finished one with goals, steps and evidence; say who sees it."""
    here, asked = visit(), _facts(template_id)
    change_about(here.db, here.actor, asked, about_in(request.form))
    if "audience" in request.form:
        change_audience(here.db, here.actor, asked, request.form["audience"])
    here.db.commit()
    return redirect(url_for("reflections.own", template_id=template_id), 303)


@bp.post("/plan/reflections/<uuid:template_id>/settings")
def settings(template_id: UUID) -> ResponseReturnValue:
    """Say anew who speaks in it, its form and what it is about, while it is being written."""
    here, asked = visit(), _facts(template_id)
    before = own_work(here.db, here.actor, asked).own
    manner, chosen = manner_in(request.form, before), about_in(request.form)
    try:
        change_manner(here.db, here.actor, asked, manner)
        change_about(here.db, here.actor, asked, chosen)
    except PlpError as problem:
        if problem.status != 400:
            raise
        here.db.rollback()
        work = own_work(here.db, here.actor, asked)
        problems = problem.details or {"about": problem.code}
        return _write_page(work, template_id, manner=manner, problems=problems), problem.status
    here.db.commit()
    return redirect(url_for("reflections.own", template_id=template_id), 303)


@bp.get("/plan/reflections/placed/<int:reflection_id>")
def past(reflection_id: int) -> ResponseReturnValue:
    """Show what the student once wrote in another course, to be read again."""
    here = visit()
    link_id, work = past_work(here.db, here.actor, reflection_id)
    found = courses_of_links(here.db, here.tenant_id, [link_id])[link_id]
    return render_template(
        "student/sent.html",
        work=work,
        past_course=found,
        own=None,
        revisions=revisions_of(here.db, here.actor, reflection_id),
    )
