"""Which label belongs to which bare figure, where they stand one under the other.

Some talks write "24 / Countries", some "Countries / 24", and most write several of them in a row.
Where a row of them begins and ends with a label, one of the two belongs to no figure: one that
holds a figure itself or heads what follows; else the one that blank lines set apart; else whichever
the talk's other rows would leave out; else the one that is less like the labels between.

Where several figures stand on one line, as beside each other on a slide, as many lines of labels
under it are theirs, in their order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from statistics import median

from keynote_qa.people import introduces_somebody
from keynote_qa.records import Block, BlockKind
from keynote_qa.shapes import is_figure
from keynote_qa.text import normalise

MAX_LABEL_WORDS = 8

_YEAR = re.compile(r"(?:19|20)\d\d")
_DIGIT = re.compile(r"\d")
_NEXT_FIGURE = re.compile(r"\s+(?=[~<>≈+±−-]?[$€£¥]?\d)")
_MEASURE = re.compile(
    r"(?P<figure>.*\d)\s?(?:m?s|secs?|seconds?|min(?:ute)?s?|h|hrs?|hours?|days?|weeks?|months?|"
    r"years?|[kcm]?m[²³]?|miles?|feet|ft|inch(?:es)?|metres?|meters?|ha|hectares?|acres?|mg|k?g|t|"
    r"tons?|tonnes?|lbs?|ml|l|lit(?:er|re)s?|°[CF]?|degrees?|[kMGT]?Wh?|[kKMGTP]B|[kMG]?Hz|km/h|mph|"
    r"knots|euros?|dollars?|pounds?|cents?|points?)"
)


def figure_pairs(blocks: Sequence[Block], heads: Set[int], figures_lead: int) -> frozenset[int]:
    """Where a figure and its label begin: each pair is the block there and the next.

    Args:
        blocks: that follow each other.
        heads: the first lines of those that head others; such a block labels no figure below it.
        figures_lead: as the function of that name gives it.

    >>> texts = "Europe's largest seller of rail tickets", "24", "Countries", "100k", "Trips a day"
    >>> blocks = [Block(BlockKind.TEXT, n, n, 1, text) for n, text in enumerate(texts)]
    >>> sorted(figure_pairs(blocks, set(), 0)), sorted(figure_pairs(blocks, set(), -1))
    ([1, 3], [0, 2])
    >>> sorted(figure_pairs(blocks[2:4], set(), 1))
    [0]
    """
    pairs: set[int] = set()
    for first, run in _runs(blocks):
        after = blocks[first + len(run)] if first + len(run) < len(blocks) else None
        apart = _first_is_apart(run, after, heads, figures_lead)
        pairs.update(range(first + apart, first + len(run) - 1, 2))
    return frozenset(pairs)


def figure_rows(blocks: Sequence[Block], heads: Set[int]) -> dict[int, int]:
    """Where figures that stand on one line begin with their labels under it, and how many they are.

    Args:
        blocks: that follow each other.
        heads: as of `figure_pairs`.

    >>> texts = "8,000 $3 million", "Members", "Raised in a year", "12 14 of each"
    >>> blocks = [Block(BlockKind.TEXT, n, n, 1, text) for n, text in enumerate(texts)]
    >>> figure_rows(blocks, set())
    {0: 2}
    """
    rows: dict[int, int] = {}
    for at, block in enumerate(blocks):
        count = len(_beside_each_other(block))
        if count < 2:
            continue
        behind = at + 1 + count
        labels = blocks[at + 1 : behind]
        around = [*blocks[max(at - 1, 0) : at], *blocks[behind : behind + 1]]
        of_table = any(len(_beside_each_other(other)) == count for other in around)
        are_labels = all(_is_label(b) and b.start_line not in heads for b in labels)
        if len(labels) == count and are_labels and not of_table:
            rows[at] = count
    return rows


def labelled(figures: str, labels: Sequence[str]) -> str:
    """Figures that stand on one line, each with its label.

    >>> labelled("8,000 $3 million", ["Members", "Raised in a year"])
    '8,000 Members, $3 million Raised in a year'
    """
    each = zip(split_figures(figures), labels, strict=True)
    return ", ".join(f"{figure} {label}" for figure, label in each)


def split_figures(text: str) -> list[str]:
    """The figures of a line that holds nothing else; none if it does.

    >>> split_figures("740 $3 million"), split_figures("100 of 200"), split_figures("24 h")
    (['740', '$3 million'], [], ['24 h'])
    """
    parts = _NEXT_FIGURE.split(normalise(text))
    return parts if all(is_bare(part) and not part.endswith(":") for part in parts) else []


def figures_lead(parts: Iterable[Sequence[Block]], heads: Set[int]) -> int:
    """How many more figures stand before their labels than behind, where that is beyond doubt.

    Args:
        parts: of a talk, each of blocks that follow each other.
        heads: as of `figure_pairs`.
    """
    lead = 0
    for _, run in (found for blocks in parts for found in _runs(blocks)):
        if len(run) % 2 == 0 and run[0].start_line not in heads:
            lead += len(run) // 2 if is_bare(run[0].text) else -(len(run) // 2)
    return lead


def is_bare(text: str) -> bool:
    """Whether a text is a figure that does not say of what, with or without a unit of measure.

    >>> [is_bare(text) for text in ("24", "7,340 km", "83.1 years", "287 people", "years")]
    [True, True, True, False, False]
    """
    measure = _MEASURE.fullmatch(text)
    return is_figure(measure["figure"] if measure else text)


def _runs(blocks: Sequence[Block]) -> Iterator[tuple[int, Sequence[Block]]]:
    """Figures and labels that take turns: where each run begins, and its blocks, two or more."""
    first = 0
    for end in range(1, len(blocks) + 1):
        if end == len(blocks) or not _take_turns(blocks[end - 1], blocks[end]):
            if end - first > 1:
                yield first, blocks[first:end]
            first = end


def _beside_each_other(block: Block) -> list[str]:
    return split_figures(block.text) if block.kind is BlockKind.TEXT else []


def _is_label(block: Block) -> bool:
    """Whether a block may be the label of a figure on a line above."""
    short = len(block.text.split()) <= MAX_LABEL_WORDS and "\n" not in block.text
    return block.kind is BlockKind.TEXT and short and not _DIGIT.search(block.text)


def _take_turns(one: Block, other: Block) -> bool:
    """Whether one of two blocks is a bare figure and the other what may be its label."""
    if (one.kind, other.kind) != (BlockKind.TEXT, BlockKind.TEXT):
        return False
    if is_bare(one.text) == is_bare(other.text):
        return False
    label = other if is_bare(one.text) else one
    return len(label.text.split()) <= MAX_LABEL_WORDS and not introduces_somebody(label.text)


def _first_is_apart(
    run: Sequence[Block], after: Block | None, heads: Set[int], figures_lead: int
) -> bool:
    """Whether the first of figures and labels that take turns is a label of none of them."""
    first, last = run[0], run[-1]
    if is_bare(first.text):
        return False
    if is_bare(last.text):
        # What heads the others leaves the last figure without a label, unless that goes on below:
        # a long label is no part of the run.
        goes_on = after is not None and after.kind is BlockKind.TEXT and after.gap <= last.gap
        if len(run) == 2:
            lacks = goes_on or _YEAR.fullmatch(last.text) is not None
        else:
            lacks = goes_on and after is not None and not is_bare(after.text)
        return first.start_line in heads and lacks
    own = [_DIGIT.search(label.text) is not None for label in (first, last)]
    if own[0] != own[1]:
        return own[0]
    if first.start_line in heads or last.start_line in heads:
        return first.start_line in heads
    if run[1].gap != last.gap:
        return run[1].gap > last.gap
    if figures_lead:
        return figures_lead > 0
    typical = median([len(label.text.split()) for label in run[2:-1:2]] or [0])
    unlike = [abs(len(label.text.split()) - typical) for label in (first, last)]
    return len(run) == 3 or unlike[0] >= unlike[1]
