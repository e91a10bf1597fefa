"""Pages of the school's adults around the plans of their students. One blueprint; each module has one subject."""

from lti_plp.views.adults import cards, meeting, meeting_papers, meetings, people, plan, students, triage
from lti_plp.views.adults.desk import bp

__all__ = ["bp", "cards", "meeting", "meeting_papers", "meetings", "people", "plan", "students", "triage"]
