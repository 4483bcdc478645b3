"""The weekly file and the daily API tell of the same people, and both end in the same golden customers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.files import EntityLayout, FilesOptions, FilesPort, write_export
from adapters.files.options import FileFormat
from adapters.tryton.port import TrytonPort
from hub.clock import utc_now
from hub.flows.run_lane import run_lane
from hub.flows.systems import OpenSystems
from hub.records.identity import Entity
from hub.records.source import JsonObject
from hub.store.engine import Database, open_engine
from tests.acceptance.test_on_tryton import CRM, declared, room_on
from tests.adapters.tryton.running import PARTIES, PARTY_COUNT, RunningTryton
from tests.databases import TestServer
from tests.flows.building import golden_state
from tests.flows.engine import queued_run

pytestmark = pytest.mark.slow


async def bodies(port: TrytonPort) -> list[JsonObject]:
    """Every party as Tryton's own export job would write it."""
    found: dict[str, JsonObject] = {}
    cursor = await port.begin_run(Entity.CUSTOMER, None, timedelta())
    last = False
    while not last:
        page = await port.pull(Entity.CUSTOMER, cursor, 500)
        found |= {one.external_id: one.body for one in page.objects if one.body is not None}
        cursor, last = page.cursor, page.last
    return list(found.values())


async def test_a_full_export_gives_the_same_golden_customers_as_the_pull(
    database: Database, server: TestServer, tryton: RunningTryton, tmp_path: Path
) -> None:
    await declared(database)
    pulled = room_on(database, tryton, PARTIES)
    await run_lane(pulled, await queued_run(database))
    began = utc_now()
    port = TrytonPort(CRM, tryton.options(database=PARTIES, horizon_s=0))
    rows = await bodies(port)
    await port.aclose()
    write_export(tmp_path, Entity.CUSTOMER, rows, began, utc_now(), FileFormat.JSONL)
    options = FilesOptions(folder=tmp_path, entities={Entity.CUSTOMER: EntityLayout(id="id")})
    async with server.clone() as url:
        other = Database(open_engine(url))
        await declared(other)
        by_file = replace(
            room_on(other, tryton, PARTIES), systems=OpenSystems({CRM: lambda: FilesPort(CRM, options)}), database=other
        )
        counters = await run_lane(by_file, await queued_run(other))
        delivered = await golden_state(other)
        await by_file.systems.aclose()
        await other.aclose()
    assert counters["created"] >= PARTY_COUNT
    assert delivered == await golden_state(database)
    await pulled.systems.aclose()
