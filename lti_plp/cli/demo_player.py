"""What playing any event of a story needs: the plan, the people around it, and what the story has made so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lti_plp.cli.demo_story import Event, Story, fields_in
from lti_plp.errors import NotFound
from lti_plp.files.access import own_file
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.ties import work_on
from lti_plp.plp.actor import Actor
from lti_plp.plp.history import Why
from lti_plp.plp.items import PLAN, item_kind
from lti_plp.plp.kinds import load_kinds
from lti_plp.plp.plans import PlanEditor, open_plan
from lti_plp.plp.policy import PlanWork
from lti_plp.plp.prompts import PromptBank, load_bank

TEACHER = "rivera"
"""Who speaks where a story names nobody."""


@dataclass(frozen=True)
class SchoolPerson:
    """Somebody of the school, known to the tool."""

    actor: Actor
    subject: str
    name: str


People = Mapping[str, SchoolPerson]
"""By the keys of the stand-in LMS."""


class Player:
    """One story while it is played."""

    def __init__(
        self, box: Toolbox, session: Session, story: Story, people: People, files: Mapping[str, str]
    ) -> None:
        """Open the student's plan as the story's first event does; ``files`` is name -> id."""
        self.box, self.session, self.story, self.people, self.files = box, session, story, people, files
        self.student = people[story.student]
        self.vocabulary = load_kinds(box.settings.config_folder).of
        self.bank: PromptBank = load_bank(box.settings.config_folder)
        self.plan = open_plan(session, self.student.actor, story.events[0].at)
        self.named: dict[str, tuple[str, int]] = {"plan": (PLAN.name, self.plan.id)}
        """Name of what the story made -> (kind, id)."""

    def editor(self, event: Event) -> PlanEditor:
        """Return the plan for the student to write in."""
        return PlanEditor(
            self.session, self.plan, self.student.actor, self.vocabulary, event.at, self._owns_file
        )

    def _owns_file(self, file_id: str) -> bool:
        try:
            own_file(self.session, self.student.actor, file_id)
        except NotFound:
            return False
        return True

    def id(self, name: str) -> int:
        """Return the id of what the story called so.

        :raise KeyError: when it has made no such thing.
        """
        return self.named[name][1]

    def ids(self, event: Event, option: str) -> frozenset[int]:
        """Return the ids of everything that an option names."""
        return frozenset(self.id(name) for name in event.options.get(option, ()))

    def keep_name(self, event: Event, kind: str, item_id: int) -> None:
        """Remember what an event made, under the name that it gives."""
        if "name" in event.options:
            self.named[event.options["name"]] = (kind, item_id)

    def fields(self, kind_name: str, words: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        """Return fields of an item as the plan takes them."""
        return fields_in(item_kind(kind_name), words, at, self.id, self.files)

    def speaker(self, event: Event, audience: str = "team") -> tuple[Actor, PlanWork]:
        """Return who speaks, and the plan as its policy sees it for them: as what the school knows them today."""
        actor = self.people[event.options.get("by", TEACHER)].actor
        now, grace = self.box.clock(), self.box.settings.grace_days
        return actor, work_on(self.session, self.plan, actor.person_id, now, grace, audience)

    def about(self, event: Event) -> tuple[str, int, str]:
        """Return kind, id and audience of the item that is spoken about."""
        kind, item_id = self.named[event.options["about"]]
        item = self.session.get_one(item_kind(kind).model, item_id)
        return kind, item_id, getattr(item, "audience", "team")


def why_of(event: Event) -> Why:
    """Return the reason that an event gives."""
    return Why(event.options.get("because_kind", ""), event.options.get("because", ""))
