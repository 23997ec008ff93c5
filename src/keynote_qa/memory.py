"""Memory that was freed, given back to the system."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache


def give_back() -> None:
    """Let the C library hand freed memory back to the system, where it keeps it for itself.

    glibc does so with the blocks of every size that a model's passes of ever different length
    leave behind: embedding a library of hundreds of talks, the process would grow by half a
    gigabyte that nothing uses. Elsewhere this does nothing.
    See https://man7.org/linux/man-pages/man3/malloc_trim.3.html
    """
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library, or another system
        return None
