"""A tool that is installed in the stand-in LMS of a test module."""

import json
import re
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"


class FakeTool:
    """A tool's key set on loopback, and its signature."""

    def __init__(self) -> None:
        self.key = generate_private_key(public_exponent=65537, key_size=2048)
        jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        key_set = {"keys": [{**jwk, "kid": "tool-key", "alg": "RS256", "use": "sig", "key_ops": ["verify"]}]}

        self.received: Queue[Any] = Queue()
        """What the LMS posted here of its own accord."""
        self.answers = 200
        """With which status it is told so."""
        tool = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(tool.answers)
                self.send_header("Content-Length", "0")
                self.end_headers()
                tool.received.put(json.loads(content))

            def do_GET(self) -> None:
                is_file = self.path.startswith("/file")
                body = b"%PDF-1.7 mine" if is_file else json.dumps(key_set).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Stay quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def sign(self, claims: dict[str, Any], kid: str | None = "tool-key", alg: str = "RS256") -> str:
        headers = {"kid": kid} if kid else {}
        return jwt.encode(claims, self.key, algorithm=alg, headers=headers)


class Lms:
    """The running LMS and a tool that is installed in it."""

    def __init__(self, url: str, tool: FakeTool) -> None:
        self.url = url
        self.tool = tool

    def control(self, path: str, body: Any = None) -> Any:
        answer = requests.post(f"{self.url}/_sandbox/{path}", json=body or {}, timeout=20)
        assert answer.ok, answer.text
        return answer.json()

    def assertion(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": "client-1",
            "sub": "client-1",
            "aud": f"{self.url}/login/oauth2/token",
            "iat": now,
            "exp": now + 300,
            "jti": secrets.token_hex(8),
        }
        return {name: value for name, value in {**claims, **changes}.items() if value is not None}

    def token_answer(self, assertion: str, scope: str, **changes: str) -> requests.Response:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
            "scope": scope,
            **changes,
        }
        return requests.post(f"{self.url}/login/oauth2/token", data=form, timeout=20)

    def token(self, scope: str) -> dict[str, str]:
        answer = self.token_answer(self.tool.sign(self.assertion()), scope)
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def authorize(self, begun: dict[str, Any], **changes: str | None) -> requests.Response:
        params = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": "client-1",
            "redirect_uri": f"{self.tool.url}/lti/launch",
            "login_hint": begun["parameters"]["login_hint"],
            "lti_message_hint": begun["parameters"]["lti_message_hint"],
            "state": "my-state",
            "nonce": "my-nonce",
            **changes,
        }
        good = {name: value for name, value in params.items() if value is not None}
        return requests.get(f"{self.url}/api/lti/authorize", params=good, timeout=20)


def fields_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))


def launch(lms: Lms, person: str = "maya", **more: Any) -> dict[str, Any]:
    """Launch the course's menu entry; the claims of the token."""
    return claims_of(lms, lms.control("launch", {"person": person, **more}))


def claims_of(lms: Lms, begun: dict[str, Any]) -> dict[str, Any]:
    """Go on with a launch; the claims of the token."""
    fields = fields_of(lms.authorize(begun).text)
    keys = requests.get(f"{lms.url}/api/lti/security/jwks", timeout=20).json()["keys"]
    kid = jwt.get_unverified_header(fields["id_token"])["kid"]
    key = jwt.PyJWK(next(one for one in keys if one["kid"] == kid))
    claims: dict[str, Any] = jwt.decode(fields["id_token"], key, algorithms=["RS256"], audience="client-1")
    return claims
