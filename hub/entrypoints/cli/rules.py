"""`hub rules`: what another hub.yaml would make of the customers, before it is activated."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from hub.clock import utc_now
from hub.customers.likeness.preview import preview_links
from hub.customers.likeness.weights import active_weights
from hub.customers.recognise import Rules
from hub.entrypoints.cli.desk import person
from hub.entrypoints.installation import Installation, installation, migrate
from hub.entrypoints.wiring import open_systems, recognition_rules
from hub.errors import HubError
from hub.flows.mapping_preview import Differing, MappingPreview, preview_mapping
from hub.records.customer import CustomerRecord
from hub.settings.configuration import Configuration, load_configuration
from hub.settings.environment import Settings
from hub.stewardship.mapping_history import Tried, preview_mapping_history
from hub.stewardship.rule_preview import RulePreview, Terms, preview_records, preview_rules
from hub.store.engine import Database
from hub.store.origin import NOWHERE
from hub.store.record_reads import Look, Shown, record_reads

PLACE: Final = "hub rules preview"
"""As the audit trail names where somebody was shown."""

application = typer.Typer(name="rules", help="Survivorship, mappings and recognition.", no_args_is_help=True)


@application.callback()
def _rules() -> None:
    """Keeps `preview` a word of its own while it is the only one."""


@application.command("preview")
def preview(
    config: Annotated[Path, typer.Option("--config", exists=True, dir_okay=False, help="The other hub.yaml.")],
    samples: Annotated[int, typer.Option(min=0, max=1000, help="How many changed fields to show.")] = 20,
    customers: Annotated[int | None, typer.Option(min=1, help="Only so many customers; left out: all.")] = None,
    read_sources: Annotated[
        bool, typer.Option("--read-sources", help="Also read systems whose mapping differs, for what they hold now.")
    ] = False,
) -> None:
    """What the other file's survivorship, flows' `fields`, mappings and bands would change; writes nothing.

    Every stored version is replayed under both, by another mapping from its original. Samples are personal data: they
    go to the screen and nowhere else, and the audit trail notes of whom they are.

    Example: hub rules preview --config new.yaml
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console()
    with (
        installation(Settings()) as home,
        Progress(*columns, console=Console(stderr=True), transient=True) as progress,
    ):
        other = load_configuration(config, home.adapters, os.environ)
        asyncio.run(_preview(home, other, (samples, customers, read_sources), progress, console))


async def _preview(
    home: Installation,
    other: Configuration,
    asked: tuple[int, int | None, bool],
    progress: Progress,
    console: Console,
) -> None:
    await migrate(home.database_url)
    samples, customers, read_sources = asked
    before, after = recognition_rules(home.configuration), recognition_rules(other)
    database = home.open_database()
    try:
        task = progress.add_task("Replaying customers", total=None)
        terms = Terms(before, after, home.keys(), samples)
        found = await preview_rules(
            database, terms, customers, lambda done, of: progress.update(task, completed=done, total=of)
        )
        await _note(database, found)
        _show(found, console)
        await _links(home, before, after, console)
        await _mappings(home, other, database, terms, (customers, read_sources), progress, console)
    finally:
        await database.aclose()


async def _mappings(
    home: Installation,
    other: Configuration,
    database: Database,
    terms: Terms,
    asked: tuple[int | None, bool],
    progress: Progress,
    console: Console,
) -> None:
    """What other mappings would make of the stored history, if asked of what the systems have now, and what follows."""
    objects_max, read_sources = asked
    systems = open_systems(home.configuration, home.adapters)
    try:
        for place in sorted(other.mappings.keys() & home.configuration.mappings.keys()):
            mappings = home.configuration.mappings[place], other.mappings[place]
            if mappings[0].version == mappings[1].version:
                continue
            name = f"{place[0]}, {place[1].value}"
            tried = Tried(place[0], *mappings)
            await _history(database, terms, tried, objects_max, (name, progress, console))
            if not read_sources:
                continue
            told = partial(_reading, progress, progress.add_task(f"Reading {name}", total=None))
            golden = RulePreview()
            follow = partial(_follow, database, terms, str(place[0]), golden)
            try:
                found = await preview_mapping(systems.port(place[0]), mappings, terms.samples_max, told, follow)
            except HubError as error:
                console.print(f"{name} cannot be read now: {error.message}")
                continue
            _show_mapping(name, found, console)
            await _note(database, golden)
            if golden.customers:
                console.print(f"Of {golden.customers:,} customers with such records {golden.changed:,} would change.")
                _show_counts(golden, console)
    finally:
        await systems.aclose()


