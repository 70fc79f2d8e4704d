"""What the guard lets pass, and what every answer carries (R-11, R-12, R-23; T-11, T-12, T-23)."""

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from sqlalchemy import func, select

from data import db
from data.config import Settings
from data.models import Event, FactBlock, FactMark, LoginSession, Schedule, User
from tests.guard.conftest import HTTPS
from tests.servers import wait_until
from tests.sites import Site
from ui import guard, shell, statics, transfers
from ui.gate import Gate
from ui.logins import Logins

SECRET = "s" * 40

# What a stranger gets at every address there is; one that is missing here fails the test.
ANONYMOUS = {
    "GET /login": 200,
    "GET /setup": 303,
    "GET /files/{attachment_id}": 401,
    "GET /files/{attachment_id}/preview": 401,
    "GET /assets/{version}/{name}": 404,
    "GET /manifest.json": 200,
    "GET /robots.txt": 200,
    "GET /favicon.ico": 200,
    "GET /healthz": 200,
    "GET /readyz": 200,
    "POST /login": 422,
    "POST /logout": 401,
    "POST /setup": 303,
    "POST /uploads/{context}": 401,
    **{f"GET {path}": 303 for path in shell.PAGES},
}
UNKNOWN = (
    "/api",
    "/docs",
    "/openapi.json",
    "/redoc",
    "/metrics/",
    "/metrics/x",
    "/_debug",
    "/admin",
    "/admin/backups",
    "/.env",
    "/.git/config",
    "/var/appticket.db",
    "/_nicegui/client/x/upload/1",
    "/_nicegui/auto/static/x",
    "/assets/../main.py",
    "/login/x",
    "//evil.example",
    "/tickets/1e3",
    "/tickets/-1",
    "/tickets/1234567890123",
)


@pytest.fixture
def stranger(site: Site) -> Iterator[httpx.Client]:
    """Somebody without a cookie."""
    with httpx.Client(base_url=site.url) as client:
        yield client


@pytest.fixture
def bruno(site: Site) -> Iterator[httpx.Client]:
    """A technician’s browser, on a page of ours."""
    cookies = {"appticket": site.session_of("bruno")}
    with httpx.Client(base_url=site.url, cookies=cookies, headers={"Origin": site.url}) as client:
        yield client


def routes() -> set[str]:
    """Return every route of ours, as METHOD path."""
    settings = Settings(secret_key=SECRET)
    gate = Gate(settings, Logins(settings)).router()
    found = {f"GET {path}" for path in shell.PAGES} | {"GET /healthz", "GET /readyz"}
    for router in (gate, transfers.router, statics.router):
        found |= methods_of(router)
    return found


def methods_of(router: APIRouter) -> set[str]:
    return {
        f"{method} {route.path}"
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }


def filled(path: str) -> str:
    """Return an address of a route."""
    values = {"number": "1", "attachment_id": "1", "context": "new", "version": "0", "name": "x"}
    return re.sub(r"\{(\w+)\}", lambda match: values[match[1]], path)


def test_the_table_names_every_address() -> None:
    assert routes() == set(ANONYMOUS)


@pytest.mark.parametrize(("route", "status"), ANONYMOUS.items())
def test_a_stranger_gets_what_the_table_says(
    site: Site, stranger: httpx.Client, route: str, status: int
) -> None:
    method, path = route.split(" ")

    answer = stranger.request(method, filled(path), headers={"Origin": site.url})

    assert answer.status_code == status
    if status == 303 and path in shell.PAGES:
        assert answer.headers["location"].startswith("/login")


def test_monitoring_is_answered_on_this_machine_and_to_nobody_whom_a_proxy_passed_on(
    stranger: httpx.Client,
) -> None:
    here = stranger.get("/metrics")
    forged = stranger.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"})

    assert here.status_code == 200
    assert "appticket_database_up 1.0" in here.text
    assert (forged.status_code, forged.text) == (404, "")


@pytest.mark.parametrize("path", UNKNOWN)
def test_elsewhere_there_is_nothing_for_anybody(
    stranger: httpx.Client, bruno: httpx.Client, path: str
) -> None:
    for client in (stranger, bruno):
        answer = client.get(httpx.URL(client.base_url, raw_path=path.encode()))
        assert answer.status_code == 404
        assert not re.search(
            r"Traceback|/work|site-packages|SELECT|NiceGUI|\d+\.\d+\.\d+", answer.text
        )


def test_polling_a_socket_needs_a_session_too(stranger: httpx.Client) -> None:
    query = {"EIO": "4", "transport": "polling"}

    assert stranger.get("/_nicegui_ws/socket.io/", params=query).status_code == 401


FOREIGN = ("", "https://evil.example", "null", "http://sub.localhost", "http://localhost:1")
UNSAFE = sorted(route for route in ANONYMOUS if not route.startswith("GET"))


@pytest.mark.parametrize("route", [*UNSAFE, "POST /queue", "PUT /login", "DELETE /tickets/1"])
@pytest.mark.parametrize("origin", FOREIGN)
def test_a_change_is_asked_for_from_a_page_of_ours(
    bruno: httpx.Client, route: str, origin: str
) -> None:
    method, path = route.split(" ")
    bruno.headers.pop("Origin")

    answer = bruno.request(
        method, filled(path), headers={"Origin": origin} if origin else {}, content=b"x"
    )

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


