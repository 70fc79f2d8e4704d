"""The description says what happens: schemathesis over all of it, as each role (C12)."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from integrations.api import version_1
from services import tokens
from services.tokens import Scope, Wish
from tests import sites
from tests.sites import Site

HERE = Path(__file__).parent
SPOKEN_FOR = r"^/tokens/\{token\}$"  # the token at work could end itself


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A started installation with some tickets."""
    with sites.embedded(tmp_path_factory.mktemp("described"), API_RATE="100000") as site:
        for n in range(8):
            number = site.ticket(f"Ticket {n}")
            site.comment(number, "Rien ne sort.", "alice")
        yield site


def token_of(site: Site, name: str) -> str:
    by = site.actor(name)
    return site.write(lambda s: tokens.create(s, by, Wish(name="test", scopes=[Scope.ALL]))[1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "phases"),
    [
        ("alice", "examples,coverage"),
        ("bruno", "examples,fuzzing"),
        ("chloe", "examples,fuzzing"),
        ("diane", "coverage"),
    ],
)
def test_schemathesis_finds_nothing(site: Site, tmp_path: Path, name: str, phases: str) -> None:
    done = subprocess.run(
        [
            Path(sys.executable).with_name("st"),
            f"--config-file={HERE / 'schemathesis.toml'}",
            "run",
            f"{site.url}/api/openapi.json",
            f"--header=Authorization: Bearer {token_of(site, name)}",
            f"--exclude-path-regex={SPOKEN_FOR}",
            f"--phases={phases}",
            "--no-color",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert re.search(r"[1-9]\d{2,} generated", done.stdout), done.stdout[-2000:]
    assert site.mistakes() == []


def test_every_operation_is_described_in_full() -> None:
    described = version_1().openapi()

    operations = [op for item in described["paths"].values() for op in item.values()]
    ids = [operation["operationId"] for operation in operations]
    assert described["openapi"] == "3.1.0"
    assert len(ids) == len(set(ids)) > 50
    assert {tag["name"] for tag in described["tags"]} == {
        t for op in operations for t in op["tags"]
    }
    for operation in operations:
        assert operation["description"], operation["operationId"]
        assert {"401", "403", "404", "422", "429"} <= set(operation["responses"])
        assert operation["security"], operation["operationId"]


async def test_the_page_and_the_description_are_open_and_ours(site: Site) -> None:
    async with httpx.AsyncClient(base_url=site.url) as client:
        page = await client.get("/api/docs")
        described = await client.get("/api/openapi.json")
        files = re.findall(r'(?:href|src)="([^"]+)"', page.text)

        assert page.status_code == described.status_code == 200
        assert described.json()["servers"] == [{"url": "/api/v1"}]
        assert files
        assert all(file.startswith("/") for file in files)
        assert [(await client.get(file)).status_code for file in files] == [200] * len(files)
        assert (await client.get("/api/docs/index.html")).status_code == 404
        assert (await client.get("/api/v1/tickets")).status_code == 401
