"""Ratings and judgements: what people say of how well a student can do something. Nothing is ever overwritten."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy import column, select
from sqlalchemy import table as named_table
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotFound, PlpError
from lti_plp.plp.actor import Actor
from lti_plp.plp.growth.frameworks import Proficiency, Tree
from lti_plp.plp.growth.kept_levels import Standing, refresh, standing_of
from lti_plp.plp.growth.scales import Level, Scale
from lti_plp.plp.models import Evidence, Judgement, Plan, Rating
from lti_plp.plp.policy import Action, PlanWork, require
from lti_plp.plp.standing import Standing as Tie

LONGEST_NOTE = 2000
MOST_AT_ONCE = 500
"""Ids of one statement."""
_PERSON = named_table("person", column("id"))


@dataclass(frozen=True)
class RatingDraft:
    """What somebody says of a student."""

    proficiency_id: int
    level: str | None
    """Code of a level; ``None`` for "not enough evidence"."""
    occurred_at: datetime
    """When the student did it."""
    note: str = ""
    guide: Mapping[str, str] = field(default_factory=dict)
    """Criterion of the scoring guide -> code of a level."""
    evidence_id: int | None = None
    is_baseline: bool = False
    is_of_peer: bool = False
    """A classmate said it, and an adult of the school writes it down."""
    replaces_id: int | None = None
    """An own rating that this corrects."""
    after: int | None = None
    """The newest rating when the form was shown: the same one again since then is a page sent twice."""


def rate(
    session: Session, actor: Actor, work: PlanWork, tree: Tree, draft: RatingDraft, now: datetime
) -> Standing:
    """Keep a rating, and make the student's level anew.

    ``work`` is the student's plan for the policy, whether it was begun or not.

    :raise NotAllowed: when the actor may not rate this student.
    :raise NotFound: ``proficiency_unknown``, or ``item_not_here`` for evidence of somebody else.
    :raise BadInput: ``level_unknown``, ``guide_unknown``, ``rating_too_long``, or ``rating_ahead`` of its time.
    :raise PlpError: 409 ``rating_corrected`` when the rating that this corrects was corrected already.
    """
    require(actor, Action.RATE_PROFICIENCY, work)
    proficiency = rated_proficiency(tree, draft.proficiency_id)
    scale = _scale(proficiency)
    _check(draft, proficiency, scale, now)
    lock_levels(session, work.owner_id)
    role = _role(actor, work, draft)
    value = None if draft.level is None else scale.level(draft.level).value
    if _was_sent(session, actor, work, draft, (role, value)):
        return standing_of(session, tree, work.owner_id, proficiency.id)
    if draft.evidence_id is not None:
        _require_evidence(session, actor, work, draft.evidence_id)
    replaced = _replaced(session, actor, work, draft)
    rating = Rating(
        tenant_id=work.tenant_id,
        person_id=work.owner_id,
        proficiency_id=proficiency.id,
        version_id=proficiency.version_id,
        value=value,
        role=role,
        rater_id=actor.person_id,
        is_baseline=draft.is_baseline,
        note=draft.note.strip(),
        guide=dict(draft.guide),
        evidence_id=draft.evidence_id,
        occurred_at=draft.occurred_at,
        replaces_id=replaced.id if replaced else None,
        created_at=now,
    )
    session.add(rating)
    session.flush()
    return refresh(session, tree, work.owner_id, proficiency.id)


def judge(
    session: Session,
    actor: Actor,
    work: PlanWork,
    tree: Tree,
    proficiency_id: int,
    level: str | None,
    reason: str,
    now: datetime,
) -> Standing:
    """Say what the level is, whatever the ratings suggest; ``None`` takes the last judgement back.

    :raise NotAllowed: when the actor may not judge this student.
    :raise NotFound: ``proficiency_unknown``.
    :raise BadInput: ``level_unknown`` or ``rating_too_long``.
    """
    require(actor, Action.JUDGE_LEVEL, work)
    proficiency = rated_proficiency(tree, proficiency_id)
    said = None if level is None else _level(_scale(proficiency), level)
    if len(reason) > LONGEST_NOTE:
        raise BadInput("The reason is too long.", code="rating_too_long")
    lock_levels(session, work.owner_id)
    session.add(
        Judgement(
            tenant_id=work.tenant_id,
            person_id=work.owner_id,
            proficiency_id=proficiency.id,
            value=said.value if said else None,
            reason=reason.strip(),
            judged_by=actor.person_id,
            judged_at=now,
        )
    )
    session.flush()
    return refresh(session, tree, work.owner_id, proficiency.id)


def lock_levels(session: Session, person_id: int) -> None:
    """Let one after the other write ratings of a student: each level is made of all that were written before."""
    session.execute(select(_PERSON.c.id).where(_PERSON.c.id == person_id).with_for_update(key_share=True))


def lock_levels_of(session: Session, person_ids: Collection[int]) -> None:
    """The same for several students: everybody takes them in the same order, so that nobody waits for each other."""
    ids = sorted(person_ids)
    for first in range(0, len(ids), MOST_AT_ONCE):
        some = ids[first : first + MOST_AT_ONCE]
        session.execute(
            select(_PERSON.c.id)
            .where(_PERSON.c.id.in_(some))
            .order_by(_PERSON.c.id)
            .with_for_update(key_share=True)
        )


def rated_proficiency(tree: Tree, proficiency_id: int) -> Proficiency:
    """Return a proficiency that can be rated.

    :raise NotFound: ``proficiency_unknown`` when the version has none with this id, it is a heading, or the version is
        an old one.
    """
    found = tree.by_id.get(proficiency_id)
    if found is None or found.scale is None or not tree.is_present:
        raise NotFound("There is no such proficiency.", code="proficiency_unknown")
    return found


def _scale(proficiency: Proficiency) -> Scale:
    if proficiency.scale is None:
        raise NotFound("There is no such proficiency.", code="proficiency_unknown")
    return proficiency.scale


def _level(scale: Scale, code: str) -> Level:
    try:
        return scale.level(code)
    except KeyError:
        raise BadInput("The scale has no such level.", code="level_unknown") from None


def _check(draft: RatingDraft, proficiency: Proficiency, scale: Scale, now: datetime) -> None:
    if draft.level is not None:
        _level(scale, draft.level)
    if len(draft.note) > LONGEST_NOTE:
        raise BadInput("The note is too long.", code="rating_too_long")
    if draft.occurred_at > now:
        raise BadInput("It lies ahead.", code="rating_ahead")
    criteria = {one["title"] for one in proficiency.guide}
    if draft.guide.keys() - criteria:
        raise BadInput("The scoring guide has no such line.", code="guide_unknown")
    for code in draft.guide.values():
        _level(scale, code)


def _role(actor: Actor, work: PlanWork, draft: RatingDraft) -> str:
    if actor.person_id == work.owner_id:
        return "self"
    if draft.is_of_peer:
        return "peer"
    return "mentor" if work.standing == {Tie.MENTOR} else "teacher"


def _was_sent(
    session: Session, actor: Actor, work: PlanWork, draft: RatingDraft, said: tuple[str, Decimal | None]
) -> bool:
    """Say whether this very rating was kept since its form was shown; the student's levels must be locked."""
    if draft.after is None:
        return False
    role, value = said
    found = select(Rating.id).where(
        Rating.id > draft.after,
        Rating.person_id == work.owner_id,
        Rating.proficiency_id == draft.proficiency_id,
        Rating.rater_id == actor.person_id,
        Rating.role == role,
        Rating.value.is_(None) if value is None else Rating.value == value,
        Rating.note == draft.note.strip(),
        Rating.is_baseline == draft.is_baseline,
        Rating.evidence_id.is_(None)
        if draft.evidence_id is None
        else Rating.evidence_id == draft.evidence_id,
    )
    return session.scalar(found.limit(1)) is not None


