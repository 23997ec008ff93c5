"""How the words of a talk read inside a question: small or capital, one or several, which verb.

Only the grammar of English stands here, as closed lists of words and endings; what is a name and
what a common word is told from the talk itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from keynote_qa.shapes import is_headline, is_phrase
from keynote_qa.text import STOPWORDS, normalise

_UNSAID = re.compile(
    r"\b(?:i|me|my|mine|we|us|our|ours|you|your|it|its|they|them|their|he|him|his|she|her|this|"
    r"that|these|those|here|today|tonight|tomorrow|yesterday|now|so|also|too|then)\b"
    r"|[“”\"(){}<>\[\]|=→…•*_;]|https?:",
    re.IGNORECASE,
)
_COMMON_ENDINGS = re.compile(
    r"(?:tion|sion|ment|ness|ous|ive|able|ible|ical|ful|less|ware|ship|ology|ity|age)s?$"
)
CONTAINERS = frozenset(
    """plan agenda timeline roadmap pipeline stack program programme schedule list strategy process
    menu calendar package course platform portfolio suite collection payload kit checklist offer
    """.split()
)
"""Nouns for one thing that is several."""

QUANTITIES = frozenset(
    """cost budget area price mass weight diameter length height depth width rate share
    availability capacity revenue turnover population temperature gravity speed distance size age
    uptime latency target limit fee salary profit accuracy expectancy resolution throughput
    value total margin range load wage subsidy dividend wait power voltage density altitude
    deadline""".split()
)
"""Nouns for what is measured."""

_ALWAYS_NAMES = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday january february march april may
    june july august september october november december""".split()
)
_LONGEST_ABBREVIATION = 4
_LINE_PART = re.compile(r"[\n|·∙•:]|(?<=[.!?]) ")
_NUMBERING = re.compile(r"^(?:\d{1,2}|[IVX]{1,4})[.)]\s+")
_NEVER_NAMES = frozenset(
    """last next first second third fourth fifth new many more most other per every each all both
    one two three four five six seven eight nine ten eleven twelve""".split()
)
_RARELY = 3
"""A word that is small at most so many times as often as it has a capital may be a name."""

_SINGULAR_ENDINGS = ("ss", "us", "is", "ics", "news", "series", "'s", "’s")
_PLURALS = frozenset("people children women men feet teeth mice data criteria".split())
_AFTER_THE_HEAD = frozenset(
    """of in for on at to from with by per against behind between since during after before under
    within""".split()
)
_IN_A_NOUN_PHRASE = _AFTER_THE_HEAD | {"the", "a", "an", "and", "or"}
_THIRD_PERSON = {"has": "have", "does": "do", "goes": "go"}
_PAST = {
    "had": "have", "made": "make", "took": "take", "sold": "sell", "built": "build", "ran": "run",
    "sent": "send", "won": "win", "lost": "lose", "grew": "grow", "gave": "give", "got": "get",
    "came": "come", "began": "begin", "saw": "see", "met": "meet", "held": "hold", "kept": "keep",
    "bought": "buy", "brought": "bring", "spent": "spend", "paid": "pay", "went": "go",
    "rose": "rise", "fell": "fall", "found": "find", "drew": "draw", "left": "leave",
    "led": "lead", "wrote": "write", "cost": "cost", "cut": "cut", "became": "become",
    "shut": "shut", "fed": "feed", "flew": "fly", "caught": "catch", "taught": "teach",
}  # fmt: skip
_PARTICIPLES = frozenset(
    """made taken sold built run sent won lost grown given held kept bought brought spent paid found
    drawn led written cut shut fed flown caught taught born known shown seen thrown put set laid
    read stolen chosen driven hidden broken worn""".split()
)


