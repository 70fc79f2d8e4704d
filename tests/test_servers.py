"""The throw-away servers of the tests, and what our nginx lets through (R-25, security 2.3)."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import httpx
import pytest
import redis
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from tests import servers


@pytest.mark.mariadb
def test_mariadb_keeps_what_was_committed_through_a_kill() -> None:
    with servers.mariadb(durable=True) as server:
        engine = create_engine(server.url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE kept (word VARCHAR(20))"))
            connection.execute(text("INSERT INTO kept VALUES ('là 🖨')"))
        engine.dispose()

        server.kill()
        with pytest.raises(OperationalError):
            engine.connect()
        server.start()

        with engine.connect() as connection:
            assert connection.scalar(text("SELECT word FROM kept")) == "là 🖨"
            assert connection.scalar(text("SELECT @@character_set_server")) == "utf8mb4"
        engine.dispose()
        pid = server.process.pid if server.process else 0

    assert not _exists(pid)
    assert not server.folder.exists()


@pytest.mark.mariadb
def test_the_user_of_the_database_may_not_change_the_server() -> None:
    with servers.mariadb() as server:
        engine = create_engine(server.url_of("appticket_two"))
        with create_engine(server.url).connect() as connection:
            connection.execute(text("CREATE DATABASE appticket_two"))
            with pytest.raises(OperationalError, match="Access denied"):
                connection.execute(text("SET GLOBAL read_only = 1"))
            connection.engine.dispose()
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT DATABASE()")) == "appticket_two"
        engine.dispose()


def test_redis_forgets_or_keeps_as_asked() -> None:
    for durable in (False, True):
        with servers.redis(durable=durable) as server, redis.Redis.from_url(server.url) as client:
            client.set("word", "là")
            server.kill()
            server.start()
            assert (client.get("word") is not None) == durable


def test_a_server_that_cannot_start_says_why() -> None:
    with (
        pytest.raises(RuntimeError, match=r"(?s)did not start.*no-such-option"),
        servers.redis(options=["--no-such-option", "1"]),
    ):
        pass


class Node(BaseHTTPRequestHandler):
    """A process behind nginx that tells who it is and what it was asked."""

    name = ""
    answered: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.answered.append(self.path)
        words = [self.name, *(f"{name.lower()}={value}" for name, value in self.headers.items())]
        body = "\n".join(words).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Frame-Options", "SAMEORIGIN")
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its protocol
        """Say nothing."""


class A(Node):
    name = "a"


class B(Node):
    name = "b"


class Patient(ThreadingHTTPServer):
    """Lets as many callers wait as a real process does, not five."""

    request_queue_size = 128


@pytest.fixture
def nodes() -> Iterator[list[ThreadingHTTPServer]]:
    """Two processes, a and b."""
    Node.answered.clear()
    running: list[ThreadingHTTPServer] = [Patient((servers.LOOPBACK, 0), node) for node in (A, B)]
    threads = [threading.Thread(target=node.serve_forever, args=(0.01,)) for node in running]
    for thread in threads:
        thread.start()
    yield running
    for node in running:
        node.shutdown()
        node.server_close()
    for thread in threads:
        thread.join()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What a test opens and leaves to be closed."""
    with ExitStack() as stack:
        yield stack


def _proxy(
    stack: ExitStack, nodes: list[ThreadingHTTPServer], **settings: str
) -> tuple[servers.Nginx, httpx.Client]:
    a, b = (f"{servers.LOOPBACK}:{node.server_port}" for node in nodes)
    server = stack.enter_context(servers.nginx(a, b, **settings))
    return server, stack.enter_context(httpx.Client(base_url=server.url, trust_env=False))


def test_a_socket_finds_the_process_of_its_page_or_the_other_when_it_is_gone(
    stack: ExitStack, nodes: list[ThreadingHTTPServer]
) -> None:
    _, browser = _proxy(stack, nodes)

    assert _who(browser.get("/_nicegui_ws/socket.io/?node=a&EIO=4")) == "a"
    assert _who(browser.get("/_nicegui_ws/socket.io/?node=b&EIO=4")) == "b"
    assert {_who(browser.get("/tickets")) for _ in range(8)} == {"a", "b"}
    assert _who(browser.get("/_nicegui_ws/socket.io/?node=elsewhere")) in "ab"

    nodes[0].shutdown()
    nodes[0].server_close()

    assert _who(browser.get("/_nicegui_ws/socket.io/?node=a&EIO=4")) == "b"
    assert {_who(browser.get("/tickets")) for _ in range(8)} == {"b"}


