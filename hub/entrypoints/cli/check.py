"""`hub check` and `hub systems`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import typer
from rich.console import Console
from rich.table import Table

from hub.entrypoints.cli.calls import calls_table
from hub.entrypoints.installation import known_database_url, read_configuration
from hub.entrypoints.outbound import mailers
from hub.entrypoints.wiring import open_systems
from hub.errors import Misconfigured
from hub.flows.systems import OpenSystems
from hub.ports.capabilities import Capabilities
from hub.ports.pages import CheckResult
from hub.records.identity import Entity, SystemName, SystemRole
from hub.records.lanes import FlowCadence
from hub.settings.configuration import Configuration
from hub.settings.environment import Settings

application = typer.Typer()


@application.command("check")
def check() -> None:
    """Check hub.yaml, then each system and mail server: connection, login, permissions. Status 1 if one fails.

    Example: HUB_CONFIG=hub.yaml hub check
    """
    settings, console = Settings(), Console(soft_wrap=True)
    try:
        configuration, adapters = read_configuration(settings)
    except Misconfigured as error:
        for finding in error.findings:
            console.print(f"[red]✗[/red] {finding}", highlight=False)
        console.print(f"{len(error.findings)} mistakes in {settings.config}; no system was called.")
        raise typer.Exit(1) from None
    console.print(
        f"[green]✓[/green] {settings.config}: {len(configuration.systems)} systems, {len(configuration.flows)} flows"
    )

    async def check_all() -> dict[str, Sequence[CheckResult]]:
        systems = open_systems(configuration, adapters)
        try:
            results = {name: await systems.port(name).check() for name in configuration.systems}
            told = {
                name: [*lines, *_roads(name, configuration, systems), *_purposes(name, configuration)]
                for name, lines in results.items()
            }
            return told | {name: [await mailer.check()] for name, mailer in mailers(configuration.outbound).items()}
        finally:
            await systems.aclose()

    results = asyncio.run(check_all())
    for system, lines in results.items():
        for line in lines:
            mark = "[green]✓[/green]" if line.ok else "[red]✗[/red]"
            console.print(f"{mark} {system}: {line.name}: {line.detail}", highlight=False)
    if not all(line.ok for lines in results.values() for line in lines):
        raise typer.Exit(1)


def _roads(system: str, configuration: Configuration, systems: OpenSystems) -> Iterator[CheckResult]:
    """A line for each lane that is to come from this system and cannot."""
    for flow in configuration.flows.values():
        for lane in flow.lanes:
            if flow.inbound and (lane.via or flow.source) == system:
                can = systems.port(system).capabilities.get(flow.entity, Capabilities())
                pushed = lane.cadence is FlowCadence.REAL_TIME and lane.cron is None
                if can.pull is None and not (can.push and lane.cadence is FlowCadence.REAL_TIME):
                    detail = f"it does not give {flow.entity.value}, neither when asked nor by itself"
                elif pushed and not can.push:
                    detail = (
                        "it does not call the hub: give the lane a `cron`, or the system the secret of its webhooks"
                    )
                else:
                    continue
                yield CheckResult(f"{lane.cadence.value} lane of {flow.name}", ok=False, detail=detail)


def _purposes(system: str, configuration: Configuration) -> Iterator[CheckResult]:
    """A line for each flow to this system that asks for consent, and for those to campaign management that do not."""
    is_marketing = SystemRole.CM in configuration.systems[SystemName(system)].roles
    for flow in configuration.flows.values():
        if flow.target != system or flow.entity is Entity.CONSENT:
            continue
        if flow.consent is not None:
            channel = f" by {flow.consent.channel}" if flow.consent.channel else ""
            detail = f"only for customers whose consent to {flow.consent.purpose}{channel} holds ({flow.consent.basis})"
        elif is_marketing:
            detail = "whatever its customers allow: `consent` ties it to a purpose"
        else:
            continue
        yield CheckResult(f"{flow.name} leaves", ok=True, detail=detail)


@application.command("systems")
def systems() -> None:
    """List the systems, what each can do and how calls to it go, and the installed adapters. Calls no system.

    Example: hub systems
    """
    settings = Settings()
    configuration, adapters = read_configuration(settings)
    table = Table("system", "adapter", "roles", "entity", "can")
    opened = open_systems(configuration, adapters)
    for name, system in configuration.systems.items():
        roles = ", ".join(role.value for role in system.roles)
        for entity, can in opened.port(name).capabilities.items():
            table.add_row(name, system.adapter, roles, Entity(entity).value, _words(can))
    console = Console()
    console.print(table)
    if (url := known_database_url(settings)) is not None:
        console.print(asyncio.run(calls_table(url)))
    console.print(f"Installed adapters: {', '.join(sorted(adapters))}")


def _words(can: Capabilities) -> str:
    flags = ("sweep", "read", "create", "update", "delete", "push", "versions", "hub_key")
    pull = [] if can.pull is None else [f"pull ({can.pull.value.lower()})"]
    return ", ".join([*pull, *(flag.replace("_", " ") for flag in flags if getattr(can, flag))])
