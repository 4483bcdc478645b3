"""The original is kept with each version that counts, sealed like it, and with nothing else."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import text

from adapters.memory.store import MemoryStore
from hub.flows.incoming import understand
from hub.flows.run_lane import run_lane
from hub.mapping.contract.compile import compile_contract
from hub.records.identity import Entity, ExternalId
from hub.records.lanes import LaneMode
from hub.records.source import SourceObject
from hub.store.engine import Database
from hub.store.keys import KeyRing
from hub.store.master_key import MasterKeys
from hub.store.originals import BYTES_MAX, Original
from hub.store.rewrap_keys import rewrap_keys
from hub.store.wrapping import Wrapping
from hub.yaml.nodes import parse_yaml
from tests.flows.building import RULES, at, declare_flow
from tests.flows.engine import CRM, MAPPING, declared, queued_run, room_over
from tests.flows.originals import HELD, body, customers_named, tell, versions


async def test_a_version_has_what_it_was_mapped_from(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    first, second = body("Jan Smit", "Jan"), body("Jan Bakker", "Jan")
    await tell(database, crm, "1", first, 1)
    await tell(database, crm, "1", second, 2)
    assert [one.original for one in await versions(database, "1")] == [Original("crm", first), Original("crm", second)]


async def test_what_comes_again_with_the_same_content_keeps_one_original(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    for minute, short_name in enumerate(("Jan", "Johan", "Jan"), start=1):
        await tell(database, crm, "1", body("Jan Smit", short_name), minute)
    assert [one.original for one in await versions(database, "1")] == [Original("crm", body("Jan Smit", "Jan"))]


async def test_nothing_of_an_original_is_in_the_clear_in_any_table(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    await tell(database, crm, "1", {**body("Jan Smit", "Wilhelmina"), "notes": "confidential " * 200}, 1)
    async with database.reading() as connection:
        tables = await connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1")
        )
        for table in tables.scalars().all():
            rows = await connection.execute(text(f"SELECT to_jsonb(t)::text FROM {table} t"))
            found = "\n".join(rows.scalars())
            assert (table, "Wilhelmina" in found, b"Wilhelmina".hex() in found) == (table, False, False)
        size = await connection.scalar(text("SELECT length(original) FROM document_version"))
    assert isinstance(size, int)
    assert size < 400


async def test_what_a_setting_keeps_out_what_is_too_large_and_what_json_cannot_hold_has_no_original(
    database: Database,
) -> None:
    crm = await declare_flow(database, "crm")
    await tell(database, crm, "1", body("Jan Smit", "Jan"), 1, customers_named("full_name", None))
    await tell(database, crm, "2", {**body("Mia", "Mia"), "photo": "x" * BYTES_MAX}, 1)
    await tell(database, crm, "3", {**body("Piet", "Piet"), "number": 2**70}, 1)
    for external_id in "123":
        (version,) = await versions(database, external_id)
        assert (version.document is not None, version.original) == (True, None)


async def test_twins_keep_none_and_come_all_the_same(database: Database) -> None:
    crm = replace(await declare_flow(database, "crm"), mode=LaneMode.SHADOW)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE lane SET mode = 'SHADOW'"))
    await tell(database, crm, "1", body("Jan Smit", "Jan"), 1)
    async with database.reading() as connection:
        told = await connection.execute(text("SELECT document FROM shadow_version"))
        assert list(told.scalars()) == [{"name": "Jan Smit"}]
    assert await versions(database, "1") == []


async def test_a_run_keeps_them_in_the_words_of_the_system_that_was_read(database: Database) -> None:
    store = MemoryStore()
    said = {"name": "Jan Smit", "unmapped": [1, 2.5, None, True]}
    store.put(Entity.CUSTOMER, "1", said)
    await declared(database)
    room = replace(room_over(database, store), mappings={(CRM, Entity.CUSTOMER): replace(MAPPING, originals_of="crm")})
    await run_lane(room, await queued_run(database))
    (version,) = await versions(database, "1")
    assert version.original is not None
    assert version.original.system == "crm"
    assert {name: version.original.body[name] for name in said} == said


async def test_what_a_contract_leaves_out_is_not_kept() -> None:
    written = "{version: 1, policy: DISCARD_VALUE, fields: {full_name: text, short_name: text}}"
    contract = compile_contract(parse_yaml(written, "contract")[0])
    source = SourceObject(Entity.CUSTOMER, ExternalId("1"), {"full_name": "Jan", "secret": 5}, at(1))
    (content,) = understand([source], (), replace(HELD, contract=contract)).contents.values()
    assert content.original == {"full_name": "Jan"}


async def test_rotated_master_keys_open_what_was_sealed_before(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    await tell(database, crm, "1", body("Jan Smit", "Jan"), 1)
    old, new = b"k" * 32, b"n" * 32
    assert [batch async for batch in rewrap_keys(database, Wrapping([new, old]), batch=10)]
    ring = KeyRing(MasterKeys((new,), RULES.keys.proof(b"")))
    (version,) = await versions(database, "1", keys=ring)
    assert version.original == Original("crm", body("Jan Smit", "Jan"))
