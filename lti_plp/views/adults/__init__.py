"""Pages of the school's adults around the plans of their students. One blueprint; each module has one subject."""

from lti_plp.views.adults import (
    cards,
    catalogue,
    meeting,
    meeting_papers,
    meetings,
    pathways,
    people,
    plan,
    students,
    transition,
    triage,
)
from lti_plp.views.adults.desk import bp

__all__ = [
    "bp",
    "cards",
    "catalogue",
    "meeting",
    "meeting_papers",
    "meetings",
    "pathways",
    "people",
    "plan",
    "students",
    "transition",
    "triage",
]