def test_a_visitor_cannot_say_who_he_is(stack: ExitStack, nodes: list[ThreadingHTTPServer]) -> None:
    server, browser = _proxy(stack, nodes)
    claims = {
        "X-Forwarded-For": "10.0.0.1",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Prefix": "//evil.example",
        "X-Real-IP": "10.0.0.1",
        "X-Remote-User": "diane",
        "Forwarded": "for=10.0.0.1",
        "X-Request-Id": "forged",
    }

    heard = set(browser.get("/tickets", headers=claims).text.splitlines())

    assert f"host=localhost:{server.port}" in heard
    assert f"x-forwarded-for={servers.LOOPBACK}" in heard
    assert "x-forwarded-proto=http" in heard
    for silent in ("host", "prefix"):
        assert not any(line.startswith(f"x-forwarded-{silent}=") for line in heard)
    assert not any("10.0.0.1" in line or "diane" in line or "forged" in line for line in heard)


def test_another_host_name_gets_no_answer(
    stack: ExitStack, nodes: list[ThreadingHTTPServer]
) -> None:
    server, browser = _proxy(stack, nodes)

    with pytest.raises(httpx.RemoteProtocolError):
        browser.get("/", headers={"Host": "evil.example"})

    request = f"GET http://localhost:{server.port}/ HTTP/1.1\r\nHost: evil.example\r\n\r\n"
    heard = _raw(server, request)
    assert "host=localhost" in heard
    assert "evil.example" not in heard


def test_answers_carry_the_headers_of_the_proxy_once(
    stack: ExitStack, nodes: list[ThreadingHTTPServer]
) -> None:
    _, browser = _proxy(stack, nodes)

    for path in ("/tickets", "/login", "/_nicegui_ws/socket.io/?node=a", "/assets/1/app.css"):
        headers = browser.get(path).headers
        assert headers.get_list("X-Frame-Options") == ["DENY"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]
        assert "Strict-Transport-Security" not in headers
        assert headers["Server"] == "nginx"


def test_tls_ended_in_front_is_told_to_the_process_and_the_browser(
    stack: ExitStack, nodes: list[ThreadingHTTPServer]
) -> None:
    _, browser = _proxy(stack, nodes, scheme="https")

    answer = browser.get("/")

    assert "x-forwarded-proto=https" in answer.text.splitlines()
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")


def test_a_file_under_a_versioned_address_is_asked_for_once(
    stack: ExitStack, nodes: list[ThreadingHTTPServer]
) -> None:
    _, browser = _proxy(stack, nodes)

    for path in ("/assets/3f2a/app.css", "/_nicegui/3.18.0/static/vue.js"):
        for _ in range(3):
            browser.get(path)
        browser.get(f"{path}?again")
        assert Node.answered.count(path) == 1

    for _ in range(3):
        browser.get("/_nicegui/client/abc")
    assert Node.answered.count("/_nicegui/client/abc") == 3


def test_too_much_too_fast_and_too_curious_is_refused(
    stack: ExitStack, nodes: list[ThreadingHTTPServer]
) -> None:
    _, browser = _proxy(stack, nodes, auth_rate="10")
    browser.timeout = 60

    assert browser.post("/uploads/comment", content=b"x" * (29 << 20)).status_code == 200
    assert browser.post("/uploads/comment", content=b"x" * (31 << 20)).status_code == 413
    assert browser.get("/metrics").status_code == 404
    assert "/metrics" not in Node.answered

    assert _at_once(browser, "/login", 60).count(429) >= 20
    assert _at_once(browser, "/tickets", 60).count(200) == 60


def test_the_log_holds_no_arguments(stack: ExitStack, nodes: list[ThreadingHTTPServer]) -> None:
    server, browser = _proxy(stack, nodes)

    browser.get("/auth/entra/callback?code=secret")

    servers.wait_until(server.access_log.read_text)
    line = server.access_log.read_text()
    assert '"GET /auth/entra/callback" 200' in line
    assert "secret" not in line


def test_when_no_process_answers_the_page_says_so_and_tries_again(
    stack: ExitStack, nodes: list[ThreadingHTTPServer]
) -> None:
    _, browser = _proxy(stack, nodes)
    for node in nodes:
        node.shutdown()
        node.server_close()

    answer = browser.get("/tickets")

    assert answer.status_code == 503
    assert "http-equiv=refresh" in answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def _who(answer: httpx.Response) -> str:
    return answer.text.partition("\n")[0]


def _raw(server: servers.Server, request: str) -> str:
    with socket.create_connection((servers.LOOPBACK, server.port)) as line:
        line.sendall(request.encode())
        line.settimeout(2)
        return line.recv(65536).decode()


def _at_once(browser: httpx.Client, path: str, times: int) -> list[int]:
    statuses: list[int] = []

    def ask() -> None:
        statuses.append(browser.get(path).status_code)

    threads = [threading.Thread(target=ask) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def _exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
