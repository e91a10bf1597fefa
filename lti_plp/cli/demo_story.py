"""The language in which ``config/demo/*.toml`` tells how an invented student's plan came about.

Each ``[[event]]`` says how many ``days_ago`` it happened, and one thing that somebody did (see ``VERBS``); everything
else in it are options of that, most of them fields of the plan's items in these words:

* days are counted from the event: ``due_in = 10`` stands for ``due_on``;
* other items are called by the ``name`` that the event gave them which made them: ``goals = ["radio"]`` stands for
  ``goal_ids``, ``parent = "film"`` for ``parent_id``;
* ``file`` says which file is made up for it (see :mod:`lti_plp.cli.demo_files`).
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from lti_plp.plp.fields import Day, Field, FileId, Moment, Reference, References
from lti_plp.plp.items import ItemKind

_SAYING = frozenset({"by", "about", "text"})
VERBS: Mapping[str, frozenset[str]] = {
    # Of an item: its kind, or its name; what changes are its fields.
    "add": frozenset({"name", "because", "because_kind"}),
    "edit": frozenset({"because", "because_kind"}),
    "remove": frozenset({"because", "because_kind"}),
    "restore": frozenset({"because", "because_kind"}),
    # A goal by its name, and the note of a whole revision.
    "review": frozenset(
        {"outcome", "because", "because_kind", "next_step", "steps_stay", "not_met", "changes"}
    ),
    "finish": frozenset({"reflections"}),
    # A name for the suggestion; ``about`` is an item's name, or ``new`` a kind.
    "suggest": frozenset({"by", "about", "new", "fields", "message"}),
    "accept": frozenset({"name", "answer"}),
    "decline": frozenset({"answer"}),
    # A name for the comment or the call.
    "comment": _SAYING,
    "settle": frozenset(),
    "call": frozenset({"kind", "about", "message", "asked_of"}),
    "close": frozenset(),
    # The title of a reflection of one's own.
    "reflect": frozenset(
        {
            *("name", "voice", "voice_name", "form", "mode", "purpose", "audience", "locale", "draft"),
            *("goals", "steps", "evidence", "answers"),
        }
    ),
    # The title of an entry of the catalogue; a pathway by its name, moved by the student or by somebody of the school.
    "take": frozenset({"name", "goal"}),
    "move": frozenset({"to", "by", "answer", "credit"}),
    # A kind of transition; one by its name, with the number of a line of its list, or with what goes to whom.
    "transition": frozenset({"name", "locale"}),
    "tick": frozenset({"by", "line"}),
    "agree": frozenset({"parts", "receiver"}),
    # A kind of meeting, ``later`` by minutes; a meeting by its name, with who was there, or a goal and what is decided.
    "meet": frozenset(
        {
            *("name", "by", "in_days", "later", "minutes", "place", "url", "agenda"),
            *("without", "guests"),
        }
    ),
    "attend": frozenset({"by", "here"}),
    "note": frozenset(
        {"by", "about", "outcome", "because", "because_kind", "next_step", "steps_stay", "changes"}
    ),
    "hold": frozenset({"by", "notes", "decisions"}),
}
"""What can be done -> its options; fields of items are not among them."""

_TAKES_FIELDS = frozenset({"add", "edit"})
_SCHOOL_TIME = time(15, 0, tzinfo=UTC)
"""Late morning in Vermont."""
_BETWEEN = timedelta(minutes=4)

Find = Callable[[str], int]
"""Name of an item -> its id."""


@dataclass(frozen=True)
class Event:
    """Something that somebody did."""

    where: str
    """For messages: file and number."""
    at: datetime
    verb: str
    what: str
    options: Mapping[str, Any]

    def fields(self) -> dict[str, Any]:
        """Return the options that are fields of an item."""
        own = VERBS[self.verb]
        return {name: value for name, value in self.options.items() if name not in own}


@dataclass(frozen=True)
class Story:
    """How one student's plan came about."""

    student: str
    """Key of the stand-in LMS."""
    events: tuple[Event, ...]


def read_stories(folder: Path, today: date) -> tuple[Story, ...]:
    """Return the story of every file of a folder.

    :raise ValueError: naming file and event, when one makes no sense.
    """
    return tuple(_story(path, today) for path in sorted(folder.glob("*.toml")))


def _story(path: Path, today: date) -> Story:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    events = tuple(_events(path.name, data["event"], today))
    names = [one.options["name"] for one in events if "name" in one.options]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{path.name}: names that stand there twice: {', '.join(twice)}")
    return Story(data["student"], events)


def _events(file: str, entries: list[dict[str, Any]], today: date) -> Iterator[Event]:
    days, of_day = 10**6, 0
    for number, entry in enumerate(entries, 1):
        where, options = f"{file}, event {number}", dict(entry)
        days_ago = options.pop("days_ago", days)
        # What happened today might lie in the future of an early morning.
        if not 1 <= days_ago <= days:
            raise ValueError(f"{where}: days_ago must be 1 or more, and events stand in their order")
        days, of_day = days_ago, of_day + 1 if days_ago == days else 0
        at = datetime.combine(today - timedelta(days=days_ago), _SCHOOL_TIME) + of_day * _BETWEEN
        verbs = [name for name in options if name in VERBS]
        if len(verbs) != 1:
            raise ValueError(f"{where}: one thing that somebody did, of {', '.join(VERBS)}")
        event = Event(where, at, verbs[0], options.pop(verbs[0]), options)
        if event.verb not in _TAKES_FIELDS and event.fields():
            raise ValueError(f"{where}: no such options: {', '.join(event.fields())}")
        yield event


def fields_in(
    kind: ItemKind, words: Mapping[str, Any], at: datetime, find: Find, files: Mapping[str, str]
) -> dict[str, Any]:
    """Return fields of an item as the plan takes them; ``files`` is name of a made-up file -> its id.

    :raise ValueError: for a word that the kind does not have.
    :raise KeyError: for an item or a file that there is not.
    """
    by_word = {word_of(field): field for field in kind.fields.values() if field.name not in kind.settled}
    if unknown := sorted(words.keys() - by_word.keys()):
        raise ValueError(f"{kind.name} has no {', '.join(unknown)}")
    found = {
        by_word[word].name: _value(by_word[word], value, at, find, files) for word, value in words.items()
    }
    moments = {name: at.isoformat() for name, field in kind.fields.items() if isinstance(field, Moment)}
    return moments | found


def word_of(field: Field) -> str:
    """Return what a field is called in a story."""
    if isinstance(field, Day):
        return field.name.removesuffix("_on") + "_in"
    if isinstance(field, References):
        return {"entry_ids": "entries", "evidence_ids": "evidence", "proficiency_ids": "proficiencies"}.get(
            field.name, field.name.removesuffix("_ids") + "s"
        )
    return field.name.removesuffix("_id") if isinstance(field, Reference | FileId) else field.name


def _value(field: Field, value: Any, at: datetime, find: Find, files: Mapping[str, str]) -> Any:
    if isinstance(field, Day):
        return (at.date() + timedelta(days=value)).isoformat()
    if isinstance(field, References):
        return [find(name) for name in value]
    if isinstance(field, Reference):
        return find(value)
    return files[value["name"]] if isinstance(field, FileId) else value
