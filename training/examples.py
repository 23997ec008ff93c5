"""What the reader is trained on: questions with contexts, and the words that answer or none.

Public data (see `training/README.md`) is prose: paragraphs with questions that share its words.
A talk is not, so its windows are cut shorter, broken into lines, put in lower case and under
made-up titles at random, and its questions reduced to keywords and mistyped; questions are also
changed by one name, number or negation, so that they look answerable and are not.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from keynote_qa.contexts import LINE_BREAK
from keynote_qa.text import STOPWORDS


@dataclass(frozen=True, slots=True)
class Example:
    """A question, a context, and where in it the answer stands: half-open; None if nowhere.

    The contexts that were found for one question about a talk share their `group`; of those, the
    ones that were cut in the same way have the same `window`. `rank` is the slide's score before it
    is read.
    """

    question: str
    context: str
    span: tuple[int, int] | None
    source: str
    group: str = ""
    window: int = 0
    rank: float = 0.0


def load_public(path: Path) -> list[Example]:
    """Read a gzipped file of `{"question", "passage", "answer": {"text", "start"}, "source"}`."""
    examples = []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            span = None
            if row["answer"]:
                start = row["answer"]["start"]
                span = (start, start + len(row["answer"]["text"]))
            examples.append(Example(row["question"], row["passage"], span, row["source"]))
    return examples


def load_adversarial(path: Path, public: Sequence[Example]) -> list[Example]:
    """Read own questions on public contexts, which the file names by their digest alone.

    Each line is `{"passage": first 16 hex digits of the context's SHA-256, "question", "span"}`;
    those on contexts that are not among `public` are left out.
    """
    contexts = {hashlib.sha256(e.context.encode()).hexdigest()[:16]: e.context for e in public}
    return [
        Example(row["question"], contexts[row["passage"]], row["span"], "adversarial")
        for row in map(json.loads, path.read_text("utf-8").splitlines())
        if row["passage"] in contexts
    ]


def load_own(path: Path) -> list[Example]:
    """Read examples as `training.talks` writes them; a question of each file is one of its own."""
    rows = map(json.loads, path.read_text("utf-8").splitlines())
    return [Example(**row | {"group": f"{path.stem}: {row['group']}"}) for row in rows]


def split_by_words(
    examples: Sequence[Example], words: Sequence[str]
) -> tuple[list[Example], list[Example]]:
    """Examples on other subjects, and those whose context names one of the words."""
    pattern = re.compile("|".join(map(re.escape, words)), re.IGNORECASE)
    kept, held_back = [], []
    for example in examples:
        (held_back if pattern.search(example.context) else kept).append(example)
    return kept, held_back


# -- windows that look like a talk's ------------------------------------------------------


def cropped(example: Example, rng: random.Random, shortest: int = 12, longest: int = 70) -> Example:
    """A shorter window of the context, somewhere around the answer, at word boundaries."""
    words = [m.span() for m in re.finditer(r"\S+", example.context)]
    size = min(rng.randint(shortest, longest), len(words))
    if size >= len(words):
        return example
    if example.span is None:
        first = rng.randint(0, len(words) - size)
        last = first + size - 1
    else:
        inside = [
            i for i, (a, b) in enumerate(words) if a < example.span[1] and b > example.span[0]
        ]
        size = max(size, len(inside))
        first = rng.randint(max(0, inside[-1] - size + 1), min(inside[0], len(words) - size))
        last = first + size - 1
    start, end = words[first][0], words[last][1]
    span = example.span and (example.span[0] - start, example.span[1] - start)
    return replace(example, context=example.context[start:end], span=span)


def fragmented(example: Example, rng: random.Random) -> Example:
    """The context with its sentences and clauses broken into lines, none inside the answer."""
    pieces, span, at = [], example.span, 0
    for match in re.finditer(r"[.;:,]\s+(?:and )?", example.context):
        inside = span and span[0] <= match.start() < span[1]
        if inside or rng.random() < (0.1 if match.group()[0] in ".;:" else 0.5):
            continue
        pieces.append((at, match.start(), match.end()))
        at = match.end()
    if not pieces:
        return example
    text, moved = "", span
    for start, end, following in pieces:
        if span and start <= span[0] and span[1] <= following:
            shift = len(text) - start
            moved = (span[0] + shift, span[1] + shift)
        text += example.context[start:end] + LINE_BREAK
    if span and span[0] >= at:
        moved = (span[0] - at + len(text), span[1] - at + len(text))
    text += example.context[at:]
    return replace(example, context=text, span=moved)


def keywords(question: str, rng: random.Random) -> str:
    """The question without its function words, sometimes without their order."""
    words = [w for w in re.findall(r"[\w'$%&.-]+", question) if w.lower() not in STOPWORDS]
    if len(words) < 2:
        return question
    if rng.random() < 0.3:
        rng.shuffle(words)
    return " ".join(words).lower()


def mistyped(question: str, rng: random.Random) -> str:
    """The question with one or two typing errors in its longer words."""
    words = question.split(" ")
    long = [i for i, word in enumerate(words) if len(word) > 4]
    for i in rng.sample(long, min(len(long), rng.randint(1, 2))):
        word, at = words[i], rng.randint(1, len(words[i]) - 2)
        words[i] = rng.choice(
            [
                word[:at] + word[at + 1 :],
                word[:at] + word[at] + word[at:],
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            ]
        )
    return " ".join(words)


def augmented(example: Example, rng: random.Random) -> Example:
    """A public example as a talk might show it: most are cut shorter, some broken into lines."""
    if rng.random() < 0.9:
        example = cropped(example, rng)
    return fragmented(example, rng) if rng.random() < 0.35 else example


# -- questions changed so that nothing answers them ---------------------------------------

_NAME = re.compile(r"(?<!^)(?<![.?!] )\b[A-Z][\w'-]+(?: (?:of |the )?[A-Z][\w'-]+)*")
_NUMBER = re.compile(r"\b\d[\d,.]*\b")
_AUXILIARY = re.compile(r"\b(did|does|do|was|were|is|are|has|have|had|can|could|will|would)\b")
_OPPOSITES = [
    ("first", "last"), ("before", "after"), ("increase", "decrease"), ("largest", "smallest"),
    ("most", "least"), ("more", "less"), ("began", "ended"), ("start", "end"), ("won", "lost"),
    ("highest", "lowest"), ("oldest", "newest"), ("north", "south"), ("east", "west"),
    ("early", "late"), ("high", "low"), ("strong", "weak"), ("rise", "fall"), ("join", "leave"),
    ("support", "oppose"), ("accept", "reject"), ("best", "worst"), ("major", "minor"),
    ("inside", "outside"), ("above", "below"), ("maximum", "minimum"), ("male", "female"),
    ("public", "private"), ("open", "closed"), ("allow", "forbid"), ("common", "rare"),
    ("cause", "prevent"), ("include", "exclude"), ("buy", "sell"), ("gain", "lose"),
    ("internal", "external"), ("positive", "negative"), ("rich", "poor"), ("old", "young"),
]  # fmt: skip
_SWAP = {a: b for pair in _OPPOSITES for a, b in (pair, pair[::-1])}


def unanswerable(examples: Sequence[Example], rng: random.Random) -> Iterator[Example]:
    """For answerable examples, a question changed in one thing so that the context lacks it.

    The devices are those that Rajpurkar, Jia and Liang found in SQuAD 2.0's negative questions
    (https://aclanthology.org/P18-2124/): an entity or number exchanged, a negation, an antonym.
    """
    others = [name for e in examples for name in _NAME.findall(e.context)]
    for example in examples:
        changed = _exchanged(example, rng, others) or _opposed(example, rng)
        if changed and changed != example.question:
            yield Example(changed, example.context, None, example.source + "+changed")


def _exchanged(example: Example, rng: random.Random, others: Sequence[str]) -> str | None:
    assert example.span is not None
    answer = example.context[slice(*example.span)]
    for pattern in rng.sample([_NAME, _NUMBER], 2):
        asked = [m for m in pattern.finditer(example.question) if m.group() in example.context]
        if not asked:
            continue
        here = [
            found
            for found in pattern.findall(example.context)
            if found not in example.question and found not in answer and answer not in found
        ]
        if pattern is _NAME and rng.random() < 0.5:
            here = [rng.choice(others)]
        if here:
            target = rng.choice(asked)
            question = example.question
            return question[: target.start()] + rng.choice(here) + question[target.end() :]
    return None


def _opposed(example: Example, rng: random.Random) -> str | None:
    words = example.question.split(" ")
    for i, word in enumerate(words):
        if word.lower() in _SWAP:
            words[i] = _SWAP[word.lower()]
            return " ".join(words)
    match = _AUXILIARY.search(example.question)
    if match and rng.random() < 0.15:
        question = example.question
        return question[: match.end()] + rng.choice([" not", " never"]) + question[match.end() :]
    return None
