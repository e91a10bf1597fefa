"""The driver: launches against a tool, eight at once, a new connection for each request, a cookie jar per browser."""

import http.client
import itertools
import json
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
STUDENTS = 200
AT_ONCE = 8


@dataclass
class Signer:
    """The platform's present key."""

    kid: str = field(default_factory=lambda: secrets.token_hex(6))
    key: RSAPrivateKey = field(
        default_factory=lambda: generate_private_key(public_exponent=65537, key_size=2048)
    )

    def jwks(self) -> dict[str, Any]:
        """Its public half."""
        jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {
            "keys": [
                {"kty": "RSA", "n": jwk["n"], "e": jwk["e"], "kid": self.kid, "alg": "RS256", "use": "sig"}
            ]
        }

    def sign(self, claims: dict[str, Any], kid: str | None = None) -> str:
        """A token."""
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": kid or self.kid})


@dataclass
class Target:
    """A tool under load."""

    name: str
    port: int
    platform: str
    signer: Signer
    template_id: str = ""
    cookies: dict[int, dict[str, str]] = field(default_factory=dict)
    numbers: Any = field(default_factory=itertools.count)

    def launch(self, kid: str | None = None, *, fresh: bool = False) -> tuple[int, float]:
        """One launch from login to page; (status of the last answer, seconds)."""
        number = next(self.numbers)
        student = number % STUDENTS
        # Eight browsers at once, each with its own cookies; a fresh one has none yet. The peer piles up nonces in its
        # session cookie until a browser drops it, so it always gets a fresh one, which is to its advantage.
        fresh = fresh or self.name == "pylti1p3"
        jar = {} if fresh else self.cookies.setdefault(threading.get_ident(), {})
        began = time.perf_counter()
        signing = 0.0
        answer = self._send("POST", "/lti/login", jar, self._login())
        if answer.status == 200:
            # The first visit: a page whose script would send this form.
            state, nonce = _field(answer.body, "state"), _field(answer.body, "nonce")
        else:
            query = parse_qs(urlsplit(answer.location).query)
            state, nonce = query["state"][0], query["nonce"][0]
        pause = time.perf_counter()
        token = self.signer.sign(self._claims(nonce, student), kid)
        signing = time.perf_counter() - pause
        answer = self._send("POST", "/lti/launch", jar, {"id_token": token, "state": state})
        if answer.status == 200 and b"<h1>" not in answer.body:
            return 599, 0.0
        return answer.status, time.perf_counter() - began - signing

    def _login(self) -> dict[str, str]:
        return {
            "iss": self.platform,
            "client_id": "bench-client",
            "login_hint": "hint",
            "lti_message_hint": "message",
            "target_link_uri": f"http://127.0.0.1:{self.port}/lti/launch",
        }

    def _claims(self, nonce: str, student: int) -> dict[str, Any]:
        now = int(time.time())
        return {
            "iss": self.platform,
            "aud": "bench-client",
            "azp": "bench-client",
            "sub": f"student-{student}",
            "iat": now,
            "exp": now + 3600,
            "nonce": nonce,
            "name": f"Student {student}",
            "given_name": "Student",
            "family_name": str(student),
            CLAIM + "message_type": "LtiResourceLinkRequest",
            CLAIM + "version": "1.3.0",
            CLAIM + "deployment_id": "bench-deployment",
            CLAIM + "target_link_uri": f"http://127.0.0.1:{self.port}/lti/launch",
            CLAIM + "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
            CLAIM + "resource_link": {"id": "link-1", "title": "Quick check-in"},
            CLAIM + "context": {"id": "course-1", "label": "ENG9", "title": "English 9"},
            CLAIM + "lis": {"person_sourcedid": f"S-{student}"},
            CLAIM + "tool_platform": {"guid": "maple-hollow:lms", "name": "Maple Hollow High"},
            CLAIM + "custom": {"plp_template": self.template_id},
            CLAIM + "launch_presentation": {"document_target": "iframe", "locale": "en"},
        }

    def _send(
        self, method: str, path: str, jar: dict[str, str], form: dict[str, str] | None = None
    ) -> "Answer":
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Connection": "close"}
        if jar:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        body = None
        if form is not None:
            body = urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        content = response.read()
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                cookie, _, text = value.partition(";")[0].partition("=")
                jar[cookie] = text
        connection.close()
        return Answer(response.status, response.getheader("Location", "") or "", content)


@dataclass
class Answer:
    """What came back."""

    status: int
    location: str
    body: bytes


def _field(page: bytes, name: str) -> str:
    marker = f'name="{name}" value="'.encode()
    start = page.index(marker) + len(marker)
    return page[start : page.index(b'"', start)].decode()


@dataclass
class Load:
    """What a number of launches came to."""

    launches: int
    failures: int
    seconds: float
    times: list[float]

    @property
    def rate(self) -> float:
        """Launches per second."""
        return self.launches / self.seconds

    def percentile(self, part: float) -> float:
        """Seconds within which that part of all launches was done."""
        ordered = sorted(self.times)
        return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def load(
    target: Target, launches: int, at_once: int = AT_ONCE, kid: str | None = None, *, fresh: bool = False
) -> Load:
    """Launch ``launches`` times, ``at_once`` at once; bounded in number and, by time-outs, in time."""
    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        done = list(pool.map(lambda _: target.launch(kid, fresh=fresh), range(launches)))
    seconds = time.perf_counter() - began
    good = [took for status, took in done if status == 200]
    return Load(launches, launches - len(good), seconds, good or [0.0])
