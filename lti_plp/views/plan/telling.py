"""The plan told: then and now, as a story for a conference, and on paper."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from lti_plp.files.showing import own_cards
from lti_plp.lms.naming import names_of_people
from lti_plp.lms.students import student_facts
from lti_plp.plp.answers import finished_reflections
from lti_plp.plp.growth.standings import StandingLine, read_standings
from lti_plp.plp.items import plan_state
from lti_plp.plp.kept_revisions import kept_revisions
from lti_plp.plp.levels import level_sayers
from lti_plp.plp.meeting_lists import held_meetings, people_named
from lti_plp.plp.models import Plan
from lti_plp.plp.story import MOST, PARTS, story_of
from lti_plp.plp.telling import READERS, ToldPlan, told
from lti_plp.plp.then_and_now import compare, moments
from lti_plp.views.links import number_in
from lti_plp.views.plan.desk import bp, page, plan_form, plan_or_none
from lti_plp.views.visit import toolbox, visit

PRINTED = ("information", "profile", "goals", "evidence", "reflections", "revisions")
"""Elements that can be printed; a school's own ones are printed with the profile."""
MOST_PRINTED = 100
"""Reflections on paper: the newest ones."""


@bp.get("/plan/then-and-now")
def then_and_now() -> ResponseReturnValue:
    """Show the plan of an earlier time beside the present one."""
    plan, here, now = plan_or_none(), visit(), toolbox().clock()
    if plan is None:
        return page("then_and_now", section="plan", moments=None)
    known = moments(here.db, plan, now)
    if now < known.ready_at:
        return page("then_and_now", section="plan", moments=known, shown=None, plan=plan)
    chosen, moment = known.chosen(request.args.get("since", ""))
    shown = compare(here.db, plan, moment)
    return page(
        "then_and_now", section="plan", moments=known, shown=shown, plan=plan, chosen=chosen, moment=moment
    )


@bp.get("/plan/story")
def story() -> ResponseReturnValue:
    """Tell the plan as slides; the address says what is in it."""
    plan, here = plan_or_none(), visit()
    if plan is None:
        return page("story", story=None)
    shown = _told(plan, "me")
    written = finished_reflections(here.db, plan.person_id, READERS["me"], MOST)
    story = story_of(shown, written, _chosen() if request.args.get("chosen") else None)
    return page("story", story=story, files=_files(shown), facts=_facts(plan), parts=_slides_chosen())


def _told(plan: Plan, reader: str) -> ToldPlan:
    session = visit().db
    return told(plan_state(session, plan.id), level_sayers(session, plan.id), reader)


def _facts(plan: Plan) -> Any:
    return student_facts(visit().db, plan.tenant_id, plan.person_id)


def _files(shown: ToldPlan) -> dict[str, str]:
    ids = {one.fields.get("file_id") for one in (*shown.evidence, *shown.entries)}
    found = own_cards(visit().db, visit().actor, [one for one in ids if one])
    return {file_id: one.group for file_id, one in found.items()}


def _levels(plan: Plan, reader: str) -> dict[int, StandingLine]:
    """Return proficiency's id -> where the student stands today, of what this reader may know."""
    return read_standings(visit().db, plan.tenant_id, plan.person_id, plan.id, READERS[reader]).by_id


def _chosen() -> dict[str, set[int]]:
    return {part: {number_in(text) for text in request.args.getlist(part)} for part in PARTS}


def _slides_chosen() -> list[str]:
    asked = request.args.getlist("slide")
    return [part for part in PARTS if part in asked or not request.args.get("chosen")]


@bp.get("/plan/print")
def print_plan() -> ResponseReturnValue:
    """Show the whole plan for paper: for one reader, and the parts that are asked for."""
    plan, here = plan_or_none(), visit()
    if plan is None:
        return page("print", plan=None)
    asked = request.args.get("reader", "")
    reader = asked if asked in READERS else "team"
    shown = _told(plan, reader)
    parts, meetings = _parts(), held_meetings(here.db, plan.id)
    return page(
        "print",
        plan=shown,
        facts=_facts(plan),
        row=plan,
        reader=reader,
        parts=parts,
        elements=[one for one in plan_form().elements if one.id in PRINTED],
        levels=_levels(plan, reader) if "goals" in parts else {},
        files=_files(shown) if "evidence" in parts else {},
        reflections=finished_reflections(here.db, plan.person_id, READERS[reader], MOST_PRINTED),
        revisions=kept_revisions(here.db, plan.id),
        meetings=meetings,
        student_id=plan.person_id,
        names=names_of_people(
            here.db, here.tenant_id, {plan.person_id, *people_named(meetings), *shown.people()}
        ),
    )


def _parts() -> list[str]:
    asked = request.args.getlist("part")
    return [part for part in PRINTED if part in asked] or list(PRINTED)
