"""Work of the dispatch table, and the command or event it is about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Self

import orjson
import strawberry
from strawberry import relay

from hub.flows.read_back import StuckCommand, command_of
from hub.flows.stuck_event import event_of
from hub.flows.stuck_work import WORK
from hub.reads.stuck_work import COMMAND_OF_WORK, EVENT_OF_WORK, QUEUE_OF_WORK, last_read_of, work_by_id
from hub.store.audit import Deed, record_deed
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.reads import READS
from schema.types.enums import Queue, WorkState
from schema.types.of_row import OfRow
from schema.types.work_event import WorkEvent


@strawberry.type(description="What a command wanted and what the hub last read of its object; asking is audited.")
class CommandContent:
    """Personal data."""

    changes: str = strawberry.field(description="JSON list of {path, old, new}, three-way.")
    last_read: str | None = strawberry.field(description="The object as the hub last read it there, canonical JSON.")
    last_read_at: datetime | None = strawberry.field(description="When the hub read that.")


@strawberry.type(description="The outbound command that a piece of work is about.")
class WorkCommand(OfRow):
    """Holds no personal data but in `content`."""

    named: ClassVar[Mapping[str, str]] = {"code": "outcome_code"}

    target: str = strawberry.field(description="The system it goes to.")
    entity: str = strawberry.field(description="What it is about: customer, sales_lead, ...")
    operation: str = strawberry.field(description="CREATE, UPDATE or DELETE.")
    external_id: str | None = strawberry.field(description="Id of the object there; null for one that is to be made.")
    state: str = strawberry.field(description="DONE, REFUSED, UNKNOWN, DEAD, ...")
    code: str | None = strawberry.field(description="What the target said, for programs.")
    sent_at: datetime | None = strawberry.field(description="When it may first have left.")
    command: strawberry.Private[StuckCommand]
    work: strawberry.Private[int]

    @resolved("What it wanted. Asking is noted in the audit trail.", Requires(Scope.QUARANTINE_REVEAL))
    async def content(self, info: Info) -> CommandContent:
        """Noted and read in one transaction."""
        context = info.context
        async with context.writing() as connection:
            deed = Deed(context.principal.subject, "revealWork", WORK, str(self.work))
            await record_deed(connection, deed, context.now())
            last = await last_read_of(connection, self.command)
        changes = [{"path": change.path, "old": change.old, "new": change.new} for change in self.command.changes]
        known = None if last is None or last.deleted else orjson.dumps(last.document).decode()
        return CommandContent(
            changes=orjson.dumps(changes).decode(),
            last_read=known,
            last_read_at=None if last is None else last.observed_at,
        )


@strawberry.type(description="A piece of work that waits, or waited, for a person.")
class StuckWork(relay.Node, OfRow):
    """DEAD, PARKED or UNKNOWN, until somebody decides."""

    named: ClassVar[Mapping[str, str]] = {"code": "last_error_code", "message": "last_error_message"}

    id: relay.NodeID[int]
    kind: str = strawberry.field(description="outbound.send, flow.run, ...")
    queue: Queue = strawberry.field(description="Which workers do it.", metadata={READS: QUEUE_OF_WORK})
    state: WorkState = strawberry.field(description="Where it stands.")
    line: str | None = strawberry.field(description="What it may not overtake and what may not overtake it.")
    attempts: int = strawberry.field(description="How often it was begun.")
    code: str | None = strawberry.field(description="Why it is stuck, for programs.")
    message: str | None = strawberry.field(description="Why it is stuck, for people.")
    created_at: datetime = strawberry.field(description="When it was ordered.")
    payload: strawberry.Private[Mapping[str, object]]

    @resolved("The command it is to send; null for other work.", reads=COMMAND_OF_WORK)
    async def command(self, info: Info) -> WorkCommand | None:
        """Read when it is asked for."""
        async with info.context.reading() as connection:
            command = await command_of(connection, self.payload)
        return None if command is None else _shown(command, self.id)

    @resolved("The event it is to take in; null for other work, and once the event is forgotten.", reads=EVENT_OF_WORK)
    async def event(self, info: Info) -> WorkEvent | None:
        """Read when it is asked for."""
        async with info.context.reading() as connection:
            event = await event_of(connection, self.payload)
        return None if event is None else WorkEvent.told(event, self.id)

    @classmethod
    async def visible(cls, info: Info, identity: int) -> Self | None:
        """The work with this id, stuck or not."""
        async with info.context.reading() as connection:
            row = (await work_by_id(connection, [identity])).get(identity)
        return None if row is None else cls.of(row)


def _shown(command: StuckCommand, work: int) -> WorkCommand:
    return WorkCommand(
        target=command.target,
        entity=command.entity.value,
        operation=command.operation,
        external_id=command.external_id,
        state=command.state,
        code=command.code,
        sent_at=command.sent_at,
        command=command,
        work=work,
    )
