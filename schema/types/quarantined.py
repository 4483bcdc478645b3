"""Objects that could not be applied."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry
from strawberry import relay

from hub.flows.quarantined import Revealed, reveal
from hub.reads.quarantine import quarantined_by_id
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.types.enums import QuarantineState
from schema.types.of_row import OfRow


@strawberry.type(
    description="The bytes of a quarantined object, decrypted. Whoever asks for them is in the audit trail."
)
class QuarantinedBytes:
    """Personal data."""

    original: str = strawberry.field(description="As they came; what is no UTF-8 is replaced.")
    content: str | None = strawberry.field(
        description="The object in JSON, where the original is not that (a file's row)."
    )
    corrected: str | None = strawberry.field(description="The object in JSON as a person corrected it.")


@strawberry.type(description="An object that could not be applied, with its original bytes.")
class QuarantinedObject(relay.Node, OfRow):
    """What waits, or waited, for a person or a better version."""

    id: relay.NodeID[int]
    flow: str | None = strawberry.field(description="The flow it came by.")
    system: str = strawberry.field(description="Whose object it is.")
    entity: str = strawberry.field(description="What it is: customer, sales_order, ...")
    external_id: str | None = strawberry.field(description="Its id there; null when not even that could be read.")
    place: str | None = strawberry.field(description="File and line of bytes that were no object.")
    code: str = strawberry.field(description="UNMAPPED, INVALID, CONTRACT_DRIFT, UNREADABLE, ...")
    path: str = strawberry.field(description="Where in the object, with points between the steps.")
    reason: str = strawberry.field(description="Why, without a value of a person.")
    state: QuarantineState = strawberry.field(description="What became of it.")
    as_of: datetime | None = strawberry.field(description="Since when its content is true, in the source's time.")
    at: datetime = strawberry.field(description="When it was put aside.")
    corrected_at: datetime | None = strawberry.field(description="When a person corrected it.")
    corrected_by: str | None = strawberry.field(description="Who corrected it.")
    settled_at: datetime | None = strawberry.field(description="When a person replayed or discarded it.")
    settled_by: str | None = strawberry.field(description="Who replayed or discarded it.")
    settled_reason: str | None = strawberry.field(description="Why.")

    @resolved(
        "Its bytes; null once its person was erased. Asking is noted in the audit trail.",
        Requires(Scope.QUARANTINE_REVEAL),
    )
    async def bytes(self, info: Info) -> QuarantinedBytes | None:
        """Decrypted and noted in one transaction."""
        context = info.context
        async with context.writing() as connection:
            keys, subject = context.hub.terms.keys, context.principal.subject
            return _shown(await reveal(connection, keys, self.id, subject, context.now()))

    @classmethod
    async def visible(cls, info: Info, identity: int) -> Self | None:
        """The object with this id, whatever became of it."""
        async with info.context.reading() as connection:
            row = (await quarantined_by_id(connection, [identity])).get(identity)
        return None if row is None else cls.of(row)


def _shown(revealed: Revealed | None) -> QuarantinedBytes | None:
    if revealed is None:
        return None
    corrected = None if revealed.corrected is None else revealed.corrected.decode()
    content = None if revealed.content is None else revealed.content.decode()
    return QuarantinedBytes(original=revealed.original.decode(errors="replace"), content=content, corrected=corrected)
