"""Short messages fit one; numbers are what carriers take; marks that come back are ours."""

import pytest

from services import gsm, phones, postmarks
from services.errors import Invalid


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("L’échéance « proche » : œuvre…", 'L\'échéance "proche" : oeuvre...'),
        ("fenêtre ça où île", "fenetre ca où ile"),
        ("prix : 5 € [ok]", "prix : 5 € [ok]"),
        ("Привет", "Привет"),
        ("a\u00a0b", "a b"),
    ],
)
def test_a_text_is_spelt_with_the_letters_of_short_messages(text: str, sent: str) -> None:
    assert gsm.fitting(text) == sent


def test_a_long_text_is_cut_between_words_and_keeps_its_link() -> None:
    link = "https://aide.exemple.fr/tickets/42"

    cut = gsm.fitting("mot " * 80 + link)

    assert gsm.length(cut) <= 160
    assert cut.endswith(f"mot ... {link}")
    assert gsm.length(gsm.fitting("я" * 200)) == 70
    assert gsm.length("€") == 2


@pytest.mark.parametrize(
    ("typed", "carried"),
    [
        ("06 12 34 56 78", "+33612345678"),
        ("+33 (0)6-12-34-56-78", "+33612345678"),
        ("0692 12 34 56", "+262692123456"),
        ("+32 470 12 34 56", "+32470123456"),
        ("00 33 6 12 34 56 78", "+33612345678"),
        ("", ""),
    ],
)
def test_a_number_is_known_with_or_without_its_country(typed: str, carried: str) -> None:
    assert phones.clean(typed) == typed
    assert phones.e164(typed) == carried


@pytest.mark.parametrize(
    "typed", ["rien", "12", "06 12", "+33 6 12", "1" * 30, "06 12 34 56 78 90", "+999 123456789"]
)
def test_a_number_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        phones.clean(typed)

    assert list(refusal.value.problems) == ["phone"]
    assert phones.e164(typed) == ""


def test_marks_are_known_again_and_forged_ones_are_not() -> None:
    postmarks.configure("a" * 32, "https://aide.exemple.fr")
    token = postmarks.mute_url(7, 42).rpartition("/")[2]
    address = postmarks.reply_address("support@exemple.fr", 42)

    assert postmarks.muted_by(token) == (7, 42)
    assert postmarks.answered(address) == 42
    assert postmarks.answered(address.upper()) == 42
    for forged in ("", "u7t42.", token.replace("u7", "u8"), token[:-1] + "a" * 2, token + "a"):
        assert postmarks.muted_by(forged) is None
    for forged in (address.replace("t42", "t43"), "support+t42@exemple.fr", "support@exemple.fr"):
        assert postmarks.answered(forged) is None
    assert postmarks.message_id("k", "x.fr") == postmarks.message_id("k", "x.fr")
    postmarks.configure("b" * 32, "https://aide.exemple.fr")
    assert postmarks.muted_by(token) is None
