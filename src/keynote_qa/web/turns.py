"""The page's own requests: a question asked, and the place that an address names.

`POST /keynote-qa/turn` answers a question with its HTML and with what is copied of it;
`GET /keynote-qa/passage/{row}` says which lines a citation's address (`#p42`) means,
`GET /keynote-qa/talk/{n}` gives a talk to be shown, `GET /keynote-qa/starters` what to ask of one
talk or one speaker's. All speak the visitor's language, and say what went wrong as
`{"error": "..."}`: with status 200, for a browser would tell of any other in its console, where
nothing but a fault of the page belongs. Too many questions at once get status 503 and
`Retry-After`, as from the API.
"""

from __future__ import annotations

import logging
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from keynote_qa import render
from keynote_qa.errors import KeynoteQAError, QuestionError
from keynote_qa.web.api import Json
from keynote_qa.web.conversation import source_data, turn_html
from keynote_qa.web.fairness import BusyError
from keynote_qa.web.leaving import GONE, while_there
from keynote_qa.web.limits import client_of
from keynote_qa.web.loading import Backstage
from keynote_qa.web.schemas import AskJSON
from keynote_qa.web.shelf import Shelf
from keynote_qa.web.texts import Texts, choose, load
from keynote_qa.web.uploads import Uploads
from keynote_qa.web.welcome import STARTERS, questions_html

log = logging.getLogger(__name__)


class TurnJSON(AskJSON):
    """A question from the page."""

    upload: Annotated[
        str | None,
        Field(max_length=100, description="The token of the visitor's own file, to be asked."),
    ] = None


def texts_for(request: Request) -> Texts:
    """The strings of the language that a browser asks for."""
    return load(choose(request.headers.get("accept-language", "")))


def turn_routes(backstage: Backstage, shelf: Shelf, uploads: Uploads | None = None) -> APIRouter:
    """The routes, for an application to include."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/keynote-qa/turn")
    async def turn(asked: TurnJSON, request: Request) -> Response:
        texts = texts_for(request)
        held = uploads.get(asked.upload) if uploads and asked.upload else None
        if asked.upload and held is None:
            return Json({"error": texts("error_upload"), "gone": True})
        own = held.assistant if held else None
        client = client_of(request.scope)
        try:
            reply = await while_there(
                request,
                backstage.ask(
                    asked.question,
                    asked.history or (),
                    asked.talk,
                    asked.speaker,
                    of=own,
                    client=client,
                ),
            )
            if reply is None:
                return Response(status_code=GONE)
            talks = (own or await backstage.assistant()).talks
        except KeynoteQAError as error:
            return _refused(texts, error)
        except Exception:
            log.exception("A question was not answered")
            return Json({"error": texts("error_crash")})
        answer = reply.answer
        return Json(
            {
                "html": turn_html(texts, reply, talks, own=own is not None),
                "answered": answer.answered,
                "text": f"{answer.question}\n\n{render.to_text(answer)}",
                "markdown": render.to_markdown(answer),
            }
        )

    @routes.get("/keynote-qa/passage/{row}")
    async def passage(row: int, request: Request) -> Json:
        texts = texts_for(request)
        try:
            assistant = await backstage.assistant()
        except KeynoteQAError as error:
            return _refused(texts, error)
        if not 0 <= row < len(assistant.index.passages):
            return Json({"error": texts("error_passage")})
        return Json(source_data(assistant.cite(row), assistant.talks))

    @routes.get("/keynote-qa/talk/{n}")
    async def talk(n: int, request: Request) -> Json:
        try:
            shown = await shelf.talk(n)
        except KeynoteQAError as error:
            return _refused(texts_for(request), error)
        except IndexError:
            return Json({"error": texts_for(request)("error_talk")})
        return Json({"outline": shown.outline, "article": shown.article})

    @routes.get("/keynote-qa/starters")
    async def starters(
        request: Request, talk: str | None = None, speaker: str | None = None
    ) -> Json:
        try:
            assistant = await backstage.assistant()
            questions = assistant.starters(STARTERS, talk=talk, speaker=speaker)
        except KeynoteQAError as error:
            return _refused(texts_for(request), error)
        return Json({"html": questions_html(questions)})

    return routes


def _refused(texts: Texts, error: KeynoteQAError) -> Json:
    if isinstance(error, BusyError):
        return Json({"error": texts("error_busy")}, 503, {"Retry-After": str(error.retry_after)})
    if isinstance(error, QuestionError) and error.key:
        return Json({"error": texts(f"error_{error.key}", **error.values)})
    return Json({"error": str(error)})
