"""A table of scales between its preview and its publication: all of it, or nothing.

A scale that was published stays as it is, because ratings were given on it. Another of the same name stands beside it,
and is what the name means from then on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from lti_plp.errors import PlpError
from lti_plp.plp.actor import Actor
from lti_plp.plp.growth.drafts import digest
from lti_plp.plp.growth.scales import Scale, digest_of, keep_scale, scales_of
from lti_plp.plp.policy import Action, SchoolWide, require
from lti_plp.plp.words import plain

NEW, SAME, OTHER, FORMER = "new", "same", "other", "former"


@dataclass(frozen=True)
class ScaleChange:
    """What publishing one scale would change."""

    scale: Scale
    state: str
    """``new``; ``same`` as what its name means now; ``other``, which takes the name; or ``former``: it had the name
    once and lost it to another, and cannot take it back, because what is kept is kept once."""
    before: Scale | None
    """What its name means now."""


@dataclass(frozen=True)
class ScaleChanges:
    """What publishing a table would change."""

    each: tuple[ScaleChange, ...]

    @property
    def is_same(self) -> bool:
        """Whether nothing at all would change."""
        return all(one.state == SAME for one in self.each)

    @property
    def formers(self) -> tuple[ScaleChange, ...]:
        """Those that keep the table from being published."""
        return tuple(one for one in self.each if one.state == FORMER)

    @property
    def digest(self) -> str:
        """What names this preview: with another one, somebody published something meanwhile."""
        return digest([[digest_of(one.scale), one.state] for one in self.each])


def scale_changes(
    session: Session, tenant_id: int, scales: Sequence[Scale], shipped: Mapping[str, Scale]
) -> ScaleChanges:
    """Return what publishing scales would change.

    :param shipped: scales that come with the tool, by title; a district's own of the same title go first.
    """
    own = list(scales_of(session, tenant_id).values())
    now = {plain(one.title): one for one in (*shipped.values(), *own)}
    kept = {digest_of(one) for one in own}
    return ScaleChanges(tuple(_change(one, now.get(plain(one.title)), kept) for one in scales))


def _change(scale: Scale, before: Scale | None, kept: set[str]) -> ScaleChange:
    if before is not None and digest_of(before) == digest_of(scale):
        state = SAME
    elif digest_of(scale) in kept:
        state = FORMER
    else:
        state = NEW if before is None else OTHER
    return ScaleChange(scale, state, before)


def publish_scales(
    session: Session, actor: Actor, tenant_id: int, found: ScaleChanges, seen: str, now: datetime
) -> None:
    """Keep all scales of a table.

    :param seen: the digest of the preview that was shown.
    :raise NotAllowed: when the actor may not.
    :raise PlpError: 409 ``scales_changed`` when somebody published others meanwhile, ``scale_former`` when one of them
        had its name once and lost it.
    """
    require(actor, Action.MANAGE_SCHOOL, SchoolWide(tenant_id))
    if found.digest != seen:
        raise PlpError("scales_changed", 409, "Other scales were published meanwhile.")
    if found.formers:
        raise PlpError("scale_former", 409, "A scale of this name took the place of this one.")
    for one in found.each:
        if one.state != SAME:
            keep_scale(session, tenant_id, one.scale, now)
