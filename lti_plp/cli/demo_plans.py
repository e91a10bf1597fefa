"""The demo's plans: who is at the stand-in LMS is made known as by launches, then each student's story is played.

Everything goes through the same functions as on a page, at the moment at which it happened.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.request import ProxyHandler, build_opener

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.cli.common import fail, tool
from lti_plp.cli.demo_adults import ADULTS_PLAYS
from lti_plp.cli.demo_canvas import connect_canvas
from lti_plp.cli.demo_files import made_up
from lti_plp.cli.demo_levels import make_levels
from lti_plp.cli.demo_player import People, Player, SchoolPerson, why_of
from lti_plp.cli.demo_school import make_school
from lti_plp.cli.demo_story import Event, Story, read_stories
from lti_plp.errors import PlpError
from lti_plp.files.cabinet import Cabinet, make_cabinet
from lti_plp.files.uploads import append, begin, finish
from lti_plp.launch.models import Registration
from lti_plp.launch.sourced import student_number
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.directory import Arrival, record_arrival
from lti_plp.plp.about import About
from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.conversation import (
    accept,
    ask_for_help,
    close_help,
    comment,
    decline,
    settle_comment,
    suggest,
)
from lti_plp.plp.items import GOAL, item_kind
from lti_plp.plp.manner import Manner
from lti_plp.plp.own_reflections import OwnDraft, begin_own
from lti_plp.plp.plans import find_plan
from lti_plp.plp.reflections import own_work, save_answer, submit
from lti_plp.plp.revisions import ReviewDraft, finish_revision, review_goal
from lti_plp.plp.templates import QuestionDraft

COURSES = ("English 9", "Advisory")
"""Of the stand-in LMS, whose people are made known; the first is the one that the students are in."""
ROLES = {
    "principal": frozenset({Role.ADMINISTRATOR}),
    "teacher": frozenset({Role.INSTRUCTOR}),
    "student": frozenset({Role.LEARNER}),
    "observer": frozenset({Role.MENTOR}),
}
"""Kind of person there -> roles that a launch would bring; nobody else has any in the course."""
UPLOADS_AT_ONCE = 3
"""Each picture is made anew in a process of its own, which waits more than it works."""


@click.command(hidden=True)
@click.argument("issuer")
@click.argument("client_id")
@click.argument("deployment_id")
def demo_plans(issuer: str, client_id: str, deployment_id: str) -> None:
    """Give the students of a running stand-in LMS their plans; those who have one keep it."""
    with tool() as box:
        with box.sessions() as session:
            registration = session.scalar(
                select(Registration.id).where(
                    Registration.issuer == issuer, Registration.client_id == client_id
                )
            )
        if registration is None:
            fail("The stand-in LMS is not registered.")
        made = make_plans(box, Door(registration, issuer, deployment_id), _told(f"{issuer}/_sandbox"))
        connect_canvas(box, issuer, deployment_id)
    click.echo(f"Plans made: {made}.")


def _told(control: str) -> list[Mapping[str, Any]]:
    """Return the demo's courses with their people, as the stand-in LMS tells them."""
    opener = build_opener(ProxyHandler({}))

    def get(path: str) -> Any:
        with opener.open(f"{control}/{path}", timeout=30) as answer:
            return json.load(answer)

    known = {one["title"]: one["id"] for one in reversed(get("courses"))}
    return [get(f"courses/{known[title]}/people") for title in COURSES]


@dataclass(frozen=True)
class Door:
    """Where the school's people come from."""

    registration_id: int
    issuer: str
    deployment_id: str


def make_plans(box: Toolbox, door: Door, courses: Sequence[Mapping[str, Any]]) -> int:
    """Make the plans of all students who have none; return how many. ``courses`` are as the stand-in LMS tells them.

    :raise ValueError: naming the event, when a story cannot be played.
    """
    now = box.clock()
    people = make_known(box, door, courses, now)
    make_school(box, people, now)
    with box.sessions() as session:
        stories = [
            story
            for story in read_stories(box.settings.config_folder / "demo", now.date())
            if story.student in people and not _has_plan(session, people[story.student].actor)
        ]
    files = store_files(make_cabinet(box.settings, box.engine), people, stories)
    for story in stories:
        with box.sessions.begin() as session:
            StoryPlayer(box, session, story, people, files.get(story.student, {})).play()
    make_levels(box, people, now)
    return len(stories)


