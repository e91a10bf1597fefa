"""Where one student stands, to be read: all proficiencies in a line each, and one with everything said of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, false, func, select, union
from sqlalchemy.orm import Session, aliased

from lti_plp.errors import NotFound
from lti_plp.plp.growth.choosing import (
    ACADEMIC,
    TRANSFERABLE,
    Option,
    linked_ids,
    option_of,
    options_in_order,
)
from lti_plp.plp.growth.explaining import Explanation, explain
from lti_plp.plp.growth.frameworks import Proficiency, Tree, read_one
from lti_plp.plp.growth.kept_levels import Standing, standing_of, value_kept
from lti_plp.plp.growth.scales import Level, Scale, scales_of
from lti_plp.plp.models import (
    Evidence,
    EvidenceProficiency,
    Framework,
    Judgement,
    KeptLevel,
    ProficiencyVersion,
    Rating,
)
from lti_plp.plp.models import Proficiency as ProficiencyRow

LONGEST, MOST_PIECES = 160, 30
"""Characters of the words of a piece of evidence, and how many pieces a form offers."""


@dataclass(frozen=True)
class StandingLine:
    """One proficiency of a student in one line."""

    option: Option
    scale: Scale | None
    level: Level | None
    """What counts: a person's judgement, else what the ratings suggest."""
    is_judged: bool
    ratings: int
    """On how many it rests."""
    last_at: datetime | None
    missing: int
    """How many more the school wants before a level stands firm."""
    is_worked_on: bool
    """Whether a goal or evidence is about it."""
    has_words: bool
    """Whether somebody said something of it, if only that there is not enough evidence."""

    @property
    def part(self) -> str:
        """Academic or transferable: they are reported apart."""
        return self.option.part


@dataclass(frozen=True)
class Standings:
    """Where a student stands with everything that was rated or is worked on."""

    lines: tuple[StandingLine, ...]

    def of(self, part: str, *, is_worked_on: bool) -> list[StandingLine]:
        """Return those of a part that the student works on, or the others."""
        return [one for one in self.lines if one.part == part and one.is_worked_on is is_worked_on]

    def parts(self) -> list[str]:
        """Return the parts of which there is something: academic ones first."""
        there = {one.part for one in self.lines}
        return [one for one in (ACADEMIC, TRANSFERABLE) if one in there]

    @property
    def by_id(self) -> dict[int, StandingLine]:
        """Proficiency's id -> its line."""
        return {one.option.id: one for one in self.lines}

    def __len__(self) -> int:
        return len(self.lines)


def read_standings(
    session: Session,
    tenant_id: int,
    person_id: int,
    plan_id: int | None,
    audiences: Collection[str] | None = None,
) -> Standings:
    """Return all that a student was rated on, or that goals and evidence are about; two statements.

    What a goal or evidence is about that is meant for none of the ``audiences`` tells nothing; ``None`` for the
    student herself.
    """
    # By their ids, so that no database reads all of a framework for the few that concern one student.
    ids: Any = select(KeptLevel.proficiency_id).where(KeptLevel.person_id == person_id)
    worked_on: ColumnElement[bool] = false()
    if plan_id is not None:
        linked = linked_ids(plan_id, audiences)
        worked_on = ProficiencyRow.id.in_(linked)
        ids = union(ids, select(linked.subquery()))
    rows = session.execute(
        options_in_order()
        .add_columns(
            ProficiencyVersion.scale_id,
            Framework.minimum_ratings,
            KeptLevel.suggested,
            KeptLevel.judged,
            func.coalesce(KeptLevel.ratings, 0).label("ratings"),
            KeptLevel.last_at,
            worked_on.label("is_worked_on"),
            KeptLevel.person_id.is_not(None).label("has_words"),
        )
        .outerjoin(
            KeptLevel, and_(KeptLevel.proficiency_id == ProficiencyRow.id, KeptLevel.person_id == person_id)
        )
        .where(Framework.tenant_id == tenant_id, ProficiencyRow.id.in_(ids))
    ).all()
    scales = scales_of(session, tenant_id) if rows else {}
    return Standings(tuple(_line(row, scales.get(row.scale_id)) for row in rows))


def _line(row: Any, scale: Scale | None) -> StandingLine:
    value = value_kept(row)
    return StandingLine(
        option_of(row),
        scale,
        level=scale.level_at(value) if scale and value is not None else None,
        is_judged=row.judged is not None,
        ratings=row.ratings,
        last_at=row.last_at,
        missing=max(0, row.minimum_ratings - row.ratings),
        is_worked_on=bool(row.is_worked_on),
        has_words=bool(row.has_words),
    )


@dataclass(frozen=True)
class Shown:
    """A piece of evidence that a rating names."""

    id: int
    words: str
    audience: str


@dataclass(frozen=True)
class RatingLine:
    """A rating as it is read."""

    id: int
    level: Level | None
    """``None`` for "not enough evidence"."""
    role: str
    rater_id: int | None
    is_baseline: bool
    note: str
    guide: Mapping[str, str]
    """Criterion -> words of the level, on the scale of its time."""
    evidence: Shown | None
    occurred_at: datetime
    due_on: date | None
    provenance: Mapping[str, Any]
    is_corrected: bool
    """Whether a later one stands in its place."""

    @property
    def counts(self) -> bool:
        """Whether a level is calculated with it."""
        return (
            self.level is not None
            and not (self.is_corrected or self.is_baseline)
            and self.role not in {"self", "peer"}
        )


