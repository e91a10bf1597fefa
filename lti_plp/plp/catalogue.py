"""A district's catalogue of pathways: the same entries, in the same order, for every student.

An entry is never overwritten unseen: each change of it is a version that stays. Whoever took an entry keeps the version
that she took it with.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotFound, PlpError
from lti_plp.plp.actor import Actor
from lti_plp.plp.fields import Address, Choice, Day, Field, Line, Number, Vocabulary, refuse
from lti_plp.plp.kinds import Kinds
from lti_plp.plp.models import Pathway, PathwayVersion
from lti_plp.plp.models.items import ItemFields
from lti_plp.plp.policy import Action, SchoolWide, require

MOST = 20
"""Prerequisites, or proficiencies, of one entry."""


@dataclass(frozen=True)
class Prerequisites(Field):
    """What one does beforehand: ``{"text", "kind"}`` each; ones without words are left out."""

    def empty(self, today: date) -> Any:
        """Return an empty list."""
        return []

    def clean(self, value: Any, vocabulary: Vocabulary) -> Any:
        """Refuse anything else, and more than twenty."""
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise refuse(self.name, "wrong_type")
        if len(value) > MOST:
            raise refuse(self.name, "too_many", most=MOST)
        line, kind = Line(self.name), Choice(self.name, group="step_kind")
        found = [
            {
                "text": line.clean(one.get("text", ""), vocabulary),
                "kind": kind.clean(one.get("kind") or "prerequisite", vocabulary),
            }
            for one in value
        ]
        return [one for one in found if one["text"]]


@dataclass(frozen=True)
class Lines(Field):
    """Several short texts; empty ones are left out."""

    def empty(self, today: date) -> Any:
        """Return an empty list."""
        return []

    def clean(self, value: Any, vocabulary: Vocabulary) -> Any:
        """Refuse anything else, and more than twenty."""
        if not isinstance(value, list):
            raise refuse(self.name, "wrong_type")
        if len(value) > MOST:
            raise refuse(self.name, "too_many", most=MOST)
        line = Line(self.name)
        return [text for text in (line.clean(one, vocabulary) for one in value) if text]


FIELDS: Mapping[str, Field] = {
    one.name: one
    for one in (
        Choice("kind", group="pathway_type"),
        Line("title"),
        Line("provider"),
        Field("about"),
        Field("aptitudes"),
        Field("coursework"),
        Field("readiness"),
        Address("url"),
        Number("first_grade", most=12, first=7),
        Number("last_grade", most=12, first=12),
        Day("deadline_on"),
        Day("valid_from", optional=False),
        Day("valid_to"),
        Prerequisites("prerequisites"),
        Lines("proficiencies"),
    )
}
"""What an entry says, in the order of its page."""
FIELDS_OF_TEXT = ("title", "provider", "about", "aptitudes", "coursework", "readiness")


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for in the catalogue; it never depends on who looks."""

    kind: str = ""
    grade: int | None = None
    words: str = ""

    def fits(self, entry: Pathway) -> bool:
        """Say whether an entry is one of those."""
        said = " ".join([*(str(getattr(entry, name)) for name in FIELDS_OF_TEXT), *entry.proficiencies])
        return (
            (not self.kind or entry.kind == self.kind)
            and (self.grade is None or entry.first_grade <= self.grade <= entry.last_grade)
            and all(word in said.casefold() for word in self.words.casefold().split())
        )


def fields_of(entry: Pathway) -> ItemFields:
    """Return what an entry says, as its versions keep it."""
    return {name: one.from_column(getattr(entry, name)) for name, one in FIELDS.items()}


def is_offered(entry: Pathway, on: date) -> bool:
    """Say whether an entry may be taken on that day."""
    return entry.valid_from <= on and (entry.valid_to is None or on <= entry.valid_to)


