"""Small truths about text: how it is cleaned before it is kept, how it is folded to be compared."""

import re
import unicodedata

# Controls, zero-width characters and direction overrides: invisible, and used to deceive.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"
)


def clean_line(text: str) -> str:
    """Return one line: composed (NFC), without unseen characters, spaces single and trimmed."""
    return " ".join(_sound(text).split())


def clean_prose(text: str) -> str:
    """Return lines as typed: composed (NFC), without unseen characters, ends trimmed."""
    return _sound(text).strip("\n").rstrip()


def fold(text: str) -> str:
    """Return the text as it is compared: lower case and without accents."""
    return text.lower() if text.isascii() else text.translate(_FOLDED)


class _Folded(dict[int, str]):
    """What each character is compared as, worked out when it is first met.

    One by one is exact: only accents are put in another order among their neighbours, and they go.
    """

    def __missing__(self, code: int) -> str:
        spelt_out = chr(code).casefold().replace("œ", "oe").replace("æ", "ae")
        decomposed = unicodedata.normalize("NFKD", spelt_out).casefold()  # № becomes No, then no
        bare = "".join(c for c in decomposed if not unicodedata.combining(c))
        self[code] = bare
        return bare


_FOLDED = _Folded()


def _sound(text: str) -> str:
    """Replace what UTF-8 cannot hold (lone surrogates), drop the unseen, then compose.

    In this order: an accent after something unseen composes with what stood before it.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-8", "replace").decode()
    lines = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    return unicodedata.normalize("NFC", _UNSEEN.sub("", lines))
