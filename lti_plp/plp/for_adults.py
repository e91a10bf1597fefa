"""A plan as those who teach or advise its student see it: what is for them, with what was said about each thing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.plp.answers import Answered, finished_reflections
from lti_plp.plp.items import KINDS, plan_state
from lti_plp.plp.kinds import Kinds
from lti_plp.plp.levels import level_sayers
from lti_plp.plp.models import Evidence, Plan, ProfileEntry
from lti_plp.plp.participation import SCHOOL, moves_of
from lti_plp.plp.policy import TEAM_SEES
from lti_plp.plp.talk import CallCard, CommentCard, Talk, Thread, open_call, read_talk
from lti_plp.plp.telling import Thing, ToldGoal, ToldPlan, told
from lti_plp.plp.unread import waiting_evidence

REFLECTIONS = 10
"""The newest ones on the page."""
STRENGTHS = 3
"""As many at a glance; the newest ones."""
LATELY = timedelta(days=30)
"""For so long a student's answer waits to be read; an older one has been, or is not waited for any more."""


@dataclass(frozen=True)
class Word:
    """The newest thing that was said in a plan: a comment, or the beginning of a reflection."""

    at: datetime
    text: str
    author_id: int | None = None
    """``None`` for a reflection."""
    title: str = ""
    """Of the reflection."""
    locale: str = ""


@dataclass(frozen=True)
class TeamPlan:
    """What a plan's page shows to its team."""

    plan: ToldPlan
    talk: Talk
    reflections: tuple[Answered, ...]
    unread: tuple[int, ...]
    """Ids of evidence that nobody of the school has looked at, the longest waiting first."""

    def strengths(self, kinds: Kinds) -> list[Thing]:
        """Return what the student is good at, the newest first, as much as fits a glance."""
        known = kinds.of("profile_kind")
        of_group = [one for one in known if known[one].extra.get("group") == "good_at"]
        return [one for one in reversed(self.plan.entries_of(*of_group)) if one.fields["text"]][:STRENGTHS]

    @property
    def open_goals(self) -> list[ToldGoal]:
        """Goals that are being worked on, those of the near future first."""
        found = [one for one in self.plan.goals if one.is_open]
        return sorted(found, key=lambda one: one.fields["horizon"] == "long")

    @property
    def step_ids(self) -> set[int]:
        """Ids of the steps of the goals that are shown."""
        return {step.id for goal in self.plan.goals for step in goal.steps}

    @property
    def past_goals(self) -> list[ToldGoal]:
        """Goals that were met or let go, the newest first."""
        return [one for one in reversed(self.plan.goals) if not one.is_open]

    def answers_to(self, person_id: int, now: datetime) -> list[Thread]:
        """Return threads of late in which the student had the last word, to this person or to nobody in particular."""
        return [
            one
            for one in self.talk.threads
            if one.comments[-1].is_own
            and now - one.comments[-1].said_at < LATELY
            and all(said.is_own or said.author_id == person_id for said in one.comments)
        ]

    @property
    def to_decide(self) -> list[Thing]:
        """Pathways that wait for a word of the school."""
        return [one for one in self.plan.pathways if moves_of(one.fields["state"], SCHOOL)]

    @property
    def latest(self) -> Word | None:
        """The newest word that anybody said."""
        found = [
            Word(said.said_at, said.text, said.author_id)
            for thread in self.talk.threads
            for said in thread.comments[-1:]
        ]
        found += [
            Word(one.submitted_at, one.answers[0].text, title=one.title, locale=one.answers[0].locale)
            for one in self.reflections
            if one.answers
        ]
        return max(found, key=lambda one: one.at, default=None)

    def shown_for(self, call: CallCard) -> Thing | None:
        """Return the newest evidence of the goal or the step that a student is ready to show."""
        field = {"goal": "goal_ids", "step": "step_ids"}.get(call.item_kind)
        if call.kind != "ready" or field is None:
            return None
        return next((one for one in self.plan.evidence if call.item_id in one.fields[field]), None)

    def said_about(self, kind: str, item_id: int) -> tuple[CommentCard, ...]:
        """Return what was said about an item, in order."""
        for thread in self.talk.threads:
            if (thread.item_kind, thread.item_id) == (kind, item_id):
                return thread.comments
        return ()

    def calls(self, name: str) -> list[CallCard]:
        """Return the open calls: those that wait before those that were answered, and first what asks this name."""
        return sorted(self.talk.calls, key=lambda one: (one.is_answered, name not in one.asked_of))

    def waiting(self, name: str) -> list[CallCard]:
        """Return those of the open calls that words can answer, and nobody has answered yet."""
        return [one for one in self.calls(name) if one.kind != "meeting" and not one.is_answered]


