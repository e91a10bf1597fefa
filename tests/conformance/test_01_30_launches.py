"""Cases 1 to 30 of the conformance list: bad payloads, and valid launches of instructors and students."""

from typing import Any

import pytest
from sqlalchemy import func, select

from lti_plp.launch.models import WebSession
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.models import Enrolment, Person
from tests.launching import CLAIM, INSTITUTION, MEMBERSHIP, Browser, page_of

pytestmark = pytest.mark.usefixtures("registration")

INSTRUCTOR = f"{MEMBERSHIP}#Instructor"
LEARNER = f"{MEMBERSHIP}#Learner"


@pytest.fixture
def sessions_open(toolbox: Toolbox) -> Any:
    """A function that counts open web sessions."""

    def count() -> int:
        with toolbox.sessions() as session:
            return session.scalar(select(func.count()).select_from(WebSession)) or 0

    return count


@pytest.fixture
def roles_stored(toolbox: Toolbox) -> Any:
    """A function that reads the roles of the only enrolment."""

    def read() -> str:
        with toolbox.sessions() as session:
            return session.scalars(select(Enrolment.roles)).one()

    return read


class TestKnownBadPayloads:
    """Each is refused, and no web session is opened."""

    @pytest.fixture(autouse=True)
    def _opens_nothing(self, sessions_open: Any) -> Any:
        yield
        assert sessions_open() == 0

    def test_01_no_kid(self, browser: Browser) -> None:
        login = browser.login()
        token = browser.platform.sign(browser.claims(login), kid=None)
        assert browser.post(login, token).status_code == 401

    def test_02_incorrect_kid(self, browser: Browser) -> None:
        login = browser.login()
        token = browser.platform.sign(browser.claims(login), kid="imstester_66067")
        assert browser.post(login, token).status_code == 401

    def test_03_wrong_version(self, browser: Browser) -> None:
        assert browser.launch(**{CLAIM + "version": "11.3"}).status_code == 400

    def test_04_no_version(self, browser: Browser) -> None:
        assert browser.launch(without=(CLAIM + "version",)).status_code == 400

    def test_05_invalid_message(self, browser: Browser) -> None:
        login = browser.login()
        token = browser.platform.sign({"name": "badltilaunch"})
        assert browser.post(login, token).status_code == 401

    def test_06_missing_claims(self, browser: Browser) -> None:
        missing = ("aud", "iss", "sub", CLAIM + "deployment_id", CLAIM + "roles")
        assert browser.launch(without=missing).status_code == 401

    def test_07_timestamps_incorrect(self, browser: Browser) -> None:
        assert browser.launch(iat=11111, exp=22222).status_code == 401

    @pytest.mark.parametrize(
        "claim",
        [
            pytest.param(CLAIM + "message_type", id="test_08_message_type"),
            pytest.param(CLAIM + "roles", id="test_09_roles"),
            pytest.param(CLAIM + "deployment_id", id="test_10_deployment_id"),
        ],
    )
    def test_08_09_10_claim_missing(self, browser: Browser, claim: str) -> None:
        assert browser.launch(without=(claim,)).status_code == 400

    def test_12_sub_missing(self, browser: Browser) -> None:
        # A launch without a person is allowed (LTI Core 1.3, 5.3.6.1); nothing here is for nobody.
        assert browser.launch(without=("sub",)).status_code == 403

    def test_11_resource_link_id_missing(self, browser: Browser) -> None:
        assert browser.launch(**{CLAIM + "resource_link": {"title": "A link"}}).status_code == 400

    def test_11_resource_link_missing(self, browser: Browser) -> None:
        assert browser.launch(without=(CLAIM + "resource_link",)).status_code == 400


def opens(browser: Browser, **changes: Any) -> str:
    """Launch; the address of the page that opens."""
    answer = browser.launch(**changes)
    return page_of(answer)


PII = ("name", "given_name", "family_name", "email")
NAMES = ("name", "given_name", "family_name")


@pytest.mark.parametrize(
    ("roles", "stored"),
    [
        pytest.param([INSTRUCTOR], "instructor", id="test_13_normal_instructor"),
        pytest.param(
            [INSTRUCTOR, f"{INSTITUTION}#Staff", f"{INSTITUTION}#Other"],
            "instructor",
            id="test_14_multiple_roles_instructor",
        ),
        pytest.param(["Instructor"], "instructor", id="test_15_short_role_instructor"),
        pytest.param(
            ["http://purl.imsglobal.org/vocab/lis/v2/unknown/unknown#Helper"], "", id="test_16_unknown_role"
        ),
        pytest.param([""], "", id="test_17_and_26_no_role"),
        pytest.param([], "", id="test_17_empty_role_list"),
        pytest.param([LEARNER], "learner", id="test_22_normal_student"),
        pytest.param(
            [LEARNER, f"{INSTITUTION}#Student", f"{INSTITUTION}#Mentor"],
            "learner",
            id="test_23_multiple_roles_student",
        ),
        pytest.param(["Learner"], "learner", id="test_24_short_role_student"),
        pytest.param(
            [LEARNER, "http://purl.imsglobal.org/vocab/lis/v2/unknown/unknown#Helper"],
            "learner",
            id="test_25_learner_and_unknown_role",
        ),
    ],
)
def test_13_to_17_and_22_to_26_roles(
    browser: Browser, roles_stored: Any, roles: list[str], stored: str
) -> None:
    answer = browser.launch(**{CLAIM + "roles": roles})
    # What is not known gives no rights, and is no error (LTI Core 1.3, 5.3.7).
    assert answer.status_code == 200
    first = {"learner": "/plan", "instructor": "/course", "": "/visitor"}
    assert page_of(answer).endswith(first[stored])
    assert roles_stored() == stored


@pytest.mark.parametrize("role", [INSTRUCTOR, LEARNER])
@pytest.mark.parametrize(
    ("without", "name"),
    [
        pytest.param(NAMES, "", id="test_18_and_27_only_email"),
        pytest.param(("email",), "kept", id="test_19_and_28_only_names"),
        pytest.param(PII, "", id="test_20_and_29_no_pii"),
    ],
)
def test_18_to_20_and_27_to_29_personal_data(
    browser: Browser, toolbox: Toolbox, role: str, without: tuple[str, ...], name: str
) -> None:
    opens(browser, without=without, **{CLAIM + "roles": [role]})
    with toolbox.sessions() as session:
        stored = session.scalars(select(Person.name)).one()
    assert bool(stored) == bool(name)


@pytest.mark.parametrize("role", [INSTRUCTOR, LEARNER])
def test_21_and_30_without_context(browser: Browser, sessions_open: Any, role: str) -> None:
    opens(browser, without=(*NAMES, CLAIM + "context"), **{CLAIM + "roles": [role]})
    assert sessions_open() == 1


def test_21b_new_resource_link(browser: Browser, sessions_open: Any) -> None:
    opens(browser)
    opens(browser, **{CLAIM + "resource_link": {"id": "another-link", "title": "Another"}})
    assert sessions_open() == 2
