"""Send one outbound command and settle what became of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, assert_never
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.engine_room import EngineRoom
from hub.flows.lane import authoritative_lane
from hub.flows.meetings import answered
from hub.flows.take_in import take_in_read
from hub.mapping.record import RecordMapping
from hub.ports.writing import FieldChange, Operation, Refused, Unanswered, WriteCommand, WriteOutcome, Written
from hub.records.customer import CustomerRecord
from hub.records.identity import Entity, ExternalId
from hub.records.source import SourceObject
from hub.work.decisions import Dead, Decision, Done, RetryAt, Unknown

ASK_AGAIN_S = 5
"""Seconds until a command whose answer never came is tried again; its three-way guard makes the repeat harmless."""


async def send_command(room: EngineRoom, command_id: UUID) -> Decision:
    """Send, record the outcome, take in what the target holds now. Raises Transient when nothing can have happened."""
    async with room.database.transaction() as connection:
        row = await _take(connection, command_id)
    if row is None:
        return Done()
    command = _command(row)
    outcome = await _sent(room, row.target, command)
    seen = _seen(outcome)
    if seen is not None:
        await _take_in(room, row.target, command.entity, seen)
    if isinstance(outcome, Refused) and _holds(room.mapping(row.target, command.entity), outcome.now, command.changes):
        outcome = Written(ExternalId(row.external_id), outcome.now)
    return await _settled(room, row, command, outcome)


async def _sent(room: EngineRoom, target: str, command: WriteCommand) -> WriteOutcome:
    (outcome,) = await room.systems.port(target).write([command])
    return outcome


async def _take(connection: AsyncConnection, command_id: UUID) -> Row[Any] | None:
    return (
        await connection.execute(
            text(
                """UPDATE outbound_command SET state = 'SENT', attempts = attempts + 1
                   WHERE id = :id AND state IN ('PENDING', 'SENT', 'UNKNOWN')
                   RETURNING id, key, target, entity, operation, external_id, changes"""
            ),
            {"id": command_id},
        )
    ).one_or_none()


def _command(row: Row[Any]) -> WriteCommand:
    return WriteCommand(
        key=row.key,
        entity=Entity(row.entity),
        operation=Operation(row.operation),
        external_id=ExternalId(row.external_id),
        changes=tuple(FieldChange(tuple(c["path"]), c["old"], c["new"]) for c in row.changes),
    )


def _seen(outcome: WriteOutcome) -> SourceObject | None:
    match outcome:
        case Written():
            return outcome.after
        case Refused():
            return outcome.now
        case Unanswered():
            return None
        case _:
            assert_never(outcome)


def _holds(mapping: RecordMapping, now: SourceObject | None, changes: tuple[FieldChange, ...]) -> bool:
    """True when the target has every wanted value already: an earlier attempt whose answer was lost did it."""
    if now is None or now.body is None:
        return False
    record = mapping.record_of(now.body)
    if not isinstance(record, CustomerRecord):
        return False
    values: dict[tuple[str, ...], str] = {
        ("contact_media", medium.external_id, "value"): medium.value for medium in record.contact_media
    }
    return all(values.get(change.path) == change.new for change in changes)


async def _take_in(room: EngineRoom, target: str, entity: Entity, seen: SourceObject) -> None:
    """The target's own words after the write are a read by id; the echo that a later pull brings is then no news."""
    async with room.database.reading() as connection:
        lane = await authoritative_lane(connection, target, entity)
    if lane is not None:
        await take_in_read(room, lane, [seen])


async def _settled(room: EngineRoom, row: Row[Any], command: WriteCommand, outcome: WriteOutcome) -> Decision:
    async with room.database.transaction() as connection:
        match outcome:
            case Written():
                await answered(connection, row.target, room.clock())
                await _record(connection, row.id, "DONE", None, room)
                return Done()
            case Refused():
                await answered(connection, row.target, room.clock())
                await _record(connection, row.id, "REFUSED", (outcome.code, outcome.message), room)
                return Dead(outcome.code, outcome.message)
            case Unanswered():
                await _record(connection, row.id, "UNKNOWN", ("UNANSWERED", outcome.message), room)
                if command.operation is Operation.CREATE:
                    return Unknown(outcome.message)
                return RetryAt(room.clock() + timedelta(seconds=ASK_AGAIN_S), outcome.message)
            case _:
                assert_never(outcome)


async def _record(
    connection: AsyncConnection, command_id: UUID, state: str, said: tuple[str, str] | None, room: EngineRoom
) -> None:
    code, message = said or (None, None)
    await connection.execute(
        text(
            """UPDATE outbound_command SET state = :state, outcome_code = :code, outcome_message = :message,
                 finished_at = CASE WHEN :state IN ('DONE', 'REFUSED') THEN CAST(:now AS timestamptz) END
               WHERE id = :id"""
        ),
        {"id": command_id, "state": state, "code": code, "message": message, "now": room.clock()},
    )
