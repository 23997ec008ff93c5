"""What is given to the reader of a slide."""

from keynote_qa.contexts import LINE_BREAK, Context, Writer, read_context, written
from keynote_qa.passages import to_passages
from keynote_qa.records import Grain, Passage, Talk
from keynote_qa.sources.deck import to_blocks, to_lines

DECK = """Our Plans For You

Solo costs nine dollars a month for one person

Team costs twenty dollars a month for ten people

| Plan | Price |
|---|---|
| Solo | $9 |
| Team | $20 |

Payable yearly in advance by card
"""


def talk(deck: str) -> Talk:
    lines = to_lines(deck)
    return Talk("t", "T", "t.txt", lines, to_blocks(lines))


def passages() -> list[Passage]:
    return to_passages(talk(DECK))


def window(words: int, about: str) -> tuple[list[Passage], Context]:
    found = passages()
    members = [row for row, p in enumerate(found) if p.slide == found[0].slide]
    relevance = {row: float(about in found[row].text) for row in members}
    return found, read_context(Writer(found), members, relevance, words=words)


def test_a_small_slide_is_read_whole() -> None:
    found, context = window(200, "Team")
    leaves = [p for p in found if p.grain in (Grain.STATEMENT, Grain.TITLE)]
    assert len(context.rows) == len([p for p in leaves if p.slide == found[0].slide])
    assert LINE_BREAK in context.text


def test_every_statement_is_where_it_is_said_to_be() -> None:
    found, context = window(200, "Team")
    for row, (start, end) in zip(context.rows, context.spans, strict=True):
        if "|" not in found[row].text:
            assert context.text[start:end] == found[row].text.replace("\n", " ")


def test_a_long_slide_is_read_around_its_likeliest_statement() -> None:
    _, context = window(12, "Team costs")
    assert "Team costs twenty dollars a month for ten people" in context.text
    assert "Payable yearly" not in context.text
    assert len(context.rows) == 1


def test_a_row_of_a_table_is_read_with_the_names_of_its_columns() -> None:
    _, context = window(8, "| Team |")
    assert "Plan: Team, Price: $20" in context.text


def test_a_single_statement_that_is_too_long_is_cut() -> None:
    _, context = window(4, "Payable")
    assert context.text.endswith("Payable yearly in advance")


def test_a_role_is_read_as_a_line_of_its_own_a_figures_label_is_not() -> None:
    speaker, figure = (
        next(p for p in to_passages(talk(deck)) if p.grain is Grain.STATEMENT)
        for deck in ("Guests\n\nCasimir Oduya\nDirector of Ports\n", "Reach\n\n24\nCountries\n")
    )
    assert written(speaker) == f"Casimir Oduya{LINE_BREAK}Director of Ports"
    assert written(figure) == "24 Countries"
