"""Changes of canonical fields as Tryton's own writes, compared with what stands there first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from adapters.tryton.wire import WireValue, row_id, rows_of
from hub.ports.writing import WriteCommand
from hub.records.source import JsonObject, JsonValue

PARTY = "party.party"
TIMESTAMP = "_timestamp"

_OF_THE_PARTY: Mapping[str, str] = MappingProxyType({"name": "name"})
_CHILD_MODELS = MappingProxyType({"contact_mechanisms": "party.contact_mechanism", "addresses": "party.address"})
# Canonical list and field: Tryton's list and column. The mapping file reads the same columns.
_OF_A_CHILD: Mapping[tuple[str, str], tuple[str, str]] = MappingProxyType(
    {
        ("contact_media", "value"): ("contact_mechanisms", "value"),
        ("contact_media", "label"): ("contact_mechanisms", "name"),
        ("addresses", "postal_code"): ("addresses", "postal_code"),
        ("addresses", "locality"): ("addresses", "city"),
    }
)

CURRENT_FIELDS = (
    *(*_OF_THE_PARTY.values(), TIMESTAMP),
    *(f"{key}.{column}" for key, column in _OF_A_CHILD.values()),
    *(f"{key}.{TIMESTAMP}" for key in _CHILD_MODELS),
)
"""Everything an update can change, with the timestamps that lock it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of the party (`key` None) or of one row of its list `key`."""

    key: str | None
    child: int | None
    column: str


@dataclass(frozen=True, slots=True)
class Edit:
    """What to write for one party, and the timestamps that must still stand; empty where all stands already."""

    party: int
    values: Mapping[str, WireValue]
    timestamps: Mapping[str, WireValue]


@dataclass(frozen=True, slots=True)
class Gone:
    """The party, or the child to change, does not exist."""


@dataclass(frozen=True, slots=True)
class Unwritable:
    """This adapter writes no field at `path`."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contested:
    """Tryton holds another value than the one to be replaced at `path`."""

    path: tuple[str, ...]


Plan: TypeAlias = Edit | Gone | Contested | Unwritable


def edit_of(command: WriteCommand, party: JsonObject | None) -> Plan:
    """Three-way: a value that is already the new one stands, the old one is replaced, any other is contested."""
    if party is None:
        return Gone()
    columns: defaultdict[tuple[str | None, int | None], dict[str, WireValue]] = defaultdict(dict)
    timestamps: dict[str, WireValue] = {}
    for change in command.changes:
        cell = _cell(change.path)
        if cell is None:
            return Unwritable(change.path)
        row = _row(party, cell)
        if row is None:
            return Gone()
        current = row[cell.column]
        if _same(current, change.new):
            continue
        if not _same(current, change.old):
            return Contested(change.path)
        columns[cell.key, cell.child][cell.column] = change.new
        model = PARTY if cell.key is None else _CHILD_MODELS[cell.key]
        timestamps[f"{model},{row_id(row)}"] = row[TIMESTAMP]
    return Edit(row_id(party), _values(columns), timestamps)


def _cell(path: tuple[str, ...]) -> Cell | None:
    match path:
        case (field,) if field in _OF_THE_PARTY:
            return Cell(None, None, _OF_THE_PARTY[field])
        case (list_, child, field) if (list_, field) in _OF_A_CHILD and child.isdecimal():
            key, column = _OF_A_CHILD[list_, field]
            return Cell(key, int(child), column)
    return None


def _row(party: JsonObject, cell: Cell) -> JsonObject | None:
    if cell.key is None:
        return party
    return next((row for row in rows_of(party[cell.key]) if row_id(row) == cell.child), None)


def _same(current: JsonValue, canonical: JsonValue) -> bool:
    return _words(current) == _words(canonical)


def _words(value: JsonValue) -> str:
    # Canonical texts have their white space collapsed, and a blank text is no value.
    return " ".join(str(value).split()) if value is not None else ""


def _values(columns: Mapping[tuple[str | None, int | None], Mapping[str, WireValue]]) -> Mapping[str, WireValue]:
    values: dict[str, WireValue] = {}
    below: defaultdict[str, list[WireValue]] = defaultdict(list)
    for (key, child), row in columns.items():
        if key is None:
            values.update(row)
        else:
            below[key].append(("write", (child,), row))
    return {**values, **below}


def flat_pairs(edits: Iterable[Edit]) -> list[WireValue]:
    """The parameters of one `write`: ids and values by turns, each party with values of its own."""
    return [part for edit in edits for part in ((edit.party,), edit.values)]
