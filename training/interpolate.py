"""Go only a part of the way from where a training began to where it ended.

    python -m training.interpolate runs/before runs/encoders --share 0.65 --out runs/mixed

Fine-tuned weights, mixed with those that they began with, keep more of what these know of the world
(Wortsman et al., 2022, "Robust fine-tuning of zero-shot models", https://arxiv.org/abs/2109.01903):
here of names, which mean nothing in invented talks and much in real ones.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from training.train_encoders import RANKS

Weights = Mapping[str, torch.Tensor]
_DOWN, _UP = ".lora_A.", ".lora_B."


def interpolated(before: Weights | None, after: Weights, share: float) -> dict[str, torch.Tensor]:
    """An adapter of the rank of `after`, whose change of the model is `share` of the way to that.

    Args:
        before: the adapter that it began with; None for the official model.
        after: the trained one.
        share: from 0 to 1.
    """
    mixed = {}
    for name, down in after.items():
        if _DOWN not in name:
            continue
        other = name.replace(_DOWN, _UP)
        change = share * after[other] @ down
        if before is not None:
            change = change + (1 - share) * before[other] @ before[name]
        left, size, right = torch.linalg.svd(change, full_matrices=False)
        root, rank = size[: len(down)].sqrt(), len(down)
        mixed[name] = (root[:, None] * right[:rank]).contiguous()
        mixed[other] = (left[:, :rank] * root).contiguous()
    return mixed


def main() -> None:
    """Write both adapters; of one that was not there before, a part of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--share", type=float, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for name in (f"{adapter}.safetensors" for adapter in RANKS):
        began = args.before / name
        before = load_file(began) if began.is_file() else None
        save_file(interpolated(before, load_file(args.after / name), args.share), args.out / name)


if __name__ == "__main__":
    main()
