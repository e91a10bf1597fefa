"""A plan then and now: what a student says of herself, which goals were met, what there is more of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_plp.plp.answers import TwoAnswers, count_finished, same_question
from lti_plp.plp.history import State, state_at
from lti_plp.plp.items import plan_state
from lti_plp.plp.models import Plan, PlanRevision
from lti_plp.plp.telling import Thing

YEAR = timedelta(days=365)
YOUNG = timedelta(days=60)
"""Before this age a plan has no past to look at, unless a version was kept."""
FIRST_DAYS = timedelta(days=1)
"""What was written so soon after the plan began is its first version when none was kept."""


@dataclass(frozen=True)
class Moments:
    """The moments that a plan can be compared with; ``None`` where there is none."""

    first: datetime
    """The first version that was kept, or the plan a day after it began."""
    year: datetime | None
    version: datetime | None
    """The newest version that was kept."""
    ready_at: datetime
    """From when on there is something to compare."""

    def chosen(self, name: str) -> tuple[str, datetime]:
        """Return the choice of that name, or the best one there is, and its moment."""
        found = {"year": self.year, "version": self.version, "first": self.first}
        if moment := found.get(name):
            return name, moment
        return ("year", self.year) if self.year else ("first", self.first)

    def names(self) -> list[str]:
        """Return the choices that there are, the farthest first; two of the same moment are one."""
        found = {"first": self.first, "year": self.year, "version": self.version}
        named: dict[datetime, str] = {}
        for name, moment in found.items():
            if moment is not None:
                named.setdefault(moment, name)
        return [name for _, name in sorted(named.items())]


@dataclass(frozen=True)
class EntryPair:
    """What a student said of herself then and says now; one of the two may be missing."""

    kind: str
    then: Thing | None
    now: Thing | None


@dataclass(frozen=True)
class Counts:
    """What there is more of."""

    goals_met: int
    goals_set: int
    steps_done: int
    evidence: int
    reflections: int

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return any(self.__dict__.values())


@dataclass(frozen=True)
class ThenAndNow:
    """Two states of a plan beside each other."""

    changed: tuple[EntryPair, ...]
    new: tuple[EntryPair, ...]
    gone: tuple[EntryPair, ...]
    goals_met: tuple[Thing, ...]
    answers: tuple[TwoAnswers, ...]
    counts: Counts

    def __bool__(self) -> bool:
        """Whether anything is different."""
        return bool(self.changed or self.new or self.gone or self.answers or self.counts)


def moments(session: Session, plan: Plan, now: datetime) -> Moments:
    """Return what a plan can be compared with; one statement."""
    first, last = session.execute(
        select(func.min(PlanRevision.finished_at), func.max(PlanRevision.finished_at)).where(
            PlanRevision.plan_id == plan.id, PlanRevision.finished_at.is_not(None)
        )
    ).one()
    began = plan.first_developed_at
    return Moments(
        first=first or began + FIRST_DAYS,
        year=now - YEAR if began <= now - YEAR else None,
        version=last,
        ready_at=min(first or began + YOUNG, began + YOUNG),
    )


def compare(session: Session, plan: Plan, moment: datetime) -> ThenAndNow:
    """Return what is different between the plan at a moment and now."""
    then, now = state_at(session, plan.id, moment), plan_state(session, plan.id)
    pairs = _entry_pairs(then, now)
    met = tuple(_came_to(then, now, "goal", "met"))
    counts = Counts(
        goals_met=len(met),
        goals_set=len(_there(now, "goal").keys() - then["goal"].keys()),
        steps_done=len(_came_to(then, now, "step", "done")),
        evidence=len(_there(now, "evidence").keys() - _there(then, "evidence").keys()),
        reflections=count_finished(session, plan.person_id, moment),
    )
    return ThenAndNow(
        changed=tuple(one for one in pairs if one.then and one.now),
        new=tuple(one for one in pairs if not one.then),
        gone=tuple(one for one in pairs if not one.now),
        goals_met=met,
        answers=same_question(session, plan.person_id, moment),
        counts=counts,
    )


def _there(state: State, kind: str) -> Mapping[str, Thing]:
    found = {key: Thing(int(key), fields) for key, fields in state[kind].items()}
    return {key: one for key, one in found.items() if not one.fields.get("removed")}


def _entry_pairs(then: State, now: State) -> list[EntryPair]:
    before, after = _there(then, "entry"), _there(now, "entry")
    return [
        EntryPair((after.get(key) or before[key]).fields["kind"], before.get(key), after.get(key))
        for key in sorted(before.keys() | after.keys(), key=int)
        if key not in before or key not in after or _words(before[key]) != _words(after[key])
    ]


def _words(entry: Thing) -> tuple[str, ...]:
    return tuple(str(entry.fields.get(name) or "") for name in ("text", "why", "file_id"))


def _came_to(then: State, now: State, kind: str, state: str) -> list[Thing]:
    """Return the items that are in a state in which they were not before."""
    return [
        one
        for key, one in _there(now, kind).items()
        if one.fields["state"] == state and then[kind].get(key, {}).get("state") != state
    ]
