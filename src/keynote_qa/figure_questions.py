"""Questions that a figure answers: how many, how much, how long, what share.

They are made of fragments as slides have them, "28 Availability Zones", and of sentences, "the
mountain produces 14 terabytes on a normal night". Where the grammar is in doubt there is none.
"""

from __future__ import annotations

import re

from keynote_qa.phrasing import (
    QUANTITIES,
    Phrasing,
    capitalised,
    has_verb_or_pronoun,
    is_participle,
    is_plural,
    singular,
    split_at_preposition,
)
from keynote_qa.text import normalise

_ONES = "one two three four five six seven eight nine ten eleven twelve".split()
_TEENS = "thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_POWERS = "hundred thousand million billion trillion".split()
_WORDS = "|".join([*_TEENS, *_TENS, *_ONES])
NUMBER = (
    rf"(?:half an? (?:{'|'.join(_POWERS)})|(?:\d[\d,.]*\d|\d)[kKmMbB]?\+?"
    rf"|(?:{_WORDS})(?:-(?:{_WORDS}))?)"
    rf"(?: (?:{'|'.join(_POWERS)}))*"
)
_ABOUT = (
    r"(?:about|nearly|over|more than|less than|fewer than|around|almost|some|only|roughly|"
    r"up to|just|at least)"
)
_TIME = frozenset("second minute hour day week month year night decade century".split())
_UNITS = _TIME | frozenset(
    """metre meter kilometre kilometer km mile foot inch centimetre millimetre cm mm kg kilo
    kilogram gram gramme microgram milligram tonne ton litre liter degree percent euro dollar pound
    cent watt volt ms gb tb mb min sec terabytes hectare hz acre fold per x w m t s""".split()
)
_VAGUE = frozenset("thing kind way time point third quarter half matter one".split())
_PAST_TIME = re.compile(r"\b(?:last|previous|ago|(?:19|20)\d\d|since)\b", re.IGNORECASE)
_NUMBER_INSIDE = re.compile(r"\b(?!(?:19|20)\d\d\b)\d")
_SMALL_NUMBER = re.compile(r"^(?:\d|1[0-2]) ")
_YEAR = re.compile(r"^(?:19|20)\d\d\b")
_FRAGMENT = re.compile(rf"^(?:{_ABOUT} )?{NUMBER} (?P<rest>[^\W\d].*)$", re.IGNORECASE)
_COUNTED = r"(?P<noun>(?:[^\W\d][\w’'/-]* ){0,3}?[a-z][\w’'-]*s|people)"
_SUBJECT = r"(?:(?:The|An?|Each|Every|One) )?(?:[^\W_][\w’'@&.-]*)(?: [\w’'@&-]+){0,4}?"
_HAS = re.compile(
    rf"^(?P<subject>{_SUBJECT}) (?P<verb>[a-z]+) (?:{_ABOUT} )?(?P<number>{NUMBER}) "
    rf"(?P<noun>(?:[^\W\d][\w’'/-]* ){{0,3}}?(?:[^\W\d_][\w’'-]*s|people))\b(?P<rest>[^.!?]*)"
)
_THERE_ARE = re.compile(
    rf"^There (?P<verb>are|were) (?:now )?(?:{_ABOUT} )?{NUMBER} "
    rf"{_COUNTED}\b(?P<rest>[^.!?]*)"
)
_COSTS = re.compile(
    rf"^(?P<subject>{_SUBJECT}) (?P<verb>costs?|weighs?|weighed) (?:{_ABOUT} )?[$€£]?{NUMBER}\b"
)
_LASTS = re.compile(
    rf"^(?P<subject>{_SUBJECT}) (?P<verb>takes|took|lasts|lasted) (?:{_ABOUT} )?{NUMBER} "
    rf"(?:{'|'.join(_TIME)})s?\b"
)
_OF = re.compile(r" of(?: (?!every|each|in|on|at|for|per|by|with|and)[\w’'-]+(?<!ly)){1,3}")
_CLAUSE = re.compile(r"[,;:–—(]|\b(?:and|or|but|which|who|that|because|so|as|when|where|if|than)\b")
_OPENS_A_REST = (
    "every",
    "each",
    "a",
    "an",
    "last",
    "and",
    "daily",
    "annually",
    "worldwide",
    "altogether",
)
_MAX_REST_WORDS = 6


def of_a_fragment(text: str, phrasing: Phrasing) -> str | None:
    """The question that a figure with what it counts or measures answers.

    >>> from keynote_qa.phrasing import Phrasing
    >>> phrasing = Phrasing(frozenset("production deployments year".split()), frozenset(), bool)
    >>> of_a_fragment("7,928 Production Deployments in the Last Year", phrasing)
    'How many production deployments were there in the last year?'
    """
    match = _FRAGMENT.match(text)
    if match is None or _YEAR.match(text) or text.endswith((".", "!", "?")):
        return None
    label = phrasing.inside(phrasing.natural(match["rest"]))
    if _CLAUSE.search(label) or _NUMBER_INSIDE.search(label):
        return None
    if _SMALL_NUMBER.match(text) and match["rest"][0].isupper():
        return None  # as likely the number of an item in a list
    head, rest = split_at_preposition(label.split())
    done = next((i for i, word in enumerate(head) if i and is_participle(word)), None)
    if done is not None:
        head, (verb, *after) = head[:done], [*head[done:], *rest]
        if not _countable(head, phrasing):
            return None
        active = bool(split_at_preposition(after[:1])[0]) and after[0] not in _OPENS_A_REST
        be = "" if active else "were "
        return f"How many {' '.join(head)} {be}{' '.join([verb, *after])}?"
    if not _countable(head, phrasing):
        return None
    if len(rest) > _MAX_REST_WORDS:
        return None
    told = " ".join(rest)
    verb = "were" if _PAST_TIME.search(told) else "are"
    if rest[:1] == ["of"]:
        return f"How many {' '.join(head)} {told} {verb} there?"
    return f"How many {' '.join(head)} {verb} there{' ' + told if told else ''}?"


