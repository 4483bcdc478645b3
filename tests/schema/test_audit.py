"""Who was shown which customer stands in the audit trail."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.errors import Transient
from hub.records.identity import CustomerId
from hub.store import read_trail
from hub.store.engine import Database
from hub.store.read_trail import Read, ReadTrail
from tests.schema.company import gid, uid
from tests.schema.serving import Api, serving
from tests.waiting import until

ANNA, BEN = uid("Anna Bakker"), uid("Ben de Vries")


async def reads(database: Database) -> list[tuple[str, UUID, str, str | None]]:
    """Who, whom, where and by which operation, ordered."""
    async with database.reading() as connection:
        rows = await connection.execute(
            text(
                """SELECT principal, c.id, detail->>'place', detail->>'operation' FROM audit_event
                   CROSS JOIN LATERAL unnest(coalesce(customers, ARRAY[CAST(object_id AS uuid)])) AS c(id)
                   WHERE action = 'read' ORDER BY 3, 1, 2"""
            )
        )
        return [tuple(row) for row in rows]


async def noted(database: Database, count: int) -> list[tuple[str, UUID, str, str | None]]:
    """The reads once there are so many."""

    async def found() -> list[tuple[str, UUID, str, str | None]] | None:
        rows = await reads(database)
        return rows if len(rows) >= count else None

    return await until(found, 10, f"{count} reads")


async def test_a_look_up_is_noted_with_the_person_and_the_operation(api: Api, company: Database) -> None:
    document = 'query ByMail { customer(by: {email: "anna@example.nl"}) { name } }'
    await api.ask(document, role=Role.AGENT)
    assert await noted(company, 1) == [("development:agent", ANNA, "Query.customer", "ByMail")]
    async with company.reading() as connection:
        row = (await connection.execute(text("SELECT at, request_id FROM audit_event"))).one()
    assert row.at == api.clock.now
    assert len(row.request_id) == 32


async def test_every_customer_of_a_list_is_noted_once(api: Api, company: Database) -> None:
    await api.ask("{ customers { edges { node { id name contactMedia { value } } } } }")
    rows = await noted(company, 4)
    names = ("Anna Bakker", "Ben de Vries", "Cor Smit", "Dora Smit")
    assert sorted(rows) == sorted(("development:agent", uid(name), "Query.customers", None) for name in names)


async def test_nodes_parts_leads_and_oneself_are_reads_too(api: Api, company: Database) -> None:
    await api.ask("query($id: ID!) { node(id: $id) { id } }", {"id": gid("Customer", BEN)})
    await api.ask(
        "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [gid("SalesOrder", uid("Anna Bakker order 1"))]}
    )
    await api.ask("{ leads { edges { node { name } } } }")
    await api.ask("{ viewer { customer { name } } }", role=Role.CUSTOMER, customer=CustomerId(BEN))
    rows = await noted(company, 4)
    assert [(whom, place) for _, whom, place, _ in rows] == [
        (ANNA, "Query.leads"),
        (BEN, "Query.node"),
        (ANNA, "Query.nodes"),
        (BEN, "Query.viewer"),
    ]


async def test_a_refused_read_shows_nobody_and_notes_nobody(
    database_url: str, company: Database, tmp_path: Path
) -> None:
    async with serving(database_url, tmp_path) as api:
        refused = await api.ask("{ customers { edges { node { id } } } }", role=Role.ARCHITECT)
        missing = await api.ask('{ customer(by: {email: "nobody@example.nl"}) { id } }')
        assert (refused.codes, missing.codes) == (["FORBIDDEN"], ["NOT_FOUND"])
    assert await reads(company) == []


async def test_a_process_that_stops_writes_what_it_noted(database_url: str, company: Database, tmp_path: Path) -> None:
    async with serving(database_url, tmp_path) as api:
        await api.ask('{ customer(by: {email: "anna@example.nl"}) { name } }')
    assert [whom for _, whom, _, _ in await reads(company)] == [ANNA]


async def test_several_writers_write_each_read_once(api: Api, company: Database) -> None:
    trail: ReadTrail = api.app.state.running.hub.trail
    for number in range(10):
        trail.note(Read("agent", ANNA, "Query.customer", str(number), None))
    await asyncio.gather(*(trail.write() for _ in range(3)))
    assert len(await reads(company)) == 10


@pytest.mark.slow
async def test_a_trail_that_cannot_be_written_ends_the_reading(api: Api, company: Database) -> None:
    async with company.transaction() as connection:
        await connection.execute(text("ALTER TABLE audit_event RENAME TO elsewhere"))
    trail: ReadTrail = api.app.state.running.hub.trail
    for number in range(read_trail.NOTED_AT_MOST):
        trail.note(Read("agent", ANNA, "Query.customer", str(number), None))
    answer = await api.ask('{ customer(by: {email: "anna@example.nl"}) { name } }')
    assert (answer.data, answer.codes) == ({"customer": None}, [Transient.code])
    async with company.transaction() as connection:
        await connection.execute(text("ALTER TABLE elsewhere RENAME TO audit_event"))

    async def all_written() -> bool:
        async with company.reading() as connection:
            written: int = await connection.scalar(text("SELECT count(*) FROM audit_event"))
        return written == read_trail.NOTED_AT_MOST

    assert await until(all_written, 120, "the trail")
