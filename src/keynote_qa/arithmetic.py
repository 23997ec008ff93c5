"""The numbers in which the model's linear maps compute: float32, bfloat16, eight-bit integers.

Most of a question's time goes there. Which is fastest depends on the processor (`fastest`):

- with tiles for matrices (AMX), bfloat16;
- with dot products of eight-bit integers (VNNI), those: two thirds of the time of bfloat16 where
  that is computed without tiles, less than a third of float32. Where no ranges are known, bfloat16
  if the processor has it;
- float32 anywhere else.

Eight-bit integers as in Jacob et al., "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference" (CVPR 2018): what goes into a map is `scale * (q - zero)`. Its
range is fixed beforehand, from training texts (`adapters.load_ranges`), so that what a text gives
does not depend on which others it is read with. A few channels reach ten times as far as others;
how far is shared between them and the weights as in Xiao et al., "SmoothQuant" (ICML 2023).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

Map = Callable[[Any], Any]
"""From `(pieces, inputs)` to `(pieces, outputs)`, both of the arithmetic's `dtype`."""

ROWS = 16
"""A pass has a multiple of so many word pieces, if need be empty ones behind the last, where oneDNN
multiplies: it makes its kernels anew for each number it has not met, which takes as long as a
question."""

SMOOTHING = 0.7
"""How much of a channel's reach is taken over by its weights, from 0 to 1: SmoothQuant's alpha."""

_SMALLEST = 1e-5


class Arithmetic(Protocol):
    """What makes the linear maps of a model; `dtype` is of what goes between them.

    Passes are of multiples of `rows` word pieces.
    """

    dtype: Any
    rows: int

    def linear(self, name: str, weight: Any, bias: Any) -> Map:
        """The map `x @ weight.T + bias`. `name` is the map's place in the model."""
        ...


class Floats:
    """float32, or bfloat16 if `half`."""

    def __init__(self, *, half: bool = False) -> None:
        import torch

        self._torch = torch
        self.dtype = torch.bfloat16 if half else torch.float32
        self.rows = ROWS if half else 1

    def linear(self, name: str, weight: Any, bias: Any) -> Map:
        """With the weight laid out once: for every pass anew, that takes as long as arithmetic."""
        torch, weight, bias = self._torch, weight.to(self.dtype), bias.to(self.dtype)
        if self.dtype == torch.bfloat16:
            multiply = torch.ops.mkldnn._linear_pointwise
            packed = torch.ops.mkldnn._reorder_linear_weight(weight)
            return lambda x: multiply(x, packed, bias, "none", [], "")
        transposed = weight.t().contiguous()
        return lambda x: torch.addmm(bias, x, transposed)


class Integers:
    """Eight-bit integers, summed in 32 bits; float32 between the maps.

    Args:
        ranges: by the maps' names, the lowest and the highest that goes into each channel:
            float32 `(2, inputs)`.
    """

    def __init__(self, ranges: Mapping[str, Any]) -> None:
        import torch

        self._torch = torch
        self._ranges = ranges
        self.dtype = torch.float32
        self.rows = ROWS

    def linear(self, name: str, weight: Any, bias: Any) -> Map:
        """The map `x @ weight.T + bias`, of what is rounded to integers first."""
        torch, ranges = self._torch, self._ranges[name]
        reach = ranges.abs().amax(0).clamp(min=_SMALLEST)
        smooth = reach**SMOOTHING / weight.abs().amax(0).clamp(min=_SMALLEST) ** (1 - SMOOTHING)
        width, zero = _steps(ranges / smooth)
        smoothed = weight * smooth
        widths = smoothed.abs().amax(1).clamp(min=_SMALLEST) / 127
        rounded = (smoothed / widths[:, None]).round().to(torch.int8)
        packed = torch.ops.onednn.qlinear_prepack(rounded, None)
        zeros = torch.zeros(len(widths), dtype=torch.int32)
        factor, half_up = 1 / (smooth * width), torch.tensor(zero + 0.5)
        addcmul, multiply = torch.addcmul, torch.ops.onednn.qlinear_pointwise
        whole_numbers, eight_bits, floats = torch.int32, torch.uint8, torch.float32

        def apply(x: Any) -> Any:
            # By way of 32 bits: straight to eight takes three times as long.
            whole = addcmul(half_up, x, factor).clamp_(0, 255).to(whole_numbers).to(eight_bits)
            return multiply(
                whole, width, zero, packed, widths, zeros, bias, 1.0, 0, floats, "none", [], ""
            )

        return apply


def _steps(ranges: Any) -> tuple[float, int]:
    """Of 256 steps from the lowest to the highest: how wide they are, and which one means 0.

    >>> import torch
    >>> _steps(torch.tensor([[-1.0, 0.0], [0.5, 1.55]]))
    (0.01, 100)
    """
    lowest, highest = min(float(ranges.min()), 0.0), max(float(ranges.max()), _SMALLEST)
    width = round((highest - lowest) / 255, 9)
    return width, round(-lowest / width)


def fastest(ranges: Callable[[], Mapping[str, Any] | None]) -> Arithmetic:
    """The arithmetic that this processor is fastest in.

    Args:
        ranges: gives those that `Integers` takes, or None where there are none; called if needed.
    """
    import torch

    if _has(torch, "amx_tile"):
        return Floats(half=True)
    known = ranges() if _has(torch, "vnni") else None
    if known is not None:
        return Integers(known)
    return Floats(half=_has(torch, "avx512_bf16"))


def _has(torch: Any, feature: str) -> bool:
    supported = getattr(torch.cpu, f"_is_{feature}_supported", None)
    return bool(supported and supported())
