"""Sending and rating, and what the gradebook hears of it, in one transaction."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from lti_plp.errors import PlpError
from lti_plp.launch.claims import SCOPE_SCORE
from lti_plp.lms.gateway import Gateway, Score
from lti_plp.lms.models import Course, Identity, OutboxScore, ResourceLink
from lti_plp.lms.outbox import deliver_due, resend
from lti_plp.lms.scores import keeps_grade, rate_and_report, submit_and_report
from lti_plp.plp.actor import Actor
from lti_plp.plp.models import ReflectionRating, ReflectionSubmission
from lti_plp.plp.reflections import LinkFacts, Sent, save_answer
from tests.factories import minutes
from tests.lms.conftest import Office, OpenOffice

CANVAS = "https://canvas.instructure.com/lti/submission"


class Class:
    """One teacher and one student before one link."""

    def __init__(self, office: Office, grading: str = "points", **link: Any) -> None:
        self.office = office
        with office.sessions.begin() as session:
            office.school.session = session
            self.teacher = office.school.teacher()
            self.student: Actor = office.school.student()
            template = office.school.template(self.teacher, grading=grading)
            self.link: LinkFacts = office.school.link(template, **link)
            url = session.get_one(ResourceLink, self.link.resource_link_id).line_item_url
        if url:
            office.platform.line_items[url] = {"id": url}
        self.revision = 0

    def gateway(self, session: Session) -> Gateway:
        return self.office.gateway_for(session, self.office.school.deployment_id)

    def send(self, text: str, at: float = 2) -> Sent:
        with self.office.sessions.begin() as session:
            saved = save_answer(session, self.student, self.link, "q1", text, self.revision, minutes(at - 1))
            self.revision = saved.revision
            return submit_and_report(session, self.student, self.link, self.gateway(session), minutes(at))

    def rate(self, submission: int, points: str | None, comment: str = "", at: float = 9) -> ReflectionRating:
        given = None if points is None else Decimal(points)
        with self.office.sessions.begin() as session:
            return rate_and_report(
                session,
                self.teacher,
                self.link,
                self.gateway(session),
                self.student.person_id,
                submission,
                given,
                comment,
                minutes(at),
            )

    def queued(self) -> list[tuple[str, Score]]:
        with self.office.sessions() as session:
            rows = session.scalars(select(OutboxScore).order_by(OutboxScore.id)).all()
            return [(row.cause, Score.from_payload(row.payload)) for row in rows]


def test_a_submission_is_reported_without_points(office: Office) -> None:
    here = Class(office)
    sent = here.send("First")
    (cause, score), *others = here.queued()
    assert others == []
    assert cause == f"submission:{sent.submission.id}"
    assert (score.activity, score.grading, score.points) == ("Submitted", "PendingManual", None)
    assert (score.started_at, score.submitted_at, score.new_submission) == (minutes(1), minutes(2), True)
    assert score.subject == f"subject-{here.student.person_id}"


def test_a_double_click_is_reported_once(office: Office) -> None:
    here = Class(office)
    here.send("First")
    here.send("First", at=3)
    assert len(here.queued()) == 1


def test_a_rating_is_reported_with_points_and_comment(office: Office) -> None:
    here = Class(office)
    sent = here.send("First")
    here.rate(sent.submission.id, "7.5", "Well seen")
    score = here.queued()[-1][1]
    assert (score.activity, score.grading) == ("Completed", "FullyGraded")
    assert (score.points, score.maximum, score.comment) == (Decimal("7.5"), Decimal(10), "Well seen")
    assert (score.submitted_at, score.new_submission) == (minutes(2), False)


def test_changing_the_rating_changes_the_gradebook(office: Office) -> None:
    here = Class(office)
    number = here.send("First").submission.id
    here.rate(number, "7")
    here.rate(number, "9", at=10)
    office.deliver()
    assert office.given() == [None, 7, 9]


def test_a_later_comment_goes_out_with_the_points_that_stand(office: Office) -> None:
    here = Class(office)
    number = here.send("First").submission.id
    here.rate(number, None, "Read it")
    assert len(here.queued()) == 1, "a comment on what was never rated stays between the two"
    here.rate(number, "7")
    here.rate(number, None, "One more thought")
    office.deliver()
    last = office.platform.scores[-1]
    assert (last["scoreGiven"], last["comment"]) == (7, "One more thought")


@pytest.mark.parametrize(("points", "given"), [("1", 1), ("0", 0)])
def test_complete_or_not_is_the_teachers_word(office: Office, points: str, given: int) -> None:
    here = Class(office, grading="complete")
    number = here.send("First").submission.id
    assert here.queued()[0][1].points is None, "sending alone makes nothing complete"
    here.rate(number, points)
    office.deliver()
    last = office.platform.scores[-1]
    assert (last["scoreGiven"], last["scoreMaximum"]) == (given, 1)


def test_what_is_not_graded_is_not_reported(office: Office) -> None:
    here = Class(office, grading="none")
    here.rate(here.send("First").submission.id, None, "Thank you")
    assert here.queued() == []
    with office.sessions() as session:
        assert not keeps_grade(session, here.link)


def test_without_a_gradebook_nothing_is_queued_and_pages_can_tell(office: Office) -> None:
    here = Class(office, line_item_url="")
    with office.sessions.begin() as session:
        assert keeps_grade(session, here.link), "the course lets us make a column"
        session.execute(update(Course).values(line_items_url=""))
        assert not keeps_grade(session, here.link)
    here.rate(here.send("First").submission.id, "7")
    assert here.queued() == []


@pytest.mark.parametrize(("kind", "given"), [("canvas", [None, 7, None]), ("moodle", [None, 7])])
def test_a_new_version_wipes_no_grade(open_office: OpenOffice, kind: str, given: list[Any]) -> None:
    """Moodle clears a grade as soon as it hears of something ungraded; Canvas keeps it when it is asked to."""
    office = open_office(kind)
    here = Class(office)
    number = here.send("First").submission.id
    office.deliver()
    office.clock.forward(seconds=2)
    here.rate(number, "7")
    office.deliver()
    office.clock.forward(seconds=2)
    here.send("First, and more", at=11)
    office.deliver()
    assert office.given() == given
    if kind == "canvas":
        assert office.platform.scores[-1][CANVAS]["preserve_score"] is True


@pytest.mark.parametrize(
    ("kind", "heard"),
    [("canvas", ["Good", None, "Better", "Good"]), ("moodle", ["Good", "Good", "Better", "Good"])],
)
def test_a_comment_that_stands_there_is_not_added_again_where_comments_pile_up(
    open_office: OpenOffice, kind: str, heard: list[str | None]
) -> None:
    office = open_office(kind)
    here = Class(office)
    number = here.send("First").submission.id
    office.deliver()
    for at, comment in enumerate(["Good", "Good", "Better", "Good"], start=9):
        office.clock.forward(seconds=2)
        here.rate(number, str(at - 4), comment, at=at)
        office.deliver()
    grades = [score for score in office.platform.scores if "scoreGiven" in score]
    assert [score.get("comment") for score in grades] == heard


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_sending_again_waits_for_whoever_rates(office: Office) -> None:
    """Otherwise the older grade would be said anew behind the newer one. SQLite has one writer at a time anyway."""
    here = Class(office)
    number = here.send("First").submission.id
    here.rate(number, "3")
    office.platform.fail("/scores", 422, times=2)
    office.deliver()
    with office.sessions() as rating:
        facts = (here.teacher, here.link, here.gateway(rating), here.student.person_id, number)
        rate_and_report(rating, *facts, Decimal(9), "", minutes(10))
        with office.sessions() as again:
            again.execute(text("SET LOCAL lock_timeout = '100ms'"))
            with pytest.raises(OperationalError):
                resend(again, here.link.resource_link_id, office.clock())
        rating.commit()
    with office.sessions.begin() as again:
        resend(again, here.link.resource_link_id, office.clock())
    office.deliver()
    assert office.given()[-1] == 9


def test_canvas_hears_what_is_a_submission_and_what_is_a_grade(office: Office) -> None:
    here = Class(office)
    here.rate(here.send("First").submission.id, "7")
    office.deliver()
    submission, grade = office.platform.scores
    assert submission[CANVAS]["new_submission"] is True
    assert submission[CANVAS]["submitted_at"] == "2026-09-14T12:02:00.000Z"
    assert grade[CANVAS] == {"new_submission": False}, "preserve_score would keep the grade out"


def test_canvas_is_given_what_was_written_to_show(office: Office) -> None:
    here = Class(office)
    here.send("Two <b>turns</b> &\nthree\n\nThen none")
    office.deliver()
    (score,) = office.platform.scores
    assert score[CANVAS]["submission_type"] == "online_text_entry"
    told = score[CANVAS]["submission_data"]
    assert told.endswith("<p>Two &lt;b&gt;turns&lt;/b&gt; &amp;<br>three</p><p>Then none</p>")
    assert told.startswith("<h3>")


def test_no_other_platform_is_given_it(open_office: OpenOffice) -> None:
    office = open_office("moodle")
    here = Class(office)
    here.send("Between us")
    office.deliver()
    (score,) = office.platform.scores
    assert "Between us" not in str(score)


@pytest.mark.parametrize(
    ("points", "comment", "seen", "code"),
    [
        ("11", "", 0, "points_out_of_range"),
        ("7", "x" * 5001, 0, "comment_too_long"),
        ("7", "", -1, "newer_submission"),
    ],
)
def test_a_rating_that_is_refused_changes_nothing(
    office: Office, points: str, comment: str, seen: int, code: str
) -> None:
    here = Class(office)
    number = here.send("First").submission.id
    with pytest.raises(PlpError) as caught:
        here.rate(number + seen, points, comment)
    assert caught.value.code == code
    assert len(here.queued()) == 1
    with office.sessions() as session:
        assert session.scalars(select(ReflectionRating)).all() == []


def test_change_and_report_stand_or_fall_together(office: Office) -> None:
    here = Class(office)
    with office.sessions() as session:
        save_answer(session, here.student, here.link, "q1", "First", 0, minutes(1))
        submit_and_report(session, here.student, here.link, here.gateway(session), minutes(2))
        session.rollback()
    assert here.queued() == []
    with office.sessions() as session:
        assert session.scalars(select(ReflectionSubmission)).all() == []


def test_somebody_whom_the_platform_does_not_know_is_a_visible_trouble(office: Office) -> None:
    here = Class(office)
    with office.sessions.begin() as session:
        session.execute(delete(Identity).where(Identity.person_id == here.student.person_id))
    here.send("First")
    deliver_due(office.sessions, office.gateway_for, office.clock)
    with office.sessions() as session:
        row = session.scalars(select(OutboxScore)).one()
    assert (row.state, row.error_code) == ("failed", "student_unknown")


def test_a_platform_that_does_not_grant_grades_refuses(office: Office) -> None:
    here = Class(office)
    office.platform.granted -= {SCOPE_SCORE}
    here.send("First")
    office.deliver()
    with office.sessions() as session:
        assert session.scalars(select(OutboxScore.state)).all() == ["failed"]
