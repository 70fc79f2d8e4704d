"""Statistics as files, over HTTP: the tables of the page, and the lists behind its marks."""

import csv
import io
import zipfile

import pytest

from data.models import Role
from tests.guard.conftest import Newcomer
from tests.sites import Site

EVERYTHING = "period=days_365"


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


def test_tables_and_lists_say_the_same(site: Site, newcomer: Newcomer) -> None:
    number = site.ticket("=HYPERLINK(1)", by="alice")
    admin = newcomer(Role.ADMIN)

    tables = admin.get(f"/stats/export.csv?{EVERYTHING}")
    figures = admin.get(f"/stats/export.csv?{EVERYTHING}&table=headline")
    listed = admin.get(f"/stats/export.csv?{EVERYTHING}&measure=created")

    assert tables.headers["content-type"] == "text/csv; charset=utf-8"
    assert "statistics.csv" in tables.headers["content-disposition"]
    created = rows(figures.text)[1]
    numbers = {row[0] for row in rows(listed.text)[1:]}
    assert int(created[2]) == len(numbers) > 0
    assert f"{number};'=HYPERLINK(1)" in listed.text
    assert created in rows(tables.text)


def test_a_book_has_a_sheet_for_each_table(newcomer: Newcomer) -> None:
    found = newcomer(Role.ADMIN).get(f"/stats/export.xlsx?{EVERYTHING}&people=1")

    with zipfile.ZipFile(io.BytesIO(found.content)) as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) == 12


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_requesters_get_nothing(newcomer: Newcomer, kind: str) -> None:
    requester = newcomer(Role.REQUESTER)

    assert requester.get(f"/stats/export.{kind}").status_code == 404
    assert requester.get(f"/stats/export.{kind}?measure=created").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        *("period=fortnight", "table=salaries", "duration=lunch", "measure=late&on=x"),
        "from=2026-03-02&to=2026-03-01",
    ],
)
def test_what_is_wrong_is_said(newcomer: Newcomer, query: str) -> None:
    found = newcomer(Role.TECHNICIAN).get(f"/stats/export.csv?{query}")

    assert found.status_code == 422
    assert found.text


@pytest.mark.parametrize("nothing", ["team=4711", "category=4711", "department=Nulle%20part"])
def test_what_fits_nothing_is_counted_as_nothing(
    site: Site, newcomer: Newcomer, nothing: str
) -> None:
    site.ticket("Souris", by="alice")
    manager = newcomer(Role.MANAGER)

    figures = manager.get(f"/stats/export.csv?{EVERYTHING}&{nothing}&table=headline")
    listed = manager.get(f"/stats/export.csv?{EVERYTHING}&{nothing}&measure=created")

    created = rows(figures.text)[1]
    assert created[2] == "0"
    assert len(rows(listed.text)) == 1
