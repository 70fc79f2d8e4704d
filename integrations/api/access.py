"""The door of the API: only a living token passes, so often, and with so much (R-12, R-19)."""

import re
import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data import db
from data.config import Settings
from data.threads import in_thread
from integrations.api import problems
from integrations.api.limits import MOST, Buckets
from integrations.api.problems import TooLarge, TooMany, WrongMediaType
from services import tokens, words
from services.errors import DomainError, NotFound
from services.tokens import BadToken, Bearer

MAX_BODY_BYTES = 2**20
MAX_UPLOAD_BYTES = 26 * 2**20
FAILURES = (
    1 / 20
)  # wrong tokens from one address, of the requests that a good one may make; 1 at least
LONGEST_PATH = 300  # characters; the longest tail is a name or a number
_UPLOAD = re.compile(r"/tickets/[^/]+/attachments/?")
_WITH_BODY = frozenset({"POST", "PATCH"})


class Access:
    """Lets a request through with its bearer in `scope["state"]`, or answers it.

    A token comes in the Authorization header and nowhere else: a browser never sends it by itself,
    so no foreign page can act with it.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._language = settings.language
        self._rate = Buckets(settings.api_rate)
        self._failures = Buckets(max(1.0, settings.api_rate * FAILURES))
        self._known: set[str] = set()  # digests of tokens that were good when they came last

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on, one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        state = scope.setdefault("state", {})
        state.setdefault("request_id", secrets.token_hex(8))
        words.speak(words.preferred(headers.get("accept-language", ""), self._language))
        send = _signed(send, state["request_id"])
        try:
            state["bearer"] = bearer = await self._bearer(scope, headers)
            default = bearer.language or self._language
            words.speak(words.preferred(headers.get("accept-language", ""), default))
            if seconds := self._rate.take(str(bearer.token_id)):
                raise TooMany(seconds=seconds)
            _check_request(scope, headers)
        except DomainError as refusal:
            answer = problems.answer(refusal, state["request_id"])
            await answer(scope, receive, send)
            return
        await self._app(scope, _limited(scope, receive), send)

    async def _bearer(self, scope: Scope, headers: Headers) -> Bearer:
        """Return what the request’s token stands for.

        Wrong ones are counted per address; tokens that were good go on coming from there.
        """
        address = (scope.get("client") or ("",))[0]
        kind, _space, token = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise BadToken
        digest = tokens.hash_token(token.strip())
        if digest not in self._known and self._failures.is_empty(address):
            raise TooMany(seconds=1)
        try:
            bearer = await in_thread(db.read, lambda s: tokens.bearer(s, token.strip()))
        except BadToken:
            self._known.discard(digest)
            self._failures.take(address)
            raise
        self._remember(digest)
        if bearer.is_stale:
            await in_thread(db.write, lambda s: tokens.touch(s, bearer.token_id))
        return bearer

    def _remember(self, digest: str) -> None:
        if len(self._known) >= MOST:
            self._known.clear()
        self._known.add(digest)


def _check_request(scope: Scope, headers: Headers) -> None:
    """Refuse by its headers what is too large or not JSON, before any of it is read."""
    if len(scope["path"]) > LONGEST_PATH:
        raise NotFound
    length = headers.get("content-length", "0")
    if not length.isdecimal() or len(length) > 15 or int(length) > _most(scope):
        raise TooLarge
    has_body = length != "0" or "transfer-encoding" in headers
    if scope["method"] not in _WITH_BODY or not has_body or _takes_files(scope):
        return
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise WrongMediaType(wanted="application/json")


def _limited(scope: Scope, receive: Receive) -> Receive:
    """Hand a body on, and stop one that is longer than it said."""
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > _most(scope):
            raise HTTPException(413)
        return message

    return limited


def _most(scope: Scope) -> int:
    return MAX_UPLOAD_BYTES if _is_upload(scope) else MAX_BODY_BYTES


def _is_upload(scope: Scope) -> bool:
    return scope["method"] == "POST" and _takes_files(scope)


def _takes_files(scope: Scope) -> bool:
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return bool(_UPLOAD.fullmatch(path))


def _signed(send: Send, request_id: str) -> Send:
    """Put on every answer what every answer has."""

    async def signed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = request_id
            headers["content-language"] = words.spoken()
            headers.setdefault("cache-control", "no-store")
            headers.add_vary_header("Accept-Language, Authorization")
        await send(message)

    return signed
