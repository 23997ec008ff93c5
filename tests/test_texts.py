"""The strings of the interface in one place, every language whole; the design in one place."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT

from keynote_qa.refusal import KINDS, Missing, sentence
from keynote_qa.render import confidence_in_words
from keynote_qa.web.texts import DEFAULT_LANGUAGE, LANGUAGES, choose, load

WEB = ROOT / "src" / "keynote_qa" / "web"
ENGLISH = load(DEFAULT_LANGUAGE).strings


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != DEFAULT_LANGUAGE])
def test_a_language_is_whole(language: str) -> None:
    strings = load(language).strings
    assert list(strings) == list(ENGLISH)  # in the same order, to be read side by side
    for key, string in strings.items():
        names = re.findall(r"\{(\w+)\}", string)
        assert sorted(names) == sorted(re.findall(r"\{(\w+)\}", ENGLISH[key])), key


def test_every_string_is_used() -> None:
    code = "".join(
        path.read_text("utf-8")
        for path in WEB.rglob("*")
        if path.suffix in (".py", ".js") and path.is_file()
    )
    made = ("missing_", "error_", "key_")  # the rest of the key is made from what happened
    buttons = {f"{name}_name" for name in re.findall(r'action\("(?:\w+", ")?(\w+)"', code)}
    levels = {confidence_in_words(c).lower().replace(" ", "_") for c in (0.0, 0.6, 1.0)}
    for key in ENGLISH.keys() - buttons - levels:
        assert key.startswith(made) or re.search(rf"""["']{key}["']""", code), key


def test_a_page_says_what_is_missing_as_the_library_does() -> None:
    for kind in KINDS:
        said = load(DEFAULT_LANGUAGE)(f"missing_{kind}", name="Athena")
        assert said == sentence(Missing(kind, "Athena"))


@pytest.mark.parametrize("header", ["", "*", "tlh", "en-GB", "de;q=0", "q=,;;q=x,"])
def test_any_header_gives_a_language(header: str) -> None:
    assert choose(header) == DEFAULT_LANGUAGE


def test_colours_are_named_in_one_file() -> None:
    literal = re.compile(r"#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(", re.IGNORECASE)
    for path in (WEB / "static").glob("*.css"):
        rules = re.sub(r"/\*.*?\*/|\{[^}]*\}", "", path.read_text("utf-8"), flags=re.DOTALL)
        declarations = path.read_text("utf-8").replace(rules, "")
        values = re.findall(r":\s*([^;{}]+);", declarations)
        found = [value for value in values if literal.search(value)]
        assert path.name == "design.css" or found == [], path.name


def test_every_name_of_the_design_is_used_and_known() -> None:
    design = (WEB / "static" / "design.css").read_text("utf-8")
    named = set(re.findall(r"^\s*(--[\w-]+):", design, re.MULTILINE))
    used = {
        name
        for path in (WEB / "static").glob("*.css")
        for name in re.findall(r"var\((--[\w-]+)\)", path.read_text("utf-8"))
    }
    assert used == named
