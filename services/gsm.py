"""Texts as short messages carry them: 160 characters of the GSM alphabet, or 70 of any other."""

import unicodedata

# 3GPP TS 23.038 §6.2.1; those of its extension table count twice.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
_SPELT = {
    "’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "…": "...", "–": "-", "—": "-",
    "œ": "oe", "Œ": "OE", "\u00a0": " ", "\u202f": " ", "\t": " ", "n°": "no ", "°": "o", "·": "-",
    "`": "'", "×": "x",
}  # fmt: skip
LONGEST = 160
LONGEST_OTHER = 70


def fitting(text: str) -> str:
    """Return a text spelt with the GSM alphabet where that changes accents and quotes only.

    What is longer than one message is cut between words; a link at the end stays whole.
    """
    spelt = text.replace("« ", '"').replace(" »", '"').replace("«\u00a0", '"')
    spelt = spelt.replace("\u00a0»", '"')
    spelt = "".join(_spelt(character) for character in spelt)
    return _cut(spelt if is_gsm(spelt) else text)


def is_gsm(text: str) -> bool:
    """Tell whether every character is in the GSM alphabet."""
    return all(c in _BASIC or c in _EXTENDED for c in text)


def length(text: str) -> int:
    """Return how much room a text takes, in characters of its alphabet."""
    if is_gsm(text):
        return sum(2 if c in _EXTENDED else 1 for c in text)
    return len(text.encode("utf-16-le")) // 2


def _spelt(character: str) -> str:
    if character in _BASIC or character in _EXTENDED:
        return character
    if character in _SPELT:
        return _SPELT[character]
    bare = unicodedata.normalize("NFKD", character)
    bare = "".join(c for c in bare if not unicodedata.combining(c))
    return bare if bare and is_gsm(bare) else character


def _cut(text: str) -> str:
    most = LONGEST if is_gsm(text) else LONGEST_OTHER
    if length(text) <= most:
        return text
    words = text.split(" ")
    link = words.pop() if "://" in words[-1] else ""
    while words and length(" ".join([*words, "...", link]).strip()) > most:
        words.pop()
    cut = " ".join([*words, "...", link]).strip() if words else link or text
    return cut if length(cut) <= most or link else cut[:most]
