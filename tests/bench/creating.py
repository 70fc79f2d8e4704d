"""How fast tickets are created through the API: over HTTP, in a process as people run it."""

import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from data import db
from data.models import Role, User
from services import tokens
from services.tokens import Scope, Wish
from tests import servers
from tests.sites import Node

ONE_AT_A_TIME = 100
AT_ONCE = 400
CLIENTS = 10
_PATIENCE = 30


def measure(folder: Path) -> tuple[list[float], float]:
    """Return what each of some creations took one client, in ms; how many ten make in a second."""
    with _served(folder) as (port, token):
        _create(port, token, 20)
        alone = _create(port, token, ONE_AT_A_TIME)
        begun = time.perf_counter()
        with ThreadPoolExecutor(CLIENTS) as pool:
            share = AT_ONCE // CLIENTS
            list(pool.map(lambda _n: _create(port, token, share), range(CLIENTS)))
        return alone, AT_ONCE / (time.perf_counter() - begun)


@contextmanager
def _served(folder: Path) -> Iterator[tuple[int, str]]:
    """Serve the database that is configured; yield its port and a technician’s token."""
    url = db.engine().url.render_as_string(hide_password=False)
    with db.reading() as s:
        email = s.scalars(select(User.email).where(User.role == Role.TECHNICIAN)).first() or ""
    wish = Wish(name="bench", scopes=[Scope.ALL])
    _row, token = db.write(lambda s: tokens.issue(s, email, wish))
    settings = {"DATABASE_URL": url, "DATA_DIR": str(folder), "API_RATE": "100000"}
    node = Node(folder, servers.free_port(), settings)
    node.start()
    try:
        yield node.port, token
    finally:
        node.stop()


def _create(port: int, token: str, number: int) -> list[float]:
    """Create some tickets one after another over one connection; return what each took in ms."""
    connection = http.client.HTTPConnection(servers.LOOPBACK, port, timeout=_PATIENCE)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    times = []
    for n in range(number):
        told = {"title": f"Imprimante {n}", "description": "Elle ne répond plus. " * 10}
        begun = time.perf_counter()
        connection.request("POST", "/api/v1/tickets", json.dumps(told), headers)
        answer = connection.getresponse()
        answer.read()
        times.append((time.perf_counter() - begun) * 1000)
        if answer.status != 201:
            raise RuntimeError(answer.status)
    connection.close()
    return times
