"""A plan's history as people read it, on both databases."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from lti_plp.errors import NotFound, PlpError
from lti_plp.lms.naming import names_of_people, titles_of_courses
from lti_plp.plp.conversation import accept, suggest
from lti_plp.plp.history import verify
from lti_plp.plp.history_reading import HistoryPage, Line, item_in, read_history
from lti_plp.plp.kept_revisions import read_revision
from lti_plp.plp.kept_words import take_kept
from lti_plp.plp.plans import PlanEditor, open_plan
from lti_plp.plp.revisions import ReviewDraft, finish_revision, review_goal
from tests.factories import counted, make_school, minutes
from tests.plp.planning import Planning, vocabulary


@pytest.fixture
def here(session: Session) -> Planning:
    return Planning(session)


def page(here: Planning, **options: Any) -> HistoryPage:
    return read_history(here.session, here.plan.id, **options)


def newest(here: Planning, **options: Any) -> Line:
    return page(here, **options).lines[0]


def words(line: Line, name: str) -> list[tuple[str, Any]]:
    (change,) = [one for one in line.changes if one.name == name]
    return [(piece.change, piece.value) for piece in change.pieces]


class TestLines:
    def test_who_what_and_the_words(self, here: Planning) -> None:
        goal = here.goal()
        here.editor(60).edit("goal", goal.id, 1, {"statement": "Run 10 km without a break"})
        line = newest(here)
        assert (line.entry.action, line.entry.actor_id) == ("edit", here.student.person_id)
        assert words(line, "statement") == [
            ("same", "Run "),
            ("out", "5"),
            ("in", "10"),
            ("same", " km without a break"),
        ]
        assert line.item.title == "Run 10 km without a break"
        assert line.cause is None

    def test_what_people_never_see_is_not_told(self, here: Planning) -> None:
        goal = here.goal()
        here.editor(60).edit("goal", goal.id, 1, {"position": 4})
        assert newest(here).changes == ()

    def test_things_that_fields_name_have_words(self, here: Planning) -> None:
        far, near = here.goal(statement="Run a marathon", horizon="long"), here.goal(at=2)
        here.editor(60).edit("goal", near.id, 1, {"parent_id": far.id})
        shown = page(here)
        assert words(shown.lines[0], "parent_id") == [("in", far.id)]
        assert shown.titles[f"goal:{far.id}"] == "Run a marathon"

    def test_an_idea_of_somebody_else(self, here: Planning) -> None:
        goal = here.goal()
        idea = suggest(
            here.session,
            here.plan,
            here.teacher,
            here.work(),
            ("goal", goal.id),
            {"measure": "I can talk while I run"},
            "How would you notice?",
            vocabulary,
            minutes(2),
        )
        accept(here.editor(60), idea.id)
        shown = page(here)
        cause = shown.lines[0].cause
        assert cause
        assert (cause.kind, cause.person_id, cause.message) == (
            "suggestion",
            here.teacher.person_id,
            "How would you notice?",
        )
        assert here.teacher.person_id in shown.person_ids

    def test_the_reason_of_a_removal_and_what_went_with_it(self, here: Planning) -> None:
        goal = here.goal()
        step = here.step(goal, at=2)
        here.editor(60).remove("goal", goal.id)
        taken_along, removal = page(here).lines[:2]
        assert (taken_along.entry.item_id, removal.entry.item_id) == (step.id, goal.id)
        assert taken_along.cause
        assert (taken_along.cause.kind, taken_along.cause.number) == ("goal", goal.id)
        # The step comes back with its goal, so that only the goal has the button.
        assert (taken_along.may_return, removal.may_return) == (False, True)
        here.editor(61).restore("goal", goal.id)
        assert not any(line.may_return for line in page(here).lines)

    def test_only_the_newest_removal_brings_back(self, here: Planning) -> None:
        goal = here.goal()
        for at in (60, 180):
            here.editor(at).remove("goal", goal.id)
            if at == 60:
                here.editor(120).restore("goal", goal.id)
        removals = [one for one in page(here).lines if one.entry.action == "remove"]
        assert [one.may_return for one in removals] == [True, False]

    def test_a_finished_revision_is_a_milestone(self, here: Planning) -> None:
        goal = here.goal()
        review_goal(here.editor(60), goal.id, 1, ReviewDraft("met", "achieved", "I ran it"))
        finish_revision(here.editor(61), "After one season")
        line = newest(here)
        assert line.milestone
        assert (line.milestone.number, line.milestone.note) == (1, "After one season")
        change = page(here).lines[1]
        assert (change.entry.reason_category, change.entry.reason) == ("achieved", "I ran it")


class TestKeptWords:
    def kept(self, here: Planning) -> tuple[Any, int]:
        """Two tabs wrote the same field; the number of what was kept aside."""
        goal = here.goal()
        here.editor(60).edit("goal", goal.id, 1, {"why": "For my health"})
        here.editor(61).edit("goal", goal.id, 1, {"why": "To beat my brother"})
        line = newest(here)
        assert line.entry.action == "kept"
        assert line.may_take
        return goal, line.entry.last

    def test_they_can_be_taken_once(self, here: Planning) -> None:
        goal, number = self.kept(here)
        assert take_kept(here.editor(120), number)[0] == "goal"
        assert goal.why == "To beat my brother"
        line = newest(here)
        assert line.cause
        assert (line.cause.kind, line.cause.number) == ("kept", number)
        assert not any(one.may_take for one in page(here).lines)
        assert verify(here.session, here.plan.id) == []

    def test_not_into_what_is_removed(self, here: Planning) -> None:
        goal, number = self.kept(here)
        here.editor(120).remove("goal", goal.id)
        assert not any(one.may_take for one in page(here).lines)
        with pytest.raises(PlpError) as refused:
            take_kept(here.editor(121), number)
        assert refused.value.code == "item_removed"

    def test_nothing_else_can_be_taken(self, here: Planning) -> None:
        self.kept(here)
        for number in (1, 999):
            with pytest.raises(NotFound):
                take_kept(here.editor(120), number)

    def test_not_from_the_plan_of_somebody_else(self, here: Planning, session: Session) -> None:
        _, number = self.kept(here)
        student = here.school.student(given="Eli")
        theirs = open_plan(session, student, minutes(90))
        with pytest.raises(NotFound):
            take_kept(PlanEditor(session, theirs, student, vocabulary, minutes(120)), number)


class TestParts:
    def test_pages_follow_each_other_without_a_gap(self, here: Planning) -> None:
        goals = [here.goal(at=number, statement=f"Goal {number}") for number in range(1, 8)]
        seen: list[int] = []
        before: int | None = None
        while True:
            shown = page(here, before=before, limit=3)
            seen += [line.entry.item_id for line in shown.lines if line.entry.item_kind == "goal"]
            before = shown.next_before
            if before is None:
                break
        assert seen == [one.id for one in reversed(goals)]

    def test_a_full_last_page_is_the_last(self, here: Planning) -> None:
        here.goal()
        assert page(here, limit=2).next_before is None
        assert page(here, limit=1).next_before == 2

    def test_of_one_item(self, here: Planning) -> None:
        goal, _ = here.goal(), here.goal(at=2)
        shown = page(here, item=("goal", goal.id))
        assert [one.entry.item_id for one in shown.lines] == [goal.id]
        with pytest.raises(NotFound):
            page(here, item=("goal", goal.id + 1000))

    @pytest.mark.parametrize(
        "text", ["", "goal", "goal-", "goal-x", "goal-²", "robot-1", "goal-" + "9" * 40, "-1"]
    )
    def test_addresses_that_name_nothing(self, text: str) -> None:
        with pytest.raises(NotFound):
            item_in(text)

    def test_addresses_that_name_something(self) -> None:
        assert item_in("goal-12") == ("goal", 12)

    def test_days(self, here: Planning) -> None:
        here.goal()
        here.goal(at=3 * 24 * 60)
        days = [(at.date(), len(lines)) for at, lines in page(here).days()]
        assert days == [((minutes(0) + timedelta(days=3)).date(), 1), (minutes(0).date(), 2)]

    def test_as_many_statements_whatever_there_is(self, here: Planning, engine: Engine) -> None:
        def count() -> int:
            here.session.commit()
            with counted(engine) as statements:
                page(here)
            return len(statements)

        goal = here.goal()
        here.editor(60).remove("goal", goal.id)
        few = count()
        for number in range(10):
            other = here.goal(at=100 + number, parent_id=None)
            here.step(other, at=200 + number)
            here.evidence(other, at=300 + number)
            here.editor(400 + number).remove("goal", other.id)
        assert count() == few


class TestKeptVersions:
    def versions(self, here: Planning) -> Any:
        goal = here.goal(state="active")
        gone = here.editor(2).add("entry", {"kind": "interest", "text": "Stamps"})
        review_goal(here.editor(3), goal.id, 1, ReviewDraft("continue", "reflection", "It is going well"))
        finish_revision(here.editor(4))
        editor = here.editor(60)
        editor.edit("goal", goal.id, goal.version, {"measure": "A watch tells me"})
        editor.remove("entry", gone.id)
        here.step(goal, at=61)
        passing = here.editor(62).add("entry", {"kind": "value", "text": "Only for a minute"})
        here.editor(63).remove("entry", passing.id)
        review = ReviewDraft(
            "extend", "other", "I was ill", steps_stay=True, changes={"target_on": "2027-01-31"}
        )
        review_goal(here.editor(64), goal.id, goal.version, review)
        finish_revision(here.editor(65), "Slower, and that is fine")
        here.editor(66).edit("goal", goal.id, goal.version, {"statement": "Walk"})
        return goal

    def test_the_plan_as_it_was(self, here: Planning) -> None:
        self.versions(here)
        first, second = (read_revision(here.session, here.plan.id, number) for number in (1, 2))
        assert [one.fields["statement"] for one in second.plan.goals] == ["Run 5 km without a break"]
        assert [one.fields["text"] for one in first.plan.entries] == ["Stamps"]
        assert second.plan.entries == ()
        assert (first.previous, first.next, second.previous, second.next) == (None, 2, 1, None)
        assert second.head.note == "Slower, and that is fine"

    def test_what_had_changed_and_why(self, here: Planning) -> None:
        self.versions(here)
        first, second = (read_revision(here.session, here.plan.id, number) for number in (1, 2))
        assert first.changes == ()
        assert [one.fields["reason"] for one in first.reviews] == ["It is going well"]
        assert [(one.fields["outcome"], one.fields["reason"]) for one in second.reviews] == [
            ("extend", "I was ill")
        ]
        assert [(one.kind, one.what, one.title) for one in second.changes] == [
            ("goal", "edit", "Run 5 km without a break"),
            ("step", "add", "Run on Tuesdays"),
            ("entry", "remove", "Stamps"),
        ]
        assert {one.name for one in second.changes[0].changes} == {"measure", "target_on"}

    @pytest.mark.parametrize("number", [0, 3, 10**17])
    def test_there_is_no_other(self, here: Planning, number: int) -> None:
        self.versions(here)
        with pytest.raises(NotFound):
            read_revision(here.session, here.plan.id, number)


class TestNames:
    def test_of_people_and_courses_of_the_same_district(self, here: Planning, session: Session) -> None:
        other = make_school(session, "Cedar Falls", "https://lms.cedarfalls.example")
        tenant, teacher = here.plan.tenant_id, here.teacher.person_id
        assert names_of_people(session, tenant, [teacher, other.teacher().person_id]) == {
            teacher: "Elena Rivera"
        }
        ours, theirs = here.school.course_id, other.course_id
        assert list(titles_of_courses(session, tenant, [ours, theirs])) == [ours]
        assert titles_of_courses(session, tenant, []) == {}
