"""``python -m lti_plp.sandbox``: run the LMS until SIGTERM or SIGINT."""

import argparse
import logging
import signal
import socket
import sys
import threading
from contextlib import closing
from pathlib import Path

from werkzeug.http import http_date
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from lti_plp.sandbox import times
from lti_plp.sandbox.application import create_app
from lti_plp.sandbox.file_host import create_file_app
from lti_plp.sandbox.school import FEWEST_STUDENTS, MOST_STUDENTS
from lti_plp.sandbox.store import set_setting


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m lti_plp.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8001, help="0 takes a free one")
    parser.add_argument("--data", type=Path, required=True, help="folder for its database")
    parser.add_argument("--reset", action="store_true", help="begin from nothing")
    parser.add_argument("--tool-url", help="a tool that is installed already")
    parser.add_argument("--client-id", default="10000000000001")
    parser.add_argument("--deployment-id", default="sandbox-deployment-1")
    parser.add_argument(
        "--issuer", default="", help="name of its own for tools, as schools share one; else its address"
    )
    parser.add_argument(
        "--students", type=int, default=FEWEST_STUDENTS, choices=range(FEWEST_STUDENTS, MOST_STUDENTS + 1)
    )
    options = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    # The port is taken first: the LMS's own addresses contain it.
    listening = socket.create_server(("127.0.0.1", options.port))
    base_url = f"http://localhost:{listening.getsockname()[1]}"
    tool = (options.tool_url, options.client_id, options.deployment_id) if options.tool_url else None
    app = create_app(
        base_url,
        options.data,
        reset=options.reset,
        tool=tool,
        students=options.students,
        issuer=options.issuer,
    )
    # A thread for each request, in one process: a slow service of a test must not hold up the others, and the
    # database is SQLite. It serves a handful of people on one machine.
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Handler, fd=listening.fileno())
    # Files come from another host, on a port of their own.
    lms = app.extensions["sandbox"]
    files = make_server("127.0.0.1", 0, create_file_app(lms), threaded=True)
    with closing(lms.store.connect()) as db:
        set_setting(db, "file_host", f"http://127.0.0.1:{files.server_port}")
        _serve_until_told(server, files, base_url)


class _Handler(WSGIRequestHandler):
    """Dates its answers by the LMS's own clock, which may be wrong: two dates would be none."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return http_date(times.now() if timestamp is None else timestamp)


def _serve_until_told(server: BaseWSGIServer, files: BaseWSGIServer, base_url: str) -> None:
    """Serve until SIGTERM or SIGINT.

    The caller keeps a connection to the database open all the while: SQLite tidies up, for a millisecond, whenever the
    last one is closed.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    for part in (server, files):
        threading.Thread(target=part.serve_forever, daemon=True).start()
    sys.stdout.write(f"sandbox ready {base_url}\n")
    sys.stdout.flush()
    stop.wait()
    server.shutdown()
    files.shutdown()


main()
