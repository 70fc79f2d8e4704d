"""Lists as files: all of the list and nothing else, typed, harmless (R-17)."""

import csv
import io
import zipfile
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from data.models import Ticket
from services import creation, exports, words
from services.creation import NewTicket
from services.filters import Filter
from services.permissions import Actor
from tests.conftest import People

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "  =1", "＝1", "'x")


def everything(s: Session, by: Actor, wanted: Filter) -> list[list[exports.Cell]]:
    found, cursor = [], None
    while True:
        rows, cursor = exports.rows(s, by, wanted, sort="number", reverse=True, cursor=cursor)
        found += rows
        if cursor is None:
            return found


def test_every_ticket_of_the_list_is_in_the_file_once(s: Session, people: People) -> None:
    made = [creation.create(s, people.alice, NewTicket(title=f"{n}")).number for n in range(203)]
    s.commit()

    assert [row[0] for row in everything(s, people.bruno, Filter())] == made
    assert everything(s, people.driss, Filter()) == []


def test_heads_and_values_speak_the_language(s: Session, people: People, ticket: Ticket) -> None:
    words.speak("fr")

    heads, (row,) = exports.heads(), everything(s, people.bruno, Filter())

    assert heads[:4] == ["Numéro", "Titre", "Type", "Statut"]
    assert row[3] == "Nouveau"
    assert len(heads) == len(row)


@given(text=st.one_of(st.text(max_size=20), st.sampled_from(FORMULAS)))
def test_no_cell_is_a_formula_and_each_gives_its_text_back(text: str) -> None:
    shown = exports.harmless(text)

    assert not shown.lstrip(" ").startswith(
        ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
    )
    assert (shown[1:] if shown.startswith("'") else shown) == text


def test_csv_is_read_back_as_it_was(s: Session, people: People) -> None:
    title = 'Une « citation "double" » ; et plus'
    creation.create(s, people.alice, NewTicket(title=title))
    (row,) = everything(s, people.alice, Filter())

    (read,) = csv.reader(io.StringIO(exports.as_csv(row)), delimiter=";")

    assert read[:2] == ["1", title]


def test_xlsx_keeps_numbers_as_numbers_and_formulas_as_text(s: Session, people: People) -> None:
    creation.create(s, people.alice, NewTicket(title="=HYPERLINK(1)"))
    file = io.BytesIO()
    book = exports.Workbook(file)
    book.add(exports.heads())
    for row in everything(s, people.alice, Filter()):
        book.add(row)
    book.close()

    with zipfile.ZipFile(file) as parts:
        sheet = ET.fromstring(parts.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - our own
    cells = {cell.get("r"): cell for cell in sheet.iter() if cell.tag.endswith("}c")}
    assert [cells[at].get("t") for at in ("A2", "B2", "K2")] == [None, "inlineStr", None]
    assert "'=HYPERLINK(1)" in "".join(cells["B2"].itertext())
    assert not [cell for cell in sheet.iter() if cell.tag.endswith("}f")]
