"""A correction: true in the hub at once, at the target soon, and its echo is no news."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from adapters.memory.store import MemoryStore
from hub.errors import Invalid, Transient
from hub.flows.correct import correct_contact_medium
from hub.flows.engine_room import EngineRoom
from hub.flows.run_lane import run_lane
from hub.flows.send import send_command
from hub.records.identity import Entity
from hub.store.engine import Database
from hub.work.decisions import Dead, Done, RetryAt
from tests.flows.building import at, golden_state
from tests.flows.engine import declared, queued_run, room_over
from tests.flows.test_run_lane import body

WRONG, RIGHT = "sanne@exmaple.com", "sanne@example.com"


async def pulled(database: Database, store: MemoryStore) -> EngineRoom:
    """One customer with a typo, pulled, and a flow that leads back."""
    await declared(database)
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """INSERT INTO information_flow (name, business_flow, title, entity, source, target)
                   VALUES ('contact-corrections', 8, 'Corrections', 'customer', 'hub', 'crm')"""
            )
        )
        await connection.execute(
            text("INSERT INTO lane (flow, cadence, mode) VALUES ('contact-corrections', 'REAL_TIME', 'AUTHORITATIVE')")
        )
    store.put(Entity.CUSTOMER, "1", body("Sanne", WRONG))
    room = room_over(database, store)
    await run_lane(room, await queued_run(database))
    store.advance(timedelta(minutes=5))
    return room


async def corrected(room: EngineRoom, value: str = RIGHT) -> UUID:
    async with room.database.transaction() as connection:
        medium: UUID = await connection.scalar(text("SELECT id FROM contact_medium"))
        await correct_contact_medium(connection, medium, value, "agent:1", room.recognition, at(20_000))
        command: UUID = await connection.scalar(text("SELECT id FROM outbound_command"))
    return command


async def facts(database: Database) -> dict[str, object]:
    async with database.reading() as connection:
        row = (
            await connection.execute(
                text(
                    """SELECT (SELECT version FROM customer) AS golden, (SELECT value FROM contact_medium) AS value,
                         (SELECT count(*) FROM document_version) AS versions,
                         (SELECT count(*) FROM outbound_command) AS commands,
                         (SELECT state FROM outbound_command) AS state, (SELECT state FROM correction) AS correction"""
                )
            )
        ).one()
        return dict(row._mapping)


def at_the_source(store: MemoryStore) -> object:
    stored = store.objects(Entity.CUSTOMER)[1]
    return stored.children("contact_media")["m1"]["value"]


async def test_a_correction_is_golden_at_once_and_waits_for_the_target(database: Database) -> None:
    store = MemoryStore()
    room = await pulled(database, store)
    await corrected(room)
    assert await facts(database) == {
        "golden": 2,
        "value": RIGHT,
        "versions": 1,
        "commands": 1,
        "state": "PENDING",
        "correction": "OPEN",
    }
    assert at_the_source(store) == WRONG


async def test_a_pull_that_still_has_the_old_value_does_not_undo_it(database: Database) -> None:
    store = MemoryStore()
    room = await pulled(database, store)
    await corrected(room)
    await run_lane(room, await queued_run(database))
    assert (await facts(database))["value"] == RIGHT


async def test_the_target_gets_it_and_the_echo_changes_nothing(database: Database) -> None:
    store = MemoryStore()
    room = await pulled(database, store)
    command = await corrected(room)
    assert await send_command(room, command) == Done()
    assert at_the_source(store) == RIGHT
    sent = await facts(database)
    assert sent == {
        "golden": 2,
        "value": RIGHT,
        "versions": 2,
        "commands": 1,
        "state": "DONE",
        "correction": "CONVERGED",
    }
    store.advance(timedelta(hours=1))
    await run_lane(room, await queued_run(database))
    assert await facts(database) == sent


async def test_a_repeated_message_sends_nothing(database: Database) -> None:
    store = MemoryStore()
    room = await pulled(database, store)
    command = await corrected(room)
    await send_command(room, command)
    stamp = store.objects(Entity.CUSTOMER)[1].stamp
    store.advance(timedelta(hours=1))
    assert await send_command(room, command) == Done()
    assert store.objects(Entity.CUSTOMER)[1].stamp == stamp


async def test_a_lost_answer_is_found_to_have_worked(database: Database) -> None:
    store = MemoryStore()
    room = await pulled(database, store)
    command = await corrected(room)
    store.drop_next_answer()
    assert isinstance(await send_command(room, command), RetryAt)
    assert (await facts(database))["state"] == "UNKNOWN"
    assert await send_command(room, command) == Done()
    assert (await facts(database))["correction"] == "CONVERGED"


async def test_a_source_that_moved_meanwhile_keeps_its_own_value(database: Database) -> None:
    store = MemoryStore()
    room = await pulled(database, store)
    command = await corrected(room)
    store.put_child(
        Entity.CUSTOMER, "1", "contact_media", {"external_id": "m1", "kind": "EMAIL", "value": "new@example.com"}
    )
    assert isinstance(await send_command(room, command), Dead)
    after = await facts(database)
    assert (after["value"], after["state"], after["correction"]) == ("new@example.com", "REFUSED", "OVERRULED")


async def test_a_target_that_is_down_keeps_the_command(database: Database) -> None:
    store = MemoryStore()
    room = await pulled(database, store)
    command = await corrected(room)
    store.stop()
    with pytest.raises(Transient):
        await send_command(room, command)
    store.start()
    assert await send_command(room, command) == Done()


async def test_a_value_that_is_no_address_changes_nothing(database: Database) -> None:
    room = await pulled(database, MemoryStore())
    before = await golden_state(database)
    async with database.reading() as connection:
        medium: UUID = await connection.scalar(text("SELECT id FROM contact_medium"))
    with pytest.raises(Invalid, match="not an e-mail address"):
        async with database.transaction() as connection:
            await correct_contact_medium(connection, medium, "sanne at home", "agent:1", room.recognition, at(20_000))
    assert await golden_state(database) == before
