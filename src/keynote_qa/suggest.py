"""Questions to suggest, each tried first: only what the assistant answers well is suggested.

Candidates are written from the talk (`slide_questions`), a few dozen of them chosen so that kinds
and places vary, and each is asked. It stays if it is answered, surely enough to be called likely,
from the very lines it was made of, and if the answer says something that the question does not.

They are kept in the folder of the index, with a fingerprint of all that they depend on. A file
that is missing, damaged or of something else is no error: they are made anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any

from keynote_qa import (
    dialogue,
    figure_questions,
    phrasing,
    sentence_questions,
    slide_questions,
    suggestions,
    title_questions,
)
from keynote_qa.about import About
from keynote_qa.index import Index
from keynote_qa.overview import overview
from keynote_qa.phrasing import Phrasing, stands_alone
from keynote_qa.question import parts
from keynote_qa.records import Answer, BlockKind, Suggestion, Talk
from keynote_qa.render import is_likely
from keynote_qa.slide_questions import questions_of_talk
from keynote_qa.store import SUGGESTIONS, UNFINISHED
from keynote_qa.suggestions import chosen
from keynote_qa.text import fold, tokenize
from keynote_qa.version import __version__

Ask = Callable[[str], Answer]

MAX_TRIED = 32
"""How many questions are tried of one talk."""

MAX_TRIED_IN_ALL = 120
"""How many are tried of all talks together, those from their metadata apart."""

MAX_MADE = 24
"""How many are suggested of one talk, those from its metadata apart."""

MAX_CHARACTERS = 70
_WHOLE_LIST = 0.5
_QUICK_TALKS = 2
_ABOUT_THE_WHOLE = (
    (About.TOPICS, "What is this talk about?"),
    (About.SPEAKERS, "Who are the speakers?"),
    (About.NEWS, "What was announced?"),
)


def kept_or_made(
    folder: Path | None,
    index: Index,
    *,
    reader: str,
    ask: Ask,
    is_word: Callable[[str], bool],
    say: Callable[[str], None],
) -> tuple[Suggestion, ...]:
    """What is kept in the folder of an index if it fits; else made, and kept there if it can be.

    `folder` is None for an index that lies nowhere; `reader` is the name of what reads for `ask`;
    the others are those of `make`.
    """
    fits = fingerprint(index, reader)
    kept = load(folder, fits) if folder is not None else None
    if kept is not None:
        return kept
    made = make(index, ask=ask, is_word=is_word, say=say)
    if folder is not None:
        keep(folder, made, fits)
    return made


def make(
    index: Index,
    *,
    ask: Ask,
    is_word: Callable[[str], bool],
    say: Callable[[str], None],
) -> tuple[Suggestion, ...]:
    """The questions to suggest for the talks of an index, tried, in the order of the talks.

    Args:
        ask: answers a question from all the talks.
        is_word: whether a case-folded word is one of the language.
        say: called with a line for each question of the metadata that is not answered, and one
            first if there are several talks, so that it takes some seconds.
    """
    if len(index.talks) > _QUICK_TALKS:
        say(f"trying out questions to suggest about {len(index.talks)} talks")
    made: list[Suggestion] = []
    for n, talk in enumerate(index.talks):
        # Of so many talks that not each can have one, the first have.
        room = MAX_TRIED_IN_ALL // len(index.talks) or int(n < MAX_TRIED_IN_ALL)
        made += _given(talk, ask, say)
        if not room:
            continue
        known = {_key(kept.question) for kept in made}
        candidates = _candidates(index, talk, index.rows_of(talk.name), is_word)
        untried = [c for c in candidates if _key(c.question) not in known]
        tried = chosen(untried, min(room, MAX_TRIED))
        made += islice((c for c in tried if _holds(c, talk, ask)), MAX_MADE)
    return tuple(made)


def _given(talk: Talk, ask: Ask, say: Callable[[str], None]) -> list[Suggestion]:
    """The questions of a talk's metadata that are answered."""
    given: list[Suggestion] = []
    for question in talk.questions:
        answer = ask(question)
        if not answer.answered:
            say(f"{talk.title}: “{question}” is not answered, and therefore not suggested.")
            continue
        cited = next((c for c in answer.citations if c.source == talk.source), answer.citations[0])
        place = (cited.start_line, cited.end_line, cited.section)
        given.append(Suggestion(question, "given", talk.name, *place))
    return given