def _has_plan(session: Session, actor: Actor) -> bool:
    return find_plan(session, actor.tenant_id, actor.person_id) is not None


def make_known(box: Toolbox, door: Door, courses: Sequence[Mapping[str, Any]], now: datetime) -> People:
    """Make persons, courses and enrolments as if everybody had come through each course's menu once."""
    people: dict[str, SchoolPerson] = {}
    with box.engine.begin() as connection:
        for course in courses:
            for person in course["people"]:
                roles = ROLES.get(person["kind"])
                if roles is None:
                    continue
                place = record_arrival(connection, arrival_of(door, course, person, roles), now)
                actor = Actor(place.person_id, place.tenant_id, place.course_id, roles)
                known = SchoolPerson(actor, person["sub"], person["name"])
                people.setdefault(person["key"], known)
    return people


def arrival_of(
    door: Door, course: Mapping[str, Any], person: Mapping[str, Any], roles: frozenset[Role]
) -> Arrival:
    """Return what a launch from the course's menu says of one of the school's people."""
    return Arrival(
        registration_id=door.registration_id,
        lti_deployment_id=door.deployment_id,
        issuer=door.issuer,
        subject=person["sub"],
        roles=roles,
        is_test=False,
        mentor_of=tuple(person["observes"]),
        name=person["name"],
        given_name=person["given_name"],
        family_name=person["family_name"],
        student_number=student_number(person["number"], roles),
        platform_name="",
        context_id=course["context_id"],
        context_title=course["title"],
        context_label=course["label"],
        # The first real launch tells where the platform's services are.
        memberships_url="",
        line_items_url="",
        line_item_url="",
        ags_scopes="",
        resource_link_id="",
        resource_link_title="",
        template_id="",
    )


def store_files(cabinet: Cabinet, people: People, stories: list[Story]) -> dict[str, dict[str, str]]:
    """Upload the files of all stories; student -> name of a file -> its id.

    This happens before the plans are written: an upload has transactions of its own.
    """
    wanted = [
        (story.student, event) for story in stories for event in story.events if "file" in event.options
    ]

    def store(one: tuple[str, Event]) -> tuple[str, str, str]:
        student, event = one
        spec = event.options["file"]
        key = _store(cabinet, people[student].actor, spec["name"], made_up(spec), event.at)
        return student, spec["name"], key

    found: dict[str, dict[str, str]] = {}
    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        for student, name, key in pool.map(store, wanted):
            found.setdefault(student, {})[name] = key
    return found


def _store(cabinet: Cabinet, actor: Actor, name: str, content: bytes, at: datetime) -> str:
    upload = begin(cabinet, actor, len(content), name, at)
    append(cabinet, actor, upload.id, 0, BytesIO(content), at)
    return finish(cabinet, actor, upload.id, at).id


