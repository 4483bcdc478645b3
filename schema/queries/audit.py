"""Who looked at which customer and why, and who changed what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.relay import GlobalID

from hub.reads.audit import NEWEST, AuditAsked, ask_audit, count_audit
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.types.audit import AuditEntry
from schema.types.connection import After, Before, Connection, First, Last, window_of
from schema.types.enums import AuditKind


@strawberry.input(description="Which events of the audit trail, all of it.")
class AuditFilter:
    """A field left out asks nothing."""

    customer_id: GlobalID | None = strawberry.field(
        default=None, description="About this customer, by any id that he has or had, erased or not."
    )
    principal: str | None = strawberry.field(default=None, description="Of this caller.")
    since: datetime | None = strawberry.field(default=None, description="Then or later.")
    until: datetime | None = strawberry.field(default=None, description="Before then.")
    kind: AuditKind | None = strawberry.field(default=None, description="Of this kind.")
    unexplained: bool = strawberry.field(
        default=False, description="Only reads of customers that tell neither a purpose nor a session."
    )

    def asked(self) -> AuditAsked:
        """As the room below takes it."""
        customer = None if self.customer_id is None else uuid_of(self.customer_id, "Customer")
        return AuditAsked(customer, self.principal, self.since, self.until, self.kind, self.unexplained)


OfAudit = Annotated[AuditFilter | None, strawberry.argument(description="Which; all if left out.")]


@strawberry.type
class AuditQuery:
    """Mixed into Query."""

    @resolved("Events of the audit trail, newest first. Asking is noted in it.", Requires(Scope.AUDIT_READ))
    async def audit_entries(
        self,
        info: Info,
        filter: OfAudit = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[AuditEntry]:
        """A read stands in it a quarter of a second after its answer."""
        context, window = info.context, window_of(info, NEWEST, first, after, last, before)
        asked = (filter or AuditFilter()).asked()
        async with context.writing() as connection:
            page = await ask_audit(connection, asked, window, context.principal.subject, context.now())
        return Connection.of(page, NEWEST, AuditEntry.of, lambda: _count(context, asked))


async def _count(context: Context, asked: AuditAsked) -> int:
    async with context.reading() as connection:
        return await count_audit(connection, asked)
