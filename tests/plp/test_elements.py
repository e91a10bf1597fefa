"""The critical elements of a plan: computed with a reason, and what adults say over it."""

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotAllowed
from lti_plp.plp.elements import ELEMENTS, elements_of, mark_element
from lti_plp.plp.revisions import keep_version
from tests.factories import counted, minutes
from tests.plp.planning import Planning


@pytest.fixture
def here(session: Session) -> Planning:
    return Planning(session)


def states(here: Planning, reader: str = "me", at: float = 60) -> dict[str, str]:
    here.session.flush()
    return {one.name: one.state for one in elements_of(here.session, here.plan, minutes(at), reader)}


def test_an_empty_plan(here: Planning) -> None:
    assert states(here) == {
        **dict.fromkeys(ELEMENTS, "missing"),
        "information": "partial",
        "transition": "not_applicable",
    }


def test_a_plan_that_holds_everything(here: Planning) -> None:
    editor = here.editor()
    editor.edit("plan", here.plan.id, here.plan.version, {"grade": 9})
    for kind in ("strength", "interest", "value"):
        editor.add("entry", {"kind": kind, "text": "Something"})
    here.goal(horizon="long", statement="Study")
    goal = here.goal(measure="Thirty people", target_on="2026-12-01")
    here.step(goal, due_on="2026-10-01")
    here.evidence(goal)
    keep_version(here.editor(5))
    found = states(here)
    assert {name for name, state in found.items() if state != "present"} == {"reflection", "transition"}
    # What only she sees does not count for others.
    here.editor(6).edit("goal", goal.id, goal.version, {"audience": "me"})
    assert states(here, "team")["goals"] == "partial"
    # A revision of long ago is one in part.
    assert states(here, at=60 * 24 * 400)["revision"] == "partial"


def test_an_adults_word_counts_until_it_is_taken_back(here: Planning) -> None:
    mark_element(
        here.session, here.teacher, here.plan, here.work(), "goals", "present", "On paper", minutes(2)
    )
    assert states(here)["goals"] == "present"
    mark_element(here.session, here.teacher, here.plan, here.work(), "goals", "computed", "", minutes(3))
    assert states(here)["goals"] == "missing"


@pytest.mark.parametrize(
    ("element", "mark", "note"),
    [("soul", "present", "x"), ("goals", "great", "x"), ("goals", "present", " ")],
)
def test_what_cannot_be_said(here: Planning, element: str, mark: str, note: str) -> None:
    with pytest.raises(BadInput):
        mark_element(here.session, here.teacher, here.plan, here.work(), element, mark, note, minutes(2))
    assert states(here)["goals"] == "missing"


def test_who_may_not(here: Planning) -> None:
    for actor, work in ((here.student, here.work()), (here.teacher, here.work(taught=False))):
        with pytest.raises(NotAllowed):
            mark_element(here.session, actor, here.plan, work, "goals", "present", "x", minutes(2))


def test_statements_do_not_grow(here: Planning, engine: Engine) -> None:
    def statements() -> int:
        here.session.commit()
        with counted(engine) as seen:
            states(here)
        return len(seen)

    here.evidence(here.goal())
    few = statements()
    for _ in range(20):
        here.evidence(here.goal())
    assert statements() == few
