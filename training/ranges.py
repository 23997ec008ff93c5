"""Write how far what goes into the linear maps of an adapter reaches, for eight-bit integers.

    python -m training.ranges reader runs/talks.jsonl
    python -m training.ranges query runs/talks.jsonl

From questions, and for the reader texts, of talks that it was trained on. Run it after `export`.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from keynote_qa.adapters import load_deltas
from keynote_qa.arithmetic import Floats, Map
from keynote_qa.embed import DEFAULT_MODEL, locate_model
from keynote_qa.encoder import Encoder, WordPieces
from keynote_qa.spans import MAX_TOKENS
from training.export import FOLDERS

EXAMPLES = {"reader": 1000, "query": 3000}


class Watched(Floats):
    """float32 that keeps the lowest and the highest that goes into each channel of each map."""

    def __init__(self) -> None:
        super().__init__()
        self.ranges: dict[str, Any] = {}

    def linear(self, name: str, weight: Any, bias: Any) -> Map:
        """The map, watched."""
        multiply = super().linear(name, weight, bias)

        def watch(x: Any) -> Any:
            seen = torch.cat([x, self.ranges.get(name, x[:1])])
            self.ranges[name] = torch.stack(seen.aminmax(dim=0))
            return multiply(x)

        return watch


def main() -> None:
    """Write `ranges.safetensors` into the adapter's folder, in half precision."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=FOLDERS)
    parser.add_argument("examples", type=Path)
    args = parser.parse_args()
    with args.examples.open(encoding="utf-8") as file:
        examples = [json.loads(line) for line in file]
    random.Random(0).shuffle(examples)
    base, watched = locate_model(DEFAULT_MODEL), Watched()
    pieces = WordPieces(base)
    encoder = Encoder(base, deltas=load_deltas(FOLDERS[args.what]), arithmetic=watched)
    for example in examples[: EXAMPLES[args.what]]:
        question, context = pieces.cut(example["question"]), pieces.cut(example["context"])
        room = MAX_TOKENS - len(question.ids) - 3
        text = (
            pieces.pair(question, context.first(room))
            if args.what == "reader"
            else pieces.single(example["question"], MAX_TOKENS)
        )
        encoder.read([text], lambda states: None)
    path = FOLDERS[args.what] / "ranges.safetensors"
    save_file({name: value.half() for name, value in watched.ranges.items()}, path)
    print(path, len(watched.ranges), "maps")


if __name__ == "__main__":
    main()
