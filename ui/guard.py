"""The guard in front of everything: who may pass, from where, with how much, under which headers.

R-9, R-11, R-12, R-25; security.md 2.3.
"""

import re
import secrets
from contextlib import ExitStack
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data.config import Settings
from data.courtesy import awaited
from services import words
from ui.document import not_found
from ui.logins import Login, Logins, header

OPEN = (
    *("/login", "/setup", "/healthz", "/readyz", "/robots.txt", "/favicon.ico", "/manifest.json"),
    "/metrics",  # has a guard of its own, for machines
)
OPEN_FOLDERS = ("/assets/", "/_nicegui/", "/api/", "/mute/")
NOT_OPEN = ("/_nicegui/client/", "/_nicegui/auto/")
SOCKETS = "/_nicegui_ws/"
PAGES = re.compile(
    r"/(|tickets|tickets/new|tickets/\d{1,12}|queue|search|trash|notifications|profile"
    r"|stats(/tickets|/recurring)?"
    r"|reports|reports/\d{1,12}"
    r"|admin/(users|teams|categories|deadlines|tokens|webhooks|notifications|jobs|settings))/?"
)
OTHERS = re.compile(
    r"/(logout|uploads/[a-z]{1,10}(:\d{1,12})?|files/\d{1,12}(/preview)?"
    r"|(exports/(queue|tickets|trash)|stats/export)\.(csv|xlsx)|reports/\d{1,12}\.(pdf|xlsx))"
)
MAX_BODY_BYTES = 2**20
UPLOADS = "/uploads/"
BY_LINK = (
    "/mute/"  # the link is the right: no cookie counts there, mail programs post by themselves
)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_NEXT = re.compile(r"/[A-Za-z0-9_~.\-/?=&%]*")


