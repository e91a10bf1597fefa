"""What every page of the student's plan needs: the plan, the vocabulary, and a pen."""

import hmac
from collections.abc import Collection
from datetime import date
from typing import Any

from flask import g, request
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.local import LocalProxy

from lti_plp.errors import NotFound
from lti_plp.files.access import own_file
from lti_plp.lms.naming import names_of_people
from lti_plp.plp.kinds import Kinds, load_kinds
from lti_plp.plp.looks import note_look
from lti_plp.plp.models import Plan
from lti_plp.plp.plan_templates import PlanForm, form_of, shipped_form
from lti_plp.plp.plans import PlanEditor, find_plan, open_plan
from lti_plp.plp.policy import Action, PlanWork, require
from lti_plp.plp.reading import PlanCard
from lti_plp.plp.talk import comments_on
from lti_plp.views.links import number_in
from lti_plp.views.plan.called import Called, called
from lti_plp.views.rendering import render_template
from lti_plp.views.visit import only_looks, page_blueprint, toolbox, visit

bp = page_blueprint("plan", __name__)


@bp.before_request
def only_for_the_student() -> None:
    """Let nobody but a student at any page of the plan; each page's own plan is the visitor's.

    :raise NotAllowed: for everybody else.
    """
    here = visit()
    require(here.actor, Action.EDIT_PLAN, PlanWork(here.tenant_id, here.actor.person_id))
    note_acting_look()


def note_acting_look() -> None:
    """Write down that somebody looks at the plan who acts as its student; the student sees it."""
    here, box = visit(), toolbox()
    if here.facts.acted_by is None or not only_looks():
        return
    if plan := find_plan(here.db, here.tenant_id, here.actor.person_id):
        with box.engine.begin() as connection:
            note_look(connection, plan.id, here.looker, "plan", box.clock())


def kinds() -> Kinds:
    """Return the vocabulary."""
    return load_kinds(toolbox().settings.config_folder)


def today() -> date:
    """Return today's date (UTC)."""
    return toolbox().clock().date()


def plan_or_none() -> Plan | None:
    """Return the visitor's own plan, looked up once for a request; none before the first word of it.

    :raise NotAllowed: when the visitor is no student.
    """
    here = visit()
    require(here.actor, Action.EDIT_PLAN, PlanWork(here.tenant_id, here.actor.person_id))
    if "plan" not in g:
        g.plan = find_plan(here.db, here.tenant_id, here.actor.person_id)
    found: Plan | None = g.plan
    return found


def own_plan() -> Plan:
    """Return the visitor's own plan.

    :raise NotFound: ``plan_not_begun`` before the first word of it.
    """
    plan = plan_or_none()
    if plan is None:
        raise NotFound("There is no plan yet.", code="plan_not_begun")
    return plan


def pen() -> PlanEditor:
    """Return an editor of the visitor's own plan, which begins with the first thing that is written."""
    here, now = visit(), toolbox().clock()
    plan = open_plan(here.db, here.actor, now)
    return PlanEditor(here.db, plan, here.actor, kinds().of, now, owns_file=_owns_file)


def _owns_file(file_id: str) -> bool:
    here = visit()
    try:
        own_file(here.db, here.actor, file_id)
    except NotFound:
        return False
    return True


def plan_form(card: PlanCard | None = None) -> PlanForm:
    """Return which elements the visitor's plan has, and what they are called; ``card`` spares a look-up."""
    folder = toolbox().settings.config_folder
    if card is not None and not card.has_school_forms and card.template_version_id is None:
        return shipped_form(folder, card.grade)
    plan = None if visit().actor.is_test else plan_or_none()
    return form_of(visit().db, plan, folder) if plan else shipped_form(folder, None)


def draft_key(name: str) -> str:
    """Return a name for unsaved words in the browser that tells nobody whose they are; ``name`` is the thing's."""
    text = f"plan:{visit().actor.person_id}:{name}".encode()
    return hmac.new(toolbox().settings.secret_key.encode(), text, "sha256").hexdigest()[:32]


@bp.record
def _tell_macros(state: BlueprintSetupState) -> None:
    """Let macros of these pages know what hangs on no page."""
    state.app.jinja_env.globals.update(kinds=LocalProxy(kinds), today=LocalProxy(today), draft_key=draft_key)


def around(card: PlanCard | None = None) -> dict[str, Any]:
    """Return what the frame of every page of the plan is made of; with what is counted of the plan, if it is known."""
    return {
        "kinds": kinds(),
        "today": today(),
        "form": plan_form(card),
        "called": _just_called(),
    }


def page(template: str, card: PlanCard | None = None, **values: Any) -> str:
    """Return a page of the plan."""
    return render_template(f"plan/{template}.html", **around(card), **values)


def _just_called() -> Called | None:
    """Return the call for help after which a page is shown, if it is."""
    call_id = number_in(request.args.get("called", ""))
    plan = plan_or_none() if call_id else None
    return called(visit().db, plan, call_id, toolbox().settings.config_folder) if plan else None


def thread_on(plan: Plan, kind: str, item_id: int, people: Collection[int] = ()) -> dict[str, Any]:
    """Return ``comments`` and ``names`` for the macro ``comments_of`` of ``plan/_talk.html``.

    The page may name more ``people``.
    """
    here = visit()
    said = comments_on(here.db, plan, kind, item_id)
    authors = {one.author_id for one in said if not one.is_own} | set(people)
    return {"comments": said, "names": names_of_people(here.db, here.tenant_id, authors)}
