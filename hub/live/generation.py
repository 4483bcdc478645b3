"""Which life of the database a position of the feed belongs to.

After a restore the feed numbers other changes with the positions that its lost future had given out. A generation tells
them apart: who comes with a cursor of another one reads afresh. It follows from where the database lives, so no restore
can forget to renew it: another cluster (its system identifier), a recovery to a point in time or a standby that took
over (the timeline), a database or tables created anew from a dump (their oids). Only a disk set back beneath the whole
cluster leaves all of that alike; the stored part is for it, renewed by `hub restored` and by readers
that had heard more.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

GENERATION: Final = """(
SELECT substr(md5(concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
  left(pg_walfile_name(pg_current_wal_lsn()), 8), (SELECT oid FROM pg_database WHERE datname = current_database()),
  tableoid, generation)), 1, 12)
  FROM feed_tail WHERE id = 1)"""
"""SQL of twelve hexadecimal digits: an accident in 10^14, and nothing about the machine can be read from them."""

RENEW: Final = "UPDATE feed_tail SET generation = gen_random_uuid() WHERE id = 1"


async def renew(connection: AsyncConnection) -> None:
    """Make every cursor that was given out so far too old, if and when the transaction of `connection` commits."""
    await connection.execute(text(RENEW))
