"""Tell systems that a consent they hold does not count any more: its customer, or one who is one with him, said no."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.consent_read import consents_of
from hub.customers.follow_consent import follow_consents
from hub.exchange.want import Target, want_updates
from hub.ports.writing import FieldChange
from hub.records.enums import ConsentStatus
from hub.records.identity import Entity, ExternalId
from hub.store.sets import run_set

# Of systems that no flow tells of consents there is nothing to say.
_GRANTED: Final = """
SELECT c.customer_id, c.system, c.external_id, c.purpose, c.channel
FROM json_array_elements_text(CAST(:rows AS json)) AS r(id)
CROSS JOIN LATERAL (SELECT * FROM consent o WHERE o.customer_id = CAST(r.id AS uuid) OFFSET 0) c
WHERE NOT c.deleted AND c.status = 'GRANTED' AND c.system IN (
  SELECT f.target FROM information_flow f WHERE f.entity = 'consent' AND f.source = 'hub' AND NOT f.planned)
ORDER BY 2, 3"""


def status_change(old: str, new: ConsentStatus) -> list[FieldChange]:
    """What a system's consent has to change to say `new`."""
    return [FieldChange(("status",), old, new.value)]


async def restrict_systems(
    connection: AsyncConnection, customers: Collection[UUID], now: datetime
) -> Mapping[str, list[UUID]]:
    """Tell the systems that hold a GRANTED which does not count any more; the commands by system."""
    rows = (await run_set(connection, _GRANTED, [str(one) for one in sorted(customers)])).all() if customers else []
    if not rows:
        return {}
    consents = await consents_of(connection, sorted({row.customer_id for row in rows}))
    wanted = []
    for row in rows:
        decided = consents[row.customer_id].decide(row.purpose, row.channel, now).status
        if decided not in (ConsentStatus.GRANTED, ConsentStatus.UNKNOWN):
            target = Target(row.system, Entity.CONSENT, ExternalId(row.external_id), str(row.customer_id))
            wanted.append((target, status_change("GRANTED", decided)))
    commands: dict[str, list[UUID]] = defaultdict(list)
    for (target, _), command in zip(wanted, await want_updates(connection, wanted, now), strict=True):
        if command is not None:
            commands[target.system].append(command)
    return commands


async def bring_in_line(
    connection: AsyncConnection, customers: Collection[UUID], now: datetime
) -> Mapping[str, list[UUID]]:
    """Whatever follows once it may have changed what these customers allow; the commands as of `restrict_systems`."""
    commands = await restrict_systems(connection, customers, now)
    await follow_consents(connection, customers, now)
    return commands
