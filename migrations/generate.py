"""Write a migration for what changed in the tables: `python -m migrations.generate DSN "what changes"`.

DSN is an empty scratch database; it is brought to head first.
"""

from __future__ import annotations

import asyncio
import sys

from alembic import command

from hub.store.engine import open_engine
from migrations.migrate import config_for, upgrade


async def _generate(dsn: str, message: str) -> None:
    engine = open_engine(dsn)
    await upgrade(engine)
    async with engine.connect() as connection:
        await connection.run_sync(
            lambda sync: command.revision(config_for(sync), message=message, autogenerate=True, rev_id=None)
        )
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(_generate(sys.argv[1], sys.argv[2]))
