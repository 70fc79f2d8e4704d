"""Throw-away MariaDB, Redis and nginx: real ones, each on a free port with a folder of its own.

    with servers.mariadb() as database, servers.redis() as redis:
        run(database.url, redis.url)

They are stopped by process id when the block ends, and by the kernel should the thread that
started them die first: start them in one that lives as long. `kill` and `start` again find the
data where it was, as after a crash.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

START_SECONDS = 30.0
STOP_SECONDS = 20.0
LOOPBACK = "127.0.0.1"
SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
NGINX_TEMPLATE = Path(__file__).parent.parent / "docker" / "nginx" / "appticket.conf"


class Server:
    """A process that listens on a port of this machine."""

    def __init__(self, command: Sequence[str], folder: Path, port: int) -> None:
        self.command = command
        self.folder = folder
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where it listens, as host:port."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.folder / "output.log"

    def start(self) -> None:
        """Start it and wait until it accepts connections.

        Raises:
            RuntimeError: it ended or did not answer in time; the message holds its last lines.
        """
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*_tied_to_this_thread(), *self.command],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the tests, which then stop it in order
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                lines = self.log.read_text(errors="replace").splitlines()
                raise RuntimeError("\n".join([f"{self.command[0]} did not start:", *lines[-20:]]))
            time.sleep(0.02)

    def is_ready(self) -> bool:
        """Tell whether it accepts connections."""
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex((LOOPBACK, self.port)) == 0

    def stop(self) -> None:
        """End it in order; one that does not end in time is killed."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None

    def kill(self) -> None:
        """End it as a power cut would, SIGKILL, and wait for the end."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen one go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None, "not running"
        self.process.send_signal(number)


class MariaDB(Server):
    """A MariaDB with an empty database, whose user may do anything there and nothing else."""

    DATABASE = "appticket"
    USER = "appticket"
    PASSWORD = "appticket"

    def is_ready(self) -> bool:
        """Tell whether it greets: one that only listens yet loses a signal to stop."""
        try:
            with socket.create_connection((LOOPBACK, self.port), 1) as probe:
                return bool(probe.recv(1))
        except OSError:
            return False

    @property
    def url(self) -> str:
        """The database as SQLAlchemy wants it."""
        return self.url_of(self.DATABASE)

    @property
    def root_url(self) -> str:
        """The same by the user who may change the server's settings."""
        return f"mysql+pymysql://root@{self.address}/{self.DATABASE}?charset=utf8mb4"

    def url_of(self, database: str) -> str:
        """Another database, whose name must begin with `appticket`, for the same user."""
        login = f"{self.USER}:{self.PASSWORD}"
        return f"mysql+pymysql://{login}@{self.address}/{database}?charset=utf8mb4"


class Redis(Server):
    """A Redis that keeps nothing on disk unless told so."""

    @property
    def url(self) -> str:
        """Its first database."""
        return f"redis://{self.address}/0"


class Nginx(Server):
    """nginx in front of two nodes, with the configuration that is shipped."""

    @property
    def url(self) -> str:
        """What a browser opens."""
        return f"http://localhost:{self.port}"

    @property
    def access_log(self) -> Path:
        """One line per request."""
        return self.folder / "access.log"


S = TypeVar("S", bound=Server)


@contextmanager
def mariadb(*, durable: bool = False, options: Sequence[str] = ()) -> Iterator[MariaDB]:
    """Run a MariaDB with an empty database; `durable` keeps every commit through a kill.

    `options` are further ones of mariadbd, `--max-connections=5`.
    """
    with _folder() as folder:
        data, temporary = folder / "data", folder / "tmp"
        temporary.mkdir()  # two that start at once trip over each other’s tables in /tmp
        as_root = ["--user=root"] if os.geteuid() == 0 else []
        install = [
            _program("mariadb-install-db"),
            "--no-defaults",
            f"--datadir={data}",
            f"--tmpdir={temporary}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
            *as_root,
        ]
        finish(install)
        first = folder / "first.sql"
        first.write_text(_FIRST_STATEMENTS.format(it=MariaDB), encoding="utf-8")
        port = free_port()
        command = [
            _program("mariadbd"),
            "--no-defaults",
            f"--datadir={data}",
            f"--tmpdir={temporary}",
            f"--port={port}",
            f"--bind-address={LOOPBACK}",
            f"--socket={folder / 's'}",
            f"--pid-file={folder / 'pid'}",
            f"--init-file={first}",
            *as_root,
            *_MARIADB_OPTIONS,
            *(_DURABLE if durable else _FAST),
            *options,
        ]
        with _running(MariaDB(command, folder, port)) as server:
            yield server


