"""Train what embeds questions and passages: two LoRA adapters that bring answers near to questions.

    python -m training.train_encoders --out runs/encoders
    python -m training.train_encoders --start runs/encoders --needs 0.65 --out runs/more

Two losses, both a softmax over what a talk holds, in the manner of DPR (Karpukhin et al., 2020,
https://arxiv.org/abs/2004.04906): over its slides, of the very linear score that
`keynote_qa.ranking` goes by, words counted in; and over its passages by their cosine alone, among
those of the talks before it, so that a talk is still told from others. A step is a talk: some of
its questions, all its slides, all passages that answer and a part of the others.

A share of the steps may be decks of `needs/`: what specialists write on slides, asked for in
everybody's words. Several of these answer the same need, so passages of other talks are no wrong
answers there.

At each quarter it is scored on development talks, which it does not learn from.
"""

from __future__ import annotations

import argparse
import math
import random
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional

from keynote_qa import KeynoteQA
from keynote_qa.embed import DEFAULT_MODEL, SentenceTransformerEmbedder, locate_model
from keynote_qa.index import dense_text
from keynote_qa.question_set import load_questions
from keynote_qa.ranking import Ranker
from keynote_qa.retrieve import retrieve
from keynote_qa.span_reader import NO_READER
from keynote_qa.weights import load_weights
from training.examples import keywords, mistyped
from training.lora import DEVICE, LoraEncoder
from training.packing import MAX_QUESTION, Ints, padded
from training.talks import HERE, overlaps

SEED = 7
RANKS = {"query": 64, "passage": 32}
QUESTIONS = 120
"""So many questions of a talk are asked in a step."""

KEPT = 0.4
"""The share of the passages that answer none of them and are no slides that a step looks at."""

REMEMBERED = 8
"""The passages of so many talks before are wrong answers too."""

WARM_UP = 30
RATE_OF_SCORES = 0.02
PIECES = 3000
"""Texts of like length go through the model together, about so many word pieces at a time."""

SHORTENED, MISTYPED = 0.1, 0.1
"""The shares of questions that are reduced to keywords, and that get a typing error."""

COSINE_SLIDE, COSINE_BEST, COSINE_AROUND = 0, 1, 3
"""Where the features stand that depend on vectors, in the order of `ranking`."""


@dataclass
class Searched:
    """A question: its text, the features `(slides, 8)` of all slides, which slides and rows answer.

    The features that depend on vectors are made anew as those change.
    """

    text: str
    features: torch.Tensor
    slides: torch.Tensor
    rows: torch.Tensor


@dataclass
class Searchable:
    """A talk: its rows' word pieces, the slide of each row, each slide's row and neighbours.

    Of a slide without a neighbour, that is the number of slides.
    """

    texts: list[Ints]
    slide_of: torch.Tensor
    own_row: torch.Tensor
    around: torch.Tensor
    questions: list[Searched]

    def part(self, rows: torch.Tensor) -> Searchable:
        """The talk with some of its rows, among them those of all slides, for no questions."""
        return Searchable(
            [self.texts[row] for row in rows.tolist()], self.slide_of[rows],
            torch.searchsorted(rows, self.own_row), self.around, [],
        )  # fmt: skip


def load_talks(
    folder: Path, embedder: SentenceTransformerEmbedder, share: float = 1
) -> Iterator[Searchable]:
    """A share of the talks `folder/talks/NAME.txt`, with their answerable questions."""
    rng = random.Random(SEED)
    weights = load_weights(NO_READER).slide
    tokenizer = tokenizer_of(embedder.max_tokens)
    for path in sorted((folder / "questions").glob("*.jsonl")):
        if rng.random() >= share:
            continue
        source = folder / "talks" / f"{path.stem}.txt"
        with tempfile.TemporaryDirectory() as index:
            qa = KeynoteQA.open(
                Path(index) / "i", sources=[source], embedder=embedder, reader=NO_READER,
                suggest=False,
            )  # fmt: skip
        ranker = Ranker(qa.index, weights)
        passages, columns = qa.index.passages, qa.index.columns
        slides = np.flatnonzero(columns.is_slide).tolist()
        number = {slide: n for n, slide in enumerate(slides)}
        beside = [(columns.before(slide), columns.after(slide)) for slide in slides]
        questions = []
        for question in load_questions(path):
            holding = [overlaps(passages[slide], question) for slide in slides]
            if not question.answerable or not any(holding) or all(holding):
                continue
            query = qa.understand(question.question, question.history)
            asked = ranker.rank(query, retrieve(qa.index, query)).asked
            cosines = dict.fromkeys(range(len(passages)), 0.0)
            features = [ranker.slide_features(asked, slide, cosines) for slide in slides]
            questions.append(
                Searched(
                    query.text,
                    torch.tensor([list(f.values()) for f in features], device=DEVICE),
                    torch.tensor(holding, device=DEVICE),
                    torch.tensor([overlaps(p, question) for p in passages], device=DEVICE),
                )
            )
        if questions:
            coded = tokenizer.encode_batch([dense_text(passage).strip() for passage in passages])
            yield Searchable(
                [np.array(pieces.ids, np.int64) for pieces in coded],
                torch.tensor([number[int(slide)] for slide in columns.slide], device=DEVICE),
                torch.tensor(slides, device=DEVICE),
                torch.tensor(
                    [[len(slides) if s is None else number[s] for s in pair] for pair in beside],
                    device=DEVICE,
                ),
                questions,
            )


