"""A teacher's page: which proficiency the work of the course shows, and how its results become levels."""

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import PlpError
from lti_plp.lms.earlier_rules import (
    EarlierRules,
    Version,
    leave_rules,
    offer_again,
    origins_of,
    rules_of_earlier,
    title_of,
    use_rules,
)
from lti_plp.lms.mapping_rules import (
    Target,
    Wanted,
    choosable,
    end_rule,
    find_proficiency,
    find_target,
    save_rule,
    suggestions,
    targets_of,
    try_rule,
)
from lti_plp.plp.growth.browsing import shelves
from lti_plp.plp.growth.choosing import offer, search
from lti_plp.plp.growth.mapping import MappingProblem, usual_way
from lti_plp.plp.policy import Action, Place, require
from lti_plp.views.adults.desk import bp, page
from lti_plp.views.links import number_in
from lti_plp.views.mapping_form import definition_sent, in_order, shown_definition
from lti_plp.views.visit import toolbox, visit

MENDABLE = frozenset({"no_earlier_rules", "earlier_rules_changed"})
"""What is told on the page itself, with the rules as they are now."""


def _place() -> Place:
    """Return the visit's course.

    :raise NotAllowed: when the visitor does not teach there.
    """
    here = visit()
    place = Place(here.tenant_id, here.course.id)
    require(here.actor, Action.MAP_COURSEWORK, place)
    return place


@bp.get("/students/mapping")
def mapping() -> ResponseReturnValue:
    """Show the work of the course with its rules, and one of them open when the address names its work."""
    return _page(_place(), number_in(request.args.get("work", "")), request.args.get("part", ""))


def _page(place: Place, work_id: int, part: str, **values: Any) -> str:
    here = visit()
    targets = targets_of(here.db, here.actor, place)
    rated = choosable(here.db, place.tenant_id)
    chosen = find_target(here.db, here.actor, place, work_id, part) if work_id else None
    guesses = suggestions([one for one in targets if not one.rules], rated)
    opened = _opened(place, chosen, values) if chosen and rated else {}
    return page(
        "mapping",
        section="mapping",
        targets=targets,
        has_choice=bool(rated),
        suggestions=guesses,
        chosen=chosen,
        # A page that is about one piece of work is about that alone.
        earlier=EarlierRules() if chosen else rules_of_earlier(here.db, here.actor, place),
        origins=origins_of(here.db, [rule.row for one in targets for rule in one.rules]),
        title_of=title_of,
        in_order=in_order,
        done=request.args.get("done", ""),
        **({"problem": None, "earlier_problem": ""} | opened | values),
    )


def _opened(place: Place, chosen: Target, values: dict[str, Any]) -> dict[str, Any]:
    """Return what the form of one target holds, with what it makes of the real results; before that, the choice."""
    here = visit()
    proficiency_id = number_in(request.values.get("proficiency", ""))
    if not proficiency_id:
        return {"proficiency_id": 0, **_choice(place)}
    _, proficiency, scale = find_proficiency(here.db, place.tenant_id, proficiency_id)
    rule = next((one for one in chosen.rules if one.proficiency.id == proficiency_id), None)
    there = rule.row.definition if rule else None
    definition = values.get("definition") or shown_definition(there, scale, chosen.asked)
    tried = None
    if not values.get("problem"):
        draft = Wanted(chosen.work.id, chosen.part, proficiency_id, definition)
        tried = try_rule(here.db, here.actor, place, draft)
    return {
        "proficiency_id": proficiency_id,
        "proficiency": proficiency,
        "scale": scale,
        "rule": rule,
        "way": usual_way(chosen.asked),
        "definition": definition,
        "tried": tried,
    }


def _choice(place: Place) -> dict[str, Any]:
    """Return what can be chosen from: all of it where that can be read; else by headings, and what a search found."""
    here, words = visit(), request.args.get("q", "")[:100]
    found = offer(here.db, place.tenant_id, None)
    return {
        "offer": found,
        "words": words,
        "found": search(here.db, place.tenant_id, words),
        "shelves": shelves(here.db, place.tenant_id, number_in(request.args.get("under", "")))
        if found.has_more
        else (),
    }


@bp.get("/students/mapping/find")
def find_for_mapping() -> ResponseReturnValue:
    """Return those that hold some words, to be chosen for a piece of work."""
    place, here, words = _place(), visit(), request.args.get("q", "")[:100]
    return page(
        "mapping_found",
        found=search(here.db, place.tenant_id, words),
        words=words,
        work_id=number_in(request.args.get("work", "")),
        part=request.args.get("part", ""),
    )


@bp.post("/students/mapping")
def save_mapping() -> ResponseReturnValue:
    """Try a rule on what the LMS says now, or keep it; what does not fit comes back as it was typed."""
    place, here, form = _place(), visit(), request.form
    work_id, part = number_in(form.get("work", "")), form.get("part", "")
    proficiency_id = number_in(form.get("proficiency", ""))
    chosen = find_target(here.db, here.actor, place, work_id, part)
    if not proficiency_id:
        return _page(place, work_id, part, problem=MappingProblem("no_proficiency")), 400
    _, _, scale = find_proficiency(here.db, place.tenant_id, proficiency_id)
    sent = definition_sent(form, scale, chosen.asked)
    wanted = Wanted(work_id, part, proficiency_id, sent)
    try:
        if form.get("do") != "save":
            return _page(place, work_id, part, definition=sent, is_trial=True)
        save_rule(here.db, here.actor, place, wanted, toolbox().clock())
    except PlpError as problem:
        here.db.rollback()
        return _page(place, work_id, part, definition=sent, problem=problem), problem.status
    here.db.commit()
    return redirect(url_for("adults.mapping", done="saved", _anchor=f"work-{work_id}"), 303)


@bp.post("/students/mapping/<int:rule_id>/end")
def end_mapping(rule_id: int) -> ResponseReturnValue:
    """End a rule, and take back what it said."""
    here, place = visit(), _place()
    end_rule(here.db, here.actor, place, rule_id, toolbox().clock())
    here.db.commit()
    return redirect(url_for("adults.mapping", done="ended"), 303)


@bp.post("/students/mapping/earlier")
def use_earlier() -> ResponseReturnValue:
    """Use rules of the courses that this one was copied from, leave them, or have them offered again."""
    here, place, now = visit(), _place(), toolbox().clock()
    shown, does = _versions("shown"), request.form.get("do", "")
    if does == "again":
        offer_again(here.db, here.actor, place)
    elif does == "leave":
        leave_rules(here.db, here.actor, place, shown, now)
    else:
        does = "used"
        try:
            use_rules(here.db, here.actor, place, shown, _versions("rule"), now)
        except PlpError as problem:
            if problem.code not in MENDABLE:
                raise
            here.db.rollback()
            return _page(place, 0, "", earlier_problem=problem.code), problem.status
    here.db.commit()
    return redirect(url_for("adults.mapping", done=does), 303)


def _versions(name: str) -> list[Version]:
    """Return the rules that a form names, each with the version that was shown."""
    pairs = (text.partition(":") for text in request.form.getlist(name))
    return [(number_in(rule_id), number_in(number)) for rule_id, _, number in pairs]
