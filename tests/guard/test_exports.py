"""Lists as files, over HTTP: who gets what, and how often (T-1, T-3, R-17)."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.sites import Site

Browser = Callable[[str], httpx.Client]


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


def test_each_gets_what_their_list_shows(site: Site, browser: Browser) -> None:
    mine, theirs = site.ticket("=HYPERLINK(1)", by="alice"), site.ticket("Le sien", by="driss")

    own = browser("alice").get("/exports/tickets.csv")
    all_ = browser("bruno").get("/exports/queue.csv?view=all&sort=number")

    assert own.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in own.headers["content-disposition"]
    assert f"{mine};'=HYPERLINK(1)" in own.text
    assert "Le sien" not in own.text
    assert f"{theirs};Le sien" in all_.text
    assert own.text.startswith("\ufeff")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("alice", "/exports/queue.csv"),
        ("alice", "/exports/trash.xlsx"),
        ("bruno", "/exports/trash.csv"),
        ("diane", "/exports/users.csv"),
        ("diane", "/exports/queue.pdf"),
    ],
)
def test_there_is_no_other_list(browser: Browser, name: str, path: str) -> None:
    assert browser(name).get(path).status_code == 404


def test_without_a_session_there_is_nothing(site: Site) -> None:
    assert httpx.get(f"{site.url}/exports/queue.csv").status_code == 401


def test_a_book_is_a_zip_and_a_seventh_export_in_a_minute_waits(browser: Browser) -> None:
    chloe = browser("chloe")

    answers = [chloe.get("/exports/queue.xlsx?view=all") for _ in range(7)]

    assert answers[0].content.startswith(b"PK")
    assert [answer.status_code for answer in answers] == [200] * 6 + [429]
    assert answers[-1].headers["retry-after"] == "60"
