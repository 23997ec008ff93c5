"""An `Answer` as JSON and as text; an outline as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from keynote_qa.records import Answer, Citation, Slide, Talk

_SURE, _LIKELY = 0.8, 0.55
_COMMANDS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MARKS = re.compile(r"[\\`*_\[\]<>|~]")
_LINE_MARKS = re.compile(r"^(\s*)(#|[-+](?=\s)|=)", re.MULTILINE)


def confidence_in_words(confidence: float) -> str:
    """How sure an answer is, for a person.

    >>> [confidence_in_words(c) for c in (0.9, 0.6, 0.4)]
    ['Sure', 'Likely', 'See for yourself']
    """
    if confidence >= _SURE:
        return "Sure"
    return "Likely" if is_likely(confidence) else "See for yourself"


def is_likely(confidence: float) -> bool:
    """Whether an answer is at least likely to be right, in the words above."""
    return confidence >= _LIKELY


def moment(video: str, seconds: float) -> str:
    """The address of a moment of a video.

    YouTube reads a time from the query (https://support.google.com/youtube/answer/57741); elsewhere
    it is a media fragment (https://www.w3.org/TR/media-frags/).

    >>> moment("https://youtu.be/abc", 754.8)
    'https://youtu.be/abc?t=754'
    >>> moment("https://example.org/talk.mp4", 754.8)
    'https://example.org/talk.mp4#t=754'
    """
    address = urlsplit(video)
    host = (address.hostname or "").removeprefix("www.").removeprefix("m.")
    if host in ("youtube.com", "youtu.be", "youtube-nocookie.com"):
        query = [(key, value) for key, value in parse_qsl(address.query) if key != "t"]
        return urlunsplit(address._replace(query=urlencode([*query, ("t", int(seconds))])))
    return urlunsplit(address._replace(fragment=f"t={int(seconds)}"))


def to_json(answer: Answer) -> dict[str, Any]:
    """The answer as JSON-ready values; the same from the command line and over HTTP."""
    data = asdict(answer)
    for key in ("citations", "nearest"):
        for citation in data[key]:
            del citation["fact"], citation["row"], citation["said"]
            citation["section"] = list(citation["section"])
        data[key] = list(data[key])
    return data


def to_text(answer: Answer) -> str:
    """The answer for a terminal: the answer first, then the numbered sources."""
    lines = [answer.answer, ""]
    for label, citations in (
        ("", [c for c in answer.citations if c.said]),
        ("See also:", [c for c in answer.citations if not c.said]),
        ("Closest in the talk:", answer.nearest),
    ):
        if citations and label:
            lines.append(label)
        lines += [_source(citation) for citation in citations]
    return _shown("\n".join(lines).rstrip())


def to_markdown(answer: Answer) -> str:
    """A question with its answer and sources, to be kept: headings, quotations, a list of places.

    What the talk and the visitor wrote stays as it is: Markdown's own marks in it are escaped.
    """
    lines = [f"## {_plain(answer.question)}", ""]
    said = _plain(answer.answer).split("\n")
    if answer.answered:
        lines += [f"> {row}".rstrip() for row in said]
    else:
        lines += [*said, "", "Closest in the talk:"]
    lines.append("")
    for citation in answer.citations or answer.nearest:
        quote = " / ".join(_plain(row) for row in citation.quote.split("\n"))
        place = f"{_plain(citation.location)} ({_plain(citation.source)})"
        lines.append(f"{citation.n}. “{quote}” — {place}")
    return "\n".join(lines).rstrip() + "\n"


def _plain(text: str) -> str:
    """Text that Markdown shows as it is.

    >>> _plain("*not* a [link](x) # 1")
    '\\\\*not\\\\* a \\\\[link\\\\](x) # 1'
    """
    escaped = _MARKS.sub(r"\\\g<0>", text)
    # At the beginning of a line alone these make headings, quotations, lists and rules.
    return _LINE_MARKS.sub(r"\1\\\2", escaped)


def outline(talk: Talk, slides: Sequence[Slide]) -> str:
    """A table of contents: parts, the titles inside them once each, and their first lines."""
    rows = [talk.title, "=" * len(talk.title)]
    titled = any(slide.section for slide in slides)
    shown: tuple[str, ...] = ()
    for slide in slides:
        way = slide.section if titled else (slide.title,)  # of speech: its first words
        for depth, step in enumerate(way):
            if way[: depth + 1] != shown[: depth + 1]:
                rows.append(f"{slide.start_line:>6}  {'   ' * depth}{step}")
        shown = way or shown
    return _shown("\n".join(rows))


def _shown(text: str) -> str:
    """Text that a terminal shows and does not obey: a source may hold its commands.

    >>> _shown("red\\x1b[31m\\nline")
    'red [31m\\nline'
    """
    return _COMMANDS.sub(" ", text)


def _source(citation: Citation) -> str:
    quote = " / ".join(citation.quote.split("\n"))
    if len(quote) > 200:
        quote = quote[:199].rstrip() + "…"
    return f"[{citation.n}] “{quote}”\n    {citation.location} ({citation.source})"
