"""The stand-in LMS of a test module, and somebody's access to its REST interface."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

RUBRIC = {
    "title": "Lab rubric",
    "criteria": [
        {
            "id": "_4521",
            "points": 4.0,
            "description": "Analyse data",
            "ratings": [
                {"id": "blank", "points": 4.0, "description": "Exceeds"},
                {"id": "blank_2", "points": 3.0, "description": "Meets"},
            ],
        }
    ],
}
CALLBACK = "http://127.0.0.1:9/oauth/callback"


@dataclass
class Canvas:
    """A running stand-in LMS."""

    url: str

    def control(self, path: str, body: Any = None) -> Any:
        answer = requests.post(f"{self.url}/_sandbox/{path}", json=body or {}, timeout=60)
        assert answer.ok, answer.text
        return answer.json()

    def told(self, path: str) -> Any:
        return requests.get(f"{self.url}/_sandbox/{path}", timeout=60).json()

    def key(self, **values: Any) -> "Key":
        made = self.control("developer_keys", {"redirect_uris": [CALLBACK], **values})
        return Key(self, made["client_id"], made["client_secret"])

    def api(self, person: str, **values: Any) -> "Api":
        """Somebody's access, as if they had consented to a key of its own."""
        return self.key(**values).api(person)

    def person_id(self, key: str) -> int:
        found: int = self.control(f"people/{key}")["id"]
        return found

    def assignment(self, name: str = "Lab report 1", **values: Any) -> int:
        made: int = self.control("assignments", {"name": name, **values})["assignment"]
        return made


@dataclass
class Key:
    """A developer key."""

    canvas: Canvas
    client_id: str
    secret: str

    def api(self, person: str, **values: Any) -> "Api":
        body = {"client_id": self.client_id, "person": person, **values}
        made = self.canvas.control("user_tokens", body)
        return Api(self.canvas.url, made["access_token"], made["refresh_token"])

    def token(self, **form: Any) -> requests.Response:
        filled = {
            "client_id": self.client_id,
            "client_secret": self.secret,
            "redirect_uri": CALLBACK,
            **form,
        }
        given = {name: value for name, value in filled.items() if value is not None}
        return requests.post(f"{self.canvas.url}/login/oauth2/token", data=given, timeout=60)

    def query(self, **changes: Any) -> dict[str, Any]:
        asked = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "state": "my-state",
            **changes,
        }
        return {name: value for name, value in asked.items() if value is not None}


@dataclass
class Api:
    """``/api/v1`` with a token."""

    url: str
    token: str
    refresh_token: str = ""

    def get(self, path: str, params: Any = None, **headers: str) -> requests.Response:
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        return requests.get(f"{self.url}/api/v1/{path}", params=params, headers=sent, timeout=60)

    def read(self, path: str, params: Any = None) -> Any:
        answer = self.get(path, params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def pages(self, path: str, params: Any = None) -> list[Any]:
        """Every page of a list, followed by its links."""
        answer = self.get(path, params)
        found = [answer.json()]
        while "next" in answer.links:
            answer = requests.get(
                answer.links["next"]["url"], headers={"Authorization": f"Bearer {self.token}"}, timeout=60
            )
            assert answer.status_code == 200, answer.text
            found.append(answer.json())
        return found


class Browser:
    """Keeps cookies as a browser does on a loopback address, where also secure ones go over plain HTTP."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        address = path if "://" in path else self.url + path
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        answer = requests.request(
            method, address, headers={"Cookie": cookie}, allow_redirects=False, timeout=60, **more
        )
        self._cookies |= {one.name: one.value or "" for one in answer.cookies}
        return answer

    def sign_in(self, person: str) -> None:
        assert self.ask("POST", "/sign_in", data={"person": person}).status_code == 303

    def consent_page(self, key: Key, **changes: Any) -> requests.Response:
        answer = self.ask("GET", "/login/oauth2/auth", params=key.query(**changes))
        assert answer.headers["Location"] == "/login/oauth2/confirm", answer.text
        return self.ask("GET", "/login/oauth2/confirm")

    def decide(self, page: requests.Response, how: str = "accept") -> dict[str, str]:
        form = re.search(r'name="form" value="([^"]*)"', page.text)
        assert form, page.text
        answer = self.ask("POST", f"/login/oauth2/{how}", data={"form": form[1]})
        return query_of(answer.headers["Location"])


def query_of(url: str) -> dict[str, str]:
    assert url.startswith(CALLBACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
