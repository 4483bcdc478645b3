"""Who decides about a migration."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.migration.stored import Migration
from hub.store.audit import Deed, record_deed


async def audited(
    connection: AsyncConnection,
    migration: Migration,
    by: str,
    action: str,
    now: datetime,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Leave the step in the audit trail, in the transaction of the step."""
    said = {"flow": migration.flow, **(detail or {})}
    await record_deed(connection, Deed(by, action, "CadenceMigration", str(migration.id), detail=said), now)
