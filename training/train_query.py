"""Train what embeds questions: a LoRA adapter that brings them nearer to what answers them.

    python -m training.train_query --out runs/query
    python -m training.train_query --start runs/query --rank 64 --minutes 40 --out runs/more

Only questions go through the adapter. Passages keep the vectors of the official model, so an
index does not depend on it. Two losses, both a softmax over what a talk holds, in the manner of
DPR (Karpukhin et al., 2020, https://arxiv.org/abs/2004.04906): over its slides, of the very linear
score that `keynote_qa.ranking` goes by, words counted in; and over its passages by their cosine
alone, among those of the talks before it, so that a talk is still told from others.

Each time that all questions were seen it is scored on the development talks, which it does not
learn from.
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
from keynote_qa.question_set import load_questions
from keynote_qa.ranking import Ranker
from keynote_qa.retrieve import retrieve
from keynote_qa.span_reader import NO_READER
from keynote_qa.weights import load_weights
from training.examples import keywords, mistyped
from training.lora import DEVICE, LoraEncoder
from training.packing import MAX_QUESTION, padded
from training.talks import HERE, overlaps

SEED = 7
RANK = 64
DROPOUT = 0.15
REMEMBERED = 8
"""The passages of so many talks before are wrong answers too."""

WARM_UP = 50
RATE_OF_SCORES = 0.02
NOISE = 20
"""Questions are laid together by their characters, give or take so many."""

LARGE = 600
"""All talks with more passages are learned from, of the others the share that `--share` says: in a
large one a question is hard to find the answer to."""

SHORTENED, MISTYPED = 0.1, 0.1
"""The shares of questions that are reduced to keywords, and that get a typing error."""

COSINE_SLIDE, COSINE_BEST, COSINE_AROUND = 0, 1, 3
"""Where the features stand that depend on the question's vector, in the order of `ranking`."""


@dataclass
class Searched:
    """A question: its text, the features `(slides, 8)` of all slides, which slides and rows answer.

    The features that depend on its vector are made anew as that changes.
    """

    text: str
    features: torch.Tensor
    slides: torch.Tensor
    rows: torch.Tensor


@dataclass
class Searchable:
    """A talk: its vectors `(rows, dim)`, the slide of each row, each slide's row and neighbours.

    Of a slide without a neighbour, that is the number of slides.
    """

    name: str
    vectors: torch.Tensor
    slide_of: torch.Tensor
    own_row: torch.Tensor
    around: torch.Tensor
    questions: list[Searched]


def load_talks(
    folder: Path, embedder: SentenceTransformerEmbedder, share_of_small: float = 1
) -> Iterator[Searchable]:
    """The talks `folder/talks/NAME.txt` with their answerable questions: all that are `LARGE`, a
    share of the others."""
    rng = random.Random(SEED)
    weights = load_weights(NO_READER).slide
    for path in sorted((folder / "questions").glob("*.jsonl")):
        source = folder / "talks" / f"{path.stem}.txt"
        with tempfile.TemporaryDirectory() as index:
            qa = KeynoteQA.open(
                Path(index) / "i", sources=[source], embedder=embedder, reader=NO_READER,
                suggest=False,
            )  # fmt: skip
        if len(qa.index.passages) <= LARGE and rng.random() >= share_of_small:
            continue
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
            cosines = dict(enumerate((qa.index.vectors() @ query.vector).tolist()))
            features = [ranker.slide_features(asked, slide, cosines) for slide in slides]
            questions.append(
                Searched(
                    query.text,
                    torch.tensor([list(f.values()) for f in features], device=DEVICE),
                    torch.tensor(holding, device=DEVICE),
                    torch.tensor([overlaps(p, question) for p in passages], device=DEVICE),
                )
            )
        yield Searchable(
            path.stem,
            torch.tensor(qa.index.vectors(), device=DEVICE),
            torch.tensor([number[int(slide)] for slide in columns.slide], device=DEVICE),
            torch.tensor(slides, device=DEVICE),
            torch.tensor(
                [[len(slides) if s is None else number[s] for s in pair] for pair in beside],
                device=DEVICE,
            ),
            questions,
        )


