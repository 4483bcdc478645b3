"""Decide a golden field by hand, or give it back to the rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.changes import changes_of
from hub.customers.closure import Held
from hub.customers.identifiers import Node
from hub.customers.normalise import Spelling
from hub.customers.read_sources import images_of
from hub.customers.recognise import Rules, recognise
from hub.customers.survive import FIELDS
from hub.errors import Conflict, Invalid
from hub.live.publish import publish
from hub.records.customer import CustomerRecord
from hub.stewardship.people import hold, home_of
from hub.store.audit import Deed, record_deed

_PIN: Final = text(
    """INSERT INTO customer_pin (system, external_id, field, value, principal, at)
       VALUES (:s, :e, :field, :value, :principal, :at)
       ON CONFLICT (system, external_id, field) DO UPDATE SET value = excluded.value,
         principal = excluded.principal, at = excluded.at"""
)

_UNPIN: Final = text(
    """DELETE FROM customer_pin p USING customer_identifier i
       WHERE i.customer_id = :id AND p.system = i.system AND p.external_id = i.external_id AND p.field = :field"""
)


async def pin_field(
    connection: AsyncConnection,
    customer_id: UUID,
    field: str,
    value: str | None,
    principal: str,
    rules: Rules,
    now: datetime,
) -> UUID:
    """The field has this value, whatever any system says; None: it has none. Returns the customer's current id.

    Invalid for a field or value that a customer record cannot have, Conflict where nothing of his records is stored.
    """
    checked = checked_value(field, value)
    current, home = await home_of(connection, customer_id)
    nodes = (await hold(connection, [current], Spelling(rules.region)))[current]
    if not await images_of(connection, nodes):
        raise Conflict("nothing is stored of what any system says of this customer, so there is nothing to stand over")
    binds = {"s": home.system, "e": home.external_id, "field": field, "value": checked}
    await connection.execute(_PIN, {**binds, "principal": principal, "at": now})
    await _project(connection, (current, nodes), f"pin:{field}", principal, rules, now)
    return current


async def unpin_field(
    connection: AsyncConnection, customer_id: UUID, field: str, principal: str, rules: Rules, now: datetime
) -> UUID:
    """The rules decide the field again. Conflict when it is not pinned."""
    current, _ = await home_of(connection, customer_id)
    nodes = (await hold(connection, [current], Spelling(rules.region)))[current]
    if not (await connection.execute(_UNPIN, {"id": current, "field": field})).rowcount:
        raise Conflict("this field is not pinned")
    await _project(connection, (current, nodes), f"unpin:{field}", principal, rules, now)
    return current


def checked_value(field: str, value: str | None) -> str | None:
    """The value as the golden record will have it; Invalid for a field or value that a customer cannot have."""
    if field not in FIELDS or (field == "kind" and value is None):
        raise Invalid("a customer has no such field to pin", ("field",))
    try:
        record = CustomerRecord.model_validate({} if value is None else {field: value})
    except ValidationError:
        raise Invalid("the field cannot have this value", ("value",)) from None
    if value is None:
        return None
    return str(getattr(record, field)) or None


async def _project(
    connection: AsyncConnection,
    person: tuple[UUID, Sequence[Node]],
    what: str,
    principal: str,
    rules: Rules,
    now: datetime,
) -> None:
    current, nodes = person
    recognised = await recognise(connection, nodes, Held(), rules, now, Spelling(rules.region))
    await publish(connection, changes_of(recognised), now)
    deed = Deed(principal, "pinField", "Customer", str(current), detail={"what": what})
    await record_deed(connection, deed, now)
