"""Pages of the school's adults around the plans of their students. One blueprint; each module has one subject."""

from lti_plp.views.adults import (
    calendar,
    cards,
    catalogue,
    elements,
    meeting,
    meeting_papers,
    meetings,
    pathways,
    people,
    plan,
    planning,
    radar,
    school,
    students,
    time,
    transition,
    triage,
)
from lti_plp.views.adults.desk import bp

__all__ = [
    "bp",
    "calendar",
    "cards",
    "catalogue",
    "elements",
    "meeting",
    "meeting_papers",
    "meetings",
    "pathways",
    "people",
    "plan",
    "planning",
    "radar",
    "school",
    "students",
    "time",
    "transition",
    "triage",
]
