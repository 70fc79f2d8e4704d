"""Where the words one looked for stand in a text: extracts of it, and the pieces to mark."""

import re
from collections.abc import Iterable, Iterator

from data.text_search import Phrase, words

BEFORE, AFTER = 60, 140  # characters of an extract around the first word found
LONGEST_READ = 20_000  # characters of one text that an extract may come from
_WORD = re.compile(r"[^\W_]+")


def extract(text: str, phrases: Iterable[Phrase]) -> str:
    """Return one line of the text around the first word that was looked for, or its beginning."""
    read = text[:LONGEST_READ]
    start = next((start for start, _end in _places(read, phrases)), 0)
    left = read.find(" ", start - BEFORE, start) + 1 if start > BEFORE else 0
    right = start + AFTER
    if right < len(read):
        right = max(read.rfind(" ", start, right), start + 1) if " " in read[start:right] else right
    line = " ".join(read[left:right].split())
    return f"{'…' if left else ''}{line}{'…' if right < len(text) else ''}"


def held(text: str, phrases: Iterable[Phrase]) -> int:
    """Return how many of the phrases the text holds."""
    folded = f" {' '.join(words(text[:LONGEST_READ]))} "
    return sum(f" {' '.join(p.words)}{'' if p.is_prefix else ' '}" in folded for p in phrases)


def pieces(text: str, phrases: Iterable[Phrase]) -> list[tuple[str, bool]]:
    """Return the text in pieces, each with whether it is a word that was looked for."""
    found: list[tuple[str, bool]] = []
    last = 0
    for start, end in _places(text, phrases):
        found += [(text[last:start], False), (text[start:end], True)]
        last = end
    return [piece for piece in (*found, (text[last:], False)) if piece[0]]


def _places(text: str, phrases: Iterable[Phrase]) -> Iterator[tuple[int, int]]:
    """Yield where each word stands that was looked for, in the text as it was written."""
    full: set[str] = set()
    begun: list[str] = []
    for phrase in phrases:
        full.update(phrase.words[:-1] if phrase.is_prefix else phrase.words)
        begun += phrase.words[-1:] if phrase.is_prefix else ()
    for written in _WORD.finditer(text):
        folded = "".join(words(written[0]))
        if folded in full or (begun and folded.startswith(tuple(begun))):
            yield written.span()
