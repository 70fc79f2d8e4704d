"""One Chromium for all journeys, two installations, and people who come in."""

import shutil
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

pytest.importorskip("playwright")
from playwright.async_api import Browser, async_playwright, expect

from services import sla
from tests import sites
from tests.browser.people import FLAGS, SOON, House
from tests.sites import Site

CHROMIUM = shutil.which("chromium")
expect.set_options(timeout=SOON)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The browser; every person has a context of their own in it."""
    if not CHROMIUM:
        pytest.skip("no Chromium here")
    async with async_playwright() as started:
        browser = await started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def house(chromium: Browser) -> AsyncIterator[House]:
    """Where people come in; what goes wrong in a browser fails the test."""
    house = House(chromium)
    yield house
    problems = await house.close()
    assert problems == []


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One process with nothing set up."""
    with sites.embedded(tmp_path_factory.mktemp("embedded")) as site:
        yield site


@pytest.fixture(scope="session")
def two_nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two processes behind nginx, on MariaDB and Redis."""
    with sites.two_nodes(tmp_path_factory.mktemp("nodes")) as site:
        yield site


def promise_nothing(site: Site) -> None:
    """Remove all policies."""
    diane = site.actor("diane")
    for policy_id in site.read(lambda s: [policy.id for policy in sla.all(s, diane)]):
        site.write(lambda s, one=policy_id: sla.delete(s, diane, one))  # type: ignore[misc] # bound now


@pytest.fixture(autouse=True)
def _promised_for_one_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let no policy of a test make promises in the next one, whichever that is."""
    yield
    if "site" in request.fixturenames:
        promise_nothing(request.getfixturevalue("site"))


@pytest.fixture(params=["one process", pytest.param("two nodes", marks=pytest.mark.mariadb)])
def anywhere(request: pytest.FixtureRequest) -> Site:
    """Each of the installations in turn: a journey is the same in both."""
    name = "site" if request.param == "one process" else "two_nodes"
    site: Site = request.getfixturevalue(name)
    return site
