"""A district with a catalogue of pathways, for tests."""

from typing import Any

from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.catalogue import add_pathway
from lti_plp.plp.models import Pathway, PathwayParticipation
from lti_plp.plp.participation import Decision, decide_pathway, design_pathway, move_pathway
from tests.factories import minutes
from tests.plp.planning import Planning, vocabulary

COLLEGE = {
    "kind": "dual_enrollment",
    "title": "College writing at Alder Valley College",
    "provider": "Alder Valley College",
    "about": "One course in the evening, with college students.",
    "aptitudes": "You like to write.",
    "coursework": "English 9 and 10",
    "readiness": "You can plan your own week.",
    "prerequisites": [
        {"text": "Finish English 10", "kind": "course"},
        {"text": "Talk to the counselor before March", "kind": "prerequisite"},
    ],
    "proficiencies": ["Clear and effective communication"],
    "first_grade": 11,
    "deadline_on": "2027-03-01",
    "valid_from": "2026-08-01",
}
"""An entry; the college is invented."""


class District(Planning):
    """A student with a plan, a teacher, and an administrator who keeps the catalogue."""

    @property
    def administrator(self) -> Actor:
        """Who keeps it."""
        if not hasattr(self, "_administrator"):
            self._administrator = self.school.person(Role.ADMINISTRATOR, given="Ada", family="Lind")
        return self._administrator

    def entry(self, at: float = 1, **changes: Any) -> Pathway:
        """Add an entry to the catalogue."""
        return add_pathway(self.session, self.administrator, {**COLLEGE, **changes}, vocabulary, minutes(at))

    def design(self, at: float = 1, **values: Any) -> PathwayParticipation:
        """Add one of the student's own design."""
        said = {"title": "Build a boat", "learn": "How a hull is made", "show": "It floats"}
        return design_pathway(self.editor(at), {**said, **values})

    def move(self, item: PathwayParticipation, to: str, at: float = 2) -> PathwayParticipation:
        """Move it as the student."""
        return move_pathway(self.editor(at), item.id, to)

    def decide(self, item: PathwayParticipation, to: str, at: float = 3, **said: Any) -> PathwayParticipation:
        """Move it as the teacher."""
        words = {"answer": "Talk to Ms. Rivera", "credit": "Half a credit in science", **said}
        decision = Decision(to, words.pop("version", item.version), **words)
        return decide_pathway(
            self.session, self.teacher, self.work(item.audience), item.id, decision, minutes(at)
        )

    def in_state(self, state: str) -> PathwayParticipation:
        """Return one of the student's own design that has come to a state by moves of the table."""
        item = self.design()
        for to, mover in WAYS[state]:
            if mover == "student":
                self.move(item, to)
            else:
                self.decide(item, to)
        return item


_PROPOSED = (("proposed", "student"),)
_APPROVED = (*_PROPOSED, ("approved", "school"))
_UNDER_WAY = (*_APPROVED, ("under_way", "student"))
_COMPLETED = (*_UNDER_WAY, ("completed", "student"))
WAYS: dict[str, tuple[tuple[str, str], ...]] = {
    "idea": (),
    "proposed": _PROPOSED,
    "declined": (*_PROPOSED, ("declined", "school")),
    "approved": _APPROVED,
    "under_way": _UNDER_WAY,
    "completed": _COMPLETED,
    "validated": (*_COMPLETED, ("validated", "school")),
    "withdrawn": (("withdrawn", "student"),),
}
"""State -> (to, who) of the moves that lead there."""
