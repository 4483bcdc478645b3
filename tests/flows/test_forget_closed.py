"""What was closed long ago holds nobody's data any more, and what somebody decided about it still holds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from adapters.memory.store import MemoryStore
from hub.errors import Conflict
from hub.exchange.forget_changes import forget_changes
from hub.flows.forget_quarantine import forget_quarantine
from hub.flows.quarantine import original_of
from hub.flows.quarantine_edit import discard
from hub.flows.quarantined import Chosen, reveal
from hub.flows.take_in import take_in
from hub.records.identity import Entity, ExternalId
from hub.records.lanes import FlowCadence, LaneMode
from hub.records.source import SourceObject
from hub.store.engine import Database
from tests.flows.building import RULES, at
from tests.flows.engine import room_over
from tests.flows.outbound import declare_outbound, renamed
from tests.flows.test_quarantine_replay import BAD, GOOD, edited, only_id, refused, replayed, rows

LATER = at(10_000_000)


async def forgotten(database: Database, limit: int = 10) -> int:
    async with database.transaction() as connection:
        return await forget_quarantine(connection, LATER, limit)


async def test_a_discarded_object_loses_its_content_and_still_does_not_come_back(database: Database) -> None:
    lane = await refused(database, BAD)
    quarantine_id = await only_id(database)
    assert await forgotten(database) == 0
    async with database.transaction() as connection:
        await discard(connection, Chosen([quarantine_id]), "test", "mia", at(60))
    assert [await forgotten(database), await forgotten(database)] == [1, 0]
    assert await rows(database, "SELECT state, body, content FROM quarantine") == [("DISCARDED", b"", None)]
    async with database.transaction() as connection:
        assert await original_of(connection, RULES.keys, quarantine_id) is None
        with pytest.raises(Conflict, match="its content is forgotten"):
            await reveal(connection, RULES.keys, quarantine_id, "mia", LATER)
    again = SourceObject(Entity.CUSTOMER, ExternalId("1"), BAD, LATER, LATER, "f0")
    await take_in(room_over(database, MemoryStore()), lane, [again], [])
    assert await rows(database, "SELECT id FROM quarantine") == [(quarantine_id,)]


async def test_a_corrected_object_is_remembered_too_and_one_that_was_overtaken_goes(database: Database) -> None:
    lane = await refused(database, BAD, {**BAD, "name": "Sanne II"})
    second = (await rows(database, "SELECT max(id) FROM quarantine"))[0][0]
    await edited(database, second, GOOD)
    assert await replayed(database) == ["REFUSED", "ACCEPTED"]
    newer = SourceObject(Entity.CUSTOMER, ExternalId("1"), {"name": "Sanne", "level": "g"}, at(70), at(70), "f2")
    await take_in(room_over(database, MemoryStore()), lane, [newer], [])
    assert [await forgotten(database, 1) for _ in range(3)] == [1, 1, 0]
    kept = await rows(database, "SELECT id, state, body, corrected FROM quarantine")
    assert kept == [(second, "REPLAYED", b"", None)]


async def test_what_a_settled_command_changed_is_forgotten_and_what_waits_for_a_person_is_not(
    database: Database,
) -> None:
    await declare_outbound(database, {FlowCadence.REAL_TIME: LaneMode.AUTHORITATIVE})
    states = ("DONE", "MERGED", "CANCELLED", "DEAD", "REFUSED", "UNKNOWN", "PENDING")
    for number, state in enumerate(states):
        command = await renamed(database, str(number), "Sanne", "Sanne de Vries")
        async with database.transaction() as connection:
            await connection.execute(
                text("UPDATE outbound_command SET state = :state, finished_at = :at WHERE id = :id"),
                {"state": state, "at": at(number), "id": command},
            )
    async with database.transaction() as connection:
        before = at(2) + timedelta(seconds=1)
        assert [await forget_changes(connection, before, 2) for _ in range(3)] == [2, 1, 0]
    kept = await rows(database, "SELECT state FROM outbound_command WHERE changes <> '[]' ORDER BY finished_at")
    assert [state for (state,) in kept] == ["DEAD", "REFUSED", "UNKNOWN", "PENDING"]
