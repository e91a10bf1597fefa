"""The student's plan. One blueprint; each module has the pages of one subject."""

from lti_plp.views.plan import (
    coursework,
    elements,
    evidence,
    examples,
    goals,
    growth,
    history,
    home,
    items,
    meetings,
    pathways,
    proficiencies,
    profile,
    revising,
    talk,
    telling,
    transition,
)
from lti_plp.views.plan.desk import bp

__all__ = [
    "bp",
    "coursework",
    "elements",
    "evidence",
    "examples",
    "goals",
    "growth",
    "history",
    "home",
    "items",
    "meetings",
    "pathways",
    "proficiencies",
    "profile",
    "revising",
    "talk",
    "telling",
    "transition",
]
