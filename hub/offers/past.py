"""The contacts that the policy counts, read for one customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.offers.policy import PastContact
from hub.records.offers import ContactEventKind
from hub.settings.offers import ContactPolicy

CONTACTS_COUNTED = 2_000
"""Newest first; whoever had more contacts within a period of the policy is over any limit anyway."""


async def past_contacts(
    connection: AsyncConnection, policy: ContactPolicy, customers: Sequence[UUID], now: datetime
) -> Sequence[PastContact]:
    """Events of the customer (his id and those merged into it) within the policy's longest period."""
    if policy.days == 0:
        return []
    rows = await connection.execute(
        text(
            """SELECT kind, occurred_at, channel, proposition, group_name, issue FROM contact_event
               WHERE customer_id = ANY(:customers) AND occurred_at > :since AND occurred_at <= :now
               ORDER BY occurred_at DESC, event_id LIMIT :most"""
        ),
        {
            "customers": list(customers),
            "since": now - timedelta(days=policy.days),
            "now": now,
            "most": CONTACTS_COUNTED,
        },
    )
    return [
        PastContact(
            ContactEventKind(row.kind), row.occurred_at, row.channel, row.proposition, row.group_name, row.issue
        )
        for row in rows
    ]
