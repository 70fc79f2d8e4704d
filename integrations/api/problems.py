"""Refusals as machines and people read them: problem details in one’s language (RFC 9457)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response
from starlette.routing import compile_path

from services import events
from services.errors import DomainError, Invalid, NotFound, Throttled
from services.words import N_, _

MEDIA_TYPE = "application/problem+json"


class Malformed(DomainError):
    """The body is no JSON."""

    code = "malformed"
    sentence = N_("The body is not JSON that can be read.")


class Misfit(Invalid):
    """The request does not fit the description; its fields are named as they were sent."""


class WrongMediaType(DomainError):
    """The body is of a kind that is not taken here."""

    code = "wrong_media_type"
    sentence = N_("Send this as {wanted}.")


class TooLarge(DomainError):
    """The body is longer than any that makes sense here."""

    code = "too_large"
    sentence = N_("This request is too large.")


class WrongMethod(DomainError):
    """There is something at this address, but not for this method."""

    code = "wrong_method"
    sentence = N_("This address does not know that method.")


class Stale(DomainError):
    """If-Match names a version that is no longer the present one."""

    code = "stale"
    sentence = N_("This has changed since you read it: read it again.")


class TooMany(Throttled):
    """More requests than the rate of a token allows."""

    code = "too_many_requests"
    sentence = N_("Too many requests. Go on in {seconds} s.")


class DatabaseLost(DomainError):
    """The database does not answer."""

    code = "database_lost"
    sentence = N_("The server cannot reach its database: try again shortly.")


class Broken(DomainError):
    """A mistake of ours."""

    code = "broken"
    sentence = N_("The server made a mistake. Tell your administrator this number: {id}.")


STATUS: dict[str, int] = {
    "bad_token": 401,
    "blocked": 409,
    "broken": 500,
    "closed": 409,
    "conflict": 409,
    "database_lost": 503,
    "in_use": 409,
    "invalid": 422,
    "key_reused": 422,
    "malformed": 400,
    "not_allowed": 403,
    "not_found": 404,
    "not_ready": 404,
    "scope_missing": 403,
    "stale": 412,
    "switched_off": 409,
    "taken": 409,
    "too_large": 413,
    "too_late": 409,
    "too_many_reports": 409,
    "too_many_requests": 429,
    "under_way": 409,
    "wrong_media_type": 415,
    "wrong_method": 405,
    "wrong_state": 409,
}


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(BaseModel):
    """Why a request was refused: `code` is for programs, `detail` is for people."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:appticket:invalid",
                "title": "Unprocessable Content",
                "status": 422,
                "code": "invalid",
                "detail": "Some of what you entered needs a correction.",
                "errors": [{"field": "title", "message": "This field cannot be empty."}],
                "facts": {},
                "request_id": "3f2a9c5e8b7d4a10",
            }
        }
    )

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldError] = []
    facts: dict[str, Any] = {}
    request_id: str


def answer(refusal: DomainError, request_id: str, headers: Mapping[str, str] = {}) -> Response:
    """Return a refusal as a response, in the language being spoken."""
    body = described(refusal, request_id)
    more = dict(headers)
    if body.status == 401:
        more["WWW-Authenticate"] = 'Bearer realm="AppTicket"'
    if isinstance(refusal, Throttled):
        more["Retry-After"] = str(refusal.facts["seconds"])
    if body.status == 503:
        more["Retry-After"] = "5"
    return Response(body.model_dump_json(), body.status, more, media_type=MEDIA_TYPE)


def described(refusal: DomainError, request_id: str) -> Problem:
    """Return a refusal as problem details."""
    status = STATUS.get(refusal.code, 409)
    wrong = refusal.by_field() if isinstance(refusal, Invalid) else {}
    return Problem(
        type=f"urn:appticket:{refusal.code}",
        title=_TITLES[status],
        status=status,
        code=refusal.code,
        detail=refusal.say(),
        errors=[FieldError(field=_named(refusal, f), message=why) for f, why in wrong.items()],
        facts={name: events.plain(value) for name, value in refusal.facts.items()},
        request_id=request_id,
    )


