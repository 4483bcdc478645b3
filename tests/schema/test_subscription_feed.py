"""The feed behind subscriptions: several web processes, a database that restarts, readers that do not read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.embedded.postgres import EmbeddedPostgres
from hub.live.changes import Change
from hub.live.publish import publish
from hub.store.engine import Database, open_engine
from migrations.migrate import upgrade
from tests.schema.company import NOW, Person, add_person, add_systems, gid, uid
from tests.schema.following import acknowledged, events
from tests.schema.serving import listening_api
from tests.waiting import until

pytestmark = pytest.mark.slow

ANNA = uid("Anna Bakker")
FOLLOW = """subscription($id: ID!, $after: String) {
  customerUpdates(id: $id, after: $after) { cursor event customer { name } } }"""
GIVEN: dict[str, object] = {"id": gid("Customer", ANNA)}


async def rename(database: Database, customer: UUID, name: str) -> None:
    """A change of the golden name, published with it."""
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE customer SET name = :n WHERE id = :id"), {"n": name, "id": customer})
        await publish(connection, [Change("Customer", str(customer), "CustomerAttributeValueChangeEvent")], NOW)


async def test_whoever_is_connected_to_any_web_process_hears_and_may_go_on_at_another(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    async with asyncio.timeout(60), AsyncExitStack() as stack:
        served = [await stack.enter_async_context(listening_api(database_url, tmp_path)) for _ in range(3)]
        token = served[0][0].token(Role.AGENT)
        sockets = [await stack.enter_async_context(acknowledged(address, token)) for _, address in served]
        for client in sockets:
            await client.subscribe(FOLLOW, GIVEN)
            current = (await client.hear())["payload"]["data"]["customerUpdates"]
            assert current["event"] == "CURRENT"
        await rename(company, ANNA, "Anna Anders")
        heard = [(await client.hear())["payload"]["data"]["customerUpdates"] for client in sockets]
        assert heard == [heard[0]] * 3
        assert heard[0]["customer"] == {"name": "Anna Anders"}
        await sockets[0].connection.close()
        await rename(company, ANNA, "Anna Nogmaals")
        stream = await stack.enter_async_context(
            events(served[1][0].http, token, FOLLOW, {**GIVEN, "after": heard[0]["cursor"]})
        )
        _, missed = await anext(stream)
        assert missed["data"]["customerUpdates"]["customer"] == {"name": "Anna Nogmaals"}


async def test_subscribers_outlive_a_restart_of_the_database_and_miss_nothing(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "postgres", durable=False) as postgres:
        postgres.create_database("hub")
        url = postgres.libpq("hub")
        engine = open_engine(url)
        await upgrade(engine)
        database = Database(engine)
        async with database.transaction() as connection:
            await add_systems(connection)
            await add_person(connection, Person("Anna Bakker", "anna@example.nl"))
        async with (
            asyncio.timeout(120),
            listening_api(url, tmp_path) as (api, address),
            acknowledged(address, api.token(Role.AGENT)) as client,
            events(api.http, api.token(Role.AGENT), FOLLOW, GIVEN) as stream,
        ):
            await client.subscribe(FOLLOW, GIVEN)
            assert (await client.hear())["payload"]["data"]["customerUpdates"]["event"] == "CURRENT"
            await anext(stream)
            await rename(database, ANNA, "Anna Voor")
            assert (await client.hear())["payload"]["data"]["customerUpdates"]["customer"]["name"] == "Anna Voor"
            await asyncio.to_thread(postgres.stop)
            await asyncio.to_thread(postgres.start)
            await engine.dispose()
            await rename(database, ANNA, "Anna Na")
            for heard in (await client.hear())["payload"], (await _named(stream, "Anna Na")):
                assert heard["data"]["customerUpdates"]["customer"]["name"] == "Anna Na"
        await database.aclose()


async def _named(stream: AsyncIterator[tuple[str, Any]], name: str) -> dict[str, Any]:
    """The message that tells of the name; earlier ones may have been coalesced into it."""
    async for _, data in stream:
        if data["data"]["customerUpdates"]["customer"]["name"] == name:
            found: dict[str, Any] = data
            return found
    raise AssertionError(name)


async def test_who_comes_back_while_the_database_is_busy_is_told_to_come_again(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    """Not that it is a fault of the hub: clients would not come again."""

    def impatient() -> Database:
        return Database(open_engine(database_url, pool_size=4, statement_timeout_ms=200))

    async with (
        asyncio.timeout(60),
        listening_api(database_url, tmp_path, open_database=impatient) as (api, address),
        acknowledged(address, api.token(Role.AGENT)) as client,
    ):
        await client.subscribe(FOLLOW, GIVEN)
        cursor = (await client.hear())["payload"]["data"]["customerUpdates"]["cursor"]
        async with company.transaction() as holder:
            await holder.execute(text("LOCK TABLE change_feed IN ACCESS EXCLUSIVE MODE"))
            await client.subscribe(FOLLOW, {**GIVEN, "after": cursor}, "back")
            told = await client.hear()
        assert told["payload"]["errors"][0]["extensions"]["code"] == "UNAVAILABLE"


async def test_who_does_not_read_gets_the_latest_and_takes_no_memory_for_the_rest(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    async with (
        asyncio.timeout(60),
        listening_api(database_url, tmp_path) as (api, address),
        acknowledged(address, api.token(Role.AGENT)) as client,
    ):
        await client.subscribe(FOLLOW, GIVEN)
        await client.hear()
        client.connection.transport.pause_reading()
        feed = api.app.state.running.hub.feed
        for number in range(300):
            await rename(company, ANNA, f"Anna {number}")

        async def delivered() -> bool:
            return bool(feed.place.position >= 300)

        await until(delivered, 30)
        (mailbox,) = next(iter(feed._mailboxes.values()))
        assert len(mailbox._waiting) <= 1
        client.connection.transport.resume_reading()
        messages = 0
        while True:
            update = json.loads(await client.connection.recv())["payload"]["data"]["customerUpdates"]
            messages += 1
            if update["customer"]["name"] == "Anna 299":
                break
        assert messages <= 300
