"""The socket of a page, spoken by hand: what an attacker can say to it."""

import asyncio
import json
import re
import uuid
from types import TracebackType
from typing import Any

import aiohttp

from tests.sites import Site

SOON = 10.0
_CLIENT_ID = re.compile(r"'client_id': '([^']+)'")


class Refused(Exception):
    """The server does not want this socket."""


class Page:
    """A page as its owner’s browser has it: fetched, then connected."""

    def __init__(self, site: Site, token: str) -> None:
        self.site = site
        self.token = token
        self.tab_id = str(uuid.uuid4())
        self.document_id = str(uuid.uuid4())
        self.client_id = ""
        self.socket: Socket | None = None
        self._web = aiohttp.ClientSession()

    async def __aenter__(self) -> "Page":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._web.close()

    async def load(self, path: str) -> None:
        """Fetch the page and connect with the cookie it was fetched with."""
        cookie = {"Cookie": f"appticket={self.token}"}
        async with self._web.get(f"{self.site.url}{path}", headers=cookie) as answer:
            found = _CLIENT_ID.search(await answer.text())
        assert found, f"{path} is no page"
        self.client_id = found[1]
        self.socket = await self.connect()

    async def sign_out(self) -> None:
        """End the session of the page, in another tab."""
        headers = {"Cookie": f"appticket={self.token}", "Origin": self.site.url}
        url = f"{self.site.url}/logout"
        async with self._web.post(url, headers=headers, allow_redirects=False) as answer:
            assert answer.status == 303

    async def connect(
        self,
        *,
        token: str | None = None,
        origin: str | None = None,
        handshake: bool = True,
        tab_id: str | None = None,
    ) -> "Socket":
        """Connect to the page’s client as its owner, unless told otherwise.

        Raises:
            Refused: before or after the upgrade.
        """
        query = {"EIO": "4", "transport": "websocket"}
        if handshake:
            query |= {
                "client_id": self.client_id,
                "next_message_id": "0",
                "implicit_handshake": "true",
                "document_id": self.document_id,
                "tab_id": tab_id or self.tab_id,
                "old_tab_id": "null",
            }
        headers = {"Origin": origin if origin is not None else self.site.url}
        token = self.token if token is None else token
        if token:
            headers["Cookie"] = f"appticket={token}"
        url = f"{self.site.url}/_nicegui_ws/socket.io/"
        try:
            raw = await self._web.ws_connect(url, params=query, headers=headers)
        except aiohttp.WSServerHandshakeError as error:
            raise Refused(str(error.status)) from None
        return await Socket(raw).opened()

    async def find_listener(self, event: str, mark: str) -> dict[str, Any]:
        """Return what is needed to fire an event of the element whose HTML holds `mark`."""
        assert self.socket
        async for name, data in self.socket.messages():
            if name == "update":
                for key, element in data.items():
                    html = str((element or {}).get("props", {}).get("innerHTML", ""))
                    for listener in (element or {}).get("events", []):
                        if mark in html and listener["type"] == event:
                            return {"id": int(key), "listener_id": listener["listener_id"]}
        raise AssertionError(f"no {event} in {mark}")

    def fired(self, listener: dict[str, Any], *args: object) -> dict[str, Any]:
        """Return the message that fires an event with these arguments."""
        return {
            "client_id": self.client_id,
            **listener,
            "args": [json.dumps(argument) for argument in args],
        }


class Socket:
    """A connection that speaks engine.io and socket.io."""

    def __init__(self, raw: aiohttp.ClientWebSocketResponse) -> None:
        self._raw = raw
        self._ack = 0

    async def opened(self) -> "Socket":
        """Go through the opening; raise Refused when the server says no."""
        await self._next()
        await self._raw.send_str("40")
        answer = await self._next()
        if not answer.startswith("40"):
            raise Refused(answer)
        return self

    async def emit(self, name: str, data: object) -> None:
        """Send a message and wait until the server has dealt with it; a closed line is silent."""
        self._ack += 1
        await self._raw.send_str(f"42{self._ack}{json.dumps([name, data])}")
        async with asyncio.timeout(SOON):
            async for message in self._raw:
                if str(message.data).startswith(f"43{self._ack}"):
                    return

    async def messages(self) -> Any:
        """Yield what the server says: name and data."""
        async with asyncio.timeout(SOON):
            async for message in self._raw:
                text = str(message.data)
                if text == "2":
                    await self._raw.send_str("3")
                elif text.startswith("42"):
                    name, data = json.loads(text[2:])
                    yield name, data

    async def is_closed(self) -> bool:
        """Wait until the server hangs up, or takes the page off the line."""
        async with asyncio.timeout(SOON):
            async for message in self._raw:
                if str(message.data).startswith("41"):
                    return True
        return self._raw.closed

    async def _next(self) -> str:
        async with asyncio.timeout(SOON):
            message = await self._raw.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise Refused(str(message.data))
        return str(message.data)