def list_pathways(
    session: Session, tenant_id: int, kinds: Kinds, on: date | None = None, wanted: Wanted | None = None
) -> list[Pathway]:
    """Return the entries that are offered on a day, by type and title; without a day, all there ever were."""
    order = {kind: number for number, kind in enumerate(kinds.of("pathway_type"))}
    entries = session.scalars(select(Pathway).where(Pathway.tenant_id == tenant_id))
    found = [
        one for one in entries if (on is None or is_offered(one, on)) and (wanted is None or wanted.fits(one))
    ]
    return sorted(found, key=lambda one: (order.get(one.kind, len(order)), one.title.casefold(), one.id))


def find_pathway(session: Session, tenant_id: int, pathway_id: int) -> Pathway:
    """Return an entry, withdrawn or not.

    :raise NotFound: ``pathway_unknown`` when the district has none with this id.
    """
    entry = session.get(Pathway, pathway_id, populate_existing=True)
    if entry is None or entry.tenant_id != tenant_id:
        raise NotFound("There is no such pathway.", code="pathway_unknown")
    return entry


def versions_of(session: Session, entry: Pathway) -> list[PathwayVersion]:
    """Return all versions of an entry, newest first."""
    return list(
        session.scalars(
            select(PathwayVersion)
            .where(PathwayVersion.pathway_id == entry.id)
            .order_by(PathwayVersion.number.desc())
        )
    )


def version_of(session: Session, pathway_id: int, number: int) -> PathwayVersion | None:
    """Return how an entry was described in one version."""
    return session.get(PathwayVersion, (pathway_id, number))


def _cleaned(values: Mapping[str, Any], vocabulary: Vocabulary) -> ItemFields:
    """Return an entry's fields, checked.

    :raise BadInput: naming the field and what is wrong with it.
    """
    if unknown := [name for name in values if name not in FIELDS]:
        raise BadInput("There is no such field.", code="field_unknown", details={"fields": len(unknown)})
    found = {name: FIELDS[name].clean(value, vocabulary) for name, value in values.items()}
    if not found.get("title"):
        raise refuse("title", "missing")
    if found["first_grade"] > found["last_grade"]:
        raise refuse("last_grade", "before_start")
    if found["valid_to"] and found["valid_from"] > found["valid_to"]:
        raise refuse("valid_to", "before_start")
    return found


def _with_defaults(values: Mapping[str, Any], today: date) -> ItemFields:
    return {**{name: one.empty(today) for name, one in FIELDS.items()}, **values}


def add_pathway(
    session: Session, actor: Actor, values: Mapping[str, Any], vocabulary: Vocabulary, now: datetime
) -> Pathway:
    """Add an entry.

    :raise NotAllowed: when the actor does not manage the school.
    :raise BadInput: when a value is wrong, or there is an entry of this title.
    """
    require(actor, Action.MANAGE_SCHOOL, SchoolWide(actor.tenant_id))
    fields = _cleaned(_with_defaults(values, now.date()), vocabulary)
    return _added(session, actor.tenant_id, fields, actor.person_id, now)


def _added(
    session: Session, tenant_id: int, fields: ItemFields, made_by: int | None, now: datetime
) -> Pathway:
    entry = Pathway(tenant_id=tenant_id, version=0)
    _write(session, entry, fields, made_by, now)
    return entry


def _write(session: Session, entry: Pathway, fields: ItemFields, made_by: int | None, now: datetime) -> None:
    """Write an entry with its next version.

    :raise BadInput: when another entry has its title.
    """
    try:
        with session.begin_nested():
            for name, value in fields.items():
                setattr(entry, name, FIELDS[name].to_column(value))
            entry.version, entry.made_by, entry.changed_at = entry.version + 1, made_by, now
            session.add(entry)
    except IntegrityError:
        raise BadInput(
            "There is an entry of this title.", code="pathway_title_taken", details={"field": "title"}
        ) from None
    kept = {"fields": fields_of(entry), "made_by": made_by, "made_at": now}
    session.add(PathwayVersion(pathway_id=entry.id, number=entry.version, **kept))
    session.flush()


