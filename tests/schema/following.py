"""Clients that follow a subscription, over each transport, as a browser would."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

PROTOCOL = Subprotocol("graphql-transport-ws")


class Socket:
    """A graphql-transport-ws connection; messages are read in the order in which they come."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, **message: object) -> None:
        """Send one message of the protocol."""
        await self.connection.send(json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        """The next message that is no keep-alive."""
        heard: dict[str, Any] = json.loads(await self.connection.recv())
        return heard

    async def subscribe(self, document: str, variables: Mapping[str, object], name: str = "1") -> None:
        """Start a subscription."""
        await self.say(id=name, type="subscribe", payload={"query": document, "variables": variables})


@asynccontextmanager
async def socket(address: str, token: str | None, told: Mapping[str, object] | None = None) -> AsyncIterator[Socket]:
    """A connection that has said who it is in connection_init, not yet acknowledged."""
    async with connect(f"ws://{address}/graphql", subprotocols=[PROTOCOL], proxy=None) as connection:
        opened = Socket(connection)
        payload = {} if token is None else {"authorization": f"Bearer {token}"}
        await opened.say(type="connection_init", payload={**payload, **(told or {})})
        yield opened


@asynccontextmanager
async def acknowledged(address: str, token: str) -> AsyncIterator[Socket]:
    """A connection that is ready for operations."""
    async with socket(address, token) as opened:
        assert await opened.hear() == {"type": "connection_ack"}
        yield opened


@asynccontextmanager
async def events(
    http: httpx2.AsyncClient,
    token: str,
    document: str,
    variables: Mapping[str, object],
    more: Mapping[str, str] | None = None,
) -> AsyncIterator[AsyncIterator[tuple[str, Any]]]:
    """Server-sent events in distinct connections mode, as (event, data); `more` are headers."""
    headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream", **(more or {})}
    body = {"query": document, "variables": variables}
    async with http.stream("POST", "/graphql", json=body, headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        yield read_events(response)


async def read_events(response: httpx2.Response) -> AsyncIterator[tuple[str, Any]]:
    """Each event of the stream with its data; comments that keep the connection alive are left out."""
    name = ""
    async for line in response.aiter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data:"):
            data = line.removeprefix("data:").strip()
            yield name, json.loads(data) if data else None
