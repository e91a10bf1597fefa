"""Cases 57 to 65 of the conformance list, which the certification suite does not try: contents, tenants, transport."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lti_plp.launch.message import launch_from
from lti_plp.launch.models import LoginState, Registration, WebSession
from lti_plp.launch.opaque import digest
from lti_plp.launch.roles import TEST_USER, roles_of
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.models import Deployment, Enrolment, Identity, Person
from lti_plp.plp.actor import Actor, Role
from tests.factories import traced
from tests.fixtures_tool import Register
from tests.launching import CLAIM, INSTITUTION, MEMBERSHIP, Browser, count, page_of
from tests.platform_server import PlatformServer

pytestmark = pytest.mark.usefixtures("registration")


class TestRoles:
    def test_57_mentor_scope_without_mentor_is_ignored(self, browser: Browser, toolbox: Toolbox) -> None:
        browser.launch(
            **{CLAIM + "roles": [f"{MEMBERSHIP}#Learner"], CLAIM + "role_scope_mentor": ["student-1"]}
        )
        assert mentor_of(toolbox) == []

    def test_57_mentor_without_list_follows_nobody(self, browser: Browser, toolbox: Toolbox) -> None:
        browser.launch(**{CLAIM + "roles": [f"{MEMBERSHIP}#Mentor"]})
        assert mentor_of(toolbox) == []

    def test_57_mentor_follows_those_in_the_list(self, browser: Browser, toolbox: Toolbox) -> None:
        browser.launch(
            **{
                CLAIM + "roles": [f"{MEMBERSHIP}#Mentor"],
                CLAIM + "role_scope_mentor": ["student-1", 7, None, "x" * 300],
            }
        )
        assert mentor_of(toolbox) == ["student-1"]

    @pytest.mark.parametrize(
        ("uris", "expected"),
        [
            ([f"{MEMBERSHIP}/Learner#Instructor"], {Role.LEARNER}),
            (["http://purl.imsglobal.org/vocab/lis/v2/person#Administrator"], set()),
            ([f"{INSTITUTION}#Administrator"], set()),
            ([f"{INSTITUTION}#Instructor"], set()),
            (["http://purl.imsglobal.org/vocab/lis/v2/system/person#SysAdmin"], set()),
            ([f"{MEMBERSHIP}/Instructor#TeachingAssistant"], {Role.TEACHING_ASSISTANT}),
            ([f"{MEMBERSHIP}/Instructor#Grader"], {Role.INSTRUCTOR}),
            ([f"{MEMBERSHIP}/Manager#Observer"], set()),
            ([f"{MEMBERSHIP}/Mentor#Advisor"], {Role.MENTOR}),
            (["urn:lti:role:ims/lis/Learner/Instructor"], {Role.LEARNER}),
            (["urn:lti:role:ims/lis/Instructor"], {Role.INSTRUCTOR}),
            (["http://purl.imsglobal.org/vocab/lis/v2/unknown/unknown#Instructor"], set()),
            (["Administrator "], set()),
            ([None, 5, {"a": 1}, ["Instructor"]], set()),
        ],
    )
    def test_58_table(self, uris: list[object], expected: set[Role]) -> None:
        assert roles_of(uris) == (frozenset(expected), False)

    def test_58_observer_sent_as_learner_and_mentor_is_family(self) -> None:
        roles, _ = roles_of([f"{MEMBERSHIP}#Learner", f"{MEMBERSHIP}#Mentor"])
        actor = Actor(1, 1, 1, roles)
        assert not actor.is_learner
        assert not actor.is_staff

    def test_58_test_user_is_marked(self, browser: Browser, toolbox: Toolbox) -> None:
        browser.launch(**{CLAIM + "roles": [f"{MEMBERSHIP}#Learner", TEST_USER]})
        with toolbox.sessions() as session:
            assert session.scalars(select(Person.is_test)).one() is True

    def test_58_roles_are_replaced_not_added(self, browser: Browser, toolbox: Toolbox) -> None:
        browser.launch(**{CLAIM + "roles": [f"{MEMBERSHIP}#Instructor"]})
        browser.launch(**{CLAIM + "roles": [f"{MEMBERSHIP}#Learner"]})
        with toolbox.sessions() as session:
            assert session.scalars(select(Enrolment.roles)).one() == "learner"


def mentor_of(toolbox: Toolbox) -> list[str]:
    with toolbox.sessions() as session:
        return session.scalars(select(Enrolment.mentor_of)).one()


class TestShapes:
    def test_59_custom(self, browser: Browser, registration: Registration) -> None:
        login = browser.login()
        custom = {"a": "$Context.id.history", "b": "", "c": None, "d": 1000, "e": "kept", "f": ["x"]}
        claims = browser.claims(login, **{CLAIM + "custom": custom})
        launch = launch_from(claims, registration, f"{browser.tool}/lti/launch")
        assert launch.custom == {"b": "", "d": "1000", "e": "kept"}
        assert browser.post(login, browser.platform.sign(claims)).status_code == 200

    @pytest.mark.parametrize("custom", [None, [], "text", 5])
    def test_59_custom_of_another_shape(self, browser: Browser, custom: object) -> None:
        assert browser.launch(**{CLAIM + "custom": custom}).status_code == 200

    def test_59_null_titles(self, browser: Browser) -> None:
        link = {"id": "link-1", "title": None, "description": None}
        assert browser.launch(**{CLAIM + "resource_link": link}).status_code == 200

    @pytest.mark.parametrize(("length", "status"), [(255, 200), (256, 400)])
    def test_60_length_of_ids(self, browser: Browser, length: int, status: int) -> None:
        assert browser.launch(sub="s" * length).status_code == status
        link = {"id": "l" * length}
        assert browser.launch(**{CLAIM + "resource_link": link}).status_code == status
        context = {"id": "c" * length}
        assert (
            browser.launch(
                **{CLAIM + "context": context, CLAIM + "resource_link": {"id": "other"}}
            ).status_code
            == status
        )

    def test_60_unicode_names(self, browser: Browser, toolbox: Toolbox) -> None:
        browser.launch(name="Žofia Nguyễn 🎈", given_name="Žofia", family_name="Nguyễn")
        with toolbox.sessions() as session:
            assert session.scalars(select(Person.name)).one() == "Žofia Nguyễn 🎈"

    @pytest.mark.parametrize("sub", ["", 5, "ünïcode", "with\nnewline", ["a"]])
    def test_60_sub_that_is_no_identifier(self, browser: Browser, sub: object) -> None:
        assert browser.launch(sub=sub).status_code == 400

    @pytest.mark.parametrize("without", [(), ("sub",)], ids=["null", "absent"])
    def test_60_visitor_without_an_account(
        self, browser: Browser, toolbox: Toolbox, without: tuple[str, ...]
    ) -> None:
        answer = browser.launch(without=without, sub=None)
        assert answer.status_code == 403
        assert "Please sign in first" in answer.get_data(as_text=True)
        assert count(toolbox, WebSession) == count(toolbox, Person) == 0

    @pytest.mark.parametrize("odd", ["\x00", "\ud800"])
    @pytest.mark.parametrize("claim", ["sub", "nonce", "iss"])
    def test_60_identifiers_that_hold_what_is_no_character(
        self, browser: Browser, claim: str, odd: str
    ) -> None:
        login = browser.login()
        claims = browser.claims(login)
        status = browser.post(login, browser.platform.sign(claims | {claim: claims[claim] + odd})).status_code
        assert status in {400, 401}

    def test_60_half_a_character_in_a_name(self, browser: Browser, toolbox: Toolbox) -> None:
        assert browser.launch(name="Maya \ud83d Torres").status_code == 200
        with toolbox.sessions() as session:
            assert session.scalars(select(Person.name)).one() == "Maya  Torres"

    def test_60_nul_in_names_does_not_reach_the_database(self, browser: Browser, toolbox: Toolbox) -> None:
        assert browser.launch(name="Ma\x00ya").status_code == 200
        with toolbox.sessions() as session:
            assert session.scalars(select(Person.name)).one() == "Maya"


class TestRecords:
    """What the school's records say of a student, and what the school is called: nobody types it."""

    @pytest.fixture
    def number(self, browser: Browser, toolbox: Toolbox) -> Callable[..., str]:
        """Launch with a ``lis`` claim; the number that is kept of the only person then."""

        def launch(lis: object, *roles: str) -> str:
            uris = list(roles) or [f"{MEMBERSHIP}#Learner"]
            answer = browser.launch(**{CLAIM + "lis": lis, CLAIM + "roles": uris})
            assert answer.status_code == 200
            with toolbox.sessions() as session:
                return session.scalars(select(Person.student_number)).one()

        return launch

    def test_59_student_number(self, number: Callable[..., str]) -> None:
        assert number({"person_sourcedid": "S-204001"}) == "S-204001"
        assert number({"person_sourcedid": "S-204999"}) == "S-204999"

    @pytest.mark.parametrize(
        "lis",
        [
            None,
            [],
            "S-204002",
            {},
            {"person_sourcedid": None},
            {"person_sourcedid": 204002},
            {"person_sourcedid": {"id": "S-204002"}},
            {"person_sourcedid": ""},
            {"person_sourcedid": " \t\x00 "},
            {"person_sourcedid": "$Person.sourcedId"},
            {"person_sourcedid": "2" * 256},
        ],
    )
    def test_59_what_is_no_number_takes_none_away(self, number: Callable[..., str], lis: object) -> None:
        assert number(lis) == ""
        number({"person_sourcedid": "S-204001"})
        assert number(lis) == "S-204001"

    @pytest.mark.parametrize(
        ("sent", "kept"),
        [("S-\x00204\x1b001", "S-204001"), ("S-\ud800204001\r\n", "S-204001"), ("2" * 255, "2" * 255)],
    )
    def test_60_number_that_no_database_stores_as_it_is(
        self, number: Callable[..., str], sent: str, kept: str
    ) -> None:
        assert number({"person_sourcedid": sent}) == kept

    @pytest.mark.parametrize(
        "roles",
        [
            (f"{MEMBERSHIP}#Instructor",),
            (f"{MEMBERSHIP}#Learner", f"{MEMBERSHIP}#Mentor"),
            (f"{MEMBERSHIP}#Learner", f"{MEMBERSHIP}/Instructor#TeachingAssistant"),
        ],
    )
    def test_59_numbers_of_others_are_not_kept(
        self, number: Callable[..., str], roles: tuple[str, ...]
    ) -> None:
        assert number({"person_sourcedid": "T-7"}, *roles) == ""

    @pytest.fixture
    def school(self, browser: Browser, toolbox: Toolbox) -> Callable[[object], str]:
        """Launch with a ``tool_platform`` claim; the name that is kept of the only deployment then."""

        def launch(claim: object) -> str:
            assert browser.launch(**{CLAIM + "tool_platform": claim}).status_code == 200
            with toolbox.sessions() as session:
                return session.scalars(select(Deployment.platform_name)).one()

        return launch

    def test_59_name_of_the_school(self, school: Callable[[object], str]) -> None:
        assert school({"guid": "1", "name": "Birch Falls High"}) == "Birch Falls High"
        assert school({"guid": "1", "name": "Escuela  Birch\nFalls\x00"}) == "Escuela Birch Falls"

    @pytest.mark.parametrize("claim", [None, [], "Birch", {"guid": "1"}, {"name": 7}, {"name": "\x00 "}])
    def test_59_platform_that_does_not_say_its_name(
        self, school: Callable[[object], str], claim: object
    ) -> None:
        assert school(claim) == ""
        school({"guid": "1", "name": "Birch Falls High"})
        assert school(claim) == "Birch Falls High"

    def test_60_very_long_name_of_a_school_is_cut(self, school: Callable[[object], str]) -> None:
        assert school({"name": "M" * 10_000}) == "M" * 255

    def test_59_what_is_known_already_is_not_written_again(self, browser: Browser, toolbox: Toolbox) -> None:
        told = {
            CLAIM + "lis": {"person_sourcedid": "S-1"},
            CLAIM + "tool_platform": {"name": "Birch Falls High"},
        }
        untold = (CLAIM + "lis", CLAIM + "tool_platform")

        def statements(**how: Any) -> list[str]:
            with traced(toolbox.engine) as seen:
                assert browser.launch(**how).status_code == 200
            return [statement.split("(")[0].split(" SET")[0].split(" FROM")[0][:40] for statement in seen]

        statements(**told)
        assert statements(**told) == statements(without=untold)
        changed = told | {CLAIM + "tool_platform": {"name": "Birch Falls Middle"}}
        assert "UPDATE deployment" in statements(**changed)


