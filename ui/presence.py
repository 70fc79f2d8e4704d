"""Who looks at a ticket, who is typing: leases in memory, shared by processes, not stored."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ui.live import Hub

LEASE_SECONDS = 20.0
RENEW_SECONDS = 10.0
TYPING_SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody at a ticket; `is_typing_note` is nobody’s business but staff’s."""

    person_id: int
    name: str
    is_staff: bool
    is_typing: bool
    is_typing_note: bool


@dataclass(slots=True)
class _Lease:
    name: str
    is_staff: bool
    until: float
    typing_until: float = 0.0
    is_note: bool = False
    pages: int = 0  # of this process


class Presence:
    """The leases of all processes, and the pages that want to know."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._leases: dict[int, dict[int, _Lease]] = {}
        self._listeners: dict[int, list[Callable[[], None]]] = {}
        self._lists: list[Callable[[int], None]] = []
        hub.on_message = self._receive

    def enter(
        self, number: int, person_id: int, name: str, *, is_staff: bool
    ) -> Callable[[], None]:
        """Note that somebody opened the page of a ticket; return what ends it."""
        before = self._said(number)
        lease = self._lease(number, person_id, name, is_staff=is_staff)
        lease.pages += 1
        self._share(number, person_id, lease)
        self._tell_apart(number, before)

        def leave() -> None:
            lease.pages -= 1
            if lease.pages <= 0:
                self._end(number, person_id)
                self._hub.send({"presence": "leave", "number": number, "person": person_id})

        return leave

    def type(self, number: int, person_id: int, *, is_note: bool) -> None:
        """Note that somebody who is there is typing, for the next seconds."""
        lease = self._leases.get(number, {}).get(person_id)
        if lease:
            left = lease.typing_until - time.monotonic()
            is_known = left > 0 and lease.is_note is is_note
            if is_known and left > TYPING_SECONDS / 2:
                return  # said often enough: not a message for every key
            lease.typing_until = time.monotonic() + TYPING_SECONDS
            lease.is_note = is_note
            self._share(number, person_id, lease)
            if not is_known:
                self._tell(number)

    def rest(self, number: int, person_id: int) -> None:
        """Note that somebody has stopped typing: they sent it, or emptied the field."""
        lease = self._leases.get(number, {}).get(person_id)
        if lease and lease.typing_until:
            lease.typing_until = 0.0
            self._share(number, person_id, lease)
            self._tell(number)

    def at(self, number: int) -> list[Viewer]:
        """Return who is at a ticket now, by name."""
        now = time.monotonic()
        found = [
            Viewer(
                person_id,
                lease.name,
                lease.is_staff,
                is_typing=lease.typing_until > now and not lease.is_note,
                is_typing_note=lease.typing_until > now and lease.is_note,
            )
            for person_id, lease in self._leases.get(number, {}).items()
            if lease.pages > 0 or lease.until > now
        ]
        return sorted(found, key=lambda viewer: viewer.name)

    def follow(self, number: int, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` when who is at a ticket changes; return what ends it."""
        self._listeners.setdefault(number, []).append(listener)

        def leave() -> None:
            group = self._listeners.get(number, [])
            if listener in group:
                group.remove(listener)
            if not group:
                self._listeners.pop(number, None)

        return leave

    def follow_all(self, listener: Callable[[int], None]) -> None:
        """Call `listener` with the number of every ticket where somebody came, went or typed."""
        self._lists.append(listener)

    async def keep(self) -> None:
        """Renew the leases of this process and let the others’ run out; runs for ever."""
        while True:
            await asyncio.sleep(TYPING_SECONDS / 2)
            self._pass_time()

    def _pass_time(self) -> None:
        for number, people in list(self._leases.items()):
            grown_old = [self._age(number, person_id) for person_id in list(people)]
            if not people:
                self._leases.pop(number, None)
            if any(grown_old):
                self._tell(number)

    def _age(self, number: int, person_id: int) -> bool:
        """Renew or end one lease; tell whether what people see of it changed."""
        now = time.monotonic()
        lease = self._leases[number][person_id]
        if lease.pages > 0:
            if lease.until - now < LEASE_SECONDS - RENEW_SECONDS:
                self._share(number, person_id, lease)
        elif lease.until < now:
            del self._leases[number][person_id]
            return True
        if 0 < lease.typing_until < now:
            lease.typing_until = 0.0
            return True
        return False

    def _lease(self, number: int, person_id: int, name: str, *, is_staff: bool) -> _Lease:
        people = self._leases.setdefault(number, {})
        until = time.monotonic() + LEASE_SECONDS
        lease = people.setdefault(person_id, _Lease(name, is_staff, until))
        lease.until = until
        return lease

    def _end(self, number: int, person_id: int) -> None:
        people = self._leases.get(number, {})
        people.pop(person_id, None)
        if not people:
            self._leases.pop(number, None)
        self._tell(number)

    def _share(self, number: int, person_id: int, lease: _Lease) -> None:
        lease.until = time.monotonic() + LEASE_SECONDS
        self._hub.send(
            {
                "presence": "here",
                "number": number,
                "person": person_id,
                "name": lease.name,
                "staff": lease.is_staff,
                "typing": max(0.0, lease.typing_until - time.monotonic()),
                "note": lease.is_note,
            }
        )

    def _receive(self, message: dict[str, Any]) -> None:
        number, person_id = message.get("number"), message.get("person")
        if not isinstance(number, int) or not isinstance(person_id, int):
            return
        if message.get("presence") == "leave":
            lease = self._leases.get(number, {}).get(person_id)
            if lease and lease.pages <= 0:
                self._end(number, person_id)
        elif message.get("presence") == "here":
            before = self._said(number)
            name, staff = str(message.get("name", ""))[:120], bool(message.get("staff"))
            lease = self._lease(number, person_id, name, is_staff=staff)
            typing = message.get("typing")
            is_typing = isinstance(typing, int | float) and typing > 0
            lease.typing_until = time.monotonic() + TYPING_SECONDS if is_typing else 0.0
            lease.is_note = bool(message.get("note"))
            self._tell_apart(number, before)

    def _said(self, number: int) -> dict[int, tuple[bool, bool]]:
        """Return who was told to be at a ticket, and to be typing what."""
        people = self._leases.get(number, {})
        return {key: (lease.typing_until > 0, lease.is_note) for key, lease in people.items()}

    def _tell_apart(self, number: int, before: dict[int, tuple[bool, bool]]) -> None:
        """Tell when somebody came or types now: not of a second page, nor of a renewed lease."""
        if self._said(number) != before:
            self._tell(number)

    def _tell(self, number: int) -> None:
        for listener in [*self._listeners.get(number, ())]:
            listener()
        for follower in self._lists:
            follower(number)
