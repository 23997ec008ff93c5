"""Draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keynote_qa.embed import Vectors
from keynote_qa.index import Index
from keynote_qa.records import Hit


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading the hits gave: the evidence, best first, and how sure it is."""

    answered: bool
    confidence: float
    evidence: tuple[Hit, ...]


class Reader:
    def __init__(self, index: Index) -> None:
        self._index = index

    def read(self, question: str, query: Vectors, terms: Sequence[str], hits: Sequence[Hit]) -> Reading:
        best: dict[int, Hit] = {}
        for hit in hits:
            best.setdefault(hit.passage.slide, hit)
        evidence = tuple(best.values())[:3]
        return Reading(bool(evidence) and evidence[0].dense > 0.3, 0.5, evidence)
