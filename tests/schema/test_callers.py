"""Whoever asks more often, or for more at a time, than his role may is told to wait, over every transport."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from graphql import DocumentNode
from sqlalchemy import text

from hub.access.admission import Allowance
from hub.access.principal import Role
from hub.entrypoints.asgi.graphql import SUBSCRIPTIONS_PER_SOCKET
from hub.entrypoints.asgi.services import NO_LIMITS
from hub.store.engine import Database
from tests.schema.company import gid, uid
from tests.schema.following import acknowledged, events
from tests.schema.serving import Api, listening_api, serving
from tests.waiting import until

SLOWLY = Allowance(per_second=0.01, burst=3, at_once=2, subscriptions=2, cost=1_000_000)
ALLOWANCES = {**dict.fromkeys(Role, NO_LIMITS), Role.AGENT: SLOWLY}
WIDELY = {**dict.fromkeys(Role, NO_LIMITS), Role.AGENT: Allowance(1e6, 1_000_000, 2, 2, 1_000_000)}
ASK = "{ viewer { subject } }"
FOLLOW = "subscription($id: ID!) { customerUpdates(id: $id) { event } }"
ANNA = {"id": gid("Customer", uid("Anna Bakker"))}


async def test_beyond_his_rate_a_caller_is_told_how_long_to_wait(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    async with serving(database_url, tmp_path, allowances=ALLOWANCES) as api:
        statuses = [(await api.post(ASK, token=api.token(Role.AGENT))).status_code for _ in range(4)]
        refused = await api.post("mutation { nonsense }", token=api.token(Role.AGENT))
        assert statuses == [200, 200, 200, 429]
        assert 90 <= int(refused.headers["retry-after"]) <= 100
        (error,) = refused.json()["errors"]
        assert error["extensions"]["code"] == "RATE_LIMITED"
        assert 90 <= error["extensions"]["retryAfterSeconds"] <= 100
        assert refused.headers["x-content-type-options"] == "nosniff"
        assert (await api.post(ASK, token=api.token(Role.STEWARD))).status_code == 200
        assert (await api.http.get("/healthz")).status_code == 200
        assert (await api.http.get("/readyz")).status_code == 200


@pytest.mark.slow
async def test_processes_charge_each_other_what_they_let_through(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    seldom = {**ALLOWANCES, Role.AGENT: Allowance(0.01, 20, 9, 9, 1_000_000)}
    async with (
        serving(database_url, tmp_path, allowances=seldom) as first,
        serving(database_url, tmp_path, allowances=seldom) as second,
    ):
        token = first.token(Role.AGENT)

        async def told(count: int) -> bool:
            async with company.reading() as connection:
                return bool(await connection.scalar(text(f"SELECT sum(used) >= {count} FROM caller_usage")))

        await first.post(ASK, token=token)
        await second.post(ASK, token=token)
        await until(lambda: told(2), 20)
        for _ in range(15):
            await first.post(ASK, token=token)

        async def charged() -> bool:
            caller = second.app.state.running.hub.admission._callers["development:agent"]
            return bool(caller.due - time.monotonic() > 1_500)

        await until(charged, 20)
        statuses = [(await second.post(ASK, token=token)).status_code for _ in range(6)]
        assert statuses[-1] == 429
        assert 3 <= statuses.count(200) <= 5, "of the 19 that it would have let in by itself"


async def test_operations_at_once_are_bounded_for_each_caller(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    async with serving(database_url, tmp_path, allowances=WIDELY) as api:
        async with company.transaction() as holder:
            await holder.execute(text("LOCK TABLE customer IN ACCESS EXCLUSIVE MODE"))
            waiting = [asyncio.create_task(api.ask("{ customers { totalCount } }")) for _ in range(2)]

            async def refused() -> bool:
                answer = await api.post(ASK, token=api.token(Role.AGENT))
                if answer.status_code == 200:
                    return False
                assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (
                    429,
                    "TOO_MANY_AT_ONCE",
                )
                return True

            await until(refused, 20)
            assert (await api.post(ASK, token=api.token(Role.STEWARD))).status_code == 200
        assert [answer.errors for answer in await asyncio.gather(*waiting)] == [[], []]
        assert (await api.ask(ASK)).errors == []


async def test_what_is_answered_by_events_is_under_way_until_it_is_answered(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    async with (
        asyncio.timeout(60),
        listening_api(database_url, tmp_path, allowances=WIDELY) as (api, _),
        AsyncExitStack() as stack,
    ):
        token = api.token(Role.AGENT)
        async with company.transaction() as holder:
            await holder.execute(text("LOCK TABLE customer IN ACCESS EXCLUSIVE MODE"))
            asked = "{ customers { totalCount } }"
            streams = [await stack.enter_async_context(events(api.http, token, asked, {})) for _ in range(2)]
            refused = await api.post(ASK, token=token)
            assert refused.json()["errors"][0]["extensions"]["code"] == "TOO_MANY_AT_ONCE"
        assert [(await anext(stream))[1] for stream in streams] == [{"data": {"customers": {"totalCount": 4}}}] * 2
        assert [await anext(stream) for stream in streams] == [("complete", None)] * 2

        async def room() -> bool:
            return (await api.post(ASK, token=token)).status_code == 200

        await until(room, 20)


@pytest.fixture
async def served(company: Database, database_url: str, tmp_path: Path) -> AsyncIterator[tuple[Api, str]]:
    async with asyncio.timeout(60), listening_api(database_url, tmp_path, allowances=WIDELY) as served:
        yield served


async def test_subscriptions_are_bounded_over_both_transports_together(served: tuple[Api, str]) -> None:
    api, address = served
    token = api.token(Role.AGENT)
    async with acknowledged(address, token) as client, AsyncExitStack() as stack:
        await client.subscribe(FOLLOW, ANNA, "1")
        assert (await client.hear())["payload"]["data"] == {"customerUpdates": {"event": "CURRENT"}}
        stream = await stack.enter_async_context(events(api.http, token, FOLLOW, ANNA))
        assert (await anext(stream))[1]["data"] == {"customerUpdates": {"event": "CURRENT"}}
        await client.subscribe(FOLLOW, ANNA, "3")
        refused = await client.hear()
        assert refused["id"] == "3"
        assert refused["payload"]["errors"][0]["extensions"]["code"] == "TOO_MANY_AT_ONCE"
        assert (await client.hear())["type"] == "complete"
        await client.say(id="1", type="complete")

        async def room() -> bool:
            await client.subscribe(FOLLOW, ANNA, "4")
            heard = await client.hear()
            if "errors" in heard["payload"]:
                assert (await client.hear())["type"] == "complete"
                return False
            return True

        await until(room, 20)
        await client.subscribe(ASK, {}, "5")
        assert (await client.hear())["payload"] == {"data": {"viewer": {"subject": "development:agent"}}}


async def test_a_flood_over_one_socket_is_refused_as_over_http(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    async with (
        asyncio.timeout(60),
        listening_api(database_url, tmp_path, allowances=ALLOWANCES) as (api, address),
        acknowledged(address, api.token(Role.AGENT)) as client,
    ):
        codes: list[str] = []
        for number in range(5):
            await client.subscribe(ASK, {}, str(number))
            heard = await client.hear()
            codes.append(heard["payload"][0]["extensions"]["code"] if heard["type"] == "error" else "OK")
            if heard["type"] != "error":
                assert (await client.hear())["type"] == "complete"
        assert codes == ["OK", "OK", "OK", "RATE_LIMITED", "RATE_LIMITED"]


def trees() -> int:
    gc.collect()
    return sum(isinstance(each, DocumentNode) for each in gc.get_objects())


async def test_nothing_that_is_new_is_read_for_who_asks_too_often(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    async with (
        asyncio.timeout(60),
        listening_api(database_url, tmp_path, allowances=ALLOWANCES) as (api, address),
        acknowledged(address, api.token(Role.AGENT)) as client,
    ):
        read: list[int] = []
        for number in range(6):
            await client.subscribe(f"{{ new{number}: viewer {{ subject }} }}", {}, str(number))
            while (await client.hear())["type"] == "next":
                pass
            read.append(trees())
        assert read[0] < read[1] < read[2] == read[3] == read[5]


async def test_one_operation_too_many_over_one_connection_is_told_by_its_code(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    async with (
        asyncio.timeout(60),
        listening_api(database_url, tmp_path) as (api, address),
        acknowledged(address, api.token(Role.AGENT)) as client,
    ):
        for number in range(SUBSCRIPTIONS_PER_SOCKET):
            await client.subscribe(FOLLOW, ANNA, str(number))
            assert (await client.hear())["type"] == "next"
        await client.subscribe(ASK, {}, "more")
        refused = await client.hear()
        assert (refused["id"], refused["type"]) == ("more", "error")
        assert refused["payload"][0]["extensions"]["code"] == "TOO_MANY_AT_ONCE"
