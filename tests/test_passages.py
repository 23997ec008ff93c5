"""Passages of every deck: nothing lost, nothing altered, nothing too long."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from conftest import DECKS

from keynote_qa.answer import answer_text
from keynote_qa.contexts import written
from keynote_qa.embed import SentenceTransformerEmbedder
from keynote_qa.figures import figure_pairs
from keynote_qa.index import dense_text
from keynote_qa.outline import Outline, read_outline
from keynote_qa.passages import to_passages
from keynote_qa.pieces import MAX_CHARACTERS, pieces
from keynote_qa.records import Block, BlockKind, Grain, Slide, Talk
from keynote_qa.sources import load_talk
from keynote_qa.sources.deck import to_blocks, to_lines
from keynote_qa.text import fold, has_content, normalise

every_deck = pytest.mark.parametrize("deck", DECKS, ids=lambda path: path.stem)


@every_deck
def test_every_line_belongs_to_exactly_one_slide_passage(deck: Path) -> None:
    talk = load_talk(deck)
    running = read_outline(talk).running_lines
    named = {
        number
        for block in talk.blocks
        if fold(block.text) in running
        for number in range(block.start_line, block.end_line + 1)
    }
    covered = Counter(
        number
        for passage in to_passages(talk)
        if passage.grain is Grain.SLIDE
        for number in range(passage.start_line, passage.end_line + 1)
    )
    shared = {  # a line of speech on which one sentence ends and another begins
        above.end_line
        for above, below in pairwise(talk.blocks)
        if below.kind is BlockKind.SPOKEN and above.end_line == below.start_line
    }
    for line in talk.lines:
        if has_content(line.text) and not (line.number in named and not covered[line.number]):
            most = 1 if line.number not in shared else covered[line.number]
            assert 1 <= covered[line.number] <= most, f"line {line.number}: {line.text!r}"


@every_deck
def test_every_passage_stands_verbatim_in_its_lines(deck: Path) -> None:
    talk = load_talk(deck)
    for passage in to_passages(talk):
        lines = talk.lines[passage.start_line - 1 : passage.end_line]
        source = normalise("\n".join(line.text for line in lines))
        assert normalise(passage.text) in source, passage
        assert 0 < len(passage.text) <= MAX_CHARACTERS


@every_deck
def test_parts_lie_within_their_slide_passage(deck: Path) -> None:
    passages = to_passages(load_talk(deck), first_row=7)
    for row, passage in enumerate(passages, 7):
        slide = passages[passage.slide - 7]
        assert slide.grain is Grain.SLIDE
        assert (passage.grain is Grain.SLIDE) == (passage.slide == row)
        assert slide.start_line <= passage.start_line <= passage.end_line <= slide.end_line


@every_deck
def test_no_line_is_cut_off_by_the_model(deck: Path, embedder: SentenceTransformerEmbedder) -> None:
    talk = load_talk(deck)
    passages = to_passages(talk)
    fits = [embedder.count_tokens(dense_text(p)) <= embedder.max_tokens for p in passages]
    seen = {
        number
        for passage, fit in zip(passages, fits, strict=True)
        if fit
        for number in range(passage.start_line, passage.end_line + 1)
    }
    # The names of a long table's columns are embedded with each of its rows.
    headers = {b.start_line for b in talk.blocks if b.kind is BlockKind.TABLE}
    assert {p.start_line for p in passages} - seen - headers == set()


def rows(deck: str) -> list[tuple[str, str]]:
    lines = to_lines(deck)
    talk = Talk("t", "T", "t.txt", lines, to_blocks(lines))
    return [(p.grain.value, p.text) for p in to_passages(talk)]


def test_a_figure_goes_with_the_label_behind_it() -> None:
    deck = "The Year In Numbers\n\n24\n\nCountries\n\n100k\n\nJourneys a day\n"
    assert ("statement", "24\nCountries") in rows(deck)
    assert ("statement", "100k\nJourneys a day") in rows(deck)


def test_a_figure_goes_with_the_label_before_it() -> None:
    deck = "The Year In Numbers\n\nResidents\n\n612,400\n\nLanguages\n\n87\n"
    assert ("statement", "Residents\n612,400") in rows(deck)
    assert ("statement", "Languages\n87") in rows(deck)


def test_a_card_does_not_end_with_the_description_of_a_picture() -> None:
    deck = (
        "Shield\n\n\n\nAlarms by night\n\nA team on call\n\n"
        "A woman in a green coat is standing beside the slide.\n"
    )
    found = rows(deck)
    assert ("statement", "A woman in a green coat is standing beside the slide.") in found
    cards = [text for grain, text in found if grain == "card"]
    assert cards
    assert not any("coat" in card for card in cards)


def test_a_year_over_a_speaker_is_no_figure_of_theirs() -> None:
    found = rows("Harbour Days\n\n2016\n\nADA LIM\nCTO, NORDVIK\n\n\n\nReach\n\n24\n\nCountries\n")
    assert ("group", "ADA LIM\nCTO, NORDVIK") in found
    assert ("statement", "2016") in found
    assert ("statement", "24\nCountries") in found


def test_figures_on_one_line_go_with_as_many_labels_under_it() -> None:
    deck = 'Calls\n\n8,000 100 Million\n\n"Agents"\n\ntalks a year\n'
    lines = to_lines(deck)
    found = to_passages(Talk("t", "T", "t.txt", lines, to_blocks(lines)))
    (row,) = [p for p in found if p.grain is Grain.STATEMENT and p.start_line == 3]
    assert row.text == '8,000 100 Million\n"Agents"\ntalks a year'
    assert written(row) == '8,000 "Agents", 100 Million talks a year'


@pytest.mark.parametrize(
    "below",
    [
        "2022   12\n\nCows\n\nGoats",  # the same in the row above: a table
        "Cows\n\n9 goats",
        "Cows",
        "Cows\n\nA goat is a very good animal to keep near a house",
    ],
)
def test_figures_on_one_line_are_given_no_labels_of_others(below: str) -> None:
    lines = to_lines(f"Farm\n\n2021   11\n\n{below}\n")
    found = to_passages(Talk("t", "T", "t.txt", lines, to_blocks(lines)))
    assert not any(passage.columns for passage in found)


@pytest.mark.parametrize(
    ("deck", "statements"),
    [
        # One label holds a figure of its own.
        ("Rails\n\nThe #1 ticket shop\n\n24\n\nCountries\n\n100k\n\nJourneys a day\n",
         ["24\nCountries", "100k\nJourneys a day"]),
        ("Fair\n\nStallholders\n\n312\n\nCountries\n\n38\n\nVolunteers: 740\n",
         ["Stallholders\n312", "Countries\n38"]),
        # Blank lines set one apart.
        ("Hall\n\nWe are full\n\n\n4,800\n\nSeats\n\n11\n\nTime zones\n",
         ["4,800\nSeats", "11\nTime zones"]),
        # The talk writes labels first wherever that is beyond doubt.
        ("Mill\n\nLoaves\n\n90\n\n\n\nRye\n\nSacks\n\n12\n\nBags\n\n7\n\nAll sold\n",
         ["Loaves\n90", "Sacks\n12", "Bags\n7"]),
        # One label is unlike those between.
        ("Rails\n\nWhat we did in the year\n\n24\n\nStations\n\n9\n\nDepots\n",
         ["24\nStations", "9\nDepots"]),
    ],
)  # fmt: skip
def test_of_labels_and_figures_in_turn_one_label_may_have_none(
    deck: str, statements: list[str]
) -> None:
    found = [text for grain, text in rows(deck) if grain == "statement"]
    assert [text for text in found if "\n" in text] == statements


def test_a_figure_goes_with_its_label_where_no_blank_line_parts_them() -> None:
    deck = "A City Of Neighbours\n\nResidents\n612,400\n\nIslands\n9\nTides a day\n2\n"
    found = [text for grain, text in rows(deck) if grain == "statement"]
    assert found == ["Residents\n612,400", "Islands\n9", "Tides a day\n2"]


@pytest.mark.parametrize(
    ("texts", "pairs"),
    [
        (["Cash that lies idle", "31%", "Paid in time", "97.8%"], {0, 2}),
        (["Cash that lies idle", "31%"], {0}),
        # The last figure's label is too long to be one of the row.
        (["The Bank", "31%", "Paid in time", "97.8%", "of all that was sold in towns by the sea"],
         {1}),
        (["Where We Stood", "2019"], set()),
    ],
)  # fmt: skip
def test_a_line_that_heads_others_is_the_label_of_a_figure_that_has_none(
    texts: list[str], pairs: set[int]
) -> None:
    blocks = [Block(BlockKind.TEXT, n, n, 0, text) for n, text in enumerate(texts)]
    assert figure_pairs(blocks, {0}, 0) == pairs


def test_a_measure_goes_with_its_label_and_a_count_says_itself_of_what() -> None:
    deck = "The Pump\n\nWeight of the motor\n\n2.7 kg\n\nDelivery\n\n4 days\n\n287 people\n"
    found = [text for grain, text in rows(deck) if grain == "statement"]
    assert found == ["Weight of the motor\n2.7 kg", "Delivery\n4 days", "287 people"]


def test_rows_that_a_blank_line_parts_from_their_header_have_its_columns() -> None:
    lines = to_lines("Reach\n\nBy | Opened | Price\nSMS | 94% | $0.01\n\nRCS | 76% | $0.02\n"
                     "Post | 23% | $0.03\n\nYear | Tons\n2019 | 4\n2020 | 9\n")  # fmt: skip
    found = {
        passage.text: passage.columns
        for passage in to_passages(Talk("t", "T", "t.txt", lines, to_blocks(lines)))
        if passage.grain is Grain.STATEMENT and passage.kind is BlockKind.TABLE
    }
    assert found == {
        "SMS | 94% | $0.01": ("By", "Opened", "Price"),
        "RCS | 76% | $0.02": ("By", "Opened", "Price"),
        "Post | 23% | $0.03": ("By", "Opened", "Price"),
        "2019 | 4": ("Year", "Tons"),
        "2020 | 9": ("Year", "Tons"),
    }


def test_a_table_is_one_however_many_blank_lines_part_its_rows() -> None:
    deck = "Plans\n\nPlan | Users | Price\n\nBrook | 1 | $0\n\nRiver | 9 | $5\n\nNone in May\n"
    lines = to_lines(deck)
    found = to_passages(Talk("t", "T", "t.txt", lines, to_blocks(lines)))
    whole = "Plan | Users | Price\nBrook | 1 | $0\nRiver | 9 | $5"
    assert [p.text for p in found if p.grain is Grain.GROUP] == [whole]
    river = next(p for p in found if p.text == "River | 9 | $5")
    assert (river.grain, river.columns) == (Grain.STATEMENT, ("Plan", "Users", "Price"))


def test_a_lone_sign_inside_a_list_is_part_of_the_quotation() -> None:
    slides = [
        f"What We Do For {who}\n\nwe listen to {who} on the phone\n&\nwe act on it in a week\n\n"
        f"we report back to {who}"
        for who in ("You", "Schools", "Shops", "Farms", "Trains")
    ]
    found = rows("\n\n\n\n".join(slides))
    assert any("we listen to Shops on the phone\n&\nwe act on it" in text for _, text in found)
    assert not any(text.strip() == "&" for _, text in found)


def test_a_table_row_is_searched_with_its_header() -> None:
    lines = to_lines("| Loaf | Price |\n|---|---|\n| Rye | $6 |\n| Oat | $5 |\n")
    passages = to_passages(Talk("t", "T", "t.txt", lines, to_blocks(lines)))
    rye = next(p for p in passages if p.grain is Grain.STATEMENT and "Rye" in p.text)
    assert (rye.text, rye.context) == ("| Rye | $6 |", "Loaf, Price")
    assert not any(p.grain is Grain.STATEMENT and "Price" in p.text for p in passages)


def test_a_table_needs_no_pipes_around_it() -> None:
    deck = "Prices\n\nLoaf | Size | Price\nRye | large | $6\nOat | small | $5\n\nopen | Sundays"
    lines = to_lines(deck)
    passages = to_passages(Talk("t", "T", "t.txt", lines, to_blocks(lines)))
    rye = next(p for p in passages if p.grain is Grain.STATEMENT and "Rye" in p.text)
    assert (rye.text, rye.columns) == ("Rye | large | $6", ("Loaf", "Size", "Price"))
    kinds = {p.text.split()[0]: p.kind for p in passages if p.grain is Grain.STATEMENT}
    assert (kinds["Oat"], kinds["open"]) == (BlockKind.TABLE, BlockKind.TEXT)
    assert "Loaf" not in kinds


@pytest.mark.parametrize(
    "rows",
    [
        ["Loaf         Size    Price", "Rye and oat  large   $6", "Spelt        small   $11"],
        ["Loaf          Size   Price", "Rye and oat  large      $6", "Spelt        small     $11"],
        ["Loaf\tSize\tPrice", "Rye and oat\tlarge\t$6", "Spelt\tsmall\t$11"],
    ],
    ids=["begin below one another", "end below one another", "tabs"],
)
def test_a_table_needs_no_pipes_at_all(rows: list[str]) -> None:
    lines = to_lines("\n".join(["Prices", "", *rows]))
    talk = Talk("t", "T", "t.txt", lines, to_blocks(lines))
    found = {p.start_line: p for p in to_passages(talk) if p.grain is Grain.STATEMENT}
    assert sorted(found) == [4, 5]  # the names of columns say nothing by themselves
    rye = found[4]
    assert (rye.kind, rye.columns) == (BlockKind.TABLE, ("Loaf", "Size", "Price"))
    assert written(rye) == "Loaf: Rye and oat, Size: large, Price: $6"
    assert answer_text(rye) == "Loaf\tSize\tPrice\nRye and oat\tlarge\t$6"
    assert normalise(rye.text) == normalise(rows[1])


def test_the_first_column_of_a_table_may_be_without_a_name() -> None:
    deck = "Rail\n\n            2019    2024\nRiders      4,100   6,200\nComplaints  310     95\n"
    lines = to_lines(deck)
    passages = to_passages(Talk("t", "T", "t.txt", lines, to_blocks(lines)))
    riders = next(p for p in passages if p.grain is Grain.STATEMENT and "Riders" in p.text)
    assert written(riders) == "Riders, 2019: 4,100, 2024: 6,200"


@pytest.mark.parametrize(
    "deck",
    [
        "Fast  and safe\nWe  care\nTalk to  us\n",
        "1   Introduction\n2   Methods\n3   Results\n",
        "- one     two\n- three   four\n- five    six\n",
        "Name   Price\nRye    $6\n",
        "loaves:\t$6\nrolls:  $1\nbread for a week\t$11\n",
    ],
    ids=["loose spaces", "numbered lines", "items", "two lines", "tabs and spaces"],
)
def test_not_all_that_has_gaps_is_a_table(deck: str) -> None:
    assert all(block.kind is not BlockKind.TABLE for block in to_blocks(to_lines(deck)))


def test_a_very_long_line_is_cut_at_sentences() -> None:
    deck = " ".join(f"This is sentence number {n} of a very long paragraph." for n in range(60))
    slides = [text for grain, text in rows(deck) if grain == "slide"]
    assert len(slides) > 1
    assert all(text.endswith(".") and len(text) <= MAX_CHARACTERS for text in slides)


def test_what_is_left_before_a_cut_may_have_to_be_cut_again() -> None:
    sizes = (21, 727, 123, 35, 521)  # all but the last one head what follows
    blocks = tuple(
        Block(BlockKind.TEXT, line, line, 1, "x" * size) for line, size in enumerate(sizes, 1)
    )
    slide = Slide(1, "x", ("x",), "", 1, len(blocks), blocks)
    outline = Outline((slide,), frozenset(), frozenset(), frozenset({1, 2, 3, 4}))
    found = [[block for _, piece in run for block in piece] for run in pieces(outline)]
    assert [block for run in found for block in run] == list(blocks)
    assert all(sum(len(block.text) for block in run) <= MAX_CHARACTERS for run in found)
