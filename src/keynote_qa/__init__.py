"""Ask questions about a talk; get short answers in its own words, each with a receipt.

>>> from keynote_qa import KeynoteQA
>>> qa = KeynoteQA.open()                      # doctest: +SKIP
>>> print(qa.ask("What is AWS Glue?").answer)  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keynote_qa.version import __version__

if TYPE_CHECKING:
    from keynote_qa.assistant import KeynoteQA
    from keynote_qa.records import Answer, Citation

__all__ = ["Answer", "Citation", "KeynoteQA", "__version__"]


def __getattr__(name: str) -> Any:
    # The parts import numpy and more: whoever only asks for the version does not wait for them.
    if name == "KeynoteQA":
        from keynote_qa.assistant import KeynoteQA

        return KeynoteQA
    if name in ("Answer", "Citation"):
        from keynote_qa import records

        return getattr(records, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
