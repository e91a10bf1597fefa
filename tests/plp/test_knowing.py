"""Students at a glance: what they said to the team, and whose goal touches a unit."""

import pytest
from sqlalchemy.orm import Session

from lti_plp.plp.kinds import load_kinds
from lti_plp.plp.knowing import Card, read_cards
from lti_plp.settings import Settings
from tests.plp.planning import Planning


@pytest.fixture
def here(session: Session) -> Planning:
    return Planning(session)


def card(here: Planning) -> Card:
    kinds = load_kinds(Settings().config_folder)
    cards = read_cards(here.session, here.plan.tenant_id, [here.student.person_id], kinds)
    return cards.get(here.student.person_id, Card(0))


def test_only_what_is_for_the_team(here: Planning) -> None:
    editor = here.editor()
    editor.add("entry", {"kind": "interest", "text": "Bridges"})
    editor.add("entry", {"kind": "barrier", "text": "Talking", "audience": "me"})
    gone = editor.add("entry", {"kind": "strength", "text": "Gone"})
    editor.remove("entry", gone.id)
    editor.add(
        "baseline", {"kind": "academic", "instrument": "Writing", "taken_on": "2025-09-01", "result": "Early"}
    )
    editor.add(
        "baseline", {"kind": "academic", "instrument": "Writing", "taken_on": "2026-09-01", "result": "Later"}
    )
    found = card(here)
    assert {said.text for group in found.groups.values() for said in group} == {"Bridges"}
    assert [(one.kind, one.text) for one in found.levels] == [("Writing", "Later")]


def test_whose_goal_touches_a_unit(here: Planning) -> None:
    here.goal(
        statement="Build a BRIDGE out of paper", area="academic", state="active", outcomes=["completion"]
    )
    here.goal(statement="A secret tunnel", audience="me")
    found = card(here)
    assert found.touches("bridge paper")
    assert found.touches("", area="academic")
    assert found.touches("bridge", outcome="completion")
    assert not found.touches("bridge", area="career")
    assert not found.touches("tunnel")
    assert not found.touches("", outcome="civic_engagement")


def test_words_touch_what_a_student_likes_too(here: Planning) -> None:
    here.editor().add("entry", {"kind": "interest", "text": "Música de acordeón"})
    assert card(here).touches("musica")
    goal = here.goal(statement="Play in the band")
    here.step(goal, text="Ask at the Acordeón shop")
    here.step(goal, text="Practice tuning", audience="me")
    assert card(here).touches("acordeon shop")
    assert not card(here).touches("tuning")
    # With a tag it is about goals alone.
    assert not card(here).touches("musica", area="career")


def test_another_tenant_reads_nothing(here: Planning) -> None:
    here.goal()
    kinds = load_kinds(Settings().config_folder)
    assert read_cards(here.session, here.plan.tenant_id + 1, [here.student.person_id], kinds) == {}
