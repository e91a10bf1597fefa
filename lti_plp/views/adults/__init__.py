"""Pages of the school's adults around the plans of their students. One blueprint; each module has one subject."""

from lti_plp.views.adults import meeting, meeting_papers, meetings, plan, students
from lti_plp.views.adults.desk import bp

__all__ = ["bp", "meeting", "meeting_papers", "meetings", "plan", "students"]
