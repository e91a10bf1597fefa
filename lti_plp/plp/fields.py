"""Fields of a plan's items: what each takes, how it is checked, and how it stands in the history.

A value has three forms: what arrives (JSON of a page, hostile until checked), what the history keeps (JSON: texts,
numbers, ISO dates, lists), and what the column holds.
"""

from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from lti_plp.errors import BadInput
from lti_plp.plp.texts import one_line, storable

Vocabulary = Callable[[str], Container[str]]
"""Group of ``config/plan/kinds.toml`` -> its ids."""

MAX_PEOPLE = 20
MAX_CHECKS = 60
MAX_PAPERS = 10
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2099, 12, 31)


def refuse(field: str, problem: str, **details: int) -> BadInput:
    """Return the error for one field: ``problem`` is a stable name such as ``too_long``."""
    return BadInput(
        "A field cannot be saved like this.",
        code=f"field_{problem}",
        details={"field": field, **details},
    )


@dataclass(frozen=True)
class Field:
    """A field that takes text of at most ``longest`` characters, with line ends."""

    name: str
    longest: int = 5000

    def clean(self, value: Any, vocabulary: Vocabulary) -> Any:
        """Return what the history keeps.

        :raise BadInput: when the value is none that this field takes.
        """
        if not isinstance(value, str):
            raise refuse(self.name, "wrong_type")
        text = self._fit(value)
        if len(text) > self.longest:
            raise refuse(self.name, "too_long", longest=self.longest)
        return text

    def _fit(self, text: str) -> str:
        return storable(text)

    def empty(self, today: date) -> Any:
        """Return what stands in the field before anybody has filled it in, as it would arrive."""
        return ""

    def to_column(self, value: Any) -> Any:
        """Return what the column holds for a value of the history."""
        return value

    def from_column(self, value: Any) -> Any:
        """Return a column's value as the history keeps it."""
        return value


@dataclass(frozen=True)
class Line(Field):
    """Text of one line."""

    longest: int = 255

    def _fit(self, text: str) -> str:
        return one_line(text)


@dataclass(frozen=True)
class Address(Line):
    """An address of the web, or nothing."""

    longest: int = 2000

    def clean(self, value: Any, vocabulary: Vocabulary) -> Any:
        """Refuse everything that is not http or https with a host: it becomes a link on people's pages."""
        text = super().clean(value, vocabulary)
        if not text:
            return text
        try:
            parts = urlsplit(text)
            is_address = parts.scheme in {"http", "https"} and bool(parts.hostname)
        except ValueError:
            is_address = False
        if not is_address or " " in text:
            raise refuse(self.name, "no_address")
        return text


@dataclass(frozen=True)
class Choice(Field):
    """One of a group of the vocabulary, or of ``among``."""

    group: str = ""
    among: tuple[str, ...] = ()
    optional: bool = False
    prefix: str = ""
    """What begins so is free, such as ``own:`` for kinds that a school added."""
    first: str = ""

    def empty(self, today: date) -> Any:
        """Return the choice that stands there at first."""
        return self.first

    def clean(self, value: Any, vocabulary: Vocabulary) -> Any:
        """Refuse what is not in the group."""
        if not isinstance(value, str):
            raise refuse(self.name, "wrong_type")
        known = self.among or vocabulary(self.group)
        is_own = bool(self.prefix) and value.startswith(self.prefix) and len(value) <= 60
        if not (value in known or is_own or (self.optional and value == "")):
            raise refuse(self.name, "unknown_choice")
        return one_line(value)


@dataclass(frozen=True)
class Choices(Field):
    """Several of a group, each once, in the order given."""

    group: str = ""

    def empty(self, today: date) -> Any:
        """Return an empty list."""
        return []

    def clean(self, value: Any, vocabulary: Vocabulary) -> Any:
        """Refuse what is not in the group."""
        known = vocabulary(self.group)
        if not isinstance(value, list) or not all(isinstance(one, str) and one in known for one in value):
            raise refuse(self.name, "unknown_choice")
        return list(dict.fromkeys(value))