def _candidates(
    index: Index, talk: Talk, rows: Iterable[int], is_word: Callable[[str], bool]
) -> Iterable[Suggestion]:
    passages = [index.passages[row] for row in rows]
    said = [block.text for block in talk.blocks if block.kind is not BlockKind.CAPTION]
    seen: set[frozenset[str]] = set()
    if len(index.talks) == 1:
        for about, question in _ABOUT_THE_WHOLE:
            told = [index.passages[row] for row in overview(about, index.passages, rows)]
            if told:
                place = (told[0].start_line, told[-1].end_line, ())
                yield Suggestion(question, "whole", talk.name, *place)
    words = Phrasing.of(said, is_word)
    for candidate in questions_of_talk(passages, words, index.names):
        question, key = candidate.question, _key(candidate.question)
        if key in seen or len(question) > MAX_CHARACTERS or not stands_alone(question):
            continue
        if dialogue.leans(question, index.names) or parts(question) != (question,):
            continue
        seen.add(key)
        yield candidate


def _holds(candidate: Suggestion, talk: Talk, ask: Ask) -> bool:
    """Whether a question is answered, surely enough, from the lines that it was made of."""
    answer = ask(candidate.question)
    if not answer.answered or not is_likely(answer.confidence):
        return False
    cited = answer.citations[0]
    shared = range(
        max(cited.start_line, candidate.start_line), min(cited.end_line, candidate.end_line) + 1
    )
    if cited.source != talk.source or not shared:
        return False
    if candidate.kind == "list":
        lines = talk.lines[candidate.start_line - 1 : candidate.end_line]
        listed = {line.number for line in lines if line.text.strip()}
        return len(listed.intersection(shared)) >= _WHOLE_LIST * len(listed)
    return not set(tokenize(answer.answer)) <= set(tokenize(candidate.question))


def _key(question: str) -> frozenset[str]:
    """What makes two questions the same: their words but for function words."""
    return frozenset(tokenize(question)) or frozenset({fold(question)})


# -- kept with the index --------------------------------------------------------------------


def fingerprint(index: Index, reader: str) -> str:
    """SHA-256 (hex) of all that the suggestions for an index depend on."""
    made_of = asdict(replace(index.manifest, files={}))
    digest = hashlib.sha256(json.dumps([made_of, reader, __version__], sort_keys=True).encode())
    writers = (figure_questions, sentence_questions, title_questions, slide_questions)
    for module in (phrasing, *writers, suggestions):
        digest.update(Path(str(module.__file__)).read_bytes())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()


def load(folder: Path, fits: str) -> tuple[Suggestion, ...] | None:
    """What was kept, or None if there is nothing whole that has the fingerprint `fits`."""
    try:
        data = json.loads((folder / SUGGESTIONS).read_text("utf-8"))
        rows = data["suggestions"]
        if data["fingerprint"] != fits or data["sha256"] != _digest(rows):
            return None
        return tuple(Suggestion(**row | {"section": tuple(row["section"])}) for row in rows)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def keep(folder: Path, found: Sequence[Suggestion], fits: str) -> bool:
    """Write them into the folder of the index, whole or not at all; False if that cannot be."""
    rows = [asdict(suggestion) for suggestion in found]
    data = {"fingerprint": fits, "sha256": _digest(rows), "suggestions": rows}
    unfinished: str | None = None
    try:
        for left in folder.glob(f"{UNFINISHED}*"):
            left.unlink(missing_ok=True)
        handle, unfinished = tempfile.mkstemp(prefix=UNFINISHED, dir=folder)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(data, stream, ensure_ascii=False, indent=1)
        Path(unfinished).chmod((folder / "manifest.json").stat().st_mode)
        Path(unfinished).replace(folder / SUGGESTIONS)
    except OSError:
        if unfinished is not None:
            with suppress(OSError):
                Path(unfinished).unlink()
        return False
    return True


def _digest(rows: Any) -> str:
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()
