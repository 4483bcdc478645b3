"""Deliveries that waited for each other: one run takes all of them in, each judged by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.files import FileFormat, FilesOptions, FilesPort, write_export
from adapters.files.options import EntityLayout
from adapters.memory.store import MemoryStore
from hub.errors import Rejected, Transient
from hub.flows.engine_room import EngineRoom
from hub.flows.run_lane import run_lane
from hub.flows.systems import OpenSystems
from hub.records.identity import Entity
from hub.store.engine import Database
from tests.flows.building import START, golden_state
from tests.flows.engine import CRM, declared, queued_run, room_over, state_of


def room_at(database: Database, folder: Path) -> EngineRoom:
    options = FilesOptions(folder=folder, entities={Entity.CUSTOMER: EntityLayout()})
    room = room_over(database, MemoryStore(), page_size=2)
    return replace(room, systems=OpenSystems({CRM: lambda: FilesPort(CRM, options)}))


def deliver(folder: Path, week: int, *names: str) -> Path:
    """The full export of a week, of customers whose id is their name."""
    began = START + timedelta(weeks=week)
    rows = [{"id": name, "name": name} for name in names]
    return write_export(folder, Entity.CUSTOMER, rows, began, began + timedelta(minutes=5), FileFormat.JSONL)


async def living(database: Database) -> list[object]:
    return [name for _, name, _, deleted, _, _ in await golden_state(database) if not deleted]


async def test_one_run_takes_every_waiting_delivery_in_and_judges_deletes_by_each(
    database: Database, tmp_path: Path
) -> None:
    await declared(database)
    room = room_at(database, tmp_path)
    deliver(tmp_path, 1, "Anna", "Bert", "Carl")
    deliver(tmp_path, 2, "Bert", "Carl", "Dora")
    deliver(tmp_path, 3, "Carl", "Dora", "Emma")
    run_id = await queued_run(database)
    counters = await run_lane(room, run_id)
    assert (counters["read"], counters["created"], counters["deleted"]) == (9, 5, 2)
    assert await living(database) == ["Carl", "Dora", "Emma"]
    assert await state_of(database, run_id) == "COMPLETED"
    assert len(list((tmp_path / "done").iterdir())) == 3
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM run_seen")) == 0


async def test_a_delivery_that_cannot_be_trusted_keeps_no_newer_one_waiting(database: Database, tmp_path: Path) -> None:
    await declared(database)
    room = room_at(database, tmp_path)
    deliver(tmp_path, 1, "Anna", "Bert")
    broken = deliver(tmp_path, 2, "Anna")
    (broken / "customer.jsonl").write_text('{"id": "Anna", "name": "Changed on the way"}\n')
    deliver(tmp_path, 3, "Bert", "Carl")
    run_id = await queued_run(database)
    with pytest.raises(Rejected, match=broken.name):
        await run_lane(room, run_id)
    assert await living(database) == ["Bert", "Carl"]
    assert await state_of(database, run_id) == "FAILED"


async def test_a_run_that_stopped_in_the_second_delivery_goes_on_there(database: Database, tmp_path: Path) -> None:
    await declared(database)
    deliver(tmp_path, 1, "Anna", "Bert", "Carl")
    deliver(tmp_path, 2, "Bert", "Carl", "Dora", "Emma")
    deliver(tmp_path, 3, "Carl", "Dora", "Emma", "Finn")
    run_id = await queued_run(database)
    pages: list[int] = []
    room = room_at(database, tmp_path)
    asked: list[int] = []

    def stopping() -> bool:
        # Two pages are the first delivery. Then it is asked before the second one, and behind that one's first page.
        if len(pages) >= 2:
            asked.append(len(pages))
        return len(asked) > 1

    with pytest.raises(Transient):
        await run_lane(room, run_id, stopping, lambda counters: pages.append(counters["read"]))
    assert len(pages) == 3
    await room.systems.aclose()
    assert await state_of(database, run_id) == "INTERRUPTED"
    counters = await run_lane(room_at(database, tmp_path), run_id)
    assert (counters["read"], counters["created"], counters["deleted"]) == (11, 6, 2)
    assert await living(database) == ["Carl", "Dora", "Emma", "Finn"]
