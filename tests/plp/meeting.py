"""A meeting about a student's plan, for tests of meetings."""

from typing import Any

from sqlalchemy.orm import Session

from lti_plp.plp.actor import Actor
from lti_plp.plp.finishing import MeetingEditor
from lti_plp.plp.invitees import Invitee, invite, note_attendance, participants
from lti_plp.plp.meeting_notes import save_note
from lti_plp.plp.meetings import Convener, plan_meeting
from lti_plp.plp.models import Goal, Meeting
from tests.factories import minutes
from tests.plp.planning import Planning, vocabulary

PEOPLE = {
    "student": Invitee("student", "Maya Torres"),
    "teacher": Invitee("teacher", "Elena Rivera"),
    "family": Invitee("family", "Rosa Torres"),
    "advocate": Invitee("advocate", "Ines Calder"),
    "friend": Invitee("friend", "Leo Abara"),
}


class Conference:
    """One meeting, the teacher who holds it, and the plan that it is about."""

    def __init__(self, here: Planning, kind: str = "annual", **values: Any) -> None:
        self.here = here
        self.id = plan_meeting(
            self.convener(), {"kind": kind, "starts_at": minutes(60).isoformat(), **values}
        ).id
        here.session.commit()

    def convener(self, session: Session | None = None, at: float = 2, actor: Actor | None = None) -> Convener:
        """The teacher."""
        here = self.here
        held_by = actor or here.teacher
        return Convener(session or here.session, here.plan, held_by, here.work(), vocabulary, minutes(at))

    def pen(self, session: Session | None = None, at: float = 90, **work: Any) -> MeetingEditor:
        """The plan, for what the meeting came to."""
        here = self.here
        return MeetingEditor(
            session or here.session,
            here.plan,
            here.teacher,
            here.work(**work),
            vocabulary,
            minutes(at),
            self.id,
        )

    @property
    def row(self) -> Meeting:
        """As the database has it."""
        return self.here.session.get_one(Meeting, self.id, populate_existing=True)

    def came(self, *names: str, state: str = "attended") -> None:
        """Note of some of ``PEOPLE`` that they came."""
        invite(self.convener(), self.id, [PEOPLE[name] for name in names])
        ids = {one.name: one.id for one in participants(self.here.session, self.id)}
        for name in names:
            note_attendance(self.convener(), self.id, ids[PEOPLE[name].name], state, "in_person")
        self.here.session.commit()

    def note(self, goal: Any, outcome: str, **values: Any) -> None:
        """Decide something on a goal."""
        seen = self.here.session.get_one(Goal, goal.id, populate_existing=True).version
        said = {"reason_category": "reflection", "text": "We talked about it", **values}
        save_note(self.convener(at=70), self.id, goal.id, seen, 0, {"outcome": outcome, **said})
        self.here.session.commit()

    def hold(self, at: float) -> None:
        """Mark it as held, whatever else."""
        row = self.row
        row.state, row.held_at = "held", minutes(at)
        self.here.session.commit()
