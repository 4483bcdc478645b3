"""Which systems and channels were told of a person that hold no record of him which the hub knows of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.privacy.whose import Whose

_MADE: Final = text(
    """SELECT DISTINCT target, external_id FROM outbound_command
       WHERE line = ANY(:lines) AND operation = 'CREATE' AND entity = 'customer' AND external_id IS NOT NULL
       ORDER BY 1, 2"""
)

_ON_THEIR_WAY: Final = text(
    """SELECT target, key FROM outbound_command
       WHERE line = ANY(:lines) AND operation = 'CREATE' AND entity = 'customer' AND external_id IS NULL
         AND state IN ('SENT', 'UNKNOWN') ORDER BY 1, 2"""
)

# What was refused is not held there; a letter or a mail is, by whoever carried it.
_TOLD: Final = text(
    """SELECT target FROM outbound_command WHERE line = ANY(:lines) AND sent_at IS NOT NULL AND state <> 'REFUSED'
       UNION SELECT c.system FROM lead_counterpart c JOIN sales_lead l ON l.id = c.lead_id
         WHERE l.customer_id = ANY(:ids)
       UNION SELECT d.channel FROM lead_delivery d JOIN sales_lead l ON l.id = d.lead_id
         WHERE l.customer_id = ANY(:ids) AND d.kind IN ('EMAIL', 'PRINT')
           AND d.state IN ('SENDING', 'SENT', 'UNKNOWN', 'BOUNCED')
       ORDER BY 1"""
)


async def made_there(connection: AsyncConnection, who: Whose) -> list[Node]:
    """Records that the hub made of him at systems and that came back by no pull yet."""
    rows = await connection.execute(_MADE, {"lines": list(who.lines)})
    return [node for row in rows if (node := Node(row.target, row.external_id)) not in who.nodes]


async def on_their_way(connection: AsyncConnection, who: Whose) -> list[tuple[str, str]]:
    """Systems and keys of creations of him that have left and whose end nobody knows yet."""
    return [(row.target, row.key) for row in await connection.execute(_ON_THEIR_WAY, {"lines": list(who.lines)})]


async def told_systems(connection: AsyncConnection, who: Whose, asked: Sequence[Node]) -> list[str]:
    """By name, without those that are asked about a record anyway."""
    rows = await connection.execute(_TOLD, {"lines": list(who.lines), "ids": list(who.ids)})
    return sorted(set(rows.scalars()) - {node.system for node in asked})