@dataclass(frozen=True)
class Day(Field):
    """A date or nothing; in the history an ISO date."""

    optional: bool = True

    def empty(self, today: date) -> Any:
        """Return nothing, or today where there must be a date."""
        return None if self.optional else today.isoformat()

    def clean(self, value: Any, vocabulary: Vocabulary) -> Any:
        """Refuse what is no date, or one that no plan can mean."""
        if self.optional and value in (None, ""):
            return None
        try:
            day = date.fromisoformat(value)
        except (TypeError, ValueError):
            raise refuse(self.name, "no_date") from None
        if not FIRST_DAY <= day <= LAST_DAY:
            raise refuse(self.name, "no_date")
        return day.isoformat()

    def to_column(self, value: Any) -> Any:
        """Return a date."""
        return date.fromisoformat(value) if value else None

    def from_column(self, value: Any) -> Any:
        """Return an ISO date."""
        return value.isoformat() if value else None


@dataclass(frozen=True)
class Number(Field):
    """A whole number, or nothing unless it counts from ``first``."""

    least: int = 0
    most: int = 2**31 - 1
    first: int | None = None

    def empty(self, today: date) -> Any:
        """Return the number that stands there at first."""
        return self.first

    def clean(self, value: Any, vocabulary: Vocabulary) -> Any:
        """Refuse what is no whole number of the range; texts of digits count, since forms send them."""
        if value in (None, ""):
            return self.first
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not self.least <= value <= self.most:
            raise refuse(self.name, "no_number", least=self.least, most=self.most)
        return value


@dataclass(frozen=True)
class Moment(Field):
    """A point in time; in the history ISO 8601 in UTC."""

    def clean(self, value: Any, vocabulary: Vocabulary) -> Any:
        """Refuse what names no moment, or one without its time zone."""
        try:
            moment = datetime.fromisoformat(value)
            is_aware, moment = moment.tzinfo is not None, moment.astimezone(UTC)
        except (TypeError, ValueError, OverflowError):
            raise refuse(self.name, "no_date") from None
        if not (is_aware and FIRST_DAY <= moment.date() <= LAST_DAY):
            raise refuse(self.name, "no_date")
        return moment.isoformat()

    def to_column(self, value: Any) -> Any:
        """Return an aware datetime."""
        return datetime.fromisoformat(value)

    def from_column(self, value: Any) -> Any:
        """Return ISO 8601 in UTC."""
        return value.astimezone(UTC).isoformat()


@dataclass(frozen=True)
class Amount(Field):
    """A decimal number, or nothing; in the history the shortest text of it, rounded to what the column holds."""

    places: int = 4
    below: int = 10**8

    def empty(self, today: date) -> Any:
        """Return nothing."""
        return None

    def clean(self, value: Any, vocabulary: Vocabulary) -> Any:
        """Refuse what is no number; a text of one counts, since JSON has no exact ones."""
        if value in (None, ""):
            return None
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise refuse(self.name, "no_number")
        try:
            amount = self._rounded(Decimal(value))
            is_in_range = abs(amount) < self.below
        except (InvalidOperation, ValueError):
            is_in_range = False
        if not is_in_range:
            raise refuse(self.name, "no_number")
        return self.from_column(amount)

    def _rounded(self, amount: Decimal) -> Decimal:
        return amount.quantize(Decimal(1).scaleb(-self.places), ROUND_HALF_UP)

    def to_column(self, value: Any) -> Any:
        """Return a Decimal."""
        return None if value is None else self._rounded(Decimal(value))

    def from_column(self, value: Any) -> Any:
        """Return the shortest text: databases give back more zeros than were written."""
        # Zero has a sign in some databases and none in others.
        return None if value is None else format(value.normalize() + 0, "f")


@dataclass(frozen=True)
class Flag(Field):
    """Yes or no."""

    def empty(self, today: date) -> Any:
        """Return no."""
        return False

    def clean(self, value: Any, vocabulary: Vocabulary) -> Any:
        """Refuse what is neither."""
        if not isinstance(value, bool):
            raise refuse(self.name, "wrong_type")
        return value


