"""What is no message of graphql-transport-ws closes its socket with the protocol's code, and is no fault of the hub."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from hub.access.development import DevelopmentTokens
from hub.access.principal import Role
from hub.access.remote_keys import RemoteKeys
from hub.access.tokens import ALGORITHMS, TokenVerifier, Trust
from hub.clock import utc_now
from hub.entrypoints.asgi.app import create_app
from hub.entrypoints.asgi.server import listening
from hub.errors import Transient
from hub.store.engine import Database
from tests.access.issuing import AUDIENCE, ISSUER
from tests.hostile.server import bearer_of
from tests.schema.following import PROTOCOL, Socket, acknowledged
from tests.schema.serving import Api, listening_api, services

pytestmark = pytest.mark.slow

ASK = "{ viewer { subject } }"


@pytest.fixture
async def served(company: Database, database_url: str, tmp_path: Path) -> AsyncIterator[tuple[Api, str]]:
    async with asyncio.timeout(60), listening_api(database_url, tmp_path) as served:
        yield served


async def closed(client: Socket) -> tuple[int, str]:
    """Code and reason of the close; nothing may come before."""
    with pytest.raises(ConnectionClosed) as ended:
        await client.hear()
    assert ended.value.rcvd is not None
    return ended.value.rcvd.code, ended.value.rcvd.reason


def operation(**payload: object) -> dict[str, object]:
    return {"id": "1", "type": "subscribe", "payload": {"query": ASK, **payload}}


@pytest.mark.parametrize(
    "message",
    [
        5,
        None,
        [],
        "ping",
        {},
        {"type": 5},
        {"type": ["ping"]},
        {"type": "é" * 200},
        {"type": "ping", "payload": "x"},
        {"type": "complete"},
        {"type": "complete", "id": ["1"]},
        {"type": "subscribe", "id": "1"},
        {"type": "subscribe", "id": "1", "payload": None},
        {"type": "subscribe", "id": "1", "payload": "query"},
        {"type": "subscribe", "id": "1", "payload": {}},
        operation() | {"id": 1},
        operation() | {"id": ["1"]},
        operation() | {"id": ""},
        operation(query=5),
        operation(query=None),
        operation(variables=[1]),
        operation(variables="x"),
        operation(extensions=[1]),
        operation(operationName=5),
    ],
    ids=json.dumps,
)
async def test_what_is_no_message_closes_the_socket_with_4400(served: tuple[Api, str], message: object) -> None:
    api, address = served
    with capture_logs() as logs:
        async with acknowledged(address, api.token(Role.AGENT)) as client:
            await client.connection.send(json.dumps(message))
            assert (await closed(client))[0] == 4400
        assert (await api.ask(ASK)).errors == []
    assert [line for line in logs if line["log_level"] == "error"] == []


async def test_a_long_id_that_is_taken_is_named_as_far_as_a_reason_goes(served: tuple[Api, str]) -> None:
    api, address = served
    follow = 'subscription { customerUpdates(id: "Q3VzdG9tZXI6eA==", after: "x") { event } }'
    async with acknowledged(address, api.token(Role.AGENT)) as client:
        for _ in range(2):
            await client.subscribe(follow, {}, "é" * 200)
        code, reason = await closed(client)
    assert (code, reason) == (4409, "Subscriber for " + "é" * 54)


async def test_an_operation_that_names_no_document_is_the_callers_mistake(served: tuple[Api, str]) -> None:
    api, address = served
    async with acknowledged(address, api.token(Role.AGENT)) as client:
        await client.subscribe("", {})
        told = await client.hear()
    assert (told["type"], [error["extensions"]["code"] for error in told["payload"]]) == ("error", ["BAD_REQUEST"])


async def test_a_payload_of_null_is_none(served: tuple[Api, str]) -> None:
    _, address = served
    url = f"ws://{address}/graphql"
    async with connect(url, subprotocols=[PROTOCOL], proxy=None) as connection:
        await Socket(connection).say(type="connection_init", payload=None)
        assert await closed(Socket(connection)) == (4403, "Forbidden")


@pytest.mark.parametrize("by_header", [False, True])
async def test_who_cannot_be_known_just_now_is_to_come_again(
    company: Database, database_url: str, tmp_path: Path, by_header: bool
) -> None:
    """4403 would tell him that his token is not accepted, and clients stop there."""

    async def unreachable() -> bytes:
        raise Transient("the identity provider does not answer")

    trust = Trust(ISSUER, ALGORITHMS, RemoteKeys(unreachable, utc_now))
    verifier = TokenVerifier([trust], AUDIENCE, timedelta(seconds=0), utc_now)
    development = DevelopmentTokens(tmp_path, embedded=True, audience=AUDIENCE, clock=utc_now)
    given = replace(services(database_url, development, utc_now), tokens=verifier)
    said = {"authorization": f"Bearer {bearer_of('agent-7')}"}
    async with (
        asyncio.timeout(60),
        listening(create_app(given), "127.0.0.1", 0) as port,
        connect(
            f"ws://127.0.0.1:{port}/graphql",
            subprotocols=[PROTOCOL],
            proxy=None,
            additional_headers=said if by_header else None,
        ) as connection,
    ):
        client = Socket(connection)
        await client.say(type="connection_init", payload=None if by_header else said)
        assert await closed(client) == (1013, "Try again later")
