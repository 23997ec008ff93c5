"""What goes in and out of the HTTP API and the MCP tools, as their schemas tell it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from keynote_qa.records import Talk
from keynote_qa.understanding import MAX_QUESTION_CHARACTERS
from keynote_qa.web.loading import MAX_HISTORY

Question = Annotated[
    str,
    Field(
        description="The question, in your own words: at most "
        f"{MAX_QUESTION_CHARACTERS:,} characters, white space squeezed.",
        examples=["How many requests per second does Thomson Reuters process?"],
    ),
]
History = Annotated[
    list[str] | None,
    Field(
        description="The earlier questions of the conversation, oldest first: a follow-up "
        f'("And Hearst?") is understood through them. The last {MAX_HISTORY} are looked at.',
        examples=[["What is AWS Glue?"]],
    ),
]
TalkName = Annotated[
    str | None,
    Field(description="The name of the one talk to answer from, of those that the talks list has."),
]

SpeakerName = Annotated[
    str | None,
    Field(description="The speaker to answer from the talks of alone, as the talks list has it."),
]


class AskJSON(BaseModel):
    """A question."""

    model_config = ConfigDict(extra="forbid")

    question: Question
    history: History = None
    talk: TalkName = None
    speaker: SpeakerName = None


class CitationJSON(BaseModel):
    """A quotation, checked against the lines it cites."""

    n: int = Field(description="Its number, from 1, best first.")
    quote: str = Field(description="The talk's own words.")
    passage: str = Field(
        description="What stands around them: the slide, and its neighbours where there is room."
    )
    section: list[str] = Field(description="The way down to it, from the part of the talk.")
    source: str = Field(description="The talk's file.")
    start_line: int = Field(description="The first line quoted, from 1, of the file as stored.")
    end_line: int = Field(description="The last line quoted.")
    score: float = Field(description="How well it fits; higher is better.")
    start_time: float | None = Field(description="Seconds into the talk, for captions.")
    end_time: float | None = Field(description="Seconds into the talk, for captions.")


class AnswerJSON(BaseModel):
    """An answer. That the talk doesn't say is one too."""

    question: str
    answered: bool = Field(description="Whether the talk says it.")
    answer: str = Field(description="Quotations and list marks only; or that the talk doesn't say.")
    confidence: float = Field(description="How sure the answer is, from 0 to 1.")
    citations: list[CitationJSON] = Field(description="Best first; empty when not answered.")
    nearest: list[CitationJSON] = Field(
        description="When not answered: the closest passages, at most three."
    )
    elapsed_ms: float = Field(description="Milliseconds from question to answer.")


class TalkJSON(BaseModel):
    """A talk that is answered from."""

    name: str = Field(description="What `talk` takes to ask it alone.")
    title: str
    source: str = Field(description="Its file, as citations name it.")
    speaker: str | None
    event: str | None
    date: str | None
    lines: int = Field(description="How many lines its file has.")
    slides: int = Field(description="How many slides, or stretches under one title, it has.")


class TalksJSON(BaseModel):
    """The talks, in order."""

    talks: list[TalkJSON]


class PassageJSON(BaseModel):
    """Some lines of a talk."""

    talk: str
    source: str
    start_line: int
    end_line: int
    text: str = Field(
        description="The lines, one under the other, white space squeezed and marks of "
        "formatting removed; an empty one stays, so that lines can be counted."
    )


class ErrorJSON(BaseModel):
    """What is wrong, and what to do."""

    error: str


def talk_json(talk: Talk, slides: int) -> TalkJSON:
    """A talk as the talks list has it."""
    return TalkJSON(
        name=talk.name,
        title=talk.title,
        source=talk.source,
        speaker=talk.speaker,
        event=talk.event,
        date=talk.date,
        lines=len(talk.lines),
        slides=slides,
    )
