"""What is handed out for a meeting: the pack that everybody looks at first, and the invitation for a calendar."""

from flask import request
from flask.typing import ResponseReturnValue

from lti_plp.errors import NotFound
from lti_plp.lms.students import student_facts
from lti_plp.plp.meeting_lists import MeetingLine, one_meeting
from lti_plp.plp.models import Plan
from lti_plp.plp.plan_templates import form_of
from lti_plp.plp.policy import Action
from lti_plp.views.adults.desk import begun_plan, bp, looked_at, page
from lti_plp.views.invitation import calendar_answer, calendar_file
from lti_plp.views.packs import pack_values
from lti_plp.views.visit import toolbox, visit


def _meeting(student_id: int, meeting_id: int) -> tuple[Plan, MeetingLine]:
    plan, _ = begun_plan(student_id, Action.HOLD_MEETING)
    found = one_meeting(visit().db, plan.id, meeting_id)
    if found is None:
        raise NotFound("There is no such meeting.", code="meeting_unknown")
    return plan, found


@bp.get("/students/<int:student_id>/meetings/<int:meeting_id>/pack")
def meeting_pack(student_id: int, meeting_id: int) -> ResponseReturnValue:
    """Show everything that a conference looks at first, for the screen and for paper."""
    plan, found = _meeting(student_id, meeting_id)
    reader = "family" if request.args.get("reader") == "family" else "team"
    form = form_of(visit().db, plan, toolbox().settings.config_folder)
    shown = page("pack", section="meetings", form=form, **pack_values(plan, found, reader))
    looked_at(plan, "conference")
    return shown


@bp.get("/students/<int:student_id>/meetings/<int:meeting_id>.ics")
def meeting_file(student_id: int, meeting_id: int) -> ResponseReturnValue:
    """Hand out the invitation."""
    plan, found = _meeting(student_id, meeting_id)
    facts = student_facts(visit().db, plan.tenant_id, plan.person_id)
    box = toolbox()
    return calendar_answer(
        calendar_file(found, facts.given_name, str(box.settings.public_origin), box.clock())
    )
