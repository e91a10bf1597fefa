"""Proficiencies to choose from: five of them, or five thousand. What the student used before comes first."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union
from sqlalchemy.orm import Session, aliased

from lti_plp.plp.models import (
    Evidence,
    EvidenceProficiency,
    Framework,
    FrameworkEntry,
    Goal,
    GoalProficiency,
    Proficiency,
    ProficiencyVersion,
)
from lti_plp.plp.words import plain

AT_ONCE = 40
"""So many are shown without a search; of more, those that were used before, and a field to look for others."""
FOUND = 30
"""As many answers a search gives."""
ACADEMIC, TRANSFERABLE = "academic", "transferable"
"""Reported apart: what is known of a subject, and habits that serve in all of them."""


@dataclass(frozen=True)
class Option:
    """A proficiency that can be chosen."""

    id: int
    words: str
    """In the student's words where there are any."""
    statement: str
    """As the school says it."""
    code: str
    kind: str
    group: str
    """The heading above it; empty without one."""
    framework: str
    is_present: bool
    """Whether it still stands in a framework that the district uses."""

    @property
    def part(self) -> str:
        """Whether it is reported with academic achievement or with transferable skills."""
        return TRANSFERABLE if self.kind == "transferable_skill" else ACADEMIC


@dataclass(frozen=True)
class Offer:
    """What somebody can choose from."""

    used: tuple[Option, ...]
    """Those that goals and evidence of the plan are about, and those that are chosen."""
    others: tuple[Option, ...]
    """All the others; none where there are too many to be read."""
    has_more: bool
    """Whether there are others that only a search finds."""

    def __bool__(self) -> bool:
        return bool(self.used or self.others)

    @property
    def by_id(self) -> dict[int, Option]:
        """Proficiency's id -> option."""
        return {one.id: one for one in (*self.used, *self.others)}

    def chosen(self, ids: Collection[int]) -> list[Option]:
        """Return those that are chosen."""
        return [one for one in (*self.used, *self.others) if one.id in ids]


def with_newest_words(found: Select[Any]) -> Select[Any]:
    """Join a question about proficiencies with their framework and with what each says in its newest version."""
    newest = (
        select(func.max(FrameworkEntry.number))
        .where(FrameworkEntry.proficiency_id == Proficiency.id)
        .correlate(Proficiency)
        .scalar_subquery()
    )
    return _with_words(found, newest)


def _with_words(found: Select[Any], number: Any) -> Select[Any]:
    return (
        found.join(Framework, Framework.id == Proficiency.framework_id)
        .join(
            FrameworkEntry,
            and_(
                FrameworkEntry.framework_id == Proficiency.framework_id,
                FrameworkEntry.number == number,
                FrameworkEntry.proficiency_id == Proficiency.id,
            ),
        )
        .join(ProficiencyVersion, ProficiencyVersion.id == FrameworkEntry.version_id)
    )


def offer(session: Session, tenant_id: int, plan_id: int | None, chosen: Collection[int] = ()) -> Offer:
    """Return what a student can choose from; two statements, however many there are."""
    used = linked_options(session, tenant_id, plan_id, chosen)
    # Any so many show whether there are too many; only what is shown need be put in order.
    some = _present_ids(tenant_id).limit(AT_ONCE + len(used) + 1)
    rows = session.execute(options_in_order(only_present=True).where(Proficiency.id.in_(some))).all()
    mine = {one.id for one in used}
    others = [option_of(row) for row in rows if row.id not in mine]
    has_more = len(others) > AT_ONCE
    return Offer(used, () if has_more else tuple(others), has_more)


def linked_options(
    session: Session, tenant_id: int, plan_id: int | None, chosen: Collection[int] = ()
) -> tuple[Option, ...]:
    """Return the proficiencies that goals and evidence of a plan are about, and those chosen; one statement."""
    wanted: ColumnElement[bool] = Proficiency.id.in_(chosen)
    if plan_id is not None:
        wanted = or_(wanted, Proficiency.id.in_(linked_ids(plan_id)))
    elif not chosen:
        return ()
    rows = session.execute(options_in_order().where(Framework.tenant_id == tenant_id, wanted))
    return tuple(option_of(row) for row in rows)


