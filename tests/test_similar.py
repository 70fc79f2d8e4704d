"""Which tickets tell of the same, by their words alone."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services import similar, stems

PRINTER = [
    (
        "Imprimante en panne au 2e étage",
        "Bonjour, l’imprimante n’imprime plus. Cordialement, Alice",
    ),
    ("Les imprimantes sont en panne", "Rien ne s’imprime à l’accueil."),
    ("imprimante en panne", "L’IMPRIMANTE du service ne répond plus"),
]
PASSWORD = [
    ("Mot de passe oublié", "Je ne connais plus mon mot de passe."),
    ("Mots de passe oubliés", "Merci de réinitialiser le mot de passe."),
    ("J’ai oublié mon mot de passe", "Réinitialisation du mot de passe, merci."),
]
SCREENS = [
    ("Broken screen", "Hello, my screen is broken. Kind regards, Bob"),
    ("My screens are broken", "Both screens stay black."),
    ("The screen broke", "A broken screen, black since today."),
]
ALONE = [
    ("Chauffage froid", "Le radiateur reste froid."),
    ("Badge perdu", "Il m’en faut un autre."),
]


def members(documents: list[tuple[str, str]]) -> list[set[int]]:
    return [set(group.members) for group in similar.groups(documents)]


def test_tickets_in_both_languages_find_those_that_tell_of_the_same() -> None:
    documents = [*PRINTER, *ALONE, *PASSWORD, *SCREENS]

    assert sorted(map(sorted, members(documents))) == [[0, 1, 2], [5, 6, 7], [8, 9, 10]]


def test_two_tickets_are_no_group() -> None:
    assert members([*PRINTER[:2], *ALONE]) == []


def test_what_says_the_same_word_for_word_is_one_group_with_those_near_it() -> None:
    found = members([("Disque plein sur le serveur", "Alerte")] * 50 + [*PASSWORD, *ALONE])

    assert found == [set(range(50)), {50, 51, 52}]


def test_courtesies_and_signatures_make_nothing_similar() -> None:
    polite = "Bonjour Madame, merci d’avance. Bien cordialement, {}, Direction des achats, 2e étage"
    wishes = ["Écran noir ce matin", "Agenda décalé d’une heure", "Clavier collant", "Souris lente"]

    assert members([(wish, polite.format("Jean Dupont")) for wish in wishes]) == []


@pytest.mark.parametrize(
    "documents",
    [
        [],
        [("", "")] * 5,
        [("le la les", "de du des")] * 5,
        [("😀😀", "💥")] * 5,
        [("\x00\u202e\ud800", "\x07")] * 5,
        [("a" * 300, "b" * 5000)] * 2,
        [("1234 5678", "2026-11-25")] * 5,
    ],
)
def test_tickets_that_say_nothing_are_no_group(documents: list[tuple[str, str]]) -> None:
    assert members(documents) == []


def test_the_order_in_which_tickets_come_changes_no_group() -> None:
    documents = [*PRINTER, *ALONE, *PASSWORD, *SCREENS]
    order = list(range(len(documents)))
    random.Random(1).shuffle(order)

    there = members([documents[place] for place in order])

    found = {frozenset(order[place] for place in group) for group in there}
    assert found == {frozenset(group) for group in members(documents)}


@settings(deadline=None)  # the first example loads the stemmers
@given(st.lists(st.tuples(st.sampled_from(PRINTER + PASSWORD + ALONE), st.text()), max_size=30))
def test_a_ticket_is_in_one_group_at_most(given: list[tuple[tuple[str, str], str]]) -> None:
    documents = [(title, f"{text} {noise}") for (title, text), noise in given]

    found = similar.groups(documents)

    inside = [place for group in found for place in group.members]
    assert len(inside) == len(set(inside))
    assert set(inside) <= set(range(len(documents)))
    assert all(len(group.members) >= similar.LEAST for group in found)
    sizes = [len(group.members) for group in found]
    assert sizes == sorted(sizes, reverse=True)


def test_a_name_is_made_of_the_words_of_the_title() -> None:
    telling = [stem for _word, stem in stems.told("vidéoprojecteur panne")]

    assert stems.label("URGENT : Vidéoprojecteur en panne au CCAS", telling) == (
        "Vidéoprojecteur en panne"
    )
    assert stems.label("Bonjour", telling) == ""


@pytest.mark.parametrize(
    ("title", "said", "name"),
    [
        (
            "Le copieur au CCAS froisse le papier",
            "copieur froisse papier",
            "copieur froisse le papier",
        ),
        ("Plus d’image sur mon écran de droite", "image écran", "Plus d’image sur mon écran"),
        (
            "On ne m’entend plus au téléphone",
            "entend téléphone",
            "On ne m’entend plus au téléphone",
        ),
        ("Le portable PC-0560 ne démarre plus", "portable démarre", "portable ne démarre plus"),
        ("La porte ne ferme plus au CCAS", "porte ferme", "porte ne ferme plus"),
        ("Le portable PC-0560 ne démarre plus", "portable PC", "portable PC"),
        ("Bonjour, la porte du local", "porte local", "porte du local"),
        ("L’école-mairie sans réseau", "réseau", "sans réseau"),
        ("Portable poste-bloqué", "portable bloqué", "Portable bloqué"),
    ],
)
def test_a_name_keeps_what_denies_and_no_small_word_alone(title: str, said: str, name: str) -> None:
    telling = [stem for _word, stem in stems.told(said)]

    assert stems.label(title, telling) == name


def test_a_name_is_whole_when_only_numbers_are_left_out() -> None:
    assert stems.is_unbroken("portable PC ne démarre plus", "Le portable PC-0560 ne démarre plus")
    assert not stems.is_unbroken("Copieur froisse", "Copieur au CCAS froisse le papier")


@given(st.text(max_size=500), st.lists(st.text(max_size=20), max_size=5))
def test_a_name_is_short_clean_and_of_words_that_were_written(title: str, more: list[str]) -> None:
    telling = {stem for _word, stem in stems.told(title)} | set(more)

    name = stems.label(title, telling)

    assert len(name) <= stems.MAX_LABEL
    assert not any(sign in name for sign in "<>&\x00\n\u202e")
    assert name == name.strip()


def test_what_follows_the_closing_formula_is_nobodys_problem() -> None:
    said = stems.terms("", "Le scanner de l’accueil ne répond plus.\nCordialement\nPaul Imprimeur")

    assert stems.stem("imprimeur") not in said
    assert stems.stem("scanner") in said
