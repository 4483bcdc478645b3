"""Record what a customer allows: it counts at once, and travels to the systems whatever their flows' cadence."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4, uuid5

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.consent_keep import HUB, Kept, keep_statements
from hub.customers.follow_consent import follow_consents
from hub.customers.identifiers import Node
from hub.customers.restrict_systems import status_change
from hub.errors import Conflict, Invalid, NotFound
from hub.exchange.want import NewObject, Target, want_create, want_update
from hub.live.changes import Change
from hub.live.publish import publish
from hub.records.belongings import ConsentRecord
from hub.records.enums import ConsentStatus
from hub.records.identity import Entity, ExternalId
from hub.stewardship.people import home_of
from hub.store.audit import Deed, record_deed

CONFIRM_WITHIN: Final = timedelta(days=7)
"""A double opt-in that is not confirmed by then has to be asked again."""

_NAMESPACE: Final = UUID("3b1df3a2-5f0a-4b7e-8c79-0f7c1f8d2a55")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was recorded; `token` confirms a double opt-in and is told once; `commands` went out, by system."""

    statement_id: UUID
    customer_id: UUID
    status: ConsentStatus
    token: str | None
    commands: Mapping[str, UUID]


@dataclass(frozen=True, slots=True)
class _Place:
    """Whose statement, about what: one row of current consent in the hub, one object at each system."""

    customer_id: UUID
    home: Node
    purpose: str
    channel: str | None


async def record_consent(
    connection: AsyncConnection,
    customer_id: UUID,
    record: ConsentRecord,
    principal: str,
    now: datetime,
    *,
    double_opt_in: bool = False,
) -> Recorded:
    """A statement of the customer as of now. With `double_opt_in` a GRANTED one is PENDING until it is confirmed.

    NotFound for an unknown customer, Invalid for a validity that ends before it begins.
    """
    if record.valid_to is not None and record.valid_to <= (record.valid_from or now):
        raise Invalid("the validity ends before it begins", ("validTo",))
    current, home = await home_of(connection, customer_id)
    place = _Place(current, home, record.purpose, record.channel)
    token = None
    if double_opt_in and record.status is ConsentStatus.GRANTED:
        token = secrets.token_urlsafe(32)
        record = record.model_copy(update={"status": ConsentStatus.PENDING})
    return await _state(connection, place, record, principal, now, token)


async def confirm_consent(connection: AsyncConnection, token: str, principal: str, now: datetime) -> Recorded:
    """What a double opt-in asked for is GRANTED. NotFound for no such token; Conflict once it is used or too old."""
    row = (
        await connection.execute(
            text("SELECT * FROM consent_statement WHERE confirm_digest = :digest FOR UPDATE"),
            {"digest": _digest(token)},
        )
    ).one_or_none()
    if row is None:
        raise NotFound("there is no consent to confirm under this token")
    if row.ended_at is not None or row.confirm_until <= now:
        raise Conflict("this consent was confirmed, withdrawn or asked for too long ago")
    record = ConsentRecord(
        purpose=row.purpose,
        channel=row.channel,
        status=ConsentStatus.GRANTED,
        legal_basis=row.legal_basis,
        evidence=row.evidence,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )
    home = Node(row.owner_system, row.owner_id)
    customer_id = await connection.scalar(
        text("SELECT customer_id FROM customer_identifier WHERE system = :s AND external_id = :e"),
        {"s": home.system, "e": home.external_id},
    )
    if customer_id is None:
        raise NotFound("the customer of this consent is not known any more")
    place = _Place(customer_id, home, row.purpose, row.channel)
    return await _state(connection, place, record, principal, now, None)


