"""What people read: in French and in English, well set, in the language they asked for."""

import re
import string
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_keywords
from babel.messages.pofile import read_po

from data.models import Status
from services import history, labels, words
from services.errors import DomainError, Taken, WrongState
from services.words import _, ngettext, speaking

ROOT = Path(__file__).parent.parent
FRENCH = words.LOCALES / "fr" / "LC_MESSAGES" / "appticket.po"
NO_BREAK = "\u00a0"
NARROW_NO_BREAK = "\u202f"


@cache
def written() -> dict[Any, list[str]]:
    """Where each message of the code stands."""
    babel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"][0]
    found: dict[Any, list[str]] = {}
    for name, line, message, *_rest in extract_from_dir(
        ROOT,
        method_map=[(pattern, babel["method"]) for pattern in babel["pattern"]],
        keywords=parse_keywords(babel["keywords"]),
    ):
        found.setdefault(message, []).append(f"{name}:{line}")
    return found


@cache
def french() -> Catalog:
    with FRENCH.open("rb") as file:
        return read_po(file, locale="fr", abort_invalid=True)


def translated() -> list[Message]:
    return [message for message in french() if message.id]


def texts_of(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, tuple) else [str(message.string)]


def test_every_message_of_the_code_is_in_french() -> None:
    known = {message.id for message in translated() if all(texts_of(message))}

    missing = {message: places for message, places in written().items() if message not in known}

    assert not missing


def test_the_catalogue_holds_nothing_that_the_code_no_longer_says() -> None:
    assert {message.id for message in translated()} - set(written()) == set()
    assert list(french().obsolete) == []


def test_nothing_is_left_to_be_checked() -> None:
    assert [message.id for message in translated() if message.fuzzy] == []


def test_a_message_is_not_a_name_of_the_code() -> None:
    assert [m for m in written() if isinstance(m, str) and re.fullmatch(r"[a-z]+_[a-z_]+", m)] == []


def test_both_languages_fill_in_the_same_facts() -> None:
    def facts(text: str) -> set[str | None]:
        return {name for _text, name, _spec, _conversion in string.Formatter().parse(text)} - {None}

    different = [
        message.id
        for message in translated()
        for text in texts_of(message)
        if facts(text) != facts(message.id if isinstance(message.id, str) else message.id[-1])
    ]

    assert not different


def test_french_counts_with_singular_and_plural() -> None:
    plurals = [message for message in translated() if isinstance(message.id, tuple)]

    assert french().num_plurals == 2
    assert plurals
    assert [message.id for message in plurals if len(texts_of(message)) != 2] == []
    with speaking("fr"):
        said = [ngettext("{n} comment", "{n} comments", n).format(n=n) for n in (0, 1, 2)]
    assert said == ["0 message", "1 message", "2 messages"]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (r"['\"]", "a straight quotation mark: ’ and « »"),
        (r"[“”]", "an English quotation mark: « »"),
        (r"\.\.\.", "three dots: …"),
        (r"(?<!https)(?<!http)(?<=[^\u00a0\u202f])[:;!?]", "no no-break space before : ; ! ?"),
        (r"«(?![\u00a0\u202f])|(?<![\u00a0\u202f])»", "no no-break space inside « »"),
        (r"\d [KMG]?o\b|\} (?:[KMG]?o|s)\b", "a breaking space before a unit"),
        (r"^\s|\s$|  ", "a space too many"),
        (r"\b(?:A|E)(?=(?:quipe|tiquette|cran|tat|ch[ée]ance)\b)", "a capital without its accent"),
        (r"\b(?:tu|te|toi|ton|tes)\b", "people are addressed as « vous »"),
    ],
)
def test_french_is_well_set(wrong: str, why: str) -> None:
    found = [t for m in translated() for t in texts_of(m) if re.search(wrong, t, re.IGNORECASE)]

    assert not found, why


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (r"[a-z]'[a-z]|\"", "a straight quotation mark: ’ and “ ”"),
        (r"\.\.\.", "three dots: …"),
        (r"\b\w*(?:olor|rganiz|ustomiz|uthoriz)\w*|\b(?:canceled|email|dialog)\b", "British"),
        (r" [:;!?]|[\u00a0«»]", "French setting"),
        (r"^\s|\s$|  ", "a space too many"),
    ],
)
def test_english_is_well_set(wrong: str, why: str) -> None:
    texts = [t for m in written() for t in (m if isinstance(m, tuple) else (m,))]

    assert not [text for text in texts if re.search(wrong, text, re.IGNORECASE)], why


