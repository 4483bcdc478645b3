"""`hub outbound list|settle|bounce`: deliveries that a person has to look after."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, TypeAlias
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from hub.entrypoints.cli.desk import at_the_desk, person, shown_time
from hub.errors import HubError
from hub.flows.engine_room import EngineRoom
from hub.outbound.bounce import report_bounce
from hub.outbound.compose import delivery_of
from hub.outbound.dsn import read_notification
from hub.outbound.settle import settle_delivery
from hub.reads.outbound import DELIVERIES, DeliveryConditions, DeliveryRow, count_deliveries, list_deliveries
from hub.reads.paging import Page, Window
from hub.reads.reach import EVERYONE
from hub.records.outbound import DeliveryState

application = typer.Typer(name="outbound", help="Deliveries of leads: those in doubt, and those that came back.")

NOTIFICATION_BYTES_MAX: Final = 1_000_000

States: TypeAlias = Annotated[
    list[DeliveryState] | None, typer.Option("--state", help="In this state; UNKNOWN if left out.")
]
Channel: TypeAlias = Annotated[str | None, typer.Option(help="Of this channel only.")]


@application.command("list")
def list_(
    state: States = None,
    channel: Channel = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
) -> None:
    """List deliveries; by default those of which nobody knows whether they left. Names nobody.

    Example: hub outbound list --state UNKNOWN --channel mailing
    """
    conditions = DeliveryConditions(state or [DeliveryState.UNKNOWN], channel)

    async def read(room: EngineRoom) -> tuple[Page[DeliveryRow], int]:
        async with room.database.reading() as connection:
            page = await list_deliveries(connection, conditions, Window(limit), EVERYONE)
            return page, await count_deliveries(connection, conditions, EVERYONE)

    page, count = at_the_desk(read)
    table = Table("delivery", "channel", "state", "reason", "tries", "planned for", "changed")
    for row in page.rows:
        told = (row.channel, row.state, row.reason or "", str(row.tries))
        table.add_row(str(row.id), *told, shown_time(row.planned_for), shown_time(row.changed_at))
    console = Console()
    console.print(table)
    console.print(f"{len(page.rows)} of {count}, {DELIVERIES.order.name.lower()} last first")


@application.command("settle")
def settle(
    delivery: Annotated[UUID, typer.Argument(help="Its id in `hub outbound list`.")],
    to: Annotated[
        DeliveryState, typer.Argument(help="SENT (it left), PLANNED (it did not: send it) or FAILED (leave it).")
    ],
) -> None:
    """Decide what became of a mail in doubt, after you looked at the mail server's log for its Message-ID.

    Example: hub outbound settle 5f0a4b7e-8c79-4f7c-9f8d-2a5500000000 SENT
    """

    async def decide(room: EngineRoom) -> None:
        async with room.database.transaction() as connection:
            await settle_delivery(connection, delivery, to, person(), room.clock())

    at_the_desk(decide)
    Console().print(f"{delivery}: settled as {to.value}")


@application.command("bounce")
def bounce(
    files: Annotated[list[Path], typer.Argument(help="Mails that came back, a notification (RFC 3464) each.")],
) -> None:
    """Take in mails that came back: their addresses are marked, and agents see it. Status 1 if one was not taken in.

    Example: hub outbound bounce Maildir/new/*
    """

    async def take_in(room: EngineRoom) -> bool:
        failed = False
        for file in files:
            try:
                returned = read_notification(file.read_bytes()[:NOTIFICATION_BYTES_MAX])
                async with room.database.transaction() as connection:
                    delivery, now = delivery_of(returned.message_id), room.clock()
                    marked = await report_bounce(connection, room.keys, delivery, returned.status, person(), now)
            except HubError as error:
                console.print(f"{file.name}: left as it is: {error.message}")
                failed = True
            except OSError as error:
                console.print(f"{file.name}: cannot be read: {error.strerror}")
                failed = True
            else:
                console.print(f"{file.name}: {returned.status}, marked at {len(marked)} customers")
        return failed

    console = Console(soft_wrap=True, highlight=False)
    if at_the_desk(take_in):
        raise typer.Exit(1)
