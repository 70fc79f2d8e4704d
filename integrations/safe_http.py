"""Requests to addresses that people typed: to public servers only, short, and never led astray.

The host is looked up once and the connection goes to the address that was checked, under the name
that was asked for (Host and SNI): a name that leads elsewhere the second time leads nowhere.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import httpx

from services import destinations
from services.destinations import Address, Destination

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 10.0
MAX_ANSWER_BYTES = 64 * 1024


class Unreachable(Exception):
    """Nobody took the request, or the answer made no sense."""


class TooSlow(Exception):
    """No answer in time; the request may have arrived."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; the body is cut at MAX_ANSWER_BYTES."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def post(url: str, body: bytes, headers: Mapping[str, str], *, allows_http: bool = False) -> Answer:
    """Post a body to an address, without following it anywhere else.

    Raises:
        destinations.Refused: it may not be reached.
        Unreachable, TooSlow.
    """
    destination = destinations.parse(url, allows_http=allows_http)
    addresses = destinations.resolve(destination)
    return asyncio.run(_post(destination, addresses, body, headers))


async def _post(
    destination: Destination, addresses: list[Address], body: bytes, headers: Mapping[str, str]
) -> Answer:
    """Try one address after the other, as long as nobody takes the connection."""
    try:
        async with asyncio.timeout(TOTAL_SECONDS), _client() as client:
            for address in addresses[:-1]:
                try:
                    return await _exchange(client, destination, address, body, headers)
                except (httpx.ConnectError, httpx.ConnectTimeout):
                    continue
            return await _exchange(client, destination, addresses[-1], body, headers)
    except (TimeoutError, httpx.TimeoutException) as error:
        raise TooSlow from error
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
        raise Unreachable from error


async def _exchange(
    client: httpx.AsyncClient,
    destination: Destination,
    address: Address,
    body: bytes,
    headers: Mapping[str, str],
) -> Answer:
    host = f"[{address}]" if address.version == 6 else str(address)
    request = client.build_request(
        "POST",
        f"{destination.scheme}://{host}:{destination.port}{destination.target}",
        content=body,
        headers={**headers, "Host": destination.authority},
        extensions={"sni_hostname": destination.host},
    )
    response = await client.send(request, stream=True)
    try:
        return Answer(response.status_code, response.headers, await _beginning(response))
    finally:
        await response.aclose()


async def _beginning(response: httpx.Response) -> bytes:
    """Read as it comes, packed or not: unpacking 64 KB could fill the memory."""
    read = bytearray()
    async for chunk in response.aiter_raw():
        read += chunk
        if len(read) >= MAX_ANSWER_BYTES:
            break
    return bytes(read[:MAX_ANSWER_BYTES])


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(
        verify=_certificates(),
        timeout=httpx.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS),
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": "AppTicket", "Accept-Encoding": "identity"},
    )


@cache
def _certificates() -> ssl.SSLContext:
    """Read the certificates once: it takes 20 ms."""
    return ssl.create_default_context()
