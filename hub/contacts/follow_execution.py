"""Follow the system that carries a request out: what it reports is how the request stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.request import hold_request, set_state
from hub.contacts.states import REQUEST_STATES
from hub.customers.introduce import SELF
from hub.records.belongings import BusinessRequestRecord


async def follow_execution(
    connection: AsyncConnection, system: str, reported: Sequence[BusinessRequestRecord], now: datetime
) -> None:
    """Take over the states of requests that this system carries out for the hub; others it does not speak for.

    Its word needs no allowed transition, since it tells what has happened; but what has ended stays as it is.
    """
    states = {record.hub_number: record.state for record in reported if record.hub_number is not None}
    if not states:
        return
    mine = await connection.execute(
        text(
            f"""SELECT r.id, r.number FROM business_request r JOIN request_handling h ON h.request_id = r.id
                WHERE r.system = '{SELF}' AND r.number = ANY(:numbers) AND h.executed_by = :system ORDER BY r.id"""  # noqa: S608
        ),
        {"numbers": list(states), "system": system},
    )
    for row in mine.all():
        request = await hold_request(connection, row.id)
        to = states[row.number]
        if to is not request.state and not REQUEST_STATES.ended(request.state):
            await set_state(connection, request, to, f"as {system} reports", now)
