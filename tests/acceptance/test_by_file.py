"""The weekly file and the daily API tell of the same people, and both end in the same golden customers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.files import EntityLayout, FilesOptions, FilesPort, write_export
from adapters.files.options import FileFormat
from adapters.tryton.options import TrytonOptions
from adapters.tryton.port import TrytonPort
from hub.clock import utc_now
from hub.flows.run_lane import run_lane
from hub.flows.systems import OpenSystems
from hub.ports.pages import PullPage
from hub.records.identity import Entity
from hub.records.source import JsonObject
from hub.store.engine import Database, open_engine
from tests.acceptance.test_on_tryton import CRM, declared, room_on
from tests.adapters.tryton.running import PARTIES, PARTY_COUNT, RunningTryton
from tests.databases import TestServer
from tests.flows.building import golden_state
from tests.flows.engine import queued_run

pytestmark = pytest.mark.slow


class KeptTryton(TrytonPort):
    """Keeps every party it tells of, as Tryton's own export job would write it."""

    def __init__(self, options: TrytonOptions) -> None:
        super().__init__(CRM, options)
        self.bodies: dict[str, JsonObject] = {}

    async def pull(self, entity: Entity, cursor: JsonObject, limit: int) -> PullPage:
        page = await super().pull(entity, cursor, limit)
        self.bodies |= {one.external_id: one.body for one in page.objects if one.body is not None}
        return page


async def test_a_full_export_gives_the_same_golden_customers_as_the_pull(
    database: Database, server: TestServer, tryton: RunningTryton, tmp_path: Path
) -> None:
    await declared(database)
    port = KeptTryton(tryton.options(database=PARTIES, horizon_s=0))
    pulled = replace(room_on(database, tryton, PARTIES), systems=OpenSystems({CRM: lambda: port}))
    began = utc_now()
    await run_lane(pulled, await queued_run(database))
    write_export(tmp_path, Entity.CUSTOMER, list(port.bodies.values()), began, utc_now(), FileFormat.JSONL)
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
