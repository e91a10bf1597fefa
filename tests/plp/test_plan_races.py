"""Several tabs, devices and people at one plan at once, each with a connection of its own; on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.errors import PlpError
from lti_plp.plp.conversation import accept, ask_for_help, comment, suggest
from lti_plp.plp.history import verify
from lti_plp.plp.items import plan_state
from lti_plp.plp.models import (
    ActionStep,
    Comment,
    Goal,
    HelpRequest,
    Plan,
    PlanChange,
    PlanRevision,
    Suggestion,
)
from lti_plp.plp.plans import Edited, PlanEditor, open_plan
from lti_plp.plp.revisions import ReviewDraft, begin_revision, finish_revision, review_goal
from tests.factories import minutes
from tests.plp.planning import Planning, vocabulary

TABS = 6

Work = Callable[[Session, int], Any]


@pytest.fixture
def here(sessions: sessionmaker[Session]) -> Planning:
    """A student with a plan and a goal; nothing of it is locked."""
    planning = Planning(sessions())
    planning.goal(at=1)
    planning.session.commit()
    return planning


@pytest.fixture
def goal_id(here: Planning) -> int:
    found: int = here.session.scalars(select(Goal.id)).one()
    here.session.commit()
    return found


def at_once(sessions: sessionmaker[Session], work: Work, tabs: int = TABS) -> list[Any]:
    """Let every tab do its work in a transaction of its own, all at once; what is refused gives its code."""
    gate = Barrier(tabs)

    def one(number: int) -> Any:
        gate.wait()
        try:
            with sessions.begin() as session:
                return work(session, number)
        except PlpError as problem:
            return problem.code

    with ThreadPoolExecutor(tabs) as pool:
        return list(pool.map(one, range(tabs)))


def editor(session: Session, here: Planning, number: int) -> PlanEditor:
    """The plan in one tab, which read it before it changes anything, as a request does."""
    plan = session.get_one(Plan, here.plan.id)
    # Held, so that the session goes on remembering what was there before the others changed it.
    session.info["page"] = session.scalars(select(Goal).where(Goal.plan_id == plan.id)).all()
    return PlanEditor(session, plan, here.student, vocabulary, minutes(10 + number))


def check_whole(sessions: sessionmaker[Session], here: Planning) -> list[PlanChange]:
    """Return the history, after a look that it is whole."""
    with sessions() as session:
        assert verify(session, here.plan.id) == []
        found = select(PlanChange).where(PlanChange.plan_id == here.plan.id).order_by(PlanChange.number)
        changes = list(session.scalars(found))
    assert [one.number for one in changes] == list(range(1, len(changes) + 1))
    return changes


def test_a_plan_that_is_opened_everywhere_at_once_is_one_plan(
    sessions: sessionmaker[Session], here: Planning
) -> None:
    other = here.school.student()
    here.session.commit()

    def work(session: Session, number: int) -> int:
        plan = open_plan(session, other, minutes(number))
        # The transaction is still good: a student who opens her plan writes into it.
        PlanEditor(session, plan, other, vocabulary, minutes(number)).add(
            "entry", {"kind": "strength", "text": f"Tab {number}"}
        )
        return plan.id

    ids = at_once(sessions, work)
    assert len(set(ids)) == 1
    with sessions() as session:
        assert session.scalars(select(Plan.id).where(Plan.person_id == other.person_id)).all() == ids[:1]
        assert verify(session, ids[0]) == []
        assert len(plan_state(session, ids[0])["entry"]) == TABS


def test_the_same_field_stands_once_and_every_other_text_is_kept(
    sessions: sessionmaker[Session], here: Planning, goal_id: int
) -> None:
    done = at_once(
        sessions,
        lambda session, number: editor(session, here, number).edit(
            "goal", goal_id, 1, {"why": f"Tab {number} wrote this"}
        ),
    )
    changes = check_whole(sessions, here)
    with sessions() as session:
        standing = session.get_one(Goal, goal_id).why
    conflicts = [one.conflicts for one in done if one.conflicts]
    assert conflicts == [{"why": standing}] * (TABS - 1)
    kept = [one.fields["why"][1] for one in changes if one.action == "kept"]
    assert sorted([standing, *kept]) == [f"Tab {number} wrote this" for number in range(TABS)]


def test_different_fields_are_merged(sessions: sessionmaker[Session], here: Planning, goal_id: int) -> None:
    names = ("why", "measure", "challenge", "commitment", "expectation", "pathway")
    done = at_once(
        sessions,
        lambda session, number: editor(session, here, number).edit(
            "goal", goal_id, 1, {names[number]: f"About {names[number]}"}
        ),
    )
    assert [one.conflicts for one in done] == [{}] * TABS
    assert sorted(one.version for one in done) == list(range(2, TABS + 2))
    check_whole(sessions, here)
    with sessions() as session:
        goal = session.get_one(Goal, goal_id)
        assert [getattr(goal, name) for name in names] == [f"About {name}" for name in names]


def test_twenty_edits_at_once_are_numbered_without_gaps(
    sessions: sessionmaker[Session], here: Planning, goal_id: int
) -> None:
    # As many connections as a pool gives without waiting; each tab makes four changes in one transaction.
    def work(session: Session, number: int) -> list[Edited]:
        tab = editor(session, here, number)
        tab.add("step", {"text": f"Step {number}", "goal_ids": [goal_id]})
        tab.add("evidence", {"text": f"Evidence {number}", "goal_ids": [goal_id]})
        return [tab.edit("goal", goal_id, 1, {name: f"{name} {number}"}) for name in ("why", "measure")]

    at_once(sessions, work, tabs=5)
    changes = check_whole(sessions, here)
    assert len(changes) == 2 + 5 * 4


def test_asking_for_help_everywhere_at_once_is_asking_once(
    sessions: sessionmaker[Session], here: Planning, goal_id: int
) -> None:
    calls = at_once(
        sessions,
        lambda session, number: (
            ask_for_help(
                editor(session, here, number), "stuck", ("goal", goal_id), "How?", [f"Helper {number}"]
            ).id
        ),
    )
    with sessions() as session:
        call = session.scalars(select(HelpRequest)).one()
    assert calls == [call.id] * TABS
    assert call.asked_of == [f"Helper {number}" for number in range(TABS)]


def test_a_revision_is_finished_with_all_of_an_edit_or_nothing_of_it(
    sessions: sessionmaker[Session], here: Planning, goal_id: int
) -> None:
    begin_revision(here.editor(2))
    here.session.commit()

    def work(session: Session, number: int) -> str:
        tab = editor(session, here, number)
        if number == 0:
            return str(finish_revision(tab).number)
        tab.edit("goal", goal_id, 1, {"why": f"Tab {number}"})
        return ""

    finished = at_once(sessions, work)[0]
    check_whole(sessions, here)
    with sessions() as session:
        revision = session.scalars(select(PlanRevision)).one()
        before = session.scalar(
            select(func.count()).where(
                PlanChange.item_kind == "goal",
                PlanChange.action == "edit",
                PlanChange.revision_id == revision.id,
            )
        )
    # Either it came before the first edit, or that edit belongs to it and lacks its reason.
    assert finished in {"1", "revision_open"}
    assert (revision.finished_at is None) == (finished == "revision_open") == bool(before)


def test_one_of_two_tabs_finishes_a_revision(sessions: sessionmaker[Session], here: Planning) -> None:
    begin_revision(here.editor(2))
    here.session.commit()
    done = at_once(
        sessions, lambda session, number: finish_revision(editor(session, here, number)).number, tabs=3
    )
    assert sorted(map(str, done)) == ["1", "no_revision", "no_revision"]
    check_whole(sessions, here)


def test_looking_at_a_goal_everywhere_at_once_begins_one_revision(
    sessions: sessionmaker[Session], here: Planning, goal_id: int
) -> None:
    def work(session: Session, number: int) -> int:
        draft = ReviewDraft("continue", "reflection", f"Tab {number}")
        return review_goal(editor(session, here, number), goal_id, 1, draft).revision_id

    assert len(set(at_once(sessions, work))) == 1
    check_whole(sessions, here)


def test_no_step_is_left_to_a_goal_that_is_removed(
    sessions: sessionmaker[Session], here: Planning, goal_id: int
) -> None:
    def work(session: Session, number: int) -> str:
        tab = editor(session, here, number)
        if number % 3 == 0:
            tab.remove("goal", goal_id)
        else:
            tab.add("step", {"text": f"Step {number}", "goal_ids": [goal_id]})
        return "done"

    done = at_once(sessions, work)
    check_whole(sessions, here)
    with sessions() as session:
        steps = session.scalars(select(ActionStep)).all()
    assert all(one.removed_at is not None for one in steps)
    assert len(steps) + done.count("field_removed_goal") == TABS - 2


def test_no_goal_leads_to_one_that_is_removed(
    sessions: sessionmaker[Session], here: Planning, goal_id: int
) -> None:
    here.editor(2).edit("goal", goal_id, 1, {"horizon": "long"})
    here.session.commit()

    def work(session: Session, number: int) -> str:
        tab = editor(session, here, number)
        if number == 0:
            tab.remove("goal", goal_id)
        else:
            tab.add("goal", {"statement": f"Part {number}", "parent_id": goal_id})
        return "done"

    done = at_once(sessions, work)
    check_whole(sessions, here)
    parts = done[1:]
    if done[0] == "done":
        assert set(parts) == {"field_not_long"}
    else:
        assert done[0] == "goal_has_parts"


def test_what_a_session_remembers_of_a_goal_does_not_count(
    sessions: sessionmaker[Session], here: Planning, goal_id: int
) -> None:
    here.editor(2).edit("goal", goal_id, 1, {"horizon": "long"})
    here.session.commit()
    with sessions() as slow:
        remembered = slow.get_one(Goal, goal_id)
        slow.commit()
        with sessions.begin() as quick:
            editor(quick, here, 1).remove("goal", goal_id)
        assert remembered.removed_at is None
        with pytest.raises(PlpError) as problem:
            editor(slow, here, 2).add("goal", {"statement": "Part", "parent_id": goal_id})
    assert problem.value.code == "field_not_long"


def test_a_suggestion_is_answered_once(sessions: sessionmaker[Session], here: Planning, goal_id: int) -> None:
    made = suggest(
        here.session,
        here.plan,
        here.teacher,
        here.work(),
        ("step", None),
        {"text": "Swim on Mondays", "goal_ids": [goal_id]},
        "",
        vocabulary,
        minutes(2),
    ).id
    here.session.commit()
    done = at_once(
        sessions, lambda session, number: accept(editor(session, here, number), made, f"Tab {number}").version
    )
    assert sorted(map(str, done)) == ["1", *["already_answered"] * (TABS - 1)]
    changes = check_whole(sessions, here)
    assert [one.cause for one in changes if one.item_kind == "step"] == [f"suggestion:{made}"]
    with sessions() as session:
        assert session.scalars(select(Suggestion.state)).one() == "accepted"


def test_whoever_spoke_first_and_edits_then_waits_for_nobody_for_ever(
    sessions: sessionmaker[Session], here: Planning, goal_id: int
) -> None:
    """Both hold a row that refers to the plan before either takes the plan."""
    spoken = Barrier(2)
    is_sqlite = here.session.get_bind().dialect.name == "sqlite"

    def work(session: Session, number: int) -> str:
        comment(
            *(session, here.plan, here.student, here.work(), ("goal", goal_id)), f"Tab {number}", minutes(5)
        )
        if not is_sqlite:
            # SQLite lets one write after the other from the beginning.
            spoken.wait(30)
        editor(session, here, number).edit("goal", goal_id, 1, {"why": f"Tab {number}"})
        return "done"

    assert at_once(sessions, work, tabs=2) == ["done"] * 2
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Comment)) == 2
    check_whole(sessions, here)
