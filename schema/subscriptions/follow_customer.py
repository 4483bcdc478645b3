"""Follow what is told under a customer's id, whoever that id stands for: through merges and splits."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import UUID

from hub.errors import NotFound
from hub.live.reader import Interest
from hub.reads.customers import CustomerRow
from schema.authorise import Requires
from schema.context import Context
from schema.subscriptions.follow import Message, follow


async def follow_customer(
    context: Context, topic: str, asked: UUID, after: str | None, requires: Requires
) -> AsyncGenerator[tuple[Message, CustomerRow], None]:
    """Each message of `topic`, with the customer as he is now: merged the one he became, and once split himself.

    NOT_FOUND for a customer that the caller may not see, as for one that is not there, now or by then.
    """
    row = await context.loaders.customers.load(asked)
    if row is None:
        raise NotFound("there is no such customer")
    followed, behind = row.id, after
    while True:
        async with aclosing(follow(context, Interest(topic, str(followed)), behind, requires)) as messages:
            async for message in messages:
                row = await context.hub.shared_customers.read(asked, context.reach, message.place)
                if row is None:
                    raise NotFound("the customer is no longer there")
                yield message, row
                if row.id != followed:
                    followed, behind = row.id, message.cursor
                    break
            else:
                return
