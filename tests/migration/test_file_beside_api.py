"""The weekly file of a CRM beside its API: one source, two roads, and nothing between them but time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from adapters.files import FileFormat, FilesOptions, FilesPort, write_export
from adapters.files.options import EntityLayout
from adapters.memory.port import MemoryPort
from adapters.memory.store import MemoryStore
from hub.flows.systems import OpenSystems
from hub.migration.comparison import Window
from hub.migration.parity import compare
from hub.ports.system import SystemPort
from hub.records.lanes import FlowCadence
from hub.records.migration import DifferenceKind
from hub.store.engine import Database
from tests.flows.engine import CRM, FLOW
from tests.flows.roads import CUSTOMER, EXPORT, FAST, Company, LyingPort, company
from tests.flows.test_lanes import rows
from tests.flows.test_run_lane import body, filled

WEEKLY, DAILY = FlowCadence.WEEKLY, FlowCadence.DAILY


async def by_file(database: Database, store: MemoryStore, folder: Path) -> Company:
    """The same company, its export read by the adapter for files."""
    firm = await company(database, store)
    options = FilesOptions(folder=folder, entities={CUSTOMER: EntityLayout(id="id")})
    openers: dict[str, Callable[[], SystemPort]] = {
        CRM: lambda: MemoryPort(CRM, store),
        FAST: lambda: LyingPort(store, lambda one: [one], sweeps=True),
        EXPORT: lambda: FilesPort(EXPORT, options),
    }
    firm.room = replace(firm.room, systems=OpenSystems(openers))
    return firm


def export(store: MemoryStore, folder: Path) -> Window:
    """A full export as the CRM's job writes it; a customer changes while it does."""
    began = store.clock
    told = [{"id": str(number), **stored.body} for number, stored in sorted(store.objects(CUSTOMER).items())]
    store.advance(timedelta(minutes=5))
    store.put(CUSTOMER, "2", body(f"Changed at {store.clock:%H:%M}", "c2@example.com"))
    store.advance(timedelta(minutes=5))
    write_export(folder, CUSTOMER, told, began, store.clock, FileFormat.JSONL)
    return Window(began, store.clock)


async def test_a_file_and_an_api_of_one_source_agree_but_for_what_changed_meanwhile(
    database: Database, tmp_path: Path
) -> None:
    firm = await by_file(database, filled(12), tmp_path)
    await firm.run(DAILY)
    firm.store.advance(timedelta(days=7))
    firm.store.remove(CUSTOMER, "5")
    window = export(firm.store, tmp_path)
    await firm.run(WEEKLY)
    await firm.day()
    told = await rows(
        database,
        f"SELECT r.source_since, r.source_until FROM flow_run r WHERE r.lane_id = {firm.lanes[WEEKLY]}",
    )
    assert told == [(window.since, window.until)]
    comparison = await compare(firm.room, FLOW, firm.lanes[WEEKLY], firm.lanes[DAILY], window)
    # The second changed while the export was written; that the fifth is gone the candidate heard the day after.
    assert comparison.counts == {(DifferenceKind.LATE, None): 2}
    assert [one.external_id for one in comparison.examples] == ["2", "5"]
    assert comparison.compared == 12
    async with database.reading() as connection:
        systems = (await connection.scalars(text("SELECT DISTINCT system FROM source_record"))).all()
    assert systems == [CRM]
    await firm.room.systems.aclose()
