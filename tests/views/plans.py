"""A student at her plan, for tests of its pages: the same plan over HTTP and through the engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.models import Identity
from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.conversation import suggest
from lti_plp.plp.kinds import load_kinds
from lti_plp.plp.models import Plan
from lti_plp.plp.plans import PlanEditor, open_plan
from lti_plp.plp.policy import PlanWork
from lti_plp.plp.revisions import ReviewDraft, finish_revision, review_goal
from lti_plp.plp.standing import Standing
from tests.fixtures_browser import BrowserContextFactory
from tests.views.conftest import MAYA, RIVERA, Human, School, Visitor


@dataclass
class Planner:
    """A student who came through the course's menu."""

    school: School
    toolbox: Toolbox
    human: Human
    visitor: Visitor

    def actor(self, human: Human | None = None, role: Role = Role.LEARNER) -> Actor:
        """The student, or somebody else who has come, as the policy sees them."""
        with self.toolbox.sessions() as session:
            identity = session.scalars(
                select(Identity).where(Identity.subject == (human or self.human).subject)
            ).one()
            return Actor(identity.person_id, identity.tenant_id, None, frozenset({role}))

    @contextmanager
    def editor(self, at: datetime | None = None) -> Iterator[PlanEditor]:
        """The plan for writing, at a moment; it is committed at the end."""
        now, actor = at or self.toolbox.clock(), self.actor()
        with self.toolbox.sessions() as session, session.begin():
            plan = open_plan(session, actor, now)
            vocabulary = load_kinds(self.toolbox.settings.config_folder).of
            yield PlanEditor(session, plan, actor, vocabulary, now, owns_file=lambda _: True)

    @contextmanager
    def reading(self) -> Iterator[tuple[Session, Plan]]:
        """The plan as the database has it."""
        with self.toolbox.sessions() as session:
            yield session, session.scalars(select(Plan).where(Plan.person_id == self.actor().person_id)).one()

    def get(self, path: str) -> str:
        """A page of the plan, which must be there."""
        answer = self.visitor.get(path)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_data(as_text=True)

    def open(self, factory: BrowserContextFactory, address: str, path: str, **options: Any) -> Page:
        """Open a page of the plan in a real browser."""
        context = factory(**options)
        self.visitor.move_to(context, address)
        page = context.new_page()
        page.goto(address + self.visitor.address(path))
        return page

    def suggest(self, item: tuple[str, int | None], fields: dict[str, Any], message: str = "An idea") -> int:
        """Somebody who teaches the student proposes a change."""
        self.school.enter(RIVERA)
        teacher = self.actor(RIVERA, Role.INSTRUCTOR)
        with self.toolbox.sessions() as session, session.begin():
            plan = session.scalars(select(Plan).where(Plan.person_id == self.actor().person_id)).one()
            work = PlanWork(plan.tenant_id, plan.person_id, "team", standing=frozenset({Standing.TEACHER}))
            vocabulary = load_kinds(self.toolbox.settings.config_folder).of
            made = suggest(
                session, plan, teacher, work, item, fields, message, vocabulary, self.toolbox.clock()
            )
            return made.id


def plan_of(app: Flask, school: School, human: Human = MAYA, locale: str = "en") -> Planner:
    """Let a student come through the course's menu."""
    return Planner(school, app.extensions["lti_plp"], human, school.enter(human, locale=locale))


def fill(planner: Planner) -> dict[str, int]:
    """A plan of a year with something on every page; name -> id of its things."""
    now = planner.toolbox.clock()
    year_ago, spring, lately = now - timedelta(days=400), now - timedelta(days=200), now - timedelta(days=5)
    ids: dict[str, int] = {}
    with planner.editor(year_ago) as editor:
        ids["interest"] = editor.add("entry", {"kind": "interest", "text": "Robots and how they see"}).id
        ids["strength"] = editor.add(
            "entry", {"kind": "strength", "text": "I stay calm when things break"}
        ).id
        editor.add("entry", {"kind": "barrier", "text": "Talking in front of people", "audience": "me"})
        editor.add(
            "baseline",
            {
                "kind": "academic",
                "instrument": "Fall writing sample",
                "taken_on": year_ago.date().isoformat(),
                "result": "Developing",
                "scale": "Beginning, Developing, Proficient, Expert",
            },
        )
        far = {"horizon": "long", "years_ahead": 10, "statement": "Build machines that help people hear"}
        ids["far"] = editor.add("goal", {**far, "kind": "postsecondary", "area": "career"}).id
        near = {
            "horizon": "long",
            "years_ahead": 5,
            "statement": "Study engineering",
            "parent_id": ids["far"],
        }
        ids["near"] = editor.add("goal", {**near, "kind": "postsecondary", "area": "college"}).id
        ids["old"] = editor.add("goal", {"statement": "Join the robotics club", "state": "active"}).id
    with planner.editor(spring) as editor:
        review_goal(editor, ids["old"], 1, ReviewDraft("met", "achieved", "I go every Tuesday now"))
        finish_revision(editor, "My plan after the first half-year")
        ids["goal"] = editor.add(
            "goal",
            {
                "statement": "Explain my robot to thirty people at the spring fair",
                "why": "I want to speak without shaking",
                "measure": "Thirty people hear me, and three ask something",
                "target_on": _in(now, 40),
                "state": "active",
                "area": "personal",
                "parent_id": ids["near"],
                "entry_ids": [ids["strength"]],
                "supporters": [{"name": "Elena Rivera", "role": "teacher", "how": "listens to my first try"}],
            },
        ).id
        for name, text, due, state in (
            ("late", "Write the talk in ten sentences", -3, "in_progress"),
            ("soon", "Practice with Leo after school", 4, "planned"),
            ("done", "Watch three talks and note what works", -60, "done"),
        ):
            step = {"text": text, "due_on": _in(now, due), "state": state, "goal_ids": [ids["goal"]]}
            ids[name] = editor.add("step", step).id
    with planner.editor(lately) as editor:
        ids["evidence"] = editor.add(
            "evidence",
            {
                "medium": "text",
                "title": "What I learned from three talks",
                "text": "The best one began with a question. I will begin with one as well.",
                "reason": "It shows that I looked for what works before I wrote my own",
                "goal_ids": [ids["goal"]],
                "step_ids": [ids["done"]],
                "captured_on": lately.date().isoformat(),
            },
        ).id
        ids["link"] = editor.add(
            "evidence",
            {
                "medium": "link",
                "url": "https://example.org/robot",
                "title": "My robot's drawing",
                "goal_ids": [ids["goal"]],
                "origin": "out_of_school",
                "captured_on": lately.date().isoformat(),
            },
        ).id
        editor.edit("entry", ids["interest"], 1, {"text": "Robots, and machines that help people hear"})
    ids["idea"] = planner.suggest(
        ("goal", ids["goal"]), {"measure": "Thirty people hear me, and I breathe before I begin"}
    )
    return ids


def _in(now: datetime, days: int) -> str:
    day: date = now.date() + timedelta(days=days)
    return day.isoformat()
