"""Scales: what can be one, and to which level a number belongs."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from lti_plp.plp.growth.scales import ScaleProblem, keep_scale, make_scale, scales_of
from tests.factories import NOON, make_school
from tests.plp.growth.growing import FOUR

TWO: list[dict[str, Any]] = [
    {"code": "N", "label": "Not yet", "value": "0"},
    {"code": "Y", "label": "Yes", "value": "1", "meets": True},
]


def changed(number: int, **facts: Any) -> list[dict[str, Any]]:
    return [one | facts if place == number else one for place, one in enumerate(TWO, 1)]


@pytest.mark.parametrize(
    ("levels", "problem"),
    [
        (TWO[:1], "too_few"),
        ([{**TWO[0], "code": str(one), "value": one} for one in range(9)], "too_many"),
        (changed(1, code=""), "no_code"),
        (changed(1, code="<b>"), "no_code"),
        (changed(1, code="Y"), "code_twice"),
        (changed(1, label=" "), "no_label"),
        (changed(1, label="x" * 61), "too_long"),
        (changed(1, value="a lot"), "no_number"),
        (changed(1, value="NaN"), "no_number"),
        (changed(1, value="-1"), "no_number"),
        (changed(1, value=None), "no_number"),
        (changed(1, value=1), "number_twice"),
        (changed(2, starts_at=0), "starts_out_of_order"),
        (changed(2, meets=False), "none_meets"),
    ],
)
def test_what_is_no_scale(levels: list[dict[str, Any]], problem: str) -> None:
    with pytest.raises(ScaleProblem) as caught:
        make_scale("Two", levels)
    assert caught.value.problem == problem


def test_levels_in_order_with_one_cut() -> None:
    scale = make_scale("Two", [TWO[1], {**TWO[0], "meets": False}])
    assert [one.code for one in scale.levels] == ["N", "Y"]
    both = make_scale("Two", [{**one, "meets": True} for one in TWO])
    assert [one.meets for one in both.levels] == [True, False]
    assert both.bounds.meets == Decimal(0)


@pytest.mark.parametrize(
    ("value", "code"),
    [("0", "B"), ("1.99", "B"), ("2", "D"), ("2.99", "D"), ("3", "P"), ("4", "E"), ("9", "E")],
)
def test_a_level_begins_at_its_number(value: str, code: str) -> None:
    assert FOUR.level_at(Decimal(value)).code == code
    assert FOUR.meets(Decimal(value)) is (code in "PE")


def test_a_level_may_begin_earlier() -> None:
    scale = make_scale("Two", changed(2, starts_at="0,5"))
    assert scale.level_at(Decimal("0.5")).code == "Y"
    assert scale.level_at(Decimal("0.49")).code == "N"


def test_the_same_scale_is_kept_once(session: Session) -> None:
    school = make_school(session)
    first = keep_scale(session, school.tenant_id, FOUR, NOON)
    assert keep_scale(session, school.tenant_id, FOUR, NOON) == first
    other = keep_scale(session, school.tenant_id, make_scale("Two", TWO), NOON)
    kept = scales_of(session, school.tenant_id)
    assert list(kept) == [first.id, other.id]
    assert (kept[first.id or 0].levels, kept[first.id or 0].title) == (FOUR.levels, FOUR.title)
