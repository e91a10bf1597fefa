"""Sharing templates: who finds what, versions, what colleagues say; nobody of another district is reached."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotAllowed, NotFound
from lti_plp.plp.actor import Role
from lti_plp.plp.models import ReflectionTemplate, SharedTemplate, SharedTemplateVersion
from lti_plp.plp.sharing import (
    MAX_FEEDBACK,
    MAX_SIZE,
    SharedDraft,
    improve,
    list_shared,
    read_shared,
    say,
    share,
    versions_here,
    withdraw,
)
from tests.factories import School, make_school, minutes


@pytest.fixture
def school(session: Session) -> School:
    return make_school(session)


@pytest.fixture
def elsewhere(session: Session) -> School:
    """Another district."""
    return make_school(session, "Birch Lake", base="https://lms.birchlake.example")


def draft(**changes: Any) -> SharedDraft:
    good: dict[str, Any] = {
        "name": " Our first\nweeks ",
        "about": "For advisories",
        "items": [{"title": "Who I am", "questions": []}],
    }
    return SharedDraft(**(good | changes))


def test_colleagues_find_it_and_read_what_it_places(session: Session, school: School) -> None:
    author, colleague = school.teacher(), school.teacher(given="Omar", family="Haddad")
    made = share(session, author, draft(), minutes(1))
    (card,) = list_shared(session, colleague)
    assert (card.name, card.about, card.number, card.scope) == (
        "Our first weeks",
        "For advisories",
        1,
        "school",
    )
    assert (card.author_id, card.is_own, card.feedback) == (author.person_id, False, 0)
    assert read_shared(session, colleague, made.id).items == ({"title": "Who I am", "questions": []},)
    assert list_shared(session, author)[0].is_own


def test_the_district_ends_where_it_ends(session: Session, school: School, elsewhere: School) -> None:
    stranger = elsewhere.teacher()
    ours = share(session, school.teacher(), draft(), minutes(1))
    for_all = share(session, school.teacher(), draft(name="For all", scope="everyone"), minutes(2))
    assert [one.id for one in list_shared(session, stranger)] == [for_all.id]
    for act in (
        lambda: read_shared(session, stranger, ours.id),
        lambda: say(session, stranger, ours.id, "Nice", minutes(3)),
        lambda: improve(session, stranger, ours.id, draft(), minutes(3)),
        lambda: withdraw(session, stranger, ours.id, minutes(3)),
        lambda: read_shared(session, stranger, "nothing"),
    ):
        with pytest.raises(NotFound) as caught:
            act()
        assert caught.value.code == "shared_unknown"
    versions = set(session.scalars(select(SharedTemplateVersion.id)))
    assert len(versions_here(session, stranger, versions)) == 1
    assert versions_here(session, school.teacher(), versions) == versions
    assert versions_here(session, stranger, set()) == frozenset()


@pytest.mark.parametrize(
    ("roles", "is_test"),
    [
        ((Role.LEARNER,), False),
        ((Role.MENTOR,), False),
        ((Role.INSTRUCTOR, Role.MENTOR), False),
        ((Role.INSTRUCTOR,), True),
        ((), False),
    ],
)
def test_only_the_school_s_adults(
    session: Session, school: School, roles: tuple[Role, ...], is_test: bool
) -> None:
    made = share(session, school.teacher(), draft(scope="everyone"), minutes(1))
    actor = school.person(*roles, is_test=is_test)
    for act in (
        lambda: share(session, actor, draft(), minutes(2)),
        lambda: list_shared(session, actor),
        lambda: read_shared(session, actor, made.id),
        lambda: say(session, actor, made.id, "Nice", minutes(2)),
        lambda: improve(session, actor, made.id, draft(), minutes(2)),
        lambda: withdraw(session, actor, made.id, minutes(2)),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_versions_are_the_author_s_and_the_older_stay(session: Session, school: School) -> None:
    author, colleague = school.teacher(), school.teacher()
    made = share(session, author, draft(), minutes(1))
    assert (
        improve(session, author, made.id, draft(name="Better", items=[{"n": 1}, {"n": 2}]), minutes(2)) == 2
    )
    found = read_shared(session, colleague, made.id)
    assert (found.card.number, found.card.name, len(found.items)) == (2, "Better", 2)
    rows = session.scalars(select(SharedTemplateVersion).order_by(SharedTemplateVersion.number)).all()
    assert [(one.number, one.name) for one in rows] == [(1, "Our first weeks"), (2, "Better")]
    with pytest.raises(NotAllowed) as caught:
        improve(session, colleague, made.id, draft(), minutes(3))
    assert caught.value.code == "shared_not_own"
    own = share(session, colleague, draft(name="Mine"), minutes(3), made_from=made.id)
    assert own.origin_id == made.id


def test_an_origin_that_cannot_be_seen_is_none(session: Session, school: School, elsewhere: School) -> None:
    ours = share(session, school.teacher(), draft(), minutes(1))
    assert share(session, elsewhere.teacher(), draft(), minutes(2), made_from=ours.id).origin_id is None
    assert share(session, elsewhere.teacher(), draft(), minutes(2), made_from="'; --").origin_id is None


def test_what_was_placed_from_a_version_stays_as_it_was(session: Session, school: School) -> None:
    author = school.teacher()
    made = share(session, author, draft(), minutes(1))
    version = read_shared(session, author, made.id).card.version_id
    template = school.template(author, shared_version_id=version)
    improve(session, author, made.id, draft(name="Quite another"), minutes(2))
    withdraw(session, author, made.id, minutes(3))
    session.commit()
    session.expire_all()
    row = session.get_one(ReflectionTemplate, template.id)
    assert (row.shared_version_id, row.title) == (version, "End of a project")
    # What was placed from may still be placed again from the basket of somebody who had it open.
    assert versions_here(session, school.teacher(), {version}) == {version}


def test_withdrawn_nobody_finds_it(session: Session, school: School) -> None:
    author, colleague = school.teacher(), school.teacher()
    made = share(session, author, draft(), minutes(1))
    with pytest.raises(NotAllowed):
        withdraw(session, colleague, made.id, minutes(2))
    withdraw(session, author, made.id, minutes(2))
    assert list_shared(session, author) == ()
    with pytest.raises(NotFound):
        read_shared(session, author, made.id)


def test_what_colleagues_say(session: Session, school: School) -> None:
    author, colleague = school.teacher(), school.teacher()
    made = share(session, author, draft(), minutes(1))
    say(session, colleague, made.id, " Worked well.\x00 ", minutes(2))
    improve(session, author, made.id, draft(), minutes(3))
    say(session, author, made.id, "Shorter now.", minutes(4))
    found = read_shared(session, author, made.id)
    assert [(one.text, one.number, one.author_id) for one in found.feedback] == [
        ("Shorter now.", 2, author.person_id),
        ("Worked well.", 1, colleague.person_id),
    ]
    assert found.card.feedback == 2
    for text, code in ((" \x00\n", "feedback_empty"), ("x" * (MAX_FEEDBACK + 1), "feedback_too_long")):
        with pytest.raises(BadInput) as caught:
            say(session, author, made.id, text, minutes(5))
        assert caught.value.code == code


def test_words_are_looked_for_as_they_are(session: Session, school: School) -> None:
    teacher = school.teacher()
    share(session, teacher, draft(name="100 % Advisory", about=""), minutes(1))
    share(session, teacher, draft(name="First weeks", about="Year_one"), minutes(2))
    assert [one.name for one in list_shared(session, teacher)] == ["First weeks", "100 % Advisory"]
    for words, names in (
        ("advisory", ["100 % Advisory"]),
        ("first YEAR_ONE", ["First weeks"]),
        ("%", ["100 % Advisory"]),
        ("_one", ["First weeks"]),
        ("\x00 ' OR 1=1", []),
    ):
        assert [one.name for one in list_shared(session, teacher, words)] == names, words


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"name": " \n"}, "name", "missing"),
        ({"name": "x" * 256}, "name", "too_long"),
        ({"about": "x" * 2001}, "about", "too_long"),
        ({"scope": "world"}, "scope", "unknown"),
        ({"items": []}, "items", "missing"),
        ({"items": [{}] * 21}, "items", "too_many"),
        ({"items": [{"x": "y" * MAX_SIZE}]}, "items", "too_long"),
    ],
)
def test_each_problem_is_told_and_nothing_is_made(
    session: Session, school: School, changes: dict[str, Any], field: str, problem: str
) -> None:
    with pytest.raises(BadInput) as caught:
        share(session, school.teacher(), draft(**changes), minutes(1))
    assert caught.value.details == {field: problem}
    assert session.scalar(select(func.count()).select_from(SharedTemplate)) == 0
