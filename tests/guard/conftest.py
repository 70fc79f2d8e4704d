"""One process for all attacks on it, and another that is reached through https."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import httpx
import pytest

from data.models import Role
from tests import sites
from tests.sites import Site

Browser = Callable[[str], httpx.Client]
Newcomer = Callable[[Role], httpx.Client]

HTTPS = "https://assistance.exemple.fr"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One process with nothing set up."""
    with sites.embedded(tmp_path_factory.mktemp("guarded")) as site:
        yield site


@pytest.fixture(scope="session")
def https_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A process whose people come through a proxy that speaks https."""
    with sites.embedded(tmp_path_factory.mktemp("https"), BASE_URL=HTTPS) as site:
        yield site


@pytest.fixture
def browser(site: Site) -> Iterator[Browser]:
    """A browser in which a persona is signed in."""
    opened: list[httpx.Client] = []

    def of(name: str) -> httpx.Client:
        cookies = {"appticket": site.session_of(name)}
        opened.append(httpx.Client(base_url=site.url, cookies=cookies))
        return opened[-1]

    yield of
    for client in opened:
        client.close()


@pytest.fixture
def newcomer(site: Site, browser: Browser) -> Newcomer:
    """A browser of somebody new: of what one may do so often in a minute, all is left."""

    def of(role: Role) -> httpx.Client:
        name = f"new-{uuid4().hex[:8]}"
        site.ids[name] = site.add(name, f"{name}@exemple.fr", role=role)
        return browser(name)

    return of
