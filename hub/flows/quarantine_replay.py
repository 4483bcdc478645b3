"""Replay quarantined objects: through the same apply as everything, under the current epoch of their lane."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Conflict
from hub.flows.apply import apply
from hub.flows.drift import first_frozen
from hub.flows.incoming import Content, Incoming, understand
from hub.flows.lane import LaneContext, authoritative_lane, lane_of
from hub.flows.quarantined import QUARANTINED, Chosen, Held, held, one_or_all
from hub.flows.terms import Terms
from hub.records.identity import Entity
from hub.records.lanes import LaneMode
from hub.store.audit import Deed, record_deed
from hub.store.sets import run_set

REPLAYED_AT_ONCE: Final = 200
"""Objects per transaction; a filter that finds more is called again for the rest."""


class ReplayOutcome(StrEnum):
    """What came of an object. OUTDATED: the hub holds a newer content; ERASED: its person has no key any more."""

    ACCEPTED = "ACCEPTED"
    OUTDATED = "OUTDATED"
    REFUSED = "REFUSED"
    ERASED = "ERASED"


@dataclass(frozen=True, slots=True)
class Replayed:
    """One object and what came of it; code, path and reason say why it is REFUSED (again)."""

    id: int
    system: str
    entity: Entity
    external_id: str | None
    outcome: ReplayOutcome
    code: str | None = None
    path: str | None = None
    reason: str | None = None


_SETTLE: Final = """
UPDATE quarantine q SET state = r.state, settled_at = :now, settled_by = :principal, settled_reason = r.reason
FROM json_to_recordset(CAST(:rows AS json)) AS r(id bigint, state text, reason text, corrected_at timestamptz)
WHERE q.id = r.id AND q.state IN ('OPEN', 'SUPERSEDED') AND q.settled_at IS NULL
  AND q.corrected_at IS NOT DISTINCT FROM r.corrected_at
