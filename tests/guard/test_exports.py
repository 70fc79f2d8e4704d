"""Lists as files, over HTTP: who gets what, and how often (T-1, T-3, R-17)."""

import httpx
import pytest

from data.models import Role
from tests.guard.conftest import Browser, Newcomer
from tests.sites import Site


def test_each_gets_what_their_list_shows(site: Site, browser: Browser, newcomer: Newcomer) -> None:
    mine, theirs = site.ticket("=HYPERLINK(1)", by="alice"), site.ticket("Le sien", by="driss")

    own = browser("alice").get("/exports/tickets.csv")
    all_ = newcomer(Role.TECHNICIAN).get("/exports/queue.csv?view=all&sort=number")

    assert own.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in own.headers["content-disposition"]
    assert f"{mine};'=HYPERLINK(1)" in own.text
    assert "Le sien" not in own.text
    assert f"{theirs};Le sien" in all_.text
    assert own.text.startswith("\ufeff")


@pytest.mark.parametrize(
    ("role", "path"),
    [
        (Role.REQUESTER, "/exports/queue.csv"),
        (Role.REQUESTER, "/exports/trash.xlsx"),
        (Role.TECHNICIAN, "/exports/trash.csv"),
        (Role.ADMIN, "/exports/users.csv"),
        (Role.ADMIN, "/exports/queue.pdf"),
    ],
)
def test_there_is_no_other_list(newcomer: Newcomer, role: Role, path: str) -> None:
    assert newcomer(role).get(path).status_code == 404


def test_without_a_session_there_is_nothing(site: Site) -> None:
    assert httpx.get(f"{site.url}/exports/queue.csv").status_code == 401


def test_a_book_is_a_zip_and_a_seventh_export_in_a_minute_waits(newcomer: Newcomer) -> None:
    manager = newcomer(Role.MANAGER)

    answers = [manager.get("/exports/queue.xlsx?view=all") for _ in range(7)]

    assert answers[0].content.startswith(b"PK")
    assert [answer.status_code for answer in answers] == [200] * 6 + [429]
    assert answers[-1].headers["retry-after"] == "60"
