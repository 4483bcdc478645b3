"""Leads that the hub issues, found by its number, and the states of any lead.

BottleCRM's API finds nothing by a text of ours but the value of a custom field: the number is kept in one that an
administrator adds to leads, `contacthub` (a text). Without it the API would drop the number without a word and the lead
would be made again and again, so nothing is made. A converted lead stands in no list: it is read by its own id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final  # Any: rows as wire.py hands them on

from adapters.bottlecrm.connection import Connection, Gone
from adapters.bottlecrm.entities import ENTITIES, NUMBER, Listing
from adapters.bottlecrm.wire import row_of, rows_of
from adapters.bottlecrm.writing import create, update
from hub.ports.writing import FieldChange, Operation, Refused, WriteCommand, WriteOutcome
from hub.records.enums import LeadState
from hub.records.identity import Entity, ExternalId

_LEAD: Final = ENTITIES[Entity.SALES_LEAD]

CONVERTED: Final = "converted"
STATUS_OF: Final[Mapping[str, str]] = {
    LeadState.ACKNOWLEDGED: "assigned",
    LeadState.IN_PROGRESS: "in process",
    # Converting is one step here: it makes the account, the contact and the deal, and cannot be taken back.
    LeadState.PENDING: CONVERTED,
    LeadState.ACCEPTED: CONVERTED,
    LeadState.REJECTED: "closed",
    LeadState.CANCELLED: "closed",
}
"""What the hub's states are written as; the mapping file reads every status."""


async def carry_out(connection: Connection, command: WriteCommand) -> WriteOutcome:
    """A change of a lead named by BottleCRM's id or the hub's number; one that the hub issued is made if missing."""
    external_id = command.external_id or ExternalId("")
    if not external_id.startswith("L-"):
        return await _changed(connection, command)
    found = await find_by_number(connection, external_id)
    if found is not None:
        return await _changed(connection, replace(command, external_id=found))
    customer = next((change.new for change in command.changes if change.path == ("customer",)), None)
    if customer is None:
        return Refused("NOT_FOUND", f"lead {external_id} is not among the open and closed ones, and nobody is named")
    if not await _has_field(connection):
        return Refused("INVALID", f"leads have no custom field `{NUMBER}`: add one of type text in BottleCRM")
    told = [change for change in _translated(command.changes) if change.path[0] in _CREATED]
    numbered = FieldChange(("custom_fields",), None, {NUMBER: external_id})
    return await create(connection, replace(command, operation=Operation.CREATE, changes=(*told, numbered)))


_CREATED: Final = frozenset({"customer", "name", "rating", "amount", "currency", "probability", "status"})


async def _changed(connection: Connection, command: WriteCommand) -> WriteOutcome:
    """Three-way. What BottleCRM has no place for (priority, reasons, people it does not know) is left out."""
    changes = [change for change in _translated(command.changes) if change.path in _LEAD.writable]
    if any(change.path == ("status",) and change.new == CONVERTED for change in changes):
        changes += await _email(connection, command)
    return await update(connection, replace(command, changes=tuple(changes)))


def _translated(changes: Sequence[FieldChange]) -> list[FieldChange]:
    """States as statuses; what a create wants of a state that was never told begins where BottleCRM begins."""
    translated = []
    for change in changes:
        if change.path == ("state",):
            old = STATUS_OF[LeadState(str(change.old or LeadState.ACKNOWLEDGED))]
            translated.append(FieldChange(("status",), old, STATUS_OF[LeadState(str(change.new))]))
        else:
            translated.append(change)
    return translated


async def _email(connection: Connection, command: WriteCommand) -> list[FieldChange]:
    """Only a lead with an address can be converted: one without gets that of the contact it is linked to."""
    try:
        lead = row_of(await connection.get(f"api/{_LEAD.path}/{command.external_id}/"), _LEAD.detail)
    except Gone:
        return []
    if lead.get("email") or not lead.get("contacts"):
        return []
    contacts = ENTITIES[Entity.CUSTOMER]
    linked = lead["contacts"][0]["id"]
    contact = row_of(await connection.get(f"api/{contacts.path}/{linked}/"), contacts.detail)
    email = contact.get("email")
    return [FieldChange(("email",), None, email)] if email else []


async def find_by_number(connection: Connection, number: ExternalId) -> ExternalId | None:
    """BottleCRM's id of the open or closed lead with the hub's number."""
    for listing in _LEAD.listings:
        rows = await _rows(connection, listing, number)
        if rows:
            return ExternalId(str(rows[0]["id"]))
    return None


async def _rows(connection: Connection, listing: Listing, number: ExternalId) -> list[dict[str, Any]]:
    query: dict[str, str | int] = {**listing.query, f"cf_{NUMBER}": number, "limit": 1, "offset": 0}
    return rows_of(await connection.get(f"api/{_LEAD.path}/", query), listing.rows)


async def _has_field(connection: Connection) -> bool:
    fields = rows_of(await connection.get("api/custom-fields/", {"target_model": "Lead"}), ("definitions",))
    return any(field.get("key") == NUMBER and field.get("is_active") for field in fields)
