"""New records and changes of them.

BottleCRM keeps no key of ours that could be searched, so a create whose answer is lost stays unanswered for a person.
It takes no condition either: between reading the old value and writing the new one a user may come in, for the few
milliseconds of one call.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any  # Any: a row as wire.py hands it on

from adapters.bottlecrm.connection import AnswerLost, Connection, Gone
from adapters.bottlecrm.entities import ENTITIES, Resource
from adapters.bottlecrm.reading import read_by_id
from adapters.bottlecrm.wire import id_of, row_of
from hub.errors import Conflict, Invalid, Rejected, Transient
from hub.ports.writing import FieldChange, Refused, Unanswered, WriteCommand, WriteOutcome, Written
from hub.records.identity import ExternalId
from hub.records.source import JsonValue, SourceObject


async def create(connection: Connection, command: WriteCommand) -> WriteOutcome:
    """Every field of the canonical record that BottleCRM keeps; a lead is linked to its customer's contact."""
    resource = ENTITIES[command.entity]
    values = _new_values(resource, command)
    try:
        made = id_of(await connection.send("POST", f"api/{resource.path}/", values))
    except AnswerLost as error:
        return Unanswered(error.message)
    except Rejected as error:
        return Refused(error.code, error.message)
    if made is None:
        return Unanswered("BottleCRM named no new id")
    return Written(ExternalId(made), after=await _now(connection, command, ExternalId(made)))


async def update(connection: Connection, command: WriteCommand) -> WriteOutcome:
    """Three-way: what stands there must be the old value, or the new one already."""
    resource, external_id = ENTITIES[command.entity], command.external_id or ExternalId("")
    path = f"api/{resource.path}/{external_id}/"
    try:
        row = row_of(await connection.get(path), resource.detail)
    except Gone:
        return Refused("GONE", f"{resource.event} {external_id} does not exist")
    plan = _planned(resource, command, row)
    if isinstance(plan, Refused):
        now = await _now(connection, command, external_id)
        return Refused(plan.code, plan.message, plan.conflict, now)
    try:
        if plan:
            await connection.send("PATCH", path, plan)
    except AnswerLost as error:
        return Unanswered(error.message)
    except Rejected as error:
        return Refused(error.code, error.message)
    return Written(external_id, after=await _now(connection, command, external_id))


def _planned(resource: Resource, command: WriteCommand, row: Mapping[str, Any]) -> dict[str, JsonValue] | Refused:
    """The fields to send; those that hold the wanted value already are left out."""
    values: dict[str, JsonValue] = {}
    for change in command.changes:
        field = resource.writable.get(_place(command, change))
        place = "/".join(change.path)
        if field is None:
            return Refused(Invalid.code, f"the BottleCRM adapter does not write {place}")
        held = _told(row.get(field))
        if held == _told(change.new):
            continue
        if held != _told(change.old):
            return Refused(Conflict.code, f"{resource.event} holds another value at {place}", conflict=True)
        values[field] = change.new
    return values


def _place(command: WriteCommand, change: FieldChange) -> tuple[str, ...]:
    """A medium's external id is its contact's, a colon, and which of the two fields it is."""
    match change.path:
        case ("contact_media", child, field):
            return ("contact_media", child.removeprefix(f"{command.external_id}:"), field)
    return change.path


def _told(value: JsonValue) -> str | None:
    """Blank and null are the same to BottleCRM, and amounts are texts."""
    return None if value is None or value == "" else str(value)


def _new_values(resource: Resource, command: WriteCommand) -> dict[str, JsonValue]:
    values: dict[str, JsonValue] = {}
    for change in command.changes:
        if change.path == ("customer",):
            values["contacts"] = [change.new]
        elif change.path == ("contact_media",):
            values |= _media(change.new)
        elif (field := resource.writable.get(change.path)) is not None:
            values[field] = change.new
    return values


def _media(media: JsonValue) -> dict[str, JsonValue]:
    """The first e-mail address and the first phone number: a contact holds one of each."""
    values: dict[str, JsonValue] = {}
    for medium in media if isinstance(media, list | tuple) else ():
        kind = str(medium["kind"]).lower() if isinstance(medium, Mapping) else ""
        if kind in ("email", "phone") and isinstance(medium, Mapping):
            values.setdefault(kind, medium["value"])
    return values


async def _now(connection: Connection, command: WriteCommand, external_id: ExternalId) -> SourceObject | None:
    # What was written is written: a read that fails must not make it look undone.
    with suppress(Transient, Rejected):
        (found,) = await read_by_id(connection, command.entity, [external_id], 1)
        return found
    return None
