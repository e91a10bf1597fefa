"""Files of frameworks and of scales between the preview of what they change and their publication."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from lti_plp.errors import NotFound
from lti_plp.plp.actor import Actor
from lti_plp.plp.growth.case_reading import read_package
from lti_plp.plp.growth.draft_files import read_draft, write_draft
from lti_plp.plp.growth.drafts import FrameworkDraft
from lti_plp.plp.growth.framework_csv import read_framework, read_scales
from lti_plp.plp.growth.scale_tables import ScaleChanges, scale_changes
from lti_plp.plp.growth.scales import Scale, scales_of
from lti_plp.plp.models import FrameworkUpload
from lti_plp.plp.policy import Action, SchoolWide, require

KEPT_FOR = timedelta(days=1)
"""Whoever has not published by then brings the file again."""
LMS = "lms"
"""Of a draft that was made of what an LMS said."""


def brought(
    actor: Actor,
    data: bytes,
    name: str,
    now: datetime,
    title: str = "",
    scale: str = "",
    source: str = "file",
) -> FrameworkUpload:
    """Return a file that somebody brought, to be read before it is kept.

    :raise NotAllowed: when the actor may not publish it.
    """
    require(actor, Action.MANAGE_SCHOOL, SchoolWide(actor.tenant_id))
    return FrameworkUpload(
        tenant_id=actor.tenant_id,
        made_by=actor.person_id,
        name=name[:255],
        title=title.strip()[:1000],
        scale=scale,
        source=source,
        data=data,
        made_at=now,
    )


def keep_upload(session: Session, upload: FrameworkUpload) -> None:
    """Keep a file for its preview; what lay for a day is cleared away."""
    session.execute(delete(FrameworkUpload).where(FrameworkUpload.made_at < upload.made_at - KEPT_FOR))
    session.add(upload)
    session.flush()


def keep_drafts(
    session: Session, actor: Actor, drafts: Sequence[FrameworkDraft], now: datetime
) -> list[FrameworkUpload]:
    """Keep what was made of the words of an LMS for its preview, in place of what the same person had read before.

    :raise NotAllowed: when the actor may not publish it.
    """
    session.execute(delete(FrameworkUpload).where(*_drafts_of(actor)))
    uploads = [brought(actor, write_draft(one), one.origin, now, one.title, source=LMS) for one in drafts]
    for one in uploads:
        keep_upload(session, one)
    return uploads


def waiting_drafts(session: Session, actor: Actor) -> list[FrameworkUpload]:
    """Return what somebody had an LMS say, and has not published yet, as it was found."""
    return list(
        session.scalars(select(FrameworkUpload).where(*_drafts_of(actor)).order_by(FrameworkUpload.id))
    )


def _drafts_of(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    mine = (FrameworkUpload.tenant_id == actor.tenant_id, FrameworkUpload.made_by == actor.person_id)
    return (*mine, FrameworkUpload.source == LMS)


def find_upload(session: Session, actor: Actor, upload_id: int) -> FrameworkUpload:
    """Return a file that waits for its publication; only who brought it publishes it.

    :raise NotAllowed: when the actor may not publish anything.
    :raise NotFound: ``framework_upload_unknown``.
    """
    require(actor, Action.MANAGE_SCHOOL, SchoolWide(actor.tenant_id))
    row = session.get(FrameworkUpload, upload_id)
    if row is None or row.tenant_id != actor.tenant_id or row.made_by != actor.person_id:
        raise NotFound("There is no such file.", code="framework_upload_unknown")
    return row


def read_upload(
    session: Session, tenant_id: int, upload: FrameworkUpload, shipped: dict[str, Scale]
) -> FrameworkDraft:
    """Return the framework that a file describes; what looks like JSON is read as a CASE package.

    What was made of the words of an LMS comes back as it was made.

    :param shipped: scales that come with the tool, by title; a district's own of the same title go first.
    :raise DraftProblems: naming everything that is wrong.
    """
    if upload.source == LMS:
        return read_draft(upload.data)
    scales = known_scales(session, tenant_id, shipped)
    usual = scales.get(upload.scale)
    if upload.data.lstrip()[:1] in (b"{", b"["):
        return read_package(upload.data, upload.name, usual)
    return read_framework(upload.data, upload.name, upload.title, scales, usual)


def read_scale_upload(
    session: Session, tenant_id: int, upload: FrameworkUpload, shipped: Mapping[str, Scale]
) -> ScaleChanges:
    """Return what the scales of a file would change.

    :raise DraftProblems: naming everything that is wrong.
    """
    return scale_changes(session, tenant_id, read_scales(upload.data), shipped)


def known_scales(session: Session, tenant_id: int, shipped: dict[str, Scale]) -> dict[str, Scale]:
    """Return title -> scale of all that a district may use."""
    return shipped | {one.title: one for one in scales_of(session, tenant_id).values()}
