"""What the tests of pushed events share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import text

from adapters.memory.store import MemoryStore
from adapters.memory.webhooks import MemoryWebhooks
from hub.exchange.inbox import Inbox, PushedEvent
from hub.flows.engine_room import EngineRoom
from hub.ports.webhooks import Told
from hub.records.identity import Entity
from hub.records.lanes import LaneMode
from hub.store.engine import Database
from tests.flows.building import RULES
from tests.flows.engine import CRM, FLOW, declared, room_over
from tests.webhooks.calls import SECRET

CUSTOMER = Entity.CUSTOMER


def pushing(database: Database, store: MemoryStore) -> EngineRoom:
    """The room of tests/flows, of which the package also calls."""
    return replace(room_over(database, store), webhooks={CRM: MemoryWebhooks([SECRET], [CUSTOMER])})


async def real_time(database: Database, mode: LaneMode = LaneMode.AUTHORITATIVE) -> None:
    """The flow as it stands after a cut-over to push; the daily lane audits."""
    await declared(database)
    async with database.transaction() as connection:
        if mode is LaneMode.AUTHORITATIVE:
            await connection.execute(text("UPDATE lane SET mode = 'VERIFY'"))
        await connection.execute(
            text("INSERT INTO lane (flow, cadence, mode) VALUES (:flow, 'REAL_TIME', :mode)"),
            {"flow": FLOW, "mode": mode},
        )


async def arrive(database: Database, room: EngineRoom, *bodies: bytes) -> list[str]:
    """Events stored as the web process stores them; gives their ids."""
    inbox = Inbox(database, room.keys, room.clock)
    ids = []
    for body in bodies:
        event_id = f"e{RULES.keys.proof(body).hex()[:16]}"
        await inbox.take(PushedEvent("crm", event_id, {}, body))
        ids.append(event_id)
    return ids


async def names(database: Database) -> list[tuple[str, bool]]:
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT name, deleted FROM customer ORDER BY name"))
        return [(row.name, row.deleted) for row in rows]


async def states(database: Database) -> list[str]:
    async with database.reading() as connection:
        return list(await connection.scalars(text("SELECT state FROM inbox_event ORDER BY event_id")))


class Unversioned(MemoryWebhooks):
    """The fake package as one whose events carry no change stamp."""

    def objects(self, body: bytes, headers: Mapping[str, str]) -> Told:
        told = super().objects(body, headers)
        return Told(tuple(replace(source, stamp=None) for source in told.objects))
