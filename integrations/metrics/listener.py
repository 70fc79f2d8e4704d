"""`/metrics` of a worker, which serves nothing else: an address of its own, where it is wanted."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from integrations.metrics.exposition import PATH, Metrics, Told

_PATIENCE_SECONDS = 10  # for a request to arrive


class Listener:
    """Answers in a thread until it is closed."""

    def __init__(self, metrics: Metrics, host: str, port: int) -> None:
        """Listen on an address.

        Raises:
            OSError: somebody else does.
        """
        handler = type("Handler", (_Handler,), {"metrics": metrics})
        self._server = ThreadingHTTPServer((host, port), handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="metrics listener", daemon=True
        )

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    metrics: Metrics
    timeout = _PATIENCE_SECONDS
    server_version, sys_version = "AppTicket", ""

    def do_GET(self) -> None:
        told = Told(404, {})
        if self.path.partition("?")[0] == PATH:
            headers = {name.lower(): value for name, value in self.headers.items()}
            told = self.metrics.tell(self.client_address[0], headers)
        self.send_response(told.status)
        for name, value in told.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(told.body)))
        self.end_headers()
        self.wfile.write(told.body)

    def log_message(self, *_args: object) -> None:
        """Say nothing: it is asked every few seconds."""
