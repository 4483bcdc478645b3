"""Report drift: once per way of differing, before the page it was seen in is applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Frozen
from hub.flows.engine_room import EngineRoom
from hub.flows.incoming import Sighting, subject_of
from hub.flows.lane import LaneContext
from hub.live.changes import Change
from hub.live.publish import publish
from hub.records.drift import DriftKind, DriftPolicy
from hub.store.keys import KeyRing
from hub.store.sets import run_set

Way: TypeAlias = tuple[str, DriftKind]
"""Path and kind: what makes two sightings the same drift."""

# A row that this statement made has no xmax; one that it counted up has.
_COUNT: Final = """
INSERT INTO contract_drift AS d (system, entity, contract_version, path, kind, policy, detail, objects, first_seen_at,
  last_seen_at, external_id, digest)
SELECT :system, :entity, :version, r.path, r.kind, r.policy, r.detail, r.objects, CAST(:now AS timestamptz), :now,
  r.external_id, decode(r.digest, 'hex')
FROM json_to_recordset(CAST(:rows AS json)) AS r(path text, kind text, policy text, detail text, objects bigint,
  external_id text, digest text)
ORDER BY r.path, r.kind
ON CONFLICT (system, entity, contract_version, path, kind) DO UPDATE SET objects = d.objects + excluded.objects,
  last_seen_at = greatest(d.last_seen_at, excluded.last_seen_at)
RETURNING id, path, kind, d.xmax = 0 AS new"""

_KEEP: Final = """
UPDATE contract_drift d SET subject_key_id = r.key_id, body = decode(r.body, 'hex')
FROM json_to_recordset(CAST(:rows AS json)) AS r(id bigint, key_id uuid, body text) WHERE d.id = r.id"""


async def report_drifts(room: EngineRoom, lane: LaneContext, told_by: str, sightings: Sequence[Sighting]) -> None:
    """Keep the reports in a transaction of their own; raises Frozen when the contract says to stop here.

    Of their own, so that lanes that meet the same drift do not wait for each other's pages, and that a page which is
    not applied is reported all the same. A page that is repeated counts its objects again. `told_by` is the system
    whose contract it is: the lane's road, or where the objects were read by id.
    """
    contract = room.mapping(told_by, lane.entity).contract
    if contract is None or not sightings:
        return
    async with room.database.transaction() as connection:
        await keep_drifts(connection, lane, told_by, contract.version, sightings, room.keys, room.clock())
    stopping = first_frozen(sightings)
    if stopping is not None:
        raise stopping


def first_frozen(sightings: Sequence[Sighting]) -> Frozen | None:
    """Why a page with these drifts must not be applied, if so."""
    for sighting in sightings:
        if sighting.drift.policy is DriftPolicy.FREEZE:
            drift = sighting.drift
            return Frozen(
                f"the contract of {sighting.source.entity.value} is frozen and {drift.path} differs from it "
                f"({drift.kind.value}: {drift.detail}); nothing of the page was applied"
            )
    return None


async def keep_drifts(
    connection: AsyncConnection,
    lane: LaneContext,
    told_by: str,
    version: str,
    sightings: Sequence[Sighting],
    keys: KeyRing,
    now: datetime,
) -> None:
    """Count the sightings; a way of differing that is new is kept with its first object and published."""
    first: dict[Way, Sighting] = {}
    objects: dict[Way, int] = {}
    for sighting in sightings:
        way = (sighting.drift.path, sighting.drift.kind)
        first.setdefault(way, sighting)
        objects[way] = objects.get(way, 0) + 1
    rows = [
        {
            "path": path,
            "kind": kind,
            "policy": sighting.drift.policy,
            "detail": sighting.drift.detail,
            "objects": objects[path, kind],
            "external_id": sighting.source.external_id,
            "digest": keys.proof(sighting.source.original).hex(),
        }
        for (path, kind), sighting in first.items()
    ]
    binds = {"system": told_by, "entity": lane.entity.value, "version": version, "now": now}
    counted = await run_set(connection, _COUNT, rows, **binds)
    new = {row.id: first[row.path, DriftKind(row.kind)] for row in counted if row.new}
    if new:
        await _keep_objects(connection, lane, new, keys, now)
        await publish(connection, [Change("ContractDrift", str(i), "ContractDriftCreateEvent") for i in new], now)


async def _keep_objects(
    connection: AsyncConnection, lane: LaneContext, new: Mapping[int, Sighting], keys: KeyRing, now: datetime
) -> None:
    subjects = {i: one.owner or subject_of(lane.entity, one.source.external_id) for i, one in new.items()}
    ciphers = await keys.ciphers(connection, lane.system, subjects.values(), now)
    rows = []
    for drift_id, sighting in new.items():
        cipher = ciphers.get(subjects[drift_id])
        if cipher is not None:
            original = sighting.source.original
            sealed = cipher.seal(original, keys.proof(original).hex())
            rows.append({"id": drift_id, "key_id": cipher.key_id, "body": sealed.hex()})
    await run_set(connection, _KEEP, rows)
