"""What a placed link means in the course that it is opened in: a copied course brings links that name last year's.

A link names its template by UUID, in its parameters and its address, and an LMS copies both as they are. In the course
where the template was placed the name means the template itself. In any other course of the tenant it means a copy,
made when the first person opens the link, so that what is changed there changes nothing of last year's. Nobody's work
belongs to a copy. A template of another tenant does not exist here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.orm import Session

from lti_plp.database import table
from lti_plp.lms.models import ContextOrigin, Course, PlacedTemplate
from lti_plp.plp.templates import copy_template, find_template

LONGEST_CHAIN = 1000
"""So many origins are looked for; notices that told of courses in a circle end there."""

_placed, _course, _origin = table(PlacedTemplate), table(Course), table(ContextOrigin)


@dataclass(frozen=True)
class Opening:
    """A link that is opened, and where."""

    tenant_id: int
    deployment_id: int
    course_id: int
    context_id: str
    named: str
    """The template that it names, as the platform brought it."""
    history: tuple[str, ...] = ()
    """Contexts that this one was copied from, newest first, as far as the platform tells them."""


def note_template_placed(session: Session, course_id: int, template_id: str, now: datetime) -> None:
    """Write down in which course a template was placed."""
    session.execute(
        insert(_placed).values(
            course_id=course_id, named_id=template_id, template_id=template_id, placed_at=now
        )
    )


def template_meant(connection: Connection, opening: Opening, now: datetime) -> str | None:
    """Return the template that a link stands for in its course, copied if need be; ``None`` when it names none of here.

    Of many who open a copied link at the same moment one makes the copy.

    :raise IntegrityError: for the others; the whole transaction is to be tried again, and finds the copy then.
    """
    template = find_template(connection, opening.tenant_id, opening.named)
    if template is None:
        return None
    if _is_no_course(opening.context_id):
        # Placed outside of any course: nothing there is ever copied.
        return template.id
    rows = connection.execute(
        select(_placed.c.course_id, _placed.c.template_id, _course.c.deployment_id, _course.c.lti_context_id)
        .join(_course, _course.c.id == _placed.c.course_id)
        .where(_placed.c.named_id == template.id)
    ).all()
    here = next((row.template_id for row in rows if row.course_id == opening.course_id), None)
    if here is not None:
        return str(here)
    elsewhere = [row for row in rows if not _is_no_course(row.lti_context_id)]
    values: dict[str, Any] = {"template_id": template.id}
    # Where nobody wrote down a place, it is where somebody opens it first.
    if elsewhere:
        nearest = _nearest(connection, opening, elsewhere, template.id)
        values = {
            "template_id": copy_template(connection, nearest.template_id, now),
            "copied_from": nearest.template_id,
            "copied_from_course_id": nearest.course_id,
        }
    connection.execute(
        insert(_placed).values(course_id=opening.course_id, named_id=template.id, placed_at=now, **values)
    )
    return str(values["template_id"])


def _is_no_course(context_id: str) -> bool:
    """Say whether this is the place of a link, or of a picker, that a platform opened outside of any course."""
    return context_id == "none" or context_id.startswith("link:")


def _nearest(connection: Connection, opening: Opening, elsewhere: Sequence[Any], named: str) -> Any:
    """Return the place whose template the copy is made of: that of the nearest ancestor that has one.

    What a teacher changed last year is what she wants this year. Where nothing tells of an ancestor, a single link was
    copied, or the platform does not tell: it is the template that the link names.
    """
    # Two doors of one platform may lead to the same courses.
    in_order = sorted(elsewhere, key=lambda row: row.deployment_id == opening.deployment_id)
    by_context = {row.lti_context_id: row for row in in_order}
    for context_id in ancestors_of(connection, opening.deployment_id, opening.context_id, opening.history):
        if context_id in by_context:
            return by_context[context_id]
    return next((row for row in elsewhere if row.template_id == named), elsewhere[0])


def ancestors_of(
    connection: Connection, deployment_id: int, context_id: str, history: Sequence[str]
) -> Iterator[str]:
    """Yield contexts that one was copied from, nearest first: those of its history, then what notices told."""
    yield from history
    seen = {context_id, *history}
    generation = [context_id, *history]
    while generation and len(seen) <= 2 * LONGEST_CHAIN:
        told = connection.scalars(
            select(_origin.c.origin_context_id)
            .where(_origin.c.deployment_id == deployment_id, _origin.c.context_id.in_(generation))
            .order_by(_origin.c.id.desc())
        )
        generation = [one for one in dict.fromkeys(told) if one not in seen][:LONGEST_CHAIN]
        seen.update(generation)
        yield from generation


def note_origins(
    session: Session, deployment_id: int, context_id: str, origins: Sequence[str], now: datetime
) -> None:
    """Write down what a notice told: from which contexts one was copied. The caller knows that the notice is new."""
    facts = {"deployment_id": deployment_id, "context_id": context_id, "told_at": now}
    rows = [{**facts, "origin_context_id": one} for one in origins if one != context_id]
    if rows:
        session.execute(insert(_origin), rows)
