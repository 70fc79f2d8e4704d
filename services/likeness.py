"""How alike tickets are that came at nearly the same time: the cosine of what their words weigh.

Plain Python for some hundred tickets, in the process that serves: what `services.similar` needs
for all tickets (scikit-learn, 150 MB) must not stay there. A word weighs the more the fewer of the
tickets before have it. How this was chosen, and how well it does: docs/statistics.md.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from services import same_words, stems

MOST_TERMS = 24  # of a ticket: its heaviest; long mails are not nearer to everything
_ASSUMED = 200  # tickets one has seen before the first: a new site knows no words yet
_RAREST = 0.01  # of all tickets: rarer words tell no more, each ticket has some of its own
_SYMPTOM = 0.3  # « does not work any more » says what is wrong with anything

Vector = Mapping[str, float]  # what each stem weighs; of length 1, or empty


class Background:
    """The words of the tickets before: what everybody says tells nothing."""

    def __init__(self) -> None:
        self._said: list[tuple[str, ...]] = []
        self._having: Counter[str] = Counter()
        self._weighing: dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]] = {}

    def __len__(self) -> int:
        return len(self._said)

    def read(self, said: Iterable[str]) -> None:
        """Take a ticket in, by its `words`."""
        self._said.append(tuple(said))
        self._having.update(set(self._said[-1]))
        self._weighing = {}

    def weight(self, word: str) -> float:
        """Return how much a word tells: the more the rarer it is, up to a limit."""
        total = len(self._said) + _ASSUMED
        rarity = math.log(total / max(self._having[word] + 1, _RAREST * total))
        return rarity * (_SYMPTOM if word in _symptoms() else 1)

    def share(self, of: Vector, near: float) -> float:
        """Return what part of the tickets before is at least so near to something."""
        if not self._weighing:
            self._weighing = _by_word([vector(said, self) for said in self._said])
        cosines = np.zeros(len(self))
        for word, weight in of.items():
            if word in self._weighing:
                tickets, weights = self._weighing[word]
                cosines[tickets] += weight * weights
        return int(np.count_nonzero(cosines >= near)) / (len(self) + _ASSUMED)


def _by_word(
    vectors: Sequence[Vector],
) -> dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Return for each word which of some have it, by place, and what it weighs in each."""
    having: dict[str, list[tuple[int, float]]] = {}
    for place, each in enumerate(vectors):
        for word, weight in each.items():
            having.setdefault(word, []).append((place, weight))
    return {
        word: (np.array([place for place, _ in found]), np.array([weight for _, weight in found]))
        for word, found in having.items()
    }


@lru_cache(maxsize=1000)
def words(title: str, description: str) -> tuple[str, ...]:
    """Return the stems of a ticket, each as the one that stands for those that mean the same."""
    same = _same()
    return tuple(same.get(stem, stem) for stem in stems.terms(title, description))


def vector(said: Iterable[str], background: Background) -> Vector:
    """Return what the words of a ticket weigh, the heaviest MOST_TERMS of them, of length 1."""
    weighed = {
        word: (1 + math.log(times)) * background.weight(word)
        for word, times in Counter(said).items()
    }
    heaviest = sorted(weighed, key=lambda word: (-weighed[word], word))[:MOST_TERMS]
    return _of_length_one({word: weighed[word] for word in heaviest if weighed[word] > 0})


def cosine(one: Vector, other: Vector) -> float:
    """Return how alike two are, from 0 (no word in common) to 1."""
    if len(one) > len(other):
        one, other = other, one
    return sum(weight * other[word] for word, weight in one.items() if word in other)


def cosines(vectors: Sequence[Vector]) -> NDArray[np.float32]:
    """Return how alike each of some is to each other, a row for each."""
    columns: dict[str, int] = {}
    for each in vectors:
        for word in each:
            columns.setdefault(word, len(columns))
    weights = np.zeros((len(vectors), len(columns)), np.float32)
    for row, each in enumerate(vectors):
        for word, weight in each.items():
            weights[row, columns[word]] = weight
    return weights @ weights.T


def centre(vectors: Iterable[Vector]) -> Vector:
    """Return the mean of some, of length 1."""
    total: Counter[str] = Counter()
    for each in vectors:
        total.update(each)
    return _of_length_one(total)


def _of_length_one(weights: Mapping[str, float]) -> Vector:
    length = math.sqrt(sum(weight * weight for weight in weights.values()))
    return {word: weight / length for word, weight in weights.items()} if length else {}


@lru_cache(maxsize=1)
def _same() -> dict[str, str]:
    """Return the stem that stands for each, worked out when it is first needed."""
    return {stems.stem(word): stems.stem(first) for word, first in same_words.same().items()}


@lru_cache(maxsize=1)
def _symptoms() -> frozenset[str]:
    return frozenset(stems.stem(word) for word in same_words.SYMPTOMS)
