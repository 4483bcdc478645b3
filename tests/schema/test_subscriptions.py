"""Subscriptions tell the current value first, then every change, and go on from a cursor."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from websockets.exceptions import ConnectionClosed

from hub.access.principal import Role
from hub.exchange.tables import Lane
from hub.flows.runs import publish_flow
from hub.live.changes import Change
from hub.live.publish import publish
from hub.migration.plan import plan
from hub.records.identity import CustomerId
from hub.records.lanes import FlowCadence
from hub.store.engine import Database
from tests.schema.company import NOW, add, add_alias, gid, uid
from tests.schema.following import acknowledged, events, read_events, socket
from tests.schema.serving import Api, desk, listening_api
from tests.schema.test_migrations import TAKE_BACK, given_up_behind_a_completed_one

pytestmark = pytest.mark.slow

ANNA, BEN = CustomerId(uid("Anna Bakker")), CustomerId(uid("Ben de Vries"))
CHANGED = "CustomerAttributeValueChangeEvent"

FOLLOW = """
subscription Follow($id: ID!, $after: String) {
  customerUpdates(id: $id, after: $after) { cursor event customer { id name } }
}
"""
MIGRATION = """
subscription($flow: String!) { migrationUpdates(flow: $flow) { event migration { state createdBy } } }
"""
FLOW = "subscription($name: String!) { flowUpdates(name: $name) { event flow { name lagSeconds } } }"


@pytest.fixture
async def served(company: Database, database_url: str, tmp_path: Path) -> AsyncIterator[tuple[Api, str]]:
    """The company behind a real server."""
    async with asyncio.timeout(60), listening_api(database_url, tmp_path) as served:
        yield served


async def rename(database: Database, customer: UUID, name: str) -> None:
    """A change of the golden name, published with it."""
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE customer SET name = :n WHERE id = :id"), {"n": name, "id": customer})
        await publish(connection, [Change("Customer", str(customer), CHANGED)], NOW)


def told(message: dict[str, Any]) -> tuple[str, str]:
    """Event and name of a `next` message."""
    assert message["type"] == "next", message
    update = message["payload"]["data"]["customerUpdates"]
    return update["event"], update["customer"]["name"]


async def test_a_websocket_hears_the_current_value_and_then_each_change(
    served: tuple[Api, str], company: Database
) -> None:
    api, address = served
    async with acknowledged(address, api.token(Role.AGENT)) as client:
        await client.subscribe(FOLLOW, {"id": gid("Customer", ANNA)})
        assert told(await client.hear()) == ("CURRENT", "Anna Bakker")
        await rename(company, BEN, "Ben Anders")
        await rename(company, ANNA, "Anna Anders")
        assert told(await client.hear()) == (CHANGED, "Anna Anders")


async def test_who_comes_back_with_his_cursor_hears_what_he_missed(served: tuple[Api, str], company: Database) -> None:
    api, address = served
    given: dict[str, object] = {"id": gid("Customer", ANNA)}
    async with acknowledged(address, api.token(Role.AGENT)) as client:
        await client.subscribe(FOLLOW, given)
        current = await client.hear()
    await rename(company, ANNA, "Anna Anders")
    cursor = current["payload"]["data"]["customerUpdates"]["cursor"]
    async with acknowledged(address, api.token(Role.AGENT)) as client:
        await client.subscribe(FOLLOW, {**given, "after": cursor})
        assert told(await client.hear()) == (CHANGED, "Anna Anders")
        await rename(company, ANNA, "Anna Nogmaals")
        assert told(await client.hear()) == (CHANGED, "Anna Nogmaals")


async def test_server_sent_events_tell_the_same(served: tuple[Api, str], company: Database) -> None:
    api, _ = served
    async with events(api.http, api.token(Role.AGENT), FOLLOW, {"id": gid("Customer", ANNA)}) as stream:
        name, current = await anext(stream)
        assert (name, current["data"]["customerUpdates"]["customer"]["name"]) == ("next", "Anna Bakker")
        await rename(company, ANNA, "Anna Anders")
        name, change = await anext(stream)
        assert (name, change["data"]["customerUpdates"]["event"]) == ("next", CHANGED)


async def test_server_sent_events_come_by_get_too(served: tuple[Api, str]) -> None:
    api, _ = served
    document = FOLLOW.replace("$id: ID!, $after: String", "$id: ID!").replace(", after: $after", "")
    given = {"query": document, "variables": json.dumps({"id": gid("Customer", ANNA)})}
    headers = {"authorization": f"Bearer {api.token(Role.AGENT)}", "accept": "text/event-stream"}
    async with api.http.stream("GET", "/graphql", params=given, headers=headers) as response:
        name, current = await anext(read_events(response))
    assert (name, current["data"]["customerUpdates"]["event"]) == ("next", "CURRENT")


async def test_a_flow_is_followed_by_its_architect(served: tuple[Api, str], company: Database) -> None:
    api, address = served
    async with acknowledged(address, api.token(Role.ARCHITECT)) as client:
        await client.subscribe(FLOW, {"name": "crm-customers"})
        assert (await client.hear())["payload"]["data"]["flowUpdates"] == {
            "event": "CURRENT",
            "flow": {"name": "crm-customers", "lagSeconds": 14400},
        }
        async with company.transaction() as connection:
            await publish_flow(connection, "crm-customers", NOW)
        assert (await client.hear())["payload"]["data"]["flowUpdates"]["event"] == "InformationFlowStateChangeEvent"


async def test_a_migration_is_followed_from_before_it_is_planned(served: tuple[Api, str], company: Database) -> None:
    api, address = served
    async with company.transaction() as connection:
        await add(connection, Lane, id=11, flow="crm-customers", cadence="REAL_TIME", mode="STANDBY")
    async with acknowledged(address, api.token(Role.ARCHITECT)) as client:
        await client.subscribe(MIGRATION, {"flow": "crm-customers"})
        assert (await client.hear())["payload"]["data"]["migrationUpdates"] == {"event": "CURRENT", "migration": None}
        async with company.transaction() as connection:
            await plan(connection, desk(), "crm-customers", FlowCadence.REAL_TIME, "anna", NOW)
        told = (await client.hear())["payload"]["data"]["migrationUpdates"]
        assert told["migration"] == {"state": "PREFLIGHT", "createdBy": "anna"}


async def test_followers_hear_of_the_migration_that_is_taken_back_though_a_newer_one_was_given_up(
    served: tuple[Api, str], company: Database
) -> None:
    api, address = served
    async with company.transaction() as connection:
        await add(connection, Lane, id=11, flow="crm-customers", cadence="REAL_TIME", mode="STANDBY")
    await given_up_behind_a_completed_one(api, company)
    async with acknowledged(address, api.token(Role.ARCHITECT)) as client:
        await client.subscribe(MIGRATION, {"flow": "crm-customers"})
        assert (await client.hear())["payload"]["data"]["migrationUpdates"]["migration"]["state"] == "ABORTED"
        await api.ask(TAKE_BACK % "false", role=Role.ARCHITECT)
        assert (await client.hear())["payload"]["data"]["migrationUpdates"]["migration"]["state"] == "ROLLING_BACK"


async def test_nobody_follows_what_he_may_not_see(served: tuple[Api, str]) -> None:
    api, address = served
    refused = [
        (api.token(Role.CUSTOMER, BEN), FOLLOW, {"id": gid("Customer", ANNA)}, "NOT_FOUND"),
        (api.token(Role.AGENT), FOLLOW, {"id": gid("Customer", uid("nobody"))}, "NOT_FOUND"),
        (api.token(Role.ARCHITECT), FOLLOW, {"id": gid("Customer", ANNA)}, "FORBIDDEN"),
        (api.token(Role.AGENT), FLOW, {"name": "crm-customers"}, "FORBIDDEN"),
        (api.token(Role.AGENT), MIGRATION, {"flow": "crm-customers"}, "FORBIDDEN"),
        (api.token(Role.ARCHITECT), MIGRATION, {"flow": "x"}, "NOT_FOUND"),
        (api.token(Role.AGENT), FOLLOW, {"id": gid("Customer", ANNA), "after": "x"}, "INVALID"),
    ]
    for token, document, variables, code in refused:
        async with acknowledged(address, token) as client:
            await client.subscribe(document, variables)
            message = await client.hear()
            errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
            assert [error["extensions"]["code"] for error in errors] == [code]


async def test_a_websocket_without_a_good_token_is_closed(served: tuple[Api, str]) -> None:
    _, address = served
    for token in (None, "nonsense"):
        async with socket(address, token) as client:
            with pytest.raises(ConnectionClosed) as closed:
                await client.hear()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4403, "Forbidden")


async def test_a_subscription_ends_with_the_token_it_began_with(served: tuple[Api, str], company: Database) -> None:
    api, address = served
    async with acknowledged(address, api.token(Role.AGENT)) as client:
        await client.subscribe(FOLLOW, {"id": gid("Customer", ANNA)})
        assert told(await client.hear()) == ("CURRENT", "Anna Bakker")
        api.clock.forward(timedelta(hours=2))
        await rename(company, ANNA, "Anna Anders")
        message = await client.hear()
        assert message["payload"]["errors"][0]["extensions"]["code"] == "UNAUTHORISED"
        assert (await client.hear())["type"] == "complete"


async def test_who_follows_a_merged_customer_hears_of_the_one_he_is_now_and_of_himself_once_split(
    served: tuple[Api, str], company: Database
) -> None:
    api, address = served
    async with acknowledged(address, api.token(Role.AGENT)) as client:
        await client.subscribe(FOLLOW, {"id": gid("Customer", BEN)})
        assert told(await client.hear()) == ("CURRENT", "Ben de Vries")
        async with company.transaction() as connection:
            await add_alias(connection, BEN, ANNA)
            await publish(connection, [Change("Customer", str(BEN), "CustomerDeleteEvent")], NOW)
        update = (await client.hear())["payload"]["data"]["customerUpdates"]
        assert (update["event"], update["customer"]["id"]) == ("CustomerDeleteEvent", gid("Customer", ANNA))
        await rename(company, ANNA, "Anna Anders")
        assert told(await client.hear()) == (CHANGED, "Anna Anders")
        async with company.transaction() as connection:
            await connection.execute(text("DELETE FROM customer_alias"))
            await publish(connection, [Change("Customer", str(ANNA), CHANGED)], NOW)
        assert told(await client.hear()) == (CHANGED, "Ben de Vries")
        await rename(company, BEN, "Ben Anders")
        assert told(await client.hear()) == (CHANGED, "Ben Anders")


async def test_a_server_that_stops_tells_its_subscribers_to_come_back(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    async with asyncio.timeout(30), AsyncExitStack() as stack, AsyncExitStack() as server:
        api, address = await server.enter_async_context(listening_api(database_url, tmp_path))
        client = await stack.enter_async_context(acknowledged(address, api.token(Role.AGENT)))
        await client.subscribe(FOLLOW, {"id": gid("Customer", ANNA)})
        assert told(await client.hear()) == ("CURRENT", "Anna Bakker")
        stopping = asyncio.create_task(server.aclose())
        message = await client.hear()
        assert message["payload"]["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        await stopping


async def test_queries_and_mutations_go_over_a_websocket_too(served: tuple[Api, str]) -> None:
    api, address = served
    async with acknowledged(address, api.token(Role.AGENT)) as client:
        await client.subscribe("{ viewer { subject } }", {})
        assert (await client.hear())["payload"] == {"data": {"viewer": {"subject": "development:agent"}}}
        assert (await client.hear()) == {"id": "1", "type": "complete"}
