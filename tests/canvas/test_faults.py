"""Canvas throttles, breaks off, answers nonsense, lets tokens end: nothing is half taken, and the reason is kept."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from lti_plp.canvas.models import CanvasGrant
from lti_plp.canvas.permissions import Permission, access_token
from lti_plp.canvas.places import OF_CLIENT, OF_PERMISSION, hold_places
from lti_plp.canvas.rest import LONGEST_REST
from lti_plp.lms.coursework_models import Coursework, CourseworkResult
from lti_plp.lms.gateway import GatewayProblem, Refused, TryLater
from lti_plp.lms.models import Course
from tests.canvas.conftest import Classroom
from tests.factories import counted
from tests.sandbox.canvas import Api
from tests.waiting import until

SUBMISSIONS = "/api/v1/courses/*/students/submissions"


@pytest.fixture
def lab(classroom: Classroom) -> int:
    """An assignment that was graded and read, and then graded anew."""
    made = classroom.assignment("Lab report", points_possible=20)
    classroom.submit(made)
    classroom.grade(made, 12)
    classroom.read()
    classroom.grade(made, 18)
    classroom.assignment("Essay", points_possible=10)
    return made


def rows(classroom: Classroom) -> tuple[Any, Any]:
    with classroom.sessions() as session:
        return (
            session.scalar(select(func.count()).select_from(Coursework)),
            session.scalar(select(func.count()).select_from(CourseworkResult)),
        )


def refused(classroom: Classroom, code: str, kind: type[GatewayProblem] = TryLater) -> None:
    """A whole reading fails with this problem, and changes nothing but what is said of the reading."""
    before, read_at = rows(classroom), classroom.state().read_at
    with pytest.raises(kind, match=code):
        classroom.read(whole=True)
    assert rows(classroom) == before
    state = classroom.state()
    assert (state.problem, state.started_at, state.read_at) == (code, None, read_at)
    assert classroom.places() == 0


class TestBrokenAnswers:
    @pytest.mark.usefixtures("lab")
    @pytest.mark.parametrize(
        ("kind", "facts", "code"),
        [
            ("drop", {}, "no_answer"),
            ("status", {"status": 500}, "fault_there"),
            ("status", {"status": 503}, "fault_there"),
            ("html", {}, "bad_answer"),
            ("status", {"status": 200, "body": {"errors": []}}, "bad_answer"),
            ("status", {"status": 200, "body": [1, 2]}, "bad_answer"),
            ("status", {"status": 200, "body": [{"id": 1}]}, "bad_answer"),
        ],
    )
    def test_that_stay_broken(
        self, classroom: Classroom, kind: str, facts: dict[str, Any], code: str
    ) -> None:
        classroom.fault(kind, SUBMISSIONS, times=50, **facts)
        refused(classroom, code)

    @pytest.mark.usefixtures("lab")
    @pytest.mark.parametrize(("kind", "facts"), [("drop", {}), ("status", {"status": 502})])
    def test_that_mend_at_the_second_try(
        self, classroom: Classroom, kind: str, facts: dict[str, Any]
    ) -> None:
        classroom.fault(kind, SUBMISSIONS, times=1, **facts)
        classroom.read(whole=True)
        found = classroom.result("Lab report")
        assert found is not None
        assert found.score == Decimal(18)
        # Two chains of pages may meet it before the stand-in has counted it.
        assert classroom.naps in ([0.25], [0.25, 0.25])

    @pytest.mark.usefixtures("lab")
    def test_a_page_that_leads_elsewhere_gets_no_token(self, classroom: Classroom) -> None:
        many(classroom)
        classroom.canvas.control("settings", {"link_base": "http://127.0.0.1:9"})
        try:
            refused(classroom, "page_elsewhere", Refused)
        finally:
            classroom.canvas.control("settings", {"link_base": ""})

    @pytest.mark.usefixtures("lab")
    def test_the_schools_other_name_is_followed(self, classroom: Classroom) -> None:
        many(classroom)
        other = classroom.canvas.url.replace("localhost", "127.0.0.1")
        with classroom.sessions.begin() as session:
            course = session.get_one(Course, classroom.school.course_id)
            course.line_items_url = course.line_items_url.replace("localhost", "127.0.0.1")
        classroom.canvas.control("settings", {"link_base": other})
        try:
            classroom.read(whole=True)
        finally:
            classroom.canvas.control("settings", {"link_base": ""})
        assert len(classroom.works()) == 122

    @pytest.mark.usefixtures("lab")
    def test_short_and_empty_pages_are_no_end(self, classroom: Classroom) -> None:
        many(classroom)
        classroom.canvas.control("settings", {"empty_page_every": "2"})
        try:
            classroom.read(whole=True)
        finally:
            classroom.canvas.control("settings", {"empty_page_every": "0"})
        assert len(classroom.works()) == 122
        found = classroom.result("Lab report")
        assert found is not None
        assert found.score == Decimal(18)


def many(classroom: Classroom) -> None:
    """More assignments than a page holds."""
    for number in range(120):
        classroom.assignment(f"Exercise {number}")


def fill(classroom: Classroom, level: float, **limits: Any) -> None:
    """Let the bucket of the permission stand at a level; it is there after a first request."""
    classroom.canvas.control("throttle", limits)
    token = classroom.toolbox.secrets.open(classroom.grant(classroom.teacher).access_token)
    Api(classroom.canvas.url, token).read("users/self")
    classroom.canvas.control("throttle/fill", {"level": level})


class TestThrottle:
    @pytest.mark.usefixtures("lab")
    @pytest.mark.parametrize("status", [403, 429])
    def test_it_waits_and_goes_on(self, classroom: Classroom, status: int) -> None:
        fill(classroom, 700, status=status)
        classroom.on_nap = lambda _: classroom.canvas.control("throttle/fill", {"level": 0})
        classroom.read(whole=True)
        assert classroom.naps[0] >= 2.0
        found = classroom.result("Lab report")
        assert found is not None
        assert found.score == Decimal(18)

    @pytest.mark.usefixtures("lab")
    def test_it_gives_up_after_five_tries(self, classroom: Classroom) -> None:
        fill(classroom, 700, leaks=0)
        refused(classroom, "throttled")
        # The assignments and the results of outcomes are asked for side by side.
        assert sorted(classroom.naps) == [2.0, 2.0, 4.0, 4.0, 8.0, 8.0, 16.0, 16.0]

    @pytest.mark.usefixtures("lab")
    def test_it_slows_down_before_it_is_refused(self, classroom: Classroom) -> None:
        fill(classroom, 460, leaks=0)
        classroom.read(whole=True)
        # Of several at once one may be refused all the same, and waits for longer.
        assert any(0 < seconds <= LONGEST_REST for seconds in classroom.naps)
        assert 0 not in classroom.naps


class TestTokens:
    @pytest.mark.usefixtures("lab")
    def test_one_that_ended_is_renewed_once_for_all(self, classroom: Classroom) -> None:
        classroom.canvas.control("user_tokens/age", {"seconds": 4000})
        before = classroom.grant(classroom.teacher)
        classroom.read(whole=True)
        after = classroom.grant(classroom.teacher)
        assert after.access_token != before.access_token
        # Canvas tells no new one, so the old one stays.
        assert after.refresh_token == before.refresh_token
        assert after.refreshing_until is None

    @pytest.mark.usefixtures("lab")
    def test_one_is_looked_up_once_for_many_pages(self, classroom: Classroom, engine: Engine) -> None:
        many(classroom)
        with counted(engine) as statements:
            classroom.read(whole=True)
        asked = [one for one in statements if one.startswith("SELECT") and "FROM canvas_grant" in one]
        # By whom the course may be read, and one token; threads that begin together may look at the same moment.
        assert len(asked) <= 2 + OF_PERMISSION

    @pytest.mark.usefixtures("lab")
    def test_one_that_is_held_is_looked_up_again_before_it_can_have_ended(self, classroom: Classroom) -> None:
        classroom.fault("status", SUBMISSIONS, times=1, status=500)
        now = classroom.grant(classroom.teacher)
        # The LMS would still take it: only by our clock it is about to end.
        classroom.on_nap = lambda _: classroom.clock.forward(minutes=58)
        classroom.read(whole=True)
        assert classroom.grant(classroom.teacher).access_token != now.access_token

    def test_of_many_at_once_one_renews(self, classroom: Classroom) -> None:
        permission = Permission(classroom.school.deployment_id, classroom.teacher.person_id)
        with classroom.sessions.begin() as session:
            row = session.get_one(CanvasGrant, (permission.deployment_id, permission.person_id))
            row.expires_at = classroom.clock() + timedelta(seconds=30)

        def renewals() -> int:
            log = classroom.canvas.told("requests")
            return sum(one["path"] == "/login/oauth2/token" for one in log)

        before = renewals()
        classroom.fault("latency", "/login/oauth2/token", delay_ms=300, times=20)
        with ThreadPoolExecutor(8) as pool:
            tokens = list(pool.map(lambda _: access_token(classroom.toolbox, permission), range(8)))
        assert len(set(tokens)) == 1
        assert renewals() == before + 1

    @pytest.mark.usefixtures("lab")
    def test_one_that_was_revoked_ends_the_permission(self, classroom: Classroom) -> None:
        classroom.canvas.control("user_tokens/revoke")
        refused(classroom, "no_consent", Refused)
        assert classroom.grant(classroom.teacher).ended_at is not None

    def test_who_allows_it_anew_while_the_old_one_ends_has_allowed_it(self, classroom: Classroom) -> None:
        permission = Permission(classroom.school.deployment_id, classroom.teacher.person_id)
        old = access_token(classroom.toolbox, permission)
        classroom.canvas.control("user_tokens/revoke")
        classroom.fault("latency", "/login/oauth2/token", delay_ms=700, times=1)
        with ThreadPoolExecutor(1) as pool:
            renewal = pool.submit(access_token, classroom.toolbox, permission, refused=old)
            until(lambda: classroom.grant(classroom.teacher).refreshing_until is not None)
            classroom.allow(classroom.teacher_key, classroom.teacher)
            with pytest.raises(Refused):
                renewal.result()
        grant = classroom.grant(classroom.teacher)
        assert grant.ended_at is None
        assert access_token(classroom.toolbox, permission) != old

    @pytest.mark.usefixtures("lab")
    def test_a_fault_while_renewing_ends_nothing(self, classroom: Classroom) -> None:
        classroom.canvas.control("user_tokens/age", {"seconds": 4000})
        classroom.fault("status", "/login/oauth2/token", status=503, times=9)
        refused(classroom, "fault_there")
        grant = classroom.grant(classroom.teacher)
        assert (grant.ended_at, grant.refreshing_until) == (None, None)
        classroom.canvas.control("path_faults/clear")
        classroom.read(whole=True)
        assert set(classroom.works()) == {"Lab report", "Essay"}

    @pytest.mark.usefixtures("lab")
    def test_a_token_that_may_not_is_not_renewed(self, classroom: Classroom) -> None:
        classroom.key = classroom.canvas.key(
            scopes=["url:GET|/api/v1/courses/:course_id/assignments"], enforces_scopes=True
        )
        classroom.allow(classroom.teacher_key, classroom.teacher)
        before = classroom.grant(classroom.teacher).access_token
        refused(classroom, "no_permission", Refused)
        assert classroom.grant(classroom.teacher).access_token == before


class TestPlaces:
    def test_four_for_a_permission_and_eight_for_a_client(self, classroom: Classroom) -> None:
        def hold(permission: str) -> Any:
            return hold_places(classroom.sessions, classroom.clock, "host key", permission)

        with hold("1:1") as first, hold("1:2") as second:
            assert (first.count, second.count) == (OF_PERMISSION, OF_CLIENT - OF_PERMISSION)
            with pytest.raises(TryLater, match="busy"), hold("1:3"):
                pass
        with hold("1:1") as first:
            assert first.count == OF_PERMISSION
            with pytest.raises(TryLater, match="busy"), hold("1:1"):
                pass

    def test_who_helps_leaves_a_place(self, classroom: Classroom) -> None:
        def hold(permission: str, leave: int = 0) -> Any:
            return hold_places(classroom.sessions, classroom.clock, "host key", permission, leave)

        with hold("1:1"), hold("1:2", 1) as helper:
            assert helper.count == OF_CLIENT - OF_PERMISSION - 1
            with pytest.raises(TryLater, match="busy"), hold("1:3", 1):
                pass
            with hold("1:3") as other:
                assert other.count == 1

    def test_many_at_once_never_hold_more(self, classroom: Classroom) -> None:
        with ExitStack() as held:

            def try_it(number: int) -> int:
                places = hold_places(classroom.sessions, classroom.clock, "host key", f"1:{number % 3}")
                try:
                    return held.enter_context(places).count
                except TryLater:
                    return 0

            with ThreadPoolExecutor(6) as pool:
                counts = list(pool.map(try_it, range(6)))
            assert 0 < sum(counts) <= OF_CLIENT
            assert classroom.places() == sum(counts)
        assert classroom.places() == 0

    def test_places_of_somebody_who_died_fall_back(self, classroom: Classroom) -> None:
        with hold_places(classroom.sessions, classroom.clock, "host key", "1:1"):
            classroom.clock.forward(minutes=6)
            with hold_places(classroom.sessions, classroom.clock, "host key", "1:1") as again:
                assert again.count == OF_PERMISSION
