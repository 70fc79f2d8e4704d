"""What a ticket is about, as stems: words without accents and endings, French and English alike.

A stem is what the English and then the French stemmer leave of a word, whatever language the
ticket is in: few say so, and many mix both. No stemmer is loaded before it is needed.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Any

from data.text import clean_line, fold
from services.stop_words import DENYING, DENYING_AFTER, IGNORED, POLITE

TITLE_WEIGHT = 2  # a word of the title counts as so many of the description
MAX_TITLE = 300  # characters that are looked at
MAX_DESCRIPTION = 1500  # what comes later is quoted mails, signatures, logs
MAX_LABEL = 80
_MOST_LABELLED = 6  # words of a label
_JOINS = ("-", "’", "'")  # what may stand between two words of a label beside a space
_LEAST_SAID = 20  # characters before a closing formula; one that comes first closes nothing
_CLOSING = re.compile(
    r"\b(cordialement|bien (cordialement|à vous)|(kind|best|warm) regards|regards,"
    r"|sincères salutations|salutations distinguées|envoyé de mon|sent from my)\b|^-- $",
    re.IGNORECASE | re.MULTILINE,
)
_WORD = re.compile(r"[^\W\d_]{1,30}")  # letters alone: numbers tell tickets of one problem apart


def terms(title: str, description: str) -> list[str]:
    """Return the stems of a ticket, those of the title TITLE_WEIGHT times, in their order."""
    said = [stem for _word, stem in told(title[:MAX_TITLE])] * TITLE_WEIGHT
    return said + [stem for _word, stem in told(_said(description))]


def _said(description: str) -> str:
    """Return a description without what follows its closing formula: names, titles, notices."""
    text = description[:MAX_DESCRIPTION]
    closing = _CLOSING.search(text)
    return text[: closing.start()] if closing and closing.start() >= _LEAST_SAID else text


def told(text: str) -> Iterator[tuple[str, str]]:
    """Yield each word of a text that says something, as it is written, with its stem."""
    for word in _WORD.findall(text):
        folded = fold(word)
        if len(folded) > 1 and folded not in IGNORED:
            yield word, stem(folded)


def label(title: str, telling: Collection[str]) -> str:
    """Return the words of a title whose stems are telling, in its order; empty when none is.

    Small words between two of them stay, and those around that deny: “plus d’image”, “ne démarre
    plus”. They are the title’s own words, for people to read, and cleaned, for anybody may have
    typed it.
    """
    line = clean_line(title[:MAX_TITLE])
    waiting: list[str] = []
    said, many, is_after = "", 0, True  # the word before is in it, or a small one
    for found in _WORD.finditer(line):
        folded = fold(found[0])
        before = line[found.start() - 1 : found.start()]
        joined = (before if before in _JOINS and (is_after or waiting) else " ") + found[0]
        if folded in IGNORED:
            waiting = [] if folded in POLITE and not said else [*waiting, joined]
        elif many == _MOST_LABELLED:
            break
        elif stem(folded) in telling:
            said += "".join(waiting if said else _denial(waiting)) + joined
            waiting, many, is_after = [], many + 1, True
        else:  # it is left out, and so are the small words that led to it
            said += _end(waiting) if said and is_after else ""
            waiting, is_after = [], False
    said += _end(waiting) if said and is_after else ""
    return said[:MAX_LABEL].strip()


def is_unbroken(label: str, title: str) -> bool:
    """Tell whether the words of a label follow each other in its title, whatever numbers stay."""
    part, whole = (" ".join(["", *_WORD.findall(fold(text)), ""]) for text in (label, title))
    return part in whole


def _denial(small: list[str]) -> list[str]:
    """Return the small words that begin a title when one of them denies what comes."""
    return small if any(fold(word[1:]) in DENYING for word in small) else []


def _end(small: list[str]) -> str:
    """Return the word that denies what comes before it, of the small words that follow."""
    return small[0] if small and fold(small[0][1:]) in DENYING_AFTER else ""


def shared(titles: Collection[str]) -> list[str]:
    """Return the stems that at least half of some titles have, the most frequent first."""
    counted = Counter(s for title in titles for s in {stem for _word, stem in told(title)})
    least = max(2, (len(titles) + 1) // 2)
    return [stem for stem, many in counted.most_common() if many >= least]


@lru_cache(maxsize=50_000)
def stem(folded: str) -> str:
    """Return what the stemmers leave of a word without accents."""
    english, french = _stemmers()
    return str(french.stemWord(english.stemWord(folded)))


@lru_cache(maxsize=1)
def _stemmers() -> tuple[Any, Any]:
    import Stemmer  # noqa: PLC0415 - a megabyte that few processes need

    return Stemmer.Stemmer("english"), Stemmer.Stemmer("french")