def of_a_measure(label: str, phrasing: Phrasing) -> str | None:
    """The question what a quantity is, for the label of a figure.

    >>> of_a_measure("FLOOR AREA", Phrasing(frozenset({"floor", "area"}), frozenset(), bool))
    'What is the floor area?'
    """
    words = phrasing.inside(phrasing.natural(label.rstrip(":"))).split()
    head, rest = split_at_preposition(words)
    if not head or head[-1].casefold() not in QUANTITIES or has_verb_or_pronoun(label):
        return None
    if _CLAUSE.search(label) or head[0].endswith(("er", "ed")) or head[-1].endswith("s"):
        return None
    verb = "was" if _PAST_TIME.search(label) else "is"
    article = "" if head[0] == "the" else "the "
    return f"What {verb} {article}{' '.join([*head, *rest])}?"


def of_a_sentence(sentence: str, phrasing: Phrasing) -> str | None:
    """The question that a figure in a sentence answers, asked of the sentence's subject."""
    sentence = normalise(sentence)
    for pattern, asked in ((_COSTS, "How much"), (_LASTS, "How long")):
        match = pattern.match(sentence)
        if match:
            verb = phrasing.base(match["verb"])
            if match["verb"] == "cost" and is_plural(match["subject"].split()[-1]):
                verb = ("do", "cost")
            subject = _subject(match["subject"], phrasing)
            return f"{asked} {verb[0]} {subject} {verb[1]}?" if verb and subject else None
    match = _THERE_ARE.match(sentence)
    if match:
        rest = _rest(match["rest"])
        if not _countable(match["noun"].split(), phrasing) or rest is None:
            return None
        return f"How many {match['noun']} {match['verb']} there{rest}?"
    match = _HAS.match(sentence)
    if match is None:
        return None
    subject, verb = _subject(match["subject"], phrasing), phrasing.base(match["verb"])
    noun, rest = _whole_noun(match["noun"], match["rest"])
    if not (subject and verb) or rest is None or not _countable(match["noun"].split(), phrasing):
        return None
    if verb[0] == "does" and is_plural(match["subject"].split()[-1]) and subject[0].islower():
        return None
    return f"How many {' '.join(noun)} {verb[0]} {subject} {verb[1]}{rest}?"


def is_quantity(label: str) -> bool:
    """Whether a label names something that is measured."""
    head, _ = split_at_preposition(label.casefold().split())
    return bool(head) and head[-1] in QUANTITIES


def _countable(noun: list[str], phrasing: Phrasing) -> bool:
    """Whether a noun phrase names things that one counts, not a unit that one measures by."""
    if not noun or not is_plural(noun[-1]) or has_verb_or_pronoun(" ".join(noun)):
        return False
    known = phrasing.is_common(noun[-1]) or phrasing.is_word(singular(noun[-1].casefold()))
    if not known or not noun[-1].islower():  # a name that ends in s counts nothing
        return False
    return all(singular(word.casefold()) not in _UNITS | _VAGUE for word in noun)


def _subject(words: str, phrasing: Phrasing) -> str | None:
    """A sentence's subject inside the question; nothing if it may be more than a noun phrase."""
    _, _, rest = words.partition(" ")
    if has_verb_or_pronoun(words) or _CLAUSE.search(words) or words.endswith((" of", " the")):
        return None
    if rest.split()[-1:] and split_at_preposition(rest.split()[-1:])[0] == []:
        return None
    return phrasing.subject(words)


def _whole_noun(noun: str, rest: str) -> tuple[list[str], str | None]:
    """What is counted with the "of" behind it, and what follows that."""
    more = _OF.match(rest)
    return (noun + (more.group() if more else "")).split(), _rest(rest[more.end() if more else 0 :])


def _rest(text: str) -> str | None:
    """What follows a figure up to the end of its clause; nothing if that cannot be cut."""
    kept = _CLAUSE.split(text)[0].split()
    if len(kept) > _MAX_REST_WORDS:
        return None
    if kept and split_at_preposition(kept[:1])[0] and kept[0] not in _OPENS_A_REST:
        return None
    return f" {' '.join(kept)}" if kept else ""


def question_of(sentence: str, phrasing: Phrasing) -> str | None:
    """The question of a line, be it a sentence or a fragment."""
    found = of_a_sentence(sentence, phrasing) or of_a_fragment(normalise(sentence), phrasing)
    return capitalised(found) if found else None
