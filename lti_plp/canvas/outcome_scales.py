"""Ratings of outcomes as scales of ours."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from lti_plp.canvas.assignments import text_of
from lti_plp.canvas.entries import Entry, entries_in
from lti_plp.canvas.rich_texts import shortened
from lti_plp.lms.work import points_of
from lti_plp.plp.growth.scales import LONGEST, Scale, make_scale, short_codes

LONGEST_TITLE = 255


def scale_of(outcome: Entry, usual: Sequence[Entry]) -> Scale:
    """Return the scale of an outcome; where it brings none, its place's.

    :raise ScaleProblem: when it is no scale.
    """
    own = entries_in(outcome.get("ratings"))
    mastery = points_of(outcome.get("mastery_points")) if own else None
    ratings = own or usual
    if mastery is None:
        flagged = [points_of(one.get("points")) for one in ratings if one.get("mastery") is True]
        mastery = min((one for one in flagged if one is not None), default=None)
    said = sorted(
        ((points_of(one.get("points")), text_of(one.get("description"))) for one in ratings),
        key=lambda one: (one[0] is None, one[0] or Decimal(0)),
    )
    labels = [words or _number_text(points) for points, words in said]
    levels = [
        {
            "code": code,
            "label": shortened(label, LONGEST["label"]),
            "value": _number_text(points),
            "student_text": shortened(label, LONGEST["student_text"])
            if len(label) > LONGEST["label"]
            else "",
            "meets": mastery is not None and points is not None and points >= mastery,
        }
        for code, label, (points, _) in zip(short_codes(labels), labels, said, strict=True)
    ]
    return make_scale(_scale_title(levels), levels)


def _scale_title(levels: Sequence[Mapping[str, Any]]) -> str:
    """Return a title that tells one scale from another: levels with their points, and a mark where it is met."""
    first = next((number for number, one in enumerate(levels) if one["meets"]), None)
    told = [
        f"{one['label']} {one['value']}{' ✓' if number == first else ''}" for number, one in enumerate(levels)
    ]
    return shortened(f"Canvas: {' · '.join(told)}", LONGEST_TITLE)


def _number_text(number: Decimal | None) -> str:
    return "" if number is None else format(number.normalize(), "f")
