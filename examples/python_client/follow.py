"""Every change of a customer once and in order, through any number of broken connections, by server-sent events."""

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


class Refused(Exception):
    """The hub's own word, with its code; connecting again would not help."""


async def follow(client: httpx2.AsyncClient, identity: str) -> AsyncIterator[dict[str, Any]]:
    """The customer as he is now, then each change.

    The cursor of the last message leads on behind it, so nothing is lost or told twice.
    """
    after: str | None = None
    while True:
        try:
            async for data in _events(client, {"id": identity, "after": after}):
                after = data["customerUpdates"]["cursor"]
                yield data["customerUpdates"]
        except httpx2.TransportError:
            pass
        await asyncio.sleep(PAUSE_S)


async def _events(client: httpx2.AsyncClient, variables: dict[str, object]) -> AsyncIterator[dict[str, Any]]:
    body = {"query": FOLLOW, "variables": variables}
    headers = {"accept": "text/event-stream"}
    # The hub sends a sign of life every few seconds, so a minute of silence is a broken connection.
    timeout = httpx2.Timeout(10, read=60)
    async with client.stream("POST", "/graphql", json=body, headers=headers, timeout=timeout) as answer:
        if answer.status_code != 200:
            raise Refused((await answer.aread()).decode())
        async for line in answer.aiter_lines():
            if line.startswith("data:") and (text := line.removeprefix("data:").strip()):
                told = json.loads(text)
                if told.get("errors"):
                    raise Refused(told["errors"][0]["extensions"]["code"])
                yield told["data"]