def _require_evidence(session: Session, actor: Actor, work: PlanWork, evidence_id: int) -> None:
    found = session.execute(
        select(Evidence.audience)
        .join(Plan, Plan.id == Evidence.plan_id)
        .where(
            Evidence.id == evidence_id,
            Plan.person_id == work.owner_id,
            Plan.tenant_id == work.tenant_id,
            Evidence.removed_at.is_(None),
        )
    ).one_or_none()
    if found is None:
        raise NotFound("The plan holds no such thing.", code="item_not_here")
    require(actor, Action.SEE_PLAN, PlanWork(work.tenant_id, work.owner_id, found.audience, work.standing))


def _replaced(session: Session, actor: Actor, work: PlanWork, draft: RatingDraft) -> Rating | None:
    """Return the rating that a draft corrects; only who said it corrects it."""
    if draft.replaces_id is None:
        return None
    found = session.get(Rating, draft.replaces_id)
    if (
        found is None
        or found.person_id != work.owner_id
        or found.proficiency_id != draft.proficiency_id
        or found.rater_id != actor.person_id
    ):
        raise NotFound("There is no such rating.", code="rating_unknown")
    if session.scalar(select(Rating.id).where(Rating.replaces_id == found.id)) is not None:
        raise PlpError("rating_corrected", 409, "It was corrected already.")
    return found
