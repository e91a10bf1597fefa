"""A student's way along a pathway: every move of the table and no other, what is taken; on both databases."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotAllowed, NotFound, PlpError
from lti_plp.plp.actor import Role
from lti_plp.plp.catalogue import change_pathway, withdraw_pathway
from lti_plp.plp.history import verify
from lti_plp.plp.history_reading import read_history
from lti_plp.plp.items import PATHWAY_STATES, plan_state
from lti_plp.plp.models import ActionStep, PathwayParticipation, PlanChange, PlanRevision
from lti_plp.plp.participation import (
    MOVES,
    Decision,
    Taking,
    decide_pathway,
    design_pathway,
    move_pathway,
    read_pathway,
    read_pathways,
    take_pathway,
    waiting,
)
from lti_plp.plp.revisions import begin_revision, finish_revision
from lti_plp.plp.standing import Standing
from lti_plp.plp.telling import told
from tests.factories import NOON, minutes
from tests.plp.pathways import WAYS, District
from tests.plp.planning import vocabulary


@pytest.fixture
def here(session: Session) -> District:
    return District(session)


# The table.


@pytest.mark.parametrize("state", PATHWAY_STATES)
def test_every_move_of_the_table_and_no_other(here: District, session: Session, state: str) -> None:
    """Every state x every state x student and school."""
    for to, who in product(PATHWAY_STATES, ("student", "school")):
        item = here.in_state(state)
        before = here.plan.changes
        move = here.move if who == "student" else here.decide
        if MOVES.get((state, to)) == who:
            move(item, to, 8)
            assert (item.state, here.plan.changes) == (to, before + 1)
            continue
        if to == state and who == "student":
            # What is there already needs no move: a second click does no harm.
            move(item, to, 8)
        else:
            with pytest.raises(PlpError) as problem:
                move(item, to, 8)
            assert (problem.value.code, problem.value.status) == ("pathway_move", 409)
            assert problem.value.details == {"from": state, "to": to}
        assert (item.state, here.plan.changes) == (state, before)
    session.commit()
    assert verify(session, here.plan.id) == []


def test_every_state_is_reached() -> None:
    assert {to for _, to in MOVES} == set(PATHWAY_STATES)
    assert set(WAYS) == set(PATHWAY_STATES)


def test_the_school_s_word_stands_in_the_history_as_its_deed(here: District, session: Session) -> None:
    item = here.in_state("proposed")
    here.decide(item, "approved", answer="Yes, with Mr. Oyelaran")
    newest = session.scalars(select(PlanChange).order_by(PlanChange.number.desc()).limit(1)).one()
    assert (newest.actor_id, newest.acting_role) == (here.teacher.person_id, "teacher")
    assert newest.fields == {
        "state": ["proposed", "approved"],
        "answer": ["", "Yes, with Mr. Oyelaran"],
        "decided_by": [None, here.teacher.person_id],
    }


def test_words_that_the_school_owes(here: District) -> None:
    item = here.in_state("proposed")
    with pytest.raises(BadInput) as problem:
        here.decide(item, "declined", answer=" ")
    assert (problem.value.code, problem.value.details["field"]) == ("field_missing", "answer")
    done = here.in_state("completed")
    with pytest.raises(BadInput) as problem:
        here.decide(done, "validated", credit="")
    assert (problem.value.code, problem.value.details["field"]) == ("field_missing", "credit")
    here.decide(done, "validated", credit="One credit in woodwork")
    assert (done.state, done.credit) == ("validated", "One credit in woodwork")


def test_nobody_agrees_to_what_changed_unseen(here: District) -> None:
    item = here.in_state("proposed")
    seen = item.version
    here.editor(5).edit("pathway", item.id, seen, {"learn": "How to sail it round the world"})
    with pytest.raises(PlpError) as problem:
        here.decide(item, "approved", version=seen)
    assert (problem.value.code, item.state) == ("pathway_changed", "proposed")


def test_who_may_not_decide(here: District) -> None:
    item = here.in_state("proposed")
    decision = Decision("approved", item.version, "Yes")
    substitute = replace(here.work(), standing=frozenset({Standing.SUBSTITUTE}))
    family = replace(here.work("family"), standing=frozenset({Standing.FAMILY}))
    elsewhere = replace(here.teacher, tenant_id=here.teacher.tenant_id + 1)
    parent = here.school.person(Role.MENTOR)
    for actor, work in (
        (here.student, here.work()),
        (here.school.student(), here.work()),
        (here.teacher, here.work(taught=False)),
        (here.teacher, substitute),
        (parent, family),
        (here.administrator, here.work()),
        (elsewhere, here.work()),
        (here.school.person(Role.INSTRUCTOR, is_test=True), here.work()),
    ):
        with pytest.raises(NotAllowed):
            decide_pathway(here.session, actor, work, item.id, decision, minutes(5))
    assert (item.state, item.decided_by) == ("proposed", None)


def test_what_she_keeps_to_herself_nobody_decides_and_proposing_lets_the_school_see_it(
    here: District,
) -> None:
    item = here.design(audience="me")
    here.move(item, "proposed")
    assert item.audience == "team"
    here.editor(4).edit("pathway", item.id, item.version, {"audience": "me"})
    with pytest.raises(NotAllowed):
        # What the caller believes of the audience is of no account.
        decide_pathway(
            here.session,
            here.teacher,
            here.work("public"),
            item.id,
            Decision("approved", item.version),
            minutes(5),
        )


def test_of_another_plan_it_is_not_here(here: District) -> None:
    item = here.in_state("proposed")
    work = replace(here.work(), owner_id=here.school.student().person_id)
    for item_id in (item.id, 10**6):
        with pytest.raises(NotFound):
            decide_pathway(here.session, here.teacher, work, item_id, Decision("approved", 2), minutes(5))
    with pytest.raises(NotFound):
        move_pathway(here.editor(), 10**6, "proposed")


@pytest.mark.parametrize("name", ["state", "answer", "credit", "decided_by", "pathway_id", "pathway_version"])
def test_no_page_sends_what_the_engine_settles(here: District, name: str) -> None:
    item = here.design()
    for act in (
        lambda: here.editor().edit("pathway", item.id, 1, {name: "approved"}),
        lambda: here.editor().add("pathway", {"title": "X", name: 1}),
    ):
        with pytest.raises(NotFound) as problem:
            act()
        assert problem.value.code == "field_unknown"


# In the plan, always (requirement L1).


def test_it_cannot_be_outside_a_plan(here: District, session: Session) -> None:
    session.add(
        PathwayParticipation(audience="team", title="Nowhere", created_at=NOON, changed_at=NOON, version=1)
    )
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


@pytest.mark.parametrize("state", PATHWAY_STATES)
def test_what_she_takes_part_in_stays_in_the_plan(here: District, state: str) -> None:
    item = here.in_state(state)
    if state in {"approved", "under_way", "completed", "validated"}:
        with pytest.raises(PlpError) as problem:
            here.editor(9).remove("pathway", item.id)
        assert (problem.value.code, problem.value.status) == ("pathway_taken_part", 409)
        assert item.removed_at is None
    else:
        here.editor(9).remove("pathway", item.id)
        assert item.removed_at is not None
        with pytest.raises(PlpError) as problem:
            here.move(item, "proposed", at=10)
        assert problem.value.code in {"item_removed", "pathway_move"}
        here.editor(11).restore("pathway", item.id)
        assert item.state == state
        assert item.removed_at is None


def test_it_is_in_versions_histories_and_what_is_told(here: District, session: Session) -> None:
    item = here.in_state("approved")
    begin_revision(here.editor(19))
    finish_revision(here.editor(20), "With the boat")
    session.commit()
    revision = session.scalars(select(PlanRevision)).one()
    assert revision.snapshot
    assert revision.snapshot["items"]["pathway"][str(item.id)]["state"] == "approved"
    line = read_history(session, here.plan.id, item=("pathway", item.id)).lines[0]
    assert (line.item.title, line.entry.fields["state"]) == ("Build a boat", ["proposed", "approved"])
    state = plan_state(session, here.plan.id)
    assert [one.fields["title"] for one in told(state, {}, "team").pathways] == ["Build a boat"]
    assert told(state, {}, "family").pathways == ()
    assert verify(session, here.plan.id) == []


# From the catalogue.


def test_what_it_needs_first_becomes_steps_of_a_goal(here: District, session: Session) -> None:
    """Requirement E8: on the way from grade 7."""
    goal = here.goal(kind="postsecondary", horizon="long", years_ahead=5)
    entry = here.entry()
    item = take_pathway(here.editor(5), entry.id, Taking(goal_id=goal.id))
    assert (item.title, item.kind, item.state) == (entry.title, "dual_enrollment", "idea")
    assert (item.pathway_id, item.pathway_version, item.goal_id) == (entry.id, 1, goal.id)
    page = read_pathway(session, here.plan.id, item.id, minutes(6))
    assert [(one.text, one.kind) for one in page.steps] == [
        ("Finish English 10", "course"),
        ("Talk to the counselor before March", "prerequisite"),
    ]
    causes = session.scalars(select(PlanChange.cause).where(PlanChange.item_kind == "step")).all()
    assert causes == [f"pathway:{item.id}"] * 2
    lines = read_history(session, here.plan.id).lines
    assert [one.cause.kind for one in lines if one.cause] == ["pathway", "pathway"]
    session.commit()
    assert verify(session, here.plan.id) == []


def test_a_goal_can_be_made_for_it_and_steps_left_out(here: District, session: Session) -> None:
    item = take_pathway(
        here.editor(5), here.entry().id, Taking(new_goal="Write like a college student", steps=(1,))
    )
    (step,) = session.scalars(select(ActionStep)).all()
    assert step.text == "Talk to the counselor before March"
    assert item.goal_id is None, "it is no goal for after school"


def test_without_steps_it_needs_no_goal(here: District) -> None:
    entry = here.entry()
    with pytest.raises(BadInput) as problem:
        take_pathway(here.editor(5), entry.id, Taking())
    assert (problem.value.code, problem.value.details["field"]) == ("field_missing", "goal_id")
    assert take_pathway(here.editor(5), entry.id, Taking(steps=())).state == "idea"


def test_two_clicks_take_it_once(here: District, session: Session) -> None:
    entry, goal = here.entry(), here.goal()
    first = take_pathway(here.editor(5), entry.id, Taking(goal_id=goal.id))
    assert take_pathway(here.editor(6), entry.id, Taking(goal_id=goal.id)).id == first.id
    assert len(session.scalars(select(ActionStep)).all()) == 2
    here.move(first, "withdrawn")
    assert take_pathway(here.editor(7), entry.id, Taking(steps=())).id != first.id


def test_a_goal_that_is_gone_or_of_somebody_else(here: District, session: Session) -> None:
    entry, goal = here.entry(), here.goal()
    here.editor(2).remove("goal", goal.id)
    with pytest.raises(BadInput):
        take_pathway(here.editor(5), entry.id, Taking(goal_id=goal.id))
    with pytest.raises(NotFound):
        take_pathway(here.editor(5), entry.id, Taking(goal_id=10**6))
    session.rollback()
    assert read_pathways(session, here.plan.id) == []


def test_what_was_taken_keeps_its_version_and_says_so(here: District, session: Session) -> None:
    entry = here.entry()
    item = take_pathway(here.editor(5), entry.id, Taking(steps=()))

    def shown(days: float = 0) -> Any:
        page = read_pathway(session, here.plan.id, item.id, NOON + timedelta(days=days))
        assert page.entry
        return page.entry

    assert (shown().is_changed, shown().is_withdrawn) == (False, False)
    change_pathway(session, here.administrator, entry.id, 1, {"readiness": "Two A's"}, vocabulary, minutes(6))
    assert (shown().number, shown().is_changed) == (1, True)
    assert shown().fields["readiness"] == "You can plan your own week."
    withdraw_pathway(session, here.administrator, entry.id, NOON.date(), vocabulary, minutes(7))
    assert (shown().is_withdrawn, shown(1).is_withdrawn) == (False, True)


def test_what_is_not_offered_any_more_cannot_be_taken(here: District) -> None:
    entry = here.entry(valid_to="2026-09-14")
    with pytest.raises(PlpError) as problem:
        take_pathway(here.editor(NOON + timedelta(days=1)), entry.id, Taking(steps=()))
    assert (problem.value.code, problem.value.status) == ("pathway_withdrawn", 409)


def test_of_one_s_own_design(here: District) -> None:
    """Requirement L6; partners and how it meets what the school expects are L7 and L5."""
    item = here.design(
        expectation="It shows problem solving: I plan, try and mend.",
        place="At the old boatyard",
        partners=[{"name": "Oskar Lund", "role": "teacher", "how": "shows me how to plank"}],
    )
    assert (item.kind, item.pathway_id, item.state) == ("own_design", None, "idea")
    assert item.partners[0]["name"] == "Oskar Lund"
    with pytest.raises(BadInput):
        design_pathway(here.editor(), {"title": "  "})


def test_what_is_proposed_says_what_is_learned(here: District) -> None:
    item = here.design(learn="")
    with pytest.raises(BadInput) as problem:
        here.move(item, "proposed")
    assert (problem.value.details["field"], item.state) == ("learn", "idea")


def test_it_ends_after_it_began(here: District) -> None:
    with pytest.raises(BadInput) as problem:
        here.design(starts_on="2026-10-02", ends_on="2026-10-01")
    assert problem.value.details["field"] == "ends_on"


def test_what_changed_after_the_school_agreed_is_said(here: District, session: Session) -> None:
    item = here.in_state("under_way")
    here.editor(6).edit("pathway", item.id, item.version, {"place": "At home", "why": "It rains"})
    assert read_pathway(session, here.plan.id, item.id, minutes(7)).changed_since == ("place",)


# What waits.


def test_what_waits_for_the_school_longest_first(here: District, session: Session) -> None:
    items = {state: here.in_state(state) for state in PATHWAY_STATES}
    hidden = here.in_state("proposed")
    here.editor(9).edit("pathway", hidden.id, hidden.version, {"audience": "me"})
    found = waiting(session, here.plan.tenant_id, [here.student.person_id])
    assert {one.item.id for one in found} == {items["proposed"].id, items["completed"].id}
    assert [one.item.changed_at for one in found] == sorted(one.item.changed_at for one in found)
    assert waiting(session, here.plan.tenant_id, [here.teacher.person_id]) == []
    assert waiting(session, here.plan.tenant_id, []) == []
    assert waiting(session, here.plan.tenant_id + 1, [here.student.person_id]) == []
