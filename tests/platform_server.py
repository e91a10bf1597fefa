"""A small strict platform for tests, on loopback: key set, token endpoint, names and roles, gradebook.

It imports nothing of the product. What a test wants to go wrong it says with :meth:`PlatformServer.fail`.
"""

import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/"
SCOPES = {
    "lineitem": f"{AGS}scope/lineitem",
    "result": f"{AGS}scope/result.readonly",
    "score": f"{AGS}scope/score",
    "members": f"{NRPS}scope/contextmembership.readonly",
}
MEDIA = {
    "score": "application/vnd.ims.lis.v1.score+json",
    "lineitem": "application/vnd.ims.lis.v2.lineitem+json",
    "members": "application/vnd.ims.lti-nrps.v2.membershipcontainer+json",
}


@dataclass
class Request:
    """One request that arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """One answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def in_json(value: Any, status: int = 200, **headers: str) -> Reply:
    """An answer in JSON."""
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json", **headers})


KEYS_OF_A_PROCESS = 16
_numbers = count()


@cache
def _made_once(_number: int) -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


def next_key() -> RSAPrivateKey:
    """A key that none of the last fifteen is; to make each anew would take every test a twentieth of a second."""
    return _made_once(next(_numbers) % KEYS_OF_A_PROCESS)


