"""Everything the browser meets, put together: gate, pages, statics, guards, live updates."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from nicegui import app, background_tasks, ui
from nicegui.dependencies import register_importmap_override
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from data import db, memory
from data.config import Settings
from data.threads import in_thread
from ui import (
    downloads,
    live,
    mute,
    report_downloads,
    shell,
    signatures,
    sockets,
    statics,
    stats_downloads,
    transfers,
)
from ui.document import not_found
from ui.feed import feed, presence
from ui.gate import Gate
from ui.guard import Guard
from ui.logins import Logins
from ui.statics import Compressed

RECONNECT_SECONDS = 30.0

Answer = Callable[[Request], Awaitable[Response]]
Listen = Callable[[Callable[[dict[str, Any]], None], Callable[[], None]], Awaitable[None]]


class Site:
    """The web application of one process: `asgi` is what the server runs."""

    def __init__(
        self,
        settings: Settings,
        *,
        publish: live.Publish | None = None,
        listen: Listen | None = None,
        beside: Sequence[Callable[[], Coroutine[Any, Any, None]]] = (),
        mounts: Mapping[str, ASGIApp] = MappingProxyType({}),
        answers: Mapping[str, Answer] = MappingProxyType({}),
    ) -> None:
        """Put the site together; `publish` and `listen` connect it to the other processes.

        What is `beside` runs in the background as long as the site. `mounts` are applications that
        answer below an address of their own, `answers` functions that answer at one, behind the
        guard.
        """
        self._beside = beside
        self._publish = publish
        self._listen = listen
        self.logins = Logins(settings)
        self.gate = Gate(settings, self.logins)
        self.root = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
        self.root.include_router(self.gate.router())
        for part in (transfers, mute, downloads, stats_downloads, report_downloads, statics):
            self.root.include_router(part.router)
        self.root.add_api_route("/healthz", healthz)
        self.root.add_api_route("/readyz", readyz)
        for path, answer in answers.items():
            self.root.add_api_route(path, answer)
        for path, application in mounts.items():
            self.root.mount(path, application)
        self.root.add_exception_handler(HTTPException, _refused)
        self.root.add_exception_handler(RequestValidationError, _refused)
        shell.register()
        app.on_startup(self._begin)
        configure_nicegui(self.root, settings)
        sockets.install(self.logins)
        signatures.install()
        self.asgi: ASGIApp = Guard(Compressed(self.root), settings, self.logins)

    async def _begin(self) -> None:
        """Start what runs beside the requests, and tune the collector for many live pages."""
        live.hub.start(self._publish)
        feed.start()
        # Language, rights and sessions may be others now; the next request asks again.
        live.hub.follow(live.ORGANISATION, lambda _numbers: self.logins.forget())
        background_tasks.create(presence.keep(), name="presence")
        background_tasks.create(sockets.sweep(self.logins), name="session sweep")
        for work in self._beside:
            background_tasks.create(work(), name=work.__module__)
        if self._listen:
            background_tasks.create(self._listen(live.hub.receive, live.hub.gap), name="bus")
        memory.tune()


def configure_nicegui(root: FastAPI, settings: Settings) -> None:
    """Hand the outer application to NiceGUI with the options that were measured."""
    app.config.socket_io_js_query_params["node"] = settings.node
    ui.run_with(
        root,
        title="AppTicket",
        favicon=str(statics.FOLDER / "icon.svg"),
        dark=None,
        language="fr",
        binding_refresh_interval=None,
        reconnect_timeout=RECONNECT_SECONDS,
        gzip_middleware_factory=None,
        tailwind=False,
        show_welcome_message=False,
    )
    register_importmap_override("nicegui-plotly", statics.url("charts.js"))
    app.colors(
        primary="#1d4ed8",
        secondary="#475569",
        accent="#1d4ed8",
        positive="#15803d",
        negative="#b91c1c",
        info="#0369a1",
        warning="#b45309",
    )
    ui.button.default_props("no-caps unelevated")
    ui.input.default_props("dense")
    ui.card.default_props("flat bordered")


async def healthz() -> dict[str, str]:
    """Say that the process lives."""
    return {"status": "ok"}


async def readyz() -> Response:
    """Say whether the database answers."""
    try:
        await in_thread(db.read, lambda s: s.execute(text("SELECT 1")).scalar())
    except SQLAlchemyError:
        return JSONResponse({"status": "database"}, 503)
    return JSONResponse({"status": "ok"})


async def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(not_found(), status)
    return JSONResponse({"detail": "Not Found"}, status)
