"""Cases 39 to 44, 67 and 68 of the conformance list: names and roles, grades."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from lti_plp.launch.claims import SCOPE_MEMBERSHIP, SCOPE_SCORE
from lti_plp.launch.gateway import LtiGateway
from lti_plp.launch.models import Registration, ServiceToken
from lti_plp.launch.services.ags import GradeService, below, with_filters
from lti_plp.launch.services.connector import HardenedConnector, next_page
from lti_plp.launch.services.http import Answer, PlatformHttp
from lti_plp.launch.services.tokens import ServiceClient, service_client
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.gateway import (
    ActivityProgress,
    GradingProgress,
    NewerThere,
    Refused,
    Score,
    TryLater,
)
from lti_plp.plp.actor import Role
from lti_plp.settings import Settings
from tests.platform_server import MEDIA, SCOPES, PlatformServer

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"


@pytest.fixture
def client(platform: PlatformServer, registration: Registration, toolbox: Toolbox) -> ServiceClient:
    def tool_keys() -> Any:
        with toolbox.sessions() as session:
            return toolbox.keys.public_jwks(session, toolbox.clock())

    platform.tool_keys = tool_keys
    return service_client(registration, platform.deployment_id)


@pytest.fixture
def connector(toolbox: Toolbox, client: ServiceClient) -> HardenedConnector:
    return HardenedConnector(toolbox, client)


@pytest.fixture
def grades(connector: HardenedConnector) -> GradeService:
    return GradeService(connector, submission_extension=True)


@pytest.fixture
def gateway(
    toolbox: Toolbox, registration: Registration, platform: PlatformServer, client: object
) -> LtiGateway:
    return LtiGateway(toolbox, registration, platform.deployment_id)


@pytest.fixture
def no_waiting(toolbox: Toolbox) -> list[float]:
    """Pauses between repetitions are noted instead of waited."""
    pauses: list[float] = []
    toolbox.http._sleep = pauses.append
    toolbox.http._chance = lambda: 0.5
    return pauses


def members_url(platform: PlatformServer) -> str:
    return f"{platform.url}/courses/1/members?course=1"


def items_url(platform: PlatformServer) -> str:
    return f"{platform.url}/courses/1/line_items?course=1"


def score(points: str | None = "8", comment: str = "Good") -> Score:
    done = points is not None
    return Score(
        subject="student-1",
        activity=ActivityProgress.COMPLETED if done else ActivityProgress.SUBMITTED,
        grading=GradingProgress.FULLY_GRADED if done else GradingProgress.PENDING_MANUAL,
        points=Decimal(points) if points else None,
        maximum=Decimal(10) if points else None,
        comment=comment,
        started_at=datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
        submitted_at=datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
        new_submission=not done,
    )


NOW = datetime(2026, 11, 24, 10, 0, 0, 123000, tzinfo=UTC)


@pytest.fixture
def line_item(platform: PlatformServer, grades: GradeService) -> str:
    made = grades.create(
        items_url(platform), {"label": "Check-in", "scoreMaximum": 10, "resourceLinkId": "link-1"}
    )
    return str(made["id"])


class TestTokens:
    def test_42_assertion_is_accepted_and_token_shared(
        self, platform: PlatformServer, gateway: LtiGateway, toolbox: Toolbox, client: ServiceClient
    ) -> None:
        for _ in range(3):
            gateway.read_roster(members_url(platform))
        HardenedConnector(toolbox, client).call(
            "GET", members_url(platform), SCOPE_MEMBERSHIP, accept=MEDIA["members"]
        )
        assert platform.token_requests == 1

    def test_42_token_is_sealed_in_the_database(
        self, platform: PlatformServer, gateway: LtiGateway, toolbox: Toolbox
    ) -> None:
        gateway.read_roster(members_url(platform))
        with toolbox.sessions() as session:
            row = session.query(ServiceToken).one()
        assert toolbox.secrets.open(row.token) in platform.tokens
        assert row.token not in platform.tokens

    def test_42_each_assertion_has_a_jti_of_its_own(
        self, platform: PlatformServer, gateway: LtiGateway, toolbox: Toolbox
    ) -> None:
        gateway.read_roster(members_url(platform))
        with toolbox.sessions.begin() as session:
            # Ends within the minute in which a token is not used any more.
            session.query(ServiceToken).one().expires_at = toolbox.clock() + timedelta(seconds=50)
        gateway.read_roster(members_url(platform))
        assert platform.token_requests == 2
        assert len(platform.seen_jti) == 2

    def test_43_only_the_scope_that_is_needed_is_asked_for(
        self, platform: PlatformServer, gateway: LtiGateway, line_item: str
    ) -> None:
        platform.requests.clear()
        gateway.send_score(line_item, score(), NOW)
        asked = [request.body.decode() for request in platform.requests if request.path == "/token"]
        assert len(asked) == 1
        assert "scope%2Fscore" in asked[0]
        assert "lineitem" not in asked[0]

    def test_67_fewer_scopes_than_asked(self, platform: PlatformServer, gateway: LtiGateway) -> None:
        platform.granted = {SCOPES["score"]}
        with pytest.raises(Refused, match="scope_missing"):
            gateway.read_roster(members_url(platform))

    def test_67_answer_that_grants_less(self, platform: PlatformServer, connector: HardenedConnector) -> None:
        body = json.dumps({"access_token": "x", "expires_in": 3600, "scope": "something-else"})
        platform.fail("/token", 200, body=body)
        with pytest.raises(Refused, match="scope_missing"):
            connector.get_access_token([SCOPE_SCORE])

    def test_67_refused_token_is_renewed_once(self, platform: PlatformServer, gateway: LtiGateway) -> None:
        gateway.read_roster(members_url(platform))
        platform.tokens.clear()
        gateway.read_roster(members_url(platform))
        assert platform.token_requests == 2

    def test_67_token_that_is_always_refused(self, platform: PlatformServer, gateway: LtiGateway) -> None:
        platform.fail("/members", 401, times=5)
        with pytest.raises(Refused, match="token_refused"):
            gateway.read_roster(members_url(platform))
        assert platform.token_requests == 2

    @pytest.mark.parametrize("body", ["", "<html>", "[]", '{"access_token": 5}', "null"])
    def test_67_token_answer_that_is_none(
        self, platform: PlatformServer, gateway: LtiGateway, body: str
    ) -> None:
        platform.fail("/token", 200, body=body)
        with pytest.raises(TryLater):
            gateway.read_roster(members_url(platform))


def member(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "user_id": f"student-{number}",
        "roles": [f"{MEMBERSHIP}Learner"],
        "status": "Active",
        "name": f"Student {number}",
        **changes,
    }


class TestNamesAndRoles:
    def test_39_to_41_request_carries_media_type_and_token(
        self, platform: PlatformServer, gateway: LtiGateway
    ) -> None:
        platform.members = [member(1)]
        gateway.read_roster(members_url(platform))
        sent = platform.requests[-1]
        assert sent.headers["accept"] == MEDIA["members"]
        assert sent.headers["authorization"].startswith("Bearer ")

    def test_68_three_pages_with_case_sensitive_cursors(
        self, platform: PlatformServer, gateway: LtiGateway
    ) -> None:
        platform.members = [member(number) for number in range(130)]
        found = gateway.read_roster(members_url(platform))
        assert len(found) == 130
        assert {one.subject for one in found} == {f"student-{number}" for number in range(130)}

    def test_68_inactive_nameless_and_hopeless_members(
        self, platform: PlatformServer, gateway: LtiGateway
    ) -> None:
        platform.members = [
            member(1, status="Inactive"),
            {"user_id": "student-2", "roles": ["Instructor"]},
            {"roles": ["Learner"]},
            {"user_id": "", "roles": []},
            {"user_id": 7, "roles": []},
            "nobody",
            member(3, name=None, roles=[f"{MEMBERSHIP}Mentor"]),
        ]
        found = {one.subject: one for one in gateway.read_roster(members_url(platform))}
        assert set(found) == {"student-1", "student-2", "student-3"}
        assert not found["student-1"].active
        assert found["student-2"].roles == {Role.INSTRUCTOR}
        assert found["student-2"].name == ""
        assert found["student-3"].roles == {Role.MENTOR}

    def test_68_numbers_of_students(self, platform: PlatformServer, gateway: LtiGateway) -> None:
        numbers: list[Any] = ["S-204001", "S-\x00204002", None, 7, "$Person.sourcedId", "2" * 256, ["S-3"]]
        platform.members = [
            *(member(place, lis_person_sourcedid=number) for place, number in enumerate(numbers)),
            member(90, lis_person_sourcedid="T-1", roles=[f"{MEMBERSHIP}Instructor"]),
            member(91, lis_person_sourcedid="F-1", roles=[f"{MEMBERSHIP}Learner", f"{MEMBERSHIP}Mentor"]),
        ]
        found = {one.subject: one.student_number for one in gateway.read_roster(members_url(platform))}
        assert len(found) == 9
        assert {subject: number for subject, number in found.items() if number} == {
            "student-0": "S-204001",
            "student-1": "S-204002",
        }

    def test_68_failing_page_gives_nothing(
        self, platform: PlatformServer, gateway: LtiGateway, no_waiting: list[float]
    ) -> None:
        platform.members = [member(number) for number in range(130)]
        platform.fail("/members", 200, body='{"members": "none"}')
        with pytest.raises(TryLater):
            gateway.read_roster(members_url(platform))

    def test_68_page_that_leads_to_another_host(self, platform: PlatformServer, gateway: LtiGateway) -> None:
        body = json.dumps({"members": []})
        with PlatformServer() as stranger:
            link = f'<{stranger.url}/courses/1/members>; rel="next"'
            platform.fail("/members", 200, body=body, Link=link)
            with pytest.raises(Refused, match="page_elsewhere"):
                gateway.read_roster(members_url(platform))
            assert stranger.requests == []

    @pytest.mark.parametrize("address", ["http://[", "https://[::1/members", "//[x]/"])
    def test_68_next_page_that_is_no_address(
        self, platform: PlatformServer, gateway: LtiGateway, address: str
    ) -> None:
        platform.fail("/members", 200, body='{"members": []}', Link=f'<{address}>; rel="next"')
        with pytest.raises(TryLater, match="bad_answer"):
            gateway.read_roster(members_url(platform))

    def test_68_pages_that_never_end(self, platform: PlatformServer, gateway: LtiGateway) -> None:
        link = f'<{members_url(platform)}&cursor=AbC0>; rel="next"'
        platform.fail("/members", 200, times=3, body='{"members": []}', Link=link)
        with pytest.raises(Refused, match="endless_pages"):
            gateway.read_roster(members_url(platform))

    def test_68_link_filter_is_added_to_the_query(self) -> None:
        assert with_filters("https://x.example/m?a=1", rlid="b c") == "https://x.example/m?a=1&rlid=b+c"


class TestGrades:
    def test_44_score_is_stored(self, platform: PlatformServer, gateway: LtiGateway, line_item: str) -> None:
        gateway.send_score(line_item, score(), NOW)
        (stored,) = platform.scores
        assert stored["scoreGiven"] == 8
        assert stored["scoreMaximum"] == 10
        assert stored["comment"] == "Good"
        assert stored["timestamp"] == "2026-11-24T10:00:00.123Z"
        assert stored["submission"] == {
            "startedAt": "2026-11-24T08:00:00.000Z",
            "submittedAt": "2026-11-24T09:00:00.000Z",
        }
        assert stored["https://canvas.instructure.com/lti/submission"] == {"new_submission": False}

    def test_44_submission_is_told_as_one(
        self, platform: PlatformServer, gateway: LtiGateway, line_item: str
    ) -> None:
        gateway.send_score(line_item, score(None, ""), NOW)
        (stored,) = platform.scores
        assert "scoreGiven" not in stored
        assert "comment" not in stored
        assert stored["gradingProgress"] == "PendingManual"
        extension = stored["https://canvas.instructure.com/lti/submission"]
        assert extension["new_submission"] is True
        assert extension["submitted_at"] == "2026-11-24T09:00:00.000Z"

    def test_67_scores_stand_before_the_query(self) -> None:
        assert below("https://m.example/i/7/lineitem?type_id=3", "scores") == (
            "https://m.example/i/7/lineitem/scores?type_id=3"
        )

    def test_67_existing_line_item_is_found_by_its_link(
        self, platform: PlatformServer, gateway: LtiGateway, line_item: str
    ) -> None:
        found = gateway.find_or_create_line_item(items_url(platform), "link-1", "Check-in", Decimal(10))
        assert found == line_item
        assert platform.requests[-1].query["resource_link_id"] == "link-1"

    def test_67_line_item_is_made_once(self, platform: PlatformServer, gateway: LtiGateway) -> None:
        for _ in range(2):
            gateway.find_or_create_line_item(items_url(platform), "link-2", "Check-in", Decimal("2.5"))
        (made,) = platform.line_items.values()
        assert made["scoreMaximum"] == 2.5

    def test_67_list_with_a_malformed_next_link(self, platform: PlatformServer, grades: GradeService) -> None:
        platform.page_size = 2
        for number in range(5):
            grades.create(items_url(platform), {"label": f"Item {number}", "scoreMaximum": 1})
        assert len(list(grades.line_items(items_url(platform)))) == 5

    def test_67_next_link_is_followed_as_it_is_written(self) -> None:
        """``&section`` and ``&region`` begin with names of characters."""
        url = "https://lms.example/items?page=2&section_id=3&region=us"
        answer = Answer(
            200, {"Link": f'<{url}>; rel="next"'}, b"", {"next": url}, "https://lms.example/items"
        )
        assert next_page(answer) == url

    def test_67_change_keeps_every_other_field(
        self, platform: PlatformServer, grades: GradeService, line_item: str
    ) -> None:
        platform.line_items[line_item] |= {"tag": "kept", "gradesReleased": True, "resourceId": "r"}
        grades.update(line_item, label="New label")
        stored = platform.line_items[line_item]
        assert stored["label"] == "New label"
        assert stored["tag"] == "kept"
        assert stored["gradesReleased"] is True
        assert stored["resourceLinkId"] == "link-1"

    def test_67_removing_twice(self, platform: PlatformServer, grades: GradeService, line_item: str) -> None:
        grades.delete(line_item)
        grades.delete(line_item)
        assert platform.line_items == {}

    def test_67_line_item_gone(self, platform: PlatformServer, gateway: LtiGateway, line_item: str) -> None:
        platform.line_items.clear()
        with pytest.raises(Refused, match="line_item_gone"):
            gateway.send_score(line_item, score(), NOW)
        platform.fail("/scores", 410)
        with pytest.raises(Refused, match="line_item_gone"):
            gateway.send_score(line_item, score(), NOW)

    def test_67_stale_score_moodle(
        self, platform: PlatformServer, gateway: LtiGateway, line_item: str
    ) -> None:
        gateway.send_score(line_item, score(), NOW)
        with pytest.raises(NewerThere):
            gateway.send_score(line_item, score("9"), NOW - timedelta(seconds=1))
        assert len(platform.scores) == 1

    def test_67_stale_score_canvas(
        self, platform: PlatformServer, gateway: LtiGateway, line_item: str
    ) -> None:
        text = '{"errors": {"type": "bad_request", "message": "Provided timestamp of ... is before last updated"}}'
        platform.fail("/scores", 400, body=text)
        with pytest.raises(NewerThere):
            gateway.send_score(line_item, score(), NOW)

    @pytest.mark.parametrize(
        ("status", "code"), [(400, "score_refused"), (403, "no_permission"), (422, "not_gradable")]
    )
    def test_67_refusals(
        self, platform: PlatformServer, gateway: LtiGateway, line_item: str, status: int, code: str
    ) -> None:
        platform.fail("/scores", status)
        with pytest.raises(Refused, match=code):
            gateway.send_score(line_item, score(), NOW)

    def test_67_older_canvas_throttles_with_403(
        self, platform: PlatformServer, gateway: LtiGateway, line_item: str
    ) -> None:
        platform.fail("/scores", 403, body="403 Forbidden (Rate Limit Exceeded)\n")
        with pytest.raises(TryLater, match="throttled") as problem:
            gateway.send_score(line_item, score(), NOW)
        assert not problem.value.maybe_received

    def test_67_throttled_says_when_to_come_back_and_that_nothing_was_done(
        self, platform: PlatformServer, gateway: LtiGateway, line_item: str
    ) -> None:
        platform.fail("/scores", 429, Retry_After="17")
        with pytest.raises(TryLater) as problem:
            gateway.send_score(line_item, score(), NOW)
        assert problem.value.retry_after == 17
        assert not problem.value.maybe_received

    def test_67_score_is_never_repeated_within_one_call(
        self, platform: PlatformServer, gateway: LtiGateway, line_item: str
    ) -> None:
        platform.swallow("/scores", 503)
        with pytest.raises(TryLater) as problem:
            gateway.send_score(line_item, score(), NOW)
        assert problem.value.maybe_received
        assert len(platform.scores) == 1

    def test_67_reading_is_repeated_with_pauses(
        self, platform: PlatformServer, gateway: LtiGateway, no_waiting: list[float]
    ) -> None:
        platform.members = [member(1)]
        platform.fail("/members", 503)
        platform.fail("/members", 429, Retry_After="2")
        assert len(gateway.read_roster(members_url(platform))) == 1
        assert no_waiting == [0.5, 2.0]

    def test_67_long_wish_is_not_waited_for(
        self, platform: PlatformServer, gateway: LtiGateway, no_waiting: list[float]
    ) -> None:
        platform.fail("/members", 429, Retry_After="3600")
        with pytest.raises(TryLater) as problem:
            gateway.read_roster(members_url(platform))
        assert problem.value.retry_after == 3600
        assert no_waiting == []

    def test_67_results(
        self, platform: PlatformServer, gateway: LtiGateway, grades: GradeService, line_item: str
    ) -> None:
        gateway.send_score(line_item, score(), NOW)
        (result,) = grades.results(line_item, "student-1")
        assert (result["userId"], result["resultScore"]) == ("student-1", 8)
        assert list(grades.results(line_item, "somebody-else")) == []


class TestTheWayOut:
    def test_67_no_connection(self, toolbox: Toolbox) -> None:
        with pytest.raises(TryLater) as problem:
            toolbox.http.send("POST", "http://127.0.0.1:9/")
        assert problem.value.code == "no_connection"
        assert not problem.value.maybe_received

    @pytest.mark.parametrize(
        "url", ["http://lms.example/", "ftp://lms.example/", "file:///etc/passwd", "https://", "https://[x"]
    )
    def test_67_only_https(self, toolbox: Toolbox, url: str) -> None:
        with pytest.raises(Refused, match="not_https"):
            toolbox.http.send("GET", url)

    def test_67_a_public_tool_speaks_to_no_port_of_its_own_machine(self, platform: PlatformServer) -> None:
        settings = Settings(public_url="https://plp.example.org", secret_key="s" * 32)
        with pytest.raises(Refused, match="not_https"):
            PlatformHttp(settings).send("GET", f"{platform.url}/jwks")
        assert platform.jwks_fetches == 0

    def test_67_redirects_are_not_followed(self, toolbox: Toolbox, platform: PlatformServer) -> None:
        with PlatformServer() as stranger:
            platform.fail("/anything", 302, Location=f"{stranger.url}/jwks")
            with pytest.raises(Refused):
                toolbox.http.send("GET", f"{platform.url}/anything")
            assert stranger.jwks_fetches == 0

    def test_67_endless_answer_is_cut(self, toolbox: Toolbox, platform: PlatformServer) -> None:
        platform.fail("/large", 200, body="x" * (6 * 1024 * 1024))
        with pytest.raises(Refused, match="answer_too_large"):
            toolbox.http.send("GET", f"{platform.url}/large")

    def test_67_own_name_is_sent(self, toolbox: Toolbox, platform: PlatformServer) -> None:
        platform.fail("/x", 200)
        toolbox.http.send("GET", f"{platform.url}/x")
        assert platform.requests[-1].headers["user-agent"].startswith("lti_plp/")

    def test_67_proxies_of_the_surroundings_are_not_used(
        self, toolbox: Toolbox, platform: PlatformServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        platform.fail("/x", 200)
        assert toolbox.http.send("GET", f"{platform.url}/x").status == 200


def test_67_score_without_maximum_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="maximum"):
        Score("s", ActivityProgress.COMPLETED, GradingProgress.FULLY_GRADED, points=Decimal(1))
