"""The audit trail of deeds: one row for each, in its transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.contextvars import get_contextvars

from hub.store.origin import Origin, origin_now
from hub.store.sets import run_set

_INTO = """
INSERT INTO audit_event
  (at, principal, action, object_type, object_id, outcome, request_id, detail, address, purpose, session, channel)
SELECT r.at, r.principal, r.action, r.object_type, r.object_id, r.outcome, r.request_id,
  CASE WHEN r.session IS NULL OR r.session = s.id THEN r.detail
    ELSE r.detail || jsonb_build_object('claimedSession', r.session) END,
  r.address, r.purpose, s.id, s.channel
FROM json_to_recordset(CAST(:rows AS json)) AS r(at timestamptz, principal text, action text, object_type text,
  object_id text, outcome text, request_id text, detail jsonb, address text, purpose text, session uuid)
CROSS JOIN LATERAL (SELECT CASE WHEN r.object_type = 'Customer' AND r.object_id ~ '^[0-9a-f-]{36}$'
  THEN CAST(r.object_id AS uuid) END AS customer_id) AS c
LEFT JOIN LATERAL (
  (SELECT s.id, s.channel FROM customer_session s
   WHERE s.id = r.session AND (s.customer_id = c.customer_id OR s.customer_id IS NULL)
     AND (s.agent = r.principal OR s.agent IS NULL) AND (s.ended_at IS NULL OR s.ended_at >= r.at))
  UNION ALL
  (SELECT s.id, s.channel FROM customer_session s
   WHERE s.customer_id = c.customer_id AND s.agent = r.principal AND (s.ended_at IS NULL OR s.ended_at >= r.at)
   ORDER BY s.started_at DESC LIMIT 1)
  LIMIT 1
) AS s ON c.customer_id IS NOT NULL
"""
"""The session is the one that the caller names, where it is his and this customer's, or else the contact that he has
with the customer at that time. One that he names and that is not stands in the detail."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did; `detail` holds names of fields and ids, never values of personal data.

    Without `request_id` and `origin` it is told of the request that runs as it is recorded.
    """

    principal: str
    action: str
    object_type: str
    object_id: str
    outcome: str = "DONE"
    request_id: str | None = None
    detail: Mapping[str, object] = field(default_factory=dict)
    origin: Origin | None = None


_recorded: ContextVar[int] = ContextVar("recorded", default=0)


def deeds_recorded() -> int:
    """How many deeds this task has recorded so far: whoever carries something out sees whether it told of itself."""
    return _recorded.get()


async def record_deed(connection: AsyncConnection, deed: Deed, at: datetime) -> None:
    """Append the deed; it stands or falls with the transaction it belongs to."""
    await record_deeds(connection, [(deed, at)])


async def record_deeds(connection: AsyncConnection, deeds: Sequence[tuple[Deed, datetime]]) -> None:
    """Append deeds, each with its time, in one statement."""
    if deeds:
        _recorded.set(_recorded.get() + len(deeds))
        await run_set(connection, _INTO, [_row(deed, at) for deed, at in deeds])


def _row(deed: Deed, at: datetime) -> Mapping[str, object]:
    origin = origin_now() if deed.origin is None else deed.origin
    return {
        "at": at,
        "principal": deed.principal,
        "action": deed.action,
        "object_type": deed.object_type,
        "object_id": deed.object_id,
        "outcome": deed.outcome,
        "request_id": deed.request_id or get_contextvars().get("request_id"),
        "detail": deed.detail,
        "address": origin.address,
        "purpose": origin.purpose,
        "session": origin.session,
    }
