"""Delivering scores: in order, once, with one meaning, whatever happens on the way."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lti_plp.lms.gateway import Gateway, Refused
from lti_plp.lms.models import Deployment, OutboxScore, ResourceLink
from lti_plp.lms.outbox import (
    FIRST_PAUSE,
    GIVE_UP_AFTER,
    LEASE,
    LONGEST_PAUSE,
    enqueue,
    has_grade,
    resend,
    seconds_to_next,
    troubles,
)
from tests.factories import make_school
from tests.lms.conftest import Office, OpenOffice, moment, score_of
from tests.platform_server import PlatformServer


class Killed(BaseException):
    """The worker's process is gone."""


def test_scores_arrive_in_order_with_growing_times(office: Office) -> None:
    student = office.student()
    for points in (None, "3", "5"):
        office.report(student, points)
    assert office.deliver().settled == {"sent": 3}
    assert office.given() == [None, 3, 5]
    times = [moment(score["timestamp"]) for score in office.platform.scores]
    assert times == sorted(set(times))
    assert office.deliver().settled == {}, "what was sent is not sent again"


def test_a_cause_is_reported_once(office: Office) -> None:
    student = office.student()

    def report(_: int) -> bool:
        with office.sessions.begin() as session:
            link = session.get_one(ResourceLink, office.link.resource_link_id)
            score = score_of(student)
            return enqueue(session, link, student, score, "rating:1", office.clock()) is not None

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(report, range(12))) == 1
    assert office.states() == ["waiting"]


def test_a_change_that_is_rolled_back_reports_nothing(office: Office) -> None:
    student = office.student()
    with office.sessions() as session:
        link = session.get_one(ResourceLink, office.link.resource_link_id)
        enqueue(session, link, student, score_of(student), "rating:1", office.clock())
        session.rollback()
    assert office.deliver().settled == {}
    assert office.given() == []


def test_nothing_is_locked_while_the_platform_is_asked(office: Office) -> None:
    student = office.student()
    office.report(student)

    def write_meanwhile() -> None:
        with office.sessions.begin() as session:
            session.execute(update(Deployment).values(status="active"))
            # A row that is being sent is not locked either: another worker may look at it.
            session.execute(update(OutboxScore).values(error_code=""))

    office.platform.before_score_answer = write_meanwhile
    assert office.deliver().settled == {"sent": 1}


def test_a_later_score_waits_for_an_earlier_one(office: Office) -> None:
    student, other = office.student(), office.student()
    office.report(student, "3")
    office.report(student, "5")
    office.report(other, "9")
    office.platform.fail("/scores", 503)
    office.deliver()
    assert office.given(student) == []
    office.clock.forward(minutes=1)
    office.deliver()
    assert office.given(student) == [3, 5]
    assert office.given(other) == [9]


def test_every_attempt_carries_the_same_time(office: Office) -> None:
    office.report(office.student())
    office.platform.swallow("/scores", times=2)
    for _ in range(3):
        office.deliver()
        office.clock.forward(minutes=5)
    bodies = {request.body for request in office.platform.requests if request.path.endswith("/scores")}
    assert office.posts() == 3
    assert len(bodies) == 1
    assert office.given() == [8]
    assert office.states() == ["sent"]


def test_pauses_double_up_to_an_hour(office: Office) -> None:
    row = office.report(office.student())
    office.platform.fail("/scores", 503, times=14)
    pauses = []
    for _ in range(14):
        office.deliver()
        now = office.clock()
        pause = office.row(row).next_attempt_at - now
        pauses.append(round(pause.total_seconds()))
        office.clock.ahead += pause + timedelta(seconds=1)
    assert pauses[:5] == [5, 10, 20, 40, 80]
    assert pauses[-1] == LONGEST_PAUSE.total_seconds()
    office.deliver()
    assert office.states() == ["sent"]


def test_the_platforms_wish_is_heeded_for_all_its_scores(office: Office) -> None:
    first = office.report(office.student())
    second = office.report(office.student())
    office.platform.fail("/scores", 429, Retry_After="100")
    assert office.deliver().settled == {"waiting": 1}
    assert office.posts() == 1, "a platform that asks for rest is not asked again for the next student"
    for row in (first, second):
        wait = (office.row(row).next_attempt_at - office.clock()).total_seconds()
        assert 95 < wait <= 100
    office.clock.forward(seconds=101)
    assert office.deliver().settled == {"sent": 2}


