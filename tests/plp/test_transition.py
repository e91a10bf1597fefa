"""A transition: what was agreed, by whom and to what, before anything is handed over; on both databases."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotAllowed, NotFound, PlpError
from lti_plp.plp.actor import Role
from lti_plp.plp.conversation import accept, suggest
from lti_plp.plp.history import verify
from lti_plp.plp.models import PlanRevision, TransitionAgreement, TransitionPlan
from lti_plp.plp.revisions import begin_revision, finish_revision
from lti_plp.plp.standing import Standing
from lti_plp.plp.transition import (
    Agreeing,
    TransitionPage,
    agree,
    begin_transition,
    family_agrees,
    family_takes_back,
    hand_over,
    proposals,
    read_transition,
    read_transitions,
    take_back,
    tick,
)
from tests.factories import minutes
from tests.plp.planning import VOCABULARY, Planning, vocabulary

CONFIG = Path(__file__).parent.parent.parent / "config"
PARTS = ("goals", "supports")
SCHOOL = "Ms. Dube, Birch Falls High School"


class Leaving(Planning):
    """A student who goes to high school."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.item: TransitionPlan = begin_transition(self.editor(), "to_high_school", CONFIG, "en")

    def page(self) -> TransitionPage:
        return read_transition(self.session, self.item)

    def agree(self, at: float = 5, **said: Any) -> TransitionAgreement:
        agreeing = {"version": self.item.version, "name": "Maya Torres", "parts": PARTS, "receiver": SCHOOL}
        return agree(self.editor(at), self.item.id, Agreeing(**{**agreeing, **said}))

    def family(self, agreement: TransitionAgreement, at: float = 6, **more: Any) -> TransitionAgreement:
        name = more.pop("name", "Rosa Torres")
        return family_agrees(
            self.session,
            self.teacher,
            self.work(),
            self.item.id,
            agreement.id,
            name,
            now=minutes(at),
            **more,
        )

    def hand_over(self, agreement: TransitionAgreement, at: float = 7) -> TransitionPlan:
        return hand_over(self.session, self.teacher, self.work(), self.item.id, agreement.id, minutes(at))

    def edit(self, at: float = 8, **values: Any) -> None:
        self.editor(at).edit("transition", self.item.id, self.item.version, values)


@pytest.fixture
def here(session: Session) -> Leaving:
    return Leaving(session)


def refused(code: str) -> Any:
    return pytest.raises(PlpError, check=lambda problem: (problem.code, problem.status) == (code, 409))


def test_it_begins_with_what_could_be_seen_to(here: Leaving) -> None:
    assert here.item.state == "draft"
    assert {"text": "Meet my new advisor", "done": False} in here.item.checklist
    spanish = begin_transition(here.editor(), "other", CONFIG, "es-MX")
    assert spanish.checklist[0]["text"] == "Decir qué cambia para mí"
    assert [one.id for one in read_transitions(here.session, here.plan.id)] == [spanish.id, here.item.id]
    with pytest.raises(BadInput):
        begin_transition(here.editor(), "to_the_moon", CONFIG, "en")


def test_every_kind_has_its_proposals() -> None:
    found = proposals(CONFIG)
    assert set(found) == set(VOCABULARY["transition_kind"])
    for texts in found.values():
        assert 3 <= len(texts) <= 8
        assert all(set(one) == {"en", "es"} and one["en"] != one["es"] for one in texts)


def test_draft_agreed_handed_over(here: Leaving, session: Session) -> None:
    mine = here.agree()
    assert (here.item.state, here.page().student) == ("draft", mine), "the family has not agreed yet"
    theirs = here.family(mine)
    assert (here.item.state, here.page().family) == ("agreed", theirs)
    assert (theirs.parts, theirs.receiver, theirs.recorded_by) == (
        ["goals", "supports"],
        SCHOOL,
        here.teacher.person_id,
    )
    here.hand_over(mine)
    assert here.item.state == "handed_over"
    assert here.page().handed_over_at == minutes(7)
    here.hand_over(mine, 9)
    session.commit()
    assert verify(session, here.plan.id) == []


def test_a_student_of_age_decides_alone(here: Leaving) -> None:
    mine = here.agree()
    assert here.family(mine, name="", decides_alone=True).role == "of_age"
    assert here.item.state == "agreed"


