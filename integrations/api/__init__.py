"""The REST API: what the pages do, for other systems, through the same services (C12)."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp

from data.config import Settings
from integrations.api import (
    actions,
    around,
    bulk,
    bursts,
    calendars,
    charts,
    deadlines,
    deliveries,
    description,
    find,
    jobs,
    notifications,
    oneself,
    organisation,
    people,
    problems,
    recurring,
    reports,
    stats,
    talk,
    tickets,
    views,
    webhooks,
)
from integrations.api.access import Access
from services.errors import DomainError


def create(settings: Settings) -> ASGIApp:
    """Return what is mounted at /api: version 1, its description, its documentation."""
    inner = version_1()
    outer = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    outer.include_router(description.router(inner))
    outer.mount("/v1", Access(inner, settings))
    return outer


def version_1() -> FastAPI:
    """Return the application that answers under /api/v1 once a token was seen."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    for part in _PARTS:
        app.include_router(part.router)
    app.add_exception_handler(DomainError, problems.refused)
    app.add_exception_handler(RequestValidationError, problems.misformed)
    app.add_exception_handler(ValidationError, problems.misformed)
    app.add_exception_handler(HTTPException, problems.misplaced)
    app.add_exception_handler(SQLAlchemyError, problems.lost)
    app.add_exception_handler(ClientDisconnect, problems.gone)
    app.add_exception_handler(Exception, problems.broken)
    app.openapi = lambda: description.described(app)  # type: ignore[method-assign] # as FastAPI says
    return app


_PARTS = (
    *(bulk, bursts, tickets, actions, talk, around, find, views),
    *(people, organisation, calendars, deadlines, stats, charts, recurring, reports, oneself),
    *(notifications, webhooks, deliveries, jobs),
)