def _named(refusal: DomainError, name: str) -> str:
    """Return what a field of the services is called in JSON: `team_id` is `team`."""
    if isinstance(refusal, Misfit):
        return name
    if name in _OTHERWISE:
        return _OTHERWISE[name]
    return re.sub(r"_ids$", "s", name).removesuffix("_id")


async def refused(request: Request, error: Any) -> Response:
    """Answer a refusal of the services."""
    return answer(error, request.state.request_id)


async def misformed(request: Request, error: Any) -> Response:
    """Answer a request that does not fit the description: a validation error of either kind."""
    return answer(translated(error.errors()), request.state.request_id)


async def misplaced(request: Request, error: Any) -> Response:
    """Answer what the framework refuses: no such address, no such method, a broken body."""
    kinds = {400: Malformed, 404: NotFound, 405: WrongMethod, 413: TooLarge}
    headers = {"Allow": _allowed(request)} if error.status_code == 405 else {}
    return answer(kinds[error.status_code](), request.state.request_id, headers)


def _allowed(request: Request) -> str:
    """Return all methods of an address; the framework names those of its first route only."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    paths = request.app.openapi()["paths"]
    fits = (methods for template, methods in paths.items() if compile_path(template)[0].match(path))
    return ", ".join(sorted(method.upper() for method in paths.get(path) or next(fits, ())))


async def lost(request: Request, _error: Exception) -> Response:
    """Answer while the database is away."""
    return answer(DatabaseLost(), request.state.request_id)


async def gone(request: Request, _error: Exception) -> Response:
    """Answer nobody: who sent the body left half-way."""
    return answer(Malformed(), request.state.request_id)


async def broken(request: Request, _error: Exception) -> Response:
    """Answer a mistake of ours; the framework hands the error on to the log."""
    request_id = request.state.request_id
    return answer(Broken(id=request_id), request_id)


def translated(errors: Sequence[Any]) -> DomainError:
    """Return what a validation found as one refusal, in the language being spoken."""
    if any(error["type"] == "json_invalid" for error in errors):
        return Malformed()
    if any(error["loc"][:1] == ("path",) for error in errors):
        return NotFound()  # what cannot be the address of something is nothing’s address
    problems: dict[str, str] = {}
    for error in errors:
        problems.setdefault(_field(error["loc"]), _why(error))
    return Misfit(problems)


def _field(location: Iterable[Any]) -> str:
    parts = [str(part) for part in location]
    if parts and parts[0] in ("body", "query", "header"):
        parts = parts[1:]
    return ".".join(parts)[:100] or "body"


def _why(error: Mapping[str, Any]) -> str:
    sentence = _(_SENTENCES.get(error["type"], _OTHER))
    facts = error.get("ctx", {})
    limit = next((facts[name] for name in _LIMITS if name in facts), "")
    return sentence.replace("{limit}", str(limit)).replace("{", "{{").replace("}", "}}")


_OTHERWISE = {"helper_id": "person", "observer_id": "person", "category_id": "category"}
_LIMITS = ("max_length", "min_length", "le", "ge")
_OTHER = N_("This is not a value that is taken here.")
_SENTENCES = {
    "missing": N_("This field is needed."),
    "extra_forbidden": N_("There is no such field here."),
    "string_too_long": N_("At most {limit} characters, please."),
    "too_long": N_("At most {limit} of them, please."),
    "too_short": N_("At least {limit} of them, please."),
    "enum": N_("Choose one of the values offered."),
    "literal_error": N_("Choose one of the values offered."),
    "less_than_equal": N_("At most {limit}, please."),
    "greater_than_equal": N_("At least {limit}, please."),
}
_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    412: "Precondition Failed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
