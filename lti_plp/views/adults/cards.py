"""Knowing one's students: each at a glance, on screen and as cards on paper, and whose goal touches a unit."""

from collections.abc import Iterable

from flask import request
from flask.typing import ResponseReturnValue

from lti_plp.lms.class_list import StudentLine
from lti_plp.lms.naming import titles_of_courses
from lti_plp.plp.growth.choosing import linked_options
from lti_plp.plp.knowing import Card, read_cards
from lti_plp.views.adults.desk import bp, kinds, page
from lti_plp.views.adults.students import listed
from lti_plp.views.links import number_in
from lti_plp.views.visit import toolbox, visit


@bp.get("/students/cards")
def cards() -> ResponseReturnValue:
    """Show the cards of a course, or of all.

    ``q``, ``area``, ``outcome`` and ``proficiency`` leave those whom a unit touches.
    """
    here = visit()
    course = request.args.get("course", "")[:20]
    words, area, outcome = (request.args.get(name, "")[:100] for name in ("q", "area", "outcome"))
    found = listed({"course": course, "sort": "name"})
    known = read_cards(here.db, here.tenant_id, [one.student_id for one in found.lines], kinds())
    pairs = [(one, known.get(one.student_id, Card(one.student_id))) for one in found.lines]
    proficiency = number_in(request.args.get("proficiency", ""))
    is_search = bool(words.strip() or area or outcome or proficiency)
    return page(
        "cards",
        section="students",
        pairs=[pair for pair in pairs if not is_search or pair[1].touches(words, area, outcome, proficiency)],
        total=len(pairs),
        is_search=is_search,
        asked={
            "course": course,
            "q": words,
            "area": area,
            "outcome": outcome,
            "proficiency": str(proficiency),
        },
        proficiencies=linked_options(here.db, here.tenant_id, None, _named(known.values())),
        courses=titles_of_courses(here.db, here.tenant_id, found.courses),
        without_adult=_without_adult(found.lines),
        now=toolbox().clock(),
    )


def _named(known: Iterable[Card]) -> frozenset[int]:
    """Return the proficiencies that goals of the students are about."""
    return frozenset(one for card in known for aim in card.goals for one in aim.proficiencies)


def _without_adult(lines: tuple[StudentLine, ...]) -> list[str]:
    return [one.name for one in lines if "no_adult" in one.marks and one.name]
