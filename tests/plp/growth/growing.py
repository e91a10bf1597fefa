"""What tests of proficiencies have in common: scales, small frameworks, a school that uses one. All invented."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lti_plp.plp.actor import Actor
from lti_plp.plp.growth.drafts import Criterion, FrameworkDraft, ItemDraft
from lti_plp.plp.growth.frameworks import Tree, publish, read_tree
from lti_plp.plp.growth.kept_levels import Standing
from lti_plp.plp.growth.ratings import RatingDraft, rate
from lti_plp.plp.growth.scales import make_scale
from lti_plp.plp.policy import PlanWork
from lti_plp.plp.standing import Standing as Tie
from tests.factories import NOON, School, make_school

FOUR = make_scale(
    "Four levels",
    [
        {"code": "B", "label": "Beginning", "value": 1},
        {"code": "D", "label": "Developing", "value": 2},
        {"code": "P", "label": "Proficient", "value": 3, "meets": True},
        {"code": "E", "label": "Expanding", "value": 4},
    ],
)
GUIDE = (Criterion("Gives reasons", {"B": "Names an opinion.", "P": "Gives reasons with evidence."}),)


def draft(*items: ItemDraft, **changes: Any) -> FrameworkDraft:
    """A framework of two skills under a heading, unless other items are given."""
    usual = (
        ItemDraft("skills", "Transferable skills", kind="area", where="row 2"),
        ItemDraft(
            "talk",
            "Communicates clearly",
            kind="transferable_skill",
            code="TS.1",
            student_text="I make myself understood.",
            parent="skills",
            scale=FOUR,
            guide=GUIDE,
            where="row 3",
        ),
        ItemDraft(
            "solve", "Solves problems", "transferable_skill", "TS.2", "", "skills", FOUR, where="row 4"
        ),
    )
    made = FrameworkDraft(
        "https://example.org/skills", "Skills for life", items or usual, "csv", "skills.csv"
    )
    return replace(made, **changes)


@dataclass
class GrowingSchool:
    """A school with a framework, a teacher and one student."""

    session: Session
    school: School
    teacher: Actor
    student: Actor
    tree: Tree

    def work(self, student: Actor | None = None, tie: Tie = Tie.TEACHER) -> PlanWork:
        """The student's plan as the policy sees it."""
        who = student or self.student
        return PlanWork(self.school.tenant_id, who.person_id, "team", frozenset({tie}))

    def id_of(self, guid: str) -> int:
        """A proficiency's id."""
        return next(one.id for one in self.tree.items if one.guid == guid)

    def rate(self, level: str | None, at: datetime = NOON, guid: str = "talk", **facts: Any) -> Standing:
        """What the teacher says of the student, or somebody else of somebody else."""
        actor, work = facts.pop("actor", self.teacher), facts.pop("work", self.work())
        said = RatingDraft(self.id_of(guid), level, at, **facts)
        return rate(self.session, actor, work, self.tree, said, max(at, NOON))


def growing_school(session: Session, framework: FrameworkDraft | None = None) -> GrowingSchool:
    """Make one."""
    school = make_school(session)
    made = publish(session, None, school.tenant_id, framework or draft(), 0, NOON)
    return GrowingSchool(session, school, school.teacher(), school.student(), read_tree(session, made))