def test_a_platform_that_is_down_does_not_hold_up_another_school(
    office: Office, sessions: Any, platform: PlatformServer
) -> None:
    with PlatformServer() as elsewhere:
        with sessions.begin() as session:
            other = make_school(session, "Birch Lake", base=elsewhere.url)
            student = other.student().person_id
            link = other.link(other.template(other.teacher()))
            row = session.get_one(ResourceLink, link.resource_link_id)
            elsewhere.line_items[row.line_item_url] = {"id": row.line_item_url}
        for _ in range(5):
            office.report(office.student())
        office.report(student, "4", link=link)
        platform.fail("/scores", 503, times=5)
        assert office.deliver().settled == {"waiting": 1, "sent": 1}
        assert [score["scoreGiven"] for score in elsewhere.scores] == [4]


def test_after_three_days_a_score_is_given_up_and_seen(office: Office) -> None:
    student = office.student()
    row = office.report(student)
    office.platform.fail("/scores", 503, times=2)
    office.deliver()
    office.clock.ahead += GIVE_UP_AFTER + timedelta(minutes=1)
    office.deliver()
    assert office.row(row).state == "failed"
    with office.sessions() as session:
        assert [(one.person_id, one.state) for one in troubles(session, office.link.resource_link_id)] == [
            (student, "failed")
        ]


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "line_item_gone"), (422, "not_gradable"), (400, "score_refused"), (403, "no_permission")],
)
def test_what_is_refused_fails_at_once_and_holds_up_nothing(office: Office, status: int, code: str) -> None:
    student = office.student()
    row = office.report(student, "3")
    office.report(student, "5")
    office.platform.fail("/scores", status)
    assert office.deliver().settled == {"failed": 1, "sent": 1}
    assert (office.row(row).state, office.row(row).error_code) == ("failed", code)
    assert office.given() == [5]


def test_our_clock_that_is_ahead_is_waited_for(office: Office) -> None:
    """Canvas refuses what was handed in more than a minute from now; its message speaks of a timestamp, too."""
    row = office.report(office.student(), "3")
    told = "Provided submitted_at timestamp is in the future."
    office.platform.fail("/scores", 400, body=told)
    assert office.deliver().settled == {"waiting": 1}
    assert office.row(row).error_code == "clock_ahead"
    office.clock.ahead += timedelta(minutes=2)
    assert office.deliver().settled == {"sent": 1}
    assert office.given() == [3]


def test_no_attempts_left_is_told_as_that(office: Office) -> None:
    row = office.report(office.student(), "3")
    office.platform.fail("/scores", 422, body="The maximum number of allowed attempts has been reached")
    office.deliver()
    assert (office.row(row).state, office.row(row).error_code) == ("failed", "no_attempts_left")


def test_somebody_without_a_name_there_is_never_sent(office: Office) -> None:
    row = office.report(office.student(), subject="")
    assert office.deliver().settled == {"failed": 1}
    assert office.row(row).error_code == "student_unknown"
    assert office.posts() == 0


def grade_there(office: Office, student: int, points: int) -> None:
    """Let a teacher grade in the platform itself, a little later than our clock."""
    time = (office.clock() + timedelta(seconds=30)).isoformat(timespec="milliseconds")
    office.platform.scores.append(
        {
            "lineItem": office.line_item,
            "userId": f"subject-{student}",
            "timestamp": time,
            "scoreGiven": points,
        }
    )


def test_a_newer_grade_over_there_stays_and_is_seen(office: Office) -> None:
    student = office.student()
    grade_there(office, student, 2)
    row = office.report(student)
    assert office.deliver().settled == {"newer_there": 1}
    assert office.given() == [2]
    with office.sessions() as session:
        found = troubles(session, office.link.resource_link_id)
    assert [(one.outbox_id, one.state) for one in found] == [(row, "newer_there")]


@pytest.mark.parametrize("status", [409, 400])
def test_newer_there_after_an_attempt_whose_end_nobody_saw_is_ours(office: Office, status: int) -> None:
    row = office.report(office.student())
    office.platform.swallow("/scores")
    office.deliver()
    assert (office.row(row).state, office.row(row).maybe_received) == ("waiting", True)
    office.clock.forward(minutes=1)
    if status == 400:
        office.platform.fail("/scores", 400, body='{"errors": {"message": "Timestamp is too old"}}')
    assert office.deliver().settled == {"sent": 1}
    assert office.given() == [8]


@pytest.mark.parametrize("part", ["/token", "/line_items", "429"])
def test_newer_there_after_an_attempt_that_never_left_is_not_ours(office: Office, part: str) -> None:
    link = office.place(line_item_url="") if part == "/line_items" else office.link
    student = office.student()
    row = office.report(student, link=link)
    if part == "429":
        office.platform.fail("/scores", 429)
    else:
        # A list is asked for three times before it counts as failed.
        office.platform.fail(part, 503, times=3 if part == "/line_items" else 1)
    office.deliver()
    assert (office.row(row).state, office.row(row).maybe_received) == ("waiting", False)
    office.clock.forward(minutes=1)
    office.platform.fail("/scores", 409)
    assert office.deliver().settled == {"newer_there": 1}


