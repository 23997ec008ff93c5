"""Questions about the talk as a whole: what it is about, who speaks, what was announced.

Only questions that ask for nothing else are taken: no name, no subject of their own.
"""

from __future__ import annotations

import re
from collections.abc import Set
from enum import Enum, auto

from keynote_qa.text import fold

_TALK = r"(?:(?:this|the|your|today'?s) )?(?:whole )?(?:talk|keynote|presentation|session|speech)"
_TOPICS = re.compile(
    rf"^\W*(?:(?:so )?what(?:'s|’s| is| was)? {_TALK} (?:is |was )?(?:all )?about"
    rf"|what is (?:this|it) (?:all )?about"
    rf"|(?:what|which) (?:topics|subjects|themes|parts|sections)\b.*\b(?:{_TALK}|covered|there)"
    rf"|(?:give me |can you give me )?(?:an? )?(?:overview|summary|outline) of {_TALK}"
    rf"|(?:summari[sz]e|outline) {_TALK}|(?:overview|summary|agenda|outline|topics))\W*$",
    re.IGNORECASE,
)
_SPEAKERS = re.compile(
    rf"^\W*(?:who (?:all )?(?:spoke|speaks|talked|presented|was on stage|is speaking)"
    rf"|who (?:are|were) (?:all )?(?:the )?(?:guest |guests|speakers|presenters|people on stage)\w*"
    rf"|(?:which|what) (?:guests|speakers|people) (?:spoke|were|are|came|took)\b.{{0,20}}"
    rf"|(?:the )?speakers)(?: (?:here|today|at|in|on|of) ?{_TALK}| {_TALK}| on stage| today)?\W*$",
    re.IGNORECASE,
)
_SPEAKER = re.compile(
    rf"^\W*(?:who (?:gave|gives|held|holds|delivered|delivers|presented|presents|is behind) {_TALK}"
    rf"|who(?:'s|’s| is| was) (?:giving|holding|delivering|presenting|speaking at|doing) {_TALK}"
    rf"|who(?:'s|’s| is| was) (?:the|this|your) (?:main |keynote )?(?:speaker|presenter)"
    rf"(?: (?:here|today|at|in|on|of|for) ?(?:{_TALK})?)?"
    rf"|whose {_TALK} (?:is|was) (?:this|it)|who(?:'s|’s| is) {_TALK} (?:given )?by"
    rf"|(?:what(?:'s|’s| is) )?(?:the )?(?:name of the speaker|speaker(?:'s|’s)? name))\W*$",
    re.IGNORECASE,
)
_NEWS = re.compile(
    rf"^\W*(?:what (?:was|were|got|has been|have been|is"
    rf"|did (?:they|you|he|she|the speaker|(?P<who>[\w.&-]+))) "
    rf"(?:all )?(?:announced?|launched|launch|introduced?|unveiled?|released?|new)"
    rf"|what(?:'s|’s) new|(?:the )?(?:announcements|news)|(?:what|which) announcements .*"
    rf"|(?:what|which) (?:new )?(?:products|services|things|features) "
    rf"(?:were|was|are|got|have been) (?:announced|launched|introduced|unveiled|new))"
    rf"(?: (?:today|here|(?:at|in|during) {_TALK}))?\W*$",
    re.IGNORECASE,
)


class About(Enum):
    """What of the talk as a whole is asked for."""

    TOPICS = auto()
    SPEAKERS = auto()
    SPEAKER = auto()
    NEWS = auto()


def about_the_whole(question: str, hosts: Set[str] = frozenset()) -> About | None:
    """What of the talk as a whole a question asks for, if it asks for nothing else.

    `hosts` are the folded words of the talk's title, event and speaker: what these announce, the
    talk announces.

    >>> about_the_whole("What is this talk about?"), about_the_whole("Who are the speakers?")
    (<About.TOPICS: 1>, <About.SPEAKERS: 2>)
    >>> about_the_whole("Who is giving this keynote?")
    <About.SPEAKER: 3>
    >>> [about_the_whole("What did Acme announce?", hosts) for hosts in ({"acme"}, {"other"})]
    [<About.NEWS: 4>, None]
    >>> about_the_whole("What is the talk of the town about?") is None
    True
    """
    for pattern, about in (
        (_TOPICS, About.TOPICS),
        (_SPEAKERS, About.SPEAKERS),
        (_SPEAKER, About.SPEAKER),
        (_NEWS, About.NEWS),
    ):
        match = pattern.match(question)
        if match is not None:
            who = match.groupdict().get("who")
            return about if who is None or fold(who) in hosts else None
    return None
