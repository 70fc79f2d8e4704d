"""The description of the API (OpenAPI 3.1), and the page that shows it, from files of our own."""

from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from starlette.responses import FileResponse, JSONResponse
from swagger_ui_bundle import swagger_ui_path

from integrations.api import problems
from integrations.api.problems import Problem

TITLE = "AppTicket"
ABOUT = """
Whatever a page does, another system can do here, with the same rights and the same refusals.

Send a token with each request: `Authorization: Bearer at_…`. It is made in one’s profile, by an
administrator for a service, or with `python main.py token`. Cookies are never looked at.

Refusals are `application/problem+json` in the language of `Accept-Language`; `code` is stable.
Lists go on with `cursor`. `Idempotency-Key` makes a POST safe to repeat for a day. `If-Match` with
the `ETag` of what one has read refuses to change what somebody else has changed meanwhile.
"""
TAGS = [
    {"name": "tickets", "description": "Tickets, and what is done to them."},
    {"name": "comments", "description": "The conversation of a ticket, and notes for staff."},
    {"name": "attachments", "description": "Files, streamed up and down."},
    {"name": "links", "description": "Links between tickets, and to the world outside."},
    {"name": "trash", "description": "Deleted tickets, for administrators."},
    {"name": "search", "description": "Finding tickets and people by what is said in them."},
    {"name": "bursts", "description": "Several similar tickets within minutes, for staff."},
    {"name": "views", "description": "Filters and orders kept under a name."},
    {"name": "users", "description": "Accounts, and finding people."},
    {"name": "teams", "description": "Teams and their members."},
    {"name": "categories", "description": "The tree of categories."},
    {"name": "webhooks", "description": "Other systems that are told what happens."},
    {"name": "calendars", "description": "When an organisation works, and what follows."},
    {"name": "deadlines", "description": "What is promised, and why a ticket is due when it is."},
    {"name": "statistics", "description": "Figures, for staff."},
    {"name": "reports", "description": "Figures of some days, kept as they were made."},
    {"name": "me", "description": "Who the token speaks for."},
    {"name": "notifications", "description": "What one is told, and how one wants to be."},
    {"name": "tokens", "description": "Tokens of one’s own and of services."},
    {"name": "jobs", "description": "What runs by itself, for monitoring."},
]
CHANGES_NOTHING = "x-changes-nothing"  # of a POST, which then needs no Idempotency-Key
_FILES = ("swagger-ui-bundle.js", "swagger-ui.css")
_WHEN = {
    "400": "The body is not JSON.",
    "401": "No valid token.",
    "403": "The role or the scope does not allow it.",
    "404": "Absent, or not for the caller to see.",
    "409": "The ticket does not stand where that is possible.",
    "412": "If-Match names another version.",
    "413": "Too large.",
    "415": "Not the media type that is taken here.",
    "422": "A field is wrong; `errors` names it.",
    "429": "Too many requests; Retry-After says how long to wait.",
    "503": "The database is away; try again.",
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same request is answered once and repeated for a day.",
    "schema": {"type": "string", "maxLength": 255},
}
_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag one has read.",
    "schema": {"type": "string"},
}


def router(api: FastAPI) -> APIRouter:
    """Return the routes of the description and its page; anybody may read what is in our source."""
    found = APIRouter(include_in_schema=False)

    @found.get("/openapi.json")
    async def openapi() -> Response:
        return JSONResponse(api.openapi())

    @found.get("/docs")
    async def docs(request: Request) -> Response:
        base = f"{request.scope.get('root_path', '')}"
        return get_swagger_ui_html(
            openapi_url=f"{base}/openapi.json",
            title=f"{TITLE} · API",
            swagger_js_url=f"{base}/docs/{_FILES[0]}",
            swagger_css_url=f"{base}/docs/{_FILES[1]}",
            swagger_favicon_url="/favicon.ico",
        )

    @found.get("/docs/{name}")
    async def file(name: str) -> Response:
        if name not in _FILES:
            raise HTTPException(404)
        return FileResponse(
            Path(str(swagger_ui_path)) / name, headers={"Cache-Control": "public, max-age=86400"}
        )

    return found


def described(api: FastAPI) -> dict[str, Any]:
    """Return the description, with what all operations share put in."""
    if api.openapi_schema is None:
        made = get_openapi(
            title=TITLE,
            version="1",
            openapi_version="3.1.0",
            description=ABOUT.strip(),
            routes=api.routes,
            tags=TAGS,
            servers=[{"url": "/api/v1"}],
        )
        parts = made["components"]
        for name in ("HTTPValidationError", "ValidationError"):
            parts["schemas"].pop(name, None)
        parts["schemas"].update(_schemas_of_problem())
        parts["responses"] = {_name(status): _refusal(why) for status, why in _WHEN.items()}
        for path, methods in made["paths"].items():
            for method, operation in methods.items():
                _complete(path, method, operation)
        api.openapi_schema = made
    return api.openapi_schema


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    """Add refusals, headers and a readable name to an operation."""
    operation["operationId"] = operation["summary"].lower().replace(" ", "_")
    responses = operation["responses"]
    is_change = method != "get"
    takes_body = "requestBody" in operation
    for status in _WHEN:
        if status in ("400", "415", "413") and not takes_body:
            continue
        if status in ("409", "412") and not is_change:
            continue
        responses[status] = {"$ref": f"#/components/responses/{_name(status)}"}
    if method == "post" and CHANGES_NOTHING not in operation:
        operation.setdefault("parameters", []).append(_KEY)
    if is_change and "{" in path:
        operation.setdefault("parameters", []).append(_MATCH)
    for status, response in responses.items():
        if status.startswith("2"):
            response.setdefault("headers", {})["X-Request-Id"] = _HEADER


_HEADER = {"description": "To be told to the administrator.", "schema": {"type": "string"}}


def _refusal(why: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": why, "content": {problems.MEDIA_TYPE: {"schema": schema}}}


def _name(status: str) -> str:
    return f"Problem{status}"


@cache
def _schemas_of_problem() -> dict[str, Any]:
    made = Problem.model_json_schema(
        ref_template="#/components/schemas/{model}", mode="serialization"
    )
    inner: dict[str, Any] = made.pop("$defs")
    return {"Problem": made, **inner}
