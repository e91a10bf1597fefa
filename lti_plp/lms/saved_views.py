"""How somebody likes to look at the students, kept under a name."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotFound
from lti_plp.lms.models import SavedView
from lti_plp.plp.texts import one_line

MAX_NAME, MAX_VIEWS = 60, 20


def views_of(session: Session, person_id: int) -> list[SavedView]:
    """Return somebody's kept views by name."""
    return list(
        session.scalars(select(SavedView).where(SavedView.person_id == person_id).order_by(SavedView.name))
    )


def keep_view(
    session: Session, person_id: int, name: str, query: Mapping[str, str], now: datetime
) -> SavedView:
    """Keep a view; one of the same name is replaced.

    :raise BadInput: ``view_name`` when the name is missing or too long, ``too_many_views``.
    """
    clean = one_line(name)
    if not clean or len(clean) > MAX_NAME:
        raise BadInput("A view needs a name of 60 characters at most.", code="view_name")
    mine = select(SavedView).where(SavedView.person_id == person_id)
    found = session.scalars(mine.where(SavedView.name == clean)).one_or_none()
    if found is not None:
        found.query = dict(query)
        return found
    if (session.scalar(select(func.count()).select_from(mine.subquery())) or 0) >= MAX_VIEWS:
        raise BadInput("There are too many kept views.", code="too_many_views")
    view = SavedView(person_id=person_id, name=clean, query=dict(query), created_at=now)
    session.add(view)
    session.flush()
    return view


def remove_view(session: Session, person_id: int, view_id: int) -> None:
    """Remove one of somebody's own views.

    :raise NotFound: when it is none of theirs.
    """
    view = session.get(SavedView, view_id)
    if view is None or view.person_id != person_id:
        raise NotFound("There is no such view.", code="view_unknown")
    session.delete(view)
    session.flush()
