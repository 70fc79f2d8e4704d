"""The client in docs/, with a token from the command line, against a started server (C12)."""

import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from data.models import Channel, Status
from tests import sites
from tests.sites import ROOT, Site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A started installation."""
    with sites.embedded(tmp_path_factory.mktemp("client")) as site:
        yield site


def command(site: Site, *options: str) -> subprocess.CompletedProcess[str]:
    run = [*site.nodes[0].run("token"), *options]
    return subprocess.run(
        run, cwd=site.nodes[0].folder, capture_output=True, text=True, check=False
    )


def test_the_command_prints_a_token_alone_on_its_last_line(site: Site) -> None:
    done = command(site, "--user", "bruno@exemple.fr", "--scope", "tickets:read", "--days", "3")

    assert done.returncode == 0, done.stderr
    token = done.stdout.splitlines()[-1]
    me = httpx.get(f"{site.url}/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert (me.json()["name"], me.json()["scopes"]) == ("Bruno", ["tickets:read"])


@pytest.mark.parametrize(
    ("user", "scope", "said"),
    [
        ("nobody@exemple.fr", "all", "user: Nobody who is active has this address."),
        ("bruno@exemple.fr", "everything", "scopes: Choose one of the values offered."),
    ],
)
def test_the_command_says_what_is_wrong(site: Site, user: str, scope: str, said: str) -> None:
    done = command(site, "--user", user, "--scope", scope)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"main.py: {said}\n"


def test_the_client_of_the_documents_does_what_it_says(site: Site) -> None:
    token = command(site, "--user", "alice@exemple.fr", "--scope", "all").stdout.splitlines()[-1]

    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "client.py", site.url, token],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    number = int(said[1].split("#")[1].split(",")[0])
    assert said[0] == "I am Alice (requester)."
    assert said[1].endswith("file of 10 bytes.")
    assert said[2] == f"Mine: [{number}]"
    assert said[3].startswith("Refused (not_allowed): Your role")
    assert said[4] == "Now: cancelled"
    ticket = site.find(number)
    assert (ticket.status, ticket.channel) == (Status.CANCELLED, Channel.API)
    assert site.mistakes() == []


def test_a_cookie_of_a_signed_in_browser_opens_nothing(site: Site) -> None:
    cookie = {"appticket": site.session_of("diane")}

    answer = httpx.get(f"{site.url}/api/v1/tickets", cookies=cookie)

    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
