"""What a person does with a quarantined object before or instead of replaying it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import orjson
from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Conflict, Invalid, NotFound
from hub.flows.quarantined import QUARANTINED, Chosen, corrected_place, one_or_all
from hub.flows.tables import Quarantine
from hub.records.states import QuarantineState
from hub.store.audit import Deed, record_deed
from hub.store.keys import KeyRing

REASON_LENGTH_MAX: Final = 500
BODY_BYTES_MAX: Final = 1_000_000


async def edit(
    connection: AsyncConnection,
    keys: KeyRing,
    quarantine_id: int,
    body: bytes,
    principal: str,
    now: datetime,
    external_id: str | None = None,
) -> None:
    """Keep a corrected body (a JSON object) beside the original; nothing is applied before it is replayed.

    Bytes that could not be read at all need the object's `external_id` too. Conflict when it no longer waits, or when
    its person was erased.
    """
    _check_body(body)
    row = await _open_row(connection, quarantine_id)
    if row.external_id is None and not external_id:
        raise Invalid("which object this is could not be read; give its external id", ("externalId",))
    if row.external_id is not None and external_id not in (None, row.external_id):
        raise Invalid("an object keeps its external id", ("externalId",))
    cipher = await keys.cipher_of(connection, row.subject_key_id)
    if cipher is None:
        raise Conflict("its person was erased; discard it")
    await connection.execute(
        update(Quarantine)
        .where(Quarantine.id == quarantine_id)
        .values(
            corrected=cipher.seal(body, corrected_place(row.digest)),
            corrected_at=now,
            corrected_by=principal,
            external_id=row.external_id or external_id,
        )
    )
    await record_deed(connection, Deed(principal, "editQuarantined", QUARANTINED, str(quarantine_id)), now)


def _check_body(body: bytes) -> None:
    if len(body) > BODY_BYTES_MAX:
        raise Invalid(f"a corrected body has at most {BODY_BYTES_MAX} bytes", ("body",))
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Invalid("the corrected body is not JSON", ("body",)) from None
    if not isinstance(parsed, dict):
        raise Invalid("the corrected body must be a JSON object", ("body",))


async def discard(connection: AsyncConnection, chosen: Chosen, reason: str, principal: str, now: datetime) -> list[int]:
    """Give the chosen objects that are OPEN up, for a reason that holds no personal data; returns their ids.

    The same bytes are not put aside again when the system sends them once more.
    """
    if not 0 < len(reason.strip()) <= REASON_LENGTH_MAX:
        raise Invalid(f"a reason has 1 to {REASON_LENGTH_MAX} characters", ("reason",))
    statement = (
        update(Quarantine)
        .where(*chosen.conditions(), Quarantine.state == QuarantineState.OPEN.value)
        .values(state=QuarantineState.DISCARDED.value, settled_at=now, settled_by=principal, settled_reason=reason)
        .returning(Quarantine.id)
    )
    ids = sorted((await connection.execute(statement)).scalars())
    deed = Deed(principal, "discardQuarantined", QUARANTINED, one_or_all(ids), detail={"ids": ids, "reason": reason})
    await record_deed(connection, deed, now)
    return ids


async def _open_row(connection: AsyncConnection, quarantine_id: int) -> Row[*tuple[object, ...]]:
    statement = select(Quarantine).where(Quarantine.id == quarantine_id).with_for_update()
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        raise NotFound(f"there is no quarantined object {quarantine_id}")
    if row.state != QuarantineState.OPEN.value:
        raise Conflict(f"quarantined object {quarantine_id} is {row.state} and waits no longer")
    return row
