"""`hub quarantine dry-run`, `replay` and `discard`: what is done with many objects at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Final, TypeAlias

import typer
from rich.console import Console
from rich.table import Table

from hub.entrypoints.cli.desk import Code, EntityName, Since, System, at_the_desk, person, terms_of, time_of
from hub.errors import Invalid
from hub.flows.engine_room import EngineRoom
from hub.flows.quarantine_edit import discard as give_up
from hub.flows.quarantine_preview import Preview, preview
from hub.flows.quarantine_replay import REPLAYED_AT_ONCE, Replayed, ReplayOutcome
from hub.flows.quarantine_replay import replay as replay_chosen
from hub.flows.quarantined import Chosen, chosen_ids

MANY: Final = 1_000_000
"""More objects than one command takes."""

Ids: TypeAlias = Annotated[list[int] | None, typer.Argument(help="Numbers from `hub quarantine list`.")]
All: TypeAlias = Annotated[bool, typer.Option("--all", help="Everything that is open.")]


def dry_run(
    ids: Ids = None,
    system: System = None,
    entity: EntityName = None,
    code: Code = None,
    since: Since = None,
    all: All = False,
) -> None:
    """Tell what a replay would do: taken or refused and why, and which golden fields would change. Nothing is kept.

    Example: hub quarantine dry-run --system crm --code UNMAPPED
    """
    chosen = _chosen(ids, system, entity, code, since, all)

    async def work(room: EngineRoom) -> list[Preview]:
        found: list[Preview] = []
        async with room.database.reading() as connection:
            wanted = await chosen_ids(connection, chosen, MANY)
        for part in _parts(wanted):
            async with room.database.transaction() as connection:
                found += await preview(connection, terms_of(room), Chosen(part), room.clock())
        return found

    previews = at_the_desk(work)
    table = Table("id", "object", "would be", "why, or what would change")
    for one in previews:
        would = one.would
        fields = ", ".join(one.changed) or "nothing"
        what = f"new: {fields}" if one.new else fields
        refused = would.outcome is ReplayOutcome.REFUSED
        told = f"{would.code}: {would.reason}" if refused else what
        table.add_row(str(would.id), _object(would), would.outcome.value, told)
    console = Console()
    console.print(table)
    console.print(f"{_words([one.would for one in previews])}; nothing was changed")


def replay(
    ids: Ids = None,
    system: System = None,
    entity: EntityName = None,
    code: Code = None,
    since: Since = None,
    all: All = False,
) -> None:
    """Apply objects after all, in key order. What is refused again stays, with its new reason, and ends with status 1.

    Example: hub quarantine replay --system crm --code UNMAPPED
    """
    chosen = _chosen(ids, system, entity, code, since, all)

    async def work(room: EngineRoom) -> list[Replayed]:
        found: list[Replayed] = []
        async with room.database.reading() as connection:
            wanted = await chosen_ids(connection, chosen, MANY)
        for part in _parts(wanted):
            async with room.database.transaction() as connection:
                found += await replay_chosen(connection, terms_of(room), Chosen(part), person(), room.clock())
        return found

    replayed = at_the_desk(work)
    console = Console(highlight=False, soft_wrap=True)
    refused = [one for one in replayed if one.outcome is ReplayOutcome.REFUSED]
    for one in refused:
        console.print(f"[red]✗[/red] {one.id} {_object(one)}: {one.code}: {one.reason}")
    console.print(_words(replayed))
    if refused:
        raise typer.Exit(1)


def discard(
    reason: Annotated[str, typer.Option(help="Why; kept, so it must name nobody.")],
    ids: Ids = None,
    system: System = None,
    entity: EntityName = None,
    code: Code = None,
    since: Since = None,
    all: All = False,
) -> None:
    """Give objects up. The same bytes are not put aside again when the system sends them once more.

    Example: hub quarantine discard 7 8 --reason "test records of the vendor"
    """
    chosen = _chosen(ids, system, entity, code, since, all)

    async def work(room: EngineRoom) -> list[int]:
        async with room.database.transaction() as connection:
            return await give_up(connection, chosen, reason, person(), room.clock())

    Console().print(f"{len(at_the_desk(work))} discarded")


def _chosen(
    ids: Sequence[int] | None, system: str | None, entity: str | None, code: str | None, since: str | None, all_: bool
) -> Chosen:
    if not (ids or system or entity or code or since or all_):
        raise Invalid("say which: numbers, --system, --entity, --code, --since, or --all")
    return Chosen(ids or None, system, entity, code, time_of(since))


def _parts(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + REPLAYED_AT_ONCE] for start in range(0, len(ids), REPLAYED_AT_ONCE)]


def _object(one: Replayed) -> str:
    return f"{one.system} {one.entity.value} {one.external_id or '?'}"


def _words(replayed: Sequence[Replayed]) -> str:
    counted = Counter(one.outcome for one in replayed)
    words = [f"{counted[outcome]} {outcome.value.lower()}" for outcome in ReplayOutcome if counted[outcome]]
    return ", ".join(words) or "nothing was chosen"
