"""Meetings about a plan: planning one, changing it, calling it off.

Whoever writes holds the plan's lock, so that what two people do at once happens one after the other. Each says over
which version it was typed: where both changed the same words, those that came first stand, and their author sees both.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.errors import NotFound, PlpError
from lti_plp.plp.actor import Actor
from lti_plp.plp.fields import Address, Choice, Field, Line, Moment, Number, Vocabulary
from lti_plp.plp.history import locked_plan
from lti_plp.plp.items import ItemKind
from lti_plp.plp.models import HelpRequest, Meeting, Plan
from lti_plp.plp.models.items import ItemFields
from lti_plp.plp.plans import Edited, goes_on
from lti_plp.plp.policy import Action, PlanWork, require

DETAILS = ItemKind(
    "meeting",
    Meeting,
    {
        one.name: one
        for one in (
            Choice("kind", group="meeting_kind", first="interim"),
            Moment("starts_at"),
            Number("minutes", least=5, most=480, first=30),
            Line("place"),
            Address("url"),
            Field("agenda"),
            Field("notes", 20_000),
            Field("decisions", 20_000),
        )
    },
)
"""What is written about a meeting as a whole."""


class Convener:
    """An adult who holds meetings about one plan, at one moment. Hold it no longer than a request."""

    def __init__(
        self,
        session: Session,
        plan: Plan,
        actor: Actor,
        work: PlanWork,
        vocabulary: Vocabulary,
        now: datetime,
    ) -> None:
        """Take the plan's meetings for writing; ``work`` is the plan as the policy sees it for the actor.

        :raise NotAllowed: when the actor may hold no meeting about it.
        """
        require(actor, Action.HOLD_MEETING, replace(work, tenant_id=plan.tenant_id, owner_id=plan.person_id))
        self.session, self.actor, self.vocabulary, self.now = session, actor, vocabulary, now
        self.plan = locked_plan(session, plan.id)

    def planned(self, meeting_id: int) -> Meeting:
        """Return a meeting that is still to be held.

        :raise NotFound: when there is no such meeting about this plan.
        :raise PlpError: 409 ``meeting_over`` when it was held or called off.
        """
        meeting = find_meeting(self.session, self.plan.id, meeting_id)
        if meeting.state != "planned":
            raise PlpError("meeting_over", 409, "This meeting is over.")
        return meeting


def find_meeting(session: Session, plan_id: int, meeting_id: int) -> Meeting:
    """Return a meeting about a plan, as the database has it.

    :raise NotFound: when there is none.
    """
    meeting = session.get(Meeting, meeting_id, populate_existing=True)
    if meeting is None or meeting.plan_id != plan_id:
        raise NotFound("There is no such meeting.", code="meeting_unknown")
    return meeting


def plan_meeting(convener: Convener, values: Mapping[str, Any], call_id: int | None = None) -> Meeting:
    """Plan a meeting; with ``call_id`` it answers a student's wish for one, which is closed by it.

    :raise BadInput: when a value is wrong.
    :raise PlpError: 409 ``call_answered`` when there is no such wish any more.
    """
    fields = DETAILS.clean({"kind": "interim", "minutes": 30, **values}, convener.vocabulary)
    starts_at = DETAILS.fields["starts_at"].clean(values.get("starts_at"), convener.vocabulary)
    call = _open_wish(convener, call_id) if call_id is not None else None
    meeting = Meeting(
        plan_id=convener.plan.id,
        state="planned",
        help_request_id=call.id if call else None,
        made_by=convener.actor.person_id,
        made_at=convener.now,
        version=1,
    )
    _write(meeting, fields | {"starts_at": starts_at})
    if call is not None:
        call.closed_at = convener.now
    convener.session.add(meeting)
    convener.session.flush()
    return meeting


def _open_wish(convener: Convener, call_id: int) -> HelpRequest:
    call = convener.session.scalars(
        select(HelpRequest)
        .where(
            HelpRequest.id == call_id,
            HelpRequest.plan_id == convener.plan.id,
            HelpRequest.kind == "meeting",
            HelpRequest.closed_at.is_(None),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()
    if call is None:
        raise PlpError("call_answered", 409, "There is no such wish any more.")
    return call


def _write(meeting: Meeting, fields: ItemFields) -> None:
    for name, value in fields.items():
        setattr(meeting, name, DETAILS.fields[name].to_column(value))


def read_details(meeting: Meeting) -> ItemFields:
    """Return what is written about a meeting, as it would arrive."""
    return {name: one.from_column(getattr(meeting, name)) for name, one in DETAILS.fields.items()}


def change_meeting(
    convener: Convener,
    meeting_id: int,
    base_version: int,
    values: Mapping[str, Any],
    typed_over: Mapping[str, Any] | None = None,
) -> Edited:
    """Change what is written about a meeting; ``typed_over`` is what stood in the fields then, where that is known.

    :raise NotFound: when there is no such meeting.
    :raise BadInput: when a value is wrong.
    :raise PlpError: 409 ``meeting_over``.
    """
    meeting = convener.planned(meeting_id)
    fields = DETAILS.clean(values, convener.vocabulary)
    before = read_details(meeting)
    wanted = {name: value for name, value in fields.items() if value != before[name]}
    clashes = second_words(before, wanted, is_stale=base_version != meeting.version)
    clashes -= {name for name in clashes if typed_over and typed_over.get(name) == before[name]}
    taken = {name: value for name, value in wanted.items() if name not in clashes}
    if taken:
        _write(meeting, taken)
        meeting.version += 1
        convener.session.flush()
    return Edited(meeting.id, meeting.version, {name: before[name] for name in sorted(clashes)})


def second_words(before: ItemFields, wanted: ItemFields, *, is_stale: bool) -> set[str]:
    """Return the fields in which other words stand than those over which somebody typed.

    Where nothing stands, or where the new words go on from those that do, nothing is lost.
    """
    if not is_stale:
        return set()
    return {name for name, sent in wanted.items() if before[name] and not goes_on(before[name], sent)}


def cancel_meeting(convener: Convener, meeting_id: int) -> Meeting:
    """Call a meeting off; a student's wish for one is open again.

    :raise NotFound: when there is no such meeting.
    :raise PlpError: 409 ``meeting_over``.
    """
    meeting = convener.planned(meeting_id)
    meeting.state, meeting.version = "cancelled", meeting.version + 1
    if meeting.help_request_id is not None and not _wishes_again(convener, meeting.help_request_id):
        call = convener.session.get_one(HelpRequest, meeting.help_request_id, populate_existing=True)
        call.closed_at = None
    convener.session.flush()
    return meeting


def _wishes_again(convener: Convener, call_id: int) -> bool:
    """Whether the student has asked anew meanwhile: one wish about one thing is open at a time."""
    call = convener.session.get_one(HelpRequest, call_id)
    newer = select(HelpRequest.id).where(
        HelpRequest.plan_id == call.plan_id,
        HelpRequest.kind == call.kind,
        HelpRequest.item_kind == call.item_kind,
        HelpRequest.item_id == call.item_id,
        HelpRequest.closed_at.is_(None),
    )
    return convener.session.scalar(newer.limit(1)) is not None
