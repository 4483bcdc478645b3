"""A running hub against the clients and audits of the ecosystem."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.live.changes import Change
from hub.live.publish import publish
from hub.store.engine import Database
from schema.sdl import export_subgraph
from tests.conformance.clients import findings
from tests.schema.company import NOW, Person, add_person, add_systems, gid, uid
from tests.schema.serving import listening_api

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("node")]

FOLLOW = """
subscription Follow($id: ID!, $after: String) {
  customerUpdates(id: $id, after: $after) { cursor event customer { name } }
}
"""
ANNA = uid("Anna Bakker")


@dataclass(frozen=True)
class Served:
    """A hub behind a real server, with what the scripts read of it."""

    database: Database
    environment: dict[str, str]


@pytest.fixture
async def served(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with database.transaction() as connection:
        await add_systems(connection)
        await add_person(connection, Person("Anna Bakker", "anna@example.nl"))
    async with asyncio.timeout(120), listening_api(database_url, tmp_path) as (api, address):
        environment = {
            "HUB_URL": f"http://{address}/graphql",
            "HUB_WS": f"ws://{address}/graphql",
            "HUB_TOKEN": api.token(Role.AGENT),
            "HUB_DOCUMENT": FOLLOW,
            "HUB_CUSTOMER": gid("Customer", ANNA),
        }
        yield Served(database, environment)


async def told(node: Path, script: str, served: Served) -> dict[str, dict[str, Any]]:
    """All findings by what they are about; once the customer's value was heard his name is changed."""
    all_of_them = {}
    async for finding in findings(node, served.environment, script):
        all_of_them[finding.pop("what")] = finding
        if "subscription" in all_of_them and "resumed" not in all_of_them:
            await rename(served.database)
    return all_of_them


async def rename(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE customer SET name = 'Anna Verhuisd' WHERE id = :id"), {"id": ANNA})
        changed = Change("Customer", str(ANNA), "CustomerAttributeValueChangeEvent")
        await publish(connection, [changed], NOW)


def names(finding: dict[str, Any]) -> list[str]:
    return [value["data"]["customerUpdates"]["customer"]["name"] for value in finding["values"]]


async def test_all_audits_of_graphql_over_http_pass(node: Path, served: Served) -> None:
    audits = await told(node, "audit.mjs", served)
    assert {name: found for name, found in audits.items() if found["status"] != "ok"} == {}
    assert len(audits) == 61


async def test_graphql_ws_follows_resumes_and_is_closed_with_the_codes_of_the_protocol(
    node: Path, served: Served
) -> None:
    found = await told(node, "sockets.mjs", served)
    assert found["query"]["values"] == [{"data": {"viewer": {"subject": "development:agent"}}}]
    assert names(found["subscription"]) == ["Anna Bakker"]
    assert names(found["resumed"]) == ["Anna Verhuisd"]
    codes = {what: finding["code"] for what, finding in found.items() if "code" in finding}
    assert codes == {
        "unknown token": 4403,
        "subscribe before init": 4401,
        "init twice": 4429,
        "no JSON": 4400,
        "same id twice": 4409,
        "legacy protocol": "Server sent no subprotocol",
    }


async def test_graphql_sse_follows_and_resumes(node: Path, served: Served) -> None:
    found = await told(node, "events.mjs", served)
    assert found["query"]["values"] == [{"data": {"viewer": {"subject": "development:agent"}}}]
    assert names(found["subscription"]) == ["Anna Bakker"]
    assert names(found["resumed"]) == ["Anna Verhuisd"]
    assert found["unknown token"] == {"status": 401}


async def test_a_gateway_carries_out_one_query_over_the_hub_and_another_subgraph(
    node: Path, served: Served, tmp_path: Path
) -> None:
    path = tmp_path / "subgraph.graphql"
    path.write_text(export_subgraph(), encoding="utf-8")
    found = [each async for each in findings(node, served.environment, "gateway.mjs", str(path))]
    anna = {"name": "Anna Bakker", "points": 7}
    assert found == [
        {"what": "from there to the hub", "data": {"bestCustomer": anna}, "errors": []},
        {"what": "from the hub to there", "data": {"customer": anna}, "errors": []},
    ]
