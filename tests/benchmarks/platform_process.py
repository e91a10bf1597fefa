"""The platform of a benchmark, a process of its own: publishes a key set, slowly or not at all when told so.

``POST /control`` with JSON ``{"delay": seconds, "status": 500, "jwks": {...}}`` changes it; ``GET /count`` tells how
often the key set was fetched.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar


class Handler(BaseHTTPRequestHandler):
    """Answers for all requests; what it does stands in ``behaviour``."""

    protocol_version = "HTTP/1.1"
    behaviour: ClassVar[dict[str, Any]] = {"delay": 0.0, "status": 200, "jwks": {"keys": []}}
    count = 0
    lock = threading.Lock()

    def do_GET(self) -> None:
        """Publish the key set, or the count."""
        if self.path == "/count":
            self._answer(200, Handler.count)
            return
        with Handler.lock:
            Handler.count += 1
        time.sleep(self.behaviour["delay"])
        self._answer(self.behaviour["status"], self.behaviour["jwks"])

    def do_POST(self) -> None:
        """Change the behaviour."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Handler.behaviour = {**Handler.behaviour, **json.loads(body)}
        self._answer(200, "ok")

    def _answer(self, status: int, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


def main() -> None:
    """Serve on a free port, whose number is the only line of output, until standard input ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
