"""A field's value as people read it: words of the vocabulary, dates, and the words of what it points to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from lti_plp.plp.fields import (
    Checklist,
    Choice,
    Choices,
    Day,
    FileId,
    Flag,
    Papers,
    People,
    Reference,
    References,
)
from lti_plp.plp.items import item_kind
from lti_plp.plp.kinds import Kinds


@dataclass(frozen=True)
class Shown:
    """A value in words; nothing at all stands for an empty field."""

    texts: tuple[str, ...] = ()
    day: date | None = None
    """Pages write dates in the reader's own way."""

    def __bool__(self) -> bool:
        return bool(self.texts) or self.day is not None


@dataclass(frozen=True)
class Wording:
    """How values are put into words for one page."""

    kinds: Kinds
    titles: Mapping[str, str]
    """``goal:12`` -> its words."""
    locale: str

    def __call__(self, kind: str, name: str, value: Any) -> Shown:
        """Return a value of the history in words; a code that is no longer listed stands for itself."""
        field = item_kind(kind).fields.get(name)
        if value in (None, "", []):
            return Shown()
        if isinstance(field, Day):
            return Shown(day=date.fromisoformat(value))
        if isinstance(field, Flag):
            return Shown((_("Yes") if value else _("No"),))
        if isinstance(field, FileId):
            return Shown((_("A file"),))
        if isinstance(field, Choice | Choices):
            group = field.group or (f"{kind}_state" if name == "state" else name)
            return Shown(tuple(self._title(group, one) for one in _listed(value)))
        if isinstance(field, Reference | References):
            return Shown(tuple(self._item(field.kind, one) for one in _listed(value)))
        if isinstance(field, People):
            return Shown(tuple(self._person(one) for one in value))
        if isinstance(field, Checklist):
            return Shown(tuple(f"{'✓ ' if one['done'] else ''}{one['text']}" for one in value))
        if isinstance(field, Papers):
            return Shown(
                tuple(f"{self._title('support_paper', one['kind'])}: {one['where']}" for one in value)
            )
        return Shown((str(value),))

    def _title(self, group: str, code: str) -> str:
        if group == "medium":
            return _media().get(code, code)
        return self.kinds.title(group, code, self.locale)

    def _item(self, kind: str, item_id: int) -> str:
        return self.titles.get(f"{kind}:{item_id}") or _("Something without words yet")

    def _person(self, person: Mapping[str, str]) -> str:
        role = person.get("role", "")
        named = f"{person['name']} ({self._title('supporter_role', role)})" if role else person["name"]
        return f"{named}: {person['how']}" if person.get("how") else named


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _media() -> dict[str, str]:
    return {"file": _("A file"), "link": _("A link"), "text": _("Words"), "lms": _("Work in a course")}
