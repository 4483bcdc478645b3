"""One run of a weekly outbound lane into files, in a process of its own, until it is through or killed.

`python -m tests.flows.outbound_process DATABASE_URL DROP_FOLDER RUN`
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from uuid import UUID

from adapters.files.options import EntityLayout, FilesOptions
from adapters.files.port import FilesPort
from hub.flows.run_lane import run_lane
from hub.records.identity import Entity
from hub.records.lanes import FlowCadence, LaneMode
from hub.store.engine import Database, open_engine
from tests.flows.engine import CRM
from tests.flows.outbound import outbound_room

BATCH_SIZE = 20
WEEKLY = {FlowCadence.WEEKLY: LaneMode.AUTHORITATIVE}


async def main(database_url: str, folder: str, run: str) -> None:
    """Small pages and batches, so that there are many places to be killed at."""
    database = Database(open_engine(database_url))
    options = FilesOptions(
        folder=Path(folder), entities={Entity.CUSTOMER: EntityLayout(write=True)}, batch_size=BATCH_SIZE
    )
    room = outbound_room(database, FilesPort(CRM, options), WEEKLY, page_size=50)
    await run_lane(room, UUID(run))
    await database.aclose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
