"""The health addresses of the practice host's services, answered from the state of their units."""

import json
import socket
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.adapters.practice.place import ROOT


def health_server(listener: socket.socket) -> ThreadingHTTPServer:
    """Return a server for `GET /health/<unit>` on a socket that listens already.

    200 with `{"status": ...}` from an active unit (500 where it is `broken`), 503 from another.
    """
    server = ThreadingHTTPServer(listener.getsockname(), _Health, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    return server


class _Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        unit = urlsplit(self.path).path.removeprefix("/health/")
        state, health = _state(unit)
        body = json.dumps({"status": health if state == "active" else state}).encode()
        self.send_response(_status(state, health))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - as inherited
        """Say nothing: probes come every few seconds."""


def _status(state: str, health: str) -> HTTPStatus:
    if state != "active":
        return HTTPStatus.SERVICE_UNAVAILABLE
    return HTTPStatus.INTERNAL_SERVER_ERROR if health == "broken" else HTTPStatus.OK


def _state(unit: str) -> tuple[str, str]:
    """Return a unit's state and what it says of its health."""
    if not unit.replace("-", "").replace("@", "").isalnum():
        return "unknown", ""
    try:
        lines = (Path(ROOT) / "run" / "units" / unit).read_text().splitlines()
    except OSError:
        return "unknown", ""
    told = dict(line.split("=", 1) for line in lines if "=" in line)
    return (lines[0] if lines else "failed"), told.get("health", "healthy")
