"""ServiceNow’s journals: all that was said of an incident, in one cell, newest first."""

import re
from collections.abc import Callable, Iterator

from integrations.importers.dates import Dates
from integrations.importers.incoming import Remark
from services.checks import MAX_PROSE

# 2026-03-01 10:12:13 - Abel Tuter (Additional comments)
_HEAD = re.compile(
    r"^(?P<at>[0-9][0-9./-]{5,11}[ T][0-9:]{4,8}(?: ?[AaPp][Mm])?) - (?P<by>.{1,120}?)"
    r" \((?P<kind>[^()\n]{1,60})\)[ \t]*$",
    re.MULTILINE,
)
_CELLS = ("comments_and_work_notes", "comments", "work_notes")


def remarks(cell: Callable[[str], str], dates: Dates) -> Iterator[Remark]:
    """Yield what was said, oldest first; work notes are internal.

    What has no head that tells who and when is part of the remark before it.
    """
    together = cell(_CELLS[0])
    texts = (together,) if _HEAD.search(together) else tuple(cell(n) for n in _CELLS[1:])
    found = [remark for text in texts for remark in _parted(text, dates)]
    yield from sorted(found, key=lambda remark: remark.at)


def _parted(text: str, dates: Dates) -> Iterator[Remark]:
    heads = list(_HEAD.finditer(text))
    for place, head in enumerate(heads):
        end = heads[place + 1].start() if place + 1 < len(heads) else len(text)
        body = text[head.end() : end].strip()
        at = dates.read(head["at"])
        if at is not None and body:
            is_internal = "note" in head["kind"].casefold()
            yield Remark(at, head["by"].strip(), body[:MAX_PROSE], is_internal)
