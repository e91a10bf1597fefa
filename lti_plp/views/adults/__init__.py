"""Pages of the school's adults around the plans of their students. One blueprint; each module has one subject."""

from lti_plp.views.adults import calendar, plan, planning, radar, school, students, time
from lti_plp.views.adults.desk import bp

__all__ = ["bp", "calendar", "plan", "planning", "radar", "school", "students", "time"]
