"""What goes wrong, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import strawberry

from hub.reads.paging import Order
from hub.reads.reach import Reach
from hub.reads.sessions import INCIDENT_ORDER, IncidentRow, count_incidents, list_incidents
from hub.reads.sessions import incidents as every_incident
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.reads import Arguments, Found, ReadTerms, Slot
from schema.types.connection import After, Before, Connection, First, Last, window_of
from schema.types.session import Incident

Active = Annotated[bool, strawberry.argument(description="True: only those that last.")]


class Listed:
    """How a page of incidents is read by one statement."""

    def order(self, _: Arguments) -> Order:
        """Always the newest first."""
        return INCIDENT_ORDER

    def find(self, arguments: Arguments, _: Reach, __: Slot) -> Found:
        """An incident is everybody's business."""
        return Found(IncidentRow, None, every_incident(active=bool(arguments.get("active"))))

    def values(self, _: Arguments, __: ReadTerms) -> Mapping[str, object]:
        """None."""
        return {}


@strawberry.type
class IncidentsQuery:
    """Mixed into Query."""

    @resolved("Incidents, the newest first.", Requires(Scope.CONTACTS_READ), reads=Listed())
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