@contextmanager
def redis(*, durable: bool = False, options: Sequence[str] = ()) -> Iterator[Redis]:
    """Run an empty Redis; `durable` writes each change to disk before it answers."""
    with _folder() as folder:
        port = free_port()
        kept = ["--appendonly", "yes", "--appendfsync", "always"] if durable else []
        command = [
            _program("redis-server"),
            *("--port", str(port), "--bind", LOOPBACK, "--dir", str(folder), "--save", ""),
            *kept,
            *options,
        ]
        with _running(Redis(command, folder, port)) as server:
            yield server


@contextmanager
def nginx(node_a: str, node_b: str, **settings: str) -> Iterator[Nginx]:
    """Run nginx before two addresses `host:port`, a and b.

    `settings` replace those of the template: `page_rate="5"`.
    """
    with _folder() as folder:
        port = free_port()
        values = {
            "listen": f"{LOOPBACK}:{port}",
            "server_name": f"localhost {LOOPBACK}",
            "scheme": "$scheme",
            "node_a": node_a,
            "node_b": node_b,
            "resolver": LOOPBACK,
            "cache_dir": str(folder / "cache"),
            "access_log": str(folder / "access.log"),
            "page_rate": "10000",
            "auth_rate": "10000",
            "includes": str(folder / "*.include"),
            **settings,
        }
        filled = rendered(NGINX_TEMPLATE.read_text(encoding="utf-8"), values)
        (folder / "appticket.conf").write_text(filled, encoding="utf-8")
        as_root = "user root;" if os.geteuid() == 0 else ""
        main = folder / "nginx.conf"
        main.write_text(_NGINX_MAIN.format(as_root=as_root), encoding="utf-8")
        # -e: otherwise it first complains that it may not write Debian's log.
        command = [_program("nginx"), "-p", str(folder), "-c", str(main), "-e", "error.log"]
        finish([*command, "-t"])
        with _running(Nginx(command, folder, port)) as server:
            yield server


def rendered(template: str, values: Mapping[str, str]) -> str:
    """Fill in `${APPTICKET_NODE_A}` from `values["node_a"]`, and leave nginx's `$host` alone."""
    return re.sub(r"\$\{APPTICKET_([A-Z_]+)\}", lambda m: values[m[1].lower()], template)


def free_port() -> int:
    """Return a port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def finish(command: Sequence[str]) -> str:
    """Run a command to its end and return what it printed.

    Raises:
        RuntimeError: it failed; the message holds the command and what it said.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def wait_until(is_true: Callable[[], object], seconds: float = START_SECONDS) -> None:
    """Wait for something another process does.

    Raises:
        TimeoutError: it did not come true in time.
    """
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)


_FIRST_STATEMENTS = """\
CREATE DATABASE IF NOT EXISTS {it.DATABASE};
CREATE USER IF NOT EXISTS '{it.USER}'@'%' IDENTIFIED BY '{it.PASSWORD}';
GRANT ALL PRIVILEGES ON `{it.DATABASE}%`.* TO '{it.USER}'@'%';
"""
_MARIADB_OPTIONS = (
    "--character-set-server=utf8mb4",
    "--collation-server=utf8mb4_unicode_ci",
    "--skip-name-resolve",
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=16M",
    "--key-buffer-size=1M",
    "--max-connections=100",
    "--performance-schema=OFF",
)
_DURABLE = ("--innodb-flush-log-at-trx-commit=1",)
_FAST = (
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--innodb-doublewrite=OFF",
)
_NGINX_MAIN = """\
daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log warn;
{as_root}
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include appticket.conf;
}}
"""


@contextmanager
def _folder() -> Iterator[Path]:
    # Not pytest's tmp_path: a path to a socket may have 107 characters.
    with tempfile.TemporaryDirectory(prefix="appticket-") as name:
        yield Path(name)


@contextmanager
def _running(server: S) -> Iterator[S]:
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _program(name: str) -> str:
    path = os.pathsep.join([os.environ.get("PATH", ""), *SYSTEM_FOLDERS])
    found = shutil.which(name, path=path)
    if found is None:
        raise RuntimeError(f"{name} is not installed; `make test` as root installs it")
    return found


def _tied_to_this_thread() -> list[str]:
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []
