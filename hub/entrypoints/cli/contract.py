"""`hub contract`: what systems' objects were agreed to look like, and how they differ."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hub.entrypoints.cli.desk import EntityName, Since, System, at_the_desk, shown_time, time_of
from hub.errors import Conflict, Invalid
from hub.flows.engine_room import EngineRoom
from hub.mapping.contract.learn import learned_contract
from hub.reads.drifts import DriftConditions, DriftRow, list_drifts
from hub.reads.paging import Page, Window
from hub.records.drift import DriftKind
from hub.records.identity import Entity
from hub.records.source import JsonObject

application = typer.Typer(
    name="contract", help="Contracts of what systems send, and drift from them.", no_args_is_help=True
)

PAGE_SIZE = 200


@application.command("learn")
def learn(
    system: Annotated[str, typer.Argument(help="A system of hub.yaml.")],
    entity: Annotated[str, typer.Argument(help="What to look at: customer, sales_order, ...")],
    objects: Annotated[int, typer.Option(min=1, max=100_000, help="How many objects to look at.")] = 1000,
    out: Annotated[Path | None, typer.Option(help="Where the draft is written; default: standard output.")] = None,
) -> None:
    """Look at real objects of a system and draft a contract that all of them fit. Changes nothing anywhere.

    Example: hub contract learn crm customer --out contracts/crm-customer.yaml
    """
    known = {known.value: known for known in Entity}
    if entity not in known:
        raise Invalid(f"there is no entity {entity!r}; there are {', '.join(known)}")
    if out is not None and out.exists():
        raise Conflict(f"{out} is there already; write beside it and compare")
    bodies = at_the_desk(lambda room: _sample(room, system, known[entity], objects))
    draft = learned_contract(system, entity, bodies)
    if out is None:
        print(draft, end="")
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(draft, encoding="utf-8")
    Console().print(f"Wrote {out} from {len(bodies)} objects; name it under systems.{system}.contracts.{entity}.")


async def _sample(room: EngineRoom, system: str, entity: Entity, objects: int) -> list[JsonObject]:
    """A run from the beginning that is never finished, so the source keeps nothing of it either."""
    port = room.systems.port(system)
    if entity not in port.capabilities or port.capabilities[entity].pull is None:
        raise Invalid(f"{system} gives no {entity.value}")
    cursor = await port.begin_run(entity, None, timedelta(0))
    bodies: list[JsonObject] = []
    last = False
    while not last and len(bodies) < objects:
        page = await port.pull(entity, cursor, min(PAGE_SIZE, objects))
        bodies += [source.body for source in page.objects if source.body is not None]
        cursor, last = page.cursor, page.last
    return bodies[:objects]


@application.command("drifts")
def drifts(
    system: System = None,
    entity: EntityName = None,
    kind: Annotated[DriftKind | None, typer.Option(help="Of this kind only.")] = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
) -> None:
    """List how objects differed from their contracts, each way once, newest first.

    Example: hub contract drifts --system crm
    """
    chosen = DriftConditions(system, entity, kind, time_of(since))

    async def read(room: EngineRoom) -> Page[DriftRow]:
        async with room.database.reading() as connection:
            return await list_drifts(connection, chosen, Window(limit))

    page = at_the_desk(read)
    table = Table("of", "contract", "path", "drift", "policy", "objects", "last seen", "first object")
    for row in page.rows:
        first = row.external_id if row.quarantine_id is None else f"{row.external_id}, quarantine {row.quarantine_id}"
        drift = f"{row.kind}: {row.detail}"
        of = f"{row.system} {row.entity}"
        seen = shown_time(row.last_seen_at)
        table.add_row(of, row.contract_version, row.path, drift, row.policy, str(row.objects), seen, first)
    Console().print(table)
