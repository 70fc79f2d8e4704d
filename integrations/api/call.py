"""One call of the API: the way from a route to the services, as `ui.door` is for the pages."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer, SecurityScopes
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.responses import Response

from data import db
from data.threads import in_thread
from integrations.api.problems import Stale
from services import replays, tokens
from services.errors import Invalid
from services.permissions import Actor
from services.replays import LONGEST_KEY, Kept
from services.tokens import Bearer, Scope, ScopeMissing
from services.words import N_

R = TypeVar("R")
Work = Callable[[Session, Actor], R]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a request is answered with; `kept` is what a replay shows instead, if not the same."""

    content: BaseModel | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    kept: BaseModel | None = None

    @property
    def tag(self) -> str:
        """Return its ETag, empty if it has none."""
        return self.headers.get("ETag", "")


class Call:
    """Runs services as the owner of the request’s token, each in one transaction of its own."""

    def __init__(self, request: Request, bearer: Bearer) -> None:
        self.request = request
        self.bearer = bearer

    async def look(self, work: Work[R]) -> R:
        """Run what only reads."""
        return await in_thread(db.read, lambda s: work(s, tokens.actor(s, self.bearer)))

    async def show(self, work: Work[Answer]) -> Response:
        """Answer with what is read, or with 304 when the caller has that already."""
        answer = await self.look(work)
        if answer.tag and answer.tag in _tags(self.request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers={"ETag": answer.tag})
        return _response(_as_kept(answer, answer.content))

    async def act(
        self, work: Work[Answer], *, body: str | None = None, first: Work[None] | None = None
    ) -> Response:
        """Run what changes something, once for each Idempotency-Key.

        The answer is kept in the transaction of the change: who sends the request again, even while
        it is being answered, gets that answer. A refusal changes nothing and is not kept. `body` is
        the digest of a body that was streamed. `first` runs before the transaction of the change,
        unless the request is a repeated one: what takes its time must not hold others up.
        """
        key = self._key()
        digest = await self._digest(body) if key else ""
        if first and not await self._is_known(key, digest):
            await self.look(first)
        return await in_thread(db.write, lambda s: self._once(s, work, key, digest))

    async def do(self, work: Work[object]) -> Response:
        """Act, and answer with nothing but that it is done (204)."""

        def silent(s: Session, by: Actor) -> Answer:
            work(s, by)
            return Answer(status=204)

        return await self.act(silent)

    def check_match(self, tag: str) -> None:
        """Refuse with Stale when If-Match names other versions than the present one."""
        wanted = self.request.headers.get("if-match", "").strip()
        if wanted not in ("", "*") and tag not in _tags(wanted):
            raise Stale

    def _once(self, s: Session, work: Work[Answer], key: str, digest: str) -> Response:
        by = tokens.actor(s, self.bearer)
        if key and (known := replays.find(s, by, key, digest)):
            return _response(known, {"Idempotency-Replayed": "true"})
        answer = work(s, by)
        if key:
            replays.keep(s, by, key, digest, _as_kept(answer, answer.kept or answer.content))
        return _response(_as_kept(answer, answer.content))

    async def _is_known(self, key: str, digest: str) -> bool:
        if not key:
            return False
        return await self.look(lambda s, by: replays.has(s, by, key, digest))

    def _key(self) -> str:
        key = self.request.headers.get("idempotency-key", "")
        if self.request.method != "POST" or not key:
            return ""
        if len(key) > LONGEST_KEY:
            raise Invalid({"Idempotency-Key": N_("At most 255 characters, please.")})
        return key

    async def _digest(self, body: str | None) -> str:
        url = self.request.url
        sent = body if body is not None else hashlib.sha256(await self.request.body()).hexdigest()
        whole = "\x1f".join((self.request.method, url.path, url.query, sent))
        return hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()


def tag_of(version: int) -> str:
    """Return the ETag of a version."""
    return f'"{version}"'


def tag_of_content(content: BaseModel) -> str:
    """Return an ETag for what has no version."""
    return f'"{hashlib.sha256(content.model_dump_json().encode()).hexdigest()[:16]}"'


def tagged(content: BaseModel, *, status: int = 200) -> Answer:
    """Return an answer with the ETag of its content."""
    return Answer(content=content, status=status, headers={"ETag": tag_of_content(content)})


def _as_kept(answer: Answer, content: BaseModel | None) -> Kept:
    body = content.model_dump_json() if content is not None else ""
    return Kept(answer.status, body, answer.headers)


def _response(kept: Kept, more: dict[str, str] | None = None) -> Response:
    headers = {**kept.headers, **(more or {})}
    kind = "application/json" if kept.body else None
    return Response(kept.body or None, kept.status, headers, media_type=kind)


def _tags(header: str) -> set[str]:
    return set(re.findall(r'"[^"]*"', header))


_bearer_scheme = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="A token made in one’s profile, by an administrator, or with `main.py token`.",
)


async def opened(
    request: Request,
    scopes: SecurityScopes,
    _scheme: Annotated[object, Depends(_bearer_scheme)] = None,
) -> Call:
    """Return the call of a request whose token covers what the route needs.

    It waits for nothing: a coroutine, since FastAPI runs plain functions in a thread.
    """
    bearer: Bearer = request.state.bearer
    for scope in scopes.scopes:
        if not bearer.covers(Scope(scope)):
            raise ScopeMissing(scope=scope)
    return Call(request, bearer)


Anyone = Annotated[Call, Security(opened)]
ReadsTickets = Annotated[Call, Security(opened, scopes=[Scope.TICKETS_READ])]
WritesTickets = Annotated[Call, Security(opened, scopes=[Scope.TICKETS_WRITE])]
ReadsUsers = Annotated[Call, Security(opened, scopes=[Scope.USERS_READ])]
WritesUsers = Annotated[Call, Security(opened, scopes=[Scope.USERS_WRITE])]
ReadsOrganisation = Annotated[Call, Security(opened, scopes=[Scope.ORGANISATION_READ])]
WritesOrganisation = Annotated[Call, Security(opened, scopes=[Scope.ORGANISATION_WRITE])]
ReadsWebhooks = Annotated[Call, Security(opened, scopes=[Scope.WEBHOOKS_READ])]
WritesWebhooks = Annotated[Call, Security(opened, scopes=[Scope.WEBHOOKS_WRITE])]
ReadsReports = Annotated[Call, Security(opened, scopes=[Scope.REPORTS_READ])]
WritesReports = Annotated[Call, Security(opened, scopes=[Scope.REPORTS_WRITE])]
ReadsStatistics = Annotated[Call, Security(opened, scopes=[Scope.STATS_READ])]
KeepsProfile = Annotated[Call, Security(opened, scopes=[Scope.PROFILE])]
KeepsTokens = Annotated[Call, Security(opened, scopes=[Scope.TOKENS])]