_UNTOLD = select(func.count()).select_from(Event).where(Event.relayed_at.is_(None))
_MOVING = {model.__tablename__ for model in (LoginSession, User, Schedule, FactBlock, FactMark)}


def test_looking_changes_nothing(site: Site, bruno: httpx.Client) -> None:
    site.ticket("Intact")
    wait_until(lambda: site.read(lambda s: s.scalar(_UNTOLD)) == 0)  # not by looking
    before = contents(site)

    for route in ANONYMOUS:
        if route.startswith("GET "):
            assert bruno.get(filled(route.removeprefix("GET "))).status_code < 500

    assert contents(site) == before


def contents(site: Site) -> dict[str, list[object]]:
    """Return all rows but those that note who was seen when, and what runs by itself."""
    return {
        name: site.read(lambda s, table=table: list(s.execute(select(table))))  # type: ignore[misc] # bound now
        for name, table in db.Base.metadata.tables.items()
        if name not in _MOVING
    }


def test_a_body_is_at_most_a_megabyte_except_for_files(bruno: httpx.Client) -> None:
    big = {"email": "a" * 2**20, "password": "x"}

    assert bruno.post("/login", data=big).status_code == 413
    assert bruno.post("/tickets/new", content=b"x" * (2**20 + 1)).status_code == 413


def test_a_body_that_hides_its_length_is_cut_off(site: Site, bruno: httpx.Client) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"email="
        for _ in range(40):
            yield b"a" * 65536

    site.mistakes()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        status = bruno.post("/login", content=chunks(), headers=form).status_code
    except httpx.TransportError:
        status = 0

    assert status in (0, 400, 413, 422)
    assert httpx.get(f"{site.url}/healthz").status_code == 200


COMMON = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


@pytest.mark.parametrize("path", ["/login", "/queue", "/tickets/1", "/nowhere", "/healthz"])
def test_every_answer_carries_the_headers_that_protect(bruno: httpx.Client, path: str) -> None:
    answer = bruno.get(path)

    assert {name: answer.headers[name] for name in COMMON} == COMMON
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["x-request-id"])
    assert "strict-transport-security" not in answer.headers
    assert "server" not in answer.headers


@pytest.mark.parametrize("path", ["/login", "/queue", "/files/4711"])
def test_every_html_answer_has_a_policy_with_a_nonce_of_its_own(
    stranger: httpx.Client, bruno: httpx.Client, path: str
) -> None:
    client = stranger if path == "/login" else bruno
    nonces = set()
    for _ in range(2):
        answer = client.get(path, headers={"Accept": "text/html"})
        assert answer.headers["content-type"].startswith("text/html")
        policy = answer.headers["content-security-policy"]
        nonce = re.search(r"script-src 'self' 'nonce-([\w-]{20,})' 'unsafe-eval';", policy)
        assert nonce, policy
        assert "object-src 'none'; base-uri 'none'; frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"
        scripts = re.findall(r"<script\b[^>]*>", answer.text)
        assert all(f'nonce="{nonce[1]}"' in script for script in scripts), scripts
        assert not re.search(r"<[a-z][^>]*\son[a-z]+=", answer.text)
        nonces.add(nonce[1])
    assert len(nonces) == 2


def test_through_https_browsers_are_told_to_stay_there(https_site: Site) -> None:
    answer = httpx.get(f"{https_site.url}/login")

    assert "max-age=63072000" in answer.headers["strict-transport-security"]
    assert https_site.url != HTTPS


OUTSIDE = (
    *(
        "//evil.example",
        "///evil.example",
        "////evil.example",
        "/\\evil.example",
        "\\\\evil.example",
    ),
    *("https://evil.example", "http:evil.example", "https:evil.example", "http:/evil.example"),
    *(
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc",
    ),
    *(
        "/\t/evil.example",
        "/%09/evil.example\t",
        "/\n/evil.example",
        "/\r\nLocation: //evil.example",
    ),
    *("/x\r\nSet-Cookie: a=b", "/x\nX: y", "evil.example", "evil.example/x", "@evil.example", "?x"),
    *("/\u2215/evil.example", "/\uff0f/evil.example", "\uff0f\uff0fevil.example", "/\u3002evil"),
    *("/x#//evil.example", "/x y", '/"onload=x', "/<script>", "/x'y", "/x;y", "/x:y", "/x@evil"),
    *("", " ", " /x", "/\x00", "/x\x7f", "//", "/\\", "mailto:x@evil.example"),
)


@pytest.mark.parametrize("is_signed", [True, False])
@pytest.mark.parametrize("target", OUTSIDE)
def test_signing_in_leads_nowhere_else(target: str, is_signed: bool) -> None:
    signer = guard.next_signer(SECRET)
    token = str(signer.dumps(target)) if is_signed else target

    assert guard.next_path(signer, token) == "/"


def test_signing_in_leads_where_one_wanted_to_go() -> None:
    signer = guard.next_signer(SECRET)

    assert (
        guard.next_path(signer, str(signer.dumps("/queue?view=all&q=x"))) == "/queue?view=all&q=x"
    )
    assert guard.next_path(guard.next_signer("o" * 40), str(signer.dumps("/queue"))) == "/"
