"""Carry commands out at their target: once each, whatever became of an earlier attempt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import HubError, Invalid, Rejected
from hub.flows.engine_room import EngineRoom
from hub.flows.lane import authoritative_lane
from hub.flows.made_after_erasure import undo_erased
from hub.flows.meetings import answered
from hub.flows.take_in import take_in_read
from hub.flows.taken import TakenCommand, put_back, settle
from hub.leads.follow_counterpart import follow_refusal
from hub.mapping.record import RecordMapping
from hub.ports.system import SystemPort
from hub.ports.writing import FieldChange, Refused, Unanswered, WriteOutcome, Written
from hub.records.identity import Entity, SystemName
from hub.records.source import JsonValue, SourceObject

log = structlog.get_logger(__name__)

UNPROVEN: Final = "the answer to an earlier attempt never came, and it is not sent twice"
"""Said of a CREATE that cannot be found, or not yet."""


async def carry_out(room: EngineRoom, taken: Sequence[TakenCommand]) -> list[tuple[TakenCommand, WriteOutcome]]:
    """Send commands of one target and entity, settle each, and take in what the target holds now.

    Raises Transient or Unauthorised when nothing can have happened to those that are not settled; these are then as
    they were before.
    """
    target, entity = taken[0].target, taken[0].command.entity
    port = room.systems.port(target)
    try:
        outcomes = await _outcomes(port, taken)
    except (Rejected, Invalid) as error:
        if len(taken) > 1:
            return await _one_by_one(room, taken)
        outcomes = [Refused(error.code, error.message)]
    except HubError:
        await _put_back(room, taken)
        raise
    mapping = room.mappings.get((SystemName(target), entity))
    settled = [(one, _judged(mapping, one, outcome)) for one, outcome in zip(taken, outcomes, strict=True)]
    # Before anything else, and whatever follows: of a command that is settled nothing is ever sent again.
    async with room.database.transaction() as connection:
        await settle(connection, settled, room.clock())
        await undo_erased(connection, room.keys, settled, room.clock())
        if entity is Entity.SALES_LEAD:
            await _follow_refusals(connection, target, settled, room.clock())
        if any(not isinstance(outcome, Unanswered) for outcome in outcomes):
            await answered(connection, target, room.clock())
    await _take_in(room, target, entity, [seen for outcome in outcomes if (seen := _seen(outcome)) is not None])
    return settled


async def _follow_refusals(
    connection: AsyncConnection, target: str, settled: Sequence[tuple[TakenCommand, WriteOutcome]], now: datetime
) -> None:
    """A lead that its lead management did not let go on stands where it stood; what it holds now is taken in next."""
    for one, outcome in settled:
        external_id = one.command.external_id
        if isinstance(outcome, Refused) and external_id is not None:
            await follow_refusal(connection, target, external_id, now)


async def _one_by_one(room: EngineRoom, taken: Sequence[TakenCommand]) -> list[tuple[TakenCommand, WriteOutcome]]:
    """The target refused the batch as a whole: one of it is at fault, and the others are not to suffer for it."""
    settled: list[tuple[TakenCommand, WriteOutcome]] = []
    for place, one in enumerate(taken):
        try:
            settled += await carry_out(room, [one])
        except HubError:
            await _put_back(room, taken[place + 1 :])
            raise
    return settled


async def _put_back(room: EngineRoom, taken: Sequence[TakenCommand]) -> None:
    async with room.database.transaction() as connection:
        await put_back(connection, taken)


async def _outcomes(port: SystemPort, taken: Sequence[TakenCommand]) -> list[WriteOutcome]:
    """One each, in order. A CREATE that may have left is looked for and not sent, unless its key protects it."""
    found = {one.id: await _found(port, one) for one in taken if one.may_have_left and never_twice(port, one)}
    sent = [one for one in taken if one.id not in found]
    written = await port.write([one.command for one in sent]) if sent else []
    outcomes = found | dict(zip([one.id for one in sent], written, strict=True))
    return [outcomes[one.id] for one in taken]


def never_twice(port: SystemPort, one: TakenCommand) -> bool:
    """True for a command that a repeat might carry out a second time: a CREATE, where no key protects it."""
    capabilities = port.capabilities.get(one.command.entity)
    return one.creates and not (capabilities is not None and capabilities.once_per_key)


async def _found(port: SystemPort, one: TakenCommand) -> WriteOutcome:
    if not port.capabilities[one.command.entity].hub_key:
        return Unanswered(UNPROVEN)
    made = await port.find_by_key(one.command.entity, one.command.key)
    return Unanswered(UNPROVEN) if made is None else Written(made.external_id, made)


def _seen(outcome: WriteOutcome) -> SourceObject | None:
    match outcome:
        case Written():
            return outcome.after
        case Refused():
            return outcome.now
        case Unanswered():
            return None


def _judged(mapping: RecordMapping | None, one: TakenCommand, outcome: WriteOutcome) -> WriteOutcome:
    """Refused although the target has every wanted value already: an earlier attempt whose answer was lost did it."""
    external_id = one.command.external_id
    if isinstance(outcome, Refused) and external_id is not None and _holds(mapping, outcome.now, one.command.changes):
        return Written(external_id, outcome.now)
    return outcome


def _holds(mapping: RecordMapping | None, now: SourceObject | None, changes: Sequence[FieldChange]) -> bool:
    if mapping is None or now is None or now.body is None:
        return False
    record: JsonValue = mapping.record_of(now.body).model_dump(mode="json")
    return all(_at(record, change.path) == change.new for change in changes)


def _at(record: JsonValue, path: tuple[str, ...]) -> JsonValue:
    """What stands at a path as FieldChange has it: a field, or a child's id behind the name of its list."""
    found = record
    for step in path:
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list):
            found = next((child for child in found if isinstance(child, dict) and child["external_id"] == step), None)
    return found


async def _take_in(room: EngineRoom, target: str, entity: Entity, seen: Sequence[SourceObject]) -> None:
    """The target's own words after the write are reads by id; the echo that a later pull brings is then no news."""
    if not seen:
        return
    try:
        async with room.database.reading() as connection:
            lane = await authoritative_lane(connection, target, entity)
        if lane is not None:
            await take_in_read(room, lane, _last_of_each(seen))
    except HubError as error:
        # The commands are settled and the next pull brings the same words: no reason to send anything again.
        log.warning("what the target answered was not taken in", system=target, entity=entity.value, code=error.code)


def _last_of_each(seen: Sequence[SourceObject]) -> list[SourceObject]:
    return list({found.external_id: found for found in seen}.values())
