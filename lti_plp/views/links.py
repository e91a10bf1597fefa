"""Which placed link a page is about: the one that was launched, or another of the same course; numbers that came in."""

from decimal import Decimal, InvalidOperation

from sqlalchemy import select
from werkzeug.routing import IntegerConverter

from lti_plp.errors import NotFound
from lti_plp.lms.dead_links import names_anothers
from lti_plp.lms.models import ResourceLink
from lti_plp.plp.reflections import LinkFacts
from lti_plp.views.visit import visit


def link_of_page(link_id: int | None) -> LinkFacts:
    """Return the link with this id in the visit's course, or the launched one.

    :raise NotFound: when there is none, or it points to no reflection.
    """
    here = visit()
    if link_id is None or (here.link and link_id == here.link.resource_link_id):
        if here.link is None:
            raise _no_reflection()
        return here.link
    found = here.db.execute(
        select(ResourceLink.id, ResourceLink.template_id).where(
            ResourceLink.id == link_id,
            ResourceLink.course_id == here.course.id,
            ResourceLink.tenant_id == here.tenant_id,
            ResourceLink.template_id.is_not(None),
        )
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such reflection in this course.")
    return LinkFacts(here.tenant_id, here.course.id, found.id, found.template_id)


def _no_reflection() -> NotFound:
    here = visit()
    if names_anothers(here.db, here.tenant_id, here.facts.resource_link_id):
        return NotFound("This link was placed in another school.", code="template_elsewhere")
    return NotFound("This link points to no reflection.", code="template_unknown")


class RowNumber(IntegerConverter):
    """A row's number in an address; one that no database could hold leads nowhere."""

    regex = r"\d{1,18}"


def number_in(text: str, otherwise: int = 0) -> int:
    """Read a whole number that a form sent; what is none, or longer than any of ours, counts as ``otherwise``."""
    return int(text) if text.isdecimal() and len(text) <= 18 else otherwise


def decimal_in(text: str) -> Decimal | None:
    """Read a number as people type it, with point or comma; ``None`` when it is none, or could mean two things."""
    whole, comma, part = text.strip().partition(",")
    if comma and (not (part.isascii() and part.isdecimal()) or len(part) > 2):
        # 1,000 is a thousand to some and one to others.
        return None
    try:
        return Decimal(f"{whole}.{part}" if comma else whole)
    except InvalidOperation:
        return None
