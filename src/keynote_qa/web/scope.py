"""The choice of what a question is answered from, as HTML: all talks, one, or one speaker's.

Everything that a source holds passes through `escape`.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from keynote_qa.records import Talk
from keynote_qa.sources import SUFFIXES
from keynote_qa.web.texts import Texts

_PLACE = ' data-talk="{}"'


def scope_html(
    texts: Texts, talks: Sequence[Talk], speakers: Sequence[str], *, uploads: bool
) -> str:
    """A labelled list of the choices; hidden if there is one talk alone.

    What an option's value means, the page's script knows: "talk:NAME", "speaker:NAME". With
    `uploads` there is a way to give a file of one's own, which the script adds to the choices.
    """
    several = len(talks) > 1
    if not several and not uploads:
        return ""
    by_speaker = [_option(f"speaker:{name}", name) for name in speakers] if several else []
    by_talk = [_option(f"talk:{talk.name}", talk.title, n) for n, talk in enumerate(talks)]
    of_all = texts("scope_all") if several else talks[0].title
    return (
        f'<div class="scope"><p class="choice"{"" if several else " hidden"}>'
        f'<label for="scope">{escape(texts("scope"))}</label><select id="scope" autocomplete="off">'
        f'<option value=""{"" if several else _PLACE.format(0)}>{escape(of_all)}</option>'
        f"{_group(texts('scope_speakers'), by_speaker)}"
        f"{_group(texts('scope_talks'), by_talk if several else [])}</select></p>"
        f"{_upload(texts) if uploads else ''}</div>"
    )


def _upload(texts: Texts) -> str:
    kinds = ",".join(sorted(SUFFIXES))
    return (
        f'<p class="upload"><button type="button" class="quiet" data-action="upload">'
        f"{escape(texts('upload'))}</button>"
        f'<input type="file" id="upload-file" hidden accept="{kinds}" tabindex="-1" '
        f'aria-label="{escape(texts("upload"))}"></p>'
    )


def _option(value: str, name: str, talk: int | None = None) -> str:
    place = "" if talk is None else _PLACE.format(talk)
    return f'<option value="{escape(value)}"{place}>{escape(name)}</option>'


def _group(label: str, options: Sequence[str]) -> str:
    return f'<optgroup label="{escape(label)}">{"".join(options)}</optgroup>' if options else ""
