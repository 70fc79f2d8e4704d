"""Reports as PDF and XLSX: what they hold, in both languages, and with far too much in them."""

import hashlib
import io
import re
import subprocess
import zipfile
from datetime import timedelta
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services import (
    postmarks,
    report_figures,
    report_files,
    report_paper,
    report_pdf,
    report_words,
    report_xlsx,
)
from services.report_document import Document
from services.report_figures import Mood
from services.report_model import Content, Figure
from services.report_paper import Ink
from services.words import speaking
from tests import reported

FAR_TOO_MUCH = {"teams": 60, "late": 60, "days": 31, "longer": 12}


@pytest.fixture(autouse=True)
def at_home() -> None:
    """The address that links lead to."""
    postmarks.configure("a key that only tests know, 32 characters", "https://aide.exemple.fr")


def pdf_text(document: Document) -> str:
    """Return what one who selects all the text gets."""
    command = ["pdftotext", "-layout", "-", "-"]
    done = subprocess.run(
        command, input=report_pdf.drawn(document), capture_output=True, check=True
    )
    return done.stdout.decode()


def pages(file: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", file))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "fr",
            ("Rapport hebdomadaire", "Du 16 au 22 novembre 2026", "1 242 tickets ont été créés"),
        ),
        ("en", ("Weekly report", "16 to 22 November 2026", "1,242 tickets were created")),
    ],
)
def test_the_text_of_a_pdf_can_be_selected(language: str, words: tuple[str, ...]) -> None:
    told = pdf_text(reported.in_words(reported.content(late=7), language))

    assert all(word in told.replace("\u202f", " ") for word in words)
    for said in (
        "« Œillet »",
        "(12 €)",
        "Żółta łódź, Ελληνικά, Привет",
        "Sans" * (language == "fr"),
    ):
        assert said in told
    assert "<script>alert(1)</script>" in told  # as letters
    assert "□□□ □ émoji" in told  # what the font does not have


def test_a_pdf_says_what_it_is_and_fetches_nothing() -> None:
    document = reported.in_words(reported.content())

    file = report_pdf.drawn(document)

    assert b"/Lang (fr)" in file
    for forbidden in (b"/JavaScript", b"/JS", b"/Launch", b"/EmbeddedFile", b"/OpenAction"):
        assert forbidden not in file
    links = set(re.findall(rb"/URI \(([^)]+)\)", file))
    assert links
    assert all(link.startswith(b"https://aide.exemple.fr/") for link in links)


def test_the_same_report_is_the_same_files() -> None:
    document = reported.in_words(reported.content())

    assert report_pdf.drawn(document) == report_pdf.drawn(document)
    assert report_xlsx.made(document) == report_xlsx.made(document)


def test_far_too_much_goes_on_on_further_pages_with_its_heads() -> None:
    document = reported.in_words(reported.content(**FAR_TOO_MUCH))

    told = pdf_text(document)

    number = pages(report_pdf.drawn(document))
    assert number > 5
    assert f"Page {number} sur {number}" in told
    assert told.count("Promis pour le") > 1
    assert "et 37 autres" in told


def test_nothing_is_said_in_words() -> None:
    told = pdf_text(reported.in_words(reported.empty(teams=())))

    assert "Aucun ticket n’est en retard." in told
    assert "Rien n’a été créé" in told


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=200), wide=st.floats(20, 400), size=st.sampled_from([7.0, 8.5, 20.0]))
def test_lines_are_no_wider_than_their_place_and_lose_nothing(
    text: str, wide: float, size: float
) -> None:
    ink = Ink(size)

    lines = report_paper.wrapped(text, wide, ink)

    widest = report_paper.width("W", ink)
    assert all(report_paper.width(line, ink) <= max(wide, widest) for line in lines)
    told = "".join("".join(lines).split())
    assert told == "".join(report_paper.known(text).split())
    assert len(report_paper.wrapped(text, wide, ink, most=2)) <= 2


def test_the_fonts_are_those_that_were_published() -> None:
    digests = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in report_paper.FONTS.glob("*.ttf")
    }

    assert digests == PUBLISHED
    assert "Bitstream" in (report_paper.FONTS / "LICENSE.txt").read_text(encoding="utf-8")


class Book:
    """An XLSX file as a spreadsheet reads it."""

    def __init__(self, file: bytes) -> None:
        self._zip = zipfile.ZipFile(io.BytesIO(file))
        self.names = self._zip.namelist()
        found = self._xml("xl/workbook.xml").iterfind(f".//{_S}sheet")
        self.sheets = [sheet.get("name") for sheet in found]
        self._strings = [
            "".join(text.text or "" for text in item.iter(f"{_S}t"))
            for item in self._xml("xl/sharedStrings.xml")
        ]

    def _xml(self, name: str) -> Xml.Element:
        return Xml.fromstring(self._zip.read(name))  # noqa: S314 - our own file

    def cells(self, sheet: int) -> dict[str, str | float]:
        """Return the values of a sheet, from 1, by their place."""
        found: dict[str, str | float] = {}
        for cell in self._xml(f"xl/worksheets/sheet{sheet}.xml").iter(f"{_S}c"):
            value = cell.findtext(f"{_S}v")
            assert cell.find(f"{_S}f") is None  # no formula, whatever people wrote
            if value is not None:
                is_text = cell.get("t") == "s"
                found[str(cell.get("r"))] = self._strings[int(value)] if is_text else float(value)
        return found