@dataclass(frozen=True)
class FileId(Field):
    """A stored file's id, or nothing; whether it may be attached is for the editor to ask."""

    def empty(self, today: date) -> Any:
        """Return nothing."""
        return None

    def clean(self, value: Any, vocabulary: Vocabulary) -> Any:
        """Refuse what cannot be an id."""
        if value in (None, ""):
            return None
        if not isinstance(value, str) or len(value) > 36 or value != one_line(value):
            raise refuse(self.name, "wrong_type")
        return value


@dataclass(frozen=True)
class People(Field):
    """Those who help: ``{"name", "role", "how"}`` each; ones without a name are left out."""

    def empty(self, today: date) -> Any:
        """Return an empty list."""
        return []

    def clean(self, value: Any, vocabulary: Vocabulary) -> Any:
        """Refuse anything else, and more than twenty."""
        line, role = Line(self.name), Choice(self.name, group="supporter_role", optional=True)
        people = [
            {
                "name": line.clean(one.get("name", ""), vocabulary),
                "role": role.clean(one.get("role", ""), vocabulary),
                "how": line.clean(one.get("how", ""), vocabulary),
            }
            for one in _rows(self.name, value, MAX_PEOPLE)
        ]
        return [one for one in people if one["name"]]


@dataclass(frozen=True)
class Checklist(Field):
    """Things to see to: ``{"text", "done"}`` each; ones without words are left out."""

    def empty(self, today: date) -> Any:
        """Return an empty list."""
        return []

    def clean(self, value: Any, vocabulary: Vocabulary) -> Any:
        """Refuse anything else, and more than sixty."""
        line = Line(self.name)
        checks = [
            {"text": line.clean(one.get("text", ""), vocabulary), "done": one.get("done") in (True, "1")}
            for one in _rows(self.name, value, MAX_CHECKS)
        ]
        return [one for one in checks if one["text"]]


@dataclass(frozen=True)
class Papers(Field):
    """Where other documents are kept: ``{"kind", "where"}`` each, and never what they say."""

    def empty(self, today: date) -> Any:
        """Return an empty list."""
        return []

    def clean(self, value: Any, vocabulary: Vocabulary) -> Any:
        """Refuse anything else, and more than ten."""
        line, kind = Line(self.name), Choice(self.name, group="support_paper", optional=True)
        papers = [
            {
                "kind": kind.clean(one.get("kind", ""), vocabulary),
                "where": line.clean(one.get("where", ""), vocabulary),
            }
            for one in _rows(self.name, value, MAX_PAPERS)
        ]
        return [one for one in papers if one["kind"]]


def _rows(name: str, value: Any, most: int) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise refuse(name, "wrong_type")
    if len(value) > most:
        raise refuse(name, "too_many", most=most)
    return value


@dataclass(frozen=True)
class Reference(Field):
    """The id of another item of the same plan, or nothing."""

    kind: str = ""

    def empty(self, today: date) -> Any:
        """Return nothing."""
        return None

    def clean(self, value: Any, vocabulary: Vocabulary) -> Any:
        """Refuse what is no id."""
        return Number(self.name, least=1, most=2**63 - 1).clean(value, vocabulary)


@dataclass(frozen=True)
class References(Field):
    """Ids of other items of the same plan, or of proficiencies, in rising order; they stand in a table of links."""

    kind: str = ""

    def empty(self, today: date) -> Any:
        """Return an empty list."""
        return []

    def clean(self, value: Any, vocabulary: Vocabulary) -> Any:
        """Refuse what is no list of ids."""
        if not isinstance(value, list) or len(value) > 200:
            raise refuse(self.name, "wrong_type")
        number = Number(self.name, least=1, most=2**63 - 1)
        ids = {number.clean(one, vocabulary) for one in value}
        return sorted(one for one in ids if one is not None)
