"""What a field takes: hostile JSON gives a clean value or a refusal that names the field, and nothing else."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lti_plp.errors import BadInput, NotFound, PlpError
from lti_plp.plp.fields import (
    MAX_PEOPLE,
    Address,
    Amount,
    Choice,
    Choices,
    Day,
    Field,
    FileId,
    Flag,
    Line,
    Moment,
    Number,
    People,
    Reference,
    References,
    Vocabulary,
)
from lti_plp.plp.history import canonical
from lti_plp.plp.items import KINDS, ItemKind
from tests.plp.planning import VOCABULARY, vocabulary

CODES = sorted({code for group in VOCABULARY.values() for code in group})
ADDRESSES = (
    "https://maple.example/a b",
    "HTTP://maple.example",
    "http:/maple",
    "//maple",
    "https://[::1",
    "javascript:alert(1)//http://x",
    "http://\u2100.example",
)
TIMES = (
    "2026-09-14",
    "20260914",
    "2026-W38-1",
    "2026-09-14T12:00:00-04:00",
    "2099-12-31T23:00:00-02:00",
    "1990-01-01T00:00:00+02:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-09-14T12:00:00",
)
AMOUNTS = ("1.23456", "-0", "1e3", "NaN", "sNaN", "Infinity", "1e999999999", "99999999.99995", "٣")

texts = (
    st.text(max_size=40)
    | st.text(st.sampled_from("\x00\r\n\t \u2028\ud800\udc00a"), max_size=20)
    | st.sampled_from([*CODES, *ADDRESSES, *TIMES, *AMOUNTS, "own:", "own:\x00oath", "short", "team", "12"])
    | st.dates().map(date.isoformat)
    | st.datetimes(timezones=st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))).map(
        datetime.isoformat
    )
    | st.integers(0, 30).map(lambda number: "x" * (number * 1000))
)
plain = (
    st.none()
    | st.booleans()
    | st.integers(-5, 30)
    | st.sampled_from([2**31, 2**63, 10**400])
    | st.integers()
    | st.floats()
    | texts
)
hostile = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["name", "role", "how", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)

FIELDS = [
    *((kind.name, one) for kind in KINDS.values() for one in kind.fields.values()),
    ("alone", Amount("amount")),
]


def tried(clean: Callable[[Any, Vocabulary], Any], value: Any) -> tuple[Any, PlpError | None]:
    """Return the clean value, or what refused it; anything else that is raised fails the test."""
    try:
        return clean(value, vocabulary), None
    except PlpError as problem:
        return None, problem


@given(field=st.sampled_from(FIELDS), value=hostile)
@example(("alone", Moment("at")), "2099-12-31T23:00:00-02:00")
@example(("alone", Amount("amount")), "sNaN")
@example(("alone", FileId("file_id")), "a\x00")
def test_a_clean_value_or_a_refusal(field: tuple[str, Field], value: Any) -> None:
    one = field[1]
    clean, problem = tried(one.clean, value)
    if problem is not None:
        assert isinstance(problem, BadInput)
        assert problem.code.startswith("field_")
        assert problem.details["field"] == one.name
        return
    assert json.loads(canonical(clean)) == clean, "the history keeps it as it is"
    assert one.clean(clean, vocabulary) == clean, "cleaning twice is cleaning once"
    if not isinstance(one, References):
        assert one.from_column(one.to_column(clean)) == clean
    if isinstance(clean, str):
        assert "\x00" not in clean
        clean.encode()


@given(kind=st.sampled_from(list(KINDS.values())), values=st.dictionaries(texts, hostile, max_size=4))
def test_an_item_takes_only_fields_that_it_has(kind: ItemKind, values: dict[str, Any]) -> None:
    known = {name for name in values if name in kind.fields and name not in kind.settled}
    clean, problem = tried(kind.clean, values)
    if isinstance(problem, NotFound):
        assert problem.code == "field_unknown"
        assert known != values.keys()
    elif problem is not None:
        assert known
    else:
        assert clean.keys() == known == values.keys()


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_what_only_the_engine_writes_no_page_sends(kind: ItemKind) -> None:
    for name in (*kind.settled, "id", "version", "removed", "plan_id", "created_at"):
        with pytest.raises(NotFound) as problem:
            kind.clean({name: 1}, vocabulary)
        assert problem.value.code == "field_unknown"
        assert name not in problem.value.message


@pytest.mark.parametrize(
    ("field", "value", "clean"),
    [
        (Field("f"), "a\r\nb\x00\ud800", "a\nb"),
        (Line("f"), "  a\n b\u2028c ", "a b c"),
        (Address("f"), " https://maple.example/x ", "https://maple.example/x"),
        (Address("f"), "", ""),
        (Choice("f", among=("a",), optional=True), "", ""),
        (Choice("f", group="profile_kind", prefix="own:"), "own: our  oath ", "own: our oath"),
        (Choices("f", group="outcome"), ["completion", "completion"], ["completion"]),
        (Day("f"), "20260914", "2026-09-14"),
        (Day("f"), "", None),
        (Number("f"), "007", 7),
        (Number("f", first=3), None, 3),
        (Moment("f"), "2026-09-14T12:00:00-04:00", "2026-09-14T16:00:00+00:00"),
        (Amount("f"), "4.50", "4.5"),
        (Amount("f"), "0.33335", "0.3334"),
        (Amount("f"), "-0.00001", "0"),
        (Amount("f"), 1200, "1200"),
        (Amount("f"), None, None),
        (Flag("f"), True, True),
        (FileId("f"), "", None),
        (
            People("f"),
            [{"name": " Rosa ", "role": "family"}, {"how": "x"}],
            [{"name": "Rosa", "role": "family", "how": ""}],
        ),
        (Reference("f"), "5", 5),
        (References("f"), [3, "2", 3, None], [2, 3]),
    ],
)
def test_what_is_kept(field: Field, value: Any, clean: Any) -> None:
    assert field.clean(value, vocabulary) == clean


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        (Field("f", 3), "abcd", "too_long"),
        (Field("f"), None, "wrong_type"),
        *((Address("f"), one, "no_address") for one in ADDRESSES if one != "HTTP://maple.example"),
        (Choice("f", among=("a",)), "", "unknown_choice"),
        (Choice("f", among=("a",)), ["a"], "wrong_type"),
        (Choice("f", group="profile_kind", prefix="own:"), "own:" + "x" * 57, "unknown_choice"),
        (Choices("f", group="outcome"), "completion", "unknown_choice"),
        (Choices("f", group="outcome"), [["completion"]], "unknown_choice"),
        (Day("f", optional=False), "", "no_date"),
        (Day("f"), "1989-12-31", "no_date"),
        (Day("f"), 20260914, "no_date"),
        (Number("f"), True, "no_number"),
        (Number("f"), 1.0, "no_number"),
        (Number("f"), "1" * 10, "no_number"),
        (Number("f", least=1), 0, "no_number"),
        (Moment("f"), "2026-09-14T12:00:00", "no_date"),
        (Moment("f"), "2099-12-31T23:00:00-02:00", "no_date"),
        (Moment("f"), "0001-01-01T00:00:00+14:00", "no_date"),
        (Amount("f"), 0.5, "no_number"),
        (Amount("f"), "NaN", "no_number"),
        (Amount("f"), "100000000", "no_number"),
        (Flag("f"), 1, "wrong_type"),
        (FileId("f"), "x" * 37, "wrong_type"),
        (FileId("f"), "a\nb", "wrong_type"),
        (People("f"), [{"name": "Rosa"}] * (MAX_PEOPLE + 1), "too_many"),
        (People("f"), ["Rosa"], "wrong_type"),
        (People("f"), [{"name": "Rosa", "role": "king"}], "unknown_choice"),
        (Reference("f"), 2**63, "no_number"),
        (References("f"), list(range(1, 202)), "wrong_type"),
        (References("f"), [0], "no_number"),
    ],
)
def test_what_is_refused(field: Field, value: Any, code: str) -> None:
    with pytest.raises(BadInput) as problem:
        field.clean(value, vocabulary)
    assert problem.value.code == f"field_{code}"


def test_an_amount_is_what_the_column_holds() -> None:
    assert Amount("f").to_column("0.123456") == Decimal("0.1235")
    assert Amount("f").from_column(Decimal("0.1230")) == "0.123"
