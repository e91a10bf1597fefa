"""What a class is like: of each student strengths, interests, goals and needs, as far as the team may see them.

Everything is read in five statements, however many students there are.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.plp.kinds import Kinds
from lti_plp.plp.models import ActionStep, BaselineAssessment, Goal, GoalProficiency, Plan, ProfileEntry
from lti_plp.plp.policy import TEAM_SEES
from lti_plp.plp.reading import WORKING
from lti_plp.plp.telling import OPEN_STEPS
from lti_plp.plp.words import plain

LONGEST = 300
"""Characters of one thing on a card."""
MOST = 4
"""Things of one kind on a card; the newest ones."""


@dataclass(frozen=True)
class Said:
    """Something that a student said of herself."""

    kind: str
    text: str


@dataclass(frozen=True)
class Aim:
    """A goal that is being worked on."""

    id: int
    text: str
    why: str
    area: str
    outcomes: tuple[str, ...]
    proficiencies: frozenset[int] = frozenset()
    """Ids of those that it is about."""


@dataclass
class Card:
    """One student at a glance."""

    student_id: int
    groups: dict[str, list[Said]] = field(default_factory=dict)
    """Group of the profile (``profile_group`` of the vocabulary) -> what was said, newest first."""
    goals: list[Aim] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    """Steps that are still to be done; not on the card, but a unit may touch them."""
    levels: list[Said] = field(default_factory=list)
    """Newest result of each instrument at the start, as ``kind`` and text."""

    def touches(self, words: str, area: str = "", outcome: str = "", proficiency: int = 0) -> bool:
        """Say whether a goal, or with words anything said, has to do with a unit."""
        aims = [
            one
            for one in self.goals
            if (not area or one.area == area)
            and (not outcome or outcome in one.outcomes)
            and (not proficiency or proficiency in one.proficiencies)
        ]
        if not words.strip():
            return bool(aims)
        wanted = plain(words).split()
        texts = [f"{one.text} {one.why}" for one in aims]
        if not (area or outcome or proficiency):
            texts += [one.text for group in self.groups.values() for one in group] + self.steps
        return any(all(word in plain(text) for word in wanted) for text in texts)


def read_cards(
    session: Session, tenant_id: int, student_ids: Collection[int], kinds: Kinds
) -> dict[int, Card]:
    """Return student's id -> card of those who have a plan."""
    mine = (Plan.tenant_id == tenant_id, Plan.person_id.in_(student_ids))
    cards: dict[int, Card] = {}
    _add_entries(
        cards,
        session.execute(
            _of(ProfileEntry.kind, ProfileEntry.text)
            .where(*mine, *_shown(ProfileEntry))
            .order_by(ProfileEntry.id.desc())
        ),
        kinds,
    )
    goals = (
        _of(Goal.id, Goal.statement, Goal.why, Goal.area, Goal.outcomes)
        .where(*mine, *_shown(Goal), Goal.state.in_(WORKING), Goal.statement != "")
        .order_by(Goal.horizon.desc(), Goal.position, Goal.id)
    )
    about = _proficiencies(session, mine)
    for person_id, goal_id, text, why, area, outcomes in session.execute(goals):
        words = (text[:LONGEST], why[:LONGEST])
        aim = Aim(goal_id, *words, area, tuple(outcomes), frozenset(about.get(goal_id, ())))
        cards.setdefault(person_id, Card(person_id)).goals.append(aim)
    steps = _of(ActionStep.text).where(*mine, *_shown(ActionStep), ActionStep.state.in_(OPEN_STEPS))
    for person_id, text in session.execute(steps):
        cards.setdefault(person_id, Card(person_id)).steps.append(text[:LONGEST])
    levels = (
        _of(BaselineAssessment.instrument, BaselineAssessment.result)
        .where(*mine, BaselineAssessment.audience.in_(TEAM_SEES), BaselineAssessment.kind == "academic")
        .order_by(BaselineAssessment.taken_on.desc(), BaselineAssessment.id.desc())
    )
    for person_id, instrument, result in session.execute(levels):
        card = cards.setdefault(person_id, Card(person_id))
        if all(one.kind != instrument for one in card.levels) and len(card.levels) < MOST:
            card.levels.append(Said(instrument, result[:LONGEST]))
    return cards


def _proficiencies(session: Session, mine: tuple[Any, ...]) -> dict[int, set[int]]:
    """Return goal's id -> ids of the proficiencies that it is about."""
    found: dict[int, set[int]] = {}
    rows = session.execute(
        select(GoalProficiency.goal_id, GoalProficiency.proficiency_id)
        .join(Goal, Goal.id == GoalProficiency.goal_id)
        .join(Plan, Plan.id == Goal.plan_id)
        .where(*mine, *_shown(Goal))
    )
    for goal_id, proficiency_id in rows:
        found.setdefault(goal_id, set()).add(proficiency_id)
    return found


def _add_entries(cards: dict[int, Card], rows: Iterable[Any], kinds: Kinds) -> None:
    known = kinds.of("profile_kind")
    for person_id, kind, text in rows:
        group = known[kind].extra.get("group", "") if kind in known else ""
        said = cards.setdefault(person_id, Card(person_id)).groups.setdefault(group, [])
        if text and len(said) < MOST:
            said.append(Said(kind, text[:LONGEST]))


def _of(*columns: Any) -> Any:
    model = columns[0].class_
    return select(Plan.person_id, *columns).join(model, model.plan_id == Plan.id)


def _shown(model: Any) -> tuple[Any, ...]:
    return (model.removed_at.is_(None), model.audience.in_(TEAM_SEES))
