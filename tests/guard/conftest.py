"""One process for all attacks on it, and another that is reached through https."""

from collections.abc import Iterator

import pytest

from tests import sites
from tests.sites import Site

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
