"""Connections that keep a server waiting are cut off, and whoever comes beside them is served."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from itertools import cycle

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.databases import TestServer
from tests.hostile.server import Hub, closed_within, hub_process
from tests.schema.following import PROTOCOL, Socket, acknowledged

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("connections")]

SERVED_WITHIN_S = 5.0


@pytest.fixture(scope="module")
async def hub(server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hub]:
    """One for all: it has to bear them one after the other."""
    async with server.clone() as url, hub_process(url, tmp_path_factory.mktemp("hub")) as hub:
        yield hub


async def opened(stack: AsyncExitStack, hub: Hub) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A bare TCP connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", hub.port)
    stack.callback(writer.close)
    return reader, writer


def head(hub: Hub, length: int) -> bytes:
    lines = [
        "POST /graphql HTTP/1.1",
        f"host: {hub.address}",
        f"authorization: Bearer {hub.token}",
        "content-type: application/json",
        f"content-length: {length}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def served(hub: Hub) -> None:
    async with asyncio.timeout(SERVED_WITHIN_S):
        await hub.serves()


async def test_slow_heads_slow_bodies_and_silent_sockets_are_cut_off_together(hub: Hub) -> None:
    async with AsyncExitStack() as stack:
        silent = [await opened(stack, hub) for _ in range(100)]
        heads = [await opened(stack, hub) for _ in range(20)]
        bodies = [await opened(stack, hub) for _ in range(20)]
        for _, writer in heads:
            writer.write(b"POST /graphql HTTP/1.1\r\nhost: x\r\nx-slow: ")
        for _, writer in bodies:
            writer.write(head(hub, 1_000) + b"{")

        async def drip() -> None:
            while True:
                await asyncio.sleep(1)
                for _, writer in [*heads, *bodies]:
                    if not writer.is_closing():
                        writer.write(b"a")
                await served(hub)

        dripping = asyncio.create_task(drip())
        everybody = [*silent, *heads, *bodies]
        await asyncio.gather(*(closed_within(reader, 40) for reader, _ in everybody))
        dripping.cancel()
        await asyncio.gather(dripping, return_exceptions=True)
        await served(hub)


async def test_who_ends_his_own_side_halfway_is_let_go_at_once(hub: Hub) -> None:
    """Half-open sockets: nothing more can come, so there is nothing to wait for."""
    async with AsyncExitStack() as stack:
        opening = [opened(stack, hub) for _ in range(60)]
        halves = cycle((b"", b"POST /graphql HTTP/1.1\r\nhost: x\r\nx-half: ", head(hub, 1_000) + b"{"))
        connections = await asyncio.gather(*opening)
        for (_, writer), said in zip(connections, halves, strict=False):
            writer.write(said)
            writer.write_eof()
        await asyncio.gather(*(closed_within(reader, 9) for reader, _ in connections))
        await served(hub)


async def test_an_endless_head_is_refused_before_it_fills_the_memory(hub: Hub) -> None:
    before = hub.memory_mb()
    async with AsyncExitStack() as stack:
        for start in (b"GET /graphql HTTP/1.1\r\nx-long: ", b"GET /graphql?query=", b"GET / HTTP/1.1\r\n"):
            reader, writer = await opened(stack, hub)
            writer.write(start)
            piece = b"x-a: b\r\n" * 4_000 if start.endswith(b"\n") else b"x" * 32_000
            sent = 0
            try:
                while sent < 20_000_000 and not reader.at_eof():
                    writer.write(piece)
                    await writer.drain()
                    sent += len(piece)
            except ConnectionError:
                pass
            assert sent < 20_000_000
            await closed_within(reader, 20)
            await served(hub)
    assert hub.memory_mb() - before < 60


async def test_many_connections_at_once_leave_room_for_others(hub: Hub) -> None:
    async with AsyncExitStack() as stack:
        before = hub.memory_mb()
        for _ in range(400):
            _, writer = await opened(stack, hub)
            writer.write(b"GET /healthz HTTP/1.1\r\n")
        await served(hub)
        assert hub.memory_mb() - before < 100


async def test_a_socket_that_never_says_who_it_is_is_closed(hub: Hub) -> None:
    async with connect(f"ws://{hub.address}/graphql", subprotocols=[PROTOCOL], proxy=None) as client:
        with pytest.raises(ConnectionClosed) as closed:
            async with asyncio.timeout(30):
                await client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4408
    await served(hub)


async def told_at_the_end(client: Socket) -> tuple[int, str]:
    """Code and reason with which the server closes the socket; what it says before is read."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            await client.hear()
    code = client.connection.close_code
    assert code is not None
    return code, str(client.connection.close_reason)


async def test_a_giant_frame_closes_its_socket_only(hub: Hub) -> None:
    async with acknowledged(hub.address, hub.token) as client:
        await client.say(type="ping", payload={"x": "y" * 300_000})
        assert (await told_at_the_end(client))[0] == 1009
    await served(hub)


async def test_a_flood_of_messages_closes_its_socket_only(hub: Hub) -> None:
    async with acknowledged(hub.address, hub.token) as client:
        with contextlib.suppress(ConnectionClosed):
            for number in range(5_000):
                await client.say(type="ping")
                if number % 500 == 0:
                    await served(hub)
        assert await told_at_the_end(client) == (4429, "Too many messages")
    await served(hub)


async def test_operations_beyond_the_sockets_limit_are_refused_one_by_one(hub: Hub) -> None:
    async with acknowledged(hub.address, hub.token) as client:
        follow = 'subscription { customerUpdates(id: "Q3VzdG9tZXI6eA==") { event } }'
        for number in range(200):
            await client.subscribe(follow, {}, str(number))
        ended = 0
        while ended < 200:
            ended += (await client.hear())["type"] in ("error", "complete")
        await client.subscribe("{ viewer { subject } }", {}, "last")
        assert (await client.hear())["payload"]["data"]["viewer"]["subject"] == "agent-7"


async def test_an_answer_that_nobody_takes_holds_no_more_than_a_socket_does(hub: Hub) -> None:
    """A caller that asks again and again and never reads is not answered beyond what the socket holds."""
    before = hub.memory_mb()
    async with AsyncExitStack() as stack:
        body = json.dumps({"query": "{ __typename " + "viewer { subject } " * 300 + "}"}).encode()
        for _ in range(10):
            _, writer = await opened(stack, hub)
            transport = writer.transport
            assert isinstance(transport, asyncio.ReadTransport)
            transport.pause_reading()
            writer.write((head(hub, len(body)) + body) * 100)
        await served(hub)
        await served(hub)
        assert hub.memory_mb() - before < 150
