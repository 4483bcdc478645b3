"""Keep requests of people about their data, and what each system made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.privacy_tables import PrivacyKind
from hub.errors import Conflict, NotFound
from hub.store.audit import Deed, record_deed
from hub.store.keys import KeyRing
from hub.store.sets import run_set


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks and why; `reason` holds no personal data."""

    principal: str
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """One record at one system, and the command that was sent for it; None: its own people have to see to it."""

    system: str
    external_id: str
    command_id: UUID | None


def subject_of(keys: KeyRing, customer_id: UUID) -> bytes:
    """The keyed hash under which requests about a customer are kept."""
    return keys.proof(f"subject\0{customer_id}".encode())


async def keep_request(
    connection: AsyncConnection,
    request_id: UUID,
    kind: PrivacyKind,
    subject: bytes,
    customers: Sequence[UUID],
    asked: Request,
    counts: Mapping[str, int],
    retained: Mapping[str, int],
    proof: bytes | None = None,
) -> None:
    """Write the request, or what it came to once that is known; the first time is a deed in the audit trail.

    The deed names the ids in `customers`, so that the trail can be asked by each of them also once he is erased.
    """
    made = await connection.scalar(
        text(
            """INSERT INTO privacy_request (id, kind, subject, principal, reason, at, counts, retained, proof)
               VALUES (:id, :kind, :subject, :principal, :reason, :at, CAST(:counts AS jsonb),
                 CAST(:retained AS jsonb), :proof)
               ON CONFLICT (id) DO UPDATE SET counts = excluded.counts, retained = excluded.retained
               RETURNING xmax = 0"""
        ),
        {
            "id": request_id,
            "kind": kind.value,
            "subject": subject,
            "principal": asked.principal,
            "reason": asked.reason,
            "at": asked.at,
            "counts": orjson.dumps(counts).decode(),
            "retained": orjson.dumps(retained).decode(),
            "proof": proof,
        },
    )
    if made:
        name, detail = f"request{kind.value.capitalize()}", {"customers": [str(one) for one in customers]}
        deed = Deed(asked.principal, name, "PrivacyRequest", str(request_id), detail=detail)
        await record_deed(connection, deed, asked.at)


async def keep_receipts(connection: AsyncConnection, request_id: UUID, receipts: Sequence[Receipt]) -> None:
    """One row per record at a system."""
    await run_set(
        connection,
        """INSERT INTO privacy_receipt (request_id, system, external_id, command_id)
           SELECT :request, r.* FROM json_to_recordset(CAST(:rows AS json))
             AS r(system text, external_id text, command_id uuid)""",
        [{"system": r.system, "external_id": r.external_id, "command_id": r.command_id} for r in receipts],
        request=request_id,
    )


async def settle_receipts(
    connection: AsyncConnection, request_id: UUID, system: str, refusal: str | None, asked: Request
) -> int:
    """A person says that the system's own people did what was asked, or why they must not; how many records.

    NotFound when the request asks nothing of this system, Conflict when all of it is settled already.
    """
    found = await connection.scalar(
        text("SELECT count(*) FROM privacy_receipt WHERE request_id = :id AND system = :system"),
        {"id": request_id, "system": system},
    )
    if not found:
        raise NotFound(f"this request asks nothing of system {system}")
    settled = await connection.execute(
        text(
            """UPDATE privacy_receipt SET settled_by = :by, settled_at = :at, refusal = :refusal
               WHERE request_id = :id AND system = :system AND settled_at IS NULL"""
        ),
        {"id": request_id, "system": system, "by": asked.principal, "at": asked.at, "refusal": refusal},
    )
    if not settled.rowcount:
        raise Conflict("this is settled already")
    detail = {"system": system, "refused": refusal is not None}
    deed = Deed(asked.principal, "settlePrivacyReceipt", "PrivacyRequest", str(request_id), detail=detail)
    await record_deed(connection, deed, asked.at)
    return settled.rowcount
