"""One log line and one count per request, without anything personal: no address, no query, no handle."""

import logging
import secrets
import time

from flask import Flask, Response, g, request

from lti_plp.database import transactions_of
from lti_plp.views.health import REQUESTS

log = logging.getLogger("lti_plp.requests")

LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"
"""Form of every log line, of web processes and of commands."""


def _begin() -> None:
    g.request_id = secrets.token_hex(6)
    g.began = time.perf_counter()
    # Pages that only look begin their database transaction as readers.
    g.transactions = transactions_of(reader=request.method in {"GET", "HEAD"})
    g.transactions.__enter__()


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    matched, status = request.url_rule, response.status_code
    endpoint = matched.endpoint if matched else "-"
    REQUESTS.labels(endpoint, status).inc()
    if endpoint not in {"static", "asset"}:
        # The rule, such as /s/<handle>/review, not the address that was called.
        rule, took = matched.rule if matched else "-", (time.perf_counter() - g.began) * 1000
        log.info("%s %s %s %s %.1f ms", g.request_id, request.method, rule, status, took)
    return response


def _end(_problem: BaseException | None) -> None:
    if (transactions := g.pop("transactions", None)) is not None:
        transactions.__exit__(None, None, None)


def init_app(app: Flask, level: str) -> None:
    """Watch every request of ``app``; log lines from ``level`` on go to the error output of the process."""
    logging.basicConfig(format=LINE)
    # The lines name neither thread nor process, so that nobody need find out.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.getLogger("lti_plp").setLevel(level)
    app.before_request(_begin)
    app.after_request(_finish)
    app.teardown_request(_end)
