"""A talk in editions that cannot be mixed unseen, and a program that indexes one after the other.

    python tests/editions.py TALK INDEX FIRST

writes edition FIRST and those after it to TALK, each time saying its number and indexing it, until
it is killed.
"""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from fakes import CountingEmbedder

from keynote_qa import KeynoteQA

GOODS = "apple bread cheese dates eggs flour grapes honey ice jam kale lime milk nuts".split()


def price_list(edition: int) -> str:
    """The text of an edition; every line of it names the edition, or is in all of them."""
    slides = (
        f"Prices Of {good.title()}\n\n{good} costs {edition}{n} dollars\n\n{good} sells well in {n}"
        for n, good in enumerate(GOODS)
    )
    return f"Edition {edition}\n\n" + "\n\n\n".join(slides) + "\n"


def open_fake(
    index: Path, *sources: Path, said: list[str] | None = None, suggest: bool = False
) -> KeynoteQA:
    """An assistant without a model; `said` gets what it says while it opens."""
    return KeynoteQA.open(
        index,
        sources=list(sources) or None,
        embedder=CountingEmbedder(),
        reader="none",
        say=said.append if said is not None else None,
        suggest=suggest,
    )


def main(talk: Path, index: Path, first: int) -> None:
    """Index one edition after the other."""
    for edition in count(first):
        unfinished = talk.with_suffix(".part")
        unfinished.write_text(price_list(edition), "utf-8")
        unfinished.replace(talk)
        print(edition, flush=True)
        open_fake(index, talk, suggest=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
