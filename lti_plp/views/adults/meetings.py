"""Meetings about the plans of one's students: which there are, and planning a new one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_plp.errors import PlpError
from lti_plp.lms.circle import people_around
from lti_plp.lms.naming import names_of_people
from lti_plp.lms.ties import Tie
from lti_plp.plp.invitees import Invitee, invite, proposals
from lti_plp.plp.meeting_lists import read_agenda
from lti_plp.plp.meetings import Convener, plan_meeting
from lti_plp.plp.models import Plan
from lti_plp.plp.policy import Action, may
from lti_plp.views.adults.desk import begun_plan, bp, kinds, page, ties
from lti_plp.views.links import number_in
from lti_plp.views.moments import moment_of
from lti_plp.views.visit import toolbox, visit

USUAL = time(15, 0)
"""When a meeting is proposed, by the clock of whoever plans it."""


@dataclass(frozen=True)
class MeetingForm:
    """What the form for a meeting holds, as it was typed."""

    kind: str
    day: str
    """Local day and time, as the browser's field gives them."""
    time_zone: str = "UTC"
    minutes: str = "30"
    place: str = ""
    url: str = ""
    agenda: str = ""

    def values(self) -> dict[str, Any]:
        """Return the fields of a meeting."""
        at = moment_of(self.day, self.time_zone)
        return {
            "kind": self.kind,
            "starts_at": at.isoformat() if at else "",
            "minutes": self.minutes,
            "place": self.place,
            "url": self.url.strip(),
            "agenda": self.agenda,
        }


def meeting_sent() -> MeetingForm:
    """Read what was sent."""
    sent = request.form
    names = ("kind", "day", "time_zone", "minutes", "place", "url", "agenda")
    return MeetingForm(**{name: sent.get(name, "") for name in names})


def problems_of(problem: PlpError) -> dict[str, str]:
    """Return field -> code, for the form; what is not about one of its fields stands at the top."""
    field = str(problem.details.get("field", ""))
    return {"day" if field == "starts_at" else field: problem.code}


def a_week_ahead(now: datetime) -> str:
    """Return the day and time that a form proposes: no weekend."""
    day = now.date() + timedelta(days=7)
    day += timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
    return datetime.combine(day, USUAL).isoformat(timespec="minutes")


def usual_agenda() -> str:
    """Return the text that is proposed as an agenda: first what was written, then the goals, then what comes."""
    points = (
        _("What the student would like to show"),
        _("What we wrote since the last time: reflections, comments, ideas"),
        _("Each goal: met, go on, more time, new words, or let go, and why"),
        _("What comes next, and who helps with it"),
        _("When we meet again"),
    )
    return "\n".join(f"{number}. {point}" for number, point in enumerate(points, 1))


def convener(plan: Plan, found: Tie) -> Convener:
    """Return the visitor as somebody who holds meetings about a plan."""
    here, box = visit(), toolbox()
    return Convener(here.db, plan, here.actor, found.work(here.tenant_id), kinds().of, box.clock())


def proposed(plan: Plan) -> tuple[Invitee, ...]:
    """Return everyone who had to do with a plan."""
    here = visit()
    around = people_around(here.db, here.tenant_id, plan.person_id, toolbox().clock())
    return proposals(here.db, plan, around, lambda ids: names_of_people(here.db, here.tenant_id, ids))


def chosen(people: Iterable[Invitee]) -> list[Invitee]:
    """Return those of the proposed people whom the form names."""
    keys = set(request.form.getlist("invite"))
    return [one for one in people if one.key in keys]


@bp.get("/students/meetings")
def meetings() -> ResponseReturnValue:
    """List what comes, what waits for its notes, what students ask for, and what was."""
    here, now = visit(), toolbox().clock()
    holds = [
        one.student_id
        for one in ties().values()
        if may(here.actor, Action.HOLD_MEETING, one.work(here.tenant_id))
    ]
    agenda = read_agenda(here.db, here.tenant_id, holds, now)
    return page(
        "meetings",
        section="meetings",
        agenda=agenda,
        names=names_of_people(here.db, here.tenant_id, agenda.people()),
        proposed_day=a_week_ahead(now),
        done=request.args.get("done", ""),
    )


@bp.get("/students/meetings/new")
def choose_student() -> ResponseReturnValue:
    """Ask whose plan a new meeting is to be about."""
    here = visit()
    if student_id := number_in(request.args.get("student_id", "")):
        return redirect(url_for("adults.new_meeting", student_id=student_id), 303)
    names = names_of_people(here.db, here.tenant_id, ties().keys())
    rows = sorted(ties(), key=lambda one: names.get(one, "").casefold())
    return page("choose_student", section="meetings", rows=rows, names=names)


@bp.get("/students/<int:student_id>/meetings/new")
def new_meeting(student_id: int) -> ResponseReturnValue:
    """Show the form for a new meeting, with everyone who might be invited."""
    plan = begun_plan(student_id, Action.HOLD_MEETING)[0]
    wanted = request.args.get("kind", "")
    kind = wanted if wanted in kinds().of("meeting_kind") else "annual" if plan.revision else "initial"
    typed = MeetingForm(kind, a_week_ahead(toolbox().clock()), agenda=usual_agenda())
    return _form(plan, typed, {}, None)


def _form(plan: Plan, typed: MeetingForm, problems: dict[str, str], invited: set[str] | None) -> str:
    here, people = visit(), proposed(plan)
    return page(
        "new_meeting",
        section="meetings",
        student_id=plan.person_id,
        name=names_of_people(here.db, here.tenant_id, [plan.person_id]).get(plan.person_id, ""),
        typed=typed,
        people=people,
        invited={one.key for one in people} if invited is None else invited,
        problems=problems,
    )


@bp.post("/students/<int:student_id>/meetings/new")
def create_meeting(student_id: int) -> ResponseReturnValue:
    """Plan a meeting, and invite those who were chosen."""
    here, (plan, found), typed = visit(), begun_plan(student_id, Action.HOLD_MEETING), meeting_sent()
    people = chosen(proposed(plan))
    try:
        holder = convener(plan, found)
        made = plan_meeting(holder, typed.values())
        invite(holder, made.id, people)
    except PlpError as problem:
        here.db.rollback()
        shown = _form(plan, typed, problems_of(problem), {one.key for one in people})
        return shown, problem.status
    here.db.commit()
    return redirect(url_for("adults.meeting", student_id=student_id, meeting_id=made.id), 303)


@bp.post("/students/<int:student_id>/wishes/<int:call_id>/meeting")
def answer_wish(student_id: int, call_id: int) -> ResponseReturnValue:
    """Make a meeting of a student's wish; student and helpers are invited, and everything can be changed there."""
    here, (plan, found) = visit(), begun_plan(student_id, Action.HOLD_MEETING)
    at = moment_of(request.form.get("day", ""), request.form.get("time_zone", ""))
    people = [one for one in proposed(plan) if one.why in {"student", "supporter", "advisor"}]
    holder = convener(plan, found)
    values = {
        "kind": "student_requested",
        "starts_at": at.isoformat() if at else "",
        "agenda": usual_agenda(),
    }
    made = plan_meeting(holder, values, call_id)
    invite(holder, made.id, people)
    here.db.commit()
    return redirect(url_for("adults.meeting", student_id=student_id, meeting_id=made.id), 303)
