r"""Train the reader: a LoRA adapter and two small heads on the embedding model.

    python -m training.train_reader --public PUBLIC.jsonl.gz --out runs/one
    python -m training.train_reader --public PUBLIC.jsonl.gz --start runs/one --out runs/two \
        --talks runs/talks.jsonl --development runs/development.jsonl

Extractive reading as in SQuAD 2.0 (Rajpurkar, Jia and Liang, 2018): the start and the end of the
answer among the word pieces, the first piece standing for "no answer"; beside them one score of
whether the context answers at all. LoRA on every linear layer of the encoder (`training.lora`).

It is scored before, at each quarter and at the end, on public articles that are held back and on
questions about talks that it does not learn from.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

from keynote_qa.span_reader import DEFAULT_READER
from keynote_qa.weights import load_weights
from training.lora import DEVICE, LoraEncoder, Weights
from training.material import Material, Questions, gather
from training.packing import Batch, Ints, Reals, Texts

SEED = 7
RANK = 32
BATCH_PIECES = 24576
"""Word pieces of a batch, the empty ones at the ends of rows counted in: 180 contexts or so. A
quarter of that is a quarter faster on a CPU."""

WARM_UP = 100
LONGEST_SPAN = 40
SCORED_AT = (0.25, 0.5, 0.75)
SCORED_AT_ONCE = 512
ANSWERED = 0.945
"""Near misses are counted as told where this share of the answerable questions is answered."""


class Reader(nn.Module):
    """The encoder with its adapter, and the heads: start and end, and answerable."""

    def __init__(self, rank: int, dropout: float) -> None:
        super().__init__()
        self.encoder = LoraEncoder(rank, dropout)
        self.span = nn.Linear(self.encoder.width, 2, device=DEVICE)
        self.answerable = nn.Linear(self.encoder.width, 1, device=DEVICE)

    def forward(self, batch: Batch, weights: Weights) -> tuple[torch.Tensor, torch.Tensor]:
        """Scores `(rows, pieces, 2)` of start and end, and logits `(rows,)` of answerable."""
        states = self.encoder(batch.ids, batch.types, batch.mask, weights)
        readable = batch.types & batch.mask
        readable[:, 0] = True
        spans = self.span(states).masked_fill(~readable[..., None], -1e4)
        return spans, self.answerable(states[:, 0])[:, 0]

    def weights(self) -> dict[str, torch.Tensor]:
        """What is trained, by name."""
        heads = {
            f"{name}.{kind}": value.detach().cpu().clone()
            for name in ("span", "answerable")
            for kind, value in getattr(self, name).state_dict().items()
        }
        return self.encoder.adapter() | heads

    def load(self, weights: dict[str, torch.Tensor]) -> None:
        """Go on from what `weights` gave."""
        self.encoder.load(weights)
        for name in ("span", "answerable"):
            head = {kind: weights[f"{name}.{kind}"] for kind in ("weight", "bias")}
            getattr(self, name).load_state_dict(head)


def targets(batch: Batch, pieces: Ints) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Which rows answer, and the pieces of the batch where the answers start and end.

    `pieces` are the first and last one in the context, `(rows, 2)`.
    """
    where = torch.from_numpy(pieces).to(DEVICE)
    known = (where[:, 0] >= 0) & (where[:, 0] < batch.contexts)
    behind = 2 + batch.questions
    last = torch.minimum(where[:, 1], batch.contexts - 1)
    start = torch.where(known, where[:, 0] + behind, 0)
    return known, start, torch.where(known, last + behind, 0)


def loss_of(reader: Reader, texts: Texts, questions: Questions, some: Ints) -> torch.Tensor:
    """Mean of the cross-entropies of start and end, plus that of answerable; and of questions.

    A question with several contexts adds what the assistant asks of them together: which of
    them answer (a softmax over the contexts), and whether any does (their log-sum-exp).
    """
    rows, of_question = questions.rows_of(some)
    asked = np.repeat(questions.asked_now[some], questions.counts[some])
    batch = texts.pairs(asked, rows[:, 0])
    known, start, end = targets(batch, rows[:, 1:])
    spans, answerable = reader(batch, reader.encoder.changed())
    where = functional.cross_entropy(spans[..., 0], start)
    where = where + functional.cross_entropy(spans[..., 1], end)
    whether = functional.binary_cross_entropy_with_logits(answerable, known.float())
    loss: torch.Tensor = where / 2 + whether
    if len(of_question):
        loss = loss + _of_questions(torch.from_numpy(of_question).to(DEVICE), answerable, known)
    return loss


