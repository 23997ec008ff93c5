"""Whatever bytes a source holds: it is read or refused, and every passage stands in its lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from keynote_qa.errors import SourceError
from keynote_qa.passages import to_passages
from keynote_qa.pieces import MAX_CHARACTERS
from keynote_qa.sources import SUFFIXES, load_talk
from keynote_qa.text import normalise

BRICKS = st.sampled_from(
    [
        "WEBVTT\n\n", "\n", "\n\n", "00:00:01.000 --> 00:00:02.000\n", "00:01,5 --> 99:59:59,999\n",
        "1\n", "<v Ada>", "<c>", "&amp;", "NOTE x\n", "[00:12:34] Ada Byron: ", "# Title\n",
        "- item\n", "| a | b |\n", "|---|\n", "```\n", "\\$3", "**bold** ", "Word. ", "and more ",
        "\f", "\u202e", "\u200b", "\ufeff", "\r\n", "\x00", "<p>", "</p><li>", "<table><tr><td>",
        "é", "日本。", "-" * 30, "".join(map(str, range(500))), "Why? ", "28\n", "%PDF-1.4\n",
        "PK\x03\x04",
    ]
)  # fmt: skip
TEXTS = st.lists(BRICKS, max_size=60).map("".join) | st.text(max_size=300)


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_any_bytes_are_read_or_refused(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"talk{suffix}"

    @given(TEXTS.map(lambda text: text.encode("utf-8", "replace")) | st.binary(max_size=300))
    @example(b"")
    @example(b"\xff\xfe\x00")
    @example(b"One two\n\n</p><li>- item\n")  # a bullet within a bullet
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    def check(data: bytes) -> None:
        path.write_bytes(data)
        try:
            talk = load_talk(path)
        except SourceError:
            return
        assert [line.number for line in talk.lines] == list(range(1, len(talk.lines) + 1))
        for passage in to_passages(talk):
            lines = talk.lines[passage.start_line - 1 : passage.end_line]
            source = normalise("\n".join(line.text for line in lines))
            assert normalise(passage.text) in source
            assert len(passage.text) <= MAX_CHARACTERS

    check()
