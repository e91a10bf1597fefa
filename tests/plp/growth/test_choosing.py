"""What can be chosen, and where a student stands, past any page."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotFound
from lti_plp.plp.growth.choosing import AT_ONCE, offer, search
from lti_plp.plp.growth.drafts import ItemDraft
from lti_plp.plp.growth.frameworks import publish, read_one, read_some
from lti_plp.plp.growth.ratings import RatingDraft, rate
from lti_plp.plp.growth.standings import pieces_for, read_proficiency, read_standings
from lti_plp.plp.models import GoalProficiency, Rating
from lti_plp.plp.plans import PlanEditor, open_plan
from lti_plp.plp.standing import Standing as Tie
from tests.factories import NOON, make_school, minutes
from tests.plp.growth.growing import FOUR, GrowingSchool, draft, growing_school
from tests.plp.planning import vocabulary


@pytest.fixture
def there(session: Session) -> GrowingSchool:
    return growing_school(session)


def pen(there: GrowingSchool) -> PlanEditor:
    plan = open_plan(there.session, there.student, NOON)
    return PlanEditor(there.session, plan, there.student, vocabulary, NOON)


def without_talk(there: GrowingSchool) -> None:
    """Publish a version in which there is one skill less."""
    items = tuple(one for one in draft().items if one.guid != "talk")
    publish(there.session, None, there.school.tenant_id, draft(*items), 1, minutes(1))


def test_headings_are_no_choice_and_name_the_others(there: GrowingSchool) -> None:
    found = offer(there.session, there.school.tenant_id, None)
    assert [(one.words, one.group, one.part) for one in found.others] == [
        ("I make myself understood.", "Transferable skills", "transferable"),
        ("Solves problems", "Transferable skills", "transferable"),
    ]
    assert (found.used, found.has_more, bool(found)) == ((), False, True)


def test_another_district_has_its_own(there: GrowingSchool) -> None:
    other = make_school(there.session, "Cedar Flats", "https://lms.cedarflats.example")
    assert not offer(there.session, other.tenant_id, None)
    assert search(there.session, other.tenant_id, "solve") == ()
    with pytest.raises(NotFound):
        read_one(there.session, other.tenant_id, there.id_of("talk"))
    assert read_some(there.session, other.tenant_id, [there.id_of("talk")]) == []
    stranger = other.student()
    plan = open_plan(there.session, stranger, NOON)
    editor = PlanEditor(there.session, plan, stranger, vocabulary, NOON)
    with pytest.raises(BadInput) as caught:
        editor.add("goal", {"statement": "x", "proficiency_ids": [there.id_of("talk")]})
    assert caught.value.code == "field_unknown_item"


def test_many_are_found_and_not_shown(there: GrowingSchool) -> None:
    more = tuple(
        ItemDraft(f"k{one}", f"Knüpft Knoten {one}", "standard", scale=FOUR) for one in range(AT_ONCE)
    )
    publish(there.session, None, there.school.tenant_id, draft(*draft().items, *more), 1, minutes(1))
    goal = pen(there).add("goal", {"statement": "x", "proficiency_ids": [there.id_of("solve")]})
    found = offer(there.session, there.school.tenant_id, goal.plan_id)
    assert [one.words for one in found.used] == ["Solves problems"]
    assert (found.others, found.has_more) == ((), True)
    assert [one.words for one in search(there.session, there.school.tenant_id, "KNUPFT 39")] == [
        "Knüpft Knoten 39"
    ]
    assert search(there.session, there.school.tenant_id, "  ") == ()


def test_what_left_the_framework_stays_where_it_was(there: GrowingSchool) -> None:
    talk, solve = there.id_of("talk"), there.id_of("solve")
    editor = pen(there)
    goal = editor.add("goal", {"statement": "x", "proficiency_ids": [talk]})
    without_talk(there)
    editor.edit("goal", goal.id, 1, {"proficiency_ids": [talk, solve]})
    assert set(there.session.scalars(select(GoalProficiency.proficiency_id))) == {talk, solve}
    with pytest.raises(BadInput):
        editor.add("goal", {"statement": "y", "proficiency_ids": [talk]})
    found = offer(there.session, there.school.tenant_id, goal.plan_id)
    assert {one.id: one.is_present for one in found.used} == {talk: False, solve: True}


def test_a_withdrawn_framework_is_offered_to_nobody(there: GrowingSchool) -> None:
    there.tree.framework.withdrawn_at = NOON
    assert not offer(there.session, there.school.tenant_id, None)
    with pytest.raises(BadInput):
        pen(there).add("goal", {"statement": "x", "proficiency_ids": [there.id_of("talk")]})
    assert read_some(there.session, there.school.tenant_id, [there.id_of("talk")]) == []


def test_what_is_old_is_read_and_not_rated(there: GrowingSchool) -> None:
    there.rate("P", note="Clear")
    without_talk(there)
    tree = read_one(there.session, there.school.tenant_id, there.id_of("talk"))
    assert not tree.is_present
    shown = read_proficiency(
        there.session, there.school.tenant_id, there.student.person_id, there.id_of("talk")
    )
    assert [one.note for one in shown.ratings] == ["Clear"]
    with pytest.raises(NotFound):
        rate(
            there.session,
            there.teacher,
            there.work(),
            tree,
            RatingDraft(there.id_of("talk"), "P", NOON),
            minutes(2),
        )
    assert len(there.session.scalars(select(Rating)).all()) == 1


def test_where_a_student_stands(there: GrowingSchool) -> None:
    there.tree.framework.minimum_ratings = 3
    there.session.flush()
    plan = pen(there).add("goal", {"statement": "x", "proficiency_ids": [there.id_of("solve")]}).plan_id
    there.rate("P")
    there.rate("E", actor=there.student, at=minutes(1))
    found = read_standings(there.session, there.school.tenant_id, there.student.person_id, plan)
    talk, solve = found.lines
    assert (talk.level and talk.level.code, talk.ratings, talk.missing, talk.is_worked_on) == (
        "P",
        1,
        2,
        False,
    )
    assert (solve.level, solve.has_words, solve.is_worked_on) == (None, False, True)
    assert found.of("transferable", is_worked_on=True) == [solve]
    assert found.parts() == ["transferable"]
    nobody = read_standings(there.session, there.school.tenant_id, there.teacher.person_id, None)
    assert len(nobody) == 0


def test_each_rating_on_the_scale_of_its_time(there: GrowingSchool) -> None:
    there.rate("D", guide={"Gives reasons": "P"})
    mine = there.rate("B", minutes(1)).suggestion.used[-1].rating_id
    there.rate("E", minutes(1), replaces_id=mine)
    two = replace(FOUR, title="Two", levels=(FOUR.levels[0], FOUR.levels[2]))
    items = tuple(replace(one, scale=two, guide=()) if one.scale else one for one in draft().items)
    publish(there.session, None, there.school.tenant_id, draft(*items), 1, minutes(2))
    shown = read_proficiency(
        there.session, there.school.tenant_id, there.student.person_id, there.id_of("talk")
    )
    said = [(one.level and one.level.code, one.is_corrected, one.counts) for one in shown.ratings]
    assert said == [("E", False, True), ("B", True, False), ("D", False, True)]
    assert shown.ratings[-1].guide == {"Gives reasons": "Proficient"}


def test_evidence_that_a_rating_may_name(there: GrowingSchool) -> None:
    editor = pen(there)
    facts = {"medium": "text", "text": "I did", "proficiency_ids": [there.id_of("solve")]}
    other = editor.add("evidence", facts | {"title": "Other"})
    about = editor.add(
        "evidence", facts | {"title": "About it", "proficiency_ids": [there.id_of("talk")], "audience": "me"}
    )
    talk = there.id_of("talk")
    assert [one.id for one in pieces_for(there.session, other.plan_id, talk)] == [about.id, other.id]
    assert [one.id for one in pieces_for(there.session, other.plan_id, talk, {"team"})] == [other.id]


def test_a_mentor_sees_what_is_for_the_family(there: GrowingSchool) -> None:
    mentor = there.school.teacher(given="Rosa")
    work = replace(there.work(tie=Tie.MENTOR), audience="family")
    there.rate("P", actor=mentor, work=work)
    shown = read_proficiency(
        there.session, there.school.tenant_id, there.student.person_id, there.id_of("talk")
    )
    assert shown.ratings[0].role == "mentor"
    assert shown.people() == {mentor.person_id}
