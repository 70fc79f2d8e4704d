"""A client of AppTicket's API in one file: copy it, and change what you need.

    python client.py https://help.example.org at_…  # opens a ticket, talks on it, lists, resolves

It needs httpx. Every request that changes something is safe to send again: it carries a key.
"""

import sys
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx


class Refused(Exception):
    """What the server answered instead: `code` is for programs, the text for people."""

    def __init__(self, problem: dict[str, Any]) -> None:
        wrong = "; ".join(f"{e['field']}: {e['message']}" for e in problem.get("errors", []))
        super().__init__(f"{problem.get('detail', 'No answer')} {wrong}".strip())
        self.code: str = problem.get("code", "unknown")
        self.problem = problem


class AppTicket:
    """The API of one installation, as the owner of a token."""

    def __init__(self, base_url: str, token: str, *, language: str = "en") -> None:
        self._http = httpx.Client(
            base_url=f"{base_url.rstrip('/')}/api/v1/",
            headers={"Authorization": f"Bearer {token}", "Accept-Language": language},
            timeout=30,
        )

    def get(self, path: str, **query: Any) -> Any:
        """Return what is at a path."""
        return self._send("GET", path, params=query).json()

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        """Do something, once, however often the network makes us send it."""
        key = {"Idempotency-Key": uuid.uuid4().hex}
        answer = self._send("POST", path, json=body, headers=key, **more)
        return answer.json() if answer.content else None

    def patch(self, path: str, body: Any, *, version: int | None = None) -> Any:
        """Change some fields; with `version`, only if nobody has changed it since."""
        match = {} if version is None else {"If-Match": f'"{version}"'}
        return self._send("PATCH", path, json=body, headers=match).json()

    def delete(self, path: str) -> None:
        """Take something away."""
        self._send("DELETE", path)

    def each(self, path: str, **query: Any) -> Iterator[Any]:
        """Return all items of a list, page after page."""
        while True:
            page = self.get(path, **query)
            yield from page["items"]
            if not page.get("next"):
                return
            query["cursor"] = page["next"]

    def attach(self, number: int, name: str, content: bytes) -> Any:
        """Attach a file to a ticket."""
        return self.post(f"tickets/{number}/attachments", files={"file": (name, content)})

    def download(self, url: str) -> bytes:
        """Return the bytes of a file, by the `url` of its attachment."""
        return self._send("GET", str(self._http.base_url.join(url))).content

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        more = {name: value for name, value in more.items() if value is not None}
        for attempt in range(5):
            try:
                answer = self._http.request(method, path, **more)
            except httpx.TransportError:
                if attempt == 4:
                    raise
                time.sleep(2**attempt / 4)
                continue
            if answer.status_code not in (429, 503):
                break
            time.sleep(min(30, int(answer.headers.get("Retry-After", "1"))))
        if answer.is_error:
            is_problem = "json" in answer.headers.get("Content-Type", "")
            raise Refused(answer.json() if is_problem else {"detail": answer.text})
        return answer


def main(base_url: str, token: str) -> None:
    """Show a ticket's life."""
    api = AppTicket(base_url, token)
    me = api.get("me")
    print(f"I am {me['name']} ({me['role']}).")
    ticket = api.post("tickets", {"title": "Printer silent", "urgency": "high"})
    number = ticket["number"]
    api.post(f"tickets/{number}/comments", {"body": "It worked **yesterday**."})
    file = api.attach(number, "log.txt", b"paper jam\n")
    print(f"Ticket #{number}, file of {len(api.download(file['url']))} bytes.")
    print("Mine:", [t["number"] for t in api.each("tickets", requester="me", limit=2)])
    ticket = api.get(f"tickets/{number}")
    try:
        ticket = api.patch(f"tickets/{number}", {"impact": "low"}, version=ticket["version"])
    except Refused as refusal:
        print(f"Refused ({refusal.code}): {refusal}")
    api.post(f"tickets/{number}/transition", {"status": "cancelled"})
    print("Now:", api.get(f"tickets/{number}")["status"])


if __name__ == "__main__":
    main(*sys.argv[1:])