def tokenizer_of(limit: int) -> Tokenizer:
    """The model's, for texts of at most `limit` word pieces."""
    tokenizer = Tokenizer.from_file(str(locate_model(DEFAULT_MODEL) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(limit)
    return tokenizer


class Encoders:
    """The model with its adapters, the weights of the slides' score, and a temperature."""

    def __init__(self, slide: Mapping[str, float]) -> None:
        self.of = {name: LoraEncoder(rank, 0) for name, rank in RANKS.items()}
        self._tokenizer = tokenizer_of(MAX_QUESTION)
        self.slide = nn.Parameter(torch.tensor(list(slide.values()), device=DEVICE))
        self.sharpness = nn.Parameter(torch.tensor(20.0, device=DEVICE))

    def questions(self, texts: Sequence[str]) -> torch.Tensor:
        """Vectors `(questions, dim)` of norm 1."""
        coded = self._tokenizer.encode_batch(list(texts))
        return self._embedded("query", [np.array(pieces.ids, np.int64) for pieces in coded])

    def passages(self, talk: Searchable) -> torch.Tensor:
        """Vectors `(rows, dim)` of norm 1."""
        return self._embedded("passage", talk.texts)

    def _embedded(self, name: str, texts: Sequence[Ints]) -> torch.Tensor:
        """The mean of each text's states, of norm 1."""
        encoder = self.of[name]
        weights = encoder.changed()
        order = np.argsort([len(text) for text in texts], kind="stable")
        together: list[list[int]] = [[]]
        for at in order.tolist():
            if together[-1] and (len(together[-1]) + 1) * len(texts[at]) > PIECES:
                together.append([])
            together[-1].append(at)
        vectors = []
        for some in together:
            ids, mask = padded([texts[at] for at in some])
            states, held = encoder(ids, torch.zeros_like(ids), mask, weights), mask[..., None]
            vectors.append((states * held).sum(1) / held.sum(1))
        return functional.normalize(torch.cat(vectors)[torch.from_numpy(np.argsort(order))], dim=-1)

    def of_slides(
        self, talk: Searchable, questions: Sequence[Searched], cosines: torch.Tensor
    ) -> torch.Tensor:
        """Scores `(questions, slides)` from the cosines `(questions, rows)`."""
        features = torch.stack([question.features for question in questions])
        own = cosines[:, talk.own_row]
        best = cosines.new_full(features.shape[:2], -1.0)
        best = best.scatter_reduce(1, talk.slide_of.expand(len(questions), -1), cosines, "amax")
        none = own.new_zeros(len(questions), 1)
        around = torch.cat([own, none], 1)[:, talk.around].amax(-1)
        columns = list(features.unbind(-1))
        columns[COSINE_SLIDE], columns[COSINE_BEST], columns[COSINE_AROUND] = own, best, around
        return torch.stack(columns, -1) @ self.slide

    def save(self, folder: Path) -> None:
        """Write both adapters."""
        for name, encoder in self.of.items():
            save_file(encoder.adapter(), folder / f"{name}.safetensors")

    def load(self, folder: Path) -> None:
        """Go on from those that `save` wrote to a folder and that are there."""
        for name, encoder in self.of.items():
            if (path := folder / f"{name}.safetensors").is_file():
                encoder.load(load_file(path))


def missed(scores: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Mean of `-log` of the probability that a softmax gives to the right ones, taken together."""
    return (scores.logsumexp(1) - scores.masked_fill(~right, -math.inf).logsumexp(1)).mean()


def loss_of(
    model: Encoders,
    talk: Searchable,
    before: list[tuple[Searchable, torch.Tensor]] | None,
    rng: random.Random,
) -> torch.Tensor:
    """The loss of some of a talk's questions; its vectors are added to those of talks before.

    Without `before` it is told from no other talk.
    """
    questions = rng.sample(talk.questions, min(QUESTIONS, len(talk.questions)))
    answering = torch.stack([question.rows for question in questions])
    kept = answering.any(0) | (torch.rand(len(talk.texts), device=DEVICE) < KEPT)
    kept[talk.own_row] = True
    part = talk.part(kept.nonzero()[:, 0])
    vectors = model.questions([varied(question.text, rng) for question in questions])
    rows = model.passages(part)
    cosines = vectors @ rows.T
    loss = missed(
        model.of_slides(part, questions, cosines),
        torch.stack([question.slides for question in questions]),
    )
    others = [held for other, held in before or () if other is not talk]
    wrong = vectors @ torch.cat(others).T if others else cosines[:, :0]
    right = torch.cat([answering[:, kept], torch.zeros_like(wrong, dtype=torch.bool)], 1)
    if before is not None:
        before[:] = [*before, (talk, rows.detach())][-REMEMBERED:]
    return loss + 0.5 * missed(model.sharpness * torch.cat([cosines, wrong], 1), right)


def train(
    model: Encoders,
    talks: Sequence[Searchable],
    needs: Sequence[Searchable],
    development: Mapping[str, Sequence[Searchable]],
    args: argparse.Namespace,
) -> None:
    """Train for so many minutes, the rate falling as a cosine over them.

    A share `args.needs` of the steps is about one of `needs`, the others about one of `talks`.
    """
    rng = random.Random(SEED)
    adapters = [[p for p in e.parameters() if p.requires_grad] for e in model.of.values()]
    rates = [*(args.rate for _ in adapters), RATE_OF_SCORES]
    groups = [*adapters, [model.slide, model.sharpness]]
    optimizer = torch.optim.AdamW([{"params": group} for group in groups], weight_decay=0.01)
    began, steps, losses = time.monotonic(), 0, 0.0
    before: list[tuple[Searchable, torch.Tensor]] = []
    waiting: dict[bool, list[Searchable]] = {False: [], True: []}
    due = [0.25, 0.5, 0.75]
    while (done := (time.monotonic() - began) / (60 * args.minutes)) < 1:
        of_needs = rng.random() < args.needs
        if not waiting[of_needs]:
            some = needs if of_needs else talks
            waiting[of_needs] = rng.sample(some, len(some))
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            falling = 0.5 + 0.5 * math.cos(math.pi * done)
            group["lr"] = rate * min(1, (steps + 1) / WARM_UP) * falling
        talk = waiting[of_needs].pop()
        loss = loss_of(model, talk, None if of_needs else before, rng)
        optimizer.zero_grad()
        loss.backward()
        for parameters in adapters:
            nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        steps += 1
        losses += float(loss.detach())
        if due and done >= due[0]:
            print(f"{due.pop(0):.0%}: step {steps}, loss {losses / steps:.3f}", flush=True)
            model.save(args.out)
            print(scores(model, development), flush=True)


def varied(question: str, rng: random.Random) -> str:
    """The question as another visitor might type it."""
    chance = rng.random()
    if chance < SHORTENED:
        return keywords(question, rng)
    return mistyped(question, rng) if chance < SHORTENED + MISTYPED else question


def scores(
    model: Encoders, development: Mapping[str, Sequence[Searchable]]
) -> dict[str, dict[str, float]]:
    """The scores on what is not learned from, by name."""
    return {name: score(model, talks) for name, talks in development.items() if talks}


@torch.inference_mode()
def score(model: Encoders, talks: Sequence[Searchable]) -> dict[str, float]:
    """How often an answering slide is the first or among the first, and a row by its cosine; that
    too among the rows of all these talks together."""
    vectors = [model.passages(talk) for talk in talks]
    every = torch.cat(vectors)
    ranks: dict[str, list[int]] = {"slide": [], "row": [], "row of all": []}
    first = 0
    for talk, rows in zip(talks, vectors, strict=True):
        asked = model.questions([question.text for question in talk.questions])
        slides = model.of_slides(talk, talk.questions, asked @ rows.T)
        answering = torch.stack([question.rows for question in talk.questions])
        around = (first, len(every) - first - len(rows))
        ranks["slide"] += first_right(slides, torch.stack([q.slides for q in talk.questions]))
        ranks["row"] += first_right(asked @ rows.T, answering)
        ranks["row of all"] += first_right(asked @ every.T, functional.pad(answering, around))
        first += len(rows)
    return {
        f"{name}@{k}": round(float(np.mean(np.array(found) <= k)), 3)
        for name, found in ranks.items()
        for k in (1, 3, 5)
    }


def first_right(scores: torch.Tensor, right: torch.Tensor) -> list[int]:
    """The rank, from 1, of the first that is right, for each row of scores."""
    order = scores.argsort(1, descending=True)
    ranks: list[int] = (right.gather(1, order).int().argmax(1) + 1).tolist()
    return ranks


def main() -> None:
    """Train on the training talks, score on the development talks, write the adapters."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--start", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=70)
    parser.add_argument("--rate", type=float, default=6e-4)
    parser.add_argument("--share", type=float, default=1, help="of the talks")
    parser.add_argument("--needs", type=float, default=0, help="share of steps about needs/")
    args = parser.parse_args()
    torch.manual_seed(SEED)
    args.out.mkdir(parents=True, exist_ok=True)
    embedder = SentenceTransformerEmbedder()
    development = {
        name: list(load_talks(HERE / name, embedder, args.share))
        for name in ("development", *(("needs_unseen",) if args.needs else ()))
    }
    talks = list(load_talks(HERE, embedder, args.share))
    needs = list(load_talks(HERE / "needs", embedder, args.share)) if args.needs else []
    model = Encoders(load_weights(NO_READER).slide)
    if args.start:
        model.load(args.start)
    print(scores(model, development), flush=True)
    train(model, talks, needs, development, args)
    model.save(args.out)
    print(scores(model, development), flush=True)


if __name__ == "__main__":
    main()
