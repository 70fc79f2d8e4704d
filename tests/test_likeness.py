"""How alike two tickets are, and what of what came within an hour is a burst (issue 5)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import burst_groups, likeness
from services.burst_groups import LEAST, WITHIN, Said, gather
from services.likeness import Background

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
WORDS = st.lists(st.sampled_from(["internet", "badge", "paie", "clavier", "marche", "écran"]))
TEXTS = WORDS.map(" ".join)
NOTHING = Background()


def vector(title: str, background: Background = NOTHING) -> likeness.Vector:
    return likeness.vector(likeness.words(title, ""), background)


def knowing(*titles: str) -> Background:
    background = Background()
    for title in titles:
        background.read(likeness.words(title, ""))
    return background


def came(*titles: str, minutes: Sequence[float] = (), requests: bool = False) -> list[Said]:
    """Tickets of different people, a minute apart; their numbers are their places."""
    return [
        Said(
            place,
            NINE + timedelta(minutes=minutes[place] if minutes else place),
            place,
            likeness.words(title, ""),
            is_request=requests,
        )
        for place, title in enumerate(titles)
    ]


OUTAGE = ("Plus d’internet", "Internet ne marche plus au 2e étage", "Pas de réseau depuis 9h")


@given(TEXTS, TEXTS)
def test_likeness_is_a_cosine(one: str, other: str) -> None:
    a, b = vector(one), vector(other)

    assert likeness.cosine(a, b) == pytest.approx(likeness.cosine(b, a))
    assert -1e-9 <= likeness.cosine(a, b) <= 1 + 1e-9
    assert not a or likeness.cosine(a, a) == pytest.approx(1)
    assert likeness.cosines([a, b])[0, 1] == pytest.approx(likeness.cosine(a, b), abs=1e-5)


@given(TEXTS, st.randoms())
def test_the_order_of_words_changes_nothing(text: str, chance: st.DataObject) -> None:
    words = text.split()
    chance.shuffle(words)  # type: ignore[attr-defined] # hypothesis’s own Random

    mixed = " ".join(words)

    assert not text or likeness.cosine(vector(text), vector(mixed)) == pytest.approx(
        int(bool(vector(text)))
    )


def test_one_thing_in_other_words_is_near() -> None:
    one, *others = (vector(title) for title in OUTAGE)

    assert all(likeness.cosine(one, other) >= burst_groups.NEAR for other in others)


def test_what_does_not_work_is_not_what_is_said_of_it() -> None:
    printer, badge = vector("L’imprimante ne marche plus"), vector("La badgeuse ne marche plus")

    assert likeness.cosine(printer, badge) < burst_groups.NEAR


def test_what_everybody_says_tells_less() -> None:
    background = knowing(*["Paie de mars"] * 50, "Badge perdu")

    assert background.weight("pai") < background.weight("badg")
    assert background.weight("pai") < NOTHING.weight("pai")


def test_a_text_without_words_is_near_to_nothing() -> None:
    assert vector("???") == {}
    assert likeness.cosine(vector("???"), vector("???")) == 0
    assert gather(came("???", "!!!", "..."), NOTHING) == []


def test_three_people_in_a_quarter_of_an_hour_are_a_burst() -> None:
    assert gather(came(*OUTAGE, "Changer mon clavier"), NOTHING) == [(None, [0, 1, 2])]


def test_two_are_none() -> None:
    assert gather(came(*OUTAGE[:2], "Changer mon clavier"), NOTHING) == []


@pytest.mark.parametrize(("minutes", "is_one"), [((0, 7, 15), True), ((0, 7, 15.1), False)])
def test_they_come_within_a_quarter_of_an_hour(minutes: tuple[float, ...], is_one: bool) -> None:
    assert bool(gather(came(*OUTAGE, minutes=minutes), NOTHING)) is is_one


def test_one_person_alone_is_no_burst() -> None:
    said = came(*OUTAGE)
    alone = [Said(each.number, each.at, 7, each.words) for each in said]

    assert gather(alone, NOTHING) == []


def test_what_people_want_is_no_burst() -> None:
    assert gather(came(*["Nouvel arrivant"] * 4, requests=True), NOTHING) == []


def test_what_comes_all_day_is_no_burst_until_much_more_comes() -> None:
    usual = knowing(*["Imprimante"] * 100, *(f"Sujet {n}" for n in range(900)))
    others = ["Badge", "Paie", "Clavier", "Chauffage", "Salle", "Véhicule", "Écran"]
    titles = ["Imprimante en panne"] * 3 + others

    assert gather(came(*titles), usual) == []
    assert gather(came(*["Imprimante en panne"] * 12), usual) == [(None, [*range(12)])]


def test_a_burst_goes_on_as_long_as_others_follow_soon() -> None:
    minutes = (0, 1, 2, 16, 30, 46)
    titles = [*OUTAGE, *["Plus d’internet"] * 3]

    assert gather(came(*titles, minutes=minutes), NOTHING) == [(None, [0, 1, 2, 3, 4])]


def test_a_burst_that_is_known_takes_what_is_like_it() -> None:
    first, *more = came(*OUTAGE, "Réseau coupé", "Clavier")
    known = [Said(first.number, first.at, 0, first.words, burst_id=4)]

    assert gather([*known, *more], NOTHING) == [(4, [1, 2, 3])]


def test_two_outages_are_two_bursts() -> None:
    titles = [*OUTAGE, "Chauffage en panne", "Plus de chauffage", "Chauffage froid"]

    assert gather(came(*titles), NOTHING) == [(None, [0, 1, 2]), (None, [3, 4, 5])]


SUBJECTS = ("internet coupé", "chauffage froid", "badgeuse muette", "paie fausse", "clavier cassé")
COMINGS = st.lists(
    st.tuples(st.sampled_from(SUBJECTS), st.integers(0, 50), st.integers(0, 4)), max_size=14
)


@given(COMINGS, st.randoms())
def test_order_decides_nothing(comings: list[tuple[str, int, int]], chance: st.DataObject) -> None:
    said = [
        Said(n, NINE + timedelta(minutes=minute), who, likeness.words(text, ""))
        for n, (text, minute, who) in enumerate(comings)
    ]
    found = gather(said, NOTHING)

    chance.shuffle(said)  # type: ignore[attr-defined] # hypothesis’s own Random

    assert gather(said, NOTHING) == found


@given(COMINGS)
def test_every_burst_is_one(comings: list[tuple[str, int, int]]) -> None:
    said = [
        Said(n, NINE + timedelta(minutes=minute), who, likeness.words(text, ""))
        for n, (text, minute, who) in enumerate(comings)
    ]

    found = gather(said, NOTHING)

    numbers = [number for _key, some in found for number in some]
    assert len(numbers) == len(set(numbers))
    for _key, some in found:
        times = sorted(said[number].at for number in some)
        assert len(some) >= LEAST
        assert len({said[number].requester_id for number in some}) >= 2
        assert len({comings[number][0] for number in some}) == 1
        assert max(b - a for a, b in pairwise(times)) <= WITHIN


@given(COMINGS)
def test_whoever_looks_after_each_ticket_ends_where_one_look_ends(
    comings: list[tuple[str, int, int]],
) -> None:
    """However often one looks in between, the same tickets are in bursts: none is missed."""
    said = [
        Said(n, NINE + timedelta(minutes=minute), who, likeness.words(text, ""))
        for n, (text, minute, who) in enumerate(comings)
    ]
    at_once = {n for _key, some in gather(said, NOTHING) for n in some}

    known: dict[int, int] = {}
    for many in range(1, len(said) + 1):
        seen = [
            Said(e.number, e.at, e.requester_id, e.words, burst_id=known.get(e.number))
            for e in said[:many]
        ]
        for key, some in gather(seen, NOTHING):
            known |= dict.fromkeys(some, key or max([*known.values(), 0]) + 1)

    assert at_once <= known.keys()