async def _state(
    connection: AsyncConnection,
    place: _Place,
    record: ConsentRecord,
    principal: str,
    now: datetime,
    token: str | None,
) -> Recorded:
    owner = f"{place.home.system}:{place.home.external_id}"
    object_id = uuid5(_NAMESPACE, f"{owner}/{place.purpose}/{place.channel}")
    version = await _next_version(connection, object_id, now)
    kept = Kept(
        HUB,
        str(object_id),
        version,
        place.home,
        record,
        now,
        principal,
        None if token is None else _digest(token),
        None if token is None else now + CONFIRM_WITHIN,
    )
    await keep_statements(connection, [kept], now)
    await _make_current(connection, object_id, owner, place.customer_id, kept, now)
    commands = await _travel(connection, place, record, now)
    await follow_consents(connection, [place.customer_id], now)
    changes = [Change("Customer", str(place.customer_id), "ConsentAttributeValueChangeEvent")]
    await publish(connection, changes, now)
    detail = {"statement": str(kept.id), "purpose": record.purpose, "status": record.status.value}
    deed = Deed(principal, "recordConsent", "Customer", str(place.customer_id), detail=detail)
    await record_deed(connection, deed, now)
    return Recorded(kept.id, place.customer_id, record.status, token, commands)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def _next_version(connection: AsyncConnection, object_id: UUID, now: datetime) -> int:
    """Whoever records for the same place at the same time waits for the other."""
    await connection.execute(
        text(
            "INSERT INTO identifier AS i (kind, value) VALUES ('CONSENT', :id) "
            "ON CONFLICT (kind, value) DO UPDATE SET touched = i.touched + 1"
        ),
        {"id": str(object_id)},
    )
    version: int = await connection.scalar(
        text("SELECT coalesce(max(version), 0) + 1 FROM consent_statement WHERE system = :hub AND external_id = :id"),
        {"hub": HUB, "id": str(object_id)},
    )
    return version


async def _make_current(
    connection: AsyncConnection, object_id: UUID, owner: str, customer_id: UUID, kept: Kept, now: datetime
) -> None:
    await connection.execute(
        text(
            """INSERT INTO consent (id, system, external_id, owner, customer_id, deleted, as_of, observed_at, version,
                 purpose, channel, status, legal_basis, evidence, valid_from, valid_to)
               VALUES (:id, :hub, :external_id, :owner, :customer, false, :now, :now, :version, :purpose, :channel,
                 :status, :legal_basis, :evidence, :valid_from, :valid_to)
               ON CONFLICT (id) DO UPDATE SET customer_id = excluded.customer_id, as_of = excluded.as_of,
                 observed_at = excluded.observed_at, version = excluded.version, status = excluded.status,
                 legal_basis = excluded.legal_basis, evidence = excluded.evidence, valid_from = excluded.valid_from,
                 valid_to = excluded.valid_to"""
        ),
        {
            "id": object_id,
            "hub": HUB,
            "external_id": str(object_id),
            "owner": owner,
            "customer": customer_id,
            "now": now,
            "version": kept.version,
            "purpose": kept.record.purpose,
            "channel": kept.record.channel,
            "status": kept.record.status.value,
            "legal_basis": kept.record.legal_basis.value,
            "evidence": kept.record.evidence,
            "valid_from": kept.record.valid_from,
            "valid_to": kept.record.valid_to,
        },
    )


_HELD = text(
    """SELECT i.system, i.external_id AS owner, c.external_id, c.status FROM customer_identifier i
       LEFT JOIN consent c ON c.system = i.system AND c.owner = i.external_id AND NOT c.deleted
         AND c.purpose = :purpose AND c.channel IS NOT DISTINCT FROM :channel
       JOIN source_record s ON s.system = i.system AND s.entity = 'customer' AND s.external_id = i.external_id
         AND NOT s.deleted
       WHERE i.customer_id = :customer ORDER BY 1, 2, 3"""
)


async def _travel(
    connection: AsyncConnection, place: _Place, record: ConsentRecord, now: datetime
) -> Mapping[str, UUID]:
    """Change the consent that each system holds, or make one where it holds none; no flow there: nothing leaves."""
    rows = await connection.execute(
        _HELD, {"purpose": place.purpose, "channel": place.channel, "customer": place.customer_id}
    )
    commands: dict[str, UUID] = {}
    for row in rows.all():
        line = str(place.customer_id)
        if row.external_id is not None:
            target = Target(row.system, Entity.CONSENT, ExternalId(row.external_id), line)
            command = await want_update(connection, target, status_change(row.status, record.status), now)
        else:
            new = NewObject(row.system, Entity.CONSENT, f"{row.system}/consent/{uuid4()}", line)
            theirs = record.model_copy(update={"customer": row.owner})
            command = await want_create(connection, new, theirs, now)
        if command is not None:
            commands[row.system] = command
    return commands
