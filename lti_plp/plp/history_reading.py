"""A plan's history as people read it: who, what, the words that went and came, why, and what brought it about.

Whatever a part of it holds, it is read in eight statements. Names of people and courses stand in another room: the
page asks for them by the ids that are collected here.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, case, false, func, literal, null, select, union_all
from sqlalchemy.orm import Session

from lti_plp.errors import NotFound
from lti_plp.plp.differences import Piece, Shape, pieces, shape_of, shortened
from lti_plp.plp.growth.choosing import with_newest_words
from lti_plp.plp.history import Entry, read
from lti_plp.plp.items import KINDS, item_kind
from lti_plp.plp.meeting_lists import MeetingLine, held_meetings, people_named
from lti_plp.plp.models import (
    ActionStep,
    BaselineAssessment,
    Evidence,
    Framework,
    Goal,
    PathwayParticipation,
    Plan,
    PlanChange,
    PlanRevision,
    Proficiency,
    ProficiencyVersion,
    ProfileEntry,
    Reflection,
    ReflectionTemplate,
    Suggestion,
    TransitionPlan,
)
from lti_plp.plp.models.items import ItemFields

PAGE = 60
"""Changes read at a time."""
TITLE = 200
"""How many characters of a thing's words name it."""

UNSAID = frozenset(
    {
        "position",
        "removed",
        "goal_version",
        "revision_id",
        "steps_stay",
        "medium",
        "source",
        "pathway_id",
        "pathway_version",
    }
)
"""Fields that people never see as such."""


@dataclass(frozen=True)
class FieldChange:
    """What became of one field."""

    name: str
    shape: Shape
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class ItemNow:
    """The thing that a piece of history is about, as it is now."""

    title: str
    version: int = 1
    is_removed: bool = False


@dataclass(frozen=True)
class Cause:
    """What brought a change about.

    It is a ``suggestion``, ``goal``, ``pathway``, ``revision``, ``meeting``, ``evidence``, ``lms`` (a result) or
    ``kept``, with its id.
    """

    kind: str
    number: int
    person_id: int | None = None
    person_role: str = ""
    message: str = ""


@dataclass(frozen=True)
class Milestone:
    """A version of the plan that was kept."""

    number: int
    kind: str
    note: str


@dataclass(frozen=True)
class Line:
    """One readable piece of history."""

    entry: Entry
    changes: tuple[FieldChange, ...]
    item: ItemNow
    cause: Cause | None = None
    milestone: Milestone | None = None
    may_return: bool = False
    """Whether it was removed here, and can be brought back."""
    may_take: bool = False
    """Whether these words were kept aside, and can still be taken."""

    @property
    def at(self) -> datetime:
        """When it was last done."""
        return self.entry.at


@dataclass(frozen=True)
class HistoryPage:
    """A part of a plan's history, newest first."""

    lines: tuple[Line, ...]
    next_before: int | None
    titles: Mapping[str, str]
    """``goal:12`` -> its words, for everything that the lines name."""
    person_ids: frozenset[int]
    course_ids: frozenset[int]
    meetings: tuple[MeetingLine, ...] = ()
    """Those that were held at the time of these lines."""

    def days(self) -> Iterator[tuple[datetime, list[Line | MeetingLine]]]:
        """Yield each day (UTC) with its lines and meetings: the day's newest moment stands for it."""
        day: list[Line | MeetingLine] = []
        # What a meeting came to stands above it.
        both: list[Line | MeetingLine] = [*self.lines, *self.meetings]
        for line in sorted(both, key=lambda one: one.at, reverse=True) if self.meetings else self.lines:
            if day and line.at.date() != day[0].at.date():
                yield day[0].at, day
                day = []
            day.append(line)
        if day:
            yield day[0].at, day


def item_in(text: str) -> tuple[str, int]:
    """Return (kind, id) of an item that an address names, such as ``goal-12``.

    :raise NotFound: when it names none.
    """
    name, _, number = text.partition("-")
    if not (number.isascii() and number.isdecimal() and len(number) <= 18):
        raise NotFound("A plan holds no such thing.", code="item_not_here")
    return item_kind(name).name, int(number)


