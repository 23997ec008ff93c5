"""What was trained on top of the default model: low-rank changes of its weights, in folders.

LoRA (Hu et al., 2021, https://arxiv.org/abs/2106.09685): a weight W becomes W + s·B·A, with A and B
of low rank. Each folder of `adapters/` holds one such change, in the format of peft; adding it up
when it is loaded makes it cost nothing when it runs.

    adapters/reader    reads a question against a text, and tells whether that answers
    adapters/query     embeds questions near to the passages that answer them
    adapters/passage   embeds passages near to the questions that they answer

Beside the first two lies how far what goes into their linear maps reaches, for
`arithmetic.Integers`; passages are embedded in float32, so that an index is the same everywhere.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from keynote_qa.arithmetic import fastest
from keynote_qa.encoder import Encoder
from keynote_qa.errors import ModelError

READER = Path(__file__).with_name("adapters") / "reader"
QUERY = READER.with_name("query")
PASSAGE = READER.with_name("passage")


def adapted(base: Path, folder: Path) -> Encoder:
    """The model of a folder as an adapter changes it, in the arithmetic that is fastest here.

    Raises:
        ModelError: a file of the adapter is missing or cannot be read.
        OSError, ValueError, KeyError: as of `Encoder`.
    """
    arithmetic = fastest(partial(load_ranges, folder))
    return Encoder(base, deltas=load_deltas(folder), arithmetic=arithmetic)


def load_deltas(folder: Path) -> dict[str, Any]:
    """What to add to the weights of the model, by their names: float32 tensors of their shapes.

    Raises:
        ModelError: the folder lacks a file or holds one that cannot be read.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        config = json.loads((folder / "adapter_config.json").read_text("utf-8"))
        adapter = load_file(folder / "adapter_model.safetensors")
        scale = config["lora_alpha"] / config["r"]
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise ModelError(
            f"{folder}: an adapter of the model cannot be read ({error}). Install the package again"
        ) from error
    deltas = {}
    with torch.inference_mode():
        for name, down in adapter.items():
            if ".lora_A." in name:
                up = adapter[name.replace(".lora_A.", ".lora_B.")]
                target = name.removeprefix("base_model.model.").replace(".lora_A", "")
                deltas[target] = scale * (up.float() @ down.float())
    return deltas


def load_ranges(folder: Path) -> dict[str, Any] | None:
    """The ranges that `arithmetic.Integers` takes, of the model as it is changed; None without.

    Raises:
        ModelError: the file cannot be read.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = folder / "ranges.safetensors"
    try:
        return {name: value.float() for name, value in load_file(path).items()}
    except FileNotFoundError:
        return None
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path} cannot be read ({error}). Install the package again.") from error
