"""The ground of ``/api/v1``: who asks, with which scope, and what an answer or a refusal looks like."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from lti_plp.sandbox import times
from lti_plp.sandbox.faults import service
from lti_plp.sandbox.lms import database
from lti_plp.sandbox.oauth_keys import DeveloperKey, UserToken, key_by_id, token_by
from lti_plp.sandbox.rest_paging import BadBookmark, Listed, link_header, skipped
from lti_plp.sandbox.school import STAFF, Course, Person, observed, person_by, role_in
from lti_plp.sandbox.store import setting

bp = Blueprint("rest", __name__, url_prefix="/api/v1")

CHALLENGE = 'Bearer realm="canvas-lms"'
STRING_IDS = "application/json+canvas-string-ids"
READS_ALL = STAFF | {"principal"}
"""Roles that see everybody's work in a course."""


class RestRefusal(Exception):
    """A request is refused with a status and a body of JSON."""

    def __init__(self, status: int, body: Any, *, challenge: bool = False) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body
        self.challenge = challenge
        """Say that the token is no good (``WWW-Authenticate``); without it a new token would not help."""

    def answer(self) -> Response:
        """Return the answer that says so."""
        answer = json_answer(self.body, self.status)
        if self.challenge:
            answer.headers["WWW-Authenticate"] = CHALLENGE
        return answer


def not_found() -> RestRefusal:
    """Return what says that there is no such thing, or none for this person."""
    return RestRefusal(404, {"errors": [{"message": "The specified resource does not exist."}]})


def bad_bookmark(_problem: BadBookmark) -> Response:
    """Say that a page was never handed out."""
    return json_answer({"errors": [{"message": "The page is not one that was handed out."}]}, 400)


def forbidden() -> RestRefusal:
    """Return what says that this person may not; older Canvas says so with 401, newer with 403."""
    message = "user not authorized to perform that action"
    status = int(setting(database(), "forbidden_status", "401"))
    return RestRefusal(status, {"status": "unauthorized", "errors": [{"message": message}]})


def json_answer(body: Any, status: int = 200) -> Response:
    """Return JSON as Canvas writes it: compact, in the order of its fields."""
    if STRING_IDS in request.headers.get("Accept", ""):
        body = _with_string_ids(body)
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return Response(text, status, content_type="application/json; charset=utf-8")


def _with_string_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_string_ids(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: _string_id(name, one) for name, one in value.items()}


def _string_id(name: str, value: Any) -> Any:
    if name.endswith("_ids") and isinstance(value, list):
        return [str(one) for one in value]
    is_id = name == "id" or name.endswith("_id")
    return str(value) if is_id and isinstance(value, int) else _with_string_ids(value)


@dataclass(frozen=True)
class Caller:
    """Who asks, and what the key that they use may ask for."""

    person: Person
    key: DeveloperKey
    token: UserToken

    def includes(self) -> frozenset[str]:
        """Return what ``include[]`` asks for; nothing is heard of it with a key that may not."""
        return frozenset() if self.key.drops_includes else frozenset(request.args.getlist("include[]"))

    def role(self, course: Course) -> str | None:
        """Return the caller's role in a course; ``None`` is no admittance."""
        return role_in(database(), self.person, course.id)

    def reads_all(self, course: Course) -> bool:
        """Tell whether the caller sees everybody's work in a course."""
        return self.role(course) in READS_ALL

    def may_see(self, course: Course) -> frozenset[int] | None:
        """Return the students whose work the caller may see in a course; ``None`` is all of them."""
        role = self.role(course)
        if role in READS_ALL:
            return None
        if role == "observer":
            return frozenset(student.id for student in observed(database(), self.person, course.id))
        return frozenset({self.person.id})

    def sees_numbers(self, course: Course | None = None) -> bool:
        """Tell whether the caller may read numbers of the school's records (``read_sis``)."""
        if self.person.kind in {"administrator", "principal"}:
            return True
        if course is None or setting(database(), "teachers_see_sis", "on") == "off":
            return False
        return self.reads_all(course)


View = Callable[..., Any]


def endpoint(rule: str, method: str = "GET") -> Callable[[View], View]:
    """Make a view answer at an address of ``/api/v1`` for those whose token has the scope of that address."""
    path = re.sub(r"<(?:\w+:)?(\w+)>", r":\1", rule)
    scope = f"url:{method}|/api/v1{path}"

    def wrap(view: View) -> View:
        @service("rest")
        @wraps(view)
        def serve(**values: Any) -> ResponseReturnValue:
            try:
                return _answered(view, _caller(scope), values)
            except RestRefusal as refusal:
                return refusal.answer()
            except BadBookmark as problem:
                return bad_bookmark(problem)

        bp.add_url_rule(rule, f"{method} {rule}", serve, methods=[method])
        return view

    return wrap


def _answered(view: View, caller: Caller, values: dict[str, Any]) -> Response:
    empty = skipped()
    found = empty if empty is not None else view(caller, **values)
    if isinstance(found, Response):
        return found
    if isinstance(found, Listed):
        answer = json_answer(found.body)
        answer.headers["Link"] = link_header(found)
        return answer
    return json_answer(found)


def _caller(scope: str) -> Caller:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not value:
        message = "user authorization required"
        raise RestRefusal(
            401, {"status": "unauthenticated", "errors": [{"message": message}]}, challenge=True
        )
    db = database()
    token = token_by(db, "token", value)
    key = key_by_id(db, token.key_id) if token else None
    person = person_by(db, "id", token.person_id) if token else None
    if not token or not key or not person or not key.active or token.expires_at <= times.stored(times.now()):
        raise RestRefusal(401, {"errors": [{"message": "Invalid access token."}]}, challenge=True)
    if key.enforces_scopes and scope not in token.scopes:
        raise RestRefusal(401, {"errors": [{"message": "Insufficient scopes on access token."}]})
    return Caller(person, key, token)


@bp.route("/<path:_path>", methods=["GET", "POST", "PUT", "DELETE"])
def unknown(_path: str) -> ResponseReturnValue:
    """Say that there is no such address."""
    return not_found().answer()
