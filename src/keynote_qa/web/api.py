"""The HTTP API: questions in, the JSON of answers out, and a page that tells how.

FastAPI's own documentation pages load scripts from another host, so the page at `/api/docs` is
made here, from the same OpenAPI document, and needs no script at all.

An application of its own, mounted at `/api`: whatever goes wrong below that is a JSON object too.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from keynote_qa import render
from keynote_qa.errors import KeynoteQAError, QuestionError
from keynote_qa.version import __version__
from keynote_qa.web.fairness import BusyError
from keynote_qa.web.leaving import GONE, while_there
from keynote_qa.web.limits import client_of
from keynote_qa.web.loading import Backstage, NotReadyError
from keynote_qa.web.schemas import AnswerJSON, AskJSON, ErrorJSON, TalksJSON, talk_json

_LOADED_SECONDS = 5  # about how long until the model is there
_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorJSON, "description": "The request cannot be read."},
    413: {"model": ErrorJSON, "description": "The request is too large."},
    422: {"model": ErrorJSON, "description": "The question cannot be asked as it is."},
    429: {"model": ErrorJSON, "description": "Too many questions from one address."},
    503: {"model": ErrorJSON, "description": "Still loading, or busy: see Retry-After."},
}


class Json(JSONResponse):
    """JSON that half a character in a question does not spoil; the command line does the same."""

    def render(self, content: Any) -> bytes:
        """The bytes that are sent."""
        return json.dumps(content, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")


def create_api(backstage: Backstage) -> FastAPI:
    """The routes to be mounted at `/api`; each error is `{"error": "..."}`."""
    api = FastAPI(
        title="Keynote Q&A",
        version=__version__,
        description="Answers about a talk in its own words, each with the place it comes from.",
        docs_url=None,
        redoc_url=None,
    )

    @api.post("/ask", response_model=AnswerJSON, responses=_ERRORS, summary="Ask a question")
    async def ask(asked: AskJSON, request: Request) -> Response:
        """Answer a question in the talk's own words, each quotation checked against its lines.

        That the talk doesn't say is an answer too: `answered` is false, and `nearest` holds the
        closest passages.
        """
        backstage.opened()
        client = client_of(request.scope)
        reply = await while_there(
            request,
            backstage.ask(
                asked.question, asked.history or (), asked.talk, asked.speaker, client=client
            ),
        )
        if reply is None:
            return Response(status_code=GONE)
        return Json(render.to_json(reply.answer))  # as the command line prints it

    @api.get("/talks", responses={503: _ERRORS[503]}, summary="List the talks")
    async def talks() -> TalksJSON:
        """The talks that are answered from."""
        backstage.opened()
        talks = await backstage.talks()
        return TalksJSON(talks=[talk_json(talk, slides) for talk, slides in talks])

    @api.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        return HTMLResponse(documentation_html(api.openapi(), request.scope["root_path"]))

    @api.exception_handler(KeynoteQAError)
    async def refuse(_: Request, error: KeynoteQAError) -> JSONResponse:
        status = 422 if isinstance(error, QuestionError) else 503
        again = None
        if isinstance(error, BusyError | NotReadyError):
            seconds = error.retry_after if isinstance(error, BusyError) else _LOADED_SECONDS
            again = {"Retry-After": str(seconds)}
        return Json({"error": str(error)}, status, again)

    api.add_exception_handler(RequestValidationError, malformed)

    @api.exception_handler(HTTPException)
    async def unserved(_: Request, error: HTTPException) -> JSONResponse:
        told = f"{error.detail}. See /api/docs for what there is."
        return Json({"error": told}, error.status_code, error.headers)

    @api.exception_handler(Exception)
    async def crashed(_: Request, __: Exception) -> JSONResponse:
        # What happened goes to the log: it is raised again once this is sent.
        sorry = "Something went wrong on this side, and the question was not answered."
        return Json({"error": sorry}, 500)

    return api


async def malformed(_: Request, error: Exception) -> Response:
    """The answer to a body that is not as the schemas say."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(step) for step in first["loc"] if step != "body")
    told = f"'{where}': {first['msg']}" if where else str(first["msg"])
    return Json({"error": f"{told}. See /api/docs for what is expected."}, 422)


def documentation_html(document: dict[str, Any], below: str) -> str:
    """An OpenAPI document as a page: each operation, what goes in, what comes out.

    `below` is the path that the document's are below.
    """
    info = document["info"]
    operations = "".join(
        _operation(below + path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    schemas = "".join(
        _schema(name, schema)
        for name, schema in document.get("components", {}).get("schemas", {}).items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])}: API</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(info['title'])}: API</h1><p>{escape(info.get('description', ''))} "
        'As a document for programs: <a href="openapi.json">openapi.json</a>.</p>'
        f"{operations}<h2>What goes in and out</h2>{schemas}</main></body></html>"
    )


_STYLE = (
    ":root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}"
    "main{margin:2rem auto;max-width:52rem;padding:0 1rem}"
    "code,pre{font-family:ui-monospace,monospace}"
    "h2{border-top:1px solid;margin-top:2rem;padding-top:1rem}dt{margin-top:.5rem}"
    "pre{overflow-x:auto;padding:.75rem;border:1px solid}"
)


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    told = escape(operation.get("description", operation.get("summary", "")))
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    takes = f"<p>Takes {_type(content.get('schema', {}))}.</p>" if content else ""
    gives = "".join(
        f"<dt><code>{escape(status)}</code></dt><dd>{escape(response.get('description', ''))} "
        f"{_type(response.get('content', {}).get('application/json', {}).get('schema', {}))}</dd>"
        for status, response in operation["responses"].items()
    )
    head = f"<h2><code>{escape(method.upper())} {escape(path)}</code></h2>"
    return f"{head}<p>{told}</p>{takes}<dl>{gives}</dl>"


def _schema(name: str, schema: dict[str, Any]) -> str:
    rows = "".join(
        f"<dt><code>{escape(key)}</code> {_type(value)}</dt>"
        f"<dd>{escape(value.get('description', ''))}{_example(value)}</dd>"
        for key, value in schema.get("properties", {}).items()
    )
    told = escape(schema.get("description", ""))
    return f'<h3 id="{escape(name)}"><code>{escape(name)}</code></h3><p>{told}</p><dl>{rows}</dl>'


def _example(schema: dict[str, Any]) -> str:
    shown = [json.dumps(example, ensure_ascii=False) for example in schema.get("examples", [])]
    return f"<pre>{escape(chr(10).join(shown))}</pre>" if shown else ""


def _type(schema: dict[str, Any]) -> str:
    """The type of a value, with a link to what is described on its own."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[-1])
        return f'<a href="#{name}"><code>{name}</code></a>'
    if "anyOf" in schema:
        return " or ".join(_type(option) for option in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return escape(schema.get("type", ""))
