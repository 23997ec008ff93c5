"""Where the talk that comes with the package lies, and where an index goes by default."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from keynote_qa.errors import QuestionError

_PACKAGE = Path(__file__).resolve().parent


def checkout() -> Path | None:
    """The checkout of this project that is worked in: around the current folder, or the package."""
    here = Path.cwd()
    for folder in (here, *here.parents, _PACKAGE.parent.parent):
        if (folder / "src" / "keynote_qa" / "__init__.py").is_file() and (
            folder / "seeds"
        ).is_dir():
            return folder
    return None


def default_sources() -> Path:
    """The folder of seeds: the checkout's, else the copy that the package carries."""
    root = checkout()
    return root / "seeds" if root else _PACKAGE / "seeds"


def default_index() -> Path:
    """`index/` in a checkout, else a folder in the user's cache."""
    root = checkout()
    return root / "index" if root else Path(platformdirs.user_cache_dir("keynote-qa")) / "index"


def default_questions() -> Path:
    """The questions by which the assistant over the talk that comes with the package is measured.

    Raises:
        QuestionError: there is no checkout, and the package does not carry them.
    """
    root = checkout()
    if root is None:
        raise QuestionError("Give a file of questions: keynote-qa eval QUESTIONS.jsonl")
    return root / "tests" / "questions" / "keynote-test.jsonl"
