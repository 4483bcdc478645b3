"""Correct a way to reach the customer: true in the hub at once, on its way to every system with the old value."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.changes import changes_of
from hub.customers.closure import Held
from hub.customers.identifiers import Node
from hub.customers.normalise import Spelling, normalise_phone
from hub.customers.read_sources import images_of
from hub.customers.recognise import Rules, lock_customers, recognise
from hub.customers.resolve import resolved_ids
from hub.errors import Invalid, NotFound
from hub.exchange.want import Target, want_update
from hub.flows.follow_joins import follow_joins
from hub.live.publish import publish
from hub.ports.writing import FieldChange
from hub.records.enums import MediumKind
from hub.records.identity import CustomerId, Entity, ExternalId
from hub.store.audit import Deed, record_deed


async def correct_contact_medium(
    connection: AsyncConnection, medium_id: UUID, value: str, principal: str, rules: Rules, now: datetime
) -> CustomerId:
    """Replace the value everywhere this customer has it; who he is now. The value it has already changes nothing.

    Invalid for a value that is no e-mail address or phone number, NotFound for an unknown medium.
    """
    medium = await _medium(connection, medium_id)
    corrected = checked_value(MediumKind(medium.kind), value, rules.region)
    if corrected == medium.value:
        return CustomerId(medium.customer_id)
    nodes = await _nodes(connection, medium.customer_id)
    spelling = Spelling(rules.region)
    await lock_customers(connection, {}, spelling, nodes)
    children = await _children(connection, medium, nodes, spelling)
    for node, child_id, old in children:
        change = FieldChange(("contact_media", child_id, "value"), old, corrected)
        await keep_correction(connection, node, change, principal, now)
        target = Target(node.system, Entity.CUSTOMER, ExternalId(node.external_id), str(medium.customer_id))
        await want_update(connection, target, [change], now)
    held = await hold_corrected(connection, [node for node, _, _ in children], spelling)
    recognised = await recognise(connection, nodes, held, rules, now, spelling)
    # The right address may be that of somebody else, who is the same person then.
    await follow_joins(connection, recognised, recognised.moved, now)
    await publish(connection, changes_of(recognised), now)
    (current,) = await resolved_ids(connection, [medium.customer_id])
    deed = Deed(principal, "correctContactMedium", "Customer", str(current), detail={"medium": str(medium_id)})
    await record_deed(connection, deed, now)
    return CustomerId(current)


def checked_value(kind: MediumKind, value: str, region: str) -> str:
    """The value as it will be stored; the syntax is checked, not whether somebody answers there."""
    trimmed = value.strip()
    if kind is MediumKind.EMAIL:
        try:
            return validate_email(trimmed, check_deliverability=False, test_environment=True).normalized
        except EmailNotValidError:
            raise Invalid("that is not an e-mail address", ("value",)) from None
    if kind is MediumKind.PHONE and normalise_phone(trimmed, region) is None:
        raise Invalid(f"that is not a phone number, neither international nor of region {region}", ("value",))
    if not trimmed or len(trimmed) > 500:
        raise Invalid("the value must have 1 to 500 characters", ("value",))
    return trimmed


async def _medium(connection: AsyncConnection, medium_id: UUID) -> Row[Any]:
    row = (
        await connection.execute(
            text("SELECT customer_id, kind, value, normalised FROM contact_medium WHERE id = :id"), {"id": medium_id}
        )
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no contact medium {medium_id}")
    return row


async def _nodes(connection: AsyncConnection, customer_id: UUID) -> list[Node]:
    rows = await connection.execute(
        text("SELECT system, external_id FROM customer_identifier WHERE customer_id = :id ORDER BY 1, 2"),
        {"id": customer_id},
    )
    return [Node(row.system, row.external_id) for row in rows]


async def _children(
    connection: AsyncConnection, medium: Row[Any], nodes: Sequence[Node], spelling: Spelling
) -> list[tuple[Node, str, str]]:
    """Where the old value stands now: source images with the corrections already under way laid over them."""
    rows = await connection.execute(
        text(
            """SELECT s.system, s.external_id, m.external_id AS child_id, coalesce(c.new, m.value) AS value
               FROM unnest(CAST(:s AS text[]), CAST(:e AS text[])) AS r(system, external_id)
               JOIN source_record s ON s.system = r.system AND s.external_id = r.external_id
                 AND s.entity = 'customer' AND NOT s.deleted
               CROSS JOIN LATERAL jsonb_to_recordset(s.document -> 'contact_media')
                 AS m(external_id text, kind text, value text)
               LEFT JOIN LATERAL (
                 SELECT c.new FROM correction c WHERE c.system = s.system AND c.external_id = s.external_id
                   AND c.entity = 'customer' AND c.path[2] = m.external_id AND c.state = 'OPEN'
                 ORDER BY c.at DESC, c.id DESC LIMIT 1) c ON true
               WHERE m.kind = :kind ORDER BY 1, 2, 3"""
        ),
        {
            "s": [node.system for node in nodes],
            "e": [node.external_id for node in nodes],
            "kind": medium.kind,
        },
    )
    kind = MediumKind(medium.kind)
    return [
        (Node(row.system, row.external_id), row.child_id, row.value)
        for row in rows
        if spelling.medium(kind, row.value) == medium.normalised
    ]


async def hold_corrected(connection: AsyncConnection, nodes: Collection[Node], spelling: Spelling) -> Held:
    """What these living records carry now that corrections of them are kept; their customer is held already."""
    images = await images_of(connection, list(dict.fromkeys(nodes)))
    return await lock_customers(connection, {node: image.record for node, image in images.items()}, spelling)


async def keep_correction(
    connection: AsyncConnection, node: Node, change: FieldChange, principal: str, now: datetime
) -> None:
    """Lay the change over what the record says, until its system has followed or says something else."""
    await connection.execute(
        text(
            """INSERT INTO correction (id, system, entity, external_id, path, old, new, principal, at)
               VALUES (:id, :system, 'customer', :external_id, CAST(:path AS text[]), :old, :new, :principal, :at)"""
        ),
        {
            "id": uuid4(),
            "system": node.system,
            "external_id": node.external_id,
            "path": list(change.path),
            "old": change.old,
            "new": change.new,
            "principal": principal,
            "at": now,
        },
    )
