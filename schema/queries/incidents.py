"""What goes wrong, and what went wrong."""

from __future__ import annotations

from typing import Annotated

import strawberry

from hub.reads.sessions import INCIDENT_ORDER, count_incidents, list_incidents
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.types.connection import After, Before, Connection, First, Last, window_of
from schema.types.session import Incident

Active = Annotated[bool, strawberry.argument(description="True: only those that last.")]


@strawberry.type
class IncidentsQuery:
    """Mixed into Query."""

    @resolved("Incidents, the newest first.", Requires(Scope.CONTACTS_READ))
    async def incidents(
        self,
        info: Info,
        active: Active = True,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Incident]:
        """The same for everybody."""
        window = window_of(info, INCIDENT_ORDER, first, after, last, before)
        async with info.context.reading() as connection:
            page = await list_incidents(connection, window, active=active)
        return Connection.of(page, INCIDENT_ORDER, Incident.of, lambda: _count(info.context, active))


async def _count(context: Context, active: bool) -> int:
    async with context.reading() as connection:
        return await count_incidents(connection, active=active)
