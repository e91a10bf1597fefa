"""Things to do in the plan: complete data, and what counts as done, in the student's own words."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from lti_plp.lms.directory import PAGES as LINKED_PAGES
from lti_plp.plp.activities import Activity, load_activities, load_page_links
from lti_plp.plp.activity_work import MOST_WORDS, ActivityWork, work_since
from lti_plp.plp.models import Meeting, TransitionPlan
from lti_plp.plp.revisions import ReviewDraft, review_goal
from lti_plp.plp.templates import TemplateDraft
from tests.factories import minutes
from tests.plp.planning import Planning

CONFIG = Path(__file__).parent.parent.parent / "config"
ACTIVITIES = load_activities(CONFIG)


@pytest.fixture
def planning(session: Session) -> Planning:
    return Planning(session)


def work(planning: Planning, name: str, since: float = 5) -> ActivityWork:
    planning.session.flush()
    return work_since(planning.session, planning.student.person_id, ACTIVITIES[name], minutes(since))


def texts(planning: Planning, name: str, since: float = 5) -> list[str]:
    return [one.text for one in work(planning, name, since).done]


def test_what_can_be_asked() -> None:
    assert list(ACTIVITIES) == [
        "profile",
        "goal",
        "steps",
        "evidence",
        "progress",
        "conference",
        "transition",
    ]
    assert tuple(load_page_links(CONFIG)) == LINKED_PAGES


@pytest.mark.parametrize("activity", ACTIVITIES.values(), ids=list(ACTIVITIES))
def test_every_one_can_be_placed_as_it_is(activity: Activity) -> None:
    draft = TemplateDraft(
        activity.title["es"], (), kind=activity.kind, activity=activity.id, grading="complete"
    )
    assert draft.problems() == {}
    for name in ("title", "about", "instructions", "task", "done"):
        found = getattr(activity, name)
        assert found["en"] != found["es"], name


def test_a_reflection_still_needs_a_question() -> None:
    assert TemplateDraft("Thoughts", (), grading="none").problems() == {"questions": "missing"}
    assert TemplateDraft("Thoughts", (), grading="none", activity="<b>").problems() == {"activity": "unknown"}


def test_goals_since_then(planning: Planning) -> None:
    planning.goal(1, statement="An old one")
    assert texts(planning, "goal") == []
    planning.goal(6, statement="Swim\nevery day")
    planning.goal(7, statement="Nobody knows", audience="me")
    found = work(planning, "goal")
    assert [(one.text, one.is_private) for one in found.done] == [
        ("Swim every day", False),
        ("Nobody knows", True),
    ]
    assert found.told("en") == "My new goal: Swim every day\nMy new goal: (for me only)"
    assert "Nobody" not in found.told("es")


def test_what_was_removed_again_does_not_count(planning: Planning) -> None:
    goal = planning.goal(6)
    planning.editor(7).remove("goal", goal.id)
    assert texts(planning, "goal") == []


def test_an_entry_brought_up_to_date_counts(planning: Planning) -> None:
    entry = planning.editor(1).add("entry", {"kind": "strength", "text": "Patient"})
    assert texts(planning, "profile") == []
    planning.editor(6).edit("entry", entry.id, entry.version, {"text": "Patient with machines"})
    assert texts(planning, "profile") == ["Patient with machines"]


def test_steps_and_evidence(planning: Planning) -> None:
    goal = planning.goal(1)
    planning.step(goal, at=2, text="Old")
    planning.step(goal, at=6, text="Ask the coach")
    planning.evidence(goal, at=6, text="x" * 1000, title="")
    planning.evidence(goal, at=7, title="My time on Tuesday")
    assert texts(planning, "steps") == ["Ask the coach"]
    long, titled = texts(planning, "evidence")
    assert (len(long), long[-1], titled) == (MOST_WORDS, "…", "My time on Tuesday")


def test_progress_is_said_of_a_goal_and_hidden_with_it(planning: Planning) -> None:
    goal, secret = planning.goal(1), planning.goal(1, audience="me")
    said = {"progress": "on_the_way", "occurred_at": minutes(6).isoformat()}
    planning.editor(6).add("achievement", {**said, "goal_id": goal.id, "claim": "3 km without a break"})
    planning.editor(7).add("achievement", {**said, "goal_id": secret.id})
    assert [(one.text, one.is_private) for one in work(planning, "progress").done] == [
        ("3 km without a break", False),
        ("Run 5 km without a break", True),
    ]


def test_a_conference_was_held_or_goals_were_looked_at(planning: Planning) -> None:
    goal = planning.goal(1, state="active")
    assert texts(planning, "conference") == []
    meeting = Meeting(
        plan_id=planning.plan.id,
        kind="annual",
        state="planned",
        starts_at=minutes(8),
        minutes=20,
        made_by=planning.teacher.person_id,
        made_at=minutes(6),
    )
    planning.session.add(meeting)
    assert texts(planning, "conference") == []
    review_goal(
        planning.editor(7), goal.id, goal.version, ReviewDraft("continue", "reflection", "It still matters")
    )
    meeting.state, meeting.held_at = "held", minutes(9)
    found = work(planning, "conference")
    assert [one.text for one in found.done] == ["It still matters", ""]
    assert found.told("en") == "Looked at again: It still matters\nLooked at again"


def test_a_transition_plan(planning: Planning) -> None:
    planning.session.add(
        TransitionPlan(
            plan_id=planning.plan.id,
            audience="team",
            created_at=minutes(1),
            changed_at=minutes(6),
            going_to="Birch Lake High School",
        )
    )
    assert texts(planning, "transition") == ["Birch Lake High School"]
    assert texts(planning, "transition", since=7) == []


def test_nobody_else_s_work(planning: Planning) -> None:
    planning.goal(6)
    other = planning.school.student()
    assert work_since(planning.session, other.person_id, ACTIVITIES["goal"], minutes(5)).done == ()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('kind = "goals"', 'kind = "luck"', "kind must be one of"),
        ('page = "new_goal"', 'page = "moon"', "page must be one of"),
        ('counts = "goal"', 'counts = "stars"', "counts must be one of"),
        ('"GOA-5"', '"GOA-99"', "no such questions: GOA-99"),
        ('id = "goal"', 'id = "profile"', "a name of its own"),
        ('id = "goal"', 'id = "new goal"', "a name of its own"),
        ("private.es", "privado.es", "private needs a text"),
        ('done.es = "Mi nueva meta"', 'done.es = ""', "done has a text that is empty"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    shutil.copytree(CONFIG, tmp_path / "config")
    file = tmp_path / "config" / "activities.toml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(ValueError, match=says):
        load_activities(tmp_path / "config")
