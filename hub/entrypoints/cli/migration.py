"""`hub migration ...`: a flow's change of cadence, from the plan to the undo list."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, TypeVar
from uuid import UUID

import orjson
import typer
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import utc_now
from hub.entrypoints.cli.desk import person
from hub.entrypoints.cli.migration_status import Standing, show, standings, watch
from hub.entrypoints.cli.migration_tables import show_evidence, show_migrations, show_preflight, show_undo
from hub.entrypoints.declaring import declare
from hub.entrypoints.installation import Installation, installation, migrate
from hub.entrypoints.migrating import unconnected_desk
from hub.errors import NotFound
from hub.migration.cut_over import cut_over
from hub.migration.decide import abort, approve, complete, pause, resume
from hub.migration.desk import Desk
from hub.migration.evidence import evidence_of, verify_evidence
from hub.migration.facts import gates_of
from hub.migration.gates import warnings
from hub.migration.loads import outpacing
from hub.migration.plan import plan
from hub.migration.roll_back import roll_back
from hub.migration.start import start
from hub.migration.stored import Migration, last_moved, latest, of_flow
from hub.migration.undo import undo_list
from hub.reads.migrations import list_migrations
from hub.reads.paging import Window
from hub.records.lanes import FlowCadence
from hub.settings.environment import Settings

application = typer.Typer(
    name="migration",
    help="Move a flow to another cadence, with evidence and a way back.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    epilog="In order: plan, start, status (until it is GATED), approve, cutover, status. Before a cut-over: abort.",
)

LISTED: Final = 100
T = TypeVar("T")
FlowName = Annotated[str, typer.Argument(help="A flow's name, as `hub flows` lists it.")]
By = Annotated[str | None, typer.Option("--by", help="Who decides; default: your login name. Stays in the evidence.")]
Which = Annotated[
    UUID | None, typer.Option("--migration", help="One of the flow's migrations, by its id: `hub migration list FLOW`.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything, tell what would happen, change nothing.")]


@dataclass(frozen=True)
class Counter:
    """Where a step is carried out: a connection in a transaction, the configuration, the time and the person."""

    connection: AsyncConnection
    desk: Desk
    now: datetime
    by: str


class _DryRun(Exception):
    """Ends the transaction of a dry run; nothing of it stays."""


def _at_counter(step: Callable[[Counter], Awaitable[T]], by: str | None = None, *, dry_run: bool = False) -> T:
    """Carry `step` out in one transaction on the installation's database; a dry run keeps nothing of it."""
    with installation(Settings()) as hub:
        desk = unconnected_desk(hub.configuration, hub.adapters)

        async def carry_out() -> T:
            await migrate(hub.database_url)
            database = hub.open_database()
            outcome: list[T] = []
            try:
                await declare(hub, database)
                async with database.transaction() as connection:
                    outcome.append(await step(Counter(connection, desk, utc_now(), by or person())))
                    if dry_run:
                        raise _DryRun
            except _DryRun:
                pass
            finally:
                await database.aclose()
            return outcome[0]

        return asyncio.run(carry_out())


def _told(migration: Migration, *, dry_run: bool, then: str) -> None:
    console = Console(soft_wrap=True)
    would = "would be" if dry_run else "is"
    console.print(f"The migration of [bold]{migration.flow}[/bold] {would} [bold]{migration.state.value}[/bold].")
    console.print("Nothing was changed." if dry_run else then)


@application.command("plan")
def plan_migration(
    flow: FlowName,
    to: Annotated[FlowCadence, typer.Option("--to", help="The cadence that is to count; the flow has a lane of it.")],
    by: By = None,
    dry_run: DryRun = False,
) -> None:
    """Preflight: what the new lane cannot do and what covers it, and how many calls it will make. Repeat at will.

    Example: hub migration plan crm-customers --to REAL_TIME
    """
    migration, found = _at_counter(lambda c: plan(c.connection, c.desk, flow, to, c.by, c.now), by, dry_run=dry_run)
    show_preflight(found.as_body())
    blocked = f"It cannot start: {len(found.blockers)} findings block it." if found.blockers else ""
    _told(migration, dry_run=dry_run, then=blocked or f"Next: hub migration start {flow}")
    if found.blockers:
        raise typer.Exit(1)


