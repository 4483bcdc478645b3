"""Close a print run, write it, hand it over: each letter in exactly one run, wherever the process dies.

CLOSED fixes the letters. STAGED says that the whole run lies ready beside the print street's folder; one rename then
hands it over, and a run that is staged no more was handed over. Only then are its letters SENT.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.telling import Entry, tell_each
from hub.outbound.capacity import room_today
from hub.outbound.deliveries import Delivery, hold, move
from hub.outbound.reached import POSTAL_COLUMNS, Reached, reached_among
from hub.outbound.ready import readiness
from hub.outbound.room import OutboundRoom
from hub.outbound.states import PRINT_RUN_STATES
from hub.outbound.tables import PrintRun
from hub.ports.outbound import Letter, Run
from hub.records.contact import TimelineKind
from hub.records.outbound import DeliveryReason, DeliveryState, PrintRunState
from hub.work.decisions import Decision, Done, Park
from hub.work.work import Work

PAGE: Final = 500
COLUMNS: Final = ("delivery", "campaign", "language", "name", *POSTAL_COLUMNS)

_DUE = text(
    """SELECT id FROM lead_delivery WHERE channel = :channel AND state = 'PLANNED' AND planned_for <= :closes_at
         AND expires_at > :now ORDER BY rank, planned_for, id LIMIT :limit"""
)


@dataclass(frozen=True, slots=True)
class HeldRun:
    """A run as this transaction holds it."""

    id: UUID
    channel: str
    closes_at: datetime
    state: PrintRunState
    closed_at: datetime | None

    @property
    def name(self) -> str:
        """Of its folder: sorts by time, and is nobody else's."""
        return f"{self.channel}-{self.closes_at:%Y%m%dT%H%M%SZ}-{self.id.hex[:8]}"


@dataclass(frozen=True)
class PrintLetters:
    """The handler of PRINT; it may be repeated, and goes on from the state it finds."""

    room: OutboundRoom

    async def __call__(self, work: Work) -> Decision:
        """Parked where hub.yaml has lost the channel: its letters wait until it is back."""
        run_id = UUID(str(work.payload["run"]))
        while await self._take_in(run_id):
            pass
        run = await self._close(run_id)
        street = self.room.streets.get(run.channel)
        if street is None:
            return Park(f"hub.yaml has no print channel {run.channel}")
        if run.state is PrintRunState.CLOSED:
            letters = await self._letters(run)
            digest = await asyncio.to_thread(
                street.stage, Run(run.name, run.channel, run.closed_at or run.closes_at, COLUMNS, letters)
            )
            run = await self._become(run_id, PrintRunState.STAGED, digest=digest, letters=len(letters))
        if run.state is PrintRunState.STAGED:
            await asyncio.to_thread(street.hand_over, run.name)
            await self._sent(run_id)
        return Done()

    async def _take_in(self, run_id: UUID) -> bool:
        """A page of what is due, in a transaction of its own; False when there is no more, or no room."""
        now = self.room.clock()
        async with self.room.database.transaction() as connection:
            run = await _read_run(connection, run_id)
            channel = self.room.outbound.channels.get(run.channel)
            if channel is None:
                return False
            room = await room_today(connection, run.channel, channel, now)
            binds = {"channel": run.channel, "closes_at": run.closes_at, "now": now, "limit": min(PAGE, room)}
            ids = (await connection.execute(_DUE, binds)).scalars().all()
            held = [one for one in await hold(connection, ids) if one.state is DeliveryState.PLANNED]
            if (await _read_run(connection, run_id, "FOR SHARE")).state is not PrintRunState.OPEN:
                return False
            ready = await readiness(connection, held, channel, now)
            await _stopped(connection, [(one, ready[one.id]) for one in held], now)
            taken = [one for one in held if isinstance(ready[one.id], Reached)]
            columns = {"run_id": run.id, "taken_at": now, "taken_by": "print"}
            await move(connection, taken, DeliveryState.CLAIMED, None, now, **columns)
        return bool(held)

    async def _close(self, run_id: UUID) -> HeldRun:
        """From here on a letter is printed. A run without any is done with."""
        now = self.room.clock()
        async with self.room.database.transaction() as connection:
            run = await _read_run(connection, run_id, "FOR UPDATE")
            if run.state is not PrintRunState.OPEN:
                return run
            letters = await connection.scalar(
                text("SELECT count(*) FROM lead_delivery WHERE run_id = :run AND state = 'CLAIMED'"), {"run": run_id}
            )
            run = await _become(connection, run, PrintRunState.CLOSED, letters=letters, closed_at=now)
            return run if letters else await _become(connection, run, PrintRunState.DELIVERED, delivered_at=now)

    async def _letters(self, run: HeldRun) -> list[Letter]:
        """With the addresses of this moment; who has none any more was erased or has moved away, and is left out."""
        now = self.room.clock()
        async with self.room.database.transaction() as connection:
            held = await _of_run(connection, run.id)
            customers = [one.customer_id for one in held if one.customer_id is not None]
            reached = await reached_among(connection, customers, now)
            found = [(one, None if one.customer_id is None else reached.get(one.customer_id)) for one in held]
            gone = [one for one, there in found if there is None or there.postal is None]
            await move(connection, gone, DeliveryState.STOPPED, DeliveryReason.NOT_REACHABLE, now, run_id=None)
        return [_letter(one, there) for one, there in found if there is not None and there.postal is not None]

    async def _become(self, run_id: UUID, to: PrintRunState, **columns: object) -> HeldRun:
        async with self.room.database.transaction() as connection:
            return await _become(connection, await _read_run(connection, run_id, "FOR UPDATE"), to, **columns)

    async def _sent(self, run_id: UUID) -> None:
        now = self.room.clock()
        async with self.room.database.transaction() as connection:
            held = await _of_run(connection, run_id)
            run = await _read_run(connection, run_id, "FOR UPDATE")
            await move(connection, held, DeliveryState.SENT, None, now, sent_at=now)
            settings = self.room.outbound.channels.get(run.channel)
            channel = run.channel if settings is None else settings.contact_channel
            kind = TimelineKind.MESSAGE_SENT
            entries = [
                Entry(kind, one.customer_id, channel, lead=one.lead_id, subject=one.campaign or one.lead_name)
                for one in held
            ]
            await tell_each(connection, entries, now)
            await _become(connection, run, PrintRunState.DELIVERED, delivered_at=now)