RETURNING q.id"""

_STATES: Final[Mapping[ReplayOutcome, tuple[str, str | None]]] = {
    ReplayOutcome.ACCEPTED: ("REPLAYED", None),
    ReplayOutcome.OUTDATED: ("SUPERSEDED", "the hub held a newer content"),
    ReplayOutcome.ERASED: ("DISCARDED", "its person was erased"),
}

_REFUSED: Final = """
UPDATE quarantine q SET code = r.code, path = r.path, reason = r.reason
FROM json_to_recordset(CAST(:rows AS json)) AS r(id bigint, code text, path text, reason text)
WHERE q.id = r.id AND q.state = 'OPEN'"""


async def replay(
    connection: AsyncConnection, terms: Terms, chosen: Chosen, principal: str, now: datetime
) -> list[Replayed]:
    """Replay the first REPLAYED_AT_ONCE of the chosen objects that are OPEN, in key order.

    What is refused again stays OPEN and tells its new reason. Raises Conflict when nothing of a system flows in any
    more or somebody edited an object meanwhile; nothing is kept then.
    """
    objects = await held(connection, terms.keys, chosen, REPLAYED_AT_ONCE)
    groups: defaultdict[int, list[Held]] = defaultdict(list)
    for one in objects:
        groups[one.lane_id].append(one)
    replayed: list[Replayed] = []
    for lane_id, group in groups.items():
        replayed += await _apply_group(connection, terms, lane_id, group, now)
    await _record(connection, {one.id: one for one in objects}, replayed, principal, now)
    ids, outcomes = [one.id for one in replayed], Counter(one.outcome.value for one in replayed)
    detail = {"ids": ids, "outcomes": dict(outcomes)}
    await record_deed(
        connection, Deed(principal, "replayQuarantined", QUARANTINED, one_or_all(ids), detail=detail), now
    )
    return replayed


async def _apply_group(
    connection: AsyncConnection, terms: Terms, lane_id: int, group: Sequence[Held], now: datetime
) -> list[Replayed]:
    came_by = await lane_of(connection, lane_id)
    lane = await _leads_to(connection, came_by)
    mapping = terms.mapping(came_by.road, came_by.entity)
    outcomes: list[Replayed] = []
    pages: dict[int, Incoming] = {}
    for one in group:
        if one.source is None:
            outcomes.append(_unreadable(one))
            continue
        incoming = understand([one.source], (), mapping)
        if (frozen := first_frozen(incoming.drifts)) is not None:
            outcomes.append(_refused(one, frozen.code, one.path, frozen.message))
            continue
        for refusal in incoming.refused:
            outcomes.append(_refused(one, refusal.code, refusal.path, refusal.reason))
        pages[one.id] = incoming
    page = _together(list(pages.values()))
    if page.contents:
        await apply(connection, lane, page, terms.rules(mapping), now)
    stored = await _stored(connection, lane, list(page.contents))
    told = {outcome.id for outcome in outcomes}
    for one in group:
        if one.id not in told and one.external_id is not None:
            content = pages[one.id].contents[one.external_id]
            taken = stored.get(one.external_id) == (content.as_of, content.digest)
            outcomes.append(_came_to(one, ReplayOutcome.ACCEPTED if taken else ReplayOutcome.OUTDATED))
    place = {one.id: index for index, one in enumerate(group)}
    return sorted(outcomes, key=lambda outcome: place[outcome.id])


async def _leads_to(connection: AsyncConnection, came_by: LaneContext) -> LaneContext:
    """The candidate or auditor that refused an object takes it again; for all others the lane that counts now."""
    if came_by.mode in (LaneMode.SHADOW, LaneMode.VERIFY):
        return came_by
    lane = await authoritative_lane(connection, came_by.system, came_by.entity)
    if lane is None:
        raise Conflict(f"no flow brings {came_by.entity.value} of {came_by.system} into the hub any more")
    return lane


def _together(pages: Sequence[Incoming]) -> Incoming:
    """One page of all of them, with the newest content of each object."""
    newest: dict[str, Content] = {}
    for page in pages:
        for external_id, content in page.contents.items():
            held_ = newest.get(external_id)
            if held_ is None or (content.as_of, content.digest) > (held_.as_of, held_.digest):
                newest[external_id] = content
    return Incoming(newest, {}, (), len(newest))


async def _stored(
    connection: AsyncConnection, lane: LaneContext, ids: Sequence[str]
) -> dict[str, tuple[datetime, bytes]]:
    """What the lane's images hold of these objects now."""
    where = "source_record WHERE system = :system AND entity = :entity"
    binds: dict[str, object] = {"system": lane.system, "entity": lane.entity.value}
    if not lane.counts:
        where, binds = "shadow_record WHERE lane_id = :lane_id", {"lane_id": lane.lane_id}
    rows = await connection.execute(
        text(f"SELECT external_id, as_of, digest FROM {where} AND external_id = ANY(:ids)"),  # noqa: S608  words of ours
        {**binds, "ids": list(ids)},
    )
    return {row.external_id: (row.as_of, row.digest) for row in rows}


def _unreadable(one: Held) -> Replayed:
    if one.erased:
        return _came_to(one, ReplayOutcome.ERASED)
    return _refused(one, one.code, one.path, one.reason)


def _refused(one: Held, code: str, path: str, reason: str) -> Replayed:
    return Replayed(one.id, one.system, one.entity, one.external_id, ReplayOutcome.REFUSED, code, path, reason)


def _came_to(one: Held, outcome: ReplayOutcome) -> Replayed:
    return Replayed(one.id, one.system, one.entity, one.external_id, outcome)


async def _record(
    connection: AsyncConnection, held_: Mapping[int, Held], replayed: Sequence[Replayed], principal: str, now: datetime
) -> None:
    settled, refused = [], []
    for one in replayed:
        if one.outcome is ReplayOutcome.REFUSED:
            refused.append({"id": one.id, "code": one.code, "path": one.path, "reason": one.reason})
        else:
            state, reason = _STATES[one.outcome]
            corrected_at = held_[one.id].corrected_at
            settled.append({"id": one.id, "state": state, "reason": reason, "corrected_at": corrected_at})
    if settled:
        done = set((await run_set(connection, _SETTLE, settled, now=now, principal=principal)).scalars())
        if len(done) != len(settled):
            raise Conflict("somebody else settled or edited one of these objects meanwhile; look again")
    if refused:
        await run_set(connection, _REFUSED, refused)
