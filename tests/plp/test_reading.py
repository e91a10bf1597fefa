"""The plan's first page: what is on it, and that a long history costs no more statements; on both databases."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.database import table
from lti_plp.plp.conversation import ask_for_help, close_help, comment, settle_comment, suggest
from lti_plp.plp.cycle import next_thing
from lti_plp.plp.evidence import validate_evidence
from lti_plp.plp.goals import Progress
from lti_plp.plp.models import Evidence, EvidenceLink, Goal, Plan
from lti_plp.plp.plans import PlanEditor, open_plan
from lti_plp.plp.reading import RECENT, PlanPage, newest_evidence, page_of
from lti_plp.plp.reflections import save_answer, submit
from lti_plp.plp.revisions import ReviewDraft, begin_revision, finish_revision, review_goal
from lti_plp.prepared import ask
from tests.factories import counted, minutes
from tests.plp.planning import Planning, vocabulary

STATEMENTS = 6


@pytest.fixture
def here(session: Session) -> Planning:
    return Planning(session)


def read(session: Session, plan: Plan) -> PlanPage:
    found = ask(session, page_of(plan.tenant_id, plan.person_id))
    assert found is not None
    return found


def page(here: Planning) -> PlanPage:
    return read(here.session, here.plan)


def test_as_many_statements_for_ten_as_for_a_thousand_pieces_of_evidence(
    here: Planning, sessions: sessionmaker[Session], engine: Engine
) -> None:
    goal = here.goal()
    for number in range(3):
        here.step(goal, at=2 + number)
    first = here.evidence(goal, captured_on="2026-01-01")
    here.session.commit()
    for count in (10, 1000):
        with sessions.begin() as session:
            _fill(session, first, goal, count)
        with sessions() as session, counted(engine) as statements:
            shown = read(session, here.plan)
        assert len(statements) == STATEMENTS
        assert shown.plan.evidence == count
        assert (len(shown.evidence), shown.goals[0].has_evidence) == (RECENT, True)


def _fill(session: Session, like: Evidence, goal: Goal, count: int) -> None:
    """Bring a goal's evidence to ``count`` pieces, a day apart; the numbers of rows are what is tried here."""
    there = table(Evidence)
    names = [one.name for one in there.c if one.name not in {"id", "captured_on"}]
    known = int(session.query(Evidence).count())
    rows = [
        {
            **{name: getattr(like, name) for name in names},
            "captured_on": like.captured_on + timedelta(days=number),
        }
        for number in range(known, count)
    ]
    ids = session.scalars(insert(there).returning(there.c.id), rows).all()
    session.execute(insert(table(EvidenceLink)), [{"evidence_id": one, "goal_id": goal.id} for one in ids])


def test_an_empty_plan_is_a_page_too(here: Planning) -> None:
    read = page(here)
    assert (read.entries, read.goals, read.steps, read.evidence) == ((), (), (), ())
    assert (read.plan.revision, read.plan.grade, read.plan.evidence) == (0, None, 0)
    assert read.plan.first_developed_at == minutes(0)
    assert next_thing(read.facts(date(2026, 9, 14))).code == "begin_profile"


def test_cards_of_goals_and_steps(here: Planning) -> None:
    ten = here.goal(horizon="long", years_ahead=10, statement="Be a nurse", position=9)
    five = here.goal(horizon="long", years_ahead=5, statement="Study", parent_id=ten.id)
    second = here.goal(statement="Second", position=2, parent_id=five.id)
    first = here.goal(statement="First", position=1, area="personal", target_on="2026-12-01")
    late = here.step(first, second, text="Late", due_on="2026-11-01")
    here.step(first, text="Without a day")
    soon = here.step(first, text="Soon", due_on="2026-10-01", obstacle="Rain", then_plan="I swim")
    here.editor(2).edit("step", soon.id, 1, {"state": "done"})
    ask_for_help(here.editor(3), "stuck", ("step", late.id))
    ask_for_help(here.editor(3), "ready", ("goal", first.id))
    close_help(here.editor(3), ask_for_help(here.editor(3), "meeting", ("goal", first.id)).id)
    read = page(here)
    assert [one.statement for one in read.goals] == ["Be a nurse", "Study", "First", "Second"]
    assert [one.text for one in read.steps] == ["Soon", "Late", "Without a day"]
    assert [one.statement for one in read.long_goals()] == ["Be a nurse", "Study"]
    card = read.short_goals()[0]
    assert (card.area, card.target_on, card.parent_id) == ("personal", date(2026, 12, 1), None)
    assert [one.text for one in card.steps] == ["Soon", "Late", "Without a day"]
    assert card.progress == Progress("begun", 33, "steps", 1, 3)
    assert card.calls == {"ready"}
    assert read.steps[1].goal_ids == (second.id, first.id)
    assert read.steps[1].calls == {"stuck"}
    assert read.steps[0].then_plan == "I swim"
    assert [one.text for one in read.short_goals()[1].steps] == ["Late"]


def test_progress_is_the_newest_word_that_somebody_said(here: Planning) -> None:
    goal = here.goal()
    said = {"goal_id": goal.id, "occurred_at": "2026-09-14T12:00:00+00:00"}
    for word in ("nearly_there", "on_the_way", ""):
        here.editor(2).add("achievement", {**said, "progress": word})
    assert page(here).goals[0].progress == Progress("on_the_way", 50, "said", 0, 0)


