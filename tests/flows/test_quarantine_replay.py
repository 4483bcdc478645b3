"""Replay of quarantined objects, where the command line does not reach: epochs, erasure, bytes that are no object."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from adapters.memory.store import MemoryStore
from hub.errors import Conflict, Invalid
from hub.flows.lane import LaneContext
from hub.flows.quarantine_edit import discard, edit
from hub.flows.quarantine_preview import preview
from hub.flows.quarantine_replay import ReplayOutcome, replay
from hub.flows.quarantined import Chosen, reveal
from hub.flows.take_in import take_in
from hub.flows.terms import Terms
from hub.records.identity import Entity, ExternalId
from hub.records.source import JsonObject, SourceObject, Unreadable
from hub.store.engine import Database
from tests.flows.building import RULES, at, declare_flow
from tests.flows.engine import CRM, MAPPING, room_over
from tests.mapping.contracts import agreed

TERMS = Terms({(CRM, Entity.CUSTOMER): MAPPING}, RULES.recognition, RULES.keys)
BAD: JsonObject = {"name": "Sanne", "level": "unheard"}
GOOD = b'{"name": "Sanne", "level": "g"}'


async def refused(database: Database, *bodies: JsonObject, unreadable: bytes | None = None) -> LaneContext:
    """A lane by which objects came that nobody understood, one minute after the other."""
    lane = await declare_flow(database, CRM)
    objects = [
        SourceObject(Entity.CUSTOMER, ExternalId("1"), body, at(minute), at(minute), f"f{minute}")
        for minute, body in enumerate(bodies)
    ]
    lines = [] if unreadable is None else [Unreadable(Entity.CUSTOMER, "c.csv:3", unreadable, "it has 2 columns")]
    await take_in(room_over(database, MemoryStore()), lane, objects, lines)
    return lane


async def replayed(database: Database, terms: Terms = TERMS) -> list[str]:
    async with database.transaction() as connection:
        return [one.outcome.value for one in await replay(connection, terms, Chosen(), "mia", at(100))]


async def rows(database: Database, statement: str) -> list[tuple[Any, ...]]:
    async with database.reading() as connection:
        return [tuple(row) for row in await connection.execute(text(statement))]


async def edited(database: Database, quarantine_id: int, body: bytes = GOOD, external_id: str | None = None) -> None:
    async with database.transaction() as connection:
        await edit(connection, RULES.keys, quarantine_id, body, "mia", at(50), external_id)


async def only_id(database: Database) -> int:
    [(quarantine_id,)] = await rows(database, "SELECT id FROM quarantine")
    assert isinstance(quarantine_id, int)
    return quarantine_id


async def test_replay_writes_under_the_epoch_of_now_and_not_of_then(database: Database) -> None:
    lane = await refused(database, BAD)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE information_flow SET epoch = epoch + 1"))
        await connection.execute(text("UPDATE lane SET mode = 'STANDBY'"))
        await connection.execute(
            text("INSERT INTO lane (flow, cadence, mode) VALUES (:flow, 'REAL_TIME', 'AUTHORITATIVE')"),
            {"flow": lane.flow},
        )
    await edited(database, await only_id(database))
    assert await replayed(database) == ["ACCEPTED"]
    ledger = await rows(database, "SELECT l.cadence FROM change_ledger c JOIN lane l ON l.id = c.lane_id")
    assert ledger == [("REAL_TIME",)]
    assert await rows(database, "SELECT as_of, stamp, fingerprint FROM source_record") == [(at(0), at(0), "f0")]


async def test_what_a_candidate_refused_goes_into_its_twins_and_not_into_the_golden_record(database: Database) -> None:
    await refused(database, BAD)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE lane SET mode = 'SHADOW'"))
    await edited(database, await only_id(database))
    assert await replayed(database) == ["ACCEPTED"]
    assert await rows(database, "SELECT count(*) FROM customer") == [(0,)]
    assert await rows(database, "SELECT external_id, as_of FROM shadow_record") == [("1", at(0))]


async def test_of_two_contents_of_one_object_the_newer_is_taken_and_the_older_is_outdated(database: Database) -> None:
    await refused(database, BAD, {**BAD, "name": "Sanne Smit"})
    known = replace(MAPPING, contract=agreed("version: 1\npolicy: DISCARD_VALUE\nfields: {name: text}\n"))
    terms = replace(TERMS, mappings={(CRM, Entity.CUSTOMER): known})
    assert await replayed(database, terms=terms) == ["OUTDATED", "ACCEPTED"]
    assert await rows(database, "SELECT name FROM customer") == [("Sanne Smit",)]
    assert await rows(database, "SELECT state FROM quarantine ORDER BY id") == [("SUPERSEDED",), ("REPLAYED",)]


async def test_what_a_frozen_contract_forbids_stays_and_says_so(database: Database) -> None:
    await refused(database, BAD)
    frozen = replace(MAPPING, contract=agreed("version: 1\npolicy: FREEZE\nfields: {name: text}\n"))
    assert await replayed(database, terms=replace(TERMS, mappings={(CRM, Entity.CUSTOMER): frozen})) == ["REFUSED"]
    assert await rows(database, "SELECT state, code FROM quarantine") == [("OPEN", "CONTRACT_FROZEN")]


async def test_bytes_that_were_no_object_become_one_by_a_correction_with_an_id(database: Database) -> None:
    await refused(database, unreadable=b"5;P")
    quarantine_id = await only_id(database)
    assert await replayed(database) == ["REFUSED"]
    with pytest.raises(Invalid, match="give its external id"):
        await edited(database, quarantine_id)
    await edited(database, quarantine_id, external_id="5")
    assert await replayed(database) == ["ACCEPTED"]
    assert await rows(database, "SELECT external_id FROM customer_identifier") == [("5",)]


async def test_an_erased_person_is_neither_shown_nor_replayed(database: Database) -> None:
    await refused(database, BAD)
    quarantine_id = await only_id(database)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE subject_key SET wrapped = NULL, erased_at = :now"), {"now": at(10)})
    async with database.transaction() as connection:
        assert await reveal(connection, RULES.keys, quarantine_id, "mia", at(20)) is None
    with pytest.raises(Conflict, match="erased"):
        await edited(database, quarantine_id)
    assert await replayed(database) == ["ERASED"]
    assert await rows(database, "SELECT state FROM quarantine") == [("DISCARDED",)]
    assert await rows(database, "SELECT count(*) FROM source_record") == [(0,)]


async def test_a_preview_leaves_nothing_behind_but_the_locks_of_its_transaction(database: Database) -> None:
    await refused(database, BAD)
    await edited(database, await only_id(database))
    tables = ("customer", "source_record", "document_version", "change_ledger", "change_pending", "audit_event")
    count = " + ".join(f"(SELECT count(*) FROM {table})" for table in tables)
    before = await rows(database, f"SELECT {count}")
    async with database.transaction() as connection:
        [found] = await preview(connection, TERMS, Chosen(), at(100))
    assert (found.would.outcome, found.new, "name" in found.changed) == (ReplayOutcome.ACCEPTED, True, True)
    assert await rows(database, f"SELECT {count}") == before
    assert await rows(database, "SELECT state FROM quarantine") == [("OPEN",)]


async def test_settled_objects_can_be_neither_edited_nor_discarded(database: Database) -> None:
    await refused(database, BAD)
    quarantine_id = await only_id(database)
    async with database.transaction() as connection:
        assert await discard(connection, Chosen([quarantine_id]), "test", "mia", at(60)) == [quarantine_id]
    with pytest.raises(Conflict, match="is DISCARDED"):
        await edited(database, quarantine_id)
    async with database.transaction() as connection:
        assert await discard(connection, Chosen([quarantine_id]), "again", "mia", at(61)) == []
    assert await replayed(database) == []
    assert await rows(database, "SELECT settled_reason FROM quarantine") == [("test",)]