class StoryPlayer(Player):
    """Plays one story, in one transaction."""

    def play(self) -> None:
        """Do everything that the story tells.

        :raise ValueError: naming the event that cannot be played, and why.
        """
        for event in self.story.events:
            try:
                PLAYS[event.verb](self, event)
            except (PlpError, KeyError, ValueError) as problem:
                details = getattr(problem, "details", "")
                raise ValueError(f"{event.where}: {problem} {details}") from problem

    def _add(self, event: Event) -> None:
        fields = self.fields(event.what, event.fields(), event.at)
        item = self.editor(event).add(event.what, fields, why_of(event))
        self.keep_name(event, event.what, item.id)

    def _edit(self, event: Event) -> None:
        kind, item_id = self.named[event.what]
        editor = self.editor(event)
        version = editor.item(item_kind(kind), item_id).version
        editor.edit(kind, item_id, version, self.fields(kind, event.fields(), event.at), why_of(event))

    def _remove(self, event: Event) -> None:
        self.editor(event).remove(*self.named[event.what], why_of(event))

    def _restore(self, event: Event) -> None:
        self.editor(event).restore(*self.named[event.what], why_of(event))

    def _review(self, event: Event) -> None:
        editor, options = self.editor(event), event.options
        goal = editor.item(GOAL, self.id(event.what))
        draft = ReviewDraft(
            outcome=options["outcome"],
            reason_category=options["because_kind"],
            reason=options["because"],
            next_step=options.get("next_step", ""),
            steps_stay=options.get("steps_stay", False),
            changes=self.fields(GOAL.name, options.get("changes", {}), event.at),
            not_met=options.get("not_met", False),
        )
        review_goal(editor, goal.id, goal.version, draft)

    def _finish(self, event: Event) -> None:
        finish_revision(self.editor(event), event.what, self.ids(event, "reflections"))

    def _suggest(self, event: Event) -> None:
        kind, item_id, audience = event.options.get("new", ""), None, "team"
        if not kind:
            kind, item_id, audience = self.about(event)
        actor, work = self.speaker(event, audience)
        made = suggest(
            self.session,
            self.plan,
            actor,
            work,
            (kind, item_id),
            self.fields(kind, event.options["fields"], event.at),
            event.options.get("message", ""),
            self.vocabulary,
            event.at,
        )
        self.named[event.what] = (kind, made.id)

    def _accept(self, event: Event) -> None:
        kind, suggestion_id = self.named[event.what]
        edited = accept(self.editor(event), suggestion_id, event.options.get("answer", ""))
        self.keep_name(event, kind, edited.item_id)

    def _decline(self, event: Event) -> None:
        decline(self.editor(event), self.id(event.what), event.options.get("answer", ""))

    def _comment(self, event: Event) -> None:
        kind, item_id, audience = self.about(event)
        actor, work = self.speaker(event, audience)
        said = comment(self.session, self.plan, actor, work, (kind, item_id), event.options["text"], event.at)
        self.named[event.what] = ("comment", said.id)

    def _settle(self, event: Event) -> None:
        settle_comment(self.editor(event), self.id(event.what))

    def _call(self, event: Event) -> None:
        kind, item_id, _ = self.about(event)
        call = ask_for_help(
            self.editor(event),
            event.options["kind"],
            (kind, item_id),
            event.options.get("message", ""),
            event.options.get("asked_of", ()),
        )
        self.named[event.what] = ("call", call.id)

    def _close(self, event: Event) -> None:
        close_help(self.editor(event), self.id(event.what))

    def _reflect(self, event: Event) -> None:
        actor, options = self.student.actor, event.options
        manner = {name: options[name] for name in Manner.__dataclass_fields__ if name in options}
        draft = OwnDraft(
            key=event.where,
            title=event.what,
            questions=tuple(self._question(event, answer) for answer in options["answers"]),
            locale=options.get("locale", "en"),
            manner=Manner(**manner),
            about=About(*(self.ids(event, part) for part in ("goals", "steps", "evidence"))),
        )
        own = begin_own(self.session, actor, draft, event.at)
        work = own_work(self.session, actor, own)
        for question, answer in zip(work.template.questions, options["answers"], strict=True):
            save_answer(self.session, actor, own, question["key"], answer["text"], 0, event.at)
        if not options.get("draft"):
            submit(self.session, actor, own, event.at)
        self.keep_name(event, "reflection", work.reflection_id or 0)

    def _question(self, event: Event, answer: Mapping[str, Any]) -> QuestionDraft:
        if "question" in answer:
            return QuestionDraft(answer["question"])
        audience = "adult" if event.options.get("voice", "student") != "student" else "student"
        prompt = self.bank.by_id[answer["prompt"]]
        return QuestionDraft(prompt.text(audience, event.options.get("locale", "en")), prompt.id)


PLAYS: Mapping[str, Callable[[StoryPlayer, Event], None]] = {
    "add": StoryPlayer._add,
    "edit": StoryPlayer._edit,
    "remove": StoryPlayer._remove,
    "restore": StoryPlayer._restore,
    "review": StoryPlayer._review,
    "finish": StoryPlayer._finish,
    "suggest": StoryPlayer._suggest,
    "accept": StoryPlayer._accept,
    "decline": StoryPlayer._decline,
    "comment": StoryPlayer._comment,
    "settle": StoryPlayer._settle,
    "call": StoryPlayer._call,
    "close": StoryPlayer._close,
    "reflect": StoryPlayer._reflect,
    **ADULTS_PLAYS,
}
"""Verb of a story -> what does it."""
