"""Fields of a canonical lead as columns of a sale opportunity, and what stands there compared with both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from adapters.tryton.session import Session
from adapters.tryton.wire import WireValue
from hub.errors import Rejected
from hub.ports.writing import FieldChange
from hub.records.source import JsonObject, JsonValue

_COLUMN_OF: Final[Mapping[str, str]] = {
    "name": "description",
    "amount": "amount",
    "currency": "currency",
    "started_on": "start_date",
    "ended_on": "end_date",
    "owner": "employee",
}

COLUMNS: Final = ("description", "amount", "currency.code", "start_date", "end_date", "employee.rec_name")
"""The columns as a search takes them, so that `_told` can read them."""


@dataclass(frozen=True, slots=True)
class Lookups:
    """Tryton's ids of the currency (ISO 4217) and of the employee by the name that people read, where it has them."""

    currency: WireValue
    employee: WireValue


async def lookups(session: Session, told: Mapping[str, JsonValue]) -> Lookups:
    """Raises Rejected for a currency that this Tryton does not have; an unknown employee is None."""
    currency, owner = told.get("currency"), told.get("owner")
    found: WireValue = None
    if currency is not None:
        rows = await session.search("currency.currency", [("code", "=", str(currency))], ["code"], limit=1)
        if not rows:
            raise Rejected(f"this Tryton has no currency {currency}")
        found = rows[0]["id"]
    employee: WireValue = None
    if owner is not None:
        rows = await session.search("company.employee", [("rec_name", "=", str(owner))], ["rec_name"], limit=1)
        employee = rows[0]["id"] if rows else None
    return Lookups(found, employee)


def values_of(told: Mapping[str, JsonValue], found: Lookups) -> dict[str, WireValue]:
    """What `create` and `write` take, of the fields that an opportunity has."""
    values: dict[str, WireValue] = {}
    for name, value in told.items():
        column = _COLUMN_OF.get(name)
        if column is not None:
            values[column] = _wire(name, value, found)
    return values


def differing(row: JsonObject, changes: Mapping[str, FieldChange]) -> dict[str, FieldChange]:
    """The changes of columns that do not stand already. An owner whom nobody was known to be is no value to compare."""
    return {
        name: change
        for name, change in changes.items()
        if name in _COLUMN_OF and _told(row, name) != _plain(change.new)
    }


def contested(row: JsonObject, change: FieldChange) -> bool:
    """Whether something else stands there than the hub saw; `change` is one that differs."""
    name = change.path[0]
    if name == "owner" and change.old is None:
        return False
    return _told(row, name) != _plain(change.old)


def _told(row: JsonObject, name: str) -> str | None:
    value = row[_COLUMN_OF[name]]
    if isinstance(value, Mapping):
        value = value.get("code") if name == "currency" else value.get("rec_name")
    return _plain(value)


def _plain(value: JsonValue) -> str | None:
    """Comparable: blank is nothing, white space is collapsed, amounts have no trailing zeros."""
    if value is None:
        return None
    words = " ".join(str(value).split())
    try:
        return f"{Decimal(words).normalize():f}"
    except ArithmeticError:
        return words or None


def _wire(name: str, value: JsonValue, found: Lookups) -> WireValue:
    match name:
        case _ if value is None:
            return None
        case "amount":
            return Decimal(str(value))
        case "currency":
            return found.currency
        case "owner":
            return found.employee
        case "started_on" | "ended_on":
            return date.fromisoformat(str(value))
    return str(value)
