"""A plan told: for whom, as a story, and then and now; on both databases."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from lti_plp.plp.answers import finished_reflections, same_question
from lti_plp.plp.goals import Progress
from lti_plp.plp.items import plan_state
from lti_plp.plp.levels import level_sayers
from lti_plp.plp.own_reflections import OwnDraft, begin_own, change_audience
from lti_plp.plp.reflections import OwnFacts, save_answer, submit
from lti_plp.plp.revisions import ReviewDraft, finish_revision, review_goal
from lti_plp.plp.story import Story, story_of
from lti_plp.plp.telling import READERS, ToldPlan, told
from lti_plp.plp.templates import QuestionDraft
from lti_plp.plp.then_and_now import Counts, Moments, ThenAndNow, compare, moments
from tests.factories import NOON, counted, minutes
from tests.plp.planning import Planning

DAY = 24 * 60.0
ALL = READERS["me"]


@pytest.fixture
def here(session: Session) -> Planning:
    return Planning(session)


def plan(here: Planning, reader: str = "me") -> ToldPlan:
    return told(plan_state(here.session, here.plan.id), level_sayers(here.session, here.plan.id), reader)


def reflect(
    here: Planning, text: str, at: float, source: str | None = "REF-3", audience: str = "team", **facts: Any
) -> OwnFacts:
    """The student answers one question, and finishes."""
    questions = (QuestionDraft("What did I learn?", source),)
    draft = OwnDraft(key=f"form-{at}-{text}", title="Looking back", questions=questions, **facts)
    own = begin_own(here.session, here.student, draft, minutes(at))
    save_answer(here.session, here.student, own, "q1", text, 0, minutes(at))
    change_audience(here.session, here.student, own, audience)
    submit(here.session, here.student, own, minutes(at))
    here.session.commit()
    return own


class TestReaders:
    def test_each_sees_what_is_for_them(self, here: Planning) -> None:
        for audience in ("me", "team", "family"):
            here.editor().add("entry", {"kind": "interest", "text": audience, "audience": audience})
        seen = {reader: [one.fields["text"] for one in plan(here, reader).entries] for reader in READERS}
        assert seen == {"me": ["me", "team", "family"], "team": ["team", "family"], "family": ["family"]}

    def test_a_goal_that_is_not_for_them_is_named_nowhere(self, here: Planning) -> None:
        far = here.goal(statement="Leave home", horizon="long", audience="me")
        goal = here.goal(statement="Save money", parent_id=far.id, audience="family")
        step = here.step(far, text="Ask my aunt", audience="family")
        review_goal(here.editor(5), far.id, 1, ReviewDraft("continue", "other", "Not yet"))
        shown = plan(here, "family")
        assert [one.id for one in shown.goals] == [goal.id]
        assert [one.id for one in shown.other_steps] == [step.id]
        assert shown.reviews == ()
        assert f"goal:{far.id}" not in shown.titles
        assert [one.fields["reason"] for one in plan(here).reviews] == ["Not yet"]

    def test_what_was_removed_is_not_told_but_its_reason_is(self, here: Planning) -> None:
        goal = here.goal()
        review_goal(here.editor(5), goal.id, 1, ReviewDraft("remove", "changed_interest", "I sing now"))
        shown = plan(here, "team")
        assert shown.goals == ()
        assert [one.fields["reason"] for one in shown.reviews] == ["I sing now"]
        assert shown.titles[f"goal:{goal.id}"] == "Run 5 km without a break"

    def test_order_steps_and_progress(self, here: Planning) -> None:
        near = here.goal(statement="near")
        five = here.goal(statement="five", horizon="long", years_ahead=5)
        ten = here.goal(statement="ten", horizon="long", years_ahead=10)
        done = here.step(near, state="done")
        late = here.step(near, five, due_on="2026-12-01")
        soon = here.step(near, due_on="2026-10-01")
        here.editor().add(
            "achievement", {"goal_id": near.id, "progress": "nearly_there", "occurred_at": _iso()}
        )
        shown = plan(here)
        assert [one.id for one in shown.goals] == [ten.id, five.id, near.id]
        assert [one.id for one in shown.goals[2].steps] == [soon.id, late.id, done.id]
        assert shown.goals[2].progress == Progress("nearly_there", 75, "said", 1, 3)
        assert [one.id for one in shown.next_steps()] == [soon.id, late.id]

    def test_a_starting_point_that_was_replaced_is_not_told(self, here: Planning) -> None:
        test = {"kind": "academic", "instrument": "Fall", "taken_on": "2026-09-01", "result": "2"}
        first = here.editor().add("baseline", test)
        second = here.editor().add("baseline", {**test, "result": "3", "replaces_id": first.id})
        assert [one.id for one in plan(here).baselines] == [second.id]


def _iso() -> str:
    return NOON.isoformat()


class TestStory:
    def story(self, here: Planning, **chosen: Any) -> Story:
        written = finished_reflections(here.session, here.plan.person_id, ALL, 40)
        return story_of(plan(here), written, chosen or None)

    def test_nothing_private_unless_ticked(self, here: Planning) -> None:
        secret = here.editor().add("entry", {"kind": "barrier", "text": "Secret", "audience": "me"})
        shared = here.editor().add("entry", {"kind": "interest", "text": "Robots"})
        here.goal(audience="me")
        here.evidence(here.goal(), audience="me")
        reflect(here, "Mine alone", 3, audience="me")
        reflect(here, "For everyone here", 4)
        story = self.story(here)
        assert [one.id for one in story.told("entry") if hasattr(one, "id")] == [shared.id]
        assert [len(story.told(part)) for part in ("goal", "evidence", "reflection")] == [1, 0, 1]
        ticked = self.story(here, entry={secret.id})
        assert [one.id for one in ticked.told("entry") if hasattr(one, "id")] == [secret.id]
        assert ticked.told("goal") == []

    def test_a_story_begins_short(self, here: Planning) -> None:
        goal = here.goal()
        for number in range(12):
            here.evidence(goal, at=2 + number, title=str(number))
        story = self.story(here)
        assert len(story.choices["evidence"]) == 12
        assert len(story.told("evidence")) == 8

    def test_ids_of_nothing_are_left_out(self, here: Planning) -> None:
        here.goal()
        assert self.story(here, goal={10**17}).told("goal") == []


class TestAnswers:
    def test_in_the_order_of_questions_and_for_the_reader(self, here: Planning) -> None:
        reflect(here, "I asked early", 3)
        reflect(here, "Only mine", 4, audience="me")
        shown = finished_reflections(here.session, here.plan.person_id, READERS["team"], 10)
        assert [[(one.question, one.text) for one in each.answers] for each in shown] == [
            [("What did I learn?", "I asked early")]
        ]
        assert len(finished_reflections(here.session, here.plan.person_id, ALL, 1)) == 1

    def test_one_question_in_two_years(self, here: Planning, engine: Engine) -> None:
        reflect(here, "To listen", 1)
        reflect(here, "To speak", 20 * DAY)
        reflect(here, "To lead", 400 * DAY)
        with counted(engine) as statements:
            (found,) = same_question(here.session, here.plan.person_id, minutes(40 * DAY))
        assert len(statements) == 2
        assert (found.question, found.then, found.now) == ("What did I learn?", "To speak", "To lead")
        (found,) = same_question(here.session, here.plan.person_id, minutes(0))
        assert (found.then, found.now_at) == ("To listen", minutes(400 * DAY))

    @pytest.mark.parametrize(
        ("source", "days", "facts"),
        [(None, 400, {}), ("REF-3", 20, {})],
        ids=["a question of one's own", "too soon"],
    )
    def test_what_is_not_compared(
        self, here: Planning, source: str | None, days: int, facts: dict[str, Any]
    ) -> None:
        reflect(here, "Once", 1, source, **facts)
        reflect(here, "Twice", days * DAY, source, **facts)
        assert same_question(here.session, here.plan.person_id, minutes(2)) == ()

    def test_nothing_of_anybody_else(self, here: Planning) -> None:
        reflect(here, "Once", 1)
        reflect(here, "Twice", 400 * DAY)
        other = here.school.student(given="Eli")
        assert same_question(here.session, other.person_id, minutes(2)) == ()
        assert finished_reflections(here.session, other.person_id, ALL, 5) == ()


class TestThenAndNow:
    def moments(self, here: Planning, at: float) -> Moments:
        return moments(here.session, here.plan, minutes(at))

    def compare(self, here: Planning, moment: datetime) -> ThenAndNow:
        return compare(here.session, here.plan, moment)

    def test_a_young_plan_has_no_past(self, here: Planning) -> None:
        known = self.moments(here, 5)
        assert (known.year, known.version) == (None, None)
        assert known.ready_at == minutes(0) + timedelta(days=60)
        assert known.names() == ["first"]
        assert known.chosen("year") == ("first", minutes(0) + timedelta(days=1))

    def test_choices_of_an_old_one(self, here: Planning) -> None:
        goal = here.goal()
        for at in (10 * DAY, 200 * DAY):
            review_goal(here.editor(at), goal.id, goal.version, ReviewDraft("continue", "other", "Fine"))
            finish_revision(here.editor(at))
        known = self.moments(here, 500 * DAY)
        assert known.names() == ["first", "year", "version"]
        assert known.ready_at == minutes(10 * DAY)
        assert known.chosen("nonsense") == ("year", minutes(135 * DAY))
        assert known.chosen("version") == ("version", minutes(200 * DAY))
        assert known.chosen("first") == ("first", minutes(10 * DAY))

    def test_what_is_different(self, here: Planning) -> None:
        robots = here.editor().add("entry", {"kind": "interest", "text": "Robots"})
        here.editor().add("entry", {"kind": "value", "text": "Being fair"})
        stamps = here.editor().add("entry", {"kind": "interest", "text": "Stamps"})
        goal, kept = here.goal(state="active"), here.goal(state="active")
        step = here.step(goal)
        here.evidence(goal)
        later = 100 * DAY
        here.editor(later).edit("entry", robots.id, 1, {"text": "Robots that help"})
        here.editor(later).remove("entry", stamps.id)
        new = here.editor(later).add("entry", {"kind": "strength", "text": "Patience"})
        here.editor(later).edit("step", step.id, 1, {"state": "done"})
        review_goal(here.editor(later), goal.id, 1, ReviewDraft("met", "achieved", "Done"))
        here.evidence(kept, at=later)
        here.evidence(kept, at=later)
        here.editor(later).remove("evidence", here.evidence(kept, at=later).id)
        reflect(here, "A lot", later)
        shown = self.compare(here, minutes(2 * DAY))
        (changed,) = shown.changed
        assert changed.then
        assert changed.now
        assert (changed.then.fields["text"], changed.now.fields["text"]) == ("Robots", "Robots that help")
        assert [one.now.id for one in shown.new if one.now] == [new.id]
        assert [one.then.id for one in shown.gone if one.then] == [stamps.id]
        assert [one.id for one in shown.goals_met] == [goal.id]
        assert shown.counts == Counts(goals_met=1, goals_set=0, steps_done=1, evidence=2, reflections=1)

    def test_nothing_is_different(self, here: Planning) -> None:
        here.goal()
        assert not self.compare(here, minutes(2 * DAY))
