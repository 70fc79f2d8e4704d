"""Pages whose browser is away: nothing is done for them, and they are fresh when it is back."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy.orm import Session

from data.models import Ticket
from services import tickets
from tests.conftest import People, Queries
from tests.pages.conftest import Visit, Visitor


@contextmanager
def away(visitor: Visitor) -> Iterator[None]:
    """Let a page lose its connection, until the end of the block."""
    client = visitor._client
    tab, client.tab_id = client.tab_id, None
    yield
    client.tab_id = tab
    for handler in client.connect_handlers:
        client.safe_invoke(handler)


@pytest.mark.parametrize("path", ["/tickets/1", "/queue", "/"])
async def test_a_page_that_nobody_reads_is_fresh_when_its_browser_is_back(
    visit: Visit, s: Session, people: People, ticket: Ticket, queries: Queries, path: str
) -> None:
    bruno, chloe = await visit("bruno", path), await visit("chloe", path)
    await bruno.sees("Imprimante muette")

    with away(bruno):
        tickets.edit(s, people.diane, ticket.number, {"title": "Imprimante réparée"})
        s.commit()
        await chloe.sees("Imprimante réparée")
        assert "Imprimante réparée" not in bruno.shown()

    await bruno.sees("Imprimante réparée")