@dataclass(frozen=True, slots=True)
class Phrasing:
    """What is known of a talk's words.

    `small` are the words that the talk itself writes without a capital, `names` those that it
    writes with one inside a sentence; `is_word` says whether a case-folded word is one of the
    language.
    """

    small: frozenset[str]
    names: frozenset[str]
    is_word: Callable[[str], bool]

    @classmethod
    def of(cls, lines: Iterable[str], is_word: Callable[[str], bool]) -> Phrasing:
        """What the lines of a talk tell of its words."""
        small: Counter[str] = Counter()
        names: Counter[str] = Counter()
        for line in (part for text in lines for part in _LINE_PART.split(text)):
            words = re.findall(r"[^\W\d_]+", line)
            if len(words) > 1:  # a lone word may be a logo
                small.update(word for word in words if word.islower())
            if is_phrase(line) and not is_headline(
                line
            ):  # a sentence or a part of one: there, a capital means a name
                names.update(word.casefold() for word in words[1:] if word[0].isupper())
        proper = {word for word, count in names.items() if _RARELY * count >= small[word]}
        return cls(frozenset(small.keys() - proper), frozenset(proper), is_word)

    def natural(self, title: str) -> str:
        """A title as it is written inside a sentence: common words small, names as they are.

        A run of words that holds one which may be a name keeps its capitals.

        >>> known = {"advantages", "delivery", "of", "continuous"}.__contains__
        >>> phrasing = Phrasing(frozenset({"advantage", "delivery"}), frozenset(), known)
        >>> phrasing.natural("Advantages Of Continuous Delivery")
        'advantages of continuous delivery'
        >>> phrasing.natural("ADVANTAGES OF SEEDBED DELIVERY")
        'advantages of Seedbed Delivery'
        """
        words = _NUMBERING.sub("", normalise(title)).split()
        shouted = title.isupper()
        if shouted:
            words = [self.unshouted(word) for word in words]
        read: list[str] = []
        for function, run in groupby(words, key=_is_function):
            held = list(run)
            if function or all(self._is_term(word) or self.is_common(word) for word in held):
                read += [word if self._is_term(word) else word.casefold() for word in held]
            else:
                read += held
        return " ".join(read)

    def inside(self, phrase: str) -> str:
        """A phrase that began a line, inside a sentence: its first word small unless a name.

        >>> Phrasing(frozenset(), frozenset(), bool).inside("Proposal accepted")
        'proposal accepted'
        """
        first, space, rest = phrase.partition(" ")
        bare = first.casefold()
        known = all(map(self.is_word, bare.split("-"))) and bare not in self.names
        if _is_function(first):
            return bare + space + rest
        alone = not rest[:1].isupper() and not self._is_term(first)
        return (bare if alone and (known or self.is_common(first)) else first) + space + rest

    def subject(self, phrase: str) -> str:
        """The subject that began a sentence, inside another one.

        One word without an article is a name, unless the talk shows that it is none.

        >>> phrasing = Phrasing(frozenset({"work"}), frozenset(), bool)
        >>> [phrasing.subject(phrase) for phrase in ("Work", "Spoke", "Running a ship", "A ship")]
        ['work', 'Spoke', 'running a ship', 'a ship']
        """
        named = " " not in phrase and not self.is_common(phrase)
        return phrase if named else self.inside(phrase)

    def is_common(self, word: str) -> bool:
        """Whether a word is surely no name, as far as the talk and its ending tell."""
        bare = word.casefold().strip(",.:;!?'’")
        if bare in STOPWORDS or bare in _NEVER_NAMES or bare in CONTAINERS | QUANTITIES:
            return True
        if bare in self.names or bare in _ALWAYS_NAMES or singular(bare) in _ALWAYS_NAMES:
            return False
        if bare in self.small or singular(bare) in self.small:
            return True
        if "-" in bare:
            return all(self.is_common(part) for part in bare.split("-") if part)
        one = singular(bare)
        if one != bare and self.is_word(one) and one not in self.names:
            return True
        if not self.is_word(bare):
            return False
        stem = bare.removesuffix("ing")
        doing = stem != bare and (self.is_word(stem) or self.is_word(stem + "e"))
        return doing or _COMMON_ENDINGS.search(bare) is not None

    def _is_term(self, word: str) -> bool:
        """Whether a word is written in one way alone: "API", "DynamoDB", "v4"."""
        parts = word.split("-")
        mixed = any(char.isupper() for part in parts for char in part[1:])
        mixed = mixed or any(map(str.isdigit, word))
        return mixed and not (word.isupper() and len(word) > _LONGEST_ABBREVIATION)

    def unshouted(self, word: str) -> str:
        """A word of a shouted line with a capital first; abbreviations stay as they are."""
        bare = word.casefold().strip(",.:;!?'’")
        known = len(bare) > _LONGEST_ABBREVIATION or self.is_word(bare)
        return word.capitalize() if known and not any(map(str.isdigit, word)) else word

    def base(self, verb: str) -> tuple[str, str] | None:
        """The auxiliary and the base form of a verb, or nothing if that cannot be told.

        >>> known = {"process", "carry", "bake"}.__contains__
        >>> phrasing = Phrasing(frozenset(), frozenset(), known)
        >>> phrasing.base("processes"), phrasing.base("carries"), phrasing.base("baked")
        (('does', 'process'), ('does', 'carry'), ('did', 'bake'))
        """
        if verb in _THIRD_PERSON:
            return "does", _THIRD_PERSON[verb]
        if verb in _PAST:
            return "did", _PAST[verb]
        if verb.endswith("ed"):
            found = [stem for stem in _undone(verb) if self.is_word(stem)]
            return ("did", found[0]) if len(found) == 1 else None
        stem = singular(verb)
        return ("does", stem) if stem != verb and self.is_word(stem) else None


