"""What never changes under its address: our assets, and NiceGUI’s files compressed only once."""

import gzip
import hashlib
import json
import mimetypes
from pathlib import Path

from fastapi import APIRouter, HTTPException, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data.threads import in_thread
from ui import browser
from ui.logins import header

FOLDER = Path(__file__).parent / "assets"
FOREVER = "public, max-age=31536000, immutable"
_COMPRESSIBLE = (
    "text/",
    "application/json",
    "application/manifest",
    "image/svg",
    "application/jav",
)
_FRAMEWORK = "/_nicegui/"


def url(name: str) -> str:
    """Return the address of one of our assets, which changes when that asset does."""
    return f"/assets/{_versions[name]}/{name}"


def _add(name: str, content: bytes) -> None:
    _files[name] = content
    _versions[name] = hashlib.sha256(content).hexdigest()[:12]


# plotly.js comes as a script that makes a global; NiceGUI imports a module that exports it.
_CHARTS = 'import "{bundle}";\nexport const Plotly = window.Plotly;\n'

_files: dict[str, bytes] = {}
_versions: dict[str, str] = {}
for _path in sorted(FOLDER.iterdir()):
    _add(_path.name, _path.read_bytes())
_add("browser.js", browser.script().encode())
_add("charts.js", _CHARTS.format(bundle=url("plotly-cartesian.min.js")).encode())
_MANIFEST = {
    "name": "AppTicket",
    "short_name": "AppTicket",
    "start_url": "/",
    "display": "standalone",
    "background_color": "#ffffff",
    "theme_color": "#1d4ed8",
    "icons": [{"src": url("icon.svg"), "sizes": "any", "type": "image/svg+xml"}],
}

router = APIRouter()


@router.get("/assets/{version}/{name}")
def asset(version: str, name: str) -> Response:
    """Serve one of our assets."""
    if name not in _files or version != _versions[name]:
        raise HTTPException(404)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(_files[name], media_type=kind, headers={"Cache-Control": FOREVER})


@router.get("/manifest.json")
def manifest() -> Response:
    """Describe the application to a phone that installs it."""
    return Response(json.dumps(_MANIFEST), media_type="application/manifest+json")


@router.get("/robots.txt")
def robots() -> Response:
    """Ask search engines to stay away."""
    return Response("User-agent: *\nDisallow: /\n", media_type="text/plain")


@router.get("/favicon.ico")
def favicon() -> Response:
    """Serve the icon where browsers look for it unasked."""
    return Response(_files["icon.svg"], media_type="image/svg+xml")


class Compressed:
    """Serves unchanging files gzipped, each compressed once, never in the event loop."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: dict[str, tuple[Message, bytes]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or keep what the application answers."""
        if scope["type"] != "http" or not self._concerns(scope):
            await self._app(scope, receive, send)
            return
        if scope["path"] not in self._kept:
            start, body = await self._ask(scope, receive)
            if not self._is_worth_it(start, body):
                await send(start)
                await send({"type": "http.response.body", "body": body})
                return
            packed = await in_thread(gzip.compress, body, 6, mtime=0)
            self._kept[scope["path"]] = (_gzipped(start, len(packed)), packed)
        start, body = self._kept[scope["path"]]
        await send({**start, "headers": list(start["headers"])})
        await send({"type": "http.response.body", "body": body})

    @staticmethod
    def _concerns(scope: Scope) -> bool:
        is_file = scope["path"].startswith((_FRAMEWORK, "/assets/"))
        is_wanted = "gzip" in header(scope, b"accept-encoding")
        return is_file and is_wanted and scope["method"] == "GET"

    async def _ask(self, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
        start: Message = {}
        body = b""

        async def collect(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            else:
                body += message.get("body", b"")

        bare = [(k, v) for k, v in scope["headers"] if k not in (b"range", b"if-none-match")]
        await self._app({**scope, "headers": bare}, receive, collect)
        return start, body

    @staticmethod
    def _is_worth_it(start: Message, body: bytes) -> bool:
        headers = dict(start["headers"])
        kind = headers.get(b"content-type", b"").decode()
        return start["status"] == 200 and kind.startswith(_COMPRESSIBLE) and len(body) > 500


def _gzipped(start: Message, length: int) -> Message:
    dropped = (b"content-length", b"etag", b"accept-ranges")
    headers = [(k, v) for k, v in start["headers"] if k not in dropped]
    headers += [
        (b"content-encoding", b"gzip"),
        (b"vary", b"Accept-Encoding"),
        (b"content-length", str(length).encode()),
    ]
    return {**start, "headers": headers}
