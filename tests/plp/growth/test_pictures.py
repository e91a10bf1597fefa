"""Pictures of growth as data: what is drawn is what was said, and the sentence says the same."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy.orm import Session

from lti_plp.errors import PlpError
from lti_plp.plp.growth.frameworks import Calculation
from lti_plp.plp.growth.growth_reading import cells_of, growth_of, tree_with
from lti_plp.plp.growth.pictures import (
    BAND,
    MIDDLE,
    WIDTH,
    Heard,
    Judged,
    Picture,
    Progress,
    Tick,
    goal_picture,
    growth_picture,
    is_lasting,
)
from lti_plp.plp.growth.ratings import judge
from lti_plp.plp.growth.suggestions import Said
from lti_plp.plp.models import Evidence, Goal, GoalProficiency
from lti_plp.plp.plans import open_plan
from tests.factories import NOON, minutes
from tests.plp.growth.growing import FOUR, growing_school

LATEST = Calculation("latest")


def day(number: int) -> datetime:
    return NOON + timedelta(days=number)


def heard(number: int, value: int | None, role: str = "teacher", *, is_baseline: bool = False) -> Heard:
    said = Said(number, None if value is None else Decimal(value), role, day(number), None, is_baseline)
    return Heard(said)


def drawn(*ratings: Heard, judged: tuple[Judged, ...] = (), ticks: tuple[Tick, ...] = ()) -> Picture:
    return growth_picture(FOUR, LATEST, ratings, judged, ticks)


def test_the_line_is_the_level_after_each_rating() -> None:
    found = drawn(heard(1, 2), heard(31, 2), heard(61, 3))
    assert [(one.at, one.level.code) for one in found.steps] == [
        (day(1), "D"),
        (day(31), "D"),
        (day(61), "P"),
    ]
    high, low = MIDDLE + BAND, MIDDLE + 2 * BAND
    assert found.line == f"M32 {low}H170V{low}H308V{high}H324"
    assert (found.facts.first, found.facts.last) == (("Developing", day(1)), ("Proficient", day(61)))
    assert (found.facts.pieces, is_lasting(found)) == (3, True)


def test_bands_are_levels_in_words_the_highest_on_top() -> None:
    found = drawn(heard(1, 2))
    assert [(one.label, one.y, one.meets) for one in found.rows] == [
        ("Expanding", 0, True),
        ("Proficient", BAND, True),
        ("Developing", 2 * BAND, False),
        ("Beginning", 3 * BAND, False),
    ]
    assert found.axis == 4 * BAND
    assert found.height > found.axis


def test_not_enough_evidence_lies_below_all_levels_and_moves_no_line() -> None:
    found = drawn(heard(1, 2), heard(2, None))
    assert (found.rows[-1].place, found.rows[-1].label) == (-1, "")
    assert [(one.label, one.place) for one in found.dots] == [("Developing", 1), ("", -1)]
    assert [one.level.code for one in found.steps] == ["D", "D"]
    assert found.facts.pieces == 1


def test_what_students_say_has_a_mark_and_no_line() -> None:
    found = drawn(heard(1, 4, "self"), heard(2, 3, "peer"))
    assert found.roles == ("self", "peer")
    assert (found.steps, found.line, found.facts.first) == ((), "", None)


def test_a_baseline_lies_at_the_left_and_begins_the_sentence() -> None:
    found = drawn(heard(5, 1, is_baseline=True), heard(6, 3))
    assert found.baseline
    assert found.baseline.x < min(one.x for one in found.dots if not one.is_baseline)
    assert (found.facts.first, found.facts.last) == (("Beginning", day(5)), ("Proficient", day(6)))
    assert found.facts.pieces == 1


def test_a_judgement_has_the_last_word_until_it_is_taken_back() -> None:
    level = FOUR.level("E")
    found = drawn(heard(1, 2), heard(9, 3), judged=(Judged(day(5), level),))
    assert (found.facts.last, found.facts.is_judged) == (("Expanding", day(5)), True)
    assert found.roles == ("teacher", "judgement")
    back = drawn(heard(1, 2), heard(9, 3), judged=(Judged(day(5), level), Judged(day(6), None)))
    assert (back.facts.last, back.facts.is_judged) == (("Proficient", day(9)), False)


def test_marks_of_one_moment_do_not_cover_each_other() -> None:
    found = drawn(*(Heard(Said(number, Decimal(2), "teacher", NOON)) for number in range(3)))
    assert len({one.y for one in found.dots}) == 3
    assert not is_lasting(found)


def test_nothing_is_a_picture_too() -> None:
    found = drawn()
    assert (found.dots, found.steps, found.first_at, found.facts.first) == ((), (), None, None)


@given(some.lists(some.tuples(some.integers(0, 900), some.sampled_from([1, 2, 3, 4, None])), max_size=20))
def test_order_is_nothing_and_all_lies_inside(said: list[tuple[int, int | None]]) -> None:
    ratings = [
        Heard(Said(number, None if value is None else Decimal(value), "teacher", day(at)))
        for number, (at, value) in enumerate(said)
    ]
    found = drawn(*ratings)
    assert drawn(*ratings[::-1]) == found
    assert len(found.dots) == len(ratings)
    for one in found.dots:
        assert 0 < one.x < WIDTH
        assert 0 < one.y < found.axis


def test_a_goals_progress() -> None:
    words = [("none", "Not yet"), ("some", "Under way"), ("met", "Met")]
    said = [Progress(day(9), "met"), Progress(day(1), "none"), Progress(day(2), "gone from the list")]
    found = goal_picture(words, said, [Tick("meeting", day(4), 7)])
    assert [one.label for one in found.rows] == ["Met", "Under way", "Not yet"]
    assert [one.label for one in found.dots] == ["Not yet", "Met"]
    assert (found.facts.first, found.facts.last) == (("Not yet", day(1)), ("Met", day(9)))
    assert (found.kinds, found.facts.pieces) == (("meeting",), 2)


def test_a_level_stands_beside_the_students_word() -> None:
    words = [("none", "Not yet"), ("some", "Under way"), ("met", "Met")]
    said = [Progress(day(1), "none"), Progress(day(3), "some"), Progress(day(5), "met", "teacher")]
    found = goal_picture(words, said)
    assert [one.level.code for one in found.steps] == ["none", "some"]
    assert (found.facts.last, found.facts.beside) == (("Under way", day(3)), ("Met", day(5)))
    assert found.facts.pieces == 2
    assert [(one.role, one.label) for one in found.dots] == [
        ("self", "Not yet"),
        ("self", "Under way"),
        ("teacher", "Met"),
    ]
    assert [one.label for one in found.rows if one.meets] == ["Met"]
    alone = goal_picture(words, said[2:])
    assert (alone.line, alone.facts.first, alone.facts.beside) == ("", None, ("Met", day(5)))


def test_read_as_the_reader_may_see_it(session: Session) -> None:
    there = growing_school(session)
    plan = open_plan(session, there.student, NOON)
    item = {"plan_id": plan.id, "version": 1, "created_at": NOON, "changed_at": NOON}
    secret = Evidence(**item, audience="me", medium="text", text="For me", captured_on=NOON.date())
    shared = Evidence(**item, audience="team", medium="text", title="A talk", captured_on=NOON.date())
    goal = Goal(**item, audience="me", statement="Speak up")
    session.add_all([secret, shared, goal])
    session.flush()
    session.add(GoalProficiency(goal_id=goal.id, proficiency_id=there.id_of("talk")))
    there.rate("D", minutes(1), evidence_id=shared.id)
    work = there.work()
    there.rate("P", minutes(2), actor=there.student, work=work, evidence_id=secret.id)
    own = growth_of(session, there.tree, there.student.person_id, there.id_of("talk")).picture
    assert [(one.role, one.words) for one in own.dots] == [("teacher", "A talk"), ("self", "For me")]
    assert [one.tick.words for one in own.ticks] == ["Speak up"]
    others = growth_of(session, there.tree, there.student.person_id, there.id_of("talk"), {"team"}).picture
    assert [(one.evidence_id, one.words) for one in others.dots] == [(shared.id, "A talk"), (None, "")]
    assert others.ticks == ()


def test_a_proficiency_of_another_district_is_none(session: Session) -> None:
    there = growing_school(session)
    assert tree_with(session, there.school.tenant_id, there.id_of("talk")).number == 1
    with pytest.raises(PlpError, match="no such proficiency"):
        tree_with(session, there.school.tenant_id + 1, there.id_of("talk"))


def test_the_grid_shows_what_counts_right_after_every_write(session: Session) -> None:
    there = growing_school(session)

    def level() -> tuple[str | None, bool, int]:
        found = cells_of(session, there.tree, there.student.person_id)
        cell = next(one for one in found.transferable[0].cells if one.proficiency.guid == "talk")
        session.expire_all()
        return cell.level.code if cell.level else None, cell.is_judged, cell.ratings

    assert level() == (None, False, 0)
    there.rate("D")
    assert level() == ("D", False, 1)
    judge(session, there.teacher, there.work(), there.tree, there.id_of("talk"), "E", "I saw it", NOON)
    assert level() == ("E", True, 1)
    judge(session, there.teacher, there.work(), there.tree, there.id_of("talk"), None, "", NOON)
    there.rate(None, minutes(2))
    assert level() == ("D", False, 1)
