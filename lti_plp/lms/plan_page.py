"""The first page of a student's plan with the names of those who said levels: no statement more than without them."""

from typing import Any

from lti_plp.lms.directory import shown_name
from lti_plp.lms.models import Person
from lti_plp.plp.reading import LEVEL, OWN_GOALS, PlanPage, page_of
from lti_plp.prepared import Prepared, Question

_NAMED_GOALS = Prepared(
    OWN_GOALS.outerjoin(Person, Person.id == LEVEL.recorded_by).add_columns(
        Person.name, Person.given_name, Person.family_name
    )
)

NamedPage = tuple[PlanPage | None, dict[int, str]]
"""The page, and id -> name of those who said a level."""


def named_page_of(tenant_id: int, person_id: int) -> Question[NamedPage]:
    """Ask for the first page of a person's plan, as :func:`~lti_plp.plp.reading.page_of` does, with names."""
    question = page_of(tenant_id, person_id, _NAMED_GOALS)
    place = next(number for number, (one, _) in enumerate(question.statements) if one is _NAMED_GOALS)
    return Question(question.statements, lambda *rows: (question.answer(*rows), _names(rows[place])))


def _names(goals: list[Any]) -> dict[int, str]:
    found = {
        row.level_by: shown_name(row.name, row.given_name, row.family_name) for row in goals if row.level_by
    }
    return {person_id: name for person_id, name in found.items() if name}