class Guard:
    """Lets a request through with `scope["state"]` filled in, or answers it (default: deny)."""

    def __init__(self, app: ASGIApp, settings: Settings, logins: Logins) -> None:
        self._app = app
        self._settings = settings
        self._logins = logins
        self._signer = next_signer(settings.secret_key)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on, one request or one socket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        login = None if self._is_static(scope["path"]) else await self._logins.of(scope)
        state = scope.setdefault("state", {})
        state["login"] = login
        state["ask_again"] = self._logins.forget
        state["language"] = self._logins.language(scope, login)
        state["request_id"] = request_id(scope)
        zone = login.timezone if login else ""
        state["timezone"] = zone or self._settings.timezone.key
        state["nonce"] = secrets.token_urlsafe(16)
        words.speak(state["language"])
        send = self._dressed(scope, send)
        if refusal := self._refusal(scope, login):
            await _refuse(scope, receive, send, refusal)
        elif _is_socket(scope) or scope["path"].startswith(UPLOADS):
            await self._app(scope, _limited(scope, receive), send)
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, for which other work gives way until its answer begins.

        A file or an export may take minutes from then on.
        """
        with ExitStack() as waiting:
            waiting.enter_context(awaited())

            async def sends(message: Message) -> None:
                waiting.close()
                await send(message)

            await self._app(scope, _limited(scope, receive), sends)

    def _refusal(self, scope: Scope, login: Login | None) -> Response | None:
        path = scope["path"]
        if _is_socket(scope):
            is_welcome = login and self._is_ours(scope) and path.startswith(SOCKETS)
            return None if is_welcome else PlainTextResponse("Unauthorized", 401)
        if refusal := self._refusal_of_post(scope):
            return refusal
        if _is_open(path):
            return None
        if not PAGES.fullmatch(path) and not OTHERS.fullmatch(path):
            return HTMLResponse(not_found(), 404)
        if login is None:
            return self._to_login(scope)
        return None

    def _refusal_of_post(self, scope: Scope) -> Response | None:
        path = scope["path"]
        if scope["method"] in _SAFE or path.startswith("/api/"):
            return None
        if not path.startswith(BY_LINK) and not self._is_ours(scope):
            return PlainTextResponse("Forbidden", 403)
        if _declared_length(scope) > MAX_BODY_BYTES and not path.startswith(UPLOADS):
            return PlainTextResponse("Content Too Large", 413)
        return None

    def _to_login(self, scope: Scope) -> Response:
        path = scope["path"]
        if not PAGES.fullmatch(path) or scope["method"] != "GET":
            return PlainTextResponse("Unauthorized", 401)
        query = scope["query_string"].decode("latin-1")
        wanted = f"{path}?{query}" if query else path
        target = "/login" if wanted == "/" else f"/login?next={self._signer.dumps(wanted)}"
        return RedirectResponse(target, 303)

    def _is_ours(self, scope: Scope) -> bool:
        """Tell whether the request comes from a page of ours, by Origin or Sec-Fetch-Site."""
        origin = header(scope, b"origin")
        if not origin:
            return header(scope, b"sec-fetch-site") == "same-origin"
        scheme = "https" if scope["scheme"] in ("https", "wss") else "http"
        base = urlsplit(self._settings.base_url)
        allowed = {f"{scheme}://{header(scope, b'host')}", f"{base.scheme}://{base.netloc}"}
        return origin in allowed

    @staticmethod
    def _is_static(path: str) -> bool:
        return path.startswith(("/assets/", "/_nicegui/")) and not path.startswith(NOT_OPEN)

    def _dressed(self, scope: Scope, send: Send) -> Send:
        return _Dressed(scope, send, is_https=self._settings.is_https).send


def _is_socket(scope: Scope) -> bool:
    return bool(scope["type"] == "websocket" or scope["path"].startswith(SOCKETS))


def _limited(scope: Scope, receive: Receive) -> Receive:
    """Hand a body on, and stop one that says less than it sends."""
    if scope["type"] != "http" or scope["path"].startswith((UPLOADS, "/api/")):
        return receive
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        return {"type": "http.disconnect"} if taken > MAX_BODY_BYTES else message

    return limited


class _Dressed:
    """Adds the headers every answer has, and a nonce to the scripts of a page."""

    def __init__(self, scope: Scope, send: Send, *, is_https: bool) -> None:
        self._scope = scope
        self._send = send
        self._is_https = is_https
        self._start: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            self._add_common(headers)
            if headers.get("content-type", "").startswith("text/html"):
                self._start = message
                return
        elif message["type"] == "http.response.body" and self._start is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._send_page()
            return
        await self._send(message)

    async def _send_page(self) -> None:
        nonce = self._scope["state"]["nonce"]
        tag = b'<script nonce="' + nonce.encode() + b'"'
        body = re.sub(rb"<script(?=[\s>])", tag, self._body)
        start = self._start or {}
        self._body, self._start = b"", None  # the framework keeps the request, and with it this
        headers = MutableHeaders(scope=start)
        headers["content-length"] = str(len(body))
        headers["content-security-policy"] = policy(nonce)
        headers["cache-control"] = "no-store"
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})

    def _add_common(self, headers: MutableHeaders) -> None:
        headers["x-request-id"] = self._scope["state"]["request_id"]
        headers["x-content-type-options"] = "nosniff"
        headers["x-frame-options"] = "DENY"
        headers["referrer-policy"] = "same-origin"
        headers["cross-origin-opener-policy"] = "same-origin"
        headers["permissions-policy"] = "camera=(self), microphone=(), geolocation=()"
        if self._is_https:
            headers["strict-transport-security"] = "max-age=63072000; includeSubDomains"


def policy(nonce: str) -> str:
    """Return the content security policy of a page; Vue compiles templates, hence unsafe-eval."""
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
        "form-action 'self'"
    )


def next_signer(secret_key: str) -> URLSafeTimedSerializer:
    """Return what signs where to go after signing in."""
    return URLSafeTimedSerializer(secret_key, salt="next")


def next_path(signer: URLSafeTimedSerializer, token: str) -> str:
    """Return the signed path to go to, or `/` when it is not ours, too old or outside (R-11)."""
    try:
        path = str(signer.loads(token, max_age=600))
    except BadSignature:
        return "/"
    return path if is_inside(path) else "/"


def is_inside(path: str) -> bool:
    """Tell whether a path stays in this application."""
    return bool(_NEXT.fullmatch(path)) and not path.startswith(("//", "/\\"))


def request_id(scope: Scope) -> str:
    """Return the id the proxy gave the request, or a new one."""
    given = header(scope, b"x-request-id")
    return given if re.fullmatch(r"[A-Za-z0-9-]{8,64}", given) else secrets.token_hex(8)


def _is_open(path: str) -> bool:
    return path in OPEN or (path.startswith(OPEN_FOLDERS) and not path.startswith(NOT_OPEN))


def _declared_length(scope: Scope) -> int:
    text = header(scope, b"content-length")
    return int(text) if text.isdecimal() else 0


async def _refuse(scope: Scope, receive: Receive, send: Send, refusal: Response) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 4401})
    else:
        await refusal(scope, receive, send)
