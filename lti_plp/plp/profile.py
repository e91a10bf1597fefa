"""The profile: what a student says about herself, asked in the words of her form, and where growth is measured from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.plp.cycle import REVISIT_AFTER
from lti_plp.plp.data_files import Texts
from lti_plp.plp.fields import refuse
from lti_plp.plp.kinds import Kind, Kinds
from lti_plp.plp.models import BaselineAssessment, PlanRevision, ProfileEntry
from lti_plp.plp.plan_forms import Element, PlanForm
from lti_plp.plp.plans import PlanEditor

USUAL_AUDIENCE = "team"
"""Who sees an answer to a question of the school's own until the student decides otherwise."""


@dataclass(frozen=True)
class Entry:
    """One thing that the student says about herself."""

    id: int
    kind: str
    text: str
    why: str
    file_id: str | None
    alternative: str
    audience: str
    version: int
    changed_at: datetime


@dataclass(frozen=True)
class Question:
    """One kind of entry with the entries that there are."""

    kind: str
    title: Texts | None
    """None for a kind that nobody has words for any more."""
    about: Texts | None = None
    ask: Texts | None = None
    example: Texts | None = None
    asks_why: bool = False
    audience: str = USUAL_AUDIENCE
    is_asked: bool = True
    """Whether the form asks it now; what was written before stays."""
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Section:
    """A part of the profile."""

    id: str
    title: Texts | None
    """None for what no part of the form holds any more."""
    about: Texts | None
    questions: tuple[Question, ...]

    @property
    def is_private(self) -> bool:
        """Whether it asks for what students tell nobody at first."""
        return any(one.audience == "me" for one in self.questions)


@dataclass(frozen=True)
class StartingPoint:
    """The result of a test or survey, from which growth is measured."""

    id: int
    kind: str
    instrument: str
    taken_on: date
    result: str
    scale: str
    url: str
    file_id: str | None
    audience: str
    replaces_id: int | None
    created_at: datetime
    earlier: tuple["StartingPoint", ...] = ()
    """What it replaced, newest first."""


@dataclass(frozen=True)
class Update:
    """A finished revision of the plan."""

    number: int
    kind: str
    finished_at: datetime | None
    """Never ``None`` here; the column is, of a revision that is being worked on."""


@dataclass(frozen=True)
class Profile:
    """Everything on the profile's page that stands in the plan."""

    sections: tuple[Section, ...]
    starting_points: tuple[StartingPoint, ...] = ()
    """Those that hold, by date."""
    updates: tuple[Update, ...] = ()
    """In order of time."""

    def entries(self) -> list[Entry]:
        """Return every entry, in the order of the page."""
        return [entry for section in self.sections for one in section.questions for entry in one.entries]

    def changed_at(self) -> datetime | None:
        """Return when an entry was last written or changed."""
        return max((one.changed_at for one in self.entries()), default=None)

    def is_old(self, today: date) -> bool:
        """Say whether it is time to look whether all this is still so."""
        changed = self.changed_at()
        return changed is not None and today - changed.date() > REVISIT_AFTER

    def file_ids(self) -> set[str]:
        """Return the ids of the files on the page."""
        points = [one for point in self.starting_points for one in (point, *point.earlier)]
        ids = [one.file_id for one in self.entries()] + [one.file_id for one in points]
        return {one for one in ids if one}


def read_profile(session: Session, plan_id: int | None, form: PlanForm, kinds: Kinds) -> Profile:
    """Return the profile in three statements; before a plan is begun its questions alone."""
    if plan_id is None:
        return Profile(sections_of(form, kinds, ()))
    entries = session.execute(
        select(*(getattr(ProfileEntry, name) for name in Entry.__dataclass_fields__))
        .where(ProfileEntry.plan_id == plan_id, ProfileEntry.removed_at.is_(None))
        .order_by(ProfileEntry.id)
    )
    updates = session.execute(
        select(PlanRevision.number, PlanRevision.kind, PlanRevision.finished_at)
        .where(PlanRevision.plan_id == plan_id, PlanRevision.finished_at.is_not(None))
        .order_by(PlanRevision.number)
    )
    return Profile(
        sections=sections_of(form, kinds, [Entry(*row) for row in entries]),
        starting_points=_starting_points(session, plan_id),
        updates=tuple(Update(*row) for row in updates),
    )


