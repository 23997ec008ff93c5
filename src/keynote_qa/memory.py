"""Memory that was freed: given back to the system, or held for the next who needs some."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # as <malloc.h> numbers them
_LARGE = 32 << 20
"""Bytes from which on a block is the system's own affair; the most that glibc takes."""
_HELD = 256 << 20
"""Bytes that a thread may hold: more than a pass over as many texts as go together needs."""


def give_back() -> None:
    """Let the C library hand freed memory back to the system, where it keeps it for itself.

    glibc does so with the blocks of every size that a model's passes of ever different length
    leave behind: embedding a library of hundreds of talks, the process would grow by half a
    gigabyte that nothing uses. Elsewhere this does nothing.
    See https://man7.org/linux/man-pages/man3/malloc_trim.3.html
    """
    trim = _of_c("malloc_trim")
    if trim is not None:
        trim(0)


def hold() -> None:
    """Let the C library hold what is freed for the next that needs some, as long as this runs.

    What a pass of the model over many texts leaves behind, glibc else gives back to the system at
    once, and the next pass gets it again page by page. For a program that answers many at a time;
    elsewhere than with glibc this does nothing.
    See https://man7.org/linux/man-pages/man3/mallopt.3.html
    """
    options = _of_c("mallopt")
    if options is not None:
        options(_MMAP_THRESHOLD, _LARGE)
        options(_TRIM_THRESHOLD, _HELD)


@cache
def _of_c(name: str) -> Callable[..., int] | None:
    try:
        found: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):  # another C library, or another system
        return None
    return found
