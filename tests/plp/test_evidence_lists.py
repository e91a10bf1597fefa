"""Evidence on its own pages: lists, what a piece can be about, adding it once."""

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.database import table
from lti_plp.errors import BadInput, NotFound
from lti_plp.plp.evidence_lists import (
    PAGE,
    LinkIds,
    Wish,
    add_evidence,
    find_evidence,
    list_evidence,
    school_year,
    subjects,
)
from lti_plp.plp.models import Evidence, EvidenceLink, Goal, Plan
from lti_plp.plp.plans import PlanEditor, open_plan
from tests.factories import counted, minutes
from tests.plp.planning import Planning, vocabulary

FIRST_DAY = date(2026, 1, 1)


@pytest.fixture
def planning(session: Session) -> Planning:
    return Planning(session)


def someone_elses(planning: Planning) -> PlanEditor:
    """Another student at her plan."""
    other = planning.school.student()
    plan = open_plan(planning.session, other, minutes(0))
    return PlanEditor(planning.session, plan, other, vocabulary, minutes(1))


def fill(planning: Planning, count: int, goal_id: int) -> None:
    """Put that many pieces straight into the tables, two for each day."""
    moment = minutes(1)
    facts = {"plan_id": planning.plan.id, "audience": "team", "created_at": moment, "changed_at": moment}
    planning.session.execute(
        insert(table(Evidence)),
        [
            {
                **facts,
                "version": 1,
                "medium": "text",
                "text": f"Piece {number}",
                "title": f"Piece {number}",
                "captured_on": FIRST_DAY + timedelta(days=number // 2),
                "origin": "in_school" if number % 3 else "out_of_school",
                "url": "",
                "reason": "",
                "alternative": "",
                "kind": "",
            }
            for number in range(count)
        ],
    )
    ids = planning.session.scalars(select(Evidence.id).where(Evidence.plan_id == planning.plan.id)).all()
    planning.session.execute(
        insert(table(EvidenceLink)), [{"evidence_id": one, "goal_id": goal_id} for one in ids]
    )
    planning.session.commit()


class TestList:
    def test_newest_first_over_all_pages_and_each_once(self, planning: Planning) -> None:
        fill(planning, 2 * PAGE + 5, planning.goal().id)
        seen: list[tuple[date, int]] = []
        older, pages = "", 0
        while True:
            found = list_evidence(planning.session, planning.plan.id, Wish(), older)
            seen += [(one.captured_on, one.id) for one in found.cards]
            older, pages = found.older, pages + 1
            if not older:
                break
        assert pages == 3
        assert len(seen) == 2 * PAGE + 5
        assert seen == sorted(set(seen), reverse=True)

    def test_a_full_last_page_leads_nowhere(self, planning: Planning) -> None:
        fill(planning, PAGE, planning.goal().id)
        found = list_evidence(planning.session, planning.plan.id, Wish())
        assert (len(found.cards), found.older) == (PAGE, "")

    @pytest.mark.parametrize(
        "place",
        ["", "x", "2026-01-05", "2026-01-05.", "2026-13-01.4", "2026-01-05.٣", f"2026-01-05.{'9' * 30}"],
    )
    def test_a_place_without_sense_is_the_beginning(self, planning: Planning, place: str) -> None:
        fill(planning, 3, planning.goal().id)
        assert len(list_evidence(planning.session, planning.plan.id, Wish(), place).cards) == 3

    def test_only_what_is_wished_for(self, planning: Planning) -> None:
        goal, other = planning.goal(), planning.goal(statement="Swim")
        step = planning.step(goal)
        direct = planning.evidence(goal, origin="out_of_school")
        through_step = planning.editor().add("evidence", {"text": "Timed", "step_ids": [step.id]})
        link = planning.evidence(other, medium="link", url="https://example.org/swim")
        gone = planning.evidence(goal)
        planning.editor().remove("evidence", gone.id)

        def ids(**wish: Any) -> set[int]:
            found = list_evidence(planning.session, planning.plan.id, Wish(**wish))
            return {one.id for one in found.cards}

        assert ids(goal_id=goal.id) == {direct.id, through_step.id}
        assert ids(medium="link") == {link.id}
        assert ids(origin="out_of_school") == {direct.id}
        assert ids(goal_id=other.id, medium="text") == set()
        assert ids() == {direct.id, through_step.id, link.id}

    @pytest.mark.parametrize("count", [10, 1000])
    def test_one_statement_that_brings_what_is_shown(
        self, planning: Planning, engine: Engine, count: int
    ) -> None:
        goal = planning.goal()
        fill(planning, count, goal.id)
        for wish in (Wish(), Wish(goal_id=goal.id, medium="text", origin="in_school")):
            with counted(engine) as seen:
                found = list_evidence(planning.session, planning.plan.id, wish, "2099-01-01.1")
            assert len(seen) == 1
            assert " LIMIT " in seen[0]
            assert 0 < len(found.cards) <= PAGE


@pytest.mark.parametrize(
    ("day", "year"), [(date(2026, 6, 30), 2025), (date(2026, 7, 1), 2026), (date(2026, 12, 31), 2026)]
)
def test_school_year(day: date, year: int) -> None:
    assert school_year(day) == year


class TestSubjects:
    def test_what_is_worked_on_and_what_is_chosen(self, planning: Planning) -> None:
        goal = planning.goal()
        far = planning.goal(statement="Run a marathon", horizon="long")
        gone = planning.goal(statement="Dance")
        step, gone_step = planning.step(goal), planning.step(gone)
        entry = planning.editor().add("entry", {"kind": "strength", "text": "I do not give up"})
        planning.editor().remove("goal", gone.id)
        offered = subjects(planning.session, planning.plan.id, planning.student.person_id, LinkIds())
        assert [one.id for one in offered.goals] == [goal.id, far.id]
        assert [one.id for one in offered.steps] == [step.id]
        assert [(one.id, one.text) for one in offered.entries] == [(entry.id, "I do not give up")]
        chosen = LinkIds(frozenset({gone.id, 999_999}), frozenset({gone_step.id}), frozenset({entry.id}))
        offered = subjects(planning.session, planning.plan.id, planning.student.person_id, chosen)
        assert [(one.id, one.is_removed) for one in offered.goals if one.is_removed] == [(gone.id, True)]
        assert gone_step.id in [one.id for one in offered.steps]
        assert offered.among(chosen) == LinkIds(entry_ids=frozenset({entry.id}))

    def test_nothing_of_other_plans(self, planning: Planning) -> None:
        theirs = someone_elses(planning).add("goal", {"statement": "Not for you"})
        chosen = LinkIds(goal_ids=frozenset({theirs.id}))
        offered = subjects(planning.session, planning.plan.id, planning.student.person_id, chosen)
        assert not offered.goals

    def test_without_a_plan(self, planning: Planning) -> None:
        offered = subjects(planning.session, None, planning.student.person_id, LinkIds(frozenset({1})))
        assert (offered.goals, offered.steps, offered.entries, offered.reflections) == ((), (), (), ())


class TestFind:
    def test_with_everything_that_it_is_about(self, planning: Planning) -> None:
        goal = planning.goal()
        step = planning.step(goal)
        made = planning.evidence(goal, step_ids=[step.id])
        found, links = find_evidence(planning.session, planning.plan.id, made.id)
        assert found.id == made.id
        assert links == LinkIds(frozenset({goal.id}), frozenset({step.id}))

    def test_of_another_plan(self, planning: Planning) -> None:
        editor = someone_elses(planning)
        goal = editor.add("goal", {"statement": "Sing"})
        made = editor.add("evidence", {"text": "A song", "goal_ids": [goal.id]})
        with pytest.raises(NotFound):
            find_evidence(planning.session, planning.plan.id, made.id)


class TestAddingOnce:
    def values(self, *goals: Any, **more: Any) -> dict[str, Any]:
        ids = [one.id for one in goals]
        return {"medium": "text", "text": "I ran 3 km", "goal_ids": ids, **more}

    def test_the_very_same_within_the_hour_is_one(self, planning: Planning) -> None:
        goal = planning.goal()
        first = add_evidence(planning.editor(10), self.values(goal))
        again = add_evidence(planning.editor(60), self.values(goal))
        assert again.id == first.id
        assert add_evidence(planning.editor(75), self.values(goal)).id != first.id

    @pytest.mark.parametrize(
        "change", [{"text": "I ran 4 km"}, {"reason": "Farther"}, {"origin": "out_of_school"}]
    )
    def test_anything_else_is_another(self, planning: Planning, change: dict[str, str]) -> None:
        goal = planning.goal()
        first = add_evidence(planning.editor(10), self.values(goal))
        assert add_evidence(planning.editor(10), self.values(goal, **change)).id != first.id

    def test_what_was_removed_can_be_added_anew(self, planning: Planning) -> None:
        goal = planning.goal()
        first = add_evidence(planning.editor(10), self.values(goal))
        planning.editor(11).remove("evidence", first.id)
        assert add_evidence(planning.editor(12), self.values(goal)).id != first.id

    def test_edited_in_between_it_is_still_the_one_that_was_sent(self, planning: Planning) -> None:
        goal = planning.goal()
        first = add_evidence(planning.editor(10), self.values(goal))
        planning.editor(11).edit("evidence", first.id, 1, {"text": "I ran 3.2 km"})
        assert add_evidence(planning.editor(12), self.values(goal)).id == first.id

    def test_a_goal_named_with_it(self, planning: Planning) -> None:
        first = add_evidence(planning.editor(10), self.values(), "  Run 5 km ")
        _, links = find_evidence(planning.session, planning.plan.id, first.id)
        (goal_id,) = links.goal_ids
        goal = planning.session.get_one(Goal, goal_id)
        assert (goal.statement, goal.state) == ("Run 5 km", "draft")
        assert add_evidence(planning.editor(11), self.values(), "Run 5 km").id == first.id
        other = add_evidence(planning.editor(12), self.values(reason="Farther"), "Run 5 km")
        assert find_evidence(planning.session, planning.plan.id, other.id)[1].goal_ids == {goal_id}

    def test_about_nothing(self, planning: Planning) -> None:
        with pytest.raises(BadInput) as problem:
            add_evidence(planning.editor(10), self.values(), "   ")
        assert problem.value.details == {"field": "goal_ids"}

    def test_sent_by_two_pages_at_once(self, planning: Planning, sessions: sessionmaker[Session]) -> None:
        goal_id, plan_id = planning.goal().id, planning.plan.id
        planning.session.commit()
        start, ids = threading.Barrier(4), []

        def send() -> None:
            with sessions() as session:
                start.wait()
                plan = session.get_one(Plan, plan_id)
                editor = PlanEditor(session, plan, planning.student, vocabulary, minutes(10))
                made = add_evidence(editor, {"text": "I ran 3 km", "goal_ids": [goal_id]}, "Swim")
                session.commit()
                ids.append(made.id)

        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(ids) == 4
        assert len(set(ids)) == 1
        with sessions() as session:
            assert session.scalar(select(func.count()).select_from(Evidence)) == 1
            assert session.scalar(select(func.count()).select_from(Goal)) == 2