def test_evidence_newest_first_with_the_beginning_of_its_text(here: Planning) -> None:
    goal = here.goal()
    step = here.step(goal)
    for day in (3, 9, 1, 9, 5, 6, 7, 8):
        here.evidence(captured_on=f"2026-09-0{day}", title=f"Day {day}", step_ids=[step.id], text="x" * 1000)
    here.evidence(goal, captured_on="2026-09-02", step_ids=[step.id])
    read = page(here)
    assert [one.captured_on.day for one in read.evidence] == [9, 9, 8, 7, 6, 5]
    assert read.evidence[0].id > read.evidence[1].id
    assert {len(one.text) for one in read.evidence} == {400}
    # Through its step or straight: each counts once.
    assert (read.goals[0].has_evidence, read.plan.evidence) == (True, 9)
    validate_evidence(here.session, here.teacher, here.work(), read.evidence[0].id, minutes(9))
    assert [one.validated_at for one in page(here).evidence[:2]] == [minutes(9), None]


def test_what_is_removed_is_not_shown(here: Planning) -> None:
    entry = here.editor().add("entry", {"kind": "strength", "text": "I keep at it"})
    gone, stays = here.goal(statement="Gone"), here.goal(statement="Stays")
    here.step(gone, text="Gone with it")
    here.step(gone, stays, text="Stays too")
    away = here.step(stays, text="Removed by itself")
    shown = here.evidence(stays, text="Gone")
    here.evidence(gone, text="Stays", reason="Why")
    editor = here.editor(5)
    for kind, item in (("entry", entry), ("goal", gone), ("step", away), ("evidence", shown)):
        editor.remove(kind, item.id)
    read = page(here)
    assert read.entries == ()
    assert [one.statement for one in read.goals] == ["Stays"]
    assert [(one.text, one.goal_ids) for one in read.steps] == [("Stays too", (stays.id,))]
    assert [one.text for one in read.goals[0].steps] == ["Stays too"]
    assert [one.text for one in read.evidence] == ["Stays"]
    assert (read.goals[0].has_evidence, read.plan.evidence, read.plan.without_reason) == (False, 1, None)
    assert [row.text for row in here.session.execute(newest_evidence(here.plan.id))] == ["Stays"]


def test_what_is_counted_of_the_plan(here: Planning, session: Session) -> None:
    goal = here.goal()
    older, newer = here.evidence(goal), here.evidence(goal)
    here.evidence(goal, reason="It is my best run")
    where: Any = ("goal", goal.id)
    made = [
        suggest(session, here.plan, here.teacher, here.work(), where, {}, "x", vocabulary, minutes(2))
        for _ in range(2)
    ]
    made[0].state, made[0].answered_at = "declined", minutes(3)
    said = [
        comment(session, here.plan, actor, here.work(), where, "x", minutes(2))
        for actor in (here.teacher, here.teacher, here.student)
    ]
    settle_comment(here.editor(4), said[0].id)
    link = here.school.link(here.school.template(here.teacher))
    save_answer(session, here.student, link, "q1", "It went well", 0, minutes(4))
    assert page(here).plan.reflected_at is None
    submit(session, here.student, link, minutes(5))
    revision = begin_revision(here.editor(6))
    card = page(here).plan
    assert (card.suggestions, card.comments, card.evidence) == (1, 1, 3)
    assert (card.without_reason, card.open_revision, card.reflected_at) == (newer.id, revision.id, minutes(5))
    assert older.id != newer.id
    finish_revision(here.editor(7))
    card = page(here).plan
    assert (card.open_revision, card.revision, card.formally_updated_at) == (None, 1, minutes(7))


def test_another_students_plan_is_another_page(here: Planning, session: Session) -> None:
    here.evidence(here.goal())
    other = here.school.student()
    plan = open_plan(session, other, minutes(1))
    PlanEditor(session, plan, other, vocabulary, minutes(1)).add("goal", {"statement": "Sing"})
    shown = read(session, plan)
    assert [one.statement for one in shown.goals] == ["Sing"]
    assert (shown.plan.person_id, shown.evidence, shown.plan.evidence) == (other.person_id, (), 0)


def test_where_the_plan_is_in_the_cycle(here: Planning) -> None:
    today = date(2026, 9, 14)
    for number in range(3):
        here.editor(number + 1).add("entry", {"kind": "strength", "text": f"Strength {number}"})
    goal, closed = here.goal(target_on="2026-12-01"), here.goal()
    step = here.step(goal, due_on="2026-09-20")
    here.step(closed, due_on="2026-09-01")
    draft = ReviewDraft("remove", "changed_interest", "I swim now", steps_stay=True, not_met=True)
    review_goal(here.editor(8), closed.id, closed.version, draft)
    facts = page(here).facts(today)
    assert (facts.entries, facts.long_goals, facts.is_revising) == (3, 0, True)
    assert facts.profile_changed_on == today
    assert [(one.id, one.steps, one.target_on) for one in facts.goals] == [
        (goal.id, ("planned",), date(2026, 12, 1))
    ]
    # A step towards a goal that is closed is late for nothing.
    assert [one.id for one in facts.open_steps] == [step.id]
    assert next_thing(facts).code == "do_step"
    ask_for_help(here.editor(9), "stuck", ("step", step.id))
    assert [one.is_stuck for one in page(here).facts(today).open_steps] == [True]
    review_goal(here.editor(10), goal.id, goal.version, ReviewDraft("continue", "reflection", "It goes well"))
    assert page(here).facts(today).goals[0].reviewed_on == today