class TestTenants:
    def test_61_two_deployments_of_one_client(
        self, browser: Browser, toolbox: Toolbox, registration: Registration
    ) -> None:
        with toolbox.sessions.begin() as session:
            session.add(
                Deployment(
                    registration_id=registration.id,
                    tenant_id=session.scalars(select(Deployment.tenant_id)).first(),
                    lti_deployment_id="second",
                    status="active",
                    first_seen_at=toolbox.clock(),
                )
            )
        assert browser.launch().status_code == 200
        assert browser.launch(**{CLAIM + "deployment_id": "second"}).status_code == 200
        # One district, two doors: the same subject of the same issuer is one person.
        assert count(toolbox, Person) == 1
        assert count(toolbox, Enrolment) == 2

    def test_61_same_issuer_and_sub_in_two_tenants_is_two_people(
        self, app: Flask, browser: Browser, register: Register, toolbox: Toolbox
    ) -> None:
        """All schools of a hosted platform share one issuer."""
        other = PlatformServer()
        with other:
            registration = register(other, tenant="Birch Falls")
            with toolbox.sessions.begin() as session:
                row = session.get_one(Registration, registration.id)
                row.issuer, row.client_id = browser.platform.issuer, "client-of-birch-falls"
            other.client_id = "client-of-birch-falls"
            assert browser.launch(sub="student-1").status_code == 200
            second = Browser(app, other)
            login = second.login(iss=browser.platform.issuer)
            claims = second.claims(login, sub="student-1", iss=browser.platform.issuer)
            assert second.post(login, other.sign(claims)).status_code == 200
        with toolbox.sessions() as session:
            tenants = session.scalars(select(Person.tenant_id)).all()
        assert len(tenants) == len(set(tenants)) == 2

    def test_61_same_sub_under_two_issuers_is_two_people(
        self, app: Flask, browser: Browser, toolbox: Toolbox, register: Register
    ) -> None:
        with PlatformServer() as second:
            register(second)
            assert browser.launch(sub="same").status_code == 200
            assert Browser(app, second).launch(sub="same").status_code == 200
        assert count(toolbox, Person) == 2
        assert count(toolbox, Identity) == 2

    def test_61_unknown_deployment_waits_for_an_administrator(
        self, browser: Browser, toolbox: Toolbox
    ) -> None:
        for _ in range(2):
            assert browser.launch(**{CLAIM + "deployment_id": "new"}).status_code == 403
        with toolbox.sessions() as session:
            waiting = session.scalars(select(Deployment).where(Deployment.lti_deployment_id == "new")).one()
        assert (waiting.status, waiting.tenant_id) == ("pending", None)
        assert count(toolbox, Person) == 0

    def test_61_deployment_switched_off(self, browser: Browser, toolbox: Toolbox) -> None:
        with toolbox.sessions.begin() as session:
            session.scalars(select(Deployment)).one().status = "disabled"
        assert browser.launch().status_code == 403


