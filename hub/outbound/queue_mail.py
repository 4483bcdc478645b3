"""Give due mails to the workers, as many as the channel takes this hour and today."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.outbound.capacity import room_now
from hub.outbound.deliveries import announced
from hub.outbound.room import channels_of_kind
from hub.records.outbound import ChannelKind
from hub.settings.find_channels import Outbound
from hub.work.dispatch import dispatch
from hub.work.tables import Queue
from hub.work.work import NewWork

SEND_MAIL: Final = "outbound.mail"

_TAKE = text(
    """UPDATE lead_delivery d SET state = 'CLAIMED', reason = NULL, tries = d.tries + 1, taken_at = :now,
         taken_by = 'mail', changed_at = :now
       FROM (SELECT id FROM lead_delivery WHERE channel = :channel AND state = 'PLANNED' AND planned_for <= :now
             AND expires_at > :now ORDER BY rank, planned_for, id LIMIT :room FOR UPDATE SKIP LOCKED) due
       WHERE d.id = due.id RETURNING d.id, d.tries"""
)


async def queue_mail(connection: AsyncConnection, outbound: Outbound, now: datetime, limit: int) -> int:
    """How many were given out. An attempt is named by its number: work of an earlier one finds nothing to do."""
    given = 0
    for name, channel in channels_of_kind(outbound, ChannelKind.EMAIL):
        room = await room_now(connection, name, channel, now)
        if not room:
            continue
        binds = {"channel": name, "now": now, "room": min(room, limit - given)}
        rows = (await connection.execute(_TAKE, binds)).all()
        work = [
            NewWork(
                kind=SEND_MAIL,
                queue=Queue.HOURLY,
                payload={"delivery": str(row.id), "try": row.tries},
                dedupe_key=f"outbound/{row.id}/{row.tries}",
            )
            for row in rows
        ]
        await dispatch(connection, work, now)
        await announced(connection, [row.id for row in rows], now)
        given += len(rows)
        if given >= limit:
            break
    return given
