"""Cases 31 to 38 and 66 of the conformance list: deep linking."""

import html
import re
from typing import Any

import jwt
import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from lti_plp.launch.toolbox import Toolbox
from lti_plp.plp.models import ReflectionTemplate
from tests.launching import CLAIM, TARGET_LINK_URI, Browser, page_of

pytestmark = pytest.mark.usefixtures("registration")

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
FORM = {
    "set_id": "check-in",
    "locale": "en",
    "title": "Quick check-in",
    "instructions": "Take five minutes.",
    "question": ["What went well, and how do I know?", "What got in my way?"],
    "source": ["REF-3", "SE-2"],
    "grading": "points",
    "points": "10",
    "layout": "one",
    "allow_resubmit": "1",
    "due": "2026-12-01T15:30",
    "time_zone": "America/New_York",
    "basket": "[]",
}


def open_picker(browser: Browser, *, without: tuple[str, ...] = (), **settings: Any) -> str:
    """Launch deep linking; the picker's address."""
    login = browser.login()
    claims = browser.platform.deep_linking_claims(login.nonce, **settings)
    claims[TARGET_LINK_URI] = login.target_link_uri
    claims = {name: value for name, value in claims.items() if name not in without}
    answer = browser.post(login, browser.platform.sign(claims))
    return page_of(answer)


def send(client: FlaskClient, picker: str, action: str, **changes: Any) -> Any:
    """Send the picker's form."""
    token = re.search(r'name="csrf_token" value="(\w+)"', client.get(picker).get_data(as_text=True))
    assert token
    return client.post(f"{picker}/{action}", data={**FORM, "csrf_token": token[1], **changes})


def response_of(toolbox: Toolbox, page: str, audience: str) -> dict[str, Any]:
    """The claims of the JWT on the page that goes back to the platform, verified as a platform does."""
    found = re.search(r'name="JWT" value="([^"]+)"', page)
    assert found
    token = html.unescape(found[1])
    with toolbox.sessions() as session:
        keys = toolbox.keys.public_jwks(session, toolbox.clock())["keys"]
    kid = jwt.get_unverified_header(token)["kid"]
    key = jwt.PyJWK(next(key for key in keys if key["kid"] == kid))
    required = {"require": ["iss", "aud", "exp", "iat", "nonce"]}
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], audience=audience, options=required)
    return claims


def place(browser: Browser, toolbox: Toolbox, settings: dict[str, Any] | None = None, **form: Any) -> Any:
    """Open the picker with these settings and place a reflection; the response's claims."""
    picker = open_picker(browser, **(settings or {}))
    answer = send(browser.client, picker, "place", **form)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return response_of(toolbox, answer.get_data(as_text=True), browser.platform.issuer)


def test_31_request_received(browser: Browser) -> None:
    assert browser.client.get(open_picker(browser)).status_code == 200


def test_31_request_without_target(browser: Browser) -> None:
    assert open_picker(browser, without=(TARGET_LINK_URI,)).endswith("/picker")


def test_32_to_36_response_is_complete_and_signed(browser: Browser, toolbox: Toolbox) -> None:
    claims = place(browser, toolbox)
    assert claims["iss"] == browser.platform.client_id
    assert claims["aud"] == [browser.platform.issuer]
    assert claims[CLAIM + "message_type"] == "LtiDeepLinkingResponse"
    assert claims[CLAIM + "version"] == "1.3.0"
    assert claims[CLAIM + "deployment_id"] == browser.platform.deployment_id
    assert claims[DL + "data"] == "opaque-data"
    assert 0 < claims["exp"] - claims["iat"] <= 3600
    assert "azp" not in claims


def test_37_content_item(browser: Browser, toolbox: Toolbox) -> None:
    (item,) = place(browser, toolbox)[DL + "content_items"]
    with toolbox.sessions() as session:
        template = session.scalars(select(ReflectionTemplate)).one()
    assert item == {
        "type": "ltiResourceLink",
        "url": f"{browser.tool}/lti/launch?plp_template={template.id}",
        "title": "Quick check-in",
        "text": "Take five minutes.",
        "custom": {"plp_template": template.id},
        "lineItem": {
            "scoreMaximum": 10,
            "label": "Quick check-in",
            "resourceId": template.id,
            "tag": "reflection",
        },
        "submission": {"endDateTime": "2026-12-01T20:30:00+00:00"},
    }
    assert [question["source"] for question in template.questions] == ["REF-3", "SE-2"]


def test_38_launch_of_the_returned_link(browser: Browser, toolbox: Toolbox) -> None:
    (item,) = place(browser, toolbox)[DL + "content_items"]
    login = browser.login(target_link_uri=item["url"])
    claims = browser.claims(login, **{CLAIM + "custom": item["custom"]})
    answer = browser.post(login, browser.platform.sign(claims))
    page = answer.get_data(as_text=True)
    assert "What went well, and how do I know?" in page


@pytest.mark.parametrize("carried_by", ["custom", "url"])
def test_38_either_custom_or_address_is_enough(browser: Browser, toolbox: Toolbox, carried_by: str) -> None:
    (item,) = place(browser, toolbox)[DL + "content_items"]
    target = item["url"] if carried_by == "url" else f"{browser.tool}/lti/launch"
    custom = item["custom"] if carried_by == "custom" else {"plp_template": "$Unresolved"}
    login = browser.login(target_link_uri=target)
    claims = browser.claims(login, **{CLAIM + "custom": custom})
    answer = browser.post(login, browser.platform.sign(claims))
    assert answer.status_code == 200