def read_history(
    session: Session,
    plan_id: int,
    *,
    before: int | None = None,
    item: tuple[str, int] | None = None,
    limit: int = PAGE,
) -> HistoryPage:
    """Return a part of a plan's history, or of the history of one item.

    :raise NotFound: when the plan has no such item.
    """
    part = read(session, plan_id, before=before, item=item, limit=limit)
    if item is not None and before is None and not part.entries:
        raise NotFound("The plan holds no such thing.", code="item_not_here")
    entries = part.entries
    changes = [_changes(one) for one in entries]
    causes = _causes(session, plan_id, entries)
    wanted = {(one.item_kind, one.item_id) for one in entries}
    wanted |= {(one.kind, one.number) for one in causes.values() if one.kind in {"goal", "pathway"}}
    wanted |= {pair for found in changes for pair in linked_items(found)}
    now = items_now(session, plan_id, wanted)
    milestones = _milestones(session, plan_id, entries)
    taken = _taken(session, plan_id, entries)
    lines = [
        Line(
            entry=one,
            changes=found,
            item=now.get(f"{one.item_kind}:{one.item_id}", ItemNow("")),
            cause=causes.get(one.cause),
            milestone=milestones.get(one.fields["revision"][1]) if "revision" in one.fields else None,
            may_take=one.action == "kept" and one.last not in taken,
        )
        for one, found in zip(entries, changes, strict=True)
    ]
    meetings = () if item else _meetings(session, plan_id, part.next_before, before)
    return HistoryPage(
        lines=tuple(_with_returns(lines, now)),
        next_before=part.next_before,
        titles={key: one.title for key, one in now.items()},
        person_ids=_people(lines) | frozenset(people_named(meetings)),
        course_ids=frozenset(_values(lines, "course")),
        meetings=meetings,
    )


def _meetings(
    session: Session, plan_id: int, oldest: int | None, before: int | None
) -> tuple[MeetingLine, ...]:
    """Return the meetings between two changes, of which either may be open: each is on one part of the history."""
    numbers = [one for one in (oldest, before) if one is not None]
    rows = session.execute(
        select(PlanChange.number, PlanChange.at).where(
            PlanChange.plan_id == plan_id, PlanChange.number.in_(numbers)
        )
    )
    at = {row.number: row.at for row in rows}
    return held_meetings(session, plan_id, at.get(oldest), at.get(before))


def _changes(entry: Entry) -> tuple[FieldChange, ...]:
    if entry.action in {"remove", "restore"}:
        return ()
    return field_changes(entry.item_kind, entry.fields)


def field_changes(kind_name: str, fields: Mapping[str, list[Any]]) -> tuple[FieldChange, ...]:
    """Return what changed in an item's fields, in their order; ``fields`` are field -> [before, after]."""
    kind = KINDS[kind_name]
    hidden = UNSAID | ({"revision"} if kind_name == "plan" else set())
    found: list[FieldChange] = []
    for name in kind.fields:
        if name not in fields or name in hidden:
            continue
        shape = shape_of(kind, name)
        between = shortened(pieces(shape, *fields[name]))
        if any(one.change != "same" for one in between):
            found.append(FieldChange(name, shape, between))
    return tuple(found)


def linked_items(changes: Iterable[FieldChange]) -> Iterator[tuple[str, int]]:
    """Yield (kind, id) of every item that the changes name."""
    for change in changes:
        if change.shape.form == "items":
            yield from ((change.shape.group, int(one.value)) for one in change.pieces)


def _values(lines: Iterable[Line], form: str) -> Iterator[int]:
    for line in lines:
        for change in line.changes:
            if change.shape.form == form:
                yield from (int(one.value) for one in change.pieces)


def _people(lines: Collection[Line]) -> frozenset[int]:
    actors = {line.entry.actor_id for line in lines}
    causes = {line.cause.person_id for line in lines if line.cause and line.cause.person_id}
    return frozenset(actors | causes | set(_values(lines, "person")))


def _causes(session: Session, plan_id: int, entries: Iterable[Entry]) -> dict[str, Cause]:
    found: dict[str, Cause] = {}
    for text in {one.cause for one in entries}:
        kind, _, number = text.partition(":")
        if number.isdecimal():
            found[text] = Cause(kind, int(number))
    ideas = [one.number for one in found.values() if one.kind == "suggestion"]
    rows = session.execute(
        select(Suggestion.id, Suggestion.author_id, Suggestion.author_role, Suggestion.message).where(
            Suggestion.id.in_(ideas), Suggestion.plan_id == plan_id
        )
    )
    for idea_id, person_id, role, message in rows:
        found[f"suggestion:{idea_id}"] = Cause("suggestion", idea_id, person_id, role, message)
    return found


def _milestones(session: Session, plan_id: int, entries: Iterable[Entry]) -> dict[int, Milestone]:
    numbers = [one.fields["revision"][1] for one in entries if "revision" in one.fields]
    rows = session.execute(
        select(PlanRevision.number, PlanRevision.kind, PlanRevision.note).where(
            PlanRevision.plan_id == plan_id,
            PlanRevision.number.in_(numbers),
            PlanRevision.finished_at.is_not(None),
        )
    )
    return {row.number: Milestone(row.number, row.kind, row.note) for row in rows}


