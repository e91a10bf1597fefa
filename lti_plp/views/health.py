"""Addresses for those who run the tool: is it up, is it ready, what does it count."""

import logging
from typing import Any

from flask import Blueprint, Response, current_app, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, Counter, generate_latest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from lti_plp.lms.models import OutboxScore
from lti_plp.lms.queue import WakeUpQueue
from lti_plp.migration import is_current
from lti_plp.views.visit import toolbox

log = logging.getLogger(__name__)

bp = Blueprint("health", __name__)

REQUESTS = Counter("lti_plp_requests", "Answers by page and status.", ["endpoint", "status"])


@bp.get("/healthz")
def healthz() -> Response:
    """Say that the process is up."""
    return jsonify(status="up")


@bp.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Say whether the database answers and has the tables of this version, whether the queue does, and what waits."""
    found = {"database": "no answer", "migrations": "unknown", **_queue()}
    try:
        found |= _database()
    except SQLAlchemyError as problem:
        log.warning("not ready: %s", type(problem).__name__)
    ready = (found["database"], found["migrations"], found["queue"]) == ("up", "current", "up")
    return jsonify(status="ready" if ready else "not ready", **found), 200 if ready else 503


def _queue() -> dict[str, Any]:
    queue: WakeUpQueue = current_app.extensions["lti_plp_queue"]
    try:
        queue.ask()
    except Exception as problem:  # noqa: BLE001  each kind of queue has errors of its own
        log.warning("not ready: the queue, %s", type(problem).__name__)
        return {"queue": "no answer; a worker makes it when it starts"}
    return {"queue": "up"}


def _database() -> dict[str, Any]:
    with toolbox().sessions() as session:
        if not is_current(session.connection()):
            return {"database": "up", "migrations": "run `lti-plp db upgrade`"}
        waiting, oldest = session.execute(
            select(func.count(), func.min(OutboxScore.created_at)).where(
                OutboxScore.state.in_(["waiting", "sending"])
            )
        ).one()
    # Without a waiting score there is no oldest one.
    age = int((toolbox().clock() - oldest).total_seconds()) if waiting else 0
    return {
        "database": "up",
        "migrations": "current",
        "scores_waiting": waiting,
        "oldest_score_seconds": age,
    }


@bp.get("/metrics")
def metrics() -> Response:
    """Counts of this process in Prometheus's text form."""
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