class QueryEncoder(nn.Module):
    """The model with its adapter; beside it the weights of the slides' score, and a temperature."""

    def __init__(self, slide: Mapping[str, float], rank: int) -> None:
        super().__init__()
        self.encoder = LoraEncoder(rank, DROPOUT)
        self._tokenizer = Tokenizer.from_file(str(locate_model(DEFAULT_MODEL) / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_QUESTION)
        self.slide = nn.Parameter(torch.tensor(list(slide.values()), device=DEVICE))
        self.sharpness = nn.Parameter(torch.tensor(20.0, device=DEVICE))

    def forward(self, questions: Sequence[str]) -> torch.Tensor:
        """Vectors `(questions, dim)` of norm 1: the mean of the word pieces' states."""
        coded = self._tokenizer.encode_batch(list(questions))
        ids, mask = padded([np.array(pieces.ids) for pieces in coded])
        states = self.encoder(ids, torch.zeros_like(ids), mask, self.encoder.changed())
        held = mask[..., None]
        return functional.normalize((states * held).sum(1) / held.sum(1), dim=-1)

    def of_slides(
        self, talk: Searchable, questions: Sequence[Searched], cosines: torch.Tensor
    ) -> torch.Tensor:
        """Scores `(questions, slides)` from the cosines `(questions, rows)`."""
        features = torch.stack([question.features for question in questions]).clone()
        count = features.shape[:2]
        own = cosines[:, talk.own_row]
        best = cosines.new_full(count, -1.0)
        best = best.scatter_reduce(1, talk.slide_of.expand(len(questions), -1), cosines, "amax")
        none = own.new_zeros(len(questions), 1)
        around = torch.cat([own, none], 1)[:, talk.around].amax(-1)
        columns = list(features.unbind(-1))
        columns[COSINE_SLIDE], columns[COSINE_BEST], columns[COSINE_AROUND] = own, best, around
        return torch.stack(columns, -1) @ self.slide


def missed(scores: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Mean of `-log` of the probability that a softmax gives to the right ones, taken together."""
    return (scores.logsumexp(1) - scores.masked_fill(~right, -math.inf).logsumexp(1)).mean()


def train(
    model: QueryEncoder,
    talks: Sequence[Searchable],
    development: Sequence[Searchable],
    args: argparse.Namespace,
) -> None:
    """Train for so many minutes, the rate falling as a cosine over them."""
    rng = random.Random(SEED)
    adapter = [p for p in model.encoder.parameters() if p.requires_grad]
    of_adapter = {"params": adapter, "lr": args.rate}
    of_scores = {"params": [model.slide, model.sharpness], "lr": RATE_OF_SCORES}
    optimizer = torch.optim.AdamW([of_adapter, of_scores], weight_decay=0.01)
    done, began = 0.0, time.monotonic()
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda n: min(1, (n + 1) / WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * done))
    )
    before: list[tuple[str, torch.Tensor]] = []
    while done < 1:
        losses = []
        for talk, questions in batches(talks, args.batch, rng):
            vectors = model([varied(question.text, rng) for question in questions])
            cosines = vectors @ talk.vectors.T
            loss = missed(
                model.of_slides(talk, questions, cosines),
                torch.stack([question.slides for question in questions]),
            )
            others = [rows for name, rows in before if name != talk.name]
            wrong = vectors @ torch.cat(others).T if others else cosines[:, :0]
            rows = torch.stack([question.rows for question in questions])
            loss = loss + 0.5 * missed(
                model.sharpness * torch.cat([cosines, wrong], 1),
                torch.cat([rows, torch.zeros_like(wrong, dtype=torch.bool)], 1),
            )
            before = [*before, (talk.name, talk.vectors)][-REMEMBERED:]
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(adapter, 1.0)
            optimizer.step()
            losses.append(loss.detach())
            done = min(1, (time.monotonic() - began) / (60 * args.minutes))
            schedule.step()
            if done == 1:
                break
        print(f"{done:.0%}: loss {float(torch.stack(losses).mean()):.3f}", flush=True)
        save_file(model.encoder.adapter(), args.out / "query.safetensors")
        print(score(model, development), flush=True)


def batches(
    talks: Sequence[Searchable], size: int, rng: random.Random
) -> list[tuple[Searchable, list[Searched]]]:
    """One epoch: the questions of a talk in batches of about `size` and of like length, those of
    all talks in any order."""
    found = []
    for talk in talks:
        count = max(1, round(len(talk.questions) / size))
        questions = sorted(talk.questions, key=lambda q: len(q.text) + rng.random() * NOISE)
        found += [
            (talk, [questions[i] for i in part])
            for part in np.array_split(np.arange(len(questions)), count)
        ]
    rng.shuffle(found)
    return found


def varied(question: str, rng: random.Random) -> str:
    """The question as another visitor might type it."""
    chance = rng.random()
    if chance < SHORTENED:
        return keywords(question, rng)
    return mistyped(question, rng) if chance < SHORTENED + MISTYPED else question


def score(model: QueryEncoder, talks: Sequence[Searchable]) -> dict[str, float]:
    """How often an answering slide is the first or among the first, and a row by its cosine."""
    model.eval()
    ranks, rows = [], []
    with torch.inference_mode():
        for talk in talks:
            cosines = model([question.text for question in talk.questions]) @ talk.vectors.T
            slides = model.of_slides(talk, talk.questions, cosines)
            ranks += first_right(slides, [question.slides for question in talk.questions])
            rows += first_right(cosines, [question.rows for question in talk.questions])
    model.train()
    found = {f"slide@{k}": float(np.mean(np.array(ranks) <= k)) for k in (1, 3, 5)}
    return found | {f"row@{k}": float(np.mean(np.array(rows) <= k)) for k in (1, 5)}


def first_right(scores: torch.Tensor, right: Sequence[torch.Tensor]) -> list[int]:
    """The rank, from 1, of the first that is right, for each row of scores."""
    return [
        int(marks[order].nonzero()[0, 0]) + 1
        for order, marks in zip(scores.argsort(1, descending=True), right, strict=True)
    ]


def main() -> None:
    """Train on the training talks, score on the development talks, write the adapter."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--start", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--rate", type=float, default=4e-4)
    parser.add_argument("--rank", type=int, default=RANK)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--share", type=float, default=0.4)
    args = parser.parse_args()
    torch.manual_seed(SEED)
    args.out.mkdir(parents=True, exist_ok=True)
    embedder = SentenceTransformerEmbedder()
    development = list(load_talks(HERE / "development", embedder))
    talks = list(load_talks(HERE, embedder, args.share))
    model = QueryEncoder(load_weights(NO_READER).slide, args.rank)
    if args.start:
        model.encoder.load(load_file(args.start / "query.safetensors"))
    print(score(model, development), flush=True)
    train(model, talks, development, args)


if __name__ == "__main__":
    main()
