"""What keeps a silent connection alive, and what ends one whose peer has gone or whose server stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Frame, Opcode
from websockets.protocol import Event

from hub.access.principal import Role
from hub.live.changes import Change
from hub.live.publish import publish
from hub.store.engine import Database
from tests.schema.company import NOW, gid, uid
from tests.schema.following import PROTOCOL, Socket, acknowledged, events
from tests.schema.serving import Api, listening_api
from tests.waiting import until

pytestmark = pytest.mark.slow

ANNA = uid("Anna Bakker")
FOLLOW = """subscription($id: ID!, $after: String) {
  customerUpdates(id: $id, after: $after) { cursor event customer { name } } }"""
GIVEN: dict[str, object] = {"id": gid("Customer", ANNA)}
OFTEN_S = 0.05


@pytest.fixture(autouse=True)
async def in_time() -> AsyncIterator[None]:
    async with asyncio.timeout(60):
        yield


class Pinged(ClientConnection):
    """A client that counts the pings it answers."""

    pings = 0

    def process_event(self, event: Event) -> None:
        """As the library, once it is counted."""
        if isinstance(event, Frame) and event.opcode is Opcode.PING:
            self.pings += 1
        super().process_event(event)


async def test_a_stream_in_which_nothing_happens_is_commented(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    async with listening_api(database_url, tmp_path, events_comment_every_s=OFTEN_S) as (api, _):
        headers = {"authorization": f"Bearer {api.token(Role.AGENT)}", "accept": "text/event-stream"}
        body = {"query": FOLLOW, "variables": GIVEN}
        async with api.http.stream("POST", "/graphql", json=body, headers=headers) as response:
            assert response.headers["cache-control"] == "no-store"
            assert response.headers["x-accel-buffering"] == "no"
            lines = response.aiter_lines()
            comments = 0
            while comments < 3:
                comments += await anext(lines) == ": ping"


async def test_a_socket_is_pinged_and_one_that_does_not_answer_is_closed_and_forgotten(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    async with listening_api(database_url, tmp_path, ping_every_s=OFTEN_S * 4) as (api, address):
        url = f"ws://{address}/graphql"
        async with (
            connect(url, subprotocols=[PROTOCOL], proxy=None, create_connection=Pinged) as answering,
            acknowledged(address, api.token(Role.AGENT)) as mute,
        ):
            assert isinstance(answering, Pinged)
            await mute.subscribe(FOLLOW, GIVEN)
            await mute.hear()
            mute.connection.transport.pause_reading()
            feed = api.app.state.running.hub.feed

            async def forgotten() -> bool:
                return not any(feed._mailboxes.values())

            assert not await forgotten()
            await until(forgotten, 30)
            before = answering.pings

            async def pinged_again() -> bool:
                return answering.pings > before

            await until(pinged_again, 30)
            await Socket(answering).say(type="ping")
            assert await Socket(answering).hear() == {"type": "pong"}
            mute.connection.transport.abort()


@pytest.mark.parametrize("leaving", ["complete", "socket closed", "stream closed"])
async def test_who_leaves_is_forgotten(company: Database, database_url: str, tmp_path: Path, leaving: str) -> None:
    async with AsyncExitStack() as stack, AsyncExitStack() as followed:
        served = await stack.enter_async_context(listening_api(database_url, tmp_path))
        hub = served[0].app.state.running.hub
        if leaving == "stream closed":
            client = await opened(followed, served, "events", None)
            await anext(client)
        else:
            socket = await followed.enter_async_context(acknowledged(served[1], served[0].token(Role.AGENT)))
            await socket.subscribe(FOLLOW, GIVEN)
            await socket.hear()
        (caller,) = hub.admission._callers.values()
        assert (len(hub.watched), caller.subscriptions, len(hub.feed._mailboxes)) == (1, 1, 1)
        if leaving == "complete":
            await socket.say(id="1", type="complete")
        else:
            await followed.aclose()

        async def forgotten() -> bool:
            return (len(hub.watched), caller.subscriptions, len(hub.feed._mailboxes)) == (0, 0, 0)

        await until(forgotten, 30)


@pytest.mark.parametrize("transport", ["websocket", "events"])
async def test_a_server_that_stops_tells_its_subscribers_who_miss_nothing_at_the_next(
    company: Database, database_url: str, tmp_path: Path, transport: str
) -> None:
    async with AsyncExitStack() as stack, AsyncExitStack() as server:
        served = await server.enter_async_context(listening_api(database_url, tmp_path))
        client = await opened(stack, served, transport, None)
        _, first = await anext(client)
        cursor = first["data"]["customerUpdates"]["cursor"]
        stopping = asyncio.create_task(server.aclose())
        _, last = await anext(client)
        assert last["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        assert (await anext(client))[0] == "complete"
        await stopping
        async with company.transaction() as connection:
            await connection.execute(text("UPDATE customer SET name = 'Anna Anders' WHERE id = :id"), {"id": ANNA})
            await publish(connection, [Change("Customer", str(ANNA), "CustomerAttributeValueChangeEvent")], NOW)
        again = await stack.enter_async_context(listening_api(database_url, tmp_path))
        client = await opened(stack, again, transport, cursor)
        _, missed = await anext(client)
        assert missed["data"]["customerUpdates"]["customer"] == {"name": "Anna Anders"}


async def opened(
    stack: AsyncExitStack, served: tuple[Api, str], transport: str, after: str | None
) -> AsyncIterator[tuple[str, Any]]:
    """Names and data of what a follower of Anna hears."""
    api, address = served
    given = {**GIVEN, "after": after}
    if transport == "events":
        http = await stack.enter_async_context(httpx2.AsyncClient(base_url=f"http://{address}", timeout=10))
        return await stack.enter_async_context(events(http, api.token(Role.AGENT), FOLLOW, given))
    client = await stack.enter_async_context(acknowledged(address, api.token(Role.AGENT)))
    await client.subscribe(FOLLOW, given)

    async def hearing() -> AsyncIterator[tuple[str, Any]]:
        while True:
            message = await client.hear()
            yield message["type"], message.get("payload")

    return hearing()
