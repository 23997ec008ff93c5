"""Eight-bit integers against floating point, and which of them a processor is given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from keynote_qa import KeynoteQA
from keynote_qa.adapters import READER, load_deltas, load_ranges
from keynote_qa.arithmetic import Arithmetic, Floats, Integers, fastest
from keynote_qa.embed import DEFAULT_MODEL, locate_model
from keynote_qa.encoder import Encoder, Ids, WordPieces
from keynote_qa.errors import ModelError

needs_integers = pytest.mark.skipif(
    not torch.cpu._is_vnni_supported(), reason="this processor has no eight-bit dot products"
)


@needs_integers
def test_a_map_of_integers_gives_what_can_be_computed_by_hand() -> None:
    ranges = {"map": torch.tensor([[-1.0, -4.0], [1.0, 4.0]])}
    weight, bias = torch.tensor([[1.0, 0.5], [-2.0, 0.25]]), torch.tensor([10.0, 0.0])
    found = Integers(ranges).linear("map", weight, bias)(torch.tensor([[0.5, 2.0], [-1.0, 4.0]]))
    # 0.5 + 1 + 10 and -1 + 0.5; -1 + 2 + 10 and 2 + 1
    np.testing.assert_allclose(found.numpy(), [[11.5, -0.5], [11.0, 3.0]], atol=0.05)


@needs_integers
def test_what_is_beyond_the_range_counts_as_its_end() -> None:
    ranges = {"map": torch.tensor([[-1.0], [1.0]])}
    identity = Integers(ranges).linear("map", torch.ones(1, 1), torch.zeros(1))
    found = identity(torch.tensor([[3.0], [-100.0]]))
    np.testing.assert_allclose(found.numpy(), [[1.0], [-1.0]], atol=0.02)


@pytest.fixture(scope="module")
def texts(qa: KeynoteQA) -> list[tuple[Ids, int]]:
    """Questions with passages, as the reader reads them."""
    pieces = WordPieces(locate_model(DEFAULT_MODEL))
    asked = [pieces.cut(suggestion.question) for suggestion in qa.suggestions]
    passages = [pieces.cut(passage.text).first(100) for passage in qa.index.passages[::9]]
    return [pieces.pair(asked[n % len(asked)], passage) for n, passage in enumerate(passages)]


def reader(arithmetic: Arithmetic) -> Encoder:
    """The reader that ships, in an arithmetic."""
    return Encoder(locate_model(DEFAULT_MODEL), deltas=load_deltas(READER), arithmetic=arithmetic)


@pytest.fixture(scope="module")
def whole() -> Encoder:
    """The reader that ships, in integers."""
    ranges = load_ranges(READER)
    assert ranges is not None
    return reader(Integers(ranges))


@needs_integers
def test_the_reader_in_integers_sees_what_it_sees_in_floating_point(
    texts: list[tuple[Ids, int]], whole: Encoder
) -> None:
    one, other = (
        np.stack(encoder.read(texts, lambda states: states[0].numpy()))
        for encoder in (whole, reader(Floats()))
    )
    alike = (one * other).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    assert np.median(alike) > 0.995
    assert alike.min() > 0.95


@needs_integers
def test_integers_give_a_text_the_same_whatever_it_is_read_with(
    texts: list[tuple[Ids, int]], whole: Encoder
) -> None:
    together = whole.read(texts, lambda states: states.numpy())
    for text, states in zip(texts[::10], together[::10], strict=True):
        (alone,) = whole.read([text], lambda states: states.numpy())
        np.testing.assert_allclose(alone, states, atol=1e-4)


@pytest.mark.parametrize(
    ("has", "ranges", "given", "half"),
    [
        ({"amx_tile", "vnni", "avx512_bf16"}, {}, Floats, True),
        ({"vnni", "avx512_bf16"}, {}, Integers, False),
        ({"vnni", "avx512_bf16"}, None, Floats, True),
        ({"vnni"}, None, Floats, False),
        (set(), {}, Floats, False),
    ],
)
def test_the_arithmetic_is_the_processors(
    monkeypatch: pytest.MonkeyPatch,
    has: set[str],
    ranges: dict[str, Any] | None,
    given: type,
    half: bool,
) -> None:
    for name in ("amx_tile", "vnni", "avx512_bf16"):
        monkeypatch.setattr(torch.cpu, f"_is_{name}_supported", lambda name=name: name in has)
    found = fastest(lambda: ranges)
    assert type(found) is given
    assert found.dtype == (torch.bfloat16 if half else torch.float32)


def test_ranges_that_cannot_be_read_say_what_to_do(tmp_path: Path) -> None:
    assert load_ranges(tmp_path) is None
    (tmp_path / "ranges.safetensors").write_bytes(b"no ranges")
    with pytest.raises(ModelError, match="Install the package again"):
        load_ranges(tmp_path)
