"""Commands at the memory store, with the three-way check that a careful package makes."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.memory.store import MemoryStore, StoredObject
from hub.ports.writing import FieldChange, Operation, Refused, Unanswered, WriteCommand, WriteOutcome, Written
from hub.records.identity import ExternalId
from hub.records.source import JsonValue


def carry_out(store: MemoryStore, command: WriteCommand) -> WriteOutcome:
    """The outcome; Unanswered although it happened when the store drops the answer."""
    match command.operation:
        case Operation.CREATE:
            outcome = _create(store, command)
        case Operation.UPDATE:
            outcome = _update(store, command)
        case Operation.DELETE:
            outcome = _delete(store, command)
    if isinstance(outcome, Written) and store.answer_lost():
        return Unanswered("the memory store dropped its answer")
    return outcome


def _create(store: MemoryStore, command: WriteCommand) -> WriteOutcome:
    objects = store.objects(command.entity)
    made = next((number for number, stored in objects.items() if stored.key == command.key), None)
    if made is None:
        made = max(objects, default=0) + 1
        body = {change.path[0]: change.new for change in command.changes}
        store.put(command.entity, str(made), body, key=command.key)
    return _written(store, command, str(made))


def _update(store: MemoryStore, command: WriteCommand) -> WriteOutcome:
    external_id = command.external_id or ""
    if (now := store.read(command.entity, external_id)).body is None:
        return Refused("GONE", f"{command.entity.value} {external_id} does not exist", now=now)
    stored = store.objects(command.entity)[int(external_id)]
    for change in command.changes:
        if len(change.path) == 3 and change.path[1] not in stored.children(change.path[0]):
            return Refused("GONE", f"{'/'.join(change.path)} does not exist", now=now)
        if _value(stored, change) not in (change.old, change.new):
            return Refused("CONFLICT", f"{'/'.join(change.path)} holds another value", conflict=True, now=now)
    for change in command.changes:
        _set(store, stored, change)
    return _written(store, command, external_id)


def _delete(store: MemoryStore, command: WriteCommand) -> WriteOutcome:
    external_id = command.external_id or ""
    if store.read(command.entity, external_id).body is not None:
        store.remove(command.entity, external_id)
    return _written(store, command, external_id)


def _written(store: MemoryStore, command: WriteCommand, external_id: str) -> Written:
    return Written(ExternalId(external_id), store.read(command.entity, external_id))


def _value(stored: StoredObject, change: FieldChange) -> JsonValue:
    if len(change.path) == 1:
        return stored.body.get(change.path[0])
    name, child_id, field = change.path
    return stored.children(name)[child_id].get(field)


def _set(store: MemoryStore, stored: StoredObject, change: FieldChange) -> None:
    if len(change.path) == 1:
        stored.body[change.path[0]] = change.new
        stored.own_stamp = store.clock
        return
    name, child_id, field = change.path
    children: Mapping[str, Mapping[str, JsonValue]] = stored.children(name)
    stored.set_children(name, {**children, child_id: {**children[child_id], field: change.new}})
    stored.child_stamps[name, child_id] = store.clock