def test_nothing_is_handed_over_before_all_have_agreed(here: Leaving) -> None:
    with refused("transition_not_agreed"):
        hand_over(here.session, here.teacher, here.work(), here.item.id, 1, minutes(5))
    mine = here.agree()
    with refused("transition_not_agreed"):
        here.hand_over(mine)
    assert here.item.state == "draft"


@pytest.mark.parametrize(
    "change",
    [
        {"needs": "I need a quiet place"},
        {"going_to": "Another school"},
        {"supports": [{"kind": "iep", "where": "With Ms. Rivera"}]},
        {"audience": "family"},
    ],
)
def test_a_change_after_the_agreement_takes_it_back_to_draft(
    here: Leaving, session: Session, change: dict[str, Any]
) -> None:
    mine = here.agree()
    here.family(mine)
    here.edit(**change)
    page = here.page()
    assert (here.item.state, page.student, page.family, page.is_outdated) == ("draft", None, None, True)
    with refused("transition_not_agreed"):
        here.hand_over(mine, 9)
    again = here.agree(10)
    assert (here.item.state, here.page().is_outdated) == ("draft", False), "the family is asked again as well"
    here.family(again, 11)
    assert here.item.state == "agreed"
    session.commit()
    assert verify(session, here.plan.id) == []


def test_a_change_between_the_two_agreements_counts_as_well(here: Leaving) -> None:
    mine = here.agree()
    here.edit(5.5, needs="A quiet place")
    with refused("transition_changed"):
        here.family(mine)


def test_what_is_still_to_be_done_may_change_until_the_last_day(here: Leaving) -> None:
    here.family(here.agree())
    tick(here.session, here.teacher, here.work(), here.item.id, "Meet my new advisor", True, minutes(8))
    assert here.item.state == "agreed"
    assert {"text": "Meet my new advisor", "done": True} in here.item.checklist
    assert here.page().family


def test_a_change_after_the_handing_over_is_a_draft_that_remembers(here: Leaving) -> None:
    mine = here.agree()
    here.family(mine)
    here.hand_over(mine)
    here.edit(helps="Reading aloud")
    assert (here.item.state, here.page().handed_over_at) == ("draft", minutes(7))


def test_another_receiver_takes_another_agreement(here: Leaving) -> None:
    mine = here.agree()
    here.family(mine)
    other = here.agree(8, receiver="Mr. Lund")
    assert (here.item.state, here.page().family) == ("draft", None)
    with refused("transition_changed"):
        here.family(mine, 9)
    here.family(other, 10)
    assert here.item.state == "agreed"


def test_it_can_be_taken_back_by_either(here: Leaving, session: Session) -> None:
    mine = here.agree()
    here.family(mine)
    take_back(here.editor(8), here.item.id)
    assert (here.item.state, here.page().student, here.page().is_outdated) == ("draft", None, False)
    with refused("transition_not_agreed"):
        take_back(here.editor(9), here.item.id)
    mine = here.agree(10)
    assert here.item.state == "agreed", "the family's word about the same still counts"
    family_takes_back(session, here.teacher, here.work(), here.item.id, minutes(11))
    assert (here.item.state, here.page().student) == ("draft", mine)
    with refused("transition_not_agreed"):
        family_takes_back(session, here.teacher, here.work(), here.item.id, minutes(12))
    session.commit()
    assert verify(session, here.plan.id) == []


def test_what_was_handed_over_stays_handed_over(here: Leaving) -> None:
    mine = here.agree()
    here.family(mine)
    here.hand_over(mine)
    take_back(here.editor(8), here.item.id)
    assert (here.item.state, here.page().student) == ("handed_over", None)


def test_agreements_never_change(here: Leaving, session: Session) -> None:
    here.agree()
    session.commit()
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(update(TransitionAgreement).values(receiver="Somebody else"))


def test_what_an_agreement_needs(here: Leaving) -> None:
    with pytest.raises(BadInput) as problem:
        here.agree(receiver=" ")
    assert problem.value.details["field"] == "receiver"
    assert here.agree(parts=("goals", "everything", "grades")).parts == ["goals"]
    with pytest.raises(BadInput) as problem:
        here.family(here.agree(), name=" ")
    assert problem.value.details["field"] == "name"
    here.edit(needs="A quiet place")
    with refused("transition_changed"):
        here.agree(9, version=1)


