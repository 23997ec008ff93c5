"""Questions that a sentence answers: what, who, when, where, why.

Each pattern takes a sentence that says one thing of one subject, and asks for that thing. What a
pattern is not sure of it leaves alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from keynote_qa import figure_questions
from keynote_qa.people import looks_like_a_person, names_a_role
from keynote_qa.phrasing import (
    Phrasing,
    has_verb_or_pronoun,
    is_participle,
    is_plural,
    split_at_preposition,
)
from keynote_qa.text import fold, normalise

_NAME = r"[A-Z][\w’'@-]*(?: (?:of |and |van |von |de |der )*[A-Z0-9][\w’'@-]*){0,4}"
_CLAUSE = re.compile(r"(?:, (?:and|but|so)|;|:) ")
_OPENING = re.compile(r"^(?:And|But|So|Now|Well|Then|Today|Actually),? ")
_DEFINED = re.compile(
    rf"^(?P<name>(?:The |An? )?{_NAME})(?: is| was|,) (?P<what>an?|the|our) [\w-]"
)
_CALLED = re.compile(rf"\b(?:called|named) (?P<name>(?:the )?{_NAME})")
_APPOSED = re.compile(rf"\b(?P<name>{_NAME}), (?P<what>our|the|an?) (?P<role>[^,.]+)[,.]")
_ROLE_FIRST = re.compile(
    rf"\b(?:[Tt]he|[Oo]ur|[Mm]y) (?P<role>(?:[\w’-]+ ?){{1,4}}), (?P<name>{_NAME})[,.]"
)
_MYSELF = re.compile(rf"\b(?:[Mm]y name is|I['’]m|I am) (?P<name>{_NAME})")
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
)
_DATE = rf"(?:in|on|since) (?:[\w -]+ )?(?:{_MONTH} )?(?:19|20)\d\d\b"
_SUBJECT = rf"(?P<subject>(?:(?:The|Our|An?) (?:[\w’'-]+ ){{0,3}}?[\w’'-]+|{_NAME}))"
_DONE_WHEN = re.compile(
    rf"^{_SUBJECT} (?P<be>was|were|will be) (?P<done>\w+)(?P<rest>(?: [\w’'-]+){{0,4}}?) {_DATE}"
)
_DID_WHEN = re.compile(rf"^{_SUBJECT} (?P<verb>[a-z]+)(?P<rest>(?: [\w’'-]+){{0,4}}?) {_DATE}")
_WHERE = re.compile(
    rf"^{_SUBJECT} (?P<be>is|are|was|were) (?P<done>(?:being )?\w+)(?: \w+ly)? "
    r"(?:in|at) (?:the )?[A-Z]"
)
_BY = re.compile(
    rf"^{_SUBJECT} (?P<be>is|are|was|were) (?P<done>\w+) by "
    rf"(?:Doctor |Professor )?(?P<name>{_NAME})"
)
_WHY = re.compile(
    rf"^{_SUBJECT}(?P<more>(?: (?:of|in|on|for|at) [\w’' -]+?)?) (?P<be>is|are|was|were) "
    r"(?P<what>[\w’' -]+?),?(?: [\w ,]+)? because\b"
)
_IS = re.compile(
    r"^[Tt]he (?P<what>(?:[\w’'-]+ ){0,2}[\w’'-]+(?: (?:of|for|on|behind|at|in) [\w’' -]{3,40}?)?) "
    r"(?P<be>is|are|was|were) (?=(?:an?|the|about|nearly|over|under|called|named|one|two|three|"
    r"four|five) |[A-Z\d$€£“])"
)
_YEAR_AND_EVENT = re.compile(r"^(?P<year>(?:19|20)\d\d)(?:\n| ?[:–-] ?| )(?P<event>[A-Z].*)$", re.S)
_VAGUE = re.compile(r"\b(?:ones?|most|\w+est|\w+er (?!of\b)\w+|rest|same|only|other)\b")
SOMEBODY = frozenset(
    """partners speakers donors guests curators winners members people apprentices founders sponsors
    authors artists students teachers engineers volunteers trustees directors""".split()
)
"""Plurals that are asked for by "who"."""

_DETERMINERS = frozenset("the a an all every its their our".split())
_MAX_EVENT_WORDS = 9
_MAX_ROLE_WORDS = 6


def questions_of(
    sentence: str, phrasing: Phrasing, names: frozenset[str]
) -> Iterator[tuple[str, str]]:
    """The questions that one sentence or line answers, each with its kind.

    Args:
        sentence: as the talk has it.
        phrasing: of the talk's words.
        names: the talk's own, case-folded (`names.names_of`).
    """
    yield from _events(sentence, phrasing)
    text = _OPENING.sub("", normalise(sentence))
    for clause in _CLAUSE.split(text):
        spoken = clause[:1].upper() + clause[1:]
        figure = figure_questions.question_of(spoken, phrasing)
        if figure:
            yield "figure", figure
        yield from _circumstances(spoken, phrasing)
    yield from _people(text)
    yield from _things(text, names)


def _people(text: str) -> Iterator[tuple[str, str]]:
    for match in _APPOSED.finditer(text):
        name = match["name"].removeprefix("Doctor ").removeprefix("Professor ")
        if looks_like_a_person(name) and names_a_role(match["role"]):
            yield "person", f"Who is {name}?"
            if match["what"] in ("our", "the") and len(match["role"].split()) <= _MAX_ROLE_WORDS:
                yield "person", f"Who is the {match['role']}?"
    for match in _ROLE_FIRST.finditer(text):
        if looks_like_a_person(match["name"]) and not has_verb_or_pronoun(match["role"]):
            yield "person", f"Who is {match['name']}?"
    for match in _MYSELF.finditer(text):
        if looks_like_a_person(match["name"]):
            yield "person", f"Who is {match['name']}?"


def _things(text: str, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    for match in (*_CALLED.finditer(text), *_DEFINED.finditer(text)):
        name = match["name"]
        bare = name.split(" ", 1)[1] if name.startswith(("The ", "the ", "A ", "An ")) else name
        if looks_like_a_person(bare) or fold(bare) not in names:
            continue
        article = name[: len(name) - len(bare)].casefold()
        verb = "are" if article == "the " and is_plural(bare.split()[-1]) else "is"
        yield "definition", f"What {verb} {article}{bare}?"


def _circumstances(text: str, phrasing: Phrasing) -> Iterator[tuple[str, str]]:
    match = _DONE_WHEN.match(text)
    subject = _subject(match, phrasing)
    if match and subject and is_participle(match["done"]) and not _leaves(match["rest"]):
        be, *more = match["be"].split()
        done = " ".join([*more, match["done"]])
        yield "time", f"When {be} {subject} {done}{match['rest']}?"
    match = _DID_WHEN.match(text)
    subject = _subject(match, phrasing)
    verb = phrasing.base(match["verb"]) if match else None
    if match and subject and verb and verb[0] == "did" and not _leaves(match["rest"]):
        yield "time", f"When did {subject} {verb[1]}{match['rest']}?"
    match = _BY.match(text)
    subject = _subject(match, phrasing)
    if match and subject and is_participle(match["done"]) and looks_like_a_person(match["name"]):
        yield "person", f"Who {match['be']} {subject} {match['done']} by?"
    match = _IS.match(text)
    what = match["what"] if match else ""
    vague = _VAGUE.search(what) is not None or has_verb_or_pronoun(what)
    if match and not vague and len(what.split()) > 1:
        person = re.match(_NAME, text[match.end() :])
        who = person is not None and looks_like_a_person(person.group())
        who = who or what.split()[0] in SOMEBODY
        yield "fact", f"{'Who' if who else 'What'} {match['be']} the {what}?"
    match = _WHERE.match(text)
    subject = _subject(match, phrasing)
    if match and subject and is_participle(match["done"].split()[-1]):
        yield "place", f"Where {match['be']} {subject} {match['done']}?"
    match = _WHY.match(text)
    subject = _subject(match, phrasing)
    if match and subject and len(match["what"].split()) <= 6:
        yield "reason", f"Why {match['be']} {subject}{match['more']} {match['what']}?"


def _events(sentence: str, phrasing: Phrasing) -> Iterator[tuple[str, str]]:
    """When something of a timeline happened: "1962, Last loom stops"."""
    match = _YEAR_AND_EVENT.match(sentence.strip())
    if match is None or len(match["event"].split()) > _MAX_EVENT_WORDS:
        return
    words = phrasing.inside(phrasing.natural(match["event"].split(",")[0])).split()
    for at in range(1, min(5, len(words))):
        subject, verb, rest = words[:at], words[at], words[at + 1 :]
        if split_at_preposition(subject)[1] or has_verb_or_pronoun(" ".join(subject)):
            return
        named = subject[0][0].isupper() or subject[0] == "the" or is_plural(subject[-1])
        told = " ".join(subject if named else ["the", *subject])
        if is_participle(verb):
            yield (
                "time",
                " ".join(["When", "were" if is_plural(subject[-1]) else "was", told, verb, *rest])
                + "?",
            )
            return
        # "Solar panels" and "City sells" look alike: what is sold tells them apart.
        does = phrasing.base(verb) if rest[:1] and rest[0] in _DETERMINERS else None
        if does and does[0] == "does":
            yield "time", " ".join(["When did", told, does[1], *rest]) + "?"
            return


def _subject(match: re.Match[str] | None, phrasing: Phrasing) -> str | None:
    """A sentence's subject inside a question; nothing if it may be more than a noun phrase."""
    if match is None or has_verb_or_pronoun(match["subject"]):
        return None
    subject = phrasing.subject(match["subject"])
    first, *rest = subject.split()
    alone = first == "the" and len(rest) == 1 and rest[0].islower()
    # "The line" is one that was spoken of before; "the line of the island" says which.
    return subject if not alone or match.groupdict().get("more") else None


def _leaves(rest: str) -> bool:
    """Whether words behind a verb leave its clause."""
    return (
        re.search(r"\b(?:and|or|but|which|who|that|because|as|when|where|if)\b", rest) is not None
    )
