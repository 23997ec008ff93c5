"""What lines look like."""

import pytest

from keynote_qa.shapes import is_figure


@pytest.mark.parametrize("text", ["24", "$3 Billion", "99.999%", "17M", "10-20%", "2016 287", "3x"])
def test_a_bare_figure(text: str) -> None:
    assert is_figure(text)


@pytest.mark.parametrize("text", ["17M passenger miles", "5 kg", "Fab 4", "", "$"])
def test_no_bare_figure(text: str) -> None:
    assert not is_figure(text)


def test_a_long_number_with_a_word_behind_it_is_seen_through_at_once() -> None:
    assert not is_figure("1" * 200 + " ways")  # tried in all its parts it would take for ever