class TestTransport:
    def test_62_error_response(self, browser: Browser) -> None:
        login = browser.login()
        answer = browser.client.post("/lti/launch", data={"error": "login_required", "state": login.state})
        assert answer.status_code == 401
        assert "login_required" not in answer.get_data(as_text=True)

    def test_63_post_login(self, browser: Browser) -> None:
        answer = browser.client.post("/lti/login", data=browser.login_params())
        assert answer.status_code == 302
        assert answer.location.startswith(browser.platform.url)

    def test_63_parameters_in_the_query_of_a_post(self, browser: Browser) -> None:
        answer = browser.client.post("/lti/login", query_string=browser.login_params())
        assert answer.status_code == 302

    def test_63_hints_are_passed_back_unaltered(self, browser: Browser) -> None:
        hint = '{"cmid":7,"launch":"a b&c=d%20é"}'
        login = browser.login(lti_message_hint=hint, login_hint="u+1&x")
        assert login.params["lti_message_hint"] == hint
        assert login.params["login_hint"] == "u+1&x"
        assert login.params["scope"] == "openid"
        assert login.params["response_type"] == "id_token"
        assert login.params["response_mode"] == "form_post"
        assert login.params["prompt"] == "none"

    def test_63_authorization_address_with_a_query(
        self, browser: Browser, toolbox: Toolbox, registration: Registration
    ) -> None:
        with toolbox.sessions.begin() as session:
            session.get_one(Registration, registration.id).auth_url += "?tenant=7"
        assert browser.login().params["tenant"] == "7"

    @pytest.mark.parametrize("method", ["get", "put", "delete"])
    def test_64_other_methods_on_the_launch(self, browser: Browser, method: str) -> None:
        answer = getattr(browser.client, method)("/lti/launch")
        assert answer.status_code == 405
        assert 'data-page="error"' in answer.get_data(as_text=True)

    def test_65_reload_of_the_launch_is_refused_and_of_its_page_is_fine(self, browser: Browser) -> None:
        login = browser.login()
        token = browser.platform.sign(browser.claims(login))
        page = page_of(browser.post(login, token))
        first, second = browser.client.get(page), browser.client.get(page)
        assert first.status_code == second.status_code
        assert first.status_code == 200
        assert browser.post(login, token).status_code == 401

    def test_65_stored_state_is_only_a_digest(self, browser: Browser, toolbox: Toolbox) -> None:
        login = browser.login()
        with toolbox.sessions() as session:
            row = session.scalars(select(LoginState)).one()
        assert row.state_hash == digest(login.state)
        assert row.nonce_hash == digest(login.nonce)
