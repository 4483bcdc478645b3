"""What waits in quarantine is its owner's, also a thing that never came in: in his copy, and lost when he is erased."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import orjson
import pytest
from sqlalchemy import text

from hub.errors import Conflict
from hub.flows.drift import keep_drifts
from hub.flows.incoming import understand
from hub.flows.lane import LaneContext
from hub.flows.quarantine_edit import edit
from hub.flows.quarantine_replay import replay
from hub.flows.quarantined import Chosen, reveal
from hub.flows.terms import Terms
from hub.privacy.export import export
from hub.privacy.requests import Request
from hub.records.identity import Entity, ExternalId, SystemName
from hub.records.source import JsonObject, SourceObject
from hub.store.engine import Database
from tests.flows.building import RULES, apply_page, at, content, declare_flow, page, person
from tests.flows.originals import mapped, tell
from tests.mapping.contracts import agreed
from tests.privacy.test_erase import erased
from tests.stewardship.building import owner

ORDERS = mapped(
    """
entity: sales_order
version: 1
fields: {customer: party, state: {path: state, table: states}, description: note}
tables: {states: {done: COMPLETED}}
"""
)
TERMS = Terms({(SystemName("crm"), Entity.SALES_ORDER): ORDERS}, RULES.recognition, RULES.keys)


def odd(customer: str, note: str) -> JsonObject:
    """An order whose state no table knows."""
    return {"party": customer, "state": "odd", "note": note}


async def company(database: Database) -> tuple[UUID, UUID, LaneContext]:
    """Wilhelmina and Geert, each with an order that nobody understood; the lane of orders."""
    crm, orders = await declare_flow(database, "crm"), await declare_flow(database, "crm", Entity.SALES_ORDER)
    await apply_page(database, crm, page(content("1", person("Wilhelmina"), 1), content("2", person("Geert"), 1)))
    for number, customer in (("71", "1"), ("72", "2")):
        done = await tell(database, orders, number, odd(customer, f"for {customer}"), 2, ORDERS)
        assert done.counters["quarantined"] == 1
    return await owner(database, "crm", "1"), await owner(database, "crm", "2"), orders


async def waiting(database: Database) -> dict[str, tuple[int, str, bytes]]:
    """By external id the number, the state and what is stored of it."""
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT external_id, id, state, body FROM quarantine ORDER BY id"))
        return {row.external_id: (row.id, row.state, row.body) for row in rows}


async def test_what_of_the_erased_never_came_in_is_lost_and_a_neighbours_can_be_read(database: Database) -> None:
    wilhelmina, _, orders = await company(database)
    his = (await waiting(database))["71"][0]
    async with database.transaction() as connection:
        await edit(connection, RULES.keys, his, orjson.dumps({"party": "1", "state": "done"}), "mia", at(3))
    await erased(database, wilhelmina)
    left = await waiting(database)
    assert [(state, bool(body)) for _, state, body in left.values()] == [("DISCARDED", False), ("OPEN", True)]
    async with database.transaction() as connection:
        with pytest.raises(Conflict):
            await reveal(connection, RULES.keys, his, "mia", at(20_001))
        shown = await reveal(connection, RULES.keys, left["72"][0], "mia", at(20_001))
        assert shown is not None
        assert b"for 2" in shown.original
    # The system tells it again, as it was and changed: it is not even put aside.
    for note in ("for 1", "for 1, changed"):
        again = await tell(database, orders, "71", odd("1", note), 30_000, ORDERS)
        assert again.counters["quarantined"] == 0
    assert await waiting(database) == left
    async with database.transaction() as connection:
        assert [one.external_id for one in await replay(connection, TERMS, Chosen(), "mia", at(30_001))] == ["72"]
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM sales_order")) == 0


async def test_the_object_that_showed_a_drift_goes_with_its_owner(database: Database) -> None:
    wilhelmina, _, orders = await company(database)
    mapping = replace(ORDERS, contract=agreed("version: 1\npolicy: DISCARD_VALUE\nfields: {party: text, note: text}\n"))
    source = SourceObject(Entity.SALES_ORDER, ExternalId("73"), odd("1", "for 1"), at(3), at(3), "f")
    drifts = understand([source], (), mapping).drifts
    async with database.transaction() as connection:
        await keep_drifts(connection, orders, "crm", "1", drifts, RULES.keys, at(3))
    await erased(database, wilhelmina)
    async with database.reading() as connection:
        keys = await connection.scalars(text("SELECT subject_key_id FROM contract_drift WHERE body IS NOT NULL"))
        kept = set(keys)
        assert (len(kept), await RULES.keys.ciphers_of(connection, kept)) == (1, {})


async def test_a_copy_has_what_waits_of_his_and_nothing_of_a_neighbour(database: Database) -> None:
    wilhelmina, geert, orders = await company(database)
    async with database.transaction() as connection:
        number = (await connection.execute(text("SELECT id FROM quarantine WHERE external_id = '71'"))).scalar_one()
        await edit(connection, RULES.keys, number, orjson.dumps({"party": "1", "state": "done"}), "mia", at(3))
    # Of an order that changes hands each has what it said in his time.
    await tell(database, orders, "71", odd("2", "handed on"), 4, ORDERS)
    for customer, told in (
        (wilhelmina, [("71", "for 1", {"party": "1", "state": "done"})]),
        (geert, [("72", "for 2", None), ("71", "handed on", None)]),
    ):
        async with database.transaction() as connection:
            done = await export(connection, customer, RULES.keys, "NL", Request("steward", None, at(20_000)))
        parts = orjson.loads(done.document)["parts"]
        found = [(r["externalId"], orjson.loads(r["original"])["note"], r["corrected"]) for r in parts["quarantine"]]
        assert found == told
