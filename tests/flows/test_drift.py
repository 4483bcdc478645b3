"""Objects that no longer look as agreed, through a lane on real PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from adapters.memory.store import MemoryStore
from hub.errors import Frozen
from hub.flows.engine_room import EngineRoom
from hub.flows.quarantine import original_of
from hub.flows.run_lane import run_lane
from hub.reads.standing import standing
from hub.records.identity import Entity
from hub.records.source import JsonObject
from hub.store.engine import Database
from tests.flows.building import RULES
from tests.flows.engine import CRM, MAPPING, declared, queued_run, room_over, state_of
from tests.flows.test_run_lane import body as body_with
from tests.mapping.contracts import agreed

CONTRACT = """\
version: 1
policy: DISCARD_VALUE
fields:
  name: {type: text, required: true}
  level: {type: text, values: [g]}
  contact_media[].external_id: text
  contact_media[].kind: text
  contact_media[].value: text
"""


def body(name: str) -> JsonObject:
    """A customer with an address of his own."""
    return body_with(name, f"{name.lower()}@example.nl")


def room_with(database: Database, store: MemoryStore, policy: str, page_size: int = 500) -> EngineRoom:
    """An engine room whose CRM has a contract."""
    mapping = replace(MAPPING, contract=agreed(CONTRACT, policy))
    return replace(room_over(database, store, page_size), mappings={(CRM, Entity.CUSTOMER): mapping})


def filled(*offending: JsonObject) -> MemoryStore:
    """Two customers as agreed, then the offending ones, numbered from 1."""
    store = MemoryStore()
    for number, customer in enumerate([body("Anna"), body("Ben"), *offending], start=1):
        store.put(Entity.CUSTOMER, str(number), customer)
    return store


async def rows(database: Database, statement: str) -> list[tuple[Any, ...]]:
    async with database.reading() as connection:
        return [tuple(row) for row in await connection.execute(text(statement))]


DRIFTS = "SELECT path, kind, policy, objects, external_id FROM contract_drift ORDER BY path, kind"
NAMES = "SELECT name, status FROM customer ORDER BY name"


async def test_evolve_takes_all_and_reports_each_way_of_differing_once(database: Database) -> None:
    await declared(database)
    store = filled({**body("Cor"), "colour": "red"}, {**body("Dora"), "colour": "blue"})
    room = room_with(database, store, "EVOLVE", page_size=1)
    await run_lane(room, await queued_run(database))
    assert [name for name, _ in await rows(database, NAMES)] == ["Anna", "Ben", "Cor", "Dora"]
    assert await rows(database, DRIFTS) == [("colour", "NEW_FIELD", "EVOLVE", 2, "3")]
    async with database.reading() as connection:
        assert (await standing(connection, store.clock)).drifts_open == {("crm", "customer"): 1}
    assert await rows(database, "SELECT topic, kind FROM change_pending WHERE topic = 'ContractDrift'") == [
        ("ContractDrift", "ContractDriftCreateEvent")
    ]


async def test_freeze_stops_the_run_before_anything_of_the_page_is_applied(database: Database) -> None:
    await declared(database)
    room = room_with(database, filled({**body("Cor"), "level": "unheard"}), "FREEZE")
    run = await queued_run(database)
    with pytest.raises(Frozen, match="UNKNOWN_VALUE: 'unheard' that was not agreed"):
        await run_lane(room, run)
    assert await state_of(database, run) == "FAILED"
    assert await rows(database, NAMES) == []
    assert await rows(database, "SELECT cursor FROM lane_cursor") == []
    assert await rows(database, DRIFTS) == [("level", "UNKNOWN_VALUE", "FREEZE", 1, "3")]


async def test_discard_row_quarantines_the_object_and_the_report_finds_it_there(database: Database) -> None:
    await declared(database)
    room = room_with(database, filled({**body("Cor"), "name": 12}), "DISCARD_ROW")
    await run_lane(room, await queued_run(database))
    assert [name for name, _ in await rows(database, NAMES)] == ["Anna", "Ben"]
    assert await rows(
        database,
        "SELECT q.code, q.path, q.state, d.path FROM quarantine q JOIN contract_drift d ON d.digest = q.digest",
    ) == [("CONTRACT_DRIFT", "name", "OPEN", "name")]


async def test_discard_value_takes_the_rest(database: Database) -> None:
    await declared(database)
    store = filled({**body("Cor"), "level": "unheard", "colour": "red"})
    await run_lane(room_with(database, store, "DISCARD_VALUE"), await queued_run(database))
    assert await rows(database, NAMES) == [("Anna", None), ("Ben", None), ("Cor", None)]
    assert [row[:2] for row in await rows(database, DRIFTS)] == [("colour", "NEW_FIELD"), ("level", "UNKNOWN_VALUE")]
    assert await rows(database, "SELECT count(*) FROM quarantine") == [(0,)]


async def test_the_first_offender_is_kept_encrypted_and_no_report_holds_its_values(database: Database) -> None:
    await declared(database)
    store = filled({**body("Cor"), "geheim@example.nl": "Jan de Vries", "level": "Jan de Vries"})
    await run_lane(room_with(database, store, "EVOLVE"), await queued_run(database))
    [(key, sealed, digest)] = await rows(
        database, "SELECT subject_key_id, body, digest FROM contract_drift WHERE path = 'level'"
    )
    async with database.reading() as connection:
        cipher = await RULES.keys.cipher_of(connection, key)
    assert cipher is not None
    assert b"Jan de Vries" in cipher.unseal(sealed, digest.hex())
    [(shown,)] = await rows(database, "SELECT string_agg(path || detail || kind, ' ') FROM contract_drift")
    assert "Jan" not in shown
    assert "geheim" not in shown
    # without an agreed level the mapping's own table still refuses what it does not know
    [(quarantined,)] = await rows(database, "SELECT id FROM quarantine")
    async with database.reading() as connection:
        assert b"geheim" in (await original_of(connection, RULES.keys, quarantined) or b"")


async def test_a_new_version_of_the_contract_reports_afresh(database: Database) -> None:
    await declared(database)
    store = filled({**body("Cor"), "colour": "red"})
    room = room_with(database, store, "EVOLVE")
    await run_lane(room, await queued_run(database))
    newer = replace(MAPPING, contract=agreed(CONTRACT.replace("version: 1", "version: 2"), "EVOLVE"))
    store.put(Entity.CUSTOMER, "3", {**body("Cor"), "colour": "blue"})
    await run_lane(replace(room, mappings={(CRM, Entity.CUSTOMER): newer}), await queued_run(database))
    found = await rows(database, "SELECT left(contract_version, 2), path FROM contract_drift ORDER BY 1")
    assert found == [("1+", "colour"), ("2+", "colour")]
