"""A school's proficiencies for tests of pages: two skills and a subject, all invented."""

from dataclasses import dataclass

from flask import Flask
from sqlalchemy import select

from lti_plp.launch.toolbox import Toolbox
from lti_plp.plp.actor import Role
from lti_plp.plp.growth.drafts import ItemDraft
from lti_plp.plp.growth.frameworks import publish, read_one
from lti_plp.plp.growth.kept_levels import Standing
from lti_plp.plp.growth.ratings import RatingDraft, rate
from lti_plp.plp.models import Proficiency
from lti_plp.plp.policy import PlanWork
from lti_plp.plp.standing import Standing as Tie
from tests.plp.growth.growing import FOUR, draft
from tests.views.conftest import MAYA, RIVERA, School
from tests.views.plans import Planner, plan_of

SUBJECT = (
    ItemDraft("english", "English", kind="area", where="row 5"),
    ItemDraft(
        "argue",
        "Writes an argument from sources",
        kind="standard",
        code="E.1",
        student_text="I argue with sources.",
        parent="english",
        scale=FOUR,
        where="row 6",
    ),
)


def many(count: int) -> tuple[ItemDraft, ...]:
    """So many more standards, each with a number of its own."""
    return tuple(
        ItemDraft(f"s{number}", f"Ties knot {number}", "standard", f"S.{number}", scale=FOUR)
        for number in range(count)
    )


def publish_skills(toolbox: Toolbox, tenant_id: int, *more: ItemDraft, minimum: int = 1) -> dict[str, int]:
    """Publish the framework of a district; guid -> id of its items."""
    with toolbox.sessions() as session, session.begin():
        whole = draft(*draft().items, *SUBJECT, *more)
        made = publish(session, None, tenant_id, whole, 0, toolbox.clock())
        made.minimum_ratings = minimum
        rows = select(Proficiency.guid, Proficiency.id).where(Proficiency.framework_id == made.id)
        return {row.guid: row.id for row in session.execute(rows)}


@dataclass
class Growing:
    """Maya, who plans, her teacher, and what their school wants everybody to be able to do."""

    maya: Planner
    rivera: Planner
    ids: dict[str, int]

    @property
    def maya_id(self) -> int:
        """Maya's number."""
        return self.maya.actor().person_id

    def rate(self, level: str | None, guid: str = "talk", note: str = "") -> Standing:
        """What the teacher says, past the pages."""
        box, student, teacher = self.maya.toolbox, self.maya.actor(), self.maya.actor(RIVERA, Role.INSTRUCTOR)
        work = PlanWork(student.tenant_id, student.person_id, "team", frozenset({Tie.TEACHER}))
        with box.sessions() as session, session.begin():
            tree = read_one(session, student.tenant_id, self.ids[guid])
            now = box.clock()
            return rate(session, teacher, work, tree, RatingDraft(self.ids[guid], level, now, note), now)

    def page(self, guid: str = "talk") -> str:
        """The address of the teacher's page about Maya's proficiency."""
        return f"students/{self.maya_id}/proficiencies/{self.ids[guid]}"


def growing(app: Flask, school: School, *more: ItemDraft, minimum: int = 1) -> Growing:
    """Make it."""
    maya, rivera = plan_of(app, school, MAYA), plan_of(app, school, RIVERA)
    return Growing(maya, rivera, publish_skills(maya.toolbox, maya.actor().tenant_id, *more, minimum=minimum))