def _of_questions(
    rows: torch.Tensor, answerable: torch.Tensor, known: torch.Tensor
) -> torch.Tensor:
    """The loss of questions whose contexts are `rows`, `(questions, most)`, -1 where none is."""
    held = rows >= 0
    logits = torch.where(held, answerable[rows.clamp(min=0)], -1e4)
    right = held & known[rows.clamp(min=0)]
    together = logits.logsumexp(1)
    answered, settled = right.any(1), (right == held).all(1)
    total = functional.binary_cross_entropy_with_logits(together, answered.float())
    open_ = answered & ~settled
    missed = together - torch.where(right, logits, -1e4).logsumexp(1)
    return total + (missed * open_).sum() / open_.sum().clamp(min=1)


def batches(
    questions: Questions, chosen: Ints, texts: Texts, pieces: int, rng: np.random.Generator
) -> Iterator[Ints]:
    """An epoch's questions in batches of like length, of at most so many word pieces; the contexts
    of one stay together."""
    questions.ask_anew(rng)
    chosen = rng.permutation(chosen)
    lengths = questions.longest(texts)
    for first in range(0, len(chosen), 4000):
        some = chosen[first : first + 4000]
        some = some[np.argsort(lengths[some], kind="stable")]
        packed: list[list[int]] = [[]]
        rows = 0
        for question in some.tolist():
            count = int(questions.counts[question])
            if packed[-1] and (rows + count) * lengths[question] > pieces:
                packed.append([])
                rows = 0
            packed[-1].append(question)
            rows += count
        for at in rng.permutation(len(packed)):
            yield np.array(packed[at], np.int64)


@torch.inference_mode()
def read_all(reader: Reader, texts: Texts, questions: Questions) -> tuple[Reals, Reals]:
    """Of each row of contexts how far it answers, and how its span overlaps with the right one."""
    reader.eval()
    weights = reader.encoder.changed()
    rows, _ = questions.rows_of(np.arange(len(questions)))
    asked = np.repeat(questions.asked[:, 0], questions.counts)
    order = np.argsort(texts.lengths[asked] + texts.lengths[rows[:, 0]])
    answerable, overlap = np.zeros(len(rows)), np.zeros(len(rows))
    for first in range(0, len(order), SCORED_AT_ONCE):
        some = order[first : first + SCORED_AT_ONCE]
        batch = texts.pairs(asked[some], rows[some, 0])
        known, start, end = targets(batch, rows[some, 1:])
        spans, logits = reader(batch, weights)
        begins, ends = spans[:, 1:].log_softmax(1).unbind(-1)
        count = begins.shape[1]
        fits = torch.ones(count, count, device=DEVICE, dtype=torch.bool)
        fits = fits.triu() & ~fits.triu(LONGEST_SPAN)
        best = (begins[:, :, None] + ends[:, None]).masked_fill(~fits, -1e9).flatten(1).argmax(1)
        left, right = best // count + 1, best % count + 1
        common = (torch.minimum(right, end) - torch.maximum(left, start) + 1).clamp(min=0)
        f1 = 2 * common / (end - start + right - left + 2)
        answerable[some] = logits.cpu().numpy()
        overlap[some] = torch.where(known, f1, 0).cpu().numpy()
    reader.train()
    return answerable, overlap


