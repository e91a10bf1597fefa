"""Reading what people say to each other about a plan: suggestions, threads of comments, open calls for help."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lti_plp.errors import NotFound
from lti_plp.plp.calls import is_about_shared, is_answered
from lti_plp.plp.growth.choosing import options_in_order
from lti_plp.plp.items import item_kind
from lti_plp.plp.models import (
    ActionStep,
    Comment,
    Evidence,
    Goal,
    GoalStep,
    HelpRequest,
    PathwayParticipation,
    Plan,
    Proficiency,
    ProfileEntry,
    Suggestion,
    TransitionPlan,
)
from lti_plp.plp.models.items import ItemFields

ANSWERED = 50
"""Suggestions that were answered, newest first, on the page."""
COMMENTS = 300
"""Newest comments on the page; a thread is there in full where its item is."""
TITLE = 200
"""Characters of an item's own words that stand for it."""


@dataclass(frozen=True)
class Change:
    """One field of a suggestion; values as the history keeps them."""

    field: str
    before: Any
    """What stands there now; ``None`` for something new."""
    after: Any


@dataclass(frozen=True)
class SuggestionCard:
    """Somebody's idea for the plan."""

    id: int
    author_id: int
    author_role: str
    item_kind: str
    item_id: int | None
    """``None`` when something new is proposed."""
    message: str
    made_at: datetime
    state: str
    answer: str
    answered_at: datetime | None
    changes: tuple[Change, ...]
    """What it would change; once it is answered, what was proposed."""
    is_gone: bool = False
    """The item was removed meanwhile: the idea cannot be used any more."""


@dataclass(frozen=True)
class CommentCard:
    """Something that somebody said."""

    id: int
    author_id: int
    author_role: str
    item_kind: str
    item_id: int
    text: str
    said_at: datetime
    settled_at: datetime | None
    is_own: bool
    """The student said it."""

    @property
    def waits(self) -> bool:
        """Whether the student has not dealt with it yet."""
        return not self.is_own and self.settled_at is None


@dataclass(frozen=True)
class Thread:
    """What was said about one item, in the order in which it was said."""

    item_kind: str
    item_id: int
    comments: tuple[CommentCard, ...]

    @property
    def is_open(self) -> bool:
        """Whether somebody's words wait for the student, or hers for the first answer."""
        return any(one.waits for one in self.comments) or all(one.is_own for one in self.comments)


@dataclass(frozen=True)
class CallCard:
    """The student is stuck, ready to show something, or wants a meeting."""

    id: int
    kind: str
    item_kind: str
    item_id: int
    message: str
    asked_of: tuple[str, ...]
    opened_at: datetime
    is_shared: bool
    """Whether the team sees what it is about."""
    is_answered: bool
    """Whether somebody has answered since, with no word of the student's after it."""


@dataclass(frozen=True)
class Talk:
    """Everything that is said about a plan."""

    suggestions: tuple[SuggestionCard, ...]
    """Open ones, newest first."""
    answered: tuple[SuggestionCard, ...]
    threads: tuple[Thread, ...]
    """By their newest comment."""
    calls: tuple[CallCard, ...]
    titles: Mapping[str, str]
    """``goal:12`` -> its words, for everything that is named."""

    def people(self) -> set[int]:
        """Return the ids of those who said something."""
        authors = {one.author_id for one in (*self.suggestions, *self.answered)}
        return authors | {said.author_id for thread in self.threads for said in thread.comments}


def read_talk(session: Session, plan: Plan) -> Talk:
    """Return what is said about a plan; the number of statements does not grow with it."""
    of_plan = select(Suggestion).where(Suggestion.plan_id == plan.id).order_by(Suggestion.id.desc())
    waiting = list(session.scalars(of_plan.where(Suggestion.state == "open")))
    answered = list(
        session.scalars(
            of_plan.where(Suggestion.state != "open")
            .order_by(None)
            .order_by(Suggestion.answered_at.desc(), Suggestion.id.desc())
            .limit(ANSWERED)
        )
    )
    standing = _standing(session, plan.id, waiting)
    calls = session.execute(
        _open_calls(plan.id).order_by(HelpRequest.opened_at.desc(), HelpRequest.id.desc())
    )
    return Talk(
        suggestions=tuple(_open_card(one, standing) for one in waiting),
        answered=tuple(
            _card(one, [Change(name, None, value) for name, value in one.fields.items()]) for one in answered
        ),
        threads=_threads(session, plan),
        calls=tuple(_call(*row) for row in calls),
        titles={**titles(session, plan.id), **_titles_of_proficiencies(session, plan.id)},
    )


def _standing(
    session: Session, plan_id: int, suggestions: Iterable[Suggestion]
) -> dict[tuple[str, int], ItemFields]:
    """Return (kind, id) -> fields as they stand now, of every kind that a suggestion is about."""
    kinds = sorted({one.item_kind for one in suggestions if one.item_id is not None})
    return {
        (kind, item_id): fields
        for kind in kinds
        for item_id, fields in item_kind(kind).read_all(session, plan_id).items()
    }


def _open_card(one: Suggestion, standing: Mapping[tuple[str, int], ItemFields]) -> SuggestionCard:
    if one.item_id is None:
        said = {name: value for name, value in one.fields.items() if value not in ("", None, [])}
        return _card(one, [Change(name, None, value) for name, value in said.items()])
    fields = standing.get((one.item_kind, one.item_id), {})
    changes = [
        Change(name, fields.get(name), value)
        for name, value in one.fields.items()
        if fields.get(name) != value
    ]
    return _card(one, changes, is_gone=bool(fields.get("removed", not fields)))