def test_66_platform_takes_no_links(browser: Browser, toolbox: Toolbox) -> None:
    picker = open_picker(browser, accept_types=["link", "html"])
    assert send(browser.client, picker, "place").status_code == 400
    with toolbox.sessions() as session:
        assert session.scalar(select(func.count()).select_from(ReflectionTemplate)) == 0


@pytest.mark.parametrize("several", [False, None])
def test_66_one_link_only(browser: Browser, several: bool | None) -> None:
    picker = open_picker(browser, accept_multiple=several)
    assert "Add another one" not in browser.client.get(picker).get_data(as_text=True)
    basket = basket_of(send(browser.client, picker, "add").get_data(as_text=True))
    assert send(browser.client, picker, "place", basket=basket).status_code == 400


def basket_of(page: str) -> str:
    found = re.search(r'name="basket" value="([^"]*)"', page)
    assert found
    return html.unescape(found[1])


def test_66_several_links(browser: Browser, toolbox: Toolbox) -> None:
    picker = open_picker(browser)
    basket = basket_of(send(browser.client, picker, "add").get_data(as_text=True))
    answer = send(browser.client, picker, "place", basket=basket, title="Second", grading="none")
    items = response_of(toolbox, answer.get_data(as_text=True), browser.platform.issuer)[DL + "content_items"]
    assert [item["title"] for item in items] == ["Quick check-in", "Second"]
    assert "lineItem" in items[0]
    assert "lineItem" not in items[1]


def test_66_no_data_means_no_data_claim(browser: Browser, toolbox: Toolbox) -> None:
    assert DL + "data" not in place(browser, toolbox, {"data": None})


def test_66_empty_data_is_echoed(browser: Browser, toolbox: Toolbox) -> None:
    assert place(browser, toolbox, {"data": ""})[DL + "data"] == ""


@pytest.mark.parametrize(("accepts", "expected"), [(False, False), (True, True), (None, True)])
def test_66_line_items(browser: Browser, toolbox: Toolbox, accepts: bool | None, expected: bool) -> None:
    (item,) = place(browser, toolbox, {"accept_lineitem": accepts})[DL + "content_items"]
    assert ("lineItem" in item) is expected


def test_66_cancel_sends_no_items(browser: Browser, toolbox: Toolbox) -> None:
    picker = open_picker(browser)
    page = send(browser.client, picker, "cancel").get_data(as_text=True)
    claims = response_of(toolbox, page, browser.platform.issuer)
    assert claims[DL + "content_items"] == []
    assert claims[DL + "data"] == "opaque-data"
    assert claims[DL + "errormsg"] == "Nothing was placed."


def test_66_what_is_placed_brings_no_error_message(browser: Browser, toolbox: Toolbox) -> None:
    picker = open_picker(browser)
    page = send(browser.client, picker, "place").get_data(as_text=True)
    assert DL + "errormsg" not in response_of(toolbox, page, browser.platform.issuer)


@pytest.mark.parametrize(
    "address",
    [
        'https://lms.example/"><script>alert(1)</script>',
        "javascript:alert(1)",
        "data:text/html,x",
        "",
        None,
        5,
        "//lms.example/return",
    ],
)
def test_66_return_address_that_is_none(browser: Browser, address: object) -> None:
    login = browser.login()
    claims = browser.platform.deep_linking_claims(login.nonce, deep_link_return_url=address)
    claims[TARGET_LINK_URI] = login.target_link_uri
    assert browser.post(login, browser.platform.sign(claims)).status_code == 400


def test_66_page_may_send_its_form_to_the_platform_only(browser: Browser) -> None:
    answer = send(browser.client, open_picker(browser), "place")
    policy = answer.headers["Content-Security-Policy"]
    assert f"form-action 'self' {browser.platform.url};" in policy


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 256}, "title"),
        ({"points": "0"}, "max_points"),
        ({"points": "ten"}, "max_points"),
        ({"points": "1e999"}, "max_points"),
        ({"points": "NaN"}, "max_points"),
        ({"points": "1.005"}, "max_points"),
        ({"question": [""], "source": [""]}, "questions"),
        ({"question": ["x"] * 21, "source": [""] * 21}, "questions"),
        ({"question": ["x" * 1001], "source": [""]}, "question_0"),
        ({"grading": "stars"}, "grading"),
        ({"layout": "spiral"}, "layout"),
        ({"due": "tomorrow"}, "due"),
    ],
)
def test_66_problems_are_shown_and_nothing_is_made(
    browser: Browser, toolbox: Toolbox, changes: dict[str, Any], field: str
) -> None:
    answer = send(browser.client, open_picker(browser), "place", **changes)
    assert answer.status_code == 400
    page = answer.get_data(as_text=True)
    assert f'href="#{field}"' in page
    assert 'role="alert"' in page
    with toolbox.sessions() as session:
        assert session.scalar(select(func.count()).select_from(ReflectionTemplate)) == 0


@pytest.mark.parametrize("basket", ["{", "5", '[{"title": 1}]', '["x"]', "null", "[{}]", "[" * 5000])
def test_66_basket_that_is_none_of_ours(browser: Browser, basket: str) -> None:
    assert send(browser.client, open_picker(browser), "place", basket=basket).status_code == 400


def test_66_student_cannot_open_the_picker(browser: Browser) -> None:
    login = browser.login()
    claims = browser.platform.deep_linking_claims(login.nonce)
    claims |= {
        TARGET_LINK_URI: login.target_link_uri,
        CLAIM + "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
    }
    answer = browser.post(login, browser.platform.sign(claims))
    assert answer.status_code == 403
