"""The default model with a LoRA adapter on every linear layer, ready to be trained.

LoRA: Hu et al., 2021, https://arxiv.org/abs/2106.09685.
"""

from __future__ import annotations

from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from torch import nn
from transformers import AutoModel, AutoTokenizer

from keynote_qa.embed import DEFAULT_MODEL, locate_model

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def adapted_model(rank: int, dropout: float) -> tuple[Any, Any]:
    """The encoder, of which the adapter alone can be trained, and its tokenizer."""
    folder = str(locate_model(DEFAULT_MODEL))
    base = AutoModel.from_pretrained(
        folder,
        # On a CPU what is frozen is not cast anew in each step, and attention is written out: its
        # fused form goes back slowly there. Together 1.5 times as fast.
        dtype=torch.float32 if DEVICE == "cuda" else torch.bfloat16,
        attn_implementation="sdpa" if DEVICE == "cuda" else "eager",
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=0.0,
    )
    config = LoraConfig(
        r=rank, lora_alpha=2 * rank, target_modules=["query", "key", "value", "dense"]
    )
    return get_peft_model(base, config), AutoTokenizer.from_pretrained(folder)


def adapter_weights(module: nn.Module) -> dict[str, torch.Tensor]:
    """The adapter's weights by name, to be saved."""
    return {
        name: value.detach().cpu().contiguous()
        for name, value in module.state_dict().items()
        if "lora_" in name
    }