def score(reader: Reader, texts: Texts, questions: Questions) -> dict[str, float]:
    """What it makes of questions that it did not learn from.

    `auroc` tells those with an answer from those without by the best of their contexts, `f1` is the
    overlap with the right words; and where questions have several contexts, `first` says how often
    one that answers comes first in the order after reading, `told` how many of those without an
    answer are refused where `ANSWERED` of the others are answered.
    """
    if not len(questions):
        return {}
    answerable, overlap = read_all(reader, texts, questions)
    order = load_weights(DEFAULT_READER).order
    rows, _ = questions.rows_of(np.arange(len(questions)))
    best, known, first, f1 = [], [], [], []
    for begin, count, rank in zip(
        questions.first, questions.counts, np.split(questions.ranks, questions.first[1:-1]),
        strict=False,
    ):  # fmt: skip
        some = slice(begin, begin + count)
        right = rows[some, 1] >= 0
        put = order["rank"] * rank + order["answerable"] * answerable[some]
        best.append(answerable[some][put.argmax()] + answerable[some].max() / 2)
        known.append(bool(right.any()))
        if known[-1]:
            first.append(right[put.argmax()])
            f1.append(overlap[some][right].max())
    values, right = np.array(best), np.array(known)
    limit = np.quantile(values[right], 1 - ANSWERED)
    found = {"auroc": auroc(values, right), "f1": float(np.mean(f1))}
    if questions.counts.max() > 1:
        told = float(np.mean(values[~right] < limit))
        found |= {"first": float(np.mean(first)), "told": told}
    return {name: round(value, 4) for name, value in found.items()}


def auroc(scores: Reals, known: NDArray[np.bool_]) -> float:
    """The probability that a question with an answer scores above one without."""
    order = np.argsort(scores)
    ranks = np.empty(len(order))
    ranks[order] = np.arange(1, len(order) + 1)
    n = int(known.sum())
    return float((ranks[known].sum() - n * (n + 1) / 2) / (n * (len(known) - n)))


def train(reader: Reader, texts: Texts, found: Material, args: argparse.Namespace) -> None:
    """Train for `args.minutes`, the rate falling as a cosine."""
    rng = np.random.default_rng(args.seed)
    trained = [p for p in reader.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=args.rate, weight_decay=0.01)
    began = time.monotonic()
    epoch, steps, losses = args.seed, 0, torch.zeros((), device=DEVICE)
    some: Iterator[Ints] = iter(())
    due = [*SCORED_AT]
    while (done := (time.monotonic() - began) / (60 * args.minutes)) < 1:
        batch = next(some, None)
        if batch is None:
            print(f"-- an epoch begins at step {steps}", flush=True)
            chosen = found.epoch(epoch, rng)
            some = batches(found.questions, chosen, texts, args.pieces, rng)
            epoch += 1
            continue
        warm = min(1, (steps + 1) / WARM_UP)
        for group in optimizer.param_groups:
            group["lr"] = args.rate * warm * (0.5 + 0.5 * math.cos(math.pi * done))
        loss = loss_of(reader, texts, found.questions, batch)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        losses += loss.detach()
        steps += 1
        if due and done >= due[0]:
            save_file(reader.weights(), args.out / "reader.safetensors")
            print(f"{due.pop(0):.0%}  step {steps}  loss {float(losses) / steps:.3f}", flush=True)
            print(scores(reader, texts, found), flush=True)


def scores(reader: Reader, texts: Texts, found: Material) -> dict[str, dict[str, float]]:
    """The scores on what is held back."""
    return {
        "public": score(reader, texts, found.held_back),
        "development": score(reader, texts, found.development),
    }


def main() -> None:
    """Train for so many minutes and write the weights with their scores."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--public", type=Path, required=True)
    parser.add_argument("--talks", type=Path, nargs="*", default=[])
    parser.add_argument("--needs", type=Path, nargs="*", default=[])
    parser.add_argument("--remembered", type=int, help="questions about talks in an epoch")
    parser.add_argument("--development", type=Path, nargs="*", default=[])
    parser.add_argument("--start", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=6e-4)
    parser.add_argument("--pieces", type=int, default=BATCH_PIECES)
    parser.add_argument("--rank", type=int, default=RANK)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=SEED)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    texts = Texts()
    rng = random.Random(args.seed)
    found = gather(texts, args.public, args.talks, args.needs, args.development, rng)
    found.remembered = args.remembered
    print(f"{len(found.questions)} questions, {len(found.held_back)} public and "
          f"{len(found.development)} about talks held back")  # fmt: skip
    reader = Reader(args.rank, args.dropout)
    if args.start:
        reader.load(load_file(args.start / "reader.safetensors"))
    print(scores(reader, texts, found), flush=True)
    train(reader, texts, found, args)
    save_file(reader.weights(), args.out / "reader.safetensors")
    last = scores(reader, texts, found)
    print(last)
    (args.out / "scores.json").write_text(json.dumps({**vars(args), **last}, default=str))


if __name__ == "__main__":
    main()
