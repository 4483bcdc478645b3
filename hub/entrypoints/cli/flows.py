"""`hub flows` and `hub run FLOW`."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from hub.clock import utc_now
from hub.entrypoints.cli.desk import person
from hub.entrypoints.cli.rhythms import rhythms_now
from hub.entrypoints.declaring import declare
from hub.entrypoints.installation import (
    Installation,
    installation,
    known_database_url,
    migrate,
    read_configuration,
)
from hub.entrypoints.wiring import engine_room
from hub.errors import Conflict, NotFound
from hub.flows.run_lane import run_lane
from hub.flows.start_run import dedupe_key_of, start_run
from hub.records.identity import FlowName
from hub.records.lanes import FlowCadence
from hub.settings.environment import Settings
from hub.settings.flows import Flow
from hub.store.audit import Deed, record_deed
from hub.work.own import take, under_lease
from hub.work.urgency import under_urgency, urgency_of

application = typer.Typer()


@application.command("flows")
def flows() -> None:
    """List every flow of hub.yaml by the number of its business flow: what runs, how often, and what is only planned.

    The cadence is that of the lane that counts now, as far as the database can be reached; else as the file begins.

    Example: hub flows
    """
    settings = Settings()
    configuration, _ = read_configuration(settings)
    url = known_database_url(settings)
    moved = {} if url is None else asyncio.run(rhythms_now(url, list(configuration.flows)))
    table = Table("#", "flow", "what", "entity", "from", "to", "cadence")
    rows: list[tuple[int, str, str, str, str, str, str]] = [
        (
            flow.business_flow,
            flow.name,
            flow.title,
            flow.entity.value,
            flow.source,
            flow.target,
            moved.get(flow.name) or _rhythm(flow),
        )
        for flow in configuration.flows.values()
    ]
    rows += [
        (
            planned.business_flow,
            planned.name,
            planned.title,
            planned.entity.value if planned.entity else "",
            planned.source or "",
            planned.target or "",
            "planned: declared, its room comes later",
        )
        for planned in configuration.planned.values()
    ]
    for number, *words in sorted(rows):
        table.add_row(str(number), *words)
    Console().print(table)


def _rhythm(flow: Flow) -> str:
    lane = flow.authoritative
    road = flow.road if lane.cadence is FlowCadence.REAL_TIME else None
    return " ".join(word for word in (lane.cadence.value, road and f"by {road.value}", lane.cron) if word)


@application.command("run")
def run(
    flow: Annotated[str, typer.Argument(help="A flow's name, as `hub flows` lists it.")],
    lane: Annotated[
        FlowCadence | None,
        typer.Option("--lane", help="Another lane than the one that counts: a migration's candidate, or the auditor."),
    ] = None,
) -> None:
    """Run a flow now, in this process, and show how it goes.

    Example: hub run crm-customers
    """
    with installation(Settings()) as hub:
        if FlowName(flow) not in hub.configuration.flows:
            known = ", ".join(sorted(hub.configuration.flows))
            raise NotFound(f"there is no flow {flow} that runs; there are {known}")
        counters = asyncio.run(_run(hub, FlowName(flow), lane))
    Console().print(f"{flow}: {words_of(counters)}")


async def _run(hub: Installation, flow: FlowName, lane: FlowCadence | None) -> Counter[str]:
    await migrate(hub.database_url)
    database = hub.open_database()
    room = engine_room(hub.configuration, hub.adapters, database, hub.keys(), utc_now)
    try:
        await declare(hub, database)
        async with database.transaction() as connection:
            run_id = await start_run(connection, flow, utc_now(), None, lane)
            work = await take(connection, dedupe_key_of(run_id), f"hub run, process {os.getpid()}", utc_now())
            if work is not None:
                deed = Deed(person(), "runFlow", "FlowRun", str(run_id), detail={"flow": flow})
                await record_deed(connection, deed, utc_now())
        if work is None:
            raise Conflict(f"flow {flow} runs already, or waits behind another run of its lane: run {run_id}")
        bar = Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), transient=True)
        # Somebody waits for it, and yet it takes no more of the calls than the lane does by itself.
        with bar, under_urgency(urgency_of(work.queue)):
            task = bar.add_task(flow)
            async with under_lease(database, work, utc_now):
                return await run_lane(
                    room, run_id, progress=lambda seen: bar.update(task, description=f"{flow}: {words_of(seen)}")
                )
    finally:
        await room.systems.aclose()
        await database.aclose()


def words_of(counters: Counter[str]) -> str:
    """The counters that say something, in one line."""
    return ", ".join(f"{count:,} {name}" for name, count in counters.items() if count) or "nothing to do"
