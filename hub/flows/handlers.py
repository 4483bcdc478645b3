"""The engine's work, as the dispatch table calls it by kind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import HubError, Overtaken, StaleEpoch, Transient
from hub.exchange.breaker import PROBE
from hub.exchange.inbox import TAKE_IN
from hub.exchange.order import SEND
from hub.flows.engine_room import EngineRoom
from hub.flows.hand_over import RELEASE
from hub.flows.intake import Intake
from hub.flows.probe import probe_system
from hub.flows.release import release
from hub.flows.run_lane import run_lane
from hub.flows.runs import end_run
from hub.flows.schedules import START, runs
from hub.flows.send import send_command
from hub.flows.start_run import RUN, start_run
from hub.flows.taken import give_up
from hub.records.identity import FlowName
from hub.records.lanes import FlowCadence, OverlapPolicy
from hub.work.decisions import Dead, Decision, Done
from hub.work.work import Handlers, RegisteredHandler, Work


class EngineHandlers:
    """Handlers over one engine room; `stopping` turns true when the worker wants its runs to pause."""

    def __init__(self, room: EngineRoom, stopping: Callable[[], bool] = lambda: False) -> None:
        self._room = room
        self._intake = Intake(room)
        self._stopping = stopping

    def registered(self) -> Handlers:
        """Every kind of the engine, all repeatable: runs resume at their cursor, commands carry a key and a guard."""
        return {
            RUN: RegisteredHandler(self.run, repeatable=True, given_up=self.run_given_up),
            START: RegisteredHandler(self.start, repeatable=True),
            SEND: RegisteredHandler(self.send, repeatable=True, given_up=self.send_given_up),
            PROBE: RegisteredHandler(self.probe, repeatable=True),
            RELEASE: RegisteredHandler(self.release, repeatable=True),
            TAKE_IN: RegisteredHandler(self.take_in, repeatable=True, together=True),
        }

    async def run(self, work: Work) -> Decision:
        """Run a lane to its end; an interrupted run is retried and goes on, a failed one has said why in its row.

        One that a cut-over or a new part of its lane refused is no work for anybody: what the lane has to do by now was
        queued in its place.
        """
        try:
            await run_lane(self._room, UUID(str(work.payload["run"])), self._stopping)
        except (StaleEpoch, Overtaken):
            return Done()
        except Transient:
            raise
        except HubError as error:
            return Dead(error.code, error.message)
        return Done()

    async def run_given_up(self, connection: AsyncConnection, work: Work, dead: Dead, now: datetime) -> None:
        """The run has FAILED with its work: its lane starts the next one, or a person retries this one."""
        await end_run(connection, UUID(str(work.payload["run"])), "FAILED", now, (dead.code, dead.message))

    async def start(self, work: Work) -> Decision:
        """Queue the run that a schedule asks for, unless its lane has come to rest since the schedule fired.

        While a run of the lane is under way its overlap policy decides whether another one waits behind it.
        """
        flow, cadence = FlowName(str(work.payload["flow"])), FlowCadence(str(work.payload["cadence"]))
        scheduled_for = datetime.fromisoformat(str(work.payload["scheduled_for"]))
        async with self._room.database.transaction() as connection:
            if await runs(connection, flow, cadence):
                overlap = self._overlap(flow, cadence)
                await start_run(connection, flow, self._room.clock(), scheduled_for, cadence, overlap)
        return Done()

    def _overlap(self, flow: FlowName, cadence: FlowCadence) -> OverlapPolicy:
        lanes = self._room.flow(flow).lanes
        return next((lane.overlap for lane in lanes if lane.cadence is cadence), OverlapPolicy.SKIP)

    async def probe(self, work: Work) -> Decision:
        """See whether a suspended system answers again."""
        return await probe_system(self._room, str(work.payload["system"]))

    async def send(self, work: Work) -> Decision:
        """Send one command to its target."""
        return await send_command(self._room, UUID(str(work.payload["command"])))

    async def send_given_up(self, connection: AsyncConnection, work: Work, dead: Dead, now: datetime) -> None:
        """The command ends with its work where it has no end yet: no process was left to say what became of it."""
        await give_up(connection, UUID(str(work.payload["command"])), dead.code, dead.message, now)

    async def release(self, work: Work) -> Decision:
        """Give what a slower lane collected to real-time."""
        return await release(self._room, FlowName(str(work.payload["flow"])), self._stopping)

    async def take_in(self, work: Work) -> Decision:
        """Take in one event that a system pushed."""
        return await self._intake.take(str(work.payload["system"]), str(work.payload["event"]), work.attempts)
