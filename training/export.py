"""Write what was trained into the package, as adapters in the format of peft.

python -m training.export reader runs/mean
python -m training.export query runs/mixed
python -m training.export passage runs/mixed
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from safetensors.torch import load_file, save_file

from keynote_qa.adapters import PASSAGE, QUERY, READER
from keynote_qa.embed import DEFAULT_MODEL, DEFAULT_MODEL_SHA256

FOLDERS = {"reader": READER, "query": QUERY, "passage": PASSAGE}

_OF_TALKS = """\
The weights in this folder were trained on questions about invented talks that were written for
Keynote Q&A (Apache-2.0). They are a LoRA adapter for sentence-transformers/all-MiniLM-L6-v2
(Apache-2.0).
"""

LICENCES = {
    "reader": """\
The weights in this folder were trained on parts of SQuAD 2.0, XQuAD and Spoken-SQuAD (CC BY-SA 4.0)
and on questions about invented talks that were written for Keynote Q&A (Apache-2.0). They are a
LoRA adapter for sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), with two linear heads.
""",
    "query": _OF_TALKS,
    "passage": _OF_TALKS,
}


def main() -> None:
    """Adapter in half precision, heads in full."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=FOLDERS)
    parser.add_argument("run", type=Path)
    args = parser.parse_args()
    folder: Path = FOLDERS[args.what]
    folder.mkdir(parents=True, exist_ok=True)
    weights = load_file(args.run / f"{args.what}.safetensors")
    adapter = {
        name.removeprefix("encoder.").replace(".default", ""): value.half()
        for name, value in weights.items()
        if "lora_" in name
    }
    heads = {name: value for name, value in weights.items() if "lora_" not in name}
    rank = next(len(value) for name, value in adapter.items() if ".lora_A." in name)
    config = {
        "peft_type": "LORA",
        "base_model_name_or_path": DEFAULT_MODEL,
        "base_model_sha256": DEFAULT_MODEL_SHA256,
        "r": rank,
        "lora_alpha": 2 * rank,
        "target_modules": ["query", "key", "value", "dense"],
        "bias": "none",
        "inference_mode": True,
    }
    save_file(adapter, folder / "adapter_model.safetensors")
    if heads:
        save_file(heads, folder / "heads.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")
    (folder / "NOTICE").write_text(LICENCES[args.what], "utf-8")


if __name__ == "__main__":
    main()
