"""Questions that a slide answers by its shape: a title over a list, a name over what it is.

A slide says what a sentence would by where things stand. Titles that are questions themselves, or
could be ("What Trellis gives you"), are asked as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from keynote_qa import figure_questions, title_questions
from keynote_qa.contexts import LEAVES
from keynote_qa.people import looks_like_a_person, names_a_role
from keynote_qa.phrasing import (
    Phrasing,
    capitalised,
    has_verb_or_pronoun,
    is_participle,
    is_plural,
    name_in_title_case,
    singular,
    split_at_preposition,
)
from keynote_qa.ranking import is_list
from keynote_qa.records import BlockKind, Grain, Passage, Suggestion
from keynote_qa.sentence_questions import questions_of
from keynote_qa.shapes import is_figure, is_name, is_phrase
from keynote_qa.tables import table_cells
from keynote_qa.text import fold, normalise, sentences

_INTRODUCING = re.compile(r"^(?:introducing|announcing|new:?|meet)\s+(?=\S)", re.IGNORECASE)
_TITLE = re.compile(r"^(?:dr|prof|doctor|professor|sir|dame)\.? ", re.IGNORECASE)
_PERSON_AND_ROLE = re.compile(r"^(?P<name>[^,–—|]+?)(?:, | [–—|] )(?P<role>.+)$")
_LABELLED = re.compile(r"^(?P<label>[^\d:]{3,50}): *(?P<figure>[^:]*\d[^:]*)$")
_NOT_A_DEFINITION = re.compile(
    r"^(?:we|you|i|they|he|she|it|this|these|our|no|not|and|but|or|with|for|from|in|at|on|by|more|"
    r"less|source|known|opened|opens|starts)\b|[?:…]$|^[\w ]{3,20}:|^[\d“\"‘'$€£*<(]|https?:",
    re.IGNORECASE,
)
_NO_PERSON = re.compile(
    r"['’]s\b|\.|^(?:De|La|Le|Van|Von|El|The)\b|\b(?:Project|Board|Team|Fund|Group|Bank|Trust|"
    r"Council|Institute|University|School|Foundation|Office|Lab|Company)$"
)
_NO_NAME = re.compile(
    r"[,:/&%()<>]|(?:^|\s)\d+%?(?:\s|$)|^(?:Source|Part|Day|Step|Room|An?)\b|^[IVX]+\."
)
_INNER_CAPITAL = re.compile(r"[a-z][A-Z]|[A-Z]{2,}[a-z]|[A-Z]\d")
_MIN_DEFINING_WORDS, _MAX_DEFINING_WORDS = 4, 40
_MAX_TITLE_WORDS = 9
_MAX_KEY_WORDS = 5
_LONGEST_ABBREVIATION = 4
_MIN_FAMILY = 3
"""So many names that begin with one word are those of a house, not of a person."""

_NEAR_LINES = 5


def questions_of_talk(
    passages: Sequence[Passage], phrasing: Phrasing, names: frozenset[str]
) -> Iterator[Suggestion]:
    """The questions that the passages of one talk answer, in its order, not yet tried.

    Args:
        passages: all of one talk, in order.
        phrasing: of the talk's words.
        names: the talk's own, case-folded (`names.names_of`).
    """
    for n, (_, members) in enumerate(groupby(passages, key=lambda passage: passage.slide)):
        for found in _Slide(list(members), phrasing, names).questions():
            # What stands under the first name of a talk is its subtitle, not what the name is.
            if n or found.kind != "definition":
                yield found


class _Slide:
    """The questions of one slide."""

    def __init__(
        self, members: Sequence[Passage], phrasing: Phrasing, names: frozenset[str]
    ) -> None:
        unsaid = (BlockKind.CAPTION, BlockKind.CODE)
        self._leaves = [p for p in members if p.grain in LEAVES and p.kind not in unsaid]
        self._lists = [p for p in members if is_list(p)]
        self._phrasing = phrasing
        self._names = names

    def questions(self) -> Iterator[Suggestion]:
        """All of them."""
        for above, passage in zip([None, *self._leaves], self._leaves, strict=False):
            if passage.kind is BlockKind.TABLE:
                yield from self._of_a_row(passage)
                continue
            yield from self._of_a_line(passage)
            if above is not None and passage.start_line - above.end_line <= _NEAR_LINES:
                yield from self._of_a_pair(above, passage)
        for title, end in self._titles():
            asks = title_questions.asked_by(normalise(title.text), self._phrasing)
            if asks and end > title.end_line:
                yield _made(asks, "title", title, title.end_line + 1, end)
        for listed in self._lists:
            yield from self._of_a_list(listed)

    def _titles(self) -> Iterator[tuple[Passage, int]]:
        """Titles, with the line where what they head ends."""
        heads = [i for i, leaf in enumerate(self._leaves) if leaf.grain is Grain.TITLE]
        for at, behind in pairwise([*heads, len(self._leaves)]):
            yield self._leaves[at], self._leaves[behind - 1].end_line

    # -- lines --------------------------------------------------------------------------

    def _of_a_line(self, passage: Passage) -> Iterator[Suggestion]:
        """What the sentences of a line say, or a figure and its label."""
        for start, end in sentences(passage.text):
            sentence = passage.text[start:end]
            for kind, question in questions_of(sentence, self._phrasing, self._names):
                yield _made(question, kind, passage)
        for label, figure in self._labelled(passage.text):
            asked = self._of_a_figure(label, figure)
            if asked:
                yield _made(asked, "figure", passage)
        match = _PERSON_AND_ROLE.match(normalise(passage.text))
        if match and names_a_role(match["role"]):
            yield from self._of_a_person(match["name"], passage, passage)

    def _of_a_figure(self, label: str, figure: str, *, counts: bool = True) -> str | None:
        counted = figure_questions.question_of(f"{figure} {label}", self._phrasing)
        measured = figure_questions.of_a_measure(label, self._phrasing)
        return (counted if counts else None) or measured

    def _labelled(self, text: str) -> Iterator[tuple[str, str]]:
        """A label and its figure, in whichever order they stand."""
        match = _LABELLED.match(normalise(text))
        if match:
            yield match["label"], match["figure"]
        rows = text.split("\n", 1)
        if len(rows) == 2 and is_figure(rows[0]) != is_figure(rows[1]):
            label, figure = rows if is_figure(rows[1]) else rows[::-1]
            yield normalise(label), normalise(figure)

    # -- a line and the one under it ----------------------------------------------------

    def _of_a_pair(self, above: Passage, passage: Passage) -> Iterator[Suggestion]:
        over, text = normalise(above.text), normalise(passage.text)
        if "\n" in above.text and is_figure(above.text.split("\n")[0]):
            return
        titled = above.grain is Grain.TITLE and is_figure(text)
        if is_figure(over) != is_figure(text):
            for label, figure in self._labelled(f"{over}\n{text}"):
                asked = self._of_a_figure(label, figure, counts=not titled)
                if asked:
                    yield _made(asked, "figure", above, above.start_line, passage.end_line)
        elif names_a_role(text) and not names_a_role(over):
            yield from self._of_a_person(over, above, passage)
        elif self._defines(text):
            yield from self._of_a_name(over, passage)

    def _of_a_person(self, name: str, above: Passage, role: Passage) -> Iterator[Suggestion]:
        title = _TITLE.match(name)
        bare = name_in_title_case(name[title.end() :] if title else name)
        common = any(map(self._phrasing.is_common, bare.split()))
        if looks_like_a_person(bare) and not common and _NO_PERSON.search(bare) is None:
            known = f"{title.group().strip().capitalize()} {bare}" if title else bare
            yield _made(f"Who is {known}?", "person", above, above.start_line, role.end_line)

    def _defines(self, text: str) -> bool:
        enough = _MIN_DEFINING_WORDS <= len(text.split()) <= _MAX_DEFINING_WORDS
        return enough and is_phrase(text) and _NOT_A_DEFINITION.search(text) is None

    def _of_a_name(self, name: str, body: Passage) -> Iterator[Suggestion]:
        introduced = _INTRODUCING.match(name)
        name = name[introduced.end() :] if introduced else name
        if not is_name(name) or has_verb_or_pronoun(name) or _NO_NAME.search(name):
            return
        words, common = name.split(), list(map(self._phrasing.is_common, name.split()))
        if names_a_role(name) or is_participle(words[-1]) or split_at_preposition(words)[1]:
            return
        if all(common):
            # "Porch visits" are; of one thing it cannot be told whether it wants an article.
            if is_plural(words[-1]) and len(words) > 1 and not words[0].endswith("ing"):
                plural = self._phrasing.natural(name)
                yield _made(f"What are {plural}?", "definition", body)
            return
        if words[0].endswith("ing") or (len(body.section) > 1 and name == body.section[0]):
            return
        coined = introduced or _INNER_CAPITAL.search(name)
        last = words[-1].casefold()
        # A last word that is none of the language's is likely a family name.
        somebody = looks_like_a_person(name) and not self._phrasing.is_word(last)
        family = sum(other.startswith(f"{words[0].casefold()} ") for other in self._names)
        article = re.match(r"an? ", normalise(body.text), re.IGNORECASE)
        somebody = somebody and family < _MIN_FAMILY and article is None
        several = is_plural(last) and self._phrasing.is_word(singular(last))
        single = len(words) == 1 and self._phrasing.is_word(last) and fold(name) not in self._names
        if coined or not (somebody or several or single):
            shown = " ".join(map(self._phrasing.unshouted, words)) if name.isupper() else name
            shown = re.sub(r"^The ", "the ", shown)
            yield _made(f"What is {shown}?", "definition", body)

    # -- lists ----------------------------------------------------------------------------

    def _of_a_list(self, listed: Passage) -> Iterator[Suggestion]:
        above = [
            leaf for leaf in self._leaves
            if leaf.grain is Grain.TITLE and leaf.end_line < listed.start_line
        ]  # fmt: skip
        title = normalise(above[-1].text) if above else (listed.section or ("",))[-1]
        rows = listed.text.split("\n")
        figures = sum(is_figure(row) or ": " in row for row in rows)
        if figures * 3 >= len(rows):  # what is measured, not what there is
            return
        asked = title_questions.of_a_list(title, self._phrasing)
        if asked and (not asked.startswith("Who") or all(map(is_name, rows))):
            yield _made(asked, "list", listed)

    # -- tables ---------------------------------------------------------------------------

    def _of_a_row(self, row: Passage) -> Iterator[Suggestion]:
        cells = table_cells(row.text)
        if len(cells) != len(row.columns) or len(cells) < 2 or not cells[0]:
            return
        abbreviated = cells[0].isupper() and len(cells[0]) <= _LONGEST_ABBREVIATION
        key = cells[0] if abbreviated else self._phrasing.natural(cells[0])
        if not key[0].isalpha() or len(key.split()) > _MAX_KEY_WORDS:
            return
        for column, cell in zip(row.columns[1:], cells[1:], strict=True):
            name = self._phrasing.inside(self._phrasing.natural(column))
            if not cell or not name or not split_at_preposition(name.split())[0]:
                continue
            if looks_like_a_person(cell) and names_a_role(name) and len(name.split()) <= 3:
                yield _made(f"Who is the {name} of {key}?", "table", row)
            elif figure_questions.is_quantity(column):
                yield _made(f"What is the {name} for {key}?", "table", row)
            elif figure_questions.is_quantity(cells[0]):
                yield _made(f"What is the {key} for {name}?", "table", row)


def _made(
    question: str, kind: str, passage: Passage, start: int | None = None, end: int | None = None
) -> Suggestion:
    """A question whose answer is in a passage, or in the lines given."""
    return Suggestion(
        capitalised(question),
        kind,
        passage.talk,
        start or passage.start_line,
        end or passage.end_line,
        passage.section,
    )
