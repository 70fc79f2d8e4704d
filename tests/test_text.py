"""Text is cleaned once, and clean text stays as it is (R-24)."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.text import clean_line, clean_prose, fold
from services import checks
from services.errors import Invalid

anything = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\u200b\u202e\u0301\ufeff\x00\r\n\t \u2028\ud800é\u0308\u1100\u1161\u11a8"),
    ),
    max_size=30,
)
often = settings(max_examples=500, deadline=None)


@often
@given(anything)
def test_clean_text_is_clean_already(text: str) -> None:
    line, prose = clean_line(text), clean_prose(text)

    assert clean_line(line) == line
    assert clean_prose(prose) == prose


@often
@given(anything)
def test_clean_text_can_be_kept_and_shown(text: str) -> None:
    for cleaned in (clean_line(text), clean_prose(text)):
        cleaned.encode("utf-8")
        assert unicodedata.is_normalized("NFC", cleaned)
        assert not {"\x00", "\u202e", "\u200b", "\r"} & set(cleaned)
    assert not {"\n", "\t"} & set(clean_line(text))


@often
@given(anything)
def test_what_a_check_returns_passes_it_again(text: str) -> None:
    try:
        line = checks.line("title", text, at_most=20, required=True)
        prose = checks.prose("body", text, at_most=20, required=True)
    except Invalid:
        return

    assert checks.line("title", line, at_most=20, required=True) == line
    assert checks.prose("body", prose, at_most=20, required=True) == prose


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Éléphant", "elephant"),
        ("CŒUR", "coeur"),
        ("ŒUVRE", "oeuvre"),
        ("Æther", "aether"),
        ("straße", "STRASSE"),
        ("e\u0301te\u0301", "été"),
        ("ﬁn", "fin"),
        ("№ ５", "no 5"),
    ],
)
def test_what_people_take_for_the_same_folds_to_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_lines_are_kept_as_typed() -> None:
    typed = "\n\n  - un\r\n  - deux\r\r\n\tfin  \n\n"

    assert clean_prose(typed) == "  - un\n  - deux\n\n\tfin"
    assert clean_line(typed) == "- un - deux fin"