def _card(one: Suggestion, changes: Iterable[Change], *, is_gone: bool = False) -> SuggestionCard:
    return SuggestionCard(
        id=one.id,
        author_id=one.author_id,
        author_role=one.author_role,
        item_kind=one.item_kind,
        item_id=one.item_id,
        message=one.message,
        made_at=one.made_at,
        state=one.state,
        answer=one.answer,
        answered_at=one.answered_at,
        changes=tuple(changes),
        is_gone=is_gone,
    )


def _threads(session: Session, plan: Plan) -> tuple[Thread, ...]:
    newest = session.scalars(
        select(Comment).where(Comment.plan_id == plan.id).order_by(Comment.id.desc()).limit(COMMENTS)
    )
    by_item: dict[tuple[str, int], list[CommentCard]] = {}
    for one in newest:
        by_item.setdefault((one.item_kind, one.item_id), []).append(_comment(one, plan.person_id))
    return tuple(Thread(*item, tuple(reversed(said))) for item, said in by_item.items())


def comments_on(session: Session, plan: Plan, kind: str, item_id: int) -> tuple[CommentCard, ...]:
    """Return all that was said about one item, in order; one statement."""
    said = session.scalars(
        select(Comment)
        .where(Comment.plan_id == plan.id, Comment.item_kind == kind, Comment.item_id == item_id)
        .order_by(Comment.id)
    )
    return tuple(_comment(one, plan.person_id) for one in said)


def _comment(one: Comment, student_id: int) -> CommentCard:
    return CommentCard(
        id=one.id,
        author_id=one.author_id,
        author_role=one.author_role,
        item_kind=one.item_kind,
        item_id=one.item_id,
        text=one.text,
        said_at=one.said_at,
        settled_at=one.settled_at,
        is_own=one.author_id == student_id,
    )


def _open_calls(plan_id: int) -> Select[HelpRequest, bool, bool]:
    return (
        select(HelpRequest, is_about_shared(), is_answered())
        .join(Plan, Plan.id == HelpRequest.plan_id)
        .where(HelpRequest.plan_id == plan_id, HelpRequest.closed_at.is_(None))
    )


def open_call(session: Session, plan: Plan, call_id: int) -> CallCard:
    """Return one call that is open.

    :raise NotFound: when the plan has no such call, or it is settled.
    """
    found = session.execute(_open_calls(plan.id).where(HelpRequest.id == call_id)).one_or_none()
    if found is None:
        raise NotFound("There is no such call.", code="item_not_here")
    return _call(*found)


def _call(one: HelpRequest, is_shared: bool, answered: bool) -> CallCard:
    return CallCard(
        one.id,
        one.kind,
        one.item_kind,
        one.item_id,
        one.message,
        tuple(one.asked_of),
        one.opened_at,
        bool(is_shared),
        bool(answered),
    )


def _titles_of_proficiencies(session: Session, plan_id: int) -> dict[str, str]:
    """Return ``proficiency:12`` -> its words, of those that the student is ready to show."""
    called = select(HelpRequest.item_id).where(
        HelpRequest.plan_id == plan_id,
        HelpRequest.item_kind == "proficiency",
        HelpRequest.closed_at.is_(None),
    )
    rows = session.execute(options_in_order().where(Proficiency.id.in_(called)))
    return {f"proficiency:{row.id}": row.words[:TITLE] for row in rows}


def helpers_of(session: Session, plan: Plan, kind: str, item_id: int) -> tuple[str, ...]:
    """Return the names of those who help with a goal, or with a step and the goals that it serves."""
    if kind == "step":
        own = select(ActionStep.supports).where(ActionStep.plan_id == plan.id, ActionStep.id == item_id)
        goals = (
            select(Goal.supporters)
            .join(GoalStep, GoalStep.goal_id == Goal.id)
            .where(Goal.plan_id == plan.id, GoalStep.step_id == item_id, Goal.removed_at.is_(None))
            .order_by(Goal.id)
        )
        lists = [*session.scalars(own), *session.scalars(goals)]
    elif kind == "goal":
        lists = list(
            session.scalars(select(Goal.supporters).where(Goal.plan_id == plan.id, Goal.id == item_id))
        )
    else:
        lists = []
    return tuple(dict.fromkeys(person["name"] for people in lists for person in people))


def titles(session: Session, plan_id: int) -> dict[str, str]:
    """Return ``goal:12`` -> the beginning of its words, of everything that people speak about, removed or not."""
    words: dict[str, tuple[type[Any], Any]] = {
        "goal": (Goal, Goal.statement),
        "step": (ActionStep, ActionStep.text),
        "entry": (ProfileEntry, ProfileEntry.text),
        "pathway": (PathwayParticipation, PathwayParticipation.title),
        "transition": (TransitionPlan, TransitionPlan.going_to),
        "evidence": (Evidence, func.coalesce(func.nullif(Evidence.title, ""), Evidence.reason)),
    }
    found: dict[str, str] = {}
    for kind, (model, text) in words.items():
        rows = session.execute(select(model.id, func.substr(text, 1, TITLE)).where(model.plan_id == plan_id))
        found.update({f"{kind}:{item_id}": beginning for item_id, beginning in rows})
    return found
