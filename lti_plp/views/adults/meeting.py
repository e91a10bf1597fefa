"""One meeting: its invitation, who is there, what it comes to goal by goal, and its end."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import PlpError
from lti_plp.lms.naming import names_of_people
from lti_plp.plp.finishing import MeetingEditor, WithoutThem, finish_meeting, obstacles
from lti_plp.plp.invitees import Invitee, invite, note_attendance, participants, take_off
from lti_plp.plp.items import ItemKind, plan_state
from lti_plp.plp.levels import level_sayers
from lti_plp.plp.meeting_lists import one_meeting
from lti_plp.plp.meeting_notes import NOTE, goal_versions, notes_of, read_note, save_note
from lti_plp.plp.meetings import DETAILS, cancel_meeting, change_meeting, find_meeting, read_details
from lti_plp.plp.models import Meeting, Plan
from lti_plp.plp.models.items import ItemFields
from lti_plp.plp.pack import is_early
from lti_plp.plp.plans import Edited
from lti_plp.plp.policy import Action, may
from lti_plp.plp.telling import told
from lti_plp.views.adults.desk import begun_plan, bp, kinds, looked_at, page
from lti_plp.views.adults.meetings import chosen, convener, meeting_sent, proposed
from lti_plp.views.links import number_in
from lti_plp.views.plan.incoming import edit_in_json, fields_in_form
from lti_plp.views.visit import toolbox, visit


@dataclass(frozen=True)
class Ending:
    """What stands in the form that finishes a meeting."""

    attempts: str = ""
    reason: str = ""
    is_of_age: bool = False

    def without(self) -> WithoutThem:
        """Return it as the plan's rules take it."""
        return WithoutThem(self.attempts, self.reason, self.is_of_age)


def _place(student_id: int, meeting_id: int, **more: Any) -> str:
    return url_for("adults.meeting", student_id=student_id, meeting_id=meeting_id, **more)


@bp.get("/students/<int:student_id>/meetings/<int:meeting_id>")
def meeting(student_id: int, meeting_id: int) -> ResponseReturnValue:
    """Show a meeting for working in it, or what became of it."""
    plan, _ = begun_plan(student_id, Action.HOLD_MEETING)
    shown = _shown(plan, find_meeting(visit().db, plan.id, meeting_id))
    looked_at(plan, "conference")
    return shown


def _shown(plan: Plan, row: Meeting, problem: PlpError | None = None, typed: Ending | None = None) -> str:
    here, box = visit(), toolbox()
    _, found = begun_plan(plan.person_id, Action.HOLD_MEETING)
    line = one_meeting(here.db, plan.id, row.id)
    people = proposed(plan) if row.state == "planned" else ()
    invited = participants(here.db, row.id)
    there = {Invitee(one.role, one.name, one.person_id).key for one in invited}
    shown = told(plan_state(here.db, plan.id), level_sayers(here.db, plan.id), "team")
    ids = {one.person_id for one in invited if one.person_id} | {plan.person_id} | shown.people()
    return page(
        "meeting",
        section="meetings",
        student_id=plan.person_id,
        meeting=line,
        row=row,
        names=names_of_people(here.db, here.tenant_id, ids),
        more_people=[one for one in people if one.key not in there],
        plan=shown,
        versions=goal_versions(here.db, plan.id),
        notes=notes_of(here.db, row.id),
        obstacles=obstacles(here.db, plan, row) if row.state == "planned" else (),
        may_finish=may(here.actor, Action.FINISH_REVISION, found.work(here.tenant_id)),
        is_early=is_early(row.starts_at, box.clock()),
        problem=problem,
        typed=typed or Ending(),
        done=request.args.get("done", ""),
    )


@bp.post("/students/<int:student_id>/meetings/<int:meeting_id>")
def change(student_id: int, meeting_id: int) -> ResponseReturnValue:
    """Save the form of a meeting's details or general notes; where somebody was quicker, show both."""
    plan, found = begun_plan(student_id, Action.HOLD_MEETING)
    sent = request.form
    values = meeting_sent().values() if "day" in sent else fields_in_form(DETAILS, sent)
    typed_over: dict[str, Any] = {
        name.removeprefix("was_"): text for name, text in sent.items() if name.startswith("was_")
    }
    if "minutes" in typed_over:
        typed_over["minutes"] = number_in(typed_over["minutes"])
    edited = change_meeting(
        convener(plan, found), meeting_id, number_in(sent.get("version", "")), values, typed_over
    )
    visit().db.commit()
    if edited.conflicts:
        there = read_details(find_meeting(visit().db, plan.id, meeting_id))
        return _both(DETAILS, edited, values, there, request.path, _place(student_id, meeting_id)), 409
    return redirect(_place(student_id, meeting_id, done="changed"), 303)


@bp.put("/students/<int:student_id>/meetings/<int:meeting_id>")
def save(student_id: int, meeting_id: int) -> ResponseReturnValue:
    """Save general notes and decisions as they are typed."""
    plan, found = begun_plan(student_id, Action.HOLD_MEETING)
    base, fields = edit_in_json()
    edited = change_meeting(convener(plan, found), meeting_id, base, fields)
    visit().db.commit()
    return _saved(edited)


def _saved(edited: Edited) -> ResponseReturnValue:
    if edited.conflicts:
        return jsonify(version=edited.version, code="changed_elsewhere", current=edited.conflicts), 409
    return jsonify(version=edited.version)


def _both(
    kind: ItemKind, edited: Edited, sent: Mapping[str, Any], there: ItemFields, action: str, back: str
) -> str:
    pairs = {name: (sent[name], there.get(name, "")) for name in edited.conflicts}
    return page(
        "meeting_merge",
        section="meetings",
        kind=kind.name,
        pairs=pairs,
        version=edited.version,
        action=action,
        back=back,
    )


