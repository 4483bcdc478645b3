"""A subscription ends with the rights it began with, though nothing happens that it could tell, on both transports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from hub.access.principal import Role
from hub.access.revoked import Revocation
from hub.live.changes import Change
from hub.live.publish import publish
from hub.privacy.erase import EraseTerms, erase
from hub.privacy.requests import Request
from hub.records.identity import CustomerId
from hub.store.engine import Database, open_engine
from hub.store.revocations import revoke
from tests.flows.building import RULES
from tests.schema.company import NOW, add_alias, gid, uid
from tests.schema.following import PROTOCOL, acknowledged, events
from tests.schema.serving import Api, listening_api

pytestmark = pytest.mark.slow

ANNA, BEN = CustomerId(uid("Anna Bakker")), CustomerId(uid("Ben de Vries"))
FOLLOW = "subscription($id: ID!) { customerUpdates(id: $id) { event customer { id name } } }"

Hear = Callable[[], Awaitable[dict[str, Any]]]
"""The payload of the next message."""

TRANSPORTS = ("websocket", "events")


@pytest.fixture
async def served(company: Database, database_url: str, tmp_path: Path) -> AsyncIterator[tuple[Api, str]]:
    """The company behind a real server."""
    async with asyncio.timeout(60), listening_api(database_url, tmp_path) as served:
        yield served


async def followed(
    stack: AsyncExitStack, served: tuple[Api, str], transport: str, token: str, customer: object
) -> Hear:
    """What follows the customer, once it has heard how he is now."""
    api, address = served
    given: dict[str, object] = {"id": gid("Customer", customer)}
    if transport == "websocket":
        client = await stack.enter_async_context(acknowledged(address, token))
        await client.subscribe(FOLLOW, given)

        async def hear() -> dict[str, Any]:
            payload: dict[str, Any] = (await client.hear())["payload"]
            return payload
    else:
        stream = await stack.enter_async_context(events(api.http, token, FOLLOW, given))

        async def hear() -> dict[str, Any]:
            _, data = await anext(stream)
            answer: dict[str, Any] = data
            return answer

    assert (await hear())["data"]["customerUpdates"]["event"] == "CURRENT"
    return hear


def code_of(payload: dict[str, Any]) -> str:
    return str(payload["errors"][0]["extensions"]["code"])


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_it_ends_with_its_token_though_nothing_happens(served: tuple[Api, str], transport: str) -> None:
    api, _ = served
    async with AsyncExitStack() as stack:
        hear = await followed(stack, served, transport, api.token(Role.AGENT), ANNA)
        api.clock.forward(timedelta(hours=1))
        assert code_of(await hear()) == "UNAUTHORISED"


async def test_it_ends_with_its_token_though_the_database_says_nothing(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    def patient() -> Database:
        return Database(open_engine(database_url, pool_size=4, statement_timeout_ms=60_000))

    async with AsyncExitStack() as stack:
        served = await stack.enter_async_context(listening_api(database_url, tmp_path, open_database=patient))
        hear = await followed(stack, served, "websocket", served[0].token(Role.AGENT), ANNA)
        async with company.transaction() as holder:
            await holder.execute(text("LOCK TABLE token_revocation IN ACCESS EXCLUSIVE MODE"))
            served[0].clock.forward(timedelta(hours=1))
            async with asyncio.timeout(10):
                assert code_of(await hear()) == "UNAUTHORISED"


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_it_ends_when_its_tokens_subject_is_revoked_and_others_go_on(
    served: tuple[Api, str], company: Database, transport: str
) -> None:
    api, _ = served
    async with AsyncExitStack() as stack:
        hear = await followed(stack, served, transport, api.token(Role.AGENT), ANNA)
        other = await followed(stack, served, transport, api.token(Role.STEWARD), ANNA)
        api.clock.forward(timedelta(seconds=1))
        async with company.transaction() as connection:
            await revoke(connection, Revocation(None, "development:agent", api.clock()), "mia", None, api.clock())
        assert code_of(await hear()) == "UNAUTHORISED"
        async with company.transaction() as connection:
            await publish(connection, [Change("Customer", str(ANNA), "CustomerAttributeValueChangeEvent")], NOW)
        assert (await other())["data"]["customerUpdates"]["customer"]["name"] == "Anna Bakker"


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_it_ends_when_its_customer_is_erased(served: tuple[Api, str], company: Database, transport: str) -> None:
    api, _ = served
    async with AsyncExitStack() as stack:
        hear = await followed(stack, served, transport, api.token(Role.AGENT), BEN)
        own = await followed(stack, served, transport, api.token(Role.CUSTOMER, BEN), BEN)
        async with company.transaction() as connection:
            await erase(connection, BEN, EraseTerms(RULES.keys, "NL", {}), Request("steward", "his letter", NOW))
        assert [code_of(await hear()), code_of(await own())] == ["NOT_FOUND", "NOT_FOUND"]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_customer_who_was_merged_goes_on_hearing_of_himself_and_of_nobody_else(
    served: tuple[Api, str], company: Database, transport: str
) -> None:
    api, _ = served
    async with AsyncExitStack() as stack:
        hear = await followed(stack, served, transport, api.token(Role.CUSTOMER, BEN), BEN)
        async with company.transaction() as connection:
            await add_alias(connection, BEN, ANNA)
            await connection.execute(text("UPDATE customer SET name = 'Ben Bakker' WHERE id = :id"), {"id": ANNA})
            await publish(connection, [Change("Customer", str(BEN), "CustomerDeleteEvent")], NOW)
        payload = await hear()
        assert payload["data"]["customerUpdates"]["customer"] == {"id": gid("Customer", ANNA), "name": "Ben Bakker"}


async def test_operations_after_the_end_of_a_token_are_refused_on_an_open_socket(served: tuple[Api, str]) -> None:
    api, address = served
    async with acknowledged(address, api.token(Role.AGENT)) as client:
        api.clock.forward(timedelta(hours=1))
        for document in ("{ viewer { subject } }", "{ customers { totalCount } }", FOLLOW):
            await client.subscribe(document, {"id": gid("Customer", ANNA)}, document)
            message = await client.hear()
            errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
            assert [error["extensions"]["code"] for error in errors] == ["UNAUTHORISED"]
            if message["type"] != "error":
                assert (await client.hear())["type"] == "complete"


async def test_a_page_of_another_origin_opens_no_socket(company: Database, database_url: str, tmp_path: Path) -> None:
    origins = ("https://shop.example",)
    async with asyncio.timeout(60), listening_api(database_url, tmp_path, cors_origins=origins) as (_, address):
        for origin, opens in (("https://shop.example", True), ("https://evil.example", False)):
            asked = connect(f"ws://{address}/graphql", subprotocols=[PROTOCOL], origin=Origin(origin), proxy=None)
            if opens:
                async with asked:
                    continue
            with pytest.raises(InvalidStatus):
                async with asked:
                    pass


async def test_who_leaves_before_his_request_is_complete_is_no_fault_of_the_hub(served: tuple[Api, str]) -> None:
    api, address = served
    host, _, port = address.partition(":")
    head = f"POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {api.token(Role.AGENT)}\r\n"
    with capture_logs() as logs:
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"{head}content-type: application/json\r\ncontent-length: 90\r\n\r\n{{".encode())
        await writer.drain()
        writer.close()
        assert (await api.ask("{ viewer { subject } }")).errors == []
    assert [line["event"] for line in logs if line["log_level"] == "error"] == []