def read_for_team(session: Session, plan: Plan) -> TeamPlan:
    """Return the page of a plan for its team; the number of statements does not grow with it."""
    shown = told(plan_state(session, plan.id), level_sayers(session, plan.id), "team")
    waiting = waiting_evidence(session, plan.tenant_id, [plan.person_id])
    return TeamPlan(
        plan=shown,
        talk=_only_seen(read_talk(session, plan), shown, plan.id),
        reflections=tuple(finished_reflections(session, plan.person_id, TEAM_SEES, REFLECTIONS)),
        unread=tuple(one.evidence_id for one in waiting),
    )


def _only_seen(talk: Talk, shown: ToldPlan, plan_id: int) -> Talk:
    """Leave out what is said about things that the team does not see; of calls only what they are about."""
    seen: Mapping[str, set[int]] = {
        "goal": {one.id for one in shown.goals},
        "step": {step.id for goal in shown.goals for step in goal.steps}
        | {one.id for one in shown.other_steps},
        "entry": {one.id for one in shown.entries},
        "evidence": {one.id for one in shown.evidence},
    }

    def is_seen(one: Any) -> bool:
        return one.item_kind not in seen or one.item_id is None or one.item_id in seen[one.item_kind]

    return Talk(
        suggestions=tuple(one for one in talk.suggestions if is_seen(one)),
        answered=tuple(one for one in talk.answered if is_seen(one)),
        threads=tuple(one for one in talk.threads if is_seen(one)),
        calls=tuple(one if one.is_shared else _bare(one, plan_id) for one in talk.calls),
        titles=talk.titles,
    )


def call_for_team(session: Session, plan: Plan, call_id: int) -> CallCard:
    """Return an open call as the team sees it.

    :raise NotFound: when the plan has no such call, or it is settled.
    """
    call = open_call(session, plan, call_id)
    return call if call.is_shared else _bare(call, plan.id)


def _bare(call: CallCard, plan_id: int) -> CallCard:
    """Return a call without what it is about; it is answered where the plan as a whole is spoken of."""
    return replace(call, item_kind="plan", item_id=plan_id, message="")


def audience_of(session: Session, plan: Plan, kind: str, item_id: int) -> str:
    """Return who sees an item, to ask whether somebody may speak on it; what is not there is the student's alone."""
    if kind == "plan":
        return "team" if item_id == plan.id else "me"
    model = KINDS[kind].model if kind in KINDS else None
    item = session.get(model, item_id) if model is not None else None
    if item is None or item.plan_id != plan.id or getattr(item, "removed_at", None) is not None:
        return "me"
    return str(getattr(item, "audience", "me"))


def plans_that_show(session: Session, tenant_id: int, file_id: str) -> list[tuple[int, str]]:
    """Return (student's id, audience) of each thing in a plan to which a file is attached."""
    found: list[tuple[int, str]] = []
    for model in (Evidence, ProfileEntry):
        rows = session.execute(
            select(Plan.person_id, model.audience)
            .join(Plan, Plan.id == model.plan_id)
            .where(Plan.tenant_id == tenant_id, model.file_id == file_id, model.removed_at.is_(None))
        )
        found += [(row.person_id, row.audience) for row in rows]
    return found