_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_book_has_numbers_as_numbers_and_native_charts(language: str) -> None:
    document = reported.in_words(reported.content(), language)

    book = Book(report_xlsx.made(document))

    assert len(book.sheets) == len(set(book.sheets)) == 9
    assert len([name for name in book.names if name.startswith("xl/charts/chart")]) == 4
    front = book.cells(1)
    assert (front["B8"], front["C8"], front["D8"]) == (1242, 1136, 106)
    assert {0.8642, 5.5} <= set(front.values())
    late = book.cells(3)
    assert f"#1002 {reported.TITLES[2]}" in late.values()


def test_a_book_speaks_the_language_of_its_report_and_not_of_who_fetches_it() -> None:
    document = reported.in_words(reported.content(), "en")

    with speaking("fr"):
        book = Book(report_files.file(document, "xlsx").content)

    assert list(book.sheets)[:2] == ["Overview", "Trend"]


def test_what_begins_as_a_formula_stays_a_text() -> None:
    found = reported.content(longer=1)
    evil = found.of_teams.shown[0]
    groups = type(found.of_teams)(shown=(type(evil)(value="=cmd|' /C calc'!A1", created=1),))
    document = reported.in_words(
        Content(**{**{n: getattr(found, n) for n in found.__slots__}, "of_teams": groups})
    )

    values = Book(report_xlsx.made(document)).cells(4).values()

    assert "'=cmd|' /C calc'!A1" in values


def test_far_too_much_and_nothing_are_books_as_well() -> None:
    for found in (reported.content(**FAR_TOO_MUCH), reported.empty(problems=())):
        assert Book(report_xlsx.made(reported.in_words(found))).sheets


def test_what_is_kept_is_what_was_found() -> None:
    for found in (reported.content(), reported.empty(teams=("Postes",))):
        assert Content.from_json(found.as_json()) == found


@pytest.mark.parametrize(
    ("figure", "told"),
    [
        (Figure(name="created", now=42, before=36), ("42", "+6", "up", Mood.NEUTRAL)),
        (Figure(name="resolved", now=36, before=42), ("36", "−6", "down", Mood.BAD)),
        (Figure(name="backlog", now=3, before=3), ("3", "±0", "same", Mood.NEUTRAL)),
        (Figure(name="late", now=0, before=None), ("0", "", "", Mood.NEUTRAL)),
        (Figure(name="resolution", now=0.5, before=2), ("30 min", "−1.5 h", "down", Mood.GOOD)),
        (Figure(name="resolution", now=72, before=None), ("3 d", "", "", Mood.NEUTRAL)),
        (Figure(name="sla", now=0.9, before=0.85), ("90%", "+5 pts", "up", Mood.GOOD)),
        (Figure(name="reopened", now=0.031, before=0.02), ("3.1%", "+1.1 pts", "up", Mood.BAD)),
        (Figure(name="acceptance", now=None, before=2), ("–", "", "", Mood.NEUTRAL)),
    ],
)
def test_figures_are_written_with_their_unit_and_their_change(
    figure: Figure, told: tuple[str, ...]
) -> None:
    unit = report_figures.FIGURES[figure.name].unit
    with speaking("en"):
        found = (
            report_figures.written(figure.now, unit),
            report_figures.difference(figure.now, figure.before, unit),
            report_figures.arrow(figure),
            report_figures.mood(figure),
        )

    assert found == told


@pytest.mark.parametrize(
    ("days", "french"),
    [
        (1, "lundi 16 novembre 2026"),
        (7, "du 16 au 22 novembre 2026"),
        (30, "du 16 novembre au 15 décembre 2026"),
        (60, "du 16 novembre 2026 au 14 janvier 2027"),
    ],
)
def test_days_are_said_as_people_say_them(days: int, french: str) -> None:
    with speaking("fr"):
        last = reported.FIRST + timedelta(days=days - 1)
        assert report_words.days(reported.FIRST, last) == french
        first = reported.FIRST.replace(day=1)
        assert report_words.days(first, first.replace(day=30)) == "novembre 2026"
        may = first.replace(month=5)
        assert report_words.days(may, may.replace(month=6)) == "du 1er mai au 1er juin 2026"


PUBLISHED = {  # DejaVu 2.37
    "DejaVuSans.ttf": "abdc775b21b1bc470d50c97e790d276f2054b7504e56e5bd3e64f48d68582322",
    "DejaVuSans-Bold.ttf": "0d977336a6d5fba34eab8e3199eb218327161b5143749f802982c2bc34df0c96",
}
