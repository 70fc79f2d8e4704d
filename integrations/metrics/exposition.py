"""The metrics of one process, and their answer to whoever may ask."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry, disable_created_metrics
from prometheus_client.exposition import choose_encoder
from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from data.config import Settings
from integrations.bus import Bus
from integrations.metrics import process
from integrations.metrics.access import Access, Verdict
from integrations.metrics.helpdesk import Helpdesk, SeeWorkers
from integrations.metrics.process import Census, Loop
from integrations.metrics.requests import Requests

PATH = "/metrics"
_NO_STORE = {"Cache-Control": "no-store"}
_REFUSALS = {
    Verdict.UNKNOWN: {"WWW-Authenticate": "Bearer"},
    Verdict.HIDDEN: {},
}


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, however it is sent."""

    status: int
    headers: dict[str, str]
    body: bytes = b""


class Metrics:
    """What one process tells; `role` is what kind of process it is."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        *,
        role: str = "serve",
        see_workers: SeeWorkers | None = None,
    ) -> None:
        # Otherwise each counter has a second series, which nobody looks at.
        disable_created_metrics()  # type: ignore[no-untyped-call] # it says none
        self.registry = CollectorRegistry()
        self._access = Access(settings)
        # Of its own: when the database hangs, all threads of the pool of the pages may.
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="metrics")
        self._endings = process.add_all(self.registry, settings, role, engine)
        self.registry.register(Helpdesk(see_workers))

    def around(self, app: ASGIApp, census: Census, bus: Bus | None = None) -> ASGIApp:
        """Return the application of a process that serves, timed; tell of its pages, too."""
        process.add_pages(self.registry, census)
        if bus:
            process.add_bus(self.registry, bus)
        return Requests(self.registry).around(app)

    def beside(self) -> Callable[[], Coroutine[Any, Any, None]]:
        """Return what has to run in the event loop that is watched."""
        return Loop(self.registry).run

    def close(self) -> None:
        """Count no further what happens in this process."""
        for end in self._endings:
            end()

    async def answer(self, request: Request) -> Response:
        """Answer a request, in a thread: what is looked at may take a moment."""
        address = request.client.host if request.client else ""
        headers = dict(request.headers)
        loop = asyncio.get_running_loop()
        told = await loop.run_in_executor(self._pool, self.tell, address, headers)
        return Response(told.body, told.status, told.headers)

    def tell(self, address: str, headers: Mapping[str, str]) -> Told:
        """Return the answer to whoever asks from an address; names of headers in small letters."""
        verdict = self._access.verdict(address, headers)
        if verdict is not Verdict.WELCOME:
            return Told(verdict.value, {**_NO_STORE, **_REFUSALS[verdict]})
        encode, content_type = choose_encoder(headers.get("accept", ""))
        body = encode(self.registry)
        return Told(200, {**_NO_STORE, "Content-Type": content_type}, body)
