"""The default model as others run it: in sentence-transformers, without adapters or with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keynote_qa.adapters import PASSAGE, load_deltas
from keynote_qa.embed import DEFAULT_MODEL, SentenceTransformerEmbedder, locate_model

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def official() -> SentenceTransformerEmbedder:
    """The official model: by its path it is like any other, without adapters."""
    return SentenceTransformerEmbedder(str(locate_model(DEFAULT_MODEL)))


def of_passages() -> SentenceTransformer:
    """The model with the adapter that passages are embedded through."""
    import torch
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(locate_model(DEFAULT_MODEL)), device="cpu")
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for name, delta in load_deltas(PASSAGE).items():
            (held,) = [value for key, value in parameters.items() if key.endswith(name)]
            held += delta
    return model