@application.command("start")
def start_migration(flow: FlowName, by: By = None, dry_run: DryRun = False) -> None:
    """Let the new lane read everything into twins, beside the lane that counts. Nothing that counts changes.

    Example: hub migration start crm-customers
    """
    migration = _at_counter(lambda c: start(c.connection, c.desk, flow, c.by, c.now), by, dry_run=dry_run)
    _told(migration, dry_run=dry_run, then=f"The workers go on with it. Watch: hub migration status {flow}")


@application.command("status")
def status(
    flow: Annotated[str | None, typer.Argument(help="A flow; default: all of them, each with one migration.")] = None,
    which: Which = None,
    windows: Annotated[int, typer.Option(min=1, max=100, help="How many of the newest windows to show.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    watching: Annotated[
        bool, typer.Option("--watch", help="Look every second until a person has to decide, or Ctrl-C.")
    ] = False,
) -> None:
    """Where migrations stand: state, progress, gates, windows with their differences, and the freshness gained.

    Of each flow the one under way, else the one in which somebody acted last.

    Example: hub migration status crm-customers --watch
    """
    if which is not None and flow is None:
        raise typer.BadParameter("name the flow too", param_hint="--migration")
    if watching and (flow is None or as_json):
        raise typer.BadParameter("name a flow, and leave --json out", param_hint="--watch")
    console = Console()
    if watching:
        with suppress(KeyboardInterrupt), installation(Settings()) as hub:
            asyncio.run(_watch(hub, console, str(flow), which, windows))
        return
    found = _at_counter(lambda c: standings(c.connection, c.desk, flow, which, windows, c.now))
    if not found and flow is not None:
        raise _never_migrated(flow)
    if not found:
        console.print("No flow has a migration yet: hub migration plan FLOW --to CADENCE")
    for standing in found:
        if as_json:
            print(orjson.dumps(standing, default=_hex).decode())
        else:
            show(console, standing, utc_now(), whole=flow is not None)


def _never_migrated(flow: str) -> NotFound:
    return NotFound(f"flow {flow} never had a migration; hub migration plan {flow} --to REAL_TIME")


async def _watch(hub: Installation, console: Console, flow: str, which: UUID | None, windows: int) -> None:
    desk = unconnected_desk(hub.configuration, hub.adapters)
    await migrate(hub.database_url)
    database = hub.open_database()

    async def look() -> Standing:
        async with database.reading() as connection:
            found = await standings(connection, desk, flow, which, windows, utc_now())
        if not found:
            raise _never_migrated(flow)
        return found[0]

    try:
        await declare(hub, database)
        show(console, await watch(console, look, utc_now), utc_now())
    finally:
        await database.aclose()


@application.command("list")
def list_all(flow: FlowName) -> None:
    """The migrations a flow has had, newest first, with the ids that `--migration` takes; 100 at most.

    Example: hub migration list crm-customers
    """
    show_migrations(_at_counter(lambda c: list_migrations(c.connection, flow, Window(LISTED))).rows)


def _hex(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


@application.command("approve")
def approve_migration(
    flow: FlowName,
    digest: Annotated[str, typer.Option("--digest", help="The evidence you read: its end, as `status` shows it.")],
    by: By = None,
    dry_run: DryRun = False,
) -> None:
    """Approve the cut-over, by name, on the evidence you read. Refused when it has gone on since, or a gate is closed.

    Example: hub migration approve crm-customers --digest 4f0c... --by anna
    """

    async def step(c: Counter) -> tuple[Migration, list[str]]:
        migration = await approve(c.connection, c.desk, flow, digest, c.by, c.now)
        return migration, warnings(await gates_of(c.connection, c.desk, migration, c.now))

    migration, told = _at_counter(step, by, dry_run=dry_run)
    for one in told:
        Console(soft_wrap=True).print(f"! {one}")
    _told(migration, dry_run=dry_run, then=f"Next: hub migration cutover {flow}")


@application.command("cutover")
def cut_over_migration(flow: FlowName, by: By = None, dry_run: DryRun = False) -> None:
    """Move authority to the new lane in one short transaction; the workers reconcile what is live right afterwards.

    Example: hub migration cutover crm-customers --dry-run
    """
    migration = _at_counter(lambda c: cut_over(c.connection, c.desk, flow, c.by, c.now), by, dry_run=dry_run)
    _told(migration, dry_run=dry_run, then=f"The old lane audits from now on. Watch: hub migration status {flow}")


@application.command("rollback")
def roll_back_migration(
    flow: FlowName,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the evidence; no personal data.")],
    by: By = None,
    dry_run: DryRun = False,
) -> None:
    """Give authority back to the old lane; it runs its window anew and the source settles what differs.

    Example: hub migration rollback crm-customers --reason "two customers lost their address"
    """

    async def step(c: Counter) -> tuple[Migration, list[str]]:
        migration = await roll_back(c.connection, c.desk, flow, c.by, reason, c.now)
        return migration, await outpacing(c.connection, flow, migration.from_lane)

    migration, faster = _at_counter(step, by, dry_run=dry_run)
    _told(migration, dry_run=dry_run, then=f"What is left for a person: hub migration undo {flow}")
    for one in faster:
        Console(soft_wrap=True).print(f"! {one}, which is slower then: roll that back too, or bear it")


@application.command("abort")
def abort_migration(flow: FlowName, by: By = None, dry_run: DryRun = False) -> None:
    """Give up before the cut-over: the new lane waits again, and what it brought in is forgotten.

    Example: hub migration abort crm-customers
    """
    migration = _at_counter(lambda c: abort(c.connection, flow, c.by, c.now), by, dry_run=dry_run)
    _told(migration, dry_run=dry_run, then="Nothing that counts was touched.")


@application.command("pause")
def pause_migration(flow: FlowName, by: By = None) -> None:
    """Let nothing happen by itself until `resume`; both lanes go on running.

    Example: hub migration pause crm-customers
    """
    migration = _at_counter(lambda c: pause(c.connection, flow, c.by, c.now), by)
    _told(migration, dry_run=False, then=f"Next: hub migration resume {flow}")


@application.command("resume")
def resume_migration(flow: FlowName, by: By = None) -> None:
    """Go on after a pause, or repeat the step in which a cut-over or rollback got stuck.

    Example: hub migration resume crm-customers
    """
    migration = _at_counter(lambda c: resume(c.connection, flow, c.by, c.now), by)
    _told(migration, dry_run=False, then=f"Watch: hub migration status {flow}")


@application.command("complete")
def complete_migration(flow: FlowName, by: By = None) -> None:
    """Say that it is done; the old lane goes on as auditor.

    Example: hub migration complete crm-customers
    """
    migration = _at_counter(lambda c: complete(c.connection, flow, c.by, c.now), by)
    _told(migration, dry_run=False, then="It can still be rolled back while its lane counts.")


@application.command("evidence")
def evidence(
    flow: FlowName,
    which: Which = None,
    verify: Annotated[bool, typer.Option("--verify", help="Recompute the chain; status 1 if it is broken.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Every row with its body, one a line.")] = False,
) -> None:
    """The evidence of a flow's migration, chained by SHA-256: of the one that `status` shows, or of `--migration`.

    Example: hub migration evidence crm-customers --verify
    """

    async def read(counter: Counter) -> bool:
        connection = counter.connection
        migration = await (latest(connection, flow) if which is None else of_flow(connection, flow, which))
        rows = await evidence_of(counter.connection, migration.id)
        if as_json:
            for row in rows:
                print(orjson.dumps(row, default=_hex).decode())
        else:
            show_evidence(rows)
        if not verify:
            return True
        found = await verify_evidence(counter.connection, migration.id)
        console = Console(stderr=True, soft_wrap=True)
        if found.broken is None:
            console.print(f"[green]✓[/green] all {found.rows} rows hold; the chain ends in {found.head.hex()}")
            return True
        console.print(f"[red]✗[/red] the chain is broken: {found.reason}", highlight=False)
        return False

    if not _at_counter(read):
        raise typer.Exit(1)


@application.command("undo")
def undo(
    flow: FlowName,
    which: Which = None,
    as_json: Annotated[bool, typer.Option("--json", help="One entry a line.")] = False,
) -> None:
    """What the new lane has brought about since the cut-over: golden fields it won and commands it sent.

    Of the migration that moved authority last, forth or back, or of `--migration`.

    Example: hub migration undo crm-customers
    """

    async def read(counter: Counter) -> None:
        connection = counter.connection
        migration = await (last_moved(connection, flow) if which is None else of_flow(connection, flow, which))
        items = await undo_list(connection, migration)
        if as_json:
            for item in items:
                print(orjson.dumps(item, default=str).decode())
        else:
            show_undo(items)

    _at_counter(read)
