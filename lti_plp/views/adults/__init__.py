"""Pages of the school's adults around the plans of their students. One blueprint; each module has one subject."""

from lti_plp.views.adults import catalogue, pathways, plan, students, transition
from lti_plp.views.adults.desk import bp

__all__ = ["bp", "catalogue", "pathways", "plan", "students", "transition"]
