"""What adults do with the student of a story: pathways are agreed on, transitions helped with, meetings held.

Every act goes through the function that its page calls, with the rights that its person has.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from lti_plp.cli.demo_player import Player
from lti_plp.cli.demo_story import Event
from lti_plp.lms.circle import people_around
from lti_plp.lms.naming import names_of_people
from lti_plp.plp.catalogue import list_pathways
from lti_plp.plp.finishing import MeetingEditor, finish_meeting
from lti_plp.plp.invitees import Invitee, invite, note_attendance, participants, proposals
from lti_plp.plp.items import GOAL, PATHWAY, TRANSITION
from lti_plp.plp.kinds import load_kinds
from lti_plp.plp.meeting_notes import save_note
from lti_plp.plp.meetings import Convener, change_meeting, find_meeting, plan_meeting
from lti_plp.plp.models import MeetingParticipant
from lti_plp.plp.participation import Decision, Taking, decide_pathway, move_pathway, take_pathway
from lti_plp.plp.transition import Agreeing, agree, begin_transition, tick, transition_of

_OF_MEETING = ("minutes", "place", "url", "agenda")


def _take(player: Player, event: Event) -> None:
    kinds = load_kinds(player.box.settings.config_folder)
    entries = list_pathways(player.session, player.plan.tenant_id, kinds)
    entry = next((one for one in entries if one.title == event.what), None)
    if entry is None:
        raise ValueError(f"the catalogue has no {event.what}")
    goal = event.options.get("goal")
    item = take_pathway(player.editor(event), entry.id, Taking(player.id(goal) if goal else None))
    player.keep_name(event, PATHWAY.name, item.id)


def _move(player: Player, event: Event) -> None:
    editor, options = player.editor(event), event.options
    item = editor.item(PATHWAY, player.id(event.what))
    if "by" not in options:
        move_pathway(editor, item.id, options["to"])
        return
    actor, work = player.speaker(event, item.audience)
    decision = Decision(options["to"], item.version, options.get("answer", ""), options.get("credit", ""))
    decide_pathway(player.session, actor, work, item.id, decision, event.at)


def _transition(player: Player, event: Event) -> None:
    folder, locale = player.box.settings.config_folder, event.options.get("locale", "en")
    item = begin_transition(player.editor(event), event.what, folder, locale)
    player.keep_name(event, TRANSITION.name, item.id)


def _tick(player: Player, event: Event) -> None:
    item = transition_of(player.session, player.plan.id, player.id(event.what))
    actor, work = player.speaker(event, item.audience)
    line = item.checklist[event.options["line"] - 1]["text"]
    tick(player.session, actor, work, item.id, line, True, event.at)


def _agree(player: Player, event: Event) -> None:
    item = transition_of(player.session, player.plan.id, player.id(event.what))
    parts, receiver = tuple(event.options["parts"]), event.options["receiver"]
    agree(player.editor(event), item.id, Agreeing(item.version, player.student.name, parts, receiver))


def _meet(player: Player, event: Event) -> None:
    options = event.options
    values = {name: options[name] for name in _OF_MEETING if name in options}
    at = event.at + timedelta(days=options["in_days"], minutes=options.get("later", 0))
    convener = _convener(player, event)
    meeting = plan_meeting(convener, values | {"kind": event.what, "starts_at": at.isoformat()})
    invite(convener, meeting.id, _invited(player, event))
    player.keep_name(event, "meeting", meeting.id)


def _convener(player: Player, event: Event) -> Convener:
    actor, work = player.speaker(event)
    return Convener(player.session, player.plan, actor, work, player.vocabulary, event.at)


def _invited(player: Player, event: Event) -> Iterable[Invitee]:
    """Yield whom the page proposes, but for those whom the story leaves out, and then its own guests."""
    session, tenant_id = player.session, player.plan.tenant_id
    around = people_around(session, tenant_id, player.plan.person_id, player.box.clock())
    left_out = event.options.get("without", ())
    for one in proposals(session, player.plan, around, lambda ids: names_of_people(session, tenant_id, ids)):
        if one.name not in left_out:
            yield one
    for guest in event.options.get("guests", ()):
        yield Invitee(guest["role"], guest["name"], email=guest.get("email", ""))


def _attend(player: Player, event: Event) -> None:
    """Note of everybody who is invited whether they came; ``here`` is their name -> how they took part."""
    convener, meeting_id = _convener(player, event), player.id(event.what)
    here = dict(event.options["here"])
    for one, name in _names(player, participants(player.session, meeting_id)):
        way = here.pop(name, "")
        note_attendance(convener, meeting_id, one.id, "attended" if way else "excused", way)
    if here:
        raise ValueError(f"not invited: {', '.join(here)}")


def _names(player: Player, people: list[MeetingParticipant]) -> Iterable[tuple[MeetingParticipant, str]]:
    known = {one.actor.person_id: one.name for one in player.people.values()}
    return ((one, one.name or known.get(one.person_id or 0, "")) for one in people)


def _note(player: Player, event: Event) -> None:
    options = event.options
    goal = player.editor(event).item(GOAL, player.id(options["about"]))
    said = {
        "outcome": options["outcome"],
        "reason_category": options["because_kind"],
        "text": options["because"],
        "next_step": options.get("next_step", ""),
        "steps_stay": options.get("steps_stay", False),
        **player.fields(GOAL.name, options.get("changes", {}), event.at),
    }
    save_note(_convener(player, event), player.id(event.what), goal.id, goal.version, 0, said)


def _hold(player: Player, event: Event) -> None:
    meeting_id = player.id(event.what)
    words = {name: event.options[name] for name in ("notes", "decisions") if name in event.options}
    version = find_meeting(player.session, player.plan.id, meeting_id).version
    change_meeting(_convener(player, event), meeting_id, version, words)
    actor, work = player.speaker(event)
    finish_meeting(
        MeetingEditor(player.session, player.plan, actor, work, player.vocabulary, event.at, meeting_id)
    )


ADULTS_PLAYS: Mapping[str, Callable[[Player, Event], None]] = {
    "take": _take,
    "move": _move,
    "transition": _transition,
    "tick": _tick,
    "agree": _agree,
    "meet": _meet,
    "attend": _attend,
    "note": _note,
    "hold": _hold,
}
"""Verb of a story -> what does it."""
