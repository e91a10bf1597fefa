"""What a school asks for graduation: met, under way or not begun by a student, and on which evidence."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, true
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput
from lti_plp.plp.actor import Actor
from lti_plp.plp.growth.frameworks import Proficiency, Tree, read_tree
from lti_plp.plp.growth.kept_levels import value_kept
from lti_plp.plp.growth.scales import Level
from lti_plp.plp.models import (
    Evidence,
    EvidenceProficiency,
    Framework,
    GraduationRequirement,
    KeptLevel,
    Plan,
    Rating,
)
from lti_plp.plp.policy import Action, SchoolWide, require

LONGEST = 120
DEEPEST = 1
"""How far below the top graduation asks: for areas, and for parts of them."""
MET, UNDER_WAY, NOT_BEGUN = "met", "under_way", "not_begun"


@dataclass(frozen=True)
class Piece:
    """A piece of evidence that stands behind a proficiency."""

    id: int
    words: str


@dataclass(frozen=True)
class RequiredLine:
    """One proficiency of a requirement."""

    proficiency: Proficiency
    level: Level | None
    state: str
    """Of ``met``, ``under_way``, ``not_begun``."""
    evidence: tuple[Piece, ...]


@dataclass(frozen=True)
class Requirement:
    """So many proficiencies of a part, and where the student stands with them."""

    id: int
    title: str
    needed: int
    lines: tuple[RequiredLine, ...]

    @property
    def met(self) -> int:
        """How many the student has shown."""
        return sum(one.state == MET for one in self.lines)

    @property
    def state(self) -> str:
        """Met when enough are; not begun when nothing was rated and nothing lies behind any."""
        if self.lines and self.met >= self.needed:
            return MET
        return UNDER_WAY if any(one.state != NOT_BEGUN for one in self.lines) else NOT_BEGUN


def requirements_of(
    session: Session, tenant_id: int, person_id: int, audiences: Collection[str] | None = None
) -> list[Requirement]:
    """Return all requirements of a district for a student, in the school's order.

    Evidence that is meant for none of the ``audiences`` is left out; ``None`` is the student herself.
    """
    rows = session.execute(
        select(GraduationRequirement, Framework)
        .join(Framework, Framework.id == GraduationRequirement.framework_id)
        .where(Framework.tenant_id == tenant_id, Framework.version > 0, Framework.withdrawn_at.is_(None))
        .order_by(Framework.id, GraduationRequirement.position, GraduationRequirement.id)
    ).all()
    if not rows:
        return []
    trees = {framework.id: read_tree(session, framework) for framework in {row[1] for row in rows}}
    kept = {
        row.proficiency_id: row
        for row in session.scalars(select(KeptLevel).where(KeptLevel.person_id == person_id))
    }
    pieces = _pieces(session, tenant_id, person_id, audiences)
    return [
        _requirement(asked, trees[framework.id], kept, pieces)
        for asked, framework in rows
        if asked.proficiency_id in trees[framework.id].by_id
    ]


def asked_of(session: Session, framework_id: int) -> dict[int, int | None]:
    """Return proficiency's id -> how many below it are asked for; ``None`` for all."""
    rows = session.scalars(
        select(GraduationRequirement).where(GraduationRequirement.framework_id == framework_id)
    )
    return {row.proficiency_id: row.at_least for row in rows}


def headings_of(tree: Tree) -> list[tuple[Proficiency, int]]:
    """Return what graduation may ask for, at the top and below it, each with how many in it are rated."""
    counted = ((one, sum(1 for below in tree.below(one.id) if below.scale)) for one in tree.items)
    return [(one, count) for one, count in counted if count and tree.depth(one) <= DEEPEST]


def set_requirements(session: Session, actor: Actor, tree: Tree, asked: Mapping[int, int | None]) -> None:
    """Say what graduation asks for of a framework; what was asked before and is not named is asked no more.

    :raise NotAllowed: when the actor may not.
    :raise BadInput: ``requirement_unfit`` when there is no such heading, or it holds fewer than are asked for.
    """
    require(actor, Action.MANAGE_SCHOOL, SchoolWide(tree.framework.tenant_id))
    counts = {one.id: count for one, count in headings_of(tree)}
    for key, at_least in asked.items():
        if key not in counts or not 1 <= (counts[key] if at_least is None else at_least) <= counts[key]:
            raise BadInput("Graduation cannot ask for this.", code="requirement_unfit")
    session.execute(
        delete(GraduationRequirement).where(GraduationRequirement.framework_id == tree.framework.id)
    )
    session.add_all(
        GraduationRequirement(
            framework_id=tree.framework.id, proficiency_id=one.id, at_least=asked[one.id], position=number
        )
        for number, one in enumerate(tree.items)
        if one.id in asked
    )
    session.flush()


def _requirement(
    asked: GraduationRequirement,
    tree: Tree,
    kept: dict[int, KeptLevel],
    pieces: dict[int, list[Piece]],
) -> Requirement:
    top = tree.by_id[asked.proficiency_id]
    parts: Sequence[Proficiency] = [top, *tree.below(top.id)]
    lines = tuple(_line(one, kept.get(one.id), pieces.get(one.id, [])) for one in parts if one.scale)
    needed = len(lines) if asked.at_least is None else asked.at_least
    return Requirement(asked.id, top.words, needed, lines)


def _line(one: Proficiency, row: KeptLevel | None, pieces: Sequence[Piece]) -> RequiredLine:
    value = value_kept(row)
    scale = one.scale
    level = scale.level_at(value) if scale and value is not None else None
    if scale and value is not None and scale.meets(value):
        state = MET
    else:
        state = UNDER_WAY if level or pieces else NOT_BEGUN
    return RequiredLine(one, level, state, tuple(pieces))


def _pieces(
    session: Session, tenant_id: int, person_id: int, audiences: Collection[str] | None
) -> dict[int, list[Piece]]:
    """Return proficiency's id -> evidence that a rating names, or that the student says is about it; oldest first."""
    sees: Any = true() if audiences is None else Evidence.audience.in_(audiences)
    wanted = (
        select(Evidence.id, Evidence.title, Evidence.text, Evidence.url)
        .join(Plan, Plan.id == Evidence.plan_id)
        .where(Plan.person_id == person_id, Plan.tenant_id == tenant_id, Evidence.removed_at.is_(None), sees)
        .order_by(Evidence.captured_on, Evidence.id)
    )
    said = wanted.add_columns(EvidenceProficiency.proficiency_id).join(
        EvidenceProficiency, EvidenceProficiency.evidence_id == Evidence.id
    )
    rated = wanted.add_columns(Rating.proficiency_id).join(Rating, Rating.evidence_id == Evidence.id)
    found: dict[int, dict[int, Piece]] = {}
    for row in (*session.execute(said), *session.execute(rated.where(Rating.person_id == person_id))):
        words = str(row.title or row.text or row.url)[:LONGEST]
        found.setdefault(row.proficiency_id, {})[row.id] = Piece(row.id, words)
    return {key: list(some.values()) for key, some in found.items()}
