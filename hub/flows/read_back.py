"""What a stuck command wanted, and what its target holds now: what a person looks at before he settles it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import HubError
from hub.exchange.effect import read_changes
from hub.exchange.tables import OutboundCommand
from hub.flows.engine_room import EngineRoom
from hub.ports.writing import FieldChange
from hub.records.identity import Entity, ExternalId
from hub.records.source import SourceObject


@dataclass(frozen=True, slots=True)
class StuckCommand:
    """The original command; `changes` hold personal data."""

    id: UUID
    key: str
    target: str
    entity: Entity
    operation: str
    external_id: str | None
    state: str
    code: str | None
    message: str | None
    sent_at: datetime | None
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What the target said when it was asked now: the object, or in `note` why there is none to show."""

    found: SourceObject | None
    note: str


async def command_of(connection: AsyncConnection, payload: Mapping[str, object]) -> StuckCommand | None:
    """The command that a dispatch row is about; None for work of another kind."""
    if "command" not in payload:
        return None
    statement = select(OutboundCommand).where(OutboundCommand.id == UUID(str(payload["command"])))
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else _command(row)


async def read_back(room: EngineRoom, command: StuckCommand) -> ReadBack:
    """Ask the target now, by the object's id, or by the hub's key where it keeps that. Changes nothing anywhere."""
    port = room.systems.port(command.target)
    can = port.capabilities.get(command.entity)
    try:
        if command.external_id is not None and can is not None and can.read:
            found = await port.read(command.entity, [ExternalId(command.external_id)])
            return _told(found[0] if found else None)
        if command.external_id is None and can is not None and can.hub_key:
            return _told(await port.find_by_key(command.entity, command.key))
    except HubError as error:
        return ReadBack(None, f"{command.target} cannot be asked now: {error.message}")
    return ReadBack(None, f"{command.target} cannot be asked for this object; look there")


def _told(found: SourceObject | None) -> ReadBack:
    if found is None or found.body is None:
        return ReadBack(None, "the target has no such object")
    return ReadBack(found, "the target holds it")


def _command(row: Row[Any]) -> StuckCommand:
    return StuckCommand(
        id=row.id,
        key=row.key,
        target=row.target,
        entity=Entity(row.entity),
        operation=row.operation,
        external_id=row.external_id,
        state=row.state,
        code=row.outcome_code,
        message=row.outcome_message,
        sent_at=row.sent_at,
        changes=read_changes(row.changes),
    )
