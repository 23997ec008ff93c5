"""Write a trained reader into the package, as an adapter in the format of peft.

python -m training.export runs/two
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from safetensors.torch import load_file, save_file

from keynote_qa.embed import DEFAULT_MODEL, DEFAULT_MODEL_SHA256
from keynote_qa.span_reader import ADAPTER
from training.train_reader import RANK

LICENCE = """\
The weights in this folder were trained on parts of SQuAD 2.0, XQuAD and Spoken-SQuAD (CC BY-SA 4.0)
and on questions about invented talks that were written for Keynote Q&A (Apache-2.0). They are a
LoRA adapter for sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), with two linear heads.
"""


def main() -> None:
    """Adapter in half precision, heads in full."""
    parser = argparse.ArgumentParser()
    parser.add_argument("run", type=Path)
    args = parser.parse_args()
    ADAPTER.mkdir(exist_ok=True)
    weights = load_file(args.run / "reader.safetensors")
    adapter = {
        name.removeprefix("encoder.").replace(".default", ""): value.half()
        for name, value in weights.items()
        if "lora_" in name
    }
    heads = {name: value for name, value in weights.items() if "lora_" not in name}
    config = {
        "peft_type": "LORA",
        "base_model_name_or_path": DEFAULT_MODEL,
        "base_model_sha256": DEFAULT_MODEL_SHA256,
        "r": RANK,
        "lora_alpha": 2 * RANK,
        "target_modules": ["query", "key", "value", "dense"],
        "bias": "none",
        "inference_mode": True,
    }
    save_file(adapter, ADAPTER / "adapter_model.safetensors")
    save_file(heads, ADAPTER / "heads.safetensors")
    (ADAPTER / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")
    (ADAPTER / "NOTICE").write_text(LICENCE, "utf-8")


if __name__ == "__main__":
    main()