def test_who_may_not(here: Leaving) -> None:
    mine = here.agree()
    substitute = replace(here.work(), standing=frozenset({Standing.SUBSTITUTE}))
    parent = here.school.person(Role.MENTOR)
    for actor, work in (
        (here.student, here.work()),
        (parent, replace(here.work(), standing=frozenset({Standing.FAMILY}))),
        (here.teacher, here.work(taught=False)),
        (here.teacher, substitute),
        (replace(here.teacher, tenant_id=here.teacher.tenant_id + 1), here.work()),
    ):
        for act in (
            lambda a, w: family_agrees(
                here.session, a, w, here.item.id, mine.id, "Rosa Torres", now=minutes(6)
            ),
            lambda a, w: family_takes_back(here.session, a, w, here.item.id, minutes(6)),
            lambda a, w: hand_over(here.session, a, w, here.item.id, mine.id, minutes(6)),
            lambda a, w: tick(here.session, a, w, here.item.id, "Choose my courses", True, minutes(6)),
        ):
            with pytest.raises(NotAllowed):
                act(actor, work)
    assert here.item.state == "draft"


def test_what_she_keeps_to_herself_and_what_is_not_here(here: Leaving) -> None:
    other = begin_transition(here.editor(), "other", CONFIG, "en")
    here.editor(2).edit("transition", other.id, 1, {"audience": "me"})
    with pytest.raises(NotAllowed):
        tick(here.session, here.teacher, here.work(), other.id, "Say what changes for me", True, minutes(3))
    for item_id, text in ((10**6, "Choose my courses"), (here.item.id, "Fly")):
        with pytest.raises(NotFound):
            tick(here.session, here.teacher, here.work(), item_id, text, True, minutes(3))


@pytest.mark.parametrize(
    "values",
    [
        {"state": "agreed"},
        {"checklist": ["Visit"]},
        {"checklist": [{"text": "x"}] * 61},
        {"supports": [{"kind": "diagnosis", "where": "x"}]},
        {"supports": [{"kind": "iep"}] * 11},
        {"contacts": "me"},
        {"file_id": "not-mine"},
    ],
)
def test_what_is_refused(here: Leaving, values: dict[str, Any]) -> None:
    with pytest.raises((BadInput, NotFound)):
        here.edit(**values)


def test_a_pointer_to_a_paper_holds_nothing_of_what_it_says(here: Leaving) -> None:
    """Requirement K3: which one, where it is kept, whom to ask."""
    here.edit(supports=[{"kind": "iep", "where": "Ask Ms. Rivera", "diagnosis": "x"}, {"where": "no kind"}])
    assert here.item.supports == [{"kind": "iep", "where": "Ask Ms. Rivera"}]


def test_an_adult_proposes_words_and_the_student_decides(here: Leaving, session: Session) -> None:
    made = suggest(
        session,
        here.plan,
        here.teacher,
        here.work(),
        ("transition", here.item.id),
        {"helps": "A seat at the front"},
        "You told me so",
        vocabulary,
        minutes(4),
    )
    assert here.item.helps == ""
    accept(here.editor(5), made.id)
    assert here.item.helps == "A seat at the front"


def test_the_newest_one_is_in_every_kept_version(here: Leaving, session: Session) -> None:
    """Requirement J5."""
    here.goal()
    here.edit(going_to="Birch Falls High School")
    begin_revision(here.editor(19))
    first = finish_revision(here.editor(20), "Before I leave")
    newer = begin_transition(here.editor(21), "change_of_school", CONFIG, "en")
    begin_revision(here.editor(21))
    second = finish_revision(here.editor(22), "And again")
    session.commit()

    def kept(revision: PlanRevision) -> dict[str, Any]:
        assert revision.snapshot
        found: dict[str, Any] = revision.snapshot["items"]["transition"]
        return found

    assert [one["going_to"] for one in kept(first).values()] == ["Birch Falls High School"]
    assert max(map(int, kept(second))) == newer.id
    assert verify(session, here.plan.id) == []
