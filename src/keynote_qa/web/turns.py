"""The page's own requests: a question asked, and the place that an address names.

`POST /keynote-qa/turn` answers a question with its HTML and with what is copied of it;
`GET /keynote-qa/passage/{row}` says which lines a citation's address (`#p42`) means. Both speak the
visitor's language, and say what went wrong as `{"error": "..."}`: with status 200, for a browser
would tell of any other in its console, where nothing but a fault of the page belongs. Too many
questions at once get status 503 and `Retry-After`, as from the API.
"""

from __future__ import annotations

import logging

from fastapi import APIRouter, Request, Response

from keynote_qa import render
from keynote_qa.errors import KeynoteQAError, QuestionError
from keynote_qa.web.api import Json
from keynote_qa.web.conversation import source_data, turn_html
from keynote_qa.web.fairness import BusyError
from keynote_qa.web.leaving import GONE, while_there
from keynote_qa.web.limits import client_of
from keynote_qa.web.loading import Backstage
from keynote_qa.web.schemas import AskJSON
from keynote_qa.web.texts import Texts, choose, load

log = logging.getLogger(__name__)


def texts_for(request: Request) -> Texts:
    """The strings of the language that a browser asks for."""
    return load(choose(request.headers.get("accept-language", "")))


def turn_routes(backstage: Backstage) -> APIRouter:
    """The routes, for an application to include."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/keynote-qa/turn")
    async def turn(asked: AskJSON, request: Request) -> Response:
        texts = texts_for(request)
        client = client_of(request.scope)
        try:
            reply = await while_there(
                request,
                backstage.ask(asked.question, asked.history or (), asked.talk, client=client),
            )
            if reply is None:
                return Response(status_code=GONE)
            talks = (await backstage.assistant()).talks
        except KeynoteQAError as error:
            return _refused(texts, error)
        except Exception:
            log.exception("A question was not answered")
            return Json({"error": texts("error_crash")})
        answer = reply.answer
        return Json(
            {
                "html": turn_html(texts, reply, talks),
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

    return routes


def _refused(texts: Texts, error: KeynoteQAError) -> Json:
    if isinstance(error, BusyError):
        return Json({"error": texts("error_busy")}, 503, {"Retry-After": str(error.retry_after)})
    if isinstance(error, QuestionError) and error.key:
        return Json({"error": texts(f"error_{error.key}", **error.values)})
    return Json({"error": str(error)})