def stands_alone(question: str) -> bool:
    """Whether nothing in a question points outside it: no "we", no "here", no quotation."""
    return _UNSAID.search(question) is None


def singular(word: str) -> str:
    """A plural noun, or a verb's third person, without its ending.

    >>> [singular(word) for word in ("cities", "boxes", "uses", "Zones", "glass")]
    ['city', 'box', 'use', 'Zone', 'glass']
    """
    if word.endswith(_SINGULAR_ENDINGS) or not word.endswith("s") or len(word) < 4:
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("sses", "xes", "ches", "shes", "zzes")) else word[:-1]


def _is_function(word: str) -> bool:
    return word.casefold() in STOPWORDS


def is_plural(word: str) -> bool:
    """Whether a noun stands for several.

    >>> is_plural("Zones"), is_plural("analytics"), is_plural("People")
    (True, False, True)
    """
    return word.casefold() in _PLURALS or singular(word.casefold()) != word.casefold()


def is_participle(word: str) -> bool:
    """Whether a word says what was done to something: "built", "counted"."""
    return word.casefold() in _PARTICIPLES or re.fullmatch(r"\w+[^e\W]ed", word) is not None


def split_at_preposition(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """A noun phrase before its first preposition, and from there on.

    >>> split_at_preposition("types of errors".split())
    (['types'], ['of', 'errors'])
    """
    at = next((i for i, word in enumerate(words) if word.casefold() in _AFTER_THE_HEAD), len(words))
    return list(words[:at]), list(words[at:])


def name_in_title_case(name: str) -> str:
    """A shouted name as it is written.

    >>> name_in_title_case("OTTILIE VAN DER WOUDE"), name_in_title_case("Jeff Lawson")
    ('Ottilie van der Woude', 'Jeff Lawson')
    """
    if not name.isupper():
        return name
    small = {"Van", "Der", "Von", "De", "La", "Da", "Du"}
    first, *rest = name.title().split()
    return " ".join([first, *(w.lower() if w in small else w for w in rest)])


def capitalised(text: str) -> str:
    """Text with a capital first."""
    return text[:1].upper() + text[1:]


def has_verb_or_pronoun(title: str) -> bool:
    """Whether a title is, or may be, more than a noun phrase: "Development Is Changing"."""
    words = {re.split("['’]", word)[0] for word in title.casefold().split()}
    return not STOPWORDS.isdisjoint(words - _IN_A_NOUN_PHRASE)


def _undone(verb: str) -> list[str]:
    """What a regular past form can be of: baked, bak or bake; stopped, stopp, stoppe or stop."""
    stem = verb[:-2]
    found = [stem, stem + "e"]
    if stem.endswith("i"):
        found = [stem[:-1] + "y"]
    elif len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "sl":
        found = [stem[:-1]]
    return found
