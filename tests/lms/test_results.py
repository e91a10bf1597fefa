"""Results wait packed, and are the same afterwards."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from lti_plp.lms.results import Results
from lti_plp.lms.work import WorkResult
from tests.factories import NOON

THERE = datetime(2026, 9, 14, 8, 0, 0, 250, tzinfo=timezone(timedelta(hours=-4)))
WHOLE = WorkResult(
    "essay",
    None,
    "graded",
    score=Decimal("17.5000"),
    grade="A–",
    submitted_at=THERE,
    graded_at=NOON,
    is_late=True,
    handed_in='["text",0,[]]',
    who="811",
)
PART = replace(WHOLE, part="_1", level="blank_2", score=None, grade="", handed_in="")
BARE = WorkResult("talk", None, "submitted", who="4")


def test_what_is_put_in_comes_out_again() -> None:
    found = Results([WHOLE, BARE, PART])
    assert dict(found) == {"essay": [WHOLE, PART], "talk": [BARE]}
    assert str(found["essay"][0].score) == "17.5000"


def test_what_is_told_last_counts_and_keeps_its_place() -> None:
    found = Results([WHOLE, replace(WHOLE, who="5"), PART])
    found.add([replace(WHOLE, score=Decimal(3))])
    later = Results([replace(PART, level="blank"), BARE])
    found.extend(later)
    assert found["essay"] == [
        replace(WHOLE, score=Decimal(3)),
        replace(WHOLE, who="5"),
        replace(PART, level="blank"),
    ]
    assert found["talk"] == [BARE]
    assert later["essay"] == [replace(PART, level="blank")]


def test_people_are_known_by_what_the_lms_calls_them() -> None:
    found = Results([WHOLE, replace(WHOLE, who="5"), BARE]).known({"811": 7})
    assert [one.person_id for one in found["essay"]] == [7, None]
    assert dict(found.of(["talk"])) == {"talk": [BARE]}