async def _read_run(connection: AsyncConnection, run_id: UUID, lock: str = "") -> HeldRun:
    """Locked behind leads and deliveries, never before them: whoever stops a letter comes by that way."""
    found = text(f"SELECT id, channel, closes_at, state, closed_at FROM print_run WHERE id = :id {lock}")  # noqa: S608
    row = (await connection.execute(found, {"id": run_id})).one()
    return HeldRun(**row._asdict() | {"state": PrintRunState(row.state)})


async def _become(connection: AsyncConnection, run: HeldRun, to: PrintRunState, **columns: Any) -> HeldRun:
    PRINT_RUN_STATES.check(run.state, to)
    await connection.execute(update(PrintRun).where(PrintRun.id == run.id).values(state=to, **columns))
    return HeldRun(run.id, run.channel, run.closes_at, to, columns.get("closed_at", run.closed_at))


async def _of_run(connection: AsyncConnection, run_id: UUID) -> list[Delivery]:
    ids = await connection.execute(
        text("SELECT id FROM lead_delivery WHERE run_id = :run AND state = 'CLAIMED'"), {"run": run_id}
    )
    return [one for one in await hold(connection, ids.scalars().all()) if one.state is DeliveryState.CLAIMED]


async def _stopped(
    connection: AsyncConnection, judged: Sequence[tuple[Delivery, Reached | DeliveryReason]], now: datetime
) -> None:
    for reason in {ready for _, ready in judged if isinstance(ready, DeliveryReason)}:
        why = [one for one, ready in judged if ready is reason]
        await move(connection, why, DeliveryState.STOPPED, reason, now)


def _letter(one: Delivery, there: Reached) -> Letter:
    told = {"delivery": str(one.id), "campaign": one.campaign or one.lead_name or "", "name": there.name}
    return {**told, "language": there.language or "", **(there.postal or {})}
