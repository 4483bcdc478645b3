"""Give what a slower lane collected to real-time, line by line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Transient
from hub.exchange.collected import Carrier, collected_lines, load, net_effects_of, waiting_lines
from hub.exchange.order import send_singly
from hub.exchange.outbound_flow import OutboundFlow, held_flow
from hub.flows.engine_room import EngineRoom
from hub.records.identity import FlowName
from hub.records.lanes import FlowCadence
from hub.work.decisions import Decision, Done
from hub.work.lines import lock_lines
from hub.work.tables import Queue

LINES_AT_ONCE: Final = 200


async def release(room: EngineRoom, flow: FlowName, stopping: Callable[[], bool] = lambda: False) -> Decision:
    """Send what is collected in real time, net, line by line; ends early when a slower lane has authority again.

    Raises Transient when `stopping` became true.
    """
    while True:
        if stopping():
            raise Transient(f"flow {flow} goes on later: the worker is stopping")
        async with room.database.transaction() as connection:
            held = await held_flow(connection, flow)
            if held is None or held.authoritative.cadence is not FlowCadence.REAL_TIME:
                return Done()
            if not await _release_lines(connection, held, room.clock()):
                return Done()


async def _release_lines(connection: AsyncConnection, flow: OutboundFlow, now: datetime) -> bool:
    lines = await waiting_lines(connection, flow.name, LINES_AT_ONCE)
    if not lines:
        return False
    # From here on nobody adds to these lines, and whoever waits for them finds nothing collected afterwards.
    await lock_lines(connection, lines, now)
    rows = await collected_lines(connection, flow.name, lines)
    loaded = await load(connection, net_effects_of(rows), Carrier(flow.name, flow.authoritative.id, flow.epoch), now)
    in_order = sorted(loaded, key=lambda one: (one.effect.wanted_from, one.effect.version))
    await send_singly(connection, flow.name, Queue.REALTIME, [(one.id, one.effect.line) for one in in_order], now)
    return True
