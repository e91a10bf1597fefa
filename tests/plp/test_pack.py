"""The pack for a conference: what is in it, for whom, and that it costs the same whatever the plan holds."""

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from lti_plp.plp.conversation import comment, suggest
from lti_plp.plp.models import Reflection
from lti_plp.plp.pack import Pack, is_early, read_pack
from lti_plp.plp.reflections import save_answer, submit
from lti_plp.plp.revisions import begin_revision, finish_revision
from tests.factories import counted, minutes
from tests.plp.planning import Planning, vocabulary


@pytest.fixture
def here(session: Session) -> Planning:
    return Planning(session)


def pack(here: Planning, reader: str = "team") -> Pack:
    return read_pack(here.session, here.plan, reader)


def keep(here: Planning, at: float) -> None:
    begin_revision(here.editor(at))
    finish_revision(here.editor(at))


def test_since_the_last_version(here: Planning) -> None:
    goal = here.goal()
    private = here.goal(statement="A secret", audience="me")
    opened = here.goal(statement="Words that only I saw", audience="me")
    old = comment(here.session, here.plan, here.teacher, here.work(), ("goal", goal.id), "Old", minutes(2))
    keep(here, 10)
    here.editor(20).edit("goal", goal.id, 1, {"statement": "Run 10 km"})
    here.editor(20).edit("goal", private.id, 1, {"statement": "A new secret"})
    here.editor(20).edit("goal", opened.id, 1, {"statement": "Words for all", "audience": "team"})
    here.evidence(goal, at=21)
    here.evidence(goal, at=21, audience="me")
    new = comment(here.session, here.plan, here.teacher, here.work(), ("goal", goal.id), "New", minutes(22))
    suggest(
        here.session,
        here.plan,
        here.teacher,
        here.work(),
        ("goal", goal.id),
        {"measure": "By a watch"},
        "An idea",
        vocabulary,
        minutes(23),
    )
    found = pack(here)
    assert [one.fields["statement"] for one in found.plan.goals] == ["Run 10 km", "Words for all"]
    assert [len(found.evidence[one.id]) for one in found.plan.goals] == [1, 0]
    assert [one.comment.id for one in found.comments] == [new.id]
    assert new.id != old.id
    assert [one.message for one in found.suggestions] == ["An idea"]
    told = {(one.kind, one.title): one for one in found.changes}
    assert set(told) == {("goal", "Run 10 km"), ("goal", "Words for all"), ("evidence", "I ran 3 km")}
    # What was the student's alone is not told by what it became.
    assert told["goal", "Words for all"].what == "add"
    assert told["goal", "Words for all"].changes == ()
    assert "secret" not in repr(found)
    assert "only I saw" not in repr(found)
    assert (found.version, found.since) == (1, minutes(10))
    assert found.people() == {here.teacher.person_id}


def test_the_family_sees_less(here: Planning) -> None:
    goal = here.goal()
    shared = here.goal(statement="For the family", audience="family")
    for one in (goal, shared):
        comment(here.session, here.plan, here.teacher, here.work(), ("goal", one.id), "Well done", minutes(2))
    found = pack(here, "family")
    assert [one.fields["statement"] for one in found.plan.goals] == ["For the family"]
    assert [one.title for one in found.comments] == ["For the family"]
    assert len(pack(here).comments) == 2


@pytest.mark.parametrize(("audience", "sees"), [("team", 1), ("family", 1), ("me", 0)])
def test_reflections_in_all_voices(here: Planning, audience: str, sees: int) -> None:
    link = here.school.link(here.school.template(here.teacher))
    save_answer(here.session, here.student, link, "q1", "I learned to ask", 0, minutes(3))
    submit(here.session, here.student, link, minutes(4))
    row = here.session.query(Reflection).one()
    row.audience, row.voice = audience, "family"
    here.session.flush()
    assert len(pack(here).reflections) == sees
    keep(here, 10)
    assert pack(here).reflections == ()


def test_a_first_conference_has_no_version_to_compare(here: Planning) -> None:
    here.goal()
    found = pack(here)
    assert (found.version, found.since, found.changes) == (None, None, ())


@pytest.mark.parametrize(("hours", "early"), [(47, False), (48, False), (49, True), (-5, False)])
def test_ready_two_days_before(hours: int, early: bool) -> None:
    assert is_early(minutes(60 * hours), minutes(0)) is early


def test_as_many_statements_whatever_there_is(here: Planning, engine: Engine) -> None:
    def fill(at: float) -> int:
        goal = here.goal(at=at)
        here.step(goal, at=at)
        here.evidence(goal, at=at)
        comment(here.session, here.plan, here.teacher, here.work(), ("goal", goal.id), "Go on", minutes(at))
        here.session.commit()
        with counted(engine) as statements:
            pack(here)
        return len(statements)

    keep(here, 1)
    assert len({fill(at) for at in range(2, 9)}) == 1