class PlatformServer:
    """A platform that serves while its ``with`` block lasts."""

    def __init__(self) -> None:
        self.client_id = "client-1"
        self.deployment_id = "deployment-1"
        self.jwks_fetches = 0
        self.requests: list[Request] = []
        self.granted = set(SCOPES.values())
        self.tool_keys: Any = None
        """Function that returns the tool's key set; assertions are verified with it when it is given."""
        self.tokens: dict[str, set[str]] = {}
        self.token_requests = 0
        self.seen_jti: set[str] = set()
        self.members: list[dict[str, Any]] = []
        self.page_size = 50
        self.line_items: dict[str, dict[str, Any]] = {}
        self.scores: list[dict[str, Any]] = []
        """Scores that were accepted, in order."""
        self.keys: list[tuple[str, RSAPrivateKey]] = []
        self._jwks: dict[str, Any] = {}
        self._faults: list[tuple[str, Reply, bool]] = []
        self.before_score_answer: Any = None
        """Called after a score was stored and before it is answered; may wait."""
        self._lock = threading.Lock()
        self.rotate()

    def __enter__(self) -> Self:
        platform = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                parts = urlsplit(self.path)
                query = {name: values[-1] for name, values in parse_qs(parts.query, True).items()}
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(length)
                reply = platform.answer(Request(self.command, parts.path, query, headers, body))
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815  names that the standard library looks for

            def log_message(self, *_: Any) -> None:
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Address of the server."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def issuer(self) -> str:
        """Its issuer."""
        return self.url

    # Keys and tokens of the platform.

    def rotate(self) -> None:
        """Replace the signing key; the old one is gone."""
        self.keys = [(f"key-{secrets.token_hex(4)}", next_key())]

    def jwks(self) -> dict[str, Any]:
        """Its public key set."""
        keys = []
        for kid, key in self.keys:
            jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
            keys.append(
                {"kty": "RSA", "n": jwk["n"], "e": jwk["e"], "kid": kid, "alg": "RS256", "use": "sig"}
            )
        return {"keys": keys}

    def jwks_behaviour(self, *, status: int = 200, body: str | None = None, delay: float = 0) -> None:
        """Answer requests for the key set like this from now on; without arguments, well again."""
        self._jwks = {"status": status, "body": body, "delay": delay}

    def sign(
        self,
        claims: dict[str, Any],
        *,
        kid: str | None = "",
        alg: str = "RS256",
        headers: dict[str, Any] | None = None,
    ) -> str:
        """A JWT of the platform; ``kid=None`` leaves the key id out."""
        own_kid, key = self.keys[0]
        header = dict(headers or {})
        if kid is not None:
            header["kid"] = kid or own_kid
        secret: Any = key if alg.startswith("RS") else None if alg == "none" else "s" * 32
        return jwt.encode(claims, secret, algorithm=alg, headers=header)

    def launch_claims(self, nonce: str, **changes: Any) -> dict[str, Any]:
        """Claims of a student's resource link launch."""
        now = int(time.time())
        return {
            "iss": self.issuer,
            "aud": self.client_id,
            "azp": self.client_id,
            "sub": "student-1",
            "iat": now,
            "exp": now + 3600,
            "nonce": nonce,
            "name": "Maya Torres",
            "given_name": "Maya",
            "family_name": "Torres",
            "email": "maya.torres@maplehollow.example",
            CLAIM + "message_type": "LtiResourceLinkRequest",
            CLAIM + "version": "1.3.0",
            CLAIM + "deployment_id": self.deployment_id,
            CLAIM + "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
            CLAIM + "resource_link": {"id": "link-1", "title": "Reflection"},
            CLAIM + "lis": {"person_sourcedid": "S-204001"},
            CLAIM + "tool_platform": {"guid": "maple-hollow:lms", "name": "Maple Hollow High"},
            CLAIM + "context": {
                "id": "course-1",
                "title": "English 9",
                "label": "ENG9",
                "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"],
            },
            f"{AGS}claim/endpoint": {
                "scope": sorted(SCOPES.values())[:3],
                "lineitems": f"{self.url}/courses/1/line_items?course=1",
                "lineitem": f"{self.url}/courses/1/line_items/1?course=1",
            },
            f"{NRPS}claim/namesroleservice": {
                "context_memberships_url": f"{self.url}/courses/1/members?course=1",
                "service_versions": ["2.0"],
            },
            **changes,
        }

    def deep_linking_claims(self, nonce: str, **settings: Any) -> dict[str, Any]:
        """Claims of a teacher's deep linking launch; a setting of ``None`` is left out."""
        claims = self.launch_claims(
            nonce, sub="teacher-1", name="Ms. Rivera", given_name="Elena", family_name="Rivera"
        )
        del claims[CLAIM + "resource_link"]
        wanted = {
            "deep_link_return_url": f"{self.url}/deep_link_return",
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["iframe"],
            "accept_multiple": True,
            "accept_lineitem": True,
            "data": "opaque-data",
            **settings,
        }
        return {
            **claims,
            CLAIM + "message_type": "LtiDeepLinkingRequest",
            CLAIM + "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"],
            "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings": {
                name: value for name, value in wanted.items() if value is not None
            },
        }

    # Services.

    def fail(self, path_part: str, status: int, times: int = 1, body: str = "", **headers: str) -> None:
        """Answer the next requests whose path contains ``path_part`` with a fault, without doing anything."""
        reply = Reply(status, body.encode(), {name.replace("_", "-"): text for name, text in headers.items()})
        self._faults += [(path_part, reply, False)] * times

    def swallow(self, path_part: str, status: int = 503, times: int = 1) -> None:
        """Do what the next requests ask, but answer with a fault: the tool cannot know that it was done."""
        self._faults += [(path_part, Reply(status), True)] * times

    def answer(self, request: Request) -> Reply:
        """Do what a request asks."""
        with self._lock:
            if request.path == "/jwks":
                self.jwks_fetches += 1
            else:
                self.requests.append(request)
            fault = next((one for one in self._faults if one[0] in request.path), None)
            if fault:
                self._faults.remove(fault)
                if not fault[2]:
                    return fault[1]
        if request.path == "/jwks":
            return self._key_set()
        with self._lock:
            reply = self._route(request)
        if request.path.endswith("/scores") and self.before_score_answer:
            self.before_score_answer()
        return fault[1] if fault else reply

    def _key_set(self) -> Reply:
        behaviour = self._jwks
        time.sleep(behaviour.get("delay", 0))
        body = behaviour.get("body")
        text = json.dumps(self.jwks()) if body is None else body
        return Reply(behaviour.get("status", 200), text.encode(), {"Cache-Control": "max-age=3600"})

    def _route(self, request: Request) -> Reply:
        if request.path == "/token":
            return self._token(request)
        kinds = {"members": "members", "scores": "score", "results": "result"}
        kind = kinds.get(request.path.rsplit("/", 1)[-1], "lineitem")
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self.tokens:
            return Reply(401, b"", {"WWW-Authenticate": "Bearer"})
        if SCOPES[kind] not in self.tokens[token]:
            return Reply(403)
        if request.query.get("course") != "1":
            # The query of a service's address is part of it.
            return Reply(404)
        return {"members": self._members, "score": self._score, "result": self._results}.get(
            kind, self._line_items
        )(request)

    def _token(self, request: Request) -> Reply:
        self.token_requests += 1
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if form.get("grant_type") != "client_credentials":
            return in_json({"error": "unsupported_grant_type"}, 400)
        if not self._is_ours(form.get("client_assertion", "")):
            return in_json({"error": "invalid_client"}, 400)
        granted = set(form.get("scope", "").split()) & self.granted
        if not granted:
            return in_json({"error": "invalid_scope"}, 400)
        token = secrets.token_urlsafe(16)
        self.tokens[token] = granted
        return in_json(
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": 3600,
                "scope": " ".join(sorted(granted)),
            }
        )

    def _is_ours(self, assertion: str) -> bool:
        if self.tool_keys is None:
            return True
        try:
            kid = jwt.get_unverified_header(assertion)["kid"]
            key = next(jwt.PyJWK(one) for one in self.tool_keys()["keys"] if one["kid"] == kid)
            required = ["exp", "iat", "jti", "iss", "sub", "aud"]
            claims = jwt.decode(
                assertion,
                key,
                algorithms=["RS256"],
                audience=f"{self.url}/token",
                options={"require": required},
            )
        except (jwt.PyJWTError, KeyError, StopIteration):
            return False
        fresh = claims["jti"] not in self.seen_jti
        self.seen_jti.add(claims["jti"])
        return fresh and claims["iss"] == claims["sub"] == self.client_id

    def _members(self, request: Request) -> Reply:
        if MEDIA["members"] not in request.headers.get("accept", ""):
            return Reply(406)
        # Cursors are case-sensitive, as Canvas's bookmarks are.
        start = int(request.query.get("cursor", "AbC0").removeprefix("AbC"))
        page = self.members[start : start + self.page_size]
        headers = {}
        if start + self.page_size < len(self.members):
            address = f"{self.url}{request.path}?course=1&cursor=AbC{start + self.page_size}"
            headers["Link"] = f'<{address}>; rel="next"'
        return in_json({"id": "x", "context": {"id": "course-1"}, "members": page}, **headers)

    def _line_items(self, request: Request) -> Reply:
        address = f"{self.url}{request.path}?course=1"
        if request.path.endswith("/line_items"):
            if request.method == "POST":
                item = json.loads(request.body)
                number = len(self.line_items) + 1
                item["id"] = f"{self.url}{request.path}/{number}?course=1"
                self.line_items[item["id"]] = item
                return in_json(item, 201)
            return self._filtered(request)
        if address not in self.line_items:
            return Reply(404)
        if request.method == "PUT":
            self.line_items[address] = {**json.loads(request.body), "id": address}
        if request.method == "DELETE":
            del self.line_items[address]
            return Reply(204)
        return in_json(self.line_items[address])

    def _filtered(self, request: Request) -> Reply:
        names = {"resource_link_id": "resourceLinkId", "resource_id": "resourceId", "tag": "tag"}
        found = [
            item
            for item in self.line_items.values()
            if all(item.get(names[name]) == value for name, value in request.query.items() if name in names)
        ]
        start = int(request.query.get("start", 0))
        headers = {}
        if start + self.page_size < len(found):
            address = f"{self.url}{request.path}?course=1&amp;start={start + self.page_size}"
            # Moodle writes this header so.
            headers["Link"] = f"<{address}>; rel=“next”".encode().decode("latin-1")
        return in_json(found[start : start + self.page_size], **headers)

    def _score(self, request: Request) -> Reply:
        if request.headers.get("content-type") != MEDIA["score"]:
            return Reply(415)
        item = f"{self.url}{request.path.removesuffix('/scores')}?course=1"
        if item not in self.line_items:
            return Reply(404)
        score = {**json.loads(request.body), "lineItem": item}
        same = [one for one in self.scores if (one["lineItem"], one["userId"]) == (item, score["userId"])]
        if same and score["timestamp"] <= same[-1]["timestamp"]:
            return Reply(409)
        self.scores.append(score)
        return Reply(204)

    def _results(self, request: Request) -> Reply:
        item = f"{self.url}{request.path.removesuffix('/results')}?course=1"
        newest = {
            one["userId"]: one for one in self.scores if one["lineItem"] == item and "scoreGiven" in one
        }
        wanted = request.query.get("user_id")
        return in_json(
            [
                {
                    "id": f"{item}#{user}",
                    "scoreOf": item,
                    "userId": user,
                    "resultScore": one["scoreGiven"],
                    "resultMaximum": one["scoreMaximum"],
                }
                for user, one in newest.items()
                if wanted in (None, user)
            ]
        )