class KillingGateway:
    """The real way to a platform, on which a worker is killed before or after a score is sent."""

    def __init__(self, gateway: Gateway, *, after: bool) -> None:
        self._gateway = gateway
        self._after = after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    def send_score(self, *arguments: Any) -> None:
        if self._after:
            self._gateway.send_score(*arguments)
        raise Killed


def killing(office: Office, *, after: bool) -> Callable[[Session, int], Any]:
    return lambda session, deployment: KillingGateway(office.gateway_for(session, deployment), after=after)


@pytest.mark.parametrize("after", [False, True])
def test_what_a_killed_worker_left_is_taken_up_with_the_same_time(office: Office, after: bool) -> None:
    student = office.student()
    row = office.report(student, "3")
    office.report(student, "5")
    with pytest.raises(Killed):
        office.deliver(gateway_for=killing(office, after=after))
    left = office.row(row)
    assert (left.state, left.attempts) == ("sending", 1)
    assert office.deliver().settled == {}, "it may still be under way: nobody else touches it"
    office.clock.ahead += LEASE + timedelta(seconds=1)
    assert office.deliver().settled == {"sent": 2}
    assert office.given() == [3, 5]
    assert office.row(row).score_timestamp == left.score_timestamp


def test_a_worker_that_was_thought_dead_changes_nothing_when_it_wakes_up(office: Office) -> None:
    """Its row was taken over, sent and settled meanwhile; then its own answer arrives, and it is a fault."""
    row = office.report(office.student())
    office.platform.swallow("/scores")
    turns = iter([True])

    def meanwhile() -> None:
        if next(turns, False):
            office.clock.ahead += LEASE + timedelta(seconds=1)
            assert office.deliver().settled == {"sent": 1}
            office.clock.forward(seconds=1)

    office.platform.before_score_answer = meanwhile
    office.deliver()
    assert (office.row(row).state, office.row(row).attempts) == ("sent", 2)
    assert office.given() == [8]


def test_several_workers_send_each_score_once(office: Office) -> None:
    students = [office.student() for _ in range(12)]
    for points in ("3", "5"):
        for student in students:
            office.report(student, points)
    with ThreadPoolExecutor(4) as pool:
        rounds = list(pool.map(lambda _: office.deliver().settled, range(4)))
    assert sum(one.get("sent", 0) for one in rounds) == 24
    assert office.posts() == 24
    for student in students:
        assert office.given(student) == [3, 5]


def test_a_fault_of_ours_in_one_score_holds_up_no_other(office: Office) -> None:
    row = office.report(office.student())
    office.report(office.student(), "5")
    with office.sessions.begin() as session:
        session.execute(update(OutboxScore).where(OutboxScore.id == row).values(payload={"subject": "x"}))
    assert office.deliver().settled == {"waiting": 1, "sent": 1}
    assert office.row(row).error_code == "fault_here"


def test_a_platform_that_is_not_known_any_more_holds_up_no_other(office: Office) -> None:
    row = office.report(office.student())

    def gone(session: Session, deployment: int) -> Gateway:
        raise Refused("deployment_unknown")

    assert office.deliver(gateway_for=gone).settled == {}
    assert (office.row(row).state, office.row(row).error_code) == ("failed", "deployment_unknown")


def test_scores_for_moodle_are_spaced(open_office: OpenOffice) -> None:
    office = open_office("moodle")
    student, other = office.student(), office.student()
    office.report(student, "3")
    second = office.report(student, "5")
    office.report(other, "9")
    office.deliver()
    assert office.given(student) == [3]
    assert office.given(other) == [9], "others need not wait for it"
    wait = (office.row(second).next_attempt_at - office.clock()).total_seconds()
    assert 0 < wait <= 1.1
    assert office.row(second).attempts == 0
    office.clock.forward(seconds=1.2)
    office.deliver()
    assert office.given(student) == [3, 5]


def test_a_clock_that_was_set_back_holds_up_nothing(open_office: OpenOffice) -> None:
    office = open_office("moodle")
    student = office.student()
    office.clock.forward(hours=5)
    office.report(student, "3")
    office.deliver()
    office.clock.forward(hours=-5)
    office.report(student, "5")
    office.deliver()
    office.clock.forward(seconds=2)
    office.deliver()
    assert office.given() == [3, 5]


def test_a_link_without_a_column_gets_one_for_the_whole_class(office: Office) -> None:
    link = office.place(line_item_url="")
    students = [office.student() for _ in range(6)]
    for student in students:
        office.report(student, link=link)
    before = len(office.platform.line_items)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: office.deliver(), range(3)))
    office.deliver()
    assert len(office.platform.line_items) == before + 1
    assert len(office.given()) == 6
    with office.sessions() as session:
        url = session.get_one(ResourceLink, link.resource_link_id).line_item_url
    made = office.platform.line_items[url]
    assert (made["label"], made["scoreMaximum"]) == ("End of a project", 10)


