"""Which lines of a deck are titles, which blocks they head, and where slides begin.

Signals, none of which knows a word of any talk:

- **Gaps.** Pictures leave several blank lines behind, line breaks inside a slide one. The deck's
  own gaps say how many blank lines make a wide gap (`wide_gap`). A short block with a narrow gap
  before it and a wide one behind heads what follows.
- **Recurrence.** A line that comes back and heads something each time is a header. One whose
  occurrences span most of the deck opens its parts; one that is on nearly every slide is a
  running line and says nothing; a recurring line that follows others closely is a badge ("NEW").
- **Case.** A headline capitalises what a sentence would not ("The Evolution Of ECS", "The Year
  in Numbers"), or everything, when the lines around it do not.
- **Change of shape.** A name followed by whole phrases heads them.
- **Breaks** that the source itself makes: a rule of dashes, a form feed.

Where these say nothing, neighbours stay together: a slide that is too long is cheaper to mend
(passages have a size limit of their own) than a line without its title.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import mean, median

from keynote_qa.records import Block, BlockKind
from keynote_qa.shapes import is_figure, is_headline, is_name, is_phrase
from keynote_qa.text import fold, normalise

_NUMBER = re.compile(r"^\d{1,2}[.)]?\s+(?=\S)")
_MAX_TITLE_WORDS = 14
_MAX_NAME_WORDS = 6
_MAX_LABEL_WORDS = 8
_WIDE_GAP_SHARE = 0.15
_RUNNING_LINE_DISTANCE = 15
_PART_HEADER_SPAN = 0.5
_SHOUTING_SHARE = 0.06
_STRONG_TITLE_SHARE = 0.04
_MAX_SLIDE_CHARACTERS = 900
_PROSE = (BlockKind.TEXT, BlockKind.ITEM)


def wide_gap(blocks: Sequence[Block]) -> int:
    """How many blank lines part more than a paragraph in this deck; large when none do."""
    gaps = [block.gap for block in blocks if block.gap]
    for candidate in (3, 2):
        wide = sum(gap >= candidate for gap in gaps)
        if gaps and _WIDE_GAP_SHARE <= wide / len(gaps) <= 1 - _WIDE_GAP_SHARE / 3:
            return candidate
    return 10_000


class TitleReader:
    """The signals of one deck, computed once.

    Blocks are named by their index. `names` are folded titles of the talk and its event: a line
    that only repeats one of them says nothing.
    """

    def __init__(self, blocks: Sequence[Block], names: frozenset[str]) -> None:
        self.blocks = blocks
        self.folded = [fold(block.text) for block in blocks]
        self.wide_gap = wide_gap(blocks)
        self.badges: set[str] = set()
        self.headers: set[str] = set()
        self.scopes: set[str] = set()  # headers that hold from their first place to their last
        self.part_headers: set[str] = set()
        self.footers: set[str] = set()  # running lines that end a slide
        self.openers: set[str] = set()  # running lines that open one
        self.running: set[str] = {
            key for key in self.folded if " " in key and any(key in name for name in names)
        }
        self.last_place: dict[str, int] = {key: i for i, key in enumerate(self.folded)}
        places = self._recurring_places()
        self._find_running_lines(places)
        self._classify_recurring(places)
        texts = [i for i in range(len(blocks)) if self._is_text(i)]
        shouting = sum(self._shouts(i) for i in texts)
        self._shouting_titles = shouting > len(texts) * _SHOUTING_SHARE
        self._strong = [self._is_strong_title(i) for i in range(len(blocks))]
        self._first_as_item: dict[str, int] = {}
        for i, block in enumerate(blocks):
            rows = block.text.split("\n")
            items = [_NUMBER.sub("", row) for row in rows]
            numbered = sum(a != b for a, b in zip(items, rows, strict=True)) >= 3
            if block.kind is BlockKind.ITEM or numbered:
                for item in items:
                    self._first_as_item.setdefault(fold(item), i)
        self._weak_titles = sum(self._strong) < len(texts) * _STRONG_TITLE_SHARE

    # -- neighbours ---------------------------------------------------------------------

    def _is_text(self, i: int) -> bool:
        return self.blocks[i].kind is BlockKind.TEXT and self.folded[i] not in self.running

    def _is_passed_over(self, i: int) -> bool:
        return self.folded[i] in self.badges or self.folded[i] in self.running

    def _wide_before(self, i: int) -> bool:
        if i == 0 or self.blocks[i - 1].kind is BlockKind.BREAK:
            return True
        if self.folded[i - 1] in self.footers:
            return True
        return self.blocks[i].gap >= self.wide_gap

    def _wide_after(self, i: int) -> bool:
        return i + 1 >= len(self.blocks) or self._wide_before(i + 1)

    def _after(self, i: int, count: int) -> list[int]:
        """The next blocks that say something: badges and running lines passed over."""
        found: list[int] = []
        for j in range(i + 1, min(i + 8, len(self.blocks))):
            if self.blocks[j].kind is BlockKind.BREAK:
                break
            if not self._is_passed_over(j):
                found.append(j)
            if len(found) == count:
                break
        return found

    def _shouts(self, i: int) -> bool:
        text = normalise(self.blocks[i].text)
        return len(text.split()) >= 2 and text.isupper()

    # -- recurring lines ----------------------------------------------------------------

    def _recurring_places(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for i, block in enumerate(self.blocks):
            short = len(block.text.split()) <= _MAX_TITLE_WORDS
            if block.kind is BlockKind.TEXT and short and self.folded[i] not in self.running:
                places.setdefault(self.folded[i], []).append(i)
        worded = {k: where for k, where in places.items() if re.search(r"[^\W\d_]", k)}
        return {key: where for key, where in worded.items() if len(where) > 1}

    def _span(self, where: Sequence[int]) -> float:
        return (where[-1] - where[0]) / len(self.blocks)

    def _find_running_lines(self, places: dict[str, list[int]]) -> None:
        for key, where in places.items():
            distance = median(b - a for a, b in pairwise(where))
            if len(where) < 5 or distance > _RUNNING_LINE_DISTANCE:
                continue
            if self._span(where) > _PART_HEADER_SPAN:
                self.running.add(key)
                before = mean(self.blocks[i].gap for i in where if i)
                after = mean(self.blocks[i + 1].gap for i in where if i + 1 < len(self.blocks))
                (self.footers if before <= after else self.openers).add(key)

    def _classify_recurring(self, places: dict[str, list[int]]) -> None:
        for key, where in places.items():
            if key in self.running:
                continue
            wide = sum(self._wide_before(i) for i in where) / len(where)
            heads = sum(self._heads_something(i) for i in where)
            headline = is_headline(self.blocks[where[0]].text)
            if len(where) >= 3 and wide < 0.4 and not headline:
                self.badges.add(key)
            elif heads >= 2 and heads / len(where) >= 0.5 and (wide >= 0.4 or headline):
                self.headers.add(key)
                if len(where) >= 3:
                    opens_parts = self._span(where) > _PART_HEADER_SPAN
                    (self.part_headers if opens_parts else self.scopes).add(key)
            elif all(self._heads_figures(i) for i in where):
                self.headers.add(key)

    def _heads_something(self, i: int) -> bool:
        if is_headline(self.blocks[i].text):
            return True
        following = self._after(i, 1)
        if not following or is_headline(self.blocks[following[0]].text):
            return self._wide_before(i) and not self._wide_after(i)
        return not self._wide_before(following[0])

    def _heads_figures(self, i: int) -> bool:
        text = self.blocks[i].text
        following = self._after(i, 1)
        return (
            len(text.split()) >= 2
            and is_name(text)
            and bool(following)
            and is_figure(self.blocks[following[0]].text)
        )

    # -- titles -------------------------------------------------------------------------

    def _is_strong_title(self, i: int) -> bool:
        block = self.blocks[i]
        text = normalise(block.text)
        if not self._is_text(i) or self._is_passed_over(i):
            return False
        if self.folded[i] in self.headers:
            return True
        # The line under a bare figure is its label, and a figure on a line of its own has one.
        if i and is_figure(self.blocks[i - 1].text) and not self._wide_before(i):
            return False
        rows = block.text.split("\n")
        if len(text.split()) > _MAX_TITLE_WORDS or any(map(is_figure, rows)) or text[0].isdigit():
            return False
        if is_headline(text):
            return True
        if text.endswith("?") and len(text.split()) >= 2 and text[0].isupper():
            return len(rows) == 1 and is_name(text)
        announced = i > 0 and self.blocks[i - 1].text.endswith(":")
        if len(rows) > 1 or announced or not is_name(text):
            return False
        if self._shouting_titles and self._shouts(i):
            return self._wide_before(i)
        return self._opens_phrases(i) or self._opens_list(i)

    def _opens_phrases(self, i: int) -> bool:
        following = self._after(i, 2)
        phrases = [self._is_text(j) and is_phrase(self.blocks[j].text) for j in following]
        if len(self.blocks[i].text.split()) < 2 or not phrases or not phrases[0]:
            return False
        return all(phrases) or not self._wide_before(following[0])

    def _opens_list(self, i: int) -> bool:
        """Close to what stands before, far from what follows, and that is two items or more."""
        following = self._after(i, 2)
        lonely = [j for j in following if self._is_text(j) and self._wide_after(j)]
        if self._wide_before(i) or not self._wide_after(i) or len(lonely) < 2:
            return False
        first = following[0]
        other = self.folded[first] in self.headers or is_headline(self.blocks[first].text)
        return not other and not self._opens_phrases(first)

    def is_head(self, i: int) -> bool:
        """Whether a block heads the ones behind it, inside a slide or as its title."""
        block = self.blocks[i]
        if not self._is_text(i) or self._is_passed_over(i) or i + 1 >= len(self.blocks):
            return False
        if self._strong[i] or block.text.endswith(":"):
            return True
        if block.text.endswith("?") and not self._wide_after(i):
            return len(block.text.split()) <= _MAX_TITLE_WORDS
        if len(block.text.split()) > _MAX_NAME_WORDS or block.text[0].isdigit():
            return False
        if self.blocks[i + 1].kind is not BlockKind.TEXT and not self._wide_after(i):
            return self.blocks[i + 1].kind is not BlockKind.BREAK
        if self.blocks[i + 1].text.count("\n") >= 2 and "\n" not in block.text:
            # A label over a column of lines.
            labels_figure = i > 0 and is_figure(self.blocks[i - 1].text)
            return is_name(block.text) and not self._wide_before(i) and not labels_figure
        return self._wide_before(i) and not self._wide_after(i) and not is_phrase(block.text)

    def heads(self, starts: Sequence[int]) -> set[int]:
        """The blocks that head others, once it is known where slides begin.

        A slide's titles do, if anything stands under them; what stands last on a slide does not.
        """
        found: set[int] = set()
        for start, end in zip(starts, [*starts[1:], len(self.blocks)], strict=True):
            said = [i for i in range(start, end) if not self._is_passed_over(i)]
            titles = self._title_blocks(start, end)
            if len(said) > len(titles):
                found.update(titles)
            found.update(i for i in said[:-1] if self.is_head(i))
        return found

    # -- slides -------------------------------------------------------------------------

    def slide_starts(self) -> list[int]:
        """Indices of the blocks that slides begin with, ascending, the first block's among them."""
        starts = {0} if self.blocks else set()
        for i in range(1, len(self.blocks)):
            if self._starts_slide(i):
                starts.add(self._with_lead(i))
        return self._split_long(sorted(starts))

    def _starts_slide(self, i: int) -> bool:
        if BlockKind.BREAK in (self.blocks[i].kind, self.blocks[i - 1].kind):
            return self.blocks[i].kind is not BlockKind.BREAK
        if self.folded[i] in self.part_headers:
            return True
        if self.folded[i] in self.openers:
            return True
        if self.folded[i - 1] in self.footers:
            return self.folded[i] not in self.footers
        if not (self._strong[i] or (self._weak_titles and self._is_weak_title(i))):
            return False
        # Titles that follow each other closely, or follow a header, are one slide's.
        previous = self._previous_content(i)
        if previous is None or not self._strong[previous]:
            return True
        return self._wide_before(i) and self.folded[previous] not in self.headers

    def _is_weak_title(self, i: int) -> bool:
        return self.is_head(i) and self._wide_before(i)

    def _with_lead(self, i: int) -> int:
        """Move a slide's start up over the short names and badges just above its title."""
        start = i
        while start > 0 and not self._wide_before(start) and i - start < 3:
            above = start - 1
            lead = self._is_passed_over(above) or (self._is_text(above) and self._is_lead(above))
            if not lead or self._strong[above] or self._in_spread_list(above):
                break
            start = above
        if self._is_passed_over(i - 1) and self._wide_before(i) and i >= 2:
            above = i - 2
            if self._is_text(above) and self._is_weak_title(above) and self._is_lead(above):
                return above
        return start if self._wide_before(start) else i

    def _in_spread_list(self, i: int) -> bool:
        """Whether the block above stands alone between wide gaps, as this one's left neighbour."""
        above = i - 1
        return (
            above > 0 and self._wide_before(i) and self._wide_before(above) and self._is_text(above)
        )

    def _tops_slide(self, i: int, start: int) -> bool:
        """Whether a short line is the first thing on a slide whose start the source marks."""
        above = self.blocks[start - 1] if start else None
        marked = above is None or above.kind is BlockKind.BREAK
        marked = marked or self.folded[start - 1] in self.footers
        marked = marked or self.folded[start] in self.openers
        text = normalise(self.blocks[i].text)
        short = len(text.split()) <= _MAX_LABEL_WORDS and not is_figure(text)
        return marked and short and not text.endswith((".", "!", ",", ";"))

    def _is_lead(self, i: int) -> bool:
        text = self.blocks[i].text
        return is_name(text) and "\n" not in text and not is_figure(text)

    def _split_long(self, starts: list[int]) -> list[int]:
        """Cut slides that are too long for one at the heads inside them."""
        result: list[int] = []
        for start, end in zip(starts, [*starts[1:], len(self.blocks)], strict=True):
            result.append(start)
            size = sum(len(b.text) for b in self.blocks[start:end] if b.kind in _PROSE)
            if size > _MAX_SLIDE_CHARACTERS:
                heads = (i for i in range(start + 1, end) if self._is_weak_title(i))
                result.extend(i for i in heads if not self._strong[i - 1])
        return result

    def _previous_content(self, i: int) -> int | None:
        for j in range(i - 1, -1, -1):
            if self.blocks[j].kind is BlockKind.BREAK:
                return None
            if not self._is_passed_over(j):
                return j
        return None

    def is_announced(self, title: str, start: int) -> bool:
        """Whether a list further up (an agenda) has this title as an item."""
        return self._first_as_item.get(fold(title), start) < start - 1

    def is_title_only(self, start: int, end: int) -> bool:
        """Whether a slide holds titles, badges and running lines, and nothing under them."""
        said = [i for i in range(start, end) if not self._is_passed_over(i)]
        return all(self._strong[i] or self.blocks[i].kind is BlockKind.BREAK for i in said)

    def titles(self, start: int, end: int) -> list[str]:
        """The titles at the top of a slide, outermost first."""
        return [normalise(self.blocks[i].text) for i in self._title_blocks(start, end)]

    def _title_blocks(self, start: int, end: int) -> list[int]:
        found: list[int] = []
        for i in range(start, end):
            if self._is_passed_over(i) or self.blocks[i].kind is BlockKind.BREAK:
                continue
            text = normalise(self.blocks[i].text)
            short = self._is_text(i) and len(text.split()) <= _MAX_TITLE_WORDS
            after_part = len(found) == 1 and self.folded[found[0]] in self.part_headers
            names_part = after_part and short and not is_figure(text)
            first = (
                not found
                and short
                and (self._is_weak_title(i) or self._is_lead(i) or self._tops_slide(i, start))
            )
            if not (self._strong[i] or first or names_part):
                break
            found.append(i)
        return found
