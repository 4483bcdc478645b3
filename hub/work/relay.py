"""Carry ready rows to the broker. Any number of relays may run, one in each worker process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import structlog
from sqlalchemy import text

from hub.clock import Clock
from hub.store.engine import Database
from hub.work.broker import Carrier, Letter
from hub.work.claim import ReadyRow, claim_ready
from hub.work.doorbell import Bell
from hub.work.tables import Queue

SHORTEST_LOOK_S = 0.05
LONGEST_LOOK_S = 1.0
"""Between these the relay looks for work when no bell rings; twice as seldom each time it finds none."""
GATHER_S = 0.005
"""Pause after a claim, so that many bells make one claim of many rows instead of many claims of one."""
ONE_LETTER: Final = 32
"""Rows that one message names at most, where their kind is dealt with together: they would meet again anyway, and to
carry each by itself costs as much as to take it in."""
SHORTEST_OUTAGE_S = 0.5
LONGEST_OUTAGE_S = 30.0

log = structlog.get_logger(__name__)

_PUT_BACK = text(
    """
    UPDATE dispatch SET state = 'READY', lease_owner = NULL, last_error_code = :code, last_error_message = :message
    WHERE id = ANY(:ids) AND state = 'SENT' AND lease_owner = :owner
    """
)

_GIVE_BACK = text(
    "UPDATE dispatch SET state = 'READY', lease_owner = NULL WHERE state = 'SENT' AND lease_owner = :owner"
)


class Relay:
    """Keeps at most `windows` rows of each queue in flight (SENT or RUNNING) on behalf of `owner`.

    Rows of the kinds in `together` share messages; every other row has one of its own.
    """

    def __init__(
        self,
        database: Database,
        carrier: Carrier,
        owner: str,
        windows: Mapping[Queue, int],
        clock: Clock,
        bell: Bell,
        together: AbstractSet[str] = frozenset(),
    ) -> None:
        self._database = database
        self._carrier = carrier
        self._owner = owner
        self._windows = windows
        self._clock = clock
        self._bell = bell
        self._together = together

    async def run(self) -> None:
        """Relay until cancelled; an error of the database or the broker only makes it wait."""
        look_s, outage_s = SHORTEST_LOOK_S, SHORTEST_OUTAGE_S
        while True:
            try:
                sent = await self.relay_once()
            except Exception as error:  # noqa: BLE001 - the edge: a relay that ends would stop all work
                log.warning("relay interrupted", error=type(error).__name__, again_in_s=outage_s)
                await asyncio.sleep(outage_s)
                outage_s = min(outage_s * 2, LONGEST_OUTAGE_S)
                continue
            outage_s = SHORTEST_OUTAGE_S
            look_s = SHORTEST_LOOK_S if sent else min(look_s * 2, LONGEST_LOOK_S)
            if await self._bell.wait(look_s):
                look_s = SHORTEST_LOOK_S
                await asyncio.sleep(GATHER_S)

    async def relay_once(self) -> int:
        """How many rows went out. If the broker refuses, all of them are READY again when the error is raised."""
        async with self._database.transaction() as connection:
            rows = await claim_ready(connection, self._owner, self._windows, self._clock())
        if rows:
            try:
                await self._carrier.send(letters(rows, self._together))
            except Exception as error:
                # Those that did go out find their row READY, or SENT once more, and either is harmless.
                await self._put_back([row.id for row in rows], error)
                raise
        return len(rows)

    async def give_back(self) -> None:
        """Make what was sent and not yet taken READY for other processes; once this one takes no more messages."""
        async with self._database.transaction() as connection:
            await connection.execute(_GIVE_BACK, {"owner": self._owner})

    async def _put_back(self, ids: list[int], error: Exception) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(
                _PUT_BACK,
                {
                    "ids": ids,
                    "owner": self._owner,
                    "code": "BROKER_UNAVAILABLE",
                    "message": f"not handed to the broker: {type(error).__name__}",
                },
            )


def letters(rows: Sequence[ReadyRow], together: AbstractSet[str]) -> list[Letter]:
    """The messages for these rows, each in the place of its first one."""
    sent: list[tuple[Queue, list[int]]] = []
    filling: dict[tuple[Queue, str], list[int]] = {}
    for queue, row_id, kind in rows:
        ids = filling.get((queue, kind)) if kind in together else None
        if ids is not None and len(ids) < ONE_LETTER:
            ids.append(row_id)
            continue
        filling[queue, kind] = ids = [row_id]
        sent.append((queue, ids))
    return list(sent)