def sections_of(form: PlanForm, kinds: Kinds, entries: Sequence[Entry]) -> tuple[Section, ...]:
    """Return the parts of the profile in the form's order; entries that it no longer asks for come where they fit."""
    by_kind: dict[str, list[Entry]] = {}
    for entry in entries:
        by_kind.setdefault(entry.kind, []).append(entry)
    sections = list(_sections(form, kinds, by_kind))
    shown = {one.kind for section in sections for one in section.questions}
    left = [
        Question(kind, None, is_asked=False, entries=tuple(by_kind[kind])) for kind in by_kind.keys() - shown
    ]
    if left:
        sections.append(Section("earlier", None, None, tuple(sorted(left, key=lambda one: one.kind))))
    return tuple(sections)


def _sections(form: PlanForm, kinds: Kinds, by_kind: Mapping[str, Sequence[Entry]]) -> Iterator[Section]:
    for element in form.elements:
        if element.is_own:
            yield _own_section(element, by_kind)
        elif element.id == "profile":
            yield from _groups(form, kinds, by_kind)


def _own_section(element: Element, by_kind: Mapping[str, Sequence[Entry]]) -> Section:
    question = Question(element.id, element.title, entries=tuple(by_kind.get(element.id, ())))
    # A colon in an id would mean something else to style sheets.
    return Section(element.id.replace(":", "-"), element.title, element.about, (question,))


def _groups(form: PlanForm, kinds: Kinds, by_kind: Mapping[str, Sequence[Entry]]) -> Iterator[Section]:
    asked = {kind.id for kind in form.profile_kinds(kinds)}
    for group in kinds.of("profile_group").values():
        questions = tuple(
            _question(kind, kind.id in asked, by_kind.get(kind.id, ()))
            for kind in kinds.of("profile_kind").values()
            if kind.extra["group"] == group.id and (kind.id in asked or kind.id in by_kind)
        )
        if questions:
            yield Section(group.id, group.title, group.about, questions)


def _question(kind: Kind, is_asked: bool, entries: Iterable[Entry]) -> Question:
    return Question(
        kind=kind.id,
        title=kind.title,
        about=kind.about,
        ask=kind.ask,
        example=kind.example,
        asks_why=bool(kind.extra.get("asks_why")),
        audience=kind.extra["audience"],
        is_asked=is_asked,
        entries=tuple(entries),
    )


def _starting_points(session: Session, plan_id: int) -> tuple[StartingPoint, ...]:
    columns = [name for name in StartingPoint.__dataclass_fields__ if name != "earlier"]
    rows = session.execute(
        select(*(getattr(BaselineAssessment, name) for name in columns))
        .where(BaselineAssessment.plan_id == plan_id)
        .order_by(BaselineAssessment.id)
    )
    standing: dict[int, StartingPoint] = {}
    for row in rows:
        point = StartingPoint(*row)
        # What a correction replaces was there before it, and is replaced once.
        replaced = standing.pop(point.replaces_id, None) if point.replaces_id else None
        if replaced:
            point = replace(point, earlier=(replace(replaced, earlier=()), *replaced.earlier))
        standing[point.id] = point
    return tuple(sorted(standing.values(), key=lambda one: (one.taken_on, one.id)))


_SAID_IN = {"entry": "text", "baseline": "result"}


def tell(editor: PlanEditor, kind: str, values: Mapping[str, Any]) -> Any:
    """Add an entry or a starting point that says something, in words or with a file, and return its row.

    :raise BadInput: ``field_missing`` when it says nothing; as :meth:`PlanEditor.add` for the rest.
    """
    name = _SAID_IN[kind]
    if not str(values.get(name) or "").strip() and not values.get("file_id"):
        raise refuse(name, "missing")
    return editor.add(kind, values)
