"""Courses that were copied one from another, each with work of its LMS, for tests of rules that are carried on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from lti_plp.lms.copies import Opening, note_template_placed, template_meant
from lti_plp.lms.coursework import take
from lti_plp.lms.coursework_models import Coursework, MappingRule, MappingRuleOrigin
from lti_plp.lms.earlier_rules import EarlierRules, rules_of_earlier, use_rules
from lti_plp.lms.models import Course, ResourceLink
from lti_plp.lms.reflection_work import note_link
from lti_plp.lms.work import Work, WorkResult
from lti_plp.plp.actor import Actor
from lti_plp.plp.models import ReflectionTemplate
from lti_plp.plp.policy import Place
from tests.factories import NOON, minutes
from tests.lms.coursework import Courseworking


@dataclass
class Copying(Courseworking):
    """A growing school whose course is copied; ``course-1`` is the first one."""

    def copy(self, number: int = 2, *history: str, **facts: Any) -> Course:
        """One more course, of which the platform tells that it was copied; by notices alone with ``told=False``."""
        told = history or (f"course-{number - 1}",)
        row = Course(
            tenant_id=facts.get("tenant_id", self.place.tenant_id),
            deployment_id=facts.get("deployment_id", self.course.deployment_id),
            lti_context_id=facts.get("context", f"course-{number}"),
            title=f"English 9, year {number}",
            copied_from="\n".join(told) if facts.get("told", True) else "",
            created_at=datetime(2026 + number, 9, 1, tzinfo=NOON.tzinfo),
        )
        self.session.add(row)
        self.session.flush()
        self.session.commit()
        return row

    def here(self, course: Course) -> tuple[Actor, Place]:
        """The teacher, in one of the courses."""
        actor = Actor(self.teacher.person_id, course.tenant_id, course.id, self.teacher.roles)
        return actor, Place(course.tenant_id, course.id)

    def tell(self, course: Course, *works: Work, at: float = 3, got: tuple[WorkResult, ...] = ()) -> None:
        """The LMS's whole answer about one of the courses."""
        take(self.session, course, works, got, "canvas", minutes(at))
        self.session.commit()

    def earlier(self, course: Course) -> EarlierRules:
        return rules_of_earlier(self.session, *self.here(course))

    def offered(self, course: Course) -> list[tuple[str, str, bool]]:
        """(what it is called here, what it shows, whether it is sure)."""
        return [
            (one.match.work.title, one.rule.proficiency.guid, one.match.is_sure)
            for one in self.earlier(course).offers
        ]

    def missing(self, course: Course) -> list[tuple[str, bool]]:
        return [(one.title, one.is_here) for one in self.earlier(course).missing]

    def is_quiet(self, course: Course) -> bool:
        """Nothing is offered, nothing is listed."""
        found = self.earlier(course)
        return not found.offers and not found.missing

    def use(self, course: Course, at: float = 4) -> int:
        """All that is offered."""
        versions = [one.version for one in self.earlier(course).offers]
        made = use_rules(self.session, *self.here(course), versions, versions, minutes(at))
        self.session.commit()
        return made

    def rules(self, course: Course) -> list[MappingRule]:
        """All that there ever were in one of the courses."""
        self.session.expire_all()
        rows = select(MappingRule).join(Coursework, Coursework.id == MappingRule.coursework_id)
        return list(
            self.session.scalars(rows.where(Coursework.course_id == course.id).order_by(MappingRule.id))
        )

    def origins(self) -> list[MappingRuleOrigin]:
        return list(self.session.scalars(select(MappingRuleOrigin).order_by(MappingRuleOrigin.rule_id)))

    def count(self, model: Any) -> int:
        return self.session.scalar(select(func.count()).select_from(model)) or 0

    def placed(self) -> ReflectionTemplate:
        """A reflection that was placed in the first course, and opened."""
        made = self.there.school.template(self.teacher)
        note_template_placed(self.session, self.course.id, made.id, NOON)
        self.open(self.course, made.id, "Our reflection")
        return made

    def open(self, course: Course, named: str, title: str, link: str = "") -> int:
        """Somebody opens a link that names a template: the work that it is, by its id."""
        history = tuple(course.copied_from.splitlines())
        opening = Opening(
            course.tenant_id, course.deployment_id, course.id, course.lti_context_id, named, history
        )
        connection = self.session.connection()
        template = template_meant(connection, opening, NOON)
        assert template
        row = ResourceLink(
            tenant_id=course.tenant_id,
            deployment_id=course.deployment_id,
            course_id=course.id,
            lti_resource_link_id=link or f"{title} of {course.id}",
            title=title,
            template_id=template,
            named_template=named,
            created_at=NOON,
        )
        self.session.add(row)
        self.session.flush()
        note_link(connection, course.id, row.id, title, template, NOON)
        self.session.commit()
        return row.id
