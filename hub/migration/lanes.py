"""The lanes a migration moves: their rows, runs and watermarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import NotFound, Overtaken, Transient
from hub.exchange.authority import BEFORE_PAGES, HOLD_FLOW
from hub.flows.hand_over import hand_over as hand_over_collected
from hub.flows.runs import end_run
from hub.flows.schedules import enable_schedules
from hub.flows.twins import forget_twins
from hub.flows.watermark import watermark
from hub.records.identity import FlowName
from hub.records.lanes import FlowCadence, LaneMode

LOCK_TIMEOUT_MS: Final = 10_000
"""How long a cut-over waits for pages and commands in hand; behind it nobody else's waits longer than this."""

_LOCK_NOT_AVAILABLE: Final = "55P03"


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A lane as it is now."""

    id: int
    cadence: FlowCadence
    mode: LaneMode


async def lanes_of(connection: AsyncConnection, flow: str) -> list[LaneRow]:
    """All lanes of the flow."""
    rows = await connection.execute(
        text("SELECT id, cadence, mode FROM lane WHERE flow = :flow ORDER BY id"), {"flow": flow}
    )
    return [LaneRow(row.id, FlowCadence(row.cadence), LaneMode(row.mode)) for row in rows]


async def lane(connection: AsyncConnection, lane_id: int) -> LaneRow:
    """One lane by id."""
    row = (
        await connection.execute(text("SELECT id, cadence, mode FROM lane WHERE id = :id"), {"id": lane_id})
    ).one_or_none()
    if row is None:
        raise NotFound("there is no such lane")
    return LaneRow(row.id, FlowCadence(row.cadence), LaneMode(row.mode))


async def authoritative(connection: AsyncConnection, flow: str) -> LaneRow:
    """The lane of the flow that counts now; NotFound when nothing runs."""
    for row in await lanes_of(connection, flow):
        if row.mode is LaneMode.AUTHORITATIVE:
            return row
    raise NotFound(f"flow {flow} has no lane that counts")


async def reached_by(connection: AsyncConnection, flow: str, lane_id: int, now: datetime) -> datetime | None:
    """Up to when the lane has everything: source time for what comes in, the hub's own for what leaves.

    A real-time lane from the hub is never behind: it was told of each change in the transaction that made it.
    """
    inbound = await connection.scalar(
        text("SELECT target = 'hub' FROM information_flow WHERE name = :flow"), {"flow": flow}
    )
    if inbound:
        return await watermark(connection, lane_id, now)
    if (await lane(connection, lane_id)).cadence is FlowCadence.REAL_TIME:
        return now
    collected: datetime | None = await connection.scalar(
        text("SELECT max(source_until) FROM flow_run WHERE lane_id = :lane AND state = 'COMPLETED'"), {"lane": lane_id}
    )
    return collected


async def run_state(connection: AsyncConnection, run_id: UUID) -> tuple[str, str | None, str | None]:
    """State, error code and message of a run."""
    row = (
        await connection.execute(
            text("SELECT state, error_code, error_message FROM flow_run WHERE id = :id"), {"id": run_id}
        )
    ).one()
    return row.state, row.error_code, row.error_message


async def set_mode(connection: AsyncConnection, flow: str, lane_id: int, mode: LaneMode, now: datetime) -> None:
    """Give a lane its mode and let the schedules follow; the database refuses a second AUTHORITATIVE lane of a flow."""
    await connection.execute(text("UPDATE lane SET mode = :mode WHERE id = :id"), {"id": lane_id, "mode": mode.value})
    await _follow_modes(connection, flow, now)


@dataclass(frozen=True, slots=True)
class HeldFlow:
    """A flow that no page can be applied to while this transaction lasts; `inbound`: into the hub."""

    epoch: int
    inbound: bool


async def lock_flow(connection: AsyncConnection, flow: str, beside: Sequence[str] = ()) -> HeldFlow:
    """Hold the flow against every page, command and start of a run until the transaction ends.

    The flows `beside` go on, but nobody moves their authority meanwhile: what is read of them afterwards stays true.
    Transient when pages in hand keep it for too long: nothing is lost by asking again.
    """
    await connection.execute(text(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}"))
    try:
        for other in sorted(beside):
            await connection.execute(text(HOLD_FLOW), {"flow": other})
        await connection.execute(text(f"SELECT {BEFORE_PAGES}"), {"flow": flow})
        held = await connection.execute(
            text("SELECT epoch, target = 'hub' AS inbound FROM information_flow WHERE name = :flow FOR UPDATE"),
            {"flow": flow},
        )
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        raise Transient(f"flow {flow} has a page in hand that takes long; try again", retry_after_s=5.0) from None
    await connection.execute(text("SET LOCAL lock_timeout = 0"))
    row = held.one()
    return HeldFlow(row.epoch, row.inbound)


async def hand_over(
    connection: AsyncConnection, flow: str, before: int, after: int, becomes: LaneMode, now: datetime
) -> None:
    """End the epoch and give authority from lane `before`, which gets the mode `becomes`, to lane `after`.

    The flow must be locked. Runs that wait to begin belong to the new epoch; those that have begun are refused at their
    next page.
    """
    await connection.execute(text("UPDATE information_flow SET epoch = epoch + 1 WHERE name = :flow"), {"flow": flow})
    await connection.execute(text("UPDATE lane SET mode = :mode WHERE id = :id"), {"id": before, "mode": becomes.value})
    await connection.execute(text("UPDATE lane SET mode = 'AUTHORITATIVE' WHERE id = :id"), {"id": after})
    await connection.execute(
        text(
            """UPDATE lane l SET epoch = f.epoch FROM information_flow f
               WHERE f.name = l.flow AND l.id = ANY(:lanes)"""
        ),
        {"lanes": [before, after]},
    )
    await connection.execute(
        text(
            """UPDATE flow_run r SET epoch = f.epoch FROM information_flow f
               WHERE f.name = :flow AND r.lane_id = ANY(:lanes) AND r.state = 'QUEUED'"""
        ),
        {"flow": flow, "lanes": [before, after]},
    )
    await _follow_modes(connection, flow, now)


async def _follow_modes(connection: AsyncConnection, flow: str, now: datetime) -> None:
    await enable_schedules(connection, FlowName(flow), now)
    await hand_over_collected(connection, flow, now)


async def rest(connection: AsyncConnection, flow: str, lane_id: int, now: datetime) -> None:
    """The lane waits in STANDBY with nothing of its own left; the flow must be locked."""
    await set_mode(connection, flow, lane_id, LaneMode.STANDBY, now)
    await end_runs(connection, lane_id, "its part in a migration has ended", now)
    await forget_twins(connection, lane_id)


async def end_runs(
    connection: AsyncConnection, lane_id: int, message: str, now: datetime, *, begun: bool = False
) -> None:
    """End every run of the lane as FAILED, with `begun` all but those that only wait to begin.

    One that a worker has in hand is refused at its next page.
    """
    under_way = await connection.scalars(
        text(
            """SELECT id FROM flow_run WHERE lane_id = :lane AND state NOT IN ('COMPLETED', 'FAILED')
                 AND NOT (:begun AND state = 'QUEUED')
               ORDER BY id FOR UPDATE"""
        ),
        {"lane": lane_id, "begun": begun},
    )
    for run_id in under_way.all():
        await end_run(connection, run_id, "FAILED", now, (Overtaken.code, message))