@pytest.mark.parametrize(
    ("english", "said"),
    [
        ("My tickets", "Mes tickets"),
        ("All tickets", "Tous les tickets"),
        ("Create a ticket", "Créer un ticket"),
        ("Take", "Prendre en charge"),
        ("Assign the ticket", "Assigner le ticket"),
        ("Close the ticket", "Clôturer le ticket"),
        ("Deleted tickets", "Tickets supprimés"),
        ("User management", "Gestion des utilisateurs"),
        ("Sign out", "Se déconnecter"),
        ("Priority", "Priorité"),
        ("Lead", "Responsable du ticket"),
        ("Internal note", "Note interne"),
        ("Observers", "Observateurs"),
        ("Reopen", "Rouvrir"),
    ],
)
def test_the_fixed_terms_are_kept(english: str, said: str) -> None:
    with speaking("fr"):
        assert _(english) == said


def test_what_happened_reads_after_a_name() -> None:
    with speaking("fr"):
        assert {_(sentence).split()[0] for sentence in history.SENTENCES.values()} == {"a"}


def test_a_refusal_is_said_in_french_facts_included() -> None:
    moved = WrongState(status=labels.STATUS[Status.CLOSED], target=labels.STATUS[Status.NEW])

    with speaking("fr"):
        said = moved.say().replace(NO_BREAK, " ")
        assert said == "Un ticket « Clos » ne peut pas passer à « Nouveau »."
        assert Taken(name="Bruno").say() == "Bruno a déjà pris en charge ce ticket."


def test_every_refusal_has_a_sentence_in_both_languages() -> None:
    for refusal in _below(DomainError):
        assert refusal.sentence in written(), refusal


def _below(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _below(below)


def test_what_people_wrote_is_not_translated() -> None:
    with speaking("fr"):
        assert labels.label("title", "Urgent") == "Urgent"
        assert labels.label("urgency", "urgent") == "Urgente"


def test_no_text_stays_no_text() -> None:
    with speaking("fr"):
        assert _("") == ""


def test_an_unknown_language_is_english() -> None:
    with speaking("tlh"):
        assert words.spoken() == "en"
        assert _("My tickets") == "My tickets"


def test_numbers_are_set_as_the_language_does() -> None:
    with speaking("fr"):
        assert words.decimal(1234.56) == f"1{NARROW_NO_BREAK}234,6"
    with speaking("en"):
        assert words.decimal(1234.0) == "1,234"


def test_a_catalogue_is_read_once() -> None:
    words.catalogue.cache_clear()

    assert words.catalogue("fr") is words.catalogue("fr")


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("fr", "fr"),
        ("en-GB,en;q=0.9", "en"),
        ("FR-ca", "fr"),
        ("de-DE,de;q=0.9,en;q=0.5,fr;q=0.3", "en"),
        ("en;q=0.3,fr;q=0.8", "fr"),
        ("en ; q=0.3 , fr ; q=0.8", "fr"),
        ("en;q=0,fr;q=0.1", "fr"),
        ("fr,en", "fr"),
        ("en,fr", "en"),
    ],
)
def test_the_browser_says_which_language(header: str, chosen: str) -> None:
    assert words.preferred(header, "fr") == chosen
    assert words.preferred(header, "en") == chosen


@pytest.mark.parametrize(
    "header",
    [
        "",
        "*",
        "de,es;q=0.5",
        "fr;q=0",
        "fr;q=nan",
        "fr;q=inf",
        "fr;q=-1",
        "fr;q=1_0",
        "fr;q=1e3",
        "fr;q=",
        "fr;level=1",
        "fr;q=0.5;q=0.9",
        "french",
        ";;;;,,,,==",
        "\x00fr",
        "../../fr",
        ";q=" * 10_000,
        "de," * 10_000 + "fr",
        "fr" * 100_000,
    ],
)
def test_a_header_that_makes_no_sense_chooses_nothing(header: str) -> None:
    assert words.preferred(header, "en") == "en"
