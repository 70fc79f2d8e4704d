"""Tickets that tell of the same: groups around a common centre, found by their words.

Loads scikit-learn, 150 MB of memory: only `services.recurring_work` imports this, in a process that
ends when it is done. Why it is done like this, and how well: docs/statistics.md.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from services import stems

LEAST = 3  # tickets of a group
SEED = 0.55  # the cosine at which a ticket begins in a group with a denser one
NEAR = 0.45  # … at which it belongs to the nearest centre
ROUNDS = 2  # of « find the centres, then each ticket its nearest »
MOST_TERMS = 24  # of a ticket: its heaviest; long mails are not nearer to everything
MOST_LISTED = 12  # telling stems of a group
_MANY = 20_000  # tickets: of more, words that most have are left aside, for they cost most time …
_COMMON = 0.3  # … those of more than this share of the tickets …
_ENOUGH = 3  # … where so many others remain: what all words of a flood are is not left aside
_RARE = 2  # tickets: a word that only one has makes nothing similar
_PORTION = 4_000_000  # products of weights at a time: 64 MB at most
_SAMPLED = 20_000  # tickets by which it is judged how dense it is around each

Matrix = Any  # scipy’s CSR, a row for each ticket
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Group:
    """Tickets that tell of the same: places among those given, nearest to the centre first."""

    members: list[int]
    telling: tuple[str, ...]  # stems, heaviest first


def groups(documents: Iterable[tuple[str, str]]) -> list[Group]:
    """Return the groups among tickets, each a title and a description; the largest first.

    Memory grows with the number of tickets, not with that of pairs: 100,000 take about 400 MB.
    """
    weights, names = _weights(documents)
    if weights is None or names is None:
        return []
    # What says the same word for word is one: a monitoring system may say it a thousand times.
    unique, place, many = _distinct(weights)
    found = _seeds(unique, many)
    for _round in range(ROUNDS):
        found = _nearest(unique, _centres(unique, found, many))
    return list(_told(weights, found[place], names))


def _weights(
    documents: Iterable[tuple[str, str]],
) -> tuple[Matrix, NDArray[Any]] | tuple[None, None]:
    vectorizer = TfidfVectorizer(
        analyzer=lambda document: stems.terms(*document),
        min_df=_RARE,
        sublinear_tf=True,
        dtype=np.float32,
    )
    try:
        weights = vectorizer.fit_transform(documents)
    except ValueError:  # nobody says anything, or all the same: nothing is left to compare
        return None, None
    weights = _heaviest(_uncommon(weights.tocsr()))
    return normalize(weights, copy=False), vectorizer.get_feature_names_out()


def _uncommon(weights: Matrix) -> Matrix:
    """Leave words aside that very many of many tickets have, where enough others tell more."""
    many = weights.shape[0]
    if many > _MANY:
        frequency = np.bincount(weights.indices, minlength=weights.shape[1])
        is_common = frequency[weights.indices] > _COMMON * many
        row = np.repeat(np.arange(many), np.diff(weights.indptr))
        others = np.bincount(row[~is_common], minlength=many)
        weights.data[is_common & (others[row] >= _ENOUGH)] = 0
        weights.eliminate_zeros()
    return weights


def _heaviest(weights: Matrix) -> Matrix:
    """Leave of each ticket its MOST_TERMS heaviest words."""
    sizes = np.diff(weights.indptr)
    for row in np.flatnonzero(sizes > MOST_TERMS):
        own = slice(weights.indptr[row], weights.indptr[row + 1])
        data = weights.data[own]
        light = np.argsort(-data, kind="stable")[MOST_TERMS:]
        data[light] = 0
    weights.eliminate_zeros()
    return weights


def _distinct(weights: Matrix) -> tuple[Matrix, Numbers, Numbers]:
    """Return each row once, the place of each ticket among them, and how many share each."""
    weights.sort_indices()
    known: dict[bytes, int] = {}
    place = np.empty(weights.shape[0], np.int64)
    first: list[int] = []
    for row in range(weights.shape[0]):
        own = slice(weights.indptr[row], weights.indptr[row + 1])
        key = weights.indices[own].tobytes() + weights.data[own].round(5).tobytes()
        if key not in known:
            known[key] = len(first)
            first.append(row)
        place[row] = known[key]
    return weights[first], place, np.bincount(place)


def _seeds(rows: Matrix, many: Numbers) -> Numbers:
    """Return a group for each row, in the order of how dense it is around it: star clustering.

    Each joins the nearest leader at least SEED near, or leads itself. -1 is a row without words.
    """
    order = np.argsort(-_density(rows, many), kind="stable")
    order = order[np.diff(rows.indptr)[order] > 0]
    found = np.full(rows.shape[0], -1, np.int64)
    leaders: list[int] = []
    for portion in _portions(rows, order):
        if leaders:
            best, near = _best(rows[portion], rows[leaders])
            joins = near >= SEED
            found[portion[joins]] = best[joins]
            portion = portion[~joins]  # noqa: PLW2901 - the rest leads, or joins those of it
        _lead(rows, portion, leaders, found)
    return found


def _lead(rows: Matrix, portion: Numbers, leaders: list[int], found: Numbers) -> None:
    """Go through rows that are near no leader yet: the first leads those that are near it."""
    among = sp.triu(rows[portion] @ rows[portion].T, format="csr")
    is_free = np.ones(len(portion), bool)
    for row in range(len(portion)):
        if not is_free[row]:
            continue
        own = slice(among.indptr[row], among.indptr[row + 1])
        near = among.indices[own][among.data[own] >= SEED]
        near = near[is_free[near]]
        is_free[near] = is_free[row] = False
        found[portion[near]] = found[portion[row]] = len(leaders)
        leaders.append(int(portion[row]))


def _density(rows: Matrix, many: Numbers) -> NDArray[Any]:
    """Return how near each row is to those at least SEED near, of a sample of all."""
    step = max(1, rows.shape[0] // _SAMPLED)
    sampled, weight = rows[::step], many[::step].astype(np.float32)
    found = np.zeros(rows.shape[0], np.float32)
    for portion in _portions(rows, np.arange(rows.shape[0])):
        near = rows[portion] @ sampled.T
        near.data[near.data < SEED] = 0
        found[portion] = near @ weight
    return found + many


def _centres(rows: Matrix, found: Numbers, many: Numbers) -> Matrix:
    """Return the centre of each group of at least two tickets, in any order."""
    inside = np.flatnonzero(found >= 0)
    sizes = np.bincount(found[inside], weights=many[inside])
    inside = inside[sizes[found[inside]] > 1]
    _names, groups = np.unique(found[inside], return_inverse=True)
    shape = (int(groups.max(initial=-1)) + 1, rows.shape[0])
    each = sp.csr_matrix((many[inside].astype(np.float32), (groups, inside)), shape=shape)
    return normalize(_heaviest_of_centres(each @ rows), copy=False)


def _heaviest_of_centres(centres: Matrix) -> Matrix:
    """Drop from centres what few of their tickets say: it costs time and brings nothing."""
    for row in range(centres.shape[0]):
        own = slice(centres.indptr[row], centres.indptr[row + 1])
        data = centres.data[own]
        data[data < data.max(initial=0) / 50] = 0
    centres.eliminate_zeros()
    return centres


def _nearest(rows: Matrix, centres: Matrix) -> Numbers:
    """Return the nearest centre of each row, -1 where none is NEAR."""
    found = np.full(rows.shape[0], -1, np.int64)
    if not centres.shape[0]:
        return found
    for portion in _portions(rows, np.arange(rows.shape[0])):
        best, near = _best(rows[portion], centres)
        found[portion] = np.where(near >= NEAR, best, -1)
    return found


def _best(rows: Matrix, others: Matrix) -> tuple[Numbers, NDArray[Any]]:
    """Return for each row the place of the nearest of the others, and how near it is."""
    near = (rows @ others.T).tocsr()
    best, value = np.zeros(rows.shape[0], np.int64), np.zeros(rows.shape[0], np.float32)
    full = np.flatnonzero(np.diff(near.indptr))
    if len(full):
        value[full] = np.maximum.reduceat(near.data, near.indptr[full])
        owner = np.repeat(np.arange(rows.shape[0]), np.diff(near.indptr))
        is_best = np.flatnonzero(near.data == value[owner])[::-1]
        best[owner[is_best]] = near.indices[is_best]
    return best, value


def _portions(rows: Matrix, order: Numbers) -> Iterator[Numbers]:
    """Yield the rows in order, in portions whose products with all rows fit into memory."""
    frequency = np.bincount(rows.indices, minlength=rows.shape[1])
    cost = np.add.reduceat(
        np.append(frequency[rows.indices], 0), np.minimum(rows.indptr[:-1], len(rows.indices))
    )
    cost[np.diff(rows.indptr) == 0] = 0
    portions = np.cumsum(cost[order], dtype=np.int64) // _PORTION
    yield from np.split(order, np.flatnonzero(np.diff(portions)) + 1)


def _told(weights: Matrix, found: Numbers, names: NDArray[Any]) -> Iterator[Group]:
    """Yield the groups of at least LEAST tickets, the largest first."""
    inside = np.flatnonzero(found >= 0)
    order = inside[np.argsort(found[inside], kind="stable")]
    parts = np.split(order, np.flatnonzero(np.diff(found[order])) + 1) if len(order) else []
    for members in sorted(parts, key=len, reverse=True):
        if len(members) < LEAST:
            return
        own = weights[members]
        centre = np.asarray(own.sum(axis=0)).ravel()
        nearness = own @ centre
        heaviest = np.argsort(-centre, kind="stable")[:MOST_LISTED]
        telling = tuple(str(names[term]) for term in heaviest if centre[term] > 0)
        yield Group([int(m) for m in members[np.argsort(-nearness, kind="stable")]], telling)