def linked_ids(plan_id: int, audiences: Collection[str] | None = None) -> Any:
    """Ask for the proficiencies that goals and evidence of a plan are about; what was removed does not count.

    ``audiences`` are those for whom such a thing must be meant; ``None`` for the student herself.
    """
    goals: list[ColumnElement[bool]] = [Goal.plan_id == plan_id, Goal.removed_at.is_(None)]
    pieces: list[ColumnElement[bool]] = [Evidence.plan_id == plan_id, Evidence.removed_at.is_(None)]
    if audiences is not None:
        goals.append(Goal.audience.in_(audiences))
        pieces.append(Evidence.audience.in_(audiences))
    return union(
        select(GoalProficiency.proficiency_id).join(Goal, Goal.id == GoalProficiency.goal_id).where(*goals),
        select(EvidenceProficiency.proficiency_id)
        .join(Evidence, Evidence.id == EvidenceProficiency.evidence_id)
        .where(*pieces),
    )


def search(session: Session, tenant_id: int, words: str) -> tuple[Option, ...]:
    """Return the first of those that hold all words in their text, code or heading; one statement."""
    wanted = plain(words).split()
    if not wanted:
        return ()
    found = (option_of(row) for row in session.execute(_present(tenant_id)))
    return tuple(_first(FOUND, (one for one in found if _holds(one, wanted))))


def _holds(one: Option, wanted: Iterable[str]) -> bool:
    text = plain(f"{one.code} {one.words} {one.statement} {one.group}")
    return all(word in text for word in wanted)


def _first(most: int, options: Iterable[Option]) -> list[Option]:
    return [one for _, one in zip(range(most), options, strict=False)]


_ABOVE, _ABOVE_VERSION = aliased(FrameworkEntry), aliased(ProficiencyVersion)


def options_in_order(*, only_present: bool = False) -> Select[Any]:
    """Ask for proficiencies as they can be chosen, by framework and from top to bottom.

    Those of present versions only are found without looking for the newest version of each.
    """
    words = func.coalesce(func.nullif(ProficiencyVersion.student_text, ""), ProficiencyVersion.statement)
    heading = func.coalesce(func.nullif(_ABOVE_VERSION.student_text, ""), _ABOVE_VERSION.statement)
    found = select(
        Proficiency.id,
        words.label("words"),
        ProficiencyVersion.statement,
        ProficiencyVersion.code,
        ProficiencyVersion.kind,
        func.coalesce(heading, "").label("heading"),
        Framework.title,
        _is_present().label("is_present"),
    )
    found = _with_words(found, Framework.version) if only_present else with_newest_words(found)
    found = found.order_by(Framework.title, Framework.id, FrameworkEntry.position)
    return found.outerjoin(
        _ABOVE,
        and_(
            _ABOVE.framework_id == FrameworkEntry.framework_id,
            _ABOVE.number == FrameworkEntry.number,
            _ABOVE.proficiency_id == FrameworkEntry.parent_id,
        ),
    ).outerjoin(_ABOVE_VERSION, _ABOVE_VERSION.id == _ABOVE.version_id)


def _is_present() -> ColumnElement[bool]:
    return and_(Framework.version == FrameworkEntry.number, Framework.withdrawn_at.is_(None))


def _is_rated() -> ColumnElement[bool]:
    return ProficiencyVersion.scale_id.is_not(None)


def _present(tenant_id: int) -> Select[Any]:
    return options_in_order(only_present=True).where(
        Framework.tenant_id == tenant_id, _is_present(), _is_rated()
    )


def _present_ids(tenant_id: int) -> Select[Any]:
    return (
        select(FrameworkEntry.proficiency_id)
        .join(
            Framework,
            and_(Framework.id == FrameworkEntry.framework_id, Framework.version == FrameworkEntry.number),
        )
        .join(ProficiencyVersion, ProficiencyVersion.id == FrameworkEntry.version_id)
        .where(Framework.tenant_id == tenant_id, Framework.withdrawn_at.is_(None), _is_rated())
    )


def option_of(row: Any) -> Option:
    """Return what a row of :func:`options_in_order` says."""
    return Option(
        id=row.id,
        words=row.words,
        statement=row.statement,
        code=row.code,
        kind=row.kind,
        group=row.heading,
        framework=row.title,
        is_present=bool(row.is_present),
    )
