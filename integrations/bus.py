"""The message bus between processes: one Redis channel, ids only, lossy by nature.

Whatever it loses, the event table still holds; it never makes a request wait or fail.
"""

import asyncio
import json
import logging
import random
import secrets
import threading
import time
from collections.abc import Callable, Collection
from typing import Any

import redis as plain_redis
import redis.asyncio as redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from services import changes

log = logging.getLogger(__name__)

CHANNEL = "appticket:live"
MAX_BYTES = 4096
MAX_WAITING = 5000
LONGEST_PAUSE_SECONDS = 5.0
SILENCE_SECONDS = 10.0  # after so long without a word the server is asked whether it is there

_WAKER_SECONDS = 1.0  # so often it looks whether it is to stop
_PATIENCE: dict[str, Any] = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
Receive = Callable[[dict[str, Any]], None]


class Bus:
    """Publishes what happens here, and hands over what happens elsewhere."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._name = secrets.token_hex(6)  # so that one’s own messages are not heard again
        self._waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MAX_WAITING)
        self.dropped = 0  # messages, because too many waited
        self.is_connected = False  # hears the others

    def publish(self, message: dict[str, Any]) -> None:
        """Send a message soon; when too many wait it is dropped, the watcher will find it."""
        try:
            self._waiting.put_nowait({**message, "from": self._name})
        except asyncio.QueueFull:
            self.dropped += 1
            if self.dropped % 1000 == 1:
                log.warning("the bus is too slow: %s messages dropped so far", self.dropped)

    async def run(self, receive: Receive, gap: Callable[[], None]) -> None:
        """Send and receive until cancelled; after a loss, connect again and report the gap."""
        await asyncio.gather(self._sending(), self._receiving(receive, gap))

    async def _sending(self) -> None:
        async with self._connected() as client:
            while True:
                message = await self._waiting.get()
                try:
                    await client.publish(CHANNEL, json.dumps(message))
                except (RedisError, OSError) as error:
                    log.warning("a message was not sent: %s", error)
                    await asyncio.sleep(0.1)

    async def _receiving(self, receive: Receive, gap: Callable[[], None]) -> None:
        pause = 0.2
        is_first = True
        while True:
            try:
                async with self._connected() as client, client.pubsub() as listener:
                    await listener.subscribe(CHANNEL)
                    if not is_first:
                        gap()
                    is_first, pause = False, 0.2
                    self.is_connected = True
                    await self._listen(listener, receive)
            except (RedisError, OSError) as error:
                log.warning("the bus was lost: %s", error)
            self.is_connected = False
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
            pause = min(LONGEST_PAUSE_SECONDS, pause * 2)

    def _connected(self) -> redis.Redis:
        """Return a client that does not hide a loss by connecting again without a word."""
        return redis.from_url(
            self._url, socket_connect_timeout=3, socket_timeout=5, retry=Retry(NoBackoff(), 0)
        )

    async def _listen(self, listener: PubSub, receive: Receive) -> None:
        """Hand messages over until the connection is lost, or answers nothing any more."""
        is_asked = False
        while True:
            raw = await listener.get_message(timeout=SILENCE_SECONDS)
            if raw is not None:
                is_asked = False
                self._take(raw, receive)
            elif is_asked:
                raise RedisConnectionError("no answer")
            else:
                await listener.ping()
                is_asked = True

    def _take(self, raw: dict[str, Any], receive: Receive) -> None:
        message = _read(raw)
        if message is not None and message.pop("from", None) not in (None, self._name):
            receive(message)


def _read(raw: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what was published, None when it is nothing that one of ours wrote."""
    data = raw.get("data") if raw and raw.get("type") == "message" else None
    if not isinstance(data, bytes) or len(data) > MAX_BYTES:
        return None
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


class Teller:
    """Publishes from a process that has no event loop: a worker, after it relayed.

    Called in the thread that committed: a Redis that does not answer costs it little, and rarely.
    """

    def __init__(self, url: str) -> None:
        self._client = plain_redis.Redis.from_url(url, **_PATIENCE)
        self._name = secrets.token_hex(6)
        self._silent_until = 0.0

    def tell(self, user_ids: Collection[int]) -> None:
        """Announce that there is something new for these people; a listener of `db.on_told`."""
        if time.monotonic() < self._silent_until:
            return
        try:
            for message in changes.told(user_ids):
                self._client.publish(CHANNEL, json.dumps({**message, "from": self._name}))
        except (RedisError, OSError) as error:
            self._silent_until = time.monotonic() + LONGEST_PAUSE_SECONDS
            log.warning("nobody was told of what is new: %s", error)

    def close(self) -> None:
        """Let the connection go."""
        self._client.close()


class Waker(threading.Thread):
    """Hears in a process without an event loop what kind of event was recorded elsewhere.

    A worker relays at once by it, also while all that rq does is wait for a slow receiver.
    """

    def __init__(self, url: str, hear: Callable[[str], None]) -> None:
        super().__init__(name="waker", daemon=True)
        self._url, self._hear = url, hear
        self._stopping = threading.Event()

    def run(self) -> None:
        """Listen until told to stop; what is lost meanwhile is found by the sweeper."""
        while not self._stopping.is_set():
            try:
                with plain_redis.Redis.from_url(self._url, socket_connect_timeout=3) as client:
                    self._listen(client)
            except (RedisError, OSError) as error:
                log.warning("the bus was lost: %s", error)
                self._stopping.wait(LONGEST_PAUSE_SECONDS)

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()

    def _listen(self, client: plain_redis.Redis) -> None:
        listening = client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call] # so they say
        with listening as listener:
            listener.subscribe(CHANNEL)
            while not self._stopping.is_set():
                raw = listener.get_message(timeout=_WAKER_SECONDS)
                message = _read(raw) or {}
                message.pop("from", None)
                if change := changes.Change.read(message):
                    self._hear(change.kind)
