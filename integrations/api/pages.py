"""Lists page by page: a cursor to go on with, and the same as a Link header (RFC 8288)."""

import base64
import binascii
from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.responses import Response

from integrations.api.call import Call
from services.checks import LOST_PAGE
from services.errors import Invalid
from services.permissions import Actor

P = TypeVar("P", bound=BaseModel)


async def linked(call: Call, work: Callable[[Session, Actor], P]) -> Response:
    """Answer with a page, and say in a header where the next one is."""
    page = await call.look(work)
    headers = {}
    if following := getattr(page, "next", None):
        url = call.request.url.include_query_params(cursor=following)
        headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    return Response(page.model_dump_json(), 200, headers, media_type="application/json")


def packed(cursor: str | None) -> str | None:
    """Return a cursor of the services fit for an address."""
    return base64.urlsafe_b64encode(cursor.encode()).decode() if cursor else None


def unpacked(cursor: str | None) -> str | None:
    """Return the cursor that was packed; raise Invalid for one that was not."""
    if not cursor:
        return None
    try:
        return base64.b64decode(cursor, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise Invalid({"cursor": LOST_PAGE}) from None
