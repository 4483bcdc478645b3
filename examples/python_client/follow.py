"""Every change of a customer once and in order, by server-sent events: through broken connections and restarts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Final

import httpx2

FOLLOW: Final = """
subscription Follow($id: ID!, $after: String) {
  customerUpdates(id: $id, after: $after) { cursor event customer { id name } }
}
"""
PAUSE_S: Final = 0.5
READ_AFRESH: Final = "CURSOR_TOO_OLD"
"""The hub was restored, or this client was away for longer than changes are kept."""
PASSING_CODES: Final = {"UNAVAILABLE", "RATE_LIMITED", "TOO_MANY_AT_ONCE", "SLOW_SUBSCRIBER"}
PASSING_STATUSES: Final = {429, 502, 503, 504}
"""Of the hub, or of what stands before it while it is deployed."""


class Refused(Exception):
    """The hub's own word, with its code; connecting again would not help."""


class Interrupted(Exception):
    """The hub is stopping, or busy: it is good again after `wait_s`."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"again in {wait_s} s")
        self.wait_s = wait_s


async def follow(client: httpx2.AsyncClient, identity: str) -> AsyncIterator[dict[str, Any]]:
    """The customer as he is now, then each change.

    The cursor of the last message leads on behind it, so nothing is lost or told twice.
    """
    after: str | None = None
    while True:
        wait_s = PAUSE_S
        try:
            async for data in _events(client, {"id": identity, "after": after}):
                after = data["customerUpdates"]["cursor"]
                yield data["customerUpdates"]
        except httpx2.LocalProtocolError:
            raise  # What cannot be sent, such as a header without a token, cannot be sent the next time either.
        except httpx2.TransportError:
            pass
        except Refused as refused:
            if after is None or str(refused) != READ_AFRESH:
                raise
            after = None
        except Interrupted as interrupted:
            wait_s = interrupted.wait_s
        await asyncio.sleep(wait_s)


async def _events(client: httpx2.AsyncClient, variables: dict[str, object]) -> AsyncIterator[dict[str, Any]]:
    body = {"query": FOLLOW, "variables": variables}
    headers = {"accept": "text/event-stream"}
    # The hub sends a sign of life every few seconds, so a minute of silence is a broken connection.
    timeout = httpx2.Timeout(10, read=60)
    async with client.stream("POST", "/graphql", json=body, headers=headers, timeout=timeout) as answer:
        if answer.status_code in PASSING_STATUSES:
            told_s = answer.headers.get("retry-after", "")
            raise Interrupted(float(told_s) if told_s.isdecimal() else PAUSE_S)
        if answer.status_code != 200:
            raise Refused((await answer.aread()).decode())
        async for line in answer.aiter_lines():
            if line.startswith("data:") and (text := line.removeprefix("data:").strip()):
                told = json.loads(text)
                if told.get("errors"):
                    raise _ended(told["errors"][0]["extensions"])
                yield told["data"]


def _ended(extensions: dict[str, Any]) -> Interrupted | Refused:
    if extensions["code"] in PASSING_CODES:
        return Interrupted(extensions.get("retryAfterSeconds", PAUSE_S))
    return Refused(extensions["code"])
