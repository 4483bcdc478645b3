"""Call a suspended system once it may answer again."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from hub.errors import HubError, NotFound
from hub.exchange.breaker import Breaker
from hub.flows.engine_room import EngineRoom
from hub.work.decisions import Decision, Done, RetryAt

ANOTHER_PROBES: Final = timedelta(seconds=5)
"""When to look again after somebody else's probe, or none because the budget is spent."""


async def probe_system(room: EngineRoom, system: str) -> Decision:
    """Done once the breaker is closed, by this probe or otherwise; until then it comes back when the next one is due.

    Asks the system for its time: every port has that, and it needs the connection and the login.
    """
    breaker = Breaker(system, 1, room.database)
    if await breaker.probe_due() is None:
        return Done()
    try:
        await room.systems.port(system).now()
    except NotFound:
        return Done()
    except HubError as error:
        due = await breaker.probe_due()
        if due is None:
            return Done()
        return RetryAt(max(due, room.clock() + ANOTHER_PROBES), error.message, error.code)
    return Done()
