"""One process as people use it, with two addresses that only the benchmark has.

`python -m tests.bench.server DATABASE_URL PORT [REDIS_URL]`
"""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import uvicorn
from fastapi import FastAPI
from nicegui import Client
from starlette.types import ASGIApp, Receive, Scope, Send

from data import db, files
from data.config import Settings
from data.models import Role
from data.threads import in_thread
from integrations.bus import Bus
from services import tickets
from services.permissions import Actor
from ui import live
from ui.start import Site

HOOKS = "/bench/"


@dataclass
class Hooks:
    """What the benchmark asks of the server from outside: change a ticket, tell how it is."""

    admin_id: int
    committed_at: float = 0.0

    def noted(self, _recorded: list[Any]) -> None:
        """Note the moment of a commit, on the clock all processes of a machine share."""
        self.committed_at = time.monotonic()

    async def change(self, number: int, stamp: str) -> dict[str, float]:
        """Rename a ticket and return when that was committed."""
        by = Actor(self.admin_id, Role.ADMIN, "Diane")
        values = {"title": f"Imprimante {stamp}"}
        await in_thread(db.write, lambda s: tickets.edit(s, by, number, values))
        return {"committed_at": self.committed_at}

    async def state(self) -> dict[str, float]:
        """Return what the process holds and has used."""
        clients = list(Client.instances.values())
        process = psutil.Process()
        return {
            "connected": sum(client.has_socket_connection for client in clients),
            "elements": sum(len(client.elements) for client in clients),
            "listeners": live.hub.listeners(),
            "rss": process.memory_info().rss,
            "cpu": sum(process.cpu_times()[:2]),
        }


def build(url: str, redis_url: str, admin_id: int) -> ASGIApp:
    """Put the site together as it is served, beside the hooks."""
    settings = Settings(database_url=url, redis_url=redis_url, secret_key="bench" * 8)
    hooks = Hooks(admin_id)
    db.configure(url)
    files.configure(Path(url.removeprefix("sqlite:///")).parent / "files")
    db.on_commit(hooks.noted)
    bus = Bus(redis_url) if redis_url else None
    site = Site(settings, publish=bus.publish if bus else None, listen=bus.run if bus else None)
    outside = FastAPI()
    outside.post(f"{HOOKS}change")(hooks.change)
    outside.get(f"{HOOKS}state")(hooks.state)

    async def either(scope: Scope, receive: Receive, send: Send) -> None:
        is_hook = scope["type"] == "http" and scope["path"].startswith(HOOKS)
        await (outside if is_hook else site.asgi)(scope, receive, send)

    return either


def main() -> None:
    """Serve until stopped."""
    url, port, admin_id, *redis_url = sys.argv[1:]
    served = build(url, redis_url[0] if redis_url else "", int(admin_id))
    uvicorn.run(
        served,
        host="127.0.0.1",
        port=int(port),
        log_level="warning",
        ws_per_message_deflate=False,
        ws_max_size=2**20,
    )


if __name__ == "__main__":
    main()
