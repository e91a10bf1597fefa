"""A school with a student who plans, for tests of the plan."""

from collections.abc import Callable, Container
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lti_plp.plp.actor import Actor
from lti_plp.plp.models import Plan
from lti_plp.plp.plans import PlanEditor, open_plan
from lti_plp.plp.policy import PlanWork
from lti_plp.plp.standing import Standing
from tests.factories import School, make_school, minutes

VOCABULARY: dict[str, tuple[str, ...]] = {
    "profile_kind": ("strength", "interest", "value", "barrier"),
    "baseline_kind": ("academic", "career"),
    "goal_kind": ("secondary", "postsecondary", "primary"),
    "goal_area": ("personal", "academic", "career"),
    "post_option": ("two_year_college", "employment"),
    "outcome": ("completion", "civic_engagement"),
    "support_level": ("alone", "some_help"),
    "supporter_role": ("family", "teacher", "friend"),
    "step_kind": ("activity", "assignment", "course"),
    "achievement_kind": ("self_assessment", "formative"),
    "evidence_kind": ("project", "performance"),
    "progress": ("not_yet", "begun", "on_the_way", "nearly_there", "reached"),
    "review_outcome": ("met", "continue", "extend", "revise", "remove"),
    "reason": ("reflection", "achieved", "changed_interest", "other"),
}


def vocabulary(group: str) -> Container[str]:
    """The codes that tests use."""
    return VOCABULARY[group]


class Planning:
    """One student with a plan."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.school: School = make_school(session)
        self.teacher: Actor = self.school.teacher()
        self.student: Actor = self.school.student()
        self.plan: Plan = open_plan(session, self.student, minutes(0))
        session.commit()

    def editor(self, at: float | datetime = 1, owns_file: Callable[[str], bool] | None = None) -> PlanEditor:
        """The student at her plan."""
        now = at if isinstance(at, datetime) else minutes(at)
        more = {"owns_file": owns_file} if owns_file else {}
        return PlanEditor(self.session, self.plan, self.student, vocabulary, now, **more)

    def goal(self, at: float = 1, **values: Any) -> Any:
        """Add a goal."""
        return self.editor(at).add("goal", {"statement": "Run 5 km without a break", **values})

    def step(self, *goals: Any, at: float = 1, **values: Any) -> Any:
        """Add a step that serves these goals."""
        ids = [one.id for one in goals]
        return self.editor(at).add("step", {"text": "Run on Tuesdays", "goal_ids": ids, **values})

    def evidence(self, *goals: Any, at: float = 1, **values: Any) -> Any:
        """Add written evidence for these goals."""
        ids = [one.id for one in goals]
        return self.editor(at).add("evidence", {"text": "I ran 3 km", "goal_ids": ids, **values})

    def work(self, audience: str = "team", *, taught: bool = True) -> PlanWork:
        """An item of the plan, as the policy sees it for the teacher."""
        return PlanWork(
            self.plan.tenant_id,
            self.plan.person_id,
            audience,
            frozenset({Standing.TEACHER} if taught else ()),
        )
