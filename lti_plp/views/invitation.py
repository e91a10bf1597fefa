"""A meeting as a calendar file (RFC 5545), for people to put into a calendar of their own or to send on.

Calendars are shared with many: the file says when and where, and of the plan nothing but the student's first name.
"""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import Response
from flask_babel import gettext as _
from icalendar import Calendar, Event

from lti_plp.plp.meeting_lists import MeetingLine


def calendar_file(meeting: MeetingLine, given_name: str, public_url: str, now: datetime) -> bytes:
    """Return the file; the same meeting has the same id in it, so that a newer file replaces an older one."""
    calendar, event = Calendar(), Event()
    calendar.add("prodid", "-//lti_plp//conferences//EN")
    calendar.add("version", "2.0")
    # Nobody is asked for an answer: the tool sends no mail and could read none.
    calendar.add("method", "CANCEL" if meeting.state == "cancelled" else "PUBLISH")
    event.add("uid", f"meeting-{meeting.id}@{urlsplit(public_url).hostname or 'lti-plp'}")
    event.add("dtstamp", now)
    event.add("sequence", meeting.version)
    event.add("dtstart", meeting.starts_at)
    event.add("dtend", meeting.starts_at + timedelta(minutes=meeting.minutes))
    event.add("status", "CANCELLED" if meeting.state == "cancelled" else "CONFIRMED")
    event.add(
        "summary",
        _("Conference about %(name)s's plan", name=given_name)
        if given_name
        else _("Conference about a plan"),
    )
    if where := meeting.place or meeting.url:
        event.add("location", where)
    if meeting.url:
        event.add("url", meeting.url)
    event.add("description", _("Agenda and preparation are in the plan. Open it from the course."))
    event.add("class", "PRIVATE")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def calendar_answer(content: bytes) -> Response:
    """Return the file for the browser to keep; its name says of whom it is as little as its address."""
    answer = Response(content, mimetype="text/calendar")
    answer.headers["Content-Disposition"] = 'attachment; filename="conference.ics"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
