"""The five personas with a token each, who call the API of this process.

    answer = await callers.alice.post("/tickets", json={"title": "Écran noir"})

Bodies go as JSON, addresses are below /api/v1. `raw` sends what one says and no more.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy.orm import Session
from starlette.types import ASGIApp

from data.config import Settings
from integrations import api
from services import tokens
from services.permissions import Actor
from services.tokens import Scope, Wish
from tests.conftest import ROLES, People

BASE = "http://localhost/api/v1"


@dataclass
class Caller:
    """Somebody with a token."""

    client: httpx.AsyncClient
    token: str

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.send("GET", path, **more)

    async def post(self, path: str, **more: Any) -> httpx.Response:
        return await self.send("POST", path, **more)

    async def patch(self, path: str, **more: Any) -> httpx.Response:
        return await self.send("PATCH", path, **more)

    async def delete(self, path: str, **more: Any) -> httpx.Response:
        return await self.send("DELETE", path, **more)

    async def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return await self.client.request(method, BASE + path, headers=headers, **more)


class Callers:
    """Everybody who calls."""

    def __init__(self, client: httpx.AsyncClient, s: Session, people: People) -> None:
        self.client = client
        self._s = s
        for name in ROLES:
            setattr(self, name, self.with_token(getattr(people, name)))
        self.anonymous = Caller(client, "")

    alice: Caller
    bruno: Caller
    chloe: Caller
    diane: Caller
    driss: Caller

    def with_token(self, by: Actor, *scopes: Scope) -> Caller:
        """Return a caller with a token of these scopes, or of all."""
        wish = Wish(name="test", scopes=scopes or (Scope.ALL,))
        _row, token = tokens.create(self._s, by, wish)
        self._s.commit()
        return Caller(self.client, token)


def application(**settings: Any) -> ASGIApp:
    """Return the API as it is mounted."""
    outer = FastAPI(openapi_url=None)
    outer.mount("/api", api.create(Settings(**{"language": "en", "api_rate": 10_000, **settings})))
    return outer


@asynccontextmanager
async def calling(s: Session, people: People, **settings: Any) -> AsyncIterator[Callers]:
    """Open the API of this process."""
    transport = httpx.ASGITransport(app=application(**settings))
    async with httpx.AsyncClient(transport=transport) as client:
        yield Callers(client, s, people)
