"""Rows for tests: a school with a course, its people, and a reflection placed in it. All names are invented."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from unittest import mock

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from lti_plp.launch.models import Registration
from lti_plp.lms.directory import role_text
from lti_plp.lms.models import Course, Deployment, Enrolment, Identity, Person, ResourceLink, Tenant
from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.models import ReflectionTemplate
from lti_plp.plp.policy import Place
from lti_plp.plp.reflections import LinkFacts
from lti_plp.plp.templates import QuestionDraft, TemplateDraft, create_template
from lti_plp.prepared import Prepared

NOON = datetime(2026, 9, 14, 12, 0, tzinfo=UTC)
"""When everything in these tests begins."""

GIVEN = ("Maya", "Eli", "Amara", "Noor", "Jonas", "Lucía", "Tomás", "Wren", "Ivy", "Kofi")
FAMILY = (
    "Torres",
    "Álvarez",
    "Brandt",
    "Okafor",
    "Zieliński",
    "Ahmadi",
    "Young",
    "Óskarsson",
    "Lund",
    "Dube",
)

_numbers = count(1)


def minutes(number: float) -> datetime:
    """Some minutes after the beginning."""
    return NOON + timedelta(minutes=number)


@dataclass
class School:
    """One course of one deployment of one tenant."""

    session: Session
    tenant_id: int
    deployment_id: int
    course_id: int
    issuer: str
    base: str
    """Address of the platform."""
    students: list[Actor] = field(default_factory=list)

    @property
    def place(self) -> Place:
        """Where its reflections are placed."""
        return Place(self.tenant_id, self.course_id)

    def other_course(self, guid: str = "", deployment: str = "") -> "School":
        """Another course of the same platform and tenant; with ``deployment``, of an installation of its own."""
        here = self.session.get_one(Deployment, self.deployment_id)
        if deployment:
            here = Deployment(
                registration_id=here.registration_id,
                tenant_id=self.tenant_id,
                lti_deployment_id=deployment,
                status="active",
                platform_guid=guid,
                first_seen_at=NOON,
            )
            self.session.add(here)
            self.session.flush()
        course = Course(
            tenant_id=self.tenant_id,
            deployment_id=here.id,
            lti_context_id=f"other-{next(_numbers)}",
            title="Robotics",
            created_at=NOON,
        )
        self.session.add(course)
        self.session.flush()
        return School(self.session, self.tenant_id, here.id, course.id, self.issuer, self.base)

    def person(
        self, *roles: Role, given: str = "Maya", family: str = "Torres", subject: str = "", **facts: Any
    ) -> Actor:
        """Somebody of the course."""
        row = Person(
            tenant_id=self.tenant_id,
            name=f"{given} {family}".strip(),
            given_name=given,
            family_name=family,
            is_test=facts.get("is_test", False),
            created_at=NOON,
        )
        self.session.add(row)
        self.session.flush()
        subject = subject or f"subject-{row.id}"
        self.session.add_all(
            [
                Identity(
                    tenant_id=self.tenant_id,
                    person_id=row.id,
                    issuer=self.issuer,
                    subject=subject,
                    lms_id=facts.get("lms_id", ""),
                    created_at=NOON,
                ),
                Enrolment(
                    course_id=self.course_id,
                    person_id=row.id,
                    subject=subject,
                    roles=role_text(frozenset(roles)),
                    mentor_of=[],
                    status=facts.get("status", "active"),
                ),
            ]
        )
        self.session.flush()
        return Actor(row.id, self.tenant_id, self.course_id, frozenset(roles), row.is_test)

    def student(self, **facts: Any) -> Actor:
        """A learner with the next of the invented names."""
        number = len(self.students)
        names = {"given": GIVEN[number % 10], "family": FAMILY[(number + number // 10) % 10]}
        actor = self.person(Role.LEARNER, **(names | facts))
        self.students.append(actor)
        return actor

    def teacher(self, **facts: Any) -> Actor:
        """An instructor."""
        return self.person(Role.INSTRUCTOR, **({"given": "Elena", "family": "Rivera"} | facts))

    def template(self, author: Actor, **changes: Any) -> ReflectionTemplate:
        """A template of three questions for ten points."""
        wanted = {
            "title": "End of a project",
            "questions": (
                QuestionDraft("What went well, and how do I know?", "REF-3"),
                QuestionDraft("What surprised me?"),
                QuestionDraft("What slowed me down?", "SE-2"),
            ),
            "kind": "reflect",
            "max_points": Decimal(10) if changes.get("grading", "points") == "points" else None,
        }
        return create_template(self.session, author, self.place, TemplateDraft(**(wanted | changes)), NOON)

    def link(self, template: ReflectionTemplate, **changes: Any) -> LinkFacts:
        """The template, placed."""
        number = next(_numbers)
        row = ResourceLink(
            tenant_id=self.tenant_id,
            deployment_id=self.deployment_id,
            course_id=self.course_id,
            lti_resource_link_id=f"link-{number}",
            title=template.title,
            template_id=template.id,
            line_item_url=changes.get("line_item_url", f"{self.base}/courses/1/line_items/{number}?course=1"),
            created_at=NOON,
        )
        self.session.add(row)
        self.session.flush()
        return LinkFacts(self.tenant_id, self.course_id, row.id, template.id)


def make_school(
    session: Session,
    name: str = "Maple Hollow",
    base: str = "https://lms.maplehollow.example",
    kind: str = "canvas",
    **course: Any,
) -> School:
    """A tenant with one registered platform and one course."""
    tenant = Tenant(name=name, created_at=NOON)
    registration = Registration(
        kind=kind,
        name=name,
        issuer=base,
        client_id="client-1",
        auth_url=f"{base}/authorize",
        token_url=f"{base}/token",
        jwks_url=f"{base}/jwks",
        created_at=NOON,
    )
    session.add_all([tenant, registration])
    session.flush()
    deployment = Deployment(
        registration_id=registration.id,
        tenant_id=tenant.id,
        lti_deployment_id="deployment-1",
        status="active",
        first_seen_at=NOON,
    )
    session.add(deployment)
    session.flush()
    row = Course(
        tenant_id=tenant.id,
        deployment_id=deployment.id,
        lti_context_id="course-1",
        title="English 9",
        label="ENG9",
        memberships_url=course.get("memberships_url", f"{base}/courses/1/members?course=1"),
        line_items_url=course.get("line_items_url", f"{base}/courses/1/line_items?course=1"),
        created_at=NOON,
    )
    session.add(row)
    session.flush()
    return School(session, tenant.id, deployment.id, row.id, base, base)


QUESTIONS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Within this block every statement is noted, those of ``lti_plp.prepared`` too; one for many rows is one."""
    statements: list[str] = []
    run_prepared = Prepared._run

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    def note_and_run(self: Prepared, connection: Connection, compiled: Any, values: Any) -> Any:
        if connection.engine is engine:
            statements.append(compiled.sql)
        return run_prepared(self, connection, compiled, values)

    event.listen(engine, "before_cursor_execute", note)
    try:
        with mock.patch.object(Prepared, "_run", note_and_run):
            yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


@contextmanager
def traced(engine: Engine) -> Iterator[list[str]]:
    """Within this block SQLite itself tells of every statement, those of ``lti_plp.prepared`` included.

    The beginnings and ends of transactions are left out.
    """
    statements: list[str] = []

    def note(statement: str) -> None:
        question = statement.lstrip().upper()
        # SQLite tells of an insertion again, word for word, when a trigger begins that belongs to it.
        is_trigger = question.startswith("INSERT") and statements[-1:] == [statement]
        if question.startswith(QUESTIONS) and not is_trigger:
            statements.append(statement)

    def begin(connection: Any, *_: Any) -> None:
        connection.set_trace_callback(note)

    def end(connection: Any, *_: Any) -> None:
        connection.set_trace_callback(None)

    event.listen(engine, "checkout", begin)
    event.listen(engine, "checkin", end)
    try:
        yield statements
    finally:
        event.remove(engine, "checkout", begin)
        event.remove(engine, "checkin", end)
