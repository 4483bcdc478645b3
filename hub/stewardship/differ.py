"""Declare two customers different people, for good: nothing joins them again but a steward's merge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.normalise import Spelling
from hub.customers.resolve import resolved_ids
from hub.errors import Invalid
from hub.stewardship.decide import Verdict, decide, pairs_across
from hub.stewardship.people import hold
from hub.store.audit import Deed, record_deed


async def declare_different(
    connection: AsyncConnection, ids: Sequence[UUID], principal: str, region: str, now: datetime
) -> list[UUID]:
    """Every pair of their records is different people; who they are now. Repeated, it changes nothing.

    Ids that were merged away are followed. NotFound for an unknown one, Invalid for ids of one customer.
    """
    current = await resolved_ids(connection, ids)
    if len(set(current)) < len(current) or len(current) != 2:
        raise Invalid("these are one customer: split him instead", ("otherId",))
    people = await hold(connection, current, Spelling(region))
    await decide(connection, pairs_across([people[one] for one in current]), Verdict.DIFFERENT, principal, now)
    for one, other in (current, current[::-1]):
        deed = Deed(principal, "declareDifferent", "Customer", str(one), detail={"other": str(other)})
        await record_deed(connection, deed, now)
    return current
