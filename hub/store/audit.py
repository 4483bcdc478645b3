"""The audit trail: one row in the transaction of the deed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did; `detail` holds names of fields and ids, never values of personal data."""

    principal: str
    action: str
    object_type: str
    object_id: str
    outcome: str = "DONE"
    request_id: str | None = None
    detail: Mapping[str, object] = field(default_factory=dict)


async def record_deed(connection: AsyncConnection, deed: Deed, at: datetime) -> None:
    """Append the deed; it stands or falls with the transaction it belongs to."""
    await connection.execute(
        text(
            """INSERT INTO audit_event (at, principal, action, object_type, object_id, outcome, request_id, detail)
               VALUES (:at, :principal, :action, :object_type, :object_id, :outcome, :request_id,
                 CAST(:detail AS jsonb))"""
        ),
        {
            "at": at,
            "principal": deed.principal,
            "action": deed.action,
            "object_type": deed.object_type,
            "object_id": deed.object_id,
            "outcome": deed.outcome,
            "request_id": deed.request_id,
            "detail": orjson.dumps(deed.detail).decode(),
        },
    )
