"""Whoever goes from one web process to another hears each change once, whatever commits late or restarts meanwhile."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from websockets.exceptions import ConnectionClosed

from hub.access.principal import Role
from hub.embedded.postgres import EmbeddedPostgres
from hub.live.changes import Change
from hub.live.publish import publish
from hub.store.engine import Database, open_engine
from migrations.migrate import upgrade
from tests.live.feed import running
from tests.schema.company import NOW, Person, add_person, add_systems, gid, uid
from tests.schema.following import acknowledged
from tests.schema.serving import Api, listening_api
from tests.waiting import until

pytestmark = pytest.mark.slow

PEOPLE = [f"Person{number} Smit" for number in range(40)]
FOLLOW = """subscription($id: ID!, $after: String) {
  customerUpdates(id: $id, after: $after) { cursor event } }"""
CHANGED = "CustomerAttributeValueChangeEvent"


class Follower:
    """Follows everybody over sockets, at another process after every few messages."""

    def __init__(self, served: list[tuple[Api, str]]) -> None:
        self.served = served
        self.cursors: dict[str, str | None] = dict.fromkeys(PEOPLE)
        self.current: set[str] = set()
        self.heard: list[str] = []
        self.hops = 0

    async def run(self) -> None:
        """Until cancelled."""
        chance = random.Random(4)
        while True:
            api, address = self.served[self.hops % len(self.served)]
            self.hops += 1
            try:
                async with acknowledged(address, api.token(Role.AGENT)) as client:
                    for person in PEOPLE:
                        given = {"id": gid("Customer", uid(person)), "after": self.cursors[person]}
                        await client.subscribe(FOLLOW, given, person)
                    for _ in range(chance.randrange(1, 6)):
                        if self._ended(await client.hear()):
                            break
                    client.connection.transport.abort()
            except ConnectionClosed:
                pass

    def _ended(self, message: dict[str, Any]) -> bool:
        """Notes a change; whether its subscription has ended instead, and is to be begun again."""
        payload = message.get("payload")
        if not isinstance(payload, dict):
            return True
        if payload.get("errors"):
            assert {error["extensions"]["code"] for error in payload["errors"]} == {"UNAVAILABLE"}, payload
            return True
        update, person = payload["data"]["customerUpdates"], str(message["id"])
        self.cursors[person] = update["cursor"]
        if update["event"] == "CURRENT":
            assert person not in self.current, "he has a cursor"
            self.current.add(person)
        else:
            self.heard.append(person)
        return False


async def change(database: Database, *people: UUID) -> None:
    """All in one transaction."""
    async with database.transaction() as connection:
        await publish(connection, [Change("Customer", str(person), CHANGED) for person in people], NOW)


@asynccontextmanager
async def company(folder: Path) -> AsyncIterator[tuple[EmbeddedPostgres, Database, str]]:
    """PEOPLE in a database of a server of their own."""
    with EmbeddedPostgres(folder / "postgres", durable=False) as postgres:
        postgres.create_database("hub")
        url = postgres.libpq("hub")
        database = Database(open_engine(url))
        await upgrade(database.engine)
        async with database.transaction() as connection:
            await add_systems(connection)
            for person in PEOPLE:
                await add_person(connection, Person(person, f"{person.split()[0]}@example.nl"))
        yield postgres, database, url
        await database.aclose()


async def test_who_goes_from_process_to_process_hears_each_change_once(tmp_path: Path) -> None:
    ids = [uid(person) for person in PEOPLE]
    async with asyncio.timeout(180), AsyncExitStack() as stack:
        postgres, database, url = await stack.enter_async_context(company(tmp_path))
        served = [await stack.enter_async_context(listening_api(url, tmp_path)) for _ in range(2)]
        follower = Follower(served)
        following = await stack.enter_async_context(running(follower.run()))

        async def heard(count: int) -> None:
            async def enough() -> bool:
                return len(follower.heard) >= count or following.done()

            await until(enough)

        async def everybody() -> bool:
            return len(follower.current) == len(PEOPLE) or following.done()

        await until(everybody)
        async with database.transaction() as late:
            await publish(late, [Change("Customer", str(ids[0]), CHANGED)], NOW)
            for person in ids[1:20]:
                await change(database, person)
            await heard(10)
        await heard(20)
        await asyncio.to_thread(postgres.stop)
        await asyncio.to_thread(postgres.start)
        await database.engine.dispose()
        for person in ids[20:]:
            await change(database, person)
        await heard(40)
        await change(database, *ids)
        await heard(80)
        assert Counter(follower.heard) == dict.fromkeys(PEOPLE, 2)
        assert follower.hops > 10
