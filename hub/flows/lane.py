"""The lane under which a page is applied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import InOtherHands, NotFound, Overtaken, StaleEpoch
from hub.exchange.authority import AFTER_CUT_OVERS
from hub.records.identity import Entity
from hub.records.lanes import RUNNING_MODES, FlowCadence, LaneMode
from hub.store.sets import ALONG_KEYS


@dataclass(frozen=True, slots=True)
class LaneContext:
    """Who writes: the lane, the epoch and mode it believes in, and the run (None outside one, as for an event).

    `attempt` says which time it is that a worker took this run on; None for one that nobody can take over.

    Records belong to `system`, the flow's source. They come by `road`: another system where the lane says `via`, as for
    the weekly file of a CRM that has an API as well.
    """

    flow: str
    lane_id: int
    epoch: int
    system: str
    entity: Entity
    run_id: UUID | None
    mode: LaneMode
    cadence: FlowCadence
    via: str | None = None
    attempt: int | None = None

    @property
    def road(self) -> str:
        """The system whose port is pulled and whose mapping reads what it gives."""
        return self.via or self.system

    @property
    def counts(self) -> bool:
        """True when its records are the hub's truth; those of every other lane go into twins beside it."""
        return self.mode is LaneMode.AUTHORITATIVE


_FENCE: Final = f"""
WITH turn AS MATERIALIZED (SELECT {AFTER_CUT_OVERS}, {ALONG_KEYS})
SELECT f.epoch FROM turn CROSS JOIN information_flow f WHERE f.name = :flow FOR SHARE OF f"""  # noqa: S608  constants of ours

_NOW: Final = """
SELECT l.mode, r.state, r.attempt FROM lane l LEFT JOIN flow_run r ON r.id = CAST(:run AS uuid) WHERE l.id = :lane"""

_SELECT: Final = """
SELECT l.id, l.flow, l.cadence, l.mode, l.via, f.epoch, f.source, f.entity
FROM lane l JOIN information_flow f ON f.name = l.flow"""


async def lane_of(connection: AsyncConnection, lane_id: int, run_id: UUID | None = None) -> LaneContext:
    """The lane as it stands now; NotFound when there is none."""
    row = (await connection.execute(text(f"{_SELECT} WHERE l.id = :lane"), {"lane": lane_id})).one_or_none()
    if row is None:
        raise NotFound(f"there is no lane {lane_id}")
    return _context(row, run_id)


async def authoritative_lane(connection: AsyncConnection, source: str, entity: Entity) -> LaneContext | None:
    """The lane whose records count for what `source` says of this entity, by whatever road they come."""
    rows = await connection.execute(
        text(
            f"""{_SELECT} WHERE f.source = :system AND f.entity = :entity AND f.target = 'hub' AND NOT f.planned
                  AND l.mode = 'AUTHORITATIVE'"""
        ),
        {"system": source, "entity": entity.value},
    )
    row = rows.one_or_none()
    return None if row is None else _context(row, None)


async def running_lanes(connection: AsyncConnection, system: str, entity: Entity) -> list[LaneContext]:
    """Every lane that takes this entity in from this system now, the authoritative one first.

    What a system pushes is taken in once for each: into the golden record by one, into twins by the others.
    """
    rows = await connection.execute(
        text(
            f"""{_SELECT} WHERE coalesce(l.via, f.source) = :system AND f.entity = :entity AND f.target = 'hub'
                  AND NOT f.planned AND l.mode = ANY(:modes)
                ORDER BY l.mode <> 'AUTHORITATIVE', l.id"""
        ),
        {"system": system, "entity": entity.value, "modes": sorted(RUNNING_MODES)},
    )
    return [_context(row, None) for row in rows]


def _context(row: Row[Any], run_id: UUID | None) -> LaneContext:
    return LaneContext(
        flow=row.flow,
        lane_id=row.id,
        epoch=row.epoch,
        system=row.source,
        entity=Entity(row.entity),
        run_id=run_id,
        mode=LaneMode(row.mode),
        cadence=FlowCadence(row.cadence),
        via=row.via,
    )


async def fence(connection: AsyncConnection, lane: LaneContext) -> None:
    """Hold the flow's epoch until the transaction ends; StaleEpoch when a cut-over has ended this lane's authority.

    FOR SHARE and nothing weaker: a plain read lets a write of the old epoch commit after the cut-over. A lane beside
    the authority may change its mode within an epoch (a migration is given up); Overtaken when it did. A run may be
    ended by somebody else (its lane is seeded anew), or be taken on by another worker while this one stood still:
    Overtaken, or InOtherHands where the run loses nothing by that. Both are read behind the lock. It queues behind a
    cut-over that waits (see `AFTER_CUT_OVERS`). The page's statements read along keys.
    """
    row = (await connection.execute(text(_FENCE), {"flow": lane.flow})).one_or_none()
    if row is None:
        raise NotFound(f"there is no flow {lane.flow}")
    if row.epoch != lane.epoch:
        raise StaleEpoch(lane.flow, lane.epoch, row.epoch)
    if lane.counts and lane.run_id is None:
        return
    now = (await connection.execute(text(_NOW), {"lane": lane.lane_id, "run": lane.run_id})).one()
    whose = f"the {lane.cadence.value} lane of flow {lane.flow}"
    if not lane.counts and now.mode != lane.mode:
        raise Overtaken(f"{whose} is {now.mode} now, not {lane.mode.value}")
    if now.state == "COMPLETED" or lane.attempt not in (None, now.attempt):
        raise InOtherHands(f"this run of {whose} was taken on by another worker")
    if now.state == "FAILED":
        raise Overtaken(f"this run of {whose} was ended by another")
