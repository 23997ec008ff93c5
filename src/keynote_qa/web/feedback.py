"""Thumbs up and down from the page, kept in a file if whoever runs the page wants them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from keynote_qa.errors import JournalError
from keynote_qa.feedback import Feedback, to_json
from keynote_qa.journal import Journal, timestamp
from keynote_qa.text import printable
from keynote_qa.understanding import MAX_QUESTION_CHARACTERS
from keynote_qa.web.limits import Limited, TokenBuckets
from keynote_qa.web.page_only import PageOnly, parsed, refused
from keynote_qa.web.tally import Tally

log = logging.getLogger(__name__)

PATH = "/keynote-qa/feedback"

MAX_WORD_CHARACTERS = 280
_MAX_ANSWER_CHARACTERS = 12_000  # ten times the longest passage
_MAX_PLACE_CHARACTERS = 1000

_BURST, _PER_SECOND = 60, 1.0  # a hall's visitors may share an address


def _printable_lines(text: str) -> str:
    return "\n".join(filter(None, map(printable, text.splitlines())))


class FeedbackJSON(BaseModel):
    """What a visitor thought of an answer."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[
        str,
        Field(max_length=MAX_QUESTION_CHARACTERS),
        AfterValidator(printable),
        Field(min_length=1),
    ]
    answer: Annotated[
        str, Field(max_length=_MAX_ANSWER_CHARACTERS), AfterValidator(_printable_lines)
    ]
    place: Annotated[str, Field(max_length=_MAX_PLACE_CHARACTERS), AfterValidator(printable)]
    useful: StrictBool
    word: Annotated[str, Field(max_length=MAX_WORD_CHARACTERS), AfterValidator(printable)] = ""


def feedback_route(
    journal: Journal | None,
    tally: Tally,
    *,
    origins: Sequence[str] = (),
    buckets: TokenBuckets | None = None,
    clock: Callable[[], float] = time.time,
) -> Route:
    """`POST /keynote-qa/feedback`: a `FeedbackJSON` in, 204 out once it is on the disk.

    404 without a journal, 422 for what is malformed, 503 where it cannot be written.
    """

    async def take(body: bytes) -> Response:
        if journal is None:
            return refused(404, "Feedback is not collected here.")
        given = parsed(FeedbackJSON, body)
        if isinstance(given, Response):
            return given
        feedback = Feedback(time=timestamp(clock()), **given.model_dump())
        try:
            await run_in_threadpool(journal.append, to_json(feedback))
        except JournalError as error:
            log.warning("Feedback was not stored: %s", error)
            tally.feedback_trouble = str(error)  # the visitor need not know which file
            return refused(503, "Your feedback could not be stored. The operator can see why.")
        tally.feedback_trouble = ""
        tally.judged(useful=feedback.useful)
        return Response(status_code=204)

    return Route(
        PATH,
        Limited(
            PageOnly(take, origins=origins),
            TokenBuckets(burst=_BURST, per_second=_PER_SECOND) if buckets is None else buckets,
            of="votes",
            spares_this_machine=False,
        ),
    )