@bp.put("/students/<int:student_id>/meetings/<int:meeting_id>/goals/<int:goal_id>")
def save_goal(student_id: int, meeting_id: int, goal_id: int) -> ResponseReturnValue:
    """Save what is noted on a goal as it is typed."""
    begun_plan(student_id, Action.HOLD_MEETING)
    base, fields = edit_in_json()
    edited, _ = _noted(student_id, meeting_id, goal_id, base, fields)
    return _saved(edited)


@bp.post("/students/<int:student_id>/meetings/<int:meeting_id>/goals/<int:goal_id>")
def note_goal(student_id: int, meeting_id: int, goal_id: int) -> ResponseReturnValue:
    """Save the form of a goal's note; where somebody was quicker, show both."""
    sent = fields_in_form(NOTE, request.form)
    base = number_in(request.form.get("version", ""))
    edited, there = _noted(student_id, meeting_id, goal_id, base, sent)
    if edited.conflicts:
        action = f"{request.path}?seen={number_in(request.args.get('seen', ''))}"
        back = _place(student_id, meeting_id, _anchor=f"goal-{goal_id}")
        return _both(NOTE, edited, sent, there, action, back), 409
    return redirect(_place(student_id, meeting_id, _anchor=f"goal-{goal_id}"), 303)


def _noted(
    student_id: int, meeting_id: int, goal_id: int, base: int, fields: Mapping[str, Any]
) -> tuple[Edited, ItemFields]:
    here, (plan, found) = visit(), begun_plan(student_id, Action.HOLD_MEETING)
    seen = number_in(request.args.get("seen", ""))
    edited = save_note(convener(plan, found), meeting_id, goal_id, seen, base, fields)
    there = read_note(notes_of(here.db, meeting_id)[goal_id])
    here.db.commit()
    return edited, there


@bp.post("/students/<int:student_id>/meetings/<int:meeting_id>/people")
def add_people(student_id: int, meeting_id: int) -> ResponseReturnValue:
    """Invite more people: some of those who had to do with the plan, or somebody by name."""
    plan, found = begun_plan(student_id, Action.HOLD_MEETING)
    form = request.form
    by_hand = (
        [Invitee(form.get("role", ""), form["name"], email=form.get("email", ""))] if "name" in form else []
    )
    invite(convener(plan, found), meeting_id, [*chosen(proposed(plan)), *by_hand])
    visit().db.commit()
    return redirect(_place(student_id, meeting_id, _anchor="people"), 303)


@bp.post("/students/<int:student_id>/meetings/<int:meeting_id>/people/<int:participant_id>/remove")
def remove_person(student_id: int, meeting_id: int, participant_id: int) -> ResponseReturnValue:
    """Take somebody off the list."""
    plan, found = begun_plan(student_id, Action.HOLD_MEETING)
    take_off(convener(plan, found), meeting_id, participant_id)
    visit().db.commit()
    return redirect(_place(student_id, meeting_id, _anchor="people"), 303)


@bp.put("/students/<int:student_id>/meetings/<int:meeting_id>/people/<int:participant_id>")
def save_attendance(student_id: int, meeting_id: int, participant_id: int) -> ResponseReturnValue:
    """Note whether somebody is there, as it is chosen."""
    begun_plan(student_id, Action.HOLD_MEETING)
    base, fields = edit_in_json()
    _attends(student_id, meeting_id, participant_id, str(fields.get("here", "")))
    return jsonify(version=base)


@bp.post("/students/<int:student_id>/meetings/<int:meeting_id>/people/<int:participant_id>")
def attendance(student_id: int, meeting_id: int, participant_id: int) -> ResponseReturnValue:
    """Note whether somebody is there."""
    _attends(student_id, meeting_id, participant_id, request.form.get("here", ""))
    return redirect(_place(student_id, meeting_id, _anchor="people"), 303)


def _attends(student_id: int, meeting_id: int, participant_id: int, said: str) -> None:
    """Note what a choice says, such as ``attended:video`` or ``absent``."""
    plan, found = begun_plan(student_id, Action.HOLD_MEETING)
    state, _, way = said.partition(":")
    note_attendance(convener(plan, found), meeting_id, participant_id, state, way)
    visit().db.commit()


@bp.post("/students/<int:student_id>/meetings/<int:meeting_id>/cancel")
def cancel(student_id: int, meeting_id: int) -> ResponseReturnValue:
    """Call a meeting off."""
    plan, found = begun_plan(student_id, Action.HOLD_MEETING)
    cancel_meeting(convener(plan, found), meeting_id)
    visit().db.commit()
    return redirect(url_for("adults.meetings", done="cancelled"), 303)


@bp.post("/students/<int:student_id>/meetings/<int:meeting_id>/finish")
def finish(student_id: int, meeting_id: int) -> ResponseReturnValue:
    """Finish a meeting: what was decided becomes the plan. What keeps it from that is said on its page."""
    here, (plan, found) = visit(), begun_plan(student_id, Action.FINISH_REVISION)
    form = request.form
    typed = Ending(form.get("attempts", ""), form.get("reason", ""), form.get("is_of_age") == "1")
    try:
        editor = MeetingEditor(
            here.db,
            plan,
            here.actor,
            found.work(here.tenant_id),
            kinds().of,
            toolbox().clock(),
            meeting_id,
        )
        finish_meeting(editor, typed.without())
    except PlpError as problem:
        here.db.rollback()
        row = find_meeting(here.db, plan.id, meeting_id)
        return _shown(plan, row, problem, typed), problem.status
    here.db.commit()
    return redirect(_place(student_id, meeting_id, done="finished"), 303)