def change_pathway(
    session: Session,
    actor: Actor,
    pathway_id: int,
    base_version: int,
    values: Mapping[str, Any],
    vocabulary: Vocabulary,
    now: datetime,
) -> Pathway:
    """Change an entry, which makes a new version of it; nothing happens when nothing is different.

    :raise NotAllowed: when the actor does not manage the school.
    :raise NotFound: ``pathway_unknown``.
    :raise BadInput: when a value is wrong, or there is another entry of this title.
    :raise PlpError: 409 ``pathway_changed`` when somebody else was quicker.
    """
    require(actor, Action.MANAGE_SCHOOL, SchoolWide(actor.tenant_id))
    entry = _locked(session, actor.tenant_id, pathway_id)
    if entry.version != base_version:
        raise PlpError("pathway_changed", 409, "Somebody else changed this meanwhile.")
    _change(session, entry, values, vocabulary, actor.person_id, now)
    return entry


def _locked(session: Session, tenant_id: int, pathway_id: int) -> Pathway:
    session.execute(select(Pathway.id).where(Pathway.id == pathway_id).with_for_update())
    return find_pathway(session, tenant_id, pathway_id)


def _change(
    session: Session,
    entry: Pathway,
    values: Mapping[str, Any],
    vocabulary: Vocabulary,
    made_by: int | None,
    now: datetime,
) -> bool:
    """Change an entry; say whether anything is different."""
    before = fields_of(entry)
    # What an entry says already is not asked for anew: its type may have been repealed since.
    sent = {name: value for name, value in values.items() if value != before.get(name)}
    fields = _cleaned({**before, **sent}, vocabulary)
    if fields == before:
        return False
    _write(session, entry, fields, made_by, now)
    return True


def withdraw_pathway(
    session: Session, actor: Actor, pathway_id: int, last_day: date, vocabulary: Vocabulary, now: datetime
) -> Pathway:
    """Let nobody take an entry after a day; whoever has taken it keeps it.

    :raise NotAllowed: when the actor does not manage the school.
    :raise NotFound: ``pathway_unknown``.
    :raise BadInput: when the day lies before the first one.
    """
    require(actor, Action.MANAGE_SCHOOL, SchoolWide(actor.tenant_id))
    entry = _locked(session, actor.tenant_id, pathway_id)
    _change(session, entry, {"valid_to": last_day.isoformat()}, vocabulary, actor.person_id, now)
    return entry


@dataclass(frozen=True)
class Imported:
    """What an import did."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


def import_pathways(
    session: Session,
    tenant_id: int,
    entries: Iterable[Mapping[str, Any]],
    vocabulary: Vocabulary,
    now: datetime,
) -> Imported:
    """Add entries, and change those of the same title; others stay as they are. For whoever runs the tool.

    :raise BadInput: naming the entry's number and field; then the transaction is to be rolled back.
    """
    there = {one.title: one for one in session.scalars(select(Pathway).where(Pathway.tenant_id == tenant_id))}
    done = Imported()
    for number, values in enumerate(entries, start=1):
        try:
            entry = there.get(str(values.get("title", "")))
            if entry is None:
                fields = _cleaned(_with_defaults(values, now.date()), vocabulary)
                _added(session, tenant_id, fields, None, now)
                done = replace(done, added=done.added + 1)
            elif _change(session, entry, values, vocabulary, None, now):
                done = replace(done, changed=done.changed + 1)
            else:
                done = replace(done, unchanged=done.unchanged + 1)
        except BadInput as problem:
            problem.details["entry"] = number
            raise
    return done


def entries_in(data: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the entries of a file, ``[[pathway]]`` each, as the fields take them: days are texts there.

    :raise ValueError: when the file is written in another way.
    """
    found = data.get("pathway")
    if (
        set(data) != {"pathway"}
        or not isinstance(found, list)
        or not all(isinstance(one, dict) for one in found)
    ):
        raise ValueError("a catalogue is written as [[pathway]] and nothing else")
    return [
        {name: value.isoformat() if isinstance(value, date) else value for name, value in one.items()}
        for one in found
    ]
