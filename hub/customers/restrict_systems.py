"""Tell systems that a consent they hold does not count any more, since its customer is one with others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.consent_keep import HUB
from hub.customers.consent_read import consents_of
from hub.exchange.want import Target, want_update
from hub.ports.writing import FieldChange
from hub.records.enums import ConsentStatus
from hub.records.identity import Entity, ExternalId


def status_change(old: str, new: ConsentStatus) -> list[FieldChange]:
    """What a system's consent has to change to say `new`."""
    return [FieldChange(("status",), old, new.value)]


async def restrict_systems(connection: AsyncConnection, customer_id: UUID, now: datetime) -> Mapping[str, list[UUID]]:
    """Tell the systems that hold a GRANTED which does not count any more; the commands by system."""
    consents = (await consents_of(connection, [customer_id]))[customer_id]
    rows = await connection.execute(
        text(
            """SELECT system, external_id, purpose, channel FROM consent
               WHERE customer_id = :id AND NOT deleted AND status = 'GRANTED' AND system <> :hub ORDER BY 1, 2"""
        ),
        {"id": customer_id, "hub": HUB},
    )
    commands: dict[str, list[UUID]] = defaultdict(list)
    for row in rows.all():
        decided = consents.decide(row.purpose, row.channel, now)
        if decided.status in (ConsentStatus.GRANTED, ConsentStatus.UNKNOWN):
            continue
        target = Target(row.system, Entity.CONSENT, ExternalId(row.external_id), str(customer_id))
        command = await want_update(connection, target, status_change("GRANTED", decided.status), now)
        if command is not None:
            commands[row.system].append(command)
    return commands
