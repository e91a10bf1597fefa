"""Meetings about the student's plan: when the next one is, what is looked at there, and what became of earlier ones."""

from flask.typing import ResponseReturnValue

from lti_plp.errors import NotFound
from lti_plp.lms.naming import names_of_people
from lti_plp.lms.students import student_facts, supporters
from lti_plp.plp.meeting_lists import MeetingLine, one_meeting, read_agenda
from lti_plp.plp.models import Plan
from lti_plp.views.invitation import calendar_answer, calendar_file
from lti_plp.views.packs import pack_values
from lti_plp.views.plan.desk import bp, own_plan, page, plan_or_none
from lti_plp.views.visit import toolbox, visit


@bp.get("/plan/meetings")
def meetings() -> ResponseReturnValue:
    """List the meetings, the next one first, and let the student ask for one."""
    plan, here = plan_or_none(), visit()
    if plan is None:
        return page("meetings", section="plan", agenda=None)
    agenda = read_agenda(here.db, here.tenant_id, [plan.person_id], toolbox().clock())
    return page(
        "meetings",
        section="plan",
        agenda=agenda,
        plan_id=plan.id,
        names=names_of_people(here.db, here.tenant_id, agenda.people()),
        teachers=supporters(here.db, here.tenant_id, here.actor.person_id),
    )


def _meeting(meeting_id: int) -> tuple[Plan, MeetingLine]:
    plan = own_plan()
    found = one_meeting(visit().db, plan.id, meeting_id)
    if found is None:
        raise NotFound("There is no such meeting.", code="meeting_unknown")
    return plan, found


@bp.get("/plan/meetings/<int:meeting_id>")
def meeting(meeting_id: int) -> ResponseReturnValue:
    """Show one meeting: when, where, with whom; once it was held, what it came to."""
    here, (_, found) = visit(), _meeting(meeting_id)
    people = {one.person_id for one in found.people if one.person_id}
    return page(
        "meeting",
        section="plan",
        meeting=found,
        names=names_of_people(here.db, here.tenant_id, people),
    )


@bp.get("/plan/meetings/<int:meeting_id>/pack")
def meeting_pack(meeting_id: int) -> ResponseReturnValue:
    """Show what will be looked at, exactly as the adults have it before them."""
    plan, found = _meeting(meeting_id)
    return page("pack", section="plan", **pack_values(plan, found, "team"))


@bp.get("/plan/meetings/<int:meeting_id>.ics")
def meeting_file(meeting_id: int) -> ResponseReturnValue:
    """Hand out the invitation."""
    plan, found = _meeting(meeting_id)
    facts = student_facts(visit().db, plan.tenant_id, plan.person_id)
    box = toolbox()
    return calendar_answer(
        calendar_file(found, facts.given_name, str(box.settings.public_origin), box.clock())
    )