@dataclass(frozen=True)
class ProficiencyPage:
    """One proficiency of one student with everything that was said of it."""

    tree: Tree
    standing: Standing
    explanation: Explanation
    ratings: tuple[RatingLine, ...]
    """The newest first."""
    judgements: tuple[Judgement, ...]
    """The newest first; those without a value took the one before back."""

    @property
    def proficiency(self) -> Proficiency:
        """What it is about."""
        return self.standing.proficiency

    @property
    def scale(self) -> Scale:
        """On which it is rated."""
        if self.proficiency.scale is None:
            raise KeyError(self.proficiency.id)
        return self.proficiency.scale

    @property
    def level(self) -> Level | None:
        """What counts: a person's judgement wins."""
        return self.level_of(self.standing.value)

    def level_of(self, value: Decimal | None) -> Level | None:
        """Return the level to which a number belongs."""
        return None if value is None else self.scale.level_at(value)

    def own(self, role: str) -> RatingLine | None:
        """Return the newest that still stands of those whom a role names."""
        return next((one for one in self.ratings if one.role == role and not one.is_corrected), None)

    def rating(self, rating_id: int) -> RatingLine | None:
        """Return one of the ratings."""
        return next((one for one in self.ratings if one.id == rating_id), None)

    def people(self) -> set[int]:
        """Return the ids of those who said something."""
        raters = {one.rater_id for one in self.ratings if one.rater_id is not None}
        return raters | {one.judged_by for one in self.judgements}


def read_proficiency(
    session: Session, tenant_id: int, person_id: int, proficiency_id: int
) -> ProficiencyPage:
    """Return everything that was said of a student and a proficiency; eight statements, however much it is.

    :raise NotFound: ``proficiency_unknown`` when the district has none with this id, or it is a heading.
    """
    tree = read_one(session, tenant_id, proficiency_id)
    if tree.items[0].scale is None:
        raise NotFound("There is no such proficiency.", code="proficiency_unknown")
    standing = standing_of(session, tree, person_id, proficiency_id)
    ratings = _ratings(session, tenant_id, person_id, proficiency_id)
    judgements = session.scalars(
        select(Judgement)
        .where(Judgement.person_id == person_id, Judgement.proficiency_id == proficiency_id)
        .order_by(Judgement.id.desc())
    )
    return ProficiencyPage(
        tree, standing, explain(standing.suggestion, tree.items[0].scale), ratings, tuple(judgements)
    )


def _ratings(session: Session, tenant_id: int, person_id: int, proficiency_id: int) -> tuple[RatingLine, ...]:
    later = aliased(Rating)
    words = func.coalesce(
        func.nullif(Evidence.title, ""), func.nullif(Evidence.reason, ""), func.nullif(Evidence.text, ""), ""
    )
    rows = session.execute(
        select(
            Rating,
            ProficiencyVersion.scale_id,
            func.substr(words, 1, LONGEST).label("words"),
            # What was taken out of the plan is for nobody else any more.
            case((Evidence.removed_at.is_(None), Evidence.audience), else_="me").label("audience"),
            exists().where(later.replaces_id == Rating.id).label("is_corrected"),
        )
        .join(ProficiencyVersion, ProficiencyVersion.id == Rating.version_id)
        .outerjoin(Evidence, Evidence.id == Rating.evidence_id)
        .where(Rating.person_id == person_id, Rating.proficiency_id == proficiency_id)
        .order_by(Rating.occurred_at.desc(), Rating.id.desc())
    ).all()
    scales = scales_of(session, tenant_id)
    return tuple(_rating(row, scales[row.scale_id]) for row in rows)


def _rating(row: Any, scale: Scale) -> RatingLine:
    one: Rating = row.Rating
    return RatingLine(
        id=one.id,
        level=None if one.value is None else scale.level_at(one.value),
        role=one.role,
        rater_id=one.rater_id,
        is_baseline=one.is_baseline,
        note=one.note,
        guide={title: scale.level(code).label for title, code in one.guide.items()},
        evidence=Shown(one.evidence_id, row.words, row.audience) if one.evidence_id else None,
        occurred_at=one.occurred_at,
        due_on=one.due_on,
        provenance=one.provenance,
        is_corrected=bool(row.is_corrected),
    )


@dataclass(frozen=True)
class Piece:
    """A piece of evidence that can be named in a rating."""

    id: int
    words: str
    is_about_it: bool


def pieces_for(
    session: Session, plan_id: int, proficiency_id: int, audiences: Collection[str] | None = None
) -> tuple[Piece, ...]:
    """Return the newest evidence of a plan that somebody may name, what is about the proficiency first; one statement.

    ``audiences`` are those for whom a piece must be meant; ``None`` for the student herself.
    """
    about = exists().where(
        EvidenceProficiency.evidence_id == Evidence.id, EvidenceProficiency.proficiency_id == proficiency_id
    )
    words = func.coalesce(
        func.nullif(Evidence.title, ""),
        func.nullif(Evidence.reason, ""),
        func.nullif(Evidence.text, ""),
        Evidence.url,
    )
    wanted = select(Evidence.id, func.substr(words, 1, LONGEST), about.label("about")).where(
        Evidence.plan_id == plan_id, Evidence.removed_at.is_(None)
    )
    if audiences is not None:
        wanted = wanted.where(Evidence.audience.in_(audiences))
    rows = session.execute(wanted.order_by(about.desc(), Evidence.id.desc()).limit(MOST_PIECES))
    return tuple(Piece(key, text or "", bool(is_about)) for key, text, is_about in rows)


def newest_rating(session: Session, tenant_id: int, person_id: int | None = None) -> int:
    """Return the id of the newest rating in a district, or of one student; 0 before the first.

    A form carries it, so that what a page sends twice is one rating.
    """
    wanted = select(func.max(Rating.id)).where(Rating.tenant_id == tenant_id)
    if person_id is not None:
        wanted = wanted.where(Rating.person_id == person_id)
    return session.scalar(wanted) or 0