def _taken(session: Session, plan_id: int, entries: Iterable[Entry]) -> set[int]:
    """Return the numbers of those kept words that stood in the plan later."""
    causes = [f"kept:{one.last}" for one in entries if one.action == "kept"]
    rows = session.scalars(
        select(PlanChange.cause).where(PlanChange.plan_id == plan_id, PlanChange.cause.in_(causes))
    )
    return {int(cause.removeprefix("kept:")) for cause in rows}


def _with_returns(lines: Iterable[Line], now: Mapping[str, ItemNow]) -> Iterator[Line]:
    """Yield the lines; what is removed can be brought back from the newest of them that tells of it."""
    told: set[tuple[str, int]] = set()
    for line in lines:
        entry = line.entry
        key = (entry.item_kind, entry.item_id)
        # A step that went with its goal comes back with it.
        went_with = now.get(line.entry.cause) if line.cause and line.cause.kind == "goal" else None
        may_return = entry.action == "remove" and line.item.is_removed and key not in told
        told |= {key} if entry.action == "remove" else set()
        yield Line(
            **{
                **line.__dict__,
                "may_return": may_return and not (went_with and went_with.is_removed),
                "may_take": line.may_take and not line.item.is_removed,
            }
        )


def items_now(session: Session, plan_id: int, wanted: Collection[tuple[str, int]]) -> dict[str, ItemNow]:
    """Return ``goal:12`` -> title, version, and whether it is removed, for items of the plan; one statement."""
    ids: dict[str, list[int]] = {}
    for kind, item_id in wanted:
        ids.setdefault(kind, []).append(item_id)
    selects = [_titles(kind, plan_id, some) for kind, some in sorted(ids.items()) if kind in _TITLES]
    if not selects:
        return {}
    return {
        f"{kind}:{item_id}": ItemNow(" ".join(title.split()), version, bool(is_removed))
        for kind, item_id, title, version, is_removed in session.execute(union_all(*selects))
    }


def _first_of(*columns: Any) -> Any:
    return func.coalesce(*(func.nullif(one, "") for one in columns), "")


_TITLES: Mapping[str, tuple[Any, Any, Any, Any]] = {
    "goal": (Goal, Goal.statement, Goal.version, Goal.removed_at),
    "step": (ActionStep, ActionStep.text, ActionStep.version, ActionStep.removed_at),
    "entry": (
        ProfileEntry,
        _first_of(ProfileEntry.text, ProfileEntry.alternative),
        ProfileEntry.version,
        ProfileEntry.removed_at,
    ),
    "evidence": (
        Evidence,
        _first_of(Evidence.title, Evidence.reason, Evidence.text, Evidence.url),
        Evidence.version,
        Evidence.removed_at,
    ),
    "baseline": (BaselineAssessment, BaselineAssessment.instrument, literal(1), null()),
    "pathway": (
        PathwayParticipation,
        PathwayParticipation.title,
        PathwayParticipation.version,
        PathwayParticipation.removed_at,
    ),
    "transition": (
        TransitionPlan,
        TransitionPlan.going_to,
        TransitionPlan.version,
        TransitionPlan.removed_at,
    ),
    "reflection": (Reflection, ReflectionTemplate.title, literal(1), null()),
    "plan": (Plan, literal("", String), Plan.version, null()),
    "proficiency": (
        Proficiency,
        _first_of(ProficiencyVersion.student_text, ProficiencyVersion.statement),
        literal(1),
        null(),
    ),
}
"""Item kind -> table, words, version, and the column that tells when it was removed."""


def _titles(kind: str, plan_id: int, ids: list[int]) -> Select[*tuple[Any, ...]]:
    model, words, version, removed_at = _TITLES[kind]
    is_removed = false() if isinstance(removed_at, type(null())) else removed_at.is_not(None)
    found = select(
        literal(kind, String),
        model.id,
        func.substr(words, 1, TITLE),
        version,
        case((is_removed, 1), else_=0),
    ).where(model.id.in_(ids))
    if model is Plan:
        return found.where(Plan.id == plan_id)
    if model is Proficiency:
        return with_newest_words(found).where(
            Framework.tenant_id == select(Plan.tenant_id).where(Plan.id == plan_id).scalar_subquery()
        )
    if model is Reflection:
        owner = select(Plan.person_id).where(Plan.id == plan_id).scalar_subquery()
        found = found.join(ReflectionTemplate, ReflectionTemplate.id == Reflection.template_id)
        return found.where(Reflection.person_id == owner)
    return found.where(model.plan_id == plan_id)


def kept_fields(session: Session, plan_id: int, number: int) -> tuple[str, int, ItemFields]:
    """Return (item kind, item id, field -> value) of words that were kept aside.

    :raise NotFound: when the change with this number kept none.
    """
    change = session.get(PlanChange, (plan_id, number))
    if change is None or change.action != "kept":
        raise NotFound("There is no such change.", code="item_not_here")
    return change.item_kind, change.item_id, {name: pair[1] for name, pair in change.fields.items()}
