r"""Train the reader: a LoRA adapter and two small heads on the embedding model.

    python -m training.train_reader --public PUBLIC.jsonl.gz --out runs/one
    python -m training.train_reader --public PUBLIC.jsonl.gz --start runs/one --out runs/two \
        --talks runs/talks.jsonl

Extractive reading as in SQuAD 2.0 (Rajpurkar, Jia and Liang, 2018): the start and the end of the
answer among the word pieces, the first piece standing for "no answer"; beside them one score of
whether the context answers at all. LoRA (Hu et al., 2021, https://arxiv.org/abs/2106.09685) on
every linear layer of the encoder.

Every few minutes a checkpoint is written and scored on public articles that are held back.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

from training.adapted import DEVICE, adapted_model, adapter_weights
from training.examples import (
    Example,
    augmented,
    load_adversarial,
    load_own,
    load_public,
    split_by_words,
    unanswerable,
)

SEED = 7
RANK = 32
HELD_BACK = ("huguenot", "immune", "antibod", "lymphocyte", "t cell")
"""Words of the public articles on which checkpoints are scored; nothing is trained on those."""

CHANGED, CHANGED_WITH_TALKS = 3000, 1000
"""How many of the questions changed by rule an epoch has; fewer with talks, for a near miss in a
talk is not told by a name that is missing."""

MAX_TOKENS = 192
CHECKPOINT_SECONDS = 300
ADVERSARIAL = Path(__file__).with_name("adversarial.jsonl")


class Reader(nn.Module):
    """The encoder with its adapter, and the heads: start and end, and answerable."""

    def __init__(self, rank: int = RANK, dropout: float = 0.05) -> None:
        super().__init__()
        self.encoder, self.tokenizer = adapted_model(rank, dropout)
        width = self.encoder.config.hidden_size
        self.span = nn.Linear(width, 2)
        self.answerable = nn.Linear(width, 1)

    def forward(self, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Scores `(batch, pieces, 2)` of start and end, and logits `(batch,)` of answerable."""
        hidden = self.encoder(**batch).last_hidden_state
        spans = self.span(hidden)
        readable = batch["token_type_ids"].bool() & batch["attention_mask"].bool()
        readable[:, 0] = True
        spans = spans.float().masked_fill(~readable[..., None], -1e4)
        return spans, self.answerable(hidden[:, 0]).float()[:, 0]

    def weights(self) -> dict[str, torch.Tensor]:
        """What is trained, by name."""
        heads = {
            f"{name}.{kind}": value.detach().cpu()
            for name in ("span", "answerable")
            for kind, value in getattr(self, name).state_dict().items()
        }
        return adapter_weights(self) | heads


