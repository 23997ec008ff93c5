"""The page, as Hugging Face Spaces starts it: `python app.py`."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Spaces installs what requirements.txt names, not this project; where it is installed, that counts.
sys.path.append(str(HERE / "src"))

from keynote_qa import KeynoteQA  # noqa: E402
from keynote_qa.errors import KeynoteQAError  # noqa: E402
from keynote_qa.web import serve  # noqa: E402


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
