"""The demo's LMS beyond LTI: its course has assignments of its own, and an API key lets teachers allow reading them."""

import json
import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

from sqlalchemy import select

from lti_plp.canvas.api_keys import keep_api_key
from lti_plp.canvas.models import CanvasApi
from lti_plp.canvas.permissions import redirect_uri
from lti_plp.launch.models import Registration
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.models import Deployment

COURSE = 1
"""English 9, in the stand-in LMS."""


def connect_canvas(box: Toolbox, issuer: str, lti_deployment_id: str) -> bool:
    """Give the course its assignments and this tool its key, unless it has one; say whether that was done."""
    with box.sessions() as session:
        deployment_id = session.scalars(
            select(Deployment.id)
            .join(Registration, Registration.id == Deployment.registration_id)
            .where(Registration.issuer == issuer, Deployment.lti_deployment_id == lti_deployment_id)
        ).one()
        if session.get(CanvasApi, deployment_id) is not None:
            return False
    control = f"{issuer}/_sandbox"
    file = box.settings.config_folder / "demo" / "canvas" / "coursework.toml"
    for one in tomllib.loads(file.read_text(encoding="utf-8"))["assignment"]:
        _give(control, one, box.clock())
    key = _post(f"{control}/developer_keys", {"name": "Learning plan", "redirect_uris": [redirect_uri(box)]})
    with box.sessions.begin() as session:
        keep_api_key(
            session,
            box.secrets,
            deployment_id,
            issuer,
            key["client_id"],
            key["client_secret"],
            box.clock(),
        )
    return True


def _give(control: str, told: Mapping[str, Any], now: datetime) -> None:
    facts = {name: told[name] for name in ("name", "points_possible", "grading_type") if name in told}
    due = now - timedelta(days=told["due_days_ago"])
    if "criteria" in told:
        facts["rubric"] = {"title": told["name"], "criteria": told["criteria"]}
    made = _post(f"{control}/assignments", {"course": COURSE, "due_at": _moment(due), **facts})
    for work in told.get("work", ()):
        _hand_in(f"{control}/assignments/{made['assignment']}", work, due)


def _hand_in(assignment: str, work: Mapping[str, Any], due: datetime) -> None:
    files = (
        [{"name": work["file"], "content": work["words"], "content_type": "text/plain"}]
        if "file" in work
        else []
    )
    handed_in = {"person": work["student"], "at": _moment(due - timedelta(hours=5))}
    _post(f"{assignment}/submit", handed_in | ({"files": files} if files else {"body": work["words"]}))
    if "score" not in work:
        return
    rubric = {one: {"rating_id": level} for one, level in work.get("ratings", {}).items()}
    grade = {name: work[name] for name in ("score", "grade", "comment") if name in work}
    graded = {"person": work["student"], "at": _moment(due + timedelta(days=2)), **grade}
    _post(f"{assignment}/grade", graded | ({"rubric": rubric} if rubric else {}))


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _post(url: str, body: Mapping[str, Any]) -> Any:
    request = Request(  # noqa: S310  the stand-in LMS of this machine
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with build_opener(ProxyHandler({})).open(request, timeout=30) as answer:
        return json.load(answer)
