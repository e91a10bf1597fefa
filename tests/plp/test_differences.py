"""What went, came and stayed in a field; nothing of a text is lost by telling its pieces."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_plp.plp.differences import Piece, Shape, pieces, shape_of, shortened
from lti_plp.plp.items import KINDS

TEXT = Shape("text")


def told(before: Any, after: Any, shape: Shape = TEXT) -> list[tuple[str, Any]]:
    return [(one.change, one.value) for one in pieces(shape, before, after)]


def joined(found: tuple[Piece, ...], *changes: str) -> str:
    return "".join(one.value for one in found if one.change in changes)


class TestTexts:
    def test_one_word_in_another_place(self) -> None:
        assert told("I run five miles a week", "I run ten miles a week") == [
            ("same", "I run "),
            ("out", "five"),
            ("in", "ten"),
            ("same", " miles a week"),
        ]

    def test_words_beside_each_other_change_as_one(self) -> None:
        assert told("one two three four five six seven eight", "one two red blue five six seven eight") == [
            ("same", "one two "),
            ("out", "three four"),
            ("in", "red blue"),
            ("same", " five six seven eight"),
        ]

    def test_what_has_little_in_common_is_shown_whole(self) -> None:
        before, after = "Robots and how they see", "Singing in a choir with my aunt"
        assert told(before, after) == [("out", before), ("in", after)]

    def test_first_and_last_words(self) -> None:
        assert told("", "Hello") == [("in", "Hello")]
        assert told(None, "Hello") == [("in", "Hello")]
        assert told("Hello", "") == [("out", "Hello")]

    @given(st.text("ab \nc.", max_size=60), st.text("ab \nc.", max_size=60))
    def test_nothing_is_lost(self, before: str, after: str) -> None:
        found = pieces(TEXT, before, after)
        assert joined(found, "same", "out") == before
        assert joined(found, "same", "in") == after

    def test_a_small_change_of_a_very_long_text_stays_small(self) -> None:
        text = "word " * 6000
        assert ("in", "new") in told(text + "old end", text + "new end")

    def test_long_unchanged_words_are_left_out_in_the_middle(self) -> None:
        text = "A long sentence stands here. " * 30
        first, _, _, last = shortened(pieces(TEXT, f"{text}old{text}", f"{text}new{text}"))
        assert first.value.startswith(" …") or first.value.startswith("…")
        assert last.value.endswith("…")
        assert len(first.value) < 120


class TestOtherValues:
    def test_members_of_lists(self) -> None:
        assert told([1, 2], [2, 3], Shape("items", "goal")) == [("out", 1), ("same", 2), ("in", 3)]

    def test_one_value_in_place_of_another(self) -> None:
        assert told("draft", "active", Shape("choice", "goal_state")) == [("out", "draft"), ("in", "active")]
        assert told(None, "2026-12-01", Shape("day")) == [("in", "2026-12-01")]

    @pytest.mark.parametrize(
        ("kind", "name", "shape"),
        [
            ("goal", "state", Shape("choice", "goal_state")),
            ("step", "state", Shape("choice", "step_state")),
            ("entry", "audience", Shape("choice", "audience")),
            ("goal", "area", Shape("choice", "goal_area")),
            ("goal", "outcomes", Shape("choices", "outcome")),
            ("goal", "parent_id", Shape("items", "goal")),
            ("evidence", "reflection_ids", Shape("items", "reflection")),
            ("evidence", "validated_by", Shape("person")),
            ("evidence", "course_id", Shape("course")),
            ("evidence", "url", Shape("address")),
            ("goal", "target_on", Shape("day")),
            ("goal", "supporters", Shape("people")),
            ("achievement", "occurred_at", Shape("moment")),
        ],
    )
    def test_how_fields_are_put_in_words(self, kind: str, name: str, shape: Shape) -> None:
        assert shape_of(KINDS[kind], name) == shape
