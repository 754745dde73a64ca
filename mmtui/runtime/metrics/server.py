"""Serving the metrics to Prometheus, on this machine only.

Owns one thread with one small HTTP server: GET alone, a short request, a deadline. A port that is
taken is a warning and never stops or starts trading (S101). Answers F106, F107.
"""

import errno
import socketserver
import threading
from collections.abc import Callable

from mmtui.runtime.clock import work_seconds

ADDRESS = "127.0.0.1"
REQUEST_MAX = 4_096
DEADLINE_S = 2.0
READS_MAX = 8
SOON_S = 0.001
_POLL_S = 0.1
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class MetricsServer:
    """Answers ``GET /metrics`` with what ``render`` gives; raises OSError when the port is taken."""

    def __init__(self, port: int, render: Callable[[], bytes]) -> None:
        self._server = _Server((ADDRESS, port), render)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_S,), name="metrics", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stops answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def serve_metrics(port: int, render: Callable[[], bytes]) -> MetricsServer | str:
    """A running server, or why there is none, in words for the log."""
    try:
        return MetricsServer(port, render)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            return f"metrics off: port {port} cannot be used ({error.strerror})"
        whose = "; Prometheus itself uses 9090 by default" if port == 9090 else ""
        return f"metrics off: port {port} is in use by another program{whose}; choose one with --metrics-port"


class _Server(socketserver.TCPServer):
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], render: Callable[[], bytes]) -> None:
        self.render = render
        super().__init__(address, _Request)

    def handle_error(self, request: object, client_address: object) -> None:
        """A scrape that broke off concerns nobody."""


class _Request(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _Server)
        self.request.settimeout(DEADLINE_S)
        head = self._head()
        line = head.split(b"\r\n", 1)[0].split(b" ")
        if b"\r\n\r\n" not in head or len(line) != 3:
            self._answer("400 Bad Request", b"")
        elif line[0] != b"GET":
            self._answer("405 Method Not Allowed", b"")
        elif line[1].split(b"?")[0] != b"/metrics":
            self._answer("404 Not Found", b"see /metrics\n")
        else:
            self._answer("200 OK", self.server.render())

    def _head(self) -> bytes:
        head, ends_at = b"", work_seconds() + DEADLINE_S
        for _ in range(READS_MAX):
            # One deadline for the whole request: a byte every second would otherwise hold the server for long.
            self.request.settimeout(max(SOON_S, ends_at - work_seconds()))
            part = self.request.recv(REQUEST_MAX)
            head += part
            if not part or b"\r\n\r\n" in head or len(head) > REQUEST_MAX:
                break
        return head if len(head) <= REQUEST_MAX else b""

    def _answer(self, status: str, body: bytes) -> None:
        head = (
            f"HTTP/1.1 {status}\r\nContent-Type: {CONTENT_TYPE}\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self.request.sendall(head.encode() + body)
