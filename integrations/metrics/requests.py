"""How long requests take, by route as it is written in the code and class of the answer."""

import time
from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
MOST_ROUTES = 300  # there are half as many; what somebody mounts later may not fill the memory
OTHER = "other"
_FOLDERS = ("/assets/", "/_nicegui/", "/_nicegui_ws/")  # files and sockets: one route each
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Requests:
    """Times the requests of one process, in front of everything."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "appticket_http_request_duration_seconds",
            "Time from the first byte of a request to the last of its answer.",
            ("method", "route", "status"),
            registry=registry,
            buckets=BUCKETS,
        )
        self._open = Gauge(
            "appticket_http_requests_in_progress",
            "Requests that are being answered.",
            registry=registry,
        )
        self._routes: set[str] = set()

    def around(self, app: ASGIApp) -> ASGIApp:
        """Return an application that is timed."""

        async def timed(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                await self._timed(app, scope, receive, send)
            else:
                await app(scope, receive, send)

        return timed

    async def _timed(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        begun = time.perf_counter()
        status = 500  # unless there is an answer

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._open.inc()
        try:
            await app(scope, receive, watched)
        finally:
            self._open.dec()
            method = scope["method"] if scope["method"] in _METHODS else "OTHER"
            series = self._seconds.labels(method, self._route(scope), f"{status // 100}xx")
            series.observe(time.perf_counter() - begun)

    def _route(self, scope: Scope) -> str:
        """Return the route that answered: what a visitor typed never becomes a label."""
        name = route_of(scope)
        if name not in self._routes:
            if len(self._routes) >= MOST_ROUTES:
                return OTHER
            self._routes.add(name)
        return name


def route_of(scope: Mapping[str, Any]) -> str:
    """Return the template of the route that took a request, with what it is mounted below."""
    if folder := next((f for f in _FOLDERS if scope["path"].startswith(f)), ""):
        return folder.rstrip("/")
    below = str(scope.get("root_path", ""))
    route = scope.get("route")
    if route is not None:
        return below + str(route.path)
    return below or OTHER
