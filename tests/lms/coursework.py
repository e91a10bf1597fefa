"""A course whose LMS tells of its work, for tests of levels and steps that follow it. All invented."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from lti_plp.lms.applying import asked_of
from lti_plp.lms.coursework import Taken, take
from lti_plp.lms.coursework_models import Coursework, MappingRule
from lti_plp.lms.mapping_rules import Wanted, save_rule
from lti_plp.lms.models import Course
from lti_plp.lms.step_works import hold_results, tie_step
from lti_plp.lms.work import Part, PartLevel, Work, WorkResult
from lti_plp.plp.actor import Actor
from lti_plp.plp.growth.mapping import usual_definition
from lti_plp.plp.models import Achievement, ActionStep, KeptLevel, Rating
from lti_plp.plp.plans import PlanEditor, open_plan
from tests.factories import NOON, minutes
from tests.plp.growth.growing import FOUR, GrowingSchool, growing_school
from tests.plp.planning import vocabulary

ESSAY = Work(
    "essay", "Essay: Communicates clearly", "points", Decimal(20), minutes(500), "https://lms.example/essay"
)
RUBRIC = replace(
    ESSAY,
    source_id="talk",
    title="Talk about a book",
    parts=(
        Part(
            "c1",
            "Solves problems",
            "solve",
            Decimal(4),
            (PartLevel("l0", "Weak", Decimal(0)), PartLevel("l1", "Strong", Decimal(4))),
        ),
    ),
)


@dataclass
class Courseworking:
    """A growing school whose LMS speaks."""

    session: Session
    there: GrowingSchool = field(init=False)

    def __post_init__(self) -> None:
        self.there = growing_school(self.session)
        self.student, self.teacher = self.there.student, self.there.teacher
        self.place = self.there.school.place
        self.course = self.session.get_one(Course, self.there.school.course_id)
        self.session.commit()

    def take(
        self, *results: WorkResult, at: float | datetime = 1, works: tuple[Work, ...] = (ESSAY,)
    ) -> Taken:
        """The LMS's whole answer."""
        now = at if isinstance(at, datetime) else minutes(at)
        found = take(self.session, self.course, works, results, "canvas", now)
        self.session.commit()
        return found

    def result(self, score: Any = None, person: Actor | None = None, **facts: Any) -> WorkResult:
        """What the student, or somebody else, got for the essay."""
        usual = {"state": "graded" if score is not None else "submitted", "submitted_at": NOON}
        who = (person or self.student).person_id
        made = {**usual, "score": None if score is None else Decimal(str(score)), **facts}
        return WorkResult(made.pop("work", "essay"), who, **made)

    def work(self, source_id: str = "essay") -> Coursework:
        """The row of a piece of coursework."""
        return self.session.scalars(select(Coursework).where(Coursework.source_id == source_id)).one()

    def map(
        self, at: float = 2, guid: str = "talk", part: str = "", source_id: str = "essay", **starts: str
    ) -> MappingRule:
        """The teacher's rule; the usual one unless bands are given."""
        work = self.work(source_id)
        definition = usual_definition(FOUR, asked_of(work, part))
        if starts:
            definition["starts"] = starts
        wanted = Wanted(work.id, part, self.there.id_of(guid), definition)
        rule = save_rule(self.session, self.teacher, self.place, wanted, minutes(at))
        self.session.commit()
        return rule

    def editor(self, at: float = 1) -> PlanEditor:
        """The student at her plan."""
        hold_results(self.session, self.student.person_id)
        plan = open_plan(self.session, self.student, minutes(at))
        return PlanEditor(self.session, plan, self.student, vocabulary, minutes(at))

    def step(self, condition: dict[str, Any] | None = None, at: float = 1, **values: Any) -> ActionStep:
        """A step of a goal, tied to the essay if a condition is given."""
        editor = self.editor(at)
        goal = editor.add("goal", {"statement": "Write so that people listen", "state": "active"})
        made: ActionStep = editor.add("step", {"text": "Write the essay", "goal_ids": [goal.id], **values})
        if condition is not None:
            tie_step(editor, made.id, self.work().id, {"version": 1, **condition})
        self.session.commit()
        return made

    def ratings(self) -> list[Any]:
        """All that were ever made of the student, oldest first."""
        self.session.expire_all()
        rows = select(Rating).where(Rating.person_id == self.student.person_id).order_by(Rating.id)
        return list(self.session.scalars(rows))

    def counted(self) -> list[Any]:
        """Those that nothing replaced."""
        later = aliased(Rating)
        replaced = set(self.session.scalars(select(later.replaces_id)))
        return [one for one in self.ratings() if one.id not in replaced]

    def level(self) -> Any:
        """The kept level of the student."""
        self.session.expire_all()
        return self.session.scalars(
            select(KeptLevel.suggested).where(KeptLevel.person_id == self.student.person_id)
        ).one_or_none()

    def achievements(self) -> list[Any]:
        """What came of the student's steps, oldest first."""
        self.session.expire_all()
        rows = self.session.scalars(select(Achievement).order_by(Achievement.id))
        return [(one.progress, one.raw_score, one.raw_maximum) for one in rows]
