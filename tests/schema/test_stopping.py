"""What clients see of a server that stops, as at every deployment."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text
from websockets.exceptions import ConnectionClosed

from hub.access.principal import Role
from hub.live.changes import Change
from hub.live.publish import publish
from hub.store.engine import Database
from tests.hostile.server import Hub, hub_process
from tests.schema.company import NOW, gid, uid
from tests.schema.following import Socket, acknowledged, events
from tests.schema.serving import listening_api
from tests.waiting import until

pytestmark = pytest.mark.slow

FOLLOW = "subscription($id: ID!) { customerUpdates(id: $id) { cursor event customer { name } } }"
ANNA = uid("Anna Bakker")
GIVEN: dict[str, object] = {"id": gid("Customer", ANNA)}


async def told(client: Socket) -> dict[str, list[str]]:
    """The code and the end that its subscription heard, and the code with which the socket was closed."""
    heard: dict[str, list[str]] = {"1": []}
    try:
        while True:
            message = await client.hear()
            if message["type"] == "next":
                heard[message["id"]].append(message["payload"]["errors"][0]["extensions"]["code"])
            else:
                heard[message["id"]].append(message["type"])
    except ConnectionClosed as closed:
        heard["socket"] = [str(closed.rcvd.code if closed.rcvd else None)]
    return heard


async def test_who_is_being_told_of_a_change_hears_it_and_is_told_before_his_socket_is_closed(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    async with asyncio.timeout(60), AsyncExitStack() as stack, AsyncExitStack() as server:
        api, address = await server.enter_async_context(listening_api(database_url, tmp_path))
        client = await stack.enter_async_context(acknowledged(address, api.token(Role.AGENT)))
        await client.subscribe(FOLLOW, GIVEN)
        assert (await client.hear())["payload"]["data"]["customerUpdates"]["event"] == "CURRENT"
        hearing = asyncio.create_task(client.hear())
        async with company.transaction() as holder:
            await holder.execute(text("LOCK TABLE customer IN ACCESS EXCLUSIVE MODE"))
            async with company.transaction() as connection:
                await publish(connection, [Change("Customer", str(ANNA), "CustomerAttributeValueChangeEvent")], NOW)
            await until(lambda: waits(company), 30)
            stopping = asyncio.create_task(server.aclose())
            await asyncio.wait([hearing], timeout=0.5)  # the server would have closed the socket by then
        assert (await hearing)["payload"]["data"]["customerUpdates"]["customer"] == {"name": "Anna Bakker"}
        assert await told(client) == {"1": ["UNAVAILABLE", "complete"], "socket": ["1012"]}
        await stopping


async def waits(database: Database) -> bool:
    """Whether a statement waits for a lock."""
    async with database.reading() as connection:
        found = await connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))
    return bool(found)


async def refused(hub: Hub) -> bool:
    """Whether nobody listens any more."""
    try:
        await hub.http.get("/healthz")
    except httpx2.TransportError:
        return True
    return False


async def test_a_process_that_is_terminated_tells_its_subscribers_and_finishes_what_is_under_way(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    async with asyncio.timeout(120), AsyncExitStack() as stack:
        hub = await stack.enter_async_context(hub_process(database_url, tmp_path))
        client = await stack.enter_async_context(acknowledged(hub.address, hub.token))
        await client.subscribe(FOLLOW, GIVEN)
        assert (await client.hear())["payload"]["data"]["customerUpdates"]["event"] == "CURRENT"
        stream = await stack.enter_async_context(events(hub.http, hub.token, FOLLOW, GIVEN))
        await anext(stream)
        listening = asyncio.create_task(told(client))
        async with company.transaction() as holder:
            await holder.execute(text("LOCK TABLE customer IN ACCESS EXCLUSIVE MODE"))
            asked = asyncio.create_task(hub.ask())
            await until(lambda: waits(company), 30)
            os.kill(hub.pid, signal.SIGTERM)
            _, last = await anext(stream)
            assert last["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
            assert [name async for name, _ in stream] == ["complete"]
            assert await listening == {"1": ["UNAVAILABLE", "complete"], "socket": ["1012"]}
        answer = await asked
        assert (answer.status_code, len(answer.json()["data"]["customers"]["edges"])) == (200, 4)
        await until(lambda: refused(hub), 30)
