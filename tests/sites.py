"""AppTicket as people run it: real processes, each installation in a folder of its own.

    with sites.embedded(folder) as site:
        site.write(lambda s: users.deactivate(s, site.actor("diane"), site.ids["bruno"]))

`embedded` is one process on SQLite; `two_nodes` are two on MariaDB and Redis behind nginx. Both
have the five personas of `tests/conftest.py`, who all sign in with PASSWORD.
"""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import httpx
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from data import connections, db
from data.models import Role, Ticket
from services import accounts, categories, comments, creation, passwords, sessions, teams, users
from services.permissions import Actor
from tests import servers
from tests.conftest import CHEAP, ROLES

R = TypeVar("R")
ROOT = Path(__file__).parent.parent
PASSWORD = "douze girafes bleues"
_SECRET = "a secret that only tests know, 32 characters at least"


class Node(servers.Server):
    """One process of AppTicket."""

    def __init__(self, folder: Path, port: int, settings: dict[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        values = {"PORT": str(port), "LOG_LEVEL": "WARNING", "SECRET_KEY": _SECRET, **settings}
        self._variables = [f"APPTICKET_{name}={value}" for name, value in values.items()]
        super().__init__(self.run("serve"), folder, port)

    def run(self, command: str) -> list[str]:
        """Return the command line of one of the program’s commands."""
        return ["env", *self._variables, sys.executable, str(ROOT / "main.py"), command]

    @property
    def url(self) -> str:
        """Where it answers itself."""
        return f"http://localhost:{self.port}"


@dataclass
class Site:
    """A running installation, and the way past its pages to its database."""

    url: str
    engine: Engine
    nodes: list[Node]
    ids: dict[str, int] = field(default_factory=dict)
    database: servers.MariaDB | None = None
    redis: servers.Redis | None = None
    doors: dict[str, str] = field(default_factory=dict)  # an nginx that leads to one node only
    _read: dict[int, int] = field(default_factory=dict)

    def mistakes(self) -> list[str]:
        """Return what the processes complained of since the last time."""
        found = []
        for node in self.nodes:
            lines = node.log.read_text(errors="replace").splitlines()
            read, self._read[node.port] = self._read.get(node.port, 0), len(lines)
            found += [
                line for line in lines[read:] if re.search(r" ERROR |Error: |Traceback", line)
            ]
        return found

    def write(self, work: Callable[[Session], R]) -> R:
        """Run services in a transaction, as another process would; committed on return."""
        bound = self.engine.execution_options(writes=True)
        with Session(bound, expire_on_commit=False) as s, s.begin():
            return work(s)

    def read(self, work: Callable[[Session], R]) -> R:
        """Look at the data, also when its server was killed since the last look."""
        for _attempt in range(connections.POOL_SIZE):
            with suppress(DBAPIError), Session(self.engine, expire_on_commit=False) as s:
                return work(s)
        with Session(self.engine, expire_on_commit=False) as s:
            return work(s)

    def actor(self, name: str) -> Actor:
        """Return a persona as services know them."""
        return self.read(lambda s: sessions.actor_of(s, self.ids[name]))

    def session_of(self, name: str) -> str:
        """Open a session and return its token: what a browser’s cookie holds."""
        return self.write(lambda s: sessions.open(s, self.ids[name]))

    def ticket(self, title: str, by: str = "alice", **more: object) -> int:
        """Open a ticket and return its number."""
        new = creation.NewTicket(title=title, **more)  # type: ignore[arg-type] # as the test says
        return self.write(lambda s: creation.create(s, self.actor(by), new).number)

    def comment(self, number: int, body: str, by: str, *, internal: bool = False) -> int:
        """Write a comment and return its id."""
        who = self.actor(by)
        return self.write(lambda s: comments.post(s, who, number, body, internal=internal).id)

    def wake(self) -> None:
        """Let something happen in the process that serves: it looks what is to be told."""
        given = {"email": "diane@exemple.fr", "password": PASSWORD}
        headers = {"Origin": self.url}
        answer = httpx.post(f"{self.url}/login", data=given, headers=headers, timeout=20)
        assert answer.status_code == 303

    def find(self, number: int) -> Ticket:
        """Return a ticket as it is stored."""
        return self.read(lambda s: s.query(Ticket).filter_by(number=number).one())

    def fill(self) -> None:
        """Make the personas, a team and the first categories."""
        passwords.configure(CHEAP)
        admin = self.write(
            lambda s: accounts.create_admin(s, "diane@exemple.fr", PASSWORD, "Diane").id
        )
        self.ids["diane"] = admin
        diane = self.actor("diane")
        for name, role in ROLES.items():
            if name != "diane":
                self.ids[name] = self.add(name.title(), f"{name}@exemple.fr", role=role)
        members = [self.ids["bruno"]]
        self.write(lambda s: teams.create(s, diane, name="Réseau", member_ids=members))
        self.write(categories.seed)

    def add(self, name: str, email: str, role: Role = Role.REQUESTER, **more: object) -> int:
        """Make somebody with an account and return their id."""
        diane = self.actor("diane")
        more = {"name": name, "email": email, "role": role, "password": PASSWORD, **more}
        return self.write(lambda s: users.create(s, diane, **more).id)  # type: ignore[arg-type] # as the test says


@contextmanager
def embedded(folder: Path, **settings: str) -> Iterator[Site]:
    """Run one process with nothing set up: SQLite in its data folder."""
    with empty(folder, **settings) as site:
        site.fill()
        yield site


@contextmanager
def empty(folder: Path, **settings: str) -> Iterator[Site]:
    """Run one process on an installation in which nobody has an account."""
    with ExitStack() as running:
        port = servers.free_port()
        node = Node(folder, port, {"DATA_DIR": str(folder / "var"), **settings})
        node.start()
        running.callback(node.stop)
        engine = db.configure(f"sqlite:///{folder}/var/appticket.db")
        running.callback(engine.dispose)
        yield Site(node.url, engine, [node])


@contextmanager
def two_nodes(folder: Path) -> Iterator[Site]:
    """Run two processes on one MariaDB and one Redis, behind nginx as it is shipped."""
    with ExitStack() as running:
        database = running.enter_context(servers.mariadb(durable=True))
        redis = running.enter_context(servers.redis())
        ports = [servers.free_port(), servers.free_port()]
        addresses = [f"{servers.LOOPBACK}:{port}" for port in ports]
        nginx = running.enter_context(servers.nginx(*addresses))
        doors = {
            name: running.enter_context(servers.nginx(address, address)).url
            for name, address in zip("ab", addresses, strict=True)
        }
        shared = {
            "DATA_DIR": str(folder / "var"),
            "DATABASE_URL": database.url,
            "REDIS_URL": redis.url,
            "BASE_URL": nginx.url,
        }
        nodes = [
            Node(folder / name, port, {**shared, "NODE": name})
            for name, port in zip("ab", ports, strict=True)
        ]
        subprocess.run(nodes[0].run("migrate"), cwd=folder, check=True, capture_output=True)
        for node in nodes:
            node.start()
            running.callback(node.stop)
        engine = db.configure(database.url)
        running.callback(engine.dispose)
        site = Site(nginx.url, engine, nodes, database=database, redis=redis, doors=doors)
        site.fill()
        yield site