async def _history(
    database: Database, terms: Terms, tried: Tried, objects_max: int | None, shown: tuple[str, Progress, Console]
) -> None:
    """What another mapping would have made of the versions that have an original."""
    name, progress, console = shown
    task = progress.add_task(f"Replaying {name}", total=None)
    found, golden = await preview_mapping_history(
        database, terms, tried, objects_max, told=lambda done, of: progress.update(task, completed=done, total=of)
    )
    await _note(database, golden)
    console.print(
        f"History of {name}: {found.objects:,} objects, {found.versions:,} versions, {found.without_original:,} "
        f"without an original; {found.changed:,} objects would become other records, in {found.versions_changed:,} "
        f"versions; {found.unfit_before:,} versions do not fit now, {found.unfit_after:,} would not."
    )
    if found.without_original:
        console.print("Versions without an original stay as they are; --read-sources tries what the system has now.")
    _show_fields(found, console)
    if golden.changed or golden.turns_before != golden.turns_after:
        console.print(f"Of {golden.customers:,} customers with such records {golden.changed:,} would change.")
        _show_counts(golden, console)


async def _note(database: Database, found: RulePreview) -> None:
    """Whose values the samples are goes into the audit trail before they are shown."""
    customers = sorted({sample.customer_id for sample in found.samples})
    if customers:
        look = Look(Shown(person(), PLACE, None, None, NOWHERE), utc_now(), customers)
        async with database.transaction() as connection:
            await record_reads(connection, [look])


async def _follow(database: Database, terms: Terms, system: str, golden: RulePreview, differing: Differing) -> None:
    customers = {
        external_id: (before, after)
        for external_id, (before, after) in differing.items()
        if isinstance(before, CustomerRecord) and isinstance(after, CustomerRecord)
    }
    if customers:
        await preview_records(database, terms, system, customers, golden)


def _reading(progress: Progress, task: TaskID, done: int) -> None:
    progress.update(task, completed=done)


async def _links(home: Installation, before: Rules, after: Rules, console: Console) -> None:
    """What other bands would link, with the weights that decide now."""
    if before.bands == after.bands:
        return
    database = home.open_database()
    try:
        async with database.reading() as connection:
            active = await active_weights(connection)
        if active is None:
            return
        links = await preview_links(database, active[0], after.bands.links_from)
    finally:
        await database.aclose()
    console.print(f"Recognition: keeps {links.kept:,} links, makes {links.gains:,} and parts {links.losses:,}.")


def _show(found: RulePreview, console: Console) -> None:
    console.print(
        f"{found.customers:,} customers, {found.versions:,} versions: {found.changed:,} customers would change."
    )
    _show_counts(found, console)


def _show_counts(found: RulePreview, console: Console) -> None:
    fields = Table("field", "customers", "changes until now", "with the other rules")
    for name in sorted(found.fields | found.turns_before | found.turns_after):
        turns = found.turns_before[name], found.turns_after[name]
        fields.add_row(name, f"{found.fields[name]:,}", f"{turns[0]:,}", f"{turns[1]:,}")
    console.print(fields)
    if found.writes:
        writes = Table("system", "field", "values that would leave")
        for (system, name), count in sorted(found.writes.items()):
            writes.add_row(system, name, f"{count:,}")
        console.print(writes)
    if found.samples:
        table = Table("customer", "field", "now", "of", "then", "of", title=f"the first {len(found.samples)}")
        for one in found.samples:
            values = one.before or "", one.source_before or "", one.after or "", one.source_after or ""
            table.add_row(str(one.customer_id), one.field, *values)
        console.print(table)


def _show_mapping(name: str, found: MappingPreview, console: Console) -> None:
    console.print(
        f"Mapping of {name}: {found.objects:,} objects read, {found.changed:,} would become other records; "
        f"{found.unfit_before:,} do not fit now, {found.unfit_after:,} would not."
    )
    _show_fields(found, console)


def _show_fields(found: MappingPreview, console: Console) -> None:
    table = Table("field", "records", "first id")
    for field, count in sorted(found.fields.items()):
        table.add_row(field, f"{count:,}", next((s.external_id for s in found.samples if s.field == field), ""))
    if found.fields:
        console.print(table)
