"""The pushed event that a piece of work is about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Self

import strawberry

from hub.flows.stuck_event import StuckEvent, body_of
from hub.flows.stuck_work import WORK
from hub.store.audit import Deed, record_deed
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.types.of_row import OfRow


@strawberry.type(description="The event that a piece of work is to take in, as a system pushed it.")
class WorkEvent(OfRow):
    """Holds no personal data but in `original`."""

    named: ClassVar[Mapping[str, str]] = {}

    system: str = strawberry.field(description="The system that pushed it.")
    event_id: str = strawberry.field(description="What that system calls it.")
    received_at: datetime = strawberry.field(description="When it came.")
    event: strawberry.Private[StuckEvent]
    work: strawberry.Private[int]

    @resolved(
        "Its body as it came; what is no UTF-8 is replaced. Null once forgotten. Asking is noted in the audit trail.",
        Requires(Scope.QUARANTINE_REVEAL),
    )
    async def original(self, info: Info) -> str | None:
        """Noted and decrypted in one transaction."""
        context = info.context
        async with context.writing() as connection:
            deed = Deed(context.principal.subject, "revealWork", WORK, str(self.work))
            await record_deed(connection, deed, context.now())
            body = await body_of(connection, context.hub.terms.keys, self.event)
        return None if body is None else body.decode(errors="replace")

    @classmethod
    def told(cls, event: StuckEvent, work: int) -> Self:
        """The type from what is stored of it."""
        return cls(system=event.system, event_id=event.event_id, received_at=event.received_at, event=event, work=work)
