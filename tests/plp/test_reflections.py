"""Writing, sending, reading and rating, on both databases."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotAllowed, NotFound, PlpError
from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.models import KeptAnswer, Reflection, ReflectionRating, ReflectionSubmission
from lti_plp.plp.reflections import (
    MAX_ANSWER,
    Answer,
    LinkFacts,
    Saved,
    Sent,
    class_work,
    own_work,
    preview,
    rate,
    save_answer,
    student_work,
    submit,
)
from tests.factories import NOON, School, counted, make_school, minutes

LONG = "I built the bridge three times before it held. " * 6


class World:
    """A school with one teacher, one student and one placed reflection."""

    def __init__(self, session: Session, **template: Any) -> None:
        self.session = session
        self.school: School = make_school(session)
        self.teacher = self.school.teacher()
        self.student = self.school.student()
        self.template = self.school.template(self.teacher, **template)
        self.link = self.school.link(self.template)
        session.commit()

    def save(self, text: str, base: int, key: str = "q1", at: float = 1, who: Actor | None = None) -> Saved:
        return save_answer(self.session, who or self.student, self.link, key, text, base, minutes(at))

    def send(self, at: float = 5, who: Actor | None = None) -> Sent:
        return submit(self.session, who or self.student, self.link, minutes(at))

    def rate(
        self, submission: int, points: str | None = "8", comment: str = "Good", at: float = 9
    ) -> ReflectionRating:
        given = None if points is None else Decimal(points)
        person = self.student.person_id
        rating, _ = rate(
            self.session, self.teacher, self.link, person, submission, given, comment, minutes(at)
        )
        return rating

    def kept(self) -> list[tuple[str, str]]:
        rows = self.session.scalars(select(KeptAnswer).order_by(KeptAnswer.id))
        return [(row.reason, row.text) for row in rows]

    def count(self, table: Any) -> int:
        return self.session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def world(session: Session) -> World:
    return World(session)


def test_the_first_word_begins_a_reflection(world: World) -> None:
    assert own_work(world.session, world.student, world.link).state == "new"
    assert world.save("I built", 0) == Saved(1, minutes(1))
    assert world.save("I built a bridge", 1, at=2) == Saved(2, minutes(2))
    world.session.commit()
    work = own_work(world.session, world.student, world.link)
    assert work.state == "writing"
    assert work.answers == {"q1": Answer("I built a bridge", 2)}
    begun = world.session.get_one(Reflection, work.reflection_id)
    assert (begun.started_at, begun.saved_at) == (minutes(1), minutes(2))


def test_nothing_typed_begins_nothing(world: World) -> None:
    assert world.save("", 0) == Saved(0, minutes(1))
    assert world.count(Reflection) == 0


def test_saving_the_same_again_changes_nothing(world: World) -> None:
    world.save("I built", 0)
    assert world.save("I built", 0, at=2) == Saved(1, minutes(1))
    assert world.save("I built", 1, at=3) == Saved(1, minutes(1))
    assert world.kept() == []


def test_a_text_from_another_tab_is_kept_aside_and_both_are_offered(world: World) -> None:
    world.save("From this tab", 0)
    answer = world.save("From the other tab", 0, at=2)
    assert answer == Saved(1, minutes(1), conflict="From this tab")
    assert own_work(world.session, world.student, world.link).answers["q1"].text == "From this tab"
    assert world.kept() == [("conflict", "From the other tab")]
    world.save("From the other tab", 0, at=3)
    assert world.kept() == [("conflict", "From the other tab")], "a repeated save is kept once"


def test_whoever_decides_for_one_text_replaces_the_other(world: World) -> None:
    world.save("From this tab", 0)
    world.save("From the other tab", 0)
    assert world.save("From the other tab", 1).conflict is None
    assert own_work(world.session, world.student, world.link).answers["q1"].text == "From the other tab"


def test_going_on_after_a_lost_answer_is_no_conflict(world: World) -> None:
    """The line dropped after the save had arrived: the page still believes that nothing was saved."""
    world.save("I built", 0)
    assert world.save("I built a bridge", 0, at=2) == Saved(2, minutes(2))
    assert world.kept() == []


@pytest.mark.parametrize(("shorter", "is_kept"), [("", True), (LONG[:60], True), (LONG[:-40], False)])
def test_a_long_text_that_is_cut_away_is_kept(world: World, shorter: str, is_kept: bool) -> None:
    world.save(LONG, 0)
    world.save(shorter, 1)
    assert world.kept() == ([("replaced", LONG)] if is_kept else [])


def test_a_short_text_may_be_cut_without_trace(world: World) -> None:
    world.save("No idea", 0)
    world.save("", 1)
    assert world.kept() == []
    assert own_work(world.session, world.student, world.link).answers["q1"] == Answer("", 2)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("one\x00two", "onetwo"),
        ("half \ud83d pair", "half  pair"),
        ("line\r\nline\rline", "line\nline\nline"),
        ("tab\tñandú 🎈 \u202e e\u0301", "tab\tñandú 🎈 \u202e e\u0301"),
        ("<script>alert(1)</script> {{ 7*7 }}", "<script>alert(1)</script> {{ 7*7 }}"),
    ],
)
def test_every_database_stores_what_people_type(world: World, typed: str, stored: str) -> None:
    world.save(typed, 0)
    world.session.commit()
    world.session.expire_all()
    assert own_work(world.session, world.student, world.link).answers["q1"].text == stored


def test_the_longest_answer_fits_and_a_longer_one_is_refused(world: World) -> None:
    world.save("ñ" * MAX_ANSWER, 0)
    with pytest.raises(BadInput) as caught:
        world.save("x" * (MAX_ANSWER + 1), 1)
    assert (caught.value.code, caught.value.details) == ("answer_too_long", {"longest": MAX_ANSWER})
    assert own_work(world.session, world.student, world.link).answers["q1"].revision == 1


@pytest.mark.parametrize("key", ["q4", "", "q1 ", "\x00", "answer"])
def test_an_unknown_question_is_not_found(world: World, key: str) -> None:
    with pytest.raises(NotFound):
        world.save("text", 0, key=key)
    assert world.count(Reflection) == 0


def test_only_students_of_the_course_write(world: World) -> None:
    school = world.school
    observer = school.person(Role.LEARNER, Role.MENTOR)
    preview_user = school.person(Role.LEARNER, is_test=True)
    elsewhere = Actor(world.student.person_id, world.student.tenant_id, 999, world.student.roles)
    for who in (world.teacher, observer, preview_user, elsewhere):
        with pytest.raises(NotAllowed):
            world.save("text", 0, who=who)
        with pytest.raises(NotAllowed):
            world.send(who=who)
    assert world.count(Reflection) == 0


def test_sending_keeps_what_was_written_at_that_moment(world: World) -> None:
    world.save("First", 0)
    world.save("Third", 0, key="q3")
    world.save("   ", 0, key="q2")
    sent = world.send()
    world.session.commit()
    assert sent.is_new
    assert (sent.submission.number, sent.submission.submitted_at) == (1, minutes(5))
    assert sent.submission.answers == {"q1": "First", "q3": "Third"}
    assert own_work(world.session, world.student, world.link).state == "sent"


def test_a_double_click_sends_once(world: World) -> None:
    world.save("First", 0)
    first, second = world.send(), world.send(at=5.1)
    assert (first.is_new, second.is_new) == (True, False)
    assert second.submission.id == first.submission.id
    assert world.count(ReflectionSubmission) == 1


def test_nothing_written_is_not_sent(world: World) -> None:
    for _ in range(2):
        with pytest.raises(BadInput) as caught:
            world.send()
        assert caught.value.code == "nothing_written"
        world.save("  \n ", 0)
    assert world.count(ReflectionSubmission) == 0


def test_sending_again_is_a_new_version(world: World) -> None:
    world.save("First", 0)
    first = world.send()
    world.save("First, and more", 1, at=6)
    assert own_work(world.session, world.student, world.link).state == "writing"
    again = world.send(at=7)
    world.session.commit()
    assert (again.is_new, again.submission.number) == (True, 2)
    numbers = world.session.scalars(select(ReflectionSubmission.number).order_by(ReflectionSubmission.id))
    assert list(numbers) == [1, 2]
    assert first.submission.answers == {"q1": "First"}, "what was sent stays as it was"


def test_going_back_to_what_was_sent_needs_no_new_version(world: World) -> None:
    world.save("First", 0)
    world.send()
    world.save("Second thoughts", 1)
    world.save("First", 2)
    assert not world.send(at=8).is_new
    assert own_work(world.session, world.student, world.link).state == "sent"


def test_without_leave_to_resubmit_what_was_sent_stands(session: Session) -> None:
    world = World(session, allow_resubmit=False)
    world.save("First", 0)
    world.send()
    assert world.save("First", 1) == Saved(1, minutes(1)), "a late autosave of the same words is no fault"
    for key, base in (("q1", 1), ("q2", 0)):
        with pytest.raises(PlpError) as caught:
            world.save("More", base, key=key)
        assert (caught.value.code, caught.value.status) == ("already_sent", 409)
    assert not world.send(at=6).is_new


def test_rating_is_shown_with_its_comment(world: World) -> None:
    world.save("First", 0)
    sent = world.send()
    world.rate(sent.submission.id, "7.5", " Well\x00 seen.\r\nGo on! ")
    world.session.commit()
    world.session.expire_all()
    for work in (
        own_work(world.session, world.student, world.link),
        student_work(world.session, world.teacher, world.link, world.student.person_id),
    ):
        assert work.state == "rated"
        assert work.rating
        assert (work.rating.points, work.rating.comment) == (Decimal("7.5"), "Well seen.\nGo on!")


def test_ratings_are_never_replaced_and_the_newest_counts(world: World) -> None:
    world.save("First", 0)
    number = world.send().submission.id
    world.rate(number, "7")
    world.rate(number, "9", "Even better than I thought")
    assert world.count(ReflectionRating) == 2
    work = own_work(world.session, world.student, world.link)
    assert work.rating
    assert (work.rating.points, work.rating.comment) == (Decimal(9), "Even better than I thought")


def test_a_later_comment_leaves_the_points_as_they_stand(world: World) -> None:
    world.save("First", 0)
    number = world.send().submission.id
    assert world.rate(number, None, "Read it.").points is None
    world.rate(number, "7")
    assert world.rate(number, None, "One more thought").points == Decimal(7)
    world.save("Second", 1)
    newer = world.send(at=11).submission.id
    assert world.rate(newer, None, "Thank you").points is None, "the points were for the earlier version"


def test_a_teacher_does_not_rate_what_they_have_not_seen(world: World) -> None:
    world.save("First", 0)
    seen = world.send().submission.id
    world.save("First, and more", 1)
    world.send(at=6)
    with pytest.raises(PlpError) as caught:
        world.rate(seen)
    assert (caught.value.code, caught.value.status) == ("newer_submission", 409)
    assert world.count(ReflectionRating) == 0


@pytest.mark.parametrize("points", ["-0.01", "10.01", "NaN", "sNaN", "Infinity", "1.005", "1E+9", "1E-9"])
def test_points_out_of_range_are_refused(world: World, points: str) -> None:
    world.save("First", 0)
    number = world.send().submission.id
    with pytest.raises(BadInput) as caught:
        world.rate(number, points)
    assert caught.value.code == "points_out_of_range"
    assert world.count(ReflectionRating) == 0


@pytest.mark.parametrize(
    ("grading", "points", "code"),
    [
        ("complete", "1", ""),
        ("complete", "0", ""),
        ("complete", "0.5", "points_out_of_range"),
        ("complete", "2", "points_out_of_range"),
        ("none", None, ""),
        ("none", "1", "not_graded"),
        ("points", "0", ""),
        ("points", "10", ""),
    ],
)
def test_points_fit_the_way_of_grading(session: Session, grading: str, points: str | None, code: str) -> None:
    world = World(session, grading=grading)
    world.save("First", 0)
    number = world.send().submission.id
    if not code:
        assert world.rate(number, points).points == (None if points is None else Decimal(points))
        return
    with pytest.raises(BadInput) as caught:
        world.rate(number, points)
    assert caught.value.code == code


def test_a_comment_that_is_too_long_is_refused(world: World) -> None:
    world.save("First", 0)
    number = world.send().submission.id
    with pytest.raises(BadInput) as caught:
        world.rate(number, comment="x" * 5001)
    assert caught.value.code == "comment_too_long"
    world.rate(number, comment="x" * 5000)


def test_drafts_belong_to_the_student_alone(world: World) -> None:
    world.save("Only for me", 0)
    with pytest.raises(NotFound) as caught:
        student_work(world.session, world.teacher, world.link, world.student.person_id)
    assert caught.value.code == "nothing_sent"
    with pytest.raises(NotFound):
        world.rate(1)
    world.send()
    world.save("Only for me, again", 1)
    seen = student_work(world.session, world.teacher, world.link, world.student.person_id)
    assert seen.submission
    assert seen.submission.answers == {"q1": "Only for me"}


def test_students_and_families_see_neither_class_nor_others(world: World) -> None:
    world.save("First", 0)
    number = world.send().submission.id
    classmate = world.school.student()
    parent = world.school.person(Role.LEARNER, Role.MENTOR)
    for who in (classmate, parent, world.student):
        with pytest.raises(NotAllowed):
            class_work(world.session, who, world.link)
        with pytest.raises(NotAllowed):
            student_work(world.session, who, world.link, world.student.person_id)
        with pytest.raises(NotAllowed):
            rate(world.session, who, world.link, world.student.person_id, number, Decimal(10), "", minutes(9))
    with pytest.raises(NotAllowed):
        own_work(world.session, parent, world.link)
    with pytest.raises(NotAllowed):
        preview(world.session, parent, world.link)


def test_an_administrator_reads_and_does_not_rate(world: World) -> None:
    world.save("First", 0)
    number = world.send().submission.id
    administrator = world.school.person(Role.ADMINISTRATOR)
    assert student_work(world.session, administrator, world.link, world.student.person_id).submission
    with pytest.raises(NotAllowed):
        rate(
            world.session,
            administrator,
            world.link,
            world.student.person_id,
            number,
            Decimal(10),
            "",
            minutes(9),
        )


def test_a_copied_course_finds_the_template_and_no_work(world: World) -> None:
    world.save("First", 0)
    world.send()
    copy = world.school.link(world.template)
    world.session.commit()
    work = own_work(world.session, world.student, copy)
    assert work.template.id == world.template.id
    assert (work.state, work.answers, work.submission) == ("new", {}, None)
    assert class_work(world.session, world.teacher, copy) == {}
    with pytest.raises(NotFound):
        student_work(world.session, world.teacher, copy, world.student.person_id)


def test_another_tenants_template_is_not_found(world: World) -> None:
    other = make_school(world.session, "Birch Lake", base="https://lms.birchlake.example")
    student = other.student()
    stolen = LinkFacts(other.tenant_id, other.course_id, world.link.resource_link_id, world.template.id)
    with pytest.raises(NotFound):
        own_work(world.session, student, stolen)
    with pytest.raises(NotFound):
        save_answer(world.session, student, stolen, "q1", "text", 0, NOON)


def test_the_class_list_tells_how_far_everybody_is(world: World) -> None:
    states = {}
    for name in ("writing", "sent", "rated", "sent_again"):
        student = world.school.student()
        world.student = student
        states[student.person_id] = name
        world.save("First", 0)
        if name == "writing":
            continue
        number = world.send().submission.id
        if name == "sent":
            continue
        world.rate(number, "6")
        if name == "sent_again":
            world.save("Better", 1)
            world.send(at=20)
    world.school.student()
    world.session.commit()
    works = class_work(world.session, world.teacher, world.link)
    assert {person: work.state for person, work in works.items()} == states
    points = {work.state: work.points for work in works.values()}
    assert points == {"writing": None, "sent": None, "rated": Decimal(6), "sent_again": Decimal(6)}


def selects(statements: list[str]) -> list[str]:
    return [one for one in statements if one.startswith("SELECT")]


def test_pages_take_few_statements_however_many_students(world: World, engine: Engine) -> None:
    for number in range(150):
        world.student = world.school.student()
        world.save(f"Answer {number}", 0)
        if number % 3:
            sent = world.send().submission.id
            if number % 2:
                world.rate(sent, "6")
    world.session.commit()
    world.session.expunge_all()
    with counted(engine) as statements:
        works = class_work(world.session, world.teacher, world.link)
        assert len(works) == 150
    assert len(selects(statements)) == 1
    world.session.expunge_all()
    with counted(engine) as statements:
        own_work(world.session, world.student, world.link)
    assert len(selects(statements)) <= 3


def test_times_are_aware_when_they_come_back(world: World) -> None:
    world.save("First", 0)
    world.send()
    world.session.commit()
    world.session.expire_all()
    work = own_work(world.session, world.student, world.link)
    assert work.submission
    assert work.submission.submitted_at == minutes(5)
    assert work.submission.submitted_at.utcoffset() == timedelta(0)
