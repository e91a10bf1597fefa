"""What people say of a proficiency, the level that comes of it, and that it is right after every write."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from lti_plp.errors import NotAllowed, PlpError
from lti_plp.plp.actor import Role
from lti_plp.plp.growth.frameworks import Calculation, publish, read_tree
from lti_plp.plp.growth.kept_levels import recalculate, standing_of
from lti_plp.plp.growth.ratings import judge
from lti_plp.plp.growth.scales import make_scale
from lti_plp.plp.growth.suggestions import Said, carried_over, suggest
from lti_plp.plp.models import Judgement, KeptLevel, Rating
from lti_plp.plp.plans import PlanEditor, open_plan
from lti_plp.plp.standing import Standing as Tie
from tests.factories import NOON, minutes
from tests.plp.growth.growing import FOUR, GrowingSchool, draft, growing_school
from tests.plp.planning import vocabulary


@pytest.fixture
def there(session: Session) -> GrowingSchool:
    return growing_school(session)


def kept(there: GrowingSchool) -> KeptLevel:
    there.session.expire_all()
    return there.session.scalars(select(KeptLevel)).one()


def test_a_level_explains_itself(there: GrowingSchool) -> None:
    there.rate("D")
    there.rate(None, minutes(1))
    found = there.rate("P", minutes(2))
    said = found.suggestion
    assert [one.value for one in said.used] == [Decimal(2), Decimal(3)]
    assert (said.without_evidence, said.value, said.level and said.level.code) == (1, Decimal("2.65"), "D")
    assert (said.calculation.method, said.parameter, said.is_thin) == ("decaying_average", Decimal(65), False)
    row = kept(there)
    assert (row.suggested, row.judged, row.ratings) == (Decimal("2.65"), None, 2)
    assert (row.first_at, row.last_at) == (NOON, minutes(2))


def test_no_evidence_is_no_level(there: GrowingSchool) -> None:
    found = there.rate(None)
    assert (found.value, found.suggestion.level) == (None, None)
    assert (kept(there).suggested, kept(there).ratings) == (None, 0)


def test_what_was_done_first_counts_first_whenever_it_was_rated(there: GrowingSchool) -> None:
    there.rate("P", minutes(5))
    found = there.rate("B", minutes(1))
    assert [one.value for one in found.suggestion.used] == [Decimal(1), Decimal(3)]


def test_students_and_classmates_stand_beside_it(there: GrowingSchool) -> None:
    there.rate("B")
    there.rate("E", actor=there.student, at=minutes(1))
    found = there.rate("E", is_of_peer=True, at=minutes(2))
    assert found.value == Decimal(1)
    roles = there.session.scalars(select(Rating.role).order_by(Rating.id)).all()
    assert roles == ["teacher", "self", "peer"]


def test_the_zero_point_is_not_counted(there: GrowingSchool) -> None:
    there.rate("B", is_baseline=True)
    assert there.rate("P", minutes(1)).value == Decimal(3)


def test_a_correction_replaces_and_both_stay(there: GrowingSchool) -> None:
    wrong = there.rate("E").suggestion.used[0].rating_id
    found = there.rate("D", replaces_id=wrong)
    assert [one.value for one in found.suggestion.used] == [Decimal(2)]
    assert len(there.session.scalars(select(Rating)).all()) == 2
    with pytest.raises(PlpError) as caught:
        there.rate("P", replaces_id=wrong)
    assert caught.value.code == "rating_corrected"
    colleague = there.school.teacher(given="Samir", family="Haddad")
    mine = found.suggestion.used[0].rating_id
    with pytest.raises(PlpError) as caught:
        there.rate("P", replaces_id=mine, actor=colleague)
    assert caught.value.code == "rating_unknown"


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"level": "X"}, "level_unknown"),
        ({"level": "P", "guid": "skills"}, "proficiency_unknown"),
        ({"level": "P", "note": "x" * 2001}, "rating_too_long"),
        ({"level": "P", "guide": {"Sings": "P"}}, "guide_unknown"),
        ({"level": "P", "guide": {"Gives reasons": "X"}}, "level_unknown"),
        ({"level": "P", "evidence_id": 77}, "item_not_here"),
    ],
)
def test_what_cannot_be_said_changes_nothing(there: GrowingSchool, facts: dict[str, Any], code: str) -> None:
    with pytest.raises(PlpError) as caught:
        there.rate(**facts)
    assert caught.value.code == code
    assert there.session.scalars(select(Rating)).all() == []


def test_evidence_that_the_team_may_not_see(there: GrowingSchool) -> None:
    plan = open_plan(there.session, there.student, NOON)
    editor = PlanEditor(there.session, plan, there.student, vocabulary, NOON)
    goal = editor.add("goal", {"statement": "Speak up"})
    facts = {"medium": "text", "text": "I did", "goal_ids": [goal.id]}
    secret = editor.add("evidence", facts | {"audience": "me"}).id
    shared = editor.add("evidence", facts | {"audience": "team"}).id
    with pytest.raises(NotAllowed):
        there.rate("P", evidence_id=secret)
    there.rate("P", evidence_id=shared)
    there.rate("P", evidence_id=secret, actor=there.student)
    assert there.session.scalars(select(Rating.evidence_id).order_by(Rating.id)).all() == [shared, secret]


def test_who_rates_and_who_judges(there: GrowingSchool) -> None:
    other = there.school.student()
    for actor, work in ((other, there.work()), (there.teacher, replace(there.work(), standing=frozenset()))):
        with pytest.raises(NotAllowed):
            there.rate("P", actor=actor, work=work)
    mentor = there.school.person(Role.INSTRUCTOR, given="Rosa")
    there.rate("P", actor=mentor, work=replace(there.work(tie=Tie.MENTOR), audience="family"))
    assert there.session.scalars(select(Rating.role)).one() == "mentor"
    substitute = there.work(tie=Tie.SUBSTITUTE)
    there.rate("P", work=substitute)
    with pytest.raises(NotAllowed):
        judge(there.session, there.teacher, substitute, there.tree, there.id_of("talk"), "P", "", NOON)
    with pytest.raises(NotAllowed):
        judge(there.session, there.student, there.work(), there.tree, there.id_of("talk"), "P", "", NOON)


def test_a_persons_word_wins_and_the_suggestion_stays(there: GrowingSchool) -> None:
    there.rate("B")
    talk = there.id_of("talk")
    found = judge(there.session, there.teacher, there.work(), there.tree, talk, "P", " Seen twice. ", NOON)
    assert (found.value, found.suggestion.value) == (Decimal(3), Decimal(1))
    assert (found.judgement and found.judgement.reason) == "Seen twice."
    assert (kept(there).suggested, kept(there).judged) == (Decimal(1), Decimal(3))
    assert there.rate("B", minutes(1)).value == Decimal(3)
    back = judge(there.session, there.teacher, there.work(), there.tree, talk, None, "", minutes(2))
    assert (back.value, back.judgement, kept(there).judged) == (Decimal(1), None, None)
    assert len(there.session.scalars(select(Judgement)).all()) == 2


@pytest.mark.parametrize("model", [Rating, Judgement])
def test_the_database_holds_what_was_said(there: GrowingSchool, model: Any) -> None:
    there.rate("B")
    judge(there.session, there.teacher, there.work(), there.tree, there.id_of("talk"), "P", "", NOON)
    with pytest.raises(DBAPIError):
        there.session.execute(update(model).values(value=4))


def test_a_new_version_with_another_scale(there: GrowingSchool) -> None:
    there.rate("P")
    ten = make_scale(
        "Ten",
        [
            {"code": "L", "label": "Low", "value": 0},
            {"code": "H", "label": "High", "value": 9, "meets": True},
        ],
    )
    items = tuple(replace(one, scale=ten, guide=()) if one.scale else one for one in draft().items)
    made = publish(there.session, None, there.school.tenant_id, draft(*items), 1, minutes(1))
    tree = read_tree(there.session, made)
    # 3 of 1 to 4 is as far up as 6 of 0 to 9.
    assert standing_of(there.session, tree, there.student.person_id, there.id_of("talk")).value == Decimal(6)
    assert recalculate(there.session, made) == 1
    assert kept(there).suggested == Decimal(6)


def test_another_rule_makes_all_levels_anew(there: GrowingSchool) -> None:
    other = there.school.student()
    for level in "EPB":
        there.rate(level)
        there.rate(level, guid="solve", work=there.work(other))
    judge(there.session, there.teacher, there.work(), there.tree, there.id_of("solve"), "D", "", NOON)
    before = levels(there)
    there.tree.framework.method = "highest"
    assert recalculate(there.session, there.tree.framework) == 3
    after = levels(there)
    assert before.keys() == after.keys()
    assert sorted(after.values(), key=str) == [(Decimal(4), None), (Decimal(4), None), (None, Decimal(2))]


def levels(there: GrowingSchool) -> dict[tuple[int, int], tuple[Decimal | None, Decimal | None]]:
    there.session.expire_all()
    rows = there.session.scalars(select(KeptLevel))
    return {(row.person_id, row.proficiency_id): (row.suggested, row.judged) for row in rows}


def test_all_at_once_is_what_one_after_the_other_is(there: GrowingSchool) -> None:
    for number in range(12):
        who = there.student if number % 3 else there.school.student()
        there.rate(
            "BDPE"[number % 4], minutes(number), guid=("talk", "solve")[number % 2], work=there.work(who)
        )
    one_by_one = levels(there)
    recalculate(there.session, there.tree.framework)
    assert levels(there) == one_by_one


def test_by_due_date_where_the_rule_asks_for_it() -> None:
    late = Said(1, Decimal(1), "teacher", NOON + timedelta(days=9), due_on=NOON.date())
    early = Said(2, Decimal(4), "teacher", NOON, due_on=NOON.date() + timedelta(days=1))
    for method, order in (("rolling_average", [1, 2]), ("decaying_average", [2, 1])):
        assert [one.rating_id for one in suggest([early, late], Calculation(method), FOUR).used] == order


@given(value=some.decimals(1, 4, places=2))
def test_carried_over_and_back(value: Decimal) -> None:
    hundred = make_scale(
        "Hundred",
        [
            {"code": "0", "label": "None", "value": 0},
            {"code": "1", "label": "All", "value": 100, "meets": True},
        ],
    )
    there = carried_over(value, FOUR, hundred)
    assert 0 <= there <= 100
    assert abs(carried_over(there, hundred, FOUR) - value) < Decimal("1e-9")
