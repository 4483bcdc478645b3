"""Tell Docker whether this container's worker is at work; status 0 says so.

Every worker keeps a session `contacthub-sequencer` on PostgreSQL, replaced whenever it is lost. It is looked for from
the same network address as this check, so the other workers' sessions do not count.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Final

import asyncpg

from hub.settings.environment import Settings

TIMEOUT_S: Final = 5.0

_AT_WORK: Final = """
SELECT EXISTS (
  SELECT FROM pg_stat_activity worker, pg_stat_activity self
   WHERE self.pid = pg_backend_pid() AND worker.datname = self.datname
     AND worker.application_name = 'contacthub-sequencer'
     AND worker.client_addr IS NOT DISTINCT FROM self.client_addr)"""


async def at_work(url: str) -> bool:
    """Whether a worker of this machine holds its session; an unreachable database is not caught."""
    connection = await asyncpg.connect(url, timeout=TIMEOUT_S)
    try:
        found: bool = await connection.fetchval(_AT_WORK, timeout=TIMEOUT_S)
    finally:
        await connection.close(timeout=TIMEOUT_S)
    return found


def main() -> int:
    """0 for a worker at work, 1 otherwise."""
    url = Settings().database_url
    if url is None:
        return 1
    return 0 if asyncio.run(at_work(url.get_secret_value())) else 1


if __name__ == "__main__":
    sys.exit(main())
