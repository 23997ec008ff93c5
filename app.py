"""The page, as Hugging Face Spaces starts it: `python app.py`."""

from __future__ import annotations

import sys
from pathlib import Path

from keynote_qa import KeynoteQA
from keynote_qa.errors import KeynoteQAError
from keynote_qa.web import serve

HERE = Path(__file__).resolve().parent


def open_assistant() -> KeynoteQA:
    """The assistant over the talks in `seeds/`, its index in `index/`."""
    return KeynoteQA.open(HERE / "index", sources=[HERE / "seeds"], say=_say)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        serve(open_assistant)
    except KeynoteQAError as error:
        sys.exit(str(error))
