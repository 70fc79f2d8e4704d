"""Memory of a process that runs for months: short pauses of the collector, the rest given back."""

import ctypes
import ctypes.util
import gc

from data.courtesy import give_way

# What an open page consists of is free as soon as the page is; in circles there is a tenth of it.
# A young collection takes 2 ms, one of the middle generation 8 ms. A full one walks through all
# open pages, half a second with some hundred: it waits until a moment in which nobody does.
_YOUNG = 2_000
_MIDDLE = 5
_NEVER = 1_000_000
_MANY = 600  # collections of the middle generation: some thousand pages, 100 MB at most


def tune() -> None:
    """Let the collector pass over what is there by now, and stop the process for moments only."""
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _NEVER)


def is_due() -> bool:
    """Tell whether so much was made that a full collection is worth its pause."""
    return gc.get_count()[2] >= _MANY


def tidy() -> None:
    """Collect all, and give freed memory back to the system; glibc keeps a peak for ever."""
    give_way()
    gc.collect()
    if name := ctypes.util.find_library("c"):
        libc = ctypes.CDLL(name)
        if hasattr(libc, "malloc_trim"):
            libc.malloc_trim(0)