def encode(
    reader: Reader, examples: Sequence[Example]
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Word pieces of a batch, and the pieces `(batch, 2)` where the answers start and end."""
    coded = reader.tokenizer(
        [e.question for e in examples], [e.context for e in examples], truncation="only_second",
        max_length=MAX_TOKENS, padding=True, return_offsets_mapping=True, return_tensors="pt",
    )  # fmt: skip
    offsets = coded.pop("offset_mapping").numpy()
    targets = np.zeros((len(examples), 2), np.int64)
    for row, example in enumerate(examples):
        if example.span is None:
            continue
        second = np.array([s == 1 for s in coded.sequence_ids(row)])
        inside = second & (offsets[row, :, 0] < example.span[1])
        inside &= offsets[row, :, 1] > example.span[0]
        found = np.flatnonzero(inside)
        if len(found):
            targets[row] = found[0], found[-1]
    return {name: values.to(DEVICE) for name, values in coded.items()}, torch.from_numpy(targets)


def batches(
    examples: Sequence[Example], size: int, rng: random.Random, reader: Reader
) -> Iterator[list[Example]]:
    """One epoch in batches of like length; the contexts of one question stay together."""
    by_question: dict[str, list[Example]] = {}
    for i, example in enumerate(examples):
        by_question.setdefault(example.group or str(i), []).append(example)
    questions = [augmented(some, rng) for some in by_question.values()]
    rng.shuffle(questions)
    for first in range(0, len(questions), 40 * size):
        chunk = questions[first : first + 40 * size]
        chunk.sort(key=lambda some: max(len(e.context) for e in some))
        packed: list[list[Example]] = [[]]
        for some in chunk:
            if len(packed[-1]) + len(some) > size:
                packed.append([])
            packed[-1] += some
        rng.shuffle(packed)
        yield from filter(None, packed)


def loss_of(reader: Reader, examples: Sequence[Example]) -> torch.Tensor:
    """Mean of the cross-entropies of start and end, plus that of answerable; and of questions.

    A question with several contexts adds what the assistant asks of them together: which of
    them answer (a softmax over the contexts), and whether any does (their log-sum-exp).
    """
    batch, targets = encode(reader, examples)
    with torch.autocast(DEVICE, torch.bfloat16):
        spans, answerable = reader(batch)
    known = targets[:, 0] > 0
    ends = targets.to(DEVICE)
    where = functional.cross_entropy(spans[..., 0], ends[:, 0])
    where = where + functional.cross_entropy(spans[..., 1], ends[:, 1])
    whether = functional.binary_cross_entropy_with_logits(answerable, known.float().to(DEVICE))
    return where / 2 + whether + _of_questions(examples, answerable, known)


def _of_questions(
    examples: Sequence[Example], answerable: torch.Tensor, known: torch.Tensor
) -> torch.Tensor:
    rows: dict[str, list[int]] = {}
    for row, example in enumerate(examples):
        if example.group:
            rows.setdefault(example.group, []).append(row)
    if not rows:
        return answerable.new_zeros(())
    # Which rows are a question's, and which of those answer it: `(questions, contexts)`.
    theirs = torch.zeros(len(rows), len(examples), dtype=torch.bool)
    for question, some in enumerate(rows.values()):
        theirs[question, some] = True
    right = theirs & known
    answered, settled = right.any(1), (right == theirs).all(1)

    def together(held: torch.Tensor) -> torch.Tensor:
        return answerable.masked_fill(~held.to(DEVICE), -math.inf).logsumexp(1)

    total = functional.binary_cross_entropy_with_logits(
        together(theirs), answered.float().to(DEVICE)
    )
    open_ = answered & ~settled
    if open_.any():
        total = total + (together(theirs[open_]) - together(right[open_])).mean()
    return total


def score(reader: Reader, examples: Sequence[Example]) -> dict[str, float]:
    """AUROC of answerable against not, and token F1 where there is an answer."""
    reader.eval()
    known, by_head, by_span, overlap = [], [], [], []
    ordered = sorted(examples, key=lambda e: len(e.context))
    with torch.inference_mode(), torch.autocast(DEVICE, torch.bfloat16):
        for first in range(0, len(ordered), 32):
            part = ordered[first : first + 32]
            batch, targets = encode(reader, part)
            spans, answerable = reader(batch)
            for row, example in enumerate(part):
                known.append(example.span is not None)
                by_head.append(float(answerable[row]))
                start, end, margin = best_span(spans[row].cpu().numpy())
                by_span.append(margin)
                if example.span is not None:
                    a, b = targets[row].tolist()
                    common = max(0, min(b, end) - max(a, start) + 1)
                    overlap.append(2 * common / (b - a + 1 + end - start + 1))
    reader.train()
    both = [a + b for a, b in zip(by_head, by_span, strict=True)]
    return {
        "n": len(known),
        "auroc head": auroc(by_head, known),
        "auroc span": auroc(by_span, known),
        "auroc both": auroc(both, known),
        "f1": float(np.mean(overlap)),
    }


def best_span(spans: np.ndarray[Any, Any]) -> tuple[int, int, float]:
    """Start, end and margin over "no answer" of the likeliest span of at most 40 pieces."""
    sums = spans[1:, None, 0] + spans[None, 1:, 1]
    sums = np.where(np.triu(np.ones_like(sums)) - np.triu(np.ones_like(sums), 40) > 0, sums, -1e9)
    start, end = np.unravel_index(int(sums.argmax()), sums.shape)
    margin = float(sums.max() - spans[0].sum())
    return int(start) + 1, int(end) + 1, margin


def auroc(scores: Sequence[float], known: Sequence[bool]) -> float:
    """The probability that an answerable example scores above one that is not."""
    order = np.argsort(scores)
    ranks = np.empty(len(order))
    ranks[order] = np.arange(1, len(order) + 1)
    right = np.array(known)
    n = int(right.sum())
    return float((ranks[right].sum() - n * (n + 1) / 2) / (n * (len(right) - n)))


@dataclass
class Material:
    """What is trained on: each epoch takes its share of each."""

    public: list[Example]
    changed: list[Example]
    adversarial: list[Example]
    talks: list[Example]

    def epoch(self, rng: random.Random) -> list[Example]:
        """All of the public data, or, with own examples, these and a part of the public data."""
        some = CHANGED_WITH_TALKS if self.talks else CHANGED
        changed = rng.sample(self.changed, min(len(self.changed), some))
        if not self.talks:
            return self.public + changed + self.adversarial
        # Questions that people wrote to look answerable, and as many others of the public data.
        written = [e for e in self.public if e.source == "squad2-dev"]
        public = written + rng.sample(self.public, min(len(self.public), len(written)))
        return public + changed + self.adversarial + self.talks


def material(public: Path, talks: Sequence[Path]) -> tuple[Material, list[Example]]:
    """What to train on, and the public examples that are held back."""
    kept, held_back = split_by_words(load_public(public), HELD_BACK)
    changeable = [e for e in kept if e.span and "spoken" not in e.source]
    found = Material(
        kept,
        list(unanswerable(changeable, random.Random(SEED))),
        load_adversarial(ADVERSARIAL, kept),
        [example for path in talks for example in load_own(path)],
    )
    return found, [e for e in held_back if e.source == "squad2-dev"]


def train(
    reader: Reader, found: Material, held_back: Sequence[Example], args: argparse.Namespace
) -> dict[str, float]:
    """Train for `args.minutes`, the rate falling as a cosine; the scores at the end."""
    rng = random.Random(args.seed)
    trained = [p for p in reader.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=args.rate, weight_decay=0.01)
    began = saved = time.monotonic()
    losses: list[torch.Tensor] = []
    examples: Iterator[list[Example]] = iter(())
    while (done := (time.monotonic() - began) / (60 * args.minutes)) < 1:
        batch = next(examples, None)
        if batch is None:
            print(f"-- an epoch begins at {60 * args.minutes * done:.0f} s", flush=True)
            examples = batches(found.epoch(rng), args.batch, rng, reader)
            continue
        rate = args.rate * min(1, (len(losses) + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * done))
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = loss_of(reader, batch)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        losses.append(loss.detach())
        if len(losses) % 50 == 0:
            mean = float(torch.stack(losses[-50:]).mean())
            print(f"{done:.0%}  step {len(losses)}  loss {mean:.3f}", flush=True)
        if time.monotonic() - saved > CHECKPOINT_SECONDS:
            saved = time.monotonic()
            save_file(reader.weights(), args.out / "reader.safetensors")
            print(score(reader, held_back), flush=True)
    save_file(reader.weights(), args.out / "reader.safetensors")
    return score(reader, held_back)


def main() -> None:
    """Train for so many minutes and write the weights with their scores."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--public", type=Path, required=True)
    parser.add_argument("--talks", type=Path, nargs="*", default=[])
    parser.add_argument("--start", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rank", type=int, default=RANK)
    parser.add_argument("--dropout", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=SEED)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    found, held_back = material(args.public, args.talks)
    print(f"{len(found.public)} public, {len(found.changed)} changed, {len(found.adversarial)} "
          f"adversarial, {len(found.talks)} of talks, {len(held_back)} held back")  # fmt: skip
    reader = Reader(args.rank, args.dropout).to(DEVICE)
    if args.start:
        reader.load_state_dict(load_file(args.start / "reader.safetensors"), strict=False)
    scores = train(reader, found, held_back, args)
    print(scores)
    (args.out / "scores.json").write_text(json.dumps({**vars(args), **scores}, default=str))


if __name__ == "__main__":
    main()
