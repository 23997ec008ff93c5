"""Which of the suggested questions to show: to begin with, and after an answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence, Set
from itertools import zip_longest

from keynote_qa.records import Answer, Citation, Suggestion, Talk
from keynote_qa.text import fold, tokenize

_MAX_OF_ONE_SLIDE = 2
_FEW_TERMS = 3
_MAX_BARE = 3
_NEAR_LINES = 20
_SAME_SECTION, _SAME_PLACE, _SAME_WORDS = 1.0, 1.0, 2.0


class Suggestions:
    """The suggestions for the talks of one index, ready to be chosen from."""

    def __init__(self, suggestions: Sequence[Suggestion], talks: Sequence[Talk]) -> None:
        self.all = tuple(suggestions)
        self._sources = {talk.name: talk.source for talk in talks}
        self._terms = {s.question: frozenset(tokenize(s.question)) for s in self.all}
        names = list(dict.fromkeys(s.talk for s in self.all))
        self._ordered = {name: self._varied(name) for name in names}

    def starters(self, count: int, *, talks: Collection[str] | None = None) -> tuple[str, ...]:
        """At most `count` questions to start with; of some talks alone, if they are named."""
        ordered = [of for name, of in self._ordered.items() if talks is None or name in talks]
        # Of several talks, a question of each in turn: first those given, then those made.
        found: dict[str, None] = {}
        for given in (True, False):
            of_kind = [[s for s in of if (s.kind == "given") is given] for of in ordered]
            for turn in zip_longest(*of_kind):
                found |= dict.fromkeys(s.question for s in turn if s is not None)
        return tuple(found)[:count]

    def related(
        self,
        answer: Answer,
        *,
        asked: Sequence[str],
        count: int,
        talks: Collection[str] | None = None,
    ) -> tuple[str, ...]:
        """At most `count` questions near an answer, or near what came closest to one.

        Of some talks alone, if they are named.
        """
        place = (*answer.citations, *answer.nearest)
        past = {fold(question) for question in (*asked, answer.question)}
        said = [frozenset(tokenize(question)) for question in (*asked, answer.question)]
        fresh = [
            s for s in self.all
            if (talks is None or s.talk in talks)
            and fold(s.question) not in past and self._terms[s.question] not in said
        ]  # fmt: skip
        if not place:
            known = {s.question for s in fresh}
            return tuple(q for q in self.starters(len(self.all)) if q in known)[:count]
        cited = answer.citations[:1]
        near = [
            (self._nearness(s, place[0], said[-1]), s)
            for s in fresh
            if not (cited and self._is_here(s, cited[0]))
        ]
        near.sort(key=lambda pair: -pair[0])
        return tuple(dict.fromkeys(s.question for nearness, s in near if nearness > 0))[:count]

    def _varied(self, talk: str) -> list[Suggestion]:
        of_talk = [s for s in self.all if s.talk == talk]
        given = [s for s in of_talk if s.kind == "given"]
        return [*given, *chosen((s for s in of_talk if s.kind != "given"), len(of_talk))]

    def _is_here(self, suggestion: Suggestion, cited: Citation) -> bool:
        """Whether the answer to a suggestion is in the lines just cited."""
        same = self._sources.get(suggestion.talk) == cited.source
        return same and (
            suggestion.start_line <= cited.end_line and cited.start_line <= suggestion.end_line
        )

    def _nearness(self, suggestion: Suggestion, cited: Citation, said: Set[str]) -> float:
        """How near a suggestion is to a place and to a question; 0 if it has nothing of either."""
        terms = self._terms[suggestion.question]
        shared = len(terms.intersection(said)) / max(1, len(terms.union(said)))
        if self._sources.get(suggestion.talk) != cited.source:
            return _SAME_WORDS * shared
        apart = max(
            suggestion.start_line - cited.end_line, cited.start_line - suggestion.end_line, 0
        )
        steps = _common_steps(suggestion.section, cited.section)
        way = steps / max(len(cited.section), 1)
        return _SAME_PLACE / (1 + apart / _NEAR_LINES) + _SAME_SECTION * way + _SAME_WORDS * shared


def _common_steps(one: Sequence[str], other: Sequence[str]) -> int:
    steps = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        steps += 1
    return steps


def chosen(candidates: Iterable[Suggestion], count: int) -> list[Suggestion]:
    """At most `count` of the candidates, varied in kind and from all over the talk."""
    kinds: dict[str, list[Suggestion]] = {}
    on_slide: dict[tuple[object, ...], int] = {}
    for candidate in candidates:
        # Speech has no titles: there, what one sentence says takes a slide's place.
        slide = (candidate.section or candidate.start_line, candidate.kind)
        on_slide[slide] = on_slide.get(slide, 0) + 1
        if on_slide[slide] <= _MAX_OF_ONE_SLIDE:
            kinds.setdefault(candidate.kind, []).append(candidate)
    ordered = []
    for found in kinds.values():
        told = spread([candidate for candidate in found if not _is_bare(candidate)])
        bare = spread([candidate for candidate in found if _is_bare(candidate)])
        ordered.append([*told, *bare[:_MAX_BARE]])
    rounds = zip_longest(*ordered)
    return [candidate for turn in rounds for candidate in turn if candidate][:count]


def spread(ordered: Sequence[Suggestion]) -> list[Suggestion]:
    """The same in an order in which each is far from those before it: first, middle, quarters.

    >>> spread("abcdefgh")
    ['a', 'e', 'c', 'g', 'b', 'd', 'f', 'h']
    """
    step = 1 << max(0, len(ordered) - 1).bit_length()
    places = [0]
    while step > 1:
        places += range(step // 2, len(ordered), step)
        step //= 2
    return [ordered[place] for place in places if place < len(ordered)]


def _is_bare(candidate: Suggestion) -> bool:
    """Whether it could be asked of any talk: "How many shops are there?"."""
    return candidate.kind == "figure" and len(tokenize(candidate.question)) < _FEW_TERMS
