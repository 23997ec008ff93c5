"""The default model with a low-rank change of every linear layer, ready to be trained.

LoRA (Hu et al., 2021, https://arxiv.org/abs/2106.09685): a weight W is used as W + 2·B·A. The
encoder is written out as `keynote_qa.encoder` writes it, with the layers' changes stacked, so that
a step costs few kernels: on one H100 some twenty steps of 180 examples a second, several such runs
side by side, where a model wrapped layer by layer made twelve of 64.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional

from keynote_qa.embed import DEFAULT_MODEL, locate_model

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
SCALE = 2
"""What B·A is multiplied with: peft's `lora_alpha / r`, of the adapters that are exported."""

_SQUARE = ("attention.self.query", "attention.self.key", "attention.self.value",
           "attention.output.dense")  # fmt: skip
_UP, _DOWN = "intermediate.dense", "output.dense"
_PREFIX = "encoder.base_model.model."
_FAR = -1e4

Weights = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


class LoraEncoder(nn.Module):
    """BERT as its published weights need it, of which only the low-rank changes are trained."""

    def __init__(self, rank: int, dropout: float) -> None:
        super().__init__()
        folder = locate_model(DEFAULT_MODEL)
        config = json.loads((folder / "config.json").read_text("utf-8"))
        base = load_file(folder / "model.safetensors", device=DEVICE)
        self._base = {name.removeprefix("bert."): value.float() for name, value in base.items()}
        self.width: int = config["hidden_size"]
        self.layers: int = config["num_hidden_layers"]
        self._heads: int = config["num_attention_heads"]
        self._epsilon: float = config["layer_norm_eps"]
        self._dropout = dropout
        wide: int = config["intermediate_size"]
        self._square = self._stacked(_SQUARE)
        self._up, self._down = self._stacked((_UP,)), self._stacked((_DOWN,))
        squares = self.layers * len(_SQUARE)
        self.square_a, self.square_b = _low_rank(squares, self.width, self.width, rank)
        self.up_a, self.up_b = _low_rank(self.layers, self.width, wide, rank)
        self.down_a, self.down_b = _low_rank(self.layers, wide, self.width, rank)

    def _stacked(self, names: tuple[str, ...]) -> torch.Tensor:
        all_layers = ((layer, name) for layer in range(self.layers) for name in names)
        return torch.stack([self._of(layer, name, "weight") for layer, name in all_layers])

    def _of(self, layer: int, name: str, kind: str) -> torch.Tensor:
        return self._base[f"encoder.layer.{layer}.{name}.{kind}"]

    def unchanged(self) -> Weights:
        """The official weights, for `forward`."""
        return self._square.bfloat16(), self._up.bfloat16(), self._down.bfloat16()

    def changed(self) -> Weights:
        """The weights with what was trained added, for `forward`."""
        pairs = (
            (self._square, self.square_b @ self.square_a),
            (self._up, self.up_b @ self.up_a),
            (self._down, self.down_b @ self.down_a),
        )
        square, up, down = ((base + SCALE * change).bfloat16() for base, change in pairs)
        return square, up, down

    def forward(
        self, ids: torch.Tensor, types: torch.Tensor, mask: torch.Tensor, weights: Weights
    ) -> torch.Tensor:
        """States `(rows, pieces, width)` in float32 of word pieces `(rows, pieces)`.

        `types` says of each piece to which of two texts it belongs, `mask` whether it is any.
        """
        square, up, down = weights
        rows, pieces = ids.shape
        words, places, kinds = (
            self._base[f"embeddings.{name}_embeddings.weight"]
            for name in ("word", "position", "token_type")
        )
        norm = self._base["embeddings.LayerNorm.weight"], self._base["embeddings.LayerNorm.bias"]
        states = self._dropped(
            self._normed(words[ids] + places[:pieces] + kinds[types.long()], norm)
        )
        far = torch.zeros(rows, 1, 1, pieces, dtype=torch.bfloat16, device=ids.device)
        far = far.masked_fill(~mask[:, None, None], _FAR).expand(rows, 1, pieces, pieces)
        for layer in range(self.layers):
            own = square[len(_SQUARE) * layer :][: len(_SQUARE)]
            biases = [self._of(layer, name, "bias").bfloat16() for name in _SQUARE]
            asked = functional.linear(
                states.bfloat16(), own[:3].flatten(0, 1), torch.cat(biases[:3])
            )
            parts = asked.view(rows, pieces, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
            query, key, value = parts.unbind(0)
            seen = _attended(query, key, value, far)
            seen = functional.linear(seen.transpose(1, 2).flatten(2), own[3], biases[3])
            states = self._added(states, seen, layer, "attention.output.LayerNorm")
            wide = functional.linear(
                states.bfloat16(), up[layer], self._of(layer, _UP, "bias").bfloat16()
            )
            narrow = functional.linear(
                functional.gelu(wide), down[layer], self._of(layer, _DOWN, "bias").bfloat16()
            )
            states = self._added(states, narrow, layer, "output.LayerNorm")
        return states

    def _added(
        self, states: torch.Tensor, more: torch.Tensor, layer: int, norm: str
    ) -> torch.Tensor:
        of_norm = self._of(layer, norm, "weight"), self._of(layer, norm, "bias")
        return self._normed(states + self._dropped(more), of_norm)

    def _normed(
        self, states: torch.Tensor, norm: tuple[torch.Tensor, torch.Tensor]
    ) -> torch.Tensor:
        return functional.layer_norm(states, (self.width,), *norm, self._epsilon)

    def _dropped(self, states: torch.Tensor) -> torch.Tensor:
        return functional.dropout(states, self._dropout, self.training)

    def adapter(self) -> dict[str, torch.Tensor]:
        """What is trained, by the names that peft gives to it."""
        return {name: value.detach().cpu().clone() for name, value in self._by_name()}

    def load(self, adapter: dict[str, torch.Tensor]) -> None:
        """Go on from what `adapter` gave, which may be of a lower rank."""
        with torch.no_grad():
            for name, value in self._by_name():
                given = adapter[name]
                if ".lora_A." in name:
                    value[: len(given)] = given
                else:
                    value.zero_()[:, : given.shape[1]] = given

    def _by_name(self) -> Iterator[tuple[str, torch.Tensor]]:
        for names, a, b in (
            (_SQUARE, self.square_a, self.square_b),
            ((_UP,), self.up_a, self.up_b),
            ((_DOWN,), self.down_a, self.down_b),
        ):
            for at in range(len(a)):
                layer, which = divmod(at, len(names))
                place = f"{_PREFIX}encoder.layer.{layer}.{names[which]}"
                yield f"{place}.lora_A.default.weight", a[at]
                yield f"{place}.lora_B.default.weight", b[at]


def _attended(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, far: torch.Tensor
) -> torch.Tensor:
    """Scaled dot-product attention; on a CPU written out, for the fused one is slow backwards.

    Measured over a whole step: 33 instead of 24 contexts a second on one core.
    """
    if DEVICE != "cpu":
        return functional.scaled_dot_product_attention(query, key, value, attn_mask=far)
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1]) + far
    return scores.softmax(-1) @ value


def _low_rank(count: int, narrow: int, wide: int, rank: int) -> tuple[nn.Parameter, nn.Parameter]:
    """A `(count, rank, from)` at random and B `(count, to, rank)` of zeros: no change at first."""
    a = torch.empty(count, rank, narrow, device=DEVICE)
    for one in a:
        nn.init.kaiming_uniform_(one, a=math.sqrt(5))
    return nn.Parameter(a), nn.Parameter(torch.zeros(count, wide, rank, device=DEVICE))
