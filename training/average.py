"""The mean of trained readers: better on unseen talks than either (Wortsman et al., 2022,
"Model soups", https://arxiv.org/abs/2203.05482).

    python -m training.average runs/two runs/three --out runs/mean
"""

from __future__ import annotations

import argparse
from pathlib import Path

from safetensors.torch import load_file, save_file


def main() -> None:
    """Write the mean of the weights of runs that one began where the other stopped."""
    parser = argparse.ArgumentParser()
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    found = [load_file(run / "reader.safetensors") for run in args.runs]
    mean = {name: sum(weights[name] for weights in found) / len(found) for name in found[0]}
    save_file(mean, args.out / "reader.safetensors")


if __name__ == "__main__":
    main()