def test_a_course_without_a_gradebook_refuses(office: Office) -> None:
    with office.sessions.begin() as session:
        office.school.session = session
        bare = make_school(session, "Birch Lake", base="https://lms.birchlake.example", line_items_url="")
        student = bare.student().person_id
        link = bare.link(bare.template(bare.teacher()), line_item_url="")
    row = office.report(student, link=link)
    office.deliver()
    assert (office.row(row).state, office.row(row).error_code) == ("failed", "no_line_item")


def trouble_ids(office: Office) -> list[int]:
    with office.sessions() as session:
        return [one.outbox_id for one in troubles(session, office.link.resource_link_id)]


def send_again(office: Office) -> int:
    with office.sessions.begin() as session:
        return resend(session, office.link.resource_link_id, office.clock())


def test_sending_again_says_it_anew_with_a_new_time(office: Office) -> None:
    student = office.student()
    row = office.report(student)
    office.platform.fail("/scores", 422)
    office.deliver()
    assert trouble_ids(office) == [row]
    assert send_again(office) == 1
    assert send_again(office) == 0, "a second click adds nothing"
    assert trouble_ids(office) == []
    office.deliver()
    assert office.states() == ["failed", "sent"]
    assert office.given() == [8]
    with office.sessions() as session:
        causes = session.scalars(select(OutboxScore.cause).order_by(OutboxScore.id)).all()
    assert causes[1] == f"{causes[0]}#2"


def test_sending_again_overrules_a_newer_grade_over_there(office: Office) -> None:
    student = office.student()
    grade_there(office, student, 2)
    office.report(student)
    office.deliver()
    office.clock.forward(minutes=1)
    assert send_again(office) == 1
    office.deliver()
    assert office.given() == [2, 8]


def test_sending_again_what_still_waits_keeps_its_time(office: Office) -> None:
    row = office.report(office.student())
    office.platform.swallow("/scores")
    office.deliver()
    stamp = office.row(row).score_timestamp
    assert send_again(office) == 1
    assert office.row(row).next_attempt_at <= office.clock()
    assert office.deliver().settled == {"sent": 1}
    assert office.row(row).score_timestamp == stamp
    assert office.given() == [8]


def test_a_grade_that_never_arrived_is_not_hidden_by_later_news(office: Office) -> None:
    """The student sent another version; that news arrived, but the grade of before is still missing."""
    student = office.student()
    row = office.report(student, "8")
    office.report(student, None)
    office.platform.fail("/scores", 422)
    office.deliver()
    assert office.states() == ["failed", "sent"]
    assert trouble_ids(office) == [row]
    send_again(office)
    office.deliver()
    assert office.given() == [None, 8]
    assert trouble_ids(office) == []


def test_an_older_trouble_is_over_when_a_newer_grade_arrived(office: Office) -> None:
    student = office.student()
    office.report(student, "3")
    office.platform.fail("/scores", 422)
    office.deliver()
    office.report(student, "5")
    office.deliver()
    assert trouble_ids(office) == []


def test_troubles_are_those_of_the_link(office: Office) -> None:
    elsewhere = office.place()
    office.report(office.student(), link=elsewhere)
    office.platform.fail("/scores", 422)
    office.deliver()
    assert trouble_ids(office) == []


def test_a_first_attempt_under_way_is_no_trouble(office: Office) -> None:
    office.report(office.student())
    assert trouble_ids(office) == []
    with pytest.raises(Killed):
        office.deliver(gateway_for=killing(office, after=False))
    assert trouble_ids(office) == []


def test_a_grade_stands_as_soon_as_it_was_given(office: Office) -> None:
    student = office.student()

    def stands() -> bool:
        with office.sessions() as session:
            return has_grade(session, office.link.resource_link_id, student)

    office.report(student, None)
    assert not stands()
    office.report(student, "3")
    assert stands()


def test_the_next_score_is_waited_for(office: Office) -> None:
    def wait() -> float | None:
        with office.sessions() as session:
            return seconds_to_next(session, office.clock())

    assert wait() is None
    student = office.student()
    office.report(student, "3")
    office.report(student, "5")
    assert wait() == 0
    office.platform.fail("/scores", 503)
    office.deliver()
    assert 0 < (wait() or 0) <= FIRST_PAUSE.total_seconds(), "the one behind it does not count"


def test_a_worker_that_is_asked_to_stop_begins_nothing_new(office: Office) -> None:
    for _ in range(3):
        office.report(office.student())
    assert office.deliver(should_stop=lambda: office.posts() >= 1).settled == {"sent": 1}
    assert sorted(office.states()) == ["sent", "waiting", "waiting"]
