"""Every string of the interface, one file a language: `en.json` is complete, others are checked.

What a talk says is never translated, nor is what the library's errors say to an operator.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DEFAULT_LANGUAGE = "en"
LANGUAGES = tuple(sorted(path.stem for path in Path(__file__).parent.glob("*.json")))


@dataclass(frozen=True, slots=True)
class Texts:
    """The strings of one language, by key; `{name}` in a string is filled when it is asked for.

    >>> load("en")("lines", first=3, last=5)
    'lines 3 to 5'
    """

    language: str
    strings: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The string of a key.

        Raises:
            KeyError: there is no such key, or no value for a name in the string.
        """
        return self.strings[key].format(**values) if values else self.strings[key]


@cache
def load(language: str) -> Texts:
    """The strings of one of `LANGUAGES`."""
    path = Path(__file__).with_name(f"{language}.json")
    return Texts(language, json.loads(path.read_text("utf-8")))


def choose(accepted: str) -> str:
    """The language for a browser, by its Accept-Language header (RFC 9110, section 12.5.4).

    >>> choose("de-AT,de;q=0.9,en;q=0.8"), choose("fr;q=0.9, en;q=0.5, de;q=0.7"), choose("xx")
    ('de', 'de', 'en')
    """
    wanted: list[tuple[float, str]] = []
    for part in accepted.split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            wanted.append((-float(weight or 1), tag.split("-")[0].strip().lower()))
        except ValueError:
            continue
    wanted.sort(key=lambda pair: pair[0])
    known = [tag for weight, tag in wanted if weight < 0 and tag in LANGUAGES]
    return known[0] if known else DEFAULT_LANGUAGE
