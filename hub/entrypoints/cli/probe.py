"""`hub probe SYSTEM`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from hub.entrypoints.cli.desk import at_the_desk, person
from hub.exchange.breaker import Breaker
from hub.flows.engine_room import EngineRoom
from hub.flows.probe import probe_system
from hub.records.identity import SystemName
from hub.store.audit import Deed, record_deed
from hub.work.decisions import RetryAt

application = typer.Typer()


@application.command("probe")
def probe(system: Annotated[str, typer.Argument(help="A system's name, as `hub systems` lists it.")]) -> None:
    """Call a suspended system now, instead of when its probe is due; if it answers, the work that waited goes on.

    Example: hub probe crm
    """
    Console(highlight=False).print(at_the_desk(lambda room: _probe(room, SystemName(system))))


async def _probe(room: EngineRoom, system: SystemName) -> str:
    room.systems.port(system)  # NotFound before anything is changed
    breaker = Breaker(system, 1, room.database)
    async with room.database.transaction() as connection:
        hastened = await breaker.hasten(connection, room.clock())
        if hastened:
            await record_deed(connection, Deed(person(), "probeSystem", "System", system), room.clock())
    if not hastened:
        return f"{system} is not suspended, or a probe of it is under way."
    decision = await probe_system(room, system)
    if isinstance(decision, RetryAt):
        return f"{system} does not answer ({decision.code}: {decision.reason}); it stays suspended."
    return f"{system} answers; the work that waited for it goes on."
