"""The form in which text is compared, and the terms under which it is found."""

import pytest

from keynote_qa.text import normalise, sentences, tokenize


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (r"\$3 Billion", "$3 Billion"),
        ("They stay an average of **23 days**.", "They stay an average of 23 days."),
        ("- \nSmaller changes,\n  less risk", "Smaller changes, less risk"),
        ("• Evening hours\n– Shorter waits", "Evening hours Shorter waits"),
        ("*The answer isn't in a database.", "*The answer isn't in a database."),
        ("-40 °C", "-40 °C"),
        ("0. Protect customers", "0. Protect customers"),
        ("a\t b\u00a0c", "a b c"),
        ("跨平台面向开发者的地图 API", "跨平台面向开发者的地图 API"),
    ],
)
def test_normalise_drops_only_space_bold_escapes_and_bullets(raw: str, shown: str) -> None:
    assert normalise(raw) == shown
    assert normalise(shown) == shown


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("lambda edge", "AWS Lambda@Edge"),
        ("reinvent", "re:Invent"),
        ("nodejs", "Node.js (JavaScript)"),
        ("c#", "C# In AWS Lambda"),
        ("4000", "4,000 requests"),
        ("99.999", "99.999%"),
        ("micro services", "250 micro-services"),
        ("microservices", "250 micro-services"),
        ("validation", "validations"),
    ],
)
def test_a_name_is_found_glued_or_split(asked: str, written: str) -> None:
    assert set(tokenize(asked)) <= set(tokenize(written))


def test_function_words_are_kept_when_there_is_nothing_else() -> None:
    assert tokenize("What is the Glue?") == ["glue"]
    assert tokenize("Who are you?") == ["who", "are", "you"]


@pytest.mark.parametrize(
    "said",
    [
        "Mrs. Brodsky thanked Dr. Lee.|They agreed.",
        "It is No. 7 of the U.S. Army.|No.|Not that one.",
        "J. K. Lee lives on St. Mary's Road at 5 p.m.|Then he leaves.",
        "So did I.|Great.",
        "Follow plan B.|We left.",
    ],
)
def test_sentences_are_not_cut_at_abbreviations(said: str) -> None:
    text = said.replace("|", " ")
    assert [text[a:b] for a, b in sentences(text)] == said.split("|")


def test_a_text_of_nothing_but_abbreviations_is_cut_at_once() -> None:
    assert sentences("Mr. A " * 200_000) == [(0, 1_199_999)]


def test_sentences_are_not_cut_at_abbreviated_numbers() -> None:
    text = 'It costs 1.5 dollars. "Really?" Yes.'
    assert [text[a:b] for a, b in sentences(text)] == ["It costs 1.5 dollars.", '"Really?"', "Yes."]
