"""A transition over HTTP: the student's page, the adults' page, agreements, and the package."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lti_plp.plp.history import verify
from lti_plp.plp.models import PlanLook, Suggestion, TransitionAgreement, TransitionPlan
from tests.launching import CLAIM
from tests.views.conftest import FAMILY, LEO, MAYA, RIVERA, TEST_STUDENT, Human, School, Visitor
from tests.views.plans import Planner, fill, plan_of
from tests.views.test_pathways import ADA, page
from tests.views.test_plan_history import words

SECRET = "Talking in front of people"
"""What ``fill`` lets only the student see."""
NEEDS = "I need a moment before I speak"
DUBE = "Ms. Dube, Birch Falls High School"


DUBE_THERE = Human("teacher-9", "Thandi", "Dube", ("Instructor",))


def _elsewhere() -> dict[str, Any]:
    """A course of the next school."""
    return {CLAIM + "context": {"id": "course-9", "title": "Advisory 9"}, "link": "link-9"}


@pytest.fixture
def maya(app: Flask, school: School) -> Planner:
    return plan_of(app, school)


@pytest.fixture
def item(maya: Planner) -> int:
    """A transition plan in a plan of a year; its id."""
    fill(maya)
    maya.visitor.post("plan/transition/begin", kind="to_high_school")
    with maya.reading() as (session, _):
        found = session.scalars(select(TransitionPlan.id)).one()
    edit(maya, found, needs=NEEDS, supports=[{"kind": "iep", "where": "Ask Ms. Rivera"}])
    return found


def edit(maya: Planner, item_id: int, **fields: Any) -> None:
    with maya.editor() as editor:
        version = editor.session.get_one(TransitionPlan, item_id).version
        editor.edit("transition", item_id, version, fields)


def version_of(maya: Planner, item_id: int) -> str:
    with maya.reading() as (session, _):
        return str(session.get_one(TransitionPlan, item_id).version)


def agree(maya: Planner, item_id: int, *parts: str, receiver: str = DUBE) -> Any:
    chosen = [("part", one) for one in parts]
    return maya.visitor.post(
        f"plan/transition/{item_id}/agree",
        *chosen,
        chosen="1",
        version=version_of(maya, item_id),
        receiver=receiver,
    )


def of(maya: Planner, item_id: int | None = None, way: str = "") -> str:
    path = f"students/{maya.actor().person_id}/transition"
    return path if item_id is None else f"{path}/{item_id}/{way}"


def agreement(rivera: Visitor, maya: Planner) -> str:
    found = re.search(r'name="agreement" value="(\d+)"', page(rivera, of(maya)))
    assert found
    return found.group(1)


def state(maya: Planner, item_id: int) -> str:
    with maya.reading() as (session, plan):
        assert verify(session, plan.id) == []
        return session.get_one(TransitionPlan, item_id).state


def test_from_the_first_tick_to_handed_over(maya: Planner, school: School, item: int) -> None:
    """Requirements K1 to K4, as student, teacher and family live it."""
    assert "Meet my new advisor" in maya.get("plan/transition")
    rivera = school.enter(RIVERA)
    assert NEEDS in words(page(rivera, of(maya)))
    assert rivera.get(of(maya, item, "package")).status_code == 404, "it is hers alone until she agrees"
    ticked = rivera.post(of(maya, item, "tick"), text="Meet my new advisor", done="1")
    assert ticked.status_code == 303
    assert "✓ Done: Meet my new advisor" in words(page(rivera, of(maya)))
    draft = words(maya.get(f"plan/transition/{item}/package?chosen=1&part=profile&part=goals"))
    assert "A draft: nobody has agreed" in draft
    assert agree(maya, item, "goals", "supports", "team").status_code == 303
    assert "Your family’s word is still missing." in words(maya.get("plan/transition"))
    early = rivera.post(of(maya, item, "hand-over"), agreement="1")
    assert (early.status_code, state(maya, item)) == (409, "draft")
    asked = agreement(rivera, maya)
    nameless = rivera.post(of(maya, item, "family"), way="family", agreement=asked, name=" ")
    assert nameless.status_code == 400
    told = rivera.post(of(maya, item, "family"), way="family", agreement=asked, name="Rosa Torres")
    assert (told.status_code, state(maya, item)) == (303, "agreed")
    assert "Rosa Torres agreed for the family." in words(maya.get(f"plan/transition/{item}/package"))
    package = words(page(rivera, of(maya, item, "package")))
    assert f"For {DUBE}" in package
    assert "Agreed by: Maya Torres; for the family: Rosa Torres" in package
    assert "IEP: Ask Ms. Rivera" in package
    assert "Explain my robot to thirty people" in package
    handed = rivera.post(of(maya, item, "hand-over"), agreement=asked)
    assert (handed.status_code, state(maya, item)) == (303, "handed_over")
    assert "Handed over." in words(page(rivera, of(maya)))
    with maya.reading() as (session, _):
        assert set(session.scalars(select(PlanLook.section))) == {"transition", "package"}
        said = session.scalars(select(TransitionAgreement).order_by(TransitionAgreement.id)).all()
        assert [(one.role, one.name, one.receiver) for one in said] == [
            ("student", "Maya Torres", DUBE),
            ("family", "Rosa Torres", DUBE),
        ]


def test_a_change_after_the_agreement_says_so(maya: Planner, school: School, item: int) -> None:
    agree(maya, item, "goals")
    rivera = school.enter(RIVERA)
    rivera.post(of(maya, item, "family"), way="alone", agreement=agreement(rivera, maya))
    assert state(maya, item) == "agreed"
    edit(maya, item, helps="A list of what is due")
    assert state(maya, item) == "draft"
    for read in (
        maya.get("plan/transition"),
        maya.get(f"plan/transition/{item}/package"),
        page(rivera, of(maya)),
    ):
        assert "so it is a draft again" in words(read)
    assert rivera.get(of(maya, item, "package")).status_code == 404


class TestThePackage:
    def test_only_the_parts_that_were_chosen(self, maya: Planner, item: int) -> None:
        path = f"plan/transition/{item}/package?chosen=1"
        nothing = words(maya.get(path))
        for said in ("obot", "IEP: Ask"):
            assert said not in nothing
        assert NEEDS in nothing
        # Everything of ``fill`` is for teachers and advisors, nothing of it for the family.
        assert "obot" not in words(maya.get(f"{path}&part=goals&part=evidence"))
        assert "Explain my robot" in words(maya.get(f"{path}&part=goals&part=team"))
        assert "What I learned from three talks" in words(maya.get(f"{path}&part=evidence&part=team"))

    def test_what_only_she_sees_never_goes_along(self, maya: Planner, item: int) -> None:
        every = "&".join(
            f"part={one}" for one in ("profile", "goals", "pathways", "evidence", "supports", "team")
        )
        assert SECRET not in maya.get(f"plan/transition/{item}/package?chosen=1&{every}")

    def test_it_is_what_was_agreed_and_no_more(self, maya: Planner, school: School, item: int) -> None:
        with maya.editor() as editor:
            goal = editor.add("goal", {"statement": "Learn to sail", "audience": "family"})
            other = editor.add("goal", {"statement": "Sing in a choir", "audience": "family"})
        agree(maya, item, "goals")
        with maya.editor() as editor:
            editor.edit("goal", goal.id, 1, {"statement": "Learn to fly"})
            editor.edit("goal", other.id, 1, {"audience": "me"})
            editor.add("goal", {"statement": "A third one", "audience": "family"})
        read = words(page(school.enter(RIVERA), of(maya, item, "package")))
        assert "Learn to sail" in read
        for said in ("Learn to fly", "Sing in a choir", "A third one"):
            assert said not in read

    def test_other_parts_are_tried_out_as_a_draft(self, maya: Planner, school: School, item: int) -> None:
        agree(maya, item, "goals", "team")
        agreed = words(maya.get(f"plan/transition/{item}/package"))
        assert f"For {DUBE}" in agreed
        assert "Agreed by: Maya Torres; the family has not agreed yet" in agreed
        tried = words(maya.get(f"plan/transition/{item}/package?chosen=1&part=goals"))
        assert "A draft: you have agreed to other parts." in tried
        for said in (f"For {DUBE}", "Agreed by:"):
            assert said not in tried
        assert "Explain my robot" in words(page(school.enter(RIVERA), of(maya, item, "package")))

    def test_the_next_schools_adult_reads_it_and_nobody_before(
        self, maya: Planner, school: School, item: int
    ) -> None:
        there = school.enter(DUBE_THERE, **_elsewhere())
        assert there.get(of(maya, item, "package")).status_code == 404
        agree(maya, item, "goals", "supports", "team")
        assert there.get(of(maya, item, "package")).status_code == 404, "she does not teach her yet"
        school.enter(MAYA, **_elsewhere())
        read = words(page(there, of(maya, item, "package")))
        for said in ("Explain my robot", "IEP: Ask Ms. Rivera", NEEDS):
            assert said in read
        assert SECRET not in read
        assert "Thandi Dube" in words(maya.get("plan/talk"))

    def test_without_a_receiver_it_comes_back(self, maya: Planner, item: int) -> None:
        answer = agree(maya, item, "goals", receiver=" ")
        assert answer.status_code == 400
        assert re.search(r'value="goals" checked', answer.get_data(as_text=True))
        assert state(maya, item) == "draft"


def test_taken_back(maya: Planner, school: School, item: int) -> None:
    agree(maya, item, "goals")
    rivera = school.enter(RIVERA)
    asked = agreement(rivera, maya)
    rivera.post(of(maya, item, "family"), way="family", agreement=asked, name="Rosa Torres")
    assert rivera.post(of(maya, item, "family"), way="take_back").status_code == 303
    assert state(maya, item) == "draft"
    assert maya.visitor.post(f"plan/transition/{item}/take-back").status_code == 303
    late = rivera.post(of(maya, item, "family"), way="family", agreement=asked, name="Rosa Torres")
    assert late.status_code == 409
    assert "This was changed meanwhile." in words(late.get_data(as_text=True))


def test_words_are_proposed_and_accepted(maya: Planner, school: School, item: int) -> None:
    rivera = school.enter(RIVERA)
    answer = rivera.post(of(maya, item, "propose"), helps="A seat at the front", message="You told me so")
    assert "Proposed. The student decides." in words(
        rivera.client.get(answer.location).get_data(as_text=True)
    )
    with maya.reading() as (session, _):
        idea = session.scalars(select(Suggestion.id).where(Suggestion.item_kind == "transition")).one()
        assert session.get_one(TransitionPlan, item).helps == ""
    assert "A seat at the front" in words(maya.get("plan/talk"))
    assert maya.visitor.post(f"plan/suggestions/{idea}/accept").status_code == 303
    assert "A seat at the front" in maya.get("plan/transition")
    assert "after an idea of Elena Rivera" in words(maya.get(f"plan/history?item=transition-{item}"))


def test_saved_as_it_is_typed(maya: Planner, item: int) -> None:
    answer = maya.visitor.client.put(
        maya.visitor.address(f"plan/items/transition/{item}"),
        json={
            "base_version": 2,
            "fields": {
                "checklist": [{"text": "Pack", "done": True}, {"text": "", "done": False}],
                "contacts": [{"name": "Ms. Dube", "role": "counselor", "how": "by mail"}],
            },
        },
        headers={"X-CSRF-Token": maya.visitor.token()},
    )
    assert answer.json == {"version": 3}
    read = maya.get("plan/transition")
    assert re.search(r'name="checklist.0.done" value="1" checked', read)
    assert "Ms. Dube" in read
    history = words(maya.get(f"plan/history?item=transition-{item}"))
    assert "✓ Pack" in history


def test_without_a_script_rows_are_sent_with_the_form(maya: Planner, item: int) -> None:
    rows = (
        ("checklist.0.text", "Pack"),
        ("checklist.0.done", "1"),
        ("checklist.1.text", "Say goodbye"),
        ("supports.0.kind", "plan_504"),
        ("supports.0.where", "Office"),
    )
    assert maya.visitor.post(f"plan/items/transition/{item}", *rows, version="2").status_code == 303
    with maya.reading() as (session, _):
        found = session.get_one(TransitionPlan, item)
        assert found.checklist == [{"text": "Pack", "done": True}, {"text": "Say goodbye", "done": False}]
        assert found.supports == [{"kind": "plan_504", "where": "Office"}]


@pytest.mark.parametrize("human", [LEO, TEST_STUDENT, FAMILY], ids=lambda one: one.given)
def test_who_may_not(maya: Planner, school: School, item: int, human: Human) -> None:
    visitor = school.enter(human)
    assert visitor.get(of(maya)).status_code == 403
    assert visitor.get(of(maya, item, "package")).status_code == 403
    assert visitor.get(f"plan/transition/{item}/package").status_code in {403, 404}


def test_an_administrator_without_a_tie_sees_none(maya: Planner, school: School, item: int) -> None:
    ada = school.enter(ADA)
    assert ada.get(of(maya)).status_code == 404
    for way in ("tick", "propose", "family", "hand-over"):
        assert ada.post(of(maya, item, way), text="x", helps="x").status_code == 404


def test_what_is_for_herself_is_not_there(maya: Planner, school: School, item: int) -> None:
    edit(maya, item, audience="me")
    rivera = school.enter(RIVERA)
    assert "There is no transition plan yet." in words(page(rivera, of(maya)))
    assert rivera.post(of(maya, item, "tick"), text="Meet my new advisor", done="1").status_code == 403
    assert rivera.post(of(maya, item, "propose"), helps="x").status_code == 404


def test_it_is_on_paper_and_in_a_kept_version(maya: Planner, item: int) -> None:
    """Requirement J5."""
    assert NEEDS in words(maya.get("plan/print"))
    maya.visitor.post("plan/revision/begin")
    maya.visitor.post("plan/revision", note="Before I leave")
    assert NEEDS in words(maya.get("plan/revisions/2"))


def test_before_there_is_one(maya: Planner) -> None:
    assert "To another school" in words(maya.get("plan/transition"))
    assert maya.visitor.post("plan/transition/begin", kind="to_the_moon").status_code == 400
