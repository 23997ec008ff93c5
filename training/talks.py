"""Questions about talks as the assistant meets them: with the contexts that it would read.

    python -m training.talks --out runs/talks.jsonl
    python -m training.talks --folder training/development --as-read --out runs/development.jsonl
    python -m training.talks --folder training/needs --needs --out runs/needs.jsonl

A question set says which lines answer. Each of the slides that rank first for a question gives a
context: with the answering words as its span where it shows them, with none where it does not.
So the reader learns on its own work's input: the windows, titles and neighbours it will be given,
the wrong slides being those that look right. Questions about one talk are also asked of another,
which does not answer them; not so of `needs/`, where several decks answer the same: there a part of
the questions is asked once more of the deck without the slides that answer.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from keynote_qa import KeynoteQA
from keynote_qa.contexts import Context
from keynote_qa.embed import SentenceTransformerEmbedder
from keynote_qa.question_set import Question, load_questions
from keynote_qa.reader import READ_AT_MOST
from keynote_qa.records import BlockKind, Passage
from keynote_qa.retrieve import retrieve
from keynote_qa.span_reader import NO_READER
from training.examples import Example

HERE = Path(__file__).resolve().parent
FOREIGN_QUESTIONS = 24
FOREIGN_SLIDES = 2
WITHOUT_ANSWER = 0.35
"""Of the questions of `needs/`, the share that is asked of the deck without its answer, too."""

WINDOWS = 2
WORDS, SPOKEN_WORDS = (25, 90), (60, 120)
"""Windows are of so many words, from and to: the reader shall not depend on one size. Each question
has two, of which an epoch of training sees one."""


def talk_examples(
    folder: Path, rng: random.Random, *, as_read: bool = False, needs: bool = False
) -> Iterator[Example]:
    """Examples of all talks `folder/talks/NAME.txt` with `folder/questions/NAME.jsonl`.

    With `as_read`, the windows are those of the assistant, and only of the slides that it would
    read: to score on, not to learn from. With `needs`, no question is asked of another talk.
    """
    sets = {p.stem: load_questions(p) for p in sorted((folder / "questions").glob("*.jsonl"))}
    embedder = SentenceTransformerEmbedder()
    with tempfile.TemporaryDirectory() as indexes:
        for name, questions in sets.items():
            qa = KeynoteQA.open(
                Path(indexes) / name,
                sources=[folder / "talks" / f"{name}.txt"],
                embedder=embedder,
                reader=NO_READER,
                suggest=False,
            )
            if as_read:
                for question in questions:
                    yield from examples_of(qa, question, None, READ_AT_MOST)
                continue
            for question in questions:
                yield from examples_of(qa, question, rng, READ_AT_MOST)
            if needs:
                for question in questions:
                    if rng.random() < WITHOUT_ANSWER:
                        yield from examples_of(qa, question, rng, READ_AT_MOST, without=True)
                continue
            others = [q for other, theirs in sets.items() if other != name for q in theirs]
            for question in rng.sample(others, min(len(others), FOREIGN_QUESTIONS)):
                stranger = Question(question.question, "off-topic", (), (), question.history)
                yield from examples_of(qa, stranger, rng, FOREIGN_SLIDES)


def examples_of(
    qa: KeynoteQA,
    question: Question,
    rng: random.Random | None,
    count: int,
    *,
    without: bool = False,
) -> Iterator[Example]:
    """Examples for each of the slides that rank first, and for those that hold the answer.

    Without `rng`, for the first slides alone, in the assistant's own windows. `without` the answer,
    for those of the first slides that do not hold it: then the talk does not say.
    """
    query = qa.understand(question.question, question.history)
    ranked = qa.reader.rank(query, retrieve(qa.index, query))
    passages = qa.index.passages
    rank = {slide: score for score, slide in ranked.slides}
    first = [slide for _, slide in ranked.slides[:count]]
    holding = [slide for slide in rank if overlaps(passages[slide], question)][:2] if rng else []
    if without:
        first = [slide for slide in first if not overlaps(passages[slide], question)]
        holding = []
    for window in range(WINDOWS if rng else 1):
        for slide in dict.fromkeys([*first, *holding]):
            spoken = passages[slide].kind is BlockKind.SPOKEN
            words = rng.randint(*(SPOKEN_WORDS if spoken else WORDS)) if rng else None
            context = qa.reader.context(ranked, slide, words=words)
            span = answer_span(passages, context, question)
            if span is not None or slide in first:
                group = f"{passages[slide].talk}: {query.text}{' (without)' * without}"
                yield Example(
                    query.text, context.text, span, "talk", group, window, round(rank[slide], 3)
                )


def overlaps(passage: Passage, question: Question) -> bool:
    """Whether a passage shares a line with the evidence."""
    return any(
        first <= passage.end_line and last >= passage.start_line
        for first, last in question.evidence
    )


def answer_span(
    passages: Sequence[Passage], context: Context, question: Question
) -> tuple[int, int] | None:
    """Where a context answers: the quoted words, or the whole statements that hold them.

    Of speech a whole paragraph may stand on one line: there the quotation alone says which of its
    sentences answers.
    """
    spans, quoted = [], []
    for row, (start, end) in zip(context.rows, context.spans, strict=True):
        if not overlaps(passages[row], question):
            continue
        at = quoted_at(context.text[start:end], question.quotes)
        if at is not None:
            quoted.append((start + at[0], start + at[1]))
        elif passages[row].kind is not BlockKind.SPOKEN:
            spans.append((start, end))
    spans = quoted or spans
    return (min(a for a, _ in spans), max(b for _, b in spans)) if spans else None


def quoted_at(statement: str, quotes: Sequence[str]) -> tuple[int, int] | None:
    """Where a statement holds a quotation, or all of it if it is a part of one; else None.

    >>> quoted_at("We met in 1994. It rained.", ["it rained."])
    (16, 26)
    >>> quoted_at("It rained.", ["We met in 1994. It rained."])
    (0, 10)
    """
    said = statement.casefold()
    for quote in quotes:
        words = " ".join(quote.split()).casefold()
        at = said.find(words)
        if at >= 0:
            return at, at + len(words)
        if said in words:
            return 0, len(statement)
    return None


def main() -> None:
    """Write the examples, one JSON object a line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, default=HERE)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--as-read", action="store_true", help="to score on, not to learn from")
    parser.add_argument("--needs", action="store_true", help="ask nothing of other talks")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with args.out.open("w", encoding="utf-8") as file:
        rng = random.Random(args.seed)
        for example in talk_examples(args.folder, rng, as_read=args.as_read, needs=args.needs):
            file.write(json.dumps(asdict(example), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
