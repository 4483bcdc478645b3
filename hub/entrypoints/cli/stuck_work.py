"""`hub work list|show|retry|settle`: work that waits for a person. `hub work` alone is a worker process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

import orjson
import typer
from rich.console import Console
from rich.table import Table

from hub.entrypoints.cli.desk import Code, Since, at_the_desk, person, shown_time, time_of
from hub.entrypoints.cli.worker import work
from hub.errors import Invalid, NotFound
from hub.flows.engine_room import EngineRoom
from hub.flows.read_back import ReadBack, StuckCommand, command_of, read_back
from hub.flows.stuck_event import StuckEvent, body_of, event_of
from hub.flows.stuck_work import WORK, WorkVerdict, retry_work, settle_work
from hub.store.audit import Deed, record_deed
from hub.work.dead_letters import STUCK, DeadLetter, StuckWork, count_stuck, dead_letters, stuck_ids
from hub.work.tables import Queue, WorkState

application = typer.Typer(name="work", help="Run a worker process; list, show, retry and settle work that is stuck.")

AT_ONCE: Final = 1000
"""Rows per transaction of a retry."""
MANY: Final = 1_000_000

Id: TypeAlias = Annotated[int, typer.Argument(help="Its number in `hub work list`.")]
Ids: TypeAlias = Annotated[list[int] | None, typer.Argument(help="Numbers from `hub work list`.")]
Kind: TypeAlias = Annotated[str | None, typer.Option(help="Of this kind only: outbound.send, flow.run, ...")]
OfQueue: TypeAlias = Annotated[Queue | None, typer.Option(help="On this queue only.")]
Line: TypeAlias = Annotated[str | None, typer.Option(help="In this line only.")]
States: TypeAlias = Annotated[list[WorkState] | None, typer.Option("--state", help="DEAD, UNKNOWN or PARKED.")]


@application.callback(invoke_without_command=True)
def worker(
    context: typer.Context,
    queues: Annotated[
        str, typer.Option(help="Queues to take work from, with commas between; default: all of them.")
    ] = ",".join(Queue),
) -> None:
    """Run one worker process; start as many as wanted, also with different queues.

    Example: HUB_BROKER_URL=amqp://guest@rabbit hub work --queues realtime,system
    """
    if context.invoked_subcommand is None:
        work(queues)


@application.command("list")
def list_(
    kind: Kind = None,
    queue: OfQueue = None,
    line: Line = None,
    code: Code = None,
    since: Since = None,
    state: States = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
) -> None:
    """List work that nothing moves by itself any more, and why.

    Example: hub work list --state UNKNOWN
    """
    chosen = StuckWork(None, state or STUCK, kind, queue, line, code, time_of(since))

    async def read(room: EngineRoom) -> tuple[list[DeadLetter], int]:
        async with room.database.reading() as connection:
            return await dead_letters(connection, chosen, limit=limit), await count_stuck(connection, chosen)

    letters, count = at_the_desk(read)
    table = Table("id", "state", "kind", "queue", "line", "tries", "code", "why", "since")
    for one in letters:
        why = one.message or ""
        since_ = shown_time(one.created_at)
        state_, queue_, tries = one.state.value, one.queue.value, str(one.attempts)
        table.add_row(str(one.id), state_, one.kind, queue_, one.line or "", tries, one.code or "", why, since_)
    console = Console()
    console.print(table)
    console.print(f"{len(letters)} of {count}")


@dataclass(frozen=True, slots=True)
class _Shown:
    """A dead letter with what it is about: a command and what its target holds now, or an event and its bytes."""

    letter: DeadLetter
    command: StuckCommand | None
    back: ReadBack | None
    event: StuckEvent | None
    body: bytes | None


@application.command("show")
def show(id: Id) -> None:
    """Show one with what it stands for: a command, and what the target holds now; an event, and its original bytes.

    The audit trail notes who saw it.

    Example: hub work show 42
    """
    shown = at_the_desk(lambda room: _look_at(room, id))
    letter = shown.letter
    console = Console(soft_wrap=True, highlight=False)
    console.print(f"{letter.kind} on {letter.queue.value}: {letter.state.value} after {letter.attempts} attempts")
    console.print(f"why: {letter.code or ''} {letter.message or ''}")
    console.print(f"ordered: {shown_time(letter.created_at)} as {orjson.dumps(dict(letter.payload)).decode()}")
    if shown.command is not None and shown.back is not None:
        _show_command(console, shown.command, shown.back)
    if shown.event is not None:
        console.print(f"event {shown.event.event_id} of {shown.event.system}, {shown_time(shown.event.received_at)}")
        console.print("original:" if shown.body is not None else "its content is forgotten")
        print((shown.body or b"").decode(errors="replace"))


async def _look_at(room: EngineRoom, id: int) -> _Shown:
    async with room.database.transaction() as connection:
        letters = await dead_letters(connection, StuckWork([id]), limit=1)
        if not letters:
            raise NotFound(f"work {id} is not stuck, or there is none")
        command = await command_of(connection, letters[0].payload)
        event = await event_of(connection, letters[0].payload)
        body = None if event is None else await body_of(connection, room.keys, event)
        await record_deed(connection, Deed(person(), "revealWork", WORK, str(id)), room.clock())
    return _Shown(letters[0], command, None if command is None else await read_back(room, command), event, body)


def _show_command(console: Console, command: StuckCommand, back: ReadBack) -> None:
    object_ = command.external_id or f"(new, key {command.key})"
    console.print(
        f"{command.operation} {command.entity.value} {object_} at {command.target}: {command.state}, "
        f"last sent {shown_time(command.sent_at) or 'never'}"
    )
    for change in command.changes:
        old, new = orjson.dumps(change.old).decode(), orjson.dumps(change.new).decode()
        console.print(f"  {'/'.join(change.path)}: {old} -> {new}", markup=False)
    console.print(f"read back now: {back.note}")
    if back.found is not None:
        print(orjson.dumps(back.found.body, option=orjson.OPT_INDENT_2).decode())


@application.command("retry")
def retry(
    ids: Ids = None,
    kind: Kind = None,
    queue: OfQueue = None,
    line: Line = None,
    code: Code = None,
    since: Since = None,
    state: States = None,
    all: Annotated[bool, typer.Option("--all", help="Everything that is stuck.")] = False,
) -> None:
    """Try stuck work again, in the order of its lines. A command that may have left is looked for before it is sent.

    Example: hub work retry --kind outbound.send --code UNAVAILABLE
    """
    if not (ids or kind or queue or line or code or since or state or all):
        raise Invalid("say which: numbers, --kind, --queue, --line, --code, --since, --state, or --all")
    chosen = StuckWork(ids or None, state or STUCK, kind, queue, line, code, time_of(since))

    async def again(room: EngineRoom) -> int:
        async with room.database.reading() as connection:
            wanted = await stuck_ids(connection, chosen, MANY)
        count = 0
        for start in range(0, len(wanted), AT_ONCE):
            async with room.database.transaction() as connection:
                count += await retry_work(connection, wanted[start : start + AT_ONCE], person(), room.clock())
        return count

    Console().print(f"{at_the_desk(again)} tried again")


@application.command("settle")
def settle(
    id: Id,
    verdict: Annotated[
        WorkVerdict, typer.Argument(help="DONE, NOT_DONE (given up) or SEND_AGAIN (it did not happen).")
    ],
    reason: Annotated[str, typer.Option(help="What you found; kept, so it must name nobody.")],
) -> None:
    """End work whose outcome nobody knew, after you looked at the target. Its line moves on.

    Example: hub work settle 42 DONE --reason "the lead is there, number 7741"
    """

    async def end(room: EngineRoom) -> None:
        async with room.database.transaction() as connection:
            await settle_work(connection, [id], verdict, reason, person(), room.clock())

    at_the_desk(end)
    Console().print(f"{id}: {verdict.value}")
