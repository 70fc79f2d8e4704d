"""Passwords: what is kept of them, which are refused (security: NIST SP 800-63B-4, CNIL 2022)."""

import unicodedata

import pytest
from argon2 import Type, extract_parameters
from hypothesis import given
from hypothesis import strategies as st

from services import passwords
from services.errors import Invalid
from tests.conftest import CHEAP


@pytest.fixture(autouse=True)
def cheap() -> None:
    """Hash fast."""
    passwords.configure(CHEAP)


def test_the_parameters_are_those_decided() -> None:
    kept = passwords.HASHER.hash("une girafe lit le journal")

    used = extract_parameters(kept)
    assert (used.type, used.time_cost, used.memory_cost) == (Type.ID, 2, 19456)
    assert (used.parallelism, used.hash_len, used.salt_len) == (1, 32, 16)
    assert (passwords.MIN_LENGTH, passwords.MAX_LENGTH) == (15, 128)


def test_a_password_matches_itself_and_nothing_else() -> None:
    kept = passwords.hashed("une girafe lit le journal")

    assert passwords.matches("une girafe lit le journal", kept)
    assert not passwords.matches("Une girafe lit le journal", kept)
    assert not passwords.matches("une girafe lit le journal", None)
    assert not passwords.matches("une girafe lit le journal", "not a hash")


@given(st.text(max_size=128))
def test_how_accents_were_typed_does_not_matter(text: str) -> None:
    kept = passwords.hashed(unicodedata.normalize("NFC", text))

    decomposed = unicodedata.normalize("NFD", text)
    if len(decomposed) <= passwords.MAX_LENGTH:
        assert passwords.matches(decomposed, kept)


@pytest.mark.parametrize(
    "password",
    [
        "une girafe lit le journal",
        "correct horse battery staple",
        "Vélo-Orage-Compote-42",
        "пароль для жирафа 7",
        "k7#Rw!pZ2@vQ9&mX",
        "🦒 mange du foin à midi",
    ],
)
def test_good_passwords_are_accepted(password: str) -> None:
    passwords.check(password, words=["Alice Martin", "alice.martin@exemple.fr"])


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "quatorze signe",
        "aaaaaaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc",
        "chat-chat-chat-chat",
        "abcdefghijklmnopqr",
        "01234567890123456789",
        "azertyuiopqsdfghjklm",
        "QWERTYUIOPASDFGH",
        "motdepassemotdepasse",
        "Motdepasse123456!",
        "P a s s w o r d 1234567",
        "alice martin 2026 !!!",
        "alice.martin@exemple.fr",
        "Helpdesk-Support-2026",
        "                    ",
        "x" * 129,
    ],
)
def test_short_overlong_and_guessable_passwords_are_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        passwords.check(password, words=["Alice Martin", "alice.martin@exemple.fr"], field="new")

    assert set(refused.value.problems) == {"new"}
    assert refused.value.by_field()["new"]


@given(st.text(alphabet="abc1 é", min_size=0, max_size=140))
def test_whatever_is_typed_is_accepted_or_refused(text: str) -> None:
    try:
        passwords.check(text, words=[text[:9]])
    except Invalid:
        return
    assert passwords.MIN_LENGTH <= len(text) <= passwords.MAX_LENGTH


def test_a_hash_of_other_parameters_is_outdated() -> None:
    kept = passwords.hashed("une girafe lit le journal")

    assert not passwords.needs_rehash(kept)
    passwords.configure(passwords.HASHER)
    assert passwords.needs_rehash(kept)
